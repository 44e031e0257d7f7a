"""nbgrader's exchange, from release to feedback, between an instructor and a student who are two users of one machine."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

import data
from grader.files import ROOT
from grader.tests.small_course import WEEK, Course

USERS = {"root": 0, "teacher": 4001, "zoe": 4002}
# In a mount namespace of its own, a command runs as a user who is only known there. Where root's Python lies in a folder
# that others may not enter, that is covered by one that they may.
AS_USER = """
set -e
mount --bind "$PASSWD" /etc/passwd
if [ "$CLOSED" ]; then
    mount --bind "$PYTHON" "$ASIDE"
    mount -t tmpfs -o mode=755 none "$CLOSED"
    mkdir -p "$PYTHON"
    mount --bind "$ASIDE" "$PYTHON"
fi
exec setpriv --reuid="$ID" --regid="$ID" --clear-groups -- "$@"
"""
# Several commands of nbgrader's in one process: starting one takes longer than what it does.
COMMANDS = """
import json, sys
from nbgrader.apps.nbgraderapp import NbGraderApp
from traitlets.config import Application
for arguments in json.loads(sys.argv[1]):
    NbGraderApp.launch_instance(arguments)
    type(Application.instance()).clear_instance()
"""


class Machine:
    """Has the users in a folder of their own each, and an exchange."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.exchange = folder, folder / "exchange"
        for path in (self.exchange, folder / "aside"):
            path.mkdir()
        self.exchange.chmod(0o777)
        lines = (f"{name}:x:{number}:{number}::{self.home(name)}:/bin/sh\n" for name, number in USERS.items())
        (folder / "passwd").write_text("".join(lines))
        for name in ("teacher", "zoe"):
            self.home(name).mkdir(0o700)
            self.give(name)

    def home(self, user: str) -> Path:
        return self.folder / user

    def give(self, user: str) -> None:
        for path in (self.home(user), *self.home(user).rglob("*")):
            os.chown(path, USERS[user], USERS[user], follow_symlinks=False)

    def nbgrader(self, user: str, *commands: str) -> str:
        """What nbgrader's commands printed that `user` gave at home."""
        arguments = json.dumps([command.split() for command in commands])
        return self.run(user, sys.executable, "-c", COMMANDS, arguments)

    def run(self, user: str, *command: str) -> str:
        python = Path(sys.base_prefix)
        closed = next((path for path in reversed(python.parents) if not path.stat().st_mode & 0o001), "")
        environment = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "HOME": str(self.home(user)),
            "NO_ALBUMENTATIONS_UPDATE": "1",
            **{"PASSWD": str(self.folder / "passwd"), "ID": str(USERS[user]), "ASIDE": str(self.folder / "aside")},
            **{"PYTHON": str(python), "CLOSED": str(closed)},
        }
        done = subprocess.run(
            ["unshare", "--mount", "sh", "-c", AS_USER, "sh", *command],
            cwd=self.home(user),
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    def configure(self, user: str, text: str) -> None:
        settings = f'c.Exchange.root = "{self.exchange}"\nc.CourseDirectory.course_id = "metric-learning"\n{text}\n'
        (self.home(user) / "nbgrader_config.py").write_text(settings)


@pytest.fixture
def machine() -> Iterator[Machine]:
    if sys.platform != "linux" or os.geteuid() != 0 or not all(map(shutil.which, ("unshare", "setpriv"))):
        pytest.skip("only root, on Linux, with unshare and setpriv, can be two users")
    with tempfile.TemporaryDirectory() as folder:  # pytest's own are closed to other users
        Path(folder).chmod(0o755)
        machine = Machine(Path(folder))
        try:
            machine.run("zoe", sys.executable, "-c", "import grader, traitlets")
        except AssertionError as problem:
            pytest.skip(f"another user cannot be had here: {problem}")
        yield machine


@pytest.fixture
def course(machine) -> Course:
    """The teacher's, of which a part is ready to be released."""
    data.prepare()  # the teacher may not write where they are drawn to
    course = Course(machine.home("teacher"))
    ours = (ROOT / "nbgrader_config.py").read_text()
    machine.configure("teacher", f'{ours}\nc.SandboxedExecute.sandbox = "off"  # what is run is our own')
    (course.folder / "release" / WEEK).mkdir(parents=True)
    (course.folder / "release" / WEEK / f"{WEEK}.ipynb").write_text(course.notebook("loss = ..."))
    machine.give("teacher")
    return course


@pytest.mark.slow
def test_work_goes_through_the_exchange_and_its_feedback_comes_back(machine, course):
    machine.nbgrader("teacher", f"release_assignment {WEEK}")
    machine.configure("zoe", 'c.Exchange.timezone = "UTC"')
    machine.nbgrader("zoe", f"fetch_assignment {WEEK}", f"submit {WEEK}")

    # Two more, who did not come through the exchange; one of them would like to have another's feedback.
    course.submit("hand")
    renamed = course.submit("renamed")
    (renamed / f"{WEEK}.ipynb").rename(renamed / "my work.ipynb")
    (renamed / "submission_secret.txt").symlink_to(course.folder / "submitted" / "zoe" / WEEK / "submission_secret.txt")
    machine.give("teacher")
    machine.nbgrader("teacher", f"collect {WEEK}", f"autograde {WEEK}", f"generate_feedback {WEEK}")
    assert course.grade("zoe") == (0, None, False)

    # Her second try is late by an hour, in a zone whose abbreviation nbgrader itself takes for UTC.
    with Gradebook(course.url, "") as book:
        book.find_assignment(WEEK).duedate = datetime.now(UTC).replace(tzinfo=None) - timedelta(hours=1)
        book.db.commit()
    machine.configure("zoe", 'c.Exchange.timezone = "Europe/Moscow"')
    (machine.home("zoe") / WEEK / f"{WEEK}.ipynb").write_text(course.notebook("loss = 1  # a second try"))
    machine.nbgrader("zoe", f"submit {WEEK}")
    said = machine.nbgrader(
        "teacher",
        *(f"collect {WEEK} --update", f"autograde {WEEK}", f"generate_feedback {WEEK}", f"release_feedback {WEEK}"),
    )
    assert "Notebooks: 1 graded" in said
    assert course.grade("zoe") == (2, None, False)
    with Gradebook(course.url, "") as book:
        assert 3600 <= book.find_submission(WEEK, "zoe").total_seconds_late < 2 * 3600
    for student in ("zoe", "hand", "renamed"):
        assert f"Releasing feedback for student '{student}'" in said

    machine.nbgrader("zoe", f"fetch_feedback {WEEK}")
    (page,) = (machine.home("zoe") / WEEK / "feedback").rglob("*.html")  # of the last one: there is none of the first
    assert "a second try" in page.read_text()
