"""The Judge as a preprocessor: what it makes of a cell, without a kernel."""

import pytest
from nbformat.v4 import new_code_cell, new_output
from nbgrader.coursedir import CourseDirectory

from grader.autograde.batch import submissions
from grader.autograde.judge import Judge
from grader.check import ANSWER_MIME
from grader.exercises import EXERCISES
from grader.questions import visible_cases

NAME = "hierarchical.tree_level"


@pytest.fixture
def resources():
    ids = {name: {f"id of {case.name}": case.name for case in cases} for name, cases in visible_cases().items()}
    left_by_others = {"grader_cases": visible_cases(), "grader_ids": ids, "grader_reasons": {}}
    return {**left_by_others, "grader_flags": {}, "grader_reports": {}}


def graded(resources, *outputs, grade_id="hierarchical-tree_level"):
    metadata = {"nbgrader": {"grade": True, "grade_id": grade_id, "points": 1, "solution": False, "locked": True}}
    cell = new_code_cell(f'check("{NAME}", tree_level)', metadata=metadata, outputs=list(outputs))
    return Judge().preprocess_cell(cell, resources, 0)[0]


def answers(level):
    from grader.answer import answer

    exercise = EXERCISES[NAME]
    return {
        f"id of {case.name}": answer(exercise.call, level, dict(case.inputs), case.gradient, case.again)
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
    assert resources["grader_flags"] == {}


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
    del resources["grader_cases"][NAME]
    assert score(graded(resources, bundle(right))) == "0"
    assert resources["grader_flags"] == {"hierarchical-tree_level": "unscored"}


def test_a_cell_that_was_not_run_says_why_whatever_it_holds(resources):
    resources["grader_reasons"] = {0: "Time limit: the notebook ran for more than 600 seconds."}
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
    assert resources["grader_flags"] == {"hierarchical-tree_level": "scored"}
    assert "calls oml, which" in cell.outputs[0].data["text/html"]


def test_cells_that_are_not_ours_are_left_alone(resources):
    output = new_output("execute_result", {"text/plain": "0.5"}, execution_count=1)
    assert graded(resources, output, grade_id="essay").outputs == [output]


def test_a_folder_whose_name_is_no_students_is_passed_over(tmp_path):
    for name in ("ada", "be\nn", "zoe"):
        (tmp_path / "submitted" / name / "homework3").mkdir(parents=True)
    course = CourseDirectory(root=str(tmp_path), assignment_id="homework3")
    assert [student for student, _ in submissions(course)] == ["ada", "zoe"]
