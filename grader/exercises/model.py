"""What an exercise is, as data: this module holds the two records and nothing that runs them.

Cases are written by hand in the modules beside this one and by `solutions.hidden` for the unseen ones;
`grader.answer` runs their inputs, `grader.judge` compares what came back with what they expect.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

# A tensor argument or result stands in a case as a NumPy array (its dtype is the tensor's dtype);
# everything else (a list of labels, a margin) is passed to the student's code as it is.
Value = np.ndarray | list | int | float | bool


def f32(rows: Any) -> np.ndarray:
    return np.array(rows, dtype=np.float32)


def f64(rows: Any) -> np.ndarray:
    return np.array(rows, dtype=np.float64)


def i64(rows: Any) -> np.ndarray:
    return np.array(rows, dtype=np.int64)


@dataclass(frozen=True)
class Case:
    """One input with its one right answer.

    name: unique within its exercise.
    teaches: the property in one sentence; all that a student learns of a hidden case.
    inputs: argument name -> value, in the argument order of the exercise's `call` (see `grader.answer`).
    expected: output name -> array; compared in shape, dtype and value.
    raises: instead of outputs: words of which at least one must stand in the message of the ValueError.
    why: the arithmetic behind the expected values, in words.
    mistakes: name of a known wrong solution -> the outputs that differ from `expected` when it is made.
        The first is the one the case was made for.
    tolerance: largest allowed |given - expected|, relative to max(1, |expected|).
    gradient: also ask for the gradient of the exercise's scalar with respect to the features.
    again: the student's object is used on another batch first, from which nothing may stay.
    hidden: neither inputs nor expected values are shown to the student.
    """

    name: str
    teaches: str
    inputs: Mapping[str, Value]
    expected: Mapping[str, np.ndarray] = field(default_factory=dict)
    raises: tuple[str, ...] = ()
    why: str = ""
    mistakes: Mapping[str, Mapping[str, np.ndarray]] = field(default_factory=dict)
    tolerance: float = 1e-4
    gradient: bool = False
    again: bool = False
    hidden: bool = False


@dataclass(frozen=True)
class Exercise:
    """One graded cell: all of its cases, the visible and the hidden ones, must pass for its points.

    target: the name the student's object has in the notebook.
    call: how `grader.answer` runs that object: a key of its table CALLS.
    outputs: the names of what the call returns, in order.
    shapes: in a sentence or two, the outputs' shapes and what their dimensions mean; told when one is wrong.
    needs: names of earlier exercises whose code this one may call.
    free_row_order: the outputs' rows are one set of rows; their order does not matter.
    hints: three, from a nudge to nearly the code.
    """

    name: str
    title: str
    points: int
    target: str
    call: str
    outputs: tuple[str, ...]
    cases: tuple[Case, ...]
    hints: tuple[str, str, str]
    needs: tuple[str, ...] = ()
    free_row_order: bool = False
    shapes: str = ""
