"""What travels to where submissions are graded, and back; and grading itself, which knows nothing of the course's folder.

So it may happen in any process, on any machine: all of this can be pickled. What is entered into the course's gradebook is
entered by the run (see `writing`), with the steps of `c.Autograde.autograde_preprocessors` from the first on that does so.
"""

import logging
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import nbformat
from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbgrader.converters.base import NbGraderException
from nbgrader.preprocessors import AssignLatePenalties, SaveAutoGrades
from nbgrader.utils import setenv
from traitlets.config import Config
from traitlets.utils.importstring import import_item

from grader.autograde import book, grading
from grader.autograde.folders import Given
from grader.autograde.grading import Grading
from grader.autograde.judge import FlagForReview

FAILED = "The grader failed on this notebook."


@dataclass(frozen=True)
class Course:
    """What is the same for all submissions of a run.

    config: nbgrader's, for the steps.
    gradebook: one of SQLite's that holds this assignment alone, as it was given out (see `book.extract`).
    given: what was given out, by notebook.
    files: the assignment's, that lie beside its notebooks, by their paths.
    sanitizing, grading: the steps, as nbgrader's settings name them; of the second, those that know no gradebook.
    """

    assignment: str
    config: Config
    gradebook: bytes
    given: Mapping[str, Given]
    files: Mapping[str, bytes]
    sanitizing: Sequence[Any]
    grading: Sequence[Any]


@dataclass(frozen=True)
class Work:
    """The clean copy of what one student handed in (see `staging`).

    notebooks: those to be graded, by name.
    files: what else was handed in, by path.
    carried: what nbgrader keeps beside the work (see `carried`), by the names of the files.
    unreadable: name of a notebook -> why it could not be read, as a sentence.
    notices: what was put right or left out in copying, in sentences.
    failed: the grader failed on it before; it is not run, but left to the instructor.
    """

    student: str
    notebooks: Mapping[str, bytes]
    files: Mapping[str, bytes] = field(default_factory=dict)
    carried: Mapping[str, bytes] = field(default_factory=dict)
    unreadable: Mapping[str, str] = field(default_factory=dict)
    notices: Sequence[str] = ()
    failed: bool = False


@dataclass(frozen=True)
class Graded:
    """What came of it.

    notebooks: by name, each with nbconvert's `resources`, of which our record is one (see `grading`).
    said: the lines for the log, each with its level.
    """

    notebooks: Mapping[str, tuple[NotebookNode, dict[str, Any]]]
    said: Sequence[tuple[int, str]] = ()


class NoWorkers(NbGraderException):
    """There is nobody to grade; the message says why."""


class Died(Exception):
    """Each process that graded a submission died of it."""


class Pool(Protocol):
    """Where submissions are graded."""

    def map(self, course: Course, works: Iterable[Work]) -> Iterator[tuple[Work, Graded | Exception]]:
        """Take from `works` as late as can be. Results, or what grading failed with, in the order in which they come.

        Raises:
            NoWorkers
        """


class InProcess:
    """Grades one after the other, where it is called. log: where the steps write while they are at it."""

    def __init__(self, log: logging.Logger | logging.LoggerAdapter) -> None:
        self.log = log

    def map(self, course: Course, works: Iterable[Work]) -> Iterator[tuple[Work, Graded | Exception]]:
        for work in works:
            try:
                graded = grade(course, work, self.log)
            except Exception as problem:
                graded = problem
            yield work, graded


def grade(course: Course, work: Work, log: logging.Logger | logging.LoggerAdapter | None = None) -> Graded:
    """Grade one submission. log: where the steps write; by default, it is kept as `Graded.said`.

    Raises:
        Exception: whatever a step fails with.
    """
    said = _Said()
    log = log or said.log()
    with tempfile.TemporaryDirectory(prefix=f"grader-{os.getpid()}-") as folder:
        files, beside, gradebook = (Path(folder, name) for name in ("files", "beside", "gradebook.db"))
        write_files(work.files, files)
        write_files(course.files, beside)
        gradebook.write_bytes(course.gradebook)
        sanitizing, steps = (made(chosen, course.config, log) for chosen in (course.sanitizing, course.grading))
        with book.opened(book.Book(f"sqlite:///{gradebook}")) as private:
            notebooks = {}
            for name, content in work.notebooks.items():
                log.info("Grading %s of %s", name, work.student)
                resources = {
                    "unique_key": name,
                    "output_files_dir": f"{name}_files",
                    "output_extension": ".ipynb",
                    "metadata": {"name": name, "path": str(beside)},
                    "nbgrader": {
                        "student": work.student,
                        "assignment": course.assignment,
                        "notebook": name,
                        "db_url": private.url,
                    },
                    grading.KEY: _record(course.given[name], work, name, files),
                }
                notebook = nbformat.v4.reads(content.decode())
                notebook, resources = apply(sanitizing, notebook, resources)
                with setenv(NBGRADER_EXECUTION="autograde"):
                    notebook, resources = apply(steps, notebook, resources)
                nbformat.validate(notebook, relax_add_props=True)
                resources[grading.KEY] = grading.to_travel(grading.of(resources))
                notebooks[name] = notebook, resources
    return Graded(notebooks, said.lines)


def _record(given: Given, work: Work, name: str, files: Path) -> Grading:
    return Grading(
        unreadable=FAILED if work.failed else work.unreadable.get(name),
        failed=work.failed,
        notices=work.notices,
        files=files,
        masters=given.masters,
        ungraded=given.ungraded,
        prose=given.prose,
    )


# Steps


def split(steps: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """Those that know no gradebook but the private one; and the others, from the first on that writes into the course's."""
    kinds = [import_item(step) if isinstance(step, str) else step for step in steps]
    kinds = [kind if isinstance(kind, type) else type(kind) for kind in kinds]
    writing = (SaveAutoGrades, FlagForReview, AssignLatePenalties)
    first = next((number for number, kind in enumerate(kinds) if issubclass(kind, writing)), len(kinds))
    return list(steps[:first]), list(steps[first:])


def made(steps: Iterable[Any], config: Config, log: logging.Logger | logging.LoggerAdapter) -> list[Any]:
    """The preprocessors that nbgrader's settings name, as nbconvert makes them."""
    exporter = NotebookExporter(config=config, log=log)
    exporter._preprocessors = []  # as nbgrader itself does
    for step in steps:
        exporter.register_preprocessor(step)
    return exporter._preprocessors


def apply(steps: Iterable[Any], notebook: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
    for step in steps:
        notebook, resources = step(notebook, resources)
    return notebook, resources


# Files


def read_files(folder: Path) -> dict[str, bytes]:
    """The content of all files in a folder and below, by their paths in it."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def write_files(files: Mapping[str, bytes], folder: Path) -> None:
    """What `read_files` has read, into a folder that is made for it."""
    folder.mkdir(parents=True)
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


class _Said(logging.Handler):
    """Keeps what is said, with the traceback that belongs to it."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[tuple[int, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append((record.levelno, self.format(record)))

    def log(self) -> logging.Logger:
        log = logging.Logger("grader")
        log.addHandler(self)
        return log
