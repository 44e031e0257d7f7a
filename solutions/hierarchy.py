"""The pieces of the hierarchical triplet loss: how far classes lie apart, where they meet in the tree, what margin
follows. Ge et al., "Deep Metric Learning with Hierarchical Triplet Loss" (arXiv 1810.06951), sections 3.1 to 3.3: first
with the homework's fixed tree of depth 3 (root, alphabets, characters), then with the paper's own, grown from distances.
`losses.py` puts them together.
"""

import torch
from scipy.cluster.hierarchy import cophenet, linkage
from scipy.spatial.distance import squareform
from torch import Tensor


def class_distances(features: Tensor, labels: list[int] | Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Mean squared distances between and within the classes of a batch (section 3.1).

    d(p, q) = 1 / (n_p n_q) * sum over i in p, j in q of |f_i - f_j|^2
    s(p) = 1 / (n_p^2 - n_p) * sum over i, j in p of |f_i - f_j|^2

    features: float Tensor[B, D]; labels: one per row.
    Returns classes LongTensor[P] ascending, d Tensor[P, P], s Tensor[P]; differentiable.
    Raises ValueError for a class with one sample: its s is undefined.
    """
    labels = torch.as_tensor(labels, device=features.device)
    classes, index, counts = torch.unique(labels, return_inverse=True, return_counts=True)  # [P], [B], [P]
    if counts.min() < 2:
        raise ValueError(f"Class {classes[counts.argmin()].item()} has one sample: no distance within it, give it two.")

    # The B x B distances are not needed. With means mu and variances v (mean squared distance from the mean),
    # d(p, q) = v_p + v_q + |mu_p - mu_q|^2 and s(p) = 2 v_p n_p / (n_p - 1): sums of squares, so no digit is lost to
    # cancellation when the embedding collapses.
    points = features - features[:1].detach()  # [B, D], so that means are exact far from the origin too
    means = points.new_zeros(len(counts), points.shape[1]).index_add(0, index, points) / counts[:, None]  # [P, D]
    radius = (points - means[index]).square().sum(dim=1)  # [B]
    variance = points.new_zeros(len(counts)).index_add(0, index, radius) / counts  # [P]
    between = torch.cdist(means, means, compute_mode="donot_use_mm_for_euclid_dist").square()  # [P, P]
    d = variance[:, None] + variance + between  # [P, P]
    s = 2 * variance * counts / (counts - 1)  # [P]
    return classes, d, s


def tree_level(class_a: Tensor, class_b: Tensor, alphabet_of: Tensor) -> Tensor:
    """Height of the lowest common ancestor: 0 for the same character, 1 for the same alphabet, 2 otherwise.

    class_a, class_b: LongTensor[T], or any two shapes that broadcast; alphabet_of: LongTensor[n_classes].
    """
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
    classes, _, s = class_distances(features, labels)  # [P], -, [P]
    stranger = anchor_labels[~torch.isin(anchor_labels, classes)]
    if len(stranger):
        raise ValueError(f"The anchors' class {stranger[0].item()} is not among the labels of the batch.")
    d_0 = s.mean()
    level = tree_level(anchor_labels, negative_labels, alphabet_of)  # [T]
    d_l = level * (4 - d_0) / levels + d_0  # [T]
    return beta + d_l - s[torch.searchsorted(classes, anchor_labels)]  # [T]


@torch.no_grad()
def merge_levels(d: Tensor, s: Tensor, levels: int = 16) -> Tensor:
    """The level at which each two classes meet in the tree that is grown from their distances (section 3.1).

    The leaves are the classes. At level l, every two nodes nearer than d_l = l * (4 - d_0) / levels + d_0 are joined,
    and so are chains of them: a node is a connected component of "d < d_l". d_0 is the mean of s.

    d: float Tensor[C, C], symmetric, its diagonal is not read; s: float Tensor[C]: see `class_distances`.
    Returns LongTensor[C, C]: the lowest level, from 1 on, at which p and q are in one node, `levels` at most (the root
    holds all classes); 0 on the diagonal.
    """
    # Chains make this single linkage: two classes are in one node once the longest step of the best chain is allowed.
    steps = squareform(d.cpu().double().numpy(), checks=False)  # [C * (C - 1) / 2]
    longest_step = torch.from_numpy(squareform(cophenet(linkage(steps, method="single"))))  # [C, C]
    d_0 = s.cpu().double().mean()
    d_l = torch.arange(1, levels) * (4 - d_0) / levels + d_0  # [levels - 1], ascending; the root has no condition
    level = 1 + torch.searchsorted(d_l, longest_step, right=True)  # [C, C], 1 + how many d_l do not allow that step
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

    d: float Tensor[C, C], see `class_distances`; anchors: LongTensor[l'], different classes.
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
