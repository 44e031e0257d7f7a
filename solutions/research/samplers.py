"""What mining triplets and their loss cost, forward and backward: ours and other libraries', taken in turns.

    python -m solutions.research.samplers [--device cuda] [--rounds 20] [--quick] [--markdown]

Batches of K = 16 per class, unit vectors. Of each entry: the median time, and the most memory that it held at once in
one more, untimed step, as torch's allocator counts it.
"""

import argparse
import os
import signal
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor
from torch.nn.functional import normalize
from torch.profiler import ProfilerActivity, profile
from tqdm import tqdm

from solutions.homework3.hard_cluster import HardClusterTripletsSampler
from solutions.homework3.hierarchical import HierarchicalTripletMarginLossWithSampler
from solutions.homework3.losses import AllTripletsLoss, TripletMarginLossWithSampler
from solutions.homework3.samplers import AllTripletsSampler, HardTripletsSampler
from solutions.research import third_party

K = 16
MARGIN = 0.3
SIZES = [(batch, dimensions) for batch in (256, 1024, 4096) for dimensions in (64, 512)]
PATIENCE = 60  # seconds for the first step of an entry
BUDGET = 20  # seconds for all further steps of an entry with one size; three are done in any case

Step = Callable[[Tensor, Tensor], Tensor]


def distance_matrix(features: Tensor, labels: Tensor) -> Tensor:
    return torch.cdist(features.detach(), features.detach())


def distance_matrix_and_gradient(features: Tensor, labels: Tensor) -> Tensor:
    return torch.cdist(features, features).mean()


def hierarchical(device: str) -> Step:
    alphabet_of = torch.arange(max(SIZES)[0] // K, device=device) // 20
    return HierarchicalTripletMarginLossWithSampler(AllTripletsSampler(65_536), alphabet_of)


def entries(device: str) -> dict[str, Step]:
    return {
        "bare distance matrix": distance_matrix,
        "the same, and its gradient": distance_matrix_and_gradient,
        "hard triplets: ours": TripletMarginLossWithSampler(MARGIN, HardTripletsSampler()),
        "hard triplets: Catalyst": third_party.catalyst_hard_triplets(MARGIN),
        "hard triplets: OML": third_party.oml_hard_triplets(MARGIN),
        "hard triplets: PML": third_party.pml_batch_hard(MARGIN),
        "hard clusters: ours": TripletMarginLossWithSampler(MARGIN, HardClusterTripletsSampler()),
        "hard clusters: Catalyst": third_party.catalyst_hard_clusters(MARGIN),
        "hard clusters: OML": third_party.oml_hard_clusters(MARGIN),
        "hierarchical, 65,536 triplets: ours": hierarchical(device),
        "all triplets, however many: ours": AllTripletsLoss(MARGIN),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m solutions.research.samplers", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--quick", action="store_true", help="only the smallest batch")
    parser.add_argument("--markdown", action="store_true", help="print the tables for RESULTS.md")
    options = parser.parse_args()
    sizes = SIZES[:1] if options.quick else SIZES
    milliseconds, mebibytes = measure(sizes, options.device, options.rounds)
    for title, cells in (("milliseconds", milliseconds), ("MiB at most", mebibytes)):
        report(f"{title}, {options.device}, {torch.get_num_threads()} threads", sizes, cells, options.markdown)


def measure(sizes: list[tuple[int, int]], device: str, rounds: int) -> tuple[dict, dict]:
    """Two tables, {name: {size: cell}}: the time and the memory of a step."""
    milliseconds, mebibytes = defaultdict(dict), defaultdict(dict)
    for size in sizes:
        features, labels = batch(*size, device)
        running = {}
        for name, step in tqdm(entries(device).items(), desc=f"first steps, B = {size[0]}, D = {size[1]}"):
            try:
                with patience():
                    seconds(step, features, labels)
                mebibytes[name][size] = f"{peak(step, features, labels) / 2**20:.1f}"
                running[name] = step
            except Exception as error:
                why = str(error).partition("\n")[0] or type(error).__name__
                milliseconds[name][size] = mebibytes[name][size] = why
        times: dict[str, list[float]] = {name: [] for name in running}
        for _ in tqdm(range(rounds), desc=f"B = {size[0]}, D = {size[1]}", unit="round"):
            for name, step in running.items():
                if len(times[name]) < 3 or sum(times[name]) < BUDGET:
                    times[name].append(seconds(step, features, labels))
        for name, values in times.items():
            milliseconds[name][size] = f"{statistics.median(values) * 1000:.2f}"
    return milliseconds, mebibytes


def batch(size: int, dimensions: int, device: str) -> tuple[Tensor, Tensor]:
    torch.manual_seed(0)
    labels = (torch.randperm(size) % (size // K)).to(device)
    return normalize(torch.randn(size, dimensions), dim=1).to(device).requires_grad_(), labels


def run(step: Step, features: Tensor, labels: Tensor) -> None:
    loss = step(features, labels)
    if loss.requires_grad:
        loss.backward()
    features.grad = None
    if features.is_cuda:
        torch.cuda.synchronize()


def seconds(step: Step, features: Tensor, labels: Tensor) -> float:
    start = time.perf_counter()
    run(step, features, labels)
    return time.perf_counter() - start


def peak(step: Step, features: Tensor, labels: Tensor) -> int:
    """The most bytes that a step held at once, beyond its input."""
    if features.is_cuda:
        before = torch.cuda.memory_allocated()
        torch.cuda.reset_peak_memory_stats()
        run(step, features, labels)
        return torch.cuda.max_memory_allocated() - before
    with quiet(), profile(activities=[ProfilerActivity.CPU], profile_memory=True) as recorded:
        run(step, features, labels)
    events = recorded.profiler.kineto_results.events()
    changes = sorted((event.start_ns(), event.nbytes()) for event in events if event.name() == "[memory]")
    held = most = 0
    for _, change in changes:
        held += change
        most = max(most, held)
    return most


@contextmanager
def quiet() -> Iterator[None]:
    """Drop what torch's profiler writes to stderr, past Python."""
    stderr = os.dup(2)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)


@contextmanager
def patience() -> Iterator[None]:
    """Interrupt what takes too long: a loop in Python at once, a call into torch when it returns."""

    def stop(*_) -> None:
        raise TimeoutError(f"over {PATIENCE} s")

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(PATIENCE)
    try:
        yield
    finally:
        signal.alarm(0)


def report(title: str, sizes: list[tuple[int, int]], cells: dict, markdown: bool) -> None:
    columns = [f"B {size}, D {dimensions}" for size, dimensions in sizes]
    rows = [[name, *(row[size] for size in sizes)] for name, row in cells.items()]
    if markdown:
        lines = [[title, *columns], ["---", *["---:"] * len(columns)], *rows]
        print("\n".join(f"| {' | '.join(line)} |" for line in lines), end="\n\n")
        return
    table = Table("", title=title)
    for column in columns:
        table.add_column(column, justify="right")
    for row in rows:
        table.add_row(*row)
    Console().print(table)


if __name__ == "__main__":
    main()
