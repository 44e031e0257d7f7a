"""A scratch course folder, in which nbgrader's own commands run as an instructor runs them: for the build, the demo
and the tests. No gradebook outside of it is touched."""

import functools
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from data.folders import write_atomically
from grader.autograde.sandbox import bubblewrap, trial
from grader.files import ROOT
from grader.limits import Limits

MASTERS = ROOT / "solutions" / "notebooks"
STUDENTS = ROOT / "notebooks"


class CommandFailed(Exception):
    """A command of nbgrader's ended with an error; the message holds what it printed."""


def create(course: Path) -> None:
    """Make `course`, an empty or missing folder, a course: nbgrader's settings and the folder of masters.

    What is graded here is our own, so it is graded without a sandbox where there is none.
    """
    (course / "solutions" / "notebooks").mkdir(parents=True)
    shutil.copy(ROOT / "nbgrader_config.py", course)
    if why_no_sandbox():
        add_settings(course, 'c.SandboxedExecute.sandbox = "off"')


def add_settings(course: Path, text: str) -> None:
    settings = course / "nbgrader_config.py"
    settings.write_text(f"{settings.read_text()}\n{text}\n")


@functools.cache
def why_no_sandbox() -> str | None:
    """What keeps this machine from sandboxing notebooks; None if nothing does."""
    try:
        trial.try_out(bubblewrap.find_bwrap(), Limits())
    except bubblewrap.NoSandbox as problem:
        return str(problem)
    return None


def assign(course: Path, name: str, master: NotebookNode) -> NotebookNode:
    """Put a master notebook, with the pictures beside it, into the course and let nbgrader make the student version of it,
    which is returned."""
    folder = course / "solutions" / "notebooks" / name
    write(folder / f"{name}.ipynb", master)
    for picture in (MASTERS / name).glob("*.png"):
        shutil.copy(picture, folder)
    nbgrader(course, "generate_assignment", name)
    return nbformat.read(course / "release" / name / f"{name}.ipynb", as_version=4)


def submit(course: Path, student: str, name: str, notebook: NotebookNode) -> None:
    write(course / "submitted" / student / name / f"{name}.ipynb", notebook)


def nbgrader(course: Path, *arguments: str, on_line: Callable[[str], None] = lambda line: None) -> str:
    """Run `nbgrader ARGUMENTS` in `course`; what it printed, each line of it also handed to `on_line` as it comes.

    Raises:
        CommandFailed: its exit code was not 0.
    """
    # nbgrader calls alembic by name: the environment's programs must be found even where it is not activated.
    environment = {**os.environ, "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}
    command = [sys.executable, "-m", "nbgrader", *arguments]
    printed = []
    with subprocess.Popen(
        command, cwd=course, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        for line in process.stdout:
            printed.append(line)
            on_line(line)
    output = "".join(printed)
    if process.returncode:
        raise CommandFailed(f"nbgrader {' '.join(arguments)} failed:\n{output}")
    return output


def scores(course: Path, assignment: str) -> dict[str, dict[str, float]]:
    """student -> name of a graded cell -> score, from the gradebook."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        return {
            submission.student.id: {grade.name: grade.score for book in submission.notebooks for grade in book.grades}
            for submission in gradebook.assignment_submissions(assignment)
        }


def write(path: Path, notebook: NotebookNode) -> None:
    """Write a notebook in one step: an interrupted run leaves the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = nbformat.writes(notebook).rstrip("\n") + "\n"
    write_atomically(path, lambda file: file.write(text.encode()))
