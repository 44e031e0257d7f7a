"""What the tutorial asks its readers to write, as they might write it: for batches of a hundred pictures, not a thousand.

The homework's samplers, in `samplers.py`, choose the same triplets from batches of any size.
"""

import torch
from torch import Tensor


def all_triplets(labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """All triplets of a batch, LongTensor[B] -> row numbers of anchors, positives, negatives, three LongTensors[T].

    (a, p, n) and (p, a, n) are two triplets. A batch without any gives three empty tensors. Holds a bool[B, B, B].
    """
    same_class, itself = mates(labels)  # [B, B], [B, B]
    triplets = (same_class & ~itself)[:, :, None] & ~same_class[:, None, :]  # [B, B, B]: (a, p) fits, and (a, n) does
    return triplets.nonzero(as_tuple=True)


def hard_triplets(features: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """For every row its farthest positive and its nearest negative: three LongTensors[B] of row numbers.

    features: float Tensor[B, D]; labels: LongTensor[B], at least two classes of at least two samples. Ties go to the
    lowest row.
    """
    same_class, itself = mates(labels)  # [B, B], [B, B]
    apart = torch.cdist(features, features, compute_mode="donot_use_mm_for_euclid_dist")  # [B, B]
    positive = apart.masked_fill(~same_class | itself, -torch.inf).argmax(dim=1)  # [B]
    negative = apart.masked_fill(same_class, torch.inf).argmin(dim=1)  # [B]
    return torch.arange(len(labels), device=labels.device), positive, negative


def mates(labels: Tensor) -> tuple[Tensor, Tensor]:
    """LongTensor[B] -> which pairs are of one class, and which are a row and itself: two bool[B, B]."""
    return labels[:, None] == labels, torch.eye(len(labels), dtype=torch.bool, device=labels.device)


def cmc_at(k: int, distances: Tensor, query_labels: Tensor, gallery_labels: Tensor) -> Tensor:
    """The share of queries with a gallery sample of their class among the k nearest, a float scalar.

    distances: float Tensor[Q, G]; query_labels: LongTensor[Q]; gallery_labels: LongTensor[G]; k: at most G.
    """
    nearest = distances.topk(k, largest=False).indices  # [Q, k]
    hits = gallery_labels[nearest] == query_labels[:, None]  # [Q, k]
    return hits.any(dim=1).float().mean()
