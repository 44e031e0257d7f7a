"""Random batches for the hidden cases: clusters, labels of every kind, and the check that an answer is beyond doubt."""

from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise

import numpy as np
from scipy.spatial.distance import cdist

Rng = np.random.Generator
Batch = tuple[np.ndarray, list[int]]  # features [B, D], labels


@lru_cache
def by_class(labels: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of the classes, in ascending order, the number of each row's, [B], the size of each, [P], and which rows each has, as
    0.0 and 1.0, [P, B]."""
    _, index, counts = np.unique(labels, return_inverse=True, return_counts=True)
    return index, counts, (index == np.arange(len(counts))[:, None]).astype(np.float64)


def clusters(rng: Rng, labels: list[int], dimensions: int, spread: float = 1.0, spacing: float = 3.0) -> np.ndarray:
    """float64 [B, D]: normal points about normal centres."""
    index, counts, _ = by_class(tuple(labels))
    centres = spacing * rng.normal(size=(len(counts), dimensions))
    return centres[index] + spread * rng.normal(size=(len(labels), dimensions))


def unit(features: np.ndarray) -> np.ndarray:
    return features / np.sqrt((features**2).sum(axis=1, keepdims=True))


def squared(points: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Squared distances of rows, [T]."""
    return ((points - others) ** 2).sum(axis=1)


def rows_of(labels: list[int]) -> dict[int, list[int]]:
    """class -> its rows; classes ascending."""
    return {c: [row for row, label in enumerate(labels) if label == c] for c in sorted(set(labels))}


def centroids(features: np.ndarray, labels: list[int]) -> np.ndarray:
    """[P, D], classes ascending."""
    _, counts, own = by_class(tuple(labels))
    return own @ features / counts[:, None]


def radii(features: np.ndarray, labels: list[int]) -> np.ndarray:
    """Squared distance of each sample to the centroid of its class, [B]."""
    index, _, _ = by_class(tuple(labels))
    return squared(features, centroids(features, labels)[index])


def between(features: np.ndarray, labels: list[int]) -> np.ndarray:
    """Squared distances of the centroids, classes ascending, [P, P]; infinity on the diagonal."""
    means = centroids(features, labels)
    distances = cdist(means, means, "sqeuclidean")
    np.fill_diagonal(distances, np.inf)
    return distances


def is_clear(features: np.ndarray, labels: list[int], gap: float) -> bool:
    """Are each class's farthest sample and nearest class ahead of the second by this part of the distance?

    The two samples of a class of two are always equally far: either is right.
    """
    features = features.astype(np.float64)
    _, counts, own = by_class(tuple(labels))
    second, farthest = np.sort(np.where(own, radii(features, labels), -1))[:, -2:].T  # [P] each
    nearest, other = np.sort(between(features, labels))[:, :2].T  # [P] each; infinity, where there is no third class
    return not ((counts > 2) & (farthest - second < gap * farthest) | (other - nearest < gap * other)).any()


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
