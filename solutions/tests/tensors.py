"""What several tests of the reference are made of: batches, and what torch does underneath."""

import ast
from pathlib import Path
from typing import Any

import numpy as np
import torch
from catalyst.contrib.data import IInbatchTripletSampler
from torch import Tensor
from torch.nn.functional import normalize
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

DEVICES = ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]
DTYPES = [torch.float16, torch.bfloat16, torch.float32, torch.float64]
NOTEBOOK = Path(__file__).parents[1] / "notebooks/homework3/homework3.py"
GIVEN = ["TOPK", "distances", "RowSampler", "HardTripletsSampler", "AllTripletsSampler", "cmc"]


def given(name: str) -> Any:
    """A class or function that the homework's notebook gives to students, one of GIVEN."""
    names = {"torch": torch, "Tensor": Tensor, "IInbatchTripletSampler": IInbatchTripletSampler}
    for node in ast.parse(NOTEBOOK.read_text()).body:
        called = getattr(node.targets[0], "id", None) if isinstance(node, ast.Assign) else getattr(node, "name", None)
        if called in GIVEN:
            exec(compile(ast.Module([node], []), str(NOTEBOOK), "exec"), names)
    return names[name]


def random_batch(seed: int, classes: int = 6, size: int = 4, dimensions: int = 5) -> tuple[torch.Tensor, list[int]]:
    """Interleaved float64 clusters of unequal size, none smaller than `size`."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat(np.arange(classes), size + rng.integers(0, 3, classes)))
    centres = 3 * rng.normal(size=(classes, dimensions))
    return torch.from_numpy(centres[labels] + rng.normal(size=(len(labels), dimensions))), labels.tolist()


def unit_batch() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Seven unit vectors of three classes, float64, their labels, and the alphabet of each class up to the largest."""
    torch.manual_seed(0)
    labels = torch.tensor([6, 1, 4, 6, 4, 1, 1])
    features = normalize(torch.randn(7, 3, dtype=torch.float64), dim=1)
    return features, labels, torch.tensor([0, 2, 0, 0, 2, 1, 3])


def three_classes(seed: int) -> tuple[torch.Tensor, list[int]]:
    """Unit vectors, float64, of three interleaved classes of two to four."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat([4, 0, 7], rng.integers(2, 5, 3)))
    return normalize(torch.from_numpy(rng.normal(size=(len(labels), 3))), dim=1), labels.tolist()


def unequal_batch(seed: int) -> tuple[torch.Tensor, list[int], np.ndarray]:
    """Unit vectors, float64, of three interleaved classes of two to five, and a margin for each pair of classes."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat([4, 0, 2], rng.integers(2, 6, 3)))
    features = normalize(torch.from_numpy(rng.normal(size=(len(labels), 3))), dim=1)
    return features, labels.tolist(), rng.normal(0, 1, (5, 5))


class Largest(TorchDispatchMode):
    """The number of elements of the largest tensor that any operation returned."""

    elements = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(result):
            if isinstance(tensor, torch.Tensor):
                self.elements = max(self.elements, tensor.numel())
        return result
