"""The tutorial's three things to try, with their visible cases: they give no points and are never graded.

Every number was computed by hand; the arithmetic stands beside it.
"""

from grader.exercises import LIBRARIES
from grader.exercises.plane import ROLES, triplets
from grader.model import Case, Exercise, Target, f32, i64, positional

SECTION = "0"


def rows(*triplets: tuple[int, int, int]) -> dict:
    """Triplets of row numbers, as the three outputs of an exercise."""
    return dict(zip(ROLES, i64(triplets).reshape(-1, 3).T, strict=True))


def _triplet(case: Case, name: str, place: tuple[int, ...]) -> str | None:
    """The triplet by those of its rows that stand before this one."""
    expected, row = case.expected, place[0]
    known = " and ".join(f"{role} {expected[role][row]}" for role in ROLES[: ROLES.index(name)])
    return f"Your {name} of the triplet with {known}" if known else None


ALL = Target(
    name="all_triplets",
    outputs=ROLES,
    prepare=positional("labels"),
    shapes="Anchor, positive and negative are (T,): an entry for every triplet, the number of a row of the batch.",
    place=_triplet,
    points=ROLES,
    free_row_order=True,
    third_party=LIBRARIES,
    mistakes={
        "each_pair_once": "You take each pair of one class once; (a, p, n) and (p, a, n) are two triplets.",
        "own_positive": "You take the anchor for a positive of its own; leave out the diagonal.",
        "one_negative_a_pair": "You give each pair (a, p) one negative; it goes with each picture of another class.",
        "negatives_from_own_class": "Your negatives are all the rows that are left; take only those of other classes.",
        "lonely_left_out": "You drop classes with a single picture; it is nobody's positive, but a negative like any other.",
    },
)

HARD = Target(
    name="hard_triplets",
    outputs=ROLES,
    prepare=positional("features", "labels"),
    shapes="Anchor, positive and negative are (B,): an entry for every row of the batch, which is its anchor.",
    place=_triplet,
    draw=(triplets,),
    points=ROLES,
    third_party=LIBRARIES,
    mistakes={
        "easy_positive": "Your positive is the nearest of the anchor's class; the hard positive is the farthest one.",
        "easy_negative": "Your negative is the farthest of the other classes; the hard negative is the nearest one.",
        "positive_of_any_class": "Your positive is the farthest of the whole batch; look within the anchor's class only.",
        "negative_of_any_class": "Your negative is the anchor itself, at distance 0; leave out its whole class.",
        "rows_of_the_sorted_batch": "Your row numbers count in a batch sorted by class; translate them back with the "
        "order by which you sorted.",
        "itself_as_positive": "Where a class has collapsed into one point you take the anchor for its own positive; "
        "leave out the diagonal.",
        "last_of_equals": "Of equally near rows you take the last; take the lowest.",
    },
)

CMC_AT = Target(
    name="cmc_at",
    outputs=("cmc",),
    prepare=positional("k", "distances", "query_labels", "gallery_labels"),
    shapes="CMC@k is one number: a tensor without dimensions, ().",
    third_party=LIBRARIES,
    mistakes={
        "farthest_first": "You look at the farthest gallery pictures; topk takes the largest unless told largest=False.",
        "hits_counted": "You count the hits; CMC is their share of all queries.",
        "row_taken_for_label": "You compare row numbers of the gallery with labels; look up gallery_labels at these rows.",
        "share_of_the_nearest": "You average over the k nearest; one picture of the right class among them is "
        "enough (see any).",
        "always_the_nearest": "You look at the nearest picture only; look at the nearest k.",
        "kth_place_only": "You look at place k only; places 1 to k count.",
        "only_answerable_queries": "You leave out queries whose class the gallery lacks; they are misses, and count.",
    },
)

ALL_TRIPLETS = Exercise(
    name="tutorial.all_triplets",
    title="All triplets of a batch",
    points=0,
    target=ALL,
    cases=(
        Case(
            name="two classes of two",
            teaches="Every picture is an anchor, with each other picture of its class and each picture of another class.",
            # 4 anchors, each with 1 positive and 2 negatives: 8 triplets.
            inputs={"labels": i64([0, 0, 1, 1])},
            expected=rows((0, 1, 2), (0, 1, 3), (1, 0, 2), (1, 0, 3), (2, 3, 0), (2, 3, 1), (3, 2, 0), (3, 2, 1)),
            why="4 anchors × 1 positive × 2 negatives = 8 triplets. Rows 0 and 1 change roles: (0, 1, 2) and (1, 0, 2) are "
            "two triplets.",
            mistakes={
                # (0, 1) and (2, 3) only: 2 pairs x 2 negatives.
                "each_pair_once": rows((0, 1, 2), (0, 1, 3), (2, 3, 0), (2, 3, 1)),
                # 4 anchors x 2 "positives" x 2 negatives.
                "own_positive": rows(
                    *((0, 0, 2), (0, 0, 3), (0, 1, 2), (0, 1, 3), (1, 0, 2), (1, 0, 3), (1, 1, 2), (1, 1, 3)),
                    *((2, 2, 0), (2, 2, 1), (2, 3, 0), (2, 3, 1), (3, 2, 0), (3, 2, 1), (3, 3, 0), (3, 3, 1)),
                ),
                # 4 pairs, each with the first row of the other class.
                "one_negative_a_pair": rows((0, 1, 2), (1, 0, 2), (2, 3, 0), (3, 2, 0)),
            },
        ),
        Case(
            name="classes of two sizes, mixed up",
            teaches="A negative is of another class, wherever it stands in the batch.",
            # Class 1 is rows 0, 2, 3, class 0 is rows 1, 4. 3 anchors x 2 x 2 negatives = 12; 2 anchors x 1 x 3 = 6.
            inputs={"labels": i64([1, 0, 1, 1, 0])},
            expected=rows(
                *((0, 2, 1), (0, 2, 4), (0, 3, 1), (0, 3, 4), (2, 0, 1), (2, 0, 4), (2, 3, 1), (2, 3, 4)),
                *((3, 0, 1), (3, 0, 4), (3, 2, 1), (3, 2, 4)),
                *((1, 4, 0), (1, 4, 2), (1, 4, 3), (4, 1, 0), (4, 1, 2), (4, 1, 3)),
            ),
            why="Class 1 is rows 0, 2 and 3: 3 anchors × 2 positives × 2 negatives = 12. Class 0 is rows 1 and 4: "
            "2 × 1 × 3 = 6. Together 18.",
            mistakes={
                # The third row of class 1 is a "negative" of the two others: 6 more.
                "negatives_from_own_class": rows(
                    *((0, 2, 1), (0, 2, 4), (0, 3, 1), (0, 3, 4), (2, 0, 1), (2, 0, 4), (2, 3, 1), (2, 3, 4)),
                    *((3, 0, 1), (3, 0, 4), (3, 2, 1), (3, 2, 4)),
                    *((1, 4, 0), (1, 4, 2), (1, 4, 3), (4, 1, 0), (4, 1, 2), (4, 1, 3)),
                    *((0, 2, 3), (0, 3, 2), (2, 0, 3), (2, 3, 0), (3, 0, 2), (3, 2, 0)),
                ),
            },
        ),
        Case(
            name="a class of one",
            teaches="A picture without a partner is nobody's anchor or positive, but a negative like any other.",
            # Rows 0 and 1 are each other's positives, row 2 is the one negative.
            inputs={"labels": i64([4, 4, 9])},
            expected=rows((0, 1, 2), (1, 0, 2)),
            why="Row 2 has no positive, so it is no anchor; it is the negative of both others: 2 × 1 × 1 = 2 triplets.",
            mistakes={"lonely_left_out": rows()},
        ),
    ),
    hints=(
        "How many triplets has one anchor? Each of its positives goes with each of its negatives.",
        "same = labels[:, None] == labels says for all [B, B] pairs whether they are of one class. A pair (a, p) is allowed "
        "where same holds and a ≠ p, a pair (a, n) where it does not hold. A triplet needs both.",
        "pairs = same & ~torch.eye(len(labels), dtype=torch.bool); "
        "return (pairs[:, :, None] & ~same[:, None, :]).nonzero(as_tuple=True)",
    ),
)

# Class 0: rows 0 (0,0), 1 (3,4), 2 (0,2); class 1: rows 3 (6,0), 4 (6,9), 5 (3,0). Squared distances:
#        0    1    2    3    4    5
#   0    0   25    4   36  117    9
#   1         0   13   25   34   16
#   2              0   40   85   13
#   3                   0   81    9
#   4                        0   90
SIX = f32([[0, 0], [3, 4], [0, 2], [6, 0], [6, 9], [3, 0]])

HARD_TRIPLETS = Exercise(
    name="tutorial.hard_triplets",
    title="The hard triplets of a batch",
    points=0,
    target=HARD,
    cases=(
        Case(
            name="six points",
            teaches="Each anchor takes the farthest of its own class and the nearest of all others.",
            inputs={"features": SIX, "labels": i64([0, 0, 0, 1, 1, 1])},
            expected=rows((0, 1, 5), (1, 0, 5), (2, 1, 5), (3, 4, 1), (4, 5, 1), (5, 4, 0)),
            why="Squared distances to its class, and to the others: row 0: 25, 4; 36, 117, 9. Row 1: 25, 13; 25, 34, 16. "
            "Row 2: 4, 13; 40, 85, 13. Row 3: 81, 9; 36, 25, 40. Row 4: 81, 90; 117, 34, 85. Row 5: 9, 90; 9, 16, 13.",
            mistakes={
                "easy_positive": {"positive": i64([2, 2, 0, 5, 3, 3])},
                # 117 from row 0, 34, 85, 40, 117, 16.
                "easy_negative": {"negative": i64([4, 4, 4, 2, 0, 1])},
                # 117 from row 0, 34, 85, 81, 117, 90.
                "positive_of_any_class": {"positive": i64([4, 4, 4, 4, 0, 4])},
                # Nothing is nearer to a row than itself.
                "negative_of_any_class": {"negative": i64([0, 1, 2, 3, 4, 5])},
            },
        ),
        Case(
            name="a shuffled batch",
            teaches="Row numbers are those of the batch as it came in; labels may be any integers, classes of any size.",
            # On a line: class 5 at 0, 4 (rows 0, 2); class -1 at 1, 10, 3 (rows 1, 3, 4). To the own class, to the others:
            # row 0: 4 | 1, 10, 3; row 1: 9, 2 | 1, 3; row 2: 4 | 3, 6, 1; row 3: 9, 7 | 10, 6; row 4: 2, 7 | 3, 1.
            inputs={"features": f32([[0, 0], [1, 0], [4, 0], [10, 0], [3, 0]]), "labels": i64([5, -1, 5, -1, -1])},
            expected=rows((0, 2, 1), (1, 3, 0), (2, 0, 4), (3, 1, 2), (4, 3, 2)),
            why="Distances to the own class, and to the others: row 0: 4; 1, 10, 3. Row 1: 9, 2; 1, 3. Row 2: 4; 3, 6, 1. "
            "Row 3: 9, 7; 10, 6. Row 4: 2, 7; 3, 1.",
            mistakes={
                # Sorted: rows 1, 3, 4, 0, 2, at 1, 10, 3 | 0, 4, and the answer counts them from 0 to 4.
                "rows_of_the_sorted_batch": {"positive": i64([1, 0, 1, 4, 3]), "negative": i64([3, 4, 4, 0, 2])},
            },
        ),
        Case(
            name="two collapsed classes",
            teaches="An anchor is never its own positive, not even where its class is one point. Of equals, the lowest.",
            # Within a class all distances are 0, between them 5 (3-4-5).
            inputs={"features": f32([[0, 0], [0, 0], [0, 0], [3, 4], [3, 4]]), "labels": i64([0, 0, 0, 1, 1])},
            expected=rows((0, 1, 3), (1, 0, 3), (2, 0, 3), (3, 4, 0), (4, 3, 0)),
            why="Row 0 lies at 0 from rows 1 and 2, its positives, of which 1 is the lower, and at √(9 + 16) = 5 from rows "
            "3 and 4: the lower row is 3.",
            mistakes={
                "itself_as_positive": {"positive": i64([0, 0, 0, 3, 3])},
                "last_of_equals": {"negative": i64([4, 4, 4, 2, 2])},
            },
        ),
    ),
    hints=(
        "Start from all distances, a [B, B] matrix: torch.cdist(features, features). In each row, which places are allowed?",
        "For the positives, put minus infinity where the class is another one, and on the diagonal, then take the argmax of "
        "each row. For the negatives, put infinity where the class is the same, then take the argmin.",
        "positive = apart.masked_fill(~same | itself, -torch.inf).argmax(dim=1); "
        "negative = apart.masked_fill(same, torch.inf).argmin(dim=1); anchor = torch.arange(len(labels)), "
        "with same = labels[:, None] == labels and itself = torch.eye(len(labels), dtype=torch.bool)",
    ),
)

# Four queries of classes 1, 0, 2, 0; the gallery's classes are 1, 0, 2, 1, 3. From near to far:
#   query 0 (class 1) sees 1, 1, 0, 2, 3: a hit at once
#   query 1 (class 0) sees 1, 0, 2, 1, 3: a hit at place 2
#   query 2 (class 2) sees 0, 2, 1, 1, 3: a hit at place 2
#   query 3 (class 0) sees 1, 1, 0, 2, 3: a hit at place 3
FOUR = {
    "distances": f32(
        [[0.1, 0.5, 0.9, 0.3, 1.0], [0.2, 0.4, 0.6, 0.8, 1.0], [0.7, 0.3, 0.5, 0.9, 1.0], [0.1, 0.4, 0.9, 0.2, 1.0]]
    ),
    "query_labels": i64([1, 0, 2, 0]),
    "gallery_labels": i64([1, 0, 2, 1, 3]),
}
FOUR_WHY = "From near to far, the queries see the classes 1, 1, …; 1, 0, …; 0, 2, …; 1, 1, 0, …. "

CMC = Exercise(
    name="tutorial.cmc",
    title="CMC@k from a table of distances",
    points=0,
    target=CMC_AT,
    cases=(
        Case(
            name="the nearest one",
            teaches="CMC@1 is the share of queries whose nearest gallery picture is of their class.",
            inputs={"k": 1, **FOUR},
            expected={"cmc": f32(0.25)},
            why=FOUR_WHY + "They are of the classes 1, 0, 2 and 0: only the first is right at once, 1/4.",
            mistakes={
                # The farthest is of class 3 for all of them.
                "farthest_first": {"cmc": f32(0)},
                "hits_counted": {"cmc": f32(1)},
                # The nearest rows are 0, 0, 1, 0; as "labels", they are right for queries 1 and 3.
                "row_taken_for_label": {"cmc": f32(0.5)},
            },
        ),
        Case(
            name="the nearest two",
            teaches="One picture of the right class among the nearest k is enough, and a second one counts no more.",
            inputs={"k": 2, **FOUR},
            expected={"cmc": f32(0.75)},
            why=FOUR_WHY
            + "The first three, of the classes 1, 0 and 2, find theirs among two; the last, of class 0, only "
            "third: 3/4.",
            mistakes={
                # (2/2 + 1/2 + 1/2 + 0/2) / 4
                "share_of_the_nearest": {"cmc": f32(0.5)},
                "always_the_nearest": {"cmc": f32(0.25)},
            },
        ),
        Case(
            name="the nearest three",
            teaches="All of the first k places count, not the k-th alone.",
            # Queries of classes 0, 1, 0 see the classes 1, 1, 0; 1, 1, 0; 0, 0, 1.
            inputs={
                "k": 3,
                "distances": f32([[3, 4, 1, 2], [3, 4, 1, 2], [1, 2, 3, 4]]),
                "query_labels": i64([0, 1, 0]),
                "gallery_labels": i64([0, 0, 1, 1]),
            },
            expected={"cmc": f32(1)},
            why="Among its nearest three, the first query (class 0) sees 1, 1, 0, the second (class 1) 1, 1, 0, the third "
            "(class 0) 0, 0, 1: all find theirs.",
            mistakes={"kth_place_only": {"cmc": f32(1 / 3)}},  # right third place for the first query alone
        ),
        Case(
            name="a class that the gallery lacks",
            teaches="A query that nothing could answer is a miss, and counts.",
            # Class 9 is not in the gallery: a miss. Class 0 sees 0: a hit. Class 0 sees 1: a miss.
            inputs={
                "k": 1,
                "distances": f32([[1, 2], [1, 2], [2, 1]]),
                "query_labels": i64([9, 0, 0]),
                "gallery_labels": i64([0, 1]),
            },
            expected={"cmc": f32(1 / 3)},
            why="A miss (there is no class 9), a hit, a miss: 1/3.",
            mistakes={"only_answerable_queries": {"cmc": f32(1 / 2)}},
        ),
    ),
    hints=(
        "Which k gallery pictures are nearest to each query? Of which classes are they? Is the right one among them?",
        "torch.topk(k, largest=False) gives the rows of the nearest, gallery_labels[...] their classes [Q, k]. Compare with "
        "the queries' own, query_labels[:, None].",
        "nearest = distances.topk(k, largest=False).indices; hits = gallery_labels[nearest] == query_labels[:, None]; "
        "return hits.any(dim=1).float().mean()",
    ),
)

EXERCISES = (ALL_TRIPLETS, HARD_TRIPLETS, CMC)
