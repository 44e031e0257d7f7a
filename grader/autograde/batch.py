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

from grader.autograde import staging
from grader.autograde.execute import SandboxedExecute
from grader.autograde.limits import Limits
from grader.autograde.restore import SCENERY, TEXT
from grader.autograde.sandbox import NoSandbox


class BatchExporter(NotebookExporter):
    """`c.Autograde.exporter_class`. Hands to the preprocessors, in `resources`, what the copying of a notebook found,
    "grader_unreadable" (a reason, or None), "grader_notices", and "grader_files" (a folder); and what the master has
    besides nbgrader's cells, "grader_texts": the code that no graded work needs, under SCENERY, and the prose, under TEXT.
    """

    def __init__(self, parent: Autograde, **kwargs: Any) -> None:
        super().__init__(parent=parent, **kwargs)
        self.copies: dict[str, staging.Copy] = {}  # by student
        self.files: dict[str, Path] = {}  # by student
        self.texts: dict[str, dict[str, set[str]]] = {}  # by notebook
        self.outcomes: Counter[str] = Counter()
        try:
            SandboxedExecute(parent=self).prepare(Path(parent.coursedir.root))
        except NoSandbox as problem:
            self.log.error("Nothing was graded. %s", problem)
            raise NbGraderException(str(problem)) from None
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
        if graded.exists() and not all(staging.is_graded(graded / f"{name}.ipynb") for name in names):
            self.log.warning("%s was left half graded by an earlier run: it is graded again", graded)
            rmtree(str(graded))

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kwargs: Any
    ) -> tuple[str, dict[str, Any]]:
        names = resources["nbgrader"]
        copy = self.copies[names["student"]]
        resources["grader_unreadable"] = copy.unreadable.get(names["notebook"])
        resources["grader_notices"] = copy.notices
        resources["grader_files"] = self.files[names["student"]]
        resources["grader_texts"] = self.texts[names["notebook"]]
        output, resources = super().from_notebook_node(nb, resources, **kwargs)
        if "grader_outcome" in resources:  # it was graded, and not only sanitized
            self.outcomes[resources["grader_outcome"]] += 1
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


def _texts(course: CourseDirectory, name: str) -> dict[str, set[str]]:
    """See `BatchExporter`; nothing where the master is not at hand."""
    texts: dict[str, set[str]] = {SCENERY: set(), TEXT: set()}
    master = Path(course.format_path(course.source_directory, ".", course.assignment_id), f"{name}.ipynb")
    for cell in nbformat.read(master, as_version=4).cells if master.is_file() else []:
        if cell.cell_type == "markdown":
            texts[TEXT].add(cell.source)
        elif SCENERY in cell.metadata.get("tags", []):
            texts[SCENERY].add(cell.source)
    return texts


def _remove_leftovers() -> None:
    """The temporary folders of runs that were killed."""
    for path in Path(tempfile.gettempdir()).glob("grader-*-*"):
        pid = path.name.split("-")[1]
        if pid.isdigit() and not psutil.pid_exists(int(pid)) and path.stat().st_uid == os.getuid():
            shutil.rmtree(path, ignore_errors=True)


def _summarize(log: Logger, outcomes: Counter[str]) -> None:
    counts = ", ".join(f"{outcomes[outcome]} {outcome}" for outcome in ("graded", "limited", "unreadable"))
    log.info("Notebooks: %s", counts)
