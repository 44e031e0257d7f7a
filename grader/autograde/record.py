"""What grading found out about a notebook, as data in the metadata of the graded notebook.

The Judge writes it, `grader report` reads it. It holds names, results and times: no input, no expected value, no word of
a report. What a submission says under the same key is dropped before (see `staging` and `restore`).
"""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from grader import wire
from grader.autograde.staging import GRADED, MARK
from grader.judge import Report, Verdict

MOST_NOTICES, LONGEST = 20, 300  # sentences, and characters of one: they may quote the student


class Result(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    NOT_DONE = "not implemented"


class NoRecord(Exception):
    """A graded notebook has no record; the message says why, as the end of a sentence that begins with its name."""


@dataclass(frozen=True)
class CaseRecord:
    """mistake: the known wrong solution that gives the same answer (a key of MISTAKES), if there is one."""

    name: str
    hidden: bool
    result: Result
    mistake: str | None


@dataclass(frozen=True)
class ExerciseRecord:
    """cases: in the order of the exercise; none if the grader failed. peers: see `grader.peers`."""

    name: str
    cases: tuple[CaseRecord, ...]
    peers: tuple[str, ...]
    grader_failed: bool


@dataclass(frozen=True)
class Record:
    """What became of one notebook.

    outcome: graded, limited or unreadable, and `why` if it is one of the latter two.
    seconds: how long it ran, the start of its kernel included; None: it could not be read.
    seed: of the hidden cases.
    notices: what was put right in it or left out of it, in sentences.
    """

    outcome: str
    why: str | None
    seconds: float | None
    seed: int
    notices: tuple[str, ...]
    exercises: tuple[ExerciseRecord, ...]


def of_exercise(name: str, report: Report | None) -> ExerciseRecord:
    """`report`: None where the grader failed."""
    if report is None:
        return ExerciseRecord(name, cases=(), peers=(), grader_failed=True)
    return ExerciseRecord(name, tuple(map(_of_case, report.verdicts)), report.peers, grader_failed=False)


def _of_case(verdict: Verdict) -> CaseRecord:
    result = Result.NOT_DONE if verdict.state == "not implemented yet" else Result.FAILED
    case = verdict.case
    return CaseRecord(case.name, case.hidden, Result.PASSED if verdict.passed else result, verdict.mistake)


def short(sentences: Iterable[str]) -> list[str]:
    """The first of the sentences, each cut to a bounded length."""
    return [wire.clean(sentence, LONGEST) for sentence in sentences][:MOST_NOTICES]


def to_metadata(record: Record) -> dict[str, Any]:
    """The value under MARK that says: this notebook was graded to the end, and this came of it."""
    return {**GRADED, **asdict(record)}


def read(notebook: Path) -> Record:
    """The record of a notebook in autograded/.

    Raises:
        NoRecord
    """
    try:
        metadata = json.loads(notebook.read_bytes())["metadata"]
        mark = metadata.get(MARK, {})
        graded = mark.get("graded") is True
    except FileNotFoundError:
        raise NoRecord("is missing") from None
    except OSError as problem:
        raise NoRecord(f"cannot be read: {problem.strerror}") from None
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        raise NoRecord("is damaged: it is no notebook") from None
    if not graded:
        raise NoRecord("was not graded to the end")
    if mark.keys() == GRADED.keys():
        raise NoRecord("was graded before records were kept")
    try:
        return _record(mark)
    except (ValueError, OverflowError, KeyError, TypeError, AttributeError):
        raise NoRecord("has a damaged record") from None


def _record(mark: Mapping[str, Any]) -> Record:
    seconds = None if mark["seconds"] is None else float(mark["seconds"])
    if seconds is not None and not 0 <= seconds < math.inf:
        raise ValueError("no time")
    return Record(
        outcome=str(mark["outcome"]),
        why=_text(mark["why"]),
        seconds=seconds,
        seed=int(mark["seed"]),
        notices=tuple(map(str, mark["notices"])),
        exercises=tuple(map(_exercise, mark["exercises"])),
    )


def _exercise(entry: Mapping[str, Any]) -> ExerciseRecord:
    cases = tuple(
        CaseRecord(str(case["name"]), bool(case["hidden"]), Result(case["result"]), _text(case["mistake"]))
        for case in entry["cases"]
    )
    return ExerciseRecord(str(entry["name"]), cases, tuple(map(str, entry["peers"])), bool(entry["grader_failed"]))


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
