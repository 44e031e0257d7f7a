"""The gallery of hostile submissions, each graded before an honest one: by the workers of `grader autograde`, and, where
nothing in it depends on time, by plain `nbgrader autograde` as well."""

import hashlib
import json
import os
import re
import secrets
import socket
import subprocess
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
from grader.tests.gradebooks import rows
from grader.tests.hostile import ALL, GALLERY, NAME, solved
from solutions.tools import course

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(course.why_no_sandbox()), reason=f"no sandbox here: {course.why_no_sandbox()}"),
]
HALVES = ("[a-l]*", "[m-z]*")  # of the students
LIMITS = f"""
c.Limits.seconds_per_cell = 5
c.Limits.grace = 1
c.Limits.seconds_per_notebook = 20
c.Limits.processes = 128
c.Limits.memory = 2048
c.Limits.scratch = 32
c.Limits.cells = 400
c.SandboxedExecute.seed = {secrets.randbits(32)}
"""
# What their cells put out differs from run to run: addresses, numbers of processes, and how prints and warnings alternate.
VARYING = {
    "messages_written_to_the_sockets_from_a_thread",
    "ends_politely_in_all_ways_and_is_right",
    "right_with_many_side_effects",
    "child_that_outlives",
    "right_and_noisy",
}
TIMELESS = [name for name, (_, expected) in GALLERY.items() if expected.outcome in ("graded", "unreadable")]


def next_to(student: str) -> str:
    """The honest student who is graded after this one."""
    return f"{student}_and_then"


HONEST = [next_to(student) for student in GALLERY]


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

    def __init__(self, folder: Path, assigned, places: dict[str, str]) -> None:
        self.folder, self.places = folder, places
        self.student_version = assigned(folder)
        course.add_settings(folder, LIMITS)

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
        """By more workers than there are processors, since some submissions sleep. The log is kept."""
        command = [sys.executable, "-m", "grader.cli", "autograde", NAME, "--workers", "4"]
        self.log = subprocess.run(
            command, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True
        ).stdout
        with ThreadPoolExecutor() as pool:
            list(pool.map(self._write_feedback, HALVES))

    def _write_feedback(self, students: str) -> None:
        course.nbgrader(self.folder, "generate_feedback", NAME, "--student", students)

    def autograded(self, student: str) -> str:
        return (self.folder / "autograded" / student / NAME / f"{NAME}.ipynb").read_text()

    def feedback(self, student: str) -> str:
        return (self.folder / "feedback" / student / NAME / f"{NAME}.html").read_text()


@pytest.fixture(scope="module")
def batch(assigned, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.socket(socket.AF_UNIX) as unix,
        socket.socket(socket.AF_UNIX) as abstract,
    ):
        unix.bind(str(folder / "socket"))
        unix.listen()
        abstract.bind(f"\0grader-test-{os.getpid()}")
        abstract.listen()
        places = {
            "@COURSE@": str(folder / "course"),
            "@HOME@": str(Path.home()),
            "@GRADER@": str(Path(grader.__file__).parent),
            "@DATA@": str(Path(data.__file__).parent),
            "@PORT@": str(server.getsockname()[1]),
            "@SOCKET@": str(folder / "socket"),
            "@ABSTRACT@": f"grader-test-{os.getpid()}",
        }
        batch = Batch(folder / "course", assigned, places)
        for student, (builder, _) in GALLERY.items():
            batch.hand_in(student, builder)
            batch.hand_in(next_to(student), lambda notebook, _: solved(notebook))
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
    (line,) = re.findall(r"Notebooks: (\d+) graded, (\d+) limited, (\d+) unreadable, (\d+) failed", batch.log)
    expected = Counter(expected.outcome for _, expected in GALLERY.values())
    graded, limited, unreadable, failed = map(int, line)
    assert graded + limited + unreadable == len(GALLERY) + len(HONEST)
    assert failed == 0
    assert unreadable == expected["unreadable"]
    assert expected["limited"] <= limited <= expected["limited"] + expected["any"]


def test_nothing_of_the_course_was_changed(batch):
    after = digest(batch.folder)
    ours = ("autograded", "feedback", "gradebook.db", ".grading")
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
        others = gradebook.find_submission_notebook(NAME, NAME, HONEST[0])
        assert not any(grade.needs_manual_grade for grade in others.grades)


@pytest.fixture(scope="module")
def plain(batch, assigned, tmp_path_factory) -> Path:
    """A course in which the same was graded one after the other, by nbgrader's own commands."""
    plain = Batch(tmp_path_factory.mktemp("plain") / "course", assigned, batch.places)
    for student in TIMELESS:
        plain.hand_in(student, GALLERY[student][0])
    for command in ("autograde", "generate_feedback"):
        course.nbgrader(plain.folder, command, NAME)
    return plain.folder


@pytest.mark.parametrize("student", TIMELESS)
def test_workers_and_plain_nbgrader_come_to_the_same_to_the_byte(batch, plain, student):
    assert rows(batch.folder, student) == rows(plain, student)
    if student in VARYING:
        return
    page = Path("feedback", student, NAME, f"{NAME}.html")
    assert (batch.folder / page).read_bytes() == (plain / page).read_bytes()
