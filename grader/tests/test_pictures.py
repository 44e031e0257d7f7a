"""Pictures of failed cases: what they show, of whom they are, and that nothing that is handed in can break or swell them."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from grader import assignments, show
from grader.drawing import BLACK, GREEN, RED, SIGHT, WHITE, Drawing
from grader.exercises.plane import MOST_TRIPLETS, Panel
from grader.judge import judge_case
from grader.matching import mismatches
from grader.model import Report, f32, i64
from grader.tests.wire import answering

ALL = assignments.everything()

LIMIT = 20_000  # bytes of a picture; a feedback page has room for 140 KB of reports, ten of them


def verdict(exercise, case, **changed):
    return judge_case(exercise, case, answering(case, **changed))


def off(case, value):
    """Something else of the same kind: other rows of the features, or numbers that are too large by one."""
    rows = value.ndim == 1 and value.dtype.kind == "i" and "anchor" in case.expected
    return (value + 1) % len(case.inputs["features"]) if rows else value + value.dtype.type(1)


def draw(exercise, case, **changed):
    return picture(exercise, verdict(exercise, case, **changed))


def picture(exercise, of):
    return show.picture(Report(exercise, (of,)), of)


def in_the_plane(case):
    features = case.inputs.get("features")
    if case.raises or not isinstance(features, np.ndarray) or features.shape[1:] != (2,):
        return False
    rows = "anchor" in case.expected and case.expected["anchor"].ndim == 1
    return not rows or len(np.unique(features, axis=0)) == len(features)  # rows at one place look alike


def crosses(svg):
    """Where the marks on what differs are, in pixels: circles of radius 7."""
    circles = ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}circle")
    return [(float(c.get("cx")), float(c.get("cy"))) for c in circles if float(c.get("r")) == 7]


def words(svg):
    return [element.text for element in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def alternative(svg):
    return ElementTree.fromstring(svg).get("aria-label")


def case_of(exercise, name):
    return next(case for case in ALL[exercise].cases if case.name == name)


DRAWN = [
    pytest.param(exercise, case, id=f"{name}-{case.name}")
    for name, exercise in ALL.items()
    for case in exercise.cases
    if exercise.target.draw and (in_the_plane(case) or name == "hierarchical.tree_level")
]


def test_samplers_distances_losses_and_trees_are_drawn():
    drawn = {param.values[0].name for param in DRAWN}
    assert {f"hard_cluster.{part}" for part in ("triplets", "labels", "loss")} <= drawn
    assert {f"hierarchical.{part}" for part in ("class_distances", "tree_level", "violate_margin", "loss")} <= drawn
    assert "class_tree.loss" in drawn
    assert len(DRAWN) >= 25


def drawn(exercise, case):
    """The outputs of a case that a picture can show: a margin's gradient is not."""
    shown = case.expected if exercise.name != "hierarchical.violate_margin" else {"margin": case.expected["margin"]}
    return {name: value for name, value in shown.items() if value.dtype != bool}


@pytest.mark.parametrize(("exercise", "case"), DRAWN)
def test_a_wrong_answer_is_drawn_beside_the_expected_one(exercise, case):
    for name, value in drawn(exercise, case).items():
        svg = draw(exercise, case, **{name: off(case, value)})
        assert any("expected" in text for text in words(svg)), name
        assert any("your" in text for text in words(svg)), name
        assert crosses(svg)
        assert len(svg.encode()) < LIMIT


KNOWN = [
    pytest.param(exercise, case, name, id=f"{exercise.name}-{case.name}-{name}")
    for exercise, case in (param.values for param in DRAWN)
    for name, outputs in case.mistakes.items()
    if outputs and name != "keeps_gradient"  # a margin whose numbers are right has nothing to show
]


@pytest.mark.parametrize(("exercise", "case", "mistake"), KNOWN)
def test_every_known_mistake_is_drawn(exercise, case, mistake):
    svg = draw(exercise, case, **case.mistakes[mistake])
    assert crosses(svg)
    assert len(svg.encode()) < LIMIT


@pytest.mark.parametrize(("exercise", "case"), DRAWN)
def test_a_right_answer_and_a_hidden_case_are_not_drawn(exercise, case):
    assert draw(exercise, case) == ""
    name, value = next(iter(case.expected.items()))
    wrong = {name: off(case, value)}
    assert draw(exercise, case, **wrong)
    assert draw(exercise, replace(case, hidden=True), **wrong) == ""


@pytest.mark.parametrize(("exercise", "case"), DRAWN)
def test_where_no_number_differs_there_is_nothing_to_draw(exercise, case):
    whole = {name: value.astype(np.int64) for name, value in case.expected.items() if value.dtype == np.float32}
    if whole and all((value == case.expected[name]).all() for name, value in whole.items()):
        failed = verdict(exercise, case, **whole)
        assert not failed.passed
        assert picture(exercise, failed) == ""


def hostile(value):
    """What could come in place of an expected value."""
    shape, kind = value.shape, value.dtype
    yield from (np.full(shape, bad, np.float32) for bad in (np.nan, np.inf, -np.inf, 3e38, -1e4, 1e-40, 0))
    yield from (np.full(shape, bad, np.float64) for bad in (1e300, 5e-324))
    yield from (np.full(shape, bad, np.int64) for bad in (-(2**63), 2**63 - 1, -1, 2**40))
    yield np.full(shape, 200, np.uint8)
    yield np.full(shape, np.inf, np.float16)
    yield np.ones(shape, bool)
    yield from (np.ones(other, kind) for other in ((), (0,), (0, 2), (1,), (1, 2), (20_000, 2), (3, 20_000), (2,) * 8))
    yield np.resize(np.array([np.nan, 1, 1e300, -np.inf]), shape)


ONE_OF_EACH = {(param.values[0].name, *param.values[1].expected): param for param in DRAWN}.values()


@pytest.mark.parametrize(("exercise", "case"), ONE_OF_EACH)
def test_whatever_is_given_the_picture_is_small_or_there_is_none(exercise, case):
    for name, value in case.expected.items():
        for one, all_ in zip(hostile(value), zip(*map(hostile, case.expected.values()))):
            for given in ({name: one}, dict(zip(case.expected, all_))):
                svg = draw(exercise, case, **given)
                assert len(svg.encode()) < LIMIT
                if svg:
                    ElementTree.fromstring(svg)
                    assert not re.search(r'="[^"]*\b(nan|inf)\b[^"]*"', re.sub('aria-label="[^"]*"', "", svg))


def test_only_as_many_triplets_are_drawn_as_a_picture_has_room_for():
    exercise, case = ALL["hard_cluster.triplets"], case_of("hard_cluster.triplets", "three clusters")
    for count, drawn in ((MOST_TRIPLETS, True), (MOST_TRIPLETS + 1, False)):
        rows = {name: np.resize(value + np.float32(0.5), (count, 2)) for name, value in case.expected.items()}
        svg = draw(exercise, case, **rows)
        assert bool(svg) == drawn
        assert len(svg.encode()) < 2 * LIMIT


def test_points_that_are_one_still_have_a_place():
    for apart in (0, 5e-324):
        panel = Panel(Drawing(700, 400), (40, 300), "", np.array([[1, 1], [1, 1 + apart]]) * apart)
        assert panel.at((0, 0)) == pytest.approx((190, 159))  # the middle of 40..340 and of 34..284


def test_what_lies_out_of_sight_is_not_drawn():
    exercise, case = ALL["hard_cluster.triplets"], case_of("hard_cluster.triplets", "three clusters")
    for coordinate, drawn in ((SIGHT - 1, True), (SIGHT, False)):
        assert bool(draw(exercise, case, negative=np.full((3, 2), coordinate, np.float32))) == drawn


@pytest.mark.parametrize(("exercise", "case"), DRAWN)
def test_an_equal_answer_is_an_equal_picture(exercise, case):
    name, value = next(iter(case.expected.items()))
    first, second = (draw(exercise, case, **{name: off(case, value)}) for _ in range(2))
    assert first == second != ""


@pytest.mark.parametrize(("exercise", "case"), DRAWN)
def test_a_picture_says_in_words_what_is_expected_and_what_was_given(exercise, case):
    name, value = next(iter(case.expected.items()))
    root = ElementTree.fromstring(draw(exercise, case, **{name: off(case, value)}))
    assert root.get("role") == "img"
    assert root.find("{http://www.w3.org/2000/svg}title").text == f"{case.name}: expected and yours"
    assert root.get("aria-label").startswith(f"{case.name}. ")
    assert "expected" in root.get("aria-label").lower()
    assert "your" in root.get("aria-label").lower()


def test_the_mark_sits_on_the_wrong_triplet():
    # Only class 1's negative is wrong: (2, 9) instead of (2, 0), whatever the order of the rows. The mark belongs on the
    # middle of the arrow from (4, 3) to (2, 9): (3, 6), on the right panel.
    exercise, case = ALL["hard_cluster.triplets"], case_of("hard_cluster.triplets", "three clusters")
    order = [2, 0, 1]
    rows = {name: value[order] for name, value in case.expected.items()}
    rows["negative"] = f32([[4, 3], [4, 3], [2, 9]])
    svg = draw(exercise, case, **rows)
    *_, mark, _ = crosses(svg)  # the last one explains the mark
    assert len(crosses(svg)) == 2
    panel = Panel(Drawing(700, 400), (386, 300), "", case.inputs["features"])
    assert np.hypot(*(panel.at((3, 6)) - mark)) < 8  # arrows are shifted aside, and end ahead of the point
    assert "anchor (4, 3), positive (1, 3), negative (2, 9) (differs)" in alternative(svg)
    assert alternative(svg).count("differs") == 1


def test_an_arrow_of_no_length_is_a_ring():
    exercise, case = ALL["hard_cluster.triplets"], case_of("hard_cluster.triplets", "three clusters")
    svg = draw(exercise, case, **case.mistakes["own_centroid_not_excluded"])
    rings = re.findall(r'<circle [^>]*stroke-dasharray="6 3"', svg)
    assert len(rings) == 3
    assert len(crosses(svg)) == 3 + 1


def test_triplets_may_come_as_rows_of_the_features():
    exercise = ALL["hard_cluster.triplets"]
    exercise = replace(exercise, target=replace(exercise.target, free_row_order=False))
    case = case_of("hard_cluster.triplets", "three clusters")
    case = replace(
        case, expected={"anchor": i64([0, 3]), "positive": i64([2, 4]), "negative": i64([3, 0])}, mistakes={}
    )
    assert "negative (2, 12) (differs)" in alternative(draw(exercise, case, negative=i64([3, 8])))
    for outside in (-1, 9, 2**62):
        assert draw(exercise, case, negative=i64([3, outside])) == ""


def test_more_triplets_than_expected_are_counted_and_the_surplus_is_marked():
    exercise, case = ALL["hard_cluster.training"], case_of("hard_cluster.training", "used again")
    svg = draw(exercise, case, **case.mistakes["remembers_the_last_batch"])
    assert "yours: 5 triplets, expected 3" in words(svg)
    assert len(crosses(svg)) == 2 * 3 + 1


def test_the_tree_shows_the_way_and_both_levels_of_the_first_wrong_pair():
    # Pair 1, classes 0 and 1, meets at alphabet 0, level 1; yours is 2. Two edges lead up to the alphabet.
    exercise, case = ALL["hierarchical.tree_level"], case_of("hierarchical.tree_level", "two alphabets")
    svg = draw(exercise, case, **case.mistakes["alphabets_ignored"])
    assert len(re.findall(r'<line [^>]*stroke="#0072B2" stroke-width="6"', svg)) == 2
    assert {"◄ expected: 1", "◄ yours: 2", "2 of 6 pairs differ.", "a", "b"} <= set(words(svg))
    assert "Classes 0 and 1 meet at its alphabet: expected level 1, yours 2." in alternative(svg)


def test_the_tree_has_the_margins_of_the_pair_on_its_levels():
    # s_0 = 0.8, β = 0.3, d_0, d_1, d_2 = 0.4, 1.3, 2.2: margins -0.1, 0.8, 1.7; classes 0 and 1 meet at level 1.
    exercise, case = ALL["hierarchical.violate_margin"], case_of("hierarchical.violate_margin", "four triplets")
    svg = draw(exercise, case, **case.mistakes["constant_level"])
    assert {"d_2 = 2.2", "margin 1.7", "d_1 = 1.3", "margin 0.8", "d_0 = 0.4", "margin −0.1"} <= set(words(svg))
    assert {"= 0.3 + 1.3 − 0.8 = 0.8", "expected: 0.8", "yours: 1.7"} <= set(words(svg))


def test_a_loss_is_shown_as_the_terms_that_make_it():
    exercise, case = ALL["hierarchical.loss"], case_of("hierarchical.loss", "four triplets")
    said = words(draw(exercise, case, loss=f32(0.9)))
    assert {"(0, 1, 2): 0.8 − 2 + 0.8 = −0.4 → 0", "(1, 0, 3): 0.8 − 0 + 0.8 = 1.6", "0.825", "0.9"} <= set(said)
    exercise, case = ALL["hard_cluster.loss"], case_of("hard_cluster.loss", "three clusters")
    said = words(draw(exercise, case, loss=f32(-24)))
    assert {"class 0: 4 − 10 + 8 = 2", "class 2: 10 − 20 + 8 = −2 → 0", "13", "−24"} <= set(said)
    exercise, case = ALL["class_tree.loss"], case_of("class_tree.loss", "eight triplets")
    said = words(draw(exercise, case, loss=f32(2.1)))
    assert {"(0, 1, 2): 9 − 16 + 10 = 3", "(2, 3, 1): 1 − 25 + 22 = −2 → 0", "1.3125", "2.1"} <= set(said)


@pytest.mark.parametrize("name", ["hierarchical.violate_margin", "hierarchical.loss", "hard_cluster.loss"])
def test_the_numbers_in_a_picture_are_those_of_the_case(name):
    """What a picture computes anew from the inputs leads to what was worked out by hand."""
    for case in ALL[name].cases:
        if in_the_plane(case):
            wrong = {key: off(case, value) for key, value in case.expected.items() if value.dtype != bool}
            said = " ".join(text for text in words(draw(ALL[name], case, **wrong)) if "meet" not in text)
            if "margin" in case.expected:
                assert f"= {float(case.expected['margin'][0]):.4g}".replace("-", "−") in said
            else:
                terms = [max(float(term.replace("−", "-")), 0) for term in re.findall(r": [^:]* = (−?[\d.]+)", said)]
                total = sum(terms) / (len(terms) if name == "hierarchical.loss" else 1)
                assert not mismatches(np.array(float(case.expected["loss"])), np.array(total), 1e-3)


def test_a_wrong_gradient_is_drawn_at_its_rows():
    exercise, case = ALL["hierarchical.gradients"], case_of("hierarchical.gradients", "four triplets")
    gradient = case.expected["gradient"].copy()
    gradient[3] = (0.3, 0.1)
    svg = draw(exercise, case, gradient=gradient)
    assert len(crosses(svg)) == 1 + 1
    assert "Yours differs in row 3 (0.3, 0.1), expected (0.3, -0.1)." in alternative(svg)
    case = case_of("hierarchical.gradients", "nothing to learn")
    assert len(crosses(draw(exercise, case, gradient=gradient))) == 5 + 1  # all rows but one that is 0


def test_class_distances_are_marked_one_by_one():
    exercise, case = ALL["hierarchical.class_distances"], case_of("hierarchical.class_distances", "two classes")
    svg = draw(exercise, case, s=f32([9, 9]))
    assert len(crosses(svg)) == 1
    assert "Your s is (9, 9), expected (9, 18)." in alternative(svg)
    assert words(svg).count("s = 9") == 3


def contrast(one, other):
    """WCAG's ratio of two colours, "#RRGGBB"."""
    lightness = []
    for colour in (one, other):
        parts = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        lightness.append(linear @ (0.2126, 0.7152, 0.0722) + 0.05)
    return max(lightness) / min(lightness)


def test_words_and_signs_are_legible_on_light_and_dark_pages():
    # 4.5 for text. A sign stands on a ground of its own, in black; the words of a picture on its white card.
    assert contrast("#FFFFFF", "#000000") == pytest.approx(21)
    for ground in (GREEN, RED, WHITE):
        assert contrast(BLACK, ground) >= 4.5
    exercise, case = ALL["hard_cluster.loss"], case_of("hard_cluster.loss", "three clusters")
    svg = draw(exercise, case, loss=f32(3))
    assert re.search('<rect [^>]*width="699" [^>]*fill="#FFFFFF"', svg)
    assert not re.search("<text [^>]*fill", svg)  # black, as the root has it
    assert 'fill="#000000"' in svg[: svg.index(">")]
