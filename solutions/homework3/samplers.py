"""Triplet samplers: given a batch of embeddings and their labels, which (anchor, positive, negative) to train on.

The two samplers here are given to students; the one that they write is in `hard_cluster`. None of them loops over samples
or classes, holds anything larger than its input, its result or a B x B matrix, or changes its input.

Features may be float16, bfloat16, float32 or float64, on CPU or CUDA, with or without autocast; labels integers of any
dtype. Samplers choose in float64 (`in_range`) and return rows in the features' dtype. Distances, margins and losses have
that dtype too, but float32 where it is shorter (`widen`): that holds the square of every float16 number, and a small step.
"""

import math
from collections.abc import Callable, Iterator

import torch
from catalyst.contrib.data import IInbatchTripletSampler
from torch import Tensor

Labels = list[int] | Tensor  # one label per row of the features; integers of any dtype, in any order
Triplets = tuple[Tensor, Tensor, Tensor]  # anchors, positives, negatives

# torch.cdist may expand |a - b|^2 into |a|^2 + |b|^2 - 2ab, which loses every digit when points lie close together
# compared with their distance from the origin: as they do while training collapses. This mode subtracts first.
SUBTRACT_FIRST = "donot_use_mm_for_euclid_dist"

BLOCK = 1024  # anchors at a time: their distances to a large batch still fit into a processor's cache


def as_long(labels: Labels, device: torch.device | None = None) -> Tensor:
    """Labels, or what is looked up by them, as a LongTensor: as an index, torch takes uint8 for a mask.

    device: where it shall be; None leaves it where it is. Raises ValueError for what does not hold integers.
    """
    labels = torch.as_tensor(labels, device=device)
    if labels.numel() and (labels.is_floating_point() or labels.is_complex() or labels.dtype == torch.bool):
        raise ValueError(f"Labels must be integers, not {labels.dtype}: labels.long() makes whole numbers so.")
    return labels.long()


def check_labels(labels: Labels) -> tuple[Tensor, Tensor]:
    """Number the classes in ascending order: each row's number, LongTensor[B], and each class's size, LongTensor[P].

    Raises ValueError unless there are at least two classes and at least two samples in each.
    """
    classes, index, counts = torch.unique(as_long(labels), return_inverse=True, return_counts=True)
    if len(classes) < 2:
        raise ValueError(f"A triplet needs at least two classes, the batch has {len(classes)}: {classes.tolist()}.")
    if counts.min() < 2:
        alone = classes[counts.argmin()].item()
        raise ValueError(f"Class {alone} has one sample: as an anchor it has no positive; give it at least two.")
    return index, counts


def check_rows(features: Tensor, labels: Labels) -> Tensor:
    """Return the labels as a LongTensor[B] on the features' device, or raise ValueError unless both are of B rows."""
    if features.ndim != 2 or not features.shape[1]:
        raise ValueError(f"features must be 2-D, [samples, dimensions]; their shape is {tuple(features.shape)}.")
    if not features.is_floating_point():
        raise ValueError(f"features must be floating-point numbers, theirs is {features.dtype}; use features.float().")
    labels = as_long(labels, features.device)
    if labels.shape != features.shape[:1]:
        raise ValueError(
            f"Lengths differ: one label per row is needed, "
            f"but features have {len(features)} rows and labels have shape {tuple(labels.shape)}."
        )
    if (features.detach() * 0).any():  # 0 for every number, NaN for NaN and infinity: faster than isfinite
        row = features.isfinite().all(dim=1).int().argmin().item()
        raise ValueError(f"features contain NaN or infinity, first in row {row}.")
    return labels


def number_classes(features: Tensor, labels: Labels) -> tuple[Tensor, Tensor]:
    """What `check_labels` returns, on the features' device. Raises ValueError naming what is wrong with the batch."""
    return check_labels(check_rows(features, labels))


def check_batch(features: Tensor, labels: Labels) -> Tensor:
    """Return the labels as a LongTensor[B] on the features' device, or raise ValueError naming what is wrong."""
    labels = check_rows(features, labels)
    check_labels(labels)
    return labels


def widen(features: Tensor) -> Tensor:
    """float16 and bfloat16 as float32, other numbers as they are: what is to be subtracted, squared and summed."""
    return features.to(torch.promote_types(features.dtype, torch.float32))


def in_range(features: Tensor) -> tuple[Tensor, float]:
    """The features in float64 times a power of two, and that power, by which no square overflows and no digit changes.

    Squares of shorter numbers are in range as they are. Of float64 the largest number becomes about 1: only the squares
    of what is 1e150 times smaller vanish.
    """
    if features.dtype != torch.float64:
        return features.double(), 1.0
    largest = features.detach().abs().max().item()
    scale = 2.0 ** -max(math.frexp(largest)[1], -1000)  # 2^1000 is enough for what is smaller, and still a number
    return features * scale, scale


def measures(features: Tensor) -> Iterator[tuple[Callable[[Tensor], Tensor], Tensor | float]]:
    """Ways to measure the batch, from fast to exact: each a function, and how large its errors can be.

    The function takes the rows of some anchors, LongTensor[C], and returns Tensor[C, B]: their squared distances to all
    rows, up to a constant for each anchor. Values of one anchor that differ by more than that error stand in the right
    order.
    """
    # |a - b|^2 = |a|^2 + (|b|^2 - 2ab), and the anchor's |a|^2 changes no order. Where float32 may be replaced by TF32
    # or bfloat16, its product is too coarse to be of use.
    try:
        precise = torch.get_float32_matmul_precision() == "highest"
    except RuntimeError:  # it has been set by another of torch's two ways, which this one refuses to read
        precise = False
    for dtype in (torch.float32, torch.float64) if precise else (torch.float64,):
        points = features.to(torch.promote_types(features.dtype, dtype))
        mean = points.sum(dim=0) / len(points)
        points = (points - mean).to(dtype)  # [B, D]; the shorter they are, the less is rounded off
        norms = points.square().sum(dim=1)  # [B]
        # With R = max |b|, the terms of |b|^2 - 2ab are at most 3 R^2 together, and each of the D + 2 steps that a term
        # goes through rounds by eps / 2 at most. Rounding the points themselves adds 8 R^2 eps / 2. Two values differ
        # by twice that from what they should: by less than (3 D + 14) R^2 eps.
        info = torch.finfo(dtype)
        error = (3 * points.shape[1] + 14) * (info.eps * norms.max() + info.tiny)
        yield lambda rows, points=points, norms=norms: (-2 * points[rows] @ points.T).add_(norms), error

    points = features.double()
    yield lambda rows: torch.cdist(points[rows], points, compute_mode=SUBTRACT_FIRST), -1.0  # even ties are right


def hardest(distances: Tensor, mates: Tensor, rows: Tensor) -> Triplets:
    """For each anchor its farthest mate, its nearest other, and by how much the closer of the two choices was won.

    distances: Tensor[C, B], overwritten; mates: LongTensor[C, K], all rows of the anchor's class in ascending order,
    the last one perhaps repeated; rows: LongTensor[C], the anchors. Ties go to the lowest row. Returns three Tensor[C].
    """
    to_mates = distances.gather(1, mates).masked_fill_(mates == rows[:, None], -torch.inf)  # [C, K], never itself
    farthest, place = to_mates.max(dim=1)  # max and min return the first of equals
    positive = mates.gather(1, place[:, None])  # [C, 1]
    won_by = farthest - to_mates.masked_fill_(mates == positive, -torch.inf).amax(dim=1)  # over the second
    nearest, negative = distances.scatter_(1, mates, torch.inf).min(dim=1)
    second = distances.scatter_(1, negative[:, None], torch.inf).amin(dim=1)
    return positive.squeeze(1), negative, won_by.minimum(second - nearest)


class HardTripletsSampler(IInbatchTripletSampler):
    """Every sample as an anchor, with its farthest positive and its nearest negative in the batch.

    The "batch hard" triplets of Hermans, Beyer, Leibe, "In Defense of the Triplet Loss" (arXiv 1703.07737), section 2.
    """

    def _check_input_labels(self, labels: Labels) -> None:
        check_labels(labels)

    @torch.no_grad()
    def sample_ids(self, features: Tensor, labels: Labels) -> Triplets:
        """Rows of the batch, three LongTensor[B]. Ties go to the lowest row.

        features: float Tensor[B, D]; labels: one per row. Raises ValueError for a batch without triplets.
        """
        index, counts = number_classes(features, labels)

        # The rows of each class. Sorted by class, the batch is a row of runs; a short one repeats its last row.
        start = counts.cumsum(0) - counts  # [P]
        place = torch.arange(int(counts.max()), device=index.device).minimum(counts[:, None] - 1)  # [P, K]
        members = index.argsort(stable=True)[start[:, None] + place]  # [P, K]

        # A product of matrices is the fastest way to all distances, but it rounds. The anchors for which that may
        # change a choice, mostly few or none, are measured again, more exactly.
        anchor = torch.arange(len(index), device=index.device)
        positive, negative = torch.empty_like(anchor), torch.empty_like(anchor)
        won_by = torch.empty(len(index), dtype=torch.float64, device=index.device)
        unsure = anchor
        with torch.autocast(features.device.type, enabled=False):  # it would round to half precision
            for distances, error in measures(in_range(features)[0]):
                for rows in unsure.split(BLOCK):
                    positive[rows], negative[rows], margin = hardest(distances(rows), members[index[rows]], rows)
                    won_by[rows] = margin.double()
                unsure = unsure[~(won_by[unsure] > error)]
                if not len(unsure):
                    break
        return anchor, positive, negative

    def sample(self, features: Tensor, labels: Labels) -> Triplets:
        """Their features, three Tensor[B, D]; gradients flow through all three."""
        anchor, positive, negative = self.sample_ids(features, labels)
        # index_select: its backward is faster than that of features[anchor].
        return features.index_select(0, anchor), features.index_select(0, positive), features.index_select(0, negative)


class AllTripletsSampler(IInbatchTripletSampler):
    """All triplets of the batch (anchor, another sample of its class, a sample of another class), or a random part.

    When there are more than `max_output_triplets`, that many are drawn independently and with replacement, each of
    all triplets with the same probability: a mean over them estimates the mean over all without bias, whatever the
    class sizes. (A batch of 64 classes of 16 has 15 million triplets: they are numbered and decoded, never listed.)

    max_output_triplets: at most so many triplets.
    generator: where random numbers come from; None means torch's own.
    """

    def __init__(self, max_output_triplets: int = 65_536, generator: torch.Generator | None = None):
        self.max_output_triplets = max_output_triplets
        self.generator = generator

    def _check_input_labels(self, labels: Labels) -> None:
        check_labels(labels)

    def sample_ids(self, features: Tensor, labels: Labels) -> Triplets:
        """Rows of the batch, three LongTensor[T], T <= max_output_triplets.

        features: float Tensor[B, D]; labels: one per row. Raises ValueError for a batch without triplets.
        """
        index, counts = number_classes(features, labels)  # [B], [P]
        device = index.device

        # Sorted by class, the batch is a row of runs. Each place knows its run's start and size.
        order = index.argsort()  # [B], place -> row of the batch
        start = (counts.cumsum(0) - counts)[index[order]]  # [B]
        size = counts[index[order]]  # [B]

        # The anchor at a place has (size - 1) positives times (B - size) negatives; number all triplets through.
        last = ((size - 1) * (len(index) - size)).cumsum(0)  # [B], the first number beyond this anchor's
        total = int(last[-1])
        if total <= self.max_output_triplets:
            number = torch.arange(total, device=device)  # [T]
        else:
            source = device if self.generator is None else self.generator.device
            number = torch.randint(total, (self.max_output_triplets,), generator=self.generator, device=source).to(
                device
            )  # [T]

        # Decode: which anchor, then which of its positives and negatives, skipping over itself and over its class.
        anchor = torch.searchsorted(last, number, right=True)  # [T]
        start, size = start[anchor], size[anchor]  # [T]
        rest = last[anchor] - 1 - number  # [T], 0 <= rest < (size - 1) * (B - size)
        positive = start + rest // (len(index) - size)
        positive = positive + (positive >= anchor).long()
        negative = rest % (len(index) - size)
        negative = torch.where(negative >= start, negative + size, negative)
        return order[anchor], order[positive], order[negative]

    def sample(self, features: Tensor, labels: Labels) -> Triplets:
        """Their features, three Tensor[T, D]; gradients flow through all three."""
        anchor, positive, negative = self.sample_ids(features, labels)
        # index_select: its backward is faster than that of features[anchor], with so many rows several times.
        return features.index_select(0, anchor), features.index_select(0, positive), features.index_select(0, negative)
