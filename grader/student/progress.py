"""The table of all parts with the points so far, at the end of a notebook: made by `grader.student.check.progress`."""

from dataclasses import dataclass
from html import escape

from grader.model import Exercise, Report, State
from grader.show import SIGNS, sign

HEADER = ("part", "state", "cases", "points")
VISIBLE = "Points are those of the visible cases; hidden cases are run when the notebook is graded."
BONUS = " Parts marked “–” are extra and give no points."


@dataclass(frozen=True)
class Progress:
    """parts: each with the report of its last check, None where it was not run."""

    parts: tuple[tuple[Exercise, Report | None], ...]

    def __repr__(self) -> str:
        rows = [
            HEADER,
            *((f"{SIGNS[state][0]} {part}", state.words, *rest) for part, state, *rest in self._rows()),
            self._total(),
        ]
        widths = [max(map(len, column)) for column in zip(*rows)]
        lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows)
        return "\n".join((*lines, self._note()))

    def _repr_html_(self) -> str:
        rows = [
            (escape(part), f"{sign(state)} {escape(state.words)}", *map(escape, rest))
            for part, state, *rest in self._rows()
        ]
        head, total = _row("th", HEADER), _row("th", self._total())
        body = "".join(_row("td", row) for row in rows)
        return f"<table><thead>{head}</thead><tbody>{body}</tbody><tfoot>{total}</tfoot></table><p>{self._note()}</p>"

    def _rows(self) -> list[tuple[str, State, str, str]]:
        """Of each part its name, its state, and in words its cases and points."""
        return [
            (
                exercise.name,
                report.state if report else State.NOT_RUN,
                f"{report.passed_cases if report else 0} of {len(exercise.cases)}",
                f"{report.score if report else 0} of {exercise.points}" if exercise.points else "–",
            )
            for exercise, report in self.parts
        ]

    def _total(self) -> tuple[str, str, str, str]:
        cases = sum(len(exercise.cases) for exercise, _ in self.parts)
        points = sum(exercise.points for exercise, _ in self.parts)
        score = sum(report.score for _, report in self.parts if report)
        passed = sum(report.passed_cases for _, report in self.parts if report)
        return "total", "", f"{passed} of {cases}", f"{score} of {points}" if points else "–"

    def _note(self) -> str:
        graded = [bool(exercise.points) for exercise, _ in self.parts]
        if not any(graded):
            return "None of this is graded."
        return VISIBLE if all(graded) else VISIBLE + BONUS


def _row(tag: str, cells: tuple[str, ...]) -> str:
    """A row of an HTML table; text to the left, numbers to the right."""
    sides = ("left", "left", "right", "right")
    inner = "".join(f'<{tag} style="text-align: {side}">{cell}</{tag}>' for side, cell in zip(sides, cells))
    return f"<tr>{inner}</tr>"
