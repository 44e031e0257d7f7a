"""Many processes that grade: here, and on a cluster whose scheduler and workers share nothing with this process."""

import logging
import os
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import dask
import pytest
from distributed import Client
from distributed.security import Security

from grader.autograde import versions
from grader.autograde.progress import Progress
from grader.autograde.work import Died, Graded, NoWorkers
from grader.autograde.workers import Workers
from grader.tests.cluster import Cluster
from grader.tests.errands import NAME, Class, Unpickled, course, work

pytestmark = pytest.mark.slow
LOG = logging.getLogger("workers")
TWO = 2


def pool(scheduler: str = "") -> Workers:
    return Workers(LOG, Progress(LOG, 0), TWO, scheduler)


@pytest.fixture(scope="module")
def here() -> Iterator[Workers]:
    with pool() as workers:
        yield workers


@pytest.fixture(scope="module")
def cluster(tmp_path_factory) -> Iterator[Cluster]:
    made = Cluster(tmp_path_factory.mktemp("cluster"), TWO)
    try:
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="module")
def there(cluster) -> Iterator[Workers]:
    with dask.config.set(cluster.settings()), pool(cluster.address) as workers:
        yield workers


@pytest.fixture(params=["here", "there"])
def workers(request) -> Workers:
    return request.getfixturevalue(request.param)


@pytest.fixture
def notes(tmp_path) -> Callable[[], list[str]]:
    path = tmp_path / "notes"
    path.touch()

    def read() -> list[str]:
        return path.read_text().splitlines()

    read.path = str(path)
    return read


def test_all_are_graded_by_other_processes_and_failures_come_back(workers):
    works = [work("ada"), work("ben", fail="no wonder"), work("cleo")]
    results = {done.student: graded for done, graded in workers.map(course(), works)}
    assert set(results) == {"ada", "ben", "cleo"}
    assert isinstance(results["ben"], ValueError)
    assert str(results["ben"]) == "no wonder"
    for student in ("ada", "cleo"):
        notebook, _ = results[student].notebooks[NAME]
        assert notebook.metadata.process != os.getpid()


@pytest.mark.parametrize(
    ("order", "kind"),
    [({"recurse": 0}, RecursionError), ({"fail_oddly": "no wonder"}, RuntimeError)],
    ids=["deep", "odd"],
)
def test_what_can_hardly_travel_comes_back_as_well_and_says_where_it_was(workers, order, kind):
    results = dict(by_student(workers, [work("ada"), work("ben", **order), work("cleo")]))
    assert type(results["ben"]) is kind
    told = "".join(traceback.format_exception(results["ben"]))
    assert "errands.py" in told
    assert next(iter(order)) in told
    assert isinstance(results["ada"], Graded)
    assert isinstance(results["cleo"], Graded)


def test_a_class_is_asked_for_its_work_when_somebody_is_free_to_grade_it(workers):
    all_of_it = Class(work(f"s{number}", sleep=0) for number in range(200))
    for returned, _ in enumerate(workers.map(course(), all_of_it), 1):
        # one at hand and one graded for each worker, the one that is ready here, and one that was just taken
        assert all_of_it.taken - returned <= 2 * TWO + 2
    assert returned == all_of_it.taken == 200


def test_what_is_the_same_for_all_is_sent_once_a_worker(workers, notes):
    sent = course(Marked={"by": Unpickled(notes.path)})
    assert len(list(workers.map(sent, [work(f"s{number}", sleep=0.01) for number in range(20)]))) == 20
    assert len(list(workers.map(sent, [work("again")]))) == 1
    assert len(notes()) == len(set(notes())) <= TWO


def test_one_whose_process_dies_is_graded_again_by_another_that_has_been_sent_the_course(workers, notes, caplog):
    works = [work("ada"), work("eve", die=(notes.path, 1)), work("zoe")]
    results = dict(by_student(workers, works))
    assert all(isinstance(graded, Graded) for graded in results.values())
    assert len(set(notes())) == 2
    assert "died while it graded eve, which is graded once more" in caplog.text


def test_one_that_kills_two_processes_is_set_aside_and_nobody_else_is(workers, notes, caplog):
    works = [work("ada"), work("eve", die=(notes.path, 99)), *(work(f"s{number}", sleep=0.1) for number in range(6))]
    results = dict(by_student(workers, works))
    assert len(set(notes())) == len(notes()) == 2
    assert isinstance(results.pop("eve"), Died)
    assert len(results) == 7
    assert all(isinstance(graded, Graded) for graded in results.values())
    assert "died as well while it graded eve, which is set aside" in caplog.text


def by_student(workers, works):
    return ((done.student, graded) for done, graded in workers.map(course(), works))


@pytest.mark.parametrize("package", ["grader", "torch"])
def test_workers_that_grade_with_another_version_are_refused(workers, monkeypatch, package):
    changed = {**versions.here(), package: "other"}
    monkeypatch.setattr(versions, "here", lambda: changed)
    with pytest.raises(NoWorkers, match=rf"is not used: it has another {package} \S+ \(here: other\)"):
        list(workers.map(course(), [work("ada")]))


def test_a_worker_whose_sandbox_would_show_the_course_is_not_used(there):
    with pytest.raises(NoWorkers, match=r"is not used: The course folder .* lies in"):
        list(there.map(course(SandboxedExecute={"readable": [str(Path.cwd().parent)]}), [work("ada")]))


def test_others_on_this_machine_cannot_use_the_workers(here):
    address = here.client.scheduler.address
    assert address.startswith("tls://127.0.0.1:")
    for stranger in (address.replace("tls", "tcp"), address):
        with pytest.raises((OSError, TypeError, ValueError)):
            Client(stranger, timeout=2, security=Security.temporary() if stranger == address else None)


def test_a_scheduler_that_is_not_there_is_named():
    with pytest.raises(NoWorkers, match=r"The scheduler tcp://127.0.0.1:1 does not answer"), pool("tcp://127.0.0.1:1"):
        pass
