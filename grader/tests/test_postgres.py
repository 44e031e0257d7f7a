"""A gradebook in PostgreSQL: a server of the test's own."""

import sys
from collections.abc import Iterator

import pytest
from nbgrader.api import Gradebook
from nbgrader.converters.base import NbGraderException
from sqlalchemy import create_engine, text

from grader.autograde.sandbox import runner
from grader.tests import postgres
from grader.tests.small_course import WEEK, Course

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning"),
]  # of nbgrader's own code
MOST = 3  # connections


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    try:
        with postgres.server(MOST) as address:
            yield address
    except postgres.Missing as problem:
        pytest.skip(str(problem))


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
