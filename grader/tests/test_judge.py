"""Comparing answers: right ones pass in any row order, everything else fails with a reason and never raises."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader import assignments, protocol, show
from grader.judge import judge, judge_case
from grader.model import FEATURES, Case, State, f32
from grader.tests import wire

EXERCISES = assignments.graded("homework3")
TRIPLETS = EXERCISES["hard_cluster.triplets"]
CASE = TRIPLETS.cases[0]
ERROR_CASE = EXERCISES["hard_cluster.errors"].cases[1]
LEVEL = EXERCISES["hierarchical.tree_level"]


def answering(outputs: dict, case: Case = CASE) -> dict:
    return json.loads(json.dumps(wire.answering(case, outputs)))


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
    assert judge_case(exercise, case, answering(backwards, case)).passed == passes


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
    assert not judge_case(LEVEL, case, answering({"level": case.expected["level"][::-1].copy()}, case)).passed


@pytest.mark.parametrize(("error", "passes"), [(0.9e-4, True), (1.1e-3, False)])
def test_floats_may_differ_by_the_tolerance_times_their_size(error, passes):
    # Tolerance 1e-4; the largest expected number of the row is 12.
    near = {**CASE.expected, "anchor": (CASE.expected["anchor"] + error).astype(np.float32)}
    assert judge_case(TRIPLETS, CASE, answering(near)).passed is passes


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_never_equals_a_number(value):
    broken = {**CASE.expected, "negative": np.full_like(CASE.expected["negative"], value)}
    assert not judge_case(TRIPLETS, CASE, answering(broken)).passed


def test_a_wrong_gradient_names_the_row_of_the_features():
    training = EXERCISES["hard_cluster.training"]
    case = next(case for case in training.cases if case.gradient)
    verdict = judge_case(training, case, answering({**case.expected, **case.mistakes["detached_positive"]}, case))
    assert "gradient for row 2 of the features is (10); expected is (16)" in verdict.reason


def test_torchs_own_not_implemented_error_is_no_stub():
    raised = {"type": "NotImplementedError", "message": "softmax for Long", "line": "sample, line 3: labels.softmax(0)"}
    assert "Your code raised NotImplementedError: softmax" in judge_case(TRIPLETS, CASE, {"raised": raised}).reason
    stub = {**raised, "line": 'sample, line 9: raise NotImplementedError("Write it.")'}
    verdict = judge_case(TRIPLETS, CASE, {"raised": stub})
    assert verdict.reason.startswith("Not implemented yet (sample, line 9, raises NotImplementedError).")
    assert verdict.state is State.NOT_DONE
    assert judge_case(TRIPLETS, CASE, {"malformed": "not implemented yet. Really"}).state is State.FAILED


@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("features", {"array": protocol.encode(CASE.inputs["features"] + 1)}),
        ("features", {"array": protocol.encode(CASE.inputs["features"].astype(np.float64))}),
        ("features", {"array": protocol.encode(CASE.inputs["features"][:5])}),
        ("labels", CASE.inputs["labels"][::-1]),
        ("labels", None),
        ("labels", [[[0]]]),
    ],
)
def test_changing_the_input_fails_even_with_the_right_values(name, left):
    given_answer = answering(CASE.expected)
    given_answer["inputs"][name] = left
    verdict = judge_case(TRIPLETS, CASE, given_answer)
    assert not verdict.passed
    assert verdict.mistake == "changes_input_in_place"
    assert verdict.reason == f"Your code changed {name} in place."


@pytest.mark.parametrize(
    "left", [None, [], {}, {FEATURES: 3, "labels": [0]}, {FEATURES: {"array": {"dtype": "object"}}}]
)
def test_that_the_input_was_left_alone_is_shown_and_not_said(left):
    given_answer = {**answering(CASE.expected), "inputs": left, "changed": []}
    assert not judge_case(TRIPLETS, CASE, given_answer).passed


AGAIN = next(case for case in EXERCISES["hard_cluster.training"].cases if case.before)


def test_an_object_that_is_used_again_must_be_right_on_both_batches():
    right = wire.answering(AGAIN)
    assert judge_case(TRIPLETS, AGAIN, right).passed
    # The answer to the other batch in the place of each.
    for wrong in ({**right, "before": {**right["before"], "outputs": right["outputs"]}}, {**right, **right["before"]}):
        assert not judge_case(TRIPLETS, AGAIN, wrong).passed
    verdict = judge_case(TRIPLETS, AGAIN, {**right, "before": {**right["before"], "outputs": right["outputs"]}})
    assert verdict.reason.startswith(
        "On the batch before this one: The shape of your anchor is (3, 2); expected is (2, 2)."
    )
    assert verdict.case is AGAIN


STUB = {"type": "NotImplementedError", "line": "sample, line 2: raise NotImplementedError"}


@pytest.mark.parametrize("before", [None, {}, {"outputs": {}}, {"raised": STUB}, {"malformed": ""}])
def test_that_an_object_was_used_before_is_shown_and_not_said(before):
    verdict = judge_case(TRIPLETS, AGAIN, {**wire.answering(AGAIN), "before": before})
    assert verdict.state is State.FAILED


def test_a_change_of_the_batch_before_fails_too():
    given_answer = wire.answering(AGAIN)
    given_answer["before"]["inputs"] = given_answer["inputs"]
    verdict = judge_case(TRIPLETS, AGAIN, given_answer)
    assert verdict.reason == "On the batch before this one: Your code changed features and labels in place."
    assert verdict.mistake == "changes_input_in_place"


TWO = next(case for case in EXERCISES["hard_cluster.labels"].cases if case.also)


def test_what_is_right_too_passes_and_a_mixture_does_not():
    # In the class of two (0,4) and (0,8) are equally far from their mean; (3,0) is not among them.
    for positive, passes in (([0, 4], True), ([0, 8], True), ([0, 6], False)):
        outputs = {**TWO.expected, "positive": f32([[7, 0], positive])}
        assert judge_case(TRIPLETS, TWO, answering(outputs, TWO)).passed is passes
    outputs = {**TWO.expected, "positive": f32([[7, 0], [0, 8]]), "negative": f32([[3, 0], [3, 0]])}
    verdict = judge_case(TRIPLETS, TWO, answering(outputs, TWO))
    assert "Your negative" in verdict.reason
    assert "positive" not in verdict.reason.split(" is ")[0]  # that one is right


def test_the_width_of_a_number_does_not_matter_but_its_kind_does():
    for dtype, passes in ((np.float64, True), (np.float16, True), (np.int64, False), (np.bool_, False)):
        wider = {name: value.astype(dtype) for name, value in CASE.expected.items()}
        assert judge_case(TRIPLETS, CASE, answering(wider)).passed is passes
    case = LEVEL.cases[0]
    for dtype, passes in ((np.int32, True), (np.uint8, True), (np.float32, False), (np.bool_, False)):
        level = {"level": case.expected["level"].astype(dtype)}
        assert judge_case(LEVEL, case, answering(level, case)).passed is passes


MARGIN = EXERCISES["hierarchical.violate_margin"]


@pytest.mark.parametrize("hidden", [False, True])
def test_a_margin_with_a_gradient_is_told_that_it_is_a_constant(hidden):
    case = replace(MARGIN.cases[0], hidden=hidden)
    outputs = {**case.expected, **case.mistakes["keeps_gradient"]}
    reason = judge_case(MARGIN, case, answering(outputs, case)).reason
    assert "margin.sum() + features.sum(), which is 1 everywhere where the margin is a constant" in reason


@pytest.mark.parametrize(
    ("raised", "passes"),
    [
        ({"type": "ValueError", "bases": ["ValueError"], "message": "fewer than two classes"}, True),
        ({"type": "BadBatch", "bases": ["ValueError", "Exception"], "message": "fewer than two classes"}, True),
        ({"type": "ValueError", "bases": "ValueError", "message": "fewer than two classes"}, False),
        ({"type": "IndexError", "message": "class"}, False),
        ({"type": "NotImplementedError", "message": "class"}, False),
    ],
)
def test_a_refusal_is_a_value_error_that_names_the_fault(raised, passes):
    assert judge_case(TRIPLETS, ERROR_CASE, {"raised": raised}).passed is passes


def refused(message: str) -> dict:
    return {
        "raised": {"type": "ValueError", "bases": ["ValueError"], "message": message, "line": "sample, line 2: raise"}
    }


@pytest.mark.parametrize(
    "message",
    [
        "3 embeddings but 5 targets",
        "all targets are the same",
        "tensor of rank 3",
        "nan",
        "features must be 2-D",
        "Class 17 is alone.",
        "В пакете один класс",
        "features and labels cannot be broadcast together: 4 rows, 5 labels",
    ],
)
def test_a_fault_may_be_named_in_any_words(message):
    assert judge_case(TRIPLETS, ERROR_CASE, refused(message)).passed


@pytest.mark.parametrize(
    "message",
    [
        *("", "bad", "Invalid input!", "wrong value: 17", "The given data are not valid.", "ValueError", "4, 2"),
        "too many values to unpack (expected 2)",
        "not enough values to unpack (expected 3, got 2)",
        "max() iterable argument is empty",
        "cannot convert float NaN to integer",
        "zero-size array to reduction operation maximum which has no identity",
        "operands could not be broadcast together with shapes (4,) (5,)",
    ],
)
def test_a_message_that_could_be_said_of_anything_and_pythons_own_name_no_fault(message):
    verdict = judge_case(TRIPLETS, ERROR_CASE, refused(message))
    assert not verdict.passed
    assert verdict.reason.startswith("Your ValueError should say what is wrong with this input. It says: ")


def test_one_message_for_all_faults_names_none_of_them():
    errors = EXERCISES["hard_cluster.errors"]
    good, *bad = errors.cases

    def judged(*messages: str):
        answers = {case.name: refused(message) for case, message in zip(bad, messages)}
        return judge(errors, errors.cases, {good.name: wire.answering(good), **answers})

    same = judged(*[f"a batch of {i} samples cannot be used" for i in range(6)])  # but for the numbers
    assert [verdict.passed for verdict in same.verdicts] == [True] + [False] * 6
    assert same.verdicts[1].reason == "Your ValueError says the same of every fault: say what is wrong with this input."
    assert judged("too few classes", "too few samples", *["no batch for a sampler"] * 4).passed
    one = judge(errors, bad[:1], {bad[0].name: refused("too few classes")})
    assert one.passed


def test_accepting_bad_input_is_the_mistake_of_not_checking():
    assert judge_case(TRIPLETS, ERROR_CASE, answering(CASE.expected)).mistake == "no_input_checks"


def test_a_hidden_case_gives_away_neither_input_nor_expected_value():
    secret = replace(CASE, hidden=True, why="the secret 4321", expected={k: v + 4321 for k, v in CASE.expected.items()})
    refused: Case = replace(ERROR_CASE, hidden=True, why="the secret 4321")
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
        "inputs": JSON,
        "before": JSON,
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
    for part in ("before", "inputs"):
        verdict = judge_case(TRIPLETS, AGAIN, {**wire.answering(AGAIN), part: answer})
        assert not verdict.passed
        assert verdict.reason


def test_a_list_ten_thousand_deep_is_a_failed_case_too():
    deep: list = []
    for _ in range(10_000):
        deep = [deep]
    inputs = {**answering(CASE.expected), "inputs": {"features": deep, "labels": deep}}
    for answer in (deep, inputs, {"outputs": {"anchor": deep}}, {"malformed": deep}, {"raised": {"message": deep}}):
        assert not judge(TRIPLETS, [CASE], {CASE.name: answer}).passed


def test_a_lone_surrogate_in_a_students_words_can_still_be_written(tmp_path):
    report = judge(TRIPLETS, [CASE], {CASE.name: {"malformed": "a\ud800b"}})
    (tmp_path / "report.html").write_text(show.html(report) + show.text(report), encoding="utf-8")


def test_points_are_earned_by_all_cases_together():
    right = {case.name: answering(case.expected, case) for case in TRIPLETS.cases}
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
