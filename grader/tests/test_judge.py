"""Comparing answers: right ones pass in any row order, everything else fails with a reason and never raises."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader import assignments, protocol, show
from grader.judge import judge, judge_case
from grader.messages import explain
from grader.model import Case, State

EXERCISES = assignments.graded("homework3")
TRIPLETS = EXERCISES["hard_cluster.triplets"]
CASE = TRIPLETS.cases[0]
ERROR_CASE = EXERCISES["hard_cluster.errors"].cases[1]
LEVEL = EXERCISES["hierarchical.tree_level"]


def answering(outputs: dict, changed: tuple = ()) -> dict:
    encoded = {name: protocol.encode(value) for name, value in outputs.items()}
    return json.loads(json.dumps({"outputs": encoded, "changed": list(changed)}))


def test_the_expected_values_pass():
    assert judge_case(TRIPLETS, CASE, answering(CASE.expected)).passed


def test_the_rows_of_triplets_come_in_any_order():
    shuffled = {name: value[[2, 0, 1]] for name, value in CASE.expected.items()}
    assert judge_case(TRIPLETS, CASE, answering(shuffled)).passed


def test_rows_are_one_set_of_triplets_not_three_sets():
    torn = {**CASE.expected, "positive": CASE.expected["positive"][[1, 0, 2]]}
    assert not judge_case(TRIPLETS, CASE, answering(torn)).passed


@pytest.mark.parametrize(("changed", "passes"), [({}, True), ({"negative": 3}, False), ({"anchor": 0}, False)])
def test_triplets_of_row_numbers_come_in_any_order_too(changed, passes):
    exercise = assignments.everything()["tutorial.all_triplets"]
    case = exercise.cases[
        0
    ]  # eight triplets; the last given is (0, 1, 2), changed to (0, 1, 3), which stands there already
    backwards = {name: value[::-1].copy() for name, value in case.expected.items()}
    for name, row in changed.items():
        backwards[name][-1 if name == "negative" else 0] = row
    assert judge_case(exercise, case, answering(backwards)).passed == passes


def test_one_right_triplet_repeated_does_not_pass():
    repeated = {name: value[[0, 0, 0]] for name, value in CASE.expected.items()}
    assert not judge_case(TRIPLETS, CASE, answering(repeated)).passed


def test_each_given_triplet_stands_for_one_expected_triplet():
    twins = replace(CASE, expected={name: value[[0, 0, 1]] for name, value in CASE.expected.items()})
    assert judge_case(TRIPLETS, twins, answering(twins.expected)).passed
    one_of_them = {name: value[[0, 2, 1]] for name, value in CASE.expected.items()}
    assert not judge_case(TRIPLETS, twins, answering(one_of_them)).passed


def test_large_numbers_may_differ_by_a_part_of_their_size():
    # 1e-4 of a million is 100.
    far = replace(CASE, expected={name: value + np.float32(1e6) for name, value in CASE.expected.items()})
    for error, passes in ((90, True), (110, False)):
        off = {name: value + np.float32(error) for name, value in far.expected.items()}
        assert judge_case(TRIPLETS, far, answering(off)).passed is passes


def test_other_exercises_keep_their_row_order():
    case = LEVEL.cases[0]
    assert not judge_case(LEVEL, case, answering({"level": case.expected["level"][::-1].copy()})).passed


@pytest.mark.parametrize(("error", "passes"), [(0.9e-4, True), (1.1e-3, False)])
def test_floats_may_differ_by_the_tolerance_times_their_size(error, passes):
    # Tolerance 1e-4; the largest expected number of the row is 12.
    near = {**CASE.expected, "anchor": (CASE.expected["anchor"] + error).astype(np.float32)}
    assert judge_case(TRIPLETS, CASE, answering(near)).passed is passes


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_never_equals_a_number(value):
    broken = {**CASE.expected, "negative": np.full_like(CASE.expected["negative"], value)}
    assert not judge_case(TRIPLETS, CASE, answering(broken)).passed


def test_a_known_mistake_is_recognised_and_explained():
    wrong = {**CASE.expected, **CASE.mistakes["own_centroid_not_excluded"]}
    verdict = judge_case(TRIPLETS, CASE, answering(wrong))
    assert verdict.mistake == "own_centroid_not_excluded"
    assert "diagonal" in explain(TRIPLETS, verdict)
    assert "is (2, 0); expected is (4, 3)" in verdict.reason


def test_a_wrong_gradient_names_the_row_of_the_features():
    training = EXERCISES["hard_cluster.training"]
    case = next(case for case in training.cases if case.gradient)
    verdict = judge_case(training, case, answering({**case.expected, **case.mistakes["detached_positive"]}))
    assert verdict.mistake == "detached_positive"
    assert "gradient for row 2 of the features is (10); expected is (16)" in verdict.reason


def test_torchs_own_not_implemented_error_is_no_stub():
    raised = {"type": "NotImplementedError", "message": "softmax for Long", "line": "sample, line 3: labels.softmax(0)"}
    assert "Your code raised NotImplementedError: softmax" in judge_case(TRIPLETS, CASE, {"raised": raised}).reason
    stub = {**raised, "line": 'sample, line 9: raise NotImplementedError("Write it.")'}
    verdict = judge_case(TRIPLETS, CASE, {"raised": stub})
    assert verdict.reason.startswith("Not implemented yet (sample, line 9, raises NotImplementedError).")
    assert verdict.state is State.NOT_DONE
    assert judge_case(TRIPLETS, CASE, {"malformed": "not implemented yet. Really"}).state is State.FAILED


def test_changing_the_input_fails_even_with_the_right_values():
    verdict = judge_case(TRIPLETS, CASE, answering(CASE.expected, changed=("features",)))
    assert not verdict.passed
    assert verdict.mistake == "changes_input_in_place"


@pytest.mark.parametrize(
    ("raised", "passes"),
    [
        ({"type": "ValueError", "bases": ["ValueError"], "message": "fewer than two classes"}, True),
        ({"type": "BadBatch", "bases": ["ValueError", "Exception"], "message": "fewer than two classes"}, True),
        ({"type": "ValueError", "bases": ["ValueError"], "message": "bad"}, False),
        ({"type": "ValueError", "bases": "ValueError", "message": "fewer than two classes"}, False),
        ({"type": "IndexError", "message": "class"}, False),
        ({"type": "NotImplementedError", "message": "class"}, False),
    ],
)
def test_a_refusal_is_a_value_error_that_names_the_fault(raised, passes):
    assert judge_case(TRIPLETS, ERROR_CASE, {"raised": raised}).passed is passes


def test_accepting_bad_input_is_the_mistake_of_not_checking():
    assert judge_case(TRIPLETS, ERROR_CASE, answering(CASE.expected)).mistake == "no_input_checks"


def test_a_hidden_case_gives_away_neither_input_nor_expected_value():
    secret = replace(CASE, hidden=True, why="the secret 4321", expected={k: v + 4321 for k, v in CASE.expected.items()})
    refused: Case = replace(ERROR_CASE, hidden=True, raises=("4321",))
    answers = [
        (secret, answering(CASE.expected)),
        (secret, {"raised": {"type": "KeyError", "message": "4321", "line": "sample, line 2: x"}}),
        (secret, {"raised": {"type": "E4321", "message": "", "line": "4321"}}),
        (secret, {"raised": {"type": "NotImplementedError", "message": "4321", "line": "f4321, line 4321: "}}),
        (secret, {"malformed": "your 4321 is a list"}),
        (secret, {"outputs": {"anchor": {"dtype": "the 4321 of the input", "shape": [], "data": ""}}}),
        (secret, answering({name: np.ones((4321, 1), value.dtype) for name, value in CASE.expected.items()})),
        (refused, answering(CASE.expected)),
        (refused, {"raised": {"type": "ValueError", "message": "no 432"}}),
    ]
    for case, given_answer in answers:
        report = judge(TRIPLETS, [case], {case.name: given_answer})
        assert not report.passed
        assert "432" not in show.text(report) + show.html(report, all_pictures=True)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
)
SHAPED = st.fixed_dictionaries(
    {},
    optional={
        "outputs": st.dictionaries(st.sampled_from(["anchor", "positive", "negative"]), JSON) | JSON,
        "changed": JSON,
        "raised": st.fixed_dictionaries({}, optional={"type": JSON, "message": JSON, "line": JSON}) | JSON,
        "malformed": JSON,
    },
)


@settings(max_examples=200, deadline=None)
@given(JSON | SHAPED)
def test_any_json_at_all_is_a_failed_case_with_a_reason(answer):
    for case in (CASE, ERROR_CASE):
        report = judge(TRIPLETS, [case], {case.name: answer})
        assert not report.passed
        assert report.verdicts[0].reason
        assert show.html(report, all_pictures=True)


def test_a_list_ten_thousand_deep_is_a_failed_case_too():
    deep: list = []
    for _ in range(10_000):
        deep = [deep]
    for answer in (deep, {"outputs": {"anchor": deep}}, {"malformed": deep}, {"raised": {"message": deep}}):
        assert not judge(TRIPLETS, [CASE], {CASE.name: answer}).passed


def test_a_lone_surrogate_in_a_students_words_can_still_be_written(tmp_path):
    report = judge(TRIPLETS, [CASE], {CASE.name: {"malformed": "a\ud800b"}})
    (tmp_path / "report.html").write_text(show.html(report) + show.text(report), encoding="utf-8")


def test_points_are_earned_by_all_cases_together():
    right = {case.name: answering(case.expected) for case in TRIPLETS.cases}
    assert judge(TRIPLETS, TRIPLETS.cases, right).score == 1
    assert judge(TRIPLETS, TRIPLETS.cases, {**right, CASE.name: None}).score == 0
    assert judge(TRIPLETS, (), {}).score == 0


def test_no_given_row_is_taken_twice_however_far_the_others_lie():
    ones = np.ones((3, 1), np.float32)
    collapsed = replace(CASE, expected=dict.fromkeys(("anchor", "positive", "negative"), ones), mistakes={})
    anchor, positive = ones.copy(), ones.copy()
    anchor[2] = positive[1] = -np.inf
    wrong = {**collapsed.expected, "anchor": anchor, "positive": positive}
    assert not judge_case(TRIPLETS, collapsed, answering(wrong)).passed


@pytest.mark.parametrize("value", [1.7e308, -1.7e308, np.inf, np.nan, 5e-324])
def test_numbers_at_the_edge_of_what_there_is_are_a_wrong_answer_and_no_warning(value):
    huge = {name: np.full(expected.shape, value) for name, expected in CASE.expected.items()}
    assert not judge_case(TRIPLETS, CASE, answering(huge)).passed
