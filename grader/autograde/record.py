"""What grading found out about a notebook, as data in the metadata of the graded notebook.

The Judge writes it, `grader report` reads it. It holds names, results and times: no input, no expected value, no word of
a report. What a submission says under the same key is dropped before (see `grader.notebooks` and `restore`).
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import AliasChoices, Field, TypeAdapter

from grader import protocol
from grader.autograde.grading import Outcome
from grader.model import Report, State, Verdict

MARK, GRADED = "grader", {"graded": True}  # in the metadata of a notebook that was graded to the end
MOST_NOTICES, LONGEST = 20, 300  # sentences, and characters of one: they may quote the student
MOST = 1000  # exercises of a notebook, cases of an exercise, libraries
Text = Annotated[str, Field(max_length=LONGEST)]


class NoRecord(Exception):
    """A graded notebook has no record; the message says why, as the end of a sentence that begins with its name."""


@dataclass(frozen=True)
class CaseRecord:
    """mistake: the one that its answer shows, by name, if there is one; in older records any, now one of `messages`."""

    name: Text
    hidden: bool
    result: State
    mistake: Text | None


@dataclass(frozen=True)
class ExerciseRecord:
    """cases: in the order of the exercise; none if the grader failed. third_party: see `grader.third_party`.

    mistakes: the known wrong solutions of its diagnosis, by name; older records have none.
    """

    name: Text
    cases: Annotated[tuple[CaseRecord, ...], Field(max_length=MOST)]
    # Older records call it "peers".
    third_party: Annotated[
        tuple[Text, ...], Field(max_length=MOST, validation_alias=AliasChoices("third_party", "peers"))
    ]
    grader_failed: bool
    mistakes: Annotated[tuple[Text, ...], Field(max_length=MOST)] = ()


@dataclass(frozen=True)
class Record:
    """What became of one notebook.

    why: a sentence, where the outcome is not GRADED.
    seconds: how long it ran, the start of its kernel included; None: it could not be read.
    seed: of the hidden cases.
    notices: what was put right in it or left out of it, in sentences.
    """

    outcome: Outcome
    why: Text | None
    seconds: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None
    seed: int
    notices: Annotated[tuple[Text, ...], Field(max_length=MOST_NOTICES)]
    exercises: Annotated[tuple[ExerciseRecord, ...], Field(max_length=MOST)]


RECORD = TypeAdapter(Record)


def of_exercise(name: str, report: Report | None) -> ExerciseRecord:
    """`report`: None where the grader failed."""
    if report is None:
        return ExerciseRecord(name, cases=(), third_party=(), grader_failed=True)
    mistakes = report.diagnosis.mistakes if report.diagnosis else ()
    return ExerciseRecord(name, tuple(map(_of_case, report.verdicts)), report.third_party, False, mistakes)


def _of_case(verdict: Verdict) -> CaseRecord:
    return CaseRecord(verdict.case.name, verdict.case.hidden, verdict.state, verdict.mistake)


def short(sentences: Iterable[str]) -> list[str]:
    """The first of the sentences, each cut to a bounded length."""
    return [protocol.clean(sentence, LONGEST) for sentence in sentences][:MOST_NOTICES]


def to_metadata(record: Record) -> dict[str, Any]:
    """The value under MARK that says: this notebook was graded to the end, and this came of it."""
    return {**GRADED, **asdict(record)}


def is_graded(notebook: Path) -> bool:
    """Was this file in autograded/ written at the end of grading? One without the mark was left by a run cut short."""
    try:
        return json.loads(notebook.read_bytes())["metadata"][MARK]["graded"] is True
    except (OSError, ValueError, RecursionError, KeyError, TypeError):
        return False


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
        return from_metadata(mark)
    except (ValueError, RecursionError):
        raise NoRecord("has a damaged record") from None


def from_metadata(mark: Any) -> Record:
    """What `to_metadata` was given, after its travel as JSON.

    Raises:
        ValueError: it is another thing, or has grown beyond what the Judge writes.
    """
    return RECORD.validate_json(json.dumps(mark), strict=True)
