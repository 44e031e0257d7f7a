"""From the zip that students get to the one they hand in: a bundle in an empty folder, with its own commands."""

import ast
import os
import re
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import nbformat
import pytest

from grader import assignments
from grader.instructor.bundle import bundle
from solutions import mutants
from solutions.tools import course, samples

NAME = "homework3"
POINTS = sum(exercise.points for exercise in assignments.graded(NAME).values())
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("my documents")
    bundle(NAME, folder / "b.zip")
    with zipfile.ZipFile(folder / "b.zip") as archive:
        archive.extractall(folder)
    (folder / "b.zip").unlink()
    return folder / NAME


def test_no_line_of_a_solution_is_in_it(unpacked):
    """Of the references, plain solutions, mutants and hidden cases, and of what makes them: no statement of more than a few
    words, neither in the code nor in the cells that students fill in. (The other cells give code that a solution may have,
    too.)"""
    modules = [*(course.ROOT / "solutions").glob("*.py")]
    for name in assignments.names():
        modules += (course.ROOT / "solutions" / name).glob("*.py")
    secret = set().union(*(_statements(module.read_text()) for module in modules))
    for name in assignments.names():
        secret |= set().union(*map(_statements, mutants.sources(name).values()))
        secret |= set().union(*(_statements(mutant.source) for mutant in mutants.of(name)))
    cells = nbformat.read(unpacked / "notebooks" / NAME / f"{NAME}.ipynb", as_version=4).cells
    stubs = [cell.source for cell in cells if cell.metadata.get("nbgrader", {}).get("solution")]
    given = set().union(*map(_statements, [*stubs, *(path.read_text() for path in unpacked.rglob("*.py"))]))
    assert len(secret) > 100
    assert secret & given == set()


def _statements(source: str) -> set[str]:
    """The longer assignments, returns and raises of a text, each on one line."""
    return {
        ast.unparse(node)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Assign | ast.Return | ast.Raise) and len(ast.unparse(node)) > 60
    }


@pytest.fixture(scope="module")
def installed(unpacked) -> Path:
    """With what `make setup` makes there, by the rule of setup.mk and the lock that made the environment of this test: the
    bundle installed in its place, on the packages of this environment."""
    folder = unpacked
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / ".venv"], check=True)
    (site_packages,) = (folder / ".venv").glob("lib/*/site-packages")
    build = f"from setuptools.build_meta import build_editable; build_editable({str(site_packages)!r})"
    subprocess.run([sys.executable, "-c", build], cwd=folder, check=True, capture_output=True)
    (wheel,) = site_packages.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site_packages)
    (site_packages / "borrowed.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    script = folder / ".venv" / "bin" / "grader"
    # through sh, as pip does it, since there is a space in the path
    script.write_text(f'#!/bin/sh\nexec "{folder}/.venv/bin/python" -m grader.cli "$@"\n')
    script.chmod(0o755)
    (folder / ".venv" / ".ready").touch()
    return folder


def test_a_folder_of_downloads_beside_the_notebook_hides_no_package(installed):
    """As torchvision's MNIST("data/") makes one; and a file of the package's name, which does hide it, is named."""
    downloads = installed / "notebooks" / NAME / "data"
    (downloads / "MNIST" / "raw").mkdir(parents=True)
    cells = "from grader import check\nimport data\nfrom data.batches import TrainBatches\nprint(data.load)"
    assert "<function load" in in_a_kernel(installed, cells)

    downloads.rename(downloads.with_name("downloads"))
    downloads.with_suffix(".py").touch()
    said = in_a_kernel(installed, cells)
    assert "the file data.py hides the course's package data: rename it" in said
    assert "'data' is not a package" in said
    doctor = command(installed, ".venv/bin/grader", "doctor")
    assert doctor.returncode == 1
    assert f"✗ notebooks: the file {downloads}.py hides the course's package data: rename it" in doctor.stdout
    downloads.with_suffix(".py").unlink()


def in_a_kernel(folder: Path, cell: str) -> str:
    """All that a cell shows in a kernel started as JupyterLab starts one, beside the notebook."""
    run = f"""
from jupyter_client.manager import start_new_kernel
manager, client = start_new_kernel(cwd="notebooks/{NAME}")
try:
    client.execute_interactive({cell!r}, timeout=600)
finally:
    manager.shutdown_kernel(now=True)
"""
    result = command(folder, ".venv/bin/python", "-c", run)
    return result.stdout + result.stderr


def test_a_student_checks_and_hands_in_with_nothing_but_the_bundle(installed):
    unpacked = installed
    # make's own exit code is 2 for whatever a command of its answers
    first = command(unpacked, "make", "check")
    assert first.returncode == 2, first.stderr
    assert re.search(r"\[.*check\] Error 1$", first.stderr, re.MULTILINE), first.stderr
    assert f"0 of {POINTS} points" in first.stdout
    assert "implemented" in first.stdout  # in a narrow table "not implemented yet" has lines of its own

    path = unpacked / "notebooks" / NAME / f"{NAME}.ipynb"
    course.write(path, samples.reference(nbformat.read(path, as_version=4)))
    second = command(unpacked, "make", "check")
    assert second.returncode == 0, second.stdout + second.stderr
    assert f"{POINTS} of {POINTS} points" in second.stdout

    doctor = command(unpacked, ".venv/bin/grader", "doctor")
    assert doctor.returncode == 0, doctor.stdout
    assert "grading: for the instructor's machine" in doctor.stdout
    assert "is no checkout of the course" in command(unpacked, ".venv/bin/grader", "bundle", NAME).stderr

    anonymous = command(unpacked, "make", "submit")
    assert anonymous.returncode == 2
    assert "make submit STUDENT=your-id" in anonymous.stdout
    handed_in = command(unpacked, "make", "submit", "STUDENT=ada")
    assert handed_in.returncode == 0, handed_in.stderr
    assert len(list(unpacked.glob(f"{NAME}_ada_attempt_*.zip"))) == 1


def command(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run it as a student does who knows nothing of this checkout."""
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    return subprocess.run(arguments, cwd=folder, env=environment, capture_output=True, text=True)


def test_what_submit_packs_is_collected_by_plain_nbgrader_and_graded(tmp_path, assigned):
    """The newer of two attempts counts, a portal may rename the files, and the time is the student's."""
    folder = tmp_path / "course"
    student_version = assigned(folder)
    archive = folder / "downloaded" / NAME / "archive"
    archive.mkdir(parents=True)
    right, untouched = tmp_path / "my work.ipynb", tmp_path / "first.ipynb"
    nbformat.write(samples.reference(student_version), right)
    nbformat.write(student_version, untouched)
    packed = [
        submit(notebook, archive, student) for notebook, student in ((untouched, "ada"), (right, "ada_b@uni.edu"))
    ]
    packed[0].rename(archive / "Lovelace_Ada_4711_upload (2).zip")
    later = submit(right, tmp_path, "ada")
    time = re.search(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z", later.name).groups()
    later.rename(archive / "A first in the alphabet.zip")

    course.nbgrader(folder, "zip_collect", NAME)
    submitted = {path.relative_to(folder / "submitted").as_posix() for path in (folder / "submitted").rglob("*.*")}
    students = ("ada", "ada_b@uni.edu")
    expected = {f"{student}/{NAME}/{file}" for student in students for file in (f"{NAME}.ipynb", "timestamp.txt")}
    assert submitted - {"ada_b@uni.edu"} == expected
    timestamp = (folder / "submitted" / "ada" / NAME / "timestamp.txt").read_text()
    assert timestamp == "{}-{}-{} {}:{}:{}".format(*time)

    course.nbgrader(folder, "autograde", NAME)
    assert {student: sum(grades.values()) for student, grades in course.scores(folder, NAME).items()} == {
        "ada": POINTS,
        "ada_b@uni.edu": POINTS,
    }


def submit(notebook: Path, folder: Path, student: str) -> Path:
    before = set(folder.glob("*.zip"))
    arguments = ["submit", NAME, str(notebook), "--student", student, "--out", str(folder)]
    result = subprocess.run([sys.executable, "-m", "grader.cli", *arguments], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    (path,) = set(folder.glob("*.zip")) - before
    return path
