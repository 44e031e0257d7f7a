"""Mutations are wrong solutions, told apart by name and by sentence, from bases that are right."""

import time
from collections import Counter

import pytest

from grader import assignments
from grader.answer import answer
from grader.judge import judge_case
from solutions import mutants, mutations
from solutions.mutants import Mutant

ALL = {assignment: mutations.singles(assignment) for assignment in assignments.names()}
BASES = {
    (assignment, mutant.target, mutant.base): Mutant("the base", mutant.target, {}, assignment, mutant.base)
    for assignment, found in ALL.items()
    for mutant in found
}


@pytest.mark.parametrize("base", BASES.values(), ids=lambda base: base.target)
def test_what_is_edited_is_right(base):
    for exercise in mutations.exercises(base.assignment, base.target):
        for case in exercise.cases:
            given = answer(exercise.target, base.object, case.inputs, case.gradient, case.before)
            assert judge_case(exercise, case, given).passed, case.name


@pytest.mark.parametrize("assignment", assignments.names())
def test_every_target_has_slips_and_pairs_enough_and_not_too_many(assignment):
    started = time.process_time()
    found = mutations.of(assignment)
    print(f"{len(found)} mutations of {assignment} in {time.process_time() - started:.1f} s")
    for target in mutants.sources(assignment):
        count = Counter(len(mutant.faults) for mutant in found if mutant.target == target)
        assert 15 <= count[1] <= 150, target
        assert 30 <= count[2] <= mutations.MOST_PAIRS, target


@pytest.mark.parametrize("assignment", assignments.names())
def test_names_are_unique_and_every_mutation_is_an_object_of_its_target_with_a_sentence(assignment):
    found = mutations.of(assignment)
    assert set(Counter(mutant.name for mutant in found).values()) == {1}
    for mutant in found:
        assert mutant.object.__name__ == mutant.target, mutant.name
        assert mutant.place
        assert all(sentence.endswith((".", "?", ".)")) for sentence in mutant.faults)


@pytest.mark.parametrize("assignment", assignments.names())
def test_every_slip_is_wrong_on_a_visible_case(assignment):
    assert not {mutant.name for mutant in ALL[assignment]} - {mutant.name for mutant in mutations.of(assignment)}


@pytest.mark.parametrize("assignment", assignments.names())
def test_pairs_are_of_two_places_and_say_both_sentences(assignment):
    singles = {mutant.name: mutant for mutant in ALL[assignment]}
    for pair in mutations.of(assignment):
        if len(pair.faults) == 2:
            first, second = pair.name.split("; ")
            one, other = singles[first], singles[f"{pair.target}: {second}"]
            assert one.place != other.place
            assert pair.says == f"{one.says} {other.says}"


def test_no_pair_answers_all_cases_as_something_simpler_does():
    of_target = [mutant for mutant in mutations.of("homework3") if mutant.target == "tree_level"]
    hand_written = [mutant for mutant in mutants.of("homework3") if mutant.target == "tree_level"]
    simple = {mutations.behaviour(mutant) for mutant in (*hand_written, *of_target) if len(mutant.faults) < 2}
    assert not any(mutations.behaviour(mutant) in simple for mutant in of_target if len(mutant.faults) == 2)


SAID = {
    "HardClusterTripletsSampler": (
        "f^m is a sum; divide by K_i.",
        "Each f^m also holds the pictures of the classes before it; begin each class at 0.",
        "The positive's row is counted within its class, and then looked up in the whole batch.",
        "Where a class is one point, the first row of the batch is its positive: a mask that is multiplied leaves 0 "
        "everywhere. Fill with −∞.",
        "The negative is the anchor's own centroid; leave out the diagonal.",
        "No gradient flows through the anchor.",
        "No gradient flows through the negative.",
        "A label is used as a row number; labels are names, and may be negative or have gaps.",
        "Labels may be a list: make a tensor of them first, torch.as_tensor(labels, device=features.device).",
        "The classes of the first batch are kept; look for them in each batch.",
    ),
    "ClusterLoss": (
        "α is not added.",
        "d^inter is subtracted twice.",
        "d^intra and d^inter are averaged over the coordinates; sum them.",
        "d^intra and d^inter are squared twice.",
        "α is added after max(·, 0); it belongs inside.",
        "Each class has a hinge for every other class; only the nearest one counts.",
    ),
    "class_distances": (
        "d is summed; it is a mean: divide by n_p · n_q.",
        "The diagonal of d is 0; it is the formula with p = q.",
        "The diagonal of d is s; in d a picture with itself counts, too: divide by n_p².",
    ),
    "violate_margin": (
        "β is left out.",
        "d_0 is not added: d_l starts from it.",
        "d_l climbs by 4/L a level; it climbs by (4 − d_0)/L.",
        "s of the anchor's class is added; subtract it.",
        "s of the negative's class is subtracted; take the anchor's.",
        "d_0 is the mean of d's diagonal; it is the mean of s.",
        "d_0 is a mean over the pictures; it is the mean of s over the classes.",
    ),
    "HierarchicalTripletMarginLossWithSampler": (
        "β = 0.1 is used whatever is asked for; pass self.beta on to violate_margin.",
        "L = 16 is used whatever is asked for; pass self.levels on to violate_margin.",
        "β = 0.1 and L = 16 are used whatever is asked for; pass self.beta and self.levels on to violate_margin.",
        "max(·, 0) is missing.",
        "The margin is added after max(·, 0); it belongs inside.",
        "The level of the margin is that of anchor and positive; take anchor and negative.",
        "violate_margin gets rows of the batch; it needs their classes, labels[a] and labels[n].",
        "You divide by the size of the batch; divide by T, the number of triplets.",
        "No gradient flows through the negative.",
    ),
    "hard_triplets": (
        "The negative is the first row of the anchor's own class: a mask that is multiplied leaves 0 there. Fill "
        "with ∞.",
    ),
    "cmc_at": (
        "One hit of any query counts for all; each query counts by itself (see any's dim).",
        "The distances are sorted over the queries, dimension 0; sort each query's row, dimension 1.",
    ),
}


@pytest.mark.parametrize("target", SAID)
def test_the_likeliest_slips_are_among_them(target):
    said = {mutant.says for found in map(mutations.of, ALL) for mutant in found if mutant.target == target}
    assert set(SAID[target]) <= said


def test_a_sum_loses_a_term_turns_its_sign_or_takes_it_twice():
    made = {
        next(iter(slip.edits.values())): slip.says
        for slip in mutations.terms("a + b - c", {"a": "A", "b": "B", "c": "C"})
    }
    assert made == {
        "b - c": "A is left out.",
        "- a + b - c": "A is subtracted; add it.",
        "a + a + b - c": "A is added twice.",
        "a - c": "B is not added.",
        "a - b - c": "B is subtracted; add it.",
        "a + b + b - c": "B is added twice.",
        "a + b": "C is not subtracted.",
        "a + b + c": "C is added; subtract it.",
        "a + b - c - c": "C is subtracted twice.",
    }


def test_a_number_stands_where_the_argument_stood_and_nowhere_else():
    slip, _ = mutations.constant("alpha_2 + self.alpha", "alpha", "α", 0.3, 1)
    assert slip.edits == {"alpha_2 + self.alpha": "alpha_2 + 0.3"}
    assert slip.says == "α = 0.3 is used whatever is asked for; use the argument alpha."


def test_two_slips_that_touch_the_same_code_are_no_pair():
    at = {"assignment": "homework3", "target": "tree_level"}
    one = Mutant("one", edits={"return level": "return level + 1"}, place="here", **at)
    other = Mutant("other", edits={"return level": "return 2 - level"}, place="there", **at)
    third = Mutant("third", edits={"torch.full_like(class_a, 2)": "torch.full_like(class_a, 3)"}, place="there", **at)
    assert [pair.name for pair in mutations.pairs([one, other, third])] == ["one; third"]


def test_a_chapter_may_do_without(monkeypatch):
    monkeypatch.setattr(mutants, "chapters", lambda assignment: (pytest,))
    assert mutations.singles("of another course") == ()
