"""A gradebook in PostgreSQL: a server of the test's own."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from nbgrader.converters.base import NbGraderException
from sqlalchemy import create_engine, text

from grader.autograde.sandbox import runner
from grader.tests.small_course import WEEK, Course

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning"),
]  # of nbgrader's own code
NOBODY = 65534  # PostgreSQL refuses to be root's
MOST = 3  # connections


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[str]:
    """The address of a database on a socket in a temporary folder."""
    pytest.importorskip("psycopg2", reason="psycopg2 is not installed")
    found = [*map(shutil.which, ["pg_ctl"]), *sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))]
    programs = [Path(path).resolve().parent for path in found if path]
    if not programs:
        pytest.skip("there is no PostgreSQL server here (Debian's package: postgresql)")
    folder = tmp_path_factory.mktemp("postgres")
    user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    if user:
        os.chown(folder, NOBODY, NOBODY)
        for parent in folder.parents[:2]:  # pytest's own
            parent.chmod(0o711)

    def call(program: str, *arguments: str) -> None:
        command = [programs[0] / program, "--pgdata", folder / "data", *arguments]
        subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL, **user)

    call("initdb", "--auth=trust", "--username=teacher", "--no-sync")
    settings = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off -c max_connections={MOST} "
    settings += "-c superuser_reserved_connections=0 -c max_wal_senders=0"
    call("pg_ctl", "start", "--wait", "--silent", f"--log={folder / 'log'}", f"--options={settings}")
    try:
        yield f"postgresql+psycopg2://teacher@/postgres?host={folder}"
    finally:
        call("pg_ctl", "stop", "--silent", "--mode=immediate")


@pytest.fixture
def course(server, tmp_path, monkeypatch) -> Course:
    engine = create_engine(server)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    monkeypatch.setattr(
        runner, "run", lambda cells, *arguments, **more: runner.Ran({number: [] for number, _ in cells})
    )
    return Course(tmp_path, server)


def test_a_class_is_graded_in_one_connection_and_scores_by_hand_stay(course, monkeypatch):
    students = [f"s{number}" for number in range(2 * MOST)]
    for student in students:
        course.submit(student)
    connections = []

    def run(cells, *arguments, **more):
        engine = create_engine(course.url)
        with engine.connect() as connection:
            query = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
            connections.append(connection.execute(text(query)).scalar() - 1)
        engine.dispose()
        return runner.Ran({number: [] for number, _ in cells})

    monkeypatch.setattr(runner, "run", run)
    course.autograde()
    assert len(connections) == len(students)
    assert max(connections) <= 1
    assert {course.grade(student) for student in students} == {(2, None, False)}
    with Gradebook(course.url, "") as book:
        book.find_grade("tests", WEEK, WEEK, "s0").manual_score = 1
        book.db.commit()
    course.autograde(student_id="s0", force=True)
    assert course.grade("s0") == (2, 1, False)


def test_an_address_whose_package_is_missing_is_refused_with_another_that_works(course, server, monkeypatch):
    course.submit("ada")
    course.url = server.replace("+psycopg2", "+psycopg")
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(
        NbGraderException, match=r"needs the package psycopg, .*: install it, or write postgresql\+psycopg2://"
    ):
        course.autograde()


def test_a_server_that_is_not_there_is_named(course, server):
    course.submit("ada")
    course.url = "postgresql+psycopg2://teacher:secret@localhost:1/postgres"
    with pytest.raises(NbGraderException, match="cannot be reached") as refused:
        course.autograde()
    assert "secret" not in str(refused.value)
