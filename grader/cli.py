"""The command `grader`. Exit codes: 0 all passed, 1 something did not, 2 the command could not do its work."""

import argparse
import sys
from pathlib import Path

from grader.exercises import EXERCISES
from grader.judge import Report


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="grader", description="Checks the notebooks of the metric learning course.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    check = commands.add_parser(
        "check",
        help="run a notebook and check it on the visible cases",
        description="Runs a notebook from top to bottom, without its training cells, and reports on every exercise. "
        "A cell may take two minutes.",
    )
    check.add_argument("notebook", type=Path, metavar="NOTEBOOK")
    commands.add_parser(
        "doctor",
        help="find out whether this machine can grade",
        description="Says, a line each, whether this machine has what `nbgrader autograde` needs here, above all a "
        "sandbox, and what helps where it has not. Exit code 1 if something is missing.",
    )
    options = parser.parse_args(arguments)
    return doctor() if options.command == "doctor" else check_notebook(options.notebook)


def doctor() -> int:
    from rich.console import Console

    from grader.doctor import findings

    console = Console()
    marks = {True: "[green]✓[/green]", False: "[red]✗[/red]", None: "[yellow]![/yellow]"}
    well = True
    for finding in findings():
        well = well and finding.good is not False
        console.print(marks[finding.good], end=" ")
        console.print(finding.what, markup=False, highlight=False, soft_wrap=True)
        if finding.remedy:
            console.print(finding.remedy, markup=False, highlight=False, soft_wrap=True)
    return 0 if well else 1


def check_notebook(notebook: Path) -> int:
    from rich.console import Console
    from rich.table import Table

    from grader.run import NotANotebook, run

    console = Console()
    try:
        with console.status(f"Running {notebook} …"):
            outcome = run(notebook)
    except NotANotebook as problem:
        print(f"grader check: {problem}", file=sys.stderr)
        return 2
    reports = outcome.reports
    table = Table("exercise", "cases", "points", title=str(notebook))
    for name, report in reports.items():
        table.add_row(name, *_columns(report), style="green" if _passed(report) else "red")
    console.print(table)
    for name, report in reports.items():
        if not _passed(report):
            console.print(f"\n{name}", style="bold", highlight=False)
            console.print(str(report), markup=False, highlight=False, soft_wrap=True)
    for fault in outcome.faults:
        console.print(f"\nNote: {fault}", markup=False, highlight=False, soft_wrap=True)
    points = sum(report.score for report in reports.values() if isinstance(report, Report))
    possible = sum(exercise.points for exercise in EXERCISES.values())
    console.print(f"\n{points} of {possible} points on the visible cases; hidden cases are run when it is graded.")
    return 0 if all(map(_passed, reports.values())) else 1


def _passed(report: Report | str) -> bool:
    return isinstance(report, Report) and report.passed


def _columns(report: Report | str) -> tuple[str, str]:
    if isinstance(report, str):
        return "not run", "0"
    passed = sum(verdict.passed for verdict in report.verdicts)
    return f"{passed} of {len(report.verdicts)}", f"{report.score} of {report.exercise.points}"


if __name__ == "__main__":
    sys.exit(main())
