"""Pictures of cases whose features lie in the plane: triplets, gradients, class distances, and what a loss sums.

Each function takes the exercise, the case and the decoded answer, and returns the drawing with its words, or None where
there is nothing to draw: no number differs, or what was given has no place in the picture.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import combinations

import numpy as np

from grader.exercises.model import Case, Exercise
from grader.matching import aligned, misses
from grader.pictures.drawing import (
    BLUE,
    COLOURS,
    GREEN,
    GREY,
    LETTER,
    MARKERS,
    PALE,
    RED,
    ROW,
    SIGHT,
    Drawing,
    Hinge,
    Point,
    short,
)
from grader.words import number, numbers

ROLES = ("anchor", "positive", "negative")
MOST_SAMPLES, MOST_TRIPLETS = 60, 12  # what a picture has room for
WIDTH, TOP, HEIGHT = 700, 34, 250  # of the card, and of the panels in it
LEFT, RIGHT = (40, 300), (386, 300)  # left edge and width of two panels
BELOW = TOP + HEIGHT + 32  # the first line under the panels
DASH = "6 3"  # of all that leads to a negative

Outputs = Mapping[str, np.ndarray]
Picture = tuple[Drawing, str]


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
        card.text((self.left + self.width / 2, TOP - 10), title, bold=True, anchor="middle")
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
                    self.card.text((x, TOP + HEIGHT + 13), short(tick), anchor="middle", size=10)
                else:
                    self.card.line((self.left, y), (self.left + self.width, y), PALE)
                    self.card.text((self.left - 4, y + 4), short(tick), anchor="end", size=10)

    def at(self, point: Point) -> np.ndarray:
        """(2,), in pixels."""
        centre = (self.left + self.width / 2, TOP + HEIGHT / 2)
        return centre + (np.asarray(point, float) - self.middle) * (self.scale, -self.scale)

    def samples(self, batch: "Batch") -> None:
        for point, position in zip(batch.features, batch.row):
            self.card.marker(self.at(point), position)

    def centroids(self, batch: "Batch") -> None:
        for position, point in enumerate(batch.centroids):
            self.card.centroid(self.at(point), position)


def _step(span: float) -> float:
    """Between ticks: the smallest of 1, 2, 5 times a power of ten that makes no more than eight of them."""
    power = 10.0 ** np.floor(np.log10(span / 8))
    return next(step for step in (power, 2 * power, 5 * power, 10 * power) if span / step <= 8)


@dataclass(frozen=True)
class Batch:
    """features: float64 (B, 2). row: (B,), the position of each sample's class in classes (P,), ascending."""

    features: np.ndarray
    classes: np.ndarray
    row: np.ndarray

    @property
    def centroids(self) -> np.ndarray:
        """(P, 2)."""
        return np.stack([self.features[self.row == position].mean(axis=0) for position in range(len(self.classes))])

    def legend(self, card: Drawing) -> list[tuple[Callable[[Point], None], str]]:
        return [(partial(card.marker, position=p), f"class {label}") for p, label in enumerate(self.classes.tolist())]


def batch(case: Case) -> Batch | None:
    """The samples of a case; None where they do not lie in the plane, or are too many for a picture."""
    features = case.inputs.get("features")
    if not isinstance(features, np.ndarray) or features.shape[1:] != (2,) or len(features) > MOST_SAMPLES:
        return None
    classes, row = np.unique(np.asarray(case.inputs["labels"]), return_inverse=True)
    return Batch(features.astype(np.float64), classes, row) if len(classes) <= len(MARKERS) else None


def triplets(exercise: Exercise, case: Case, given: Outputs) -> Picture | None:
    """Two panels, expected and yours: samples by class, and from each anchor the way to both others.

    The triplets are points, among them centroids, which are then drawn, too; or they are rows of the features.
    """
    samples = batch(case)
    expected, yours = (samples and _rows(outputs, samples.features) for outputs in (case.expected, given))
    if expected is None or yours is None:
        return None
    yours = _in_order(exercise, expected, yours)
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
        *([(partial(card.centroid, position=len(COLOURS) - 1), "centroid")] if clusters else []),
        (card.anchor, "anchor"),
        (partial(_stroke, card, GREEN, None), "to the positive"),
        (partial(_stroke, card, RED, DASH), "to the negative"),
        (card.wrong, "differs"),
    ]
    card.legend(BELOW, [*samples.legend(card), *symbols])
    return card, f"Expected: {_told(expected)}. Yours: {_told(yours, wrong)}."


def _draw_triplet(panel: Panel, triplet: np.ndarray) -> list[np.ndarray]:
    """triplet: (3, 2). Returns where marks on the anchor, the positive and the negative belong."""
    anchor, positive, negative = (panel.at(point) for point in triplet)
    to_positive = panel.card.arrow(anchor, positive, GREEN, corner=(-12, -12))
    to_negative = panel.card.arrow(anchor, negative, RED, DASH, corner=(16, -16))
    panel.card.anchor(anchor)
    return [anchor, to_positive, to_negative]


def _stroke(card: Drawing, colour: str, dash: str | None, at: Point) -> None:
    """The symbol of a kind of arrow."""
    card.arrow(np.add(at, (-10, -3)), np.add(at, (10, -3)), colour, dash)


def _rows(outputs: Outputs, features: np.ndarray) -> np.ndarray | None:
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


def _in_order(exercise: Exercise, expected: np.ndarray, yours: np.ndarray) -> np.ndarray:
    """yours, its triplets in the order in which the judge compares them."""
    if expected.shape != yours.shape:
        return yours
    roles = (dict(zip(ROLES, rows.swapaxes(0, 1))) for rows in (expected, yours))
    ordered = aligned(exercise, *roles)
    return np.stack([ordered[role] for role in ROLES], axis=1)


def _wrong_parts(case: Case, expected: np.ndarray, yours: np.ndarray) -> np.ndarray:
    """bool (T, 3): which parts of yours differ. All of a triplet, if there are more or fewer than expected."""
    if yours.shape == expected.shape:
        return misses(expected, yours, case.tolerance).any(axis=2)
    left, wrong = list(expected), np.ones((len(yours), 3), bool)
    for position, triplet in enumerate(yours):
        found = next((i for i, right in enumerate(left) if not misses(right, triplet, case.tolerance).any()), None)
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


def gradients(exercise: Exercise, case: Case, given: Outputs) -> Picture | None:
    """Two panels: the gradient as an arrow at each sample, all of one scale."""
    samples, expected, yours = batch(case), case.expected["gradient"], given["gradient"]
    if samples is None or yours.shape != expected.shape or yours.dtype != expected.dtype:
        return None
    wrong = misses(expected, yours, case.tolerance).any(axis=1)
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
                card.text(np.add(start - 14 * ahead, (0, 4)), str(index), anchor="middle", size=11)
                if bad:
                    card.wrong(mark)
    symbols = [(partial(_stroke, card, BLUE, None), "gradient of the row"), (card.wrong, "differs")]
    card.legend(BELOW, [*samples.legend(card), *symbols])
    rows = (
        f"row {i} {numbers(yours[i])}, expected {numbers(expected[i])}" for i in np.flatnonzero(wrong)[:MOST_TRIPLETS]
    )
    return card, f"The gradient at each sample. Yours differs in {'; '.join(rows)}."


def class_distances(exercise: Exercise, case: Case, given: Outputs) -> Picture | None:
    """Two panels: d on the line between two classes, and s and d of each class with itself below."""
    samples, expected = batch(case), case.expected
    if samples is None or any(
        given[name].shape != value.shape or given[name].dtype.kind not in "fiu" for name, value in expected.items()
    ):
        return None
    wrong = {name: misses(value, given[name], case.tolerance) for name, value in expected.items()}
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
    return card, f"Distances between and within the classes. Your {'; your '.join(names)}."


def _class_line(card: Drawing, at: tuple[float, float], p: int, outputs: Outputs, bad: Outputs) -> None:
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


def cluster_loss(exercise: Exercise, case: Case, given: Outputs) -> Picture | None:
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
    words = card.hinges((376, TOP + 6), "intra − inter + α", hinges, "sum", case.expected["loss"], given["loss"])
    symbols = [
        (partial(card.centroid, position=len(COLOURS) - 1), "centroid"),
        (partial(_stroke, card, GREEN, None), "intra: to the farthest sample"),
        (partial(_stroke, card, RED, DASH), "inter: to the nearest centroid"),
        (card.wrong, "differs"),
    ]
    card.legend(BELOW, [*samples.legend(card), *symbols])
    return card, f"The loss as a sum over the classes. {words}"


def all_triplets_loss(exercise: Exercise, case: Case, given: Outputs) -> Picture | None:
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
    words = card.hinges((376, TOP + 6), HINGE, hinges, "half of the mean", case.expected["loss"], given["loss"])
    card.legend(BELOW, [*samples.legend(card), (card.wrong, "differs")])
    return card, f"The loss over all triplets. {words}"


HINGE = "(a, p, n): |a−p|² − |a−n|² + margin"


def triplet_hinges(features: np.ndarray, ids: np.ndarray, margin: np.ndarray) -> list[Hinge]:
    """features: (B, D). ids: (3, T), rows of the features. margin: (T,)."""
    a, p, n = features[ids]  # (T, D) each
    named = (f"({', '.join(map(str, rows))})" for rows in ids.T)
    return [Hinge.of(*parts) for parts in zip(named, squared(a, p), squared(a, n), margin)]


def squared(points: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Squared distances of (N, D) and (N, D) or (D,): (N,)."""
    return np.square(points - others).sum(axis=1)


def wrong_number(case: Case, given: Outputs) -> bool:
    """Is the loss one number, and another than expected?"""
    expected, loss = case.expected["loss"], given["loss"]
    return loss.shape == () and loss.dtype.kind in "fiu" and bool(misses(expected, loss, case.tolerance))
