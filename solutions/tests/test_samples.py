"""The sample submissions carry all the code that they need, and stand where students write theirs."""

import ast

import nbformat
import pytest

from grader import assignments
from grader.answer import answer
from grader.judge import judge
from solutions import mutants
from solutions.tools import course, samples


def student_version(assignment: str) -> nbformat.NotebookNode:
    return nbformat.read(course.STUDENTS / assignment / f"{assignment}.ipynb", as_version=4)


@pytest.mark.parametrize("assignment", assignments.names())
def test_the_references_cells_pass_the_checks_with_nothing_but_themselves(assignment):
    names = {}
    for target, source in samples.reference_sources(assignment).items():
        exec(source, names)
        assert target in names
    for exercise in assignments.exercises(assignment).values():
        student = names[exercise.target.name]
        answers = {
            case.name: answer(exercise.target, student, case.inputs, case.gradient, case.before)
            for case in exercise.cases
        }
        assert judge(exercise, exercise.cases, answers).passed, exercise.name


@pytest.mark.parametrize("assignment", assignments.names())
def test_the_references_cells_import_what_they_use_and_define_nothing_twice(assignment):
    for source in samples.reference_sources(assignment).values():
        statements = ast.parse(source).body
        imported = [
            alias.name for part in statements if isinstance(part, ast.Import | ast.ImportFrom) for alias in part.names
        ]
        defined = [part.name for part in statements if isinstance(part, ast.ClassDef | ast.FunctionDef)]
        used = {node.id for part in statements for node in ast.walk(part) if isinstance(node, ast.Name)}
        assert set(imported) <= used
        assert len(set(imported + defined)) == len(imported + defined)
        assert "solutions" not in source


@pytest.mark.parametrize("assignment", assignments.names())
def test_every_target_has_its_cell_in_the_notebook(assignment):
    notebook, plain = student_version(assignment), mutants.sources(assignment)
    solved = samples.solve(notebook, plain)
    changed = [cell.source for cell, before in zip(solved.cells, notebook.cells, strict=True) if cell != before]
    assert sorted(changed) == sorted(source.strip() for source in plain.values())


@pytest.mark.parametrize("target", ["no_such_target", "all_triplets"])  # the second is the tutorial's
def test_what_the_notebook_does_not_ask_for_is_an_error(target):
    with pytest.raises(ValueError, match=f"0 solution cells of the notebook define {target}"):
        samples.solve(student_version("homework3"), {target: ""})
