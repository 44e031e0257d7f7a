"""The sample submissions, graded one after the other and by many workers: nobody can tell which it was."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from grader.tests.cluster import Cluster
from grader.tests.gradebooks import rows
from solutions.tests.test_course import NAME
from solutions.tools import course, samples

pytestmark = pytest.mark.slow
SEED = 7
Results = tuple[dict[str, list[tuple]], dict[str, bytes]]
QUIET = set(samples.SAMPLES) - {"gus_warns"}  # how a page divides what is printed depends on when it came


@pytest.fixture(scope="module")
def handed_in(assigned, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("handed-in") / "course"
    student_version = assigned(folder)
    course.add_settings(folder, f"c.SandboxedExecute.seed = {SEED}")
    for student, make in samples.SAMPLES.items():
        course.submit(folder, student, NAME, make(student_version))
    return folder


def graded(handed_in: Path, folder: Path, *command: str, **environment: str) -> Results:
    """What the gradebook holds, and the pages of feedback by student."""
    shutil.copytree(handed_in, folder)
    subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, env={**os.environ, **environment}, capture_output=True, check=True
    )
    course.nbgrader(folder, "generate_feedback", NAME)
    pages = {student: (folder / "feedback" / student / NAME / f"{NAME}.html").read_bytes() for student in QUIET}
    return {student: rows(folder, student) for student in samples.SAMPLES}, pages


@pytest.fixture(scope="module")
def one_after_the_other(handed_in) -> Results:
    return graded(handed_in, handed_in.with_name("one"), "nbgrader", "autograde", NAME)


def test_by_this_machine_as_one_after_the_other(handed_in, one_after_the_other):
    scores, pages = graded(handed_in, handed_in.with_name("local"), "grader.cli", "autograde", NAME, "--workers", "2")
    assert scores == one_after_the_other[0]
    assert pages == one_after_the_other[1]
    assert all(scores.values())


def test_by_a_cluster_as_one_after_the_other(handed_in, one_after_the_other, tmp_path):
    cluster = Cluster(tmp_path, 2)
    try:
        where = ("--scheduler", cluster.address)
        scores, pages = graded(
            handed_in, handed_in.with_name("cluster"), "grader.cli", "autograde", NAME, *where, **cluster.environment()
        )
    finally:
        cluster.stop()
    assert scores == one_after_the_other[0]
    assert pages == one_after_the_other[1]
