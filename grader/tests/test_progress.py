"""The table at the end of a notebook: what is done, what is missing, and what it leaves open."""

import re
import sys

import pytest

from grader import assignments, check, progress, protocol
from grader.model import Case, Exercise, Target, i64, positional
from grader.student.progress import VISIBLE

EXERCISES = assignments.graded("homework3")


@pytest.fixture(autouse=True)
def fresh_session(monkeypatch):
    monkeypatch.setattr(sys.modules["grader.student.check"], "_reports", {})


def right_level(class_a, class_b, alphabet_of):
    return 2 - (alphabet_of[class_a] == alphabet_of[class_b]).long() - (class_a == class_b).long()


def untouched(*arguments, **named):
    raise NotImplementedError("Write it.")


def fixed_margin(level, s, beta, levels):  # the right margins for β = 0.1: two of the three cases
    return 0.1 + level * (4 - s.mean()) / levels + s.mean() - s[:, None]


def chapter_of(name: str) -> list[Exercise]:
    return [exercise for exercise in assignments.everything().values() if exercise.name.startswith(f"{name}.")]


def worked() -> str:
    check("hierarchical.tree_level", right_level)
    check("hierarchical.class_distances", untouched)
    check("class_tree.margins", fixed_margin)
    return repr(progress("hierarchical", "class_tree.margins"))


def test_each_part_has_its_state_with_a_sign_its_cases_and_its_points():
    lines = [" ".join(line.split()) for line in worked().splitlines()]
    chapter = chapter_of("hierarchical")
    cases = sum(len(exercise.cases) for exercise in (*chapter, assignments.everything()["class_tree.margins"]))
    points = sum(exercise.points for exercise in chapter)
    assert lines[0] == "part state cases points"
    assert "○ hierarchical.class_distances not implemented yet 0 of 3 0 of 1" in lines
    assert "✓ hierarchical.tree_level passed 3 of 3 1 of 1" in lines
    assert "· hierarchical.violate_margin not run yet 0 of 4 0 of 1" in lines
    assert "✗ class_tree.margins not there yet 2 of 3 –" in lines
    assert f"total {3 + 2} of {cases} 1 of {points}" in lines  # the extra part has cases and no points


def test_the_page_tells_the_states_apart_without_colour_too():
    worked()
    page = re.sub("<[^>]*>", "", progress("hierarchical", "class_tree.margins")._repr_html_())
    for sign_and_state in ("✓ passed", "✗ not there yet", "○ not implemented yet", "· not run yet"):
        assert sign_and_state in page
    assert len(progress("hierarchical", "class_tree.margins").parts) == len(chapter_of("hierarchical")) + 1


def test_it_is_honest_about_hidden_cases_and_about_what_gives_no_points():
    graded, extra = "hierarchical.loss", "class_tree.margins"
    assert repr(progress(graded)).endswith(VISIBLE)
    assert "hidden cases are run when the notebook is graded" in VISIBLE
    assert "give no points" not in repr(progress(graded))
    assert repr(progress(graded, extra)).endswith("Parts marked “–” are extra and give no points.")
    assert repr(progress(extra)).endswith("0 of 3  –\nNone of this is graded.")


def test_without_names_it_shows_all_that_is_graded_and_what_else_was_checked():
    everybodys = [name for assignment in assignments.names() for name in assignments.graded(assignment)]
    assert [exercise.name for exercise, _ in progress().parts] == everybodys
    extra = next(name for name in assignments.exercises("homework3") if name not in EXERCISES)
    check(extra, untouched)
    assert [exercise.name for exercise, _ in progress().parts] == [*EXERCISES, extra]


def toy(name: str, points: int = 1) -> Exercise:
    target = Target(name="work", outputs=("y",), prepare=positional("x"))
    case = Case("one", "One is one.", inputs={"x": i64([1])}, expected={"y": i64([1])})
    return Exercise(name, name, points, target, (case,), ("a", "b", "c"))


def test_without_names_it_shows_the_assignment_at_hand_and_nothing_of_another(chapter):
    chapter("first", "one", "1", toy("one.a"), toy("one.b"), toy("one.extra", points=0))
    chapter("second", "two", "1", toy("two.a"))
    chapter(assignments.TUTORIAL, "intro", "1", toy("intro.a", points=0))

    def shown() -> list[str]:
        return [exercise.name for exercise, _ in progress().parts]

    assert shown() == ["one.a", "one.b", "two.a"]  # nothing says yet which one it is
    check("two.a", untouched)
    assert shown() == ["two.a"]
    check("intro.a", untouched)  # the tutorial is everybody's
    assert shown() == ["two.a", "intro.a"]
    check("one.a", untouched)
    assert shown() == ["one.a", "one.b", "two.a", "intro.a"]


def test_a_part_named_twice_is_counted_once():
    parts = [exercise for exercise, _ in progress("hierarchical", "hierarchical.loss").parts]
    assert parts == chapter_of("hierarchical")


def test_the_last_check_counts():
    check("hierarchical.tree_level", right_level)
    check("hierarchical.tree_level", untouched)
    assert "total 0 of 3 0 of 1" in " ".join(repr(progress("hierarchical.tree_level")).split())


def test_an_unknown_name_is_an_error_with_a_suggestion():
    with pytest.raises(ValueError, match=r"did you mean 'hierarchical\.loss'"):
        progress("hierarchical.los")


def test_while_grading_there_is_nothing_to_show(monkeypatch):
    monkeypatch.setattr(protocol, "QUESTIONS", "questions.json")
    assert progress() is None
    assert progress("hierarchical") is None
