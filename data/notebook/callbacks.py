"""What our notebooks add to Catalyst's training loop.

- `Quiet` takes the place of Catalyst's logger, which prints three lines an epoch.
- `Progress` moves a bar instead, and keeps the numbers of every epoch.
- `BlockwiseCMC` has the notebook's own function rank the embeddings that Catalyst collects.
"""

import math
import sys
from collections.abc import Callable, Sequence

from catalyst import dl
from catalyst.loggers.console import ConsoleLogger
from catalyst.metrics import CMCMetric
from torch import Tensor
from tqdm import tqdm


class Quiet(ConsoleLogger):
    """Says nothing. Catalyst adds a console logger of its own unless it is given one."""

    def log_metrics(self, *_, **__) -> None:
        pass


class Progress(dl.Callback):
    """Shows the numbers of every epoch in a progress bar, `bar`, and keeps them in `history` (see `data.notebook`).

    method: what the bar is called. epochs: how many there will be.
    measure: (embeddings float [B, D], targets long [B]) -> ("within", "between") of the history, for the last training
        batch of each epoch; None: the history goes without.
    """

    def __init__(
        self, method: str, epochs: int, measure: Callable[[Tensor, Tensor], tuple[float, float]] | None = None
    ) -> None:
        super().__init__(order=dl.CallbackOrder.External)  # after the metrics
        self.history: list[dict] = []
        self.measure, self.measured = measure, {}
        self.bar = tqdm(total=epochs, desc=method, unit="epoch", file=sys.stdout, ncols=100)

    def on_loader_end(self, runner: dl.IRunner) -> None:
        if runner.is_train_loader and self.measure:  # the runner still holds the epoch's last batch
            pair = self.measure(runner.batch["embeddings"].detach(), runner.batch["targets"])
            self.measured = dict(zip(("within", "between"), pair, strict=True))

    def on_epoch_end(self, runner: dl.IRunner) -> None:
        train, valid = (runner.epoch_metrics[loader] for loader in ("train", "valid"))
        epoch = {"epoch": runner.epoch_step, "loss": float(train["loss"]), **self.measured}
        if math.isfinite(valid["cmc01"]):  # in epochs without validation Catalyst reports a CMC@1 of minus infinity
            epoch |= {name: value for name, value in valid.items() if name.startswith("cmc")}
        self.history.append(epoch)
        last_cmc = next((past["cmc01"] for past in reversed(self.history) if "cmc01" in past), float("nan"))
        self.bar.set_postfix(loss=f"{epoch['loss']:.3f}", cmc01=f"{last_cmc:.3f}", refresh=False)
        self.bar.update()


class BlockwiseCMC(CMCMetric):
    """Catalyst collects the "embeddings", "targets" and "is_query" of all batches, `cmc` ranks them.

    cmc: (float [N, D], long [N], bool [N]) -> {k: CMC@k} for every k of topk, in that order.
    """

    def __init__(self, cmc: Callable[[Tensor, Tensor, Tensor], dict[int, float]], topk: Sequence[int]) -> None:
        super().__init__("embeddings", "targets", "is_query", topk=topk)
        self.cmc = cmc

    def compute(self) -> list[float]:
        return list(self.cmc(*(self.storage[key] for key in ("embeddings", "targets", "is_query"))).values())
