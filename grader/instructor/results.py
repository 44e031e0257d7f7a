"""What became of an assignment, student by student: the facts that `grader report` shows.

Scores come from nbgrader's gradebook, by the settings of the course folder that one works in; what was judged comes from
the records in the notebooks in autograded/ (see `grader.autograde.record`). Nothing is changed.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook
from nbgrader.apps.baseapp import NbGrader
from nbgrader.coursedir import CourseDirectory
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from grader import assignments
from grader.autograde import folders, record
from grader.autograde.grading import Outcome
from grader.autograde.record import ExerciseRecord, Record
from grader.model import Exercise, grade_id


class NoResults(Exception):
    """There is nothing to report on; the message says why, and what to do."""


@dataclass(frozen=True)
class Part:
    """One cell with points, be it graded by the Judge or by hand.

    exercise: what it checks; None if it checks none that there is today.
    """

    notebook: str
    cell: str
    points: float
    exercise: Exercise | None = field(compare=False)  # it has no hash

    @property
    def title(self) -> str:
        return self.exercise.title if self.exercise else self.cell


@dataclass(frozen=True)
class Submission:
    """Work that has been graded.

    scores: None where neither the Judge nor the instructor gave one yet.
    penalty: for being late, in points.
    review: the parts that wait for the instructor.
    records: by notebook. lacks: why others have none, in sentences.
    """

    student: str
    scores: dict[Part, float | None]
    penalty: float
    review: tuple[Part, ...]
    records: dict[str, Record]
    lacks: tuple[str, ...]

    @property
    def score(self) -> float:
        return max(0.0, sum(score or 0.0 for score in self.scores.values()) - self.penalty)

    @property
    def seconds(self) -> float | None:
        """How long its notebooks ran; None where that is not known of any."""
        times = [record.seconds for record in self.records.values() if record.seconds is not None]
        return sum(times) if times else None

    @property
    def exercises(self) -> dict[str, ExerciseRecord]:
        """By the name of their cell."""
        return {grade_id(exercise.name): exercise for record in self.records.values() for exercise in record.exercises}


@dataclass(frozen=True)
class Results:
    """parts: in the order of the notebook. waiting: students whose work was handed in and not graded. absent: students
    in the gradebook who handed in nothing."""

    assignment: str
    parts: tuple[Part, ...]
    submissions: tuple[Submission, ...]
    waiting: tuple[str, ...]
    absent: tuple[str, ...]

    @property
    def points(self) -> float:
        return sum(part.points for part in self.parts)


def gather(assignment: str) -> Results:
    """The results of an assignment of the course in the working directory.

    Raises:
        NoResults: no gradebook, no such assignment, nothing graded.
    """
    app = NbGrader()
    app.initialize([])
    course = app.coursedir
    url = make_url(course.db_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database).is_file():  # nbgrader would make one
        raise NoResults(
            f"There is no gradebook {url.database}. Work in the course's folder, and grade something first: "
            f"nbgrader autograde {assignment}"
        )
    try:
        with Gradebook(course.db_url, course.course_id) as gradebook:
            return _gather(gradebook, course, assignment)
    except SQLAlchemyError as problem:
        reason = str(problem.__cause__ or problem).partition("\n")[0]
        raise NoResults(f"The gradebook {url.render_as_string()} cannot be read: {reason}.") from None


def _gather(gradebook: Gradebook, course: CourseDirectory, name: str) -> Results:
    entered = {assignment.name: assignment for assignment in gradebook.assignments}
    if name not in entered:
        known = f"it has {', '.join(sorted(entered))}" if entered else "it has none yet"
        raise NoResults(
            f"The gradebook has no assignment {name}; {known}. `nbgrader generate_assignment {name}` enters one."
        )
    course.assignment_id = name
    parts = [part for notebook in entered[name].notebooks for part in _parts(notebook, assignments.by_cell(name))]
    found = [_submission(entry, parts, course) for entry in entered[name].submissions]
    graded = [submission for submission in found if _was_graded(submission)]
    if not graded:
        raise NoResults(f"Nothing of {name} has been graded yet: nbgrader autograde {name}")
    done = {submission.student for submission in graded}
    waiting = ({*folders.submissions(course)[0]} | {entry.student for entry in found}) - done
    absent = {student.id for student in gradebook.students} - done - waiting
    return Results(
        assignment=name,
        parts=tuple(parts),
        submissions=tuple(sorted(graded, key=lambda submission: submission.student)),
        waiting=tuple(sorted(waiting)),
        absent=tuple(sorted(absent)),
    )


def _parts(notebook: Any, exercises: Mapping[str, Exercise]) -> Iterator[Part]:
    """exercises: by the name of their cell."""
    points = {cell.name: cell.max_score for cell in (*notebook.grade_cells, *notebook.task_cells)}
    for cell in notebook.source_cells:  # they stand in the order of the notebook
        if cell.name in points:
            yield Part(notebook.name, cell.name, points[cell.name], exercises.get(cell.name))


def _submission(entry: Any, parts: list[Part], course: CourseDirectory) -> Submission:
    """`entry`: the gradebook's."""
    grades = {(book.name, grade.name): grade for book in entry.notebooks for grade in book.grades}
    of_parts = {part: grades[part.notebook, part.cell] for part in parts if (part.notebook, part.cell) in grades}
    folder = Path(course.format_path(course.autograded_directory, entry.student_id, course.assignment_id))
    records, lacks = {}, []
    for book in sorted(book.name for book in entry.notebooks):
        try:
            records[book] = record.read(folder / f"{book}.ipynb")
        except record.NoRecord as problem:
            lacks.append(f"{os.path.relpath(folder / book, course.root)}.ipynb {problem}.")
    return Submission(
        student=entry.student_id,
        scores={part: _score(grade) for part, grade in of_parts.items()},
        penalty=entry.late_submission_penalty,
        review=tuple(part for part, grade in of_parts.items() if grade.needs_manual_grade),
        records=records,
        lacks=tuple(lacks),
    )


def _was_graded(submission: Submission) -> bool:
    """What could not be read was, too: it waits for the instructor, without a score."""
    unreadable = any(record.outcome is Outcome.UNREADABLE for record in submission.records.values())
    return unreadable or any(score is not None for score in submission.scores.values())


def _score(grade: Any) -> float | None:
    return None if grade.auto_score is None and grade.manual_score is None else grade.score
