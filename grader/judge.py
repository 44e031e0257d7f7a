"""The trusted side: compares what a student's object answered with what was expected.

Called by `grader.check` in the student's session, and while grading by `grader.autograde.judge` outside of the
sandbox. An answer is hostile input: whatever it holds, the outcome is a failed case with a reason, never an exception.
"""

import builtins
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np

from grader import peers, wire, words
from grader.exercises.mistakes import MISTAKES
from grader.exercises.model import Case, Exercise
from grader.matching import astray, same

TEXT_LIMIT = 500  # characters of the student's own words in a report
MOST_PEERS = 100  # names of libraries that an answer may bring


@dataclass(frozen=True)
class Verdict:
    """What became of one case.

    reason: one or more sentences for the student; empty when passed.
    mistake: the known wrong solution that gives exactly this answer, if there is one.
    given: the decoded outputs, where there were any to compare.
    untouched: the stub still stands there.
    """

    case: Case
    passed: bool
    reason: str = ""
    mistake: str | None = None
    given: Mapping[str, np.ndarray] | None = None
    untouched: bool = False

    @property
    def state(self) -> str:
        """In words: "passed", "not implemented yet" or "not there yet"."""
        return "passed" if self.passed else "not implemented yet" if self.untouched else "not there yet"


@dataclass(frozen=True)
class Report:
    """What became of an exercise.

    verdicts: one a case.
    peers: the libraries that the student's code called for its work (see `grader.peers`).
    advice: what to do next, for a student at work; none while grading.
    """

    exercise: Exercise
    verdicts: tuple[Verdict, ...]
    peers: tuple[str, ...] = ()
    advice: str = ""

    @property
    def passed(self) -> bool:
        return bool(self.verdicts) and all(verdict.passed for verdict in self.verdicts)

    @property
    def state(self) -> str:
        """The state that all verdicts have in common, else "not there yet"."""
        states = {verdict.state for verdict in self.verdicts}
        return states.pop() if len(states) == 1 else "not there yet"

    @property
    def score(self) -> int:
        return self.exercise.points if self.passed else 0

    def __repr__(self) -> str:
        from grader import show

        return show.text(self)

    def _repr_html_(self) -> str:
        from grader import show

        return show.html(self, all_pictures=True)


def judge(exercise: Exercise, cases: Iterable[Case], answers: Mapping[str, Any]) -> Report:
    """Compare `answers` (case name -> what `grader.answer` made, after its travel as JSON) with `cases`."""
    verdicts = tuple(judge_case(exercise, case, answers.get(case.name)) for case in cases)
    return Report(exercise, verdicts, _peers(answers.values()))


def _peers(answers: Iterable[Any]) -> tuple[str, ...]:
    named = [answer.get("peers") for answer in answers if isinstance(answer, Mapping)]
    found = {peers.peer(name) for names in named if isinstance(names, list) for name in names[:MOST_PEERS]}
    return tuple(sorted(name for name in found if name))


def judge_case(exercise: Exercise, case: Case, answer: Any) -> Verdict:
    """One case. The report of a hidden one quotes nothing: neither numbers nor the student's words, which may be both."""
    if not isinstance(answer, Mapping):
        return Verdict(case, False, "There is no answer to this case.")
    if "raised" in answer:
        return _judge_exception(exercise, case, answer["raised"])
    if case.raises:
        reason = f"Expected: a ValueError that names the fault{_clue(case)}. Your code accepted this input."
        return Verdict(case, False, reason, mistake="no_input_checks")
    if "malformed" in answer:
        reason = "Your code returned something of another kind here." if case.hidden else _sentence(answer["malformed"])
        return Verdict(case, False, reason)
    changed = answer.get("changed")
    if changed:
        return Verdict(case, False, f"Your code changed {_known(changed, case)} in place.", "changes_input_in_place")
    try:
        given = _decode(case, answer)
    except wire.MalformedArray as problem:
        detail = "" if case.hidden else f": {problem}"
        return Verdict(case, False, f"The answer cannot be read{detail}.")
    return _compare(exercise, case, given)


def _compare(exercise: Exercise, case: Case, given: Mapping[str, np.ndarray]) -> Verdict:
    if same(exercise, case, case.expected, given):
        return Verdict(case, True, given=given)
    for mistake, outputs in case.mistakes.items():
        if outputs and same(exercise, case, {**case.expected, **outputs}, given):
            return Verdict(case, False, words.difference(exercise, case, given), mistake, given)
    if order := _returned_order(exercise, case, given):
        return Verdict(case, False, words.other_order(exercise, order), "outputs_in_another_order", given)
    return Verdict(case, False, words.difference(exercise, case, given), given=given)


def _returned_order(exercise: Exercise, case: Case, given: Mapping[str, np.ndarray]) -> tuple[str, ...] | None:
    """What was returned in the place of each output, if all are there but in the wrong places.

    What is right where it stands stays there: two classes are each other's negatives, so that anchors and negatives in
    another order of rows would look exchanged.
    """
    expected = {name: case.expected[name] for name in exercise.outputs if name in case.expected}
    places = astray(exercise, case, expected, given)
    for order in permutations(places):
        moved = {name: given[place] for name, place in zip(order, places)}
        if places and same(exercise, case, expected, {**given, **moved}):
            found = dict(zip(places, order))
            return tuple(found.get(name, name) for name in exercise.outputs)
    return None


def _judge_exception(exercise: Exercise, case: Case, raised: Any) -> Verdict:
    details = raised if isinstance(raised, Mapping) else {}
    kind, message, line = (_text(details.get(key)) for key in ("type", "message", "line"))
    # torch raises NotImplementedError too: a stub's own line says `raise`, or its text cannot be seen. What another
    # function calls is not the stub that was asked for.
    stub = re.match(r"(.*?):( raise NotImplementedError|$)", line)
    if kind == "NotImplementedError" and stub and not details.get("nested"):
        where = "" if case.hidden else f" ({stub[1]}, raises NotImplementedError). {message}"
        return Verdict(case, False, f"Not implemented yet{where or '.'}".strip(), untouched=True)
    bases = details.get("bases")
    if case.raises and isinstance(bases, list) and "ValueError" in bases:
        if any(word.lower() in message.lower() for word in case.raises):
            return Verdict(case, True)
        says = "" if case.hidden else f"; it says: {message or 'nothing'}{_place(line)}"
        return Verdict(case, False, f"Your ValueError should name the fault{_clue(case)}{says}.")
    if case.hidden:
        known = isinstance(getattr(builtins, kind, None), type)
        raised_what = f"Your code raised {kind if known else 'an exception'}."
    else:
        what = f"{kind}: {message}" if message else kind
        raised_what = f"Your code raised {what}{_place(line) or f' (when called as {words.called(exercise, case)})'}"
    if case.raises:
        reason = f"Expected: a ValueError that names the fault{_clue(case)}. {raised_what}"
        return Verdict(case, False, reason, "no_input_checks")
    return Verdict(case, False, raised_what)


def _place(line: str) -> str:
    return f" (in {line.rstrip(': ')})" if line else ""


def _clue(case: Case) -> str:
    """The words of which one must stand in the message."""
    return "" if case.hidden else f" (say one of: {', '.join(case.raises)})"


def _decode(case: Case, answer: Mapping[str, Any]) -> dict[str, np.ndarray]:
    outputs = answer.get("outputs")
    if not isinstance(outputs, Mapping):
        raise wire.MalformedArray("it holds no outputs")
    return {name: wire.decode(outputs.get(name)) for name in case.expected}


def _known(names: Any, case: Case) -> str:
    known = [name for name in case.inputs if name in names] if isinstance(names, list) else []
    return " and ".join(known) or "its input"


def _text(value: Any) -> str:
    """The student's own words; anything but text is dropped unread (its repr could be endless)."""
    return " ".join(wire.clean(value, TEXT_LIMIT).split()) if isinstance(value, str) else ""


def _sentence(value: Any) -> str:
    text = _text(value) or "the answer is malformed"
    return text[:1].upper() + text[1:].rstrip(".") + "."


def explain(verdict: Verdict) -> str | None:
    """The sentence on the recognised mistake, if one was recognised."""
    return MISTAKES[verdict.mistake] if verdict.mistake else None
