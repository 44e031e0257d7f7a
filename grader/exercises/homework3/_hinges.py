"""The picture of a loss that sums hinges, max(near − far + margin, 0): its terms one below the other, and the two sums."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from grader.drawing import ROW, Drawing, Point, short
from grader.formatting import number
from grader.matching import mismatches
from grader.model import Arrays, Case

TRIPLET_HINGE = "(a, p, n): |a−p|² − |a−n|² + margin"
MOST_HINGES = 8


@dataclass(frozen=True)
class Hinge:
    """A term of a loss: max(value, 0), its arithmetic in words."""

    words: str
    value: float

    @classmethod
    def of(cls, name: str, near: float, far: float, margin: float) -> "Hinge":
        value = near - far + margin
        closed = " → 0" if value < 0 else ""
        return cls(f"{name}: {short(near)} − {short(far)} + {_bracketed(margin)} = {short(value)}{closed}", value)


def _bracketed(value: float) -> str:
    return f"({short(value)})" if value < 0 else short(value)


def triplet_hinges(features: np.ndarray, ids: np.ndarray, margin: np.ndarray) -> list[Hinge]:
    """features: (B, D). ids: (3, T), rows of the features. margin: (T,)."""
    a, p, n = features[ids]  # (T, D) each
    named = (f"({', '.join(map(str, rows))})" for rows in ids.T)
    return [Hinge.of(*parts) for parts in zip(named, squared(a, p), squared(a, n), margin)]


def squared(points: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Squared distances of (N, D) and (N, D) or (D,): (N,)."""
    return np.square(points - others).sum(axis=1)


def wrong_number(case: Case, given: Arrays) -> bool:
    """Is the loss one number, and another than expected?"""
    expected, loss = case.expected["loss"], given["loss"]
    return loss.shape == () and loss.dtype.kind in "fiu" and bool(mismatches(expected, loss, case.tolerance))


def draw_hinges(
    card: Drawing, at: Point, heading: str, hinges: Sequence[Hinge], total: str, case: Case, given: Arrays
) -> str:
    """The terms, what becomes of them (`total`), and what was given. Returns it all in words."""
    left, top = at
    expected, loss = case.expected["loss"], given["loss"]
    lines = [hinge.words for hinge in hinges[:MOST_HINGES]]
    if len(hinges) > MOST_HINGES:
        lines.append(f"and {len(hinges) - MOST_HINGES} more")
    for row, words in enumerate([heading, *lines]):
        card.text((left, top + ROW * row), words, bold=not row)
    top += ROW * len(lines) + 18
    card.text((left, top + 12), f"{total}: ", bold=True)
    card.bars((left, top + 24), expected, loss)
    return f"{heading}: {'; '.join(lines)}. Expected {total}: {number(expected)}; yours: {number(loss)}."
