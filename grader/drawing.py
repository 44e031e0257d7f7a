"""A small drawing on a white card, as SVG text: what chapters draw the pictures of their failed cases with.

The shapes are few and spelled out one by one: no ids and no style sheets, which would reach beyond the picture on a page
that holds many; no fonts and no date, so that the same report is the same text, of a few kilobytes. The card is white
on every page, so that what is drawn on it reads on a dark one, too.

It is written by hand because of its size: matplotlib's picture of the same case took 33 KB and 70 ms, this one takes 4 to 16
KB and a few ms, and a page of feedback with its ten reports has room for 140 KB of them.
"""

from collections.abc import Callable, Sequence
from typing import Any
from xml.etree import ElementTree

import numpy as np

from grader.formatting import number

# Okabe and Ito's palette: safe for the colour-blind. Whatever has a colour of its own here also has a shape of its own.
ORANGE, SKY, GREEN, BLUE, RED, PURPLE = "#E69F00", "#56B4E9", "#009E73", "#0072B2", "#D55E00", "#CC79A7"
BLACK, GREY, PALE, WHITE = "#000000", "#595959", "#DDDDDD", "#FFFFFF"
SIGHT = 1e4  # what lies farther out than this, or is no number, is not drawn

# The corners of a class's marker around its centre, in pixels; the first is a circle.
MARKERS = (
    None,
    ((-5, -5), (5, -5), (5, 5), (-5, 5)),
    ((0, -6), (6, 5), (-6, 5)),
    ((0, -7), (6, 0), (0, 7), (-6, 0)),
    ((0, 6), (6, -5), (-6, -5)),
)
COLOURS = (BLUE, ORANGE, PURPLE, SKY, GREY)
LETTER = 6.8  # pixels, the width of a letter on average
ROW = 19  # pixels from one line of text to the next

Point = Sequence[float] | np.ndarray  # x to the right, y down, in pixels


class Drawing:
    """width, height: in pixels. `svg` gives the text."""

    def __init__(self, width: int, height: int) -> None:
        self._root = ElementTree.Element(
            "svg",
            xmlns="http://www.w3.org/2000/svg",
            viewBox=f"0 0 {width} {height}",
            width=str(width),
            style="display: block; max-width: 100%; height: auto; margin: 6px 0",
            role="img",
        )
        # A page of a dark theme may colour what it holds.
        for name, value in (("font-family", "sans-serif"), ("font-size", "12"), ("fill", BLACK)):
            self._root.set(name, value)
        self._title = ElementTree.SubElement(self._root, "title")
        self._add("rect", x=0.5, y=0.5, width=width - 1, height=height - 1, rx=8, fill=WHITE, stroke=PALE)
        self.width = width

    def svg(self, name: str, words: str) -> str:
        """The picture of the case `name`; words: all that it says."""
        self._title.text = f"{name}: expected and yours"
        self._root.set("aria-label", f"{name}. {words}")
        return ElementTree.tostring(self._root, encoding="unicode")

    def _add(self, tag: str, **attributes: Any) -> ElementTree.Element:
        texts = {
            name.replace("_", "-"): f"{round(value, 1):g}" if isinstance(value, float) else str(value)
            for name, value in attributes.items()
            if value is not None
        }
        return ElementTree.SubElement(self._root, tag, texts)

    def box(self, left: float, top: float, width: float, height: float, fill: str = WHITE, stroke: str = GREY) -> None:
        self._add("rect", x=left, y=top, width=width, height=height, fill=fill, stroke=stroke)

    def line(self, start: Point, end: Point, colour: str = BLACK, width: float = 1, dash: str | None = None) -> None:
        (x1, y1), (x2, y2) = _floats(start), _floats(end)
        self._add("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=colour, stroke_width=width, stroke_dasharray=dash)

    def ring(
        self, at: Point, radius: float, colour: str, width: float = 2, dash: str | None = None, fill: str = "none"
    ) -> None:
        x, y = _floats(at)
        self._add("circle", cx=x, cy=y, r=radius, fill=fill, stroke=colour, stroke_width=width, stroke_dasharray=dash)

    def polygon(self, corners: np.ndarray, fill: str, stroke: str) -> None:
        """corners: (N, 2)."""
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
        self._add("polygon", points=points, fill=fill, stroke=stroke, stroke_width=0.8)

    def text(
        self, at: Point, words: str, bold: bool = False, align: str | None = None, size: int | None = None
    ) -> None:
        """align: "middle" or "end" instead of the start."""
        x, y = _floats(at)
        weight = "bold" if bold else None
        element = self._add("text", x=x, y=y, text_anchor=align, font_weight=weight, font_size=size)
        element.text = words.replace("-", "−")

    def label(self, at: Point, words: str) -> None:
        """Words around a point that lies on a line: a white ground keeps them legible."""
        x, y = _floats(at)
        width = LETTER * len(words) + 6
        self._add("rect", x=x - width / 2, y=y - 8, width=width, height=16, rx=3, fill=WHITE)
        self.text((x, y + 4), words, bold=True, align="middle")

    def beside(self, start: Point, end: Point, words: str) -> None:
        """Words to the right of an arrow."""
        step = np.subtract(end, start)
        aside = np.array([-step[1], step[0]]) / (np.hypot(*step) or 1.0)
        middle = np.add(start, end) / 2 + 16 * aside
        self.text((middle[0], middle[1] + 4), words, bold=True, align="middle")

    def marker(self, at: Point, position: int) -> None:
        """A sample of the class that is number `position` of the batch."""
        style = position % len(MARKERS)
        if MARKERS[style] is None:
            self.ring(at, 5.5, BLACK, 0.8, fill=COLOURS[style])
        else:
            self.polygon(np.add(MARKERS[style], at), COLOURS[style], BLACK)

    def disc(self, at: Point, position: int) -> None:
        """What stands for a whole class."""
        self.ring(at, 9, BLACK, 0.8, fill=COLOURS[position % len(COLOURS)])
        self.ring(at, 5.5, BLACK, 0.8, fill=WHITE)

    def cross(self, at: Point) -> None:
        x, y = _floats(at)
        self._add("path", d=f"M{x - 4:.1f} {y - 4:.1f}l8 8m0-8l-8 8", stroke=BLACK, stroke_width=2)

    def arrow(
        self, start: Point, end: Point, colour: str, dash: str | None = None, corner: Point = (12, -12)
    ) -> np.ndarray:
        """From start to end, or a ring around both where they are one. Returns where a mark on it belongs: on the middle
        of a long arrow, ahead of a short one, at the corner of a ring."""
        start, end = np.asarray(start, float), np.asarray(end, float)
        length = float(np.hypot(*(end - start)))
        if length < 2:
            self.ring(start, abs(corner[0]), colour, 2.5, dash)
            return np.add(start, corner)
        ahead = (end - start) / length
        aside = np.array([-ahead[1], ahead[0]])
        start, end = start + 3 * aside, end + 3 * aside - min(5.0, length / 4) * ahead
        head = end - min(9.0, length / 2) * ahead
        self.line(start, head, colour, 2.5, dash)
        self.polygon(np.stack([end, head + 5 * aside, head - 5 * aside]), colour, colour)
        return (start + end) / 2 if length > 50 else end + 14 * ahead

    def wrong(self, at: Point) -> None:
        """The mark on what differs: a cross in a circle."""
        self.ring(at, 7, BLACK, 1.5, fill=WHITE)
        self.cross(at)

    def legend(self, top: float, entries: Sequence[tuple[Callable[[Point], Any], str]]) -> None:
        """Symbols, each with its words, in as many rows as they need."""
        left = 22.0
        for symbol, words in entries:
            width = 44 + LETTER * len(words)
            if left + width > self.width:
                left, top = 22.0, top + ROW
            symbol((left, top))
            self.text((left + 14, top + 4), words)
            left += width

    def bars(self, at: Point, expected: np.ndarray, given: np.ndarray) -> None:
        """Two numbers, the second one marked, with bars for those within sight."""
        left, top = at
        values = [float(value) if abs(float(value)) < SIGHT else 0.0 for value in (expected, given)]
        scale = 100 / (max(*values, 0.0) - min(*values, 0.0) or 1.0)
        zero = left + 84 - scale * min(*values, 0.0)
        rows = zip(("expected", "yours"), (GREEN, RED), values, (expected, given))
        for y, (words, colour, value, exact) in zip((top, top + 24), rows):
            self.text((left, y + 12), words)
            self.box(zero + scale * min(value, 0.0), y, abs(scale * value), 16, colour, BLACK)
            self.text((zero + scale * max(value, 0.0) + 6, y + 12), number(exact))
        self.line((zero, top - 5), (zero, top + 45))
        self.wrong((left + 56, top + 32))


def short(value: Any) -> str:
    """A number that may come from arithmetic in floats: four digits tell it apart, noise is 0."""
    value = np.asarray(value)
    if value.dtype.kind != "f" or not abs(float(value)) < SIGHT:
        return number(value)
    return f"{round(float(value), 6) + 0.0:.4g}"


def _floats(point: Point) -> tuple[float, float]:
    x, y = point
    return float(x), float(y)
