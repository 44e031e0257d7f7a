"""The tree of the classes as a picture: root, alphabets, characters, and on it the way from one class to another."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from grader.drawing import BLUE, GREY, PALE, WHITE, Drawing, short
from grader.model import Case

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
            card.text(np.add(end, (0, below)), role, bold=True, align="middle")

    def _nodes(self, card: Drawing) -> None:
        card.ring(self.root, 6, GREY, 2, fill=WHITE)
        card.text(np.add(self.root, (0, -22)), "root", align="middle")
        for name in np.unique(self.alphabet_of).tolist():
            at = self.alphabet(name)
            card.box(*(at - 11), 22, 22, WHITE, GREY)
            card.text(np.add(at, (0, 4)), str(name), align="middle")
        for label in range(len(self.alphabet_of)):
            card.ring(self.leaf(label), 12, GREY, 1.5, fill=WHITE)
            card.text(np.add(self.leaf(label), (0, 4)), str(label), align="middle")


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


def tree_of(case: Case) -> Tree | None:
    """The tree of a case; None where it has too many leaves for a picture."""
    tree = Tree(case.inputs["alphabet_of"])
    return tree if len(tree.alphabet_of) <= MOST_CLASSES else None
