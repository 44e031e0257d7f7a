"""When the memory runs out: was it that, and which batch would fit."""

import gc
from collections.abc import Callable

import torch
from torch import nn

from data.batches import TrainBatches
from data.dataset import Split


def out_of_memory(error: BaseException | None) -> bool:
    """Not all allocators have an exception of their own: the CPU's and some libraries of the GPU's say it in words."""
    said = any(words in str(error) for words in ("allocate memory", "out of memory", "ALLOC_FAILED"))
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or said


def fitting_batch(
    split: Split, build_model: Callable[[], nn.Module], criterion: nn.Module, p: int, k: int, device: str, seed: int
) -> str:
    """A sentence for whoever trains: batches of p classes do not fit, and how many do.

    Halves p until one step of training does: a batch of the split, a new network, criterion(embeddings, targets) and its
    gradients. Whatever else goes wrong in such a step is raised.
    """
    does_not = f"batches of P × K = {p} × {k} do not fit into the memory of {device}"
    while (p := p // 2) >= 2:
        gc.collect()  # the step that failed, whose tensors its exception holds in a circle
        torch.cuda.empty_cache()
        batch = next(iter(TrainBatches(split, p=p, k=k, device=device, seed=seed)))
        try:
            criterion(build_model()(batch["features"]), batch["targets"]).backward()
        except (RuntimeError, MemoryError) as error:
            if not out_of_memory(error):
                raise
        else:
            return f"{does_not}; P = {p} fits (batches of {p * k}): set it in the settings and start anew"
    return f"{does_not}; not even P = 2 fits: take a smaller K than {k}"
