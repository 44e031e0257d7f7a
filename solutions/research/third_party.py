"""Other libraries' samplers and losses, in the shape of ours: what the benchmarks and the comparison measure us against.

    make third-party    # installs open-metric-learning and pytorch-metric-learning; Catalyst is there anyway

A sampler has `sample(features, labels) -> anchor, positive, negative`, three Tensor[T, D]; a criterion has
`forward(features, labels) -> scalar`. Nothing else of the kit needs these libraries: they are imported when asked for.
"""

import importlib
import importlib.util
import sys
from types import ModuleType
from unittest.mock import MagicMock

from torch import Tensor, nn

# What open-metric-learning 4.0 imports on the way to its miners, which use none of it. Installed with all that, it
# would change versions of the kit's own: it asks for numpy < 2, and for a torchvision built for another torch.
NOT_NEEDED = ("gdown", "omegaconf", "pandas", "torchvision", "torchvision.ops", "validators")


def load(module: str) -> ModuleType:
    """Import a module of such a library, or raise ImportError saying how to install it."""
    library = module.partition(".")[0]
    if importlib.util.find_spec(library) is None:
        raise ImportError(f"{library} is not installed; `make third-party` installs what the benchmarks compare with.")
    absent = [name for name in NOT_NEEDED if importlib.util.find_spec(name.partition(".")[0]) is None]
    sys.modules.update({name: MagicMock() for name in absent})
    try:
        return importlib.import_module(module)
    finally:
        for name in absent:
            del sys.modules[name]


def catalyst_hard_triplets_sampler():
    return load("catalyst.contrib.data").HardTripletsSampler()


def catalyst_hard_clusters_sampler():
    return load("catalyst.contrib.data").HardClusterSampler()


def oml_hard_triplets_sampler():
    return load("oml.miners").HardTripletsMiner()


def oml_hard_clusters_sampler():
    return load("oml.miners").HardClusterMiner()


class PMLBatchHardSampler:
    """pytorch-metric-learning's BatchHardMiner, by plain distances: its own default is the cosine."""

    def __init__(self):
        self.distance = load("pytorch_metric_learning.distances").LpDistance(normalize_embeddings=False)
        self.miner = load("pytorch_metric_learning.miners").BatchHardMiner(distance=self.distance)

    def sample(self, features: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        anchor, positive, negative = self.miner(features, labels)
        return features[anchor], features[positive], features[negative]


class PMLBatchHardLoss(nn.Module):
    """pytorch-metric-learning's TripletMarginLoss over its BatchHardMiner's triplets, set to be the homework's loss.

    Its own defaults are cosines, and the mean over violated triplets only.
    """

    def __init__(self, margin: float):
        super().__init__()
        sampler = PMLBatchHardSampler()
        self.miner = sampler.miner
        self.loss = load("pytorch_metric_learning.losses").TripletMarginLoss(
            margin, distance=sampler.distance, reducer=load("pytorch_metric_learning.reducers").MeanReducer()
        )

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        return self.loss(features, labels, self.miner(features, labels))


def pml_batch_hard(margin: float) -> nn.Module:
    return PMLBatchHardLoss(margin)


def oml_hard_triplets(margin: float) -> nn.Module:
    return load("oml.losses").TripletLossWithMiner(margin, oml_hard_triplets_sampler())


def oml_hard_clusters(margin: float) -> nn.Module:
    return load("oml.losses").TripletLossWithMiner(margin, oml_hard_clusters_sampler())


def catalyst_hard_triplets(margin: float) -> nn.Module:
    return load("catalyst.contrib.losses").TripletMarginLossWithSampler(margin, catalyst_hard_triplets_sampler())


def catalyst_hard_clusters(margin: float) -> nn.Module:
    return load("catalyst.contrib.losses").TripletMarginLossWithSampler(margin, catalyst_hard_clusters_sampler())
