"""Reports as plain text and as HTML, and the picture of a two-dimensional case.

Whatever came from a student's kernel is escaped here, once, where it becomes HTML.
"""

import io
from collections.abc import Mapping
from html import escape

import numpy as np

from grader.exercises.model import Case
from grader.judge import NOT_YET, Report, Verdict, explain, number

# Okabe and Ito's palette: safe for the colour-blind, legible on light and dark pages.
GREEN, RED = "#009E73", "#D55E00"
CLASS_COLOURS = ("#0072B2", "#E69F00", "#CC79A7", "#56B4E9", "#000000")
CLASS_MARKERS = "osD^v"
INPUT_LIMIT = 320  # characters of a case's input that a report shows
SIGHT = 1e4  # what lies farther out than this, or is no number, is not drawn


def text(report: Report) -> str:
    lines = [_headline(report)]
    for verdict in _shown(report):
        lines.append(f"  {'passed' if verdict.passed else 'failed'}  {verdict.case.name}: {verdict.case.teaches}")
        lines += [f"          {sentence}" for sentence in sentences(verdict)]
    lines += [f"  {sentence}" for sentence in _remarks(report)]
    return "\n".join(lines)


def html(report: Report) -> str:
    """The report as a list of cases, with a picture under the first failed one that can be drawn."""
    colour = GREEN if report.passed else RED
    drawn = next((verdict for verdict in report.verdicts if not verdict.passed and drawable(verdict)), None)
    rows = "".join(_row(verdict, picture(verdict) if verdict is drawn else "") for verdict in _shown(report))
    rows += "".join(f"<li>{escape(sentence)}</li>" for sentence in _remarks(report))
    return (
        # not to be searched for formulas: a student's words may look like some
        '<div class="tex2jax_ignore mathjax_ignore" '
        f'style="border-left: 4px solid {colour}; padding: 2px 12px; margin: 4px 0">'
        f"<strong>{escape(_headline(report))}</strong>"
        f'<ul style="list-style: none; margin: 4px 0; padding: 0">{rows}</ul></div>'
    )


def _headline(report: Report) -> str:
    passed = sum(verdict.passed for verdict in report.verdicts)
    state = "passed" if report.passed else "not implemented yet" if _untouched(report) else "not there yet"
    possible = report.exercise.points
    points = f"{report.score} of {possible} point{'s' if possible != 1 else ''}" if possible else "no points to win"
    return f"{report.exercise.title}: {state} ({passed} of {len(report.verdicts)} cases, {points})"


def _remarks(report: Report) -> list[str]:
    libraries = " and ".join(report.peers)
    return [f"This code calls {libraries}, which does the work: the instructor will see that."] if libraries else []


def _untouched(report: Report) -> bool:
    return all(verdict.reason.startswith(NOT_YET) for verdict in report.verdicts)


def _shown(report: Report) -> tuple[Verdict, ...]:
    """One verdict stands for all where nothing is implemented, or the whole cell has one fault."""
    one_reason = not report.passed and len({verdict.reason for verdict in report.verdicts}) == 1
    return report.verdicts[:1] if one_reason or _untouched(report) else report.verdicts


def sentences(verdict: Verdict) -> list[str]:
    """What a failed case says, in the order in which it helps."""
    case = verdict.case
    if verdict.passed:
        return []
    if case.hidden or verdict.reason.startswith(NOT_YET):
        return [verdict.reason]
    why = f"By hand: {case.why}" if case.why and verdict.given is not None else None
    return [sentence for sentence in (verdict.reason, explain(verdict), _inputs(case), why) if sentence]


def _inputs(case: Case) -> str | None:
    """The case's input; None where it is too long to read."""
    values = [
        f"{name} = {_array(value) if isinstance(value, np.ndarray) else value}" for name, value in case.inputs.items()
    ]
    text = f"Input: {', '.join(values)}"
    return text if len(text) <= INPUT_LIMIT else None


def _array(array: np.ndarray) -> str:
    digits = np.array2string(array, separator=", ", formatter={"all": number}, max_line_width=10**9)
    return f"{digits.replace(chr(10), '')} ({array.dtype})"


def _row(verdict: Verdict, drawing: str) -> str:
    mark, colour = ("✓", GREEN) if verdict.passed else ("✗", RED)
    details = "".join(f'<div style="margin-left: 1.4em">{escape(sentence)}</div>' for sentence in sentences(verdict))
    return (
        f'<li><span style="color: {colour}; font-weight: bold">{mark}</span> '
        f"<strong>{escape(verdict.case.name)}</strong>: {escape(verdict.case.teaches)}{details}{drawing}</li>"
    )


def drawable(verdict: Verdict) -> bool:
    """Triplets in the plane, of the right shape and dtype and within sight; never a hidden case."""
    features, expected = verdict.case.inputs.get("features"), verdict.case.expected
    roles = ("anchor", "positive", "negative")
    return (
        not verdict.case.hidden
        and verdict.given is not None
        and set(roles) <= set(expected)
        and isinstance(features, np.ndarray)
        and features.shape[1:] == (2,)
        and all(verdict.given[role].shape == expected[role].shape for role in roles)
        and all(verdict.given[role].dtype == expected[role].dtype for role in roles)
        and all((np.abs(verdict.given[role]) < SIGHT).all() for role in roles)
    )


def picture(verdict: Verdict) -> str:
    """An SVG of two panels, expected and given: samples by class, centroids, and the triplets as arrows."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    features = verdict.case.inputs["features"]  # (B, 2)
    labels = np.asarray(verdict.case.inputs["labels"])  # (B,)
    buffer = io.StringIO()
    # Fixed ids and no date: the same report is the same text, which nbval and git rely on.
    with mpl.rc_context({"svg.hashsalt": verdict.case.name, "svg.fonttype": "none", "font.size": 8}):
        figure = Figure(figsize=(7, 3.2), facecolor="white")
        panels = figure.subplots(1, 2, sharex=True, sharey=True)
        figure.subplots_adjust(left=0.05, right=0.8, bottom=0.1, top=0.9, wspace=0.08)
        for panel, title, triplets in zip(panels, ("expected", "yours"), (verdict.case.expected, verdict.given)):
            _draw_triplets(panel, features, labels, triplets)
            panel.set_title(title)
        figure.legend(*panels[0].get_legend_handles_labels(), loc="center right", fontsize=7)
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    svg = buffer.getvalue()
    return f'<div role="img" aria-label="{escape(_alternative(verdict))}">{svg[svg.index("<svg") :]}</div>'


def _draw_triplets(panel, features: np.ndarray, labels: np.ndarray, triplets: Mapping[str, np.ndarray]) -> None:
    for position, label in enumerate(dict.fromkeys(labels.tolist())):
        style = position % len(CLASS_COLOURS)
        points = features[labels == label]
        panel.scatter(*points.T, c=CLASS_COLOURS[style], marker=CLASS_MARKERS[style], s=36, label=f"class {label}")
    panel.scatter(*triplets["anchor"].T, c="black", marker="x", s=40, label="anchor")
    for role, colour, width in (("positive", GREEN, 0.012), ("negative", RED, 0.006)):
        starts, steps = triplets["anchor"], triplets[role] - triplets["anchor"]  # (P, 2) each
        style = {"color": colour, "width": width, "angles": "xy", "scale_units": "xy", "scale": 1}
        panel.quiver(*starts.T, *steps.T, **style, label=f"to the {role}")
    panel.grid(alpha=0.3)
    panel.margins(0.15)


def _alternative(verdict: Verdict) -> str:
    return f"{verdict.case.name}, the triplets expected and yours. " + " ".join(sentences(verdict))
