"""Random batches for the hidden cases: clusters, labels of every kind, and the check that an answer is beyond doubt."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np

Rng = np.random.Generator
Batch = tuple[np.ndarray, list[int]]  # features [B, D], labels


def clusters(rng: Rng, labels: list[int], dimensions: int, spread: float = 1.0, spacing: float = 3.0) -> np.ndarray:
    """float64 [B, D]: normal points about normal centres."""
    centre = {c: spacing * rng.normal(size=dimensions) for c in sorted(set(labels))}
    return np.stack([centre[c] + spread * rng.normal(size=dimensions) for c in labels])


def unit(features: np.ndarray) -> np.ndarray:
    return features / np.sqrt((features**2).sum(axis=1, keepdims=True))


def squared(a: np.ndarray, b: np.ndarray) -> float:
    return float(((a - b) ** 2).sum())


def rows_of(labels: list[int]) -> dict[int, list[int]]:
    """class -> its rows; classes ascending."""
    return {c: [row for row, label in enumerate(labels) if label == c] for c in sorted(set(labels))}


def centroids(features: np.ndarray, labels: list[int]) -> dict[int, np.ndarray]:
    result = {}
    for c, rows in rows_of(labels).items():
        total = np.zeros(features.shape[1])
        for row in rows:
            total = total + features[row]
        result[c] = total / len(rows)
    return result


def radii(features: np.ndarray, labels: list[int]) -> dict[int, list[float]]:
    """class -> squared distance of each of its samples to its centroid."""
    means = centroids(features, labels)
    return {c: [squared(features[row], means[c]) for row in rows] for c, rows in rows_of(labels).items()}


def between(features: np.ndarray, labels: list[int]) -> dict[int, dict[int, float]]:
    """class -> every other class -> squared distance of the centroids."""
    means = centroids(features, labels)
    return {c: {k: squared(means[c], means[k]) for k in means if k != c} for c in means}


def is_clear(features: np.ndarray, labels: list[int], gap: float) -> bool:
    """Are each class's farthest sample and nearest class ahead of the second by this part of the distance?

    The two samples of a class of two are always equally far: either is right.
    """
    features = features.astype(np.float64)
    radius, distance = radii(features, labels), between(features, labels)
    for c in radius:
        *_, second, farthest = sorted(radius[c])
        if len(radius[c]) > 2 and farthest - second < gap * farthest:
            return False
        nearest, *others = sorted(distance[c].values())
        if others and others[0] - nearest < gap * others[0]:
            return False
    return True


def draw(make: Callable[[], np.ndarray], labels: list[int], gap: float = 0.01) -> np.ndarray:
    """Features from `make` whose hard triplets are beyond doubt."""
    features = make()
    while not is_clear(features, labels, gap):
        features = make()
    return features


def in_order(classes: int, size: int) -> list[int]:
    return [c for c in range(classes) for _ in range(size)]


def shuffled(rng: Rng, labels: list[int]) -> list[int]:
    """Interleaved for certain: some class is not one run, and the first class seen is not the lowest."""
    while True:
        result = [labels[i] for i in rng.permutation(len(labels))]
        runs = 1 + sum(a != b for a, b in pairwise(result))
        if runs > len(set(labels)) and result[0] != min(labels):
            return result


def of_sizes(rng: Rng, names: list[int], smallest: int) -> list[int]:
    """Each class with a size of its own."""
    sizes = smallest + rng.permutation(len(names))
    return [c for c, size in zip(names, sizes, strict=True) for _ in range(size)]


def sparse_names(rng: Rng, count: int) -> list[int]:
    """Class names that are neither 0 to count - 1 nor all positive."""
    return [
        int(c) for c in (*rng.choice(np.arange(-90, -1), 2, False), *rng.choice(np.arange(20, 900), count - 2, False))
    ]
