"""The sandbox and what reads from it: what its command line shows and hides, and what becomes of cells in it."""

import importlib.machinery
import itertools
import os
import subprocess
import sys
from pathlib import Path

import pytest

from grader.autograde import cgroup, runner, sandbox
from grader.autograde.limits import Limits
from grader.questions import ask, visible_cases


def bwrap() -> Path:
    try:
        sandbox.try_out(found := sandbox.find_bwrap(), Limits())
    except sandbox.NoSandbox as problem:
        pytest.skip(str(problem).partition("\n")[0])
    return found


def run(tmp_path, *cells: str, boxed: Path | None, **limits) -> runner.Ran:
    questions = tmp_path / "questions.json"
    ask(questions, visible_cases())
    return runner.run(list(enumerate(cells)), questions, [], Limits(**limits), boxed)


def options(name: str, command: list[str]) -> list[str]:
    """The values of an option of bubblewrap's that takes one."""
    return [value for option, value in itertools.pairwise(command) if option == name]


def test_solutions_are_hidden_even_among_the_packages(monkeypatch):
    inside = Path(sys.prefix, "lib", "solutions")
    spec = importlib.machinery.ModuleSpec("solutions", None, is_package=True)
    spec.submodule_search_locations = [str(inside)]
    monkeypatch.setattr(sandbox, "find_spec", lambda name: spec)
    command = sandbox.command(Path("bwrap"), ["true"], Path("/x"), [], Limits(), 9)
    assert str(inside) in options("--tmpfs", command)
    assert str(inside) in options("--remount-ro", command)


def test_the_course_folder_is_not_shown():
    command = sandbox.command(Path("bwrap"), ["true"], Path("/x"), [], Limits(), 9)
    shown = options("--ro-bind-try", command)
    root = Path(sandbox.grader.__file__).parent.parent
    assert str(root) not in shown
    assert not any(root.is_relative_to(folder) for folder in shown)
    assert [str(Path(folder).relative_to(root)) for folder in shown if Path(folder).is_relative_to(root)][-2:] == [
        "grader",
        "data",
    ]


@pytest.mark.parametrize("course", ["/usr/local/course", f"{sys.prefix}/course", "/srv/data/course"])
def test_a_course_that_notebooks_could_read_is_refused(course):
    with pytest.raises(sandbox.NoSandbox, match="Move the course"):
        sandbox.check_place(Path(course), readable=["/srv/data"])


def test_nothing_is_writable_but_the_scratch_folders():
    command = sandbox.command(Path("bwrap"), ["true"], Path("/x"), [Path("/y")], Limits(), 9)
    assert "--bind" not in command
    assert options("--tmpfs", command)[:2] == ["/dev/shm", "/tmp"]
    assert {"/", "/dev"} <= set(options("--remount-ro", command))


@pytest.mark.slow
@pytest.mark.parametrize("boxed", [True, False])
def test_cells_end_in_their_own_way(tmp_path, boxed):
    ran = run(
        tmp_path,
        "print('one'); 2",
        "1 / 0",
        "import time; time.sleep(60)",
        "print('still here')",
        "import os; os._exit(3)",
        "print('never')",
        boxed=bwrap() if boxed else None,
        seconds_per_cell=2,
        grace=1,
    )
    assert [output.get("text") or output.data["text/plain"] for output in ran.outputs[0]] == ["one\n", "2"]
    assert ran.outputs[1][0].ename == "ZeroDivisionError"
    assert ran.late == {2}
    assert ran.outputs[3][0].text == "still here\n"
    assert ran.stopped == "The kernel died in cell 5."
    assert 5 not in ran.outputs


@pytest.mark.slow
def test_a_kernel_that_cannot_start_is_no_fault_of_the_notebook(tmp_path):
    with pytest.raises(runner.BrokenSandbox, match="The kernel did not start"):
        run(tmp_path, "1", boxed=bwrap(), open_files=8)


@pytest.mark.slow
def test_a_cell_that_outgrows_the_memory_of_all_is_told_so(tmp_path):
    """Each process alone stays below the limit."""
    group = cgroup.find(Limits())
    if group is None:
        pytest.skip("no control groups here")
    group.close()
    hogs = "import os\nfor _ in range(3): os.fork()\nhog = b'x' * 400 * 2**20\nimport time; time.sleep(20)"
    ran = run(tmp_path, hogs, boxed=bwrap(), memory=1024, seconds_per_cell=30)
    assert ran.stopped == "Memory limit: cell 1 needed more than 1024 MB, and the kernel was killed."


def test_a_group_that_was_left_behind_is_removed(monkeypatch, tmp_path):
    (tmp_path / f"grader-{2**22 + 1}-0").mkdir()  # more than the largest process id
    (tmp_path / f"grader-{os.getpid()}-0").mkdir()
    cgroup._remove_leftovers(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [f"grader-{os.getpid()}-0"]


def test_a_command_joins_every_folder_of_its_group(tmp_path):
    folders = (tmp_path / "memory", tmp_path / "pids")
    for folder in folders:
        folder.mkdir()
    group = cgroup.Folders(folders, "test")
    printed = subprocess.run([*group.prefix, "echo", "a b", "c"], capture_output=True, text=True, check=True).stdout
    assert printed == "a b c\n"
    assert all((folder / "cgroup.procs").read_text().strip().isdigit() for folder in folders)


@pytest.mark.parametrize(
    ("name", "text"), [("memory.events", "oom 3\noom_kill 2\n"), ("memory.oom_control", "oom_kill 1\n")]
)
def test_kills_for_memory_are_read_in_both_versions(tmp_path, name, text):
    group = cgroup.Folders((tmp_path,), "test")
    assert not group.ran_out_of_memory(0)
    (tmp_path / name).write_text(text)
    assert group.ran_out_of_memory(0)
