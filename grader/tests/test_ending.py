"""A run that a signal ends puts away what it has open, and then ends by that signal."""

import os
import signal
import subprocess
import sys
import tempfile

import pytest

from grader.autograde import ending

CODE = """
import os, signal, sys
from grader.autograde import ending
signal.signal(signal.{name}, signal.SIG_DFL)  # as if the tests were not run under nohup
{before}
with ending.in_order():
    try:
        os.kill(os.getpid(), signal.{name})
        print("went on", flush=True)
    finally:
        os.kill(os.getpid(), signal.{name})  # an impatient second one
        print("put away", flush=True)
print("alive")
"""


def run(name: str, before: str = "") -> tuple[int, list[str]]:
    code = CODE.format(name=name, before=before)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_it_puts_away_and_dies_of_the_signal(name):
    assert run(name) == (-getattr(signal, name), ["put away"])


def test_a_run_under_nohup_goes_on():
    assert run("SIGHUP", "signal.signal(signal.SIGHUP, signal.SIG_IGN)") == (0, ["went on", "put away", "alive"])


def test_a_servers_own_handler_is_left_to_it():
    handler = "signal.signal(signal.SIGTERM, lambda *_: print('server'))"
    assert run("SIGTERM", handler) == (0, ["server", "went on", "server", "put away", "alive"])


def test_folders_of_runs_that_were_killed_are_removed_and_nothing_else_matters(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    nobody = 2**22 + 1  # more than the largest process id
    (tmp_path / f"grader-{nobody}-killed").mkdir()
    (tmp_path / f"grader-{nobody}-link").symlink_to("nowhere")
    (tmp_path / f"grader-{os.getpid()}-ours").mkdir()
    (tmp_path / "grader-x-theirs").mkdir()
    ending.remove_leftovers()
    assert {path.name for path in tmp_path.iterdir()} == {
        f"grader-{nobody}-link",
        f"grader-{os.getpid()}-ours",
        "grader-x-theirs",
    }
