"""How often wrong solutions that nobody had seen get the right diagnosis: `python -m solutions.research.diagnosis`.

The solutions are those of `wrong_solutions` beside this file: WRONG, each with its true cause, and RIGHT, which should
pass. All exercises of a solution's target are checked with their visible cases. A diagnosis is right if all that was
said names the fault, and misleading if something did not.

`--show` prints for each that was not diagnosed rightly what failed and what was said, `--show all` for all of them.
"""

import argparse
import ast
import math
import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import torch
from catalyst.contrib.data import IInbatchTripletSampler
from rich.console import Console
from rich.table import Table

from grader import assignments
from grader.answer import answer
from grader.judge import judge
from grader.model import Report
from solutions import mutants
from solutions.research import wrong_solutions
from solutions.tools import course


class Outcome(StrEnum):
    RIGHT = "right"
    STATED = "stated"  # no diagnosis, but the case says it itself: an exception, or no tensor of this shape and kind
    NONE = "none"
    MISLEADING = "misleading"
    UNSEEN = "passes"  # all visible cases, so that there is nothing to diagnose


@dataclass(frozen=True)
class Tried:
    """A wrong solution, what it is wrong in, and what became of each exercise."""

    solution: Any
    target: str
    reports: tuple[Report, ...]

    @property
    def said(self) -> list[str]:
        return list(dict.fromkeys(report.diagnosis.sentence for report in self.reports if report.diagnosis))

    @property
    def outcome(self) -> Outcome:
        if all(report.passed for report in self.reports):
            return Outcome.UNSEEN
        if self.said:
            return Outcome.RIGHT if all(map(self._names_it, self.said)) else Outcome.MISLEADING
        failed = [verdict for report in self.reports for verdict in report.verdicts if not verdict.passed]
        stated = [
            each.reason for each in failed if each.given is None or each.reason.startswith(("The shape", "The dtype"))
        ]
        return Outcome.STATED if any(map(self._names_it, stated)) else Outcome.NONE

    def _names_it(self, sentence: str) -> bool:
        return re.search(self.solution.says, sentence, re.IGNORECASE) is not None


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m solutions.research.diagnosis", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--show", nargs="?", const="others", choices=("others", "all"), help="what was said of each")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")  # of what the solutions do
    modules = wrong_solutions.modules()
    tried = [try_out(solution) for module in modules for solution in module.WRONG]
    lost = [
        (solution.name, reports) for module in modules for solution in module.RIGHT if (reports := failed(solution))
    ]
    for each in tried:
        if options.show == "all" or (options.show and each.outcome is not Outcome.RIGHT):
            print("\n".join(_lines(each)))
    for name, reports in lost:
        reasons = [verdict.reason for report in reports for verdict in report.verdicts if not verdict.passed]
        print(f"right, and fails: {name}: {reasons[0]}")
    Console().print(table("kind", tried, lambda each: each.solution.kind))
    Console().print(table("target", tried, lambda each: each.target))


def try_out(solution: Any) -> Tried:
    target, reports = _checked(solution)
    return Tried(solution, target, reports)


def failed(solution: Any) -> list[Report]:
    return [report for report in _checked(solution)[1] if not report.passed]


def _checked(solution: Any) -> tuple[str, tuple[Report, ...]]:
    """The name of what a solution writes, and a report on each of its exercises, from the visible cases."""
    assignment, target, student = built(solution)
    reports = []
    for exercise in assignments.exercises(assignment).values():
        if exercise.target.name == target:
            answers = {
                case.name: answer(exercise.target, student, case.inputs, case.gradient, case.before)
                for case in exercise.cases
            }
            reports.append(judge(exercise, exercise.cases, answers))
    return target, tuple(reports)


def built(solution: Any) -> tuple[str, str, Any]:
    """The assignment of a solution, the name of what it writes, and that as an object, amid right other parts."""
    defined = {
        node.name for node in ast.parse(solution.source).body if isinstance(node, ast.ClassDef | ast.FunctionDef)
    }
    assignment, target = next(
        (assignment, target)
        for assignment in assignments.names()
        for target in mutants.sources(assignment)
        if target in defined
    )
    namespace = {**_given(), **{name: mutants.plain(assignment, name) for name in mutants.sources(assignment)}}
    exec(solution.source, namespace)
    return assignment, target, namespace[target]


def _given() -> dict[str, Any]:
    """What the homework's notebook imports and defines above the work."""
    names = {"torch": torch, "nn": torch.nn, "F": torch.nn.functional, "Tensor": torch.Tensor, "math": math, "np": np}
    names["IInbatchTripletSampler"] = IInbatchTripletSampler
    notebook = ast.parse((course.MASTERS / "homework3" / "homework3.py").read_text())
    given = [part for part in notebook.body if getattr(part, "name", None) in ("distances", "RowSampler")]
    exec(compile(ast.Module(given, []), "<notebook>", "exec"), names)
    return names


def table(title: str, tried: list[Tried], key: Callable[[Tried], str]) -> Table:
    """Counts by a key, and the shares of all that fail a visible case."""
    shown = Table(title, *Outcome, title="diagnoses of wrong solutions")
    counts: dict[str, Counter[Outcome]] = {}
    for each in tried:
        counts.setdefault(key(each), Counter())[each.outcome] += 1
    for name, count in sorted(counts.items()):
        shown.add_row(name, *(str(count[outcome] or "") for outcome in Outcome))
    total = sum(counts.values(), Counter())
    seen = (total.total() - total[Outcome.UNSEEN]) or 1
    shares = (f"{total[outcome]} ({total[outcome] / seen:.0%})" for outcome in list(Outcome)[:-1])
    shown.add_section()
    shown.add_row("all", *shares, str(total[Outcome.UNSEEN]))
    return shown


def _lines(each: Tried) -> Iterator[str]:
    yield f"{each.outcome.upper()}: {each.target}, {each.solution.name}: {each.solution.cause}"
    for report in each.reports:
        if not report.passed:
            yield f"    {report.exercise.name}: {report.diagnosis.sentence if report.diagnosis else 'no diagnosis'}"
            for verdict in report.verdicts:
                if not verdict.passed:
                    yield f"        {verdict.case.name}: {verdict.reason}"


if __name__ == "__main__":
    main()
