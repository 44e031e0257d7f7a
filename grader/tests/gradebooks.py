"""A made-up course: a gradebook with one assignment of three parts, and graded notebooks written by hand."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from nbgrader.api import Base, Gradebook
from sqlalchemy import create_engine

from grader.autograde import record
from grader.autograde.grading import Outcome
from grader.autograde.record import CaseRecord, ExerciseRecord, Record

NAME = "homework3"
# In the order of the notebook; the essay is graded by hand.
POINTS = {"hierarchical-tree_level": 1, "hard_cluster-triplets": 1, "essay": 2}


def make_gradebook(folder: Path, scores: Mapping[str, Iterable[float | None]]) -> str:
    """`folder`/gradebook.db. scores: student -> automatic score of each part, None where none was given. Its URL."""
    url = f"sqlite:///{folder / 'gradebook.db'}"
    engine = create_engine(url)
    Base.metadata.create_all(engine)  # else nbgrader runs alembic, which takes a second
    engine.dispose()
    with Gradebook(url, "") as gradebook:
        gradebook.add_assignment(NAME)
        gradebook.add_notebook(NAME, NAME)
        for cell, points in POINTS.items():
            gradebook.add_grade_cell(cell, NAME, NAME, max_score=points, cell_type="code")
            gradebook.add_source_cell(cell, NAME, NAME, cell_type="code", source="", checksum="")
        for student, of_parts in scores.items():
            gradebook.add_student(student)
            with gradebook.db.no_autoflush:  # else nbgrader 0.9.6 draws a warning of SQLAlchemy 2.1
                gradebook.add_submission(NAME, student)
            for cell, score in zip(POINTS, of_parts, strict=True):
                grade = gradebook.find_grade(cell, NAME, NAME, student)
                grade.auto_score, grade.needs_manual_grade = score, score is None
        gradebook.db.commit()
    return url


def make_record(
    results: Mapping[str, Iterable[tuple]] | None = None, mistakes: Mapping[str, tuple[str, ...]] | None = None, **more
) -> Record:
    """results: exercise -> for each case its name, whether it is hidden, its result and the mistake. mistakes: exercise ->
    its own."""
    exercises = tuple(
        ExerciseRecord(
            exercise, tuple(CaseRecord(*case) for case in cases), (), False, (mistakes or {}).get(exercise, ())
        )
        for exercise, cases in (results or {}).items()
    )
    plain = {"outcome": Outcome.GRADED, "why": None, "seconds": 4.0, "seed": 1, "notices": (), "exercises": exercises}
    return Record(**{**plain, **more})


def keep(folder: Path, student: str, kept: Record) -> Path:
    """Write the graded notebook that holds a record."""
    path = folder / "autograded" / student / NAME / f"{NAME}.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"cells": [], "metadata": {"grader": record.to_metadata(kept)}}))
    return path


def rows(folder: Path, student: str) -> list[tuple]:
    """All that the gradebook of a course says about what a student handed in: scores, flags, penalties, comments."""
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        found = [
            (notebook.name, row.cell.name, *values)
            for notebook in gradebook.find_submission(NAME, student).notebooks
            for row, *values in [
                *((grade, grade.auto_score, grade.manual_score, grade.needs_manual_grade) for grade in notebook.grades),
                *((comment, comment.auto_comment, comment.manual_comment) for comment in notebook.comments),
                *((grade, notebook.late_submission_penalty) for grade in notebook.grades),
            ]
        ]
    return sorted(found, key=repr)
