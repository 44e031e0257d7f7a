"""The plug-ins without a kernel: what the Judge makes of a cell, and that each assignment is graded for itself."""

import functools
import json
import os
import re
import shutil
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import determine_grade

import data
from data import digits, glyphs
from grader import assignments
from grader.autograde import execute, grading, record
from grader.autograde.execute import SandboxedExecute
from grader.autograde.folders import submissions
from grader.autograde.grading import Grading, Outcome
from grader.autograde.judge import Judge
from grader.autograde.sandbox import runner
from grader.autograde.sandbox.bubblewrap import NoSandbox
from grader.protocol import ANSWER_MIME

ASSIGNMENT, NAME = "homework3", "hierarchical.tree_level"


@pytest.fixture
def resources():
    visible = assignments.visible_cases(ASSIGNMENT)
    ids = {name: {f"id of {case.name}": case.name for case in cases} for name, cases in visible.items()}
    return {"nbgrader": {"assignment": ASSIGNMENT}, grading.KEY: Grading(cases=visible, ids=ids)}


def graded(resources, *outputs, grade_id="hierarchical-tree_level", points=1):
    metadata = {"nbgrader": {"grade": True, "grade_id": grade_id, "points": points, "solution": False, "locked": True}}
    cell = new_code_cell(f'check("{NAME}", tree_level)', metadata=metadata, outputs=list(outputs))
    return Judge().preprocess_cell(cell, resources, 0)[0]


def answers(level):
    from grader.answer import answer

    exercise = assignments.graded(ASSIGNMENT)[NAME]
    return {
        f"id of {case.name}": answer(exercise.target, level, case.inputs, case.gradient, case.before)
        for case in exercise.cases
    }


def right(class_a, class_b, alphabet_of):
    return 2 - (alphabet_of[class_a] == alphabet_of[class_b]).long() - (class_a == class_b).long()


def bundle(level, exercise=NAME):
    return new_output("display_data", {ANSWER_MIME: {"exercise": exercise, "answers": answers(level)}})


def score(cell) -> str:
    assert cell.outputs[0].output_type == "execute_result"
    return cell.outputs[0].data["text/plain"]


def test_right_answers_score_and_wrong_ones_do_not(resources):
    assert score(graded(resources, bundle(right))) == "1"
    assert score(graded(resources, bundle(lambda *arguments: right(*arguments) * 0))) == "0"
    assert grading.of(resources).flags == {}


@pytest.mark.parametrize(
    ("points", "full", "none"),
    [
        (4.0, "4 of 4 points", "0 of 4 points"),  # as nbgrader has them
        (1.0, "1 of 1 point)", "0 of 1 point)"),
        (0.5, "0.5 of 0.5 points", "0 of 0.5 points"),
        (0, "no points to win", "no points to win"),
    ],
)
def test_the_points_are_those_of_the_cell(resources, points, full, none):
    for work, expected, says in ((right, points, full), (lambda *arguments: right(*arguments) * 0, 0, none)):
        cell = graded(resources, bundle(work), points=points)
        assert determine_grade(cell) == (expected, points)
        assert says in cell.outputs[0].data["text/html"]


def test_points_that_no_decimal_holds_are_all_given(resources):
    assert determine_grade(graded(resources, bundle(right), points=1 / 3)) == (1 / 3, 1 / 3)


def test_a_cell_of_a_notebook_that_was_not_read_has_a_reason_and_no_score(resources):
    grading.of(resources).unreadable = "The notebook <b> is broken."
    cell = graded(resources)
    assert "The notebook &lt;b&gt; is broken. It costs no points; the instructor" in cell.outputs[0].data["text/html"]
    graded(resources, grade_id="essay")
    assert grading.of(resources).flags == {"hierarchical-tree_level": "unscored", "essay": "unscored"}


@pytest.mark.parametrize("value", ["1.0", "nan", "inf", "100"])
def test_what_a_notebook_displays_is_no_score(resources, value):
    forged = new_output("execute_result", {"text/plain": value}, execution_count=1)
    assert score(graded(resources, forged)) == "0"
    assert score(graded(resources, forged, bundle(right))) == "1"


def test_answers_given_twice_or_to_another_exercise_do_not_count(resources):
    assert score(graded(resources, bundle(right), bundle(right))) == "0"
    assert score(graded(resources, bundle(right, exercise="hierarchical.loss"))) == "0"


def test_prints_and_warnings_are_kept_after_the_report_and_cost_nothing(resources):
    cell = graded(
        resources,
        new_output("stream", name="stderr", text="careful"),
        bundle(right),
        new_output("stream", text="hello"),
    )
    assert score(cell) == "1"
    assert [output.text for output in cell.outputs[1:]] == ["careful", "hello"]


def test_pictures_and_scripts_of_a_graded_cell_are_dropped(resources):
    evil = new_output("display_data", {"text/html": "<script>alert(1)</script>"})
    assert len(graded(resources, evil, bundle(right)).outputs) == 1


def test_a_fault_of_the_grader_flags_the_cell(resources):
    del grading.of(resources).cases[NAME]
    assert score(graded(resources, bundle(right))) == "0"
    assert grading.of(resources).flags == {"hierarchical-tree_level": "unscored"}


def test_a_cell_that_was_not_run_says_why_whatever_it_holds(resources):
    grading.of(resources).reasons = {0: "Time limit: the notebook ran for more than 600 seconds."}
    cell = graded(resources, bundle(right))
    assert score(cell) == "0"
    assert "more than 600 seconds" in cell.outputs[0].data["text/html"]


def test_calls_into_a_library_are_scored_and_flagged(resources):
    answered = answers(right)
    for answer in answered.values():
        answer["peers"] = ["oml", "<script>", 3]
    output = new_output("display_data", {ANSWER_MIME: {"exercise": NAME, "answers": answered}})
    cell = graded(resources, output)
    assert score(cell) == "1"
    assert grading.of(resources).flags == {"hierarchical-tree_level": "scored"}
    assert "calls oml, which" in cell.outputs[0].data["text/html"]


def test_cells_that_are_not_ours_are_left_alone(resources):
    output = new_output("execute_result", {"text/plain": "0.5"}, execution_count=1)
    assert graded(resources, output, grade_id="essay").outputs == [output]


@pytest.mark.parametrize("assignment", ["tutorial", "another"])
def test_a_cell_of_another_assignment_is_not_judged_by_the_exercise_of_its_name(resources, assignment):
    resources["nbgrader"]["assignment"] = assignment
    output = new_output("execute_result", {"text/plain": "0.5"}, execution_count=1)
    assert graded(resources, output).outputs == [output]
    assert graded(resources, bundle(right)).outputs == []
    assert grading.of(resources).reports == {}


def test_a_folder_whose_name_is_no_students_is_named_and_passed_over(tmp_path, caplog):
    odd = ("be\nn", "n\udcff", ".cleo", "lee[7]", "trail ", "wh?t")
    for name in ("ada", *odd, "zoe", "Zoë 王"):
        (tmp_path / "submitted" / name / "homework3").mkdir(parents=True)
    course = CourseDirectory(root=str(tmp_path), assignment_id="homework3")
    found, passed_over = submissions(course)
    assert list(found) == ["Zoë 王", "ada", "zoe"]
    assert sorted(passed_over) == sorted(odd)
    said = " ".join(record.getMessage() for record in caplog.records)
    assert all(f"{name!r} is not graded: it " in said for name in odd)
    assert "'lee[7]' is not graded: it has a * or ? or [, which nbgrader takes for a pattern of names. Rename " in said


@pytest.mark.parametrize(
    ("chosen", "students", "named"),
    [
        ("*", ["ada", "adele", "lee7"], [".ada", "lee[7]"]),
        ("ada", ["ada"], []),
        ("ad*", ["ada", "adele"], []),
        ("?da", ["ada"], []),
        ("lee[7]", ["lee7"], ["lee[7]"]),
        (".ada", [], [".ada"]),
        ("eve", [], []),
    ],
)
def test_some_students_may_be_chosen_by_a_pattern(tmp_path, chosen, students, named):
    for name in ("ada", "adele", ".ada", "lee7", "lee[7]"):
        (tmp_path / "submitted" / name / "homework3").mkdir(parents=True)
    course = CourseDirectory(root=str(tmp_path), assignment_id="homework3", student_id=chosen)
    found, passed_over = submissions(course)
    assert found == {name: tmp_path / "submitted" / name / "homework3" for name in students}
    assert passed_over == named


def test_an_assignment_and_a_course_may_have_a_name_that_is_a_pattern(tmp_path):
    (tmp_path / "c++ (1)" / "submitted" / "ada" / "week (1)").mkdir(parents=True)
    course = CourseDirectory(root=f"{tmp_path}/c++ (1)/", assignment_id="week (1)")
    assert list(submissions(course)[0]) == ["ada"]


def test_what_is_trusted_imports_nothing_of_what_is_for_students_or_for_reports():
    folder = Path(grading.__file__).parent
    imports = [line for path in folder.rglob("*.py") for line in path.read_text().splitlines() if "import" in line]
    assert not [line for line in imports if re.search(r"grader(\.| import )(student|instructor)\b", line)]


# Assignments are separate

TOY = """
from grader.model import Case, Exercise, Target, f32, positional

SECTION = "1"
HALF = Target("half", ("half",), positional("x"))
CASE = Case("four", "Half of four.", {"x": f32([4])}, {"half": f32([2])})
EXERCISES = (Exercise("fractions.half", "Half", 1, HALF, (CASE,), ("", "", "")),)
"""


@pytest.fixture
def two_assignments(tmp_path, monkeypatch):
    """Beside those that there are, one of the name toy. All its cases are visible."""
    import grader.exercises

    folder = tmp_path / "exercises"
    for name in (ASSIGNMENT, assignments.TUTORIAL):
        shutil.copytree(assignments.FOLDER / name, folder / name)
    (folder / "toy").mkdir()
    (folder / "toy" / "fractions.py").write_text(TOY)
    monkeypatch.setattr(assignments, "FOLDER", folder)
    monkeypatch.setattr(grader.exercises, "__path__", [*grader.exercises.__path__, str(folder)])
    monkeypatch.setattr(execute, "graded_cases", lambda assignment, seed: assignments.visible_cases(assignment))
    caches = (
        assignments.names,
        assignments.chapters,
        assignments.exercises,
        assignments.graded,
        assignments.with_points,
    )
    for cached in (*caches, assignments.everything):
        cached.cache_clear()
    yield folder
    for cached in (*caches, assignments.everything):
        cached.cache_clear()


@pytest.fixture
def executed(monkeypatch, tmp_path):
    """`executed(assignment)`: what a kernel is asked while it is graded, which folders are hidden, and the record."""

    def execute(assignment: str):
        seen = {}

        def run(cells, questions, files, limits, bwrap, readable, hidden, warm):
            seen.update(asked=json.loads(questions.read_text()), hidden=hidden)
            return runner.Ran()

        monkeypatch.setattr(runner, "run", run)
        names = {"assignment": assignment, "student": "ada"}
        resources = {"nbgrader": names, "metadata": {"path": str(tmp_path)}, grading.KEY: Grading(files=tmp_path)}
        SandboxedExecute(sandbox="off").preprocess(new_notebook(), resources)
        return seen["asked"], seen["hidden"], grading.of(resources)

    return execute


@pytest.mark.parametrize(("assignment", "other"), [("toy", ASSIGNMENT), (ASSIGNMENT, "toy")])
def test_neither_the_questions_nor_the_sandbox_hold_anything_of_another_assignment(
    two_assignments, executed, assignment, other
):
    asked, hidden, at_hand = executed(assignment)
    exercises = assignments.graded(assignment)
    assert asked.keys() == at_hand.cases.keys() == at_hand.ids.keys() == exercises.keys()
    assert not asked.keys() & assignments.exercises(other).keys()
    assert {name: len(questions) for name, questions in asked.items()} == {
        name: len(exercise.cases) for name, exercise in exercises.items()
    }
    assert hidden == [two_assignments / other]


def test_what_gave_way_to_the_assignments_files_is_told(monkeypatch, tmp_path):
    """To the student at the head of the notebook, to the instructor in the record."""
    (tmp_path / "mine" / "comparison.png").mkdir(parents=True)
    (tmp_path / "mine" / "comparison.png" / "x.txt").write_text("x")
    (tmp_path / "master").mkdir()
    (tmp_path / "master" / "comparison.png").write_text("picture")
    seen = {}

    def run(cells, questions, files, *more):
        seen.update(cells=cells, beside=(files / "comparison.png").read_text())
        return runner.Ran({1: [new_output("stream", text="4")]}, starved=True)

    monkeypatch.setattr(runner, "run", run)
    names = {"assignment": "essays", "student": "ada"}
    at_hand = Grading(files=tmp_path / "mine")
    resources = {"nbgrader": names, "metadata": {"path": str(tmp_path / "master")}, grading.KEY: at_hand}
    notebook = new_notebook(cells=[new_code_cell("2 + 2")], metadata={record.MARK: {"notices": ["before"]}})
    SandboxedExecute(sandbox="off").preprocess(notebook, resources)
    sentence = "“comparison.png” was left out: the assignment has a file of this name."
    assert sentence in notebook.cells[0].source
    assert notebook.metadata[record.MARK]["notices"] == ["before", sentence]
    assert seen == {"cells": [(1, "2 + 2")], "beside": "picture"}
    assert notebook.cells[1].outputs[0].text == "4"
    assert at_hand.starved


def test_datasets_are_drawn_for_all_to_read_before_the_first_submission(monkeypatch, tmp_path):
    monkeypatch.setenv("METRIC_LEARNING_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(data, "prepare", lambda: (tmp_path / "data" / "glyphs").mkdir(parents=True))
    umask = os.umask(0o077)
    try:
        SandboxedExecute(sandbox="off").prepare(tmp_path, ASSIGNMENT)
        (tmp_path / "after").mkdir()
    finally:
        os.umask(umask)
    modes = {name: (tmp_path / name).stat().st_mode & 0o777 for name in ("data", "data/glyphs", "after")}
    assert modes == {"data": 0o755, "data/glyphs": 0o755, "after": 0o700}


def test_where_datasets_cannot_be_drawn_nothing_is_graded(monkeypatch, tmp_path):
    (tmp_path / "data").write_text("no folder")
    monkeypatch.setenv("METRIC_LEARNING_DATA", str(tmp_path / "data"))
    data.prepare.cache_clear()
    with pytest.raises(NoSandbox, match="METRIC_LEARNING_DATA"):
        SandboxedExecute(sandbox="off").prepare(tmp_path, ASSIGNMENT)


@pytest.mark.slow
def test_work_that_loads_datasets_needs_nobody_who_loaded_them_before(monkeypatch, tmp_path):
    """Drawing is replaced by copying, which is quicker."""
    for name, module in (("glyphs", glyphs), ("digits", digits)):
        data.load(name)
        monkeypatch.setattr(module, "render", functools.partial(shutil.copytree, data.root() / name))
    tmp_path.chmod(0o755)
    monkeypatch.setenv("METRIC_LEARNING_DATA", str(tmp_path / "data"))
    data.prepare.cache_clear()
    executor = SandboxedExecute()
    try:
        executor.prepare(tmp_path / "course", ASSIGNMENT)
    except NoSandbox as problem:
        pytest.skip(str(problem).partition("\n")[0])
    finally:
        data.prepare.cache_clear()
    load = "import data; print([len(data.load(name).train.labels) > 0 for name in ('glyphs', 'digits')])"
    for name in ("mine", "master"):
        (tmp_path / name).mkdir()
    names = {"assignment": "essays", "student": "ada"}
    resources = {"nbgrader": names, "metadata": {"path": str(tmp_path / "master")}}
    resources[grading.KEY] = Grading(files=tmp_path / "mine")
    notebook = new_notebook(cells=[new_code_cell(load)])
    executor.preprocess(notebook, resources)
    assert notebook.cells[0].outputs[0].text == "[True, True]\n"


def test_an_assignment_without_exercises_is_run_and_asked_nothing(two_assignments, executed):
    asked, hidden, at_hand = executed("essays")
    assert asked == at_hand.cases == {}
    assert hidden == [two_assignments / ASSIGNMENT, two_assignments / "toy"]
    assert at_hand.outcome is Outcome.GRADED
