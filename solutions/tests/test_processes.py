"""Tests run in several processes: each file in one, the long ones first, and what several need is made by one of them."""

import runpy
import shutil
import subprocess
import sys

import pytest

from solutions.tools.course import ROOT

ASKS = """
import os

def test_it(once):
    folder = once("thing", lambda folder: (folder / str(os.getpid())).touch())
    assert len(list(folder.iterdir())) == 1
    print("was made in", *folder.iterdir())
"""


def test_files_that_begin_first_are_there():
    assert [name for name in runpy.run_path(str(ROOT / "conftest.py"))["LONG"] if not (ROOT / name).exists()] == []


@pytest.mark.slow
def test_what_two_processes_need_is_made_by_one_of_them(tmp_path):
    shutil.copy(ROOT / "conftest.py", tmp_path)
    for name in ("test_one.py", "test_other.py"):
        (tmp_path / name).write_text(ASKS)
    options = ["-n", "2", "--dist", "loadfile", "-rP", "-p", "no:cacheprovider", "--basetemp", tmp_path / "temporary"]
    command = [sys.executable, "-m", "pytest", *map(str, options)]
    printed = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True).stdout
    assert "2 passed" in printed
    assert {"[gw0]", "[gw1]"} <= set(printed.split()), printed
    places = [line for line in printed.splitlines() if line.startswith("was made in")]
    assert len(places) == 2
    assert len(set(places)) == 1


def test_what_failed_is_made_anew(once):
    def fail(folder) -> None:
        (folder / "half").touch()
        raise ValueError("no room")

    with pytest.raises(ValueError, match="no room"):
        once("made anew", fail)
    folder = once("made anew", lambda folder: (folder / "whole").touch())
    assert [path.name for path in folder.iterdir()] == ["whole"]
    assert once("made anew", fail) == folder
