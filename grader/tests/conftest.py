"""Made-up exercises, for tests of how exercises are found."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from grader import assignments
from grader.model import Exercise


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
