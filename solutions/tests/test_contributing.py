"""CONTRIBUTING.md told to a copy of the repository: what the page says is what is done, and the exercise it adds works."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import nbformat
import pytest

from solutions import course

pytestmark = pytest.mark.slow
PAGE = (course.ROOT / "CONTRIBUTING.md").read_text()
STUDENTS = {
    "ann": "def spread(features):\n    return (features - features.mean(dim=0)).square().sum(dim=1).mean()",
    "bob": "def spread(features):\n    return features.square().sum(dim=1).mean()",
}
SENTENCE = "Measure from the centroid"


class Step(NamedTuple):
    """A new file; or, with a table, rows that go to its end and an import that goes to the others."""

    path: str
    text: str
    table: str = ""
    imports: str = ""


def steps() -> list[Step]:
    code = r"```python\n(.*?)^```$"
    new = re.findall(rf"New file `(\S+)`[^\n]*:\n\n{code}", PAGE, re.MULTILINE | re.DOTALL)
    rows = re.findall(rf"Add to `(\w+)` in `(\S+)`:\n\n{code}", PAGE, re.MULTILINE | re.DOTALL)
    row = re.findall(r"^Add `([^`]+)` to `(\w+)` in `(\S+)`(?:, after `(.+)`)?\.$", PAGE, re.MULTILINE)
    assert PAGE.count("```python") == len(new) + len(rows)  # nothing that is told is passed over
    assert PAGE.count("Add `") == len(row)
    return [
        *(Step(path, text) for path, text in new),
        *(Step(path, text, table) for table, path, text in rows),
        *(Step(path, f"    {text}\n", table, imports) for text, table, path, imports in row),
    ]


def commands() -> list[str]:
    section = PAGE[PAGE.index("**7. Build and test.**") : PAGE.index("## What proves what")]
    return [line.split("  #")[0].strip() for line in section.splitlines() if line.startswith("    ")]


def copy_of_the_repository(folder: Path) -> Path:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=course.ROOT, capture_output=True, text=True, check=True)
    for name in listed.stdout.split("\0")[:-1]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(course.ROOT / name, folder / name)
    (folder / ".venv").symlink_to(sys.prefix)
    return folder


def follow(folder: Path, without: str = "") -> None:
    """Take the page's steps, but for the one with this file or table."""
    for step in steps():
        path = folder / step.path
        if without in (step.path, step.table) and without:
            continue
        if not step.table:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(step.text)
            continue
        text = path.read_text()
        end = re.search(rf"^{step.table}\b.*?(?=^[)}}\]])", text, re.MULTILINE | re.DOTALL).end()
        text = text[:end] + step.text + text[end:]
        if step.imports:
            text = re.sub(r"^(?=from |import )", f"{step.imports}\n", text, count=1, flags=re.MULTILINE)
        path.write_text(text)


def run(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    """A command as typed in `folder`, whose packages it imports; `make` takes the environment for ready."""
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([str(folder / ".venv" / "bin"), os.environ["PATH"]]),
        "PYTHONPATH": str(folder),
        "PRE_COMMIT_HOME": str(folder.parent / "hooks"),
        "PYTEST_DEBUG_TEMPROOT": str(folder.parent),  # else it would clean up what other runs still use
    }
    command = command.replace("make ", "make --old-file=.venv/.ready ")
    return subprocess.run(
        command, shell=True, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def well(folder: Path, command: str) -> str:
    result = run(folder, command)
    assert result.returncode == 0, result.stdout
    return result.stdout


@pytest.fixture(scope="module")
def scratch(tmp_path_factory) -> Path:
    folder = copy_of_the_repository(tmp_path_factory.mktemp("scratch"))
    follow(folder)
    for command in commands()[:2]:
        well(folder, command)
    return folder


def test_the_page_formats_and_builds_before_it_tests():
    assert [command.split()[0] for command in commands()] == ["make", "python", "pytest", "pytest"]


@pytest.mark.parametrize("command", commands()[2:])
def test_the_new_exercise_passes_the_tests_that_the_page_names(scratch, command):
    assert re.search(r"[1-9]\d* passed", well(scratch, command))


def test_what_is_stored_of_the_notebooks_are_reports(scratch):
    for path, state in {"solutions/notebooks": "passed", "notebooks": "not implemented yet"}.items():
        cells = nbformat.read(scratch / path / "toy" / "toy.ipynb", as_version=4).cells
        assert f"The spread of a batch: {state} (" in cells[-1].outputs[0].data["text/plain"]


@pytest.mark.parametrize(
    ("without", "test"),
    [
        ("MISTAKES", "test_cases.py::test_every_wrong_solution_has_a_case_made_for_it"),
        (
            "solutions/notebooks/toy/toy.py",
            "test_build.py::test_every_exercise_is_graded_by_one_cell_of_one_notebook_for_its_points",
        ),
    ],
)
def test_a_step_left_out_is_noticed(tmp_path, without, test):
    follow(copy_of_the_repository(tmp_path), without)
    output = run(tmp_path, f"pytest -q -p no:cacheprovider solutions/tests/{test}").stdout
    assert "1 failed" in output, output


def submission(folder: Path, source: str) -> nbformat.NotebookNode:
    notebook = nbformat.read(folder / "notebooks" / "toy" / "toy.ipynb", as_version=4)
    (stub,) = (cell for cell in notebook.cells if cell.id == "spread")
    stub.source = source
    return notebook


def test_check_tells_the_wrong_one_why(scratch, tmp_path):
    path = tmp_path / "bob.ipynb"
    course.write(path, submission(scratch, STUDENTS["bob"]))
    checked = run(scratch, f"grader check {path}")
    assert checked.returncode == 1
    assert "0 of 1 points" in checked.stdout
    assert "Your spread is 50; expected is 25." in checked.stdout
    assert SENTENCE in checked.stdout


def test_nbgrader_scores_the_right_one_and_tells_the_wrong_one_why(scratch, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(scratch))
    if course.why_no_sandbox():
        course.add_settings(scratch, 'c.SandboxedExecute.sandbox = "off"')
    for student, source in STUDENTS.items():
        course.submit(scratch, student, "toy", submission(scratch, source))
    for command in ("generate_assignment", "autograde", "generate_feedback"):
        course.nbgrader(scratch, command, "toy")
    assert course.scores(scratch, "toy") == {"ann": {"toy-spread": 1}, "bob": {"toy-spread": 0}}
    pages = {student: (scratch / "feedback" / student / "toy" / "toy.html").read_text() for student in STUDENTS}
    assert SENTENCE in pages["bob"]
    assert SENTENCE not in pages["ann"]


def test_the_hooks_let_the_new_exercise_through_and_stop_bad_style_and_an_edited_notebook(scratch):
    well(scratch, "git init -q && git add . && pre-commit run --all-files")
    module = scratch / "solutions" / "toy.py"
    right = module.read_text()
    module.write_text(right.replace(", ", ",  ") + "import os\n")
    styled = run(scratch, "pre-commit run --all-files")
    module.write_text(right)
    assert styled.returncode == 1
    assert "E402" in styled.stdout
    assert "1 file reformatted" in styled.stdout
    path = scratch / "notebooks" / "toy" / "toy.ipynb"
    notebook = json.loads(path.read_text())
    notebook["cells"][-1]["metadata"]["nbgrader"]["points"] = 5
    path.write_text(json.dumps(notebook))
    drifted = run(scratch, "pre-commit run --files notebooks/toy/toy.ipynb --hook-stage pre-push")
    assert drifted.returncode == 1
    found = [line for line in drifted.stdout.splitlines() if "notebooks/" in line]
    assert found == ["notebooks/toy/toy.ipynb differs from what its master builds."]
