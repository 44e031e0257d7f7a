"""What an exercise is, and what became of one, as data: this module holds records and nothing that runs or judges them.

The chapters in `grader/exercises` are made of these, `grader.answer` runs a case's inputs, `grader.judge` compares what
came back. It imports neither torch nor a chapter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor

# A tensor argument or result stands in a case as a NumPy array (its dtype is the tensor's dtype);
# everything else (a list of labels, a margin) is passed to the student's code as it is.
Value = np.ndarray | list | int | float | bool
Inputs = Mapping[str, Any]  # argument name -> Value, or tensor where the student's code gets it
Arrays = Mapping[str, np.ndarray]  # output name -> array
Hints = tuple[str, str, str]  # from a nudge to nearly the code
Use = Callable[[Inputs], Any]  # uses the student's object on one batch; what it returned

FEATURES = "features"  # the input of this name is part of a graph: gradients are asked for it
GRADIENT = "gradient"  # the output of this name is the gradient with respect to it


def f32(rows: Any) -> np.ndarray:
    return np.array(rows, dtype=np.float32)


def f64(rows: Any) -> np.ndarray:
    return np.array(rows, dtype=np.float64)


def i64(rows: Any) -> np.ndarray:
    return np.array(rows, dtype=np.int64)


class NotAnAnswer(Exception):
    """The student's code returned something of the wrong kind; the message says what to return."""


@dataclass(frozen=True)
class Case:
    """One input with its one right answer.

    name: unique within its exercise.
    teaches: the property in one sentence; all that a student learns of a hidden case.
    inputs: argument name -> value; for a plain function in the order of its arguments.
    expected: output name -> array; compared in shape and value; none: whatever is returned will do. Whole numbers stay
        whole; their width, and that of floating-point numbers, does not matter.
    also: outputs that differ from `expected` and are right, too, as where rounding decides between equals.
    raises: instead of outputs: the input is to be refused, by a ValueError whose message names the fault.
    why: the arithmetic behind the expected values, in words.
    mistakes: name of a known wrong solution -> the outputs that differ from `expected` when it is made.
        The first is the one the case was made for.
    tolerance: largest allowed |given - expected|, relative to max(1, |expected|).
    gradient: also ask for the gradient of the target's scalar with respect to the features.
    before: inputs of another batch, on which the student's object is used first and from which nothing may stay. Those
        of which the object is made are the same.
    expected_before: what it is to answer there, without a gradient.
    earlier: target that the exercise needs -> what is right there for `before`, if there is one, and for `inputs`: see
        `StandIn`. Only while grading.
    hidden: neither inputs nor expected values are shown to the student.
    taught_by: of a hidden case, the name of the visible case of its exercise that demands the same, or a sentence of the
        stub's docstring that does.
    hints: for a student whose first failing case it is; None: those of the exercise.
    """

    name: str
    teaches: str
    inputs: Mapping[str, Value]
    expected: Arrays = field(default_factory=dict)
    also: tuple[Arrays, ...] = ()
    raises: bool = False
    why: str = ""
    mistakes: Mapping[str, Arrays] = field(default_factory=dict)
    tolerance: float = 1e-4
    gradient: bool = False
    before: Mapping[str, Value] = field(default_factory=dict)
    expected_before: Arrays = field(default_factory=dict)
    earlier: Mapping[str, tuple[Arrays, ...]] = field(default_factory=dict)
    hidden: bool = False
    taught_by: str = ""
    hints: Hints | None = None


def batches(asked: Any) -> tuple[Inputs, ...]:
    """The inputs of each batch of a case, or of a question that asks it, in order."""
    return ({**asked.inputs, **asked.before}, asked.inputs) if asked.before else (asked.inputs,)


def positional(*arguments: str) -> Callable[[Any, Inputs], Use]:
    """`Target.prepare` for a plain function of these inputs, by position."""
    return lambda function, _: lambda inputs: function(*(inputs[name] for name in arguments))


@dataclass(frozen=True)
class StandIn:
    """How right answers, which come as data, take the place of a student's own part while a later one answers a case.

    asked: inputs of the later case -> those of all questions that it may put to this part, the answers to which are made
        outside.
    made: (these inputs, the right outputs, the student's own or what stands for it) -> what takes its place: it answers
        what was asked by the outputs, and leaves anything else to the student's own.
    """

    asked: Callable[[Inputs], Inputs]
    made: Callable[[Inputs, Mapping[str, Tensor], Any], Any]


@dataclass(frozen=True)
class Target:
    """What a student writes, a function or a class: how it is run, worded and drawn. One or more exercises check it.

    name: which it has in the notebook.
    outputs: the names of what it returns, in order.
    prepare: (the student's object, inputs of a case) -> `Use`. Inputs come as tensors and plain values.
    called: how it is called, as code; by default like a plain function of the inputs.
    shapes: in a sentence or two, the outputs' shapes and what their dimensions mean; told when one is wrong.
    mistakes: name of a known wrong solution -> what to tell a student who gives its answer. The wrong solutions themselves
        are in the chapter's secret file.
    scalar: (outputs by name, inputs) -> what to sum up and take the gradient of; by default the last output. It is called
        for every answer, and may raise NotAnAnswer.
    gradient: in a sentence, what the gradient is of and should be; told when it is wrong.
    place: (case, output, index into it) -> what stands there, as the subject of a sentence; None: nothing special.
    draw: tried in turn on a visible case and the answer to it: each draws what is wrong as SVG, or returns None.
    points: outputs whose rows are points, to be shown as a whole.
    free_row_order: the outputs have one number of rows, which side by side are one set; their order does not matter.
    third_party: libraries that hold what is asked for; code that calls them is reported.
    stand_in: of what later exercises need.
    """

    name: str
    outputs: tuple[str, ...]
    prepare: Callable[[Any, Inputs], Use]
    called: str = ""
    shapes: str = ""
    mistakes: Mapping[str, str] = field(default_factory=dict)
    scalar: Callable[[Mapping[str, Tensor], Inputs], Tensor] | None = None
    gradient: str = ""
    place: Callable[[Case, str, tuple[int, ...]], str | None] | None = None
    draw: tuple[Callable[[Case, Arrays], str | None], ...] = ()
    points: tuple[str, ...] = ()
    free_row_order: bool = False
    third_party: tuple[str, ...] = ()
    stand_in: StandIn | None = None


@dataclass(frozen=True)
class Exercise:
    """One check cell of a notebook: all of its cases, the visible and the hidden ones, must pass for its points.

    name: "chapter.part".
    points: 0 for what nobody must do: it has no hidden cases and is never graded. In a graded notebook those of its cell
        count, which are the instructor's to change.
    needs: names of earlier exercises whose code this one may call. While grading, no fault of theirs costs its points.
    hints: for an exercise of which no case passes yet, and for its cases that have none of their own.
    """

    name: str
    title: str
    points: float
    target: Target
    cases: tuple[Case, ...]
    hints: Hints
    needs: tuple[str, ...] = ()

    @property
    def grade_id(self) -> str:
        return grade_id(self.name)

    @property
    def check(self) -> str:
        """The text of its check cell."""
        return f'check("{self.name}", {self.target.name})'


def grade_id(exercise: str) -> str:
    """The name of the check cell of an exercise, in which nbgrader allows no dot."""
    return exercise.replace(".", "-", 1)


class State(StrEnum):
    """What became of a case or an exercise, as it is kept in records."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_DONE = "not implemented"
    NOT_RUN = "not run"

    @property
    def words(self) -> str:
        """As students read it."""
        return {"passed": "passed", "failed": "not there yet"}.get(self, f"{self} yet")


@dataclass(frozen=True)
class Verdict:
    """What became of one case.

    reason: one or more sentences for the student; empty when passed.
    mistake: one that can be made in any exercise, if the answer shows it (see `grader.messages`).
    given: the decoded outputs, where there were any to compare.
    helped: passed with right earlier parts in place of the student's own.
    """

    case: Case
    state: State
    reason: str = ""
    mistake: str | None = None
    given: Arrays | None = None
    helped: bool = False

    @property
    def passed(self) -> bool:
        return self.state is State.PASSED


@dataclass(frozen=True)
class Diagnosis:
    """The likely cause of all that fails in an exercise.

    mistakes: names of the known wrong solutions that answer alike; more than one where the cases cannot tell them apart.
    sentence: for the student.
    """

    mistakes: tuple[str, ...]
    sentence: str


@dataclass(frozen=True)
class Report:
    """What became of an exercise.

    verdicts: one a case.
    third_party: the libraries that the student's code called for its work (see `grader.third_party`).
    advice: what to do next, for a student at work; none while grading.
    diagnosis: what the wrong answers to the visible cases have in common, if that is known; for a student at work, that an
        earlier part is to be mended first.
    """

    exercise: Exercise
    verdicts: tuple[Verdict, ...]
    third_party: tuple[str, ...] = ()
    advice: str = ""
    diagnosis: Diagnosis | None = None

    @classmethod
    def without_answers(cls, exercise: Exercise, cases: tuple[Case, ...], state: State, reason: str) -> Report:
        """One and the same verdict on all cases."""
        return cls(exercise, tuple(Verdict(case, state, reason) for case in cases))

    @property
    def passed(self) -> bool:
        return self.passed_cases == len(self.verdicts) > 0

    @property
    def passed_cases(self) -> int:
        return sum(verdict.passed for verdict in self.verdicts)

    @property
    def state(self) -> State:
        """The state that all verdicts have in common, else FAILED."""
        states = {verdict.state for verdict in self.verdicts}
        return states.pop() if len(states) == 1 else State.FAILED

    @property
    def score(self) -> float:
        return self.exercise.points if self.passed else 0
