"""Exercise A, the hard cluster triplet sampler (arXiv 1812.10325), in five graded parts, with its visible cases.

Every number was computed by hand; the arithmetic stands beside it. c_i is the centroid of class i.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from grader.drawing import COLOURS, GREEN, RED, ROW, Drawing, short
from grader.exercises import LIBRARIES
from grader.exercises.batch import batch
from grader.exercises.homework3._hinges import Hinge, draw_hinges, squared, wrong_number
from grader.exercises.plane import BELOW, DASH, LEFT, ROLES, TOP, WIDTH, Panel, gradients, stroke, triplets
from grader.formatting import numbers
from grader.model import Arrays, Case, Exercise, Inputs, NotAnAnswer, StandIn, Target, Use, f32, i64, positional
from grader.stand_ins import same

SECTION = "3"


def _prepare_sampler(sampler: Any, _: Inputs) -> Use:
    """The student hands in a class or one of its objects."""
    sampler = sampler() if isinstance(sampler, type) else sampler
    return lambda inputs: sampler.sample(inputs["features"], inputs["labels"])


def _violation(outputs: Mapping[str, Any], _: Inputs) -> Any:
    """Σ ‖a − p‖² − ‖a − n‖², a scalar that reaches all three outputs."""
    anchor, positive, negative = (value.double() for value in outputs.values())  # (P, D); one cannot subtract bools
    if not anchor.shape == positive.shape == negative.shape:
        shapes = ", ".join(f"{name} {tuple(value.shape)}" for name, value in outputs.items())
        raise NotAnAnswer(f"anchor, positive and negative need one common shape (P, D); yours are {shapes}")
    return (anchor - positive).square().sum() - (anchor - negative).square().sum()


def _class_of_row(case: Case, name: str, place: tuple[int, ...]) -> str:
    expected, row = case.expected, place[0]
    samples = zip(case.inputs["features"], case.inputs["labels"])  # the positive is one of them, and tells the class
    owners = {int(label) for sample, label in samples if np.array_equal(sample, expected["positive"][row])}
    of_class = f"class {owners.pop()}" if len(owners) == 1 else f"row {row}"
    anchor = "" if name == "anchor" else f" (anchor {numbers(expected['anchor'][row])})"
    return f"Your {name} for {of_class}{anchor}"


def _right_triplets(asked: Inputs, right: Mapping[str, Any], own: Any) -> Any:
    class HardClusterTripletsSampler:
        def _check_input_labels(self, labels: Any) -> None:
            pass

        def sample(self, features: Any, labels: Any) -> tuple[Any, Any, Any]:
            if not (same(features, asked["features"]) and same(labels, asked["labels"])):
                return own().sample(features, labels)
            member = (asked["labels"] == asked["labels"].unique()[:, None]).to(features)  # (P, B)
            anchor = member @ features / member.sum(1, keepdim=True)  # (P, D), with its gradient, as all three
            return (
                anchor,
                features[_rows(asked["features"], right["positive"])],
                anchor[_rows(right["anchor"], right["negative"])],
            )

    return HardClusterTripletsSampler


def _rows(table: Any, vectors: Any) -> Any:
    """Where each of the vectors stands in a table of such."""
    return (table == vectors[:, None]).all(dim=2).float().argmax(dim=1)


SAMPLER = Target(
    name="HardClusterTripletsSampler",
    outputs=ROLES,
    prepare=_prepare_sampler,
    called="HardClusterTripletsSampler().sample(features, labels)",
    shapes="Anchor, positive and negative are (P, D) each: a row for every class of the batch, a column for every dimension "
    "of the features.",
    scalar=_violation,
    place=_class_of_row,
    draw=(partial(triplets, any_order=True), gradients),
    points=ROLES,
    free_row_order=True,
    third_party=LIBRARIES,
    stand_in=StandIn(lambda inputs: {name: inputs[name] for name in ("features", "labels")}, _right_triplets),
    mistakes={
        "own_centroid_not_excluded": "Your negative is the centroid of the anchor's own class: it lies at distance 0 from "
        "itself. Exclude the diagonal before you look for the nearest centroid.",
        "excludes_by_distance": "You leave out every centroid at distance 0; another class may have the very same centroid. "
        "Leave out the diagonal.",
        "nearest_positive": "Your positive is the sample nearest to the centroid; the hard positive is the farthest one.",
        "global_mean": "Your anchor is the mean of the whole batch; every class has a centroid of its own.",
        "positive_from_whole_batch": "Your positive is the farthest sample of the batch; look within the anchor's "
        "class only.",
        "detached_centroids": "Your centroids are detached: the gradient reaches the features only through the positive. "
        "Anchor and negative must carry it too.",
        "detached_positive": "Your positive is detached: it must carry its own gradient, too.",
        "remembers_the_last_batch": "Your sampler still holds triplets of the batch before; start from nothing in `sample`.",
        "keeps_the_classes": "Your sampler keeps the classes of its first batch; every batch has classes of its own.",
        "keeps_the_rows": "Your sampler keeps which sample belongs to which class from its first batch; every batch has "
        "labels of its own.",
        "running_mean": "Your sampler mixes the centroids with those of the batch before; a centroid is the mean of this "
        "batch's samples.",
        "smoothed_centroids": "Your sampler mixes the centroids with those of the batch before where there are as many; a "
        "centroid is the mean of this batch's samples.",
        "labels_assumed_sorted": "Your code takes a run of equal neighbouring labels for a class. Labels may be "
        "interleaved: torch.unique(labels, return_inverse=True) gives every sample the row of its class.",
        "equal_class_sizes_assumed": "Your code cuts the batch into parts of equal size; classes may differ in size.",
        "ties_by_appearance": "Of two classes equally near you take the one that appears first; take that of the "
        "lowest label.",
        "label_used_as_index": "Your code uses the label itself as a row number. Labels may be negative or have gaps: "
        "torch.unique(labels, return_inverse=True) gives every sample the row of its class.",
        "sample_as_negative": "Your negative is a sample of another class; here it is the centroid of the nearest class.",
        "farthest_negative": "Your negative is the farthest centroid; the hard negative is the nearest one.",
        "matrix_product_distances": "Your distances come from a matrix product, |a|² + |b|² − 2ab, which loses all digits "
        "when the embeddings lie far from the origin. Subtract the mean of the batch first, and call torch.cdist with "
        'compute_mode="donot_use_mm_for_euclid_dist".',
        "cdist_default": "torch.cdist goes over to a matrix product above 25 rows, and that loses all digits when the "
        'embeddings lie far from the origin, or close together. Ask for compute_mode="donot_use_mm_for_euclid_dist".',
        "normalised_centroids": "Your centroids are scaled to unit length; a centroid is the plain mean.",
        "sum_not_mean": "Your centroid is the sum of its class's features; divide by the number of samples.",
    },
)


def _draw_loss(case: Case, given: Arrays) -> str | None:
    """The paper's loss: each class's way to its farthest sample and to the nearest centroid, and the hinges' sum."""
    samples = batch(case)
    if samples is None or not wrong_number(case, given):
        return None
    alpha, centroids = case.inputs["alpha"], samples.centroids
    card = Drawing(WIDTH, BELOW + 2 * ROW)
    panel = Panel(card, LEFT, "squared distances", samples.features)
    panel.centroids(samples)
    hinges = []
    for p, (label, centre) in enumerate(zip(samples.classes, centroids)):
        own = samples.features[samples.row == p]
        intra, inter = squared(own, centre), squared(centroids, centre)
        inter[p] = np.inf
        for end, value, colour, dash in (
            (own[intra.argmax()], intra.max(), GREEN, None),
            (centroids[inter.argmin()], inter.min(), RED, DASH),
        ):
            start, end = panel.at(centre), panel.at(end)
            card.arrow(start, end, colour, dash)
            card.beside(start, end, short(value))
        hinges.append(Hinge.of(f"class {label}", intra.max(), inter.min(), alpha))
    panel.samples(samples)
    words = draw_hinges(card, (376, TOP + 6), "intra − inter + α", hinges, "sum", case, given)
    symbols = [
        (partial(card.disc, position=len(COLOURS) - 1), "centroid"),
        (partial(stroke, card, GREEN, None), "intra: to the farthest sample"),
        (partial(stroke, card, RED, DASH), "inter: to the nearest centroid"),
        (card.wrong, "differs"),
    ]
    card.legend(BELOW, [*samples.legend(card), *symbols])
    return card.svg(case.name, f"The loss as a sum over the classes. {words}")


CLUSTER_LOSS = Target(
    name="ClusterLoss",
    outputs=("loss",),
    prepare=lambda loss, inputs: positional("features", "labels")(loss(inputs["alpha"]), inputs),
    called="ClusterLoss(alpha)(features, labels)",
    shapes="The loss is one number: a tensor without dimensions, ().",
    draw=(_draw_loss, gradients),
    third_party=LIBRARIES,
    mistakes={
        "unsquared_cluster_loss": "Your distances are not squared; both d^intra and d^inter are squared in the paper.",
        "mean_over_classes": "You average over the classes; the paper sums.",
        "terms_pile_up": "Your loss still holds the terms of the batch before; start from nothing in `forward`.",
        "keeps_the_first_classes": "Your loss keeps the classes of its first batch; every batch has classes of its own.",
        "smoothed_terms": "Your loss mixes its terms with those of the batch before; take those of this batch alone.",
        "every_other_class": "Your hinge acts on every other class; d^inter is the distance to the nearest one alone.",
        "mean_spread": "Your d^intra is the mean over the samples of a class; it is that of the farthest one.",
        "squared_twice": "You square the distances twice.",
        "no_hinge": "A class whose clusters are already apart lowers your loss: max(·, 0) is missing, class by class.",
        "one_hinge_for_the_batch": "Your max(·, 0) acts on the sum over the classes, where a class whose clusters are "
        "already apart pays for the others; each class has a hinge of its own.",
    },
)

# Three classes of three points each.
#   class 0: (0,0) (1,0) (5,0)    c_0 = (2,0), squared distances to it 4, 1, 9: the farthest is (5,0)
#   class 1: (1,3) (5,3) (6,3)    c_1 = (4,3), squared distances to it 9, 1, 4: the farthest is (1,3)
#   class 2: (2,7) (2,8) (2,12)   c_2 = (2,9), squared distances to it 4, 1, 9: the farthest is (2,12)
# Between the centroids: |c_0-c_1|² = 4+9 = 13, |c_0-c_2|² = 81, |c_1-c_2|² = 4+36 = 40.
THREE = f32([[0, 0], [1, 0], [5, 0], [1, 3], [5, 3], [6, 3], [2, 7], [2, 8], [2, 12]])
THREE_LABELS = [0, 0, 0, 1, 1, 1, 2, 2, 2]
THREE_TRIPLETS = {
    "anchor": f32([[2, 0], [4, 3], [2, 9]]),
    "positive": f32([[5, 0], [1, 3], [2, 12]]),
    "negative": f32([[4, 3], [2, 0], [4, 3]]),
}
# Another batch of nine, of two classes:
#   class 0: (0,0) five times, (0,6)   c_0 = (0,1), squared distances to it 1 five times, 25
#   class 1: (4,0) (4,0) (7,0)         c_1 = (5,0), squared distances to it 1, 1, 4
# Between the centroids: 25+1 = 26.
OTHER = {
    "features": f32([[4, 0], [4, 0], [7, 0], [0, 0], [0, 0], [0, 0], [0, 0], [0, 0], [0, 6]]),
    "labels": i64([1, 1, 1, 0, 0, 0, 0, 0, 0]),
}
OTHER_TRIPLETS = {
    "anchor": f32([[0, 1], [5, 0]]),
    "positive": f32([[0, 6], [7, 0]]),
    "negative": f32([[5, 0], [0, 1]]),
}
# The same classes around the origin: c_0 = (3,4), squared distances 4, 1, 1; c_1 = (-4,3), 9, 1, 4; c_2 = (0,-5), 4, 1, 1.
# Between them: |c_0-c_1|² = 49+1 = 50, |c_0-c_2|² = 9+81 = 90, |c_1-c_2|² = 16+64 = 80.
AROUND = f32([[1, 4], [4, 4], [4, 4], [-4, 0], [-4, 4], [-4, 5], [-2, -5], [1, -5], [1, -5]])
AROUND_TRIPLETS = {
    "anchor": f32([[3, 4], [-4, 3], [0, -5]]),
    "positive": f32([[1, 4], [-4, 0], [-2, -5]]),
    "negative": f32([[-4, 3], [3, 4], [-4, 3]]),
}
# With these labels the nearest of 0, 1, 2 are 2, 0, 0, where in the first batch they are 1, 0, 1.
OTHER_WAY_ROUND = i64([2, 2, 2, 0, 0, 0, 1, 1, 1])
THREE_WHY = (
    "Centroids: (0+1+5)/3 = 2 gives (2, 0), then (4, 3) and (2, 9). Squared distances to the own centroid: 4, 1, 9; "
    "9, 1, 4; 4, 1, 9. Between the centroids: 13, 81 and 40, so classes 0 and 1 are each other's nearest, and class 1 "
    "is nearest to class 2."
)

TRIPLETS = Exercise(
    name="hard_cluster.triplets",
    title="Hard cluster sampler: anchor, positive, negative",
    points=1,
    target=SAMPLER,
    cases=(
        Case(
            name="three clusters",
            teaches="The anchor is its class's centroid, the positive its farthest sample, the negative the nearest "
            "other centroid.",
            inputs={"features": THREE, "labels": THREE_LABELS},
            expected=THREE_TRIPLETS,
            why=THREE_WHY,
            mistakes={
                "own_centroid_not_excluded": {"negative": f32([[2, 0], [4, 3], [2, 9]])},
                "nearest_positive": {"positive": f32([[1, 0], [5, 3], [2, 8]])},
                "farthest_negative": {"negative": f32([[2, 9], [2, 9], [2, 0]])},
                # From c_0 the farthest of all is (2,12): 144; from c_1 also: 4+81 = 85; from c_2 it is (5,0): 9+81 = 90.
                "positive_from_whole_batch": {"positive": f32([[2, 12], [2, 12], [5, 0]])},
                # To c_0: (1,3) at 1+9 = 10; to c_1: (5,0) at 1+9 = 10; to c_2: (1,3) at 1+36 = 37.
                "sample_as_negative": {"negative": f32([[1, 3], [5, 0], [1, 3]])},
                "outputs_in_another_order": {},  # recognised by putting the outputs in order
            },
        ),
        Case(
            name="around the origin",
            teaches="A centroid is the plain mean: neither the sum nor scaled to unit length, and not the batch's.",
            inputs={"features": AROUND, "labels": THREE_LABELS},
            expected=AROUND_TRIPLETS,
            why="Centroids (3, 4), (−4, 3), (0, −5); squared distances to the own centroid 4, 1, 1; 9, 1, 4; 4, 1, 1; "
            "between the centroids 50, 90 and 80.",
            mistakes={
                "own_centroid_not_excluded": {"negative": f32([[3, 4], [-4, 3], [0, -5]])},
                "nearest_positive": {"positive": f32([[4, 4], [-4, 4], [1, -5]])},
                # (3,4)/5, (-4,3)/5, (0,-5)/5. Farthest from them: (4,4) at 11.56+10.24, (-4,5) at 10.24+19.36, (-2,-5).
                # Between them: 1.96+0.04 = 2, 0.36+3.24 = 3.6, 0.64+2.56 = 3.2.
                "normalised_centroids": {
                    "anchor": f32([[0.6, 0.8], [-0.8, 0.6], [0, -1]]),
                    "positive": f32([[4, 4], [-4, 5], [-2, -5]]),
                    "negative": f32([[-0.8, 0.6], [0.6, 0.8], [-0.8, 0.6]]),
                },
                # Three times the centroids; the same samples and centroids are farthest and nearest.
                "sum_not_mean": {
                    "anchor": f32([[9, 12], [-12, 9], [0, -15]]),
                    "negative": f32([[-12, 9], [9, 12], [-12, 9]]),
                },
                # The mean of the nine is (-3, 6)/9. Farthest from it: (4,4), (-4,5), (-2,-5); the squared distances
                # to the centroids are 22.2, 18.9 and 32.2.
                "global_mean": {
                    "anchor": f32([[-1 / 3, 2 / 3]] * 3),
                    "positive": f32([[4, 4], [-4, 5], [-2, -5]]),
                },
            },
        ),
        Case(
            name="along both axes",
            teaches="Far and near count along both axes, by the squared distance; a class is as near as its centroid.",
            # c_0 = (0,0), squared distances 25, 9+9 = 18, 4+9 = 13. c_1 = (6,6): 9+9 = 18, 16, 1+9 = 10. c_2 = (9,1): 1,
            # 2, 1. Between them: |c_0-c_1|² = 36+36 = 72, |c_0-c_2|² = 81+1 = 82, |c_1-c_2|² = 9+25 = 34.
            inputs={
                "features": f32([[5, 0], [-3, -3], [-2, 3], [3, 9], [10, 6], [5, 3], [10, 1], [8, 2], [9, 0]]),
                "labels": THREE_LABELS,
            },
            expected={
                "anchor": f32([[0, 0], [6, 6], [9, 1]]),
                "positive": f32([[5, 0], [3, 9], [8, 2]]),
                "negative": f32([[6, 6], [9, 1], [6, 6]]),
            },
            why="Centroids (0, 0), (6, 6), (9, 1); squared distances to the own centroid 25, 18, 13; 18, 16, 10; 1, 2, "
            "1; between the centroids 72, 82 and 34.",
            # Nearest of other classes: from (0,0) it is (5,3): 25+9 = 34; from (6,6) it is (8,2): 4+16 = 20; from (9,1) it
            # is (5,0), 16+1 = 17.
            mistakes={"sample_as_negative": {"negative": f32([[5, 3], [8, 2], [5, 0]])}},
        ),
        Case(
            name="two classes at one place",
            teaches="Only a class's own centroid is left out, not every centroid that lies where it lies.",
            # class 0: (0,0) (3,0) (0,0): c_0 = (1,0), squared 1, 4, 1. class 1: (1,-4) (1,2) (1,2): c_1 = (1,0), 16, 4, 4.
            # class 2: (8,0) (8,0) (11,0): c_2 = (9,0), 1, 1, 4; c_0 and c_1 are equally near: the lowest class wins.
            # class 3: (19,0) (19,0) (22,0): c_3 = (20,0), 1, 1, 4.
            inputs={
                "features": f32(
                    [
                        [0, 0],
                        [3, 0],
                        [0, 0],
                        [1, -4],
                        [1, 2],
                        [1, 2],
                        [8, 0],
                        [8, 0],
                        [11, 0],
                        [19, 0],
                        [19, 0],
                        [22, 0],
                    ]
                ),
                "labels": [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3],
            },
            expected={
                "anchor": f32([[1, 0], [1, 0], [9, 0], [20, 0]]),
                "positive": f32([[3, 0], [1, -4], [11, 0], [22, 0]]),
                "negative": f32([[1, 0], [1, 0], [1, 0], [9, 0]]),
            },
            why="Centroids (1, 0), (1, 0), (9, 0), (20, 0): classes 0 and 1 are each other's nearest, at distance 0.",
            mistakes={"excludes_by_distance": {"negative": f32([[9, 0], [9, 0], [1, 0], [9, 0]])}},
        ),
        Case(
            name="a labels tensor",
            teaches="Labels come as a list or as a LongTensor.",
            inputs={"features": THREE, "labels": i64(THREE_LABELS)},
            expected=THREE_TRIPLETS,
            why=THREE_WHY,
        ),
    ),
    hints=(
        "Start with the P centroids, one row per class. The anchor is that table, and the negative is picked from it.",
        "The positive needs the distance of every sample to its own centroid only: features - centroids[row_of_sample]. "
        "The negative needs the P × P distances between centroids, with the diagonal set to infinity before argmin.",
        "classes, row = labels.unique(return_inverse=True); centroids = zeros(P, D).index_add(0, row, features) / "
        "counts[:, None]; distances = torch.cdist(centroids, centroids, "
        'compute_mode="donot_use_mm_for_euclid_dist"); distances.fill_diagonal_(inf) on a detached '
        "copy; negative = centroids[distances.argmin(1)]. For the positive, a (P, B) table of the squared distances "
        "to the own centroid, -inf where the class differs, and argmax(1).",
    ),
)

LABELS = Exercise(
    name="hard_cluster.labels",
    title="Hard cluster sampler: any labels",
    points=1,
    target=SAMPLER,
    cases=(
        Case(
            name="interleaved labels",
            teaches="Samples of a class need not stand side by side.",
            # class 0: (0,0) (3,0) (0,0): c = (1,0), squared 1, 4, 1. class 1: (0,6) (0,6) (3,6): c = (1,6), 1, 1, 4.
            inputs={
                "features": f32([[0, 0], [0, 6], [3, 0], [0, 6], [0, 0], [3, 6]]),
                "labels": [0, 1, 0, 1, 0, 1],
            },
            expected={
                "anchor": f32([[1, 0], [1, 6]]),
                "positive": f32([[3, 0], [3, 6]]),
                "negative": f32([[1, 6], [1, 0]]),
            },
            why="Class 0 holds rows 0, 2, 4: centroid ((0+3+0)/3, 0) = (1, 0); class 1 holds rows 1, 3, 5: (1, 6).",
            # Six runs of one sample: each is its own centroid and positive, and finds the nearest other sample.
            mistakes={
                "labels_assumed_sorted": {
                    "anchor": f32([[0, 0], [0, 6], [3, 0], [0, 6], [0, 0], [3, 6]]),
                    "positive": f32([[0, 0], [0, 6], [3, 0], [0, 6], [0, 0], [3, 6]]),
                    "negative": f32([[0, 0], [0, 6], [0, 0], [0, 6], [0, 0], [0, 6]]),
                }
            },
        ),
        Case(
            name="unequal class sizes",
            teaches="Classes may have different numbers of samples. Of a class of two either is the farthest.",
            # class 0: (0,0) (2,0) (7,0) (3,0): c = (3,0), squared 9, 1, 16, 0. class 1: (0,4) (0,8): c = (0,6), 4 and 4.
            inputs={
                "features": f32([[0, 0], [2, 0], [7, 0], [3, 0], [0, 4], [0, 8]]),
                "labels": [0, 0, 0, 0, 1, 1],
            },
            expected={
                "anchor": f32([[3, 0], [0, 6]]),
                "positive": f32([[7, 0], [0, 4]]),
                "negative": f32([[0, 6], [3, 0]]),
            },
            also=({"positive": f32([[7, 0], [0, 8]])},),
            why="Class 0: (0+2+7+3)/4 = 3; class 1: (4+8)/2 = 6, both its samples at distance 2: either is right.",
            # Cut in the middle: (0,0) (2,0) (7,0) with centroid (3,0), and (3,0) (0,4) (0,8) with centroid (1,4), from
            # which they lie 4+16 = 20, 1 and 1+16 = 17 away.
            mistakes={
                "equal_class_sizes_assumed": {
                    "anchor": f32([[3, 0], [1, 4]]),
                    "positive": f32([[7, 0], [3, 0]]),
                    "negative": f32([[1, 4], [3, 0]]),
                }
            },
        ),
        Case(
            name="negative and sparse labels",
            teaches="Labels are names: they may be negative and have gaps.",
            inputs={"features": THREE, "labels": [-3, -3, -3, 40, 40, 40, 7, 7, 7]},
            expected=THREE_TRIPLETS,
            why="The classes −3, 40, 7 hold the points of the first exercise. " + THREE_WHY,
        ),
        Case(
            name="ties between unsorted labels",
            teaches="Of equally near classes the one of the lowest label wins, wherever it appears; of equally far samples "
            "the first.",
            # class 5: -5, -3, -4, -4, c = (-4,0); class 3: 5, 3, 4, 4, c = (4,0); class 8: (0,0) twice, 16 from both;
            # class 9: (0,40) twice. In classes 5 and 3 the first and the second sample lie 1 away, and the first wins. Of
            # equals topk takes the second here, both times.
            inputs={
                "features": f32(
                    [
                        [-5, 0],
                        [5, 0],
                        [0, 0],
                        [-3, 0],
                        [3, 0],
                        [0, 0],
                        [-4, 0],
                        [4, 0],
                        [0, 40],
                        [-4, 0],
                        [4, 0],
                        [0, 40],
                    ]
                ),
                "labels": [5, 3, 8, 5, 3, 8, 5, 3, 9, 5, 3, 9],
            },
            expected={
                "anchor": f32([[4, 0], [-4, 0], [0, 0], [0, 40]]),
                "positive": f32([[5, 0], [-5, 0], [0, 0], [0, 40]]),
                "negative": f32([[0, 0], [0, 0], [4, 0], [0, 0]]),
            },
            why="Class 8 lies 4 from classes 3 and 5; 3 is the lower label, so its centroid (4, 0) is the negative. "
            "In classes 3 and 5 the first two samples are equally far; the first is the positive.",
            mistakes={"ties_by_appearance": {"negative": f32([[0, 0], [0, 0], [-4, 0], [0, 0]])}},
        ),
        Case(
            name="labels around zero",
            teaches="A label is not the row of its class.",
            inputs={"features": THREE, "labels": [-1, -1, -1, 0, 0, 0, 1, 1, 1]},
            expected=THREE_TRIPLETS,
            why="The classes −1, 0, 1 hold the points of the first exercise. " + THREE_WHY,
            # Rows -1, 0, 1 of the centroids' table are (2,9), (2,0), (4,3). Class -1: its farthest sample from (2,9) is
            # (5,0) at 9+81. Class 0: from (2,0) it is (6,3) at 16+9. Class 1: from (4,3) it is (2,12) at 4+81.
            mistakes={
                "label_used_as_index": {
                    "anchor": f32([[2, 9], [2, 0], [4, 3]]),
                    "positive": f32([[5, 0], [6, 3], [2, 12]]),
                    "negative": f32([[4, 3], [4, 3], [2, 0]]),
                }
            },
        ),
    ),
    hints=(
        "Nothing in the definition needs the labels to be numbers in order: they are names.",
        "torch.unique with return_inverse=True gives the sorted classes and, for every sample, the row of its class; "
        "return_counts=True gives the class sizes.",
        "labels = torch.as_tensor(labels, device=features.device); classes, row, counts = "
        "labels.unique(return_inverse=True, return_counts=True); then use row wherever you used labels.",
    ),
)

# Two classes on a line, c_0 = (0+1+5)/3 = 2 and c_1 = (9+10+14)/3 = 11, positives 5 and 14.
LINE = f32([[0], [1], [5], [9], [10], [14]])
LINE_LABELS = [0, 0, 0, 1, 1, 1]
LINE_TRIPLETS = {"anchor": f32([[2], [11]]), "positive": f32([[5], [14]]), "negative": f32([[11], [2]])}

# Far from the origin: the same three points a class, at +0, +20 and +30 from 2^20. Squares near 2^40 are multiples of
# 2^17 in float32, so by |a|² + |b|² − 2ab all distances come out as 0.
FAR = 1048576.0
FAR_POINTS = f32([[FAR + x] for x in (0, 1, 5, 20, 21, 25, 30, 31, 35)])

MANY = 4194304.0
OFFSETS = [8 * i + i * (i + 1) // 2 for i in range(30)]
MANY_POINTS = f32([[MANY + o + x] for o in OFFSETS for x in (0, 1, 5)])

# Hints on what training needs, by what it is that is missing.
GRADIENT_HINTS = (
    "Choosing (argmin, argmax) needs no gradient; what you choose must keep its own.",
    "Make all that you return from the features themselves, by mean, index and difference, outside of torch.no_grad and "
    "without detach, .item() and torch.tensor, which cut the gradient off.",
    "with torch.no_grad(): …, ending in positive_row and negative_row. Outside of the block: centroids from features; "
    "anchor = centroids, positive = features[positive_row], negative = centroids[negative_row].",
)
IN_PLACE_HINTS = (
    "What you are given belongs to others: the features to the network's graph, the labels to whoever called you.",
    "features -= m, x[i] = …, labels.sort() and methods that end in _ change what they are called on, and all that "
    "shares its memory. features - m, masked_fill, sorted(labels) and clone() make something new.",
    "shifted = features - features.mean(0) instead of features -= features.mean(0); table = table.masked_fill(mask, "
    "torch.inf) instead of table[mask] = torch.inf.",
)
AGAIN_HINTS = (
    "What does your object still know of the first batch when the second one comes?",
    "All that depends on a batch, such as its classes, centroids and lists of results, belongs into local variables: not "
    "on self, not into a global, and not into a default argument such as results=[].",
    "Begin `sample` or `forward` with its empty lists, and assign to no self.something in it.",
)
DIGITS_HINTS = (
    "Far from the origin squares are huge, and two of them nearly equal. How many digits of float32 does their difference "
    "have?",
    "|a|² + |b|² − 2ab loses them all, and above 25 rows torch.cdist does the same. Subtract first, then square.",
    "shifted = features - features.mean(0), and centroids from that; distances by (x[:, None] - y).square().sum(2), or "
    'torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist").',
)

TRAINING = Exercise(
    name="hard_cluster.training",
    title="Hard cluster sampler: fit for training",
    points=1,
    target=SAMPLER,
    cases=(
        Case(
            name="gradients",
            teaches="Gradients flow through anchor, positive and negative.",
            hints=GRADIENT_HINTS,
            inputs={"features": LINE, "labels": LINE_LABELS},
            gradient=True,
            # L = (2-5)² - (2-11)² + (11-14)² - (11-2)². Through c_0: (2(2-5) - 4(2-11))/3 = (-6+36)/3 = 10 for each
            # of its samples; the positive 5 has -2(2-5) = 6 more. Through c_1: (2(11-14) - 4(11-2))/3 = -14; 14 has 6 more.
            expected={**LINE_TRIPLETS, "gradient": f32([[10], [10], [16], [-14], [-14], [-8]])},
            why="For L = Σ ‖a − p‖² − ‖a − n‖²: each sample of class 0 moves c_0 by a third, "
            "(2(2−5) − 4(2−11))/3 = 10; its positive has −2(2−5) = 6 more. Class 1: (2(11−14) − 4(11−2))/3 = −14, and 6.",
            mistakes={
                "detached_centroids": {"gradient": f32([[0], [0], [6], [0], [0], [6]])},
                "detached_positive": {"gradient": f32([[10], [10], [10], [-14], [-14], [-14]])},
            },
        ),
        Case(
            name="the input stays as it is",
            teaches="The features are not changed in place.",
            hints=IN_PLACE_HINTS,
            inputs={"features": THREE, "labels": THREE_LABELS},
            expected=THREE_TRIPLETS,
            why=THREE_WHY,
            mistakes={"changes_input_in_place": {}},  # recognised by the change itself
        ),
        Case(
            name="used again",
            teaches="A sampler sees one batch after the other, of other classes: nothing of the last one stays.",
            hints=AGAIN_HINTS,
            inputs={"features": THREE, "labels": i64(THREE_LABELS)},
            before=OTHER,
            expected_before=OTHER_TRIPLETS,
            expected=THREE_TRIPLETS,
            why="The batch before has two classes, with the centroids (0, 1) and (5, 0). Of this one: " + THREE_WHY,
            mistakes={
                "remembers_the_last_batch": {
                    name: np.concatenate([OTHER_TRIPLETS[name], value]) for name, value in THREE_TRIPLETS.items()
                },
                # Classes 0 and 1 only, which are each other's nearest.
                "keeps_the_classes": {name: value[:2] for name, value in THREE_TRIPLETS.items()},
                # The last six rows as one class: its centroid is (18/6, 36/6) = (3,6), the farthest (2,12), at 1+36 = 37
                # (the others at 13, 13, 18, 2, 5); the first three, with the centroid (2,0), as the other.
                "keeps_the_rows": {
                    "anchor": f32([[3, 6], [2, 0]]),
                    "positive": f32([[2, 12], [5, 0]]),
                    "negative": f32([[2, 0], [3, 6]]),
                },
                # ((0,1) + (2,0))/2 and ((5,0) + (4,3))/2: from these (5,0) is the farthest of class 0, at 16.25, and (1,3)
                # of class 1, at 14.5. Between the three: 13.25, 73.25 and 62.5.
                "running_mean": {
                    "anchor": f32([[1, 0.5], [4.5, 1.5], [2, 9]]),
                    "negative": f32([[4.5, 1.5], [1, 0.5], [4.5, 1.5]]),
                },
            },
        ),
        Case(
            name="the same classes again",
            teaches="Nothing of the last batch stays where it had as many classes, either.",
            hints=AGAIN_HINTS,
            inputs={"features": THREE, "labels": i64(THREE_LABELS)},
            before={"features": AROUND, "labels": OTHER_WAY_ROUND},
            expected_before=AROUND_TRIPLETS,
            expected=THREE_TRIPLETS,
            why="The batch before has the centroids (−4, 3), (0, −5) and (3, 4). Of this one: " + THREE_WHY,
            mistakes={
                # A quarter of the old ones, three of the new: (2,3)/4, (12,4)/4, (9,31)/4. From (3,1) the samples (1,3),
                # (5,3), (6,3) lie at 8, 8, 13. Between the three: 6.3125, 52.0625 and 46.125.
                "smoothed_centroids": {
                    "anchor": f32([[0.5, 0.75], [3, 1], [2.25, 7.75]]),
                    "positive": f32([[5, 0], [6, 3], [2, 12]]),
                    "negative": f32([[3, 1], [0.5, 0.75], [3, 1]]),
                },
            },
        ),
        Case(
            name="far from the origin",
            teaches="Distances stay right when the embeddings lie far from the origin, or nearly coincide.",
            hints=DIGITS_HINTS,
            inputs={"features": FAR_POINTS, "labels": THREE_LABELS},
            expected={
                "anchor": f32([[FAR + 2], [FAR + 22], [FAR + 32]]),
                "positive": f32([[FAR + 5], [FAR + 25], [FAR + 35]]),
                "negative": f32([[FAR + 22], [FAR + 32], [FAR + 22]]),
            },
            why="The centroids are 2, 22 and 32 beyond 2^20; 22 and 32 are each other's nearest, and 22 is nearest to 2.",
            tolerance=0.1 / FAR,
            # With all distances 0 the first sample of the class and the first of the other classes win.
            mistakes={
                "matrix_product_distances": {
                    "positive": f32([[FAR], [FAR + 20], [FAR + 30]]),
                    "negative": f32([[FAR + 22], [FAR + 2], [FAR + 2]]),
                }
            },
        ),
        Case(
            name="many classes far from the origin",
            teaches="Above 25 rows torch.cdist changes its method: distances must stay right with many classes, too.",
            # 30 classes, class i at o_i from 2^22 with samples at +0, +1, +5 and its centroid at +2. The gaps between
            # neighbours are 9, 10, 11, …: o_i = 8 i + i (i+1)/2, so the nearest class is the one before; for class 0 it
            # is class 1. By |a|² + |b|² − 2ab all distances are 0: squares near 2^44 are multiples of 2^21.
            hints=DIGITS_HINTS,
            inputs={"features": MANY_POINTS, "labels": i64([label for label in range(30) for _ in range(3)])},
            expected={
                "anchor": f32([[MANY + o + 2] for o in OFFSETS]),
                "positive": f32([[MANY + o + 5] for o in OFFSETS]),
                "negative": f32([[MANY + OFFSETS[i - 1 if i else 1] + 2] for i in range(30)]),
            },
            why="The centroids lie 9, 10, 11, … apart, so the nearest class is always the one before.",
            tolerance=0.1 / MANY,
            mistakes={
                "cdist_default": {"negative": f32([[MANY + OFFSETS[0 if i else 1] + 2] for i in range(30)])},
            },
        ),
    ),
    hints=(
        "Choosing (argmin, argmax) needs no gradient; what you choose must keep its own.",
        "Compute the distances on features.detach(), shifted by their mean, and index the original features and "
        "centroids with the result.",
        "with torch.no_grad(): shifted = features - features.mean(0); …; choose rows. Then anchor = centroids, "
        "positive = features[positive_row], negative = centroids[negative_row], with centroids computed outside of "
        'no_grad. torch.cdist(..., compute_mode="donot_use_mm_for_euclid_dist") keeps the digits.',
    ),
)

ERRORS = Exercise(
    name="hard_cluster.errors",
    title="Hard cluster sampler: bad input is refused",
    points=1,
    target=SAMPLER,
    cases=(
        Case(
            name="good input",
            teaches="Good input is accepted, whatever comes of it.",
            inputs={"features": LINE, "labels": LINE_LABELS},
        ),
        Case(
            name="one class",
            teaches="Fewer than two classes: there is no negative.",
            inputs={"features": f32([[0, 0], [1, 0]]), "labels": [3, 3]},
            raises=True,
            mistakes={"no_input_checks": {}},
        ),
        Case(
            name="a class with one sample",
            teaches="A class with one sample has no positive.",
            inputs={"features": f32([[0, 0], [1, 0], [5, 5]]), "labels": [0, 0, 17]},
            raises=True,
            mistakes={"no_input_checks": {}},
        ),
        Case(
            name="lengths that differ",
            teaches="There must be one label for each row of the features.",
            inputs={"features": f32([[0, 0], [1, 0], [5, 5], [6, 5]]), "labels": [0, 0, 1, 1, 1]},
            raises=True,
            mistakes={"no_input_checks": {}},
        ),
        Case(
            name="features with three dimensions",
            teaches="Features are a matrix (B, D).",
            inputs={"features": f32([[[0], [0]], [[1], [0]], [[5], [5]], [[6], [5]]]), "labels": [0, 0, 1, 1]},
            raises=True,
            mistakes={"no_input_checks": {}},
        ),
        Case(
            name="not a number",
            teaches="NaN in the features is refused.",
            inputs={"features": f32([[0, 0], [1, float("nan")], [5, 5], [6, 5]]), "labels": [0, 0, 1, 1]},
            raises=True,
            mistakes={"no_input_checks": {}},
        ),
        Case(
            name="infinity",
            teaches="Infinite features are refused.",
            inputs={"features": f32([[0, 0], [1, 0], [5, 5], [float("-inf"), 5]]), "labels": [0, 0, 1, 1]},
            raises=True,
            mistakes={"no_input_checks": {}},
        ),
    ),
    hints=(
        "Each fault gets its own sentence; _check_input_labels is the place for those that concern the labels.",
        "Check in this order: features.ndim, len(labels) against len(features), torch.isfinite(features).all(), the "
        "number of classes, the smallest class.",
        "classes, counts = torch.as_tensor(labels).unique(return_counts=True); if len(classes) < 2: raise "
        'ValueError("at least two classes are needed, got …"); if counts.min() < 2: raise ValueError(f"class '
        '{classes[counts.argmin()]} has one sample").',
    ),
)

# Three classes of three points each, the second of which spreads farther than its neighbour lies.
#   class 0: (0,0) (0,0) (3,0)    c_0 = (1,0), squared distances to it 1, 1, 4
#   class 1: (6,4) (3,0) (3,-1)   c_1 = (4,1), squared distances to it 4+9 = 13, 1+1 = 2, 1+4 = 5
#   class 2: (0,4) (1,5) (5,6)    c_2 = (2,5), squared distances to it 4+1 = 5, 1, 9+1 = 10
# Between the centroids: |c_0-c_1|² = 9+1 = 10, |c_0-c_2|² = 1+25 = 26, |c_1-c_2|² = 4+16 = 20.
WIDE = f32([[0, 0], [0, 0], [3, 0], [6, 4], [3, 0], [3, -1], [0, 4], [1, 5], [5, 6]])

LOSS = Exercise(
    name="hard_cluster.loss",
    title="The paper's cluster loss",
    points=1,
    target=CLUSTER_LOSS,
    needs=("hard_cluster.triplets",),
    cases=(
        Case(
            name="three clusters",
            teaches="Distances are squared, each class has its own hinge, and the classes are summed.",
            inputs={"features": WIDE, "labels": i64(THREE_LABELS), "alpha": 8.0},
            # intra 4, 13, 10; inter 10, 10, 20. max(4-10+8, 0) + max(13-10+8, 0) + max(10-20+8, 0) = 2 + 11 + 0.
            expected={"loss": f32(13)},
            why="d^intra = 4, 13, 10; d^inter = 10, 10, 20; α = 8: max(2, 0) + max(11, 0) + max(−2, 0) = 13.",
            mistakes={
                # 2-√10+8 = 6.837722, √13-√10+8 = 8.443273, √10-√20+8 = 6.690142: 21.971137.
                "unsquared_cluster_loss": {"loss": f32(21.971137)},
                "mean_over_classes": {"loss": f32(13 / 3)},
                # With class 2 as well, class 1 has 13-20+8 = 1 more; 4-26+8 and 10-26+8 are below 0.
                "every_other_class": {"loss": f32(14)},
                # The means are 6/3, 20/3, 16/3: 2-10+8 = 0, 20/3-10+8 = 14/3, 16/3-20+8 < 0.
                "mean_spread": {"loss": f32(14 / 3)},
                "squared_twice": {"loss": f32(77)},  # 16-100+8 < 0, 169-100+8 = 77, 100-400+8 < 0
            },
        ),
        Case(
            name="a class far apart",
            teaches="A class whose clusters are already apart adds nothing, and pays for no other class.",
            # The same points, class 2 farther up by 10: c_2 = (2,15), |c_1-c_2|² = 4+196 = 200.
            inputs={
                "features": WIDE + f32([[0, 0]] * 6 + [[0, 10]] * 3),
                "labels": i64(THREE_LABELS),
                "alpha": 9.0,
            },
            # max(4-10+9, 0) + max(13-10+9, 0) + max(10-200+9, 0) = 3 + 12 + 0.
            expected={"loss": f32(15)},
            why="d^intra = 4, 13, 10; d^inter = 10, 10, 200; α = 9: max(3, 0) + max(12, 0) + max(−181, 0) = 15.",
            mistakes={
                "no_hinge": {"loss": f32(-166)},
                "one_hinge_for_the_batch": {"loss": f32(0)},  # max(-166, 0)
            },
        ),
        Case(
            name="used again",
            teaches="The loss of one batch holds nothing of the last one, which had other classes.",
            hints=AGAIN_HINTS,
            inputs={"features": WIDE, "labels": i64(THREE_LABELS), "alpha": 20.0},
            # Before: intra 25, 4; inter 26, 26: max(25-26+20, 0) + max(4-26+20, 0) = 19 + 0.
            before=OTHER,
            expected_before={"loss": f32(19)},
            # 4-10+20 = 14, 13-10+20 = 23, 10-20+20 = 10.
            expected={"loss": f32(47)},
            why="The batch before: max(25 − 26 + 20, 0) + max(4 − 26 + 20, 0) = 19. This one: 4 − 10 + 20 = 14, "
            "13 − 10 + 20 = 23, 10 − 20 + 20 = 10, together 47.",
            mistakes={
                "terms_pile_up": {"loss": f32(66)},  # 19 + 47
                "keeps_the_first_classes": {"loss": f32(37)},  # classes 0 and 1 only: 14 + 23
            },
        ),
        Case(
            name="the same classes again",
            teaches="Nothing of the last batch stays where it had as many classes, either.",
            hints=AGAIN_HINTS,
            inputs={"features": WIDE, "labels": i64(THREE_LABELS), "alpha": 50.0},
            # Before: intra 9, 4, 4; inter 50, 80, 50: 9 + 0 + 4.
            before={"features": AROUND, "labels": OTHER_WAY_ROUND},
            expected_before={"loss": f32(13)},
            # 4-10+50 = 44, 13-10+50 = 53, 10-20+50 = 40.
            expected={"loss": f32(137)},
            why="The batch before: 9 − 50 + 50 = 9, 4 − 80 + 50 < 0, 4 − 50 + 50 = 4. This one: 4 − 10 + 50 = 44, "
            "13 − 10 + 50 = 53, 10 − 20 + 50 = 40, together 137.",
            mistakes={"smoothed_terms": {"loss": f32(106)}},  # (9 + 3·44)/4 + (0 + 3·53)/4 + (4 + 3·40)/4
        ),
        Case(
            name="any labels",
            teaches="Labels are names, in any order; classes may differ in size.",
            # The points of the first case; class 1 is -3, class 2 is 40, class 0 is 7 and has its centroid (1,0) twice more.
            inputs={
                "features": f32(
                    [[3, 0], [6, 4], [1, 0], [0, 4], [0, 0], [3, 0], [1, 5], [0, 0], [3, -1], [5, 6], [1, 0]]
                ),
                "labels": i64([7, -3, 7, 40, 7, -3, 40, 7, -3, 40, 7]),
                "alpha": 100.0,
            },
            # 4-10+100 = 94, 13-10+100 = 103, 10-20+100 = 90.
            expected={"loss": f32(287)},
            why="The points of the first case, mixed up; class 7 has two more samples, which lie on its centroid (1, 0). "
            "α = 100: 94 + 103 + 90 = 287.",
        ),
        Case(
            name="gradients",
            teaches="The loss carries its gradient back to every sample.",
            hints=GRADIENT_HINTS,
            inputs={"features": LINE, "labels": i64(LINE_LABELS), "alpha": 100.0},
            gradient=True,
            # intra 9 and 9, inter 81 and 81: 28 + 28. Both hinges are open, so the gradient is that of
            # Σ intra - inter, worked out in hard_cluster.training.
            expected={"loss": f32(56), "gradient": f32([[10], [10], [16], [-14], [-14], [-8]])},
            why="2 · (9 − 81 + 100) = 56; the gradient is that of Σ ‖a − p‖² − ‖a − n‖² on the same points.",
        ),
    ),
    hints=(
        "Your sampler already finds everything the loss needs: anchor, positive and negative of every class.",
        "d^intra = ‖anchor − positive‖², d^inter = ‖anchor − negative‖², both (P,); the hinge acts on each class.",
        "anchor, positive, negative = sampler.sample(features, labels); intra = (anchor - positive).square().sum(1); "
        "inter = (anchor - negative).square().sum(1); return (intra - inter + alpha).clamp(min=0).sum()",
    ),
)

EXERCISES = (TRIPLETS, LABELS, TRAINING, ERRORS, LOSS)
