"""What makes the difference: short trainings on Omniglot that differ from one another in one thing each.

    python -m solutions.research.ablation [--data omniglot] [--device auto] [--epochs 20] [--seeds 0]

Each is the notebook's own `train`, with other settings, another criterion or a callback. The table shows CMC@1 after the
last epoch and the mean squared distances within and between the classes of its last batch: a collapse is both near 0.
"""

import argparse
import contextlib
import io
import statistics
import tempfile
from dataclasses import dataclass, field
from typing import Any

from catalyst import dl
from torch import Tensor, nn
from tqdm import tqdm

from solutions.homework3.losses import AllTripletsLoss, TripletMarginLossWithSampler
from solutions.homework3.samplers import HardTripletsSampler
from solutions.tools.session import session


class SquaredHardTriplets(nn.Module):
    """mean of max(|a - p|^2 - |a - n|^2 + margin, 0) over hard triplets."""

    def __init__(self, margin: float) -> None:
        super().__init__()
        self.margin = margin

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        anchor, positive, negative = HardTripletsSampler().sample(features, labels)  # [B, D] each
        to_positive, to_negative = (anchor - positive).square().sum(1), (anchor - negative).square().sum(1)  # [B]
        return (to_positive - to_negative + self.margin).relu().mean()


class WarmUp(dl.Callback):
    """The learning rate climbs to its value over so many epochs."""

    def __init__(self, epochs: int) -> None:
        super().__init__(order=dl.CallbackOrder.External)
        self.epochs = epochs

    def on_epoch_start(self, runner: dl.IRunner) -> None:
        if runner.epoch_step <= self.epochs:  # afterwards the rate is the scheduler's
            for group in runner.optimizer.param_groups:
                group["lr"] = group["initial_lr"] * runner.epoch_step / self.epochs


CRITERIA = {
    "hard": lambda margin: TripletMarginLossWithSampler(margin, HardTripletsSampler()),
    "hard, squared": SquaredHardTriplets,
    "all": lambda margin: AllTripletsLoss(margin, squared=False),
    "all, squared": AllTripletsLoss,
}


@dataclass(frozen=True)
class Run:
    """triplets: a key of CRITERIA. settings: what differs from the homework's protocol."""

    triplets: str
    settings: dict[str, Any] = field(default_factory=dict)
    warm_up: int = 0

    def __str__(self) -> str:
        settings = [f"{name.replace('_', ' ')} {value}" for name, value in self.settings.items()]
        return ", ".join(settings + ([f"warm-up {self.warm_up} epochs"] if self.warm_up else [])) or "the homework's"


RUNS = (
    Run("hard"),
    Run("hard", {"dropout": 0.0}),
    Run("hard", {"dropout": 0.0, "learning_rate": 1e-3}),
    Run("hard", {"dropout": 0.0}, warm_up=10),
    Run("hard", {"dropout": 0.0, "margin": 0.1}),
    Run("hard, squared", {"dropout": 0.0}),
    Run("hard, squared"),
    Run("all"),
    Run("all", {"dropout": 0.0}),
    Run("all, squared"),
    Run("all, squared", {"dropout": 0.0}),
    Run("all, squared", {"dropout": 0.0, "learning_rate": 3e-3}),
    Run("all, squared", {"dropout": 0.0, "learning_rate": 2e-2}),
    Run("all, squared", {"dropout": 0.0}, warm_up=10),
    Run("all, squared", {"dropout": 0.0, "margin": 0.6}),
    Run("all, squared", {"dropout": 0.0, "margin": 0.1}),
    Run("all, squared", {"dropout": 0.0, "margin": 0.05}),
    Run("all, squared", {"margin": 0.1}),
)


def train(run: Run, seed: int, options: argparse.Namespace) -> dict[str, float]:
    """The last epoch's numbers."""
    common = {"dataset": options.data, "device": options.device, "epochs": options.epochs, "seed": seed}
    with tempfile.TemporaryDirectory() as logs, contextlib.redirect_stdout(io.StringIO()):
        notebook = session(**common, logs=logs, **run.settings)
        callbacks = [WarmUp(run.warm_up)] if run.warm_up else []
        notebook.train("ablation", CRITERIA[run.triplets](notebook.margin), callbacks=callbacks)
        return notebook.trained["ablation"]["history"][-1]


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m solutions.research.ablation", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--data", choices=["omniglot", "glyphs"], default="omniglot")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    options = parser.parse_args()
    print("| triplets | protocol | CMC@1 | within | between |\n| --- | --- | ---: | ---: | ---: |", flush=True)
    for run in tqdm(RUNS, unit="run"):
        ends = [train(run, seed, options) for seed in options.seeds]
        score, within, between = (statistics.mean(end[key] for end in ends) for key in ("cmc01", "within", "between"))
        tqdm.write(f"| {run.triplets} | {run} | {score:.3f} | {within:.2g} | {between:.2g} |")


if __name__ == "__main__":
    main()
