"""Exercise B, the hierarchical triplet loss (arXiv 1810.06951), in five graded parts, with its visible cases.

Every number was computed by hand; the arithmetic stands beside it.
"""

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np

from grader.drawing import GREY, LETTER, ROW, Drawing
from grader.exercises import LIBRARIES
from grader.exercises.batch import batch
from grader.exercises.homework3._hinges import TRIPLET_HINGE, draw_hinges, triplet_hinges, wrong_number
from grader.exercises.homework3._tree import HEIGHTS, LEVELS, TEXT, Margins, tree_of
from grader.exercises.plane import BELOW, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Panel, gradients
from grader.formatting import number, numbers
from grader.matching import mismatches
from grader.model import Arrays, Case, Exercise, Inputs, StandIn, Target, Use, f32, i64, positional
from grader.stand_ins import same

SECTION = "4"


def class_pair(case: Case, name: str, place: tuple[int, ...]) -> str | None:
    """`Target.place` for tables of classes, (P, P), and rows of classes, (P,), where the case names them."""
    classes = case.expected.get("classes")
    if len(place) == 2:
        one, other = place if classes is None else classes[list(place)]
        return f"Your {name} for the classes {one} (row) and {other} (column)"
    return None if classes is None or name == "classes" else f"Your {name} for class {classes[place[0]]}"


def _draw_class_distances(case: Case, given: Arrays) -> str | None:
    """Two panels: d on the line between two classes, and s and d of each class with itself below."""
    samples, expected = batch(case), case.expected
    if samples is None or any(
        given[name].shape != value.shape or given[name].dtype.kind not in "fiu" for name, value in expected.items()
    ):
        return None
    wrong = {name: mismatches(value, given[name], case.tolerance) for name, value in expected.items()}
    if not any(bad.any() for bad in wrong.values()):
        return None
    right = {name: np.zeros_like(bad) for name, bad in wrong.items()}
    count = len(samples.classes)
    card = Drawing(WIDTH, TOP + HEIGHT + 44 + ROW * count)
    for sides, title, outputs, bad in ((LEFT, "expected", expected, right), (RIGHT, "yours", given, wrong)):
        panel = Panel(card, sides, title, samples.features)
        centres = [panel.at(point) for point in samples.centroids]
        for p, q in combinations(range(count), 2):
            card.line(centres[p], centres[q], GREY, 2)
        panel.samples(samples)
        panel.centroids(samples)
        for p, q in combinations(range(count), 2):
            middle = (centres[p] + centres[q]) / 2
            d, back = (outputs["d"][pair] for pair in ((p, q), (q, p)))
            words = number(d) if number(d) == number(back) else f"{number(d)} / {number(back)}"
            card.label(middle, f"d = {words}")
            if bad["d"][p, q] or bad["d"][q, p]:
                card.wrong(np.add(middle, (0, -16)))
        for p in range(count):
            _class_line(card, (panel.left + 8, BELOW + ROW * p), p, outputs, bad)
    names = (
        f"{name} is {_listed(given[name])}, expected {_listed(expected[name])}" for name in wrong if wrong[name].any()
    )
    return card.svg(case.name, f"Distances between and within the classes. Your {'; your '.join(names)}.")


def _class_line(card: Drawing, at: tuple[float, float], p: int, outputs: Arrays, bad: Arrays) -> None:
    """What row p of the outputs says of its class alone."""
    left, top = at
    card.marker(at, p)
    parts = [("class ", outputs["classes"][p], bad["classes"][p])]
    parts += [("s = ", outputs["s"][p], bad["s"][p]), ("own d = ", outputs["d"][p, p], bad["d"][p, p])]
    for offset, (name, value, differing) in zip((14, 100, 182), parts):
        words = f"{name}{number(value)}"
        card.text((left + offset, top + 4), words)
        if differing:
            card.wrong((left + offset + LETTER * len(words) + 10, top))


def _listed(values: np.ndarray) -> str:
    return ", ".join(numbers(row) for row in values) if values.ndim > 1 else numbers(values)


def _right_distances(asked: Inputs, right: Mapping[str, Any], own: Any) -> Any:
    def class_distances(features: Any, labels: Any) -> tuple[Any, ...]:
        if same(features, asked["features"]) and same(labels, asked["labels"]):
            nothing = features.sum() - features.sum().detach()  # 0, with a gradient, which a margin must cut off
            return right["classes"].clone(), right["d"] + nothing, right["s"] + nothing
        return own(features, labels)

    return class_distances


DISTANCES = Target(
    name="class_distances",
    outputs=("classes", "d", "s"),
    prepare=positional("features", "labels"),
    shapes="classes and s are (P,): an entry for every class of the batch. d is (P, P): a row and a column for every class.",
    place=class_pair,
    draw=(_draw_class_distances,),
    third_party=LIBRARIES,
    mistakes={
        "s_divided_by_n_squared": "You divide s by n²; the n pairs of a sample with itself do not count, so it is n² − n.",
        "centroid_distances": "Your d is the squared distance between two centroids; asked for is the mean over all pairs "
        "of samples, which is larger by the spread of both classes.",
        "unsquared_class_distances": "Your distances are not squared.",
        "pairs_counted_once": "s is half of what it is: n² − n is the number of all ordered pairs, so (x, x′) and (x′, x) "
        "both count. (The variance is half of it, too.)",
        "order_of_appearance": "Your classes stand in the order in which they appear; asked for is ascending order.",
    },
    stand_in=StandIn(lambda inputs: {name: inputs[name] for name in ("features", "labels")}, _right_distances),
)


def _pair(case: Case, name: str, place: tuple[int, ...]) -> str:
    pair = f"pair {place[0] if len(place) == 1 else place}"
    return f"Your {name} for the {pair}, classes {case.inputs['class_a'][place]} and {case.inputs['class_b'][place]},"


def _draw_tree_level(case: Case, given: Arrays) -> str | None:
    """The first pair of classes whose level is wrong, with both levels on the tree."""
    tree, expected, yours = tree_of(case), case.expected["level"], given["level"]
    wrong = _wrong_entries(case, expected, yours)
    if tree is None or wrong is None:
        return None
    a, b = (int(case.inputs[name].reshape(-1)[wrong[0]]) for name in ("class_a", "class_b"))
    right, level = (values.reshape(-1)[wrong[0]] for values in (expected, yours))
    card = Drawing(700, 300)
    tree.draw(card, a, b, [[words] for words in LEVELS], roles=("a", "b"))
    where = f"Classes {a} and {b} meet at {LEVELS[right]}"
    card.text((TEXT, HEIGHTS[right] + 4), f"◄ expected: {number(right)}", bold=True)
    seen = level in range(len(LEVELS))
    y = HEIGHTS[int(level)] if seen else 196
    card.text(
        (TEXT, y + 4),
        f"◄ yours: {number(level)}" if seen else "yours is no level of the tree",
        bold=True,
    )
    card.wrong((TEXT - 12, y))
    more = f"{len(wrong)} of {expected.size} pairs differ."
    card.text((TEXT, 290), more)
    return card.svg(
        case.name, f"The tree of the alphabets. {where}: expected level {right}, yours {number(level)}. {more}"
    )


def _wrong_entries(case: Case, expected: np.ndarray, yours: np.ndarray) -> np.ndarray | None:
    """Which entries differ, the first one first; None where none does, or yours has no entries that could be compared."""
    if yours.shape != expected.shape or yours.dtype.kind not in "fiu":
        return None
    wrong = np.flatnonzero(mismatches(expected, yours, case.tolerance))
    return wrong if len(wrong) else None


def _all_pairs(inputs: Inputs) -> Inputs:
    a, b = np.indices((len(inputs["alphabet_of"]),) * 2)
    return {"class_a": a, "class_b": b, "alphabet_of": inputs["alphabet_of"]}


def _right_levels(asked: Inputs, right: Mapping[str, Any], own: Any) -> Any:
    def tree_level(class_a: Any, class_b: Any, alphabet_of: Any) -> Any:
        if same(alphabet_of, asked["alphabet_of"]):
            return right["level"][class_a, class_b]
        return own(class_a, class_b, alphabet_of)

    return tree_level


LEVEL = Target(
    name="tree_level",
    outputs=("level",),
    prepare=positional("class_a", "class_b", "alphabet_of"),
    shapes="The levels have the shape of class_a and class_b: one for every pair.",
    place=_pair,
    draw=(_draw_tree_level,),
    third_party=LIBRARIES,
    mistakes={
        "level_counted_from_root": "You count from the root down; the level is the height above the leaves: 0 is the "
        "character itself.",
        "same_character_is_level_one": "Two samples of the same character meet at the leaf, level 0, not at their alphabet.",
        "alphabets_ignored": "Two characters of one alphabet meet at that alphabet, level 1, before the root.",
    },
    stand_in=StandIn(_all_pairs, _right_levels),
)


def _triplet(case: Case, name: str, place: tuple[int, ...]) -> str:
    row = place[0]
    anchor, negative = case.inputs["anchor_labels"][row], case.inputs["negative_labels"][row]
    return f"Your {name} for triplet {row}, its anchor of class {anchor}, its negative of class {negative},"


def _draw_violate_margin(case: Case, given: Arrays) -> str | None:
    """The first pair whose margin is wrong: where it meets, the margins of its anchor's class on all levels."""
    tree, expected, yours = tree_of(case), case.expected["margin"], given["margin"]
    wrong = _wrong_entries(case, expected, yours)
    if tree is None or wrong is None:
        return None
    row = wrong[0]
    anchor, negative = (int(case.inputs[name][row]) for name in ("anchor_labels", "negative_labels"))
    level, margins = int(tree.level(anchor, negative)), Margins.of(case)
    card = Drawing(700, 300)
    tree.draw(card, anchor, negative, margins.remarks(anchor))
    lines = [
        f"Row {row}: classes {anchor} and {negative} meet at level {level}",
        f"margin = β + d_{level} − s_{anchor}",
        f"= {margins.told(anchor, level)}",
        f"expected: {number(expected[row])}",
        f"yours: {number(yours[row])}",
        f"{len(wrong)} of {expected.size} rows differ",
    ]
    for position, words in enumerate(lines):
        card.text((TEXT, 60 + 24 * position), words, bold=position in (3, 4))
    card.wrong((TEXT - 12, 60 + 24 * 4 - 4))
    return card.svg(case.name, f"The way through the tree of the alphabets. {'. '.join(lines)}.")


def _all_margins(inputs: Inputs) -> Inputs:
    classes = np.unique(inputs["labels"])
    anchor, negative = (pairs.reshape(-1) for pairs in np.meshgrid(classes, classes, indexing="ij"))
    same_as = {name: inputs[name] for name in ("features", "labels", "alphabet_of", "beta", "levels")}
    return {**same_as, "anchor_labels": anchor, "negative_labels": negative}


def _right_margins(asked: Inputs, right: Mapping[str, Any], own: Any) -> Any:
    classes = asked["labels"].unique()
    margin = right["margin"].reshape(len(classes), -1)

    def violate_margin(features, labels, anchor_labels, negative_labels, alphabet_of, beta=0.1, levels=16):
        given = {"features": features, "labels": labels, "alphabet_of": alphabet_of}
        if (beta, levels) == (asked["beta"], asked["levels"]) and all(same(given[name], asked[name]) for name in given):
            row, column = ((names[..., None] > classes).sum(-1) for names in (anchor_labels, negative_labels))
            return margin[row, column]
        return own(features, labels, anchor_labels, negative_labels, alphabet_of, beta, levels)

    return violate_margin


MARGIN = Target(
    name="violate_margin",
    outputs=("margin",),
    prepare=lambda function, _: lambda inputs: function(**inputs),
    shapes="The margins are (T,): one for every triplet, as in anchor_labels and negative_labels.",
    place=_triplet,
    draw=(_draw_violate_margin,),
    scalar=lambda outputs, inputs: outputs["margin"].sum() + inputs["features"].sum(),
    gradient="Asked is the gradient of margin.sum() + features.sum(), which is 1 everywhere where the margin is a constant: "
    "compute the margin under torch.no_grad(), or detach it.",
    third_party=LIBRARIES,
    mistakes={
        "constant_level": "You use the level of different alphabets for every pair; ask tree_level for each pair.",
        "anchor_negative_swapped": "You subtract s of the negative's class; the margin subtracts that of the "
        "anchor's class.",
        "keeps_gradient": "Your margin carries a gradient; it is a constant for the optimiser.",
        "d0_over_samples": "Your d_0 weighs each class by its number of samples; it is the mean over the classes.",
        "d0_over_all_distances": "Your d_0 is the mean of all class distances; it is the mean of s, the distance within a "
        "class.",
        "clamped_at_zero": "You clamp the margin at zero; it may be negative, for a class whose spread is large.",
        "levels_ignored": "You use L = 16 whatever is asked for; use the argument levels.",
        "levels_of_the_tree": "You divide by 2, the depth of the tree of alphabets; L is the argument levels.",
        "label_as_row": "You use the label as a row of s; the rows follow `classes`, which may have gaps "
        "(see torch.searchsorted).",
    },
    stand_in=StandIn(_all_margins, _right_margins),
)


class _GivenTriplets:
    """An in-batch sampler whose triplets are given: `ids` is a LongTensor (3, T) of rows.

    As a random one it answers otherwise when it is asked again: the other way round.
    """

    def sample_ids(self, features: Any, labels: Any) -> tuple[Any, ...]:
        ids, self.ids = self.ids, self.ids.flip(1)
        return tuple(ids)  # three (T,)

    def sample(self, features: Any, labels: Any) -> tuple[Any, ...]:
        return tuple(features[rows] for rows in self.sample_ids(features, labels))  # three (T, D)


def _prepare_criterion(criterion: Any, inputs: Inputs) -> Use:
    sampler = _GivenTriplets()
    loss = criterion(sampler, inputs["alphabet_of"], inputs["beta"], inputs["levels"])

    def use(inputs: Inputs) -> Any:
        sampler.ids = inputs["ids"]
        return loss(inputs["features"], inputs["labels"])

    return use


def _draw_loss(case: Case, given: Arrays) -> str | None:
    """The hinges of the triplets, and the way through the tree of the first one that is open."""
    tree = tree_of(case)
    if tree is None or not wrong_number(case, given):
        return None
    margins, labels, ids = Margins.of(case), np.asarray(case.inputs["labels"]), case.inputs["ids"]
    anchors, negatives = labels[ids[0]], labels[ids[2]]
    levels = tree.level(anchors, negatives)
    each = np.array([margins.margin(int(a), int(level)) for a, level in zip(anchors, levels)])
    hinges = triplet_hinges(case.inputs["features"].astype(np.float64), ids, each)
    shown = next((row for row, hinge in enumerate(hinges) if hinge.value > 0), 0)
    anchor, negative, level = int(anchors[shown]), int(negatives[shown]), int(levels[shown])
    card = Drawing(700, 332)
    tree.draw(card, anchor, negative, margins.remarks(anchor))
    words = draw_hinges(card, (TEXT - 10, 30), TRIPLET_HINGE, hinges, "mean", case, given)
    way = (
        f"Triplet ({', '.join(map(str, ids[:, shown]))}): classes {anchor} and {negative} meet at level {level}, "
        f"its margin is β + d_{level} − s_{anchor} = {margins.told(anchor, level)}"
    )
    card.text((14, 318), way)
    return card.svg(case.name, f"The loss and its tree. {way}. {words}")


CRITERION = Target(
    name="HierarchicalTripletMarginLossWithSampler",
    outputs=("loss",),
    prepare=_prepare_criterion,
    called="HierarchicalTripletMarginLossWithSampler(sampler, alphabet_of, beta, levels)(features, labels)",
    shapes="The loss is one number: a tensor without dimensions, ().",
    draw=(_draw_loss, gradients),
    third_party=LIBRARIES,
    mistakes={
        "gradient_through_margin": "Your gradient also runs through the margin, which is a constant: the network could "
        "lower the loss by lowering the margin.",
        "mean_over_active": "You average over the triplets that violate their margin; the mean runs over all of them.",
        "unsquared_distances": "Your distances are not squared; the margin is in squared units.",
        "margin_clamped": "You clamp the margin at zero; it may be negative. The hinge acts on the whole sum.",
        "asks_the_sampler_twice": "You ask the sampler twice, and it may draw other triplets each time: take margins and "
        "distances of the same, by the rows of one sample_ids.",
        "keeps_the_first_triplets": "You keep the triplets of the first batch; ask the sampler again for every batch.",
        "mean_margin": "You use one mean margin for all triplets; each triplet has its own.",
        "anchor_and_negative_labels_swapped": "Your margins are those of the negatives' classes: violate_margin takes the "
        "labels of the anchors first, then those of the negatives.",
        "defaults_not_arguments": "Your margin has the default β and L; pass on those that the criterion was made with.",
        "sum_not_mean_loss": "You sum over the triplets; asked for is the mean.",
    },
)

CLASS_DISTANCES = Exercise(
    name="hierarchical.class_distances",
    title="Distances between and within classes",
    points=1,
    target=DISTANCES,
    cases=(
        Case(
            name="two classes",
            teaches="d is a mean over all pairs of samples, s leaves out the pairs of a sample with itself; both squared.",
            # class 0: (0,0) (0,3). class 1: (4,0) (4,3) (4,6).
            # Between: 16 + (0, 9, 36; 9, 0, 9): (6·16 + 63)/6 = 159/6 = 26.5. Within 0: two ordered pairs of 9:
            # s = 18/2 = 9, d_00 = 18/4 = 4.5. Within 1: 9, 9, 36, each twice: 108: s = 108/6 = 18, d_11 = 108/9 = 12.
            inputs={
                "features": f32([[0, 0], [0, 3], [4, 0], [4, 3], [4, 6]]),
                "labels": i64([0, 0, 1, 1, 1]),
            },
            expected={"classes": i64([0, 1]), "d": f32([[4.5, 26.5], [26.5, 12]]), "s": f32([9, 18])},
            why="d_01 = (6·16 + 0+9+36+9+0+9)/6 = 26.5; s_0 = (9+9)/(4−2) = 9, s_1 = 2(9+9+36)/(9−3) = 18; "
            "d_00 = 18/4, d_11 = 108/9.",
            mistakes={
                "s_divided_by_n_squared": {"s": f32([4.5, 12])},
                # Centroids (0,1.5) and (4,3): 16 + 2.25.
                "centroid_distances": {"d": f32([[0, 18.25], [18.25, 0]])},
                # Lengths between: 4, 5, √52, 5, 4, 5: (23 + 7.211103)/6 = 5.035184; within 0: (3+3)/4 and 6/2;
                # within 1: 2(3+3+6) = 24: 24/9 and 24/6.
                "unsquared_class_distances": {
                    "d": f32([[1.5, 5.035184], [5.035184, 24 / 9]]),
                    "s": f32([3, 4]),
                },
                "pairs_counted_once": {"s": f32([4.5, 9])},
            },
        ),
        Case(
            name="classes in ascending order",
            teaches="The classes come in ascending order, whatever order they appear in.",
            # class 5: (0,0) (0,0) (0,3): 0, 9, 9, each twice: 36: s = 36/6 = 6, d = 36/9 = 4. class -2: (4,0) (4,3) (4,6):
            # 9, 9, 36: s = 108/6 = 18, d = 108/9 = 12. Between: 9·16 + 2(0+9+36) + (9+0+9) = 252: 252/9 = 28.
            inputs={
                "features": f32([[0, 0], [4, 0], [0, 0], [4, 3], [0, 3], [4, 6]]),
                "labels": i64([5, -2, 5, -2, 5, -2]),
            },
            expected={"classes": i64([-2, 5]), "d": f32([[12, 28], [28, 4]]), "s": f32([18, 6])},
            why="Class −2 holds (4,0), (4,3), (4,6): s = 2(9+9+36)/6 = 18; class 5 holds (0,0) twice and (0,3): "
            "s = 2(0+9+9)/6 = 6; between them (9·16 + 2·45 + 18)/9 = 28.",
            mistakes={
                "order_of_appearance": {
                    "classes": i64([5, -2]),
                    "d": f32([[4, 28], [28, 12]]),
                    "s": f32([6, 18]),
                },
                "s_divided_by_n_squared": {"s": f32([12, 4])},
                "pairs_counted_once": {"s": f32([9, 3])},
            },
        ),
        Case(
            name="unit vectors",
            teaches="On the unit sphere squared distances run from 0 to 4.",
            # (1,0)-(0.6,0.8): 0.16+0.64 = 0.8. (-1,0)-(-0.6,-0.8): 0.8. Across: 4, 2.56+0.64 = 3.2, 3.2, 1.44+2.56 = 4.
            # (0,1) twice: 0 apart; (2+2+0.4+0.4)/4 = 1.2 from the first class, (2+2+3.6+3.6)/4 = 2.8 from the second.
            inputs={
                "features": f32([[1, 0], [0.6, 0.8], [-1, 0], [-0.6, -0.8], [0, 1], [0, 1]]),
                "labels": i64([0, 0, 1, 1, 2, 2]),
            },
            expected={
                "classes": i64([0, 1, 2]),
                "d": f32([[0.4, 3.6, 1.2], [3.6, 0.4, 2.8], [1.2, 2.8, 0]]),
                "s": f32([0.8, 0.8, 0]),
            },
            why="‖(1,0) − (0.6,0.8)‖² = 0.16 + 0.64 = 0.8; d_01 = (4 + 3.2 + 3.2 + 4)/4 = 3.6, "
            "d_02 = (2 + 2 + 0.4 + 0.4)/4 = 1.2, d_12 = (2 + 2 + 3.6 + 3.6)/4 = 2.8.",
        ),
    ),
    hints=(
        "Everything comes from one B × B table of squared distances, averaged over blocks.",
        "With a table M of ones and zeros, M[p, i] = 1 if sample i belongs to class p, the sum over a block is "
        "M @ D @ M.T; divide by n_p n_q.",
        "classes, row, n = labels.unique(return_inverse=True, return_counts=True); M = one_hot(row).T.to(features); "
        'D = torch.cdist(features, features, compute_mode="donot_use_mm_for_euclid_dist") ** 2; total = M @ D @ M.T; '
        "d = total / (n[:, None] * n); s = total.diagonal() / (n * n - n). For gradients prefer squared differences to "
        "the square of cdist.",
    ),
)

TREE_LEVEL = Exercise(
    name="hierarchical.tree_level",
    title="The level at which two classes meet",
    points=1,
    target=LEVEL,
    cases=(
        Case(
            name="two alphabets",
            teaches="0 for the same character, 1 within an alphabet, 2 across alphabets.",
            # Characters 0, 1 belong to alphabet 0; characters 2, 3, 4 to alphabet 1.
            inputs={
                "class_a": i64([0, 0, 0, 3, 2, 1]),
                "class_b": i64([0, 1, 2, 4, 2, 4]),
                "alphabet_of": i64([0, 0, 1, 1, 1]),
            },
            expected={"level": i64([0, 1, 2, 1, 0, 2])},
            why="0-0 and 2-2 are the same character; 0-1 and 3-4 share an alphabet; 0-2 and 1-4 meet at the root.",
            mistakes={
                "level_counted_from_root": {"level": i64([2, 1, 0, 1, 2, 0])},
                "same_character_is_level_one": {"level": i64([1, 1, 2, 1, 1, 2])},
                "alphabets_ignored": {"level": i64([0, 2, 2, 2, 0, 2])},
            },
        ),
        Case(
            name="alphabets in any order",
            teaches="Neighbouring class numbers need not share an alphabet.",
            inputs={"class_a": i64([0, 0, 1, 3]), "class_b": i64([2, 1, 3, 3]), "alphabet_of": i64([7, 3, 7, 3])},
            expected={"level": i64([1, 2, 1, 0])},
            why="Characters 0 and 2 belong to alphabet 7, characters 1 and 3 to alphabet 3.",
            mistakes={"alphabets_ignored": {"level": i64([2, 2, 2, 0])}},
        ),
        Case(
            name="a table of pairs",
            teaches="The result has the shape of its arguments.",
            inputs={
                "class_a": i64([[0, 0], [1, 1]]),
                "class_b": i64([[0, 1], [0, 1]]),
                "alphabet_of": i64([0, 0]),
            },
            expected={"level": i64([[0, 1], [1, 0]])},
            why="Two characters of one alphabet: 0 on the diagonal, 1 beside it.",
            mistakes={"same_character_is_level_one": {"level": i64([[1, 1], [1, 1]])}},
        ),
    ),
    hints=(
        "The tree has three levels and never changes: no tree is needed, two comparisons are enough.",
        "Start from 2 and subtract 1 for each thing the two classes share: the alphabet, the character.",
        "return 2 - (alphabet_of[class_a] == alphabet_of[class_b]).long() - (class_a == class_b).long()",
    ),
)

# Three classes of unit vectors; classes 0 and 1 share an alphabet.
#   class 0: (1,0) (0.6,0.8)       s_0 = 0.16+0.64 = 0.8
#   class 1: (0,1) (0.6,0.8)       s_1 = 0.36+0.04 = 0.4
#   class 2: (-1,0) (-1,0)         s_2 = 0            d_0 = (0.8+0.4+0)/3 = 0.4
# With L = 4: (4-0.4)/4 = 0.9 a level, so d_1 = 1.3 and d_2 = 2.2.
# With L = 16: 0.225 a level, so d_1 = 0.625 and d_2 = 0.85.
SPHERE = f32([[1, 0], [0.6, 0.8], [0, 1], [0.6, 0.8], [-1, 0], [-1, 0]])
SPHERE_LABELS = i64([0, 0, 1, 1, 2, 2])
SPHERE_ALPHABETS = i64([0, 0, 1])

VIOLATE_MARGIN = Exercise(
    name="hierarchical.violate_margin",
    title="The violate margin",
    points=1,
    target=MARGIN,
    needs=("hierarchical.class_distances", "hierarchical.tree_level"),
    cases=(
        Case(
            name="four triplets",
            teaches="The margin grows with the level at which the classes meet and shrinks with the spread of the "
            "anchor's class.",
            inputs={
                "features": SPHERE,
                "labels": SPHERE_LABELS,
                "anchor_labels": i64([0, 1, 0, 2]),
                "negative_labels": i64([1, 0, 2, 1]),
                "alphabet_of": SPHERE_ALPHABETS,
                "beta": 0.3,
                "levels": 4,
            },
            gradient=True,
            # 0.3+1.3-0.8, 0.3+1.3-0.4, 0.3+2.2-0.8, 0.3+2.2-0.
            expected={"margin": f32([0.8, 1.2, 1.7, 2.5]), "gradient": np.ones_like(SPHERE)},
            why="s = 0.8, 0.4, 0, so d_0 = 0.4 and, with L = 4, d_1 = 1.3, d_2 = 2.2. "
            "0.3 + 1.3 − 0.8, 0.3 + 1.3 − 0.4, 0.3 + 2.2 − 0.8, 0.3 + 2.2 − 0. A constant margin adds nothing to the "
            "gradient of margin.sum() + features.sum().",
            mistakes={
                "constant_level": {"margin": f32([1.7, 2.1, 1.7, 2.5])},
                "anchor_negative_swapped": {"margin": f32([1.2, 0.8, 2.5, 2.1])},
                # 0.3+0.625-0.8, 0.3+0.625-0.4, 0.3+0.85-0.8, 0.3+0.85.
                "levels_ignored": {"margin": f32([0.125, 0.525, 0.35, 1.15])},
                # (4-0.4)/2 = 1.8 a level: d_1 = 2.2, d_2 = 4. 0.3+2.2-0.8, 0.3+2.2-0.4, 0.3+4-0.8, 0.3+4.
                "levels_of_the_tree": {"margin": f32([1.7, 2.1, 3.5, 4.3])},
                # ∂d_l/∂d_0 = 1 - l/L = .75, .75, .5, .5: together 2.5, a third of it to each s. Less the anchors' own s:
                # 5/6-2 = -7/6 to s_0, 5/6-1 = -1/6 to s_1. ∂s_0/∂row0 = 2(.4,-.8), ∂s_1/∂row2 = 2(-.6,.2).
                "keeps_gradient": {
                    "gradient": f32(
                        [
                            [1 - 7 / 6 * 0.8, 1 + 7 / 6 * 1.6],
                            [1 + 7 / 6 * 0.8, 1 - 7 / 6 * 1.6],
                            [1 + 1.2 / 6, 1 - 0.4 / 6],
                            [1 - 1.2 / 6, 1 + 0.4 / 6],
                            [1, 1],
                            [1, 1],
                        ]
                    )
                },
                # d: 0.4, 0.2, 0 on the diagonal, 0.8, 3.6, 2.6 beside it, so its mean is (0.6+14)/9 = 1.622222,
                # d_1 = 2.216667 and d_2 = 2.811111.
                "d0_over_all_distances": {"margin": f32([1.716667, 2.116667, 2.311111, 3.111111])},
            },
        ),
        Case(
            name="a negative margin",
            teaches="A wide class makes the margin negative.",
            # class 0: (1,0) (-0.6,0.8): s_0 = 2.56+0.64 = 3.2; class 1: (0,1) twice: s_1 = 0. d_0 = 1.6;
            # (4-1.6)/16 = 0.15: d_1 = 1.75. 0.1+1.75-3.2 = -1.35 and 0.1+1.75-0 = 1.85.
            inputs={
                "features": f32([[1, 0], [-0.6, 0.8], [0, 1], [0, 1]]),
                "labels": i64([0, 0, 1, 1]),
                "anchor_labels": i64([0, 1]),
                "negative_labels": i64([1, 0]),
                "alphabet_of": i64([3, 3]),
                "beta": 0.1,
                "levels": 16,
            },
            gradient=True,
            expected={"margin": f32([-1.35, 1.85]), "gradient": np.ones((4, 2), np.float32)},
            why="s = 3.2 and 0, d_0 = 1.6, d_1 = 1.6 + 2.4/16 = 1.75: 0.1 + 1.75 − 3.2 = −1.35 and 0.1 + 1.75 = 1.85.",
            mistakes={"clamped_at_zero": {"margin": f32([0, 1.85])}},
        ),
        Case(
            name="gaps in the labels",
            teaches="The classes of a batch are a few out of many, and not each has an anchor: labels are not rows of s.",
            # The classes of SPHERE are now 0, 2 and 3, so s[2] is the s of class 3 (0), not that of class 2 (0.4).
            # Characters 0 and 2 share an alphabet; 3 has its own. L = 4.
            # (2,0): 0.1+1.3-0.4 = 1.0; (2,3), twice: 0.1+2.2-0.4 = 1.9. Class 0 is no anchor. d_0 = 0.4 is not the mean of s
            # over the negatives, (0.8+0+0)/3.
            inputs={
                "features": SPHERE,
                "labels": i64([0, 0, 2, 2, 3, 3]),
                "anchor_labels": i64([2, 2, 2]),
                "negative_labels": i64([0, 3, 3]),
                "alphabet_of": i64([5, 8, 5, 8, 9]),
                "beta": 0.1,
                "levels": 4,
            },
            gradient=True,
            expected={"margin": f32([1.0, 1.9, 1.9]), "gradient": np.ones_like(SPHERE)},
            why="s belongs to the classes 0, 2, 3: s of class 2 is 0.4, its second entry. 0.1 + 1.3 − 0.4, "
            "0.1 + 2.2 − 0.4 twice.",
            # With s[2] = 0: 0.1+1.3 = 1.4, 0.1+2.2 = 2.3.
            mistakes={"label_as_row": {"margin": f32([1.4, 2.3, 2.3])}},
        ),
        Case(
            name="classes of two sizes, mixed up",
            teaches="d_0 is a mean over the classes, however many samples each of them has.",
            # class 7: (1,0) (0.6,0.8): s = 0.8. class 2: (-1,0) three times, (-0.6,0.8): of 12 ordered pairs 6 at 0.8, so
            # s = 4.8/12 = 0.4. d_0 = 1.2/2 = 0.6; (4-0.6)/4 = 0.85: d_1 = 1.45. 0.3+1.45-0.8 and 0.3+1.45-0.4.
            inputs={
                "features": f32([[-1, 0], [1, 0], [-1, 0], [-0.6, 0.8], [0.6, 0.8], [-1, 0]]),
                "labels": i64([2, 7, 2, 2, 7, 2]),
                "anchor_labels": i64([7, 2]),
                "negative_labels": i64([2, 7]),
                "alphabet_of": i64([0, 0, 6, 0, 0, 0, 0, 6]),
                "beta": 0.3,
                "levels": 4,
            },
            gradient=True,
            expected={"margin": f32([0.95, 1.35]), "gradient": np.ones((6, 2), np.float32)},
            why="s = 0.4 for class 2 (6 of its 12 ordered pairs lie at 0.8), 0.8 for class 7: d_0 = (0.4 + 0.8)/2 = 0.6, "
            "d_1 = 0.6 + 3.4/4 = 1.45. 0.3 + 1.45 − 0.8 and 0.3 + 1.45 − 0.4.",
            # d_0 = (4·0.4 + 2·0.8)/6 = 0.533333; 3.466667/4 = 0.866667: d_1 = 1.4.
            mistakes={"d0_over_samples": {"margin": f32([0.9, 1.3])}},
        ),
    ),
    hints=(
        "Three numbers make the margin: β, the threshold of the level at which the two classes meet, and s of the "
        "anchor's class.",
        "classes, _, s = class_distances(features, labels); d_0 = s.mean(); torch.searchsorted(classes, anchor_labels) "
        "finds the row of each anchor's class. All of it under torch.no_grad().",
        "level = tree_level(anchor_labels, negative_labels, alphabet_of); threshold = level * (4 - d_0) / levels + d_0; "
        "return beta + threshold - s[torch.searchsorted(classes, anchor_labels)]",
    ),
)

# On SPHERE with L = 4, four triplets (anchor, positive, negative rows) with the margins worked out above:
#   (0,1,2): 0.8 - 2   + 0.8 = -0.4 -> 0
#   (1,0,3): 0.8 - 0   + 0.8 =  1.6
#   (2,3,1): 0.4 - 0.4 + 1.2 =  1.2
#   (4,5,2): 0   - 2   + 2.5 =  0.5
SPHERE_IDS = i64([[0, 1, 2, 4], [1, 0, 3, 5], [2, 3, 1, 2]])
SPHERE_LOSS_INPUTS = {
    "features": SPHERE,
    "labels": SPHERE_LABELS,
    "ids": SPHERE_IDS,
    "alphabet_of": SPHERE_ALPHABETS,
    "beta": 0.3,
    "levels": 4,
}
# The same, the rows in the order 4, 0, 2, 1, 5, 3, the classes 0, 1, 2 named 2, 5, 9; class 9 is one point, three times.
# One more triplet, whose anchor another one has, too: |(0,1)-(0.6,0.8)|² - |(0,1)-(-1,0)|² = 0.4 - 2, and its margin is
# 0.3+2.2-0.4 = 2.1: 0.5.
MIXED_LOSS_INPUTS = {
    "features": f32([[-1, 0], [1, 0], [0, 1], [0.6, 0.8], [-1, 0], [0.6, 0.8], [-1, 0]]),
    "labels": i64([9, 2, 5, 2, 9, 5, 9]),
    "ids": i64([[1, 3, 2, 0, 2], [3, 1, 5, 4, 5], [2, 5, 3, 2, 0]]),
    "alphabet_of": i64([0, 0, 3, 0, 0, 3, 0, 0, 0, 1]),
    "beta": 0.3,
    "levels": 4,
}

# The loss calls violate_margin, or makes its margins of the first two itself.
ALL_BEFORE = ("hierarchical.class_distances", "hierarchical.tree_level", "hierarchical.violate_margin")

LOSS = Exercise(
    name="hierarchical.loss",
    title="The hierarchical triplet loss",
    points=1,
    target=CRITERION,
    needs=ALL_BEFORE,
    cases=(
        Case(
            name="four triplets",
            teaches="The mean over all triplets of a hinge with squared distances and a margin of its own.",
            inputs=SPHERE_LOSS_INPUTS,
            expected={"loss": f32(0.825)},
            why="0.8 − 2 + 0.8 < 0 counts 0; 0.8 − 0 + 0.8 = 1.6; 0.4 − 0.4 + 1.2 = 1.2; 0 − 2 + 2.5 = 0.5: "
            "(0 + 1.6 + 1.2 + 0.5)/4 = 0.825.",
            mistakes={
                "unsquared_distances": {
                    # √0.8-√2+0.8 = 0.280214; √0.8+0.8 = 1.694427; 1.2; -√2+2.5 = 1.085786: 4.260427/4.
                    "loss": f32(1.065107)
                },
                "mean_over_active": {"loss": f32(1.1)},  # 3.3/3
                # Mean margin (0.8+0.8+1.2+2.5)/4 = 1.325: 0.125, 2.125, 1.325, 0: 3.575/4.
                "mean_margin": {"loss": f32(0.89375)},
                # Margins of the pairs (1,0) twice, (0,1), (1,2): 1.2, 1.2, 0.8, 0.3+2.2-0.4 = 2.1. 0.8-2+1.2 = 0;
                # 0.8+1.2 = 2; 0.4-0.4+0.8 = 0.8; -2+2.1 = 0.1: 2.9/4.
                "anchor_and_negative_labels_swapped": {"loss": f32(0.725)},
                # With L = 16 and β = 0.1, margins 0.1+0.625-0.8 = -0.075 twice, 0.1+0.625-0.4 = 0.325, 0.1+0.85 = 0.95:
                # 0.8-2-0.075 < 0; 0.8-0.075 = 0.725; 0.325; -2+0.95 < 0: 1.05/4.
                "defaults_not_arguments": {"loss": f32(0.2625)},
                "sum_not_mean_loss": {"loss": f32(3.3)},
                # The margins stand beside the triplets in reverse: -2+0.8 < 0; 0+0.8; 0.8+1.2 = 2; -1.2+2.5 = 1.3: 4.1/4.
                "asks_the_sampler_twice": {"loss": f32(1.025)},
            },
        ),
        Case(
            name="a negative margin",
            teaches="A negative margin stays negative.",
            # The points of violate_margin's second case: class 0 is (1,0) (-0.6,0.8), class 1 is (0,1) twice; margin
            # -1.35. (0,1,2): 3.2 - 2 - 1.35 = -0.15 -> 0. (1,0,2): 3.2 - (0.36+0.04) - 1.35 = 1.45.
            inputs={
                "features": f32([[1, 0], [-0.6, 0.8], [0, 1], [0, 1]]),
                "labels": i64([0, 0, 1, 1]),
                "ids": i64([[0, 1], [1, 0], [2, 2]]),
                "alphabet_of": i64([3, 3]),
                "beta": 0.1,
                "levels": 16,
            },
            expected={"loss": f32(0.725)},
            why="The margin of class 0 is 0.1 + 1.75 − 3.2 = −1.35: (max(3.2 − 2 − 1.35, 0) + 3.2 − 0.4 − 1.35)/2 = 0.725.",
            mistakes={"margin_clamped": {"loss": f32(2)}},  # (1.2 + 2.8)/2
        ),
        Case(
            name="used again",
            teaches="Every batch has triplets of its own.",
            hints=(
                "Which of your values were made when the criterion was, and which are made anew for every batch?",
                "The sampler, alphabet_of, β and L stay for all batches. Triplets, margins and terms belong to one batch: "
                "local variables of `forward`, nothing on self.",
                "a, p, n = self.sampler_inbatch.sample_ids(features, labels) as the first line of `forward`.",
            ),
            inputs=SPHERE_LOSS_INPUTS,
            # class 0: (0,1) (0.6,0.8), s = 0.36+0.04 = 0.4. class 2: (1,0) (0.6,-0.8), s = 0.16+0.64 = 0.8. d_0 = 0.6,
            # (4-0.6)/4 = 0.85: d_2 = 2.3, the margins are 0.3+2.3-0.4 = 2.2 and 0.3+2.3-0.8 = 1.8.
            # (1,0,3): 0.4 - 2.56 + 2.2 = 0.04. (3,2,0): 0.8 - (0.36+3.24) + 1.8 < 0. (0,1,2): 0.4 - 2 + 2.2 = 0.6.
            # (2,3,1): 0.8 - (0.16+0.64) + 1.8 = 1.8.
            before={
                "features": f32([[0, 1], [0.6, 0.8], [1, 0], [0.6, -0.8]]),
                "labels": i64([0, 0, 2, 2]),
                "ids": i64([[1, 3, 0, 2], [0, 2, 1, 3], [3, 0, 2, 1]]),
            },
            expected_before={"loss": f32(0.61)},
            expected={"loss": f32(0.825)},
            why="The four triplets of the first case. The batch before had two classes and as many triplets: "
            "(0.04 + 0 + 0.6 + 1.8)/4 = 0.61.",
            # Here (1,0,3) costs 1.6, (3,2,0) 0.4 - 0.8 + 1.2 = 0.8, (0,1,2) nothing and (2,3,1) 1.2.
            mistakes={"keeps_the_first_triplets": {"loss": f32(0.9)}},
        ),
        Case(
            name="any labels",
            teaches="Labels are names, in any order; classes may differ in size, and a sample may be in several triplets.",
            inputs=MIXED_LOSS_INPUTS,
            expected={"loss": f32(0.76)},
            why="The points and triplets of the first case, mixed up, and one with the anchor of another: "
            "0.4 − 2 + 2.1 = 0.5; (0 + 1.6 + 1.2 + 0.5 + 0.5)/5 = 0.76.",
        ),
        Case(
            name="three coordinates",
            teaches="A squared distance is a sum, however many coordinates there are; all triplets weigh the same.",
            # class 0: (1,0,0) (.6,.8,0), s = 0.16+0.64 = 0.8. class 1: (0,0,1) (0,.6,.8), s = 0.36+0.04 = 0.4. d_0 = 0.6,
            # (4-0.6)/4 = 0.85: d_2 = 2.3, the margins are 0.3+2.3-0.8 = 1.8 and 0.3+2.3-0.4 = 2.2.
            # |a-n|²: (1,3) and (3,1) 0.36+0.04+0.64 = 1.04, all others 2.
            # (0,1,2): 0.8-2+1.8 = 0.6. (1,0,3): 0.8-1.04+1.8 = 1.56. (1,0,2): 0.6. (2,3,0): 0.4-2+2.2 = 0.6.
            # (3,2,1): 0.4-1.04+2.2 = 1.56.
            inputs={
                "features": f32([[1, 0, 0], [0.6, 0.8, 0], [0, 0, 1], [0, 0.6, 0.8]]),
                "labels": i64([0, 0, 1, 1]),
                "ids": i64([[0, 1, 1, 2, 3], [1, 0, 0, 3, 2], [2, 3, 2, 0, 1]]),
                "alphabet_of": i64([0, 1]),
                "beta": 0.3,
                "levels": 4,
            },
            expected={"loss": f32(0.984)},
            why="Margins 0.3 + 2.3 − s = 1.8 and 2.2: 0.8 − 2 + 1.8 = 0.6; 0.8 − 1.04 + 1.8 = 1.56; 0.6; 0.4 − 2 + 2.2 = "
            "0.6; 0.4 − 1.04 + 2.2 = 1.56: 4.92/5 = 0.984.",
        ),
        Case(
            name="all in one alphabet",
            teaches="β and L are those the criterion was made with.",
            # L = 16, β = 0.5: d_1 = 0.625. Margins 0.5+0.625-s: 0.325 (class 0), 0.725 (class 1), 1.125 (class 2).
            # (0,1,2): 0.8-2+0.325 < 0; (1,0,3): 0.8+0.325 = 1.125; (2,3,1): 0.725; (4,5,2): -2+1.125 < 0.
            inputs={**SPHERE_LOSS_INPUTS, "alphabet_of": i64([2, 2, 2]), "beta": 0.5, "levels": 16},
            expected={"loss": f32(0.4625)},
            why="d_1 = 0.4 + 3.6/16 = 0.625, margins 1.125 − s: (0 + 1.125 + 0.725 + 0)/4 = 0.4625.",
            mistakes={"mean_over_active": {"loss": f32(0.925)}, "sum_not_mean_loss": {"loss": f32(1.85)}},
        ),
    ),
    hints=(
        "torch's triplet_margin_loss refuses a margin per triplet, and its distances are not squared: write the hinge.",
        "The sampler's sample_ids gives three tensors of row numbers; labels[anchor] and labels[negative] go to "
        "violate_margin.",
        "a, p, n = sampler.sample_ids(features, labels); margin = violate_margin(features, labels, labels[a], labels[n], "
        "alphabet_of, beta, levels); positive = (features[a] - features[p]).square().sum(1), negative likewise; "
        "return (positive - negative + margin).clamp(min=0).mean()",
    ),
)

GRADIENTS = Exercise(
    name="hierarchical.gradients",
    title="The hierarchical triplet loss: its gradient",
    points=1,
    target=CRITERION,
    needs=ALL_BEFORE,
    cases=(
        Case(
            name="four triplets",
            teaches="The gradient runs through the distances, never through the margin.",
            inputs=SPHERE_LOSS_INPUTS,
            gradient=True,
            # An open hinge gives, over 4: anchor (n-p)/2, positive (p-a)/2, negative (a-n)/2.
            # (1,0,3): row 1 (-.2,.4), row 0 (.2,-.4), row 3 0.   (2,3,1): row 2 0, row 3 (.3,-.1), row 1 (-.3,.1).
            # (4,5,2): row 4 (.5,.5), row 5 0, row 2 (-.5,-.5).
            expected={
                "loss": f32(0.825),
                "gradient": f32([[0.2, -0.4], [-0.5, 0.5], [-0.5, -0.5], [0.3, -0.1], [0.5, 0.5], [0, 0]]),
            },
            why="Each open hinge adds (n − p)/2 to its anchor, (p − a)/2 to its positive, (a − n)/2 to its negative; "
            "row 1, for one: ((0.6, 0.8) − (1, 0))/2 + ((0, 1) − (0.6, 0.8))/2 = (−0.5, 0.5).",
            mistakes={
                # ∂margin/∂d_0 = 1 - l/L = .75, .75, .5 over the open hinges: 2/4 = 1/2, a third of it to each s; each
                # own s has -1/4: 1/6 - 1/4 = -1/12 for every s. ∂s_0/∂row0 = 2(.4,-.8), ∂s_1/∂row2 = 2(-.6,.2).
                "gradient_through_margin": {
                    "gradient": f32(
                        [
                            [0.2 - 0.8 / 12, -0.4 + 1.6 / 12],
                            [-0.5 + 0.8 / 12, 0.5 - 1.6 / 12],
                            [-0.5 + 1.2 / 12, -0.5 - 0.4 / 12],
                            [0.3 - 1.2 / 12, -0.1 + 0.4 / 12],
                            [0.5, 0.5],
                            [0, 0],
                        ]
                    )
                },
            },
        ),
        Case(
            name="any labels",
            teaches="Labels are names, in any order; a sample may be in several triplets.",
            inputs=MIXED_LOSS_INPUTS,
            gradient=True,
            # Each open hinge over 5: anchor 2(n-p)/5, positive 2(p-a)/5, negative 2(a-n)/5. Four as in the first case, times
            # 4/5: (.4,.4) (.16,-.32) (-.4,-.4) (-.4,.4) (0,0) (.24,-.08) (0,0). And (2,5,0): row 2 .4(-1.6,-.8) =
            # (-.64,-.32), row 5 .4(.6,-.2) = (.24,-.08), row 0 .4(1,1).
            expected={
                "loss": f32(0.76),
                "gradient": f32(
                    [[0.8, 0.8], [0.16, -0.32], [-1.04, -0.72], [-0.4, 0.4], [0, 0], [0.48, -0.16], [0, 0]]
                ),
            },
            why="The points and triplets of the first case, mixed up, so four fifths of their gradient. One more hinge is "
            "open, (2, 5, 0): it adds 2(n − p)/5 = (−0.64, −0.32) to row 2, 2(p − a)/5 = (0.24, −0.08) to row 5 and "
            "2(a − n)/5 = (0.4, 0.4) to row 0.",
        ),
        Case(
            name="nothing to learn",
            teaches="Triplets that keep their margin give neither loss nor gradient.",
            hints=(
                "Here no triplet is open. What does your code divide by, and of what does it take a square root?",
                "The mean over all triplets is 0 here; one over the open triplets would be 0/0. The gradient of a square "
                "root, and so of a norm, is not finite at 0: sum squares, and take no root.",
                "(features[a] - features[p]).square().sum(1), and at the end .clamp(min=0).mean().",
            ),
            # L = 16, β = 0.3, one alphabet: margin of class 0 is 0.3+0.625-0.8 = 0.125. (0,1,2): 0.8-2+0.125 < 0.
            inputs={
                **SPHERE_LOSS_INPUTS,
                "ids": i64([[0], [1], [2]]),
                "alphabet_of": i64([2, 2, 2]),
                "levels": 16,
            },
            gradient=True,
            expected={"loss": f32(0), "gradient": f32([[0, 0]] * 6)},
            why="The one triplet: 0.8 − 2 + 0.125 < 0.",
        ),
    ),
    hints=(
        "What the network can change is the distances. The margin only says how far apart they should be.",
        "Compute the margin under torch.no_grad(), or detach it, inside violate_margin.",
        "with torch.no_grad(): margin = violate_margin(...); the distances stay outside of the block.",
    ),
)

EXERCISES = (CLASS_DISTANCES, TREE_LEVEL, VIOLATE_MARGIN, LOSS, GRADIENTS)
