"""One run of `nbgrader autograde`, or of the formgrader's button: nbgrader's converter, of which it overrides a little.

Before anything is graded, it sees to it that there are a sandbox and an assignment. Then submissions are copied one after
the other (see `staging`), graded by a pool (see `work`), and entered into the course as they come back (see `writing`).
None ends the run for the others: one that the grader fails on is left to the instructor, and graded again by the next run.
What was limited while the machine was overloaded is graded again at the end. A locked gradebook is waited for. The last
line says what became of all.
"""

import copy
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_notebook
from nbgrader.api import MissingEntry
from nbgrader.apps import api, autogradeapp
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from sqlalchemy.exc import SQLAlchemyError
from traitlets import Integer, Unicode

from grader import assignments
from grader.autograde import book, ending, folders, gradebook, grading, lock, logs, settings, staging, work
from grader.autograde.execute import SandboxedExecute
from grader.autograde.gradebook import Locked
from grader.autograde.grading import Outcome
from grader.autograde.lock import Busy
from grader.autograde.progress import Progress
from grader.autograde.sandbox import warm
from grader.autograde.sandbox.bubblewrap import NoSandbox
from grader.autograde.work import Course, Died, Graded, InProcess, NoWorkers, Pool, Work
from grader.autograde.writing import Writing
from grader.limits import Limits


class Refused(NbGraderException):
    """Nothing was graded."""


class Run(Writing):
    """Takes the place of nbgrader's converter: see `take_over`."""

    workers = Integer(0, help="How many processes grade at once; 0: one submission after the other, in this one.").tag(
        config=True
    )

    scheduler = Unicode("", help="The address of a Dask scheduler whose workers grade.").tag(config=True)

    submissions: dict[str, Path]  # the folders, by student
    passed_over: list[str]  # the names of folders that nbgrader cannot grade
    course: Course
    outcomes: dict[tuple[str, str], Outcome]  # by student and notebook
    progress: Progress
    starved: list[str]  # students
    failed: list[str]  # students

    def init_notebooks(self) -> None:
        """nbgrader looks for notebooks by their names; here the folder of a student is enough, whatever lies in it."""
        logs.guard(self.log)
        self.submissions, self.passed_over = folders.submissions(self.coursedir)
        if not self.submissions and not self.passed_over:
            places = self._format_source(self.coursedir.assignment_id, self.coursedir.student_id)
            self._refuse(f"Nobody has handed in anything there: {places}")

    def convert_notebooks(self) -> None:
        with ending.in_order(), ExitStack() as closing:
            closing.callback(warm.stop)
            try:
                closing.enter_context(lock.held(Path(self.coursedir.root)))
                self._prepare()
                self._open(closing)
                pool = closing.enter_context(self._pool())
            except (Busy, NoWorkers) as problem:
                self._refuse(str(problem))
            try:
                self._grade(pool, filter(self._is_due, self.submissions))
                again, self.starved = self.starved, []
                for student in again:
                    self.log.warning("%s was limited while the machine was overloaded: it is graded once more", student)
                self._grade(pool, again)
                for student in self.starved:
                    self.log.warning("%s: the machine was still overloaded; it stays limited", student)
            except (Locked, NoWorkers) as problem:
                self.log.error("%s", problem)
                raise
            except Exception:
                raise
            except BaseException:
                self.log.error("Canceled")
                raise
            finally:
                counts = Counter(self.outcomes.values())
                self.log.info("Notebooks: %s", ", ".join(f"{counts[outcome]} {outcome}" for outcome in Outcome))
        problems = [f"The grader failed on {', '.join(self.failed)}."] if self.failed else []
        if self.passed_over:
            problems.append(f"Nothing was graded of {', '.join(map(repr, self.passed_over))}: rename the folders.")
        if problems:
            raise NbGraderException(" ".join(problems))

    # Before the first

    def _prepare(self) -> None:
        settings.check(self)
        try:
            SandboxedExecute(parent=self).prepare(Path(self.coursedir.root), self.coursedir.assignment_id)
        except NoSandbox as problem:
            self._refuse(str(problem))

    def _open(self, closing: ExitStack) -> None:
        # Of its own, since it will point at copies.
        options = {name: getattr(self.coursedir, name) for name in self.coursedir.trait_names(config=True)}
        options["db_url"] = gradebook.with_timeout(self.coursedir.db_url)
        self.coursedir = CourseDirectory(parent=self.coursedir.parent, **options)
        assignment = self.coursedir.assignment_id
        try:
            self._patiently(book.create, self.coursedir.db_url, self.coursedir.course_id)
            self.book = closing.enter_context(book.opened(book.Book(self.coursedir.db_url, self.coursedir.course_id)))
            self.course, self.writing = self._patiently(self._read)
        except MissingEntry:
            remedy = f"`nbgrader generate_assignment {assignment}` enters it, also where students got a bundle"
            self._refuse(f"The gradebook has no assignment {assignment}: {remedy}.")
        except Locked as problem:
            self._refuse(str(problem))
        except (ModuleNotFoundError, SQLAlchemyError) as problem:
            self._refuse(gradebook.why_not_opened(self.coursedir.db_url, problem))
        if not assignments.graded(assignment):
            self.log.warning(
                "%s has no graded exercises in %s: the Judge scores none of its cells", assignment, assignments.FOLDER
            )
        self.names = list(self.course.given)
        self.wanted = staging.expected(self.names, self.coursedir.notebook_id)
        ending.remove_leftovers()
        self.remove_leftovers()
        self.limits = Limits(parent=self)
        self.outcomes, self.starved, self.failed = {}, [], []

    def _pool(self) -> AbstractContextManager[Pool]:
        self.progress = Progress(self.log, len(self.submissions))
        if not self.workers and not self.scheduler:
            return nullcontext(InProcess(self.log))
        from grader.autograde.workers import Workers  # Dask takes its time

        return Workers(self.log, self.progress, min(self.workers, len(self.submissions)), self.scheduler)

    def _read(self) -> tuple[Course, list[Any]]:
        """What the course says about all submissions, and the steps that are left to the writer."""
        assignment = self.coursedir.assignment_id
        config = copy.deepcopy(self.config)
        config.CourseDirectory.pop("db_url", None)  # nobody else needs to know where the gradebook is, and its password
        config.SandboxedExecute.seed = SandboxedExecute(parent=self).drawn_seed()
        steps, writing = work.split(self.autograde_preprocessors)
        course = Course(
            assignment,
            config,
            book.extract(self.book, assignment),
            folders.given(self.coursedir, self.book),
            folders.files(self.coursedir, self.exclude_overwriting.get(assignment, [])),
            self.sanitize_preprocessors,
            steps,
        )
        self.book.drop()
        return course, writing

    def _refuse(self, reason: str) -> None:
        self.log.error("Nothing was graded. %s", reason)
        raise Refused(reason)

    def _patiently(self, task: Any, *arguments: Any) -> Any:
        return gradebook.patiently(partial(task, *arguments), self.coursedir.db_url, self.log)

    # Submissions

    def _is_due(self, student: str) -> bool:
        due = False
        try:
            due = folders.is_due(self.coursedir, student, self.submissions[student], self.wanted, self.force)
        except Exception as problem:
            self._report_failure(student, problem)
        if not due:
            self.progress.leave_out()
        return due

    def _grade(self, pool: Pool, students: Iterable[str]) -> None:
        for done, graded in pool.map(self.course, map(self._stage, students)):
            if isinstance(graded, Graded):
                for level, line in graded.said:
                    self.log.log(level, "%s", line)
                try:
                    self._write(done, graded)
                    continue
                except Locked:
                    raise
                except Exception as problem:
                    graded = problem
            self._report_failure(done.student, graded)
            if isinstance(graded, Died):  # so this process is not to look at it
                done = replace(done, notebooks=self._empty(), files={})
            self._leave(done)

    def _stage(self, student: str) -> Work:
        try:
            with self.source(student) as source:
                files = source.parent / "files"
                clean = staging.copy(self.submissions[student], source, files, self.names, self.limits)
                self.run_pre_convert_hook()
                found = work.read_files(source)
                notebooks = {name: found.pop(f"{name}.ipynb") for name in self.names}
                wanted = {name: notebooks[name] for name in self.wanted}
                return Work(student, wanted, work.read_files(files), found, clean.unreadable, clean.notices)
        except Exception as problem:
            self._report_failure(student, problem)
        return Work(student, self._empty(), failed=True)

    def _empty(self) -> dict[str, bytes]:
        return dict.fromkeys(self.wanted, nbformat.writes(new_notebook()).encode())

    def _write(self, done: Work, graded: Graded) -> None:
        self._patiently(self.write, done, graded)
        for name, (_, resources) in graded.notebooks.items():
            at_hand = grading.of(resources)
            if not done.failed:
                self.outcomes[done.student, name] = at_hand.outcome
            if at_hand.outcome is Outcome.LIMITED and at_hand.starved and done.student not in self.starved:
                self.starved.append(done.student)

    def _leave(self, done: Work) -> None:
        """To the instructor, with the reason in the place of scores."""
        try:
            failed = replace(done, failed=True)
            self._write(failed, work.grade(self.course, failed, self.log))
        except Locked:
            raise
        except Exception:
            self.log.exception("%s: there will be no page of it in the formgrader, either", done.student)
            try:
                self._patiently(self.withdraw, done.student)
            except Exception:
                self.log.exception("%s: scores of an earlier grading may still be in the gradebook", done.student)

    def _report_failure(self, student: str, problem: Exception) -> None:
        self.failed += [student] if student not in self.failed else []
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


def take_over() -> None:
    """Have nbgrader's command and its formgrader make a Run. They have settings for every step of grading but not for the
    converter, which goes through the submissions: that they make themselves, by this name."""
    autogradeapp.Autograde = api.Autograde = Run


def is_in_charge() -> bool:
    """Has `take_over` been called, as a course's settings do?"""
    return autogradeapp.Autograde is Run
