"""What grading costs: `nbgrader autograde` and `grader autograde`, beside stock nbgrader.

    python -m solutions.research.autograde costs       CPU and wall per submission: stock, cold kernels, warm kernels
    python -m solutions.research.autograde workers     1, 2 and 4 workers over 60 mixed submissions
    python -m solutions.research.autograde writer      the one writer, into SQLite and PostgreSQL
    python -m solutions.research.autograde class       1,000 submissions × 32 workers, which sleep as long as real ones took
    python -m solutions.research.autograde saboteurs   honest work beside notebooks that burn all the CPU they get

Stock means nbgrader's own preprocessors, Execute among them, on the same notebooks. It finds the file of questions, too,
so that its check cells answer and no training cell opens: it would train for a minute otherwise.
"""

import argparse
import contextlib
import copy
import os
import pickle
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.apps.autogradeapp import AutogradeApp
from rich.console import Console
from rich.table import Table
from tqdm import tqdm

from grader.autograde import grading, record
from grader.autograde.run import Run
from grader.autograde.sandbox import cgroup
from grader.autograde.work import Graded, Work
from grader.hidden import graded_cases
from grader.limits import Limits
from grader.protocol import INPUTS_VARIABLE, ask
from grader.tests import postgres
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


# Many workers


def workers(count: int, submissions: int) -> None:
    """The same mixed submissions, by nbgrader's own command and by more and more workers."""
    makers = list(KINDS.values())
    ways = {"nbgrader autograde": ["-m", "nbgrader", "autograde", NAME]}
    for number in range(count):
        name = f"grader autograde --workers {2**number}"
        ways[name] = ["-m", "grader.cli", "autograde", NAME, "--workers", str(2**number)]
    table = Table("", "whole, s", "start, s", "then: a second", title=f"{submissions} mixed submissions, wall time")
    with tempfile.TemporaryDirectory() as folder:
        one = prepare(Path(folder, "course"), "warm kernels")
        for number, (name, command) in enumerate(tqdm(ways.items(), unit="run")):
            for place in range(submissions):
                hand_in(one, f"way{number}_{place:03}", makers[place % len(makers)])
            first, *others = measured(one, [*command, "--student", f"way{number}_*"], {})
            rest = sum(cost.wall for cost in others)
            table.add_row(name, f"{first.wall + rest:.1f}", f"{first.wall:.1f}", f"{len(others) / rest:.2f}")
    Console().print(table)


# The one writer


def recorded(folder: Path) -> Path:
    """Grade one submission of the course; the file for `Played`."""
    graded: list[Graded] = []

    class Recorder(Run):
        def _write(self, done: Work, came: Graded) -> None:
            graded.append(came)
            super()._write(done, came)

    hand_in(folder, "recorded", samples.reference)
    start(folder, Recorder, "recorded")
    ((notebook, resources),) = graded[0].notebooks.values()
    file = folder / "recording"
    file.write_bytes(pickle.dumps((notebook, resources[grading.KEY])))
    return file


def start(folder: Path, kind: type[Run], students: str, *more: str) -> None:
    """What nbgrader's command does, in this process."""
    with contextlib.chdir(folder):
        app = AutogradeApp()
        app.initialize([f"--student={students}", "--log-level=WARN", *more])
        app.coursedir.assignment_id = NAME
        kind(coursedir=app.coursedir, parent=app).start()


def play_back(folder: Path, seconds: Sequence[float], submissions: int) -> None:
    """From now on the course sleeps so long in the place of grading; hand in so many."""
    recording = recorded(folder)
    course.add_settings(
        folder,
        f"""
from solutions.research.replay import Played
c.Autograde.sanitize_preprocessors = [Played]
c.Autograde.autograde_preprocessors = [SaveAutoGrades, FlagForReview, AssignLatePenalties, TruncateFeedback]
c.Played.recording = {str(recording)!r}
c.Played.seconds = {list(seconds)}
""",
    )
    first = folder / "submitted" / "recorded"
    for number in range(submissions):
        shutil.copytree(first, folder / "submitted" / f"student{number:04}")


def writer(submissions: int) -> None:
    """What one submission costs the process that stages and writes, of which there is one."""
    spent: dict[str, list[float]] = defaultdict(list)

    class Timed(Run):
        def _stage(self, student: str) -> Work:
            return timed("stage", super()._stage, student)

        def _write(self, done: Work, graded: Graded) -> None:
            timed("write", super()._write, done, graded)

    def timed(what: str, call: Callable[..., Any], *arguments: Any) -> Any:
        before = time.process_time()
        result = call(*arguments)
        spent[what].append(1000 * (time.process_time() - before))
        return result

    table = Table("", "stage, ms", "write, ms", title=f"CPU of the one writer, medians of {submissions} submissions")
    with tempfile.TemporaryDirectory() as place, postgres.server(5) as address:
        for name, db_url in {"SQLite": None, "PostgreSQL": address}.items():
            SETTINGS[name] = f"c.CourseDirectory.db_url = {db_url!r}\n" if db_url else ""
            folder = prepare(Path(place, name), name)
            play_back(folder, [0.0], submissions)
            spent.clear()
            start(folder, Timed, "student*")
            table.add_row(name, *(f"{statistics.median(spent[what]):.0f}" for what in ("stage", "write")))
    Console().print(table)


def whole_class(submissions: int, count: int, seconds: Sequence[float]) -> None:
    """Many workers that sleep as long as real submissions took, while the rest is as ever."""
    with tempfile.TemporaryDirectory() as place:
        folder = prepare(Path(place, "course"), "warm kernels")
        play_back(folder, seconds, submissions)
        command = ["-m", "grader.cli", "autograde", NAME, "--student", "student*", "--workers", str(count)]
        first, *others = measured(folder, command, {})
        wall = sum(cost.wall for cost in others)
    ideal = statistics.mean(seconds) * submissions / count
    print(
        f"{submissions} submissions of {statistics.mean(seconds):.2f} s each, {count} workers: {wall:.1f} s after a start "
        f"of {first.wall:.1f} s; {ideal:.1f} s if nothing but the work took time."
    )


# What one does to the others

SABOTAGE = """
import os
for _ in range(200):
    if os.fork() == 0:
        while True: pass
while True: pass
"""


def saboteurs(count: int) -> None:
    """As many honest submissions beside saboteurs, each of whom makes 200 processes that spin: who is limited?"""
    with tempfile.TemporaryDirectory() as place:
        folder = prepare(Path(place, "course"), "warm kernels")
        course.add_settings(folder, "c.Limits.seconds_per_cell = 30")
        for number in range(count):
            hand_in(folder, f"saboteur{number:02}", sabotaged)
            hand_in(folder, f"student{number:02}", samples.reference)
        measured(folder, ["-m", "grader.cli", "autograde", NAME, "--workers", str(2 * count)], {})
        found = {
            student.parent.name: record.read(student / f"{NAME}.ipynb")
            for student in sorted((folder / "autograded").glob(f"*/{NAME}"))
        }
    for what in ("saboteur", "student"):
        records = [one for student, one in found.items() if student.startswith(what)]
        outcomes = Counter(one.outcome for one in records)
        print(f"{what}s: {dict(outcomes)}, {statistics.median(one.seconds for one in records):.1f} s of wall time each")


def sabotaged(notebook: NotebookNode) -> NotebookNode:
    notebook = copy.deepcopy(notebook)
    notebook.cells.insert(1, nbformat.v4.new_code_cell(SABOTAGE))
    return notebook


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m solutions.research.autograde", description=__doc__.partition("\n")[0]
    )
    parts = parser.add_subparsers(dest="part", required=True)
    part = parts.add_parser("costs", help="stock, cold and warm, one after the other")
    part.add_argument("--rounds", type=int, default=3)
    part.add_argument("--each", type=int, default=2, help="of each kind of work in a batch")
    part = parts.add_parser("workers", help="1, 2, 4 … workers, of this machine")
    part.add_argument("--doublings", type=int, default=3)
    part.add_argument("--submissions", type=int, default=60)
    part = parts.add_parser("writer", help="SQLite and PostgreSQL")
    part.add_argument("--submissions", type=int, default=200)
    part = parts.add_parser("class", help="a simulation")
    part.add_argument("--submissions", type=int, default=1000)
    part.add_argument("--workers", type=int, default=32)
    part.add_argument("--seconds", type=float, nargs="+", required=True, help="how long submissions took, by `costs`")
    part = parts.add_parser("saboteurs", help="beside eight of them, eight honest ones")
    part.add_argument("--count", type=int, default=8)
    options = parser.parse_args()
    match options.part:
        case "costs":
            costs(options.rounds, options.each)
        case "workers":
            workers(options.doublings, options.submissions)
        case "writer":
            writer(options.submissions)
        case "class":
            whole_class(options.submissions, options.workers, options.seconds)
        case "saboteurs":
            saboteurs(options.count)


if __name__ == "__main__":
    main()
