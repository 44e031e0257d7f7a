"""The trusted side: compares what a student's object answered with what was expected.

Called by `check` in the student's session, and while grading by `grader.autograde.judge` outside of the sandbox. An
answer is hostile input: whatever it holds, the outcome is a failed case with a reason, never an exception.
"""

import builtins
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import permutations
from typing import Any

import numpy as np

from grader import messages, protocol, refusal, third_party
from grader.diagnosis import diagnose
from grader.matching import differing
from grader.model import Arrays, Case, Exercise, Report, State, Verdict

MOST_LIBRARIES = 100  # names of libraries that an answer may bring


def judge(exercise: Exercise, cases: Iterable[Case], answers: Mapping[str, Any]) -> Report:
    """Compare `answers` (case name -> what `grader.answer` made, after its travel as JSON) with `cases`."""
    verdicts = tuple(_judge_case(exercise, case, answers.get(case.name)) for case in cases)
    verdicts = _told_apart(verdicts, answers)
    diagnosis = diagnose(exercise, verdicts, answers)
    return Report(exercise, verdicts, _third_party(exercise, answers.values()), diagnosis=diagnosis)


def _told_apart(verdicts: tuple[Verdict, ...], answers: Mapping[str, Any]) -> tuple[Verdict, ...]:
    """The verdicts; but one and the same message for all of several faults, but for its numbers, names none of them."""
    refused = [verdict for verdict in verdicts if verdict.case.raises and verdict.passed]
    said = {refusal.words(_text(answers[verdict.case.name]["raised"]["message"])) for verdict in refused}
    if len(refused) < 2 or len(said) > 1:
        return verdicts
    reason = "Your ValueError says the same of every fault: say what is wrong with this input."
    return tuple(
        replace(verdict, state=State.FAILED, reason=reason) if verdict.case.raises and verdict.passed else verdict
        for verdict in verdicts
    )


def _third_party(exercise: Exercise, answers: Iterable[Any]) -> tuple[str, ...]:
    named = [answer.get(protocol.THIRD_PARTY) for answer in answers if isinstance(answer, Mapping)]
    called = [name for names in named if isinstance(names, list) for name in names[:MOST_LIBRARIES]]
    found = {third_party.library(name, exercise.target.third_party) for name in called}
    return tuple(sorted(name for name in found if name))


def _judge_case(exercise: Exercise, case: Case, answer: Any) -> Verdict:
    """As the student's code answered by itself, or else with right earlier parts in the place of the student's own."""
    verdict = judge_case(exercise, case, answer)
    if case.earlier and not verdict.passed and isinstance(answer, Mapping):
        helped = judge_case(exercise, case, answer.get(protocol.HELPED))
        return replace(helped, helped=True) if helped.passed else verdict
    return verdict


def judge_case(exercise: Exercise, case: Case, answer: Any) -> Verdict:
    """One case. The report of a hidden one quotes nothing: neither numbers nor the student's words, which may be both."""
    if not isinstance(answer, Mapping):
        return Verdict(case, State.FAILED, "There is no answer to this case.")
    if "raised" in answer:
        return _judge_exception(exercise, case, answer["raised"])
    if case.raises:
        reason = "Expected: a ValueError that names the fault. Your code accepted this input."
        return Verdict(case, State.FAILED, reason, mistake=messages.NO_INPUT_CHECKS)
    if "malformed" in answer:
        reason = "Your code returned something of another kind here." if case.hidden else _sentence(answer["malformed"])
        return Verdict(case, State.FAILED, reason)
    try:
        if changed := _changed(case, answer):
            return Verdict(
                case, State.FAILED, f"Your code changed {' and '.join(changed)} in place.", messages.CHANGES_INPUT
            )
        given = _decode(case, answer)
    except protocol.MalformedArray as problem:
        detail = "" if case.hidden else f": {problem}"
        return Verdict(case, State.FAILED, f"The answer cannot be read{detail}.")
    verdict = _compare(exercise, case, given)
    if not case.before or not verdict.passed:
        return verdict
    first = judge_case(exercise, _first_batch(case), answer.get("before"))
    reason = f"On the batch before this one: {first.reason}"
    return verdict if first.passed else replace(verdict, state=State.FAILED, reason=reason, mistake=first.mistake)


def _first_batch(case: Case) -> Case:
    """The batch on which an object is used before that of the case, as a case of its own."""
    nothing: Arrays = {}
    return replace(
        case,
        inputs=case.before,
        expected=case.expected_before,
        before=nothing,
        also=(),
    )


def _compare(exercise: Exercise, case: Case, given: Arrays) -> Verdict:
    if case.also:
        right = [case.expected, *({**case.expected, **other} for other in case.also)]
        nearest = min(right, key=lambda outputs: len(_differing(exercise, case, outputs, given)))
        case = replace(case, expected=nearest)
    if not _differing(exercise, case, case.expected, given):
        return Verdict(case, State.PASSED, given=given)
    if order := _returned_order(exercise, case, given):
        return Verdict(
            case, State.FAILED, messages.other_order(exercise, order), messages.OUTPUTS_IN_ANOTHER_ORDER, given
        )
    return Verdict(case, State.FAILED, messages.difference(exercise, case, given), given=given)


def _differing(exercise: Exercise, case: Case, expected: Arrays, given: Arrays) -> list[str]:
    as_given = differing(expected, given, case.tolerance)  # no row need be moved where that is right
    return as_given and differing(expected, messages.aligned(exercise, case, expected, given), case.tolerance)


def _returned_order(exercise: Exercise, case: Case, given: Arrays) -> tuple[str, ...] | None:
    """What was returned in the place of each output, if all are there but in the wrong places.

    What is right where it stands stays there: where the rows are a set, outputs that hold the same vectors in another
    order would look exchanged.
    """
    outputs = exercise.target.outputs
    expected = {name: case.expected[name] for name in outputs if name in case.expected}
    places = _differing(exercise, case, expected, given)
    for order in permutations(places):
        moved = {name: given[place] for name, place in zip(order, places)}
        if places and not _differing(exercise, case, expected, {**given, **moved}):
            found = dict(zip(places, order))
            return tuple(found.get(name, name) for name in outputs)
    return None


def _judge_exception(exercise: Exercise, case: Case, raised: Any) -> Verdict:
    details = raised if isinstance(raised, Mapping) else {}
    kind, message, line, caller = (_text(details.get(key)) for key in ("type", "message", "line", "caller"))
    # torch raises NotImplementedError too: a stub's own line says `raise`, or its text cannot be seen. What another
    # function calls is not the stub that was asked for.
    stub = re.match(r"(.*?):( raise NotImplementedError|$)", line)
    if kind == "NotImplementedError" and stub and not caller:
        where = "" if case.hidden else f" ({stub[1]}, raises NotImplementedError). {message}"
        return Verdict(case, State.NOT_DONE, f"Not implemented yet{where or '.'}".strip())
    line = f"{line.rstrip(': ')}; called by {caller}" if caller else line
    bases = details.get("bases")
    if case.raises and isinstance(bases, list) and "ValueError" in bases:
        if refusal.names_a_fault(message):
            return Verdict(case, State.PASSED)
        says = "" if case.hidden else f" It says: {message or 'nothing'}{_place(line)}."
        return Verdict(case, State.FAILED, f"Your ValueError should say what is wrong with this input.{says}")
    if case.hidden:
        known = isinstance(getattr(builtins, kind, None), type)
        raised_what = f"Your code raised {kind if known else 'an exception'}."
    else:
        what = f"{kind}: {message}" if message else kind
        raised_what = f"Your code raised {what}{_place(line) or f' (when called as {messages.called(exercise, case)})'}"
    if case.raises:
        reason = f"Expected: a ValueError that names the fault. {raised_what}"
        return Verdict(case, State.FAILED, reason, messages.NO_INPUT_CHECKS)
    return Verdict(case, State.FAILED, raised_what if case.hidden else raised_what + messages.behind(message))


def _place(line: str) -> str:
    return f" (in {line.rstrip(': ')})" if line else ""


def _decode(case: Case, answer: Mapping[str, Any]) -> dict[str, np.ndarray]:
    outputs = answer.get("outputs")
    if not isinstance(outputs, Mapping):
        raise protocol.MalformedArray("it holds no outputs")
    return {name: protocol.decode(outputs.get(name)) for name in case.expected}


def _changed(case: Case, answer: Mapping[str, Any]) -> list[str]:
    """The names of the inputs that are no longer what they were."""
    inputs, left = case.inputs, answer.get("inputs")
    if not isinstance(left, Mapping):
        raise protocol.MalformedArray("it does not hold the inputs as they are now")
    return [name for name, value in inputs.items() if not _same(value, left.get(name))]


def _same(value: Any, left: Any) -> bool:
    if not isinstance(value, np.ndarray):
        return left == value
    array = protocol.decode(left.get("array") if isinstance(left, Mapping) else left)
    return array.dtype == value.dtype and np.array_equal(array, value, equal_nan=value.dtype.kind == "f")


def _text(value: Any) -> str:
    """The student's own words; anything but text is dropped unread (its repr could be endless)."""
    return " ".join(protocol.clean(value, protocol.TEXT_LIMIT).split()) if isinstance(value, str) else ""


def _sentence(value: Any) -> str:
    text = _text(value) or "the answer is malformed"
    return text[:1].upper() + text[1:].rstrip(".") + "."
