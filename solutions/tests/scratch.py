"""A copy of the repository in which CONTRIBUTING.md is followed, for tests that need another assignment or exercise."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat

import data
from solutions.tools import course

PAGE = (course.ROOT / "CONTRIBUTING.md").read_text()
TOY = "toy"  # the assignment that the page adds
STUDENTS = {
    "ann": "def spread(features):\n    return (features - features.mean(dim=0)).square().sum(dim=1).mean()",
    "bob": "def spread(features):\n    return features.square().sum(dim=1).mean()",
}


def steps() -> dict[str, str]:
    """The files that the page tells to write: path -> text."""
    code = r"```python\n(.*?)^```$"
    new = dict(re.findall(rf"New file `(\S+)`[^\n]*:\n\n{code}", PAGE, re.MULTILINE | re.DOTALL))
    assert PAGE.count("```python") == len(new)  # nothing that is told is passed over
    return new


def commands() -> list[str]:
    """What the page tells to type, to build and to test."""
    section = PAGE[PAGE.index("**4. Build and test.**") : PAGE.index("## What proves what")]
    return [line.split("  #")[0].strip() for line in section.splitlines() if line.startswith("    ")]


def copy_of_the_repository(folder: Path) -> Path:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=course.ROOT, capture_output=True, text=True, check=True)
    for name in listed.stdout.split("\0")[:-1]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(course.ROOT / name, folder / name)
    (folder / ".venv").symlink_to(sys.prefix)
    return folder


def follow(folder: Path, without: str = "") -> None:
    """Take the page's steps, but for the file `without`."""
    for name, text in steps().items():
        if name != without:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)


def add_to(folder: Path, assignment: str, chapter: str) -> None:
    """Put the page's exercise into a chapter that exists, as the page says: into its files, and below its last check."""
    visible, secret, cells = (_for(text, assignment, chapter) for text in steps().values())
    for path, text in {"grader/exercises": visible, "solutions": secret}.items():
        with (folder / path / assignment / f"{chapter}.py").open("a") as file:
            file.write(f"\n\n{text}")
    master = folder / "solutions" / "notebooks" / assignment / f"{assignment}.py"
    text = master.read_text()
    last = [check.end() for check in re.finditer(rf'^check\("{chapter}\.', text, re.MULTILINE)][-1]
    place = text.index("\n# %%", last)
    master.write_text(f"{text[:place]}\n{cells}{text[place:]}")


def _for(text: str, assignment: str, chapter: str) -> str:
    """What a step puts into a file of its own, as an addition to one of that chapter."""
    text = re.sub(r'\A"""[^"]*"""\n|^SECTION = .*\n', "", text, flags=re.MULTILINE)
    text = re.sub(r"^(EXERCISES|MUTANTS) = ", r"\1 += ", text, flags=re.MULTILINE)
    text = re.sub(r"^(PLAIN|HIDDEN) = ", r"\1 |= ", text, flags=re.MULTILINE)
    text = text.replace("spread.value", f"{chapter}.spread").replace("spread-value", f"{chapter}-spread")
    return text.replace(f"from solutions.{TOY} import spread as", f"from solutions.{assignment} import {chapter} as")


def commit(folder: Path) -> None:
    """All that is in `folder`: bundles are made of what is committed."""
    well(folder, "git init -q && git add . && git -c user.name=a -c user.email=a@b commit -qm all")


def run(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    """A command as typed in `folder`, whose packages it imports; `make` takes the environment for ready."""
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([str(folder / ".venv" / "bin"), os.environ["PATH"]]),
        "PYTHONPATH": str(folder),
        "METRIC_LEARNING_DATA": str(data.root()),  # else each copy would draw its own
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


def submission(folder: Path, source: str) -> nbformat.NotebookNode:
    notebook = nbformat.read(folder / "notebooks" / TOY / f"{TOY}.ipynb", as_version=4)
    (stub,) = (cell for cell in notebook.cells if cell.id == "spread")
    stub.source = source
    return notebook
