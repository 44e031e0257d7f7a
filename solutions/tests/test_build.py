"""The tracked notebooks are what their masters build; whatever drifts, and whatever would let nbval pass idly, fails."""

import copy

import nbformat
import pytest
from nbformat.v4 import new_code_cell

from grader import assignments
from solutions.tools import build, course

NAME = "homework3"
STUDENT = course.STUDENTS / NAME / f"{NAME}.ipynb"


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    return build.build([NAME], tmp_path_factory.mktemp("build"))


@pytest.fixture
def tracked(tmp_path, monkeypatch):
    """A copy of the tracked student notebook at the path that `drift` looks at."""
    path = tmp_path / "notebooks" / f"{NAME}.ipynb"
    monkeypatch.setattr(build, "ROOT", tmp_path)
    course.write(path, nbformat.read(STUDENT, as_version=4))

    def change(edit) -> list[str]:
        notebook = nbformat.read(path, as_version=4)
        edit(notebook)
        course.write(path, notebook)
        return build.drift(path, built_student)

    built_student = nbformat.read(STUDENT, as_version=4)
    return change


def test_tracked_notebooks_agree_with_their_masters(built):
    assert [problem for path, notebook in built.items() for problem in build.drift(path, notebook)] == []
    assert build.stale_pictures([NAME]) == []


def test_a_picture_that_students_lack_or_have_of_old_is_drift(tmp_path, monkeypatch):
    monkeypatch.setattr(build, "MASTERS", tmp_path / "masters")
    monkeypatch.setattr(build, "STUDENTS", tmp_path / "students")
    for folder in (build.MASTERS, build.STUDENTS):
        (folder / NAME).mkdir(parents=True)
    one, copy = build.MASTERS / NAME / "one.png", build.STUDENTS / NAME / "one.png"
    one.write_bytes(b"new")
    assert build.stale_pictures([NAME]) == [(one, copy)]
    copy.write_bytes(b"old")
    assert build.stale_pictures([NAME]) == [(one, copy)]
    copy.write_bytes(b"new")
    assert build.stale_pictures([NAME]) == []


def test_a_missing_notebook_is_drift(built, tmp_path, monkeypatch):
    monkeypatch.setattr(build, "ROOT", tmp_path)
    assert build.drift(tmp_path / "gone.ipynb", built[STUDENT]) == ["gone.ipynb is missing."]


def test_a_changed_cell_and_a_changed_score_are_drift(tracked):
    def edit_source(notebook):
        notebook.cells[0].source += "!"

    def edit_points(notebook):
        graded = next(cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade"))
        graded.metadata.nbgrader.points = 5

    assert "differs from what its master builds" in tracked(edit_source)[0]
    assert "differs from what its master builds" in tracked(edit_points)[0]


def test_missing_outputs_and_stored_errors_are_drift(tracked):
    def clear(notebook):
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None

    def fail(notebook):
        cell = next(cell for cell in notebook.cells if cell.cell_type == "code")
        cell.outputs = [nbformat.v4.new_output("error", ename="E", evalue="", traceback=[])]
        cell.execution_count = 1

    assert any("without outputs" in problem for problem in tracked(clear))
    assert any("with an error" in problem for problem in tracked(fail))


def test_every_graded_cell_of_the_student_version_has_a_stored_report():
    graded = [
        cell for cell in nbformat.read(STUDENT, as_version=4).cells if cell.metadata.get("nbgrader", {}).get("grade")
    ]
    assert [cell.id for cell in graded] == [exercise.grade_id for exercise in assignments.graded(NAME).values()]
    for cell in graded:
        assert "not implemented yet" in cell.outputs[0].data["text/plain"]


def test_every_exercise_is_graded_by_one_cell_of_one_notebook_for_its_points():
    for path in course.MASTERS.glob("*/*.py"):
        tags = [cell.metadata.get("nbgrader", {}) for cell in build.master_notebook(path).cells]
        graded = [(tag.grade_id, tag.points) for tag in tags if tag.get("grade")]
        assert graded == [(one.grade_id, one.points) for one in assignments.graded(path.stem).values()]
    assert all((course.MASTERS / name / f"{name}.py").exists() for name in assignments.names())


def test_a_notebook_without_a_master_is_a_sentence(capsys):
    with pytest.raises(SystemExit):
        build.main(["--check", "homwork3"])
    there_are = ", ".join(assignments.names())
    assert f"no master is called homwork3; there are: {there_are}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("def f():\n    # YOUR CODE HERE\n    pass", "does not end in raise"),
        ("def f():\n    # YOUR CODE HERE\n    raise NotImplementedError()", "does not end in raise"),
        ("def f():\n    return 1", "nothing was cut out"),
    ],
)
def test_a_stub_that_would_not_say_what_to_write_is_refused(source, problem):
    cell = new_code_cell(source, id="stub")
    with pytest.raises(build.BuildError, match=problem):
        build._require_stub(NAME, cell)
    good = copy.copy(cell)
    good.source = 'def f():\n    # YOUR CODE HERE\n    raise NotImplementedError("Write f.")'
    build._require_stub(NAME, good)
