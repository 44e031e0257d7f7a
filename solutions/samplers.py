"""Triplet samplers: given a batch of embeddings and their labels, which (anchor, positive, negative) to train on.

The homework's model answer is `HardClusterTripletsSampler`; the two others are given to students. The samplers loop
over neither samples nor classes, hold nothing larger than a B x B matrix, and never change their input.
"""

import torch
from catalyst.contrib.data import IInbatchTripletSampler
from torch import Tensor

Labels = list[int] | Tensor  # one label per row of the features; any integers, in any order
Triplets = tuple[Tensor, Tensor, Tensor]  # anchors, positives, negatives

# torch.cdist may expand |a - b|^2 into |a|^2 + |b|^2 - 2ab, which loses every digit when points lie close together
# compared with their distance from the origin: as they do while training collapses. This mode subtracts first.
SUBTRACT_FIRST = "donot_use_mm_for_euclid_dist"


def check_labels(labels: Labels) -> None:
    """Raise ValueError unless there are at least two classes and at least two samples in each."""
    classes, counts = torch.unique(torch.as_tensor(labels), return_counts=True)
    if len(classes) < 2:
        raise ValueError(f"A triplet needs at least two classes, the batch has {len(classes)}: {classes.tolist()}.")
    if counts.min() < 2:
        alone = classes[counts.argmin()].item()
        raise ValueError(f"Class {alone} has one sample: as an anchor it has no positive; give it at least two.")


def check_batch(features: Tensor, labels: Labels) -> Tensor:
    """Return the labels as a LongTensor[B] on the features' device, or raise ValueError naming what is wrong."""
    if features.ndim != 2:
        raise ValueError(f"features must be 2-D, [samples, dimensions]; their shape is {tuple(features.shape)}.")
    labels = torch.as_tensor(labels, device=features.device)
    if labels.shape != features.shape[:1]:
        raise ValueError(
            f"Lengths differ: one label per row is needed, "
            f"but features have {len(features)} rows and labels have shape {tuple(labels.shape)}."
        )
    finite = features.isfinite().all(dim=1)  # [B]
    if not finite.all():
        raise ValueError(f"features contain NaN or infinity, first in row {finite.int().argmin().item()}.")
    check_labels(labels)
    return labels


class HardTripletsSampler(IInbatchTripletSampler):
    """Every sample as an anchor, with its farthest positive and its nearest negative in the batch.

    The "batch hard" triplets of Hermans, Beyer, Leibe, "In Defense of the Triplet Loss" (arXiv 1703.07737), section 2.
    """

    def _check_input_labels(self, labels: Labels) -> None:
        check_labels(labels)

    def sample_ids(self, features: Tensor, labels: Labels) -> Triplets:
        """Rows of the batch, three LongTensor[B]. Ties go to the lowest row.

        features: float Tensor[B, D]; labels: one per row. Raises ValueError for a batch without triplets.
        """
        labels = check_batch(features, labels)
        points = features.detach().to(torch.promote_types(features.dtype, torch.float32))  # cdist knows no half
        distances = torch.cdist(points, points, compute_mode=SUBTRACT_FIRST)  # [B, B]
        same = labels[:, None] == labels  # [B, B], the diagonal is True
        # A sample is not its own positive. argmax and argmin return the first of equals.
        positive = distances.masked_fill(~same, -1).fill_diagonal_(-1).argmax(dim=1)  # [B]
        negative = distances.masked_fill(same, torch.inf).argmin(dim=1)  # [B]
        return torch.arange(len(labels), device=features.device), positive, negative

    def sample(self, features: Tensor, labels: Labels) -> Triplets:
        """Their features, three Tensor[B, D]; gradients flow through all three."""
        anchor, positive, negative = self.sample_ids(features, labels)
        return features[anchor], features[positive], features[negative]


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
        labels = check_batch(features, labels)
        device = labels.device
        _, index, counts = torch.unique(labels, return_inverse=True, return_counts=True)  # [B], [P]

        # Sorted by class, the batch is a row of runs. Each place knows its run's start and size.
        order = index.argsort()  # [B], place -> row of the batch
        start = (counts.cumsum(0) - counts)[index[order]]  # [B]
        size = counts[index[order]]  # [B]

        # The anchor at a place has (size - 1) positives times (B - size) negatives; number all triplets through.
        last = ((size - 1) * (len(labels) - size)).cumsum(0)  # [B], the first number beyond this anchor's
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
        positive = start + rest // (len(labels) - size)
        positive = positive + (positive >= anchor).long()
        negative = rest % (len(labels) - size)
        negative = torch.where(negative >= start, negative + size, negative)
        return order[anchor], order[positive], order[negative]

    def sample(self, features: Tensor, labels: Labels) -> Triplets:
        """Their features, three Tensor[T, D]; gradients flow through all three."""
        anchor, positive, negative = self.sample_ids(features, labels)
        # index_select: with so many rows its backward is several times as fast as that of features[anchor].
        return features.index_select(0, anchor), features.index_select(0, positive), features.index_select(0, negative)


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
        and of any sizes. Ties go to the lowest row or class. Raises ValueError naming the fault.
        """
        labels = check_batch(features, labels)
        _, index, counts = torch.unique(labels, return_inverse=True, return_counts=True)  # [B], [P]

        # Means of numbers near 4000 lose the digits after the point: take them relative to a row of the batch.
        origin = features[:1].detach()  # [1, D]
        points = (features - origin).to(torch.promote_types(features.dtype, torch.float32))  # [B, D]
        means = points.new_zeros(len(counts), points.shape[1]).index_add(0, index, points) / counts[:, None]  # [P, D]

        with torch.no_grad():  # choosing has no gradient, what is chosen has
            radius = (points - means[index]).square().sum(dim=1)  # [B], from each sample to its own centroid
            own = index == torch.arange(len(counts), device=index.device)[:, None]  # [P, B]
            positive = torch.where(own, radius, -1).argmax(dim=1)  # [P], argmax returns the first of equals
            distances = torch.cdist(means, means, compute_mode=SUBTRACT_FIRST)  # [P, P]
            negative = distances.fill_diagonal_(torch.inf).argmin(dim=1)  # [P], a class is not its own negative

        centroids = (means + origin).to(features.dtype)  # [P, D]
        return centroids, features[positive], centroids[negative]
