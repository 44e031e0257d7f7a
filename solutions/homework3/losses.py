"""What the homework's criteria share, and those that are given to students or compared with: each takes a batch's embeddings
and labels and returns one number to minimise. What students write themselves is in the chapters beside this module.
"""

import torch
from catalyst.contrib.data import IInbatchTripletSampler
from torch import Tensor, nn

from solutions.homework3.samplers import check_batch, widen


class TripletMarginLossWithSampler(nn.Module):
    """mean over triplets of max(|a - p| - |a - n| + margin, 0): the homework's loss, distances not squared.

    margin: how much farther the negative shall be; sampler_inbatch: draws the triplets of each batch.
    """

    def __init__(self, margin: float, sampler_inbatch: IInbatchTripletSampler):
        super().__init__()
        self.sampler = sampler_inbatch
        self.loss = nn.TripletMarginLoss(margin=margin)

    def forward(self, features: Tensor, labels: list[int] | Tensor) -> Tensor:
        """features: float Tensor[B, D]; labels: one per row. Returns a scalar."""
        return self.loss(*self.sampler.sample(widen(features), labels))


class AllTripletsLoss(nn.Module):
    """mean over all triplets of the batch of max(|a - p|^2 - |a - n|^2 + margin, 0), or the same of plain distances.

    margin: one for all; squared: whether distances are. Plain ones are never below 1e-6: points that nearly coincide
    have no direction to be pulled in, and no gradient.
    """

    def __init__(self, margin: float, squared: bool = True):
        super().__init__()
        self.margin = margin
        self.squared = squared

    def forward(self, features: Tensor, labels: list[int] | Tensor) -> Tensor:
        """features: float Tensor[B, D]; labels: one per row. Returns a scalar."""
        labels = check_batch(features, labels)
        distance = squared_distances(features)  # [B, B]
        if not self.squared:
            distance = distance.clamp(min=1e-12).sqrt()
        total, count = all_hinges(distance, labels, torch.full_like(distance, self.margin))
        return total / count


def squared_distances(features: Tensor) -> Tensor:
    """[B, D] -> [B, B]. A product of matrices is fast and loses digits, so it is done with the digits of float64."""
    points = features.double()
    points = points - points.mean(dim=0).detach()  # the shorter they are, the less is rounded off
    length = points.square().sum(dim=1)  # [B]
    return (length[:, None] + length - 2 * points @ points.T).clamp(min=0).to(widen(features).dtype)


def all_hinges(distance: Tensor, labels: Tensor, margin: Tensor) -> tuple[Tensor, int]:
    """The sum over all triplets (a, p, n) of max(distance[a, p] - distance[a, n] + margin[a, n], 0), and their number.

    distance: Tensor[B, B]; labels: LongTensor[B]; margin: Tensor[B, B], rounded to the distances' dtype.

    The triplets themselves are never formed: a batch of 64 classes of 16 has 15 million. With an anchor's K distances to
    positives in ascending order, bound = distance[a, n] - margin[a, n] cuts them in two: the k up to it cost nothing, the
    K - k above it cost their sum less (K - k) * bound. So nothing is larger than [B, B].
    """
    _, index, sizes = torch.unique(labels, return_inverse=True, return_counts=True)  # [B], [P]
    place = torch.arange(int(sizes.max()), device=labels.device)  # [K], K that of the largest class
    first = (sizes.cumsum(0) - sizes)[index]  # [B]: where the anchor's class begins when the batch is sorted by class
    mates = index.argsort()[(first[:, None] + place).clamp(max=len(labels) - 1)]  # [B, K], rows of the anchor's class
    itself = torch.arange(len(labels), device=labels.device)[:, None]  # [B, 1]
    missing = (place >= sizes[index, None]) | (mates == itself)  # [B, K]: a smaller class, or the anchor

    positive = distance.gather(1, mates).masked_fill(missing, -torch.inf).sort(dim=1).values  # [B, K], missing first
    sums = positive.masked_fill(positive.isinf(), 0).flip(1).cumsum(dim=1).flip(1)  # [B, K], of each and all above it
    sums = nn.functional.pad(sums, (0, 1))  # [B, K + 1], of none above the last
    bound = distance - margin.to(distance.dtype)  # [B, B]
    below = torch.searchsorted(positive.detach(), bound.detach(), right=True)  # [B, B]: k, missing ones included
    hinges = sums.gather(1, below) - (len(place) - below) * bound  # [B, B]
    total = hinges.masked_fill(labels[:, None] == labels, 0).sum()
    return total, int((sizes * (sizes - 1) * (len(labels) - sizes)).sum())
