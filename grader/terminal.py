"""`grader check` in a terminal: a table of all parts, in words what does not pass yet, and all again after each save."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from grader.exercises import EXERCISES
from grader.judge import Report
from grader.run import NotANotebook, run
from grader.show import SIGNS

STYLES = {"passed": "green", "not there yet": "red", "not implemented yet": "yellow", "not run yet": "red"}
POLL = 1.0  # seconds between two looks at the file; a look works on network disks, where notifications do not

State = tuple[int, int] | None  # of a file: when it was changed and its size; None while there is none


def check(notebook: Path) -> int:
    """Run the notebook and print what became of each part: 0 all passed, 1 something did not, 2 it cannot be run."""
    console = Console()
    try:
        with console.status(f"Running {notebook} …"):
            outcome = run(notebook)
    except NotANotebook as problem:
        print(f"grader check: {problem}", file=sys.stderr)
        return 2
    console.print(_table(str(notebook), outcome.reports))
    for fault in outcome.faults:  # before the reports: what raised above is often why a part below fails
        console.print(f"\nNote: {fault}", markup=False, highlight=False, soft_wrap=True)
    for name, report in outcome.reports.items():
        if not _passed(report):
            console.print(f"\n{name}", style="bold", highlight=False)
            console.print(str(report), markup=False, highlight=False, soft_wrap=True)
    points = " of ".join(map(str, _points(outcome.reports)))
    console.print(f"\n{points} points on the visible cases; hidden cases are run when it is graded.")
    return 0 if all(map(_passed, outcome.reports.values())) else 1


def watch(notebook: Path, check: Callable[[Path], int] = check) -> int:
    """Check now and after each save, until Ctrl-C; the exit code of the last check that came to its end.

    A notebook that is not there at the start is not waited for: that is a slip in its name.
    """
    if _state(notebook) is None:
        return check(notebook)
    console = Console()
    last = 2
    try:
        while True:
            checked = _state(notebook)  # before the check: what is saved during it is noticed afterwards
            last = check(notebook)
            console.print(f"\nWatching {notebook}; Ctrl-C ends this.", markup=False, highlight=False, soft_wrap=True)
            _wait_for_save(notebook, checked)
            console.rule(f"saved at {time.strftime('%H:%M:%S')}, checking …")
    except KeyboardInterrupt:
        return last


def _wait_for_save(notebook: Path, before: State) -> None:
    """Until the file is another than `before` and has stayed so for one more look: then it has been saved to its end."""
    now = before
    while True:
        previous, now = now, _state(notebook)
        if now == previous and now not in (before, None):
            return
        time.sleep(POLL)


def _state(notebook: Path) -> State:
    try:
        status = notebook.stat()
    except OSError:  # it is being replaced, or the network disk is away for a moment
        return None
    return status.st_mtime_ns, status.st_size


def _table(title: str, reports: dict[str, Report | str]) -> Table:
    judged = [report for report in reports.values() if isinstance(report, Report)]
    points, possible = _points(reports)
    cases = sum(len(EXERCISES[name].cases) for name in reports)
    table = Table(title=title, show_footer=True)
    table.add_column("exercise", footer="all")
    table.add_column("cases", footer=f"{sum(map(_passed_cases, judged))} of {cases}")
    table.add_column("points", footer=f"{points} of {possible}")
    for name, report in reports.items():
        if isinstance(report, Report):
            row = f"{_passed_cases(report)} of {len(report.verdicts)}", f"{report.score} of {report.exercise.points}"
        else:
            row = "not run", f"0 of {EXERCISES[name].points}"
        state = report.state if isinstance(report, Report) else "not run yet"
        table.add_row(f"{SIGNS[state][0]} {name}", *row, style=STYLES[state])
    return table


def _passed(report: Report | str) -> bool:
    return isinstance(report, Report) and report.passed


def _passed_cases(report: Report) -> int:
    return sum(verdict.passed for verdict in report.verdicts)


def _points(reports: dict[str, Report | str]) -> tuple[int, int]:
    """Those won, and those to be won."""
    won = sum(report.score for report in reports.values() if isinstance(report, Report))
    return won, sum(EXERCISES[name].points for name in reports)
