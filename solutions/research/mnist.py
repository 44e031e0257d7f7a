"""CMC@1 and seconds on the real MNIST: the tutorial's notebook, and Catalyst's published minimal example, in turn.

    python -m solutions.research.mnist [--seeds 0 1]     # after `python -m data.mnist`

- *tutorial*: the notebook itself, run by papermill with `dataset = "mnist"` and its own numbers;
- *Catalyst*: the example that was published with Catalyst's metric learning: 16 features, margin 0.5, p = k = 10, Adam at
  0.001, 600 epochs, a validation after 300 and after 600. Pictures are turned into tensors one by one in a DataLoader,
  and its CMC ranks the whole gallery. What today's PyTorch breaks is replaced: the files and the batches are ours.

Both train on the same 60,000 pictures, and look up the same 2,003 queries among the same 7,997.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

import papermill
import torch
from catalyst import dl
from catalyst.contrib.data import Compose, HardTripletsSampler, ImageToTensor, NormalizeImage
from catalyst.contrib.losses import TripletMarginLossWithSampler
from catalyst.contrib.models import MnistSimpleNet
from catalyst.loggers.console import ConsoleLogger
from catalyst.utils import set_global_seed
from torch.utils.data import DataLoader, Dataset
from tqdm import tqdm

import data
from data.batches import BalanceBatchSampler
from data.dataset import Split
from solutions.tools.course import MASTERS

EPOCHS, VALIDATE_EVERY = 600, 300


class Pictures(Dataset):
    """One picture at a time, scaled and normalised as the example does."""

    def __init__(self, split: Split) -> None:
        self.split = split
        self.transform = Compose([ImageToTensor(), NormalizeImage((0.1307,), (0.3081,))])

    def __len__(self) -> int:
        return len(self.split.labels)

    def __getitem__(self, number: int) -> dict:
        item = {"features": self.transform(self.split.images[number].numpy()), "targets": self.split.labels[number]}
        return item if self.split.is_query is None else item | {"is_query": self.split.is_query[number]}


class Quiet(ConsoleLogger):
    def log_metrics(self, *_, **__) -> None:
        pass


def run_catalyst(seed: int) -> dict[str, float]:
    start = time.perf_counter()
    digits = data.load("mnist")
    set_global_seed(seed)
    loaders = {
        "train": DataLoader(
            Pictures(digits.train), batch_sampler=BalanceBatchSampler(digits.train.labels, p=10, k=10, seed=seed)
        ),
        "valid": DataLoader(Pictures(digits.valid), batch_size=1024),
    }
    model = MnistSimpleNet(out_features=16)
    loss = dl.CriterionCallback(input_key="embeddings", target_key="targets", metric_key="loss")
    score = dl.CMCScoreCallback("embeddings", "targets", "is_query", topk=[1])
    runner = dl.SupervisedRunner(input_key="features", output_key="embeddings", target_key="targets", loss_key="loss")
    runner.train(
        engine=dl.GPUEngine() if torch.cuda.is_available() else dl.CPUEngine(),
        model=model,
        criterion=TripletMarginLossWithSampler(margin=0.5, sampler_inbatch=HardTripletsSampler(norm_required=False)),
        optimizer=torch.optim.Adam(model.parameters(), lr=0.001),
        loaders=loaders,
        num_epochs=EPOCHS,
        seed=seed,
        loggers={"quiet": Quiet()},
        callbacks=[
            dl.ControlFlowCallbackWrapper(loss, loaders="train"),
            dl.ControlFlowCallbackWrapper(score, loaders="valid"),
            dl.PeriodicLoaderCallback("valid", "cmc01", minimize=False, valid=VALIDATE_EVERY),
        ],
    )
    cmc = runner.epoch_metrics["valid"]["cmc01"]  # of the last epoch
    return {"cmc": cmc, "seconds": time.perf_counter() - start}


def run_tutorial(seed: int) -> dict[str, float]:
    """Its own numbers of epochs and batches; the seconds are of the training and its validations."""
    with tempfile.TemporaryDirectory() as folder:
        papermill.execute_notebook(
            MASTERS / "tutorial" / "tutorial.ipynb",
            Path(folder, "run.ipynb"),
            parameters={"dataset": "mnist", "seed": seed},
            cwd=folder,
            kernel_name="python3",
            progress_bar=False,
        )
        results = json.loads(Path(folder, "results.json").read_text())
    return {"cmc": results["cmc"]["trained network"]["1"], "seconds": results["seconds"]}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m solutions.research.mnist", description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    seeds = parser.parse_args().seeds
    contestants = {"tutorial": run_tutorial, "Catalyst's minimal example": run_catalyst}
    lines = ["| | seed | CMC@1 | seconds |", "| --- | ---: | ---: | ---: |"]
    with tqdm(total=len(seeds) * len(contestants), unit="training") as bar:
        for seed in seeds:
            for name, run in contestants.items():
                result = run(seed)
                lines.append(f"| {name} | {seed} | {result['cmc']:.4f} | {result['seconds']:.1f} |")
                bar.update()
    print("\n".join(lines))


if __name__ == "__main__":
    main()
