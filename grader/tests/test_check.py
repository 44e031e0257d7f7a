"""The three names a notebook uses, in a student's session and while grading."""

import json
import subprocess
import sys

import pytest

from grader import assignments, check, hint, progress, protocol, ready
from grader.judge import judge
from grader.protocol import ANSWER_MIME, Unanswered, ask, published

EXERCISES = assignments.graded("homework3")


def level(class_a, class_b, alphabet_of):
    return 2 - (alphabet_of[class_a] == alphabet_of[class_b]).long() - (class_a == class_b).long()


def stub(class_a, class_b, alphabet_of):
    raise NotImplementedError("Return the level.")


@pytest.fixture
def questions(tmp_path, monkeypatch):
    """A kernel that is asked all visible cases: the file of questions, which has the ids returned by `ask` in `ids`."""
    path = tmp_path / "questions.json"
    ids = ask(path, assignments.visible_cases("homework3"))
    (tmp_path / "ids.json").write_text(json.dumps(ids))
    monkeypatch.setattr(protocol, "QUESTIONS", str(path))
    return path


@pytest.fixture(autouse=True)
def fresh_session(monkeypatch):
    monkeypatch.setattr(sys.modules["grader.student.check"], "_reports", {})
    monkeypatch.setattr(sys.modules["grader.student.check"], "_hinted", {})


@pytest.fixture
def displayed(monkeypatch) -> list[dict]:
    """All that is displayed, by MIME type. IPython itself captures it only where some test has started a shell before."""
    found: list[dict] = []
    monkeypatch.setattr("IPython.display.publish_display_data", found.append)
    return found


def test_a_check_reports_and_opens_the_gate(capsys):
    assert not check("hierarchical.tree_level", stub).passed
    assert not ready("hierarchical.tree_level")
    assert "hierarchical.tree_level         not there yet" in capsys.readouterr().out
    assert check("hierarchical.tree_level", level).passed
    assert ready("hierarchical.tree_level")


def test_the_gate_of_a_chapter_lists_all_that_is_missing(capsys):
    assert not ready("hard_cluster")
    printed = capsys.readouterr().out
    for name in EXERCISES:
        assert (name in printed) == name.startswith("hard_cluster.")


def test_a_gate_without_names_is_open():
    assert ready()


def test_while_grading_nothing_trains(questions):
    check("hierarchical.tree_level", level)
    assert not ready()
    assert not ready("hierarchical.tree_level")


def test_while_grading_a_check_publishes_answers_and_no_verdict(questions, displayed, capsys):
    assert check("hierarchical.tree_level", level) is None
    (data,) = displayed
    assert set(data) == {ANSWER_MIME}
    assert "passed" not in json.dumps(data)
    assert capsys.readouterr().out == ""
    ids = json.loads(questions.with_name("ids.json").read_text())
    answers = published({"outputs": [{"data": json.loads(json.dumps(data))}]}, "hierarchical.tree_level", ids)
    tree_level = EXERCISES["hierarchical.tree_level"]
    assert judge(tree_level, tree_level.cases, answers).passed


def tree_margin(level, s, beta, levels):
    return beta + level * (4 - s.mean()) / levels + s.mean() - s[:, None]


def test_what_gives_no_points_is_checked_like_the_rest(capsys):
    report = check("class_tree.margins", tree_margin)
    assert report.passed
    assert "passed (3 of 3 cases, no points to win)" in repr(report)
    assert ready("class_tree.margins")
    assert not ready("hierarchical", "class_tree")
    printed = capsys.readouterr().out
    assert "class_tree.levels" in printed
    assert "class_tree.margins" not in printed
    with pytest.raises(ValueError, match=r"did you mean 'class_tree\.neighbours'"):
        check("class_tree.neighbors", tree_margin)


def test_while_grading_what_gives_no_points_is_not_asked(questions, displayed, capsys):
    asked = []
    assert check("class_tree.margins", lambda *arguments: asked.append(arguments)) is None
    assert (displayed, capsys.readouterr().out, asked) == ([], "", [])
    assert not ready("class_tree")
    with pytest.raises(ValueError, match="there is no exercise"):
        check("nothing", tree_margin)


def test_questions_hold_inputs_and_nothing_expected_of_them_and_cannot_be_written(questions):
    written = json.loads(questions.read_text())
    assert set(written) == set(EXERCISES)
    for of_exercise in written.values():
        for question in of_exercise:
            assert set(question) == {"id", "inputs", "gradient", "before", "earlier"}
    assert "one class" not in questions.read_text()  # the name of a case tells what is expected of it
    assert questions.stat().st_mode & 0o222 == 0


def test_an_unknown_name_is_an_error_with_a_suggestion():
    with pytest.raises(ValueError, match=r"did you mean 'hierarchical\.tree_level'"):
        check("hierarchical.treelevel", level)
    with pytest.raises(ValueError, match="there is no exercise 'nothing'"):
        ready("nothing")


def test_every_exercise_has_three_hints(capsys):
    for name in assignments.everything():
        texts = set()
        for number in (1, 2, 3):
            hint(name, number)
            texts.add(capsys.readouterr().out)
        assert len(texts) == 3
        assert all(len(text) > 40 for text in texts)
    for level in (4, 2.0):
        with pytest.raises(ValueError, match=f"levels 1 to 3, got {level}"):
            hint("hard_cluster.triplets", level)


def test_arguments_that_changed_places_are_a_sentence():
    for function, arguments in ((check, (len, "hard_cluster.triplets")), (hint, (["a"],)), (progress, (None,))):
        with pytest.raises(ValueError, match="an exercise is named by a string"):
            function(*arguments)


@pytest.mark.parametrize(
    ("outputs", "reason"),
    [
        ([], "check did not run"),
        ([{"output_type": "error", "ename": "NameError", "evalue": "x"}], "stopped with NameError: x"),
        ([{"data": {ANSWER_MIME: {"exercise": "e", "answers": {}}}}] * 2, "more than once"),
        ([{"data": {ANSWER_MIME: {"exercise": "other", "answers": {}}}}], "another exercise"),
        ([{"data": {ANSWER_MIME: [1, 2]}}], "another exercise"),
        ([{"data": {ANSWER_MIME: {"exercise": "e", "answers": [3]}}}], "no readable form"),
        ([{"data": "text"}, {"data": None}, 7], "check did not run"),
    ],
)
def test_a_cell_without_usable_answers_says_why(outputs, reason):
    with pytest.raises(Unanswered, match=reason):
        published({"outputs": outputs}, "e", {"e": {}})


def test_importing_the_grader_is_light():
    heavy = ["torch", "matplotlib", "catalyst", "nbgrader", "nbformat", "albumentations", "rich", "IPython", "scipy"]
    code = f"import sys, grader; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"
