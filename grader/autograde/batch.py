"""One run of `nbgrader autograde`: what happens before its first submission and after its last.

nbgrader makes one exporter for a run, before it looks into any submission. This one first sees to it that there is a
sandbox, then points the run at clean copies of the submissions, and removes what a run that was cut short left half
graded. At the end it says in one line what became of all.
"""

import glob
import os
import re
import shutil
import tempfile
import weakref
from collections import Counter
from collections.abc import Iterator
from logging import Logger
from pathlib import Path
from typing import Any

import nbformat
import psutil
from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import Autograde
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import rmtree

from grader import assignments
from grader.autograde import grading, record, staging
from grader.autograde.execute import SandboxedExecute
from grader.autograde.grading import Grading, Outcome
from grader.autograde.restore import UNGRADED
from grader.autograde.sandbox.bubblewrap import NoSandbox
from grader.limits import Limits


class BatchExporter(NotebookExporter):
    """`c.Autograde.exporter_class`. Begins the record of each notebook (see `grading`) with what the copying of the
    submission found, and what the master has besides nbgrader's cells."""

    def __init__(self, parent: Autograde, **kwargs: Any) -> None:
        super().__init__(parent=parent, **kwargs)
        self.copies: dict[str, staging.Copy] = {}  # by student
        self.files: dict[str, Path] = {}  # by student
        self.texts: dict[str, tuple[frozenset[str], frozenset[str]]] = {}  # by notebook; see `_texts`
        self.outcomes: Counter[Outcome] = Counter()
        assignment = parent.coursedir.assignment_id
        try:
            SandboxedExecute(parent=self).prepare(Path(parent.coursedir.root), assignment)
        except NoSandbox as problem:
            self.log.error("Nothing was graded. %s", problem)
            raise NbGraderException(str(problem)) from None
        if not assignments.graded(assignment):
            self.log.warning(
                "%s has no graded exercises in %s: the Judge scores none of its cells", assignment, assignments.FOLDER
            )
        self._take_over(parent)
        weakref.finalize(self, _summarize, self.log, self.outcomes)

    def _take_over(self, run: Autograde) -> None:
        """Point the run at copies of the submissions."""
        course = run.coursedir
        try:
            with Gradebook(course.db_url, course.course_id) as gradebook:
                notebooks = [notebook.name for notebook in gradebook.find_assignment(course.assignment_id).notebooks]
        except MissingEntry:
            remedy = (
                f"`nbgrader generate_assignment {course.assignment_id}` enters it, also where students got a bundle"
            )
            reason = f"The gradebook has no assignment {course.assignment_id}: {remedy}."
            self.log.error("Nothing was graded. %s", reason)
            raise NbGraderException(reason) from None
        names = staging.expected(notebooks, course.notebook_id)
        _remove_leftovers()
        folder = tempfile.TemporaryDirectory(prefix=f"grader-{os.getpid()}-")
        weakref.finalize(self, folder.cleanup)
        submitted = Path(folder.name, "submitted")
        self.texts = {name: _texts(course, name) for name in names}
        run.assignments = {}
        limits = Limits(parent=self)
        for student, path in submissions(course):
            copy, files = submitted / student / course.assignment_id, Path(folder.name, "files", student)
            self.copies[student] = staging.copy(path, copy, files, names, limits)
            self.files[student] = files
            self._remove_half_graded(run, student, names)
            run.assignments[str(copy)] = [str(copy / f"{name}.ipynb") for name in names]
        settings = {name: getattr(course, name) for name in course.trait_names(config=True)}
        run.coursedir = CourseDirectory(parent=course.parent, **{**settings, "submitted_directory": str(submitted)})

    def _remove_half_graded(self, run: Autograde, student: str, names: list[str]) -> None:
        graded = Path(
            run.coursedir.format_path(run.coursedir.autograded_directory, student, run.coursedir.assignment_id)
        )
        if graded.exists() and not all(record.is_graded(graded / f"{name}.ipynb") for name in names):
            self.log.warning("%s was left half graded by an earlier run: it is graded again", graded)
            rmtree(str(graded))

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kwargs: Any
    ) -> tuple[str, dict[str, Any]]:
        names = resources["nbgrader"]
        copy = self.copies[names["student"]]
        ungraded, prose = self.texts[names["notebook"]]
        resources[grading.KEY] = Grading(
            unreadable=copy.unreadable.get(names["notebook"]),
            notices=copy.notices,
            files=self.files[names["student"]],
            ungraded=ungraded,
            prose=prose,
        )
        output, resources = super().from_notebook_node(nb, resources, **kwargs)
        outcome = grading.of(resources).outcome  # of a copy, which nbconvert makes
        if outcome is not None:  # it was graded, and not only restored
            self.outcomes[outcome] += 1
        return output, resources


def submissions(course: CourseDirectory) -> Iterator[tuple[str, Path]]:
    """The students who handed in something, and their folders."""
    step, assignment = course.submitted_directory, course.assignment_id
    student_of = re.compile(course.format_path(step, "(?P<student>.*)", assignment, escape=True))
    for path in sorted(glob.glob(course.format_path(step, course.student_id, assignment))):
        if match := student_of.fullmatch(path):
            yield match["student"], Path(path)
        else:  # a line break in the name of a folder, which must not end the grading of all others
            course.log.warning("%r is no name of a student: it is not graded", path)


def _texts(course: CourseDirectory, name: str) -> tuple[frozenset[str], frozenset[str]]:
    """What the master of a notebook has besides nbgrader's cells: the code that no graded work needs, and the prose;
    nothing where the master is not at hand."""
    master = Path(course.format_path(course.source_directory, ".", course.assignment_id), f"{name}.ipynb")
    cells = nbformat.read(master, as_version=4).cells if master.is_file() else []
    prose = {cell.source for cell in cells if cell.cell_type == "markdown"}
    ungraded = {cell.source for cell in cells if UNGRADED in cell.metadata.get("tags", [])} - prose
    return frozenset(ungraded), frozenset(prose)


def _remove_leftovers() -> None:
    """The temporary folders of runs that were killed."""
    for path in Path(tempfile.gettempdir()).glob("grader-*-*"):
        pid = path.name.split("-")[1]
        if pid.isdigit() and not psutil.pid_exists(int(pid)) and path.stat().st_uid == os.getuid():
            shutil.rmtree(path, ignore_errors=True)


def _summarize(log: Logger, outcomes: Counter[Outcome]) -> None:
    counts = ", ".join(f"{outcomes[outcome]} {outcome}" for outcome in Outcome)
    log.info("Notebooks: %s", counts)
