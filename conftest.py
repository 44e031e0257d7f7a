"""What all tests share: the order of the files, and what is made once in a run of however many processes."""

import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from filelock import FileLock
from nbformat import NotebookNode

# By what they cost, the dearest first: what begins last should end soon. (make test gives each file to one process.)
LONG = (
    "grader/tests/test_hostile.py",
    "solutions/tests/test_contributing.py",
    "solutions/notebooks/homework3/homework3.ipynb",
    "solutions/tests/test_course.py",
    "solutions/tests/test_bundle_works.py",
    "grader/tests/test_batch.py",
    "notebooks/homework3/homework3.ipynb",
    "solutions/tests/test_fuzz.py",
    "solutions/tests/test_forgery.py",
    "solutions/tests/test_two_assignments.py",
    "solutions/tests/test_mistakes.py",
    "solutions/tests/test_compare.py",
    "solutions/tests/test_training.py",
    "grader/tests/test_sandbox.py",
    "grader/tests/test_exchange.py",
    "solutions/tests/test_formgrader.py",
    "solutions/tests/test_jupyterlab.py",
    "grader/tests/test_written.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: places.get(item.nodeid.partition("::")[0], len(places)))


@pytest.fixture(scope="session")
def once(tmp_path_factory, worker_id) -> Callable[[str, Callable[[Path], object]], Path]:
    """`once(name, make)`: a folder that `make` fills, in the process that needs it first. It is everybody's: take a copy."""
    shared = tmp_path_factory.getbasetemp()
    if worker_id != "master":  # the folders of the processes lie side by side
        shared = shared.parent

    def once(name: str, make: Callable[[Path], object]) -> Path:
        done, begun = shared / name, shared / f"{name}.begun"
        with FileLock(shared / f"{name}.lock"):
            if not done.exists():
                shutil.rmtree(begun, ignore_errors=True)  # of one that failed
                begun.mkdir()
                make(begun)
                begun.rename(done)
        return done

    return once


@pytest.fixture(scope="session")
def assigned(once) -> Callable[[Path], NotebookNode]:
    """`assigned(folder)` makes a folder a course to which homework3 has been assigned, and returns its student version."""
    from solutions.tools import build, course  # which students do not have
    from solutions.tools.samples import HOMEWORK

    def make(folder: Path) -> None:
        course.create(folder)
        course.assign(folder, HOMEWORK, build.master_notebook(course.MASTERS / HOMEWORK / f"{HOMEWORK}.py"))

    def assigned(folder: Path) -> NotebookNode:
        shutil.copytree(once("assigned", make), folder)
        return nbformat.read(folder / "release" / HOMEWORK / f"{HOMEWORK}.ipynb", as_version=4)

    return assigned
