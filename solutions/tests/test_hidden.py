"""The hidden cases: the reference passes them all, and they are what they claim to be."""

import numpy as np
import pytest

from grader import show
from grader.answer import answer
from grader.exercises import EXERCISES
from grader.exercises.mistakes import MISTAKES
from grader.judge import judge
from solutions import hidden, naive
from solutions.hidden import batches, hard_cluster
from solutions.hidden.known import KnownMistakes
from solutions.zoo import ZOO

SEEDS = range(5)
EXACT = ("ties", "ties between unsorted labels", "two classes at one place")  # whole numbers, on purpose


def equal(a, b) -> bool:
    return np.array_equal(a, b, equal_nan=True) if isinstance(a, np.ndarray) else a == b


@pytest.mark.parametrize("name", EXERCISES)
@pytest.mark.parametrize("seed", SEEDS)
def test_the_reference_passes_every_hidden_case(seed, name, reference):
    exercise, cases = EXERCISES[name], hidden.cases(seed)[name]
    answers = {
        case.name: answer(exercise.call, reference[exercise.target], case.inputs, case.gradient, case.again)
        for case in cases
    }
    report = judge(exercise, cases, answers)
    assert report.passed, [(verdict.case.name, verdict.reason) for verdict in report.verdicts if not verdict.passed]


def test_right_answers_never_wait_for_the_known_mistakes(reference, monkeypatch):
    monkeypatch.setattr(KnownMistakes, "outputs", property(lambda self: pytest.fail("somebody looked")))
    for name, cases in hidden.cases(0).items():
        test_the_reference_passes_every_hidden_case(0, name, reference)
        assert all(isinstance(case.mistakes, KnownMistakes) for case in cases)


def test_a_hidden_report_names_the_mistake_and_quotes_nothing():
    # The squares of a hidden batch and its labels have many digits; "2" may stand in a known sentence, such as n².
    exercise = EXERCISES["hierarchical.class_distances"]
    (case,) = (case for case in hidden.cases(0)[exercise.name] if case.name == "unit vectors")
    wrong = next(wrong for wrong in ZOO if wrong.name == "centroid_distances").object
    report = judge(exercise, [case], {case.name: answer(exercise.call, wrong, case.inputs)})
    said = ["Your d is not what was expected.", MISTAKES["centroid_distances"]]
    assert show.sentences(report.verdicts[0], report) == said
    assert not any(f"{value:.3g}" in repr(report) for value in case.expected["d"].ravel())


def test_a_mistake_that_does_no_harm_here_is_not_a_known_mistake():
    # What keeps terms of the last batch is right about the first one.
    cases = {case.name: case for case in hidden.cases(0)["hard_cluster.loss"]}
    assert "terms_pile_up" in cases["used again"].mistakes
    assert "terms_pile_up" not in cases["random clusters"].mistakes


def test_two_mistakes_that_look_alike_here_name_neither():
    # Without its hinges the loss is the sum of all terms; with one hinge for all it is the same, unless it is negative.
    for case in hidden.cases(0)["hard_cluster.loss"]:
        terms = naive.cluster_terms(case.inputs["features"], list(case.inputs["labels"]), case.inputs["alpha"])
        for mistake in ("no_hinge", "one_hinge_for_the_batch"):
            assert (mistake in case.mistakes) == (sum(terms) < 0)


def test_every_exercise_has_hidden_cases_with_names_of_their_own():
    cases = hidden.cases(0)
    assert set(cases) == set(EXERCISES)
    for some in cases.values():
        assert len(some) >= 4
        assert len({case.name for case in some}) == len(some)
        assert all(case.hidden for case in some)


def test_what_students_read_of_a_hidden_case_holds_no_number_and_is_the_same_for_all_seeds():
    words = [[(case.name, case.teaches) for some in hidden.cases(seed).values() for case in some] for seed in (0, 1)]
    assert words[0] == words[1]
    assert not any(letter.isdigit() for pair in words[0] for text in pair for letter in text)


def test_the_same_seed_gives_the_same_cases_and_another_seed_others():
    first, again, other = hidden.cases(3), hidden.cases(3), hidden.cases(4)
    for name, some in first.items():
        for case, same in zip(some, again[name], strict=True):
            assert all(equal(value, same.inputs[key]) for key, value in case.inputs.items())
            assert all(equal(value, same.expected[key]) for key, value in case.expected.items())
        assert not all(
            equal(value, case.inputs[key])
            for mine, case in zip(some, other[name], strict=True)
            for key, value in mine.inputs.items()
            if np.shape(value) == np.shape(case.inputs[key])
        )


@pytest.mark.parametrize("seed", range(5, 25))
def test_no_seed_draws_for_long(seed):
    assert hidden.cases(seed)  # the timeout of the test run is the limit; usually 0.05 s


@pytest.mark.parametrize("seed", SEEDS)
def test_ties_are_exact_and_all_others_are_far_from_ties(seed):
    for name in ("triplets", "labels", "training"):
        for case in hidden.cases(seed)[f"hard_cluster.{name}"]:
            features, labels = case.inputs["features"], [int(c) for c in case.inputs["labels"]]
            clear = batches.is_clear(features, labels, gap=1e-4)
            assert clear == (case.name not in EXACT)
    (tied,) = (case for case in hidden.cases(seed)["hard_cluster.triplets"] if case.name == "ties")
    features, labels = tied.inputs["features"].astype(np.float64), tied.inputs["labels"]
    for radius in naive.radii(features, labels).values():
        assert sorted(radius)[-1] == sorted(radius)[-2]
    for distance in naive.between(features, labels).values():
        assert sorted(distance.values())[0] == sorted(distance.values())[1]


@pytest.mark.parametrize("seed", SEEDS)
def test_margins_are_negative_where_a_case_says_so(seed):
    (case,) = (c for c in hidden.cases(seed)["hierarchical.violate_margin"] if c.name == "negative margins")
    assert case.expected["margin"].min() < -0.1 < 0.01 < case.expected["margin"].max()


@pytest.mark.parametrize("seed", SEEDS)
def test_the_collapsed_embedding_defeats_a_matrix_product(seed):
    (case,) = (c for c in hidden.cases(seed)["hard_cluster.training"] if c.name == "collapsed embedding")
    assert hard_cluster.wrong_by_matrix_product(case.inputs["features"], case.inputs["labels"]) > 2
