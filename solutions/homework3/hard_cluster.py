"""The secret half of the chapter on hard clusters: see `solutions` for what it holds.

Only `labels` has awkward labels and ties, and only `training` awkward numbers among the hidden cases, so that one fault
costs one point.
"""

from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np
import torch
from catalyst.contrib.data import IInbatchTripletSampler
from torch import Tensor, nn

from grader.model import Arrays, Case
from solutions.batches import (
    Batch,
    Rng,
    between,
    by_class,
    clusters,
    draw,
    in_order,
    of_sizes,
    radii,
    rows_of,
    shuffled,
    sparse_names,
    unit,
)
from solutions.homework3.samplers import SUBTRACT_FIRST, Labels, Triplets, check_labels, in_range, number_classes, widen
from solutions.mutants import Mutant

# The reference ---------------------------------------------------------------------------------------------------------


class HardClusterTripletsSampler(IInbatchTripletSampler):
    """One triplet per class: its centroid, its sample farthest from that, and the nearest other centroid.

    Alex, Sami, Banerjee, Panda, "Cluster Loss for Person Re-Identification" (arXiv 1812.10325): the centroid f_i^m,
    the sample that realises d_i^intra and the centroid that realises d_i^inter.
    """

    def _check_input_labels(self, labels: Labels) -> None:
        check_labels(labels)

    def sample(self, features: Tensor, labels: Labels) -> Triplets:
        """Three Tensor[P, D], a row per class in ascending order of the labels; gradients flow through all three.

        features: float Tensor[B, D]; labels: one per row, at least two classes of at least two samples, in any order
        and of any sizes. Of exactly equal distances the lowest row or class is taken; in a class of two, whose samples
        are equally far, rounding may decide in float64. Raises ValueError naming the fault.
        """
        index, counts = number_classes(features, labels)  # [B], [P]

        # Means of numbers far from 0 lose digits: take them relative to a row of the batch.
        points, scale = in_range(features)  # [B, D]
        origin = points[:1].detach()  # [1, D]
        points = points - origin
        means = points.new_zeros(len(counts), points.shape[1]).index_add(0, index, points) / counts[:, None]  # [P, D]

        with torch.no_grad():  # choosing has no gradient, what is chosen has
            radius = (points - means[index]).square().sum(dim=1)  # [B], from each sample to its own centroid
            farthest = radius.new_zeros(len(counts)).scatter_reduce(0, index, radius, "amax")  # [P]
            # Of a class's rows that are as far as that, the first.
            row = torch.arange(len(index), device=index.device).masked_fill(radius < farthest[index], len(index))  # [B]
            positive = torch.full_like(counts, len(index)).scatter_reduce(0, index, row, "amin")  # [P]
            distances = torch.cdist(means, means, compute_mode=SUBTRACT_FIRST)  # [P, P]
            negative = distances.fill_diagonal_(torch.inf).argmin(dim=1)  # [P], a class is not its own negative

        centroids = ((means + origin) / scale).to(features.dtype)  # [P, D]
        return centroids, features.index_select(0, positive), centroids.index_select(0, negative)


class ClusterLoss(nn.Module):
    """sum over classes of max(d_intra - d_inter + alpha, 0), the cluster loss of arXiv 1812.10325.

    d_intra: squared distance from the class's centroid to its farthest sample; d_inter: to the nearest other centroid.
    """

    def __init__(self, alpha: float):
        super().__init__()
        self.alpha = alpha
        self.sampler = HardClusterTripletsSampler()

    def forward(self, features: Tensor, labels: list[int] | Tensor) -> Tensor:
        """features: float Tensor[B, D]; labels: one per row. Returns a scalar."""
        anchor, positive, negative = self.sampler.sample(widen(features), labels)  # [P, D] each
        d_intra = (anchor - positive).square().sum(dim=1)  # [P]
        d_inter = (anchor - negative).square().sum(dim=1)  # [P]
        return (d_intra - d_inter + self.alpha).relu().sum()


# Plain right solutions -------------------------------------------------------------------------------------------------

PLAIN = {
    "HardClusterTripletsSampler": """
class HardClusterTripletsSampler(IInbatchTripletSampler):
    def _check_input_labels(self, labels):
        classes, counts = torch.unique(torch.as_tensor(labels), return_counts=True)
        if len(classes) < 2:
            raise ValueError(f"a batch needs two classes, this one has {len(classes)}")
        if counts.min() < 2:
            raise ValueError(f"class {classes[counts.argmin()]} has one sample only")

    def sample(self, features, labels):
        if features.ndim != 2:
            raise ValueError(f"features must be 2-D, their shape is {tuple(features.shape)}")
        if len(features) != len(labels):
            raise ValueError(f"lengths differ: {len(features)} features, {len(labels)} labels")
        if not features.isfinite().all():
            raise ValueError("features must be finite, without NaN and infinity")
        self._check_input_labels(labels)
        labels = torch.as_tensor(labels, device=features.device)
        points = features.double()
        classes = labels.unique()
        centroids = torch.stack([points[labels == c].mean(dim=0) for c in classes])
        anchors, positives, negatives = [], [], []
        for i, c in enumerate(classes):
            anchor = centroids[i]
            own = points[labels == c]
            to_own = (own - anchor).square().sum(dim=1)
            to_centroids = (centroids - anchor).square().sum(dim=1)
            to_centroids[i] = torch.inf
            anchors.append(anchor)
            positives.append(own[to_own.argmax()])
            negatives.append(centroids[to_centroids.argmin()])
        return tuple(torch.stack(rows).to(features.dtype) for rows in (anchors, positives, negatives))
""",
    "ClusterLoss": """
class ClusterLoss(nn.Module):
    def __init__(self, alpha):
        super().__init__()
        self.alpha = alpha

    def forward(self, features, labels):
        labels = torch.as_tensor(labels, device=features.device)
        classes = labels.unique()
        centroids = torch.stack([features[labels == c].mean(dim=0) for c in classes])
        terms = []
        for i, c in enumerate(classes):
            intra = (features[labels == c] - centroids[i]).square().sum(dim=1).max(dim=0).values
            inter = (centroids[classes != c] - centroids[i]).square().sum(dim=1).min(dim=0).values
            terms.append((intra - inter + self.alpha).clamp(min=0))
        return torch.stack(terms).sum()
""",
}

# Known mistakes, each an edit of a plain solution ----------------------------------------------------------------------


def _sampler(name: str, edits: Mapping[str, str]) -> Mutant:
    return Mutant(name, "HardClusterTripletsSampler", edits)


NEGATIVE = "to_centroids = (centroids - anchor).square().sum(dim=1)"
POSITIVE = "to_own = (own - anchor).square().sum(dim=1)"
EXCLUDED = "            to_centroids[i] = torch.inf\n"

MUTANTS = (
    _sampler("own_centroid_not_excluded", {EXCLUDED: ""}),
    _sampler("excludes_by_distance", {"to_centroids[i] = torch.inf": "to_centroids[to_centroids == 0] = torch.inf"}),
    _sampler("nearest_positive", {"to_own.argmax()": "to_own.argmin()"}),
    _sampler("global_mean", {"anchor = centroids[i]": "anchor = points.mean(dim=0)"}),
    _sampler("positive_from_whole_batch", {"own = points[labels == c]": "own = points"}),
    _sampler("detached_centroids", {"mean(dim=0) for c": "mean(dim=0).detach() for c"}),
    _sampler("detached_positive", {"own[to_own.argmax()]": "own[to_own.argmax()].detach()"}),
    _sampler(
        "remembers_the_last_batch",
        {"= [], [], []": "= self.__dict__.setdefault('rows', ([], [], []))"},
    ),
    _sampler(
        "labels_assumed_sorted",
        {
            "classes = labels.unique()": "_, labels = labels.unique_consecutive(return_inverse=True)\n"
            "        classes = labels.unique()"
        },
    ),
    _sampler(
        "equal_class_sizes_assumed",
        {
            "classes = labels.unique()": "classes = labels.unique()\n"
            "        points = points[labels.argsort(stable=True)]\n"
            "        labels = classes.repeat_interleave(len(points) // len(classes))"
        },
    ),
    _sampler(
        "ties_by_appearance",
        {"classes = labels.unique()": "classes = torch.tensor(list(dict.fromkeys(labels.tolist())))"},
    ),
    _sampler("label_used_as_index", {"for i, c in enumerate(classes)": "for i, c in zip(classes, classes)"}),
    _sampler(
        "sample_as_negative",
        {
            NEGATIVE: "others = points[labels != c]\n            to_others = (others - anchor).square().sum(dim=1)",
            EXCLUDED: "",
            "centroids[to_centroids.argmin()]": "others[to_others.argmin()]",
        },
    ),
    _sampler("farthest_negative", {"= torch.inf": "= -torch.inf", "to_centroids.argmin()": "to_centroids.argmax()"}),
    _sampler(
        "matrix_product_distances",
        {
            "points = features.double()": "points = features",
            POSITIVE: "to_own = own.square().sum(dim=1) + anchor.square().sum() - 2 * own @ anchor",
            NEGATIVE: "to_centroids = centroids.square().sum(dim=1) + anchor.square().sum() - 2 * centroids @ anchor",
        },
    ),
    _sampler(
        "cdist_default",
        {
            "points = features.double()": "points = features",
            NEGATIVE: "to_centroids = torch.cdist(centroids, centroids)[i]",
        },
    ),
    _sampler(
        "changes_input_in_place",
        {"points = features.double()": "points = features.sub_(features.detach().mean(dim=0)).double()"},
    ),
    _sampler(
        "no_input_checks",
        {
            "if len(classes) < 2": "if False",
            "if counts.min() < 2": "if False",
            "if features.ndim != 2": "if False",
            "if len(features) != len(labels)": "if False",
            "if not features.isfinite().all()": "if False",
        },
    ),
    _sampler(
        "normalised_centroids",
        {
            "anchors, positives, negatives = [], [], []": "centroids = nn.functional.normalize(centroids)\n"
            "        anchors, positives, negatives = [], [], []"
        },
    ),
    _sampler("sum_not_mean", {"mean(dim=0) for c": "sum(dim=0) for c"}),
    _sampler("keeps_the_classes", {"labels.unique()": "self.__dict__.setdefault('classes', labels.unique())"}),
    _sampler(
        "keeps_the_rows",
        {
            "classes = labels.unique()": "labels = self.__dict__.setdefault('rows', labels.unique(return_inverse=True)[1])\n"
            "        classes = labels.unique()"
        },
    ),
    _sampler(
        "running_mean",
        {
            "[points[labels == c].mean(dim=0) for c in classes])": "[points[labels == c].mean(dim=0) for c in classes])\n"
            "        seen = self.__dict__.setdefault('seen', {})\n"
            "        for c, centroid in zip(classes.tolist(), centroids):\n"
            "            seen.setdefault(c, []).append(centroid)\n"
            "        centroids = torch.stack([torch.stack(seen[c]).mean(dim=0) for c in classes.tolist()])"
        },
    ),
    _sampler(
        "smoothed_centroids",
        {
            "[points[labels == c].mean(dim=0) for c in classes])": "[points[labels == c].mean(dim=0) for c in classes])\n"
            "        last = self.__dict__.get('last', centroids)\n"
            "        if last.shape == centroids.shape:\n"
            "            centroids = (last + 3 * centroids) / 4\n"
            "        self.last = centroids.detach()"
        },
    ),
    _sampler(
        "outputs_in_another_order",
        {"rows in (anchors, positives, negatives)": "rows in (anchors, negatives, positives)"},
    ),
    Mutant(
        "unsquared_cluster_loss",
        "ClusterLoss",
        {
            "square().sum(dim=1).max": "norm(dim=1).max",
            "square().sum(dim=1).min": "norm(dim=1).min",
        },
    ),
    Mutant("mean_over_classes", "ClusterLoss", {"torch.stack(terms).sum()": "torch.stack(terms).mean()"}),
    Mutant("terms_pile_up", "ClusterLoss", {"terms = []": "terms = self.__dict__.setdefault('terms', [])"}),
    Mutant(
        "keeps_the_first_classes",
        "ClusterLoss",
        {"labels.unique()": "self.__dict__.setdefault('classes', labels.unique())"},
    ),
    Mutant(
        "smoothed_terms",
        "ClusterLoss",
        {
            "return torch.stack(terms).sum()": "terms = torch.stack(terms)\n"
            "        last = self.__dict__.get('last', terms)\n"
            "        if last.shape == terms.shape:\n"
            "            terms = (last + 3 * terms) / 4\n"
            "        self.last = terms.detach()\n"
            "        return terms.sum()"
        },
    ),
    Mutant(
        "every_other_class",
        "ClusterLoss",
        {"square().sum(dim=1).min(dim=0).values": "square().sum(dim=1)", ".clamp(min=0)": ".clamp(min=0).sum()"},
    ),
    Mutant("mean_spread", "ClusterLoss", {".max(dim=0).values": ".mean()"}),
    Mutant(
        "squared_twice",
        "ClusterLoss",
        {
            "square().sum(dim=1).max": "square().sum(dim=1).square().max",
            "square().sum(dim=1).min": "square().sum(dim=1).square().min",
        },
    ),
    Mutant("no_hinge", "ClusterLoss", {".clamp(min=0)": ""}),
    Mutant(
        "one_hinge_for_the_batch", "ClusterLoss", {".clamp(min=0)": "", "terms).sum()": "terms).sum().clamp(min=0)"}
    ),
)

# Hidden cases ----------------------------------------------------------------------------------------------------------


# Sentences of the docstring of HardClusterTripletsSampler.sample.
ANY_LABELS = "labels: B integers, a list or a LongTensor; in any order, with gaps, even negative;"
ANY_WIDTH = "features: float [B, D], on any device."
DIGITS = (
    "Beware of torch.cdist's default (see `distances` above): embeddings may lie very close together, or far from 0."
)


def sampler_case(
    name: str, teaches: str, taught_by: str, features: np.ndarray, labels: list[int] | np.ndarray, **more: Any
) -> Case:
    inputs = {"features": features, "labels": labels}
    return Case(name=name, teaches=teaches, taught_by=taught_by, inputs=inputs, hidden=True, **more)


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


def triplet_cases(rng: Rng) -> tuple[Case, ...]:
    labels = in_order(int(rng.integers(4, 7)), int(rng.integers(3, 6)))

    def features(dimensions: int, spread: float) -> np.ndarray:
        return draw(lambda: clusters(rng, labels, dimensions, spread).astype(np.float32), labels)

    crowded, crowded_labels = in_one_place(rng)
    return (
        sampler_case(
            "random clusters", "Any clusters, not only the drawn ones.", "three clusters", features(3, 1.0), labels
        ),
        sampler_case(
            "overlapping clusters",
            "Clusters may overlap, as before training.",
            "two classes at one place",
            features(4, 6.0),
            labels,
        ),
        sampler_case(
            "points on a line", "Embeddings may have a single dimension.", ANY_WIDTH, features(1, 1.0), labels
        ),
        sampler_case(
            "many dimensions", "Embeddings may have hundreds of dimensions.", ANY_WIDTH, features(512, 3.0), labels
        ),
        sampler_case(
            "two classes at one place",
            "Only a class's own centroid is left out, not all that lie where it lies.",
            "two classes at one place",
            crowded.astype(np.float32),
            crowded_labels,
        ),
    )


def label_cases(rng: Rng) -> tuple[Case, ...]:
    def case(name: str, teaches: str, labels: list[int], taught_by: str = "", tensor: bool = False) -> Case:
        features = draw(lambda: clusters(rng, labels, 3).astype(np.float32), labels)
        given = np.array(labels, dtype=np.int64) if tensor else labels
        return sampler_case(name, teaches, taught_by or name, features, given, also=twins(features, labels))

    sparse = sparse_names(rng, 5)
    tied, tied_labels = ties(rng)
    order = rng.permutation(4)
    while order[1] < order[2]:  # both are nearest to 0 and 3, and the first to appear must not be the lower label
        order = rng.permutation(4)
    return (
        sampler_case(
            "ties between unsorted labels",
            "Of equally near classes the one of the lowest label wins, wherever it appears.",
            "ties between unsorted labels",
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
        case(
            "unequal class sizes",
            "Classes may differ in size; in a class of two either sample is right.",
            of_sizes(rng, [0, 1, 2, 3], 2),
        ),
        case(
            "any labels",
            "Interleaved, negative, sparse labels of unequal classes, as a tensor.",
            shuffled(rng, of_sizes(rng, sparse, 3)),
            ANY_LABELS,
            tensor=True,
        ),
    )


def twins(features: np.ndarray, labels: list[int]) -> tuple[Arrays, ...]:
    """`Case.also` of a batch: in a class of two both samples are equally far from the centroid, up to rounding."""
    radius = radii(features.astype(np.float64), labels)
    choices = [
        rows if len(rows) == 2 else [max(rows, key=lambda row: radius[row])] for rows in rows_of(labels).values()
    ]
    if all(len(some) == 1 for some in choices):
        return ()
    return tuple({"positive": features[list(chosen)]} for chosen in product(*choices))


def training_cases(rng: Rng) -> tuple[Case, ...]:
    equal, other = in_order(4, 4), in_order(2, 8)
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
            "gradients",
            draw(lambda: clusters(rng, equal, 4).astype(np.float32), equal),
            equal,
            gradient=True,
        ),
        sampler_case(
            "gradients of overlapping clusters",
            "A sample may be pulled as a positive and through several centroids at once.",
            "gradients",
            draw(lambda: clusters(rng, equal, 3, spread=6.0).astype(np.float32), equal),
            equal,
            gradient=True,
        ),
        sampler_case(
            "used again",
            "Nothing of the last batch stays.",
            "used again",
            draw(lambda: clusters(rng, equal, 3).astype(np.float32), equal),
            equal,
            before={
                "features": draw(lambda: clusters(rng, other, 3).astype(np.float32), other),
                "labels": other,
            },
        ),
        sampler_case(
            "the same classes again",
            "Nothing of the last batch stays where it had as many classes, either.",
            "the same classes again",
            draw(lambda: clusters(rng, equal, 3).astype(np.float32), equal),
            equal,
            before={
                "features": draw(lambda: clusters(rng, equal, 3).astype(np.float32), equal),
                "labels": equal,
            },
        ),
        sampler_case(
            "far from the origin",
            "Distances stay right when the embeddings lie far from the origin.",
            "far from the origin",
            draw(lambda: (offset + clusters(rng, equal, 8)).astype(np.float32), equal, gap=0.03),
            equal,
            tolerance=1e-6,
        ),
        sampler_case(
            "collapsed embedding",
            "Distances stay right when all embeddings nearly coincide.",
            DIGITS,
            draw(collapsed, many, gap=0.0003),
            many,
            tolerance=1e-6,
        ),
    )


def wrong_by_matrix_product(features: np.ndarray, labels: list[int]) -> int:
    """How many classes get another negative when |a|^2 + |b|^2 - 2ab stands for |a - b|^2 in float32. The classes stand in
    order, and are of one size."""
    means = features.reshape(len(set(labels)), -1, features.shape[1]).mean(axis=1)  # float32 [P, D]
    norms = (means**2).sum(axis=1)
    product = norms[:, None] + norms - 2 * means @ means.T
    np.fill_diagonal(product, np.inf)
    return int((product.argmin(axis=1) != between(means.astype(np.float64), range(len(means))).argmin(axis=1)).sum())


def error_cases(rng: Rng) -> tuple[Case, ...]:
    labels = in_order(3, 3)
    features = draw(lambda: clusters(rng, labels, 3).astype(np.float32), labels)
    row, column = int(rng.integers(len(labels))), int(rng.integers(3))
    name = int(rng.integers(100, 999))

    def spoiled(value: float) -> np.ndarray:
        copy = features.copy()
        copy[row, column] = value
        return copy

    def refused(name: str, teaches: str, features: np.ndarray, labels: list[int]) -> Case:
        return sampler_case(name, teaches, name, features, labels, raises=True)

    alone = list(labels)
    alone[row] = name
    short = labels[:-1]  # the lengths are the only fault: every class keeps two samples
    return (
        refused("one class", "Fewer than two classes are refused.", features, [name] * len(labels)),
        refused("a class with one sample", "A class with one sample is refused.", features, alone),
        refused("lengths that differ", "One label for each row, or the input is refused.", features, short),
        refused("features with three dimensions", "Features must be a matrix.", features[:, :, None], labels),
        refused("not a number", "NaN in the features is refused.", spoiled(np.nan), labels),
        # the visible case has -inf
        refused("infinity", "Infinite features are refused.", spoiled(np.inf), labels),
    )


def cluster_terms(features: np.ndarray, labels: list[int], alpha: float) -> list[float]:
    """Per class, d_intra - d_inter + alpha, before the hinge."""
    features = features.astype(np.float64)
    _, _, own = by_class(tuple(labels))
    farthest = np.where(own, radii(features, labels), 0).max(axis=1)
    return (farthest - between(features, labels).min(axis=1) + alpha).tolist()


def loss_cases(rng: Rng) -> tuple[Case, ...]:
    def case(
        name: str,
        teaches: str,
        taught_by: str,
        labels: list[int],
        dimensions: int,
        other: list[int] | None = None,
    ) -> Case:
        def batch(labels: list[int]) -> dict[str, np.ndarray]:
            features = draw(lambda: clusters(rng, labels, dimensions, 1.0, 2.0).astype(np.float32), labels)
            return {"features": features, "labels": np.array(labels, dtype=np.int64)}

        # Clusters just touch, and alpha cuts the sorted terms in two: some hinges are open, some closed. On the batch
        # before one is open, too, and on the batch itself one of a class that was not in the batch before, if there is one.
        while True:
            inputs, before = batch(labels), batch(other) if other else {}
            unsorted = cluster_terms(inputs["features"], labels, 0.0)
            terms, earlier = sorted(unsorted), cluster_terms(before["features"], other, 0.0) if other else [np.inf]
            cut = int(rng.integers(1, len(terms)))
            alpha = round(-(terms[cut - 1] + terms[cut]) / 2, 2)
            clear = min(abs(term + alpha) for term in (*terms, *earlier)) > 0.05
            new = unsorted[len(set(other or [])) :] or unsorted
            if alpha > 0 and clear and max(earlier) > -alpha and max(new) > -alpha:
                break
        return Case(
            name=name,
            teaches=teaches,
            taught_by=taught_by,
            inputs={**inputs, "alpha": alpha},
            before=before,
            gradient=True,
            hidden=True,
        )

    return (
        case("random clusters", "Only the classes that violate the margin pay.", "three clusters", in_order(5, 4), 3),
        case("used again", "Nothing of the last batch stays.", "used again", in_order(5, 4), 3, in_order(2, 10)),
        case(
            "the same classes again",
            "Nothing of the last batch stays where it had as many classes, either.",
            "the same classes again",
            in_order(5, 4),
            3,
            in_order(5, 4),
        ),
        case(
            "any labels",
            "Interleaved, negative, sparse labels of unequal classes.",
            "any labels",
            shuffled(rng, of_sizes(rng, sparse_names(rng, 5), 3)),
            4,
        ),
        case("points on a line", "Embeddings may have a single dimension.", "gradients", in_order(4, 3), 1),
    )


HIDDEN = {
    "hard_cluster.triplets": triplet_cases,
    "hard_cluster.labels": label_cases,
    "hard_cluster.training": training_cases,
    "hard_cluster.errors": error_cases,
    "hard_cluster.loss": loss_cases,
}
