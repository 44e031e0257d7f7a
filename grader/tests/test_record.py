"""The record of a grading: what the Judge judged, small, the Judge's alone, and readable or refused with a reason."""

import json

import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from grader import assignments, notebooks
from grader.answer import answer
from grader.autograde import grading, record
from grader.autograde.grading import Grading, Outcome
from grader.autograde.judge import Judge
from grader.autograde.record import MARK, CaseRecord, ExerciseRecord, NoRecord, Record
from grader.autograde.restore import Restore
from grader.cells import Master
from grader.limits import Limits
from grader.model import State
from grader.protocol import ANSWER_MIME

ASSIGNMENT, LEVEL = "homework3", "hierarchical.tree_level"
EXERCISE = assignments.graded(ASSIGNMENT)[LEVEL]


def right(class_a, class_b, alphabet_of):
    return 2 - (alphabet_of[class_a] == alphabet_of[class_b]).long() - (class_a == class_b).long()


def from_the_root(class_a, class_b, alphabet_of):
    return 2 - right(class_a, class_b, alphabet_of)


def stub(class_a, class_b, alphabet_of):
    raise NotImplementedError("Write it.")


def judged(work, **more) -> Record:
    """What the Judge keeps of a notebook whose tree_level is `work`; `more` of what the steps before it leave."""
    answers = {case.name: answer(EXERCISE.target, work, case.inputs) for case in EXERCISE.cases}
    cell = new_code_cell(
        metadata={"nbgrader": {"grade": True, "grade_id": EXERCISE.grade_id, "points": 1}},
        outputs=[new_output("display_data", {ANSWER_MIME: {"exercise": LEVEL, "answers": answers}})],
    )
    plain = {"outcome": Outcome.GRADED, "seconds": 3.14159, "seed": 7, "cases": assignments.visible_cases(ASSIGNMENT)}
    at_hand = Grading(ids={LEVEL: {name: name for name in answers}}, **{**plain, **more})
    resources = {"nbgrader": {"assignment": ASSIGNMENT}, grading.KEY: at_hand}
    notebook = new_notebook(cells=[cell], metadata={MARK: {"notices": ["put back"]}})
    return saved(Judge().preprocess(notebook, resources)[0])


def saved(notebook) -> Record:
    """The record of a notebook after its travel as JSON."""
    return record.from_metadata(json.loads(json.dumps(notebook))["metadata"][MARK])


def test_the_judge_keeps_each_cases_result_and_the_recognised_mistakes():
    names = [case.name for case in EXERCISE.cases]
    assert judged(right) == Record(
        Outcome.GRADED,
        None,
        3.14,
        7,
        ("put back",),
        (ExerciseRecord(LEVEL, tuple(CaseRecord(name, False, State.PASSED, None) for name in names), (), False),),
    )
    (exercise,) = judged(from_the_root).exercises
    assert {case.result for case in exercise.cases} == {State.FAILED}
    assert exercise.mistakes == ("level_counted_from_root",)


def test_what_is_not_implemented_is_told_from_what_is_wrong():
    (exercise,) = judged(stub).exercises
    assert {case.result for case in exercise.cases} == {State.NOT_DONE}


def test_a_failure_of_the_grader_is_recorded():
    (exercise,) = judged(right, cases={}).exercises
    assert exercise == ExerciseRecord(LEVEL, (), (), grader_failed=True)


def test_the_record_holds_no_word_of_the_students_and_no_number_of_a_case():
    (case,) = {
        tuple(case) for case in json.loads(json.dumps(record.to_metadata(judged(stub))))["exercises"][0]["cases"]
    }
    assert case == ("name", "hidden", "result", "mistake")


def test_a_record_is_small_however_much_a_submission_provokes():
    assert record.short(["x" * 10**6] * 10**4) == ["x" * 300] * 20
    assert judged(right, outcome=Outcome.UNREADABLE, why="y" * 10**6).why == "y" * 300


def test_a_record_that_was_handed_in_is_dropped(tmp_path):
    forged = record.to_metadata(judged(right))
    notebook = new_notebook(metadata={MARK: forged})
    path = tmp_path / "hw.ipynb"
    path.write_text(json.dumps(notebook))
    assert notebooks.read(path, Limits()).metadata == {}

    check = Master("hierarchical-tree_level", "code", "check()", grade=True, locked=True, points=1)
    missing = "The cell “hierarchical-tree_level” was missing; it was put back."
    at_hand = Grading(notices=["A file was left out."], masters=[check])
    resources = {"nbgrader": {"student": "eve"}, grading.KEY: at_hand}
    restored, _ = Restore().preprocess(notebook, resources)
    assert restored.metadata.keys() == {MARK}
    assert restored.metadata[MARK].keys() == {"notices"}
    assert restored.metadata[MARK]["notices"][:2] == ["A file was left out.", missing]


def test_what_else_a_record_says_is_passed_over(tmp_path):
    path = tmp_path / "hw.ipynb"
    path.write_text(json.dumps({"metadata": {MARK: {**record.to_metadata(judged(right)), "more": 1}}}))
    assert record.read(path) == judged(right)


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


def test_a_record_that_was_written_before_peers_were_called_third_party_is_read(tmp_path):
    case = {"name": "two classes", "hidden": False, "result": "not implemented", "mistake": None}
    exercise = {"name": LEVEL, "cases": [case], "peers": ["oml"], "grader_failed": False}
    plain = {"outcome": "limited", "why": "Too long.", "seconds": 4, "seed": 2**32 - 1, "notices": ["put back"]}
    path = tmp_path / "hw.ipynb"
    path.write_text(json.dumps({"metadata": {MARK: {"graded": True, **plain, "exercises": [exercise]}}}))
    kept = ExerciseRecord(LEVEL, (CaseRecord("two classes", False, State.NOT_DONE, None),), ("oml",), False)
    assert record.read(path) == Record(Outcome.LIMITED, "Too long.", 4.0, 2**32 - 1, ("put back",), (kept,))
    assert kept.mistakes == ()  # nor were those of an exercise kept
    (written,) = record.to_metadata(record.read(path))["exercises"]
    assert written["third_party"] == ("oml",)


FAILED_EXERCISE = {"name": "x", "cases": [], "third_party": [], "grader_failed": True}
CASE = {"name": "x", "hidden": False, "result": "passed", "mistake": None}


@pytest.mark.parametrize(
    "change",
    [
        {"seconds": float("nan")},
        {"seconds": float("inf")},
        {"seconds": -1},
        {"seconds": "4"},
        {"seconds": True},
        {"seed": None},
        {"seed": 1.0},
        {"seed": "1"},
        {"outcome": "perfect"},
        {"outcome": None},
        {"why": 3},
        {"why": "y" * 301},
        {"why": "\ud800"},
        {"notices": None},
        {"notices": "put back"},
        {"notices": [3]},
        {"notices": ["put back"] * 21},
        {"notices": [[[]]]},
        {"exercises": None},
        {"exercises": {}},
        {"exercises": [{}]},
        {"exercises": [None]},
        {"exercises": [FAILED_EXERCISE] * 1001},
        *(
            {"exercises": [{**FAILED_EXERCISE, **bad}]}
            for bad in [{"name": None}, {"grader_failed": 1}, {"third_party": 3}, {"mistakes": None}, {"mistakes": [3]}]
        ),
        *(
            {"exercises": [{**FAILED_EXERCISE, "cases": [{**CASE, **bad}]}]}
            for bad in [{"result": "scored"}, {"result": None}, {"hidden": "no"}, {"mistake": 3}, {"name": ["x"]}]
        ),
    ],
    ids=lambda change: ascii(change)[:60],
)
def test_a_damaged_record_is_refused_whatever_is_damaged(tmp_path, change):
    mark = {**record.to_metadata(judged(right)), **change}
    path = tmp_path / "hw.ipynb"
    path.write_text(json.dumps({"metadata": {MARK: mark}}))
    with pytest.raises(NoRecord, match="damaged record"):
        record.read(path)
