"""The report on an assignment for its instructor, one HTML page that needs no network: `grader report ASSIGNMENT`.

Counts the facts of `grader.instructor.results` and fills the template beside this module, which escapes every text.
"""

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from typing import Any

import jinja2

from data.folders import write_atomically
from grader import assignments
from grader.autograde.grading import Outcome
from grader.autograde.record import CaseRecord, ExerciseRecord
from grader.diagnosis import sentence
from grader.hidden import SUFFIX, graded_cases
from grader.instructor.results import Part, Results, Submission, gather
from grader.model import Case, State

MOST_BARS = 12  # of a histogram
EXAMPLES, SLOWEST = 5, 5  # students that are named
JUDGED = (State.PASSED, State.FAILED, State.NOT_DONE)  # what grading makes of a case
# Control characters, and marks that turn the direction of writing for what follows them. No name needs one.
UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Bar:
    """Of a histogram: how many values lie in [start, end)."""

    start: float
    end: float
    count: int


@dataclass(frozen=True)
class CaseCount:
    """How many students' work had which result on one case."""

    name: str
    teaches: str
    hidden: bool
    counts: dict[State, int]

    @property
    def n(self) -> int:
        return sum(self.counts.values())

    @property
    def passed(self) -> int:
        return self.counts[State.PASSED]


@dataclass(frozen=True)
class PartCount:
    """full: how many of the n graded students have all points of the part."""

    part: Part
    full: int
    n: int
    cases: tuple[CaseCount, ...]


@dataclass(frozen=True)
class MistakeCount:
    """students: who made it, in any exercise."""

    name: str
    sentence: str
    exercises: tuple[str, ...]
    students: tuple[str, ...]


def write(assignment: str, path: Path) -> Results:
    """Write the report on an assignment of the course in the working directory, in one step.

    Raises:
        NoResults: no gradebook, no such assignment, nothing graded.
        OSError: the page cannot be written.
    """
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder: name a file")
    results = gather(assignment)
    content = page(results).encode()
    write_atomically(path, lambda file: file.write(content))
    return results


def page(results: Results) -> str:
    scores = [submission.score for submission in results.submissions]
    timed = [submission for submission in results.submissions if submission.seconds is not None]
    template = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        finalize=_seen,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    ).get_template("report.html.j2")
    return template.render(
        results=results,
        mean=mean(scores),
        median=median(scores),
        scores=histogram(scores, results.points),
        parts=list(parts(results)),
        mistakes=mistakes(results),
        flags=flags(results.submissions),
        times=histogram([submission.seconds for submission in timed]),
        median_seconds=median(submission.seconds for submission in timed) if timed else None,
        slowest=sorted(timed, key=lambda submission: -submission.seconds)[:SLOWEST],
        lacks=[sentence for submission in results.submissions for sentence in submission.lacks],
        State=State,
        EXAMPLES=EXAMPLES,
    )


def _seen(value: Any) -> Any:
    """A text with what one would not see in it as an escape."""
    if type(value) is not str:  # or Markup, whose texts have been here
        return value
    return UNSEEN.sub(lambda found: found.group().encode("unicode_escape").decode(), value)


def histogram(values: Iterable[float], up_to: float = 0.0) -> list[Bar]:
    """Bars of one round width (1, 2 or 5 times a power of ten) from 0 to where `up_to` and all values lie."""
    values = list(values)
    most = max([up_to, *values])
    if not values or most <= 0:
        return [Bar(0.0, 1.0, len(values))] if values else []
    power = 10.0 ** math.floor(math.log10(most / MOST_BARS))
    width = next(step * power for step in (1, 2, 5, 10) if most / (step * power) < MOST_BARS)
    places = [math.floor(value / width + 1e-9) for value in values]  # 0.3 / 0.1 is a little less than 3
    last = math.floor(most / width + 1e-9)
    return [Bar(place * width, (place + 1) * width, places.count(place)) for place in range(last + 1)]


def parts(results: Results) -> Iterator[PartCount]:
    known = _known_cases(results.assignment)
    for part in results.parts:
        scores = [submission.scores.get(part) for submission in results.submissions]
        judged = [
            submission.exercises[part.cell].cases
            for submission in results.submissions
            if part.cell in submission.exercises
        ]
        full = sum(score is not None and score >= part.points for score in scores)
        yield PartCount(part, full, len(scores), tuple(_cases(known.get(part.cell, ()), judged)))


def _known_cases(assignment: str) -> dict[str, tuple[Case, ...]]:
    """All cases by the name of their cell, for their order and what they teach, which are the same for every seed."""
    try:
        known = graded_cases(assignment, seed=0)
    except ModuleNotFoundError as problem:
        if problem.name != "solutions":
            raise
        known = assignments.visible_cases(assignment)  # there are no solutions here
    return {assignments.graded(assignment)[name].grade_id: cases for name, cases in known.items()}


def _cases(known: Iterable[Case], judged: list[tuple[CaseRecord, ...]]) -> Iterator[CaseCount]:
    """The cases that were judged in the order of the known ones, then those that are no more."""
    teaches = {case.name: case.teaches for case in known}
    records = [case for cases in judged for case in cases]
    hidden = {case.name: case.hidden for case in records}
    for name in [*(name for name in teaches if name in hidden), *(name for name in hidden if name not in teaches)]:
        results = [case.result for case in records if case.name == name]
        yield CaseCount(
            name=name.removesuffix(SUFFIX),
            teaches=teaches.get(name, ""),
            hidden=hidden[name],
            counts={state: results.count(state) for state in JUDGED},
        )


def mistakes(results: Results) -> list[MistakeCount]:
    """The recognised mistakes, that of most students first. Those that an exercise cannot tell apart are counted as one."""
    known = assignments.graded(results.assignment)
    made: dict[tuple[str, str], tuple[dict[str, None], dict[str, None]]] = {}  # dictionaries for ordered sets
    for submission in results.submissions:
        for record in submission.exercises.values():
            for names in _recognised(record):
                said = sentence(known[record.name], names) if record.name in known else ""
                exercises, students = made.setdefault((" or ".join(names), said), ({}, {}))
                exercises[record.name] = students[submission.student] = None
    counts = [
        MistakeCount(name, said, tuple(exercises), tuple(students))
        for (name, said), (exercises, students) in made.items()
    ]
    return sorted(counts, key=lambda count: (-len(count.students), count.name))


def _recognised(record: ExerciseRecord) -> set[tuple[str, ...]]:
    """The diagnosis of an exercise; of an older record those of its cases."""
    return {record.mistakes} if record.mistakes else {(case.mistake,) for case in record.cases if case.mistake}


def flags(submissions: Iterable[Submission]) -> dict[str, list[tuple[str, str]]]:
    """kind of flag -> student and what it is about."""
    found: dict[str, list[tuple[str, str]]] = {
        "Waits for your review": [],
        "Calls a library that does the work": [],
        "The grader failed": [],
        "Stopped by a limit": [],
        "Could not be read": [],
        "Put right, or left out": [],
    }
    review, libraries, failures, limited, unreadable, notices = found.values()
    for submission in submissions:
        student = submission.student
        if submission.review:
            review.append((student, ", ".join(part.title for part in submission.review)))
        for exercise in submission.exercises.values():
            if exercise.third_party:
                libraries.append((student, f"{exercise.name}: {', '.join(exercise.third_party)}"))
            if exercise.grader_failed:
                failures.append((student, exercise.name))
        for record in submission.records.values():
            if record.why is not None:
                (unreadable if record.outcome is Outcome.UNREADABLE else limited).append((student, record.why))
            notices += [(student, notice) for notice in record.notices if notice != record.why]
    return {kind: entries for kind, entries in found.items() if entries}
