"""What samplers choose, drawn with a few points in the plane, three classes of them."""

from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from torch import Tensor

from data.notebook.draw import CLASS_COLOURS, GREEN, INK, RED, arrow, blank_axes

FIFTEEN = torch.tensor([
    0.2, 0.3, 1.0, 1.1, 1.5, 0.1, 0.6, -0.6, -0.5, 0.6,
    3.2, 0.4, 4.1, 1.2, 4.6, 0.1, 3.9, -0.7, 2.4, 0.9,
    1.7, 2.6, 2.6, 3.3, 1.2, 3.5, 2.1, 2.0, 2.9, 2.3,
]).view(3, 5, 2)  # fmt: skip
TWELVE = torch.tensor([
    0.3, 0.4, 1.6, 0.9, 0.2, 1.5, 1.5, 0.1,
    3.2, 0.5, 4.3, 1.0, 3.5, 2.0, 4.4, -0.1,
    1.6, 2.9, 2.8, 3.3, 2.2, 2.1, 3.0, 2.5,
]).view(3, 4, 2)  # fmt: skip


def sample(sampler: Any, points: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Anchors, positives and negatives, each [T, 2], that an in-batch sampler chooses among [classes, n, 2]."""
    labels = torch.arange(len(points)).repeat_interleave(points.shape[1])
    return sampler.sample(points.flatten(0, 1), labels)


def show_hard_triplet(sampler: Any) -> None:
    """What the sampler chooses for one of fifteen points: the third triplet is that of the third point."""
    _, ax = plt.subplots(figsize=(6.6, 4.9))
    _draw_fifteen(ax)
    a, p, n = (chosen[2].tolist() for chosen in sample(sampler, FIFTEEN))
    for end, colour, text, place in [
        (p, GREEN, "positive:\nthe farthest of its class", (-1.2, 0.85)),
        (n, RED, "negative:\nthe nearest of all others", (2.55, 1.35)),
    ]:
        arrow(ax, a, end, colour)
        ax.text(*place, text, color=colour, fontsize=10)
    ax.plot(*a, "o", color=INK, markersize=12)
    ax.text(a[0], a[1] - 0.4, "anchor", fontsize=11, ha="center")
    plt.show()


def show_clusters() -> None:
    """The centroids of the fifteen points, and the two distances that make a hard cluster triplet of the first class."""
    _, ax = plt.subplots(figsize=(7, 5.2))
    _draw_fifteen(ax)
    centres = FIFTEEN.mean(dim=1).tolist()  # three points
    for number, ((x, y), colour) in enumerate(zip(centres, CLASS_COLOURS), start=1):
        ax.plot(x, y, "X", color=colour, markersize=15, markeredgecolor="white")
        ax.text(x + 0.16, y - 0.36, f"$f_{number}^m$", fontsize=14, color=colour)
    arrow(ax, centres[0], (-0.5, 0.6), GREEN)
    ax.text(-0.95, 0.85, "$d_1^{intra}$\nfarthest of\nits own class", color=GREEN, fontsize=11, ha="center")
    arrow(ax, centres[0], centres[2], RED)
    ax.text(0.2, 2.0, "$d_1^{inter}$\nnearest other\ncentroid", color=RED, fontsize=11)
    plt.show()


def _draw_fifteen(ax: Axes) -> None:
    for points, colour in zip(FIFTEEN, CLASS_COLOURS):
        ax.plot(*points.T.tolist(), "o", color=colour, markersize=9, alpha=0.75)
    ax.set(aspect="equal", xlim=(-1.2, 5.4), ylim=(-1.3, 4.1))
    ax.axis("off")


def show_samplers(*samplers: Any) -> None:
    """What each sampler chooses for one anchor among twelve points, side by side.

    The anchor is the first point, or, where a sampler's anchors are means of classes, the mean of the first class.
    """
    means = TWELVE.mean(dim=1)  # [3, 2]
    for ax, sampler in zip(blank_axes(13, 4, columns=len(samplers)), samplers, strict=True):
        anchors, positives, negatives = sample(sampler, TWELVE)  # [T, 2] each
        # samplers return vectors, not rows: find this anchor's by where it lies
        first, mean = ((anchors - point).norm(dim=1) < 1e-5 for point in (TWELVE[0, 0], means[0]))  # [T]
        shown, mine = (TWELVE[0, 0], first) if first.any() else (means[0], mean)
        for ends, colour in [(negatives, RED), (positives, GREEN)]:
            for end in ends[mine].unique(dim=0):
                arrow(ax, shown.tolist(), end.tolist(), colour, shrinkA=4, shrinkB=4)
        for points, marker, colour in zip(TWELVE, "osD", CLASS_COLOURS):
            ax.plot(*points.T.tolist(), marker, color=colour, markersize=9)
        if first.any():
            ax.plot(*shown.tolist(), "o", color=INK, markersize=12)
        else:
            for centre, colour in zip(means.tolist(), CLASS_COLOURS):
                ax.plot(*centre, "X", color=colour, markersize=14, markeredgecolor=INK)
        ax.set(aspect="equal", title=type(sampler).__name__, xlim=(-0.3, 4.9), ylim=(-0.6, 3.8))
    plt.tight_layout()
    plt.show()
