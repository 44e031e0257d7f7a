"""Trees of classes: the static one, of alphabets and their characters, and the one that is grown from distances."""

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from scipy.cluster.hierarchy import cophenet, dendrogram, linkage
from scipy.spatial.distance import squareform
from torch import Tensor

from data.dataset import Split
from data.notebook.draw import CLASS_COLOURS, GREEN, GREY, INK, RED, arrow, blank_axes, thumbnail


def show_static_tree(split: Split) -> None:
    """Three levels: the root, the first three alphabets that have three characters, three characters of each."""
    ax = blank_axes(11, 4.8)
    ax.set(xlim=(-2.6, 9), ylim=(-0.95, 2.5))
    for level, text in enumerate(["character\n$l = 0$", "alphabet\n$l = 1$", "root\n$l = 2$"]):
        ax.axhline(level, color="#dddddd", linewidth=1, zorder=0)
        ax.text(-2.5, level + 0.04, text, va="bottom", fontsize=11)
    ax.text(4, 2.22, "all characters", ha="center", fontsize=12)
    large_enough = split.alphabet_of.bincount() >= 3  # [A]
    for branch, alphabet in enumerate(large_enough.nonzero().flatten()[:3].tolist()):
        top = 1 + 3 * branch
        ax.plot([4, 4, top, top], [2, 1.62, 1.62, 1], color=INK, linewidth=1.5)
        ax.text(top + 0.1, 1.1, split.alphabets[alphabet].replace("_", " "), fontsize=11, backgroundcolor="white")
        for leaf, character in enumerate((split.alphabet_of == alphabet).nonzero().flatten()[:3].tolist()):
            x = top - 0.9 + 0.9 * leaf
            ax.plot([top, top, x, x], [1, 0.7, 0.7, 0.2], color=INK, linewidth=1.5)
            thumbnail(ax, _first_drawing(split, character), (x, 0), CLASS_COLOURS[branch], zoom=1.05)
    for start, end, colour, text in [
        (0.1, 1.0, GREEN, "meet at their\nalphabet: $l = 1$"),
        (1.9, 6.1, RED, "meet at the root: $l = 2$"),
    ]:
        arrow(ax, (start, -0.28), (end, -0.28), colour, "-", connectionstyle=f"arc3,rad={0.3 if end < 2 else 0.06}")
        ax.text((start + end) / 2, -0.52 if end > 2 else -0.6, text, color=colour, ha="center", va="top", fontsize=10)
    plt.show()


def show_grown_tree(
    split: Split,
    d: Tensor,
    s: Tensor,
    level: Tensor,
    title: str,
    alphabets: int = 4,
    characters: int = 6,
    levels: int = 16,
) -> None:
    """The branches that lead to a few characters of the first alphabets, their pictures at the leaves.

    d: float [C, C], the squared distances of all classes of the split. s: float [C], their spreads.
    level: long [C, C], where two classes meet, from 0 to `levels`; what stands on its diagonal does not matter.
    """
    d, s = d.double(), s.double()
    shown = torch.cat([(split.alphabet_of == a).nonzero().flatten()[:characters] for a in range(alphabets)])  # classes
    joins = squareform(cophenet(linkage(squareform(d.numpy(), checks=False), "single")))  # [C, C], where classes meet
    branches = linkage(squareform(joins[shown][:, shown]), "single")
    _, ax = plt.subplots(figsize=(12, 3.9))
    tree = dendrogram(branches, ax=ax, no_labels=True, color_threshold=0, above_threshold_color=INK)
    bars = torch.tensor(tree["dcoord"])  # [bars, 4]: the heights of each bar's corners, 0 where a leaf hangs
    top, lowest = bars.max().item(), bars[:, 1].min().item()
    bottom = max(0, lowest - 0.35 * (top - lowest))  # the long legs of the leaves say nothing, so they are cut
    top += 0.12 * (top - bottom)
    ax.set_ylim(bottom, top)
    _draw_thresholds(ax, s.mean() + torch.arange(levels + 1) * (4 - s.mean()) / levels)
    for place, leaf in enumerate(tree["leaves"]):
        label = int(shown[leaf])
        frame = CLASS_COLOURS[split.alphabet_of[label]]
        below = {"box_alignment": (0.5, 1.1)}
        thumbnail(ax, _first_drawing(split, label), (5 + 10 * place, bottom), frame, zoom=0.62, **below)
    for alphabet in range(alphabets):
        ax.plot([], [], "s", color=CLASS_COLOURS[alphabet], label=split.alphabets[alphabet].replace("_", " "))
    ax.legend(ncols=alphabets, loc="upper center", bbox_to_anchor=(0.5, -0.14), frameon=False, fontsize=10)
    ax.set_ylabel("squared class distance")
    ax.set_title(f"{title} (of all pairs of training classes, {_shares(level)})", loc="left", fontsize=11)
    ax.spines["bottom"].set_visible(False)
    plt.show()


def _draw_thresholds(ax: Axes, thresholds: Tensor) -> None:
    """Dashed lines where the d_l, [levels + 1], fall into the picture."""
    bottom, top = ax.get_ylim()
    for level, height in enumerate(thresholds.tolist()):
        if bottom < height < top:
            ax.axhline(height, color=GREY, linewidth=0.8, linestyle="--", zorder=0)
            ax.text(1.003, height, f"$d_{{{level}}}$", color=GREY, va="center", transform=ax.get_yaxis_transform())


def _shares(level: Tensor) -> str:
    """How many of the pairs of classes meet at each level, in percent."""
    met = level[torch.ones_like(level, dtype=torch.bool).triu(1)]  # [pairs]
    shares = enumerate((met.bincount() / len(met)).tolist())
    return ", ".join(f"{share:.1%} at level {height}" for height, share in shares if share > 0)


def _first_drawing(split: Split, label: int) -> Tensor:
    """uint8 [1, S, S]"""
    return split.images[(split.labels == label).nonzero()[0]]
