"""Rows in free order are paired by an optimal assignment: where some order agrees, it is found; and nothing raises."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.matching import differing, in_order, mismatches
from grader.model import f32, f64, i64

TOLERANCE = 1e-4
NAMES = ("first", "second", "third")


def agree(expected, given_, tolerance=TOLERANCE, names=NAMES) -> bool:
    return not differing(expected, in_order(names, expected, given_, tolerance), tolerance)


def greedy(expected, given_, tolerance):
    """What the grader did before: each expected row in turn takes the row that is left and nearest to it."""
    left, order = list(range(len(given_))), []
    for row in expected:
        nearest = min(left, key=lambda index: abs(row - given_[index]).sum())
        left.remove(nearest)
        order.append(nearest)
    return not mismatches(expected, given_[order], tolerance).any()


def test_a_row_that_another_needs_is_not_taken_from_it():
    # Tolerance 1, so 0 may be off by 1 and 1.3 by 1.3. Greedily 0 takes 0.6, which is nearer than -0.9 and leaves -0.9 for
    # 1.3: |1.3 + 0.9| = 2.2 > 1.3, refused. The other way round both agree: |0 + 0.9| = 0.9 <= 1, |1.3 - 0.6| = 0.7 <= 1.3.
    expected, given_ = f64([[0], [1.3]]), f64([[0.6], [-0.9]])
    assert not greedy(expected, given_, 1.0)
    assert agree({"row": expected}, {"row": given_}, 1.0, ("row",))


def test_many_large_distances_that_are_allowed_weigh_less_than_one_that_is_not():
    # Tolerance 1e-4: of a million, 100. As they stand all parts agree: first and third are off by 90 each, the second by 50
    # and 0. Exchanged, first and third are exact, and a single part differs: the second is 1e6 + 150 instead of 1e6.
    expected = {
        "first": f64([[1e6], [1e6 + 90]]),
        "second": f64([[1e6], [1e6 + 150]]),
        "third": f64([[1e6], [1e6 + 90]]),
    }
    answer = {
        "first": f64([[1e6 + 90], [1e6]]),
        "second": f64([[1e6 + 50], [1e6 + 150]]),
        "third": f64([[1e6 + 90], [1e6]]),
    }
    assert differing(expected, answer, TOLERANCE) == []
    assert agree(expected, answer)


@st.composite
def collapsed(draw):
    """A batch whose rows lie within a few tolerances of each other, and an answer to it: each row off by less than the
    tolerance, in random order."""
    rows, seed = draw(st.integers(2, 12)), draw(st.integers(0, 2**32 - 1))
    spread = draw(st.sampled_from([0.0, 1.0, 3.0, 30.0])) * TOLERANCE
    rng = np.random.default_rng(seed)
    centre = rng.choice([0.0, 1.0, -40.0, 1e6], size=3)
    size = np.maximum(1, np.abs(centre))
    expected = {name: centre + spread * size * rng.uniform(-1, 1, (rows, 3)) for name in NAMES}
    allowed = {name: 0.999 * TOLERANCE * np.maximum(1, np.abs(value)) for name, value in expected.items()}
    order = rng.permutation(rows)
    answer = {
        name: (value + allowed[name] * rng.uniform(-1, 1, value.shape))[order] for name, value in expected.items()
    }
    return expected, answer


@settings(max_examples=300, deadline=None)
@given(collapsed())
def test_an_answer_within_the_tolerance_is_accepted_in_any_order(batch):
    assert agree(*batch)


@settings(max_examples=200, deadline=None)
@given(collapsed(), st.data())
def test_an_answer_with_a_part_that_is_nobodys_is_refused(batch, data):
    expected, answer = batch
    name = data.draw(st.sampled_from(NAMES))
    row, column = data.draw(st.integers(0, len(answer[name]) - 1)), data.draw(st.integers(0, 2))
    # Of a column all expected numbers lie within 60 tolerances of each other: no row may be given one 100 away from its own.
    size = np.maximum(1, np.abs(answer[name][row, column]))
    answer[name][row, column] += data.draw(st.sampled_from([-1, 1])) * 100 * TOLERANCE * size
    assert not agree(expected, answer)


def test_greedy_refused_what_is_accepted_now():
    rng, refused = np.random.default_rng(0), 0
    for _ in range(300):
        expected = TOLERANCE * rng.uniform(-1, 1, (8, 1))
        answer = (expected + 0.999 * TOLERANCE * rng.uniform(-1, 1, (8, 1)))[rng.permutation(8)]
        refused += not greedy(expected, answer, TOLERANCE)
        assert agree({"row": expected}, {"row": answer}, names=("row",))
    assert refused > 0


def test_an_order_is_right_for_all_outputs_together():
    expected = {name: f64([[0], [1], [2]]) for name in NAMES}
    torn = {**expected, "second": f64([[1], [0], [2]])}
    assert not agree(expected, torn)
    assert agree(expected, {name: value[[2, 0, 1]] for name, value in expected.items()})


def test_a_given_row_is_used_once():
    expected = {name: f64([[0], [0], [1]]) for name in NAMES}
    assert agree(expected, {name: f64([[1], [0], [0]]) for name in NAMES})
    assert not agree(expected, {name: f64([[1], [1], [0]]) for name in NAMES})


def test_the_first_output_says_whose_row_it_is():
    expected = {"first": f64([[0], [5]]), "second": f64([[10], [20]]), "third": f64([[30], [40]])}
    # Both other parts of the rows are exchanged: by majority the rows would be each other's.
    wrong = {"first": f64([[5], [0]]), "second": f64([[10], [20]]), "third": f64([[30], [40]])}
    ordered = in_order(NAMES, expected, wrong, TOLERANCE)
    assert ordered["first"].tolist() == [[0], [5]]
    assert ordered["second"].tolist() == [[20], [10]]
    assert differing(expected, ordered, TOLERANCE) == ["second", "third"]


def test_a_row_that_agrees_nowhere_is_paired_with_the_nearest():
    expected = {name: f64([[0], [10], [20]]) for name in NAMES}
    wrong = {name: f64([[19], [1], [9]]) for name in NAMES}
    assert in_order(NAMES, expected, wrong, TOLERANCE)["first"].tolist() == [[1], [9], [19]]


def test_numbers_that_are_equal_only_to_themselves_are_matched_as_such():
    expected = {"first": i64([0, 0, 1]), "second": i64([1, 2, 0]), "third": i64([2, 1, 2])}
    assert agree(expected, {name: value[::-1].copy() for name, value in expected.items()})
    assert not agree(expected, {**expected, "third": i64([2, 2, 2])})


def test_other_outputs_keep_their_order():
    expected = {"row": f64([[0], [1]]), "gradient": f64([[7], [8]])}
    ordered = in_order(("row",), expected, {"row": f64([[1], [0]]), "gradient": f64([[7], [8]])}, TOLERANCE)
    assert ordered["gradient"].tolist() == [[7], [8]]


BAD = [np.nan, np.inf, -np.inf, 1.7e308, -1.7e308, 5e-324, 3.4e38, 0.0]


@pytest.mark.filterwarnings("error")
@settings(max_examples=200, deadline=None)
@given(st.data())
def test_whatever_is_given_no_answer_raises_or_warns_and_none_is_taken_for_right(data):
    rows = data.draw(st.integers(0, 5))
    expected = {name: f32(np.arange(3 * rows).reshape(rows, 3)) for name in NAMES}
    given_ = {}
    for name in NAMES:
        dtype = data.draw(st.sampled_from([np.float16, np.float32, np.float64]))
        numbers = data.draw(st.lists(st.sampled_from(BAD), min_size=3 * rows, max_size=3 * rows))
        with np.errstate(over="ignore"):
            given_[name] = np.array(numbers).reshape(rows, 3).astype(dtype)
    assert agree(expected, given_) == (rows == 0)


@pytest.mark.parametrize("shape", [(), (0,), (0, 3), (2,), (3, 2), (2, 2), (2, 3, 1), (1, 2, 3)])
@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64, np.float64])
def test_another_shape_or_kind_is_no_agreement_and_no_error(shape, dtype):
    expected = {name: f32([[0, 1, 2], [3, 4, 5]]) for name in NAMES}
    for odd in NAMES:
        assert not agree(expected, {**expected, odd: np.ones(shape, dtype)})
    assert not agree(expected, dict.fromkeys(NAMES, np.ones(shape, dtype)))


@pytest.mark.parametrize(
    ("dtype", "kind"),
    [
        *((dtype, "floating") for dtype in (np.float16, np.float32, np.float64)),
        *((dtype, "whole") for dtype in (np.uint8, np.int8, np.int16, np.int32, np.int64)),
        (bool, "neither"),
    ],
)
def test_numbers_of_one_kind_agree_whatever_their_width(dtype, kind):
    for expected, its_kind in ((f32([0, 1]), "floating"), (i64([0, 1]), "whole"), (np.array([False, True]), "neither")):
        assert agree({"row": expected}, {"row": np.array([0, 1], dtype)}, names=("row",)) == (kind == its_kind)


@pytest.mark.parametrize("value", [np.iinfo(np.int64).min, np.iinfo(np.int64).max, 2**63])
def test_integers_at_the_edge_are_compared_exactly(value):
    expected = {name: i64([0, 1]) for name in NAMES}
    edge = np.array([value, 0], np.uint64 if value == 2**63 else np.int64)
    assert not agree(expected, dict.fromkeys(NAMES, edge))


@pytest.mark.parametrize("rows", [0, 1])
def test_no_row_and_one_row_are_an_order(rows):
    expected = {name: f32(np.ones((rows, 2))) for name in NAMES}
    assert agree(expected, expected)
    empty = {name: np.zeros((3, 0), np.float32) for name in NAMES}  # rows without columns
    assert agree(empty, empty)


def test_what_is_no_number_equals_nothing_not_even_itself():
    for bad in (np.nan, np.inf):
        assert mismatches(f64([bad]), f64([bad]), TOLERANCE).all()
    assert not mismatches(f64([1e6]), f64([1e6 + 99]), TOLERANCE).any()  # 1e-4 of a million is 100
    assert mismatches(f64([1e6]), f64([1e6 + 101]), TOLERANCE).all()
    assert mismatches(i64([3]), i64([4]), 10.0).all()  # integers have no tolerance
