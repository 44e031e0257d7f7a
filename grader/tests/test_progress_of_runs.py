"""How far a run has come, in words."""

import io
import logging
import sys
import time

import pytest
from rich.console import Console

from grader.autograde import grading, progress
from grader.autograde.grading import Grading, Outcome
from grader.autograde.progress import Progress
from grader.autograde.work import Graded

LOG = logging.getLogger("progress")


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def graded(*outcomes: Outcome) -> Graded:
    return Graded({f"n{number}": (None, {grading.KEY: Grading(outcome=each)}) for number, each in enumerate(outcomes)})


def test_it_counts_and_tells_the_time_that_is_left(clock):
    shown = Progress(LOG, 10)
    shown.leave_out()
    assert str(shown) == "0 done, 0 running, 9 waiting, 0 limited, 0 failed"
    for student in ("ada", "ben", "eve"):
        shown.starts(student)
    clock[0] += 2
    shown.ends("ada", graded(Outcome.GRADED))
    shown.ends("ben", graded(Outcome.GRADED, Outcome.LIMITED))
    assert str(shown) == "2 done, 1 running, 6 waiting, 1 limited, 0 failed; 1 a second, about 0:07 left"
    shown.ends("eve", ValueError())
    assert "3 done, 0 running, 6 waiting, 1 limited, 1 failed" in str(shown)


def test_one_that_is_graded_again_is_not_done(clock):
    shown = Progress(LOG, 1)
    for done in (0, 1):
        shown.starts("ada")
        assert str(shown).startswith("0 done, 1 running, 0 waiting, 0 limited")
        clock[0] += 1
        shown.ends("ada", graded(Outcome.LIMITED))
        assert str(shown).startswith("1 done, 0 running, 0 waiting, 1 limited"), done


def test_who_takes_long_is_named_without_harm_to_the_terminal(clock):
    shown = Progress(LOG, 2)
    shown.starts("[red]e\x1b[2Jve")
    clock[0] += 20
    shown.starts("zoe")
    assert "eve" not in str(shown)
    clock[0] += 3641
    console = Console(file=io.StringIO(), width=200)
    console.print(shown._display())
    assert r"[red]e\x1b[2Jve for 1:01:01" in console.file.getvalue()


def test_without_a_terminal_there_is_a_line_in_the_log_now_and_then(clock, caplog):
    caplog.set_level(logging.INFO)
    shown = Progress(LOG, 1000)
    with shown.visible():
        for number in range(300):
            shown.starts(f"s{number}")
            shown.ends(f"s{number}", graded(Outcome.GRADED))
            clock[0] += 0.5
    assert len(caplog.records) == 4


def test_on_a_terminal_the_log_goes_through_the_display(monkeypatch):
    terminal = io.StringIO()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(sys, "__stderr__", terminal)
    monkeypatch.setattr(progress, "Console", lambda stderr: Console(file=terminal, force_terminal=True, width=100))
    monkeypatch.setenv("TERM", "xterm")
    log = logging.Logger("with a handler")
    handler = logging.StreamHandler(terminal)
    log.addHandler(handler)
    shown = Progress(log, 2)
    with shown.visible():
        assert handler.stream is not terminal
        shown.starts("ada")
        log.warning("a line")
        time.sleep(0)
    assert handler.stream is terminal
    assert "a line" in terminal.getvalue()
    assert "2 waiting" in terminal.getvalue()
