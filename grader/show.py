"""Reports as plain text and as HTML.

Whatever came from a student's kernel is escaped here, once, where it becomes HTML.
"""

import re
from collections.abc import Mapping
from html import escape

import numpy as np

from grader import assignments
from grader.drawing import GREEN, RED
from grader.formatting import array
from grader.messages import explain, list_of_labels
from grader.model import Report, State, Value, Verdict

GREY = "#999999"  # lighter than in drawings: it is a ground for black signs
# A sign for each state, to be told apart without its colour, too.
SIGNS = {
    State.PASSED: ("✓", GREEN),
    State.FAILED: ("✗", RED),
    State.NOT_DONE: ("○", GREY),
    State.NOT_RUN: ("·", GREY),
}
INPUT_LIMIT = 320  # characters of a case's input that a report shows
ALIKE = "The same goes for:"
INDENTED = 'style="margin-left: 1.4em"'


def text(report: Report) -> str:
    lines = [_headline(report), *(f"  {sentence}" for sentence in diagnosed(report))]
    for verdict, alike in _by_cause(report):
        lines.append(f"  passed  {_title(verdict)}" if verdict.passed else f"  failed  {verdict.case.name}")
        lines += [f"          {sentence}" for sentence in sentences(verdict, report)]
        lines += [f"          {ALIKE}"] * bool(alike)
        lines += [f"            {_title(other)}" for other in alike]
    lines += [f"  {sentence}" for sentence in _remarks(report)]
    return "\n".join(lines)


def html(report: Report, all_pictures: bool = False) -> str:
    """The report as a list of cases, with a picture under the first failed one that can be drawn.

    all_pictures: the others have theirs, too, folded away. A page of feedback has no room for them.
    """
    rows, drawn = "", False
    for verdict, alike in _by_cause(report):
        drawing = picture(report, verdict) if all_pictures or not drawn else ""
        rows += _row(verdict, report, _folded("picture", drawing) if drawing and drawn else drawing)
        drawn = drawn or bool(drawing)
        rows += f"<li {INDENTED}>{ALIKE}</li>" if alike else ""
        for other in alike:
            details = _details(sentences(other, report, about=False)) + (picture(report, other) if all_pictures else "")
            rows += f"<li {INDENTED}>{_folded(_marked(other), details)}</li>"
    rows += "".join(f"<li>{escape(sentence)}</li>" for sentence in _remarks(report))
    cause = "".join(
        f'<div style="margin: 6px 0; font-size: 1.1em"><strong>{escape(sentence)}</strong></div>'
        for sentence in diagnosed(report)
    )
    return (
        # not to be searched for formulas: a student's words may look like some
        '<div class="tex2jax_ignore mathjax_ignore" '
        f'style="border-left: 4px solid {SIGNS[report.state][1]}; padding: 2px 12px; margin: 4px 0; '
        'overflow-wrap: anywhere">'
        f"<strong>{escape(_headline(report))}</strong>{cause}"
        f'<ul style="list-style: none; margin: 4px 0; padding: 0">{rows}</ul></div>'
    )


def picture(report: Report, verdict: Verdict) -> str:
    """The picture of a failed case, expected beside given, as SVG; empty where there is nothing to draw, as where no number
    differs. A hidden case is never drawn."""
    if verdict.passed or verdict.case.hidden or verdict.given is None:
        return ""
    drawn = (draw(verdict.case, verdict.given) for draw in report.exercise.target.draw)
    return next((svg for svg in drawn if svg), "")


class Shown(Report):
    """A report that displays itself, as notebooks are given it."""

    def __repr__(self) -> str:
        return text(self)

    def _repr_html_(self) -> str:
        return html(self, all_pictures=True)


def _headline(report: Report) -> str:
    possible = report.exercise.points
    points = f"{report.score:g} of {possible:g} point{'s' if possible != 1 else ''}" if possible else "no points to win"
    return f"{report.exercise.title}: {report.state.words} ({report.passed_cases} of {len(report.verdicts)} cases, {points})"


def _remarks(report: Report) -> list[str]:
    libraries = " and ".join(report.third_party)
    calls = f"This code calls {libraries}, which does the work: the instructor will see that." if libraries else ""
    return [sentence for sentence in (calls, _help(report), report.advice) if sentence]


def _help(report: Report) -> str:
    if not any(verdict.helped for verdict in report.verdicts):
        return ""
    parts = " and ".join(dict.fromkeys(assignments.everything()[name].target.name for name in report.exercise.needs))
    return f"With a right {parts} in place of yours: what is wrong there costs no points here."


def diagnosed(report: Report) -> list[str]:
    """What all that fails has in common, if that is known."""
    return [report.diagnosis.sentence] if report.diagnosis else []


def _shown(report: Report) -> tuple[Verdict, ...]:
    """One verdict stands for all where nothing is implemented, or the whole cell has one fault."""
    one_reason = not report.passed and len({verdict.reason for verdict in report.verdicts}) == 1
    return report.verdicts[:1] if one_reason or report.state is State.NOT_DONE else report.verdicts


def _by_cause(report: Report) -> list[tuple[Verdict, list[Verdict]]]:
    """Each case that is told in full, with the others that fail for the same cause."""
    causes: dict[str, list[Verdict]] = {}
    for verdict in _shown(report):
        causes.setdefault(_cause(verdict, report), []).append(verdict)
    return [(first, others) for first, *others in causes.values()]


def _cause(verdict: Verdict, report: Report) -> str:
    """Equal for cases that fail for the same cause. Those that passed stand for themselves, and hidden ones, of which too
    little is said to tell. An exception is the same one whatever numbers it names, such as sizes."""
    if verdict.passed or verdict.case.hidden:
        return verdict.case.name
    if report.diagnosis or verdict.mistake:
        return report.diagnosis.sentence if report.diagnosis else verdict.mistake
    return verdict.reason if verdict.given is not None else re.sub(r"\d+", "", verdict.reason)


def sentences(verdict: Verdict, report: Report, about: bool = True) -> list[str]:
    """What a failed case says, in the order in which it helps: what is wrong, the likely mistake, what the case is about,
    the arithmetic.

    about: also what the case is about. Of a mistake that the diagnosis of the report names, no word.
    """
    case = verdict.case
    if verdict.passed:
        return []
    likely = None if report.diagnosis else explain(report.exercise, verdict)
    said = [verdict.reason, likely, list_of_labels(report, verdict)]
    if verdict.state not in (State.NOT_DONE, State.NOT_RUN):
        said += [f"What this case tests: {case.teaches}" if about else None]
        if not case.hidden:
            said += [_inputs("First used on", case.before), _inputs("Input", case.inputs)]
            said += [f"By hand: {case.why}" if case.why and verdict.given is not None else None]
    return [sentence for sentence in said if sentence]


def _inputs(what: str, inputs: Mapping[str, Value]) -> str | None:
    """The input in words; None where there is none, or it is too long to read."""
    values = [f"{name} = {array(value) if isinstance(value, np.ndarray) else value}" for name, value in inputs.items()]
    text = f"{what}: {', '.join(values)}"
    return text if values and len(text) <= INPUT_LIMIT else None


def sign(state: State) -> str:
    """The sign of a state as HTML: black on a ground of its own, which is legible on light and dark pages alike."""
    mark, colour = SIGNS[state]
    return f'<span style="background: {colour}; color: black; border-radius: 3px; padding: 0 4px">{mark}</span>'


def _row(verdict: Verdict, report: Report, drawing: str) -> str:
    title = (
        _marked(verdict) if verdict.passed else f"{sign(verdict.state)} <strong>{escape(verdict.case.name)}</strong>"
    )
    return f"<li>{title}{_details(sentences(verdict, report))}{drawing}</li>"


def _title(verdict: Verdict) -> str:
    return f"{verdict.case.name}: {verdict.case.teaches}"


def _marked(verdict: Verdict) -> str:
    """The title behind its sign."""
    return f"{sign(verdict.state)} <strong>{escape(verdict.case.name)}</strong>: {escape(verdict.case.teaches)}"


def _details(said: list[str]) -> str:
    return "".join(f"<div {INDENTED}>{escape(sentence)}</div>" for sentence in said)


def _folded(summary: str, inner: str) -> str:
    return f"<details><summary>{summary}</summary>{inner}</details>"
