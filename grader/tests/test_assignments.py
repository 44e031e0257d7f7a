"""Exercises are found by where they lie: the order of chapters, names, and what does not belong together."""

import sys
from pathlib import Path
from types import ModuleType

import pytest

from grader import assignments
from grader.hidden import SUFFIX, graded_cases
from grader.model import Case, Exercise, Target, i64, positional

TARGET = Target(name="work", outputs=("y",), prepare=positional("x"))


def exercise(name: str, points: int = 1) -> Exercise:
    case = Case("one", "One is one.", inputs={"x": i64([1])}, expected={"y": i64([1])})
    return Exercise(name, name.title(), points, TARGET, (case,), ("a", "b", "c"))


def test_chapters_stand_in_the_order_of_their_sections_which_are_numbers(chapter):
    for name, section in {"aa": "10", "bb": "4.10", "cc": "4", "dd": "4.8", "ee": "3"}.items():
        chapter("toy", name, section, exercise(f"{name}.part"))
    assert [module.SECTION for module in assignments.chapters("toy")] == ["3", "4", "4.8", "4.10", "10"]
    assert list(assignments.exercises("toy")) == ["ee.part", "cc.part", "dd.part", "bb.part", "aa.part"]


def test_what_is_graded_stands_before_what_nobody_must_do(chapter):
    chapter("toy", "one", "1", exercise("one.a"), exercise("one.extra", points=0), exercise("one.b"))
    chapter("toy", "two", "2", exercise("two.extra", points=0), exercise("two.a"))
    assert list(assignments.exercises("toy")) == ["one.a", "one.b", "two.a", "one.extra", "two.extra"]
    assert list(assignments.graded("toy")) == ["one.a", "one.b", "two.a"]
    assert list(assignments.visible_cases("toy")) == ["one.a", "one.b", "two.a"]


def test_only_what_gives_points_can_be_handed_in(chapter):
    chapter("toy", "one", "1", exercise("one.a"))
    chapter("play", "two", "1", exercise("two.a", points=0))
    assert assignments.names() == ("play", "toy")
    assert assignments.with_points() == ("toy",)
    assert not assignments.graded("play")


def test_a_chapters_name_belongs_to_one_assignment_and_a_clash_names_both(chapter):
    chapter("first", "one", "1", exercise("one.a"))
    chapter("second", "two", "1", exercise("two.a"))
    assert list(assignments.everything()) == ["one.a", "two.a"]
    assert assignments.assignment_of("two.a") == "second"
    chapter("third", "one", "1", exercise("one.b"))  # of no exercise the same name, but `ready("one")` would mean both
    with pytest.raises(ValueError, match=r"\bone\b") as clash:
        assignments.everything()
    assert "first" in str(clash.value)
    assert "third" in str(clash.value)
    assert "second" not in str(clash.value)


@pytest.mark.parametrize("name", ["other.a", "one", "onea.b", "a.one"])
def test_an_exercise_that_is_not_named_after_its_chapter_is_an_error_that_names_the_file(chapter, name):
    chapter("toy", "one", "1", exercise("one.a"), exercise(name))
    with pytest.raises(ValueError, match=r"toy.one\.py.*one\.") as wrong:
        assignments.everything()
    assert name in str(wrong.value)


def test_two_exercises_of_one_name_are_an_error_that_names_the_file(chapter):
    chapter("toy", "one", "1", exercise("one.a"), exercise("one.b"), exercise("one.a", points=0))
    with pytest.raises(ValueError, match=r"toy.one\.py.*one\.a"):
        assignments.exercises("toy")


@pytest.mark.parametrize("section", [None, "", "four", "4.", "4.8b", 4, ["4"]])
def test_a_section_that_says_no_place_is_an_error_that_names_the_file(chapter, section):
    chapter("toy", "one", section, exercise("one.a"))
    with pytest.raises(ValueError, match=r"toy.one\.py.*SECTION"):
        assignments.chapters("toy")


def test_a_missing_section_too(chapter):
    chapter("toy", "one", "1", exercise("one.a"))
    del sys.modules["grader.exercises.toy.one"].SECTION
    with pytest.raises(ValueError, match=r"toy.one\.py.*SECTION"):
        assignments.chapters("toy")


def test_a_missing_or_empty_folder_is_no_assignment(exercises_folder, chapter):
    assert assignments.names() == ()
    assert not assignments.everything()
    (exercises_folder / "covered").mkdir()
    (exercises_folder / "package").mkdir()
    (exercises_folder / "package" / "__init__.py").touch()
    (exercises_folder / "package" / "_draft.py").touch()
    (exercises_folder / "shared.py").touch()
    chapter("toy", "one", "1", exercise("one.a"))
    assert assignments.names() == ("toy",)
    for name in ("covered", "package", "nowhere"):
        assert assignments.chapters(name) == ()
        assert not assignments.exercises(name)
        assert not assignments.graded(name)
        assert assignments.visible_cases(name) == {}


def test_others_are_all_folders_but_that_of_the_one_at_hand_and_the_tutorial_whatever_they_hold(
    exercises_folder, chapter
):
    for name in ("first", "second", "third", assignments.TUTORIAL):
        chapter(name, name, "1", exercise(f"{name}.a"))
    (exercises_folder / "drafts").mkdir()  # no chapter yet: no assignment
    (exercises_folder / "drafts" / "_next.py").touch()
    (exercises_folder / "empty").mkdir()
    (exercises_folder / "shared.py").touch()
    (exercises_folder / "__pycache__").mkdir()  # of the files that all share
    assert {*assignments.others("second")} == {
        exercises_folder / name for name in ("first", "third", "drafts", "empty")
    }
    assert {*assignments.others(assignments.TUTORIAL)} - {*assignments.others("second")} == {
        exercises_folder / "second"
    }
    assert {*assignments.others("nowhere")} == {*assignments.others(assignments.TUTORIAL)}


def test_the_cases_that_are_graded_are_those_of_one_assignment(chapter):
    chapter("toy", "one", "1", exercise("one.a"), exercise("one.extra", points=0))
    chapter("other", "two", "1", exercise("two.a"))
    assert list(assignments.visible_cases("toy")) == ["one.a"]
    assert list(assignments.visible_cases("other")) == ["two.a"]


def test_hidden_cases_are_asked_of_that_assignment_and_marked(chapter, monkeypatch):
    asked = []

    def cases(assignment: str, seed: int) -> dict[str, tuple[Case, ...]]:
        asked.append((assignment, seed))
        return {name: exercise.cases for name, exercise in assignments.graded(assignment).items()}

    chapter("toy", "one", "1", exercise("one.a"), exercise("one.extra", points=0))
    chapter("other", "two", "1", exercise("two.a"))
    made = ModuleType("solutions.hidden")
    made.cases, made.visible_cases = cases, assignments.visible_cases
    monkeypatch.setitem(sys.modules, "solutions", ModuleType("solutions"))
    monkeypatch.setitem(sys.modules, "solutions.hidden", made)
    monkeypatch.setattr(sys.modules["solutions"], "hidden", made, raising=False)
    found = graded_cases("toy", seed=7)
    assert asked == [("toy", 7)]
    assert {name: [case.name for case in cases] for name, cases in found.items()} == {"one.a": ["one", "one (hidden)"]}


def test_without_solutions_there_are_no_hidden_cases(monkeypatch):
    monkeypatch.setitem(sys.modules, "solutions", None)
    with pytest.raises(ModuleNotFoundError):
        graded_cases("homework3", seed=0)


# What is there


def test_the_course_has_homework3_to_hand_in_and_the_tutorial_for_everybody():
    assert {"homework3", assignments.TUTORIAL} <= {*assignments.names()}
    assert "homework3" in assignments.with_points()
    assert assignments.TUTORIAL not in assignments.with_points()
    others = {assignments.FOLDER / name for name in assignments.names()} - {*assignments.others("homework3")}
    assert others == {assignments.FOLDER / "homework3", assignments.FOLDER / assignments.TUTORIAL}


def test_an_exercise_is_named_after_its_chapter_and_every_file_is_one():
    for assignment in assignments.names():
        files = {path.stem for path in Path(assignments.FOLDER, assignment).glob("[!_]*.py")}
        named = {module.__name__.rpartition(".")[2]: module for module in assignments.chapters(assignment)}
        assert named.keys() == files
        for chapter, module in named.items():
            assert {exercise.name.partition(".")[0] for exercise in module.EXERCISES} == {chapter}


def test_the_names_of_cells_are_as_unique_as_those_of_exercises():
    everything = assignments.everything().values()
    assert len({exercise.grade_id for exercise in everything}) == len(everything)


@pytest.mark.parametrize("assignment", assignments.with_points())
def test_the_hidden_cases_of_the_course_are_those_of_what_is_graded(assignment):
    pytest.importorskip("solutions")
    cases = graded_cases(assignment, seed=1)
    assert list(cases) == list(assignments.graded(assignment))
    for name, of_exercise in cases.items():
        visible = assignments.graded(assignment)[name].cases
        assert [case.name for case in of_exercise[: len(visible)]] == [case.name for case in visible]
        hidden = of_exercise[len(visible) :]
        assert hidden
        assert all(case.hidden and case.name.endswith(SUFFIX) for case in hidden)
        assert len({case.name for case in of_exercise}) == len(of_exercise)
