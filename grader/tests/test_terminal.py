"""`grader check` in a terminal: the table, and the watch over a file that editors save in their various ways."""

import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from rich.console import Console

from grader import assignments, cli
from grader.model import Report, State
from grader.student import terminal
from grader.student.run import Outcome

EXERCISES = assignments.graded("homework3")
ONE, *REST = EXERCISES


def report(name: str, passed: bool) -> Report:
    exercise = EXERCISES[name]
    state, reason = (State.PASSED, "") if passed else (State.FAILED, "no")
    return Report.without_answers(exercise, exercise.cases, state, reason)


def not_run(name: str) -> Report:
    exercise = EXERCISES[name]
    reason = "no cell of the notebook checks it"
    return Report.without_answers(exercise, exercise.cases, State.NOT_RUN, reason)


@pytest.fixture
def outcome(monkeypatch):
    """What running a notebook gives, without running one."""

    def gives(reports: dict) -> None:
        monkeypatch.setattr(terminal, "run", lambda notebook: Outcome(reports, []))

    return gives


def test_the_table_ends_with_the_cases_and_points_of_all_parts(outcome, capsys):
    outcome({name: report(name, name == ONE) for name in EXERCISES})
    assert terminal.check(Path("n.ipynb")) == 1
    cases, all_cases = len(EXERCISES[ONE].cases), sum(len(exercise.cases) for exercise in EXERCISES.values())
    points, all_points = EXERCISES[ONE].points, sum(exercise.points for exercise in EXERCISES.values())
    printed = capsys.readouterr().out
    assert re.search(rf"all +│ {cases} of {all_cases} +│ {points} of {all_points} ", printed)
    assert not any(name in printed for name in assignments.everything().keys() - EXERCISES.keys())


def test_the_exit_code_is_0_only_when_every_part_passes(outcome):
    outcome({name: report(name, True) for name in EXERCISES})
    assert terminal.check(Path("n.ipynb")) == 0
    outcome({**{name: report(name, True) for name in REST}, ONE: not_run(ONE)})
    assert terminal.check(Path("n.ipynb")) == 1


def test_a_part_that_was_not_run_still_shows_its_points():
    console = Console(width=80)
    with console.capture() as printed:
        console.print(terminal._table("n", [not_run(name) for name in EXERCISES]))
    assert re.search(rf"{re.escape(ONE)} +│ not run +│ 0 of {EXERCISES[ONE].points} ", printed.get())


def not_done(name: str) -> Report:
    exercise = EXERCISES[name]
    return Report.without_answers(exercise, exercise.cases, State.NOT_DONE, "Not implemented yet.")


def told(printed: str) -> list[str]:
    """The parts of which more is said than a row of the table: their names stand alone in a line."""
    return [line for line in printed.splitlines() if line in EXERCISES]


def test_of_an_untouched_notebook_a_table_says_it_all(outcome, capsys):
    outcome({name: not_done(name) for name in EXERCISES})
    for seen in (None, {}):
        assert terminal.check(Path("n.ipynb"), seen) == 1
        printed = capsys.readouterr().out
        assert len(re.findall("│ not implemented +│", printed)) == len(EXERCISES)
        assert told(printed) == []


def test_a_check_tells_of_each_part_that_fails_and_a_watch_of_one(outcome, capsys):
    _, first, second, *_ = EXERCISES
    outcome({name: report(name, name not in (first, second)) for name in EXERCISES})
    terminal.check(Path("n.ipynb"))
    assert told(capsys.readouterr().out) == [first, second]
    terminal.check(Path("n.ipynb"), {})
    assert told(capsys.readouterr().out) == [first]


def test_a_watch_tells_of_the_first_part_that_fails_otherwise_than_before_else_of_the_first(outcome, capsys):
    _, first, second, third, *_ = EXERCISES
    reports = {name: not_done(name) for name in EXERCISES} | {first: report(first, False)}
    seen: dict = {}

    def saved(*changed: Report) -> list[str]:
        reports.update({each.exercise.name: each for each in changed})
        outcome(reports)
        terminal.check(Path("n.ipynb"), seen)
        return told(capsys.readouterr().out)

    assert saved() == [first]
    assert saved(report(third, False), report(second, False)) == [second]
    otherwise = Report.without_answers(EXERCISES[third], EXERCISES[third].cases, State.FAILED, "no more")
    assert saved(otherwise) == [third]
    assert saved() == [first]  # nothing new
    advised = replace(otherwise, advice=f"Start with {first}.")
    assert saved(report(first, True), advised) == [second]  # advice alone is nothing new
    assert saved(report(third, True)) == [second]
    assert saved(otherwise) == [third]  # as before, but it had passed
    assert saved(report(second, True)) == [third]
    assert saved(report(third, True)) == []


@pytest.fixture
def watched(tmp_path, monkeypatch):
    """Watch a file while a list of actions is done to it, one between each two looks, then Ctrl-C.

    Gives what the checks found in the file, and the exit code.
    """
    path = tmp_path / "n.ipynb"
    path.write_text("first")

    def watch(*actions, codes=(1, 1, 1, 0)) -> tuple[list[str], int]:
        left, found = [*actions, lambda: None, lambda: None], []

        def sleep(seconds: float) -> None:
            if not left:
                raise KeyboardInterrupt
            left.pop(0)()

        def check(notebook: Path, seen: dict) -> int:
            found.append(notebook.read_text())
            return codes[len(found) - 1]

        monkeypatch.setattr(terminal.time, "sleep", sleep)
        return found, terminal.watch(path, check)

    watch.path = path
    return watch


def test_each_save_is_checked_once_and_ctrl_c_ends_with_the_last_code(watched, capsys):
    save = watched.path.write_text
    found, code = watched(lambda: save("second!"), lambda: None, lambda: save("third"), codes=(1, 0, 7))
    assert found == ["first", "second!", "third"]
    assert code == 7
    assert re.search(r"saved at \d\d:\d\d:\d\d, checking …", capsys.readouterr().out)


def test_nothing_saved_nothing_checked(watched):
    assert watched() == (["first"], 1)


def test_a_file_is_checked_only_when_it_has_been_saved_to_its_end(watched):
    found, _ = watched(lambda: watched.path.write_text("ha"), lambda: watched.path.write_text("half and half"))
    assert found == ["first", "half and half"]


def test_a_file_that_vanishes_for_a_moment_is_waited_for(watched):
    def replace():
        other = watched.path.with_suffix(".tmp")
        other.write_text("replaced")
        other.replace(watched.path)

    found, _ = watched(watched.path.unlink, lambda: None, replace)
    assert found == ["first", "replaced"]


def test_what_is_saved_during_a_check_is_checked_afterwards(tmp_path, monkeypatch):
    path = tmp_path / "n.ipynb"
    path.write_text("first")
    found = []

    def check(notebook: Path, seen: dict) -> int:
        found.append(path.read_text())
        if len(found) == 1:
            path.write_text("saved meanwhile")
            return 1
        raise KeyboardInterrupt

    looks = iter(range(3))  # and no more than that, or StopIteration
    monkeypatch.setattr(terminal.time, "sleep", lambda seconds: next(looks))
    assert terminal.watch(path, check) == 1
    assert found == ["first", "saved meanwhile"]


def test_a_watch_remembers_from_one_check_to_the_next_what_failed(tmp_path, monkeypatch):
    path, remembered = tmp_path / "n.ipynb", []

    def check(notebook: Path, seen: dict) -> int:
        remembered.append(dict(seen))
        seen["a part"] = ["no"]
        if len(remembered) == 2:
            raise KeyboardInterrupt
        return 1

    path.write_text("first")
    looks = iter([lambda: path.write_text("second!"), lambda: None])
    monkeypatch.setattr(terminal.time, "sleep", lambda seconds: next(looks)())
    terminal.watch(path, check)
    assert remembered == [{}, {"a part": ["no"]}]


def test_a_file_that_is_not_there_is_not_waited_for(tmp_path, capsys, monkeypatch):
    monkeypatch.delattr(terminal.time, "sleep")
    assert cli.main(["check", "--watch", str(tmp_path / "homwork3.ipynb")]) == 2
    assert "there is no such file" in capsys.readouterr().err


@pytest.mark.slow
def test_a_real_watch_sees_a_real_save_and_ends_without_a_traceback(tmp_path):
    path, log = tmp_path / "n.ipynb", tmp_path / "log"

    def save(source: str) -> None:
        nbformat.write(new_notebook(cells=[new_code_cell(source), new_code_cell(f'check("{ONE}", None)')]), path)

    def wait_for(text: str) -> None:
        for _ in range(600):
            if text in log.read_text():
                return
            time.sleep(0.1)
        raise AssertionError(f"{text!r} is not in:\n{log.read_text()}")

    save("1 / 0")
    with log.open("w") as file:
        # Jobs that a script started in the background ignore SIGINT, and so would theirs.
        program = (
            "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); from grader import cli; "
        )
        watch = subprocess.Popen(
            [sys.executable, "-c", f"{program} sys.exit(cli.main(sys.argv[1:]))", "check", "--watch", str(path)],
            stdout=file,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        try:
            wait_for("ZeroDivisionError")
            wait_for("Watching")
            save(f"open({str(tmp_path / 'running')!r}, 'w'); import time; time.sleep(600)")
            wait_for("saved at")
            for _ in range(300):
                if (tmp_path / "running").exists():
                    break
                time.sleep(0.1)
            watch.send_signal(signal.SIGINT)  # in the middle of the second check
            assert watch.wait(30) == 1  # of the first
        finally:
            watch.kill()
            watch.wait()
    assert "Traceback" not in log.read_text()
