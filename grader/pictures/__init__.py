"""The picture of a failed case: expected beside given, as SVG. Called by `grader.show` for the report's HTML.

What was given is hostile: whatever it holds, a picture is bounded in size, or there is none; never an exception. Hidden
cases are never drawn.
"""

from collections.abc import Callable

from grader.exercises.model import Case, Exercise
from grader.judge import Verdict
from grader.pictures import plane, tree
from grader.pictures.drawing import GREEN, RED
from grader.pictures.plane import Outputs, Picture

__all__ = ["GREEN", "RED", "picture"]

# By the exercise's `call`.
PICTURES: dict[str, Callable[[Exercise, Case, Outputs], Picture | None]] = {
    "sampler": plane.triplets,
    "hard_triplets": plane.triplets,
    "cluster_loss": plane.cluster_loss,
    "class_distances": plane.class_distances,
    "tree_level": tree.tree_level,
    "violate_margin": tree.violate_margin,
    "hierarchical_loss": tree.hierarchical_loss,
    "all_triplets_loss": plane.all_triplets_loss,
}


def picture(exercise: Exercise, verdict: Verdict) -> str:
    """The picture of a failed case as SVG; empty where there is nothing to draw, as where no number differs."""
    case, given = verdict.case, verdict.given
    if verdict.passed or case.hidden or given is None or exercise.call not in PICTURES:
        return ""
    drawn = PICTURES[exercise.call](exercise, case, given)
    if drawn is None and "gradient" in case.expected:
        drawn = plane.gradients(exercise, case, given)
    if drawn is None:
        return ""
    drawing, words = drawn
    return drawing.svg(f"{case.name}: expected and yours", f"{case.name}. {words}")
