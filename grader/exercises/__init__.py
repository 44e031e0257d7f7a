"""The exercises by name, in the order of the notebook: those that are graded, and those that nobody must do."""

from grader.exercises import class_tree, hard_cluster, hierarchical
from grader.exercises.model import Case, Exercise

EXERCISES: dict[str, Exercise] = {
    exercise.name: exercise for exercise in (*hard_cluster.EXERCISES, *hierarchical.EXERCISES)
}
BONUS: dict[str, Exercise] = {exercise.name: exercise for exercise in class_tree.EXERCISES}  # no points, never graded

__all__ = ["BONUS", "EXERCISES", "Case", "Exercise"]
