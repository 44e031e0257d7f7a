"""The secret half of the chapter on the tree that is grown from distances: see `solutions` for what it holds.

Ge et al., "Deep Metric Learning with Hierarchical Triplet Loss" (arXiv 1810.06951), sections 3.1 to 3.3.
"""

import torch
from scipy.cluster.hierarchy import cophenet, linkage
from scipy.spatial.distance import squareform
from torch import Tensor

from solutions.homework3.losses import all_hinges, squared_distances
from solutions.homework3.samplers import check_batch
from solutions.mutants import Mutant

# The reference ---------------------------------------------------------------------------------------------------------


@torch.no_grad()
def merge_levels(d: Tensor, s: Tensor, levels: int = 16) -> Tensor:
    """The level at which each two classes meet in the tree that is grown from their distances (section 3.1).

    The leaves are the classes. At level l = 0, 1, ..., every two nodes nearer than d_l = l * (4 - d_0) / levels + d_0 are
    joined, and so are chains of them: a node is a connected component of "d < d_l". d_0 is the mean of s.

    d: float Tensor[C, C], symmetric, its diagonal is not read; s: float Tensor[C]: see `hierarchical`. Features have
    length 1, so d_0 is 4 at most.
    Returns LongTensor[C, C]: the lowest level at which p and q are in one node, from 0 (nearer than d_0) to `levels` (the
    root holds all classes); 0 on the diagonal.
    """
    # Chains make this single linkage: two classes are in one node once the longest step of the best chain is allowed.
    steps = squareform(d.cpu().double().numpy(), checks=False)  # [C * (C - 1) / 2]
    longest_step = torch.from_numpy(squareform(cophenet(linkage(steps, method="single"))))  # [C, C]
    d_0 = s.cpu().double().mean()
    d_l = torch.arange(levels) * (4 - d_0) / levels + d_0  # [levels], ascending; the root has no condition
    level = torch.searchsorted(d_l, longest_step, right=True)  # [C, C], how many d_l do not allow that step
    return level.fill_diagonal_(0).to(d.device)


@torch.no_grad()
def tree_margin(level: Tensor, s: Tensor, beta: float = 0.1, levels: int = 16) -> Tensor:
    """The margin for every anchor's class and every negative's, alpha = beta + d_H - s(anchor's class) (section 3.2).

    level: LongTensor[C, C], H from `merge_levels`; s: float Tensor[C]. d_l is that of `merge_levels`.
    Returns Tensor[C, C], a constant to the gradient: a row for each anchor's class. It may be negative.
    """
    d_0 = s.mean()
    d_h = level * (4 - d_0) / levels + d_0  # [C, C]
    return beta + d_h - s[:, None]


def anchor_neighbours(d: Tensor, anchors: Tensor, m: int) -> Tensor:
    """The classes of one batch: each anchor class and its m - 1 nearest (section 3.3, "anchor-neighbour sampling").

    No class stands twice: an anchor is nobody's neighbour, and what an earlier anchor took is gone. Of equally near
    classes the lowest is taken.

    d: float Tensor[C, C], see `hierarchical`; anchors: LongTensor[l'], different classes.
    Returns LongTensor[l' * m]: the first anchor, its neighbours from near to far, the second anchor, and so on.
    Raises ValueError for repeated anchors, and for fewer than l' * m classes.
    """
    if len(anchors.unique()) < len(anchors):
        raise ValueError(f"An anchor class stands twice among {anchors.tolist()}; a batch holds each class once.")
    if len(anchors) * m > len(d):
        raise ValueError(f"{len(anchors)} anchors and {m - 1} neighbours of each are more than the {len(d)} classes.")
    distance = d.detach().clone()  # [C, C]
    distance[:, anchors] = torch.inf
    groups = []
    for anchor in anchors:  # in turn, since what one takes the next cannot have
        nearest = distance[anchor].argsort(stable=True)[: m - 1]  # [m - 1]
        distance[:, nearest] = torch.inf
        groups += [anchor[None], nearest]
    return torch.cat(groups)


def all_triplets_loss(features: Tensor, labels: list[int] | Tensor, margin: Tensor) -> Tensor:
    """1 / (2 Z) * the sum over all Z triplets of the batch of max(|a - p|^2 - |a - n|^2 + margin[y_a, y_n], 0).

    The loss of arXiv 1810.06951, section 3.2, with its factor of a half.

    features: float Tensor[B, D]; labels: one per row, from 0 to C - 1, at least two classes of at least two samples, in
    any order and of any sizes; margin: Tensor[C, C], a row for each anchor's class, a column for each negative's, see
    `tree_margin`.
    Returns a scalar. Raises ValueError for a batch without triplets.
    """
    labels = check_batch(features, labels)
    total, count = all_hinges(squared_distances(features), labels, margin[labels][:, labels])
    return total / (2 * count)


# Plain right solutions -------------------------------------------------------------------------------------------------

PLAIN = {
    "merge_levels": """
def merge_levels(d, s, levels=16):
    d_0 = s.mean()
    level = torch.full(d.shape, levels)
    for l in range(levels - 1, -1, -1):
        joined = d < l * (4 - d_0) / levels + d_0
        for via in range(len(d)):
            joined = joined | (joined[:, via, None] & joined[via])
        level[joined] = l
    level.fill_diagonal_(0)
    return level
""",
    "tree_margin": """
def tree_margin(level, s, beta=0.1, levels=16):
    d_0 = s.mean()
    d_l = level * (4 - d_0) / levels + d_0
    return beta + d_l - s[:, None]
""",
    "anchor_neighbours": """
def anchor_neighbours(d, anchors, m):
    batch = []
    taken = set(anchors.tolist())
    for anchor in anchors.tolist():
        free = [q for q in range(len(d)) if q not in taken]
        nearest = sorted(free, key=lambda q: d[anchor, q].item())[: m - 1]
        taken.update(nearest)
        batch += [anchor, *nearest]
    return torch.tensor(batch)
""",
    "all_triplets_loss": """
def all_triplets_loss(features, labels, margin):
    squared = (features[:, None] - features).square().sum(dim=2)
    terms = []
    for a in range(len(labels)):
        positives = [p for p in range(len(labels)) if labels[p] == labels[a] and p != a]
        negatives = [n for n in range(len(labels)) if labels[n] != labels[a]]
        for p in positives:
            for n in negatives:
                terms.append(squared[a, p] - squared[a, n] + margin[labels[a], labels[n]])
    terms = torch.stack(terms).clamp(min=0)
    return terms.sum() / (2 * len(terms))
""",
}

# Known mistakes, each an edit of a plain solution ----------------------------------------------------------------------


CHAINS = """\
        for via in range(len(d)):
            joined = joined | (joined[:, via, None] & joined[via])
"""

MUTANTS = (
    Mutant("direct_distances", "merge_levels", {CHAINS: ""}),
    Mutant(
        "complete_linkage",
        "merge_levels",
        {
            "d_0 = s.mean()": "d_0 = s.mean()\n"
            "    from scipy.cluster.hierarchy import cophenet, linkage\n"
            "    from scipy.spatial.distance import squareform\n"
            "    d = torch.tensor(squareform(cophenet(linkage(squareform(d, checks=False), 'complete'))))"
        },
    ),
    Mutant("own_class_has_a_level", "merge_levels", {"    level.fill_diagonal_(0)\n": ""}),
    Mutant("one_detour", "merge_levels", {CHAINS: "        joined = joined | (joined.float() @ joined.float() > 0)\n"}),
    Mutant(
        "detours_in_the_inner_loop",
        "merge_levels",
        {
            CHAINS: """\
        for p in range(len(d)):
            for q in range(len(d)):
                for via in range(len(d)):
                    joined[p, q] |= joined[p, via] & joined[via, q]
"""
        },
    ),
    Mutant("threshold_included", "merge_levels", {"d < l": "d <= l"}),
    Mutant("always_sixteen_levels", "merge_levels", {"(4 - d_0) / levels": "(4 - d_0) / 16"}),
    Mutant("thresholds_from_zero", "merge_levels", {"d_0 = s.mean()": "d_0 = 0"}),
    Mutant(
        "beyond_the_root", "merge_levels", {"levels - 1, -1": "levels, -1", "d.shape, levels": "d.shape, levels + 1"}
    ),
    Mutant("starts_at_level_one", "merge_levels", {"levels - 1, -1": "levels - 1, 0"}),
    Mutant("spread_of_the_negative", "tree_margin", {"s[:, None]": "s"}),
    Mutant("margins_of_sixteen_levels", "tree_margin", {"(4 - d_0) / levels": "(4 - d_0) / 16"}),
    Mutant("start_at_own_spread", "tree_margin", {"s.mean()": "s[:, None]"}),
    Mutant("tree_margin_clamped", "tree_margin", {"beta + d_l - s[:, None]": "(beta + d_l - s[:, None]).clamp(min=0)"}),
    Mutant("fixed_beta", "tree_margin", {"return beta": "return 0.1"}),
    Mutant("neighbours_in_label_order", "anchor_neighbours", {"[anchor, *nearest]": "[anchor, *sorted(nearest)]"}),
    Mutant(
        "dealt_in_rounds",
        "anchor_neighbours",
        {
            "for anchor in anchors.tolist()": "for anchor in (m - 1) * anchors.tolist()",
            "[: m - 1]": "[:1]",
            "[anchor, *nearest]": "nearest",
            "torch.tensor(batch)": "torch.tensor([*anchors.tolist(), *batch]).view(m, len(anchors)).T.flatten()",
        },
    ),
    Mutant(
        "places_among_the_free",
        "anchor_neighbours",
        {"[: m - 1]": "[: m - 1]\n        nearest = [free.index(q) for q in nearest]"},
    ),
    Mutant("farthest_classes", "anchor_neighbours", {"d[anchor, q].item()": "-d[anchor, q].item()"}),
    Mutant("anchors_sorted", "anchor_neighbours", {"for anchor in anchors.tolist()": "for anchor in sorted(taken)"}),
    Mutant("one_class_too_many", "anchor_neighbours", {"[: m - 1]": "[:m]"}),
    Mutant("classes_twice", "anchor_neighbours", {"        taken.update(nearest)\n": ""}),
    Mutant(
        "anchors_as_neighbours",
        "anchor_neighbours",
        {"set(anchors.tolist())": "set()", "free = [": "taken.add(anchor)\n        free = ["},
    ),
    Mutant("ties_to_the_last", "anchor_neighbours", {"d[anchor, q].item()": "(d[anchor, q].item(), -q)"}),
    Mutant(
        "anchor_taken_for_nearest",
        "anchor_neighbours",
        {"not in taken]": "not in taken or q == anchor]", "[: m - 1]": "[:m]", "[anchor, *nearest]": "nearest"},
    ),
    Mutant("half_forgotten", "all_triplets_loss", {"(2 * len(terms))": "len(terms)"}),
    Mutant("mean_over_violated", "all_triplets_loss", {"len(terms))": "(terms > 0).sum().clamp(min=1))"}),
    Mutant("triplets_summed", "all_triplets_loss", {"(2 * len(terms))": "2"}),
    Mutant("margin_transposed", "all_triplets_loss", {"margin[labels[a], labels[n]]": "margin[labels[n], labels[a]]"}),
    Mutant("unsquared_triplets", "all_triplets_loss", {"square().sum(dim=2)": "norm(dim=2)"}),
    Mutant("anchor_as_positive", "all_triplets_loss", {" and p != a": ""}),
    Mutant("triplet_margin_clamped", "all_triplets_loss", {"labels[n]])": "labels[n]].clamp(min=0))"}),
    Mutant(
        "classes_numbered_anew",
        "all_triplets_loss",
        {
            "    terms = []\n": "    terms = []\n    own = labels.unique(return_inverse=True)[1]\n",
            "margin[labels[a], labels[n]]": "margin[own[a], own[n]]",
        },
    ),
    Mutant("rows_taken_for_classes", "all_triplets_loss", {"margin[labels[a], labels[n]]": "margin[a, n]"}),
    Mutant(
        "positive_without_gradient",
        "all_triplets_loss",
        {"squared[a, p]": "(features[a] - features[p].detach()).square().sum()"},
    ),
    Mutant(
        "anchor_without_gradient",
        "all_triplets_loss",
        {
            "squared[a, p]": "(features[a].detach() - features[p]).square().sum()",
            "squared[a, n]": "(features[a].detach() - features[n]).square().sum()",
        },
    ),
    Mutant(
        "negative_without_gradient",
        "all_triplets_loss",
        {"squared[a, n]": "(features[a] - features[n].detach()).square().sum()"},
    ),
)
