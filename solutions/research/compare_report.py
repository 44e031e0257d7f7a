"""What came of a comparison: one JSON file, one table, one picture, all made from the finished runs in its folder.

`solutions/research/compare.py` calls this after every run. Nothing is trained here, so it can be repeated at any time.
"""

import io
import json
import statistics
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from data.folders import write_atomically

TOPK = ("1", "5", "10")
# Okabe and Ito's colours, which the colour-blind can tell apart; their yellow is too pale for a line on white.
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000", "#56B4E9", "#E69F00", "#888888"]
MARKERS = "osD^vPX*"
BASELINE = "raw pixels, 16 × 16"  # what learning has to beat


def write(out: Path, protocols: Sequence[str], methods: Sequence[str]) -> None:
    """Make results.json, table.md and comparison.png in `out`, with protocols and methods in this order."""
    runs = collect(out, protocols, methods)
    if not runs:
        return
    write_text(out / "results.json", json.dumps({"runs": runs}, indent=1) + "\n")
    write_text(out / "table.md", table(runs))
    drawn = io.BytesIO()
    figure(runs, methods).savefig(drawn, format="png", dpi=110, facecolor="white")
    few_colours = (
        Image.open(drawn).convert("RGB").quantize(256, method=Image.Quantize.FASTOCTREE)
    )  # a third of the bytes
    write_atomically(out / "comparison.png", lambda file: few_colours.save(file, format="png"))


def write_text(path: Path, text: str) -> None:
    """In one step: an interruption leaves the old text or the new one."""
    write_atomically(path, lambda file: file.write(text.encode()))


def collect(out: Path, protocols: Sequence[str], methods: Sequence[str]) -> list[dict]:
    """The finished runs of all protocols that `out` holds, also of those that are not listed: these come last."""
    runs = [json.loads(path.read_text()) for path in out.glob("*/*/results.json")]

    def place(run: dict) -> tuple:
        protocol, method = run["protocol"], run["method"]
        return _rank(protocol, protocols), protocol, _rank(method, methods), method, run["seed"]

    return sorted(runs, key=place)


def _rank(name: str, names: Sequence[str]) -> int:
    return names.index(name) if name in names else len(names)


def by(key: str, runs: Iterable[dict]) -> list[tuple[str, list[dict]]]:
    """Neighbouring runs that share a protocol, or a method, with its name."""
    return [(name, list(group)) for name, group in groupby(runs, key=lambda run: run[key])]


def spread(values: Sequence[float]) -> tuple[float, float]:
    """Mean and sample standard deviation; the latter is 0 for a single value."""
    return statistics.mean(values), statistics.stdev(values) if len(values) > 1 else 0.0


def baseline(runs: Iterable[dict], name: str, k: str) -> list[float]:
    """The different values of a baseline: one for pixels, one a seed for an untrained network."""
    return sorted({run["baselines"][name][k] for run in runs})


def table(runs: list[dict]) -> str:
    """Markdown: for every protocol its baselines, its methods, and a sentence that says what was done."""
    blocks = []
    for protocol, block in by("protocol", runs):
        lines = [
            f"**{protocol}**\n",
            "| | CMC@1 | CMC@5 | CMC@10 | CMC@1, last epoch | seconds | seeds |",
            "| --- |" + " ---: |" * 6,
        ]
        for name in block[0]["baselines"]:
            lines.append(_row(name, [_number(baseline(block, name, k)) for k in TOPK] + ["", "", ""]))
        for method, seeds in by("method", block):
            cells = [_number([run["cmc"][k] for run in seeds]) for k in TOPK]
            cells.append(_number([run["cmc_last_epoch"]["1"] for run in seeds]))
            cells += [f"{statistics.mean(run['seconds'] for run in seeds):.0f}", str(len(seeds))]
            lines.append(_row(f"**{method}**", cells))
        blocks.append("\n".join(lines) + f"\n\n{_sentence(block)}\n")
    return "\n".join(blocks)


def _row(name: str, cells: list[str]) -> str:
    return f"| {name} | " + " | ".join(cells) + " |"


def _number(values: Sequence[float]) -> str:
    mean, deviation = (f"{value:.3f}".removeprefix("0") for value in spread(values))
    return f"{mean} ± {deviation}" if len(values) > 1 else mean


def _sentence(block: list[dict]) -> str:
    settings = dict(block[0]["settings"])
    dataset, epochs, _ = (settings.pop(name) for name in ("dataset", "epochs", "seed"))
    seeds = ", ".join(str(seed) for seed in sorted({run["seed"] for run in block}))
    devices = " and ".join(sorted({run["device"] for run in block}))
    versions = ", ".join(f"{name} {number}" for name, number in block[0]["versions"].items())
    commits = ", ".join(sorted({run["commit"] for run in block if run["commit"]})) or "unknown"
    return (
        f"Mean ± sample standard deviation over the seeds, of the best epoch by CMC@1 on the data that are reported: "
        f"{dataset}, {epochs} epochs, seeds {seeds}, "
        f"{', '.join(f'{name} = {value}' for name, value in settings.items())}; on {devices} with {versions}; "
        f"{max(run['date'] for run in block)}, commit {commits}. Seconds are of the training of one seed."
    )


def figure(runs: list[dict], methods: Sequence[str]) -> Figure:
    """For every protocol: CMC@1 of the methods, and how CMC@1, loss and distances went. A method keeps its colour."""
    names = [*methods, *sorted({run["method"] for run in runs} - set(methods))]
    style = {
        name: {"color": COLOURS[place % len(COLOURS)], "marker": MARKERS[place % len(MARKERS)]}
        for place, name in enumerate(names)
    }
    protocols = by("protocol", runs)
    top = 1.06 * max(run["cmc"]["1"] for run in runs)  # the same for all, so that protocols can be compared
    picture = Figure(figsize=(10, 7.6 * len(protocols)), layout="constrained")
    for part, (protocol, block) in zip(picture.subfigures(len(protocols), squeeze=False)[:, 0], protocols):
        settings = block[0]["settings"]
        part.suptitle(f"{protocol}: {settings['dataset']}, {settings['epochs']} epochs", fontsize=14, weight="bold")
        (dots, score), (loss, pairs) = part.subplots(2, 2)
        _dots(dots, block, style, top)
        for method, seeds in by("method", block):
            _curve(score, seeds, "cmc01", **style[method], markersize=4)
            _curve(loss, seeds, "loss", color=style[method]["color"])
            _curve(pairs, seeds, "between", color=style[method]["color"])
            _curve(pairs, seeds, "within", color=style[method]["color"], linestyle="--")
        score.axhline(statistics.mean(baseline(block, BASELINE, "1")), color="#555555", linestyle=":")
        pairs.plot([], [], color="#555555", label="between classes")
        pairs.plot([], [], "--", color="#555555", label="within a class")
        pairs.legend(frameon=False)
        titles = {score: "CMC@1 by epoch", loss: "loss", pairs: "mean squared distance of two pictures"}
        for ax, title in titles.items():
            ax.set_title(title, loc="left")
            ax.set_xlabel("epoch")
            ax.set_ylim(bottom=0)
            ax.set_xlim(0, 1.02 * settings["epochs"])
            ax.xaxis.get_major_locator().set_params(integer=True)
        score.set_ylim(0, top)
        for ax in (dots, *titles):
            ax.spines[["top", "right"]].set_visible(False)
    return picture


def _dots(ax: Axes, block: list[dict], style: dict[str, dict], top: float) -> None:
    """One line a method, the first at the top; this panel is the legend of the others too."""
    groups = by("method", block)
    for row, (method, seeds) in enumerate(groups):
        mean, deviation = spread([run["cmc"]["1"] for run in seeds])
        ax.errorbar(mean, row, xerr=deviation if len(seeds) > 1 else None, **style[method], markersize=8, capsize=4)
    value = statistics.mean(baseline(block, BASELINE, "1"))
    ax.axvline(value, color="#555555", linestyle=":")
    side = 1 if value < top / 2 else -1  # where there is room for its name
    place = {
        "xycoords": ax.get_xaxis_transform(),
        "textcoords": "offset points",
        "ha": "left" if side == 1 else "right",
    }
    ax.annotate(BASELINE, (value, 1), (4 * side, -3), va="top", **place)
    ax.set_yticks(range(len(groups)), [method for method, _ in groups])
    ax.set_ylim(len(groups) - 0.5, -0.9)
    ax.set_xlim(0, top)
    ax.set_title("CMC@1, mean and spread of the seeds", loc="left")
    ax.grid(axis="x", color="#dddddd")


def _curve(ax: Axes, seeds: list[dict], key: str, color: str, **style) -> None:
    """The mean over the seeds, and a band of one standard deviation, at the epochs that have the number."""
    points: dict[int, list[float]] = {}
    for run in seeds:
        for epoch in run["history"]:
            if key in epoch:
                points.setdefault(epoch["epoch"], []).append(epoch[key])
    steps = sorted(points)
    means, deviations = zip(*(spread(points[step]) for step in steps))
    ax.plot(steps, means, color=color, markevery=max(1, len(steps) // 6), **style)
    low, high = ([mean + side * width for mean, width in zip(means, deviations)] for side in (-1, 1))
    ax.fill_between(steps, low, high, color=color, alpha=0.18, linewidth=0)
