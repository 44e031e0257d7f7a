"""Whoever trains learns in a sentence why it stopped and what now; mistakes in code are not taken for it."""

import math
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from data.notebook.memory import fitting_batch, out_of_memory
from data.notebook.stops import Stops

FULL = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 1.00 GiB."),
    MemoryError(),
    RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes."),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
]


def runner(value: float = 1.0) -> SimpleNamespace:
    embeddings = torch.tensor([[1.0, value]])
    return SimpleNamespace(batch={"embeddings": embeddings}, exception=None, epoch_step=2, loader_batch_step=3)


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (KeyboardInterrupt(), "you interrupted it; `resume = True` goes on"),
        (OSError("a.pth cannot be written"), "a.pth cannot be written; when there is room, `resume = True` goes on"),
        (FloatingPointError("the loss is nan"), "the loss is nan; a lower learning_rate, from the start, may help"),
    ],
)
def test_what_can_be_expected_becomes_a_sentence(error, why):
    with Stops(runner()) as stops:
        raise error
    assert (stops.why, stops.no_memory) == (why, False)


def test_a_criterion_that_refuses_embeddings_stops_only_if_they_are_no_numbers():
    with Stops(runner(math.nan)) as stops:
        raise ValueError("the features hold NaN")
    assert stops.why.startswith("in epoch 2, batch 3 the embeddings are no numbers; a lower learning_rate")
    with pytest.raises(ValueError, match="margin must be positive"), Stops(runner()):
        raise ValueError("margin must be positive")
    untrained = runner()
    untrained.batch = None  # as before the first one
    with pytest.raises(ValueError, match="other settings"), Stops(untrained):
        raise ValueError("other settings")


@pytest.mark.parametrize("error", FULL)
def test_a_full_memory_is_told_apart_and_the_step_is_let_go(error):
    full = runner()
    full.exception = error
    with Stops(full) as stops:
        raise error
    assert stops.no_memory
    assert stops.why
    assert full.batch is full.exception is None


@pytest.mark.parametrize("error", [RuntimeError("mat1 and mat2 shapes cannot be multiplied"), KeyError("targets")])
def test_other_errors_go_on_their_way(error):
    assert not out_of_memory(error)
    with pytest.raises(type(error)), Stops(runner()):
        raise error


def test_a_report_says_what_is_kept_and_nothing_of_a_training_that_ended(capsys):
    checkpoint = SimpleNamespace(done=4, path="logs/a.pth")
    with Stops(runner()) as stops:
        pass
    stops.report("hard triplets", checkpoint)
    assert capsys.readouterr().out == ""
    stops.why = "the sky fell"
    stops.report("hard triplets", checkpoint)
    checkpoint.done = 0
    stops.report("hard triplets", checkpoint)
    assert capsys.readouterr().out == (
        "hard triplets stopped: the sky fell. Epochs 1 to 4 are kept in logs/a.pth.\n"
        "hard triplets stopped: the sky fell. No epoch was finished.\n"
    )


class Greedy(nn.Module):
    """A criterion for whose batches there is room up to a size."""

    def __init__(self, room: int, error: Exception = FULL[0]) -> None:
        super().__init__()
        self.room, self.error, self.tried = room, error, []

    def forward(self, features, labels):
        self.tried.append(len(features))
        if len(features) > self.room:
            raise self.error
        return features.mean()


def advice(criterion: Greedy, split) -> str:
    return fitting_batch(split, lambda: nn.Linear(32, 1), criterion, p=8, k=4, device="cpu", seed=0)


def test_the_batch_is_halved_until_it_fits(letters):
    criterion = Greedy(room=2 * 4)
    assert advice(criterion, letters) == (
        "batches of P × K = 8 × 4 do not fit into the memory of cpu; "
        "P = 2 fits (batches of 8): set it in the settings and start anew"
    )
    assert criterion.tried == [16, 8]


def test_where_nothing_fits_it_says_so(letters):
    assert advice(Greedy(room=0), letters).endswith("not even P = 2 fits: take a smaller K than 4")


def test_another_error_in_a_step_is_not_swallowed(letters):
    with pytest.raises(RuntimeError, match="shapes"):
        advice(Greedy(room=0, error=RuntimeError("shapes")), letters)
