"""The secret half of the chapter on the hierarchical triplet loss: see `solutions` for what it holds.

Ge et al., "Deep Metric Learning with Hierarchical Triplet Loss" (arXiv 1810.06951), sections 3.1 and 3.2, with the
homework's fixed tree of depth 3: root, alphabets, characters.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import numpy as np
import torch
from catalyst.contrib.data import IInbatchTripletSampler
from torch import Tensor, nn

from grader.model import Case
from solutions.batches import (
    Rng,
    by_class,
    clusters,
    in_order,
    of_sizes,
    radii,
    rows_of,
    shuffled,
    sparse_names,
    squared,
    unit,
)
from solutions.homework3.losses import squared_distances
from solutions.homework3.samplers import SUBTRACT_FIRST, as_long, check_rows, widen
from solutions.mutants import Mutant

# The reference ---------------------------------------------------------------------------------------------------------


def class_distances(features: Tensor, labels: list[int] | Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Mean squared distances between and within the classes of a batch (section 3.1).

    d(p, q) = 1 / (n_p n_q) * sum over i in p, j in q of |f_i - f_j|^2
    s(p) = 1 / (n_p^2 - n_p) * sum over i, j in p of |f_i - f_j|^2

    features: float Tensor[B, D]; labels: one per row; one class will do.
    Returns classes LongTensor[P] ascending, d Tensor[P, P], s Tensor[P]; differentiable.
    Raises ValueError naming the fault, such as a class with one sample: its s is undefined.
    """
    labels = check_rows(features, labels)
    classes, index, counts = torch.unique(labels, return_inverse=True, return_counts=True)  # [P], [B], [P]
    if (counts < 2).any():
        raise ValueError(f"Class {classes[counts.argmin()].item()} has one sample: no distance within it, give it two.")

    # The B x B distances are not needed. With means mu and variances v (mean squared distance from the mean),
    # d(p, q) = v_p + v_q + |mu_p - mu_q|^2 and s(p) = 2 v_p n_p / (n_p - 1): sums of squares, so no digit is lost to
    # cancellation when the embedding collapses.
    points = widen(features)  # [B, D]
    points = points - points[:1].detach()  # so that means are exact far from the origin too
    means = points.new_zeros(len(counts), points.shape[1]).index_add(0, index, points) / counts[:, None]  # [P, D]
    radius = (points - means[index]).square().sum(dim=1)  # [B]
    variance = points.new_zeros(len(counts)).index_add(0, index, radius) / counts  # [P]
    between = torch.cdist(means, means, compute_mode=SUBTRACT_FIRST).square()  # [P, P]
    d = variance[:, None] + variance + between  # [P, P]
    s = 2 * variance * counts / (counts - 1)  # [P]
    return classes, d, s


def tree_level(class_a: Tensor, class_b: Tensor, alphabet_of: Tensor) -> Tensor:
    """Height of the lowest common ancestor: 0 for the same character, 1 for the same alphabet, 2 otherwise.

    class_a, class_b: LongTensor[T], or any two shapes that broadcast, of numbers from 0 on; alphabet_of:
    LongTensor[n_classes]. Other integers than int64 will do. Returns a LongTensor of the broadcast shape.
    """
    class_a, class_b, alphabet_of = as_long(class_a), as_long(class_b), as_long(alphabet_of)
    return (class_a != class_b).long() + (alphabet_of[class_a] != alphabet_of[class_b]).long()


@torch.no_grad()
def violate_margin(
    features: Tensor,
    labels: list[int] | Tensor,
    anchor_labels: Tensor,
    negative_labels: Tensor,
    alphabet_of: Tensor,
    beta: float = 0.1,
    levels: int = 16,
) -> Tensor:
    """The margin of each triplet, alpha = beta + d_l - s(anchor's class), a constant to the gradient (section 3.2).

    d_l = l * (4 - d_0) / levels + d_0 is the paper's threshold of level l = tree_level(anchor, negative);
    d_0 is the mean of s over the batch's classes. 4 is the largest squared distance of two unit vectors.

    features: float Tensor[B, D], rows of length 1; labels: one per row; anchor_labels, negative_labels:
    LongTensor[T], classes of the batch; alphabet_of: LongTensor[n_classes].
    Returns Tensor[T]; it may be negative. Raises ValueError for an anchor whose class is not in the batch.
    """
    anchor_labels, negative_labels, alphabet_of = (
        as_long(each, features.device) for each in (anchor_labels, negative_labels, alphabet_of)
    )
    classes, _, s = class_distances(features, labels)  # [P], -, [P]
    stranger = anchor_labels[~torch.isin(anchor_labels, classes)]
    if len(stranger):
        raise ValueError(f"The anchors' class {stranger[0].item()} is not among the labels of the batch.")
    d_0 = s.mean()
    level = tree_level(anchor_labels, negative_labels, alphabet_of)  # [T]
    d_l = level * (4 - d_0) / levels + d_0  # [T]
    return beta + d_l - s[torch.searchsorted(classes, anchor_labels)]  # [T]


class HierarchicalTripletMarginLossWithSampler(nn.Module):
    """mean over triplets of max(|a - p|^2 - |a - n|^2 + alpha, 0), alpha the triplet's own `violate_margin`.

    The loss of arXiv 1810.06951, section 3.2, over the sampler's triplets. Distances are squared, as the margin is.

    sampler_inbatch: draws rows of the batch with `sample_ids`; alphabet_of: LongTensor[n_classes];
    beta, levels: see `violate_margin`.
    """

    def __init__(
        self,
        sampler_inbatch: IInbatchTripletSampler,
        alphabet_of: Tensor,
        beta: float = 0.1,
        levels: int = 16,
    ):
        super().__init__()
        self.sampler = sampler_inbatch
        self.register_buffer("alphabet_of", alphabet_of, persistent=False)  # moves with .to(device), is not a weight
        self.beta = beta
        self.levels = levels

    def forward(self, features: Tensor, labels: list[int] | Tensor) -> Tensor:
        """features: float Tensor[B, D], rows of length 1; labels: one per row. Returns a scalar."""
        labels = as_long(labels, features.device)
        anchor, positive, negative = self.sampler.sample_ids(features, labels)  # [T] each
        margin = violate_margin(
            features, labels, labels[anchor], labels[negative], self.alphabet_of, self.beta, self.levels
        )  # [T]
        # T triplets share the B^2 distances: to look them up is far cheaper than to subtract T rows of D numbers.
        distance = squared_distances(features).flatten()  # [B * B]
        to_positive = distance.gather(0, anchor * len(labels) + positive)  # [T]
        to_negative = distance.gather(0, anchor * len(labels) + negative)  # [T]
        return (to_positive - to_negative + margin).relu().mean()


# Plain right solutions -------------------------------------------------------------------------------------------------

PLAIN = {
    "class_distances": """
def class_distances(features, labels):
    labels = torch.as_tensor(labels, device=features.device)
    classes = labels.unique()
    squared = (features[:, None] - features).square().sum(dim=2)
    blocks = [[squared[labels == p][:, labels == q] for q in classes] for p in classes]
    d = torch.stack([torch.stack([block.mean() for block in row]) for row in blocks])
    s = []
    for i in range(len(classes)):
        within = blocks[i][i]
        n = len(within)
        s.append(within.sum() / (n * n - n))
    return classes, d, torch.stack(s)
""",
    "tree_level": """
def tree_level(class_a, class_b, alphabet_of):
    level = torch.full_like(class_a, 2)
    level[alphabet_of[class_a] == alphabet_of[class_b]] = 1
    level[class_a == class_b] = 0
    return level
""",
    "violate_margin": """
def violate_margin(features, labels, anchor_labels, negative_labels, alphabet_of, beta=0.1, levels=16):
    with torch.no_grad():
        classes, d, s = class_distances(features, labels)
        d_0 = s.mean()
        level = tree_level(anchor_labels, negative_labels, alphabet_of)
        d_l = level * (4 - d_0) / levels + d_0
        row = torch.searchsorted(classes, anchor_labels)
        return beta + d_l - s[row]
""",
    "HierarchicalTripletMarginLossWithSampler": """
class HierarchicalTripletMarginLossWithSampler(nn.Module):
    def __init__(self, sampler_inbatch, alphabet_of, beta=0.1, levels=16):
        super().__init__()
        self.sampler = sampler_inbatch
        self.alphabet_of = alphabet_of
        self.beta = beta
        self.levels = levels

    def forward(self, features, labels):
        labels = torch.as_tensor(labels, device=features.device)
        a, p, n = self.sampler.sample_ids(features, labels)
        margin = violate_margin(features, labels, labels[a], labels[n], self.alphabet_of, self.beta, self.levels)
        to_positive = (features[a] - features[p]).square().sum(dim=1)
        to_negative = (features[a] - features[n]).square().sum(dim=1)
        terms = (to_positive - to_negative + margin).clamp(min=0)
        return terms.mean()
""",
}

# Known mistakes, each an edit of a plain solution ----------------------------------------------------------------------

MUTANTS = (
    Mutant("s_divided_by_n_squared", "class_distances", {"(n * n - n)": "(n * n)"}),
    Mutant(
        "centroid_distances",
        "class_distances",
        {
            "    d = torch.stack([torch.stack([block.mean() for block in row]) for row in blocks])": "    centroids = "
            "torch.stack([features[labels == p].mean(dim=0) for p in classes])\n"
            "    d = (centroids[:, None] - centroids).square().sum(dim=2)"
        },
    ),
    Mutant("unsquared_class_distances", "class_distances", {".square().sum(dim=2)": ".norm(dim=2)"}),
    Mutant("pairs_counted_once", "class_distances", {"within.sum()": "within.triu().sum()"}),
    Mutant(
        "order_of_appearance",
        "class_distances",
        {"classes = labels.unique()": "classes = torch.tensor(list(dict.fromkeys(labels.tolist())))"},
    ),
    Mutant("level_counted_from_root", "tree_level", {"return level": "return 2 - level"}),
    Mutant("same_character_is_level_one", "tree_level", {"    level[class_a == class_b] = 0\n": ""}),
    Mutant("alphabets_ignored", "tree_level", {"    level[alphabet_of[class_a] == alphabet_of[class_b]] = 1\n": ""}),
    Mutant(
        "constant_level",
        "violate_margin",
        {"tree_level(anchor_labels, negative_labels, alphabet_of)": "torch.full_like(anchor_labels, 2)"},
    ),
    Mutant("anchor_negative_swapped", "violate_margin", {"(classes, anchor_labels)": "(classes, negative_labels)"}),
    Mutant("keeps_gradient", "violate_margin", {"torch.no_grad()": "torch.enable_grad()"}),
    Mutant(
        "d0_over_samples",
        "violate_margin",
        {"d_0 = s.mean()": "n = (labels[:, None] == classes).sum(dim=0)\n        d_0 = (n * s).sum() / n.sum()"},
    ),
    Mutant("d0_over_all_distances", "violate_margin", {"d_0 = s.mean()": "d_0 = d.mean()"}),
    Mutant("clamped_at_zero", "violate_margin", {"beta + d_l - s[row]": "(beta + d_l - s[row]).clamp(min=0)"}),
    Mutant("levels_ignored", "violate_margin", {"(4 - d_0) / levels": "(4 - d_0) / 16"}),
    Mutant("levels_of_the_tree", "violate_margin", {"(4 - d_0) / levels": "(4 - d_0) / 2"}),
    Mutant("label_as_row", "violate_margin", {"s[row]": "s[anchor_labels]"}),
    Mutant(
        "gradient_through_margin",
        "HierarchicalTripletMarginLossWithSampler",
        {
            "margin = violate_margin(features, labels, labels[a], labels[n], self.alphabet_of, self.beta, self.levels)": (
                "classes, _, s = class_distances(features, labels)\n"
                "        level = tree_level(labels[a], labels[n], self.alphabet_of)\n"
                "        d_l = level * (4 - s.mean()) / self.levels + s.mean()\n"
                "        margin = self.beta + d_l - s[torch.searchsorted(classes, labels[a])]"
            )
        },
    ),
    Mutant(
        "mean_over_active",
        "HierarchicalTripletMarginLossWithSampler",
        {"terms.mean()": "terms.sum() / (terms > 0).sum().clamp(min=1)"},
    ),
    Mutant(
        "unsquared_distances",
        "HierarchicalTripletMarginLossWithSampler",
        {
            "features[p]).square().sum(dim=1)": "features[p]).norm(dim=1)",
            "features[n]).square().sum(dim=1)": "features[n]).norm(dim=1)",
        },
    ),
    Mutant("margin_clamped", "HierarchicalTripletMarginLossWithSampler", {"+ margin)": "+ margin.clamp(min=0))"}),
    Mutant(
        "keeps_the_first_triplets",
        "HierarchicalTripletMarginLossWithSampler",
        {
            "a, p, n = self.sampler.sample_ids(features, labels)": "if 'ids' not in self.__dict__:\n"
            "            self.ids = self.sampler.sample_ids(features, labels)\n"
            "        a, p, n = self.ids"
        },
    ),
    Mutant(
        "asks_the_sampler_twice",
        "HierarchicalTripletMarginLossWithSampler",
        {"        to_positive =": "        a, p, n = self.sampler.sample_ids(features, labels)\n        to_positive ="},
    ),
    Mutant("mean_margin", "HierarchicalTripletMarginLossWithSampler", {"+ margin)": "+ margin.mean())"}),
    Mutant(
        "anchor_and_negative_labels_swapped",
        "HierarchicalTripletMarginLossWithSampler",
        {"labels[a], labels[n]": "labels[n], labels[a]"},
    ),
    Mutant(
        "defaults_not_arguments",
        "HierarchicalTripletMarginLossWithSampler",
        {"self.alphabet_of, self.beta, self.levels)": "self.alphabet_of)"},
    ),
    Mutant("sum_not_mean_loss", "HierarchicalTripletMarginLossWithSampler", {"terms.mean()": "terms.sum()"}),
)

# Hidden cases ----------------------------------------------------------------------------------------------------------


ANY_WIDTH = "features: float [B, D]."  # a sentence of the docstrings, but for the loss's


def class_distance_cases(rng: Rng) -> tuple[Case, ...]:
    def case(name: str, teaches: str, taught_by: str, features: np.ndarray, labels: list[int]) -> Case:
        return Case(
            name=name,
            teaches=teaches,
            taught_by=taught_by,
            inputs={"features": features.astype(np.float32), "labels": np.array(labels, dtype=np.int64)},
            hidden=True,
        )

    equal, mixed = in_order(3, 4), shuffled(rng, in_order(4, 3))
    unequal = of_sizes(rng, [0, 1, 2, 3], 2)
    sparse = shuffled(rng, of_sizes(rng, sparse_names(rng, 4), 2))
    return (
        case("unit vectors", "On the unit sphere.", "unit vectors", unit(clusters(rng, equal, 4)), equal),
        case(
            "interleaved labels",
            "The classes ascend, whatever the order of the samples.",
            "classes in ascending order",
            clusters(rng, mixed, 3),
            mixed,
        ),
        case(
            "unequal class sizes", "Each class counts its own pairs.", "two classes", clusters(rng, unequal, 3), unequal
        ),
        case(
            "negative and sparse labels",
            "Labels are names of classes, not row numbers.",
            "classes in ascending order",
            clusters(rng, sparse, 2),
            sparse,
        ),
        case("points on a line", "Embeddings may have a single dimension.", ANY_WIDTH, clusters(rng, equal, 1), equal),
        case(
            "many dimensions",
            "Embeddings may have hundreds of dimensions.",
            ANY_WIDTH,
            unit(clusters(rng, unequal, 512, 1.0, 1.0)),
            unequal,
        ),
    )


def tree_level_cases(rng: Rng) -> tuple[Case, ...]:
    def case(name: str, teaches: str, taught_by: str, alphabet_of: np.ndarray, shape: tuple[int, ...]) -> Case:
        class_a, class_b = rng.integers(len(alphabet_of), size=(2, *shape))
        # For certain among them: a class with itself, and one with another class of its alphabet.
        twin = next((a, b) for a in range(len(alphabet_of)) for b in range(a) if alphabet_of[a] == alphabet_of[b])
        class_a.flat[0] = class_b.flat[0]
        class_a.flat[1], class_b.flat[1] = twin
        return Case(
            name=name,
            teaches=teaches,
            taught_by=taught_by,
            inputs={"class_a": class_a, "class_b": class_b, "alphabet_of": alphabet_of},
            hidden=True,
        )

    few, many = np.sort(rng.integers(3, size=12)), rng.choice(np.arange(50), 9, False)[rng.integers(9, size=40)]
    return (
        case("random pairs", "Any pairs of characters.", "two alphabets", few, (30,)),
        case(
            "alphabets in any order",
            "The numbers of alphabets and their order mean nothing.",
            "alphabets in any order",
            many,
            (60,),
        ),
        case(
            "one alphabet",
            "Within one alphabet nothing meets at the root.",
            "a table of pairs",
            np.full(6, rng.integers(9)),
            (12,),
        ),
        case("a table of pairs", "The result has the shape of its arguments.", "a table of pairs", few, (4, 5)),
    )


def forest(rng: Rng, labels: list[int], dimensions: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Unit features [B, D] whose classes differ in spread, and an alphabet for every class up to the largest label.

    The batch's lowest two classes share an alphabet that the others do not, whose alphabets are random.
    """
    names, (index, _, _) = sorted(set(labels)), by_class(tuple(labels))
    centres = unit(rng.normal(size=(len(names), dimensions)))
    spread = (0.2 + 0.6 * rng.permutation(len(names)).argsort() / len(names)) / np.sqrt(dimensions)
    features = unit(centres[index] + spread[index, None] * rng.normal(size=(len(labels), dimensions)))
    alphabet_of = rng.integers(3, size=max(names) + 1) + 4
    alphabet_of[names[:2]] = 2
    return features.astype(np.float32), alphabet_of


def wide_class(rng: Rng) -> tuple[np.ndarray, np.ndarray]:
    """As `forest` for the labels in_order(5, 4), but the first class lies all over the sphere, the others tight."""
    _, alphabet_of = forest(rng, in_order(5, 4))
    tight = np.repeat(unit(rng.normal(size=(5, 4))), 4, axis=0) + 0.05 * rng.normal(size=(20, 4))
    features = np.concatenate([unit(np.eye(4) * rng.choice([-1, 1], 4)), unit(tight)[4:]])
    return features.astype(np.float32), alphabet_of


def some_names(rng: Rng) -> list[int]:
    """Five classes out of twenty, never 0 to 4: a label is not a row of s."""
    return sorted(int(c) for c in rng.choice(np.arange(5, 20), 5, False))


def violate_margin_cases(rng: Rng) -> tuple[Case, ...]:
    def case(
        name: str,
        teaches: str,
        taught_by: str,
        features: np.ndarray,
        labels: list[int],
        alphabet_of: np.ndarray,
        beta: float,
        levels: int,
    ) -> Case:
        # Every ordered pair of two classes, in any order.
        pairs = np.array([(a, n) for a in sorted(set(labels)) for n in sorted(set(labels)) if a != n])
        anchor, negative = rng.permutation(pairs).T.copy()
        return Case(
            name=name,
            teaches=teaches,
            taught_by=taught_by,
            inputs={
                "features": features,
                "labels": np.array(labels, dtype=np.int64),
                "anchor_labels": anchor,
                "negative_labels": negative,
                "alphabet_of": alphabet_of,
                "beta": beta,
                "levels": levels,
            },
            gradient=True,
            hidden=True,
        )

    equal, unequal = in_order(5, 4), shuffled(rng, of_sizes(rng, some_names(rng), 2))
    beta = round(float(rng.uniform(0.05, 0.3)), 2)
    wide, alphabet_of = wide_class(rng)
    return (
        case("random classes", "Every pair of classes.", "four triplets", *forest_of(rng, equal), 0.1, 16),
        case("another tree", "Its depth and beta are parameters.", "four triplets", *forest_of(rng, equal), beta, 5),
        case(
            "any labels",
            "Interleaved, sparse labels of unequal classes.",
            "classes of two sizes, mixed up",
            *forest_of(rng, unequal),
            beta,
            int(rng.integers(3, 12)),
        ),
        case(
            "negative margins",
            "A wide class has a negative margin.",
            "a negative margin",
            wide,
            equal,
            alphabet_of,
            0.02,
            64,
        ),
        case(
            "many dimensions",
            "Embeddings may have hundreds of dimensions.",
            "features: float [B, D], labels: LongTensor [B]: the whole batch, for s and d_0.",
            *forest_of(rng, equal, 512),
            beta,
            16,
        ),
    )


def forest_of(rng: Rng, labels: list[int], dimensions: int = 4) -> tuple[np.ndarray, list[int], np.ndarray]:
    features, alphabet_of = forest(rng, labels, dimensions)
    return features, labels, alphabet_of


def random_triplets(rng: Rng, labels: list[int], count: int) -> np.ndarray:
    """Rows of random valid triplets, int64 [3, T]."""
    rows = rows_of(labels)
    result = []
    for anchor in rng.choice(len(labels), count).tolist():
        same = [row for row in rows[labels[anchor]] if row != anchor]
        other = [row for row in range(len(labels)) if labels[row] != labels[anchor]]
        result.append((anchor, same[rng.integers(len(same))], other[rng.integers(len(other))]))
    return np.array(result, dtype=np.int64).T.copy()


def terms_and_margins(
    features: np.ndarray, labels: np.ndarray, ids: np.ndarray, alphabet_of: np.ndarray, beta: float, levels: int
) -> tuple[np.ndarray, np.ndarray]:
    """Per triplet, |a - p|^2 - |a - n|^2 + margin, before the hinge, and the margin, [T] each; see `violate_margin`."""
    points = features.astype(np.float64)
    index, counts, _ = by_class(tuple(labels))
    s = 2 * np.bincount(index, radii(points, labels)) / (counts - 1)  # [P]: mean square distance, by that to the mean
    a, p, n = ids
    level = (labels[a] != labels[n]).astype(int) + (alphabet_of[labels[a]] != alphabet_of[labels[n]])
    margin = beta + level * (4 - s.mean()) / levels + s.mean() - s[index[a]]
    return squared(points[a], points[p]) - squared(points[a], points[n]) + margin, margin


def each_loss_case(rng: Rng) -> Iterator[Case]:
    def batch(labels: list[int], dimensions: int = 4, wide: bool = False) -> tuple[dict[str, np.ndarray], np.ndarray]:
        features, alphabet_of = wide_class(rng) if wide else forest(rng, labels, dimensions)
        ids = random_triplets(rng, labels, 12)
        return {"features": features, "labels": np.array(labels, dtype=np.int64), "ids": ids}, alphabet_of

    def case(
        name: str,
        teaches: str,
        taught_by: str,
        labels: list[int],
        levels: int,
        dimensions: int = 4,
        wide: bool = False,
        other: list[int] | None = None,
    ) -> Case:
        beta = round(float(rng.uniform(0.15, 0.3)), 2)
        while True:  # until some hinges are open, some closed, none near its corner
            inputs, alphabet_of = batch(labels, dimensions, wide)
            tree = {"alphabet_of": alphabet_of, "beta": beta, "levels": levels}
            terms, margins = terms_and_margins(**inputs, **tree)
            if terms.min() > 0 or terms.max() < 0 or abs(terms).min() < 0.005 or (terms > 0).sum() < 3:
                continue
            before = batch(other)[0] if other else {}
            if before and abs(terms_and_margins(**before, **tree)[0]).min() < 0.005:
                continue
            # Of a wide class some hinge must be closed by nothing but its negative margin.
            if not wide or ((terms < -0.005) & (terms - margins > 0.05)).any():
                break
        return Case(
            name=name, teaches=teaches, taught_by=taught_by, inputs={**inputs, **tree}, before=before, hidden=True
        )

    few, any_labels = in_order(5, 4), shuffled(rng, of_sizes(rng, some_names(rng), 2))
    forward = "features: float [B, D] of length 1, labels: LongTensor [B]."
    yield case("random triplets", "Any triplets of the batch, open and closed hinges.", "four triplets", few, 16)
    yield case("another tree", "The depth of the tree and beta are parameters.", "four triplets", few, 6)
    yield case("any labels", "Interleaved, sparse labels of unequal classes.", "any labels", any_labels, 16)
    yield case("many dimensions", "Embeddings may have hundreds of dimensions.", forward, in_order(4, 4), 4, 512)
    yield case("negative margins", "The margins of a wide class are negative.", "a negative margin", few, 16, wide=True)
    yield case("used again", "Nothing of the last batch stays.", "used again", few, 16, other=in_order(3, 6))


def loss_cases(rng: Rng) -> tuple[Case, ...]:
    return tuple(each_loss_case(rng))


def gradient_cases(rng: Rng) -> tuple[Case, ...]:
    """But for the last two, which the exercise does not teach."""
    return tuple(replace(case, gradient=True) for case in islice(each_loss_case(rng), 4))


HIDDEN = {
    "hierarchical.class_distances": class_distance_cases,
    "hierarchical.tree_level": tree_level_cases,
    "hierarchical.violate_margin": violate_margin_cases,
    "hierarchical.loss": loss_cases,
    "hierarchical.gradients": gradient_cases,
}
