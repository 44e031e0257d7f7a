"""A mistake is recognised where it explains all that failed and all that passed, and nowhere else."""

import json

import numpy as np
import pytest

from grader import assignments, diagnosis, messages, protocol
from grader.judge import judge
from grader.model import Case, Diagnosis, Exercise, Target, f32, positional

# The sum of numbers: (1, 2) gives 3, (2, 2) gives 4, (0, 5) gives 5.
TARGET = Target("total", ("total",), positional("numbers"), mistakes={"mean": "You take the mean; take the sum."})
CASES = tuple(
    Case(f"{a} and {b}", "A sum.", {"numbers": f32([a, b])}, {"total": f32(a + b)}) for a, b in ((1, 2), (2, 2), (0, 5))
)
EXERCISE = Exercise("sums.total", "Sums", 1, TARGET, CASES, ("", "", ""))
TABLE = {
    "told": {
        "product": [["You multiply; add."], "the sum"],
        "power": [["You raise to a power; add."], "the sum"],
        "first": [["You take the first number alone."], "the sum"],
        "difference": [["You subtract; add."], "the sum"],
        "empty": [["An index is too large."], "the index"],
        "total: halved": [["You take half."], "the half"],
        "total: negated": [["You turn the sign."], "the sign"],
        "product + one": [["You multiply; add.", "1 is added."], "the sum and the 1"],
        "product + two": [["You multiply; add.", "2 is added."], "the sum and the 2"],
    },
    "answers": {
        "sums.total": {
            "1 and 2": [
                {"total": 1.5},
                {"total": 2},
                {"total": 1},
                "raised IndexError index 2 is out of bounds",
                {"total": 9},
                {"total": -1.5},
                {"total": -3},
            ],
            "2 and 2": [{"total": 2}],
            "0 and 5": [{"total": 2.5}, {"total": 0}, "raised IndexError index 2 is out of bounds"],
        }
    },
    "patterns": {
        "sums.total": [
            # (1 + 2)/2, (2 + 2)/2, (0 + 5)/2
            [["mean"], [0, 0, 0]],
            # 1 · 2, 0 · 5; 2 · 2 is what 2 + 2 is, too
            [["product"], [1, None, 1]],
            [["power", "first", "difference"], [2, None, 1]],
            [["empty"], [3, None, 2]],
            [["product + one", "product + two"], [4, None, 2]],
            [["product + one", "first"], [2, None, None]],
            [["total: halved; negated"], [5, None, None]],
            [["total: negated; forgotten"], [6, None, None]],
        ]
    },
}


@pytest.fixture(autouse=True)
def table(monkeypatch) -> None:
    known = diagnosis.parse(json.dumps(TABLE))
    monkeypatch.setattr(diagnosis, "_chapter", lambda chapter: known if chapter == "sums" else {})


def total(value: float, kind: type = np.float32) -> dict:
    outputs = {"total": protocol.encode(np.array(value, kind))}
    inputs = protocol.encode_inputs({"numbers": f32([0, 0])})
    return {"outputs": outputs, "inputs": inputs}


def raised(message: str, kind: str = "IndexError") -> dict:
    return {"raised": {"type": kind, "message": message, "line": "total, line 2: numbers[2]", "bases": [kind]}}


def told(*answers, cases=CASES) -> Diagnosis | None:
    """The diagnosis of answers to the cases, one each."""
    answers = {
        case.name: {**given, "inputs": protocol.encode_inputs(case.inputs)} if "outputs" in given else given
        for case, given in zip(cases, answers, strict=True)
    }
    return judge(EXERCISE, cases, answers).diagnosis


def test_the_mistake_that_answers_alike_to_all_cases_is_told():
    assert told(total(1.5), total(2), total(2.5)) == Diagnosis(("mean",), "You take the mean; take the sum.")
    assert told(total(2), total(4), total(0)).mistakes == ("product",)


def test_right_work_has_no_diagnosis():
    assert told(total(3), total(4), total(5)) is None


def test_one_case_that_is_answered_otherwise_ends_a_chance_match():
    assert told(total(1.5), total(2), total(7)) is None


def test_of_a_pair_both_faults_are_told_and_nothing_if_one_of_them_has_no_sentence():
    both = Diagnosis(("total: halved; negated",), "You take half. And: You turn the sign.")
    assert told(total(-1.5), total(4), total(5)) == both
    assert told(total(-3), total(4), total(5)) is None


def test_a_mistake_is_not_told_if_it_fails_where_the_student_is_right_or_is_right_where_they_fail():
    assert told(total(1.5), total(4), total(2.5)) is None
    assert told(total(2), total(9), total(0)) is None


def test_answers_may_differ_by_the_tolerance_and_not_by_more():
    assert told(total(1.50005), total(2), total(2.5)).mistakes == ("mean",)
    assert told(total(1.501), total(2), total(2.5)) is None


def test_what_is_no_number_is_like_itself_alone():
    case = CASES[0]
    for value in (np.nan, np.inf, -np.inf):
        ours = {"total": f32(value)}
        same = [
            other
            for other in (np.nan, np.inf, -np.inf, 0)
            if diagnosis.same(EXERCISE, case, ours, {"total": f32(other)})
        ]
        assert repr(same) == repr([value])


def test_the_kind_of_number_is_part_of_an_answer_and_its_width_is_not():
    assert told(total(1.5, np.float64), total(2), total(2.5)).mistakes == ("mean",)
    assert told(total(2, np.int64), total(4), total(0)) is None


def test_an_exception_is_known_by_type_and_message():
    out = "index 2 is out of bounds"
    assert told(raised(out), total(4), raised(out)).mistakes == ("empty",)
    assert told(raised(out), total(4), raised("index 3 is out of bounds")) is None
    assert told(raised(out), total(4), raised(out, "ValueError")) is None


def test_where_numbers_agree_exceptions_elsewhere_may_differ():
    assert told(total(9), total(4), raised("too far", "ValueError")).mistakes == ("product + one", "product + two")
    assert told(total(9), total(4), total(8)) is None


def test_several_mistakes_are_told_side_by_side_if_they_are_few():
    assert told(total(1), total(4), total(0)) == Diagnosis(
        ("power", "first", "difference"),
        "Either: You raise to a power; add. Or: You take the first number alone. Or: You subtract; add.",
    )


def test_of_many_mistakes_the_place_is_told_if_it_is_one_and_else_nothing():
    assert diagnosis.sentence(EXERCISE, ("power", "first", "difference", "product")) == "The fault lies in the sum."
    assert diagnosis.sentence(EXERCISE, ("power", "first", "difference", "product", "empty")) == ""


def test_one_fault_is_likelier_than_two_that_look_like_it():
    assert told(total(1), total(4), total(5)) == Diagnosis(("first",), "You take the first number alone.")


def test_of_several_pairs_of_faults_the_common_one_is_told():
    assert diagnosis.sentence(EXERCISE, ("product + one", "product + two")) == "You multiply; add."
    assert diagnosis.sentence(EXERCISE, ("product + one",)) == "You multiply; add. And: 1 is added."


def test_mistakes_that_are_not_known_any_more_say_nothing():
    assert diagnosis.sentence(EXERCISE, ("of last year",)) == ""
    assert diagnosis.sentence(EXERCISE, ()) == ""


def test_a_mistake_of_any_exercise_is_told_if_all_that_failed_show_it():
    changed = {**total(3), "inputs": protocol.encode_inputs({"numbers": f32([9, 9])})}
    answers = {case.name: total(0) | changed for case in CASES}
    report = judge(EXERCISE, CASES, answers)
    assert report.diagnosis == Diagnosis((messages.CHANGES_INPUT,), messages.ANYWHERE[messages.CHANGES_INPUT])


def test_inputs_that_should_have_been_refused_are_named():
    refused = Case("no numbers", "None.", {"numbers": f32([])}, raises=True)
    cases = (*CASES, refused)
    answers = {
        case.name: {**total(sum(case.inputs["numbers"])), "inputs": protocol.encode_inputs(case.inputs)}
        for case in cases
    }
    said = judge(EXERCISE, cases, answers).diagnosis.sentence
    assert said == f"Not refused yet: no numbers. {messages.ANYWHERE[messages.NO_INPUT_CHECKS]}"


def test_a_table_of_other_cases_says_nothing():
    assert told(total(2), total(4), total(0)) is not None
    assert told(total(2), total(0), cases=(CASES[0], CASES[2])) is None


@pytest.mark.parametrize(
    "answer", [None, {}, {"raised": None}, {"raised": {"type": 3, "message": ["x"]}}, {"malformed": 3}, {"outputs": 1}]
)
def test_whatever_is_answered_there_is_a_report(answer):
    answers = {case.name: answer for case in CASES}
    assert judge(EXERCISE, CASES, answers).diagnosis is None


def test_rows_whose_order_is_free_are_compared_as_a_set():
    exercise = assignments.exercises("homework3")["hard_cluster.triplets"]
    case = exercise.cases[0]
    one = {**case.expected, **case.mistakes["own_centroid_not_excluded"]}
    turned = {name: rows[::-1] for name, rows in one.items()}
    assert diagnosis.same(exercise, case, one, turned)
    assert not diagnosis.same(exercise, case, one, {**one, "positive": one["positive"][::-1]})


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3e38, 1000])
def test_rows_of_any_numbers_are_compared_without_a_warning(value):
    # ±1000.04 and ±1000 differ by less than 1e-4 of their size, their sums by more than 1e-4 of theirs
    exercise = assignments.exercises("homework3")["hard_cluster.triplets"]
    case = exercise.cases[0]
    rows = f32([[value, 1], [-value, 1], [3, 4]])
    one, turned = (dict.fromkeys(case.expected, array) for array in (rows, rows[::-1]))
    assert diagnosis.same(exercise, case, one, one)
    diagnosis.same(exercise, case, one, turned)
    if value == 1000:
        assert diagnosis.same(exercise, case, one, turned)
        assert diagnosis.same(exercise, case, one, dict.fromkeys(one, rows[::-1] + f32([[0, 0], [0.04, 0], [0.04, 0]])))
    for strange in (f32(1), f32([1]), np.ones((3, 2), bool), f32([[1, 2]] * 3)):
        assert not diagnosis.same(exercise, case, one, dict.fromkeys(one, strange))
    assert diagnosis.same(exercise, case, dict.fromkeys(one, f32(1)), dict.fromkeys(one, f32(1)))
    assert not diagnosis.same(exercise, case, dict.fromkeys(one, f32(1)), dict.fromkeys(one, f32(2)))
