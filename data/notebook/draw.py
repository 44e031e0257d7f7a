"""What all pictures of the notebooks are made of: mosaics of images, thumbnails in charts, boxes and arrows.

Nothing here is about metric learning. All pictures are dark on white, whatever the page around them; the colours are
told apart by the colour-blind too (Okabe and Ito's palette, and two of Paul Tol's).
"""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.offsetbox import AnnotationBbox, OffsetImage
from matplotlib.patches import FancyBboxPatch
from torch import Tensor

INK, GREEN, RED, BLUE, GREY = "#222222", "#009E73", "#D55E00", "#0072B2", "#999999"
CLASS_COLOURS = [
    *("#0072B2", "#E69F00", "#CC79A7", "#009E73", "#56B4E9"),
    *("#D55E00", "#000000", "#882255", "#999933", "#F0E442"),
]


def to_images(features: Tensor) -> Tensor:
    """A batch's features, float [B, 1, S, S] with ink 1, on any device -> uint8 [B, S, S] with ink 255, on the CPU."""
    return (features[:, 0] * 255).to("cpu", torch.uint8)


def mosaic(images: Tensor, columns: int, frames: Sequence[str] | None = None) -> Tensor:
    """Pictures in rows of `columns`, dark ink on white, each in its frame.

    images: uint8 [N, S, S], ink 255. frames: N colours; None: white ones.
    Returns float [rows * (S + 10), columns * (S + 10), 3]; the last row is filled up with white.
    """
    tiles = 1 - images.float()[..., None].repeat(1, 1, 1, 3) / 255  # [N, S, S, 3]
    tiles = torch.stack(
        [framed(tile, colour) for tile, colour in zip(tiles, frames or ["white"] * len(tiles), strict=True)]
    )
    tiles = torch.cat([tiles, torch.ones(-len(tiles) % columns, *tiles.shape[1:])])
    rows, side = len(tiles) // columns, tiles.shape[1]
    return tiles.view(rows, columns, side, side, 3).permute(0, 2, 1, 3, 4).reshape(rows * side, columns * side, 3)


def framed(tile: Tensor, colour: str) -> Tensor:
    """[S, S, 3] -> [S + 10, S + 10, 3]: two white pixels around, then two of the colour, then one white."""
    canvas = torch.ones(len(tile) + 10, len(tile) + 10, 3)
    canvas[1:-1, 1:-1] = torch.tensor(to_rgb(colour))
    canvas[3:-3, 3:-3] = 1
    canvas[5:-5, 5:-5] = tile
    return canvas


def show_mosaic(
    picture: Tensor, title: str, row_names: Sequence[str] = (), column_names: Sequence[str] = (), width: float = 10
) -> None:
    """Display a `mosaic`, [H, W, 3], `width` inches wide, with a name at the left of each row and under each column."""
    height, length = picture.shape[:2]
    _, ax = plt.subplots(figsize=(width, width * height / length + 0.4))
    ax.imshow(picture.numpy(), interpolation="nearest")
    ax.set_title(title, loc="left")
    ax.set_xticks([(column + 0.5) * length / len(column_names) for column in range(len(column_names))], column_names)
    ax.set_yticks([(row + 0.5) * height / len(row_names) for row in range(len(row_names))], row_names)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    plt.tight_layout()
    plt.show()


def thumbnail(ax: Axes, image: Tensor, place: tuple, frame: str, zoom: float = 0.6, **more) -> None:
    """A small picture, uint8 [1, S, S], at a place of a chart, in a frame of that colour.

    place: (x, y) of its middle, as the chart counts. zoom: points a pixel. `more` goes to matplotlib's AnnotationBbox.
    """
    picture = OffsetImage(mosaic(image, 1, [frame]).numpy(), zoom=zoom)
    ax.add_artist(AnnotationBbox(picture, place, frameon=False, pad=0, **more))


def box(ax: Axes, x: float, y: float, text: str, colour: str = BLUE, width: float = 1.7) -> None:
    """A rounded box of the given width, centred at (x, y)."""
    style = {"boxstyle": "round,pad=0.08", "facecolor": colour + "1a", "edgecolor": colour, "linewidth": 1.4}
    ax.add_patch(FancyBboxPatch((x - width / 2, y - 0.36), width, 0.72, **style))
    ax.text(x, y, text, ha="center", va="center", fontsize=10)


def arrow(ax: Axes, start: tuple, end: tuple, colour: str = INK, style: str = "-|>", **more) -> None:
    """An arrow from start to end; `more` goes to matplotlib's arrowprops."""
    ax.annotate("", end, start, arrowprops={"arrowstyle": style, "color": colour, "linewidth": 1.6, **more})


def blank_axes(width: float, height: float, columns: int = 1):
    """Axes without a frame, `columns` of them side by side: one Axes, or an array of them."""
    figure, axes = plt.subplots(1, columns, figsize=(width, height))
    for ax in figure.axes:
        ax.axis("off")
    return axes
