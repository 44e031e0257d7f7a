"""Made-up exercises, for tests of how exercises are found; and a made-up course, graded without a kernel."""

import logging
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from grader import assignments
from grader.model import Exercise
from grader.tests.busy import busy


def forget() -> None:
    """What was found in the folder of exercises."""
    for function in vars(assignments).values():
        if hasattr(function, "cache_clear"):
            function.cache_clear()


@pytest.fixture
def exercises_folder(tmp_path, monkeypatch) -> Iterator[Path]:
    """An empty folder instead of the course's; what is found in it is forgotten afterwards."""
    monkeypatch.setattr(assignments, "FOLDER", tmp_path / "exercises")
    assignments.FOLDER.mkdir()
    forget()
    yield assignments.FOLDER
    forget()


@pytest.fixture
def chapter(exercises_folder, monkeypatch) -> Callable[..., None]:
    """Adds a chapter: a file, and the module that comes of it."""

    def add(assignment: str, name: str, section: str, *exercises: Exercise) -> None:
        (exercises_folder / assignment).mkdir(exist_ok=True)
        path = exercises_folder / assignment / f"{name}.py"
        path.touch()
        made = ModuleType(f"grader.exercises.{assignment}.{name}")
        made.__file__ = str(path)
        made.SECTION, made.EXERCISES = section, exercises
        monkeypatch.setitem(sys.modules, made.__name__, made)
        forget()

    return add


@pytest.fixture
def course(tmp_path, monkeypatch):
    """In folders of whose names no pattern may be made."""
    from grader.tests.small_course import Course

    for folder in ("course (1)", "temporary c++ (2)"):
        (tmp_path / folder).mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary c++ (2)"))
    return Course(tmp_path / "course (1)")


@pytest.fixture
def kernel(monkeypatch):
    """Instead of one. ran: students whose turn it was; next: by student, what happens; by default, all tests pass."""
    from grader.autograde.sandbox import runner

    kernel = SimpleNamespace(ran=[], next={})

    def run(cells, *arguments, **more):
        student = cells[0][1].removeprefix("# ")
        kernel.ran.append(student)
        outcome = kernel.next.get(student) and kernel.next[student].pop(0)
        if isinstance(outcome, BaseException):
            raise outcome
        if callable(outcome):
            outcome()
        if isinstance(outcome, runner.Ran):
            return outcome
        return runner.Ran({number: [] for number, _ in cells})

    monkeypatch.setattr(runner, "run", run)
    return kernel


@pytest.fixture
def said(caplog):
    caplog.set_level(logging.INFO)
    return lambda: [record.getMessage() for record in caplog.records]


@pytest.fixture
def little_machine():
    """One CPU, for this process and all that it starts, with six more to run: as beside twelve on two."""
    if not hasattr(os, "sched_setaffinity"):
        pytest.skip("programs cannot be kept to one CPU here")
    cpus = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cpus)})
    with busy(6):
        yield
    os.sched_setaffinity(0, cpus)
