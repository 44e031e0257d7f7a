"""What grading costs: `nbgrader autograde` and `grader autograde`, beside stock nbgrader.

    python -m solutions.research.autograde costs       CPU and wall per submission: stock, cold kernels, warm kernels
    python -m solutions.research.autograde workers     1, 2 and 4 workers over 60 mixed submissions
    python -m solutions.research.autograde writer      the one writer, into SQLite and PostgreSQL
    python -m solutions.research.autograde class       1,000 submissions × 32 workers, which sleep as long as real ones took

Stock means nbgrader's own preprocessors, Execute among them, on the same notebooks. It finds the file of questions, too,
so that its check cells answer and no training cell opens: it would train for a minute otherwise.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import nbformat
from rich.console import Console
from rich.table import Table
from tqdm import tqdm

from grader.autograde.sandbox import cgroup
from grader.hidden import graded_cases
from grader.limits import Limits
from grader.protocol import INPUTS_VARIABLE, ask
from solutions.tools import build, course, samples

NAME = samples.HOMEWORK
STOCK = """
from nbgrader.apps import autogradeapp
from nbgrader.converters import Autograde
autogradeapp.Autograde = Autograde
c.Autograde.sanitize_preprocessors = Autograde.sanitize_preprocessors.default_args[0]
c.Autograde.autograde_preprocessors = Autograde.autograde_preprocessors.default_args[0]
c.Execute.timeout = 120
"""
SETTINGS = {"stock nbgrader": STOCK, "cold kernels": "c.SandboxedExecute.warm = False\n", "warm kernels": ""}
KINDS = {
    "right": samples.reference,
    "half done": samples.half_done,
    "wrong": samples.with_mistake("own_centroid_not_excluded"),
    "untouched": samples.untouched,
}
DONE = "Setting destination file permissions"  # what nbgrader's converter says last of each submission


@dataclass(frozen=True)
class Cost:
    """Seconds."""

    cpu: float
    wall: float


def costs(rounds: int, each: int) -> None:
    """Batches in turns. The first submission of a batch pays for the start of the command, and is told apart."""
    spent: dict[tuple[str, str], list[Cost]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        questions = Path(folder, "questions.json")
        ask(questions, graded_cases(NAME, 0))
        courses = {name: prepare(Path(folder, str(number)), name) for number, name in enumerate(SETTINGS)}
        turns = [(number, name) for number in range(rounds) for name in SETTINGS]
        for number, name in tqdm(turns, unit="batch"):
            kinds = ["the start of the command and a first one", *(kind for _ in range(each) for kind in KINDS)]
            for place, kind in enumerate(kinds):
                hand_in(courses[name], f"round{number}_{place:03}", KINDS.get(kind, samples.reference))
            extra = {INPUTS_VARIABLE: str(questions)} if name == "stock nbgrader" else {}
            command = ["-m", "nbgrader", "autograde", NAME, "--student", f"round{number}_*"]
            for kind, cost in zip(kinds, measured(courses[name], command, extra), strict=True):
                spent[name, kind].append(cost)
    show(spent, [*KINDS, "the start of the command and a first one"], rounds * each)


def prepare(folder: Path, name: str) -> Path:
    course.create(folder)
    course.add_settings(folder, SETTINGS[name])
    course.assign(folder, NAME, build.master_notebook(course.MASTERS / NAME / f"{NAME}.py"))
    return folder


def hand_in(folder: Path, student: str, make) -> None:
    release = nbformat.read(folder / "release" / NAME / f"{NAME}.ipynb", as_version=4)
    course.submit(folder, student, NAME, make(release))


def measured(folder: Path, command: list[str], extra: Mapping[str, str]) -> list[Cost]:
    """Run Python's `command` in a control group of its own, which also counts processes that nobody waited for; the cost
    of each submission, from the end of the one before."""
    group = cgroup.find(Limits(memory=64_000, processes=4096))
    if group is None:
        raise SystemExit("This measures in a control group, and there are none here: run it as root, or under systemd.")
    environment = {**os.environ, **extra, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    marks = [Cost(0.0, time.perf_counter())]
    arguments = [*group.prefix, sys.executable, *command]
    said = []
    with subprocess.Popen(
        arguments, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        for line in process.stdout:
            said.append(line)
            if DONE in line:
                marks.append(Cost(group.cpu_seconds(process.pid), time.perf_counter()))
    group.close()
    if process.returncode != 0:
        raise SystemExit("".join(said))
    return [Cost(after.cpu - before.cpu, after.wall - before.wall) for before, after in pairwise(marks)]


def show(spent: Mapping[tuple[str, str], list[Cost]], kinds: list[str], count: int) -> None:
    table = Table(
        "",
        *(f"{name}: {what}" for name in SETTINGS for what in ("CPU", "wall")),
        "warm, of stock's CPU",
        title=f"seconds per submission, medians of {count}, one after the other, in turns",
    )

    def row(title: str, values: Mapping[str, list[Cost]]) -> None:
        medians = {
            name: Cost(statistics.median(cost.cpu for cost in all_), statistics.median(cost.wall for cost in all_))
            for name, all_ in values.items()
        }
        cells = [f"{seconds:.2f}" for cost in medians.values() for seconds in (cost.cpu, cost.wall)]
        table.add_row(title, *cells, f"{medians['warm kernels'].cpu / medians['stock nbgrader'].cpu:.3f}")

    for kind in kinds:
        row(kind, {name: spent[name, kind] for name in SETTINGS})
    row("all four kinds", {name: [cost for kind in KINDS for cost in spent[name, kind]] for name in SETTINGS})
    Console(width=160).print(table)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m solutions.research.autograde", description=__doc__.partition("\n")[0]
    )
    parts = parser.add_subparsers(dest="part", required=True)
    part = parts.add_parser("costs", help="stock, cold and warm, one after the other")
    part.add_argument("--rounds", type=int, default=3)
    part.add_argument("--each", type=int, default=2, help="of each kind of work in a batch")
    options = parser.parse_args()
    if options.part == "costs":
        costs(options.rounds, options.each)


if __name__ == "__main__":
    main()
