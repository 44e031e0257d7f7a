"""Runs of the real `nbgrader autograde`, one after the other: again, after a kill, without a sandbox."""

import datetime
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from nbformat.v4 import new_notebook
from nbgrader.api import Gradebook

pytest.importorskip("solutions", reason="submissions are made from the instructor's samples")

from grader.tests.hostile import ALL, NAME, solved, with_cells
from solutions.tools import course

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(course.why_no_sandbox()), reason=f"no sandbox here: {course.why_no_sandbox()}"),
]


@pytest.fixture
def fresh(assigned, tmp_path):
    """A course in which nothing has been handed in, and the student version of its notebook."""
    folder = tmp_path / "course"
    return folder, assigned(folder)


def total(folder: Path, student: str) -> float:
    return sum(course.scores(folder, NAME)[student].values())


def stamp(folder: Path, student: str, minutes: int) -> None:
    moment = datetime.datetime(2026, 11, 22, 12, minutes)
    (folder / "submitted" / student / NAME / "timestamp.txt").write_text(f"{moment} UTC")


def graded_at(folder: Path, student: str) -> float:
    return (folder / "autograded" / student / NAME / f"{NAME}.ipynb").stat().st_mtime


def test_a_resubmission_never_keeps_a_score_and_never_loses_what_the_instructor_wrote(fresh):
    folder, notebook = fresh
    course.submit(folder, "ada", NAME, solved(notebook))
    stamp(folder, "ada", 0)
    course.nbgrader(folder, "autograde", NAME)
    assert total(folder, "ada") == ALL
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        gradebook.find_grade("hard_cluster-loss", NAME, NAME, "ada").manual_score = 0.5
        gradebook.find_comment("cluster_loss", NAME, NAME, "ada").manual_comment = "nicely put"
        gradebook.db.commit()

    course.submit(folder, "ada", NAME, solved(notebook, tree_level="import os; os.kill(os.getpid(), 9)"))
    stamp(folder, "ada", 1)
    assert "1 limited" in course.nbgrader(folder, "autograde", NAME)
    assert total(folder, "ada") == 5.5  # four checks of the sampler, class_distances, and half a point by hand

    (folder / "submitted" / "ada" / NAME / f"{NAME}.ipynb").write_text("{")
    stamp(folder, "ada", 2)
    assert "1 unreadable" in course.nbgrader(folder, "autograde", NAME)
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        grades = gradebook.find_submission_notebook(NAME, NAME, "ada").grades
        assert {(grade.auto_score, grade.needs_manual_grade) for grade in grades} == {(None, True)}
        assert gradebook.find_comment("cluster_loss", NAME, NAME, "ada").comment == "nicely put"
    assert total(folder, "ada") == 0.5


def test_a_regrade_that_fails_leaves_no_old_score(fresh):
    folder, notebook = fresh
    course.submit(folder, "ada", NAME, solved(notebook))
    course.nbgrader(folder, "autograde", NAME)
    course.add_settings(folder, "SandboxedExecute._run = lambda *arguments, **more: 1 / 0")
    with pytest.raises(course.CommandFailed, match="ZeroDivisionError"):
        course.nbgrader(folder, "autograde", NAME, "--force")
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        grades = gradebook.find_submission_notebook(NAME, NAME, "ada").grades
        assert all(grade.auto_score is None and grade.needs_manual_grade for grade in grades)


def test_after_a_kill_the_next_run_grades_what_was_left_and_nothing_else(fresh):
    folder, notebook = fresh
    for student in ("ada", "ben", "cleo"):
        course.submit(folder, student, NAME, solved(notebook))
    course.submit(folder, "ben", NAME, with_cells(solved(notebook), "import time; time.sleep(5)"))
    command = [sys.executable, "-m", "nbgrader", "autograde", NAME]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as run:
        for line in run.stdout:
            if "Hidden cases" in line and (folder / "autograded" / "ada").exists():
                time.sleep(1)
                run.send_signal(signal.SIGKILL)
                break
    first = graded_at(folder, "ada")
    assert not (folder / "autograded" / "ben").exists()

    assert "Notebooks: 2 graded" in course.nbgrader(folder, "autograde", NAME)
    assert graded_at(folder, "ada") == first
    assert [total(folder, student) for student in ("ada", "ben", "cleo")] == [ALL] * 3
    assert "Notebooks: 0 graded" in course.nbgrader(folder, "autograde", NAME)


def lives(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE  # of which some systems in containers never get rid
    except psutil.NoSuchProcess:
        return False


def test_a_run_that_is_told_to_end_leaves_no_folders_no_control_groups_and_no_sandbox(fresh, tmp_path):
    folder, notebook = fresh
    course.submit(folder, "ada", NAME, solved(notebook, tree_level="import time; time.sleep(60)"))
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    command = [sys.executable, "-m", "nbgrader", "autograde", NAME]
    environment = {**os.environ, "TMPDIR": str(temporary)}
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as run:
        while b"Hidden cases" not in run.stderr.readline():
            pass
        while not any("bwrap" in child.name() for child in psutil.Process(run.pid).children()):
            time.sleep(0.1)
        started = psutil.Process(run.pid).children(recursive=True)
        run.send_signal(signal.SIGTERM)
        run.stderr.read()
    assert run.returncode == -signal.SIGTERM
    assert list(temporary.iterdir()) == []
    assert not list(Path("/sys/fs/cgroup").rglob(f"grader-{run.pid}-*"))
    while any(map(lives, started)):
        time.sleep(0.1)
    assert not (folder / "autograded" / "ada" / NAME).exists()


def test_an_assignment_that_the_gradebook_does_not_know_is_a_refusal_with_the_remedy(tmp_path):
    folder = tmp_path / "course"
    course.create(folder)
    course.submit(folder, "ada", NAME, new_notebook())
    with pytest.raises(course.CommandFailed) as failure:
        course.nbgrader(folder, "autograde", NAME)
    assert f"Nothing was graded. The gradebook has no assignment {NAME}" in str(failure.value)
    assert f"`nbgrader generate_assignment {NAME}` enters it" in str(failure.value)
    assert not (folder / "autograded").exists()


def test_no_sandbox_is_a_refusal_before_anything_is_touched(fresh, monkeypatch, tmp_path):
    folder, notebook = fresh
    course.submit(folder, "ada", NAME, solved(notebook))
    bwrap = tmp_path / "bin" / "bwrap"
    bwrap.parent.mkdir()
    bwrap.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && echo bubblewrap 0.9.0 && exit\necho "setting up uid map: no" >&2\nexit 1\n'
    )
    bwrap.chmod(0o755)
    before = (folder / "gradebook.db").read_bytes()
    monkeypatch.setenv("PATH", f"{bwrap.parent}:{os.environ['PATH']}")
    with pytest.raises(course.CommandFailed) as failure:
        course.nbgrader(folder, "autograde", NAME)
    assert "Nothing was graded. The sandbox" in str(failure.value)
    assert "setting up uid map: no" in str(failure.value)
    assert "kernel.apparmor_restrict_unprivileged_userns=0" in str(failure.value)
    assert "WSL2" in str(failure.value)
    assert not (folder / "autograded").exists()
    assert (folder / "gradebook.db").read_bytes() == before


def test_the_sandbox_can_be_turned_off_and_says_so_every_time(fresh):
    folder, notebook = fresh
    course.add_settings(folder, 'c.SandboxedExecute.sandbox = "off"')
    course.submit(folder, "ada", NAME, solved(notebook))
    course.submit(folder, "ben", NAME, solved(notebook, tree_level="import os; os.kill(os.getpid(), 9)"))
    assert "The sandbox is off" in course.nbgrader(folder, "autograde", NAME)
    assert total(folder, "ada") == ALL
    assert total(folder, "ben") == 6
    assert "The sandbox is off" in course.nbgrader(folder, "autograde", NAME)
