"""The cases that students do not see: random inputs from a seed, expected values from the loops of `solutions.naive`.

Called on the instructor's machine only. Every input is drawn until its answer is unambiguous: what is nearest or
farthest is so by far more than rounding can change, and no hinge lies near its corner; unless the case is a tie, whose
numbers are then exact in every precision. A student sees the name and the `teaches` of a case, so neither may hold a
number.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from grader.exercises import EXERCISES
from grader.exercises.model import Case
from solutions.hidden import hard_cluster, hierarchical
from solutions.hidden.batches import Rng
from solutions.hidden.known import KnownMistakes

MAKERS: dict[str, Callable[[Rng], tuple[Case, ...]]] = {
    "hard_cluster.triplets": hard_cluster.triplets,
    "hard_cluster.labels": hard_cluster.any_labels,
    "hard_cluster.training": hard_cluster.training,
    "hard_cluster.errors": hard_cluster.errors,
    "hard_cluster.loss": hard_cluster.cluster_loss,
    "hierarchical.class_distances": hierarchical.class_distances,
    "hierarchical.tree_level": hierarchical.tree_level,
    "hierarchical.violate_margin": hierarchical.violate_margin,
    "hierarchical.loss": lambda rng: hierarchical.loss(rng, gradient=False),
    "hierarchical.gradients": lambda rng: hierarchical.loss(rng, gradient=True),
}


def cases(seed: int) -> dict[str, tuple[Case, ...]]:
    """The hidden cases of every exercise: the same seed gives the same cases."""
    return {
        name: tuple(
            replace(case, mistakes=KnownMistakes(EXERCISES[name], case))
            for case in make(np.random.default_rng([seed, number]))  # its own stream, whatever the others draw
        )
        for number, (name, make) in enumerate(MAKERS.items())
    }
