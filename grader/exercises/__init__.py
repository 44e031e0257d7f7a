"""The exercises by name, in the order of the notebook."""

from grader.exercises import hard_cluster, hierarchical
from grader.exercises.model import Case, Exercise

EXERCISES: dict[str, Exercise] = {
    exercise.name: exercise for exercise in (*hard_cluster.EXERCISES, *hierarchical.EXERCISES)
}

__all__ = ["EXERCISES", "Case", "Exercise"]
