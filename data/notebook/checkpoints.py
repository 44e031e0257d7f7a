"""One file after every epoch: the best network so far, and all it takes to go on after an interruption.

A training that goes on ends as if nothing had happened, since Catalyst seeds each epoch anew. The file, for `torch.load`:
"model", "optimizer", "scheduler" (their state_dicts), "epoch" (the last one that is done), "best" ("cmc01", "epoch",
"weights"), "seconds", "history" and "settings".
"""

import math
import time
from functools import partial
from pathlib import Path

import torch
from catalyst import dl

from data.folders import write_atomically
from data.notebook.callbacks import Progress


class Checkpoint(dl.Callback):
    """Writes the file, goes on from it, and stops a training that is about to be spoiled.

    path: the file; its folder is there. progress: listed before this among the callbacks; its history is kept, too.
    settings: all that the training depends on except its criterion. resume: go on from the file, if there is one.

    Attributes: best, {"cmc01": ..., "epoch": ..., "weights": a state_dict}, of the last epoch before the first
    validation; done, how many epochs are in the file; seconds, that they took.

    Raises, out of the training:
        ValueError: the file is of a training with other settings.
        FloatingPointError: a training loss, or a weight after an epoch, is no finite number. Nothing of it is written.
        OSError: the file cannot be written; the one of the epoch before is as it was.
    """

    def __init__(self, path: Path, progress: Progress, settings: dict, resume: bool) -> None:
        super().__init__(order=dl.CallbackOrder.External)  # after the metrics and the scheduler
        self.path, self.progress, self.settings, self.resume = path, progress, settings, resume
        self.best = {"cmc01": -math.inf}
        self.done, self.seconds = 0, 0.0

    def on_experiment_start(self, runner: dl.IRunner) -> None:
        self.start = time.perf_counter()
        if self.resume and self.path.exists():
            self._go_on(runner, torch.load(self.path, map_location="cpu"))

    def _go_on(self, runner: dl.IRunner, state: dict) -> None:
        if state["settings"] != self.settings:
            raise ValueError(
                f"{self.path} is of another training, with {state['settings']}: take these settings, or another "
                "folder for `logs`, or resume = False, which starts anew in its place."
            )
        print(f"{self.path}: epochs 1 to {state['epoch']} of an earlier training are not repeated.")
        for name in ("model", "optimizer", "scheduler"):
            getattr(runner, name).load_state_dict(state[name])
        self.done, self.best, self.seconds = state["epoch"], state["best"], state["seconds"]
        self.progress.history = state["history"]
        self.progress.bar.update(self.done)
        runner.epoch_step = self.done
        runner.loaders["train"].batch_sampler.epoch = self.done  # the batches that an uninterrupted run would see

    def on_batch_end(self, runner: dl.IRunner) -> None:
        if runner.is_train_loader and not math.isfinite(runner.batch_metrics["loss"]):
            where = f"epoch {runner.epoch_step}, batch {runner.loader_batch_step}"
            raise FloatingPointError(f"the loss of {where} is {float(runner.batch_metrics['loss'])}")

    def on_epoch_end(self, runner: dl.IRunner) -> None:
        if not all(weights.isfinite().all() for weights in runner.model.parameters()):
            raise FloatingPointError(f"after the last batch of epoch {runner.epoch_step} some weights are no numbers")
        cmc = runner.epoch_metrics["valid"]["cmc01"]  # minus infinity in epochs without validation
        if cmc >= self.best["cmc01"]:
            weights = {name: value.clone() for name, value in runner.model.state_dict().items()}
            self.best = {"cmc01": cmc, "epoch": runner.epoch_step, "weights": weights}
        start, self.start = self.start, time.perf_counter()
        self.seconds += self.start - start
        self._write(runner)
        self.done = runner.epoch_step

    def _write(self, runner: dl.IRunner) -> None:
        state = {name: getattr(runner, name).state_dict() for name in ("model", "optimizer", "scheduler")}
        state |= {"epoch": runner.epoch_step, "best": self.best, "seconds": self.seconds}
        state |= {"history": self.progress.history, "settings": self.settings}
        try:
            write_atomically(self.path, partial(torch.save, state))
        except (OSError, RuntimeError) as error:  # torch has a RuntimeError for a full disk
            raise OSError(f"{self.path} cannot be written ({error})") from None
