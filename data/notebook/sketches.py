"""Drawings that explain, of no data: the pipeline, a triplet, a loss and margins by distance."""

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes

from data.notebook.draw import BLUE, GREEN, GREY, INK, RED, arrow, blank_axes, box


def show_pipeline() -> None:
    """The homework's: how a split becomes a loss in training, and CMC in validation, with the same weights."""
    ax = blank_axes(11, 3.6)
    ax.set(xlim=(0, 11.4), ylim=(-0.6, 3.6))
    ax.text(0.0, 3.32, "training", fontsize=12, fontweight="bold")
    steps = ["train split", "batch\nP classes × K", "network\n$f(x)$", "in-batch sampler\ntriplets", "loss"]
    _row_of_boxes(ax, 2.7, steps)
    ax.text(0.0, 1.12, "validation", fontsize=12, fontweight="bold")
    steps = ["valid split", "queries\nand gallery", "network\n$f(x)$", "distances\nquery–gallery", "CMC@k"]
    _row_of_boxes(ax, 0.5, steps)
    arrow(ax, (10.2, 2.24), (5.6, 2.24), RED, connectionstyle="arc3,rad=-0.16")
    ax.text(7.9, 1.62, "gradients", color=RED, ha="center")
    arrow(ax, (5.1, 2.24), (5.1, 0.98), GREEN, linestyle="--")
    ax.text(4.98, 1.5, "same weights", color=GREEN, ha="right")
    plt.show()


def show_training_pipeline() -> None:
    """The tutorial's: two samplers, one of batches from the dataset, one of triplets from the batch."""
    ax = blank_axes(11, 1.7)
    ax.set(xlim=(0, 11.2), ylim=(-0.2, 1.2))
    steps = ["dataset", "batch sampler\nP classes × K", "network\n$f(x)$", "in-batch sampler\ntriplets", "triplet loss"]
    _row_of_boxes(ax, 0.6, steps)
    plt.show()


def _row_of_boxes(ax: Axes, y: float, texts: list[str]) -> None:
    """Five boxes from left to right, joined by arrows; the network in green, what comes out in red."""
    for step, text in enumerate(texts):
        x = 1.0 + 2.3 * step
        box(ax, x, y, text, RED if step == 4 else GREEN if step == 2 else BLUE)
        if step:
            arrow(ax, (x - 1.38, y), (x - 0.92, y))


def show_violation() -> None:
    """A triplet that violates the margin, with arrows that show where its gradient pushes, and one that does not."""
    panels = blank_axes(10, 3.7, columns=2)
    violated, satisfied = panels
    p, n = (1.25, 0.75), (0.6, -0.75)
    _triplet(violated, "violated: loss > 0", p, n)
    _triplet(satisfied, "satisfied: loss = 0", (0.72, 0.42), (1.1, -1.5))
    arrow(violated, (p[0] * 0.93, p[1] * 0.93), (p[0] * 0.5, p[1] * 0.5), GREEN, mutation_scale=18)
    arrow(violated, (n[0] * 1.1, n[1] * 1.1), (n[0] * 1.8, n[1] * 1.8), RED, mutation_scale=18)
    plt.tight_layout()
    plt.show()


def _triplet(ax: Axes, title: str, positive: tuple[float, float], negative: tuple[float, float]) -> None:
    """An anchor in the origin, its positive and negative, and circles around it: the positive's distance, plus alpha."""
    radius = (positive[0] ** 2 + positive[1] ** 2) ** 0.5
    ax.add_patch(plt.Circle((0, 0), radius, fill=False, color=GREEN, linewidth=1.2))
    ax.add_patch(plt.Circle((0, 0), radius + 0.55, fill=False, color=GREY, linestyle="--"))
    ax.annotate("", (-radius - 0.55, 0), (-radius, 0), arrowprops={"arrowstyle": "<->", "color": GREY})
    ax.text(-radius - 0.27, 0.08, r"$\alpha$", color=GREY, ha="center", fontsize=13)
    for (x, y), name, colour in [((0, 0), "a", INK), (positive, "p", GREEN), (negative, "n", RED)]:
        ax.plot([0, x], [0, y], color=colour, linewidth=1.2)
        ax.plot(x, y, "o", color=colour, markersize=11)
        ax.text(x + 0.13, y + 0.1, f"${name}$", color=colour, fontsize=15)
    ax.set(xlim=(-2.7, 2.7), ylim=(-2.1, 2.1), aspect="equal", title=title)


def show_hinge(to_positive: float = 0.8, margin: float = 0.5) -> None:
    """The loss of a triplet by the distance of its negative; the positive is `to_positive` away."""
    _, ax = plt.subplots(figsize=(7, 2.8))
    to_negative = torch.linspace(0, 2, 201)
    loss = (to_positive - to_negative + margin).clamp(min=0)
    ax.plot(to_negative.tolist(), loss.tolist(), color=RED, linewidth=2.5)
    for x, text, colour in [
        (to_positive, "the positive\n$\\|a - p\\|$", GREEN),
        (to_positive + margin, "plus the margin\n$\\|a - p\\| + \\alpha$", GREY),
    ]:
        ax.axvline(x, color=colour, linestyle="--", linewidth=1.4)
        ax.text(x + 0.03, 1.0, text, color=colour, fontsize=10)
    ax.set(xlabel="distance of the negative, $\\|a - n\\|$", ylabel="loss", ylim=(0, 1.35), xlim=(0, 2))
    plt.show()


def show_margins(beta: float = 0.1, levels: int = 16, d_0: float = 0.5) -> None:
    """The margins of the hierarchical loss by the spread of the anchor's class, at the two levels of negatives."""
    _, ax = plt.subplots(figsize=(6.4, 3.6))
    spread = torch.linspace(0, 1.2, 50)
    for level, colour, text in [(1, GREEN, "$l=1$: same alphabet"), (2, RED, "$l=2$: another alphabet")]:
        threshold = level * (4 - d_0) / levels + d_0
        ax.plot(spread.tolist(), (beta + threshold - spread).tolist(), color=colour, label=text)
    ax.axhline(0, color=GREY, linewidth=0.8)
    ax.axvline(d_0, color=GREY, linestyle=":")
    ax.text(d_0 + 0.02, 0.92, "a class of mean spread, $s = d_0$", color=GREY, fontsize=9)
    ax.set(xlabel=r"spread of the anchor's class, $s$", ylabel=r"margin $\alpha$")
    ax.set_title(rf"$\beta = {beta},\; L = {levels},\; d_0 = {d_0}$", loc="left", fontsize=11)
    ax.legend(fontsize=9)
    plt.tight_layout()
    plt.show()
