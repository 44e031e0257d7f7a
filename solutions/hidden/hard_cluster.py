"""Hidden cases of exercise A, made like the visible ones in `grader.exercises.hard_cluster`.

Only `labels` has awkward labels and only `training` awkward numbers, so that one fault costs one point.
"""

import numpy as np

from grader.exercises.hard_cluster import FAULTS
from grader.exercises.model import Case, Value
from solutions import naive
from solutions.hidden.batches import (
    SINGLE,
    Batch,
    Rng,
    clusters,
    draw,
    in_order,
    of_sizes,
    shuffled,
    sparse_names,
    unit,
)


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
