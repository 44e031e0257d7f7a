"""The exercises by name, in the order of the notebooks: those that are graded, and those that nobody must do."""

from types import ModuleType

from grader.exercises import class_tree, hard_cluster, hierarchical, tutorial
from grader.exercises.model import Case, Exercise


def _named(*chapters: ModuleType) -> dict[str, Exercise]:
    return {exercise.name: exercise for chapter in chapters for exercise in chapter.EXERCISES}


# What is graded, by the notebook in which it stands.
NOTEBOOKS: dict[str, dict[str, Exercise]] = {
    "homework3": _named(hard_cluster, hierarchical),
}
EXERCISES: dict[str, Exercise] = {name: exercise for part in NOTEBOOKS.values() for name, exercise in part.items()}
BONUS: dict[str, Exercise] = _named(class_tree, tutorial)  # no points, never graded

__all__ = ["BONUS", "EXERCISES", "NOTEBOOKS", "Case", "Exercise"]
