"""The pieces of the hierarchical triplet loss: how far classes lie apart, where they meet in the tree, what margin
follows. Ge et al., "Deep Metric Learning with Hierarchical Triplet Loss" (arXiv 1810.06951), sections 3.1 and 3.2,
with a fixed tree of depth 3: root, alphabets, characters. `losses.py` puts them together.
"""

import torch
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
