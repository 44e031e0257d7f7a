"""The command `grader`. Exit codes: 0 all is well, 1 something is not, 2 the command could not do its work,
130 you interrupted it."""

import argparse
import sys
import textwrap
from pathlib import Path


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        return options.run(options)
    except KeyboardInterrupt:
        return 130
    except ModuleNotFoundError as problem:
        if (problem.name or "").partition(".")[0] in ("data", "grader"):
            raise  # a fault of ours, which no set-up would mend
        from grader.student.doctor import REINSTALL

        print(f"grader: the package {problem.name} is not installed here. What helps: {REINSTALL}", file=sys.stderr)
        return 2


def check(options: argparse.Namespace) -> int:
    from grader.student import terminal

    return terminal.watch(options.notebook) if options.watch else terminal.check(options.notebook)


def doctor(options: argparse.Namespace) -> int:
    from rich.console import Console

    from grader.student.doctor import findings

    console = Console()
    marks = {True: "[green]✓[/green]", False: "[red]✗[/red]", None: "[yellow]![/yellow]"}
    well = True
    for finding in findings():
        well = well and finding.good is not False
        console.print(marks[finding.good], end=" ")
        console.print(finding.what, markup=False, highlight=False, soft_wrap=True)
        if finding.remedy:
            console.print(textwrap.indent(finding.remedy, "  "), markup=False, highlight=False, soft_wrap=True)
    return 0 if well else 1


def bundle(options: argparse.Namespace) -> int:
    from grader.instructor.bundle import CannotBundle, bundle, changed

    target = options.out or Path(f"{options.assignment}.zip")
    try:
        files = bundle(options.assignment, target, options.force)
    except CannotBundle as problem:
        print(f"grader bundle: {problem}", file=sys.stderr)
        return 2
    print(f"{target}: {files} files, {target.stat().st_size / 2**20:.1f} MB, for students; no solutions.")
    for path in sorted(changed()):
        print(f"Note: {path} was changed since it was last committed; the bundle has it as it was committed.")
    return 0


def submit(options: argparse.Namespace) -> int:
    from grader.student.submit import submit

    return submit(options.assignment, options.notebook, options.student, options.out)


def autograde(options: argparse.Namespace) -> int:
    from dask.system import CPU_COUNT
    from nbgrader.apps.autogradeapp import AutogradeApp

    from grader.autograde.run import Refused, is_in_charge

    chosen = {
        "CourseDirectory.assignment_id": options.assignment,
        "CourseDirectory.student_id": options.student,
        "CourseDirectory.notebook_id": options.notebook,
        "BaseConverter.force": options.force or None,
    }
    if options.workers or options.scheduler:
        chosen |= {"Run.workers": options.workers or 0, "Run.scheduler": options.scheduler or ""}
    app = AutogradeApp()
    app.initialize([f"--{name}={value}" for name, value in chosen.items() if value is not None])
    if not is_in_charge():
        print(
            "grader autograde: this is not the folder of a course: it has no nbgrader_config.py of the kit's.",
            file=sys.stderr,
        )
        return 2
    if not {"workers", "scheduler"} & set(app.config.Run):
        app.config.Run.workers = CPU_COUNT
    try:
        app.start()
    except SystemExit as end:  # with which nbgrader answers to whatever it has told of
        return 2 if isinstance(end.__context__, Refused) else 1
    return 0


def report(options: argparse.Namespace) -> int:
    from grader.instructor.report import write
    from grader.instructor.results import NoResults

    target = options.out or Path(f"report-{options.assignment}.html")
    try:
        results = write(options.assignment, target)
    except NoResults as problem:
        print(f"grader report: {problem}", file=sys.stderr)
        return 2
    except OSError as problem:
        print(f"grader report: {target} cannot be written: {problem.strerror or problem}", file=sys.stderr)
        return 2
    lacking = sum(bool(submission.lacks) for submission in results.submissions)
    graded, waiting = len(results.submissions), len(results.waiting)
    print(f"{target}: {graded} graded, {waiting} not graded yet, {lacking} without a record.")
    return 0


def _at_least_one(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of processes")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="grader", description="Checks, packs and gives out the notebooks of the metric learning course."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    command = commands.add_parser(
        "check",
        help="run a notebook and check it on the visible cases",
        description="Runs a notebook from top to bottom, without its training cells, and reports on every exercise. "
        "A cell may take a minute, as while grading. Exit code 0 only if all pass.",
    )
    command.add_argument("notebook", type=Path, metavar="NOTEBOOK")
    command.add_argument("--watch", action="store_true", help="check again after each save, until Ctrl-C")
    command.set_defaults(run=check)

    command = commands.add_parser(
        "submit",
        help="pack your notebook for handing in",
        description="Says what of the notebook will be graded and packs it as nbgrader collects it. Nothing is run. Exit "
        "code 0: packed; 1: packed, but check cells are missing, doubled or changed, which grading puts right; 2: not "
        "packed.",
    )
    command.add_argument("assignment", metavar="ASSIGNMENT", help="for example homework3")
    command.add_argument(
        "notebook",
        type=Path,
        nargs="?",
        metavar="NOTEBOOK",
        help="the course's own if none is named",
    )
    command.add_argument("--student", metavar="ID", help="your id in the course (default: your user name here)")
    command.add_argument("--out", type=Path, default=Path(), metavar="FOLDER", help="for the zip file (default: here)")
    command.set_defaults(run=submit)

    command = commands.add_parser(
        "bundle",
        help="make the zip file that students get (for instructors)",
        description="Packs an assignment's notebook, the tutorial, the checks, the data and what sets them up, all as "
        "they were last committed: a course of its own, without solutions. The same commit gives the same bytes.",
    )
    command.add_argument("assignment", metavar="ASSIGNMENT", help="for example homework3")
    command.add_argument("--out", type=Path, metavar="FILE.zip", help="default: ASSIGNMENT.zip, here")
    command.add_argument("--force", action="store_true", help="replace a file that is there")
    command.set_defaults(run=bundle)

    command = commands.add_parser(
        "autograde",
        help="grade with all cores, or on a cluster (for instructors)",
        description="Does what `nbgrader autograde` does, with the same result, in many processes at once. Exit code 0: all "
        "were graded; 1: some could not be, who are named; 2: nothing was graded.",
    )
    command.add_argument("assignment", metavar="ASSIGNMENT", help="for example homework3")
    where = command.add_mutually_exclusive_group()
    where.add_argument(
        "--workers", type=_at_least_one, metavar="N", help="so many processes here (default: one a core)"
    )
    where.add_argument("--scheduler", metavar="ADDRESS", help="on the workers of this Dask scheduler (tls://HOST:PORT)")
    command.add_argument("--student", metavar="PATTERN", help="only these, for example 'a*'")
    command.add_argument("--notebook", metavar="PATTERN", help="only this of the assignment's notebooks")
    command.add_argument("--force", action="store_true", help="also what has been graded already")
    command.set_defaults(run=autograde)

    command = commands.add_parser(
        "report",
        help="write a page on how an assignment went (for instructors)",
        description="Writes one HTML page on a graded assignment of the course in the working directory: scores, pass "
        "rates of cases, mistakes, flags and times. It opens without network.",
    )
    command.add_argument("assignment", metavar="ASSIGNMENT", help="for example homework3")
    command.add_argument("--out", type=Path, metavar="FILE.html", help="default: report-ASSIGNMENT.html, here")
    command.set_defaults(run=report)

    command = commands.add_parser(
        "doctor",
        help="find out whether this machine has what the course needs",
        description="Says, a line each, whether this machine has what the course needs, and on an instructor's machine "
        "what grading needs, above all a sandbox; and what helps where it has not. Exit code 1 if something is missing.",
    )
    command.set_defaults(run=doctor)
    return parser


if __name__ == "__main__":
    sys.exit(main())
