"""`grader bundle`: what students get, exactly, and when they get nothing."""

import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.utils import compute_checksum

from grader import assignments, cli
from grader.diagnosis import SUFFIX
from grader.instructor.bundle import ROOT, CannotBundle, bundle, changed, files

STUB = "def tree_level():\n    # YOUR CODE HERE\n    raise NotImplementedError('Write it.')"


def student_notebook(path, source: str = STUB) -> None:
    marks = {"grade_id": "tree_level", "solution": True, "grade": False, "locked": False, "schema_version": 3}
    cell = new_code_cell(STUB, metadata={"nbgrader": marks})
    cell.metadata.nbgrader["checksum"] = compute_checksum(cell)
    cell.source = source
    nbformat.write(new_notebook(cells=[cell]), path)


@pytest.fixture
def course(tmp_path):
    """A small checkout with all that is given out, and beside it all that is not."""
    root = tmp_path / "course"
    given = ["LICENSE", "environment.yml", "pyproject.toml", "requirements.lock", "setup.mk", "grader/cli.py"]
    given += ["grader/exercises/__init__.py", "data/__init__.py", "notebooks/homework3/picture.png"]
    given += ["grader/instructor/given/README.md", "grader/instructor/given/Makefile"]
    given += [
        f"grader/exercises/{name}/chapter{ending}"
        for name in ("homework3", "homework4", "tutorial")
        for ending in (".py", SUFFIX)
    ]
    kept = ["README.md", "Makefile", "nbgrader_config.py", ".ci/run", "gradebook.db", "solutions/samplers.py"]
    kept += ["solutions/notebooks/homework3/homework3.py", "submitted/ada/homework3/homework3.ipynb"]
    kept += ["grader/tests/test_cli.py", "grader/__pycache__/cli.pyc", "data/cache/glyphs/a.png", "data/.DS_Store"]
    kept += ["notebooks/homework3/results.json", "notebooks/homework3/logs/best.pth", "notebooks/homework3/.x.png"]
    kept += ["notebooks/homework3/.ipynb_checkpoints/homework3-checkpoint.ipynb", "data/.cache/x"]
    for path in (*given, *kept):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(f"{path} for @NAME@")
    for name in ("homework3", "homework4", "tutorial"):
        (root / "notebooks" / name).mkdir(exist_ok=True)
        student_notebook(root / "notebooks" / name / f"{name}.ipynb")
    git(root, "init", "-q")
    commit(root)
    return root


def git(root, *command: str) -> None:
    subprocess.run(["git", "-C", root, "-c", "user.name=x", "-c", "user.email=x@x", *command], check=True)


def commit(root) -> None:
    git(root, "add", "--all", "--force")
    git(root, "commit", "-qm", "all")


def names(path) -> set[str]:
    with zipfile.ZipFile(path) as archive:
        return set(archive.namelist())


def test_a_bundle_holds_these_files_and_no_others(course, tmp_path):
    bundle("homework3", tmp_path / "b.zip", root=course)
    assert names(tmp_path / "b.zip") == {
        "homework3/LICENSE",
        "homework3/Makefile",
        "homework3/README.md",
        "homework3/data/__init__.py",
        "homework3/environment.yml",
        "homework3/grader/cli.py",
        "homework3/grader/exercises/__init__.py",
        "homework3/grader/exercises/homework3/chapter.mistakes.json",
        "homework3/grader/exercises/homework3/chapter.py",
        "homework3/grader/exercises/tutorial/chapter.mistakes.json",
        "homework3/grader/exercises/tutorial/chapter.py",
        "homework3/notebooks/homework3/homework3.ipynb",
        "homework3/notebooks/homework3/picture.png",
        "homework3/notebooks/tutorial/tutorial.ipynb",
        "homework3/pyproject.toml",
        "homework3/requirements.lock",
        "homework3/setup.mk",
    }


def test_the_tutorial_alone_is_no_bundle(course, tmp_path):
    with pytest.raises(CannotBundle, match="tutorial is no assignment"):
        bundle("tutorial", tmp_path / "b.zip", root=course)


def test_its_readme_and_makefile_are_its_own_and_name_the_assignment(course, tmp_path, monkeypatch):
    monkeypatch.setattr(assignments, "with_points", lambda: ("homework3", "homework4"))
    bundle("homework4", tmp_path / "b.zip", root=course)
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        assert archive.read("homework4/README.md") == b"grader/instructor/given/README.md for homework4"
        assert archive.read("homework4/Makefile") == b"grader/instructor/given/Makefile for homework4"


def test_the_exercises_of_another_assignment_stay_out_in_either_direction(course, monkeypatch):
    monkeypatch.setattr(assignments, "with_points", lambda: ("homework3", "homework4"))
    for name, other in (("homework3", "homework4"), ("homework4", "homework3")):
        given = [path for path, _ in files(name, course)]
        assert {f"grader/exercises/{name}/chapter.py", "grader/exercises/tutorial/chapter.py"} <= set(given)
        assert not [path for path in given if other in path]


def test_the_same_files_give_the_same_bytes_readable_for_all(course, tmp_path):
    bundle("homework3", tmp_path / "one.zip", root=course)
    for path in course.rglob("*"):
        os.utime(path, (10**9, 10**9))
    (course / "LICENSE").chmod(0o600)
    bundle("homework3", tmp_path / "two.zip", root=course)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "two.zip") as archive:
        assert {entry.external_attr >> 16 for entry in archive.infolist()} == {0o100644}
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.fixture(scope="module")
def real(tmp_path_factory) -> dict[str, bytes]:
    """The bundle of this very checkout: path -> content."""
    path = tmp_path_factory.mktemp("bundle") / "homework3.zip"
    bundle("homework3", path)
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_real_bundle_holds_what_its_kind_may_hold(real):
    allowed = [
        r"(grader|data)/([a-z_0-9]+/)*[a-z_0-9]+(\.[a-z0-9]+)+",
        r"notebooks/(homework3|tutorial)/[a-z_0-9]+\.(ipynb|png)",
        r"(LICENSE|Makefile|README\.md|environment\.yml|pyproject\.toml|requirements\.lock|setup\.mk)",
    ]
    for name in real:
        assert any(re.fullmatch(f"homework3/{rule}", name) for rule in allowed), name
        assert "test" not in name.replace("tests", "test").split("/")
    assert {"homework3/grader/cli.py", "homework3/notebooks/homework3/homework3.ipynb"} <= set(real)
    chapters = [name for name in real if name.startswith("homework3/grader/exercises/") and name.endswith(SUFFIX)]
    assert len(chapters) == 4


def test_the_real_bundle_names_no_solution(real):
    own = "homework3/grader/hidden.py"  # of the instructor's machine, where it finds them
    for name, content in real.items():
        assert b"BEGIN SOLUTION" not in content, name
        assert re.search(rb"^\s*(from|import) solutions\b", content, re.MULTILINE) is None or name == own, name
        assert b"@NAME@" not in content or name == "homework3/grader/instructor/bundle.py", name
    assert b"YOUR CODE HERE" in real["homework3/notebooks/homework3/homework3.ipynb"]


def test_an_instructors_own_try_in_the_notebook_is_not_given_out(course, tmp_path):
    student_notebook(course / "notebooks/homework3/homework3.ipynb", STUB.replace("raise", "return 1\n    raise"))
    commit(course)
    with pytest.raises(CannotBundle, match=r"homework3\.ipynb holds more than stubs, in tree_level: `make notebooks`"):
        bundle("homework3", tmp_path / "b.zip", root=course)
    assert not list(tmp_path.glob("*.zip"))


def test_nor_one_in_the_tutorial(course, tmp_path):
    student_notebook(course / "notebooks/tutorial/tutorial.ipynb", "def tree_level():\n    return 1")
    commit(course)
    with pytest.raises(CannotBundle, match=r"tutorial\.ipynb holds more than stubs"):
        bundle("homework3", tmp_path / "b.zip", root=course)


def test_a_notebook_that_does_not_open_is_named(course, tmp_path):
    (course / "notebooks/homework3/homework3.ipynb").write_text("<<<<<<< HEAD")
    commit(course)
    with pytest.raises(CannotBundle, match=r"homework3\.ipynb is not a readable notebook"):
        bundle("homework3", tmp_path / "b.zip", root=course)


def test_an_unknown_assignment_is_answered_with_those_there_are(capsys):
    assert cli.main(["bundle", "homwork3"]) == 2
    error = capsys.readouterr().err
    there_are = ", ".join(assignments.with_points())
    assert f"homwork3 is no assignment; what can be handed in is: {there_are}" in error
    assert error.count("\n") == 1


def test_a_bundle_is_made_in_a_checkout_only(course, tmp_path):
    (course / "solutions").rename(tmp_path / "elsewhere")
    with pytest.raises(CannotBundle, match="is no checkout of the course"):
        bundle("homework3", tmp_path / "b.zip", root=course)


def test_a_file_that_is_there_is_replaced_only_by_force(tmp_path, capsys):
    target = tmp_path / "b.zip"
    target.write_text("mine")
    assert cli.main(["bundle", "homework3", "--out", str(target)]) == 2
    assert "is there already; --force replaces it" in capsys.readouterr().err
    assert target.read_text() == "mine"
    assert cli.main(["bundle", "homework3", "--out", str(target), "--force"]) == 0
    assert zipfile.is_zipfile(target)


def test_a_folder_that_is_not_there_is_a_sentence(tmp_path, capsys):
    assert cli.main(["bundle", "homework3", "--out", str(tmp_path / "no" / "b.zip")]) == 2
    assert "b.zip cannot be written: No such file or directory" in capsys.readouterr().err


def made_by(folder: Path, target: str) -> list[str]:
    """The commands that `make TARGET` would run there, on a machine that has nothing yet."""
    command = ["make", "--dry-run", "--always-make", "--no-print-directory", target, "STUDENT=ada"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}  # of `make test`
    result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()


def test_a_bundle_sets_itself_up_as_the_checkout_does_and_needs_nothing_that_it_lacks(real, tmp_path):
    for name, content in real.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    unpacked = tmp_path / "homework3"
    set_up = made_by(unpacked, "setup")
    assert set_up == made_by(ROOT, "setup") != []
    for target in ("check", "submit"):
        commands = made_by(unpacked, target)
        assert commands[: len(set_up)] == set_up
        assert len(commands) > len(set_up)
        assert not any("solutions" in command for command in commands)


def test_what_lies_about_in_the_folders_or_is_being_worked_on_stays_out(course):
    before = dict(files("homework3", course))
    (course / "grader" / "answers.py").write_text("not committed")
    (course / "notebooks" / "homework3" / "solution.png").write_text("not committed")
    git(course, "add", "--intent-to-add", "grader/answers.py")
    assert changed(course) == {"grader/answers.py"}
    student_notebook(course / "notebooks/homework3/homework3.ipynb", "def tree_level():\n    return 1")
    (course / "setup.mk").unlink()
    assert changed(course) == {"grader/answers.py", "notebooks/homework3/homework3.ipynb", "setup.mk"}
    assert dict(files("homework3", course)) == before


def test_what_is_committed_and_is_no_code_or_a_link_stays_out(course):
    before = {path for path, _ in files("homework3", course)}
    (course / "grader" / "notes.txt").write_text("the solution is")
    (course / "grader" / "zoo.py~").write_text("a copy")
    (course / "data" / "link.py").symlink_to(course / "solutions" / "samplers.py")
    commit(course)
    assert {path for path, _ in files("homework3", course)} == before


def test_where_git_cannot_tell_what_was_committed_there_is_no_bundle(course, tmp_path):
    (course / ".git").rename(tmp_path / "elsewhere")
    with pytest.raises(CannotBundle, match=r"git cannot tell what that is: .*not a git repository"):
        bundle("homework3", tmp_path / "b.zip", root=course)
    git(course, "init", "-q")
    with pytest.raises(CannotBundle, match="git cannot tell what that is"):
        bundle("homework3", tmp_path / "b.zip", root=course)


def test_a_course_that_is_a_folder_of_a_larger_repository_is_bundled_from_there(course, tmp_path):
    before = dict(files("homework3", course))
    shutil.rmtree(course / ".git")
    git(tmp_path, "init", "-q")
    commit(tmp_path)
    assert dict(files("homework3", course)) == before
    (course / "setup.mk").write_text("other")
    assert changed(course) == {"setup.mk"}


def test_variables_of_git_do_not_lead_elsewhere(course, monkeypatch):
    before = dict(files("homework3", course))
    monkeypatch.setenv("GIT_DIR", "/nonexistent")
    assert dict(files("homework3", course)) == before
