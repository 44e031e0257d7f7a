"""How trainings went: curves by epoch. `history` and `trained` are described in `data.notebook`."""

import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from data.notebook.draw import BLUE, CLASS_COLOURS, GREY
from data.notebook.tables import show_cmc

PIXELS = "raw pixels, 16 × 16"  # the baseline that every chart of the homework shows


def show_training(trained: dict[str, dict], baselines: dict[str, dict[int, float]], *methods: str) -> None:
    """Loss, pair distances and CMC@1 by epoch of these methods, then the table of CMC, with the baselines on top.

    baselines: name -> {k: CMC@k}; PIXELS is one of them. Methods that were not trained are left out.
    """
    methods = [method for method in methods if method in trained]
    if not methods:
        print("Nothing has been trained here yet.")
        return
    figure, (loss, pairs, score) = plt.subplots(1, 3, figsize=(13, 3.4))
    for method, colour in zip(methods, CLASS_COLOURS):
        history = trained[method]["history"]
        plot(loss, history, "loss", ".-", color=colour, label=method)
        plot(pairs, history, "between", ".-", color=colour)
        plot(pairs, history, "within", ".--", color=colour)
        plot(score, history, "cmc01", "o-", color=colour, markersize=4)
    score.axhline(baselines[PIXELS][1], color=GREY, linestyle=":", label=PIXELS)
    for ax, title in [(loss, "loss"), (pairs, "mean squared pair distance"), (score, "CMC@1")]:
        ax.set(title=title, xlabel="epoch")
        ax.xaxis.get_major_locator().set_params(integer=True)
        ax.set_ylim(bottom=0)
    pairs.plot([], [], color=GREY, label="between classes")
    pairs.plot([], [], "--", color=GREY, label="within a class")
    for ax in (loss, pairs, score):
        ax.legend(fontsize=8)
    figure.tight_layout()
    plt.show()
    show_cmc(baselines | {f"**{method}**": trained[method]["cmc"] for method in methods})


def show_curves(history: list[dict], margin: float, baseline: float) -> None:
    """Loss and CMC@1 by epoch of one training; dotted lines at the margin of its loss and at the baseline's CMC@1."""
    figure, (loss, score) = plt.subplots(1, 2, figsize=(11, 3))
    plot(loss, history, "loss", color=BLUE)
    loss.axhline(margin, color=GREY, linestyle=":")
    loss.set(title="loss", xlabel="epoch", ylim=(0, 1.6 * margin))
    plot(score, history, "cmc01", "o-", color=BLUE)
    score.axhline(baseline, color=GREY, linestyle=":")
    score.set(title="CMC@1", xlabel="epoch", ylim=(0, 1.02), xlim=(0, len(history) * 1.03))
    figure.tight_layout()
    plt.show()


def plot(ax: Axes, history: list[dict], name: str, style: str = "-", **more) -> None:
    """One number by epoch, over those epochs that have it; style and `more` as matplotlib's plot takes them."""
    having = [epoch for epoch in history if name in epoch]
    ax.plot([epoch["epoch"] for epoch in having], [epoch[name] for epoch in having], style, **more)
