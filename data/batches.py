"""Batches that are already where the network is: P classes x K pictures to train, everything in order to validate.

Both loaders hold their split on the device as uint8 and gather, scale and rotate a whole batch in a few calls; no
worker processes, no work per picture. They carry the attributes Catalyst's runner reads from a torch DataLoader.
Nothing here touches the global random state.

    train = TrainBatches(dataset.train, p=64, k=16, device="cuda")
    valid = EvalBatches(dataset.valid, batch_size=1024, device="cuda")
    runner.train(loaders={"train": train, "valid": valid}, ...)
"""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import BatchSampler, Sampler, SequentialSampler

from data.dataset import Split


class BalanceBatchSampler(Sampler[list[int]]):
    """Indices of batches with p classes and k samples of each, grouped by class.

    An epoch goes once through the classes in random order: n_classes // p batches; the n_classes % p classes that
    fill no batch sit that epoch out. Of a class with at least k samples k different ones are drawn, of a smaller
    class all, and then some of them again. Equal seeds give equal epochs, and no epoch repeats another.

    labels: N integers, any values, in any order. Raises ValueError for p or k below 2, p above the number of
    classes, p * k above N, and a class with a single sample (it can never give a positive pair).
    """

    def __init__(self, labels: Sequence[int] | Tensor, p: int, k: int, seed: int = 0) -> None:
        labels = torch.as_tensor(labels).cpu()
        if labels.ndim != 1:
            raise ValueError(f"labels must be one list of integers, not an array of shape {tuple(labels.shape)}.")
        classes, self._labels, self._counts = labels.unique(return_inverse=True, return_counts=True)  # [C], [N], [C]
        if p < 2 or k < 2:
            raise ValueError(f"p and k must be at least 2 to form triplets, not p={p}, k={k}.")
        if p > len(classes):
            raise ValueError(f"p={p} classes a batch, but the labels hold only {len(classes)}.")
        if (lonely := self._counts < 2).any():
            raise ValueError(f"Class {int(classes[lonely][0])} has a single sample: it can never give a positive pair.")
        if p * k > len(labels):
            raise ValueError(
                f"p={p} classes of k={k} make a batch of {p * k}, but the dataset has {len(labels)} samples."
            )
        self.p, self.k, self.seed = p, k, seed
        self.batch_size = p * k
        self.epoch = 0

    def __len__(self) -> int:
        """Batches in an epoch."""
        return len(self._counts) // self.p

    def __iter__(self) -> Iterator[list[int]]:
        return iter(self.draw_epoch().tolist())

    def draw_epoch(self) -> Tensor:
        """long [n_batches, p * k]: the next epoch, all of it. In each row the k samples of a class stand together."""
        generator = seeded(self.seed, self.epoch)
        self.epoch += 1
        # shuffle the samples, then sort them by class without undoing the shuffle inside a class
        shuffled = torch.randperm(len(self._labels), generator=generator)  # [N]
        shuffled = shuffled[self._labels[shuffled].argsort(stable=True)]  # [N]
        first = self._counts.cumsum(0) - self._counts  # [C], where each class begins
        chosen = self.choose_classes(generator).flatten()  # [n_batches * p]
        first, counts = first[chosen, None], self._counts[chosen, None]  # [n_batches * p, 1]
        place = torch.arange(self.k).expand(len(chosen), -1)  # [n_batches * p, k]
        again = (torch.rand(place.shape, generator=generator, dtype=torch.float64) * counts).long()
        place = torch.where(place < counts, place, again)
        return shuffled[first + place].view(len(self), self.batch_size)

    def choose_classes(self, generator: torch.Generator) -> Tensor:
        """long [n_batches, p]: the classes of each batch, counted from 0 in ascending order. For children to override."""
        return torch.randperm(len(self._counts), generator=generator)[: len(self) * self.p].view(len(self), self.p)


class TrainBatches:
    """Balanced batches, each picture turned by its own angle, uniform in +-rotate degrees; paper fills the corners.

    Yields {"features": float32 [p * k, 1, H, W] with ink 1 and paper 0, "targets": long [p * k]} on `device`.

    batch_sampler: chooses the batches, in place of a BalanceBatchSampler with p, k and seed.
    """

    drop_last = False

    def __init__(
        self,
        split: Split,
        p: int | None = None,
        k: int | None = None,
        device: str | torch.device = "cpu",
        rotate: float = 30.0,
        seed: int = 0,
        batch_sampler: BalanceBatchSampler | None = None,
    ) -> None:
        if not 0 <= rotate <= 180:
            raise ValueError(f"rotate must lie between 0 and 180 degrees, not {rotate}.")
        self.dataset = split.labels  # Catalyst takes its length
        self.batch_sampler = batch_sampler or BalanceBatchSampler(split.labels, p, k, seed)
        self.sampler = self.batch_sampler
        self.batch_size = self.batch_sampler.batch_size
        self.rotate = rotate
        self.device = torch.device(device)
        self._images = split.images.to(self.device)  # uint8 [N, H, W]
        self._labels = split.labels.to(self.device)  # [N]

    def __len__(self) -> int:
        return len(self.batch_sampler)

    def __iter__(self) -> Iterator[dict[str, Tensor]]:
        # angles are drawn on the CPU, so that a run on a GPU sees the same pictures; a stream of their own (the
        # third number) keeps them independent of which samples were drawn
        generator = seeded(self.batch_sampler.seed, self.batch_sampler.epoch, 1)
        epoch = self.batch_sampler.draw_epoch()  # [n_batches, B]
        angles = (torch.rand(epoch.shape, generator=generator) * 2 - 1) * self.rotate  # [n_batches, B], degrees
        for rows, turns in zip(epoch.to(self.device), angles.to(self.device), strict=True):
            features = to_features(self._images[rows])
            yield {
                "features": rotated(features, turns) if self.rotate else features,
                "targets": self._labels[rows],
            }


class EvalBatches:
    """Every picture once, in order, as it is.

    Yields {"features": float32 [B, 1, H, W], "targets": long [B]} on `device`, and "is_query": bool [B] when the
    split has queries. The last batch may be smaller.
    """

    drop_last = False

    def __init__(self, split: Split, batch_size: int = 1024, device: str | torch.device = "cpu") -> None:
        if batch_size < 1:
            raise ValueError(f"batch_size must be at least 1, not {batch_size}.")
        self.dataset = split.labels
        # Catalyst sizes its CMC storage by this sampler: it must know the exact number of samples
        self.sampler = SequentialSampler(split.labels)
        self.batch_sampler = BatchSampler(self.sampler, batch_size, drop_last=False)
        self.batch_size = batch_size
        self.device = torch.device(device)
        self._images = split.images.to(self.device)
        self._columns = {"targets": split.labels.to(self.device)}
        if split.is_query is not None:
            self._columns["is_query"] = split.is_query.to(self.device)

    def __len__(self) -> int:
        return len(self.batch_sampler)

    def __iter__(self) -> Iterator[dict[str, Tensor]]:
        for start in range(0, len(self._images), self.batch_size):
            rows = slice(start, start + self.batch_size)
            columns = {name: values[rows] for name, values in self._columns.items()}
            yield {"features": to_features(self._images[rows]), **columns}


def to_features(images: Tensor) -> Tensor:
    """uint8 [B, H, W] with ink 255 -> float32 [B, 1, H, W] with ink 1."""
    return images.unsqueeze(1).float().div_(255)


def rotated(features: Tensor, degrees: Tensor) -> Tensor:
    """Turns features[b] counter-clockwise by degrees[b] about its centre. [B, 1, H, W], [B] -> [B, 1, H, W]."""
    angle = torch.deg2rad(degrees)
    cos, sin, zero = angle.cos(), angle.sin(), torch.zeros_like(angle)
    # affine_grid maps where a pixel lands to where it is taken from; y grows downwards
    theta = torch.stack([torch.stack([cos, -sin, zero], 1), torch.stack([sin, cos, zero], 1)], 1)  # [B, 2, 3]
    grid = F.affine_grid(theta, list(features.shape), align_corners=False)  # [B, H, W, 2]
    return F.grid_sample(features, grid, padding_mode="zeros", align_corners=False)


def seeded(*numbers: int) -> torch.Generator:
    """A generator that depends on every one of the numbers, so (seed, epoch) = (0, 1) and (1, 0) differ."""
    mixed = np.random.SeedSequence([number % 2**64 for number in numbers]).generate_state(1, np.uint64)
    return torch.Generator().manual_seed(int(mixed[0]))
