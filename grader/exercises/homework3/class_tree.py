"""The paper's whole method (arXiv 1810.06951), in four parts that give no points, with their visible cases.

Every number was computed by hand; the arithmetic stands beside it.
"""

import numpy as np

from grader.drawing import ROW, Drawing
from grader.exercises import LIBRARIES
from grader.exercises.batch import batch
from grader.exercises.homework3._hinges import TRIPLET_HINGE, draw_hinges, triplet_hinges, wrong_number
from grader.exercises.homework3.hierarchical import class_pair
from grader.exercises.plane import BELOW, LEFT, TOP, WIDTH, Panel, gradients
from grader.model import Arrays, Case, Exercise, Target, f32, i64, positional

SECTION = "4.8"

MERGE_LEVELS = Target(
    name="merge_levels",
    outputs=("level",),
    prepare=positional("d", "s", "levels"),
    shapes="The levels are (P, P): a row and a column for every class, as in d.",
    place=class_pair,
    third_party=LIBRARIES,
    mistakes={
        "direct_distances": "You look at the distance of the two classes alone; they also meet by way of others, each "
        "step of the chain being below the threshold.",
        "complete_linkage": "You join two nodes when all of their classes are near enough; one pair of classes suffices.",
        "own_class_has_a_level": "A class and itself have level 0, whatever stands on the diagonal of d.",
        "one_detour": "You allow one class in between; a chain may have any number of steps.",
        "detours_in_the_inner_loop": "You look for a class in between once for each pair, before longer ways are known: let "
        "the class in between be the outermost loop, or repeat until nothing changes.",
        "threshold_included": "You join classes at exactly the threshold; they must be nearer than it: d < d_l.",
        "always_sixteen_levels": "Your thresholds are those of L = 16 whatever is asked for; use the argument levels.",
        "thresholds_from_zero": "Your thresholds climb from 0; they start from d_0, the mean of s.",
        "beyond_the_root": "There is no level above L: it is the root, and holds all classes, however far apart.",
        "starts_at_level_one": "Your tree begins at level 1; classes nearer than d_0, and chains of them, meet at level 0.",
    },
)

TREE_MARGIN = Target(
    name="tree_margin",
    outputs=("margin",),
    prepare=positional("level", "s", "beta", "levels"),
    shapes="The margins are (P, P): a row for every class of an anchor, a column for every class of a negative.",
    place=class_pair,
    third_party=LIBRARIES,
    mistakes={
        "spread_of_the_negative": "You subtract s of the column's class; rows are the anchors, and their s is subtracted.",
        "margins_of_sixteen_levels": "Your thresholds are those of L = 16 whatever is asked for; use the argument levels.",
        "start_at_own_spread": "Your thresholds start from the class's own s; d_0 is the mean of s over all classes.",
        "tree_margin_clamped": "You clamp the margin at zero; it may be negative, for a class whose spread is large.",
        "fixed_beta": "You use β = 0.1 whatever is asked for; use the argument beta.",
    },
)

ANCHOR_NEIGHBOURS = Target(
    name="anchor_neighbours",
    outputs=("classes",),
    prepare=positional("d", "anchors", "m"),
    shapes="The classes are (A·m,) for A anchors: m for each, the anchor itself first.",
    third_party=LIBRARIES,
    mistakes={
        "neighbours_in_label_order": "Your neighbours stand in the order of their numbers; the nearest comes first.",
        "dealt_in_rounds": "Your anchors take one neighbour each, round after round; the first anchor takes all of its "
        "m − 1 neighbours before the second takes any.",
        "places_among_the_free": "Your neighbours are places among the free classes; free[place] is the class.",
        "farthest_classes": "You take the classes farthest from the anchor; its neighbours are the nearest ones.",
        "anchors_sorted": "Your anchors are in ascending order; keep the order in which they were given.",
        "one_class_too_many": "You take m neighbours for each anchor; with the anchor itself there are m classes, so m − 1.",
        "classes_twice": "A class that an earlier anchor took is no longer free: no class stands twice in a batch.",
        "anchors_as_neighbours": "All anchors are in the batch from the start: none of them can be another's neighbour.",
        "ties_to_the_last": "Of equally near classes you take the highest number; take the lowest (see argsort's "
        "stable=True).",
        "anchor_taken_for_nearest": "You trust that every class is nearest to itself, but d(p, p) is not 0: put the "
        "anchor in by name.",
    },
)


def _draw_loss(case: Case, given: Arrays) -> str | None:
    """The samples with their rows, and the hinges of all triplets."""
    samples = batch(case)
    if samples is None or not wrong_number(case, given):
        return None
    row, margin = samples.row, case.inputs["margin"]
    same = row[:, None] == row
    ids = np.argwhere((same & ~np.eye(len(row), dtype=bool))[:, :, None] & ~same[:, None]).T  # (3, T)
    hinges = triplet_hinges(samples.features, ids, margin[samples.classes[row[ids[0]]], samples.classes[row[ids[2]]]])
    card = Drawing(WIDTH, BELOW + 2 * ROW)
    panel = Panel(card, LEFT, "rows of the batch", samples.features)
    panel.samples(samples)
    for position, point in enumerate(samples.features):
        card.text(np.add(panel.at(point), (9, -7)), str(position), bold=True)
    words = draw_hinges(card, (376, TOP + 6), TRIPLET_HINGE, hinges, "half of the mean", case, given)
    card.legend(BELOW, [*samples.legend(card), (card.wrong, "differs")])
    return card.svg(case.name, f"The loss over all triplets. {words}")


ALL_TRIPLETS_LOSS = Target(
    name="all_triplets_loss",
    outputs=("loss",),
    prepare=positional("features", "labels", "margin"),
    shapes="The loss is one number: a tensor without dimensions, ().",
    draw=(_draw_loss, gradients),
    third_party=LIBRARIES,
    mistakes={
        "half_forgotten": "Your loss is twice as large: the paper divides by 2Z.",
        "mean_over_violated": "You divide by the number of violated triplets; Z counts all of them.",
        "triplets_summed": "You do not divide by the number of triplets, Z.",
        "margin_transposed": "You read margin[negative, anchor]; rows belong to the anchor's class.",
        "unsquared_triplets": "Your distances are not squared; the margin is in squared units.",
        "anchor_as_positive": "You take the anchor for a positive of its own; leave out the diagonal.",
        "triplet_margin_clamped": "You clamp the margin at zero; it may be negative. The hinge acts on the whole sum.",
        "classes_numbered_anew": "You number the classes of the batch anew; margin has a row for every class there is: read "
        "it at the labels themselves.",
        "rows_taken_for_classes": "You read margin at rows of the batch; its rows and columns are classes: labels[a], "
        "labels[n].",
        "positive_without_gradient": "Your positives get no gradient; it must reach anchors, positives and negatives.",
        "anchor_without_gradient": "Your anchors get no gradient; it must reach anchors, positives and negatives.",
        "negative_without_gradient": "Your negatives get no gradient; it must reach anchors, positives and negatives.",
    },
)

# Distances that are read from a drawing need not come from points: any symmetric table will do.
LEVELS = Exercise(
    name="class_tree.levels",
    title="The level at which two classes meet in the grown tree",
    points=0,
    target=MERGE_LEVELS,
    cases=(
        Case(
            name="a short chain",
            teaches="Classes that are far apart meet early when another class stands between them.",
            # s = 0: d_0 = 0; L = 4: d_l = 0, 1, 2, 3, 4. 0-1: 0.5 < 1: level 1. 1-2: 1.75 < 2: level 2, and 0 is then in
            # the same node, although 3.25 alone would be level 4. Class 3: 3.5 < 4: level 4.
            inputs={
                "d": f32(
                    [[0.25, 0.5, 3.25, 3.5], [0.5, 0.25, 1.75, 3.5], [3.25, 1.75, 0.25, 3.5], [3.5, 3.5, 3.5, 0.25]]
                ),
                "s": f32([0, 0, 0, 0]),
                "levels": 4,
            },
            expected={"level": i64([[0, 1, 2, 4], [1, 0, 2, 4], [2, 2, 0, 4], [4, 4, 4, 0]])},
            why="d_l = 0, 1, 2, 3, 4. 0 and 1 join at level 1 (0.5 < 1), 1 and 2 at level 2 (1.75 < 2), which brings 0 "
            "along; 3 joins at level 4 (3.5 < 4).",
            mistakes={
                "direct_distances": {"level": i64([[0, 1, 4, 4], [1, 0, 2, 4], [4, 2, 0, 4], [4, 4, 4, 0]])},
                # {0, 1} and 2 would wait for the farther of 1.75 and 3.25.
                "complete_linkage": {"level": i64([[0, 1, 4, 4], [1, 0, 4, 4], [4, 4, 0, 4], [4, 4, 4, 0]])},
                "own_class_has_a_level": {"level": i64([[1, 1, 2, 4], [1, 1, 2, 4], [2, 2, 1, 4], [4, 4, 4, 1]])},
            },
        ),
        Case(
            name="a long chain",
            teaches="A chain may have any number of steps.",
            # s = 0 and L = 4 again: every step of 0-4-2-3-1 is 0.5 < 1, all else is 2.5.
            inputs={
                "d": f32(
                    [
                        [0, 2.5, 2.5, 2.5, 0.5],
                        [2.5, 0, 2.5, 0.5, 2.5],
                        [2.5, 2.5, 0, 0.5, 0.5],
                        [2.5, 0.5, 0.5, 0, 2.5],
                        [0.5, 2.5, 0.5, 2.5, 0],
                    ]
                ),
                "s": f32([0, 0, 0, 0, 0]),
                "levels": 4,
            },
            expected={
                "level": i64([[0, 1, 1, 1, 1], [1, 0, 1, 1, 1], [1, 1, 0, 1, 1], [1, 1, 1, 0, 1], [1, 1, 1, 1, 0]])
            },
            why="0-4-2-3-1 in four steps of 0.5 < d_1 = 1: all five classes are one node at level 1.",
            mistakes={
                # With a single class in between, three steps are out of reach until 2.5 < 3.
                "one_detour": {
                    "level": i64([[0, 3, 1, 3, 1], [3, 0, 1, 1, 3], [1, 1, 0, 1, 1], [3, 1, 1, 0, 1], [1, 3, 1, 1, 0]])
                },
                # 0 and 1 have their turn before either is known to reach 2; every later pair finds a class in between.
                "detours_in_the_inner_loop": {
                    "level": i64([[0, 3, 1, 1, 1], [3, 0, 1, 1, 1], [1, 1, 0, 1, 1], [1, 1, 1, 0, 1], [1, 1, 1, 1, 0]])
                },
            },
        ),
        Case(
            name="exactly at a threshold",
            teaches="Nearer than the threshold: strictly, from d_0 on.",
            # s = 0.5, 0.5, 1, 2: d_0 = 1; L = 4: 0.75 a level: d_l = 1, 1.75, 2.5, 3.25, 4.
            # 0-1: 1, not below d_0: level 1. 0-2: 1.75, not below d_1: level 2. 0-3: 3.125: level 3.
            # 1-2 over 0: the longer step is 1.75: level 2. 1-3 and 2-3 over 0: 3.125: level 3.
            inputs={
                "d": f32([[0.25, 1, 1.75, 3.125], [1, 0.25, 3, 3.5], [1.75, 3, 0.5, 3.5], [3.125, 3.5, 3.5, 1]]),
                "s": f32([0.5, 0.5, 1, 2]),
                "levels": 4,
            },
            expected={"level": i64([[0, 1, 2, 3], [1, 0, 2, 3], [2, 2, 0, 3], [3, 3, 3, 0]])},
            why="d_0 = (0.5 + 0.5 + 1 + 2)/4 = 1, d_l = 1, 1.75, 2.5, 3.25, 4. 1 is not below d_0, 1.75 is not below d_1; "
            "3.125 is below d_3. All others meet by way of class 0.",
            mistakes={
                "threshold_included": {"level": i64([[0, 0, 1, 3], [0, 0, 1, 3], [1, 1, 0, 3], [3, 3, 3, 0]])},
                # 3/16 a level: 1, 1.1875, 1.375, 1.5625, of which only 1 is below one.
                "always_sixteen_levels": {"level": i64([[0, 1, 4, 4], [1, 0, 4, 4], [4, 4, 0, 4], [4, 4, 4, 0]])},
                # d_l = 0, 1, 2, 3, 4.
                "thresholds_from_zero": {"level": i64([[0, 2, 2, 4], [2, 0, 2, 4], [2, 2, 0, 4], [4, 4, 4, 0]])},
            },
        ),
        Case(
            name="bottom and top",
            teaches="Classes nearer than d_0, and chains of them, meet at level 0; at level L, the root, all are together.",
            # s = 0.5: d_0 = 0.5; L = 7: 0.5 a level: d_l = 0.5, 1, ..., 4. 0-1-2 in steps of 0.25 < d_0: level 0, although
            # 1.25 < 1.5 alone would be level 2. 3: 0.95 from 2: level 1. 4 lies at 4, which is not below d_7 = 4,
            # but the root holds all.
            inputs={
                "d": f32(
                    [
                        [0.375, 0.25, 1.25, 2.5, 4],
                        [0.25, 0.375, 0.25, 2.5, 4],
                        [1.25, 0.25, 0.375, 0.95, 4],
                        [2.5, 2.5, 0.95, 0.375, 4],
                        [4, 4, 4, 4, 0.375],
                    ]
                ),
                "s": f32([0.5, 0.5, 0.5, 0.5, 0.5]),
                "levels": 7,
            },
            expected={
                "level": i64([[0, 0, 0, 1, 7], [0, 0, 0, 1, 7], [0, 0, 0, 1, 7], [1, 1, 1, 0, 7], [7, 7, 7, 7, 0]])
            },
            why="d_l = 0.5 + l/2. 0, 1 and 2 are a chain in steps of 0.25 < d_0 = 0.5: level 0. 3 joins 2 at level 1 "
            "(0.95 < 1). 4 is not below d_7 = 4, but level 7 is the root, which holds everything.",
            mistakes={
                "starts_at_level_one": {
                    "level": i64([[0, 1, 1, 1, 7], [1, 0, 1, 1, 7], [1, 1, 0, 1, 7], [1, 1, 1, 0, 7], [7, 7, 7, 7, 0]])
                },
                "beyond_the_root": {
                    "level": i64([[0, 0, 0, 1, 8], [0, 0, 0, 1, 8], [0, 0, 0, 1, 8], [1, 1, 1, 0, 8], [8, 8, 8, 8, 0]])
                },
            },
        ),
    ),
    hints=(
        "Take one level at a time, from 0 on. Which pairs are joined by d < d_l alone, and which by a chain of such pairs?",
        "joined = d < d_l is a table of direct steps. For every class `via`, whoever reaches it reaches all that it "
        "reaches: joined |= joined[:, via, None] & joined[via]. The lowest l at which joined[p, q] holds is the level. "
        "For hundreds of classes take scipy: it calls this single linkage.",
        "from scipy.cluster.hierarchy import cophenet, linkage and from scipy.spatial.distance import squareform; "
        "pairs = squareform(d.cpu().double().numpy(), checks=False); "
        'step = torch.from_numpy(squareform(cophenet(linkage(pairs, "single")))) '
        "is the longest step of the best chain; d_l = torch.arange(levels) * (4 - d_0) / levels + d_0; "
        "level = torch.searchsorted(d_l, step, right=True); level.fill_diagonal_(0).",
    ),
)

MARGINS = Exercise(
    name="class_tree.margins",
    title="The margins that follow from the grown tree",
    points=0,
    target=TREE_MARGIN,
    cases=(
        Case(
            name="three classes",
            teaches="Rows are anchors, columns negatives; it is the anchor's spread that is subtracted.",
            # d_0 = (0.8+0.4+0)/3 = 0.4; L = 4: 0.9 a level: d_0 = 0.4, d_1 = 1.3, d_3 = 3.1. Less s, plus 0.1:
            # row 0: 0.1+0.4-0.8, 0.1+1.3-0.8, 0.1+3.1-0.8; row 1: 0.1+1.3-0.4, 0.1+0.4-0.4, 0.1+3.1-0.4;
            # row 2: 0.1+3.1, 0.1+3.1, 0.1+0.4.
            inputs={
                "level": i64([[0, 1, 3], [1, 0, 3], [3, 3, 0]]),
                "s": f32([0.8, 0.4, 0]),
                "beta": 0.1,
                "levels": 4,
            },
            expected={"margin": f32([[-0.3, 0.6, 2.4], [1.0, 0.1, 2.8], [3.2, 3.2, 0.5]])},
            why="d_0 = 0.4 and (4 − 0.4)/4 = 0.9 a level: d_1 = 1.3, d_3 = 3.1. Row 0: 0.1 + (0.4, 1.3, 3.1) − 0.8; row 1: "
            "0.1 + (1.3, 0.4, 3.1) − 0.4; row 2: 0.1 + (3.1, 3.1, 0.4) − 0.",
            mistakes={
                "spread_of_the_negative": {"margin": f32([[-0.3, 1.0, 3.2], [0.6, 0.1, 3.2], [2.4, 2.8, 0.5]])},
                # 0.225 a level: d_1 = 0.625, d_3 = 1.075.
                "margins_of_sixteen_levels": {
                    "margin": f32([[-0.3, -0.075, 0.375], [0.325, 0.1, 0.775], [1.175, 1.175, 0.5]])
                },
                # d_l starts at s: 0.1 + l (4 - s)/4, so 0.8 a level in row 0, 0.9 in row 1, 1 in row 2.
                "start_at_own_spread": {"margin": f32([[0.1, 0.9, 2.5], [1.0, 0.1, 2.8], [3.1, 3.1, 0.1]])},
            },
        ),
        Case(
            name="a negative margin",
            teaches="A wide class makes the margin negative, and it stays so.",
            # d_0 = 1.6; L = 16: 0.15 a level: d_2 = 1.9. Row 0: 0.1+1.6-3.2, 0.1+1.9-3.2; row 1: 0.1+1.9, 0.1+1.6.
            inputs={"level": i64([[0, 2], [2, 0]]), "s": f32([3.2, 0]), "beta": 0.1, "levels": 16},
            expected={"margin": f32([[-1.5, -1.2], [2.0, 1.7]])},
            why="d_0 = 1.6, d_2 = 1.6 + 2·2.4/16 = 1.9: 0.1 + 1.9 − 3.2 = −1.2 and 0.1 + 1.9 − 0 = 2.",
            mistakes={"tree_margin_clamped": {"margin": f32([[0, 0], [2.0, 1.7]])}},
        ),
        Case(
            name="level 0 and the root",
            teaches="At level 0 the threshold is d_0, at the root it is 4; β is the one asked for.",
            # d_0 = 0.5, L = 2: d_2 = 4: 0.25+4-0.5; at level 0, on the diagonal or not, 0.25+0.5-0.5.
            inputs={
                "level": i64([[0, 0, 2], [0, 0, 2], [2, 2, 0]]),
                "s": f32([0.5, 0.5, 0.5]),
                "beta": 0.25,
                "levels": 2,
            },
            expected={"margin": f32([[0.25, 0.25, 3.75], [0.25, 0.25, 3.75], [3.75, 3.75, 0.25]])},
            why="d_0 = 0.5: 0.25 + 0.5 − 0.5 = 0.25. d_2 = 2·(4 − 0.5)/2 + 0.5 = 4: 0.25 + 4 − 0.5 = 3.75.",
            mistakes={"fixed_beta": {"margin": f32([[0.1, 0.1, 3.6], [0.1, 0.1, 3.6], [3.6, 3.6, 0.1]])}},
        ),
    ),
    hints=(
        "It is the margin of 4.3 with another level, for all pairs of classes at once.",
        "A table of thresholds needs nothing but the table of levels; s of the anchor's class belongs to rows: s[:, None].",
        "d_0 = s.mean(); return beta + level * (4 - d_0) / levels + d_0 - s[:, None]",
    ),
)

NEIGHBOURS = Exercise(
    name="class_tree.neighbours",
    title="The classes of an anchor-neighbour batch",
    points=0,
    target=ANCHOR_NEIGHBOURS,
    cases=(
        Case(
            name="two anchors",
            teaches="Each anchor is followed by its nearest classes, from near to far.",
            # Classes on a line at 0, 1, 3, 12, 8, 7, d their squared differences. From class 4, at 8: 5 (1), 3 (16).
            # From class 0: 1 (1), 2 (9).
            inputs={
                "d": f32(
                    [
                        [0, 1, 9, 144, 64, 49],
                        [1, 0, 4, 121, 49, 36],
                        [9, 4, 0, 81, 25, 16],
                        [144, 121, 81, 0, 16, 25],
                        [64, 49, 25, 16, 0, 1],
                        [49, 36, 16, 25, 1, 0],
                    ]
                ),
                "anchors": i64([4, 0]),
                "m": 3,
            },
            expected={"classes": i64([4, 5, 3, 0, 1, 2])},
            why="Nearest to class 4: class 5 at 1, then class 3 at 16. Nearest to class 0: class 1 at 1, then class 2 at 9.",
            mistakes={
                "neighbours_in_label_order": {"classes": i64([4, 3, 5, 0, 1, 2])},
                # From class 4: 1 (49), 2 (25); then from class 0: 3 (144), 5 (49).
                "farthest_classes": {"classes": i64([4, 1, 2, 0, 3, 5])},
                "anchors_sorted": {"classes": i64([0, 1, 2, 4, 5, 3])},
                # Class 2 is the third nearest to class 4; then class 1 alone is left.
                "one_class_too_many": {"classes": i64([4, 5, 3, 2, 0, 1])},
                # Of the free classes 1, 2, 3, 5, class 4 takes those at places 3 and 2; class 0 those at 0 and 1.
                "places_among_the_free": {"classes": i64([4, 3, 2, 0, 0, 1])},
            },
        ),
        Case(
            name="first come, first served",
            teaches="The first anchor takes all of its neighbours, then the second takes its own from what is left.",
            # On a line at 9, 5, 16, 8, 0, 10. From class 1, at 5: 3 (9), 0 (16). From class 5, at 10: 0 (1) and 3 (4) are
            # gone, so 2 (36), 4 (100).
            inputs={
                "d": f32(
                    [
                        [0, 16, 49, 1, 81, 1],
                        [16, 0, 121, 9, 25, 25],
                        [49, 121, 0, 64, 256, 36],
                        [1, 9, 64, 0, 64, 4],
                        [81, 25, 256, 64, 0, 100],
                        [1, 25, 36, 4, 100, 0],
                    ]
                ),
                "anchors": i64([1, 5]),
                "m": 3,
            },
            expected={"classes": i64([1, 3, 0, 5, 2, 4])},
            why="Class 1 takes class 3 at 9 and class 0 at 16. Class 5 is nearer to both, but takes what is left: class 2 "
            "at 36, class 4 at 100.",
            mistakes={
                # 1 takes 3, 5 takes 0; then 1 takes 4 (25), 5 takes 2.
                "dealt_in_rounds": {"classes": i64([1, 3, 4, 5, 0, 2])},
            },
        ),
        Case(
            name="one neighbour for two",
            teaches="No class stands twice in a batch: the anchor that comes first takes it.",
            # On a line at 0, 2, 3, 7, 9. From class 0: class 1 (4). From class 2, at 3: class 1 (1) is gone, class 0 is an
            # anchor (9), so class 3 (16).
            inputs={
                "d": f32(
                    [[0, 4, 9, 49, 81], [4, 0, 1, 25, 49], [9, 1, 0, 16, 36], [49, 25, 16, 0, 4], [81, 49, 36, 4, 0]]
                ),
                "anchors": i64([0, 2]),
                "m": 2,
            },
            expected={"classes": i64([0, 1, 2, 3])},
            why="Class 1 is nearest to both anchors; class 0 takes it, and class 2 takes the next, class 3 at 16.",
            mistakes={"classes_twice": {"classes": i64([0, 1, 2, 1])}},
        ),
        Case(
            name="anchors side by side",
            teaches="An anchor is nobody's neighbour: it is in the batch from the start.",
            # On a line at 0, 1, 5, 9. From class 0: class 1 is an anchor, so class 2 (25). From class 1: class 3 (64).
            inputs={
                "d": f32([[0, 1, 25, 81], [1, 0, 16, 64], [25, 16, 0, 16], [81, 64, 16, 0]]),
                "anchors": i64([0, 1]),
                "m": 2,
            },
            expected={"classes": i64([0, 2, 1, 3])},
            why="Nearest to class 0 is class 1, an anchor itself; then class 2. Class 1 is left with class 3.",
            mistakes={"anchors_as_neighbours": {"classes": i64([0, 1, 1, 2])}},
        ),
        Case(
            name="ties",
            teaches="Of equally near classes, the lowest number.",
            # From class 2 all lie at 1: 0 and 1. m = 3.
            inputs={"d": f32([[0, 1, 1, 1], [1, 0, 1, 1], [1, 1, 0, 1], [1, 1, 1, 0]]), "anchors": i64([2]), "m": 3},
            expected={"classes": i64([2, 0, 1])},
            why="Classes 0, 1 and 3 all lie at 1 from class 2; the two lowest are 0 and 1.",
            mistakes={"ties_to_the_last": {"classes": i64([2, 3, 1])}},
        ),
        Case(
            name="a wide class",
            teaches="The mean distance of a class to itself is not 0: another class may well be nearer.",
            # d_11 = 3 is more than d_10 = 2 and d_12 = 2.5.
            inputs={"d": f32([[0.5, 2, 1], [2, 3, 2.5], [1, 2.5, 0.5]]), "anchors": i64([1]), "m": 2},
            expected={"classes": i64([1, 0])},
            why="The anchor is class 1, whatever d says of it and itself; nearest to it is class 0, at 2.",
            mistakes={"anchor_taken_for_nearest": {"classes": i64([0, 2])}},
        ),
    ),
    hints=(
        "Go through the anchors one by one. Each takes all of its neighbours; keep a record of the classes that are taken.",
        "Before the loop, all anchors are taken. For one anchor: put infinity where a class is taken, sort the row of "
        "distances (stable=True keeps ties in order), take m - 1.",
        "d = d.clone(); d[:, anchors] = torch.inf; then for each anchor: nearest = d[anchor].argsort(stable=True)[: m - 1]; "
        "d[:, nearest] = torch.inf; the batch grows by the anchor and nearest.",
    ),
)

# Two classes of two: class 0 is a = (0,0), b = (0,3); class 1 is c = (4,0), e = (4,1).
# Squared: ab 9, ce 1, ac 16, ae 17, bc 25, be 20. Margin 10 for anchors of class 0, 22 for those of class 1.
#   a: 9-16+10 = 3, 9-17+10 = 2.   b: 9-25+10 < 0, 9-20+10 < 0.
#   c: 1-16+22 = 7, 1-25+22 < 0.   e: 1-17+22 = 6, 1-20+22 = 3.       3+2+7+6+3 = 21, of 8 triplets: 21/16 = 1.3125.
RECTANGLE_INPUTS = {
    "features": f32([[0, 0], [0, 3], [4, 0], [4, 1]]),
    "labels": i64([0, 0, 1, 1]),
    "margin": f32([[0, 10], [22, 0]]),
}

LOSS = Exercise(
    name="class_tree.loss",
    title="The loss over all triplets of a batch",
    points=0,
    target=ALL_TRIPLETS_LOSS,
    cases=(
        Case(
            name="eight triplets",
            teaches="Half of the mean over all triplets, with squared distances; the margin's row is the anchor's class.",
            inputs=RECTANGLE_INPUTS,
            expected={"loss": f32(1.3125)},
            why="Anchors of class 0: 9 − 16 + 10 = 3, 9 − 17 + 10 = 2, twice less than 0; of class 1: 1 − 16 + 22 = 7, "
            "1 − 17 + 22 = 6, 1 − 20 + 22 = 3, once less than 0. 21/(2·8) = 1.3125.",
            mistakes={
                "half_forgotten": {"loss": f32(2.625)},
                "mean_over_violated": {"loss": f32(2.1)},  # 21/10
                "triplets_summed": {"loss": f32(10.5)},
                # a: 9-16+22 = 15, 9-17+22 = 14; b: 9-25+22 = 6, 9-20+22 = 11; c and e, with 10: all closed. 46/16.
                "margin_transposed": {"loss": f32(2.875)},
                # Lengths 3, 1, 4, 4.123106, 5, 4.472136. a: 9, 8.876894; b: 8, 8.527864; c: 19, 18; e: 18.876894,
                # 18.527864. All open: 108.809516/16.
                "unsquared_triplets": {"loss": f32(6.800595)},
            },
        ),
        Case(
            name="unequal classes",
            teaches="Classes differ in size and stand in any order; margin has rows for classes that are not in the "
            "batch, and may be negative.",
            # On a line: class 2 at 0, 1, 3; class 0 at 4, 6. Margin 5 for anchors of class 2, -1 for those of class 0.
            # Anchor 3: 9-1+5 = 13, 9-9+5 = 5 with the positive 0; 4-1+5 = 8, 4-9+5 = 0 with the positive 1.
            # Anchor 1: 4-9+5 = 0 with the positive 3. Anchor 4: 4-1-1 = 2 with the negative 3. All others are below 0.
            # 13+5+8+2 = 28. Triplets: 3·2·2 + 2·1·3 = 18.
            inputs={
                "features": f32([[0], [4], [1], [6], [3]]),
                "labels": i64([2, 0, 2, 0, 2]),
                "margin": f32([[1, 9, -1, 0, 0], [9, 1, 9, 0, 0], [5, 9, 1, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]]),
            },
            expected={"loss": f32(28 / 36)},
            why="Open: anchor 3 with 9 − 1 + 5 = 13, 9 − 9 + 5 = 5, 4 − 1 + 5 = 8; anchor 4 with 4 − 1 − 1 = 2. There are "
            "3·2·2 + 2·1·3 = 18 triplets: 28/36.",
            mistakes={
                # Anchor 3 with itself: 0-1+5 = 4 more; triplets: 3·3·2 + 2·2·3 = 30.
                "anchor_as_positive": {"loss": f32(32 / 60)},
                "triplet_margin_clamped": {"loss": f32(29 / 36)},  # 4-1+0 = 3 instead of 2
                # Classes 0 and 2 taken for 0 and 1: margin 9 throughout. Anchor 0: 9-16+9 = 2; 1: 1-9+9 = 1, 4-9+9 = 4;
                # 3: 17, 9, 12, 4-9+9 = 4; 4: 4-9+9 = 4, 4-1+9 = 12; 6: 4-9+9 = 4. Together 69.
                "classes_numbered_anew": {"loss": f32(69 / 36)},
                # Between rows 0 and 1, 1 and 2 margin 9, all else 0. Anchor 0: 2; 1: 1, 4; 3: 9-1 = 8, 9-9 = 0, 4-1 = 3;
                # 4: 4-9+9 = 4, 4-1 = 3; 6: none. Together 25.
                "rows_taken_for_classes": {"loss": f32(25 / 36)},
            },
        ),
        Case(
            name="nothing violated",
            teaches="Where all triplets keep their margin there is neither loss nor gradient.",
            # Within 1, across at least 81 - and 1 - 81 + 22 < 0.
            inputs={**RECTANGLE_INPUTS, "features": f32([[0, 0], [0, 1], [9, 0], [9, 1]])},
            gradient=True,
            expected={"loss": f32(0), "gradient": f32([[0, 0]] * 4)},
            why="1 − 81 + 22 < 0, and so are all the others.",
        ),
        Case(
            name="the gradient",
            teaches="It reaches anchors, positives and negatives.",
            inputs=RECTANGLE_INPUTS,
            gradient=True,
            # An open triplet gives, over 8: anchor n-p, positive p-a, negative a-n.
            #   (a,b,c): a ( 4,-3), b (0, 3), c (-4, 0)      (a,b,e): a ( 4,-2), b (0, 3), e (-4,-1)
            #   (c,e,a): c (-4,-1), e (0, 1), a ( 4, 0)      (e,c,a): e (-4, 0), c (0,-1), a ( 4, 1)
            #   (e,c,b): e (-4, 3), c (0,-1), b ( 4,-2)
            # a: (16,-4)/8, b: (4,4)/8, c: (-8,-3)/8, e: (-12,3)/8.
            expected={"loss": f32(1.3125), "gradient": f32([[2, -0.5], [0.5, 0.5], [-1, -0.375], [-1.5, 0.375]])},
            why="Each of the five open triplets adds (n − p)/8 to its anchor, (p − a)/8 to its positive, (a − n)/8 to its "
            "negative; row 0, for one: ((4, −3) + (4, −2) + (4, 0) + (4, 1))/8 = (2, −0.5).",
            mistakes={
                # Without the positives' part: b (4,-2)/8, c (-8,-1)/8, e (-12,2)/8.
                "positive_without_gradient": {"gradient": f32([[2, -0.5], [0.5, -0.25], [-1, -0.125], [-1.5, 0.25]])},
                # Without the anchors': a (8,1)/8, b (4,4)/8, c (-4,-2)/8, e (-4,0)/8.
                "anchor_without_gradient": {"gradient": f32([[1, 0.125], [0.5, 0.5], [-0.5, -0.25], [-0.5, 0]])},
                # Without the negatives': a (8,-5)/8, b (0,6)/8, c (-4,-3)/8, e (-8,4)/8.
                "negative_without_gradient": {"gradient": f32([[1, -0.625], [0, 0.75], [-0.5, -0.375], [-1, 0.5]])},
            },
        ),
    ),
    hints=(
        "Start from the table D of squared distances of the batch. A triplet (a, p, n) is two of its entries.",
        "For one anchor a, D[a, own][:, None] - D[a, others] + margin[labels[a], labels[others]] holds all of its hinges, "
        "where own are the other rows of its class. Add them up anchor by anchor, and count them.",
        "All at once: same = labels[:, None] == labels; a, p = same.fill_diagonal_(False).nonzero(as_tuple=True); "
        "hinge = (D[a, p, None] - D[a] + margin[labels[a]][:, labels]).clamp(min=0); other = labels[a, None] != labels; "
        "return (hinge * other).sum() / (2 * other.sum()). With B = 1024 these tables hold 16 million numbers each: if "
        "that is too slow, sort each anchor's positives and find, with torch.searchsorted, how many of them a negative "
        "violates.",
    ),
)

EXERCISES = (LEVELS, MARGINS, NEIGHBOURS, LOSS)
