"""The main job from end to end, on the embedded data: `make demo`, or `python -m solutions.tools.demo`.

In the scratch course folder `demo-course/` it builds the assignment, hands in the sample submissions, grades them,
writes feedback and exports the grades, all with nbgrader's own commands, and writes the report on the assignment; then
it trains the solved notebook briefly.
"""

import argparse
import contextlib
import json
import shutil
import sys
import time
from pathlib import Path
from string import ascii_uppercase

import nbformat
from rich.console import Console
from rich.table import Table
from tqdm import tqdm

from grader import assignments
from grader.instructor import report
from solutions.tools import build, course, samples

NAME = samples.HOMEWORK
FOLDER = course.ROOT / "demo-course"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m solutions.tools.demo", description=__doc__.partition("\n")[0])
    parser.add_argument("--no-training", action="store_true", help="stop after grading")
    options = parser.parse_args(arguments)
    console = Console()
    started = time.monotonic()
    try:
        prepare_data(console)
        student_version = grade(console)
        if not options.no_training:
            train(console, student_version)
    except course.CommandFailed as problem:
        print(problem, file=sys.stderr)
        return 1
    console.print(f"\nDone in {time.monotonic() - started:.0f} s.")
    return 0


def prepare_data(console: Console) -> None:
    import data

    console.rule("1  data")
    glyphs = data.load("glyphs")
    for part, split in (("train", glyphs.train), ("valid", glyphs.valid)):
        classes, alphabets = len(split.characters), len(split.alphabets)
        console.print(f"{part}: {len(split.images)} drawings of {classes} characters in {alphabets} alphabets")


def grade(console: Console) -> nbformat.NotebookNode:
    """From the master to grades and feedback; the student version of the notebook."""
    console.rule("2  assignment, submissions, grades, feedback")
    shutil.rmtree(FOLDER, ignore_errors=True)
    course.create(FOLDER)
    if course.why_no_sandbox():
        console.print("No sandbox here: these samples are our own, so they are graded without. See `grader doctor`.")
    console.print(f"[bold]$ nbgrader generate_assignment {NAME}[/bold]")
    student_version = course.assign(FOLDER, NAME, build.master_notebook(course.MASTERS / NAME / f"{NAME}.py"))
    for student, make in samples.SAMPLES.items():
        course.submit(FOLDER, student, NAME, make(student_version))
    _run(console, "autograde", NAME, notebooks=len(samples.SAMPLES))
    _run(console, "generate_feedback", NAME, notebooks=len(samples.SAMPLES))
    _run(console, "export")
    console.print(score_table(course.scores(FOLDER, NAME)))
    console.print(f"Feedback for each student: {_relative(FOLDER / 'feedback')}/STUDENT/{NAME}/{NAME}.html")
    console.print(f"Grades as a table:         {_relative(FOLDER / 'grades.csv')}")
    with contextlib.chdir(FOLDER):
        report.write(NAME, Path(f"report-{NAME}.html"))
    console.print(f"A page on all of it:       {_relative(FOLDER / f'report-{NAME}.html')}")
    return student_version


def score_table(scores: dict[str, dict[str, float]]) -> Table:
    """Narrow enough for a terminal of 80 columns: the parts are numbered, and named below."""
    graded = [[exercise for exercise in chapter.EXERCISES if exercise.points] for chapter in assignments.chapters(NAME)]
    parts = {
        f"{letter}{number}": exercise
        for letter, exercises in zip(ascii_uppercase, filter(None, graded))
        for number, exercise in enumerate(exercises, start=1)
    }
    caption = "\n".join(f"{part}  {exercise.name}" for part, exercise in parts.items())
    table = Table("student", *parts, "total", caption=caption, caption_justify="left", padding=(0, 1, 0, 0))
    for student, grades in sorted(scores.items()):
        points = [grades[exercise.grade_id] for exercise in parts.values()]
        table.add_row(student, *(f"{point:g}" for point in points), f"{sum(points):g}")
    return table


def train(console: Console, student_version: nbformat.NotebookNode) -> None:
    """The quick mode of the solved notebook, run unattended as papermill runs it."""
    import papermill

    console.rule("3  training")
    solved = FOLDER / "solved" / f"{NAME}.ipynb"
    course.write(solved, samples.reference(student_version))
    trained = solved.with_name(f"{NAME}-trained.ipynb")
    papermill.execute_notebook(solved, trained, cwd=solved.parent, kernel_name="python3", progress_bar=True)
    console.print(results_table(json.loads((solved.parent / "results.json").read_text())))
    console.print(f"The notebook with its pictures: {_relative(trained)}")


def results_table(results: dict) -> Table:
    """The results.json of a notebook, a line for each method."""
    title = f"solved notebook, {results['settings']['dataset']}, {results['settings']['epochs']} epochs"
    table = Table("method", "CMC@1", "CMC@5", "CMC@10", "seconds", title=title)
    for method, result in results["methods"].items():
        table.add_row(method, *(f"{result['cmc'][k]:.3f}" for k in ("1", "5", "10")), f"{result['seconds']:.0f}")
    return table


def _run(console: Console, *command: str, notebooks: int | None = None) -> None:
    """One command of nbgrader's, with a bar over the notebooks where there are several."""
    console.print(f"[bold]$ nbgrader {' '.join(command)}[/bold]")
    with tqdm(total=notebooks, unit="notebook", disable=notebooks is None) as bar:
        course.nbgrader(
            FOLDER, *command, on_line=lambda line: bar.update("Setting destination file permissions" in line)
        )


def _relative(path: Path) -> Path:
    return path.relative_to(course.ROOT)


if __name__ == "__main__":
    sys.exit(main())
