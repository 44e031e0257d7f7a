"""Hidden cases of exercise B, made like the visible ones in `grader.exercises.hierarchical`."""

import numpy as np

from grader.exercises.model import Case
from solutions import naive
from solutions.hidden.batches import SINGLE, Rng, clusters, in_order, of_sizes, shuffled, sparse_names, unit


def class_distances(rng: Rng) -> tuple[Case, ...]:
    def case(name: str, teaches: str, features: np.ndarray, labels: list[int], **more: float) -> Case:
        expected = naive.class_distances(features, labels)
        return Case(
            name=name,
            teaches=teaches,
            inputs={"features": features, "labels": np.array(labels, dtype=np.int64)},
            expected={
                "classes": expected["classes"].astype(np.int64),
                "d": expected["d"].astype(features.dtype),
                "s": expected["s"].astype(features.dtype),
            },
            hidden=True,
            **more,
        )

    equal, mixed = in_order(3, 4), shuffled(rng, in_order(4, 3))
    unequal = of_sizes(rng, [0, 1, 2, 3], 2)
    sparse = shuffled(rng, of_sizes(rng, sparse_names(rng, 4), 2))
    return (
        case("unit vectors", "On the unit sphere.", unit(clusters(rng, equal, 4)).astype(np.float32), equal),
        case(
            "interleaved labels",
            "The classes ascend, whatever the order of the samples.",
            clusters(rng, mixed, 3).astype(np.float32),
            mixed,
        ),
        case(
            "unequal class sizes",
            "Each class counts its own pairs.",
            clusters(rng, unequal, 3).astype(np.float32),
            unequal,
        ),
        case(
            "negative and sparse labels",
            "Labels are names of classes, not row numbers.",
            clusters(rng, sparse, 2).astype(np.float32),
            sparse,
        ),
        case(
            "points on a line",
            "Embeddings may have a single dimension.",
            clusters(rng, equal, 1).astype(np.float32),
            equal,
        ),
        case(
            "many dimensions",
            "Embeddings may have hundreds of dimensions.",
            unit(clusters(rng, unequal, 512, 1.0, 1.0)).astype(np.float32),
            unequal,
        ),
        case(
            "double precision",
            "Distances have the dtype of the features.",
            clusters(rng, mixed, 3),
            mixed,
            tolerance=1e-10,
        ),
    )


def tree_level(rng: Rng) -> tuple[Case, ...]:
    def case(name: str, teaches: str, alphabet_of: np.ndarray, shape: tuple[int, ...]) -> Case:
        class_a, class_b = rng.integers(len(alphabet_of), size=(2, *shape))
        # For certain among them: a class with itself, and one with another class of its alphabet.
        twin = next((a, b) for a in range(len(alphabet_of)) for b in range(a) if alphabet_of[a] == alphabet_of[b])
        class_a.flat[0] = class_b.flat[0]
        class_a.flat[1], class_b.flat[1] = twin
        levels = [naive.tree_level(a, b, list(alphabet_of)) for a, b in zip(class_a.flat, class_b.flat, strict=True)]
        return Case(
            name=name,
            teaches=teaches,
            inputs={"class_a": class_a, "class_b": class_b, "alphabet_of": alphabet_of},
            expected={"level": np.array(levels, dtype=np.int64).reshape(shape)},
            hidden=True,
        )

    few, many = np.sort(rng.integers(3, size=12)), rng.choice(np.arange(50), 9, False)[rng.integers(9, size=40)]
    return (
        case("random pairs", "Any pairs of characters.", few, (30,)),
        case("alphabets in any order", "The numbers of alphabets and their order mean nothing.", many, (60,)),
        case("one alphabet", "Within one alphabet nothing meets at the root.", np.full(6, rng.integers(9)), (12,)),
        case("a table of pairs", "The result has the shape of its arguments.", few, (4, 5)),
    )


def forest(rng: Rng, labels: list[int], dtype: type, dimensions: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Unit features [B, D] whose classes differ in spread, and an alphabet for every class up to the largest label.

    The batch's lowest two classes share an alphabet that the others do not, whose alphabets are random.
    """
    names = sorted(set(labels))
    centre = {c: unit(rng.normal(size=(1, dimensions)))[0] for c in names}
    spread = {c: (0.2 + 0.6 * k / len(names)) / np.sqrt(dimensions) for k, c in enumerate(rng.permutation(names))}
    features = unit(np.stack([centre[c] + spread[c] * rng.normal(size=dimensions) for c in labels]))
    alphabet_of = rng.integers(3, size=max(names) + 1) + 4
    alphabet_of[names[:2]] = 2
    return features.astype(dtype), alphabet_of


def wide_class(rng: Rng, dtype: type = np.float32) -> tuple[np.ndarray, np.ndarray]:
    """As `forest` for the labels in_order(5, 4), but the first class lies all over the sphere, the others tight."""
    _, alphabet_of = forest(rng, in_order(5, 4), dtype)
    tight = np.repeat(unit(rng.normal(size=(5, 4))), 4, axis=0) + 0.05 * rng.normal(size=(20, 4))
    features = np.concatenate([unit(np.eye(4) * rng.choice([-1, 1], 4)), unit(tight)[4:]])
    return features.astype(dtype), alphabet_of


def some_names(rng: Rng) -> list[int]:
    """Five classes out of twenty, never 0 to 4: a label is not a row of s."""
    return sorted(int(c) for c in rng.choice(np.arange(5, 20), 5, False))


def violate_margin(rng: Rng) -> tuple[Case, ...]:
    def case(
        name: str,
        teaches: str,
        features: np.ndarray,
        labels: list[int],
        alphabet_of: np.ndarray,
        beta: float,
        levels: int,
        tolerance: float = 1e-4,
    ) -> Case:
        # Every ordered pair of two classes, in any order.
        pairs = np.array([(a, n) for a in sorted(set(labels)) for n in sorted(set(labels)) if a != n])
        anchor, negative = rng.permutation(pairs).T.copy()
        margins = naive.violate_margin(features, labels, list(anchor), list(negative), list(alphabet_of), beta, levels)
        return Case(
            name=name,
            teaches=teaches,
            inputs={
                "features": features,
                "labels": np.array(labels, dtype=np.int64),
                "anchor_labels": anchor,
                "negative_labels": negative,
                "alphabet_of": alphabet_of,
                "beta": beta,
                "levels": levels,
            },
            expected={"margin": np.array(margins, dtype=features.dtype), "keeps_gradient": np.array(False)},
            tolerance=tolerance,
            hidden=True,
        )

    equal, unequal = in_order(5, 4), shuffled(rng, of_sizes(rng, some_names(rng), 2))
    beta = round(float(rng.uniform(0.05, 0.3)), 2)
    wide, alphabet_of = wide_class(rng)
    return (
        case("random classes", "Every pair of classes.", *forest_of(rng, equal, np.float32), 0.1, 16),
        case("another tree", "Its depth and beta are parameters.", *forest_of(rng, equal, np.float32), beta, 5),
        case(
            "any labels",
            "Interleaved, sparse labels of unequal classes.",
            *forest_of(rng, unequal, np.float32),
            beta,
            int(rng.integers(3, 12)),
        ),
        case("negative margins", "A wide class has a negative margin.", wide, equal, alphabet_of, 0.02, 64),
        case(
            "many dimensions",
            "Embeddings may have hundreds of dimensions.",
            *forest_of(rng, equal, np.float32, 512),
            beta,
            16,
        ),
        case(
            "double precision",
            "The margin has the dtype of the features.",
            *forest_of(rng, unequal, np.float64),
            beta,
            16,
            tolerance=SINGLE,
        ),
    )


def forest_of(
    rng: Rng, labels: list[int], dtype: type, dimensions: int = 4
) -> tuple[np.ndarray, list[int], np.ndarray]:
    features, alphabet_of = forest(rng, labels, dtype, dimensions)
    return features, labels, alphabet_of


def random_triplets(rng: Rng, labels: list[int], count: int) -> np.ndarray:
    """Rows of random valid triplets, int64 [3, T]."""
    rows = range(len(labels))
    result = []
    for anchor in rng.choice(len(labels), count):
        same = [row for row in rows if labels[row] == labels[anchor] and row != anchor]
        other = [row for row in rows if labels[row] != labels[anchor]]
        result.append((anchor, rng.choice(same), rng.choice(other)))
    return np.array(result, dtype=np.int64).T.copy()


def loss(rng: Rng, gradient: bool) -> tuple[Case, ...]:
    def case(
        name: str,
        teaches: str,
        labels: list[int],
        levels: int,
        dtype: type = np.float32,
        dimensions: int = 4,
        tolerance: float = 1e-4,
        wide: bool = False,
        again: bool = False,
    ) -> Case:
        beta = round(float(rng.uniform(0.05, 0.2)), 2)
        while True:  # until some hinges are open, some closed, none near its corner
            features, alphabet_of = wide_class(rng) if wide else forest(rng, labels, dtype, dimensions)
            ids = random_triplets(rng, labels, 12)
            setting = (features, labels, ids.tolist(), alphabet_of.tolist(), beta, levels)
            terms = naive.hierarchical_terms(*setting)
            if min(terms) > 0 or max(terms) < 0 or min(map(abs, terms)) < 0.005 or sum(t > 0 for t in terms) < 3:
                continue
            pairs = [labels[row] for row in ids[0]], [labels[row] for row in ids[2]]
            margins = naive.violate_margin(features, labels, *pairs, alphabet_of.tolist(), beta, levels)
            # Of a wide class some hinge must be closed by nothing but its negative margin.
            if not wide or any(term < -0.005 and term - margin > 0.05 for term, margin in zip(terms, margins)):
                break
        value, slope = naive.hierarchical_loss(*setting)
        expected = {"loss": np.array(value, dtype=dtype)}
        if gradient:
            expected["gradient"] = slope.astype(dtype)
        return Case(
            name=name,
            teaches=teaches,
            inputs={
                "features": features,
                "labels": np.array(labels, dtype=np.int64),
                "ids": ids,
                "alphabet_of": alphabet_of,
                "beta": beta,
                "levels": levels,
            },
            expected=expected,
            tolerance=tolerance,
            gradient=gradient,
            again=again,
            hidden=True,
        )

    any_labels = shuffled(rng, of_sizes(rng, some_names(rng), 2))
    return (
        case("random triplets", "Any triplets of the batch, open and closed hinges.", in_order(5, 4), 16),
        case("another tree", "The depth of the tree and beta are parameters.", in_order(5, 4), 6),
        case("negative margins", "The margins of a wide class are negative.", in_order(5, 4), 16, wide=True),
        case("used again", "Nothing of the last batch stays.", in_order(5, 4), 16, again=True),
        case("any labels", "Interleaved, sparse labels of unequal classes.", any_labels, 16),
        case("many dimensions", "Embeddings may have hundreds of dimensions.", in_order(4, 4), 4, dimensions=512),
        case(
            "double precision",
            "The loss has the dtype of the features.",
            any_labels,
            16,
            dtype=np.float64,
            tolerance=SINGLE,
        ),
    )
