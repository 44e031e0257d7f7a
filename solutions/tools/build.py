"""Builds the notebooks from their text masters: `python -m solutions.tools.build [NAME ...]`, or `make notebooks` for all.

    solutions/notebooks/NAME/NAME.py      the one source, written by hand
    solutions/notebooks/NAME/NAME.ipynb   the master notebook, executed with the reference solutions
    notebooks/NAME/NAME.ipynb             the student version, made by nbgrader, executed as it is
    */NAME/*.png                          pictures that the text shows: the master's, and copies for students

`--check` builds again without executing, and fails if a tracked notebook differs in anything but its outputs, lacks
outputs, or holds a stub that would not raise. (That the outputs still hold is for `pytest --nbval` to say.)
"""

import argparse
import ast
import re
import shutil
import sys
import tempfile
from pathlib import Path

import jupytext
import nbclient
import nbformat
from nbformat import NotebookNode
from tqdm import tqdm

import data
from solutions.tools import course
from solutions.tools.course import MASTERS, ROOT, STUDENTS

CELL_TIMEOUT = 900  # seconds; the slowest cell trains for a minute or so


class BuildError(Exception):
    """A notebook cannot be built, or has drifted; the message says which and why."""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m solutions.tools.build", description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="change nothing; fail if a tracked notebook has drifted")
    parser.add_argument("names", nargs="*", metavar="NAME", help="a notebook, such as homework3; none named: all")
    options = parser.parse_args(arguments)
    masters = sorted(path.stem for path in MASTERS.glob("*/*.py"))
    names = options.names or masters
    if unknown := set(names) - set(masters):
        parser.error(f"no master is called {', '.join(sorted(unknown))}; there are: {', '.join(masters)}")
    try:
        with tempfile.TemporaryDirectory() as folder:
            built = build(names, Path(folder))
        problems = [problem for path, notebook in built.items() for problem in drift(path, notebook)]
        problems += [f"{copy.relative_to(ROOT)} is not the master's picture." for _, copy in stale_pictures(names)]
        if options.check:
            if problems:
                raise BuildError("\n".join([*problems, "Run `make notebooks` and commit what it writes."]))
            print(f"{len(built)} notebooks agree with their masters.")
            return 0
        data.prepare()  # beforehand, or a notebook would store the bar of their drawing
        for path, notebook in tqdm(built.items(), desc="executing", unit="notebook"):
            course.write(path, execute(notebook, path))
        for original, copy in stale_pictures(names):
            shutil.copy(original, copy)
    except (BuildError, course.CommandFailed) as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


def build(names: list[str], folder: Path) -> dict[Path, NotebookNode]:
    """The master and the student version of each assignment, without outputs, by the path where each belongs.

    `folder` is empty: nbgrader works there, so that no gradebook of the instructor's is touched.
    """
    course.create(folder)
    built = {}
    for name in names:
        built[MASTERS / name / f"{name}.ipynb"] = master = master_notebook(MASTERS / name / f"{name}.py")
        built[STUDENTS / name / f"{name}.ipynb"] = student = course.assign(folder, name, master)
        for cell in student.cells:
            if cell.metadata.get("nbgrader", {}).get("solution"):
                _require_stub(name, cell)
    return built


def master_notebook(text: Path) -> NotebookNode:
    notebook = jupytext.read(text)
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for index, cell in enumerate(notebook.cells):
        # Ids that do not change between builds: the nbgrader id where there is one, else the place.
        cell.id = cell.metadata.get("nbgrader", {}).get("grade_id", f"cell-{index}")
    return notebook


def _require_stub(name: str, cell: NotebookNode) -> None:
    """Every function with a YOUR CODE HERE must go on to raise NotImplementedError with a sentence."""
    for node in ast.walk(ast.parse(cell.source)):
        if not isinstance(node, ast.FunctionDef):
            continue
        text = ast.get_source_segment(cell.source, node)
        last = node.body[-1]
        if "# YOUR CODE HERE" in text and not (
            isinstance(last, ast.Raise) and re.match(r"NotImplementedError\(['\"]\w", ast.unparse(last.exc))
        ):
            raise BuildError(f"{name}, {cell.id}: the stub {node.name} does not end in raise NotImplementedError('…')")
    if "# YOUR CODE HERE" not in cell.source:
        raise BuildError(f"{name}, {cell.id}: nothing was cut out of this solution cell")


def execute(notebook: NotebookNode, path: Path) -> NotebookNode:
    """Run a notebook in its own folder-to-be; an exception in any cell is an error of the build."""
    with tempfile.TemporaryDirectory() as folder:
        client = nbclient.NotebookClient(
            notebook,
            timeout=CELL_TIMEOUT,
            kernel_name="python3",
            resources={"metadata": {"path": folder}},
            coalesce_streams=True,  # of a progress bar's states only the last is stored
        )
        try:
            client.execute()
        except nbclient.exceptions.CellExecutionError as problem:
            raise BuildError(f"{path.relative_to(ROOT)} does not run:\n{problem}") from None
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # times of day
    return notebook


def stale_pictures(names: list[str]) -> list[tuple[Path, Path]]:
    """The pictures beside the masters that their texts show, and where students need a copy but have none of it."""
    pairs = [(picture, STUDENTS / name / picture.name) for name in names for picture in (MASTERS / name).glob("*.png")]
    return [(one, copy) for one, copy in pairs if not copy.exists() or copy.read_bytes() != one.read_bytes()]


def drift(path: Path, built: NotebookNode) -> list[str]:
    """How the tracked notebook differs from the one just built."""
    name = path.relative_to(ROOT)
    if not path.exists():
        return [f"{name} is missing."]
    tracked = nbformat.read(path, as_version=4)
    problems = []
    if [_essence(cell) for cell in tracked.cells] != [_essence(cell) for cell in built.cells]:
        problems.append(f"{name} differs from what its master builds.")
    code = [cell for cell in tracked.cells if cell.cell_type == "code"]
    if any(cell.execution_count is None for cell in code) or not any(cell.outputs for cell in code):
        problems.append(f"{name} is stored without outputs: nbval would have nothing to compare.")
    if any(output.output_type == "error" for cell in code for output in cell.outputs):
        problems.append(f"{name} is stored with an error among its outputs.")
    return problems


def _essence(cell: NotebookNode) -> tuple[str, str, str, dict]:
    return cell.id, cell.cell_type, cell.source, {key: cell.metadata.get(key) for key in ("nbgrader", "tags")}


if __name__ == "__main__":
    sys.exit(main())
