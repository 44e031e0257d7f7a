"""The dataset for whoever has no MNIST: the ten digits of several fonts, each written once by 150 made-up drawers.

    data.load("digits")    # draws them on first use, in a few seconds, without a network

The drawers are those of `glyphs`, with a thicker pen and a freer hand. Each writes a digit after the font they are used
to, with serifs or without. The first hundred drawers train, the others validate. The same seed gives the same bytes, in
MNIST's layout. What was drawn stays as it is: after a change in this file, in `glyphs` or in `strokes`, delete the
folder to have the digits drawn anew.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
from tqdm.auto import tqdm

from data import folders, glyphs, idx, strokes
from data.glyphs import Drawer

DRAWERS = {idx.TRAIN: 100, idx.VALID: 50}
FONTS = ("DejaVuSans", "DejaVuSerif-Italic", "STIXGeneral", "STIXGeneralItalic", "cmr10", "cmss10", "cmtt10")


def hire(seed: int, number: int) -> Drawer:
    rng = np.random.default_rng([seed, number])
    return replace(
        Drawer.random(rng),
        pen=rng.uniform(6, 12),  # on a page of 105 pixels: 1.6 to 3.2 of 28
        size=rng.uniform(0.58, 0.72),
        slant=rng.normal(0.05, 0.2),
        bend=rng.uniform(0.02, 0.05),
    )


def draw(digit: int, drawer: Drawer, rng: np.random.Generator) -> np.ndarray:
    """uint8 [28, 28], ink 255 and paper 0, as MNIST is."""
    import cv2

    path = strokes.pen_path(str(digit), FONTS[rng.integers(len(FONTS))])
    page = glyphs.draw(path, drawer, rng)  # bool [105, 105]
    return cv2.resize(page.astype(np.uint8) * 255, (idx.SIDE, idx.SIDE), interpolation=cv2.INTER_AREA)


def render(folder: Path, seed: int = 0) -> None:
    """Makes the dataset's folder, or replaces it; `folder` is whole or untouched at any time."""
    with (
        folders.building(folder) as unfinished,
        tqdm(total=sum(DRAWERS.values()) * idx.CLASSES, desc="drawing digits") as progress,
    ):
        first = 0
        for split, n_drawers in DRAWERS.items():
            images, labels = [], []
            for number in range(first, first + n_drawers):
                drawer = hire(seed, number)
                for digit in range(idx.CLASSES):
                    # its code rather than the digit itself: NumPy takes [seed, number, 0] for [seed, number]
                    rng = np.random.default_rng([seed, number, ord(str(digit))])
                    images.append(draw(digit, drawer, rng))
                    labels.append(digit)
                    progress.update()
            idx.write_split(unfinished, split, np.stack(images), np.array(labels, dtype=np.uint8))
            first += n_drawers
