"""A run over a class, in this process and without a kernel: what one submission meets does not reach the others."""

import contextlib
import errno
import logging
import os
import re
import shutil
import sqlite3
import tempfile
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
import sqlalchemy
from nbgrader.api import Gradebook
from nbgrader.converters.base import NbGraderException

from grader import assignments
from grader.autograde import carried, folders, gradebook, staging
from grader.autograde.execute import SandboxedExecute
from grader.autograde.grading import Outcome
from grader.autograde.sandbox import runner
from grader.limits import Limits
from grader.tests.small_course import CHECKSUM, WEEK

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # of nbgrader's own code
LIMITED = "Time limit: cell 2 ran for more than 60 seconds and could not be interrupted."


def test_a_class_is_graded_and_the_last_line_counts(course, kernel, said):
    course.submit("ada")
    course.submit("ben", content="{")
    course.autograde()
    assert kernel.ran == ["ada"]
    assert course.grade("ada") == (2, None, False)
    assert said()[-1] == "Notebooks: 1 graded, 0 limited, 1 unreadable, 0 failed"


def test_one_student_whose_notebook_has_another_name_is_graded(course, kernel):
    (course.submit("ada") / f"{WEEK}.ipynb").rename(course.folder / "submitted" / "ada" / WEEK / f"{WEEK}.ipynb.txt")
    course.submit("ben")
    course.autograde(student_id="ada")
    assert kernel.ran == ["ada"]
    assert course.grade("ada") == (2, None, False)


def test_where_nobody_handed_in_the_place_is_named(course, kernel, said):
    course.submit("ada")
    with pytest.raises(NbGraderException, match=re.escape(str(course.folder / "submitted" / "eve" / WEEK))):
        course.autograde(student_id="eve")
    assert said()[-1].startswith("Nothing was graded. Nobody has handed in anything there:")


@pytest.mark.parametrize(("assignment", "warned"), [(WEEK, True), (assignments.TUTORIAL, True), ("homework3", False)])
def test_an_assignment_without_exercises_is_named_at_the_start(course, kernel, said, assignment, warned):
    course.submit("ada")
    if assignment != WEEK:
        with Gradebook(course.url, "") as book:
            book.add_assignment(assignment)
        (course.folder / "submitted" / "ada" / assignment).mkdir(parents=True)
        (course.folder / "submitted" / "ada" / assignment / "x.ipynb").touch()
    with contextlib.suppress(NbGraderException):  # the gradebook has no notebook of it
        course.autograde(assignment_id=assignment)
    line = f"{assignment} has no graded exercises in {assignments.FOLDER}: the Judge scores none of its cells"
    assert (line in said()) == warned


def test_the_name_of_a_folder_does_nothing_to_the_terminal(course, kernel, said):
    course.submit("e\x1b[2Jve\r\u202e")
    with pytest.raises(NbGraderException):
        course.autograde()
    assert any(r"e\x1b[2Jve\r\u202e" in line for line in said())
    assert all(line.isprintable() for line in said())


def test_a_folder_that_nbgrader_cannot_grade_ends_the_run_with_an_error_after_all_others(course, kernel, said):
    for student in ("ada", "lee[7]", "trail ", ".cleo"):
        course.submit(student)
    with pytest.raises(NbGraderException, match=re.escape("Nothing was graded of '.cleo', 'lee[7]', 'trail ': rename")):
        course.autograde()
    assert kernel.ran == ["ada"]
    assert course.grade("ada") == (2, None, False)
    assert not (course.folder / "autograded" / "lee[7]").exists()


# What waits for the instructor


@pytest.mark.parametrize(
    ("content", "reason"),
    [("{", "its JSON is broken"), ('{"nbformat": 5}', "newer than 4"), (None, "was not handed in")],
)
def test_what_could_not_be_read_waits_for_the_instructor_whose_score_survives(course, kernel, said, content, reason):
    folder = course.submit("ada", content)
    course.submit("zoe")
    if content is None:
        (folder / f"{WEEK}.ipynb").unlink()
    course.autograde()
    assert course.grade("ada") == (None, None, True)
    assert reason in course.page("ada")
    assert any(reason in line for line in said())

    with Gradebook(course.url, "") as book:
        grade = book.find_grade("tests", WEEK, WEEK, "ada")
        grade.manual_score, grade.needs_manual_grade = 1.5, False
        book.db.commit()
    course.config.BaseConverter.force = True
    course.autograde()
    assert course.grade("ada")[:2] == (None, 1.5)
    assert kernel.ran == ["zoe", "zoe"]


def test_tests_of_nbgraders_own_kind_that_were_not_run_give_no_points(course, kernel):
    kernel.next["ada"] = [runner.Ran(stopped=LIMITED)]
    course.submit("ada")
    course.autograde()
    assert course.grade("ada") == (None, None, True)


def test_what_the_grader_fails_on_waits_with_its_cells_and_is_graded_by_the_next_run(course, kernel, said):
    kernel.next["ada"] = [ZeroDivisionError("ours")]
    course.submit("ada")
    course.submit("ben")
    with pytest.raises(NbGraderException, match="The grader failed on ada"):
        course.autograde()
    assert course.grade("ada") == (None, None, True)
    assert "The grader failed on this notebook" in course.page("ada")
    assert "# ada" in course.page("ada")
    assert course.grade("ben") == (2, None, False)
    assert said()[-1] == "Notebooks: 1 graded, 0 limited, 0 unreadable, 1 failed"

    course.autograde()
    assert kernel.ran == ["ada", "ben", "ada"]
    assert course.grade("ada") == (2, None, False)


# Copies


def full(*arguments, **more):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_folder_for_temporary_files_costs_one_submission_and_is_named(course, kernel, said, monkeypatch):
    for student in ("ada", "ben"):
        course.submit(student)
    whole = staging.copy
    monkeypatch.setattr(
        staging, "copy", lambda source, *more: full() if "ada" in source.parts else whole(source, *more)
    )
    with pytest.raises(NbGraderException):
        course.autograde()
    (line,) = (line for line in said() if "is full" in line)
    assert line.startswith(f"ada: {tempfile.gettempdir()} is full. ")
    assert "TMPDIR=FOLDER" in line
    assert course.grade("ada") == (None, None, True)
    assert "The grader failed on this notebook" in course.page("ada")
    assert course.grade("ben") == (2, None, False)


def test_one_in_which_nothing_can_be_made_costs_one_submission(course, kernel, monkeypatch):
    for student in ("ada", "ben"):
        course.submit(student)
    due, make = folders.is_due, tempfile.mkdtemp

    def ada_is_due(course, student, *more):
        monkeypatch.setattr(tempfile, "mkdtemp", full if student == "ada" else make)
        return due(course, student, *more)

    monkeypatch.setattr(folders, "is_due", ada_is_due)
    with pytest.raises(NbGraderException, match="The grader failed on ada"):
        course.autograde()
    assert course.grade("ben") == (2, None, False)


@pytest.mark.parametrize("function", ["write_bytes", "write_text", "mkdir"])
def test_no_room_is_no_fault_of_a_submission(course, tmp_path, monkeypatch, function):
    folder = course.submit("ada", timestamp="2026-11-22 12:00 UTC")
    (folder / "figures").mkdir()
    (folder / "figures" / "a.png").touch()
    monkeypatch.setattr(Path, function, full)
    with pytest.raises(OSError, match="No space left"):
        staging.copy(folder, tmp_path / "to", tmp_path / "files", [WEEK], Limits())


def test_one_submission_is_copied_at_a_time_and_none_that_is_not_graded(course, kernel, monkeypatch):
    copied, seen = [], []
    whole = staging.copy
    monkeypatch.setattr(staging, "copy", lambda source, *more: copied.append(source.parts[-2]) or whole(source, *more))
    for student in ("ada", "ben"):
        course.submit(student, timestamp="2026-11-22 12:00 UTC")
        kernel.next[student] = [lambda: seen.append(copied.copy())]
    course.autograde()
    assert seen == [["ada"], ["ada", "ben"]]
    assert list(Path(tempfile.gettempdir()).iterdir()) == []

    copied.clear()
    course.submit("ben", timestamp="2026-11-22 12:01 UTC")
    course.autograde()
    assert copied == ["ben"]
    assert kernel.ran == ["ada", "ben", "ben"]


def test_what_an_older_version_left_half_graded_is_graded_again(course, kernel, said):
    """Those wrote into autograded/ from the beginning; it is the record of the Judge that says that it came to the end."""
    course.submit("ada")
    course.autograde()
    course.graded("ada").chmod(0o644)
    course.graded("ada").write_text(course.notebook("half"))
    course.autograde()
    assert f"{course.graded('ada').parent} was left half graded by an earlier run: it is graded again" in said()
    assert kernel.ran == ["ada", "ada"]
    assert "# ada" in course.page("ada")


def test_who_is_excluded_is_not_graded(course, kernel):
    for student in ("ada", "ben"):
        course.submit(student)
    course.autograde(student_id_exclude="ben,cleo")
    assert kernel.ran == ["ada"]


def test_a_full_folder_does_not_undo_what_was_graded(course, kernel, monkeypatch):
    course.submit("ada", timestamp="2026-11-22 12:00 UTC")
    course.autograde()
    before = course.graded("ada").read_bytes()
    monkeypatch.setattr(carried, "carry", full)
    with pytest.raises(NbGraderException):
        course.autograde()
    assert course.graded("ada").read_bytes() == before
    assert course.grade("ada") == (2, None, False)


def test_a_run_over_one_notebook_leaves_the_others_of_the_assignment_as_they_are(course, kernel):
    with Gradebook(course.url, "") as book:
        book.add_notebook("more", WEEK)
        book.add_grade_cell("proof", "more", WEEK, max_score=1, cell_type="code")
        text = {"source": "assert proof", "checksum": CHECKSUM, "cell_type": "code"}
        book.add_source_cell("proof", "more", WEEK, locked=True, **text)
    folder = course.submit("ada")
    shutil.copy(folder / f"{WEEK}.ipynb", folder / "more.ipynb")
    course.autograde()
    before = {path.name: path.stat().st_mtime_ns for path in course.graded("ada").parent.iterdir()}

    course.config.BaseConverter.force = True
    course.autograde(notebook_id="week*")
    after = {path.name: path.stat().st_mtime_ns for path in course.graded("ada").parent.iterdir()}
    assert {name for name in before if before[name] != after[name]} == {f"{WEEK}.ipynb"}
    with Gradebook(course.url, "") as book:
        assert book.find_grade("proof", "more", WEEK, "ada").auto_score == 1


# An overloaded machine


@pytest.fixture
def overloaded(monkeypatch):
    """Whatever is limited was kept waiting for a processor."""
    explain = SandboxedExecute._explain

    def starve(self, nb, ran, at_hand, *more):
        explain(self, nb, ran, at_hand, *more)
        at_hand.starved = at_hand.outcome is Outcome.LIMITED

    monkeypatch.setattr(SandboxedExecute, "_explain", starve)


def test_what_was_limited_under_overload_is_graded_once_more_at_the_end(course, kernel, overloaded, said):
    kernel.next["ada"] = [runner.Ran(stopped=LIMITED)]
    course.submit("ada")
    course.submit("ben")
    course.autograde()
    assert kernel.ran == ["ada", "ben", "ada"]
    assert course.grade("ada") == (2, None, False)
    assert "ada was limited while the machine was overloaded: it is graded once more" in said()
    assert said()[-1] == "Notebooks: 2 graded, 0 limited, 0 unreadable, 0 failed"


def test_what_is_limited_twice_stays_limited(course, kernel, overloaded, said):
    kernel.next["ada"] = [runner.Ran(stopped=LIMITED)] * 2
    course.submit("ada")
    course.autograde()
    assert kernel.ran == ["ada", "ada"]
    assert said()[-2:] == [
        "ada: the machine was still overloaded; it stays limited",
        "Notebooks: 0 graded, 1 limited, 0 unreadable, 0 failed",
    ]


def test_what_was_limited_by_itself_is_not_graded_again(course, kernel):
    kernel.next["ada"] = [runner.Ran(stopped=LIMITED)]
    course.submit("ada")
    course.autograde()
    assert kernel.ran == ["ada"]


# A locked gradebook


@pytest.fixture
def lock(course, monkeypatch):
    """Locks the gradebook, as another program does."""
    monkeypatch.setattr(gradebook, "SILENT", 0.05)
    monkeypatch.setattr(gradebook, "EVERY", 0.05)
    connections = []

    def lock() -> None:
        connection = sqlite3.connect(course.folder / "gradebook.db", check_same_thread=False)
        connections.append(connection)
        connection.execute("BEGIN EXCLUSIVE")

    lock.release = lambda: [connection.rollback() for connection in connections]
    yield lock
    for connection in connections:
        connection.close()


@pytest.fixture
def patience(lock, caplog):
    """Has the lock released once the log says for the second time that it is waited for. waited: how often it said so."""
    caplog.set_level(logging.INFO)
    patience = SimpleNamespace(waited=0)

    class Release(logging.Handler):
        def emit(self, record):
            patience.waited += "is locked by another program" in record.getMessage()
            if patience.waited == 2:
                lock.release()

    handler = Release()
    logging.getLogger("traitlets").addHandler(handler)
    yield patience
    logging.getLogger("traitlets").removeHandler(handler)


@pytest.mark.parametrize("when", ["before", "while it runs"])
def test_a_locked_gradebook_is_waited_for(course, kernel, lock, patience, caplog, when):
    course.submit("ada")
    if when == "before":
        lock()
    else:
        kernel.next["ada"] = [lock]
    course.autograde()
    assert patience.waited == 2
    assert course.grade("ada") == (2, None, False)
    assert "upgrade" not in caplog.text


def test_a_gradebook_that_stays_locked_ends_the_run_and_what_was_graded_stays(course, kernel, lock, monkeypatch, said):
    monkeypatch.setattr(gradebook, "LONGEST", 0.2)
    for student in ("ada", "ben", "cleo"):
        course.submit(student)
    kernel.next["ben"] = [lock]
    with pytest.raises(gradebook.Locked, match="has been locked by another program"):
        course.autograde()
    assert said()[-1] == "Notebooks: 1 graded, 0 limited, 0 unreadable, 0 failed"
    assert not course.graded("ben").exists()

    lock.release()
    course.autograde()
    assert kernel.ran == ["ada", "ben", "ben", "cleo"]
    assert [course.grade(student) for student in ("ada", "ben", "cleo")] == [(2, None, False)] * 3


def test_another_fault_of_the_gradebook_is_not_waited_for():
    def fail():
        raise sqlalchemy.exc.OperationalError("SELECT", {}, sqlite3.OperationalError("no such table: student"))

    with pytest.raises(sqlalchemy.exc.OperationalError):
        gradebook.patiently(fail, "sqlite:///nowhere.db", logging.getLogger())


@pytest.mark.parametrize(
    ("url", "waits"),
    [
        ("sqlite:////srv/gradebook.db", "sqlite:////srv/gradebook.db?timeout=20"),
        ("sqlite:///gradebook.db?timeout=3", "sqlite:///gradebook.db?timeout=3"),
        ("postgresql://me:secret@host/grades", "postgresql://me:secret@host/grades"),
    ],
)
def test_only_sqlite_is_told_how_long_to_wait(url, waits):
    assert gradebook.with_timeout(url) == waits


# The end


def test_an_interrupted_run_removes_what_it_was_at_and_keeps_the_rest(course, kernel):
    for student in ("ada", "ben"):
        course.submit(student)
    kernel.next["ben"] = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        course.autograde()
    assert course.graded("ada").exists()
    assert not course.graded("ben").exists()
    assert list(Path(tempfile.gettempdir()).iterdir()) == []


def test_it_runs_in_a_thread_where_no_signal_can_be_handled(course, kernel):
    course.submit("ada")
    thread = threading.Thread(target=course.autograde)
    thread.start()
    thread.join()
    assert course.grade("ada") == (2, None, False)
