"""Which exercises there are: the chapters of an assignment are the files `grader/exercises/ASSIGNMENT/CHAPTER.py`.

A chapter holds EXERCISES, each called "CHAPTER.part", and SECTION, where it stands in the notebook, such as "4.8". Nothing
is registered anywhere: what lies in the folder belongs to the assignment, and where a folder is missing (in a bundle) or
covered (in the sandbox) there is no such assignment. No two chapters of all assignments have the same name. What is known of
wrong solutions lies beside a chapter (see `grader.diagnosis`).
"""

import importlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import ModuleType

from grader.model import Case, Exercise

FOLDER = Path(__file__).parent / "exercises"
TUTORIAL = "tutorial"  # goes with every assignment

Cases = dict[str, tuple[Case, ...]]  # by the name of the exercise


def chapter_files(assignment: str = "*") -> list[Path]:
    """Those of an assignment, or of all."""
    return sorted(FOLDER.glob(f"{assignment}/[!_]*.py"))


@cache
def names() -> tuple[str, ...]:
    """All that there are here, the tutorial included.

    Raises:
        ValueError: two assignments have a chapter of the same name.
    """
    chapters: dict[str, Path] = {}
    for path in chapter_files():
        other = chapters.setdefault(path.stem, path)
        if other is not path:
            raise ValueError(
                f"{other.parent.name} and {path.parent.name} both have a chapter {path.stem}: in notebooks it could be "
                "either; call one of them otherwise"
            )
    return tuple(sorted({path.parent.name for path in chapters.values()}))


@cache
def chapters(assignment: str) -> tuple[ModuleType, ...]:
    """In the order of the notebook; none for an assignment that is not here.

    Raises:
        ValueError: a chapter does not say where it stands.
    """
    modules = [
        importlib.import_module(f"grader.exercises.{assignment}.{path.stem}") for path in chapter_files(assignment)
    ]
    return tuple(sorted(modules, key=_section))


def _section(chapter: ModuleType) -> list[int]:
    try:
        return [int(part) for part in chapter.SECTION.split(".")]
    except (AttributeError, ValueError):
        raise ValueError(f'{chapter.__file__} needs a SECTION, numbers in a text such as "4.8"') from None


@cache
def exercises(assignment: str) -> Mapping[str, Exercise]:
    """By name, in the order of the notebook: those that are graded, then those that nobody must do.

    Raises:
        ValueError: an exercise is not called after its chapter, or like another one.
    """
    found: dict[str, Exercise] = {}
    for chapter in chapters(assignment):
        for exercise in chapter.EXERCISES:
            prefix = f"{chapter.__name__.rpartition('.')[2]}."
            if not exercise.name.startswith(prefix):
                raise ValueError(
                    f"{chapter.__file__}: {exercise.name} should be called {prefix}part, after its chapter"
                )
            if exercise.name in found:
                raise ValueError(f"{chapter.__file__}: {exercise.name} is there twice")
            found[exercise.name] = exercise
    return dict(sorted(found.items(), key=lambda item: not item[1].points))


@cache
def graded(assignment: str) -> Mapping[str, Exercise]:
    """By name: those that give points."""
    return {name: exercise for name, exercise in exercises(assignment).items() if exercise.points}


@cache
def by_cell(assignment: str) -> Mapping[str, Exercise]:
    """Those that give points, by the grade_id of their cell."""
    return {exercise.grade_id: exercise for exercise in graded(assignment).values()}


@cache
def with_points() -> tuple[str, ...]:
    """The assignments in which something is graded: what can be handed in."""
    return tuple(name for name in names() if graded(name))


@cache
def everything() -> Mapping[str, Exercise]:
    """All exercises that a notebook may check here, by name."""
    return {name: exercise for assignment in names() for name, exercise in exercises(assignment).items()}


def assignment_of(exercise: str) -> str:
    """The assignment to which an exercise of this name belongs."""
    return next(name for name in names() if exercise in exercises(name))


def others(assignment: str) -> list[Path]:
    """The folders that are no business of whoever works on `assignment`, whatever they hold."""
    own = (assignment, TUTORIAL, "__pycache__")
    return sorted(path for path in FOLDER.iterdir() if path.is_dir() and path.name not in own)


def visible_cases(assignment: str) -> Cases:
    return {name: exercise.cases for name, exercise in graded(assignment).items()}
