"""What lies beside a notebook and would be imported in place of a module is named; what hides nothing is not."""

import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from grader import cli
from grader.files import ROOT
from grader.student import doctor
from grader.student.hiding import hiding


@pytest.fixture(autouse=True)
def installed(monkeypatch):
    """As pyproject.toml has it done, whatever the environment of this test does."""
    monkeypatch.syspath_prepend(ROOT)


def lay(folder: Path, name: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


@pytest.mark.parametrize("name", ["data.py", "data/__init__.py", "grader.py", "grader/__init__.py"])
def test_what_hides_a_package_of_the_course_is_named(tmp_path, name):
    module, _, inside = name.removesuffix(".py").partition("/")
    lay(tmp_path, name)
    what = f"folder {tmp_path / module}" if inside else f"file {tmp_path / name}"
    expected = f"the {what} hides the course's package {module}: rename it, then restart the kernel"
    assert list(hiding(tmp_path)) == [(module, expected)]


@pytest.mark.parametrize("name", ["torch.py", "catalyst/__init__.py", "types.py"])
def test_so_is_what_hides_a_library_or_a_module_of_pythons(tmp_path, name):
    lay(tmp_path, name)
    ((module, sentence),) = hiding(tmp_path)
    assert module == name.partition("/")[0].removesuffix(".py")
    assert f" hides the module {module}: rename it" in sentence


@pytest.mark.parametrize(
    "name",
    [
        "data/MNIST/raw/t10k-images-idx3-ubyte",  # packages come before folders without an __init__.py
        "grader/notes.txt",
        "torch/weights.pt",
        "helpers.py",
        "my torch.py",
        "torch.tar/__init__.py",
        "random.py",  # a kernel's folder comes behind Python's own modules
        "test.py",
    ],
)
def test_what_hides_nothing_is_not_named(tmp_path, name):
    lay(tmp_path, name)
    assert list(hiding(tmp_path)) == []


def test_the_course_does_not_hide_itself(tmp_path):
    assert "data" not in dict(hiding(ROOT))
    assert list(hiding(tmp_path / "missing")) == []


def test_where_an_earlier_version_was_installed_a_mere_folder_hides_the_package(tmp_path, monkeypatch):
    """It was found by a finder of its own, which comes after the folders."""
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if Path(entry).resolve() != ROOT])
    (tmp_path / "data").mkdir()
    assert dict(hiding(tmp_path))["data"].startswith(f"the folder {tmp_path / 'data'} hides the course's package data")


def test_the_cell_that_imports_the_checks_says_it(tmp_path):
    """A kernel has its folder as a line of its path, as -c has."""
    lay(tmp_path, "data.py")
    command = [sys.executable, "-c", "from grader import check, ready"]
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stderr
    assert said.count("UserWarning: the file data.py hides the course's package data: rename it") == 1
    elsewhere = "import sys; sys.path.remove(''); from grader import check"  # as `grader` itself, in a terminal
    quiet = subprocess.run([*command[:2], elsewhere], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert quiet.stderr == ""


def test_doctor_says_it_and_only_the_courses_own_packages_are_a_fault(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (finding,) = doctor.folders()
    assert finding.good
    lay(tmp_path, "torch.py")
    (finding,) = doctor.folders()
    assert finding.good is None
    lay(tmp_path, "data.py")
    ours, _ = doctor.folders()
    assert ours.good is False
    assert ours.what.startswith(f"notebooks: the file {tmp_path / 'data.py'} hides the course's package data")


@pytest.mark.slow
def test_a_notebook_whose_kernel_cannot_start_for_it_is_told_why(tmp_path, capsys):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell('check("hard_cluster.triplets", 1)')])
    nbformat.write(notebook, tmp_path / "homework3.ipynb")
    lay(tmp_path, "ipykernel_launcher.py")
    assert cli.main(["check", str(tmp_path / "homework3.ipynb")]) == 2
    said = capsys.readouterr().err
    assert f"the file {tmp_path / 'ipykernel_launcher.py'} hides the module ipykernel_launcher: rename it" in said


@pytest.mark.slow
def test_a_check_in_a_terminal_names_it_before_what_comes_of_it(tmp_path, capsys):
    cells = [nbformat.v4.new_code_cell(code) for code in ("import rich.table", 'check("hard_cluster.triplets", 1)')]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "homework3.ipynb")
    lay(tmp_path, "rich.py")
    assert cli.main(["check", str(tmp_path / "homework3.ipynb")]) == 1
    printed = capsys.readouterr().out
    assert f"Note: the file {tmp_path / 'rich.py'} hides the module rich: rename it" in printed
    assert printed.index("hides the module") < printed.index("raised ModuleNotFoundError")


def test_a_copy_of_the_project_hides_nothing_from_itself(tmp_path):
    for folder in ("installed", "copy"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "nbgrader_config.py").touch()
    shutil.copytree(
        ROOT / "grader", tmp_path / "copy" / "grader", ignore=shutil.ignore_patterns("tests", "__pycache__")
    )
    installed = f"import sys; sys.path.append({str(tmp_path / 'installed')!r})"
    code = f"{installed}; import warnings; warnings.simplefilter('error'); from grader.student import hiding; hiding.warn()"
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path / "copy", check=True)
