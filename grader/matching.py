"""When are two answers the same? Called by `grader.judge` and `grader.words`, on arrays that came from a student.

Integers must be equal, floats may differ by the case's tolerance; what is no number equals nothing.
"""

from collections.abc import Mapping

import numpy as np

from grader.exercises.model import Case, Exercise

FARTHEST = np.finfo(np.float64).max
Arrays = Mapping[str, np.ndarray]  # output name -> array


def same(exercise: Exercise, case: Case, expected: Arrays, given: Arrays) -> bool:
    """Do all outputs agree in shape, dtype and value?"""
    return not astray(exercise, case, expected, given)


def astray(exercise: Exercise, case: Case, expected: Arrays, given: Arrays) -> list[str]:
    """The names of the outputs that do not agree."""
    given = aligned(exercise, expected, given)
    return [name for name, value in expected.items() if not _equal(value, given[name], case.tolerance)]


def _equal(expected: np.ndarray, given: np.ndarray, tolerance: float) -> bool:
    alike = expected.shape == given.shape and expected.dtype == given.dtype
    return alike and not misses(expected, given, tolerance).any()


def misses(expected: np.ndarray, given: np.ndarray, tolerance: float) -> np.ndarray:
    """Where given differs from expected: exactly, for integers; by more than the tolerance, for floats. Same shape."""
    if expected.dtype.kind != "f":
        return expected != given
    wanted = expected.astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        return ~(np.abs(wanted - given.astype(np.float64)) <= tolerance * np.maximum(1.0, np.abs(wanted)))


def aligned(exercise: Exercise, expected: Arrays, given: Arrays) -> Arrays:
    """`given`, its rows in the order of the expected ones where the exercise leaves the order free.

    The rows are triplets, anchor, positive and negative side by side. Each expected row takes the given row nearest
    to it that is still free, those with their very equal first; the anchor weighs most, since it names the class.
    """
    names = exercise.outputs
    if not exercise.free_row_order or any(given[name].shape != expected[name].shape for name in names):
        return given
    weights = (1.0, 1e-3, 1e-3)  # positive and negative only part triplets of equal anchors
    with np.errstate(invalid="ignore", over="ignore"):
        distance = sum(weight * _apart(expected[name], given[name]) for name, weight in zip(names, weights))  # (P, P)
    # finite, so that a row that is taken, and marked by infinity, is never the nearest
    distance = np.nan_to_num(distance, nan=FARTHEST, posinf=FARTHEST)
    order = np.empty(len(distance), dtype=int)
    fits = distance.min(axis=1, initial=np.inf) == 0
    for row in (~fits).argsort(kind="stable"):
        order[row] = np.argmin(distance[row])
        distance[:, order[row]] = np.inf
    return {**given, **{name: given[name][order] for name in names}}


def _apart(expected: np.ndarray, given: np.ndarray) -> np.ndarray:
    """How far each expected row is from each given one: vectors, (P, D), or row numbers, (P,) -> (P, P)."""
    one, other = (np.atleast_2d(rows.astype(np.float64).T).T for rows in (expected, given))  # (P, D), D = 1 for numbers
    return np.abs(one[:, None] - other[None]).sum(-1)
