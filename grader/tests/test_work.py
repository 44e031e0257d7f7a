"""A submission is graded by what travels to it, and by nothing else: the course may be on another machine."""

import logging
import pickle
import shutil
import sqlite3

import pytest
from nbgrader.api import Gradebook
from nbgrader.preprocessors import AssignLatePenalties, NbGraderPreprocessor, SaveAutoGrades
from traitlets import Unicode
from traitlets.config import Config

from grader.autograde import grading, run, work
from grader.autograde.execute import SandboxedExecute
from grader.autograde.grading import Outcome
from grader.autograde.judge import FlagForReview, Judge
from grader.autograde.restore import Restore
from grader.autograde.sandbox import runner
from grader.autograde.truncate import TruncateFeedback
from grader.tests.small_course import WEEK

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # of nbgrader's own code


class Recording:
    """A pool that keeps what it is given, and grades what was pickled and unpickled."""

    def __init__(self, log):
        self.kept = []

    def map(self, course, works):
        for each in works:
            self.kept.append(pickle.dumps((course, each)))
            yield each, pickle.loads(pickle.dumps(work.grade(*pickle.loads(self.kept[-1]))))


@pytest.fixture
def sent(course, kernel, monkeypatch):
    """`sent()` grades the course, and says what went to the pool, pickled."""
    pools = []
    monkeypatch.setattr(run, "InProcess", lambda log: pools.append(Recording(log)) or pools[-1])

    def grade() -> list[bytes]:
        course.autograde()
        return pools[-1].kept

    return grade


def test_what_travels_is_enough(course, sent):
    course.submit("ada")
    (kept,) = sent()
    assert course.grade("ada") == (2, None, False)
    shutil.rmtree(course.folder)
    graded = work.grade(*pickle.loads(kept))
    (notebook, resources) = graded.notebooks[WEEK]
    assert notebook.cells[0].source == "# ada"
    assert grading.of(resources).outcome is Outcome.GRADED


def test_what_travels_knows_no_student_but_one_and_no_way_to_the_gradebook(course, sent):
    course.url += "?timeout=17"  # in the place of a password
    course.config.CourseDirectory.db_url = course.url
    for student in ("ada-lovelace", "ben-kenobi"):
        course.submit(student)
    first, second = sent()
    assert b"ada-lovelace" in first
    assert b"ada-lovelace" not in second
    assert b"timeout=17" not in first


def test_the_gradebook_that_travels_is_of_one_assignment_and_no_student(course, sent):
    with Gradebook(course.url, "") as book:
        book.add_assignment("week2")
        book.add_notebook("week2", "week2")
        book.add_student("eve")
    course.submit("ada")
    (kept,) = sent()
    private = sqlite3.connect(":memory:")
    private.deserialize(pickle.loads(kept)[0].gradebook)
    there = {"assignment": 1, "notebook": 1, "source_cell": 2, "base_cell": 2, "grade_cells": 1, "solution_cells": 1}
    expected = {**there, "student": 0, "submitted_assignment": 0, "grade": 0}
    found = {table: private.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in expected}
    assert found == expected


def test_hidden_cases_do_not_come_back(course, kernel, monkeypatch):
    monkeypatch.setattr("grader.assignments.graded", lambda assignment: {"loss": None})
    monkeypatch.setattr("grader.autograde.execute.graded_cases", lambda assignment, seed: {"loss": ["secret"]})
    monkeypatch.setattr("grader.autograde.execute.ask", lambda path, cases: path.write_text("{}"))
    seen = []
    whole = run.Run.write
    monkeypatch.setattr(run.Run, "write", lambda self, done, graded: seen.append(graded) or whole(self, done, graded))
    course.submit("ada")
    course.autograde()
    assert b"secret" not in pickle.dumps(seen)


# Steps


def test_steps_are_divided_where_the_first_writes_into_the_gradebook():
    class Mine(SaveAutoGrades):
        pass

    before = [SandboxedExecute, Judge, "grader.autograde.truncate.TruncateFeedback"]
    for writing in (SaveAutoGrades, Mine, FlagForReview, AssignLatePenalties, "nbgrader.preprocessors.SaveAutoGrades"):
        assert work.split([*before, writing, Judge]) == (before, [writing, Judge])
    assert work.split(before) == (before, [])


class Stamp(NbGraderPreprocessor):
    """An instructor's, that is set in nbgrader_config.py."""

    text = Unicode("?").tag(config=True)

    def preprocess(self, nb, resources):
        names = resources["nbgrader"]
        with Gradebook(names["db_url"]) as book:
            found = [cell.name for cell in book.find_notebook(names["notebook"], names["assignment"]).source_cells]
        nb.cells[0].source += f"  # {self.text} {found}"
        resources["stamped"] = True
        self.log.warning("Stamped for %s", names["student"])
        return nb, resources


@pytest.mark.parametrize("place", ["sanitize_preprocessors", "autograde_preprocessors"])
def test_a_step_of_the_instructors_own_has_its_settings_a_gradebook_and_the_log(course, kernel, said, place):
    course.submit("ada")
    steps = {"sanitize_preprocessors": [Restore], "autograde_preprocessors": [SandboxedExecute, Judge, SaveAutoGrades]}
    steps[place].insert(1, Stamp)
    course.config.Autograde = Config(steps)
    course.config.Stamp.text = "by Zoë"
    course.autograde()
    assert "# by Zoë ['loss', 'tests']" in course.page("ada")
    assert "Stamped for ada" in said()
    course.config.Stamp.enabled = False
    course.config.BaseConverter.force = True
    course.autograde()
    assert "by Zoë" not in course.page("ada")


# The log


def test_what_is_said_elsewhere_comes_back_with_its_level_and_tracebacks(course, sent, monkeypatch, caplog):
    caplog.set_level(logging.INFO)

    def complain(self, nb, resources):
        try:
            raise ZeroDivisionError("ours\x1b[2J")
        except ZeroDivisionError:
            self.log.exception("The grader failed on %s", "100%s")
        return nb, resources

    monkeypatch.setattr(TruncateFeedback, "preprocess", lambda self, nb, resources: (nb, resources))
    monkeypatch.setattr(Judge, "preprocess", complain)
    course.submit("ada")
    sent()
    (record,) = (each for each in caplog.records if "failed on 100%s" in each.getMessage())
    assert record.levelno == logging.ERROR
    assert r"ZeroDivisionError: ours\x1b[2J" in record.getMessage()
    assert f"Grading {WEEK} of ada" in [each.getMessage() for each in caplog.records]


# Files


def test_the_assignments_files_lie_beside_the_notebook_but_for_those_that_students_change(course, kernel, monkeypatch):
    masters = course.folder / "source" / WEEK
    (masters / "data").mkdir(parents=True)
    for name in ("mine.py", "theirs.py", "data/x.txt"):
        (masters / name).write_text("master")
    folder = course.submit("ada")
    for name in ("mine.py", "theirs.py"):
        (folder / name).write_text("ada")
    seen = {}

    def look(cells, questions, files, *more):
        seen.update({str(path.relative_to(files)): path.read_text() for path in files.rglob("*") if path.is_file()})
        return runner.Ran()

    monkeypatch.setattr(runner, "run", look)
    course.config.Autograde.exclude_overwriting = {WEEK: ["theirs.py"]}
    course.autograde()
    assert seen == {"mine.py": "master", "theirs.py": "ada", "data/x.txt": "master"}
