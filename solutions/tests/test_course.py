"""Plain nbgrader from master to grades: the sample submissions, graded once in a scratch course, and what came of it."""

import contextlib
import csv
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from grader import assignments
from grader.hidden import graded_cases
from grader.instructor import report
from grader.instructor.results import Results, gather
from grader.model import State
from grader.protocol import ANSWER_MIME
from solutions import mutants
from solutions.tools import course, samples

pytestmark = pytest.mark.slow
NAME = "homework3"
EXERCISES = assignments.graded(NAME)
POINTS = {exercise.grade_id: exercise.points for exercise in EXERCISES.values()}
ALL = set(POINTS)
SAMPLER = "HardClusterTripletsSampler"


def checking(*targets: str) -> set[str]:
    """The graded cells that check what is called so."""
    return {exercise.grade_id for exercise in EXERCISES.values() if exercise.target.name in targets}


LOST = {
    "ada_reference": set(),
    "ben_half_done": ALL - checking(SAMPLER, "ClusterLoss"),
    "cleo_own_centroid": checking(SAMPLER) - {"hard_cluster-errors"},  # it refuses bad input, and accepts good
    "dan_centroid_distances": {"hierarchical-class_distances"},  # the margin needs only s, which this student has right
    "eva_gradient_through_margin": {"hierarchical-gradients"},
    "finn_untouched": ALL,
    "gus_warns": set(),
}
SCORES = {student: sum(POINTS[name] for name in ALL - lost) for student, lost in LOST.items()}
FULL = sum(POINTS.values())


@pytest.fixture(scope="session")
def graded(assigned, tmp_path_factory) -> Path:
    """A course folder in which every sample was handed in, graded, and given feedback."""
    folder = tmp_path_factory.mktemp("samples") / "course"
    student_version = assigned(folder)
    for student, make in samples.SAMPLES.items():
        course.submit(folder, student, NAME, make(student_version))
    for command in (["autograde", NAME], ["generate_feedback", NAME], ["export"]):
        course.nbgrader(folder, *command)
    return folder


@pytest.fixture(scope="session")
def scores(graded) -> dict[str, dict[str, float]]:
    return course.scores(graded, NAME)


def lost(grades: dict[str, float]) -> set[str]:
    return {name for name, score in grades.items() if score == 0}


def test_every_graded_cell_is_one_exercise_which_gets_all_of_its_points_or_none(scores):
    for grades in scores.values():
        assert set(grades) == ALL
        assert all(score in (0, POINTS[name]) for name, score in grades.items())


@pytest.mark.parametrize("student", ["ada_reference", "gus_warns"])
def test_right_code_gets_all_points_however_noisy(scores, student):
    assert lost(scores[student]) == set()


def test_untouched_work_gets_none(scores):
    assert lost(scores["finn_untouched"]) == LOST["finn_untouched"] == ALL


def test_half_done_work_gets_its_half(scores):
    assert lost(scores["ben_half_done"]) == LOST["ben_half_done"]
    assert {name for name in ALL if name.startswith("hierarchical-")} <= LOST["ben_half_done"] < ALL


def test_a_wrong_sampler_loses_the_sampler_and_keeps_the_rest(scores):
    assert lost(scores["cleo_own_centroid"]) == LOST["cleo_own_centroid"]
    assert {f"hard_cluster-{part}" for part in ("triplets", "labels", "training")} <= LOST["cleo_own_centroid"]
    assert "hard_cluster-loss" not in LOST["cleo_own_centroid"]


def test_a_wrong_distance_loses_that_one_point(scores):
    assert lost(scores["dan_centroid_distances"]) == LOST["dan_centroid_distances"]


def test_a_gradient_through_the_margin_loses_that_one_point(scores):
    assert lost(scores["eva_gradient_through_margin"]) == LOST["eva_gradient_through_margin"]


def autograded(graded: Path, student: str) -> nbformat.NotebookNode:
    return nbformat.read(graded / "autograded" / student / NAME / f"{NAME}.ipynb", as_version=4)


def test_a_report_replaces_the_answers_of_every_graded_cell(graded):
    for student in samples.SAMPLES:
        for cell in autograded(graded, student).cells:
            if cell.metadata.get("nbgrader", {}).get("grade"):
                assert "text/html" in cell.outputs[0].data
                assert not any(ANSWER_MIME in output.get("data", {}) for output in cell.outputs)


def test_the_students_own_prints_are_kept(graded):
    cells = {cell.id: cell for cell in autograded(graded, "gus_warns").cells}
    printed = "".join(output.text for output in cells["hard_cluster-triplets"].outputs[1:])
    assert "sampling" in printed
    assert "noisy but right" in printed


def test_honest_work_is_shown_whole(graded):
    for student in samples.SAMPLES:
        sources = [cell.source for cell in autograded(graded, student).cells]
        assert not any("cut here" in source or "not shown here" in source for source in sources)


def test_nothing_trains_while_grading(graded):
    assert not list((graded / "autograded").rglob("results.json"))


def test_feedback_explains_the_mistake_and_shows_the_picture(graded):
    page = (graded / "feedback" / "cleo_own_centroid" / NAME / f"{NAME}.html").read_text()
    assert "Exclude the diagonal" in page
    assert 'aria-label="three clusters. Expected: anchor (2, 0)' in page
    assert "(hidden)" in page


def test_the_export_has_a_line_for_every_student(graded):
    with (graded / "grades.csv").open() as file:
        rows = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    assert rows == SCORES


def test_the_release_holds_the_notebook_with_its_picture_and_no_solution(graded):
    files = {path.relative_to(graded / "release") for path in (graded / "release").rglob("*") if path.is_file()}
    assert files == {Path(NAME, f"{NAME}.ipynb"), Path(NAME, "comparison.png")}
    text = (graded / "release" / NAME / f"{NAME}.ipynb").read_text()
    assert "BEGIN SOLUTION" not in text
    assert "from solutions" not in text


@pytest.fixture(scope="session")
def results(graded) -> Results:
    with contextlib.chdir(graded):
        return gather(NAME)


def test_the_report_on_the_samples_has_their_distribution(results):
    assert {submission.student: submission.score for submission in results.submissions} == SCORES
    bars = report.histogram([submission.score for submission in results.submissions], results.points)
    assert results.points == FULL
    assert [bar.count for bar in bars] == [
        sum(bar.start <= score < bar.end for score in SCORES.values()) for bar in bars
    ]
    assert sum(bar.count for bar in bars) == len(SCORES)
    assert (results.waiting, results.absent) == ((), ())
    assert not any(submission.lacks or submission.review for submission in results.submissions)
    assert all(0 < submission.seconds < 600 for submission in results.submissions)


def test_the_report_on_the_samples_has_each_parts_and_cases_pass_rate(results):
    """Of seven, finn did nothing and ben only the sampler and its loss; the others have one mistake or none."""
    parts = {count.part.exercise.name: count for count in report.parts(results)}
    assert list(parts) == list(EXERCISES)
    expected, not_done = {}, {}
    for name, exercise in EXERCISES.items():
        losing = {student for student, lost in LOST.items() if exercise.grade_id in lost}
        expected[name] = 7 - len(losing)
        not_done[name] = len(losing & {"finn_untouched", "ben_half_done"})
    assert expected["hard_cluster.triplets"] == 7 - 2  # without finn and cleo
    assert expected["hierarchical.class_distances"] == 7 - 3  # without finn, ben and dan
    assert {name: (count.full, count.n) for name, count in parts.items()} == {
        name: (full, 7) for name, full in expected.items()
    }
    cases = graded_cases(NAME, 0)
    for name, count in parts.items():
        assert [case.hidden for case in count.cases] == [case.hidden for case in cases[name]]
        for case in count.cases:
            assert case.n == 7
            assert case.counts[State.NOT_DONE] == not_done[name]
            assert case.passed in (expected[name], 7 - not_done[name])  # who has one mistake passes some cases
        assert min(case.passed for case in count.cases) == expected[name]


def test_the_report_on_the_samples_names_their_mistakes(results):
    found = {mistake.name: mistake.students for mistake in report.mistakes(results)}
    assert found["own_centroid_not_excluded"] == ("cleo_own_centroid",)
    assert found["centroid_distances"] == ("dan_centroid_distances",)
    assert found["gradient_through_margin"] == ("eva_gradient_through_margin",)
    assert report.flags(results.submissions) == {}


def test_a_failure_of_the_grader_costs_nothing_and_is_flagged(assigned, tmp_path):
    """With a judge that breaks, the cells are left for the instructor, without a score."""
    from nbgrader.api import Gradebook

    folder = tmp_path / "course"
    course.submit(folder, "ada", NAME, samples.reference(assigned(folder)))
    fault = "import grader.autograde.judge; grader.autograde.judge.judge = lambda *arguments: 1 / 0"
    course.add_settings(folder, fault)
    output = course.nbgrader(folder, "autograde", NAME)
    assert "The grader failed on hard_cluster.triplets" in output
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        (submission,) = gradebook.assignment_submissions(NAME)
        grades = [grade for book in submission.notebooks for grade in book.grades]
        assert all(grade.needs_manual_grade and grade.auto_score is None for grade in grades)


@pytest.fixture(scope="module")
def odd(assigned, tmp_path_factory) -> tuple[Path, str]:
    """A course folder after hal, whose kernel died, and ivy, who looks around, were graded; and what nbgrader printed."""
    folder = tmp_path_factory.mktemp("odd") / "course"
    student_version, right = assigned(folder), mutants.sources(NAME)
    deadly = "def tree_level(class_a, class_b, alphabet_of):\n    import os\n\n    os.kill(os.getpid(), 9)"
    course.submit(folder, "hal", NAME, samples.solve(student_version, {**right, "tree_level": deadly}))
    notebook = samples.solve(student_version, right)
    unneeded = {"albumentations", "catalyst.dl", "catalyst.runners", "matplotlib.pyplot", "data"}
    notebook.cells.append(nbformat.v4.new_code_cell(f"import sys; print('unneeded:', {unneeded} & set(sys.modules))"))
    course.submit(folder, "ivy", NAME, notebook)
    return folder, course.nbgrader(folder, "autograde", NAME)


def test_a_dead_kernel_costs_only_the_cells_that_had_not_answered(odd):
    folder, printed = odd
    assert "The kernel died in cell" in printed
    cells = list(POINTS)
    after = {*cells[cells.index("hierarchical-tree_level") :]}
    assert "hierarchical-loss" in after
    assert lost(course.scores(folder, NAME)["hal"]) == after
    report = next(cell for cell in autograded(folder, "hal").cells if cell.id == "hierarchical-loss").outputs[0]
    assert "The kernel died in cell" in report.data["text/html"]


def test_a_grading_kernel_imports_no_more_than_it_needs(odd):
    assert autograded(odd[0], "ivy").cells[-1].outputs[0].text == "unneeded: set()\n"


@pytest.fixture(scope="session")
def handed_in(graded):
    return lambda student: graded / "submitted" / student / NAME / f"{NAME}.ipynb"


def command(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", *map(str, arguments)], capture_output=True, text=True)


def test_grader_check_exits_with_0_only_when_all_pass(handed_in):
    right = command("grader.cli", "check", handed_in("ada_reference"))
    assert right.returncode == 0, right.stdout
    assert f"{FULL} of {FULL} points" in right.stdout
    wrong = command("grader.cli", "check", handed_in("cleo_own_centroid"))
    assert wrong.returncode == 1
    assert "Exclude the diagonal" in wrong.stdout
    assert f"{SCORES['cleo_own_centroid']} of {FULL} points" in wrong.stdout


def test_grader_check_leaves_the_notebook_as_it_is(handed_in):
    before = handed_in("finn_untouched").read_bytes()
    assert command("grader.cli", "check", handed_in("finn_untouched")).returncode == 1
    assert handed_in("finn_untouched").read_bytes() == before


def test_pytest_runs_the_visible_cases_on_a_submission(handed_in):
    result = command("pytest", "-q", "-p", "no:cacheprovider", "--submission", handed_in("dan_centroid_distances"))
    assert result.returncode == 1
    failed = [line for line in result.stdout.splitlines() if line.startswith("FAILED")]
    assert len(failed) == len(EXERCISES["hierarchical.class_distances"].cases)
    assert "squared distance between two centroids" in result.stdout
    visible = sum(len(exercise.cases) for exercise in EXERCISES.values())
    assert f"{len(failed)} failed, {visible - len(failed)} passed" in result.stdout


def test_a_chapter_of_a_submission_can_be_picked_by_its_marker(handed_in):
    for chapter, code in {"hierarchical": 0, "hard_cluster": 1}.items():
        options = ["-q", "-p", "no:cacheprovider", "-m", chapter, "--submission"]
        assert command("pytest", *options, handed_in("cleo_own_centroid")).returncode == code
