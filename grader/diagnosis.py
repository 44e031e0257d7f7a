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

Wrong = Arrays | str  # the outputs of a wrong answer, or what came instead of any


@dataclass(frozen=True)
class Known:
    """What is known of an exercise.

    answers: name of a case -> the different wrong answers to it, as in the table.
    patterns: (names of the mistakes that answer alike, name of a case -> which of its wrong answers they give).
    says: name of a mistake -> (what to tell whoever made it, the part of the formula it concerns), where the chapter itself
        does not say it.
    """

    answers: Mapping[str, list[Any]]
    patterns: list[tuple[list[str], Mapping[str, int]]]
    says: Mapping[str, tuple[str, str]]


NOTHING = Known({}, [], {})


def diagnose(exercise: Exercise, verdicts: Iterable[Verdict], answers: Mapping[str, Any]) -> Diagnosis | None:
    """The likely cause of all that failed, if there is one.

    answers: name of a case -> its untrusted answer, as `grader.judge` was given it.
    """
    failed = [verdict for verdict in verdicts if not verdict.passed]
    if not failed:
        return None
    of_the_engine = {verdict.mistake for verdict in failed}
    if None not in of_the_engine and len(of_the_engine) == 1:
        return _diagnosis(exercise, tuple(of_the_engine))
    visible = {verdict.case.name: verdict for verdict in verdicts if not verdict.case.hidden}
    known = _known(exercise.name)
    if visible.keys() != known.answers.keys():
        return None  # no table, or no answers to some of its cases
    wrong = {name: wrong_answer(verdict, answers.get(name)) for name, verdict in visible.items()}
    wrong = {name: answer for name, answer in wrong.items() if answer is not None}
    names = tuple(
        name
        for mistakes, pattern in known.patterns
        if wrong
        and pattern.keys() == wrong.keys()
        and all(
            same(exercise, visible[case].case, stored(visible[case].case, known.answers[case][number]), wrong[case])
            for case, number in pattern.items()
        )
        for name in mistakes
    )
    return _diagnosis(exercise, names) if names else None


def _diagnosis(exercise: Exercise, mistakes: tuple[str, ...]) -> Diagnosis | None:
    said = sentence(exercise, mistakes)
    return Diagnosis(mistakes, said) if said else None


def sentence(exercise: Exercise, mistakes: tuple[str, ...]) -> str:
    """What to tell whoever made one of these mistakes; nothing if too many different things could be said."""
    says = _known(exercise.name).says
    told = {name: messages.mistake(exercise, name) or says.get(name, ("", ""))[0] for name in mistakes}
    sentences = list(dict.fromkeys(filter(None, told.values())))
    if len(sentences) <= 1:
        return "".join(sentences)
    if len(sentences) <= MOST_SENTENCES:
        return f"Either: {' Or: '.join(sentences)}"
    places = {says.get(name, ("", ""))[1] for name in mistakes}
    return f"The fault lies in {places.pop()}." if len(places) == 1 and all(places) else ""


def wrong_answer(verdict: Verdict, answer: Any) -> Wrong | None:
    """What can be compared of a wrong answer; None for a right one."""
    if verdict.passed:
        return None
    if verdict.mistake:
        return verdict.mistake
    if verdict.given is not None:
        return verdict.given
    raised, malformed = (answer.get(key) if isinstance(answer, Mapping) else None for key in ("raised", "malformed"))
    details = [raised.get("type"), raised.get("message")] if isinstance(raised, Mapping) else [malformed]
    words = ": ".join(text[: protocol.TEXT_LIMIT] for text in details if isinstance(text, str))
    return " ".join(words.split()) or None


def same(exercise: Exercise, case: Case, one: Wrong, other: Wrong) -> bool:
    """Are two wrong answers the same, but for the tolerance of the case, and the order of rows where that is free?"""
    if isinstance(one, str) or isinstance(other, str):
        return isinstance(one, str) and isinstance(other, str) and one == other
    aligned = messages.aligned(exercise, case, one, other)
    return all(_alike(value, aligned[name], case.tolerance) for name, value in one.items())


def _alike(one: np.ndarray, other: np.ndarray, tolerance: float) -> bool:
    if one.shape != other.shape or one.dtype.kind != other.dtype.kind:
        return False
    unequal = mismatches(one, other, tolerance)
    if one.dtype.kind == "f":  # here NaN is like NaN, and ∞ like ∞
        unequal &= ~((one == other) | (np.isnan(one) & np.isnan(other)))
    return not unequal.any()


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
    says = {name: tuple(words) for name, words in table["says"].items()}
    return {name: Known(answers, table["patterns"][name], says) for name, answers in table["answers"].items()}
