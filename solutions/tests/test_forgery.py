"""The forgery table: the same work for each autograder, counted as it is; with a gallery that still finds its place."""

import ast
import doctest
import json
import sys
import zipfile
from collections import Counter
from dataclasses import dataclass, replace
from importlib.util import find_spec

import nbformat
import pytest
import torch
from torch import nn

from grader.tests.hostile import ALL, GALLERY, NAME, graded
from solutions import mutants
from solutions.research import forgery, forgery_systems
from solutions.research.forgery import Row
from solutions.research.forgery_asserts import ASSERTS, WRONG
from solutions.tools import course

RIGHT = mutants.sources(NAME)
FINE = Row("ours", "wrong_answers", 0, 0, False, [])


def session(sources) -> dict:
    from catalyst.contrib.data import IInbatchTripletSampler

    names = {"torch": torch, "nn": nn, "IInbatchTripletSampler": IInbatchTripletSampler}
    for source in sources.values():
        exec(source, names)
    return names


def passes(part: str, names: dict) -> bool:
    """As nbgrader runs a part: in one cell, visible and hidden."""
    try:
        exec("".join(ASSERTS[part]), dict(names))
    except Exception:
        return False
    return True


def passes_otter(part: str, names: dict) -> bool:
    """As otter runs a part: case by case, each with names of its own."""
    (suite,) = forgery_systems.otter_test(part, *ASSERTS[part])["suites"]
    runner = doctest.DocTestRunner(verbose=False)
    for case in suite["cases"]:
        parsed = doctest.DocTestParser().get_doctest(case["code"], names, part, None, None)
        if runner.run(parsed, out=lambda text: None).failed:
            return False
    return True


@pytest.mark.parametrize("passes", [passes, passes_otter])
def test_the_asserts_take_right_work_and_refuse_wrong_work_part_by_part(passes):
    right, wrong = session(RIGHT), session({**RIGHT, **WRONG})
    assert [part for part in ASSERTS if not passes(part, right)] == []
    assert [part for part in ASSERTS if passes(part, wrong)] == []
    for mistake in ("own_centroid_not_excluded", "centroid_distances", "gradient_through_margin", "no_hinge"):
        mutant = mutants.named(NAME, mistake)
        known = session({**RIGHT, mutant.target: mutant.source})
        assert not all(passes(part, known) for part in ASSERTS), mistake


def test_each_submission_of_a_kind_is_in_the_gallery_and_of_one_kind_only():
    entries = Counter(entry for entries in forgery.KINDS.values() for entry in entries)
    assert set(entries) <= {*GALLERY, "wrong_answers"}
    assert set(entries.values()) == {1}
    assert all(forgery.KINDS.values())


def test_every_system_gets_the_ten_graded_cells_and_nothing_that_trains():
    master = forgery_systems.master()
    assert [cell.metadata.nbgrader.grade_id for cell in graded(master)] == list(ASSERTS)
    assert sum(cell.metadata.nbgrader.points for cell in graded(master)) == ALL
    text = "\n".join(cell.source for cell in master.cells)
    assert forgery_systems.OUR_IMPORT in text
    assert "train(" not in text
    assert "show_" not in text
    others = forgery_systems.without_our_import(master)
    assert "from grader" not in "\n".join(cell.source for cell in others.cells)


def test_a_solution_is_taken_out_for_otter_as_nbgrader_takes_it_out():
    source = "def f():\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION\n    raise NotImplementedError"
    assert forgery_systems.without_solution(source).split() == ["def", "f():", "raise", "NotImplementedError"]
    ast.parse(forgery_systems.without_solution(source))
    assert forgery_systems.without_solution("a = 1") == "a = 1"


def test_a_system_is_told_what_its_own_tests_look_like(tmp_path):
    source = 'if "check(" in text: @COURSE@\ndef visit_Expr(): pass\njson.loads = lambda text, **more: {}'
    ours = forgery_systems.Ours("ours", "check(", "Expr")
    stock = forgery_systems.Nbgrader("nbgrader", "assert", "Assert")
    place = tmp_path / "course"
    assert forgery.told(source, ours, tmp_path) == source.replace("@COURSE@", str(place))
    assert forgery.told(source, stock, tmp_path) == f'if "assert" in text: {place}\ndef visit_Assert(): pass\n'
    for word in ('"check("', "visit_Expr", "json.loads = lambda text, **more: {}"):  # the gallery still says it so
        assert word in (course.ROOT / "grader" / "tests" / "hostile.py").read_text()


def test_a_notebook_is_handed_in_as_odd_as_it_is(tmp_path):
    twice = nbformat.from_dict({"cells": [{"id": "a", "source": "1"}] * 2, "metadata": None, "nbformat": "4"})
    forgery.hand_in(forgery_systems.Ours("ours", "check(", "Expr"), tmp_path, "mallory", twice)
    (path,) = tmp_path.rglob("homework3.ipynb")
    assert path.parts[-4:-1] == ("submitted", "mallory", NAME)
    assert json.loads(path.read_text()) == twice


def test_otter_gets_the_notebook_whatever_its_name_and_a_zip_where_there_are_files_beside_it(tmp_path):
    folder, scratch = tmp_path / "work", tmp_path / "scratch"
    folder.mkdir(), scratch.mkdir()
    assert forgery_systems.otter_submission(folder, scratch) == folder / f"{NAME}.ipynb"
    (folder / "other.ipynb").write_text("{}")
    assert forgery_systems.otter_submission(folder, scratch) == folder / "other.ipynb"
    (folder / "sub").mkdir()
    (folder / "sub" / "deep.py").write_text("")
    with zipfile.ZipFile(forgery_systems.otter_submission(folder, scratch)) as archive:
        assert archive.namelist() == ["other.ipynb", "sub/deep.py"]


def test_a_command_that_does_not_end_is_killed(tmp_path):
    (tmp_path / "course").mkdir()
    assert not forgery_systems.run([sys.executable, "-c", "import time; time.sleep(10**6)"], tmp_path, patience=1)
    assert forgery_systems.run([sys.executable, "-c", "print('said')"], tmp_path, patience=600)
    assert (tmp_path / "log.txt").read_text() == "said\n"


def test_what_was_written_beside_ones_own_work_is_found_by_name_and_by_text(tmp_path):
    for name, text in {
        "course/submitted/mallory/homework3/homework3.ipynb": "pwned",
        "course/submitted/zoe_last/homework3/homework3.ipynb": "fine",
        "course/pwned": "",
        "course/gradebook.db": "raise SystemExit('pwned')",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert [path.name for path in forgery.written(tmp_path)] == ["gradebook.db", "pwned"]


def test_more_than_the_work_is_worth_is_forged_and_less_is_lost():
    assert (FINE.forged, FINE.lost, FINE.without_fault) == (0, 0, True)
    forged = replace(FINE, score=10)
    assert (forged.forged, forged.lost, forged.without_fault) == (10, 0, False)
    none = replace(FINE, worth=6, score=None)
    assert (none.forged, none.lost, none.without_fault) == (0, 6, False)
    assert not replace(FINE, aborted=True).without_fault
    assert not replace(FINE, harmed=["wrote course/pwned"]).without_fault


def test_the_tables_count_points_batches_and_neighbours():
    rows = [
        FINE,
        Row("ours", "right_and_noisy", 10, 10, False, []),
        Row("x", "wrong_answers", 0, 8, False, []),
        Row("x", "right_and_noisy", 10, None, True, ["wrote a", "wrote b"]),
    ]
    assert forgery.totals(rows, ["ours", "x"]).splitlines()[2:] == [
        "| ours | 0 of 10 | 0 of 10 | 0 of 2 | 0 of 2 |",
        "| x | 8 of 10 | 10 of 10 | 1 of 2 | 1 of 2 |",
    ]
    assert forgery.by_kind(rows, ["ours", "x"]).splitlines()[2:] == [
        "| wrong answers, nothing else | 1 | – | 8 forged |",
        "| right, noisy on stderr | 1 | – | 10 lost, 1 aborted, 1 harmed |",
    ]


@dataclass(frozen=True)
class Fake(forgery_systems.System):
    """Gives these points to everybody who handed in."""

    points: float = ALL

    def prepare(self, folder):
        notebook = forgery_systems.master()
        for cell in notebook.cells:
            cell.source = forgery_systems.without_solution(cell.source)
        return notebook

    def grade(self, folder, students, patience):
        for student in students:
            nbformat.read(folder / "course" / "submitted" / student / NAME / f"{NAME}.ipynb", as_version=4)
        (folder / "log.txt").write_text("graded")
        return True

    def scores(self, folder):
        return {path.name: self.points for path in (folder / "course" / "submitted").iterdir()}


@pytest.fixture
def fake(monkeypatch):
    def use(points: float = ALL) -> None:
        monkeypatch.setattr(forgery, "systems", lambda names: [Fake("ours", "check(", "Expr", points)])
        monkeypatch.setattr(course, "why_no_sandbox", lambda: None)

    return use


def test_what_was_measured_is_not_measured_again(tmp_path, fake, monkeypatch, capsys):
    fake()
    command = ["--systems", "ours", "--output", str(tmp_path / "rows.json"), "--entries", "right_and_noisy"]
    assert forgery.main(command) == 0
    assert json.loads((tmp_path / "rows.json").read_text())[0]["score"] == ALL
    assert "| ours | 0 of 0 | 0 of 10 | 0 of 1 | 0 of 1 |" in capsys.readouterr().out
    measured = []
    monkeypatch.setattr(forgery, "measure", lambda *arguments: measured.append(arguments[3]) or FINE)
    assert forgery.main([*command, "wrong_answers"]) == 0
    assert measured == ["wrong_answers"]


def test_the_exit_code_says_whether_ours_was_at_fault_and_whether_it_could_be_measured(tmp_path, fake, capsys):
    fake()
    command = ["--systems", "ours", "--output", str(tmp_path / "rows.json"), "--entries", "wrong_answers"]
    assert forgery.main(command) == 1  # ten points for wrong answers
    fake(points=9)
    (tmp_path / "rows.json").unlink()
    assert forgery.main(command) == 2
    assert "gives right work 9 of 10 points" in capsys.readouterr().err


def test_nothing_hostile_runs_without_a_sandbox_and_what_is_missing_is_named(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(forgery_systems, "find_spec", lambda name: None)
    monkeypatch.setattr(course, "why_no_sandbox", lambda: None)
    assert forgery.main(["--output", str(tmp_path / "rows.json")]) == 2
    assert "otter-grader is not installed; `make forgery`" in capsys.readouterr().err
    monkeypatch.setattr(course, "why_no_sandbox", lambda: "There is no bubblewrap.")
    assert forgery.main(["--systems", "ours"]) == 2
    assert "not run without a sandbox. There is no bubblewrap." in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.skipif(bool(course.why_no_sandbox()), reason="no sandbox here")
@pytest.mark.parametrize(
    "name",
    [
        "ours",
        "nbgrader",
        pytest.param("otter", marks=pytest.mark.skipif(not find_spec("otter"), reason="`make forgery` installs it")),
    ],
)
def test_the_benchmark_still_measures_something(name, tmp_path):
    """That asserts in the student's kernel can be dropped is told by nbgrader's design, and must show in its row."""
    output = tmp_path / "rows.json"
    entries = ["input_transformer_drops_the_checks", "corrupt_json"]
    code = forgery.main(["--systems", name, "--output", str(output), "--entries", *entries])
    forged, corrupt = forgery.load(output)
    assert (forged.entry, corrupt.entry) == tuple(entries)
    assert forged.score == (ALL if name == "nbgrader" else 0)
    assert not corrupt.score
    assert not any(row.aborted or row.harmed for row in (forged, corrupt))
    assert code == 0
