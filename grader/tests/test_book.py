"""One gradebook for a whole run: what nbgrader opens inside of it is that one, and nothing is saved but on demand."""

import threading

import pytest
from nbformat.v4 import new_output
from nbgrader.api import Gradebook
from nbgrader.plugins import LateSubmissionPlugin

from grader.autograde import book
from grader.autograde.sandbox import runner
from grader.tests.small_course import WEEK

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # of nbgrader's own code


@pytest.fixture
def opened(course):
    with book.opened(book.Book(course.url)) as ours:
        yield ours


def students(url: str) -> list[str]:
    """As another program sees them."""
    found = []
    thread = threading.Thread(target=lambda: found.extend(read(url)))
    thread.start()
    thread.join()
    return found


def read(url: str) -> list[str]:
    with Gradebook(url, "") as other:
        return [student.id for student in other.students]


def test_what_nbgrader_saves_is_seen_by_it_and_by_nobody_else_until_all_is_saved(course, opened):
    with Gradebook(course.url) as nbgraders:
        nbgraders.update_or_create_student("ada")
    assert read(course.url) == ["ada"]
    assert students(course.url) == []
    opened.save()
    assert students(course.url) == ["ada"]


def test_what_is_dropped_was_never_there(course, opened):
    with Gradebook(course.url) as nbgraders:
        nbgraders.update_or_create_student("ada")
    opened.drop()
    opened.save()
    assert read(course.url) == students(course.url) == []


def test_another_thread_saves_for_itself(course, opened):
    def add() -> None:
        with Gradebook(course.url) as another:
            another.update_or_create_student("ben")

    thread = threading.Thread(target=add)
    thread.start()
    thread.join()
    assert students(course.url) == ["ben"]


def test_a_sum_that_was_read_before_is_read_anew(course, opened):
    with Gradebook(course.url) as nbgraders:
        nbgraders.update_or_create_student("ada")
        nbgraders.update_or_create_submission(WEEK, "ada")
        submission = nbgraders.find_submission(WEEK, "ada")
        assert submission.score == 0
        nbgraders.find_grade("tests", WEEK, WEEK, "ada").auto_score = 2
        nbgraders.db.commit()
        assert submission.score == 2


def test_another_gradebook_is_another_and_afterwards_all_are(course, opened, tmp_path):
    with Gradebook(course.url) as same, Gradebook(f"sqlite:///{tmp_path / 'other.db'}") as other:
        assert same.engine is opened.engine
        assert other.engine is not opened.engine
    before = Gradebook.__init__
    with book.opened(opened):
        pass
    assert Gradebook.__init__ is before


def test_a_late_penalty_goes_by_the_score_that_was_just_entered(course, kernel):
    """The score is a sum that the database makes: nothing that was read before may stand for it."""
    with Gradebook(course.url, "") as gradebook:
        gradebook.update_or_create_assignment(WEEK, duedate="2026-11-01 12:00 UTC")
    course.config[LateSubmissionPlugin.__name__].penalty_method = "zero"
    penalties = []
    for minute, failed in enumerate([False, True, False]):
        outputs = [new_output("error", ename="AssertionError", evalue="", traceback=[])] if failed else []
        kernel.next["ada"] = [runner.Ran({0: [], 1: outputs})]
        course.submit("ada", timestamp=f"2026-11-22 12:0{minute} UTC")
        course.autograde()
        with Gradebook(course.url, "") as gradebook:
            penalties.append(gradebook.find_submission_notebook(WEEK, WEEK, "ada").late_submission_penalty)
    assert penalties == [2, 0, 2]
