"""Enters what was graded into the course: one submission at a time, all of it or nothing.

A folder autograded/STUDENT/ASSIGNMENT says that what lies in it is in the gradebook. So the new one is made in a hidden
folder beside the students' first. Then the old one steps aside, the rows are saved, and the new one takes its place: a run
that is killed in between leaves the place empty, and the next one grades the submission again. Whatever fails before
leaves everything as it was.
"""

import copy
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.converters import Autograde

from grader.autograde import carried, work
from grader.autograde.book import Book, forget_scores
from grader.autograde.gradebook import is_locked
from grader.autograde.work import Graded, Work

HIDDEN = ".grader"  # in autograded/; nobody whose name begins with a dot is graded


class Writing(Autograde):
    """nbgrader's converter, as far as it is about the course's own folder and gradebook."""

    book: Book
    names: list[str]  # of the assignment's notebooks
    wanted: list[str]  # those among them that are to be graded
    writing: list[Any]  # the steps from the first on that writes into the gradebook, as nbgrader's settings name them
    hidden: Path | None = None  # the folder for what is being written, while it is

    @property
    def _output_directory(self) -> str:
        return str(self.hidden / "new") if self.hidden else self.coursedir.autograded_directory

    def write(self, done: Work, graded: Graded) -> None:
        """Enter one submission.

        Raises:
            Exception: something failed.
        """
        assignment, student = self.coursedir.assignment_id, done.student
        place = self.place(student)
        whole = self.coursedir.notebook_id == "*" or not place.exists()
        with self.source(student) as source, self._unsaved():
            work.write_files(done.carried, source)
            for name in self.names:  # of a file that was missing nbgrader would think that it deserves no points
                (source / f"{name}.ipynb").write_bytes(done.notebooks.get(name, b""))
            with self._hide() as hidden:
                new = self.place(student)
                self.init_assignment(assignment, student)
                new.mkdir(parents=True, exist_ok=True)
                if not carried.complete(new if whole else place):
                    self.log.info("%s has no secret of nbgrader's exchange: feedback cannot be fetched there", student)
                for name, (notebook, resources) in graded.notebooks.items():
                    forget_scores(self.book, assignment, name, student)
                    self._enter(*copy.deepcopy((notebook, resources)))
                self.set_permissions(assignment, student)
                self._put_in_place(self._parts(new, place, whole), hidden)
            if self.coursedir.groupshared or not whole:
                self.set_permissions(assignment, student)  # of autograded/ itself, and of what was there
            self.run_post_convert_hook()

    def withdraw(self, student: str) -> None:
        """Take back what an earlier grading made of the notebooks, and its automatic scores."""
        place = self.place(student)
        if self.coursedir.notebook_id == "*":
            shutil.rmtree(place, ignore_errors=True)
        for name in self.wanted:
            (place / f"{name}.ipynb").unlink(missing_ok=True)
        with self._unsaved():
            for name in self.wanted:
                forget_scores(self.book, self.coursedir.assignment_id, name, student)
            self.book.save()

    def remove_leftovers(self) -> None:
        """Of a run that was killed while it wrote. No other run may be at it."""
        shutil.rmtree(self._hidden(), ignore_errors=True)

    @contextmanager
    def source(self, student: str) -> Iterator[Path]:
        """A folder, still to be made, that nbgrader takes for what the student handed in."""
        with tempfile.TemporaryDirectory(prefix=f"grader-{os.getpid()}-") as folder:
            self.coursedir.submitted_directory = str(Path(folder, "submitted"))
            source = Path(self._format_source(self.coursedir.assignment_id, student))
            self.notebooks = [str(source / f"{name}.ipynb") for name in self.wanted]
            yield source

    def place(self, student: str) -> Path:
        return Path(self._format_dest(self.coursedir.assignment_id, student))

    def _enter(self, notebook: NotebookNode, resources: dict[str, Any]) -> None:
        names = resources["nbgrader"]
        names["db_url"] = self.coursedir.db_url
        resources["metadata"]["path"] = str(self.place(names["student"]))
        steps = work.made(self.writing, self.config, self.log)
        notebook, resources = work.apply(steps, notebook, resources)
        for number, cell in enumerate(notebook.cells):
            if "nbgrader" not in cell.metadata:  # else its name says what it is; that of others was drawn
                cell.id = f"grader-{number}"
        self.write_single_notebook(nbformat.v4.writes(notebook) + "\n", resources)

    def _put_in_place(self, parts: list[tuple[Path, Path]], hidden: Path) -> None:
        """In an order in which no folder is there without its rows."""
        self.book.db.flush()
        aside = [(hidden / str(number), place) for number, (_, place) in enumerate(parts) if os.path.lexists(place)]
        for old, place in aside:
            place.rename(old)
        try:
            self.book.save()
        except Exception as problem:
            if is_locked(problem):  # else nobody knows whether it was saved
                for old, place in aside:
                    old.rename(place)
            raise
        for new, place in parts:
            place.parent.mkdir(parents=True, exist_ok=True)
            new.rename(place)

    def _parts(self, new: Path, place: Path, whole: bool) -> list[tuple[Path, Path]]:
        """What is moved, and where to: a folder, or the files in it, where other notebooks stay (`--notebook`)."""
        if whole:
            return [(new, place)]
        return [(path, place / path.relative_to(new)) for path in new.rglob("*") if path.is_file()]

    @contextmanager
    def _hide(self) -> Iterator[Path]:
        hidden = self._hidden()
        hidden.mkdir(parents=True, exist_ok=True)
        self.hidden = hidden
        try:
            yield hidden
        finally:
            self.hidden = None
            shutil.rmtree(hidden, ignore_errors=True)

    def _hidden(self) -> Path:
        return Path(self.coursedir.format_path(self.coursedir.autograded_directory, ".", "."), HIDDEN)

    @contextmanager
    def _unsaved(self) -> Iterator[None]:
        try:
            yield
        finally:
            self.book.drop()
