"""Reports: what a student reads, and what can never reach a page."""

from dataclasses import replace
from html import escape

import numpy as np
import pytest

from grader import assignments, show
from grader.formatting import array
from grader.judge import judge as judge_plainly
from grader.model import Diagnosis
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
    assert "not implemented yet (0 of 5 cases, 0 of 1 point)" in text
    assert text.count("Return three tensors.") == 1
    assert "By hand" not in text


def test_a_failed_case_says_what_was_given_expected_why_and_what_went_wrong():
    text = repr(judge(TRIPLETS, TRIPLETS.cases, OWN))
    for part in ("is (2, 0); expected is (4, 3)", "Exclude the diagonal", "By hand: Centroids: (0+1+5)/3 = 2"):
        assert part in text


def test_one_fault_of_the_whole_cell_is_told_once():
    text = repr(judge(TRIPLETS, TRIPLETS.cases, {}))
    assert text.count("There is no answer to this case.") == 1


def test_a_student_gets_a_picture_of_every_failed_case_and_feedback_the_first():
    wrong = {case.name: outputs(case, negative=case.expected["negative"] + 1) for case in TRIPLETS.cases}
    failed = judge(TRIPLETS, TRIPLETS.cases, wrong)
    page = failed._repr_html_()
    assert page.count("<svg") == len(TRIPLETS.cases) == 5
    assert page.count("<details><summary>picture</summary><svg") == 3
    assert page.count("<details>") == 4  # "a labels tensor" says what "three clusters" says: it is folded as a whole
    assert page.index("<svg") < page.index("<details>")
    assert show.html(failed).count("<svg") == 1


# The outputs of a sampler that does not leave out the own class: they are wrong in all visible cases, in numbers of
# their own in all but two.
OWN = {case.name: outputs(case, negative=case.expected["anchor"]) for case in TRIPLETS.cases}
FIRST, *OTHERS = TRIPLETS.cases


def undiagnosed(answers=OWN):
    return replace(judge(TRIPLETS, TRIPLETS.cases, answers), diagnosis=None)


def diagnosed(sentence="You do not leave out the diagonal."):
    return replace(undiagnosed(), diagnosis=Diagnosis(("own",), sentence))


def test_a_diagnosis_stands_right_under_the_headline():
    assert repr(diagnosed()).splitlines()[1] == "  You do not leave out the diagonal."
    page = diagnosed("0 < d & <b>")._repr_html_()
    assert page.index("not there yet") < page.index("0 &lt; d &amp; &lt;b&gt;") < page.index("<ul")


def test_with_a_diagnosis_one_case_is_told_in_full_and_the_others_are_named():
    text = repr(diagnosed())
    for part in ("expected is", "Input: ", "By hand: "):
        assert text.count(part) == 1
    *_, alike = text.split("The same goes for:\n")
    assert [line.strip() for line in alike.splitlines()] == [f"{case.name}: {case.teaches}" for case in OTHERS]


def test_a_mistake_that_is_diagnosed_is_explained_once():
    recognised = judge(TRIPLETS, TRIPLETS.cases, OWN)
    said = recognised.exercise.target.mistakes["own_centroid_not_excluded"]
    assert recognised.diagnosis == Diagnosis(("own_centroid_not_excluded",), said)
    assert repr(recognised).count(said) == recognised._repr_html_().count(escape(said)) == 1


def test_on_a_page_the_cases_that_are_only_named_can_be_unfolded():
    page = diagnosed()._repr_html_()
    before, alike = page.split("The same goes for:")
    assert "<details>" not in before
    assert alike.count("<details>") == alike.count("</details>") == alike.count("<svg") == len(OTHERS)
    assert f"<strong>{OTHERS[0].name}</strong>: {escape(OTHERS[0].teaches)}</summary>" in alike
    assert alike.count("By hand: ") == len(OTHERS)


def test_without_a_diagnosis_cases_that_fail_alike_are_told_once():
    raises = {"raised": {"type": "IndexError", "message": "5 is out of range 3", "line": "f, line 2: x[5]"}}
    other = {"raised": {**raises["raised"], "message": "7 is out of range 4"}}  # the sizes are those of the case
    text = repr(report(three_clusters=raises, around_the_origin=other, a_labels_tensor=outputs()))
    assert text.count("IndexError") == 1
    assert "The same goes for:\n            around the origin: A centroid is the plain mean" in text
    assert text.count("There is no answer to this case.") == 1  # another reason
    elsewhere = {"raised": {**raises["raised"], "line": "f, line 3: y[5]"}}
    assert repr(report(three_clusters=raises, around_the_origin=elsewhere)).count("IndexError") == 2


def test_cases_that_pass_have_a_line_each():
    text = repr(judge(TRIPLETS, TRIPLETS.cases, {case.name: outputs(case) for case in TRIPLETS.cases}))
    assert text.splitlines()[1:] == [f"  passed  {case.name}: {case.teaches}" for case in TRIPLETS.cases]


def test_wrong_numbers_alone_do_not_make_one_cause():
    text = repr(undiagnosed())
    assert text.count("By hand: ") == 4  # "a labels tensor" gives the numbers of "three clusters"
    assert text.count("The same goes for:") == 1


def test_a_case_on_a_second_batch_shows_the_first_one_too():
    exercise = assignments.everything()["hard_cluster.training"]
    case = next(case for case in exercise.cases if case.before)
    wrong = {**answering(case), "before": answering(replace(case, inputs=case.before, before={}), case.expected)}
    lines = [line.strip() for line in repr(judge(exercise, [case], {case.name: wrong})).splitlines()]
    assert lines[2].startswith("On the batch before this one: The shape of your anchor is (3, 2); expected is (2, 2).")
    first, second = (line for line in lines if "features = [[" in line)
    assert first.startswith(f"First used on: features = {array(case.before['features'])}")
    assert second.startswith(f"Input: features = {array(case.inputs['features'])}")


def test_of_hidden_cases_each_stands_for_itself():
    hidden = [replace(case, hidden=True, mistakes={}) for case in TRIPLETS.cases[:2]]
    text = repr(judge(TRIPLETS, [*hidden, OTHERS[1]], {**OWN, OTHERS[1].name: outputs(OTHERS[1])}))
    assert text.count("Your negative is not what was expected.") == 2
    assert "The same goes for:" not in text


def test_what_went_wrong_stands_before_what_a_case_is_about():
    raises = {"raised": {"type": "IndexError", "message": "5", "line": "f, line 2: x[5]"}}
    lines = [line.strip() for line in repr(report(three_clusters=raises)).splitlines()]
    assert lines[1:4] == [
        f"failed  {FIRST.name}",
        "Your code raised IndexError: 5 (in f, line 2: x[5])",
        f"What this case tests: {FIRST.teaches}",
    ]
