"""One run a course."""

import os
import signal
import subprocess
import sys

import pytest
from nbgrader.converters.base import NbGraderException

from grader.autograde import lock
from grader.autograde.sandbox import runner
from grader.tests.small_course import Course

HOLD = """
import sys, time
from pathlib import Path
from grader.autograde import lock
with lock.held(Path(sys.argv[1])):
    print(flush=True)
    time.sleep(1000)
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that has the course."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE)
    process.stdout.readline()
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # of nbgrader's own code
def test_a_second_run_is_refused_and_touches_nothing(tmp_path, holder, monkeypatch):
    monkeypatch.setattr(runner, "run", lambda cells, *_, **more: runner.Ran({number: [] for number, _ in cells}))
    course = Course(tmp_path)
    course.submit("ada")
    half_graded = course.graded("zoe")
    half_graded.parent.mkdir(parents=True)
    half_graded.write_text("{}")
    with pytest.raises(NbGraderException, match=f"graded already, by process {holder.pid} on .*: wait until"):
        course.autograde()
    assert half_graded.exists()
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    course.autograde()
    assert course.grade("ada") == (2, None, False)


def test_it_is_held_until_the_end(tmp_path):
    with lock.held(tmp_path), pytest.raises(lock.Busy, match=f"by process {os.getpid()} on"), lock.held(tmp_path):
        pass
    with lock.held(tmp_path):
        pass


def test_a_folder_that_cannot_be_locked_is_no_folder_to_grade_in(tmp_path):
    (tmp_path / lock.NAME).mkdir()
    with pytest.raises(lock.Busy, match=f"{lock.NAME} cannot be locked: Is a directory"), lock.held(tmp_path):
        pass
