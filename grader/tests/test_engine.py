"""The engine knows no subject, no chapter and no solution, and its modules import each other in one direction."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from grader import assignments

ROOT = Path(assignments.__file__).parent
SUBJECT = re.compile("anchor|triplet|centroid|alphabet|embedding|omniglot", re.IGNORECASE)
SVG = re.compile("text[-_]anchor")  # an attribute of SVG's, by which text is centred
NO_ENGINE = {"exercises", "tests", "given"}  # folders: the subject, the tests, and what bundles are given with


def engine(suffix: str) -> list[Path]:
    """The files of the engine."""
    return [
        path for path in sorted(ROOT.rglob(f"*{suffix}")) if not NO_ENGINE & set(path.relative_to(ROOT).parent.parts)
    ]


def module(path: Path) -> str:
    """The name by which a file of the grader is imported."""
    return ".".join(path.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(".__init__")


SOURCES = {module(path): path for path in ROOT.rglob("*.py") if "tests" not in path.parts}
ENGINE = {module(path) for path in engine(".py")}


def imported(path: Path) -> Iterator[str]:
    """Every module that a file imports, at its top or within a function, and every name from a module, in full."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path} has a relative import, which this test cannot follow"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imports(name: str) -> set[str]:
    """The modules of the grader that one of them imports. Packages that are imported on the way do not count."""
    found = set()
    for full in imported(SOURCES[name]):
        of_module, _, _ = full.rpartition(".")
        found |= {full if full in SOURCES else of_module} & SOURCES.keys()
    return found


@pytest.mark.parametrize("path", [*engine(".py"), *engine(".j2")], ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_of_the_engine_says_what_the_course_is_about(path):
    lines = (SVG.sub("", line) for line in path.read_text().splitlines())
    told = [f"{number}: {line}" for number, line in enumerate(lines, start=1) if SUBJECT.search(line)]
    assert not told


def test_the_files_that_are_looked_at_are_the_engine_and_not_a_part_of_it():
    known = {"grader", "grader.model", "grader.cli", "grader.student.check", "grader.instructor.report"}
    assert known <= ENGINE
    assert "grader.exercises" not in ENGINE
    assert [path.name for path in engine(".j2")] == ["report.html.j2"]
    chapters = (path.read_text() for path in ROOT.glob("exercises/*/[!_]*.py"))
    assert all(SUBJECT.search(text) for text in chapters)  # so it is found where it is


def test_no_module_of_the_grader_imports_itself_by_way_of_others():
    try:
        TopologicalSorter({name: imports(name) for name in SOURCES}).prepare()
    except CycleError as problem:
        pytest.fail(f"a circle of imports: {' <- '.join(problem.args[1])}")


def test_only_one_module_asks_for_solutions():
    asking = {
        name for name, path in SOURCES.items() if any(full.split(".")[0] == "solutions" for full in imported(path))
    }
    assert asking == {"grader.hidden"}


def test_no_module_of_the_engine_imports_a_chapter_or_what_chapters_share():
    for name in ENGINE:
        assert not [other for other in imports(name) if other.startswith("grader.exercises.")], name


def test_no_assignment_imports_another():
    for name in SOURCES.keys() - ENGINE:
        for other in imports(name) - ENGINE:
            of_assignment = other.split(".")[2:-1]  # empty for what is shared
            assert not of_assignment or name.split(".")[2:-1] == of_assignment, f"{name} imports {other}"


def test_the_trusted_side_does_not_load_what_talks_to_students():
    code = (
        "import sys\n"
        "from grader.autograde import collect, execute, judge, restore, run, truncate\n"
        "from grader.instructor import report\n"
        "print(*(name for name in sys.modules if name.startswith('grader.student')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
