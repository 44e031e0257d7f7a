"""Seconds for an epoch of training: the notebook's, the original homework's pipeline, and a bare loop, taken in turns.

    python -m solutions.research.training [--data omniglot] [--device auto] [--rounds 3] [--profile]

- *notebook*: its own `train` (Catalyst's runner, pair distances, a checkpoint each epoch), validation every ten epochs;
- *bare loop*: the same network, criterion and optimiser on batches that already lie on the device, nothing else;
- *original*: pictures decoded and turned one by one (PIL, albumentations) in a DataLoader, Catalyst's own sampler, loss
  and CMC; the homework's protocol of validation, too. It is slow, so it gets one round of two epochs.

`--profile` prints instead where the notebook's time goes, and how often it waits for the device.
"""

import argparse
import contextlib
import io
import os
import statistics
import tempfile
import time

import torch
from catalyst import dl
from catalyst.contrib.data import HardTripletsSampler
from catalyst.contrib.losses import TripletMarginLossWithSampler
from torch.utils.data import DataLoader, Dataset
from tqdm import tqdm

from data.batches import BalanceBatchSampler
from data.dataset import Split
from solutions.tools.session import session

VALIDATE_EVERY = 10  # epochs: the homework's


class Drawings(Dataset):
    """One picture at a time, from its file: what the original homework does (a grey channel, turned by up to 30°)."""

    def __init__(self, split: Split) -> None:
        os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")
        import albumentations
        from albumentations.pytorch import ToTensorV2

        self.split = split
        self.transform = albumentations.Compose(
            [
                albumentations.LongestMaxSize(32),
                albumentations.PadIfNeeded(32, 32, border_mode=0),
                albumentations.Rotate(limit=30),
                albumentations.Normalize(mean=0.5, std=0.5),
                ToTensorV2(),
            ]
        )

    def __len__(self) -> int:
        return len(self.split.paths)

    def __getitem__(self, number: int) -> dict:
        import numpy as np
        from PIL import Image

        picture = np.array(Image.open(self.split.paths[number]).convert("L"))
        item = {"features": self.transform(image=picture)["image"], "targets": self.split.labels[number]}
        return item if self.split.is_query is None else item | {"is_query": self.split.is_query[number]}


class Clock(dl.Callback):
    """Seconds that each loader of each epoch took: seconds["train"], seconds["valid"]."""

    def __init__(self) -> None:
        super().__init__(order=dl.CallbackOrder.External)
        self.seconds: dict[str, list[float]] = {"train": [], "valid": []}

    def on_loader_start(self, runner: dl.IRunner) -> None:
        self.start = time.perf_counter()

    def on_loader_end(self, runner: dl.IRunner) -> None:
        synchronize()
        self.seconds[runner.loader_key].append(time.perf_counter() - self.start)


def synchronize() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def criterion(notebook) -> torch.nn.Module:
    return notebook.TripletMarginLossWithSampler(0.3, notebook.HardTripletsSampler())


def time_notebook(notebook) -> dict[str, float]:
    """Seconds per epoch with everything, and per validation."""
    clock = Clock()
    with contextlib.redirect_stdout(io.StringIO()):
        notebook.train("benchmark", criterion(notebook), callbacks=[clock])
    record = notebook.trained["benchmark"]
    return {
        "epoch": record["seconds"] / record["epochs"],
        "train": statistics.mean(clock.seconds["train"]),
        "valid": statistics.mean(clock.seconds["valid"]),
    }


def time_bare_loop(notebook) -> dict[str, float]:
    model, loss = notebook.build_model().train(), criterion(notebook)
    optimizer = torch.optim.RAdam(model.parameters(), lr=1e-2)
    batches = list(notebook.make_loaders()["train"])
    synchronize()
    start = time.perf_counter()
    for _ in range(notebook.EPOCHS):
        for batch in batches:
            optimizer.zero_grad()
            loss(model(batch["features"]), batch["targets"]).backward()
            optimizer.step()
    synchronize()
    epoch = (time.perf_counter() - start) / notebook.EPOCHS
    return {"epoch": epoch, "train": epoch}


def time_original(notebook, epochs: int = 2) -> dict[str, float]:
    """The last of the epochs validates; an epoch of the protocol has a tenth of a validation."""
    splits = notebook.omniglot
    sampler = BalanceBatchSampler(splits.train.labels, notebook.P, notebook.K)
    loaders = {
        "train": DataLoader(Drawings(splits.train), batch_sampler=sampler),
        "valid": DataLoader(Drawings(splits.valid), batch_size=256),
    }
    loss = dl.CriterionCallback(input_key="embeddings", target_key="targets", metric_key="loss")
    score = dl.CMCScoreCallback("embeddings", "targets", "is_query", topk=[1, 5, 10])
    clock, model = Clock(), notebook.build_model()
    dl.SupervisedRunner(input_key="features", output_key="embeddings", target_key="targets", loss_key="loss").train(
        engine=dl.CPUEngine() if notebook.DEVICE == "cpu" else dl.GPUEngine(),
        model=model,
        criterion=TripletMarginLossWithSampler(margin=0.3, sampler_inbatch=HardTripletsSampler(norm_required=False)),
        optimizer=torch.optim.RAdam(model.parameters(), lr=1e-2),
        loaders=loaders,
        num_epochs=epochs,
        loggers={"quiet": notebook.Quiet()},
        callbacks=[
            dl.ControlFlowCallbackWrapper(loss, loaders="train"),
            dl.ControlFlowCallbackWrapper(score, loaders="valid"),
            dl.PeriodicLoaderCallback("valid", "cmc01", minimize=False, valid=epochs),
            clock,
        ],
    )
    train, valid = statistics.mean(clock.seconds["train"]), statistics.mean(clock.seconds["valid"])
    return {"epoch": train + valid / VALIDATE_EVERY, "train": train, "valid": valid}


def profile(notebook) -> None:
    """The operators that take the most time, and how many values each step has the host wait for."""
    activities = [torch.profiler.ProfilerActivity.CPU]
    if notebook.DEVICE == "cuda":
        activities.append(torch.profiler.ProfilerActivity.CUDA)
    with torch.profiler.profile(activities=activities) as profiler, contextlib.redirect_stdout(io.StringIO()):
        notebook.train("benchmark", criterion(notebook))
    events = profiler.key_averages()
    sort = "self_cuda_time_total" if notebook.DEVICE == "cuda" else "self_cpu_time_total"
    print(events.table(sort_by=sort, row_limit=25, max_name_column_width=40))
    steps = notebook.EPOCHS * len(notebook.loaders["train"])
    waits = sum(event.count for event in events if event.key in ("aten::_local_scalar_dense", "aten::nonzero"))
    print(f"{waits / steps:.1f} values a step are waited for on the host (.item(), nonzero), validation included")


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m solutions.research.training", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--data", choices=["omniglot", "glyphs"], default="omniglot")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--profile", action="store_true", help="show where the notebook's time goes instead")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as logs:
        with contextlib.redirect_stdout(io.StringIO()):
            notebook = session(dataset=options.data, device=options.device, epochs=VALIDATE_EVERY, logs=logs)
        if options.profile:
            profile(notebook)
            return
        contestants = [("notebook", time_notebook), ("bare loop", time_bare_loop)] * options.rounds
        contestants.append(("original", time_original))
        times: dict[str, list[dict[str, float]]] = {}
        for name, measure in tqdm(contestants, unit="training"):
            times.setdefault(name, []).append(measure(notebook))
    report(times)


def report(times: dict[str, list[dict[str, float]]]) -> None:
    def median(name: str, column: str) -> float:
        return statistics.median(seconds.get(column, float("nan")) for seconds in times[name])

    print("| seconds | an epoch, all in all | its training | a validation | of the bare loop |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for name in times:
        columns = " | ".join(f"{median(name, column):.2f}" for column in ("epoch", "train", "valid"))
        ratio = median(name, "epoch") / median("bare loop", "epoch")
        print(f"| {name} | {columns} | {ratio:.2f} |".replace("nan", ""))


if __name__ == "__main__":
    main()
