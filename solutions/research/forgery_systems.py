"""Three autograders behind one face, for `forgery`: ours, stock nbgrader, and otter-grader.

Each gets the same notebook, the homework without pictures and trainings, with the tests that are its own custom: ours
the check cells, the others `forgery_asserts`. A course lies in a folder of its own, with `course/` and `home/` in it.
nbgrader and otter run student code as the instructor, so that whole commands of theirs run in a box here: they see the
machine read-only, and may write their course and their home folder.
"""

import ast
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell
from sqlalchemy.exc import SQLAlchemyError

from grader.autograde.sandbox.bubblewrap import find_bwrap
from grader.files import ROOT
from grader.tests.hostile import NAME, graded
from solutions.research.forgery_asserts import ASSERTS
from solutions.tools import build, course

SECONDS_PER_CELL = 30  # nbgrader's default
OUR_IMPORT = "from grader import check, hint, progress, ready  # hint is for cells of your own"


class NotInstalled(Exception):
    """A system that is to be measured is not here; the message says what installs it."""


@dataclass(frozen=True)
class System:
    """One autograder.

    name: in tables, with its version.
    word, statement: by which an attack on the source of its test cells knows them, and what ast calls such a statement.
    """

    name: str
    word: str
    statement: str

    def prepare(self, folder: Path) -> NotebookNode:
        """Make the folder a course; its notebook for students."""
        raise NotImplementedError

    def grade(self, folder: Path, students: Sequence[str], patience: float) -> bool:
        """Grade all work in `submitted/`, of which that of `students` is new, in this order.

        Returns False if a command had not ended after `patience` seconds and was killed.
        """
        raise NotImplementedError

    def scores(self, folder: Path) -> dict[str, float]:
        """student -> points. Who is missing has none."""
        raise NotImplementedError


class Ours(System):
    def prepare(self, folder: Path) -> NotebookNode:
        course.create(folder / "course")
        course.add_settings(folder / "course", f"c.Limits.seconds_per_cell = {SECONDS_PER_CELL}")
        return course.assign(folder / "course", NAME, master())

    def grade(self, folder: Path, students: Sequence[str], patience: float) -> bool:
        return run([sys.executable, "-m", "nbgrader", "autograde", NAME], folder, patience)

    def scores(self, folder: Path) -> dict[str, float]:
        return gradebook(folder)


class Nbgrader(System):
    """nbgrader with its own settings and preprocessors: no configuration at all."""

    def prepare(self, folder: Path) -> NotebookNode:
        notebook = without_our_import(master())
        for cell in graded(notebook):
            visible, hidden = ASSERTS[cell.metadata.nbgrader.grade_id]
            cell.source = f"{visible}### BEGIN HIDDEN TESTS\n{hidden}### END HIDDEN TESTS"
        course.write(folder / "course" / "source" / NAME / f"{NAME}.ipynb", notebook)
        course.nbgrader(folder / "course", "generate_assignment", NAME)
        return nbformat.read(folder / "course" / "release" / NAME / f"{NAME}.ipynb", as_version=4)

    def grade(self, folder: Path, students: Sequence[str], patience: float) -> bool:
        return run(boxed([sys.executable, "-m", "nbgrader", "autograde", NAME], folder), folder, patience)

    def scores(self, folder: Path) -> dict[str, float]:
        return gradebook(folder)


class Otter(System):
    """otter-grader without Docker, which `otter run` is: one command for each submission, in a box of its own."""

    def prepare(self, folder: Path) -> NotebookNode:
        tests = folder / "course" / "tests"
        tests.mkdir(parents=True)
        for name, (visible, hidden) in ASSERTS.items():
            (tests / f"{name}.py").write_text(f"OK_FORMAT = True\n\ntest = {otter_test(name, visible, hidden)!r}\n")
        command = [sys.executable, "-m", "otter", "generate", "--no-environment", "--no-requirements"]
        subprocess.run(command, cwd=folder / "course", check=True, capture_output=True)
        notebook = without_our_import(master())
        for cell in notebook.cells:
            cell.source = without_solution(cell.source)
        for cell in graded(notebook):  # nbgrader's metadata, by which the gallery finds cells, says nothing to otter
            cell.source = f'grader.check("{cell.metadata.nbgrader.grade_id}")'
        notebook.cells.insert(0, new_code_cell("import otter\ngrader = otter.Notebook()"))
        return notebook

    def grade(self, folder: Path, students: Sequence[str], patience: float) -> bool:
        ended = [self._run(folder, student, patience) for student in students]  # each, whatever came of the others
        return all(ended)

    def _run(self, folder: Path, student: str, patience: float) -> bool:
        results = folder / "course" / "results" / student
        results.mkdir(parents=True, exist_ok=True)
        submission = otter_submission(folder / "course" / "submitted" / student / NAME, results)
        command = [sys.executable, "-m", "otter", "run", "-a", "autograder.zip", "-o", str(results), str(submission)]
        return run(boxed(command, folder), folder, patience)

    def scores(self, folder: Path) -> dict[str, float]:
        found = {}
        for path in (folder / "course" / "results").glob("*/results.json"):
            try:
                found[path.parent.name] = sum(test.get("score", 0) for test in json.loads(path.read_text())["tests"])
            except (ValueError, LookupError):
                continue
        return found


def systems(names: Sequence[str]) -> list[System]:
    """Raises NotInstalled: otter is among the names and not to be had."""
    if "otter" in names and find_spec("otter") is None:
        raise NotInstalled(
            "otter-grader is not installed; `make forgery` installs it, or leave it out with --systems ours nbgrader."
        )
    made = {
        "ours": lambda: Ours("ours", "check(", "Expr"),
        "nbgrader": lambda: Nbgrader(f"nbgrader {version('nbgrader')}", "assert", "Assert"),
        "otter": lambda: Otter(f"otter-grader {version('otter-grader')}", "check(", "Expr"),
    }
    return [made[name]() for name in names]


# The notebook ---------------------------------------------------------------------------------------------------------


def master() -> NotebookNode:
    """The homework's master with its title, definitions and checks, and no pictures, trainings and prose."""
    notebook = build.master_notebook(course.MASTERS / NAME / f"{NAME}.py")
    title, *cells = notebook.cells
    notebook.cells = [title]
    notebook.cells += [
        cell for cell in cells if cell.cell_type == "code" and "ungraded" not in cell.metadata.get("tags", [])
    ]
    return notebook


def without_our_import(notebook: NotebookNode) -> NotebookNode:
    for cell in notebook.cells:
        cell.source = cell.source.replace(OUR_IMPORT, "").strip()
    return notebook


def without_solution(source: str) -> str:
    before, begin, rest = source.partition("### BEGIN SOLUTION")
    return before + rest.partition("### END SOLUTION")[2].lstrip() if begin else source


def otter_test(name: str, visible: str, hidden: str) -> dict:
    """A test of one point, in otter's default format. A case of otter's knows no names of another."""
    cases = [{"code": doctest(visible), "hidden": False}, {"code": doctest(visible + hidden), "hidden": True}]
    suites = [{"cases": cases, "scored": True, "setup": "", "teardown": "", "type": "doctest"}]
    return {"name": name, "points": 1, "all_or_nothing": True, "suites": suites}


def doctest(source: str) -> str:
    """Statements with the marks of an interpreter's prompt."""
    lines = source.splitlines()
    marked = []
    for part in ast.parse(source).body:
        first, *more = lines[part.lineno - 1 : part.end_lineno]
        marked += [f">>> {first}", *(f"... {line}" for line in more)]
    return "\n".join(marked)


def otter_submission(folder: Path, scratch: Path) -> Path:
    """What to give to `otter run`: the notebook, or with files beside it a zip, as otter's own export makes it."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink()]
    if len(files) < 2:
        return next(folder.glob("*.ipynb"), folder / f"{NAME}.ipynb")
    with zipfile.ZipFile(scratch / "submission.zip", "w") as archive:
        for path in files:
            archive.write(path, path.relative_to(folder))
    return scratch / "submission.zip"


# Running --------------------------------------------------------------------------------------------------------------


def boxed(command: Sequence[str], folder: Path) -> list[str]:
    """`command` where it can write nothing but `folder`, and reach no process and no network outside."""
    shown = [str(place) for place in (ROOT, sys.prefix, sys.base_prefix, *sys.path) if Path(place).is_dir()]
    return [
        str(find_bwrap()),
        *("--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--die-with-parent", "--new-session"),
        *("--cap-drop", "ALL", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev"),
        *("--tmpfs", "/tmp", "--tmpfs", "/var/tmp"),
        *(argument for place in dict.fromkeys(shown) for argument in ("--ro-bind", place, place)),
        *("--bind", str(folder), str(folder), "--chdir", str(folder / "course"), "--", *command),
    ]


def run(command: Sequence[str], folder: Path, patience: float) -> bool:
    """Run `command` in the course; what it prints is added to its log. False if it took longer than `patience` seconds."""
    (folder / "home").mkdir(exist_ok=True)
    environment = {
        **os.environ,
        "HOME": str(folder / "home"),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",  # as in our sandbox: what is computed is tiny
    }
    with (folder / "log.txt").open("a") as log:
        try:
            subprocess.run(
                command,
                cwd=folder / "course",
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                timeout=patience,
            )
        except subprocess.TimeoutExpired:
            return False
    return True


def gradebook(folder: Path) -> dict[str, float]:
    """Of those whose graded notebook is there: nbgrader takes it away from whom it could not grade."""
    try:
        scores = course.scores(folder / "course", NAME)
    except SQLAlchemyError:
        return {}
    there = folder / "course" / "autograded"
    return {student: sum(grades.values()) for student, grades in scores.items() if (there / student / NAME).is_dir()}
