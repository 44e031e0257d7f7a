"""The files around the code agree with each other: one lock for every environment, one command for every machine."""

import os
import re
import shlex
import subprocess
import sys
import tomllib
from types import SimpleNamespace

import pytest
import yaml
from packaging.specifiers import SpecifierSet

from solutions.tools.course import ROOT

LOCK = (ROOT / "requirements.lock").read_text().splitlines()
PINS = {
    re.sub(r"[-_.]+", "-", line.split("==")[0]).lower(): line.split("==")[1].split(" ;")[0]
    for line in LOCK
    if line and not line.startswith("#")
}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]


def made_by(target: str, *options: str) -> list[list[str]]:
    """The commands that `make TARGET` would run on a machine that has nothing yet, as words."""
    command = ["make", "--dry-run", "--always-make", "--no-print-directory", *options, target]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}  # of `make test`
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return [shlex.split(line) for line in result.stdout.splitlines()]


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
    (pip,) = (entry["pip"] for entry in CONDA if isinstance(entry, dict))
    assert pip == ["-r requirements.lock", "-e ."]
    (installed,) = (words for words in made_by("setup") if "--requirement" in words)
    assert installed[-4:] == ["install", "--quiet", "--requirement", "requirements.lock"]


@pytest.mark.parametrize(
    ("version", "taken"), [((3, 10), False), ((3, 11), True), ((3, 12), True), ((3, 13), True), ((3, 14), False)]
)
def test_pip_and_make_take_the_same_versions_of_python(version, taken):
    assert ("{}.{}".format(*version) in SpecifierSet(PROJECT["requires-python"])) == taken
    (check,) = (words[words.index("-c") + 1] for words in made_by("setup") if "-c" in words)
    asked = compile(check.partition("import sys;")[2].strip(), "setup.mk", "exec")
    with pytest.raises(SystemExit) as exit:
        exec(asked, {"sys": SimpleNamespace(version_info=(*version, 0), exit=sys.exit)})
    assert bool(exit.value.code) != taken  # 0 is well


def test_conda_makes_an_environment_of_a_version_that_the_project_takes():
    (version,) = (entry.partition("=")[2] for entry in CONDA if str(entry).startswith("python="))
    assert version in SpecifierSet(PROJECT["requires-python"])


def test_pip_is_one_that_takes_catalyst():
    """From 24.1 on it refuses the metadata of catalyst 22.4: Python's own brings such a one from 3.12.5 on."""
    first, *_ = (words for words in made_by("setup") if words[1:4] == ["-m", "pip", "install"])
    assert first[-1] == "pip<24.1"
    assert "pip<24.1" in CONDA


def test_the_two_commands_do_what_they_are_for_and_ci_runs_the_second():
    assert made_by("demo")[-1][1:] == ["-m", "solutions.tools.demo"]
    *_, tests = made_by("test")
    assert tests[1:4] == ["-m", "pytest", "--nbval"]
    assert set(tests[-4:]) == {"data", "grader", "solutions", "notebooks"}
    assert "--dist=loadfile" in tests  # nbval's cells need those before them
    for target in ("demo", "test"):
        assert made_by("setup")[0] in made_by(target)
    assert re.search(r"^make test$", (ROOT / ".ci" / "run").read_text(), re.MULTILINE)


@pytest.mark.parametrize("target", ["demo", "notebooks", "notebooks-check", "bench", "forgery"])
def test_make_runs_modules_that_there_are(target):
    ours = [words[2] for words in made_by(target) if words[1:2] == ["-m"] and words[2].startswith("solutions.")]
    assert ours
    for module in ours:
        assert (ROOT / f"{module.replace('.', '/')}.py").exists(), module


def test_the_student_packages_do_not_know_the_solutions():
    allowed = {
        ROOT / "grader" / "hidden.py",  # the one function that fetches the hidden cases
        ROOT / "grader" / "tests" / "hostile.py",  # for tests that are skipped where the solutions are missing
    }
    for package in ("data", "grader"):
        for path in {*(ROOT / package).rglob("*.py")} - allowed:
            text = path.read_text()
            is_test = path.parent.name == "tests" and 'importorskip("solutions"' in text
            assert is_test or not re.search(r"^\s*(from|import) solutions\b", text, re.MULTILINE), path
    assert (ROOT / "grader" / "hidden.py").read_text().count("from solutions") == 1
