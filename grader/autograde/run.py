"""One run of `nbgrader autograde`, or of the formgrader's button: nbgrader's converter, of which it overrides a little.

Before anything is graded, it sees to it that there are a sandbox and an assignment. Then one submission after the other is
copied (see `staging`), graded, and its copy removed. None ends the run for the others: one that the grader fails on is
left to the instructor, and graded again by the next run. What was limited while the machine was overloaded is graded
again at the end. A locked gradebook is waited for. The last line says what became of all.
"""

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_notebook
from nbgrader.api import MissingEntry
from nbgrader.apps import api, autogradeapp
from nbgrader.converters import Autograde
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import rmtree

from grader import assignments
from grader.autograde import carried, ending, folders, gradebook, grading, logs, record, settings, staging
from grader.autograde.execute import SandboxedExecute
from grader.autograde.folders import Texts
from grader.autograde.gradebook import Locked
from grader.autograde.grading import Grading, Outcome
from grader.autograde.sandbox.bubblewrap import NoSandbox
from grader.limits import Limits

FAILED = "The grader failed on this notebook."


@dataclass
class Staged:
    """The copy of a submission: what staging said, and the folder of its files. failed: there was a try before."""

    student: str
    copy: staging.Copy
    files: Path
    failed: bool


class Run(Autograde):
    """Takes the place of nbgrader's converter: see `take_over`."""

    submissions: dict[str, Path]  # the folders, by student
    names: list[str]  # of the assignment's notebooks
    wanted: list[str]  # those among them that are to be graded
    texts: dict[str, Texts]  # by notebook
    limits: Limits
    staged: Staged  # of the submission at hand
    outcomes: dict[tuple[str, str], Outcome]  # by student and notebook
    starved: dict[str, Path]  # by student
    failed: list[str]  # students
    passed_over: list[str]  # the names of folders that nbgrader cannot grade

    def init_notebooks(self) -> None:
        """nbgrader looks for notebooks by their names; here the folder of a student is enough, whatever lies in it."""
        logs.guard(self.log)
        self.submissions, self.passed_over = folders.submissions(self.coursedir)
        if not self.submissions and not self.passed_over:
            places = self._format_source(self.coursedir.assignment_id, self.coursedir.student_id)
            self._refuse(f"Nobody has handed in anything there: {places}")

    def convert_notebooks(self) -> None:
        with ending.in_order():
            self._begin()
            try:
                for student, submission in self.submissions.items():
                    if self._is_due(student, submission):
                        self._grade(student, submission)
                again, self.starved = self.starved, {}
                for student, submission in again.items():
                    self.log.warning("%s was limited while the machine was overloaded: it is graded once more", student)
                    self._remove(student)
                    self._grade(student, submission)
                for student in self.starved:
                    self.log.warning("%s: the machine was still overloaded; it stays limited", student)
            except Locked as problem:
                self.log.error("%s", problem)
                raise
            finally:
                counts = Counter(self.outcomes.values())
                self.log.info("Notebooks: %s", ", ".join(f"{counts[outcome]} {outcome}" for outcome in Outcome))
        problems = [f"The grader failed on {', '.join(self.failed)}."] if self.failed else []
        if self.passed_over:
            problems.append(f"Nothing was graded of {', '.join(map(repr, self.passed_over))}: rename the folders.")
        if problems:
            raise NbGraderException(" ".join(problems))

    def _begin(self) -> None:
        assignment = self.coursedir.assignment_id
        settings.check(self)
        self.limits = Limits(parent=self)
        try:
            SandboxedExecute(parent=self).prepare(Path(self.coursedir.root), assignment)
        except NoSandbox as problem:
            self._refuse(str(problem))
        # Of its own, since it will point at copies.
        options = {name: getattr(self.coursedir, name) for name in self.coursedir.trait_names(config=True)}
        options["db_url"] = gradebook.with_timeout(self.coursedir.db_url)
        self.coursedir = CourseDirectory(parent=self.coursedir.parent, **options)
        try:
            self.names = self._patiently(folders.notebooks, self.coursedir)
        except MissingEntry:
            remedy = f"`nbgrader generate_assignment {assignment}` enters it, also where students got a bundle"
            self._refuse(f"The gradebook has no assignment {assignment}: {remedy}.")
        except Locked as problem:
            self._refuse(str(problem))
        if not assignments.graded(assignment):
            self.log.warning(
                "%s has no graded exercises in %s: the Judge scores none of its cells", assignment, assignments.FOLDER
            )
        self.wanted = staging.expected(self.names, self.coursedir.notebook_id)
        ending.remove_leftovers()
        self.texts = {name: folders.texts(self.coursedir, name) for name in self.names}
        self.outcomes, self.starved, self.failed = {}, {}, []

    def _refuse(self, reason: str) -> None:
        self.log.error("Nothing was graded. %s", reason)
        raise NbGraderException(reason)

    def _patiently(self, work: Any, *arguments: Any, **more: Any) -> Any:
        return gradebook.patiently(partial(work, *arguments, **more), self.coursedir.db_url, self.log)

    # One submission

    def _is_due(self, student: str, submission: Path) -> bool:
        """nbgrader grades what has not been graded, or was handed in later than that; by the times in both folders."""
        try:
            with self._source(student) as source:
                source.mkdir(parents=True)
                if not submission.is_symlink():
                    carried.carry(submission, source)
                self._remove_half_graded(student)
                return self.init_destination(self.coursedir.assignment_id, student)
        except Exception as problem:
            self._report_failure(student, problem)
            return False

    def _grade(self, student: str, submission: Path) -> None:
        try:
            self._patiently(self._convert, student, submission)
        except Locked:
            self._remove(student)
            raise
        except Exception as problem:
            self._report_failure(student, problem)
            try:
                self._patiently(self._convert, student, submission, failed=True)
            except Exception:
                self.log.exception("%s: there will be no page of it in the formgrader, either", student)
                self._remove(student)
        except BaseException:
            self._remove(student)
            self.log.error("Canceled")
            raise

    def _convert(self, student: str, submission: Path, failed: bool = False) -> None:
        """What nbgrader does with one. failed: with a reason for the instructor instead of a run."""
        assignment = self.coursedir.assignment_id
        with self._source(student) as source:
            self.staged = self._stage(student, submission, source, failed)
            self.run_pre_convert_hook()
            self.init_assignment(assignment, student)
            for notebook in self.notebooks:
                self.convert_single_notebook(notebook)
            self.set_permissions(assignment, student)
            self.run_post_convert_hook()

    @contextmanager
    def _source(self, student: str) -> Iterator[Path]:
        """The folder of a clean copy, still to be made, which nbgrader takes for what was handed in."""
        with tempfile.TemporaryDirectory(prefix=f"grader-{os.getpid()}-") as folder:
            self.coursedir.submitted_directory = str(Path(folder, "submitted"))
            source = Path(self._format_source(self.coursedir.assignment_id, student))
            self.notebooks = [str(source / f"{name}.ipynb") for name in self.wanted]
            yield source

    def _stage(self, student: str, submission: Path, source: Path, failed: bool) -> Staged:
        files = Path(self.coursedir.submitted_directory).with_name("files")
        try:
            copy = staging.copy(submission, source, files, self.names, self.limits)
            return Staged(student, copy, files, failed)
        except OSError:
            if not failed:
                raise
        for folder in (source, files):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        for name in self.names:
            nbformat.write(new_notebook(), source / f"{name}.ipynb")
        return Staged(student, staging.Copy(), files, failed)

    def init_assignment(self, assignment_id: str, student_id: str) -> None:
        super().init_assignment(assignment_id, student_id)
        graded = Path(self._format_dest(assignment_id, student_id))
        graded.mkdir(parents=True, exist_ok=True)
        if not carried.complete(graded):
            self.log.info("%s has no secret of nbgrader's exchange: feedback cannot be fetched there", student_id)

    def init_single_notebook_resources(self, notebook_filename: str) -> dict[str, Any]:
        """What nbgrader reads out of the path, by a pattern that a folder such as "c++" would break; and our record."""
        name, staged = Path(notebook_filename).stem, self.staged
        return {
            "unique_key": name,
            "output_files_dir": f"{name}_files",
            "nbgrader": {
                "student": staged.student,
                "assignment": self.coursedir.assignment_id,
                "notebook": name,
                "db_url": self.coursedir.db_url,
            },
            grading.KEY: Grading(
                unreadable=FAILED if staged.failed else staged.copy.unreadable.get(name),
                failed=staged.failed,
                notices=staged.copy.notices,
                files=staged.files,
                ungraded=self.texts[name].ungraded,
                prose=self.texts[name].prose,
            ),
        }

    def write_single_notebook(self, output: str, resources: dict[str, Any]) -> None:
        super().write_single_notebook(output, resources)
        at_hand, names = grading.of(resources), resources["nbgrader"]
        if at_hand.outcome is not None and not at_hand.failed:  # it was graded, and not only restored
            self.outcomes[names["student"], names["notebook"]] = at_hand.outcome
        if at_hand.outcome is Outcome.LIMITED and at_hand.starved:
            self.starved[names["student"]] = self.submissions[names["student"]]

    # What failed, and what is left of it

    def _report_failure(self, student: str, problem: Exception) -> None:
        self.failed.append(student)
        self.outcomes |= {(student, name): Outcome.FAILED for name in self.wanted}
        if isinstance(problem, OSError) and problem.errno in staging.FULL:
            folder = min((tempfile.gettempdir(), self.coursedir.root), key=lambda path: shutil.disk_usage(path).free)
            self.log.error(
                "%s: %s is full. Make room there; temporary files go elsewhere with TMPDIR=FOLDER. This submission waits "
                "for you in the formgrader, and the next run grades it",
                *(student, folder),
            )
            return
        self.log.error("There was an error processing the submission of %s", student, exc_info=problem)

    def _remove(self, student: str) -> None:
        graded = Path(self._format_dest(self.coursedir.assignment_id, student))
        if self.coursedir.notebook_id != "*":
            for name in self.wanted:
                (graded / f"{name}.ipynb").unlink(missing_ok=True)
        elif graded.exists():
            rmtree(str(graded))

    def _remove_half_graded(self, student: str) -> None:
        graded = Path(self._format_dest(self.coursedir.assignment_id, student))
        if graded.exists() and not all(record.is_graded(graded / f"{name}.ipynb") for name in self.wanted):
            self.log.warning("%s was left half graded by an earlier run: it is graded again", graded)
            self._remove(student)


def take_over() -> None:
    """Have nbgrader's command and its formgrader make a Run. They have settings for every step of grading but not for the
    converter, which goes through the submissions: that they make themselves, by this name."""
    autogradeapp.Autograde = api.Autograde = Run
