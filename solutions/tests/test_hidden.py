"""The hidden cases: the reference passes them all, and they are what they claim to be."""

import ast
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import solutions
from grader import assignments, show, third_party
from grader.answer import answer, outputs
from grader.judge import judge, judge_case
from grader.tests import wire
from solutions import batches, hidden, mutants
from solutions.homework3 import hard_cluster

SEEDS = range(5)
GRADED = [(name, exercise) for name in assignments.with_points() for exercise in assignments.graded(name)]
EXACT = ("ties between unsorted labels", "two classes at one place")  # whole numbers, on purpose


def equal(a, b) -> bool:
    return np.array_equal(a, b, equal_nan=True) if isinstance(a, np.ndarray) else a == b


@pytest.fixture
def homework(hidden_cases):
    """seed -> the hidden cases of homework3."""
    return lambda seed: hidden_cases("homework3", seed)


@pytest.mark.parametrize(("assignment", "name"), GRADED)
@pytest.mark.parametrize("seed", SEEDS)
def test_the_reference_passes_every_hidden_case(seed, assignment, name, reference, answered, hidden_cases):
    exercise, cases = assignments.graded(assignment)[name], hidden_cases(assignment, seed)[name]
    student = reference[assignment, exercise.target.name]
    answers = {case.name: answered(exercise.target, student, case.inputs, case.gradient, case.before) for case in cases}
    report = judge(exercise, cases, answers)
    assert report.passed, [(verdict.case.name, verdict.reason) for verdict in report.verdicts if not verdict.passed]


def test_a_hidden_report_quotes_nothing(homework, answered):
    # The squares of a hidden batch and its labels have many digits; "2" may stand in a known sentence, such as n².
    exercise = assignments.graded("homework3")["hierarchical.class_distances"]
    (case,) = (case for case in homework(0)[exercise.name] if case.name == "unit vectors")
    mutant = mutants.named("homework3", "centroid_distances")
    report = judge(exercise, [case], {case.name: answered(exercise.target, mutant.object, case.inputs)})
    assert show.sentences(report.verdicts[0], report) == [
        "Your d is not what was expected.",
        f"What this case tests: {case.teaches}",
    ]
    assert not any(f"{value:.3g}" in show.text(report) + show.html(report) for value in case.expected["d"].ravel())


def test_while_grading_the_visible_cases_tell_the_mistake_and_the_hidden_ones_take_no_part(homework, answered):
    exercise = assignments.graded("homework3")["hierarchical.class_distances"]
    unseen = tuple(replace(case, name=f"{case.name} (hidden)") for case in homework(0)[exercise.name])
    mutant = mutants.named("homework3", "centroid_distances")
    answers = {case.name: answered(exercise.target, mutant.object, case.inputs) for case in (*exercise.cases, *unseen)}
    told = judge(exercise, exercise.cases, answers).diagnosis
    assert told.mistakes == (mutant.name,)
    assert judge(exercise, (*exercise.cases, *unseen), answers).diagnosis == told
    assert judge(exercise, unseen, answers).diagnosis is None


@pytest.mark.parametrize("assignment", assignments.with_points())
def test_every_exercise_has_hidden_cases_with_names_of_their_own(assignment, hidden_cases):
    cases = hidden_cases(assignment, 0)
    assert list(cases) == list(assignments.graded(assignment))
    for some in cases.values():
        assert len(some) >= 4
        assert len({case.name for case in some}) == len(some)
        assert all(case.hidden for case in some)


@pytest.mark.parametrize("assignment", assignments.with_points())
def test_what_a_hidden_case_demands_is_taught_by_a_visible_one_or_by_a_sentence_of_its_stubs_docstring(
    assignment, hidden_cases
):
    for name, cases in hidden_cases(assignment, 0).items():
        exercise = assignments.graded(assignment)[name]
        visible = {case.name: case for case in exercise.cases}
        docstrings = stub_docstrings(assignment, exercise.target.name)
        for case in cases:
            teacher = visible.get(case.taught_by)
            told = len(case.taught_by) > 20 and squeezed(case.taught_by) in docstrings
            assert teacher or told, (name, case.name, case.taught_by)
            # A refusal and another batch before by the very case, a gradient by some case of the exercise.
            assert case.raises == (teacher is not None and teacher.raises), (name, case.name)
            assert bool(case.before) == (teacher is not None and bool(teacher.before)), (name, case.name)
            assert not case.gradient or any(other.gradient for other in exercise.cases), (name, case.name)


# Wrong solutions of which only hidden cases told once, or none, each an edit of the plain one.
TOLD_TOO_LATE = (
    ("class_distances", "return classes, d, torch", "return classes, d if len(classes) == 2 else d.flip(0), torch"),
    ("violate_margin", "torch.searchsorted(classes, anchor_labels)", "anchor_labels.unique(return_inverse=True)[1]"),
    ("HierarchicalTripletMarginLossWithSampler", "terms.mean()", "terms.sum() / len(a.unique())"),
    (
        "HierarchicalTripletMarginLossWithSampler",
        "return terms.mean()",
        "terms = dict(zip(a.tolist(), terms))\n        return sum(terms.values()) / len(terms)",
    ),
    (
        "HierarchicalTripletMarginLossWithSampler",
        "+ margin)",
        "+ self.__dict__.setdefault('margins', {}).setdefault(len(a), margin))",
    ),
    ("HardClusterTripletsSampler", "not features.isfinite().all()", "not features.max().isfinite()"),
    ("HardClusterTripletsSampler", "own[to_own.argmax()]", "own[to_own.topk(1).indices[0]]"),
    ("HardClusterTripletsSampler", "to_centroids.argmin()", "(-to_centroids).topk(1).indices[0]"),
    (
        "HardClusterTripletsSampler",
        "centroids[to_centroids.argmin()]",
        "centroids[self.__dict__.setdefault((len(classes), i), to_centroids.argmin())]",
    ),
)


@pytest.mark.parametrize(("target", "old", "new"), TOLD_TOO_LATE)
def test_what_hidden_cases_demand_fails_a_visible_case_too(target, old, new):
    wrong = mutants.Mutant("told too late", target, {old: new}, assignment="homework3").object
    own = [exercise for exercise in assignments.graded("homework3").values() if exercise.target.name == target]
    reports = [
        judge(
            each, each.cases, {c.name: answer(each.target, wrong, c.inputs, c.gradient, c.before) for c in each.cases}
        )
        for each in own
    ]
    assert not all(report.passed for report in reports)


def stub_docstrings(assignment: str, target: str) -> str:
    """All that the docstrings of a stub say, in the text that notebooks are built from."""
    master = Path(solutions.__file__).parent / "notebooks" / assignment / f"{assignment}.py"
    (stub,) = (node for node in ast.parse(master.read_text()).body if getattr(node, "name", None) == target)
    documented = (node for node in ast.walk(stub) if isinstance(node, ast.FunctionDef | ast.ClassDef))
    return squeezed(" ".join(ast.get_docstring(node) or "" for node in documented))


def squeezed(text: str) -> str:
    """In one line."""
    return " ".join(text.split())


def test_cases_for_what_is_not_graded_and_exercises_without_any_are_a_sentence(monkeypatch):
    without = {name: make for name, make in hard_cluster.HIDDEN.items() if name != "hard_cluster.loss"}
    monkeypatch.setattr(hard_cluster, "HIDDEN", without)
    with pytest.raises(ValueError, match=r"is not for what is graded: hard_cluster\.loss"):
        hidden.cases("homework3", 0)


def test_an_input_that_the_plain_solution_refuses_is_a_sentence(monkeypatch):
    makers = {**hard_cluster.HIDDEN, "hard_cluster.labels": lambda rng: (one_class,)}
    one_class = hard_cluster.sampler_case("one", "One.", "", np.zeros((4, 2), dtype=np.float32), [3, 3, 3, 3])
    monkeypatch.setattr(hard_cluster, "HIDDEN", makers)
    with pytest.raises(
        ValueError, match=r"hard_cluster\.labels, one: the plain solution of .* does not answer.*two classes"
    ):
        hidden.cases("homework3", 0)


@pytest.mark.parametrize("assignment", assignments.with_points())
def test_what_is_expected_has_the_dtype_of_the_inputs(assignment, hidden_cases):
    for name, cases in hidden_cases(assignment, 0).items():
        for case in cases:
            given = {value.dtype for value in case.inputs.values() if isinstance(value, np.ndarray)}
            expected = {value.dtype for value in case.expected.values() if value.dtype.kind == "f"}
            assert expected <= {dtype for dtype in given if dtype.kind == "f"}, (name, case.name)
            assert bool(case.expected) != bool(case.raises)


@pytest.mark.parametrize("assignment", assignments.with_points())
def test_what_students_read_of_a_hidden_case_holds_no_number_and_is_the_same_for_all_seeds(assignment, hidden_cases):
    words = [
        [(case.name, case.teaches) for some in hidden_cases(assignment, seed).values() for case in some]
        for seed in (0, 1)
    ]
    assert words[0] == words[1]
    assert not any(letter.isdigit() for pair in words[0] for text in pair for letter in text)


@pytest.mark.parametrize("assignment", assignments.with_points())
def test_the_same_seed_gives_the_same_cases_and_another_seed_others(assignment, hidden_cases):
    first, again, other = hidden_cases(assignment, 3), hidden.cases(assignment, 3), hidden_cases(assignment, 4)
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


@pytest.mark.parametrize("assignment", assignments.with_points())
@pytest.mark.parametrize("seed", range(5, 25))
def test_no_seed_draws_for_long(seed, assignment):
    assert hidden.cases(assignment, seed)  # the timeout of the test run is the limit; usually less than 0.1 s


@pytest.mark.parametrize("seed", SEEDS)
def test_ties_are_exact_and_all_others_are_far_from_ties(seed, homework):
    for name in ("triplets", "labels", "training"):
        for case in homework(seed)[f"hard_cluster.{name}"]:
            features, labels = case.inputs["features"], [int(c) for c in case.inputs["labels"]]
            clear = batches.is_clear(features, labels, gap=1e-4)
            assert clear == (case.name not in EXACT)
    (tied,) = (case for case in homework(seed)["hard_cluster.labels"] if case.name in EXACT)
    features, labels = tied.inputs["features"].astype(np.float64), tied.inputs["labels"]
    radii = batches.radii(features, labels)
    for rows in batches.rows_of(labels).values():
        assert sorted(radii[rows])[-1] == sorted(radii[rows])[-2]
    for distance in batches.between(features, labels):
        assert sorted(distance)[0] == sorted(distance)[1]


@pytest.mark.parametrize("seed", SEEDS)
def test_in_a_class_of_two_either_sample_is_right(seed, homework):
    exercise = assignments.graded("homework3")["hard_cluster.labels"]
    (case,) = (case for case in homework(seed)[exercise.name] if case.name == "unequal class sizes")
    features, labels = case.inputs["features"], case.inputs["labels"]
    (pair,) = (rows for rows in batches.rows_of(labels).values() if len(rows) == 2)
    place = sorted(set(labels)).index(labels[pair[0]])
    for row, right in ((pair[0], True), (pair[1], True), (next(r for r in range(len(labels)) if r not in pair), False)):
        positive = case.expected["positive"].copy()
        positive[place] = features[row]
        assert judge_case(exercise, case, wire.answering(case, positive=positive)).passed == right


@pytest.mark.parametrize("seed", SEEDS)
def test_margins_are_negative_where_a_case_says_so(seed, homework):
    (case,) = (c for c in homework(seed)["hierarchical.violate_margin"] if c.name == "negative margins")
    assert case.expected["margin"].min() < -0.1 < 0.01 < case.expected["margin"].max()


@pytest.mark.parametrize("seed", SEEDS)
def test_the_collapsed_embedding_defeats_a_matrix_product(seed, homework):
    (case,) = (c for c in homework(seed)["hard_cluster.training"] if c.name == "collapsed embedding")
    assert hard_cluster.wrong_by_matrix_product(case.inputs["features"], case.inputs["labels"]) > 2


def test_expected_values_are_what_the_plain_solution_gives_in_double_precision(monkeypatch):
    dtypes = set()

    def recorded(target, solution, inputs, *options):
        dtypes.update(value.dtype for value in inputs.values() if getattr(value, "dtype", None) in hidden.FLOATS)
        return outputs(target, solution, inputs, *options)

    monkeypatch.setattr(hidden, "outputs", recorded)
    hidden.cases("homework3", seed=0)
    assert dtypes == {np.dtype(np.float64)}


def test_plain_solutions_are_known_and_not_watched(monkeypatch):
    monkeypatch.setattr(third_party, "watch", None)
    assert hidden.cases("homework3", seed=0)


# Of all finite arrays among the inputs of an exercise's hidden cases the sum, for seed 7. Whoever changes a number here
# changes what the seed in the record of a grade stands for. (Those of a later chapter change with each exercise before it.)
SUMS_FOR_SEED_7 = {
    "hard_cluster.triplets": -1126.93,
    "hard_cluster.labels": 3391.31,
    "hard_cluster.training": -331424.02,
    "hard_cluster.errors": -95.59,
    "hard_cluster.loss": 4380.81,
}


def test_a_seed_gives_the_cases_that_it_always_gave():
    cases = hidden.cases("homework3", seed=7)
    for exercise, total in SUMS_FOR_SEED_7.items():
        inputs = [value for case in cases[exercise] for value in case.inputs.values() if isinstance(value, np.ndarray)]
        assert sum(float(value.sum()) for value in inputs if np.isfinite(value).all()) == pytest.approx(total, abs=0.01)
