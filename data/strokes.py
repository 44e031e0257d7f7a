"""Turns a character of a font into the path a pen would take: thin lines, cut where lines meet.

`glyphs` lets its drawers write along these paths. Works on pictures only: the font is rasterised, thinned to lines one
pixel wide, and freed of the little forks that thinning leaves where a thick stroke ended.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

HEIGHT = 120  # pixels of the longer side of a rasterised character

# The eight neighbours of a pixel, clockwise from the one above it, as (row, column).
NEIGHBOURS = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))


@dataclass(frozen=True)
class PenPath:
    """points: float64 [n, 2], (x, y) with y down; the longer side spans -0.5 .. 0.5, the middle is (0, 0).

    stroke: int [n], which stroke each point belongs to, 0 .. n_strokes - 1.
    """

    points: np.ndarray
    stroke: np.ndarray


def font_file(font: str = "DejaVuSans") -> Path:
    """Where matplotlib keeps one of the fonts that it ships."""
    import matplotlib

    return Path(matplotlib.get_data_path()) / "fonts" / "ttf" / f"{font}.ttf"


@cache
def pen_path(character: str, font: str = "DejaVuSans") -> PenPath:
    ink = _rasterise(character, font_file(font))
    lines = _prune(_thin(ink), round(0.7 * _half_width(ink)))
    rows, columns = np.nonzero(lines)
    points = np.stack([columns, rows], axis=1).astype(np.float64)  # [n, 2]
    low, high = points.min(axis=0), points.max(axis=0)
    points = (points - (low + high) / 2) / max(high - low)
    return PenPath(points, _strokes(lines)[rows, columns])


def _rasterise(character: str, file: Path) -> np.ndarray:
    """bool [H, W], True where ink is, with a margin of paper all around."""
    # basic layout: the letter as it stands alone, whether or not Pillow finds a shaping library on this machine
    size = 100.0
    for _ in range(2):
        font = ImageFont.truetype(file, round(size), layout_engine=ImageFont.Layout.BASIC)
        left, top, right, bottom = font.getbbox(character)
        size = size * HEIGHT / max(right - left, bottom - top)
    page = Image.new("L", (right - left + 8, bottom - top + 8))
    ImageDraw.Draw(page).text((4 - left, 4 - top), character, fill=255, font=font)
    return np.asarray(page) > 127


def _around(ink: np.ndarray) -> list[np.ndarray]:
    """Eight arrays shaped like `ink`: the value of each neighbour of every pixel. The border must be paper."""
    return [np.roll(ink, (-row, -column), axis=(0, 1)) for row, column in NEIGHBOURS]


def _thin(ink: np.ndarray) -> np.ndarray:
    """Peels `ink` until lines one pixel wide are left (T. Y. Zhang and C. Y. Suen, CACM 27(3), 1984).

    A pixel goes when it has 2 to 6 neighbours, forms the border of a single run of them, and lies on the side being
    peeled; the two sides take turns.
    """
    ink = ink.copy()
    while True:
        before = ink.sum()
        for corner in ((0, 2, 4), (2, 4, 6)), ((0, 2, 6), (0, 4, 6)):
            around = _around(ink)
            count = np.sum(around, axis=0)
            runs = sum(~around[i] & around[(i + 1) % 8] for i in range(8))
            on_side = ~np.logical_or(*(around[a] & around[b] & around[c] for a, b, c in corner))
            ink &= ~((count >= 2) & (count <= 6) & (runs == 1) & on_side)
        if ink.sum() == before:
            return ink


def _half_width(ink: np.ndarray) -> int:
    """Half the width of the thickest stroke in pixels: how often its outline can be peeled off."""
    peeled = 0
    while ink.any():
        ink = ink & np.all(_around(ink), axis=0)
        peeled += 1
    return peeled


def _prune(lines: np.ndarray, length: int) -> np.ndarray:
    """Takes `length` pixels off every open end, so forks that short are gone; what vanishes whole was a dot, and stays."""
    import cv2

    pruned = lines.copy()
    for _ in range(length):
        pruned &= np.sum(_around(pruned), axis=0) >= 2
    n_parts, part = cv2.connectedComponents(lines.astype(np.uint8), connectivity=8)
    for number in range(1, n_parts):
        here = part == number
        if not (pruned & here).any():
            rows, columns = np.nonzero(here)
            middle = len(rows) // 2
            pruned[rows[middle], columns[middle]] = True
    return pruned


def _strokes(lines: np.ndarray) -> np.ndarray:
    """int [H, W]: which stroke a pixel of `lines` belongs to; strokes end where three or more of them meet."""
    import cv2

    around = _around(lines)
    meeting = lines & (sum(~around[i] & around[(i + 1) % 8] for i in range(8)) >= 3)
    cut = lines & ~meeting & ~np.any(_around(meeting), axis=0)
    n_strokes, stroke = cv2.connectedComponents(cut.astype(np.uint8), connectivity=8)
    # the pixels of a meeting go with the stroke that reaches them first
    while (open_ends := lines & (stroke == 0)).any():
        nearest = np.max(_around(stroke), axis=0)
        if not (open_ends & (nearest > 0)).any():
            stroke[open_ends] = n_strokes  # a crossing so small that it is all there is
        stroke = np.where(open_ends & (stroke == 0), nearest, stroke)
    return np.maximum(stroke - 1, 0)
