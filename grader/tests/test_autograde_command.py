"""The command `grader autograde`: its exit codes, and that nothing is lost or left behind when it is interrupted."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time

import psutil
import pytest

from grader.autograde.sandbox import bubblewrap, trial
from grader.files import ROOT
from grader.limits import Limits
from grader.tests.cluster import Cluster
from grader.tests.small_course import WEEK, Course

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning"),
]  # of nbgrader's own code
INTERRUPTED, PATIENCE = 130, 60


@pytest.fixture(scope="module", autouse=True)
def _sandbox():
    try:
        trial.try_out(bubblewrap.find_bwrap(), Limits())
    except bubblewrap.NoSandbox as problem:
        pytest.skip(f"there is no sandbox here: {problem}")


@pytest.fixture
def course(tmp_path) -> Course:
    """One student is soon graded, the other one never."""
    (tmp_path / "course").mkdir()
    (tmp_path / "temporary").mkdir()
    made = Course(tmp_path / "course")
    shutil.copy(ROOT / "nbgrader_config.py", made.folder)
    configure(made, 'c.CourseDirectory.course_id = ""', "c.Limits.seconds_per_cell = 600")
    made.submit("ada", made.notebook("loss = 1"))
    made.submit("eve", made.notebook("while True: pass"))
    return made


def configure(course: Course, *lines: str) -> None:
    with (course.folder / "nbgrader_config.py").open("a") as settings:
        settings.write("\n".join([*lines, ""]))


def autograde(
    course: Course, *arguments: str, stderr: int = subprocess.DEVNULL, **environment: str
) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "grader.cli", "autograde", WEEK, *arguments],
        cwd=course.folder,
        env={**os.environ, "TMPDIR": str(course.folder.parent / "temporary"), **environment},
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # tests in the background ignore it
        stderr=stderr,
        text=True,
    )


def sandboxes(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Those below the processes that run somebody's loop."""
    found = []
    for process in processes:
        try:
            below = process.children(recursive=True)
            found += [each for each in below if each.name() == "bwrap"]
        except psutil.NoSuchProcess:
            continue
    return found


def wait_for_the_loop(course: Course, process: subprocess.Popen, above: list[psutil.Process]) -> list[psutil.Process]:
    while not (course.graded("ada").exists() and (found := sandboxes(above))):
        assert process.poll() is None
        time.sleep(0.1)
    return found


@pytest.mark.parametrize("send", [os.kill, os.killpg], ids=["to the process", "as a terminal does"])
def test_what_was_finished_is_kept_and_nothing_else_is_left(course, send):
    process = autograde(course, "--workers", "2")
    main = psutil.Process(process.pid)
    wait_for_the_loop(course, process, [main])
    everything = main.children(recursive=True)
    send(process.pid, signal.SIGINT)
    assert process.wait() == INTERRUPTED
    assert psutil.wait_procs(everything, timeout=PATIENCE)[1] == []
    assert list((course.folder.parent / "temporary").iterdir()) == []
    assert [path.name for path in (course.folder / "autograded").iterdir()] == ["ada"]
    before = course.graded("ada").stat().st_mtime_ns

    course.submit("eve", course.notebook("loss = 1"))
    assert autograde(course, "--workers", "1").wait() == 0
    assert course.graded("ada").stat().st_mtime_ns == before
    assert course.grade("ada") == course.grade("eve") == (2, None, False)


def test_the_workers_of_a_scheduler_stay_and_their_sandboxes_do_not(course, tmp_path):
    (tmp_path / "cluster").mkdir()
    cluster = Cluster(tmp_path / "cluster", 2)
    try:
        workers = [psutil.Process(process.pid) for process in cluster.processes]
        process = autograde(course, "--scheduler", cluster.address, **cluster.environment())
        running = wait_for_the_loop(course, process, workers)
        process.send_signal(signal.SIGINT)
        assert process.wait() == INTERRUPTED
        assert psutil.wait_procs(running, timeout=PATIENCE)[1] == []
        assert all(worker.is_running() for worker in workers)
        course.submit("eve", course.notebook("loss = 1"))
        assert autograde(course, "--scheduler", cluster.address, **cluster.environment()).wait() == 0
        assert course.grade("eve") == (2, None, False)
    finally:
        cluster.stop()


def test_what_kills_its_process_twice_waits_for_the_instructor_and_the_exit_code_says_so(course):
    course.submit("eve", course.notebook("# kill the grader"))
    configure(course, "from grader.tests.errands import Fatal", "c.Autograde.autograde_preprocessors.insert(0, Fatal)")
    process = autograde(course, "--workers", "1", stderr=subprocess.PIPE)
    said = process.communicate()[1]
    assert process.returncode == 1
    assert "died as well while it graded eve, which is set aside" in said
    assert "Notebooks: 1 graded, 0 limited, 0 unreadable, 1 failed" in said
    assert course.grade("ada") == (2, None, False)
    assert course.grade("eve") == (None, None, True)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "Nobody has handed in anything there: .*/submitted/nobody/"),
        (["--workers", "0"], "'0' is no number of processes"),
    ],
)
def test_where_nothing_is_graded_the_exit_code_says_so(course, arguments, reason):
    process = autograde(course, *arguments, "--student", "nobody", stderr=subprocess.PIPE)
    assert re.search(reason, process.communicate()[1])
    assert process.returncode == 2


def test_outside_of_a_course_nothing_is_graded(course):
    (course.folder / "nbgrader_config.py").unlink()
    process = autograde(course, stderr=subprocess.PIPE)
    assert "this is not the folder of a course" in process.communicate()[1]
    assert process.returncode == 2
