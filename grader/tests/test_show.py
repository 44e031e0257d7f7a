"""Reports: what a student reads, and what can never reach a page."""

from dataclasses import replace

import numpy as np
import pytest

from grader import wire
from grader.exercises import EXERCISES
from grader.judge import judge

TRIPLETS = EXERCISES["hard_cluster.triplets"]


def report(**answers):
    return judge(TRIPLETS, TRIPLETS.cases, {name.replace("_", " "): value for name, value in answers.items()})


def outputs(**changed):
    values = {**TRIPLETS.cases[0].expected, **changed}
    return {"outputs": {name: wire.encode(value) for name, value in values.items()}, "changed": []}


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
    stub = {"raised": {"type": "NotImplementedError", "message": "Return three tensors.", "line": ""}}
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
