"""Which known mistake explains all that is wrong with the answers to an exercise?

Beside a chapter lies a table, CHAPTER.mistakes.json: what known wrong solutions answer to its visible cases. It is made on
the instructor's machine (see `solutions.tools.mistakes`) and holds none of them, so that grading runs no wrong solution
either. A mistake is recognised if it answers to every visible case of the exercise just as the student does: right where
they are right, and with the same wrong answer where they are wrong. One case alone is often met by chance.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from grader import messages, protocol
from grader.assignments import FOLDER
from grader.matching import mismatches
from grader.model import Arrays, Case, Diagnosis, Exercise, Verdict

SUFFIX = ".mistakes.json"
MOST_SENTENCES = 3  # that a diagnosis says side by side

RAISED = "raised"  # begins what stands for an exception
Wrong = Arrays | str  # the outputs of a wrong answer, or what came instead of any


@dataclass(frozen=True)
class Told:
    """What to tell of a mistake of which the chapter itself does not speak.

    faults: a sentence on each thing that is wrong. place: the part of the formula that they concern.
    """

    faults: tuple[str, ...]
    place: str


@dataclass(frozen=True)
class Known:
    """What is known of an exercise.

    answers: name of a case -> the different wrong answers to it, as in the table.
    patterns: (names of the mistakes that answer alike, name of a case -> which of its wrong answers they give).
    told: by the name of a mistake.
    """

    answers: Mapping[str, list[Any]]
    patterns: list[tuple[list[str], Mapping[str, int]]]
    told: Mapping[str, Told]


NOTHING = Known({}, [], {})


def diagnose(exercise: Exercise, verdicts: Iterable[Verdict], answers: Mapping[str, Any]) -> Diagnosis | None:
    """The likely cause of all that failed, if there is one.

    answers: name of a case -> its untrusted answer, as `grader.judge` was given it.
    """
    failed = [verdict for verdict in verdicts if not verdict.passed]
    anywhere = {verdict.mistake for verdict in failed}
    if len(anywhere) == 1 and None not in anywhere:
        return _anywhere(failed)
    visible = {verdict.case.name: verdict for verdict in verdicts if not verdict.case.hidden}
    wrong = {name: wrong_answer(verdict, answers.get(name)) for name, verdict in visible.items() if not verdict.passed}
    known = _known(exercise.name) if wrong else NOTHING
    if visible.keys() != known.answers.keys():
        return None  # nothing failed that can be compared, or the table is of other cases
    mistakes = tuple(
        name for names, pattern in known.patterns if _agrees(exercise, known, pattern, wrong) for name in names
    )
    faults = {name: len(_told(exercise, name).faults) for name in mistakes}
    simplest = tuple(name for name in mistakes if faults[name] == min(faults.values()))  # the likeliest of them
    said = sentence(exercise, simplest)
    return Diagnosis(simplest, said) if said else None


def _anywhere(failed: list[Verdict]) -> Diagnosis:
    """The diagnosis of a mistake that can be made in any exercise, which all that failed have in common."""
    name = failed[0].mistake
    accepted = [verdict.case.name for verdict in failed if not verdict.case.hidden]
    which = f"Not refused yet: {', '.join(accepted)}. " if name == messages.NO_INPUT_CHECKS and accepted else ""
    return Diagnosis((name,), f"{which}{messages.ANYWHERE[name]}")


def _agrees(exercise: Exercise, known: Known, pattern: Mapping[str, int], wrong: Mapping[str, Wrong]) -> bool:
    """Are these the wrong answers that were given, and no others? Where numbers agree, exceptions elsewhere may differ:
    there are many ways to write one fault."""
    if pattern.keys() != wrong.keys():
        return False
    numbers, others = False, False
    for case in exercise.cases:
        if case.name in pattern:
            ours, theirs = stored(case, known.answers[case.name][pattern[case.name]]), wrong[case.name]
            if same(exercise, case, ours, theirs):
                numbers |= not isinstance(ours, str)
            elif _raised(ours) and _raised(theirs):
                others = True
            else:
                return False
    return numbers or not others


def _raised(answer: Wrong) -> bool:
    return isinstance(answer, str) and answer.startswith(RAISED)


def sentence(exercise: Exercise, mistakes: tuple[str, ...]) -> str:
    """What to tell whoever made one of these mistakes, as far as they have it in common; nothing if that is nothing."""
    told = [_told(exercise, name) for name in mistakes]
    if not told or not all(each.faults for each in told):
        return ""
    if common := [fault for fault in told[0].faults if all(fault in each.faults for each in told)]:
        return " And: ".join(common)
    sentences = list(dict.fromkeys(" And: ".join(each.faults) for each in told))
    if len(sentences) <= MOST_SENTENCES:
        return f"Either: {' Or: '.join(sentences)}"
    places = {each.place for each in told}
    return f"The fault lies in {places.pop()}." if len(places) == 1 and all(places) else ""


def _told(exercise: Exercise, mistake: str) -> Told:
    if said := messages.mistake(exercise, mistake):
        return Told((said,), "")
    told = [_known(exercise.name).told.get(name, Told((), "")) for name in parts(mistake)]
    if not all(each.faults for each in told):
        return Told((), "")
    return Told(tuple(fault for each in told for fault in each.faults), " and ".join(each.place for each in told))


def parts(mistake: str) -> list[str]:
    """The names of the mistakes that one is made of: "target: one; other" is "target: one" and "target: other"."""
    first, *others = mistake.split("; ")
    return [first, *(f"{first.partition(': ')[0]}: {other}" for other in others)]


def wrong_answer(verdict: Verdict, answer: Any) -> Wrong:
    """What can be compared of an answer that failed."""
    if verdict.mistake:
        return verdict.mistake
    if verdict.given is not None:
        return verdict.given
    raised, malformed = (answer.get(key) if isinstance(answer, Mapping) else None for key in ("raised", "malformed"))
    details = [RAISED, raised.get("type"), raised.get("message")] if isinstance(raised, Mapping) else [malformed]
    words = " ".join(text[: protocol.TEXT_LIMIT] for text in details if isinstance(text, str))
    return " ".join(words.split())


def same(exercise: Exercise, case: Case, one: Wrong, other: Wrong) -> bool:
    """Are two wrong answers the same, but for the tolerance of the case, and the order of rows where that is free?"""
    if isinstance(one, str) or isinstance(other, str):
        return isinstance(one, str) and isinstance(other, str) and one == other
    if all(_alike(value, other[name], case.tolerance) for name, value in one.items()):
        return True
    rows = exercise.target.outputs if exercise.target.free_row_order else ()
    if not rows or any(_differ_in_sum(one[name], other[name], case.tolerance) for name in rows):
        return False
    aligned = messages.aligned(exercise, case, one, other)
    return all(_alike(value, aligned[name], case.tolerance) for name, value in one.items())


def _differ_in_sum(one: np.ndarray, other: np.ndarray, tolerance: float) -> bool:
    """Can these not be the same rows, in whatever order? Far sooner known than by putting them in order."""
    if one.shape != other.shape or one.ndim == 0:
        return True
    with np.errstate(invalid="ignore", over="ignore"):
        apart = np.abs(one.sum(0, dtype=np.float64) - other.sum(0, dtype=np.float64))
        return bool((apart > len(one) * tolerance * max(1.0, np.abs(one).max(initial=0))).any())  # never so for NaN


def _alike(one: np.ndarray, other: np.ndarray, tolerance: float) -> bool:
    if one.shape != other.shape or one.dtype.kind != other.dtype.kind:
        return False
    if one.dtype.kind != "f":
        return np.array_equal(one, other)
    strange = ~np.isfinite(one)  # here NaN is like NaN, and ∞ like ∞
    alike = np.array_equal(one[strange], other[strange], equal_nan=True)
    return alike and not mismatches(one[~strange], other[~strange], tolerance).any()


def stored(case: Case, entry: Any) -> Wrong:
    """A wrong answer that stands in the table, where outputs that are right are left out, and dtypes that are."""
    if isinstance(entry, str):
        return entry
    outputs = dict(case.expected)
    for name, value in entry.items():
        if isinstance(value, dict):
            outputs[name] = np.array(value["values"], value["dtype"]).reshape(value["shape"])
        else:
            outputs[name] = np.array(value, case.expected[name].dtype)
    return outputs


def _known(exercise: str) -> Known:
    return _chapter(exercise.partition(".")[0]).get(exercise, NOTHING)


@cache
def _chapter(chapter: str) -> Mapping[str, Known]:
    """The table of a chapter, by exercise; an empty one where there is none."""
    paths = list(FOLDER.glob(f"*/{chapter}{SUFFIX}"))
    return parse(paths[0].read_text()) if paths else {}


def parse(text: str) -> Mapping[str, Known]:
    table = json.loads(text)
    told = {name: Told(tuple(faults), place) for name, (faults, place) in table["told"].items()}
    return {
        exercise: Known(answers, _patterns(table, exercise), told) for exercise, answers in table["answers"].items()
    }


def _patterns(table: Mapping[str, Any], exercise: str) -> list[tuple[list[str], Mapping[str, int]]]:
    """In the table a number stands for each case in turn, and null where the mistake is right."""
    cases = table["answers"][exercise]
    return [
        (names, {case: number for case, number in zip(cases, numbers, strict=True) if number is not None})
        for names, numbers in table["patterns"][exercise]
    ]
