"""The history has every epoch's numbers, CMC only where there was a validation."""

import math
from types import SimpleNamespace

import torch

from data.notebook.callbacks import BlockwiseCMC, Progress


def run_epoch(progress: Progress, number: int, loss: float, **valid: float) -> None:
    """What Catalyst's runner would call."""
    batch = {"embeddings": torch.full((2, 3), float(number)), "targets": torch.tensor([0, 1])}
    runner = SimpleNamespace(batch=batch, is_train_loader=True, epoch_step=number)
    progress.on_loader_end(runner)
    runner.is_train_loader, runner.batch = False, {}
    progress.on_loader_end(runner)
    runner.epoch_metrics = {"train": {"loss": loss}, "valid": valid}
    progress.on_epoch_end(runner)


def test_the_history_has_cmc_only_of_epochs_that_were_validated(capsys):
    progress = Progress("mine", epochs=2, measure=lambda embeddings, targets: (embeddings.max().item(), len(targets)))
    run_epoch(progress, 1, 0.5, cmc01=-math.inf)
    run_epoch(progress, 2, 0.25, cmc01=0.75, cmc05=1.0)
    progress.bar.close()
    assert progress.history == [
        {"epoch": 1, "loss": 0.5, "within": 1.0, "between": 2},
        {"epoch": 2, "loss": 0.25, "within": 2.0, "between": 2, "cmc01": 0.75, "cmc05": 1.0},
    ]
    printed = capsys.readouterr().out
    assert "mine: 100%" in printed
    assert "2/2" in printed


def test_the_bar_shows_the_last_cmc_that_there_is(capsys):
    progress = Progress("mine", epochs=3)
    run_epoch(progress, 1, 0.5, cmc01=-math.inf)
    assert "cmc01=nan" in progress.bar.postfix
    run_epoch(progress, 2, 0.25, cmc01=0.75)
    run_epoch(progress, 3, 0.125, cmc01=-math.inf)
    progress.bar.close()
    assert "cmc01=0.750" in progress.bar.postfix
    assert "loss=0.125" in progress.bar.postfix
    assert progress.history[0] == {"epoch": 1, "loss": 0.5}  # nothing was measured


def test_all_that_was_collected_is_ranked_by_the_function_given():
    asked = []

    def cmc(*storage):
        asked.extend(storage)
        return {1: 0.25, 5: 0.5}

    metric = BlockwiseCMC(cmc, topk=(1, 5))
    metric.reset(num_batches=2, num_samples=3)
    batches = [([[1.0, 0.0], [0.0, 1.0]], [7, 8], [True, False]), ([[0.5, 0.5]], [7], [False])]
    for embeddings, targets, is_query in batches:
        metric.update(
            embeddings=torch.tensor(embeddings), targets=torch.tensor(targets), is_query=torch.tensor(is_query)
        )
    assert metric.compute_key_value() == {"cmc01": 0.25, "cmc05": 0.5}
    assert [values.tolist() for values in asked] == [
        [[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]],
        [7, 8, 7],
        [True, False, False],
    ]
