"""The table at the end of a notebook: what is done, what is missing, and what it leaves open."""

import re
import sys

import pytest

from grader import check, progress
from grader.check import INPUTS_VARIABLE
from grader.exercises import BONUS, EXERCISES
from grader.progress import VISIBLE


@pytest.fixture(autouse=True)
def fresh_session(monkeypatch):
    monkeypatch.setattr(sys.modules["grader.check"], "_reports", {})


def right_level(class_a, class_b, alphabet_of):
    return 2 - (alphabet_of[class_a] == alphabet_of[class_b]).long() - (class_a == class_b).long()


def untouched(*arguments, **named):
    raise NotImplementedError("Write it.")


def fixed_margin(level, s, beta, levels):  # the right margins for β = 0.1: two of the three cases
    return 0.1 + level * (4 - s.mean()) / levels + s.mean() - s[:, None]


def worked() -> str:
    check("hierarchical.tree_level", right_level)
    check("hierarchical.class_distances", untouched)
    check("class_tree.margins", fixed_margin)
    return repr(progress("hierarchical", "class_tree.margins"))


def test_each_part_has_its_state_with_a_sign_its_cases_and_its_points():
    lines = [" ".join(line.split()) for line in worked().splitlines()]
    assert lines[0] == "part state cases points"
    assert "○ hierarchical.class_distances not implemented yet 0 of 3 0 of 1" in lines
    assert "✓ hierarchical.tree_level passed 3 of 3 1 of 1" in lines
    assert "· hierarchical.violate_margin not run yet 0 of 3 0 of 1" in lines
    assert "✗ class_tree.margins not there yet 2 of 3 –" in lines
    # 3 + 3 + 3 + 4 + 2 cases of the chapter, 3 of the extra part; 3 + 2 of them passed.
    assert "total 5 of 18 1 of 5" in lines


def test_the_page_tells_the_states_apart_without_colour_too():
    worked()
    page = re.sub("<[^>]*>", "", progress("hierarchical", "class_tree.margins")._repr_html_())
    for sign_and_state in ("✓ passed", "✗ not there yet", "○ not implemented yet", "· not run yet"):
        assert sign_and_state in page
    assert len(progress("hierarchical", "class_tree.margins").parts) == 6


def test_it_is_honest_about_hidden_cases_and_about_what_gives_no_points():
    assert repr(progress("hierarchical")).endswith(VISIBLE)
    assert "hidden cases are run when the notebook is graded" in VISIBLE
    assert "give no points" not in repr(progress("hierarchical"))
    assert repr(progress("hierarchical", "class_tree")).endswith("Parts marked “–” are extra and give no points.")
    assert repr(progress("class_tree")).endswith("of 16  –\nNone of this is graded.")


def test_without_names_it_shows_all_that_is_graded_and_what_else_was_checked():
    assert [exercise.name for exercise, _ in progress().parts] == list(EXERCISES)
    extra = next(iter(BONUS))
    check(extra, untouched)
    assert [exercise.name for exercise, _ in progress().parts] == [*EXERCISES, extra]


def test_a_part_named_twice_is_counted_once():
    assert len(progress("hierarchical", "hierarchical.loss").parts) == 5


def test_the_last_check_counts():
    check("hierarchical.tree_level", right_level)
    check("hierarchical.tree_level", untouched)
    assert "total 0 of 3 0 of 1" in " ".join(repr(progress("hierarchical.tree_level")).split())


def test_an_unknown_name_is_an_error_with_a_suggestion():
    with pytest.raises(ValueError, match=r"did you mean 'hierarchical\.loss'"):
        progress("hierarchical.los")


def test_while_grading_there_is_nothing_to_show(monkeypatch):
    monkeypatch.setenv(INPUTS_VARIABLE, "questions.json")
    assert progress() is None
    assert progress("hierarchical") is None
