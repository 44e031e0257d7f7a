"""The cases that students do not see: random inputs from a seed, expected values from the plain solutions in float64.

Called by `grader.hidden`, on the instructor's machine only. The chapters make the inputs (HIDDEN, see `solutions`), and
draw each until its answer is unambiguous: what is nearest or farthest is so by far more than rounding can change, and no
hinge lies near its corner; unless the case is a tie, whose numbers are then exact in every precision. Nothing of another
assignment may be imported.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache

import numpy as np
import torch

from grader import assignments
from grader.answer import outputs, usual_settings
from grader.assignments import Cases
from grader.model import Arrays, Case, Exercise, Inputs, Target, batches
from solutions import mutants

FLOATS = (np.float32, np.float64)


def cases(assignment: str, seed: int) -> Cases:
    """The hidden cases of all that is graded in an assignment, by exercise: the same seed gives the same cases.

    Raises:
        ValueError: an exercise has none, HIDDEN has some for what is not graded, or a plain solution refuses an input.
    """
    graded = assignments.graded(assignment)
    makers = {}
    for chapter in mutants.chapters(assignment):
        makers |= getattr(chapter, "HIDDEN", {})
    if differ := makers.keys() ^ graded.keys():
        raise ValueError(f"HIDDEN in solutions/{assignment} is not for what is graded: {', '.join(sorted(differ))}")
    with _alone():
        return {
            name: tuple(
                _complete(assignment, exercise, case)
                for case in makers[name](np.random.default_rng([seed, number]))  # its own stream, whatever others draw
            )
            for number, (name, exercise) in enumerate(graded.items())
        }


@contextmanager
def _alone() -> Iterator[None]:
    """As answers are made; and among so few numbers more threads than one take longer, and their sums would depend on the
    machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with usual_settings():
            yield
    finally:
        torch.set_num_threads(before)


@cache
def visible_cases(assignment: str) -> Cases:
    """The visible cases of all that is graded, with what is right for earlier parts."""
    with _alone():
        return {
            name: tuple(_with_earlier(assignment, exercise, case) for case in exercise.cases)
            for name, exercise in assignments.graded(assignment).items()
        }


def _complete(assignment: str, exercise: Exercise, case: Case) -> Case:
    """The case with what it expects, unless that is an error, and what is right for the parts that the exercise needs."""
    target = exercise.target
    try:
        if case.before:
            case = replace(case, expected_before=_right(assignment, target, {**case.inputs, **case.before}))
        if not case.raises:
            case = replace(case, expected=_right(assignment, target, case.inputs, case.gradient))
        return _with_earlier(assignment, exercise, case)
    except ValueError as problem:
        raise ValueError(f"{exercise.name}, {case.name}: {problem}") from None


def _with_earlier(assignment: str, exercise: Exercise, case: Case) -> Case:
    """The case with what is right for the parts that the exercise needs."""
    needed = [assignments.graded(assignment)[name].target for name in exercise.needs]
    return replace(
        case,
        earlier={
            target.name: tuple(_right(assignment, target, target.stand_in.asked(inputs)) for inputs in batches(case))
            for target in needed
        },
    )


def _right(assignment: str, target: Target, inputs: Inputs, gradient: bool = False) -> Arrays:
    """What the plain solution answers in float64, rounded to the dtype of the inputs."""
    dtypes = {name: value.dtype for name, value in inputs.items() if getattr(value, "dtype", None) in FLOATS}
    precise = {name: value.astype(np.float64) if name in dtypes else value for name, value in inputs.items()}
    try:
        right = outputs(target, mutants.plain(assignment, target.name), precise, gradient)
    except Exception as problem:
        raise ValueError(f"the plain solution of {target.name} does not answer: {problem!r}") from problem
    arrays = {name: value.detach().numpy() for name, value in right.items()}
    return {
        name: value.astype(np.result_type(*dtypes.values())) if value.dtype in FLOATS and dtypes else value
        for name, value in arrays.items()
    }
