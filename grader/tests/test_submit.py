"""`grader submit`: what it says of a notebook, what it refuses, and what the zip file is called inside."""

import json
import os
import re
import shutil
import zipfile
from datetime import UTC, datetime, timedelta, timezone

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from traitlets.config.loader import PyFileConfigLoader

from grader import cli
from grader.assignments import graded, with_points
from grader.autograde.restore import restore
from grader.autograde.texts import Texts
from grader.cells import Change, Master, Notice, arrange, claim
from grader.files import ROOT
from grader.limits import MB, Limits
from grader.notebooks import read
from grader.sources import definitions, stubs
from grader.student import submit as module
from grader.student.submit import CannotSubmit, examine, pack

EXERCISES = graded("homework3")
STUDENTS = ROOT / "notebooks" / "homework3" / "homework3.ipynb"
STUB, DONE = "still raises NotImplementedError: 0 points", "will be graded"


@pytest.fixture
def work(tmp_path):
    """A student's notebook, and a way to change it: `work(cells -> None)` gives the parts afterwards, by exercise."""
    path = tmp_path / "homework3.ipynb"
    shutil.copy(STUDENTS, path)

    def change(edit=lambda cells: None) -> dict:
        notebook = nbformat.read(path, as_version=4)
        edit(notebook.cells)
        nbformat.write(notebook, path)
        return {part.exercise: part for part in examine(path, EXERCISES.values())}

    change.path = path
    return change


def cell(cells, name: str):
    return next(cell for cell in cells if cell.get("id") == name)


def test_the_notebook_as_given_out_has_all_its_check_cells_and_nothing_but_stubs(work):
    parts = work()
    assert list(parts) == list(EXERCISES)
    assert {part.work for part in parts.values()} == {STUB}
    assert {part.amiss for part in parts.values()} == {""}


def test_what_is_written_will_be_graded_in_all_its_parts(work):
    def write(cells):
        cell(cells, "hard_cluster_sampler").source = "class HardClusterTripletsSampler:\n    pass"

    states = {name: part.work for name, part in work(write).items()}
    sampler = {name for name, one in EXERCISES.items() if one.target.name == "HardClusterTripletsSampler"}
    assert len(sampler) > 1
    assert {name for name, state in states.items() if state == DONE} == sampler


SAMPLER_WITH_A_STUB = """class HardClusterTripletsSampler:  # done
    def _check_input_labels(self, labels):
        raise NotImplementedError

    def sample(self, features, labels):
        return features, features, features"""
ANSWER = "def tree_level(a, b, alphabet_of):\n    return a"


def test_work_in_a_cell_of_the_students_own_counts_and_the_last_one_decides(work):
    def write(cells):
        place = cells.index(cell(cells, "hierarchical-tree_level"))
        cells.insert(place, nbformat.v4.new_code_cell(ANSWER))

    part = work(write)["hierarchical.tree_level"]
    assert (part.done, part.work, part.amiss) == (True, DONE, "")


@pytest.mark.parametrize(
    ("at", "amiss"),
    [
        (-1, "its check cell stands before the work that it checks and will be moved behind it"),
        (0, "its stub stands below the cell that answers it and will be moved above that one"),
    ],
    ids=["below", "above"],
)
def test_work_below_its_check_or_above_its_stub_will_be_graded_with_code_1_and_what_is_put_right(
    work, tmp_path, monkeypatch, capsys, at, amiss
):
    monkeypatch.setenv("COLUMNS", "200")
    part = work(lambda cells: cells.insert(at, nbformat.v4.new_code_cell(ANSWER)))["hierarchical.tree_level"]
    assert (part.done, part.work, part.amiss) == (True, DONE, amiss)
    assert cli.main(["submit", "homework3", str(work.path), "--student", "ada", "--out", str(tmp_path)]) == 1
    assert f"{DONE}; {amiss}" in capsys.readouterr().out


def test_work_in_the_cell_of_another_part_will_be_graded(work):
    def write(cells):
        cell(cells, "class_distances").source += f"\n\n\n{ANSWER}"

    parts = work(write)
    assert parts["hierarchical.class_distances"].work == STUB
    part = parts["hierarchical.tree_level"]
    assert (part.work, "moved above that one" in part.amiss) == (DONE, True)


def test_what_defines_nothing_is_packed_with_code_1(work, tmp_path):
    def slip(cells):
        cell(cells, "tree_level").source = ANSWER + " +"

    assert {part.amiss for part in work(slip).values()} == {""}
    assert cli.main(["submit", "homework3", str(work.path), "--student", "ada", "--out", str(tmp_path)]) == 1


def test_several_cells_for_one_solution_are_told_of(work):
    def split(cells):
        stub = cell(cells, "tree_level")
        stub.source = "def same(a, b):\n    return a == b"
        cells.insert(cells.index(stub) + 1, nbformat.v4.new_code_cell(ANSWER, metadata=stub.metadata))

    part = work(split)["hierarchical.tree_level"]
    assert (part.work, part.amiss) == (DONE, "there are several cells for it, and all are run, one after the other")


def test_a_stub_that_was_only_commented_out_is_no_stub(work):
    def write(cells):
        stub = cell(cells, "tree_level")
        stub.source = stub.source.replace("raise NotImplementedError", "return class_a  # raise NotImplementedError")

    assert work(write)["hierarchical.tree_level"].work == DONE


@pytest.mark.parametrize(
    "source",
    [
        "if True:\n    tree_level = max",
        "globals()['tree_level'] = max",
        "for tree_level in [max]: pass",
        "found = [tree_level := max]",
    ],
)
def test_work_in_a_form_that_grading_does_not_know_is_packed_with_code_1(work, tmp_path, source):
    part = work(lambda cells: cells.append(nbformat.v4.new_code_cell(source)))["hierarchical.tree_level"]
    assert part.work == STUB
    assert part.amiss == (
        "some cell gives tree_level a meaning, but not as grading knows it: write tree_level into its own cell"
    )
    assert cli.main(["submit", "homework3", str(work.path), "--student", "ada", "--out", str(tmp_path)]) == 1


def test_an_experiment_after_other_exercises_moves_no_check(work):
    def write(cells):
        below = cells.index(cell(cells, "hierarchical-tree_level")) + 1
        cells.insert(below, nbformat.v4.new_code_cell(ANSWER))
        cells.append(nbformat.v4.new_code_cell("tree_level = None"))

    assert list(amiss(work(write))) == ["hierarchical.tree_level"]


def test_an_indented_definition_below_its_check_will_be_graded(work):
    source = "if True:\n    " + ANSWER.replace("\n", "\n    ")
    part = work(lambda cells: cells.append(nbformat.v4.new_code_cell(source)))["hierarchical.tree_level"]
    assert (part.work, "moved behind" in part.amiss) == (DONE, True)


def test_a_class_with_another_method_that_only_raises_is_done(work):
    def write(cells):
        cell(cells, "hard_cluster_sampler").source = SAMPLER_WITH_A_STUB

    part = work(write)["hard_cluster.triplets"]
    assert (part.work, part.amiss) == (DONE, "")


def test_what_was_asked_for_is_what_the_notebook_has_as_stubs():
    for exercise in EXERCISES.values():
        (given_out,) = (master for master in MASTERS if exercise.target.name in master.defines)
        assert stubs(module._stub(exercise.target)) == given_out.asks


def test_a_deleted_solution_is_named(work):
    part = work(lambda cells: cells.remove(cell(cells, "tree_level")))["hierarchical.tree_level"]
    assert part.work == "no cell defines tree_level, or it has a syntax error: 0 points"


@pytest.mark.parametrize(
    ("source", "state"),
    [
        ("tree_level: object = lambda a, b, alphabet_of: a", DONE),
        ("tree_level, other = len, max", DONE),
        ("%run utils.ipynb\ndef tree_level(a, b, alphabet_of):\n    return a", DONE),
        ("def tree_level(a, b, alphabet_of):\n    return a\n    raise NotImplementedError('Write it.')", DONE),
        ("def tree_level(a, b, c):\n    if a is None:\n        raise NotImplementedError('no')\n    return a", DONE),
        ("def tree_level(a, b, c):\n    'Of two.'\n    raise NotImplementedError('Write it.')", STUB),
        ("def tree_level(a, b, c):\n    return a +", "no cell defines tree_level, or it has a syntax error: 0 points"),
    ],
)
def test_what_is_done_is_told_from_what_only_looks_like_it(work, source, state):
    def write(cells):
        cell(cells, "tree_level").source = source

    assert work(write)["hierarchical.tree_level"].work == state


def test_a_solution_that_became_text_and_one_above_its_old_stub_will_be_graded(work):
    def write(cells):
        stub = cell(cells, "tree_level")
        text = nbformat.v4.new_markdown_cell("def tree_level(a, b, alphabet_of):\n    return a", metadata=stub.metadata)
        cells.insert(cells.index(stub), text)

    assert work(write)["hierarchical.tree_level"].work == DONE


def test_text_of_ones_own_is_not_run(work):
    def write(cells):
        stub = cell(cells, "tree_level")
        text = nbformat.v4.new_markdown_cell("def tree_level(a, b, alphabet_of):\n    return a")
        cells[cells.index(stub)] = text

    assert "no cell defines tree_level" in work(write)["hierarchical.tree_level"].work


def amiss(parts) -> dict[str, str]:
    return {name: part.amiss for name, part in parts.items() if part.amiss}


def test_a_missing_check_cell_is_named(work):
    parts = work(lambda cells: cells.remove(cell(cells, "hierarchical-tree_level")))
    assert amiss(parts) == {"hierarchical.tree_level": "its check cell is missing and will be put back"}


def test_a_doubled_check_cell_is_named_though_its_copy_has_another_id(work):
    def double(cells):
        copy = nbformat.from_dict(json.loads(json.dumps(cell(cells, "hierarchical-loss"))))
        copy["id"] = "other"
        cells.append(copy)

    assert amiss(work(double)) == {"hierarchical.loss": "its check cell is there 2 times; one will count"}


def test_a_changed_check_cell_is_named(work):
    def change(cells):
        cell(cells, "hard_cluster-loss").source = 'check("hard_cluster.loss", MyLoss)'
        cell(cells, "hierarchical-loss").source += "  # mine"

    assert amiss(work(change)) == {
        "hard_cluster.loss": "its check cell was changed; it will be run as it is, and then the original",
        "hierarchical.loss": "its check cell was changed; the original will be run",
    }


def test_a_check_cell_whose_metadata_an_editor_dropped_is_known_by_its_id(work):
    def drop(cells):
        for each in cells:
            each.metadata.clear()

    assert amiss(work(drop)) == {}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"{", "is not a notebook: its JSON is broken at line 1"),
        (b"\xff\xfe", "is not text in UTF-8"),
        (b"[]", "is not a notebook"),
        (b'{\n<<<<<<< HEAD\n"cells": []}', "merge markers"),
        (b'{"nbformat": 5, "nbformat_minor": 0, "cells": [], "metadata": {}}', "newer than 4"),
        (
            b'{"nbformat": 4, "nbformat_minor": 5, "cells": [], "metadata": {}}',
            f"none of the {len(EXERCISES)} graded cells",
        ),
    ],
)
def test_what_grading_could_not_read_is_refused_with_its_reason(work, tmp_path, capsys, content, reason):
    work.path.write_bytes(content)
    assert cli.main(["submit", "homework3", str(work.path), "--student", "ada", "--out", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert reason in error
    assert error.endswith("Nothing was packed.\n")
    assert not list(tmp_path.glob("*.zip"))


def test_outputs_do_not_make_a_notebook_too_large(work):
    def swell(cells):
        cells[1].outputs = [nbformat.v4.new_output("stream", text="x" * (Limits().notebook * MB))]

    assert {part.work for part in work(swell).values()} == {STUB}


def test_a_notebook_too_large_for_grading_is_refused(work):
    with pytest.raises(
        CannotSubmit, match=r"is too large: 1\d\.\d MB even without its outputs, and the limit is 16 MB"
    ):
        work(lambda cells: cells.append(nbformat.v4.new_markdown_cell("x" * (Limits().notebook * MB))))
    os.truncate(work.path, Limits().notebook_file * MB + 1)
    with pytest.raises(CannotSubmit, match=r"is too large: 128\.0 MB, and the limit is 128 MB \(clear the outputs"):
        examine(work.path, EXERCISES.values())


def test_too_many_cells_are_refused(work):
    with pytest.raises(CannotSubmit, match="cells; the limit is 500"):
        work(lambda cells: cells.extend(nbformat.v4.new_code_cell() for _ in range(500)))


def test_a_notebook_that_is_not_there_is_refused(tmp_path, capsys):
    assert cli.main(["submit", "homework3", str(tmp_path / "n.ipynb"), "--student", "ada"]) == 2
    assert "there is no file" in capsys.readouterr().err


def test_an_unknown_assignment_is_answered_with_those_there_are(capsys):
    assert cli.main(["submit", "homwork3"]) == 2
    there_are = ", ".join(with_points())
    assert f"homwork3 is no assignment; what can be handed in is: {there_are}" in capsys.readouterr().err


def collected() -> str:
    """The form of the files that `nbgrader zip_collect` takes."""
    settings = PyFileConfigLoader("nbgrader_config.py", path=str(ROOT)).load_config()
    return settings.FileNameCollectorPlugin.named_regexp


@pytest.mark.parametrize(
    "name",
    [
        ".._attempt_20260101T000000Z/homework3.ipynb",  # it would be collected out of submitted/
        "._attempt_20260101T000000Z/homework3.ipynb",
        "<img src=x>_attempt_20260101T000000Z/homework3.ipynb",
        "be\nn_attempt_20260101T000000Z/homework3.ipynb",
        "eve_attempt_soon/homework3.ipynb",
        "eve_attempt_20260101T000000Z/homework3.py",
        "eve_attempt_20260101T000000Z/homework3.ipynb/x",
    ],
)
def test_what_is_named_otherwise_is_not_collected(name):
    assert re.match(collected(), f"/course/downloaded/homework3/extracted/e/{name}") is None


def test_the_zip_says_whose_it_is_and_when_in_the_form_that_the_course_collects(work, tmp_path):
    berlin = timezone(timedelta(hours=2))
    path = pack("homework3", work.path, "ada@uni.edu", tmp_path, datetime(2026, 5, 4, 1, 30, 7, tzinfo=berlin))
    assert path == tmp_path / "homework3_ada@uni.edu_attempt_20260503T233007Z.zip"  # 01:30 there is 23:30 in UTC
    with zipfile.ZipFile(path) as archive:
        (name,) = archive.namelist()
        assert archive.read(name) == work.path.read_bytes()
    assert name == "ada@uni.edu_attempt_20260503T233007Z/homework3.ipynb"
    found = re.match(collected(), f"/course/downloaded/homework3/extracted/Renamed (1) by_a_portal_attempt_2/{name}")
    assert found.groupdict() == {
        "student_id": "ada@uni.edu",
        "timestamp": "20260503T233007Z",
        "file_id": "homework3.ipynb",
    }


@pytest.mark.parametrize(
    "student",
    ["", "Ada Lovelace", "../ben", "a/b", "-x", ".ssh", "é", "a" * 65, "lee[7]", "a+b", "a\n", "homework3_ada"],
)
def test_an_id_that_could_be_no_folder_is_refused(work, tmp_path, student):
    with pytest.raises(CannotSubmit, match="is no student id"):
        pack("homework3", work.path, student, tmp_path)
    assert not list(tmp_path.glob("*.zip"))


def test_nothing_is_overwritten(work, tmp_path):
    now = datetime(2026, 5, 4, tzinfo=UTC)
    before = pack("homework3", work.path, "ada", tmp_path, now).read_bytes()
    work(lambda cells: cells.append(nbformat.v4.new_code_cell("1")))
    with pytest.raises(CannotSubmit, match="is there already"):
        pack("homework3", work.path, "ada", tmp_path, now)
    assert pack("homework3", work.path, "ada", tmp_path, now + timedelta(seconds=1)).read_bytes() != before


def test_a_folder_that_is_not_there_is_a_sentence(work, tmp_path):
    with pytest.raises(CannotSubmit, match=r"\.zip cannot be written: No such file or directory"):
        pack("homework3", work.path, "ada", tmp_path / "no")


def test_half_done_work_is_packed_with_code_0_and_told_what_counts(work, tmp_path, capsys):
    assert cli.main(["submit", "homework3", str(work.path), "--student", "ada", "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    (path,) = tmp_path.glob("homework3_ada_attempt_*.zip")
    assert path.name in printed
    assert "hierarchical.gradients" in printed
    assert "hidden ones" in printed
    assert "What it printed when you ran it does not count" in printed


def test_amiss_cells_are_packed_with_code_1(work, tmp_path, capsys):
    work(lambda cells: cells.remove(cell(cells, "hierarchical-tree_level")))
    assert cli.main(["submit", "homework3", str(work.path), "--student", "ada", "--out", str(tmp_path)]) == 1
    assert list(tmp_path.glob("*.zip"))


def test_without_an_id_the_user_name_is_taken_and_said(work, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(module.getpass, "getuser", lambda: "lovelace")
    assert cli.main(["submit", "homework3", str(work.path), "--out", str(tmp_path)]) == 0
    assert "for the student lovelace, which is your user name; --student ID names another" in capsys.readouterr().out
    assert list(tmp_path.glob("homework3_lovelace_attempt_*.zip"))


def test_a_user_without_a_name_is_asked_for_an_id(work, tmp_path, monkeypatch, capsys):
    def nobody():
        raise KeyError("getpwuid(): uid not found: 12345")

    monkeypatch.setattr(module.getpass, "getuser", nobody)
    assert cli.main(["submit", "homework3", str(work.path), "--out", str(tmp_path)]) == 2
    assert "name your student id with --student ID" in capsys.readouterr().err


def test_a_notebook_without_ids_and_metadata_is_known_by_its_text(work):
    def strip(cells):
        for number, each in enumerate(cells):
            each.metadata.clear()
            each.id = f"x{number}"

    assert {part.amiss for part in work(strip).values()} == {""}


def test_work_without_any_check_cell_is_still_that_assignment(work):
    def strip(cells):
        cells[:] = [each for each in cells if not each.source.startswith("check(")]

    assert {part.amiss for part in work(strip).values()} == {"its check cell is missing and will be put back"}


# What is promised is what grading does

GIVEN_OUT = nbformat.read(STUDENTS, as_version=4).cells
FLAGS = ("checksum", "locked", "grade", "solution", "task", "points")
MASTERS = [
    Master(cell.id, cell.cell_type, cell.source, **{flag: marks[flag] for flag in FLAGS if flag in marks})
    for cell, marks in ((cell, cell.metadata.get("nbgrader")) for cell in GIVEN_OUT)
    if marks
]
OURS = [number for number, cell in enumerate(GIVEN_OUT) if "nbgrader" in cell.metadata]
TARGETS = {exercise.target.name for exercise in EXERCISES.values()}
WORK = {target: f"def {target}(*arguments):\n    return arguments  # done" for target in TARGETS}
WORK["HardClusterTripletsSampler"] = SAMPLER_WITH_A_STUB
WORK["ClusterLoss"] = "%matplotlib inline\nClusterLoss = object  # done"


def solve(cells, place, other):
    for target in TARGETS & definitions(cells[place].source):
        cells[place].source = WORK[target]


def rewrite(cells, place, other):
    cells[place].source += "\n# changed"


def turn_into_text(cells, place, other):
    old = cells[place]
    if claim(old):  # of a solution that has nothing but its id left, `grader submit` cannot know that it is one
        cells[place] = nbformat.v4.new_markdown_cell(old.source, id=old.id, metadata=old.metadata)


def forget_metadata(cells, place, other):
    if cells[place].cell_type == "code":
        cells[place].metadata.clear()


def forget(cells, place, other):
    cells[place].metadata, cells[place].id = {}, f"new-{place}-{other}"


def copy(cells, place, other):
    cells.insert(other % len(cells), nbformat.from_dict(json.loads(json.dumps(cells[place]))))


def add_work(cells, place, other):
    target = sorted(TARGETS)[other % len(TARGETS)]
    cells.insert(place, nbformat.v4.new_code_cell(WORK[target], id=f"own-{place}-{other}"))


def answer_in_front(cells, place, other):
    """Of a check."""
    target = sorted(TARGETS)[other % len(TARGETS)]
    if cells[place].source.startswith("check("):
        cells[place].source = f"{WORK[target]}\n\n{cells[place].source}"


def indent(cells, place, other):
    if TARGETS & definitions(cells[place].source):
        cells[place].source = "if True:\n    " + cells[place].source.replace("\n", "\n    ")


def import_in_front(cells, place, other):
    if cells[place].source.startswith("check("):
        cells[place].source = f"import os\n\n{cells[place].source}"


STEPS = {
    "indent": indent,
    "import in front": import_in_front,
    "answer in front": answer_in_front,
    "solve": solve,
    "rewrite": rewrite,
    "turn into text": turn_into_text,
    "forget": forget,
    "forget its metadata": forget_metadata,
    "copy": copy,
    "move": lambda cells, place, other: cells.insert(other % len(cells), cells.pop(place)),
    "delete": lambda cells, place, other: cells.pop(place),
    "add work": add_work,
}
PLACES = st.integers(0, len(OURS) - 1)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(sorted(STEPS)), PLACES, PLACES), max_size=8))
def test_what_is_promised_is_what_grading_does(tmp_path_factory, steps):
    cells = [nbformat.from_dict(json.loads(json.dumps(GIVEN_OUT[number]))) for number in OURS]
    for step, place, other in steps:
        STEPS[step](cells, place % len(cells), other)
    path = tmp_path_factory.mktemp("mangled") / "homework3.ipynb"
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}))

    promised = examine(path, EXERCISES.values())
    submitted = read(path, Limits()).cells
    restored, notices = restore(submitted, MASTERS, Texts((), written=False, files=None, megabytes=0))
    places, changes = arrange(submitted, MASTERS)
    for part, exercise in zip(promised, EXERCISES.values(), strict=True):
        name, target = exercise.grade_id, exercise.target.name
        (here,) = (number for number, place in enumerate(places) if place.name == name)
        handed_in = places[here].cell
        assert (part.graded_cells == 0) == (f"The cell “{name}” was missing; it was put back." in notices)
        copies = (Notice(Change.DROPPED, name), Notice(Change.SEVERAL, name))
        assert (part.graded_cells > 1) == any(copy in changes for copy in copies)
        assert ("missing" in part.amiss) == (handed_in is None)
        assert ("times" in part.amiss) == (part.graded_cells > 1)
        assert ("moved behind" in part.amiss) == (Notice(Change.CHECK_MOVED, name) in changes)
        (stub,) = (master for master in MASTERS if target in master.defines)
        assert ("moved above" in part.amiss) == (Notice(Change.STUB_MOVED, stub.name) in changes)
        if part.graded_cells == 1:
            assert ("changed" in part.amiss) == (handed_in.source.strip() != exercise.check)
        run = [cell.source for cell in restored[:here] if cell.cell_type == "code" and "tags" not in cell.metadata]
        last = next((source for source in reversed(run) if target in definitions(source)), "")
        assert part.done == ("# done" in last)
