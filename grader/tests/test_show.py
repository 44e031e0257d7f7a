"""Reports: what a student reads, and what can never reach a page."""

from dataclasses import replace

import numpy as np
import pytest

from grader import assignments, show
from grader.judge import judge as judge_plainly
from grader.tests.wire import answering

TRIPLETS = assignments.graded("homework3")["hard_cluster.triplets"]


def judge(*arguments) -> show.Shown:
    """What the judge says, as a notebook shows it."""
    return show.Shown(**vars(judge_plainly(*arguments)))


def report(**answers):
    return judge(TRIPLETS, TRIPLETS.cases, {name.replace("_", " "): value for name, value in answers.items()})


def outputs(case=TRIPLETS.cases[0], **changed):
    return answering(case, **changed)


def test_markup_in_a_students_words_is_escaped():
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    page = report(three_clusters={"raised": {"type": evil, "message": evil, "line": evil}})._repr_html_()
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;" in page


def test_a_failed_case_in_the_plane_is_drawn_with_a_text_alternative():
    page = report(three_clusters=outputs(negative=np.zeros((3, 2), np.float32)))._repr_html_()
    assert page.count("<svg") == 1
    assert 'role="img"' in page
    assert "expected</text>" in page.replace("\n", "")
    assert "yours</text>" in page.replace("\n", "")


@pytest.mark.parametrize(
    "negative",
    [
        np.full((3, 2), np.nan, np.float32),
        np.full((3, 2), 1e38, np.float32),
        np.zeros((0, 2), np.float32),
        np.zeros((5, 2), np.float32),
        np.zeros((20_000, 2), np.float32),
        np.zeros((), np.float32),
        np.zeros((3, 2), bool),
    ],
)
def test_what_cannot_be_drawn_is_left_out(negative):
    assert "<svg" not in report(three_clusters=outputs(negative=negative))._repr_html_()


@pytest.mark.parametrize(("negative", "drawn"), [([0] * 6, True), ([6] * 6, False), ([-1] * 6, False)])
def test_numbers_of_rows_are_drawn_where_the_rows_lie_if_there_are_such_rows(negative, drawn):
    exercise = assignments.everything()["tutorial.hard_triplets"]
    case = exercise.cases[0]  # six points
    answer = answering(case, negative=np.array(negative))
    assert ("<svg" in judge(exercise, [case], {case.name: answer})._repr_html_()) == drawn


def test_a_hidden_case_is_not_drawn():
    hidden = replace(TRIPLETS.cases[0], hidden=True)
    wrong = outputs(negative=np.zeros((3, 2), np.float32))
    assert "<svg" not in judge(TRIPLETS, [hidden], {hidden.name: wrong})._repr_html_()


def test_a_passed_report_draws_nothing_and_an_equal_report_is_equal_text():
    passed = judge(TRIPLETS, TRIPLETS.cases[:1], {"three clusters": outputs()})
    assert passed.passed
    assert "<svg" not in passed._repr_html_()
    wrong = outputs(negative=np.ones((3, 2), np.float32))
    assert report(three_clusters=wrong)._repr_html_() == report(three_clusters=wrong)._repr_html_()


def test_an_untouched_stub_gets_one_line():
    stub = {"raised": {"type": "NotImplementedError", "message": "Return three tensors.", "line": "f, line 2: "}}
    text = repr(judge(TRIPLETS, TRIPLETS.cases, {case.name: stub for case in TRIPLETS.cases}))
    assert "not implemented yet (0 of 4 cases, 0 of 1 point)" in text
    assert text.count("Return three tensors.") == 1
    assert "By hand" not in text


def test_a_failed_case_says_what_was_given_expected_why_and_what_went_wrong():
    own = TRIPLETS.cases[0].mistakes["own_centroid_not_excluded"]
    text = repr(report(three_clusters=outputs(**own)))
    for part in ("is (2, 0); expected is (4, 3)", "Exclude the diagonal", "By hand: Centroids: (0+1+5)/3 = 2"):
        assert part in text


def test_one_fault_of_the_whole_cell_is_told_once():
    text = repr(judge(TRIPLETS, TRIPLETS.cases, {}))
    assert text.count("There is no answer to this case.") == 1


def test_a_student_gets_a_picture_of_every_failed_case_and_feedback_the_first():
    wrong = {case.name: outputs(case, negative=case.expected["negative"] + 1) for case in TRIPLETS.cases}
    failed = judge(TRIPLETS, TRIPLETS.cases, wrong)
    page = failed._repr_html_()
    assert page.count("<svg") == len(TRIPLETS.cases) == 4
    assert page.count("<details><summary>picture</summary><svg") == 3
    assert page.index("<svg") < page.index("<details>")
    assert show.html(failed).count("<svg") == 1
