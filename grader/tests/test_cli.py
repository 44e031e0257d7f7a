"""`grader check` on what is no notebook: one sentence, exit code 2."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from grader import assignments, cli
from grader.judge import judge
from grader.model import Report, State
from grader.student.run import NotANotebook, _with_advice, run

EXERCISES = assignments.graded("homework3")


def why_not_run(report: Report) -> str:
    """The one reason that a part without answers has."""
    assert report.state is State.NOT_RUN
    (reason,) = {verdict.reason for verdict in report.verdicts}
    return reason


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "there is no such file"),
        (b"{", "not a readable notebook"),
        (b"\xff\xfe\x00", "not a readable notebook"),
        (b"[]", "not a readable notebook"),
        (b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": 3}', "not a readable notebook"),
        (
            b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "code", "source": 5, '
            b'"metadata": {}, "outputs": [], "execution_count": null, "id": "a"}]}',
            "not a readable notebook (the source of a cell is no text)",
        ),
    ],
)
def test_what_cannot_be_read_is_one_sentence_and_exit_code_2(tmp_path, capsys, content, reason):
    path = tmp_path / "homework3.ipynb"
    if content is not None:
        path.write_bytes(content)
    assert cli.main(["check", str(path)]) == 2
    error = capsys.readouterr().err
    assert reason in error
    assert error.count("\n") == 1


def test_a_directory_is_one_sentence_too(tmp_path, capsys):
    assert cli.main(["check", str(tmp_path)]) == 2
    assert "not a readable notebook" in capsys.readouterr().err


def notebook(path, *cells: str):
    nbformat.write(new_notebook(cells=[new_code_cell(cell) for cell in cells]), path)
    return path


@pytest.mark.slow
def test_a_dead_kernel_is_a_reason_not_an_error(tmp_path):
    path = notebook(tmp_path / "n.ipynb", "import os; os.kill(os.getpid(), 9)", 'check("hard_cluster.triplets", 0)')
    outcome = run(path)
    reason = "the notebook did not finish: its kernel died in cell 1 (import os; os.kill(os.getpid(), 9))"
    assert why_not_run(outcome.reports["hard_cluster.triplets"]) == reason
    assert outcome.faults == [reason]


def test_a_notebook_that_checks_nothing_of_what_is_graded_is_not_run(tmp_path):
    path = notebook(tmp_path / "n.ipynb", "open('ran.txt', 'w')", 'check("tutorial.cmc", 0)')
    with pytest.raises(NotANotebook, match="no cell of it checks a graded exercise"):
        run(path)
    assert not (tmp_path / "ran.txt").exists()


def test_where_no_kernel_starts_the_doctor_is_named(tmp_path, monkeypatch, capsys):
    def cannot(*_):
        raise AssertionError

    monkeypatch.setattr("grader.student.run._execute", cannot)
    path = notebook(tmp_path / "n.ipynb", 'check("hard_cluster.triplets", 0)')
    assert cli.main(["check", str(path)]) == 2
    error = capsys.readouterr().err
    assert "it cannot be run (AssertionError" in error
    assert "`grader doctor` may say why" in error


@pytest.mark.slow
def test_a_cell_that_never_ends_stops_the_notebook_with_a_reason(tmp_path, monkeypatch):
    monkeypatch.setattr("grader.student.run.CELL_TIMEOUT", 2)
    path = notebook(tmp_path / "n.ipynb", "while True: pass", 'check("hard_cluster.triplets", 0)')
    assert "cell 1 (while True: pass) ran for more than 2 seconds" in why_not_run(
        run(path).reports["hard_cluster.triplets"]
    )


@pytest.mark.slow
def test_a_cell_that_raises_does_not_stop_the_others(tmp_path):
    path = notebook(
        tmp_path / "n.ipynb",
        "1 / 0",
        "from grader import check",
        "def tree_level(a, b, alphabet_of):\n"
        "    return 2 - (alphabet_of[a] == alphabet_of[b]).long() - (a == b).long()",
        "check('hierarchical.tree_level', tree_level)",
        'check("hierarchical.class_distances", undefined)',
    )
    outcome = run(path)
    assert outcome.reports["hierarchical.tree_level"].passed
    assert "NameError" in why_not_run(outcome.reports["hierarchical.class_distances"])
    assert outcome.faults[0] == "cell 1 (1 / 0) raised ZeroDivisionError: division by zero"


def test_a_part_that_may_call_a_wrong_one_sends_there_first():
    wrong = {name: judge(EXERCISES[name], EXERCISES[name].cases, {}) for name in EXERCISES}
    distances = EXERCISES["hierarchical.class_distances"]
    not_run = Report.without_answers(distances, distances.cases, State.NOT_RUN, "not run")
    advised = _with_advice({**wrong, "hierarchical.class_distances": not_run})
    assert advised["hierarchical.class_distances"] == not_run
    margin = advised["hierarchical.violate_margin"]
    assert margin.diagnosis.sentence.startswith("Start with hierarchical.tree_level, which is not there yet")
    assert margin.advice == 'Stuck? hint("hierarchical.tree_level") in the notebook helps.'


@pytest.mark.slow
def test_a_notebook_that_lost_its_other_checks_is_still_asked_for_all_that_is_graded_in_it(tmp_path):
    path = notebook(tmp_path / "n.ipynb", "check( name = 'hierarchical.tree_level', target=undefined)")
    reports = run(path).reports
    assert list(reports) == list(EXERCISES)
    assert "NameError" in why_not_run(reports["hierarchical.tree_level"])
    assert why_not_run(reports["hard_cluster.loss"]) == "no cell of the notebook checks it"


def test_help_names_the_commands(capsys):
    with pytest.raises(SystemExit) as exit_:
        cli.main(["--help"])
    assert exit_.value.code == 0
    assert "check" in capsys.readouterr().out
