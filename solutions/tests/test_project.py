"""The files around the code agree with each other: one lock for every environment, one command for every machine."""

import re
import tomllib

import yaml

from solutions.course import ROOT

LOCK = (ROOT / "requirements.lock").read_text().splitlines()
PINS = {
    re.sub(r"[-_.]+", "-", line.split("==")[0]).lower(): line.split("==")[1].split(" ;")[0]
    for line in LOCK
    if line and not line.startswith("#")
}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_the_lock_pins_every_version_exactly():
    for line in LOCK:
        assert line.startswith("#") or re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+( ; .+)?", line), line


def test_the_lock_covers_what_the_project_asks_for():
    asked = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]]
    assert {re.split(r"[<>=;]", name)[0].strip() for name in asked} <= set(PINS)
    assert PINS["torch"] == "2.13.0"
    assert PINS["catalyst"] == "22.4"
    assert tuple(map(int, PINS["accelerate"].split(".")[:2])) < (0, 27)


def test_conda_and_make_install_from_that_one_lock():
    conda = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    (pip,) = (entry["pip"] for entry in conda if isinstance(entry, dict))
    assert pip == ["-r requirements.lock", "-e ."]
    assert "--requirement requirements.lock" in (ROOT / "setup.mk").read_text()


def test_every_place_names_the_same_versions_of_python():
    assert PROJECT["requires-python"] == ">=3.11,<3.14"
    assert "(3, 11) <= sys.version_info[:2] < (3, 14)" in (ROOT / "setup.mk").read_text()
    for path in ("README.md", "grader/student/README.md", "setup.mk"):
        assert "3.11 to 3.13" in (ROOT / path).read_text(), path


def test_pip_is_one_that_takes_catalyst():
    """From 24.1 on it refuses the metadata of catalyst 22.4: Python's own brings such a one from 3.12.5 on."""
    assert "pip install --quiet 'pip<24.1'" in (ROOT / "setup.mk").read_text()
    assert any(entry == "pip<24.1" for entry in yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"])
    assert 'pip install "pip<24.1"' in (ROOT / "grader" / "student" / "README.md").read_text()


def test_the_readme_names_the_two_commands_and_ci_runs_the_second():
    readme, makefile = (ROOT / "README.md").read_text(), (ROOT / "Makefile").read_text()
    for command in ("demo", "test"):
        assert f"make {command}" in readme
        assert re.search(rf"^{command}: setup$", makefile, re.MULTILINE)
    assert re.search(r"^make test$", (ROOT / ".ci" / "run").read_text(), re.MULTILINE)


def test_the_student_packages_do_not_know_the_solutions():
    allowed = {
        ROOT / "grader" / "questions.py",  # the one function that fetches the hidden cases
        ROOT / "grader" / "tests" / "hostile.py",  # attacks on the instructor's side, skipped where it is missing
        ROOT / "grader" / "tests" / "test_hostile.py",
        ROOT / "grader" / "tests" / "test_batch.py",
    }
    for package in ("data", "grader"):
        for path in (ROOT / package).rglob("*.py"):
            if path not in allowed:
                assert not re.search(r"^\s*(from|import) solutions\b", path.read_text(), re.MULTILINE), path
    assert (ROOT / "grader" / "questions.py").read_text().count("from solutions") == 1
