"""The gallery of hostile submissions, graded by the real `nbgrader autograde` between honest students."""

import hashlib
import json
import os
import re
import socket
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import psutil
import pytest
from nbgrader.api import Gradebook

import data
import grader

pytest.importorskip("solutions", reason="the gallery is made from the instructor's samples")

from grader.tests.busy import busy
from grader.tests.hostile import ALL, GALLERY, NAME, solved
from solutions.tools import build, course

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(course.why_no_sandbox()), reason=f"no sandbox here: {course.why_no_sandbox()}"),
]
HONEST = ("honest_first", "jane_between", "zoe_last")  # in the order of grading: before, between and after
HALVES = ("[a-l]*", "[m-z]*")  # of the students
LIMITS = """
c.Limits.seconds_per_cell = 5
c.Limits.grace = 1
c.Limits.seconds_per_notebook = 20
c.Limits.memory = 2048
c.Limits.scratch = 32
c.Limits.cells = 400
"""


def digest(folder: Path) -> dict[str, str]:
    """Path -> what is there, without following links and without opening what is no file; caches aside, ours or Python's."""
    found = {}
    for path in sorted(path for path in folder.rglob("*") if not {"__pycache__", "cache"} & set(path.parts)):
        if path.is_symlink():
            found[str(path)] = os.readlink(path)
        elif path.is_file():
            found[str(path)] = hashlib.sha256(path.read_bytes()).hexdigest()
        else:
            found[str(path)] = str(path.lstat().st_mode)
    return found


class Batch:
    """The course after grading, and what was there before."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        course.create(folder)
        course.add_settings(folder, LIMITS)
        self.student_version = course.assign(folder, NAME, build.master_notebook(course.MASTERS / NAME / f"{NAME}.py"))

    def hand_in(self, student: str, builder) -> None:
        to = self.folder / "submitted" / student / NAME
        to.mkdir(parents=True)
        notebook = builder(nbformat.from_dict(json.loads(json.dumps(self.student_version))), to)
        if notebook is not None:
            text = json.dumps(notebook)
            for placeholder, value in self.places.items():
                text = text.replace(placeholder, value)
            (to / f"{NAME}.ipynb").write_text(text)

    def grade(self) -> None:
        """By two runs at a time, of which the log is kept: both write into one gradebook."""
        with ThreadPoolExecutor() as pool:
            self.log = "".join(pool.map(self._grade_half, HALVES))

    def _grade_half(self, students: str) -> str:
        log = course.nbgrader(self.folder, "autograde", NAME, "--student", students)
        course.nbgrader(self.folder, "generate_feedback", NAME, "--student", students)
        return log

    def autograded(self, student: str) -> str:
        return (self.folder / "autograded" / student / NAME / f"{NAME}.ipynb").read_text()

    def feedback(self, student: str) -> str:
        return (self.folder / "feedback" / student / NAME / f"{NAME}.html").read_text()


@pytest.fixture(scope="module")
def batch(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    batch = Batch(folder / "course")
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.socket(socket.AF_UNIX) as unix,
        socket.socket(socket.AF_UNIX) as abstract,
    ):
        unix.bind(str(folder / "socket"))
        unix.listen()
        abstract.bind(f"\0grader-test-{os.getpid()}")
        abstract.listen()
        batch.places = {
            "@COURSE@": str(batch.folder),
            "@HOME@": str(Path.home()),
            "@GRADER@": str(Path(grader.__file__).parent),
            "@DATA@": str(Path(data.__file__).parent),
            "@PORT@": str(server.getsockname()[1]),
            "@SOCKET@": str(folder / "socket"),
            "@ABSTRACT@": f"grader-test-{os.getpid()}",
        }
        for student in HONEST:
            batch.hand_in(student, lambda notebook, _: solved(notebook))
        for student, (builder, _) in GALLERY.items():
            batch.hand_in(student, builder)
        batch.before = digest(batch.folder)
        batch.outside = {place: digest(place) for place in (Path(grader.__file__).parent, Path(data.__file__).parent)}
        batch.processes = set(psutil.pids())
        os.environ["SECRET_OF_THE_INSTRUCTOR"] = "x"
        with busy(int(os.environ.get("BUSY", "0"))):
            batch.grade()
        del os.environ["SECRET_OF_THE_INSTRUCTOR"]
    batch.scores = {student: sum(grades.values()) for student, grades in course.scores(batch.folder, NAME).items()}
    return batch


@pytest.mark.parametrize("student", GALLERY)
def test_the_score_is_what_the_work_is_worth(batch, student):
    assert batch.scores[student] == GALLERY[student][1].score


@pytest.mark.parametrize("student", [name for name, (_, expected) in GALLERY.items() if expected.says])
def test_the_reason_is_said(batch, student):
    assert GALLERY[student][1].says in json.dumps(json.loads(batch.autograded(student)), ensure_ascii=False)


@pytest.mark.parametrize("student", GALLERY)
def test_nothing_was_found_that_should_be_hidden(batch, student):
    outputs = [output for cell in json.loads(batch.autograded(student))["cells"] for output in cell.get("outputs", [])]
    leaks = [output for output in outputs if "LEAK" in "".join(output.get("text", []))]
    assert not leaks


@pytest.mark.parametrize("student", [*HONEST, *GALLERY])
def test_the_feedback_page_is_small_and_harmless(batch, student):
    page = batch.feedback(student)
    assert len(page.encode()) < 1_000_000
    assert "<script>alert" not in page
    assert not re.search(r"<[^>]*\bonerror=", page)
    assert not re.search(r"""(href|src)=["']?javascript:""", page)
    assert r"\href{javascript" not in re.sub(
        r"<pre.*?</pre>|<div class=\"tex2jax_ignore.*?</ul>", "", page, flags=re.DOTALL
    )


@pytest.mark.parametrize("student", HONEST)
def test_honest_neighbours_get_what_they_earned(batch, student):
    assert batch.scores[student] == ALL


def test_the_summary_counts_every_notebook(batch):
    lines = re.findall(r"Notebooks: (\d+) graded, (\d+) limited, (\d+) unreadable, (\d+) failed", batch.log)
    assert len(lines) == len(HALVES)
    expected = Counter(expected.outcome for _, expected in GALLERY.values())
    graded, limited, unreadable, failed = (sum(map(int, counts)) for counts in zip(*lines))
    assert graded + limited + unreadable == len(GALLERY) + len(HONEST)
    assert failed == 0
    assert unreadable == expected["unreadable"]
    assert expected["limited"] <= limited <= expected["limited"] + expected["any"]


def test_nothing_of_the_course_was_changed(batch):
    after = digest(batch.folder)
    ours = ("autograded", "feedback", "gradebook.db")
    relative = {path: str(Path(path).relative_to(batch.folder)) for path in {*batch.before, *after}}
    changed = [
        path
        for path, name in relative.items()
        if batch.before.get(path) != after.get(path) and not name.startswith(ours)
    ]
    assert changed == []


def test_nothing_outside_was_changed(batch):
    assert {place: digest(place) for place in batch.outside} == batch.outside
    assert not list(Path(sys.prefix).rglob("*pwned*"))
    assert not (Path.home() / "pwned").exists()
    assert not (Path.home() / ".ipython" / "profile_default" / "startup" / "00-pwned.py").exists()
    assert not (Path.home() / ".local" / "share" / "jupyter" / "kernels" / "python3").exists()


def is_left(process: psutil.Process) -> bool:
    """Is it of a sandbox, and none of the programs alive that may have started it?"""
    try:
        line = " ".join(process.cmdline())
        parents = " ".join(word for parent in process.parents() for word in parent.cmdline())
    except psutil.Error:
        return False
    return bool(re.search("ipykernel|bwrap|31415", line)) and not re.search(
        "nbgrader|pytest|jupyter|solutions", parents
    )


def test_no_process_is_left(batch):
    assert [
        process for process in psutil.process_iter() if process.pid not in batch.processes and is_left(process)
    ] == []


def test_delegation_is_flagged_for_review_and_scored(batch):
    with Gradebook(f"sqlite:///{batch.folder / 'gradebook.db'}") as gradebook:
        book = gradebook.find_submission_notebook(NAME, NAME, "delegates_to_catalyst")
        flagged = {grade.name for grade in book.grades if grade.needs_manual_grade}
        assert flagged == {f"hard_cluster-{part}" for part in ("triplets", "labels", "training", "errors")}
        others = gradebook.find_submission_notebook(NAME, NAME, "honest_first")
        assert not any(grade.needs_manual_grade for grade in others.grades)
