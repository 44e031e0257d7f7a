"""CONTRIBUTING.md told to a copy of the repository: what the page says is what is done, and the exercise it adds works."""

import json
import re
import shutil
from pathlib import Path

import nbformat
import pytest

from solutions.tests.scratch import (
    STUDENTS,
    add_to,
    commands,
    commit,
    copy_of_the_repository,
    follow,
    run,
    steps,
    submission,
    well,
)
from solutions.tools import course

pytestmark = pytest.mark.slow
SENTENCE = "Measure from the centroid"
FAST = 'pytest -q -p no:cacheprovider -m "not slow" grader'


def test_an_exercise_is_one_visible_file_one_secret_file_and_cells_in_a_master():
    assert [Path(name).parts[:-1] for name in steps()] == [
        ("grader", "exercises", "toy"),
        ("solutions", "toy"),
        ("solutions", "notebooks", "toy"),
    ]


@pytest.fixture(scope="module")
def scratch(with_toy, tmp_path_factory) -> Path:
    return shutil.copytree(with_toy, tmp_path_factory.mktemp("scratch") / "course", symlinks=True)


def test_the_page_formats_and_builds_before_it_tests():
    assert [command.split()[0] for command in commands()] == ["make", "python", "python", "pytest", "pytest"]


@pytest.mark.parametrize("command", commands()[3:])
def test_the_new_exercise_passes_the_tests_that_the_page_names(scratch, command):
    assert re.search(r"[1-9]\d* passed", well(scratch, command))


def test_an_exercise_more_in_a_chapter_that_exists_is_three_edited_files_and_no_test_minds(with_toy, tmp_path):
    """Nor the assignment beside it, whose exercise has the same target and the same mistake. But one: the test that says how
    many points a chapter of homework3 is planned to give."""
    folder = shutil.copytree(with_toy, tmp_path / "course", symlinks=True)
    commit(folder)
    add_to(folder, "homework3", "hard_cluster")
    assert well(folder, "git diff --name-only").split() == [
        "grader/exercises/homework3/hard_cluster.py",
        "solutions/homework3/hard_cluster.py",
        "solutions/notebooks/homework3/homework3.py",
    ]
    master = folder / "solutions" / "notebooks" / "homework3" / "homework3.py"
    everything = master.read_text()
    master.write_text(re.sub("^methods = None", "methods = []", everything, flags=re.MULTILINE))  # trains nothing
    assert master.read_text() != everything
    well(folder, "python -m solutions.tools.mistakes homework3")
    well(folder, "python -m solutions.tools.build homework3")
    commit(folder)
    tests = " ".join(
        f"solutions/tests/test_{name}.py" for name in ("cases", "mistakes", "mutants", "hidden", "build", "samples")
    )
    outcome = run(folder, f"{FAST} {tests}")
    plan = "test_homework3_gives_five_points_for_each_of_two_chapters_of_at_least_four_cells_and_eight_cases"
    noticed = re.findall(r"^(?:FAILED|ERROR) (\S+)", outcome.stdout, re.MULTILINE)
    assert noticed == [f"solutions/tests/test_cases.py::{plan}"], outcome.stdout
    assert re.search(r"\b1 failed, [1-9]\d+ passed", outcome.stdout), outcome.stdout


def test_what_is_stored_of_the_notebooks_are_reports(scratch):
    for path, state in {"solutions/notebooks": "passed", "notebooks": "not implemented yet"}.items():
        cells = nbformat.read(scratch / path / "toy" / "toy.ipynb", as_version=4).cells
        assert f"The spread of a batch: {state} (" in cells[-1].outputs[0].data["text/plain"]


@pytest.mark.parametrize(
    ("without", "test", "noticed"),
    [
        ("solutions/toy/spread.py", "test_mutants.py", "No module named 'solutions.toy"),
        (
            "solutions/notebooks/toy/toy.py",
            "test_build.py::test_every_exercise_is_graded_by_one_cell_of_one_notebook_for_its_points",
            "1 failed",
        ),
    ],
)
def test_a_step_left_out_is_noticed(tmp_path, without, test, noticed):
    follow(copy_of_the_repository(tmp_path), without)
    outcome = run(tmp_path, f"pytest -q -p no:cacheprovider solutions/tests/{test}")
    assert outcome.returncode
    assert noticed in outcome.stdout, outcome.stdout


def test_a_mistake_that_students_are_told_nothing_of_is_noticed(tmp_path):
    follow(copy_of_the_repository(tmp_path))
    chapter = tmp_path / "grader" / "exercises" / "toy" / "spread.py"
    text = chapter.read_text()
    told = re.search(r"^    mistakes=\{.*\},$", text, re.MULTILINE)[0]
    chapter.write_text(text.replace(told, ""))
    test = "test_cases.py::test_every_wrong_solution_has_a_case_made_for_it_and_a_sentence"
    output = run(tmp_path, f"pytest -q -p no:cacheprovider solutions/tests/{test}").stdout
    assert "1 failed" in output, output


def test_check_tells_the_wrong_one_why(scratch, tmp_path):
    path = tmp_path / "bob.ipynb"
    course.write(path, submission(scratch, STUDENTS["bob"]))
    checked = run(scratch, f"grader check {path}")
    assert checked.returncode == 1
    assert "0 of 1 points" in checked.stdout
    assert "Your spread is 50; expected is 25." in checked.stdout
    assert SENTENCE in checked.stdout


def test_nbgrader_scores_the_right_one_and_tells_the_wrong_one_why(scratch, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(scratch))
    if course.why_no_sandbox():
        course.add_settings(scratch, 'c.SandboxedExecute.sandbox = "off"')
    for student, source in STUDENTS.items():
        course.submit(scratch, student, "toy", submission(scratch, source))
    for command in ("generate_assignment", "autograde", "generate_feedback"):
        course.nbgrader(scratch, command, "toy")
    assert course.scores(scratch, "toy") == {"ann": {"spread-value": 1}, "bob": {"spread-value": 0}}
    pages = {student: (scratch / "feedback" / student / "toy" / "toy.html").read_text() for student in STUDENTS}
    assert SENTENCE in pages["bob"]
    assert SENTENCE not in pages["ann"]


def test_the_hooks_let_the_new_exercise_through_and_stop_bad_style_and_an_edited_notebook(scratch):
    well(scratch, "git init -q && git add . && pre-commit run --all-files")
    module = scratch / "solutions" / "toy" / "spread.py"
    right = module.read_text()
    module.write_text(right.replace(", ", ",  ") + "import os\n")
    styled = run(scratch, "pre-commit run --all-files")
    module.write_text(right)
    assert styled.returncode == 1
    assert "E402" in styled.stdout
    assert "1 file reformatted" in styled.stdout
    path = scratch / "notebooks" / "toy" / "toy.ipynb"
    notebook = json.loads(path.read_text())
    notebook["cells"][-1]["metadata"]["nbgrader"]["points"] = 5
    path.write_text(json.dumps(notebook))
    drifted = run(scratch, "pre-commit run --files notebooks/toy/toy.ipynb --hook-stage pre-push")
    assert drifted.returncode == 1
    found = [line for line in drifted.stdout.splitlines() if "notebooks/" in line]
    assert found == ["notebooks/toy/toy.ipynb differs from what its master builds."]
