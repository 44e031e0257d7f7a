"""What the steps of grading tell each other about one notebook: a single record, under `resources["grader"]`.

nbgrader's preprocessors hand `resources` from one to the next.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from grader.assignments import Cases
from grader.cells import Master
from grader.model import Report
from grader.protocol import Ids

KEY = "grader"


class Outcome(StrEnum):
    """LIMITED: by time, memory or output, or by the death of its kernel. FAILED: the grader did, and keeps no record."""

    GRADED = "graded"
    LIMITED = "limited"
    UNREADABLE = "unreadable"
    FAILED = "failed"


class Flag(StrEnum):
    """Why the instructor should look at a cell. SCORED: the score may stand; UNSCORED: there is none, since it could not
    be read or run, or the grader failed on it."""

    SCORED = "scored"
    UNSCORED = "unscored"


@dataclass
class Grading:
    """One notebook on its way. What a step has not come to yet is as it is here.

    By `work`, from the copying of what was handed in and from the master:
        unreadable: why the notebook is not run, but left to the instructor, as a sentence: it could not be read. None: it
            could.
        failed: it could, but the grader failed on it; the sentence says so.
        notices: what was put right or left out in copying, in sentences.
        files: the folder of the other files that were handed in.
        masters: nbgrader's cells of the master.
        ungraded: the texts of the master's code cells that no graded work needs.
        prose: the texts of the master's Markdown cells.
    By SandboxedExecute:
        cases: of each exercise, those that it is judged by. They never leave the process that grades.
        ids: under which ids the kernel was asked for them.
        seed: of the hidden ones.
        seconds: how long the notebook ran, the start of its kernel included; None: it did not run.
        starved: it hit a limit of time while its processes waited for a CPU: another run may come to another end.
        outcome: None while the notebook is only restored.
        why: a sentence for the student, where the outcome is not GRADED.
        reasons: number of a cell -> why it has no answers that count, as a sentence for the student.
    By the Judge:
        reports: of each exercise that was judged, by name; None: the grader failed on it.
        flags: grade_id -> why the instructor should look at the cell.
    """

    unreadable: str | None = None
    failed: bool = False
    notices: Sequence[str] = ()
    files: Path | None = None
    masters: Sequence[Master] = ()
    ungraded: frozenset[str] = frozenset()
    prose: frozenset[str] = frozenset()
    cases: Cases = field(default_factory=dict)
    ids: Ids = field(default_factory=dict)
    seed: int | None = None
    seconds: float | None = None
    starved: bool = False
    outcome: Outcome | None = None
    why: str | None = None
    reasons: dict[int, str] = field(default_factory=dict)
    reports: dict[str, Report | None] = field(default_factory=dict)
    flags: dict[str, Flag] = field(default_factory=dict)


def of(resources: Mapping[str, Any]) -> Grading:
    """The record of the notebook."""
    return resources[KEY]


def to_travel(record: Grading) -> Grading:
    """The record without what only grading needs: hidden cases among it, and folders that are gone by then."""
    return replace(record, files=None, masters=(), cases={}, ids={}, reports={})
