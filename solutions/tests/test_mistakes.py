"""The tables by which mistakes are recognised are what the known wrong solutions answer today."""

import json
import re
from pathlib import Path

import pytest

from grader import assignments, diagnosis
from solutions.tools import mistakes

CHAPTERS = [chapter for name in assignments.names() for chapter in assignments.chapters(name)]
EXERCISES = [exercise for chapter in CHAPTERS for exercise in chapter.EXERCISES]


@pytest.mark.slow
@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.__name__)
def test_the_table_of_every_chapter_is_up_to_date(chapter):
    assert mistakes.drift(chapter, Path(chapter.__file__).with_suffix(diagnosis.SUFFIX)) == ""


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_a_sample_of_the_table_is_what_these_wrong_solutions_answer(exercise):
    """What was changed and not built anew shows in every tenth."""
    chapter = next(chapter for chapter in CHAPTERS if exercise in chapter.EXERCISES)
    table = diagnosis.parse(Path(chapter.__file__).with_suffix(diagnosis.SUFFIX).read_text())[exercise.name]
    tracked = mistakes.by_mistake(exercise, table)
    solutions = {each.name: each for each in mistakes.known(chapter.__name__.split(".")[-2], exercise.target.name)}
    for name in list(tracked)[::10]:
        answers = {case.name: mistakes.wrong_answer(solutions[name].object, exercise, case) for case in exercise.cases}
        wrong = {case: answer for case, answer in answers.items() if answer is not None}
        assert mistakes.alike(exercise, tracked[name], wrong), name


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.__name__)
def test_the_table_holds_answers_to_visible_cases_and_sentences_and_nothing_else(chapter):
    table = json.loads(Path(chapter.__file__).with_suffix(diagnosis.SUFFIX).read_text())
    assert set(table) == {"told", "answers", "patterns"}
    for exercise in chapter.EXERCISES:
        assert list(table["answers"][exercise.name]) == [case.name for case in exercise.cases]
        told = {name for names, _ in table["patterns"][exercise.name] for name in names}
        assert all(diagnosis.sentence(exercise, (name,)) for name in told)


@pytest.fixture
def tree(tmp_path):
    """A chapter, the path of a copy of its table, and a function that changes that: (old text, new text)."""
    chapter = next(chapter for chapter in CHAPTERS if chapter.__name__.endswith(".hierarchical"))
    path = tmp_path / "hierarchical.mistakes.json"
    path.write_text(Path(chapter.__file__).with_suffix(diagnosis.SUFFIX).read_text())

    def change(old: str, new: str) -> None:
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))

    return chapter, path, change


def test_a_missing_table_is_drift(tree, tmp_path):
    assert mistakes.drift(tree[0], tmp_path / "none.json") == "is missing"


def test_another_answer_is_drift_and_another_last_digit_is_not(tree):
    # centroids (0, 1.5) and (4, 3): 16 + 2.25
    chapter, path, change = tree
    change("18.25", "18.25001")
    assert mistakes.drift(chapter, path) == ""
    change("18.25001", "18.27")
    assert mistakes.drift(chapter, path) == "hierarchical.class_distances, centroid_distances: answers differ"


def test_a_mistake_or_a_case_too_few_is_drift(tree):
    chapter, path, change = tree
    text = path.read_text()
    first = re.search(r'\["alphabets_ignored"\], \[(\d+),', text)[1]
    change(f'["alphabets_ignored"], [{first},', '["alphabets_ignored"], [null,')
    assert mistakes.drift(chapter, path) == "hierarchical.tree_level, alphabets_ignored: answers differ"
    change('["alphabets_ignored"]', '["alphabets_forgotten"]')
    assert "is in one of them only" in mistakes.drift(chapter, path)


def test_numbers_keep_two_digits_more_than_a_case_can_tell_apart_and_outputs_that_are_right_are_left_out():
    chapter = next(chapter for chapter in CHAPTERS if chapter.__name__.endswith(".hierarchical"))
    exercise = assignments.exercises("homework3")["hierarchical.class_distances"]
    table = mistakes.table(chapter)
    ((_, pattern),) = (entry for entry in table["patterns"][exercise.name] if "centroid_distances" in entry[0])
    answers = table["answers"][exercise.name]
    assert answers["two classes"][pattern[0]] == {"d": [[0, 18.25], [18.25, 0]]}
    # The mean length between the classes, (23 + √52)/6 = 5.0351837…, to six digits where the tolerance is 1e-4.
    lengths = next(entry["d"] for entry in answers["two classes"] if entry.get("d", [[0]])[0][0] == 1.5)
    assert lengths[0][1] == 5.03518
