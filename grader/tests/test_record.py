"""The record of a grading: what the Judge judged, small, the Judge's alone, and readable or refused with a reason."""

import json

import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from grader.answer import answer
from grader.autograde import record, staging
from grader.autograde.judge import Judge
from grader.autograde.limits import Limits
from grader.autograde.record import CaseRecord, ExerciseRecord, NoRecord, Record, Result
from grader.autograde.restore import Restore
from grader.autograde.staging import MARK
from grader.check import ANSWER_MIME
from grader.exercises import EXERCISES
from grader.questions import visible_cases
from grader.tests.gradebooks import make_gradebook

LEVEL = "hierarchical.tree_level"


def right(class_a, class_b, alphabet_of):
    return 2 - (alphabet_of[class_a] == alphabet_of[class_b]).long() - (class_a == class_b).long()


def from_the_root(class_a, class_b, alphabet_of):
    return 2 - right(class_a, class_b, alphabet_of)


def stub(class_a, class_b, alphabet_of):
    raise NotImplementedError("Write it.")


def judged(work, **more) -> Record:
    """What the Judge keeps of a notebook whose tree_level is `work`; `more` of what the steps before it leave."""
    exercise = EXERCISES[LEVEL]
    answers = {case.name: answer(exercise.call, work, dict(case.inputs)) for case in exercise.cases}
    cell = new_code_cell(
        metadata={"nbgrader": {"grade": True, "grade_id": LEVEL.replace(".", "-")}},
        outputs=[new_output("display_data", {ANSWER_MIME: {"exercise": LEVEL, "answers": answers}})],
    )
    resources = {
        "grader_cases": visible_cases(),
        "grader_ids": {LEVEL: {name: name for name in answers}},
        "grader_reasons": {},
        "grader_outcome": "graded",
        "grader_why": None,
        "grader_seconds": 3.14159,
        "grader_seed": 7,
        **more,
    }
    notebook = new_notebook(cells=[cell], metadata={MARK: {"notices": ["put back"]}})
    return saved(Judge().preprocess(notebook, resources)[0])


def saved(notebook) -> Record:
    """The record of a notebook after its travel as JSON."""
    return record._record(json.loads(json.dumps(notebook))["metadata"][MARK])


def test_the_judge_keeps_each_cases_result_and_the_recognised_mistake():
    names = [case.name for case in EXERCISES[LEVEL].cases]
    assert judged(right) == Record(
        "graded",
        None,
        3.14,
        7,
        ("put back",),
        (ExerciseRecord(LEVEL, tuple(CaseRecord(name, False, Result.PASSED, None) for name in names), (), False),),
    )
    (exercise,) = judged(from_the_root).exercises
    assert {case.result for case in exercise.cases} == {Result.FAILED}
    assert exercise.cases[0].mistake == "level_counted_from_root"


def test_what_is_not_implemented_is_told_from_what_is_wrong():
    (exercise,) = judged(stub).exercises
    assert {case.result for case in exercise.cases} == {Result.NOT_DONE}


def test_a_failure_of_the_grader_is_recorded():
    (exercise,) = judged(right, grader_cases={}).exercises
    assert exercise == ExerciseRecord(LEVEL, (), (), grader_failed=True)


def test_the_record_holds_no_word_of_the_students_and_no_number_of_a_case():
    (case,) = {
        tuple(case) for case in json.loads(json.dumps(record.to_metadata(judged(stub))))["exercises"][0]["cases"]
    }
    assert case == ("name", "hidden", "result", "mistake")


def test_a_record_is_small_however_much_a_submission_provokes():
    assert record.short(["x" * 10**6] * 10**4) == ["x" * 300] * 20
    assert judged(right, grader_outcome="unreadable", grader_why="y" * 10**6).why == "y" * 300


def test_a_record_that_was_handed_in_is_dropped(tmp_path):
    forged = record.to_metadata(judged(right))
    notebook = new_notebook(metadata={MARK: forged})
    path = tmp_path / "hw.ipynb"
    path.write_text(json.dumps(notebook))
    assert staging.read(path, Limits()).metadata == {}

    url = make_gradebook(tmp_path, {})
    missing = "The cell “hierarchical-tree_level” was missing; it was put back."
    resources = {
        "nbgrader": {"db_url": url, "notebook": "homework3", "assignment": "homework3", "student": "eve"},
        "grader_notices": ["A file was left out."],
        "grader_unreadable": None,
        "grader_texts": {"scenery": set(), "text": set()},
    }
    restored, _ = Restore().preprocess(notebook, resources)
    assert restored.metadata.keys() == {MARK}
    assert restored.metadata[MARK].keys() == {"notices"}
    assert restored.metadata[MARK]["notices"][:2] == ["A file was left out.", missing]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "is missing"),
        ("{", "is damaged: it is no notebook"),
        ("[" * 100_000, "is damaged: it is no notebook"),
        ('{"metadata": 1}', "is damaged: it is no notebook"),
        ('{"metadata": {"grader": 1}}', "is damaged: it is no notebook"),
        ('{"metadata": {}}', "was not graded to the end"),
        ('{"metadata": {"grader": {"notices": []}}}', "was not graded to the end"),
        ('{"metadata": {"grader": {"graded": true}}}', "was graded before records were kept"),
        ('{"metadata": {"grader": {"graded": true, "outcome": "graded"}}}', "has a damaged record"),
    ],
)
def test_a_notebook_without_a_record_says_why(tmp_path, content, reason):
    path = tmp_path / "hw.ipynb"
    if content is not None:
        path.write_text(content)
    with pytest.raises(NoRecord, match=f"^{reason}$"):
        record.read(path)


@pytest.mark.parametrize("change", [{"seconds": float("nan")}, {"seconds": -1}, {"seed": None}, {"exercises": [{}]}])
def test_a_damaged_record_is_refused_whatever_is_damaged(tmp_path, change):
    mark = {**record.to_metadata(judged(right)), **change}
    path = tmp_path / "hw.ipynb"
    path.write_text(json.dumps({"metadata": {MARK: mark}}))
    with pytest.raises(NoRecord, match="damaged record"):
        record.read(path)
