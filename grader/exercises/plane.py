"""Pictures of cases whose features lie in the plane: a panel with axes, triplets in it, and gradients.

`triplets` and `gradients` draw a failed case as `Target.draw` asks: from the case and the decoded answer, or None where
there is nothing to draw, since no number differs, or what was given has no place in the picture.
"""

from functools import partial

import numpy as np

from grader.drawing import BLUE, COLOURS, GREEN, PALE, RED, SIGHT, Drawing, Point, short
from grader.exercises.batch import Batch, batch
from grader.formatting import numbers
from grader.matching import in_order, mismatches
from grader.model import Arrays, Case

ROLES = ("anchor", "positive", "negative")
MOST_TRIPLETS = 12  # that a picture has room for
WIDTH, TOP, HEIGHT = 700, 34, 250  # of the card, and of the panels in it
LEFT, RIGHT = (40, 300), (386, 300)  # left edge and width of two panels
BELOW = TOP + HEIGHT + 32  # the first line under the panels
DASH = "6 3"  # of all that leads to a negative


class Panel:
    """A part of a drawing with axes. Both have one scale, so that distances look as they are."""

    def __init__(self, card: Drawing, sides: tuple[int, int], title: str, points: np.ndarray, border: int = 24) -> None:
        """points: (N, 2), what must lie inside, `border` pixels from the edge."""
        self.card, (self.left, self.width) = card, sides
        low, high = points.min(axis=0), points.max(axis=0)
        span = max((high - low).max(), 1e-6)  # points may be one, or differ by next to nothing
        room = np.array([self.width, HEIGHT]) - 2 * border
        self.scale = (room / np.maximum(high - low, span / 100)).min()
        self.middle = (low + high) / 2
        card.text((self.left + self.width / 2, TOP - 10), title, bold=True, align="middle")
        card.box(self.left, TOP, self.width, HEIGHT)
        self._grid()

    def _grid(self) -> None:
        reach = np.array([self.width, HEIGHT]) / 2 / self.scale
        step = _step(2 * reach.max())
        edges = np.ceil((self.middle - reach) / step), np.floor((self.middle + reach) / step)
        for axis, (first, last) in enumerate(np.transpose(edges).astype(int)):
            for tick in step * np.arange(first, last + 1):
                x, y = self.at(np.where(np.arange(2) == axis, tick, self.middle))
                if axis == 0:
                    self.card.line((x, TOP), (x, TOP + HEIGHT), PALE)
                    self.card.text((x, TOP + HEIGHT + 13), short(tick), align="middle", size=10)
                else:
                    self.card.line((self.left, y), (self.left + self.width, y), PALE)
                    self.card.text((self.left - 4, y + 4), short(tick), align="end", size=10)

    def at(self, point: Point) -> np.ndarray:
        """(2,), in pixels."""
        centre = (self.left + self.width / 2, TOP + HEIGHT / 2)
        return centre + (np.asarray(point, float) - self.middle) * (self.scale, -self.scale)

    def samples(self, batch: Batch) -> None:
        for point, position in zip(batch.features, batch.row):
            self.card.marker(self.at(point), position)

    def centroids(self, batch: Batch) -> None:
        for position, point in enumerate(batch.centroids):
            self.card.disc(self.at(point), position)


def _step(span: float) -> float:
    """Between ticks: the smallest of 1, 2, 5 times a power of ten that makes no more than eight of them."""
    power = 10.0 ** np.floor(np.log10(span / 8))
    return next(step for step in (power, 2 * power, 5 * power, 10 * power) if span / step <= 8)


def triplets(case: Case, given: Arrays, any_order: bool = False) -> str | None:
    """Two panels, expected and yours: samples by class, and from each anchor the way to both others.

    The triplets are points, among them centroids, which are then drawn, too; or they are rows of the features.

    any_order: they are a set.
    """
    samples = batch(case)
    expected, yours = (samples and _rows(outputs, samples.features) for outputs in (case.expected, given))
    if expected is None or yours is None:
        return None
    if any_order:
        yours = _in_order(case, expected, yours)
    wrong = _wrong_parts(case, expected, yours)
    if not wrong.any() and len(yours) == len(expected):
        return None
    clusters = case.expected["anchor"].ndim > 1
    card = Drawing(WIDTH, TOP + HEIGHT + 64)
    points = np.concatenate([samples.features, expected.reshape(-1, 2), yours.reshape(-1, 2)])
    count = f": {len(yours)} triplets, expected {len(expected)}" if len(yours) != len(expected) else ""
    for sides, title, rows in ((LEFT, "expected", expected), (RIGHT, f"yours{count}", yours)):
        panel = Panel(card, sides, title, points)
        if clusters:
            panel.centroids(samples)
        panel.samples(samples)
        marks = [_draw_triplet(panel, triplet) for triplet in rows]
        if rows is yours:
            for mark in np.array(marks).reshape(-1, 3, 2)[wrong]:
                card.wrong(mark)
    symbols = [
        *([(partial(card.disc, position=len(COLOURS) - 1), "centroid")] if clusters else []),
        (card.cross, "anchor"),
        (partial(stroke, card, GREEN, None), "to the positive"),
        (partial(stroke, card, RED, DASH), "to the negative"),
        (card.wrong, "differs"),
    ]
    card.legend(BELOW, [*samples.legend(card), *symbols])
    return card.svg(case.name, f"Expected: {_told(expected)}. Yours: {_told(yours, wrong)}.")


def _draw_triplet(panel: Panel, triplet: np.ndarray) -> list[np.ndarray]:
    """triplet: (3, 2). Returns where marks on the anchor, the positive and the negative belong."""
    anchor, positive, negative = (panel.at(point) for point in triplet)
    to_positive = panel.card.arrow(anchor, positive, GREEN, corner=(-12, -12))
    to_negative = panel.card.arrow(anchor, negative, RED, DASH, corner=(16, -16))
    panel.card.cross(anchor)
    return [anchor, to_positive, to_negative]


def stroke(card: Drawing, colour: str, dash: str | None, at: Point) -> None:
    """The symbol of a kind of arrow."""
    card.arrow(np.add(at, (-10, -3)), np.add(at, (10, -3)), colour, dash)


def _rows(outputs: Arrays, features: np.ndarray) -> np.ndarray | None:
    """The triplets as points (T, 3, 2), be they given as points or as rows of the features; else None."""
    roles = [outputs[role] for role in ROLES]
    if len({role.shape for role in roles}) > 1 or any(role.dtype.kind not in "fiu" for role in roles):
        return None
    shape = roles[0].shape
    if not shape or shape[0] > MOST_TRIPLETS:
        return None
    if len(shape) == 1:
        if any(role.dtype.kind == "f" or ((role < 0) | (role >= len(features))).any() for role in roles):
            return None
        roles = [features[role.astype(np.int64)] for role in roles]
    elif shape[1:] != (2,):
        return None
    rows = np.stack(roles, axis=1).astype(np.float64)
    return rows if (np.abs(rows) < SIGHT).all() else None


def _in_order(case: Case, expected: np.ndarray, yours: np.ndarray) -> np.ndarray:
    """yours, its triplets in the order in which the judge compares them."""
    if expected.shape != yours.shape:
        return yours
    roles = (dict(zip(ROLES, rows.swapaxes(0, 1))) for rows in (expected, yours))
    ordered = in_order(ROLES, *roles, case.tolerance)
    return np.stack([ordered[role] for role in ROLES], axis=1)


def _wrong_parts(case: Case, expected: np.ndarray, yours: np.ndarray) -> np.ndarray:
    """bool (T, 3): which parts of yours differ. All of a triplet, if there are more or fewer than expected."""
    if yours.shape == expected.shape:
        return mismatches(expected, yours, case.tolerance).any(axis=2)
    left, wrong = list(expected), np.ones((len(yours), 3), bool)
    for position, triplet in enumerate(yours):
        found = next((i for i, right in enumerate(left) if not mismatches(right, triplet, case.tolerance).any()), None)
        if found is not None:
            del left[found]
            wrong[position] = False
    return wrong


def _told(rows: np.ndarray, wrong: np.ndarray | None = None) -> str:
    """Triplets in words."""
    wrong = np.zeros((len(rows), 3), bool) if wrong is None else wrong
    return "; ".join(
        ", ".join(
            f"{role} {numbers(point)}{' (differs)' if bad else ''}" for role, point, bad in zip(ROLES, triplet, marks)
        )
        for triplet, marks in zip(rows, wrong)
    )


def gradients(case: Case, given: Arrays) -> str | None:
    """Two panels: the gradient as an arrow at each sample, all of one scale."""
    if "gradient" not in given:
        return None
    samples, expected, yours = batch(case), case.expected["gradient"], given["gradient"]
    if samples is None or yours.shape != expected.shape or yours.dtype != expected.dtype:
        return None
    wrong = mismatches(expected, yours, case.tolerance).any(axis=1)
    longest = np.abs([expected, yours]).max()
    if not wrong.any() or not longest < SIGHT:
        return None
    card = Drawing(WIDTH, TOP + HEIGHT + 64)
    for sides, title, values in ((LEFT, "expected gradient", expected), (RIGHT, "your gradient", yours)):
        panel = Panel(card, sides, title, samples.features, border=66)
        panel.samples(samples)
        for index, (point, value) in enumerate(zip(samples.features, values)):
            start, step = panel.at(point), value * (50, -50) / longest
            bad = wrong[index] and values is yours
            if bad or value.any():
                mark = card.arrow(start, start + step, BLUE)
                ahead = step / np.hypot(*step) if step.any() else np.array([0.0, 1.0])
                card.text(np.add(start - 14 * ahead, (0, 4)), str(index), align="middle", size=11)
                if bad:
                    card.wrong(mark)
    symbols = [(partial(stroke, card, BLUE, None), "gradient of the row"), (card.wrong, "differs")]
    card.legend(BELOW, [*samples.legend(card), *symbols])
    rows = (
        f"row {i} {numbers(yours[i])}, expected {numbers(expected[i])}" for i in np.flatnonzero(wrong)[:MOST_TRIPLETS]
    )
    return card.svg(case.name, f"The gradient at each sample. Yours differs in {'; '.join(rows)}.")
