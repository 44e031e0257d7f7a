"""Seconds per submission of `nbgrader autograde`: stock nbgrader, ours, and ours without the sandbox, taken in turns.

    python -m solutions.research.autograde [--rounds 3] [--submissions 4]

Stock means nbgrader's own preprocessors, Execute among them, on the same notebooks. It finds the file of questions, too,
so that its check cells answer and no training cell opens: it would train for a minute otherwise.
"""

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

import nbformat
from rich.console import Console
from rich.table import Table
from tqdm import tqdm

from grader.hidden import graded_cases
from grader.protocol import INPUTS_VARIABLE, ask
from solutions.tools import build, course, samples

NAME = "homework3"
STOCK = """
from nbgrader.apps import autogradeapp
from nbgrader.converters import Autograde
autogradeapp.Autograde = Autograde
c.Autograde.sanitize_preprocessors = Autograde.sanitize_preprocessors.default_args[0]
c.Autograde.autograde_preprocessors = Autograde.autograde_preprocessors.default_args[0]
c.Execute.timeout = 120
"""
KINDS = {"stock nbgrader": STOCK, "ours": "", "ours, sandbox off": 'c.SandboxedExecute.sandbox = "off"\n'}


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m solutions.research.autograde", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--submissions", type=int, default=4, help="in each round, of each kind")
    options = parser.parse_args()
    seconds: dict[str, list[float]] = {kind: [] for kind in KINDS}
    with tempfile.TemporaryDirectory() as folder:
        courses = {kind: prepare(Path(folder, str(number)), kind) for number, kind in enumerate(KINDS)}
        questions = Path(folder, "questions.json")
        ask(questions, graded_cases(NAME, 0))
        rounds = [(number, kind) for number in range(options.rounds) for kind in KINDS]
        for number, kind in tqdm(rounds, unit="batch"):
            submit(courses[kind], number, options.submissions)
            if kind == "stock nbgrader":
                os.environ[INPUTS_VARIABLE] = str(questions)
            start = time.perf_counter()
            course.nbgrader(courses[kind], "autograde", NAME, "--student", f"round{number}*")
            seconds[kind].append((time.perf_counter() - start) / options.submissions)
            os.environ.pop(INPUTS_VARIABLE, None)
    report(seconds, options.submissions)


def prepare(folder: Path, kind: str) -> Path:
    course.create(folder)
    course.add_settings(folder, KINDS[kind])
    course.assign(folder, NAME, build.master_notebook(course.MASTERS / NAME / f"{NAME}.py"))
    return folder


def submit(folder: Path, number: int, count: int) -> None:
    student_version = nbformat.read(folder / "release" / NAME / f"{NAME}.ipynb", as_version=4)
    for student in range(count):
        course.submit(folder, f"round{number}_{student}", NAME, samples.reference(student_version))


def report(seconds: dict[str, list[float]], submissions: int) -> None:
    rounds = len(seconds["ours"])
    table = Table(
        "", "median", "least", "most", "of stock", title=f"seconds per submission, {rounds} batches of {submissions}"
    )
    stock = statistics.median(seconds["stock nbgrader"])
    for kind, values in seconds.items():
        median = statistics.median(values)
        cells = (f"{value:.2f}" for value in (median, min(values), max(values), median / stock))
        table.add_row(kind, *cells)
    Console().print(table)


if __name__ == "__main__":
    main()
