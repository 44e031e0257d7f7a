"""When are two answers the same? Integers must be equal, floats may differ by a tolerance; what is no number equals
nothing. The given arrays come from a student, so they may hold anything.
"""

import math
from collections.abc import Mapping

import numpy as np

KINDS = {"f": "floating", "i": "whole", "u": "whole"}  # of NumPy's dtypes


def mismatches(expected: np.ndarray, given: np.ndarray, tolerance: float) -> np.ndarray:
    """Where given differs from expected: exactly, for integers; by more than the tolerance, for floats. Same shape."""
    if expected.dtype.kind != "f":
        return expected != given
    wanted = expected.astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        return ~(np.abs(wanted - given.astype(np.float64)) <= tolerance * np.maximum(1.0, np.abs(wanted)))


def differing(expected: Mapping[str, np.ndarray], given: Mapping[str, np.ndarray], tolerance: float) -> list[str]:
    """The names of the outputs that do not agree in shape, kind of number and value."""
    return [name for name, value in expected.items() if not _agree(value, given[name], tolerance)]


def of_one_kind(expected: np.ndarray, given: np.ndarray) -> bool:
    """Are both floating-point numbers, both whole numbers, or both neither, of whatever width?"""
    return KINDS.get(expected.dtype.kind) == KINDS.get(given.dtype.kind)


def _agree(expected: np.ndarray, given: np.ndarray, tolerance: float) -> bool:
    alike = expected.shape == given.shape and of_one_kind(expected, given)
    return alike and not mismatches(expected, given, tolerance).any()


def in_order(
    names: tuple[str, ...], expected: Mapping[str, np.ndarray], given: Mapping[str, np.ndarray], tolerance: float
) -> Mapping[str, np.ndarray]:
    """`given`, the rows of the outputs `names` in the order of the expected ones, if their shapes are those.

    The rows of these outputs, side by side, are one set, and are paired with the expected ones so that as few parts as
    possible differ, and lie as near as possible: an optimal assignment, so that an order in which all agree is found
    where there is one. The first part weighs more than all others together: it says whose row it is.
    """
    from scipy.optimize import linear_sum_assignment  # takes longer to load than the rest of the grader

    if any(given[name].shape != expected[name].shape for name in names):
        return given
    weights = dict.fromkeys(names, 1.0) | {names[0]: float(len(names))}
    near = 1 / sum(weights.values())  # so that the distances of all rows together weigh less than one part that differs
    cost = sum(
        weight * _part_cost(expected[name], given[name], tolerance, near) for name, weight in weights.items()
    )  # (P, P)
    order = linear_sum_assignment(cost)[1]
    return {**given, **{name: given[name][order] for name in names}}


def _part_cost(expected: np.ndarray, given: np.ndarray, tolerance: float, near: float) -> np.ndarray:
    """For each expected row and each given one, vectors (P, D) or numbers (P,): 1 if they differ, and in either case
    their distance, squeezed so that those of P pairs together are less than `near`. (P, P), finite."""
    # (P, D), D = 1 for numbers
    one, other = (rows.reshape(len(rows), math.prod(rows.shape[1:])) for rows in (expected, given))
    differ = mismatches(one[:, None], other[None], tolerance).any(axis=-1)
    with np.errstate(invalid="ignore", over="ignore"):
        apart = np.abs(one[:, None].astype(np.float64) - other[None].astype(np.float64)).sum(-1)
        squeezed = np.nan_to_num(apart / (1 + apart), nan=1.0)  # infinity by itself is no number, either
    return differ + near * squeezed / (2 * len(one) or 1)
