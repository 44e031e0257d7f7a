"""What was graded is entered whole or not at all: a folder in autograded/ and its rows in the gradebook agree always."""

import contextlib
import os
import sqlite3
from pathlib import Path
from typing import ClassVar

import pytest
from nbgrader.api import Gradebook
from nbgrader.converters.base import NbGraderException
from nbgrader.preprocessors import AssignLatePenalties, NbGraderPreprocessor, SaveAutoGrades

from grader.autograde.book import Book
from grader.autograde.sandbox import runner
from grader.autograde.writing import HIDDEN
from grader.tests.small_course import WEEK

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # of nbgrader's own code
STOPPED = runner.Ran(stopped="Time limit: the notebook ran for more than 600 seconds.")


@pytest.fixture
def graded(course, kernel):
    """Ada's work was graded once, and then she handed in another that gives no points."""
    course.submit("ada", timestamp="2026-11-22 12:00 UTC")
    course.autograde()
    assert course.grade("ada") == (2, None, False)
    kernel.next["ada"] = [STOPPED]
    course.submit("ada", timestamp="2026-11-22 12:01 UTC")
    return course


def state(course) -> tuple[bytes, tuple]:
    return course.graded("ada").read_bytes(), course.grade("ada")


def hidden(course) -> Path:
    return course.folder / "autograded" / HIDDEN


def before(monkeypatch, owner, name, problem):
    """Something happens where a function would have done its work."""

    def fail(*arguments, **more):
        raise problem

    monkeypatch.setattr(owner, name, fail)


def after(monkeypatch, owner, name, problem):
    """Something happens where it has done it."""
    whole = getattr(owner, name)

    def fail(*arguments, **more):
        whole(*arguments, **more)
        raise problem

    monkeypatch.setattr(owner, name, fail)


@pytest.mark.parametrize("owner", [SaveAutoGrades, AssignLatePenalties])
def test_an_interrupted_regrade_loses_nothing(graded, monkeypatch, owner):
    was = state(graded)
    after(monkeypatch, owner, "preprocess", KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        graded.autograde()
    assert state(graded) == was
    assert not hidden(graded).exists()


@pytest.mark.parametrize(("when", "score"), [(before, 2), (after, None)])
def test_a_run_that_ends_while_it_saves_leaves_no_folder_that_its_rows_are_not_of(graded, monkeypatch, when, score):
    with monkeypatch.context() as patch:
        when(patch, Book, "save", KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            graded.autograde()
    assert not graded.graded("ada").exists()
    assert graded.grade("ada")[0] == score

    graded.autograde()  # without --force
    assert graded.grade("ada") == (2, None, False)
    assert graded.graded("ada").exists()


def test_so_does_one_that_is_killed(graded, kernel):
    """As above: no handler of an exception has its turn."""
    if (child := os.fork()) == 0:
        Book.save = lambda self: os._exit(7)
        graded.autograde()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert not graded.graded("ada").exists()
    assert list(hidden(graded).iterdir())

    graded.autograde()
    assert not hidden(graded).exists()
    assert graded.graded("ada").exists()


def test_what_a_killed_run_left_is_removed_even_where_nothing_is_due(course, kernel):
    course.submit("ada")
    course.autograde()
    (hidden(course) / "new" / "ben").mkdir(parents=True)
    course.autograde()
    assert not hidden(course).exists()


@pytest.mark.parametrize(("code", "there"), [(sqlite3.SQLITE_BUSY, True), (sqlite3.SQLITE_IOERR, False)])
def test_what_was_there_comes_back_where_it_is_known_that_nothing_was_saved(graded, monkeypatch, code, there):
    """Locked: nothing was, and it is tried again. Another failure: nobody knows, and there will be a page that says so."""
    problem = sqlite3.OperationalError("once")
    problem.sqlite_errorcode = code
    save, problems, seen = Book.save, [problem], []
    whole = SaveAutoGrades.preprocess

    def fail_once(self):
        if problems:
            raise problems.pop()
        save(self)

    def look(self, *arguments):
        seen.append(graded.graded("ada").exists())
        return whole(self, *arguments)

    monkeypatch.setattr(Book, "save", fail_once)
    monkeypatch.setattr(SaveAutoGrades, "preprocess", look)
    with contextlib.nullcontext() if there else pytest.raises(NbGraderException, match="The grader failed on ada"):
        graded.autograde()
    assert seen == [True, there]
    assert graded.graded("ada").exists()


def test_a_task_that_a_person_graded_waits_for_the_person_again(course, kernel):
    """No step scores it, and so none would say that the score was for other work."""
    with Gradebook(course.url, "") as book:
        book.add_task_cell("task", WEEK, WEEK, max_score=3, cell_type="markdown")
        book.add_source_cell("task", WEEK, WEEK, source="Draw.", checksum="0", cell_type="markdown", locked=False)
    course.submit("ada", timestamp="2026-11-22 12:00 UTC")
    course.autograde()
    with Gradebook(course.url, "") as book:
        grade = book.find_grade("task", WEEK, WEEK, "ada")
        grade.manual_score, grade.needs_manual_grade = 1, False
        book.db.commit()
    course.submit("ada", timestamp="2026-11-22 12:01 UTC")
    course.autograde()
    with Gradebook(course.url, "") as book:
        grade = book.find_grade("task", WEEK, WEEK, "ada")
        assert (grade.manual_score, grade.needs_manual_grade) == (1, True)


def test_a_regrade_that_cannot_be_entered_leaves_no_old_score(graded, monkeypatch, said):
    before(monkeypatch, SaveAutoGrades, "preprocess", ZeroDivisionError("ours"))
    with pytest.raises(NbGraderException, match="The grader failed on ada"):
        graded.autograde()
    assert not graded.graded("ada").exists()
    assert graded.grade("ada") == (None, None, True)
    assert "ada: there will be no page of it in the formgrader, either" in said()


def test_a_run_over_one_notebook_that_ends_while_it_saves_leaves_the_others(course, kernel, monkeypatch):
    with Gradebook(course.url, "") as book:
        book.add_notebook("more", WEEK)
    course.submit("ada")
    course.autograde()
    folder = course.graded("ada").parent
    was = {name: (folder / name).read_bytes() for name in ("more.ipynb", "submission_secret.txt")}
    course.config.BaseConverter.force = True
    with monkeypatch.context() as patch:
        after(patch, Book, "save", KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            course.autograde(notebook_id=WEEK)
    assert not course.graded("ada").exists()

    course.config.BaseConverter.force = False
    course.autograde(notebook_id=WEEK)
    assert course.graded("ada").exists()
    assert {name: (folder / name).read_bytes() for name in was} == was


# Costs


def test_the_gradebook_is_opened_once_and_saved_once_for_each_submission(course, kernel, monkeypatch):
    opened, saved = [], []
    whole, save = Gradebook.__init__, Book.save
    monkeypatch.setattr(
        Gradebook, "__init__", lambda self, *all, **more: opened.append(all) or whole(self, *all, **more)
    )
    monkeypatch.setattr(Book, "save", lambda self: saved.append(self) or save(self))
    for student in ("ada", "ben", "cleo"):
        course.submit(student)
    course.autograde()
    assert len(opened) == 1
    assert len(saved) == 3
    assert [course.grade(student) for student in ("ada", "ben", "cleo")] == [(2, None, False)] * 3


# What nbgrader offers


class After(NbGraderPreprocessor):
    """An instructor's, that reads what was entered."""

    seen: ClassVar[list] = []

    def preprocess(self, nb, resources):
        names = resources["nbgrader"]
        with Gradebook(names["db_url"]) as book:
            submission = book.find_submission_notebook(names["notebook"], names["assignment"], names["student"])
            self.seen.append((submission.score, len(book.students)))
        return nb, resources


def test_steps_after_those_that_write_see_what_they_wrote(course, kernel):
    course.submit("ada")
    course.submit("ben")
    course.config.Autograde.autograde_preprocessors = [SaveAutoGrades, After]
    course.autograde()
    assert After.seen == [(2, 1), (2, 2)]


def test_hooks_find_what_is_before_and_what_is_after(course, kernel):
    seen = []
    course.submit("ada")
    course.config.BaseConverter.pre_convert_hook = lambda assignment, student, notebooks: seen.append(
        (student, Path(notebooks[0]).exists(), course.graded(student).exists())
    )
    course.config.BaseConverter.post_convert_hook = course.config.BaseConverter.pre_convert_hook
    course.autograde(student_id="ada")  # which is what nbgrader hands them
    assert seen == [("ada", True, False), ("ada", True, True)]


def test_files_are_read_only_or_the_groups_as_nbgrader_has_them(course, kernel):
    course.submit("ada")
    course.autograde()
    assert course.graded("ada").stat().st_mode & 0o777 == 0o444
    course.config.CourseDirectory.groupshared = True
    course.submit("ben")
    course.autograde()
    assert course.graded("ben").stat().st_mode & 0o777 == 0o664
    assert course.graded("ben").parent.stat().st_mode & 0o2770 == 0o2770
    assert (course.folder / "autograded").stat().st_mode & 0o2770 == 0o2770
