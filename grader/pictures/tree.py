"""Pictures of the hierarchical loss: the tree of the classes, and on it the way from an anchor's class to its negative's.

The functions are like those of `grader.pictures.plane`: they return the drawing with its words, or None.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from grader.exercises.model import Case, Exercise
from grader.matching import misses
from grader.pictures.drawing import BLUE, GREY, PALE, WHITE, Drawing, short
from grader.pictures.plane import HINGE, Outputs, Picture, triplet_hinges, wrong_number
from grader.words import number

MOST_CLASSES = 10  # leaves that a picture has room for
LEVELS = ("the character", "its alphabet", "the root")
LEFT, RIGHT = 110, 390  # the tree stands between them
TEXT = 424  # left edge of the words beside it
HEIGHTS = (246, 146, 46)  # y of the levels 0, 1 and 2


@dataclass(frozen=True)
class Tree:
    """alphabet_of: (classes,). The leaves stand in the order of their alphabets, so that no branches cross."""

    alphabet_of: np.ndarray

    def level(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """At which the classes meet; as `a` and `b`, which are classes."""
        return 2 - (self.alphabet_of[a] == self.alphabet_of[b]).astype(int) - (a == b)

    def leaf(self, label: int) -> np.ndarray:
        order = np.argsort(self.alphabet_of, kind="stable").tolist()
        width = (RIGHT - LEFT) / len(order)
        return np.array([LEFT + width * (order.index(label) + 0.5), HEIGHTS[0]])

    def alphabet(self, name: int) -> np.ndarray:
        leaves = [self.leaf(label)[0] for label in np.flatnonzero(self.alphabet_of == name)]
        return np.array([np.mean(leaves), HEIGHTS[1]])

    @property
    def root(self) -> np.ndarray:
        return np.array([(LEFT + RIGHT) / 2, HEIGHTS[2]])

    def way(self, label: int) -> list[np.ndarray]:
        """From a class up to the root."""
        return [self.leaf(label), self.alphabet(self.alphabet_of[label]), self.root]

    def draw(
        self, card: Drawing, anchor: int, negative: int, remarks: list[list[str]], roles=("anchor", "negative")
    ) -> None:
        """The tree with the way from the anchor's class to the negative's, and the remarks on each level."""
        level = int(self.level(anchor, negative))
        for height, y in enumerate(HEIGHTS):
            card.line((14, y), (RIGHT + 10, y), PALE, 1, "2 3")
            for row, words in enumerate([f"level {height}", *remarks[height]]):
                card.text((14, y - 6 + 17 * row), words, bold=not row, size=None if not row else 11)
        for label in range(len(self.alphabet_of)):
            way = self.way(label)
            for start, end in pairwise(way):
                card.line(start, end, GREY, 1.5)
        for label in (anchor, negative):
            way = self.way(label)[: level + 1]
            for start, end in pairwise(way):
                card.line(start, end, BLUE, 6)
        card.ring(self.way(anchor)[level], 19, BLUE, 3, fill=WHITE)
        self._nodes(card)
        ends = self.leaf(anchor), self.leaf(negative)
        crowded = abs(ends[0] - ends[1])[0] < 64
        for end, role, below in zip(ends, roles, (30, 44 if crowded else 30)):
            card.text(np.add(end, (0, below)), role, bold=True, anchor="middle")

    def _nodes(self, card: Drawing) -> None:
        card.ring(self.root, 6, GREY, 2, fill=WHITE)
        card.text(np.add(self.root, (0, -22)), "root", anchor="middle")
        for name in np.unique(self.alphabet_of).tolist():
            at = self.alphabet(name)
            card.box(*(at - 11), 22, 22, WHITE, GREY)
            card.text(np.add(at, (0, 4)), str(name), anchor="middle")
        for label in range(len(self.alphabet_of)):
            card.ring(self.leaf(label), 12, GREY, 1.5, fill=WHITE)
            card.text(np.add(self.leaf(label), (0, 4)), str(label), anchor="middle")


@dataclass(frozen=True)
class Margins:
    """What the margins of a case are made of. s: class -> its spread."""

    beta: float
    levels: int
    s: dict[int, float]

    @classmethod
    def of(cls, case: Case) -> "Margins":
        features, labels = case.inputs["features"].astype(np.float64), np.asarray(case.inputs["labels"])
        apart = np.square(features[:, None] - features).sum(axis=2)  # (B, B)
        s = {}
        for label in np.unique(labels).tolist():
            n = np.count_nonzero(labels == label)
            s[label] = apart[np.ix_(labels == label, labels == label)].sum() / (n * n - n)
        return cls(case.inputs["beta"], case.inputs["levels"], s)

    def threshold(self, level: int) -> float:
        d_0 = float(np.mean(list(self.s.values())))
        return level * (4 - d_0) / self.levels + d_0

    def margin(self, anchor: int, level: int) -> float:
        return self.beta + self.threshold(level) - self.s[anchor]

    def remarks(self, anchor: int) -> list[list[str]]:
        """What to write on the levels of the tree."""
        return [
            [f"d_{level} = {short(self.threshold(level))}", f"margin {short(self.margin(anchor, level))}"]
            for level in range(len(LEVELS))
        ]

    def told(self, anchor: int, level: int) -> str:
        parts = (self.beta, self.threshold(level), self.s[anchor], self.margin(anchor, level))
        return "{} + {} − {} = {}".format(*map(short, parts))


def tree_level(exercise: Exercise, case: Case, given: Outputs) -> Picture | None:
    """The first pair of classes whose level is wrong, with both levels on the tree."""
    tree, expected, yours = _tree(case), case.expected["level"], given["level"]
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
    return card, f"The tree of the alphabets. {where}: expected level {right}, yours {number(level)}. {more}"


def violate_margin(exercise: Exercise, case: Case, given: Outputs) -> Picture | None:
    """The first pair whose margin is wrong: where it meets, the margins of its anchor's class on all levels."""
    tree, expected, yours = _tree(case), case.expected["margin"], given["margin"]
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
    return card, f"The way through the tree of the alphabets. {'. '.join(lines)}."


def hierarchical_loss(exercise: Exercise, case: Case, given: Outputs) -> Picture | None:
    """The hinges of the triplets, and the way through the tree of the first one that is open."""
    tree = _tree(case)
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
    words = card.hinges((TEXT - 10, 30), HINGE, hinges, "mean", case.expected["loss"], given["loss"])
    way = (
        f"Triplet ({', '.join(map(str, ids[:, shown]))}): classes {anchor} and {negative} meet at level {level}, "
        f"its margin is β + d_{level} − s_{anchor} = {margins.told(anchor, level)}"
    )
    card.text((14, 318), way)
    return card, f"The loss and its tree. {way}. {words}"


def _tree(case: Case) -> Tree | None:
    tree = Tree(case.inputs["alphabet_of"])
    return tree if len(tree.alphabet_of) <= MOST_CLASSES else None


def _wrong_entries(case: Case, expected: np.ndarray, yours: np.ndarray) -> np.ndarray | None:
    """Which entries differ, the first one first; None where none does, or yours has no entries that could be compared."""
    if yours.shape != expected.shape or yours.dtype.kind not in "fiu":
        return None
    wrong = np.flatnonzero(misses(expected, yours, case.tolerance))
    return wrong if len(wrong) else None
