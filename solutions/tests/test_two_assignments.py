"""Two assignments in one course: each is generated, graded, reported and bundled, and knows nothing of the other.

The second is the one that CONTRIBUTING.md adds; the tutorial belongs to both.
"""

import json
import re
import shutil
import zipfile
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell

from grader import assignments
from solutions.tests.scratch import STUDENTS, TOY, commit, submission, well
from solutions.tools import course, samples

pytestmark = pytest.mark.slow
HOMEWORK = "homework3"
ALL = (HOMEWORK, TOY)
STUDENT = "ann"
EXERCISES = assignments.exercises(HOMEWORK)
# What tells of an assignment's exercises: words as they stand nowhere else.
TELLING = {
    HOMEWORK: sorted({one.target.name for one in EXERCISES.values()} | {name.split(".")[0] for name in EXERCISES}),
    TOY: ["spread.value", "spread_about_the_origin", "The spread of a batch"],
}
# A cell that tells what a kernel can find out about exercises: what it is asked, which chapters there are, whose cases, and
# which files of the grader have telling words in them.
LOOK_AROUND = f"""
import json, os, re
from pathlib import Path
import grader
from grader import assignments
folder = Path(grader.__file__).parent
readable = [path for path in folder.rglob("*") if path.is_file()]
print(json.dumps({{
    "asked": sorted(json.loads(Path(os.environ["GRADER_INPUTS"]).read_text())),
    "exercises": sorted(assignments.everything()),
    "files": [str(path.relative_to(folder)) for path in readable],
    "telling": {{
        name: [str(path) for path in readable if re.search("|".join(words).encode(), path.read_bytes())]
        for name, words in {TELLING}.items()
    }},
}}))
"""


@pytest.fixture(scope="module")
def scratch(with_toy, tmp_path_factory) -> Path:
    """Both assignments, generated, with one submission each that is graded, reported on, and bundled."""
    folder = shutil.copytree(with_toy, tmp_path_factory.mktemp("two") / "course", symlinks=True)
    commit(folder)
    handed_in = {TOY: submission(folder, STUDENTS[STUDENT])}
    student_version = nbformat.read(folder / "notebooks" / HOMEWORK / f"{HOMEWORK}.ipynb", as_version=4)
    handed_in[HOMEWORK] = samples.SAMPLES["ada_reference"](student_version)
    if course.why_no_sandbox():
        pytest.skip("without a sandbox nothing is hidden from a notebook")
    for name, notebook in handed_in.items():
        notebook.cells.append(new_code_cell(LOOK_AROUND))
        course.submit(folder, STUDENT, name, notebook)
        for command in (
            f"nbgrader generate_assignment {name}",
            f"nbgrader autograde {name}",
            f"grader report {name}",
            f"grader bundle {name}",
        ):
            well(folder, command)
    return folder


def seen(scratch: Path, assignment: str) -> dict:
    """What LOOK_AROUND printed in the kernel of the graded notebook."""
    path = scratch / "autograded" / STUDENT / assignment / f"{assignment}.ipynb"
    cells = nbformat.read(path, as_version=4).cells
    (cell,) = (cell for cell in cells if "LOOK" not in cell.source and "GRADER_INPUTS" in cell.source)
    return json.loads(cell.outputs[0].text)


def test_both_get_their_points(scratch):
    assert course.scores(scratch, TOY) == {STUDENT: {"spread-value": 1}}
    graded = assignments.graded(HOMEWORK).values()
    assert course.scores(scratch, HOMEWORK)[STUDENT] == {exercise.grade_id: exercise.points for exercise in graded}


def test_a_kernel_is_asked_about_its_own_assignment_only(scratch):
    assert seen(scratch, TOY)["asked"] == ["spread.value"]
    assert seen(scratch, HOMEWORK)["asked"] == sorted(assignments.graded(HOMEWORK))


def test_a_kernel_holds_no_chapter_of_the_other_assignment(scratch):
    """But its own, the tutorial's, and the files beside the folders."""
    shared, tutorials, own = (
        {f"exercises/{path.relative_to(assignments.FOLDER)}" for path in (assignments.FOLDER / place).glob("*.py")}
        for place in ("", assignments.TUTORIAL, HOMEWORK)
    )
    for name, chapters in {TOY: {"exercises/toy/spread.py"}, HOMEWORK: own}.items():
        code = {path for path in seen(scratch, name)["files"] if path.endswith(".py")}
        assert {path for path in code if path.startswith("exercises/")} == shared | tutorials | chapters
    tutorial = set(assignments.exercises(assignments.TUTORIAL))
    assert set(seen(scratch, TOY)["exercises"]) == {"spread.value"} | tutorial
    assert set(seen(scratch, HOMEWORK)["exercises"]) == set(EXERCISES) | tutorial


@pytest.mark.parametrize(("name", "other"), [ALL, ALL[::-1]])
def test_nothing_that_a_kernel_can_read_of_the_grader_tells_of_the_other_assignment(scratch, name, other):
    found = seen(scratch, name)
    assert found["telling"][name]  # so they are found where they are
    assert found["telling"][other] == []
    assert not [path for path in found["files"] if {other, "tests"} & {*Path(path).parts}]


@pytest.mark.parametrize(("name", "other"), [ALL, ALL[::-1]])
def test_a_bundle_holds_its_own_assignment_and_the_tutorial_only(scratch, name, other):
    with zipfile.ZipFile(scratch / f"{name}.zip") as archive:
        content = {path.split("/", 1)[1]: archive.read(path) for path in archive.namelist()}
    names = list(content)
    assert not any(other in Path(path).parts or word in path for path in names for word in TELLING[other])
    telling = re.compile("|".join(TELLING[other]).encode())
    assert not [path for path in names if path.startswith("grader/") and telling.search(content[path])]
    assert any(path.startswith(f"grader/exercises/{name}/") for path in names)
    assert {f"notebooks/{name}/{name}.ipynb", "notebooks/tutorial/tutorial.ipynb"} <= set(names)
    assert "grader/exercises/tutorial/tutorial.py" in names
    assert not any(path.startswith("solutions") for path in names)


def test_a_report_is_on_its_own_assignment(scratch):
    toy, homework = ((scratch / f"report-{name}.html").read_text() for name in (TOY, HOMEWORK))
    assert "The spread of a batch" in toy
    assert "The spread of a batch" not in homework
    assert all(exercise.title not in toy for exercise in assignments.graded(HOMEWORK).values())


def test_progress_shows_the_assignment_at_hand(scratch):
    """Which one that is shows in the first check of a session."""
    code = "from grader import check, progress; check('spread.value', lambda features: features); print(progress())"
    table = well(scratch, f'python -c "{code}"')
    assert "spread.value" in table
    assert "hard_cluster" not in table


def test_the_hidden_cases_of_one_assignment_load_nothing_of_the_other(scratch):
    code = f"import sys; from grader.hidden import graded_cases; graded_cases('{TOY}', 0); print(*sys.modules)"
    modules = well(scratch, f'python -c "{code}"').split()
    assert "solutions.toy.spread" in modules
    assert not any(name.startswith(f"solutions.{HOMEWORK}") for name in modules)
