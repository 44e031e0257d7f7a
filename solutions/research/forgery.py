"""What hostile and odd notebooks get from three autograders: ours, stock nbgrader and otter-grader, beside each other.

    python -m solutions.research.forgery [--systems ours nbgrader otter] [--entries NAME ...] [--output FILE]

Each submission, of the gallery in `grader/tests/hostile.py`, is handed in between two honest students to a course of its
own. Counted are points forged (more than the work is worth), honest points lost (less), batches aborted (the student after
it got no score, or a command did not end), and neighbours harmed (a score of theirs changed or lost, or files written where
only the instructor writes). `make forgery` installs otter-grader first.

What was measured is kept in the output: an interrupted run goes on there, and so does one with more systems or entries.
Exit code: 0, measured; 1, measured, and ours is not without fault; 2, could not be measured.
"""

import argparse
import copy
import json
import shutil
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from nbformat import NotebookNode
from tqdm import tqdm

from data.folders import write_atomically
from grader.files import ROOT
from grader.tests.hostile import ALL, GALLERY, NAME, Builder, Expected, solved
from solutions.research.forgery_asserts import WRONG
from solutions.research.forgery_systems import NotInstalled, System, systems
from solutions.tools import course, samples

OUTPUT = ROOT / "build" / "forgery.json"
BEFORE, STUDENT, AFTER = "honest_first", "mallory", "zoe_last"  # in the order of grading
MARK = b"pwned"  # in the name or the text of all files that the gallery writes

# What of the gallery can be said to all three, by what it does. Left out is what speaks our own protocol; what looks for
# files, privileges and networks, which a box around the others would hide; and floods of processes, threads and files.
KINDS: dict[str, tuple[str, ...]] = {
    "wrong answers, nothing else": ("wrong_answers",),
    "tags or changes the tests": ("skip_execution_tag", "worth_more_points"),
    "transforms the tests' source": ("input_transformer_drops_the_checks", "ast_transformer_returns_the_points"),
    "clears errors": ("post_run_cell_hook_clears_errors",),
    "displays a number": tuple(name for name in GALLERY if name.startswith("display_hook_gives_")),
    "returns an object equal to everything": ("always_equal_object",),
    "replaces the comparison": ("patched_comparisons",),
    "forges the kernel's messages": ("messages_written_to_the_sockets_from_a_thread", "malformed_messages"),
    "hands in a link to another's work": ("link_to_another_student", "link_to_another_students_folder"),
    "writes where it should not": ("writes_what_it_should_not", "reaches_for_the_process_that_reports"),
    "ends the kernel": ("aborts_in_the_middle", "kills_itself_in_the_middle", "segfaults_in_the_middle"),
    "ends other processes": ("kills_its_parent_in_the_middle", "kills_everything_in_the_middle"),
    "does not end": ("sleeps_in_the_middle", "swallows_interrupts_in_the_middle", "stops_itself_in_the_middle"),
    "asks for 100 GB": ("memory_hog_in_one_piece",),
    "right, after 50 MB or 20,000 outputs": (
        "right_after_a_line_of_fifty_megabytes",
        "right_after_twenty_thousand_displays",
    ),
    "right, noisy on stderr": ("right_and_noisy",),
    "right, with exits and exceptions": (
        "ends_politely_in_all_ways_and_is_right",
        "right_with_an_exception_of_its_own",
        "scripts_everywhere",
    ),
    "right, cells copied, split, deleted, moved, converted": (
        "duplicated_graded_cells",
        "solution_cell_split_in_two",
        "untouched_copy_of_the_stub_below_the_solution",
        "solution_written_in_a_copy_below_the_stub",
        "deleted_graded_cells",
        "deleted_solution_cell",
        "graded_cells_first",
        "converted_cells",
    ),
    "right, metadata lost or changed": (
        "without_any_metadata",
        "flipped_flags",
        "null_metadata",
        *(name for name in GALLERY if name.startswith("schema_version_")),
    ),
    "right, another file name, BOM, kernel, time": (
        "right_and_handed_in_under_another_name",
        "right_with_a_byte_order_mark",
        "right_with_another_kernel",
        "right_with_a_bad_timestamp",
    ),
    "right, with files beside it": (
        "right_with_files_of_its_own",
        "right_with_files_that_feedback_must_not_hold",
        "right_with_files_named_like_modules_of_the_kernels",
    ),
    "no notebook": (
        "corrupt_json",
        "empty_file",
        "wrong_encoding",
        "merge_markers",
        "notebook_format_5",
        "deep_json",
        "a_list",
        "named_pipe",
        "folder_instead_of_a_file",
        "dangling_link",
    ),
}
ENTRIES: dict[str, tuple[Builder, Expected]] = {**GALLERY, "wrong_answers": (lambda notebook, _: notebook, Expected(0))}


@dataclass(frozen=True)
class Row:
    """What came of one submission. worth, score: in points; score None: it got none."""

    system: str
    entry: str
    worth: float
    score: float | None
    aborted: bool
    harmed: list[str]

    @property
    def forged(self) -> float:
        return max(0, (self.score or 0) - self.worth)

    @property
    def lost(self) -> float:
        return max(0, self.worth - (self.score or 0))

    @property
    def without_fault(self) -> bool:
        return not (self.forged or self.lost or self.aborted or self.harmed)


def main(arguments: Sequence[str] | None = None) -> int:
    options = parse(arguments)
    if problem := course.why_no_sandbox():
        print(f"Hostile notebooks are not run without a sandbox. {problem}", file=sys.stderr)
        return 2
    try:
        chosen = systems(options.systems)
        rows = load(options.output)
        done = {(row.system, row.entry) for row in rows}
        missing = [
            (system, entry) for system in chosen for entry in options.entries if (system.name, entry) not in done
        ]
        with tempfile.TemporaryDirectory(prefix="forgery-") as folder:
            prepared: dict[str, tuple[Path, NotebookNode]] = {}
            for system, entry in tqdm(missing, unit="submission"):
                if system.name not in prepared:
                    place = Path(folder, str(len(prepared)))
                    prepared[system.name] = place, prepare(system, place, options.patience)
                rows.append(measure(system, *prepared[system.name], entry, options.patience))
                save(options.output, rows)
    except (NotInstalled, NothingToMeasure, course.CommandFailed) as problem:
        print(problem, file=sys.stderr)
        return 2
    names = [system.name for system in chosen]
    rows = [row for row in rows if row.entry in options.entries and row.system in names]
    print(f"{totals(rows, names)}\n\n{by_kind(rows, names)}\n\n{date.today()}; each submission: {options.output}")
    return 0 if all(row.without_fault for row in rows if row.system == "ours") else 1


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    first, *_, last = __doc__.strip().split("\n\n")
    parser = argparse.ArgumentParser(prog="python -m solutions.research.forgery", description=first, epilog=last)
    entries = [entry for entries in KINDS.values() for entry in entries]
    names = ["ours", "nbgrader", "otter"]
    parser.add_argument("--systems", nargs="+", choices=names, default=names, metavar="NAME", help=", ".join(names))
    parser.add_argument("--entries", nargs="+", choices=entries, default=entries, metavar="NAME", help="all in KINDS")
    parser.add_argument("--output", type=Path, default=OUTPUT, metavar="FILE", help="JSON; build/forgery.json")
    parser.add_argument(
        "--patience",
        type=float,
        default=300,
        metavar="SECONDS",
        help="that a command may take before it is killed; 300",
    )
    return parser.parse_args(arguments)


# Measuring ------------------------------------------------------------------------------------------------------------


class NothingToMeasure(Exception):
    """A system does not give right work its points; the message says which, and what it gives."""


def prepare(system: System, folder: Path, patience: float) -> NotebookNode:
    """Make the folder a course in which one honest student has been graded; its notebook for students."""
    student_version = system.prepare(folder)
    hand_in(system, folder, BEFORE, solved(student_version))
    system.grade(folder, [BEFORE], patience)
    if (score := system.scores(folder).get(BEFORE)) != ALL:
        log = (folder / "log.txt").read_text(errors="replace")
        raise NothingToMeasure(f"{system.name} gives right work {score} of {ALL} points. It said:\n{log}")
    return student_version


def measure(system: System, prepared: Path, student_version: NotebookNode, entry: str, patience: float) -> Row:
    build, expected = ENTRIES[entry]
    folder = prepared.with_name("course")
    shutil.copytree(prepared, folder, symlinks=True)
    try:
        # a comparison that was replaced needs answers to compare; a stub gives none
        notebook = student_version if expected.score else samples.solve(student_version, WRONG)
        work = folder / "course" / "submitted" / STUDENT / NAME
        work.mkdir(parents=True)
        hand_in(system, folder, STUDENT, build(copy.deepcopy(notebook), work))
        hand_in(system, folder, AFTER, solved(student_version))
        ended = system.grade(folder, [STUDENT, AFTER], patience)
        scores = system.scores(folder)
        aborted = not ended or AFTER not in scores
        there = [BEFORE] if aborted else [BEFORE, AFTER]
        harmed = [f"{student} has {scores.get(student)}" for student in there if scores.get(student) != ALL]
        harmed += [f"wrote {path.relative_to(folder)}" for path in written(folder)]
        return Row(system.name, entry, expected.score, scores.get(STUDENT), aborted, harmed)
    finally:
        shutil.rmtree(folder)


def hand_in(system: System, folder: Path, student: str, notebook: NotebookNode | None) -> None:
    """Write a notebook to `submitted/`; None: its builder has written what there is."""
    if notebook is None:
        return
    notebook = copy.deepcopy(notebook)
    for cell in notebook.cells:
        cell.source = told(cell.source, system, folder)
    path = folder / "course" / "submitted" / student / NAME / f"{NAME}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook))  # as it is: nbformat would put right what is odd about it


def told(source: str, system: System, folder: Path) -> str:
    """A source of the gallery, told where things are and what the tests of this system look like."""
    words = {
        "@COURSE@": str(folder / "course"),
        "@HOME@": str(folder / "home"),
        "@GRADER@": str(ROOT / "grader"),
        "@DATA@": str(ROOT / "data"),
        '"check("': f'"{system.word}"',
        "visit_Expr": f"visit_{system.statement}",
    }
    if system.name != "ours":
        words["json.loads = lambda text, **more: {}"] = ""  # meant for our judge; it ends any other kernel
    for old, new in words.items():
        source = source.replace(old, new)
    return source


def written(folder: Path) -> list[Path]:
    """What a submission has left where only the instructor writes."""
    others = (path for path in sorted(folder.rglob("*")) if STUDENT not in path.parts and path.is_file())
    return [path for path in others if MARK in path.name.encode() or MARK in path.read_bytes()]


def load(path: Path) -> list[Row]:
    return [Row(**row) for row in json.loads(path.read_text())] if path.exists() else []


def save(path: Path, rows: Iterable[Row]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps([asdict(row) for row in rows], indent=1)
    write_atomically(path, lambda file: file.write(f"{text}\n".encode()))


# Tables ---------------------------------------------------------------------------------------------------------------


def totals(rows: Sequence[Row], names: Sequence[str]) -> str:
    """One line for each system."""
    counted = ("points forged", "honest points lost", "batches aborted", "neighbours harmed")
    lines = [["", *counted], ["---", *["---:"] * len(counted)]]
    for name in names:
        own = [row for row in rows if row.system == name]
        of = (sum(ALL - row.worth for row in own), sum(row.worth for row in own), len(own), len(own))
        lines.append([name, *(f"{number:g} of {most}" for number, most in zip(count(own).values(), of))])
    return markdown(lines)


def by_kind(rows: Sequence[Row], names: Sequence[str]) -> str:
    """One line for each kind of submission."""
    lines = [["", "submissions", *names], ["---", "---:", *["---"] * len(names)]]
    for kind, entries in KINDS.items():
        if own := [row for row in rows if row.entry in entries]:
            cells = [said([row for row in own if row.system == name]) for name in names]
            lines.append([kind, str(len({row.entry for row in own})), *cells])
    return markdown(lines)


def said(rows: Sequence[Row]) -> str:
    """What came of some submissions, in words; a dash if nothing did that should not."""
    return ", ".join(f"{number:g} {what}" for what, number in count(rows).items() if number) or "–"


def count(rows: Sequence[Row]) -> dict[str, float]:
    return {
        "forged": sum(row.forged for row in rows),
        "lost": sum(row.lost for row in rows),
        "aborted": sum(row.aborted for row in rows),
        "harmed": sum(bool(row.harmed) for row in rows),
    }


def markdown(lines: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    sys.exit(main())
