"""`grader check` in a terminal: a table of all parts and in words what fails; and after each save the table again, and
what fails first.
"""

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from grader.model import Report, State
from grader.show import SIGNS, text
from grader.student.run import NotANotebook, run

STYLES = {State.PASSED: "green", State.FAILED: "red", State.NOT_DONE: "yellow", State.NOT_RUN: "red"}
POLL = 1.0  # seconds between two looks at the file; a look works on network disks, where notifications do not

Reasons = dict[str, list[str]]  # why parts fail: name -> a reason for each case
Stamp = tuple[int, int] | None  # of a file: when it was changed and its size; None while there is none


def check(notebook: Path, seen: Reasons | None = None) -> int:
    """Run the notebook and print what became of each part: 0 all passed, 1 something did not, 2 it cannot be run.

    seen: in a watch, why parts failed the last time; it is brought up to date. Then only one part is told in words.
    """
    console = Console()
    try:
        with console.status(f"Running {notebook} …"):
            outcome = run(notebook)
    except NotANotebook as problem:
        print(f"grader check: {problem}", file=sys.stderr)
        return 2
    reports = list(outcome.reports.values())
    console.print(_table(str(notebook), reports))
    for fault in outcome.faults:  # before the reports: what raised above is often why a part below fails
        console.print(f"\nNote: {fault}", markup=False, highlight=False, soft_wrap=True)
    # Of what is not implemented yet, the table says enough.
    failed = [report for report in reports if not report.passed and report.state is not State.NOT_DONE]
    for report in failed if seen is None else _first(failed, seen):
        console.print(f"\n{report.exercise.name}", style="bold", highlight=False)
        said = report.verdicts[0].reason if report.state is State.NOT_RUN else text(report)
        console.print(said, markup=False, highlight=False, soft_wrap=True)
    console.print(f"\n{_points(reports)} points on the visible cases; hidden cases are run when it is graded.")
    return 0 if all(report.passed for report in reports) else 1


def _first(failed: Sequence[Report], seen: Reasons) -> Sequence[Report]:
    """The first part that fails otherwise than before, else the first that fails; nothing where none does."""
    reasons = {report.exercise.name: [verdict.reason for verdict in report.verdicts] for report in failed}
    new = [report for report in failed if seen.get(report.exercise.name) != reasons[report.exercise.name]]
    seen.clear()
    seen.update(reasons)
    return (new or failed)[:1]


def watch(notebook: Path, check: Callable[[Path, Reasons], int] = check) -> int:
    """Check now and after each save, until Ctrl-C; the exit code of the last check that came to its end.

    A notebook that is not there at the start is not waited for: that is a slip in its name.
    """
    seen: Reasons = {}
    if _state(notebook) is None:
        return check(notebook, seen)
    console = Console()
    last = 2
    try:
        while True:
            checked = _state(notebook)  # before the check: what is saved during it is noticed afterwards
            last = check(notebook, seen)
            console.print(f"\nWatching {notebook}; Ctrl-C ends this.", markup=False, highlight=False, soft_wrap=True)
            _wait_for_save(notebook, checked)
            console.rule(f"saved at {time.strftime('%H:%M:%S')}, checking …")
    except KeyboardInterrupt:
        return last


def _wait_for_save(notebook: Path, before: Stamp) -> None:
    """Until the file is another than `before` and has stayed so for one more look: then it has been saved to its end."""
    now = before
    while True:
        previous, now = now, _state(notebook)
        if now == previous and now not in (before, None):
            return
        time.sleep(POLL)


def _state(notebook: Path) -> Stamp:
    try:
        status = notebook.stat()
    except OSError:  # it is being replaced, or the network disk is away for a moment
        return None
    return status.st_mtime_ns, status.st_size


def _table(title: str, reports: Sequence[Report]) -> Table:
    cases = sum(len(report.verdicts) for report in reports)
    table = Table(title=title, show_footer=True)
    table.add_column("exercise", footer="all")
    table.add_column("cases", footer=f"{sum(report.passed_cases for report in reports)} of {cases}")
    table.add_column("points", footer=_points(reports))
    for report in reports:
        nothing, cases = (
            report.state in (State.NOT_DONE, State.NOT_RUN),
            f"{report.passed_cases} of {len(report.verdicts)}",
        )
        row = report.state if nothing else cases, f"{report.score} of {report.exercise.points}"
        table.add_row(f"{SIGNS[report.state][0]} {report.exercise.name}", *row, style=STYLES[report.state])
    return table


def _points(reports: Sequence[Report]) -> str:
    """Those won, and those to be won."""
    return f"{sum(report.score for report in reports)} of {sum(report.exercise.points for report in reports)}"
