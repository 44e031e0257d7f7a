"""The secret half of the tutorial: see `solutions` for what it holds.

The reference is what readers might write, for batches of a hundred pictures, not a thousand. The homework's samplers choose
the same triplets from batches of any size.
"""

import torch
from torch import Tensor

from solutions.mutants import Mutant

# The reference ---------------------------------------------------------------------------------------------------------


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
    points = features.double()
    apart = torch.cdist(points, points, compute_mode="donot_use_mm_for_euclid_dist")  # [B, B]
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


# Plain right solutions -------------------------------------------------------------------------------------------------

PLAIN = {
    "all_triplets": """
def all_triplets(labels):
    labels = labels.tolist()
    triplets = []
    for a in range(len(labels)):
        positives = [p for p in range(len(labels)) if labels[p] == labels[a] and p != a]
        negatives = [n for n in range(len(labels)) if labels[n] != labels[a]]
        for p in positives:
            for n in negatives:
                triplets.append((a, p, n))
    return torch.tensor(triplets, dtype=torch.long).view(-1, 3).unbind(dim=1)
""",
    "hard_triplets": """
def hard_triplets(features, labels):
    positives, negatives = [], []
    for a in range(len(labels)):
        apart = (features - features[a]).square().sum(dim=1).tolist()
        own = [row for row in range(len(labels)) if labels[row] == labels[a] and row != a]
        others = [row for row in range(len(labels)) if labels[row] != labels[a]]
        positives.append(max(own, key=lambda row: apart[row]))
        negatives.append(min(others, key=lambda row: apart[row]))
    return torch.arange(len(labels)), torch.tensor(positives), torch.tensor(negatives)
""",
    "cmc_at": """
def cmc_at(k, distances, query_labels, gallery_labels):
    hits = []
    for q in range(len(query_labels)):
        nearest = distances[q].argsort()[:k]
        hits.append(any(gallery_labels[g] == query_labels[q] for g in nearest))
    return torch.tensor(hits).float().mean()
""",
}

# Known mistakes, each an edit of a plain solution ----------------------------------------------------------------------

MUTANTS = (
    Mutant("each_pair_once", "all_triplets", {" and p != a": " and p > a"}),
    Mutant("own_positive", "all_triplets", {" and p != a": ""}),
    Mutant("one_negative_a_pair", "all_triplets", {"for n in negatives": "for n in negatives[:1]"}),
    Mutant(
        "negatives_from_own_class",
        "all_triplets",
        {"labels[n] != labels[a]": "n != a", "p, n))": "p, n)) if p != n else None"},
    ),
    Mutant(
        "lonely_left_out",
        "all_triplets",
        {"labels[n] != labels[a]": "labels[n] != labels[a] and labels.count(labels[n]) > 1"},
    ),
    Mutant("easy_positive", "hard_triplets", {"max(own": "min(own"}),
    Mutant("easy_negative", "hard_triplets", {"min(others": "max(others"}),
    Mutant("positive_of_any_class", "hard_triplets", {"labels[row] == labels[a] and row != a": "row != a"}),
    Mutant("negative_of_any_class", "hard_triplets", {"min(others": "min(range(len(labels))"}),
    Mutant(
        "rows_of_the_sorted_batch",
        "hard_triplets",
        {
            "    positives, negatives = [], []": "    order = labels.argsort(stable=True)\n"
            "    features, labels = features[order], labels[order]\n"
            "    positives, negatives = [], []"
        },
    ),
    Mutant("itself_as_positive", "hard_triplets", {" and row != a": ""}),
    Mutant("last_of_equals", "hard_triplets", {"min(others": "min(others[::-1]"}),
    Mutant("farthest_first", "cmc_at", {"argsort()": "argsort(descending=True)"}),
    Mutant("hits_counted", "cmc_at", {".mean()": ".sum()"}),
    Mutant("row_taken_for_label", "cmc_at", {"gallery_labels[g] ==": "g =="}),
    Mutant(
        "share_of_the_nearest",
        "cmc_at",
        {
            "any(gallery_labels[g] == query_labels[q] for g in nearest)": "gallery_labels[nearest] == query_labels[q]",
            "torch.tensor(hits)": "torch.stack(hits)",
        },
    ),
    Mutant("always_the_nearest", "cmc_at", {"[:k]": "[:1]"}),
    Mutant("kth_place_only", "cmc_at", {"[:k]": "[k - 1 : k]"}),
    Mutant(
        "only_answerable_queries",
        "cmc_at",
        {
            "    for q in range(len(query_labels)):\n": "    for q in range(len(query_labels)):\n"
            "        if query_labels[q] not in gallery_labels:\n"
            "            continue\n"
        },
    ),
)
