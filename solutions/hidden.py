"""The cases that students do not see: random inputs from a seed, expected values from the loops of `naive.py`.

Called on the instructor's machine only. Every input is drawn until its answer is unambiguous: what is nearest or
farthest is so by far more than rounding can change, and no hinge lies near its corner; unless the case is a tie, whose
numbers are then exact in every precision. Of the sampler's exercises only `labels` has awkward labels and only
`training` awkward numbers, so that one fault costs one point. A student sees the name and the `teaches` of a case,
so neither may hold a number.
"""

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from grader.exercises.hard_cluster import FAULTS
from grader.exercises.model import Case, Value
from solutions import naive

Rng = np.random.Generator
Batch = tuple[np.ndarray, list[int]]  # features [B, D], labels
# Of losses and margins in double precision only the dtype is asked: alpha, beta or a level may honestly have passed
# through a float32 tensor.
SINGLE = 1e-5


def cases(seed: int) -> dict[str, tuple[Case, ...]]:
    """The hidden cases of every exercise: the same seed gives the same cases."""
    return {
        name: make(np.random.default_rng([seed, number]))  # its own stream, whatever the others draw
        for number, (name, make) in enumerate(MAKERS.items())
    }


# -- batches ----------------------------------------------------------------------------------------------------------


def clusters(rng: Rng, labels: list[int], dimensions: int, spread: float = 1.0, spacing: float = 3.0) -> np.ndarray:
    """float64 [B, D]: normal points about normal centres."""
    centre = {c: spacing * rng.normal(size=dimensions) for c in sorted(set(labels))}
    return np.stack([centre[c] + spread * rng.normal(size=dimensions) for c in labels])


def unit(features: np.ndarray) -> np.ndarray:
    return features / np.sqrt((features**2).sum(axis=1, keepdims=True))


def is_clear(features: np.ndarray, labels: list[int], gap: float) -> bool:
    """Are each class's farthest sample and nearest class ahead of the second by this part of the distance?"""
    features = features.astype(np.float64)
    radius, distance = naive.radii(features, labels), naive.between(features, labels)
    for c in radius:
        *_, second, farthest = sorted(radius[c])
        if farthest - second < gap * farthest:
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


# -- A: the hard cluster sampler --------------------------------------------------------------------------------------


def sampler_case(
    name: str, teaches: str, features: np.ndarray, labels: list[int] | np.ndarray, gradient: bool = False, **more: float
) -> Case:
    names = [int(c) for c in labels]
    expected = naive.sampler(features, names)
    if gradient:
        expected["gradient"] = naive.sampler_gradient(features, names)
    return Case(
        name=name,
        teaches=teaches,
        inputs={"features": features, "labels": labels},
        expected={output: value.astype(features.dtype) for output, value in expected.items()},
        gradient=gradient,
        hidden=True,
        **more,
    )


def ties(rng: Rng) -> Batch:
    """Four classes of four points, all numbers small integers or exact fractions, so that ties are exact.

    Each class is its centroid, plus and minus two arrows, the second shorter: its two farthest samples tie. The
    centroids are the corners of a square: each has two nearest.
    """
    side = 16
    corner = side * np.array([[0, 0], [0, 1], [1, 0], [1, 1]]) + rng.integers(-20, 20, size=2)
    features = []
    for place in corner:
        long, short = np.array([rng.integers(3, 6), rng.integers(-2, 3)]), np.array([rng.integers(-1, 2), 1])
        arrows = np.array([long, -long, short, -short])
        features.extend(place + arrows[rng.permutation(4)])
    return np.array(features), in_order(4, 4)


def in_one_place(rng: Rng) -> Batch:
    """Two classes around one centroid, a third elsewhere; whole numbers, so that the centroids are exactly equal."""
    place, elsewhere = rng.integers(-9, 10, size=2), rng.integers(30, 40, size=2)
    features = [place + arrow for arrow in ([2, 0], [-1, 0], [-1, 0], [0, 4], [0, -2], [0, -2])]
    features += [elsewhere + arrow for arrow in ([0, 6], [0, -3], [0, -3])]
    return np.array(features), in_order(3, 3)


def triplets(rng: Rng) -> tuple[Case, ...]:
    labels = in_order(int(rng.integers(4, 7)), int(rng.integers(3, 6)))

    def features(dimensions: int, spread: float) -> np.ndarray:
        return draw(lambda: clusters(rng, labels, dimensions, spread).astype(np.float32), labels)

    tied, tied_labels = ties(rng)
    crowded, crowded_labels = in_one_place(rng)
    return (
        sampler_case("random clusters", "Any clusters, not only the drawn ones.", features(3, 1.0), labels),
        sampler_case("overlapping clusters", "Clusters may overlap, as before training.", features(4, 6.0), labels),
        sampler_case("points on a line", "Embeddings may have a single dimension.", features(1, 1.0), labels),
        sampler_case("many dimensions", "Embeddings may have hundreds of dimensions.", features(512, 3.0), labels),
        sampler_case("ties", "Of equal distances the lowest index wins.", tied.astype(np.float32), tied_labels),
        sampler_case(
            "two classes at one place",
            "Only a class's own centroid is left out, not all that lie where it lies.",
            crowded.astype(np.float32),
            crowded_labels,
        ),
    )


def any_labels(rng: Rng) -> tuple[Case, ...]:
    def case(name: str, teaches: str, labels: list[int], tensor: bool = False) -> Case:
        features = draw(lambda: clusters(rng, labels, 3).astype(np.float32), labels)
        return sampler_case(name, teaches, features, np.array(labels, dtype=np.int64) if tensor else labels)

    sparse = sparse_names(rng, 5)
    tied, tied_labels = ties(rng)
    order = rng.permutation(4)
    while order[1] < order[2]:  # both are nearest to 0 and 3, and the first to appear must not be the lower label
        order = rng.permutation(4)
    return (
        sampler_case(
            "ties between unsorted labels",
            "Of equally near classes the one of the lowest label wins, wherever it appears.",
            tied.astype(np.float32),
            [int(order[c]) for c in tied_labels],
        ),
        case(
            "interleaved labels", "The samples of a class may lie anywhere in the batch.", shuffled(rng, in_order(4, 4))
        ),
        case(
            "negative and sparse labels",
            "Labels are names of classes, not row numbers.",
            [sparse[c] for c in in_order(5, 3)],
        ),
        case("unequal class sizes", "Classes may differ in size.", of_sizes(rng, [0, 1, 2, 3], 3)),
        case(
            "any labels",
            "Interleaved, negative, sparse labels of unequal classes, as a tensor.",
            shuffled(rng, of_sizes(rng, sparse, 3)),
            tensor=True,
        ),
    )


def training(rng: Rng) -> tuple[Case, ...]:
    equal = in_order(4, 4)
    # Float32 numbers of this size are a thousandth apart, and so are centroids; their squares are tens apart.
    offset = rng.choice([-1, 1], 8) * rng.uniform(10_000, 16_000, 8)
    # Near one unit vector, as when training collapses: classes .005 apart.
    many = in_order(40, 3)
    pole = unit(rng.normal(size=(1, 64)))

    def collapsed() -> np.ndarray:
        features = unit(pole + clusters(rng, many, 64, spread=0.0003, spacing=0.0005)).astype(np.float32)
        # Only where it shows: a matrix product must pick some wrong negatives.
        return features if wrong_by_matrix_product(features, many) > 2 else collapsed()

    return (
        sampler_case(
            "gradients",
            "Gradients flow through anchors, positives and negatives.",
            draw(lambda: clusters(rng, equal, 4).astype(np.float32), equal),
            equal,
            gradient=True,
        ),
        sampler_case(
            "gradients of overlapping clusters",
            "A sample may be pulled as a positive and through several centroids at once.",
            draw(lambda: clusters(rng, equal, 3, spread=6.0).astype(np.float32), equal),
            equal,
            gradient=True,
        ),
        sampler_case(
            "used again",
            "Nothing of the last batch stays.",
            draw(lambda: clusters(rng, equal, 3).astype(np.float32), equal),
            equal,
            again=True,
        ),
        sampler_case(
            "double precision",
            "The result has the dtype of the features, and its precision.",
            draw(lambda: clusters(rng, equal, 3), equal),
            equal,
            gradient=True,
            tolerance=1e-10,
        ),
        sampler_case(
            "far from the origin",
            "Distances stay right when the embeddings lie far from the origin.",
            draw(lambda: (offset + clusters(rng, equal, 8)).astype(np.float32), equal, gap=0.03),
            equal,
            tolerance=1e-6,
        ),
        sampler_case(
            "collapsed embedding",
            "Distances stay right when all embeddings nearly coincide.",
            draw(collapsed, many, gap=0.0003),
            many,
            tolerance=1e-6,
        ),
    )


def wrong_by_matrix_product(features: np.ndarray, labels: list[int]) -> int:
    """How many classes get another negative when |a|^2 + |b|^2 - 2ab stands for |a - b|^2 in float32."""
    means = np.stack([features[np.array(labels) == c].mean(axis=0) for c in sorted(set(labels))])  # float32 [P, D]
    norms = (means**2).sum(axis=1)
    product = norms[:, None] + norms - 2 * means @ means.T
    direct = ((means[:, None].astype(np.float64) - means) ** 2).sum(axis=2)
    for distances in (product, direct):
        np.fill_diagonal(distances, np.inf)
    return int((product.argmin(axis=1) != direct.argmin(axis=1)).sum())


def errors(rng: Rng) -> tuple[Case, ...]:
    labels = in_order(3, 3)
    features = draw(lambda: clusters(rng, labels, 3).astype(np.float32), labels)
    row, column = int(rng.integers(len(labels))), int(rng.integers(3))
    name = int(rng.integers(100, 999))

    def spoiled(value: float) -> np.ndarray:
        copy = features.copy()
        copy[row, column] = value
        return copy

    def refused(name: str, teaches: str, features: np.ndarray, labels: list[int], *words: str) -> Case:
        inputs: dict[str, Value] = {"features": features, "labels": labels}
        return Case(name=name, teaches=teaches, inputs=inputs, raises=(*words, *FAULTS[name]), hidden=True)

    alone = list(labels)
    alone[row] = name
    short = labels[:-1]  # the lengths are the only fault: every class keeps two samples
    return (
        sampler_case("good input", "Good input is accepted.", features, labels),
        refused("one class", "Fewer than two classes are refused.", features, [name] * len(labels)),
        refused("a class with one sample", "A class with one sample is refused.", features, alone, str(name)),
        refused("lengths that differ", "One label for each row, or the input is refused.", features, short),
        refused("features with three dimensions", "Features must be a matrix.", features[:, :, None], labels),
        refused("not a number", "NaN in the features is refused.", spoiled(np.nan), labels),
        # the visible case has +inf
        refused("infinity", "Infinite features are refused.", spoiled(-np.inf), labels),
    )


def cluster_loss(rng: Rng) -> tuple[Case, ...]:
    def case(
        name: str,
        teaches: str,
        labels: list[int],
        dimensions: int,
        dtype: type = np.float32,
        tolerance: float = 1e-4,
        again: bool = False,
    ) -> Case:
        # Clusters just touch, and alpha cuts the sorted terms in two: some hinges are open, some closed.
        while True:
            features = draw(lambda: clusters(rng, labels, dimensions, 1.0, 2.0).astype(dtype), labels)
            terms = sorted(naive.cluster_terms(features, labels, 0.0))
            cut = int(rng.integers(1, len(terms)))
            alpha = round(-(terms[cut - 1] + terms[cut]) / 2, 2)
            if alpha > 0 and min(abs(term + alpha) for term in terms) > 0.05:
                break
        loss, gradient = naive.cluster_loss(features, labels, alpha)
        return Case(
            name=name,
            teaches=teaches,
            inputs={"features": features, "labels": np.array(labels, dtype=np.int64), "alpha": alpha},
            expected={"loss": np.array(loss, dtype=dtype), "gradient": gradient.astype(dtype)},
            tolerance=tolerance,
            gradient=True,
            again=again,
            hidden=True,
        )

    return (
        case("random clusters", "Only the classes that violate the margin pay.", in_order(5, 4), 3),
        case("used again", "Nothing of the last batch stays.", in_order(5, 4), 3, again=True),
        case(
            "any labels",
            "Interleaved, negative, sparse labels of unequal classes.",
            shuffled(rng, of_sizes(rng, sparse_names(rng, 5), 3)),
            4,
        ),
        case("points on a line", "Embeddings may have a single dimension.", in_order(4, 3), 1),
        case("double precision", "The loss has the dtype of the features.", in_order(4, 4), 3, np.float64, SINGLE),
    )


# -- B: the hierarchical loss -----------------------------------------------------------------------------------------


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


def hierarchical(rng: Rng, gradient: bool) -> tuple[Case, ...]:
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
        loss, slope = naive.hierarchical_loss(*setting)
        expected = {"loss": np.array(loss, dtype=dtype)}
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


MAKERS: dict[str, Callable[[Rng], tuple[Case, ...]]] = {
    "hard_cluster.triplets": triplets,
    "hard_cluster.labels": any_labels,
    "hard_cluster.training": training,
    "hard_cluster.errors": errors,
    "hard_cluster.loss": cluster_loss,
    "hierarchical.class_distances": class_distances,
    "hierarchical.tree_level": tree_level,
    "hierarchical.violate_margin": violate_margin,
    "hierarchical.loss": lambda rng: hierarchical(rng, gradient=False),
    "hierarchical.gradients": lambda rng: hierarchical(rng, gradient=True),
}
