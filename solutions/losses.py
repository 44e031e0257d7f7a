"""Criteria of the homework: each takes a batch's embeddings and labels and returns one number to minimise."""

import torch
from catalyst.contrib.data import IInbatchTripletSampler
from torch import Tensor, nn

from solutions.hierarchy import violate_margin
from solutions.samplers import AllTripletsSampler, HardClusterTripletsSampler, HardTripletsSampler


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
        return self.loss(*self.sampler.sample(features, labels))


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
        anchor, positive, negative = self.sampler.sample(features, labels)  # [P, D] each
        d_intra = (anchor - positive).square().sum(dim=1)  # [P]
        d_inter = (anchor - negative).square().sum(dim=1)  # [P]
        return (d_intra - d_inter + self.alpha).relu().sum()


class HierarchicalTripletMarginLossWithSampler(nn.Module):
    """mean over triplets of max(|a - p|^2 - |a - n|^2 + alpha, 0), alpha the triplet's own `violate_margin`.

    The loss of arXiv 1810.06951, section 3.2, over the sampler's triplets. Distances are squared, as the margin is.

    sampler_inbatch: draws rows of the batch with `sample_ids`; alphabet_of: LongTensor[n_classes];
    beta, levels: see `violate_margin`.
    """

    def __init__(
        self,
        sampler_inbatch: HardTripletsSampler | AllTripletsSampler,
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
        labels = torch.as_tensor(labels, device=features.device)
        anchor, positive, negative = self.sampler.sample_ids(features, labels)  # [T] each
        margin = violate_margin(
            features, labels, labels[anchor], labels[negative], self.alphabet_of, self.beta, self.levels
        )  # [T]
        # index_select: with so many rows its backward is several times as fast as that of features[anchor].
        a, p, n = (features.index_select(0, rows) for rows in (anchor, positive, negative))  # [T, D] each
        to_positive = (a - p).square().sum(dim=1)  # [T]
        to_negative = (a - n).square().sum(dim=1)  # [T]
        return (to_positive - to_negative + margin).relu().mean()
