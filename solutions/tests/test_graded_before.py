"""A gradebook and a submission from before exercises became rooms of their own, graded today: nobody may lose.

`graded_before/` holds the gradebook as SQL, the submission, and what came of it then with seed 7: scores, and the record
with the result of each visible and hidden case, and the mistake that was recognised in it, which now is the exercise's. The
student made five mistakes in different parts and left one stub as it was. Whoever changes what is stored here changes grades
that were given.
"""

import json
import shutil
import sqlite3
from pathlib import Path

import nbformat
import pytest

from grader.autograde import record
from grader.model import State
from solutions.tools import course

pytestmark = pytest.mark.slow
STORED = Path(__file__).with_name("graded_before")
BEFORE = json.loads((STORED / "graded.json").read_text())
NAME, STUDENT = "homework3", "old_student"


@pytest.fixture(scope="module")
def graded(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("course")
    course.create(folder)
    course.add_settings(folder, f"c.SandboxedExecute.seed = {BEFORE['record']['seed']}")
    with sqlite3.connect(folder / "gradebook.db") as gradebook:
        gradebook.executescript((STORED / "gradebook.sql").read_text())
    gradebook.close()
    shutil.copytree(course.MASTERS / NAME, folder / "solutions" / "notebooks" / NAME)
    course.submit(folder, STUDENT, NAME, nbformat.read(STORED / "submission.json", as_version=4))
    course.nbgrader(folder, "autograde", NAME)
    return folder


def test_no_cell_has_lost_points_that_it_had(graded):
    """The later parts have won some since: a fault of an earlier one costs them nothing any more."""
    scores = course.scores(graded, NAME)[STUDENT]
    assert scores.keys() == BEFORE["scores"].keys()
    assert all(scores[cell] >= points for cell, points in BEFORE["scores"].items())


def test_every_case_that_passed_and_is_still_there_passes_and_every_exercise_that_fails_has_its_mistake(graded):
    after = record.read(graded / "autograded" / STUDENT / NAME / f"{NAME}.ipynb")
    for exercise, then in zip(after.exercises, BEFORE["record"]["exercises"], strict=True):
        assert exercise.name == then["name"]
        passed = {(case.name, case.hidden): case.result == State.PASSED for case in exercise.cases}
        before = {(case["name"], case["hidden"]): case["result"] == State.PASSED for case in then["cases"]}
        common = passed.keys() & before.keys()
        assert len(common) > 0.6 * len(before)
        assert all(passed[case] for case in common if before[case])
        mistakes = {case["mistake"] for case in then["cases"]} - {None}
        assert mistakes <= set(exercise.mistakes) or all(passed.values())
    assert after.outcome == BEFORE["record"]["outcome"]


def test_the_record_of_then_is_still_read(tmp_path):
    path = tmp_path / f"{NAME}.ipynb"
    path.write_text(json.dumps({"cells": [], "metadata": {"grader": BEFORE["record"]}}))
    assert [exercise.name for exercise in record.read(path).exercises] == [
        exercise["name"] for exercise in BEFORE["record"]["exercises"]
    ]
