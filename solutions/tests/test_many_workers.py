"""The sample submissions, graded one after the other and by many workers: nobody can tell which it was."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook

from grader.tests.cluster import Cluster
from solutions.tests.test_course import NAME, master
from solutions.tools import course, samples

pytestmark = pytest.mark.slow
DRAWN = re.compile(r"(?<=cell-id=)[0-9a-f]{8}")  # each time a notebook is restored
SEED = 7
QUIET = set(samples.SAMPLES) - {"gus_warns"}  # how a page divides what is printed depends on when it came


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("handed-in") / "course"
    course.create(folder)
    course.add_settings(folder, f"c.SandboxedExecute.seed = {SEED}")
    student_version = course.assign(folder, NAME, master())
    for student, make in samples.SAMPLES.items():
        course.submit(folder, student, NAME, make(student_version))
    return folder


def graded(handed_in: Path, folder: Path, *command: str, **environment: str) -> tuple[list[Any], dict[str, str]]:
    """What the gradebook holds, and the pages of feedback by student."""
    shutil.copytree(handed_in, folder)
    subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, env={**os.environ, **environment}, capture_output=True, check=True
    )
    course.nbgrader(folder, "generate_feedback", NAME)
    pages = {
        student: DRAWN.sub("", (folder / "feedback" / student / NAME / f"{NAME}.html").read_text()) for student in QUIET
    }
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as book:
        rows = [
            (submission.student.id, notebook.name, cell.name, *values)
            for submission in book.assignment_submissions(NAME)
            for notebook in submission.notebooks
            for cell, *values in [
                *((row.cell, row.auto_score, row.manual_score, row.needs_manual_grade) for row in notebook.grades),
                *((row.cell, row.auto_comment, row.manual_comment) for row in notebook.comments),
            ]
        ]
    return sorted(rows, key=repr), pages


@pytest.fixture(scope="module")
def one_after_the_other(handed_in) -> tuple[list[Any], dict[str, str]]:
    return graded(handed_in, handed_in.with_name("one"), "nbgrader", "autograde", NAME)


def test_by_this_machine_as_one_after_the_other(handed_in, one_after_the_other):
    rows, pages = graded(handed_in, handed_in.with_name("local"), "grader.cli", "autograde", NAME, "--workers", "2")
    assert rows == one_after_the_other[0]
    assert pages == one_after_the_other[1]
    assert {row[0] for row in rows} == set(samples.SAMPLES)


def test_by_a_cluster_as_one_after_the_other(handed_in, one_after_the_other, tmp_path):
    cluster = Cluster(tmp_path, 2)
    try:
        where = ("--scheduler", cluster.address)
        rows, pages = graded(
            handed_in, handed_in.with_name("cluster"), "grader.cli", "autograde", NAME, *where, **cluster.environment()
        )
    finally:
        cluster.stop()
    assert rows == one_after_the_other[0]
    assert pages == one_after_the_other[1]
