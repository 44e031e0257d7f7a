"""The trusted side: compares what a student's object answered with what was expected.

Called by `grader.check` in the student's session, and while grading by `grader.autograde.judge` outside of the
sandbox. An answer is hostile input: whatever it holds, the outcome is a failed case with a reason, never an exception.
"""

import builtins
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from grader import peers, wire
from grader.exercises.mistakes import MISTAKES
from grader.exercises.model import Case, Exercise

TEXT_LIMIT = 500  # characters of the student's own words in a report
NOT_YET = "Not implemented yet."
KNOWN_INPUTS = (
    *("features", "labels", "class_a", "class_b", "anchor_labels", "negative_labels", "alphabet_of", "ids"),
    *("d", "s", "level", "anchors", "margin"),
)


@dataclass(frozen=True)
class Verdict:
    """What became of one case.

    reason: one or more sentences for the student; empty when passed.
    mistake: the known wrong solution that gives exactly this answer, if there is one.
    given: the decoded outputs, where there were any (for the picture).
    """

    case: Case
    passed: bool
    reason: str = ""
    mistake: str | None = None
    given: Mapping[str, np.ndarray] | None = None


@dataclass(frozen=True)
class Report:
    """verdicts: one a case. peers: the libraries that the student's code called for its work (see `grader.peers`)."""

    exercise: Exercise
    verdicts: tuple[Verdict, ...]
    peers: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        return bool(self.verdicts) and all(verdict.passed for verdict in self.verdicts)

    @property
    def score(self) -> int:
        return self.exercise.points if self.passed else 0

    def __repr__(self) -> str:
        from grader import show

        return show.text(self)

    def _repr_html_(self) -> str:
        from grader import show

        return show.html(self)


def judge(exercise: Exercise, cases: Iterable[Case], answers: Mapping[str, Any]) -> Report:
    """Compare `answers` (case name -> what `grader.answer` made, after its travel as JSON) with `cases`."""
    verdicts = tuple(judge_case(exercise, case, answers.get(case.name)) for case in cases)
    return Report(exercise, verdicts, _peers(answers.values()))


def _peers(answers: Iterable[Any]) -> tuple[str, ...]:
    named = [answer.get("peers") for answer in answers if isinstance(answer, Mapping)]
    found = {peers.peer(name) for names in named if isinstance(names, list) for name in names}
    return tuple(sorted(name for name in found if name))


def judge_case(exercise: Exercise, case: Case, answer: Any) -> Verdict:
    """One case. The report of a hidden one quotes nothing: neither numbers nor the student's words, which may be both."""
    if not isinstance(answer, Mapping):
        return Verdict(case, False, "There is no answer to this case.")
    if "raised" in answer:
        return _judge_exception(case, answer["raised"])
    if "malformed" in answer:
        reason = "Your code returned something of another kind here." if case.hidden else _sentence(answer["malformed"])
        return Verdict(case, False, reason)
    if case.raises:
        reason = f"Expected: a ValueError that names the fault{_clue(case)}. Your code accepted this input."
        return Verdict(case, False, reason, mistake="no_input_checks")
    try:
        given = _decode(case, answer)
    except wire.MalformedArray as problem:
        return Verdict(case, False, f"The answer cannot be read: {problem}.")
    changed = answer.get("changed")
    if changed:
        return Verdict(case, False, f"Your code changed {_words(changed)} in place.", "changes_input_in_place", given)
    if _same(exercise, case, case.expected, given):
        return Verdict(case, True, given=given)
    for mistake, outputs in case.mistakes.items():
        if outputs and _same(exercise, case, {**case.expected, **outputs}, given):
            return Verdict(case, False, _difference(exercise, case, given), mistake, given)
    return Verdict(case, False, _difference(exercise, case, given), given=given)


def _judge_exception(case: Case, raised: Any) -> Verdict:
    details = raised if isinstance(raised, Mapping) else {}
    kind, message, line = (_text(details.get(key)) for key in ("type", "message", "line"))
    # torch raises NotImplementedError too: a stub's own line says `raise`, or there is no line to see.
    if kind == "NotImplementedError" and (not line or re.search(r": raise NotImplementedError|: $", line)):
        return Verdict(case, False, NOT_YET if case.hidden else f"{NOT_YET} {message}".strip())
    bases = details.get("bases")
    if case.raises and isinstance(bases, list) and "ValueError" in bases:
        if any(word.lower() in message.lower() for word in case.raises):
            return Verdict(case, True)
        says = "" if case.hidden else f"; it says: {message}"
        return Verdict(case, False, f"Your ValueError should name the fault{_clue(case)}{says}.")
    if case.hidden:
        raised_what = f"Your code raised {kind if hasattr(builtins, kind) else 'an exception'}."
    else:
        raised_what = f"Your code raised {kind}: {message}" + (f" (in {line})" if line else "")
    if case.raises:
        reason = f"Expected: a ValueError that names the fault{_clue(case)}. {raised_what}"
        return Verdict(case, False, reason, "no_input_checks")
    return Verdict(case, False, raised_what)


def _clue(case: Case) -> str:
    """The words of which one must stand in the message."""
    return "" if case.hidden else f" (say one of: {', '.join(case.raises)})"


def _decode(case: Case, answer: Mapping[str, Any]) -> dict[str, np.ndarray]:
    outputs = answer.get("outputs")
    if not isinstance(outputs, Mapping):
        raise wire.MalformedArray("it holds no outputs")
    given = {}
    for name in case.expected:
        declared = outputs.get(name)
        if isinstance(declared, Mapping) and declared.get("dtype") == "bfloat16":
            raise wire.MalformedArray(f"{name} has dtype bfloat16, expected is {case.expected[name].dtype}")
        given[name] = wire.decode(declared)
    return given


def aligned(
    exercise: Exercise, expected: Mapping[str, np.ndarray], given: Mapping[str, np.ndarray]
) -> Mapping[str, np.ndarray]:
    """`given`, its rows in the order of the expected ones where the exercise leaves the order free.

    The rows are triplets, anchor, positive and negative side by side. Each expected row takes the given row nearest
    to it that is still free; the anchor weighs most, since it names the class.
    """
    names = exercise.outputs
    if not exercise.free_row_order or any(given[name].shape != expected[name].shape for name in names):
        return given
    weights = (1.0, 1e-3, 1e-3)  # positive and negative only part triplets of equal anchors
    distance = sum(
        weight * np.abs(expected[name].astype(np.float64)[:, None] - given[name].astype(np.float64)[None]).sum(-1)
        for name, weight in zip(names, weights)
    )  # (P, P)
    order: list[int] = []
    for row in distance:
        row[order] = np.inf
        order.append(int(np.argmin(row)))
    return {**given, **{name: given[name][order] for name in names}}


def _same(exercise: Exercise, case: Case, expected: Mapping[str, np.ndarray], given: Mapping[str, np.ndarray]) -> bool:
    if any(given[name].shape != value.shape or given[name].dtype != value.dtype for name, value in expected.items()):
        return False
    given = aligned(exercise, expected, given)
    return not any(_misses(value, given[name], case.tolerance).any() for name, value in expected.items())


def _misses(expected: np.ndarray, given: np.ndarray, tolerance: float) -> np.ndarray:
    """Where given differs from expected: exactly, for integers; by more than the tolerance, for floats. Same shape."""
    if expected.dtype.kind != "f":
        return expected != given
    wanted = expected.astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        return ~(np.abs(wanted - given.astype(np.float64)) <= tolerance * np.maximum(1.0, np.abs(wanted)))


def _difference(exercise: Exercise, case: Case, given: Mapping[str, np.ndarray]) -> str:
    """The first output that differs, and where: dtype, shape, then the first wrong row."""
    for name, expected in case.expected.items():
        if name == "keeps_gradient" and not np.array_equal(expected, given[name]):
            return "The margin still carries a gradient; expected is a constant (see torch.Tensor.detach)."
        for aspect in ("shape", "dtype"):
            is_, should = getattr(given[name], aspect), getattr(expected, aspect)
            if is_ != should:
                detail = "" if case.hidden else f": {is_}, not {should}"
                return f"Your {name} has another {aspect} than expected{detail}."
    given = aligned(exercise, case.expected, given)
    for name, expected in case.expected.items():
        value, misses = given[name], _misses(expected, given[name], case.tolerance)
        if not misses.any():
            continue
        if case.hidden:
            return f"Your {name} is not what was expected."
        if expected.ndim == 0:
            return f"Your {name} is {number(value)}; expected is {number(expected)}."
        row = int(np.argwhere(misses)[0][0])
        what = f"Row {row} of your {name}"
        if name == "gradient":
            what = f"Your gradient for row {row} of the features"
        elif name == "anchor":
            what = "Your anchor"
        elif exercise.free_row_order:
            what = f"Your {name} for the anchor {numbers(case.expected['anchor'][row])}"
        return f"{what} is {numbers(value[row])}; expected is {numbers(expected[row])}."
    return "The answer differs from what was expected."


def number(value: Any) -> str:
    if np.asarray(value).dtype.kind != "f":
        return str(np.asarray(value).item())
    # Far from the origin six digits would hide the difference.
    return f"{float(value):.6g}" if abs(value) < 1e5 else f"{float(value):.9g}"


def numbers(row: np.ndarray) -> str:
    row = np.asarray(row)
    if row.ndim == 0:
        return number(row)
    shown = ", ".join(number(value) for value in row.reshape(-1)[:6])
    return f"({shown}{', …' if row.size > 6 else ''})"


def _words(names: Any) -> str:
    known = [name for name in names if name in KNOWN_INPUTS] if isinstance(names, list) else []
    return " and ".join(known) or "its input"


def _text(value: Any) -> str:
    """The student's own words; anything but text is dropped unread (its repr could be endless)."""
    return wire.clean(value, TEXT_LIMIT) if isinstance(value, str) else ""


def _sentence(value: Any) -> str:
    text = _text(value) or "the answer is malformed"
    return text[:1].upper() + text[1:].rstrip(".") + "."


def explain(verdict: Verdict) -> str | None:
    """The sentence on the recognised mistake, if one was recognised."""
    return MISTAKES[verdict.mistake] if verdict.mistake else None
