"""The sandbox and what reads from it: what its command line shows and hides, and what becomes of cells in it."""

import functools
import importlib.machinery
import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader import assignments
from grader.autograde.sandbox import bubblewrap, cgroup, files, runner, trial
from grader.autograde.sandbox import warm as zygotes
from grader.files import ROOT
from grader.limits import Limits
from grader.protocol import ANSWER_MIME, ask


@functools.cache
def bwrap() -> Path:
    try:
        trial.try_out(found := bubblewrap.find_bwrap(), Limits())
    except bubblewrap.NoSandbox as problem:
        pytest.skip(str(problem).partition("\n")[0])
    return found


@pytest.fixture(scope="module", autouse=True)
def stop() -> Iterator[None]:
    yield
    zygotes.stop()


def run(tmp_path, *cells: str, boxed: Path | None, covered=(), readable=(), warm=False, **limits) -> runner.Ran:
    questions = tmp_path / "questions.json"
    ask(questions, assignments.visible_cases("homework3"))
    files.merge([], tmp_path / "files", room=0)
    return runner.run(
        list(enumerate(cells)), questions, tmp_path / "files", Limits(**limits), boxed, readable, covered, warm
    )


def options(name: str, command: list[str]) -> list[str]:
    """The values of an option of bubblewrap's that takes one."""
    return [value for option, value in itertools.pairwise(command) if option == name]


def test_solutions_are_hidden_even_among_the_packages(monkeypatch):
    inside = Path(sys.prefix, "lib", "solutions")
    spec = importlib.machinery.ModuleSpec("solutions", None, is_package=True)
    spec.submodule_search_locations = [str(inside)]
    monkeypatch.setattr(bubblewrap, "find_spec", lambda name: spec)
    command = bubblewrap.command(Path("bwrap"), ["true"], Path("/x"), Path("/y"), Limits(), 9)
    assert str(inside) in options("--tmpfs", command)
    assert str(inside) in options("--remount-ro", command)


def test_the_tests_which_tell_of_all_exercises_are_always_hidden():
    command = bubblewrap.command(Path("bwrap"), ["true"], Path("/x"), Path("/y"), Limits(), 9)
    assert str(ROOT / "grader" / "tests") in options("--tmpfs", command)


def test_a_folder_of_exercises_is_hidden_on_demand():
    command = bubblewrap.command(Path("bwrap"), ["true"], Path("/x"), Path("/y"), Limits(), 9)
    folders = [assignments.FOLDER / "homework3", assignments.FOLDER / "toy"]
    assert not any(str(folder) in command for folder in folders)
    command = bubblewrap.command(Path("bwrap"), ["true"], Path("/x"), Path("/y"), Limits(), 9, covered=folders)
    for folder in map(str, folders):
        assert command.index(folder) > max(number for number, word in enumerate(command) if word == "--ro-bind-try")
        assert folder in options("--tmpfs", command)
        assert folder in options("--remount-ro", command)


def test_what_is_hidden_is_hidden_under_each_of_its_names(tmp_path):
    (tmp_path / "all" / "course" / "toy").mkdir(parents=True)
    (tmp_path / "link").symlink_to("all/course")
    shown = [str(tmp_path / "all"), str(tmp_path / "link"), str(tmp_path / "elsewhere")]
    for name in ("all/course/toy", "link/toy"):
        assert bubblewrap._places([tmp_path / name], shown) == [
            str(tmp_path / "all" / "course" / "toy"),
            str(tmp_path / "link" / "toy"),
        ]
    assert bubblewrap._places([Path("/srv/toy")], shown) == []


def test_the_course_folder_is_not_shown():
    command = bubblewrap.command(Path("bwrap"), ["true"], Path("/x"), Path("/y"), Limits(), 9)
    shown = options("--ro-bind-try", command)
    root = ROOT
    assert str(root) not in shown
    assert not any(root.is_relative_to(folder) for folder in shown)
    assert [str(Path(folder).relative_to(root)) for folder in shown if Path(folder).is_relative_to(root)][-2:] == [
        "grader",
        "data",
    ]


@pytest.mark.parametrize("course", ["/usr/local/course", f"{sys.prefix}/course", "/srv/data/course"])
def test_a_course_that_notebooks_could_read_is_refused(course):
    with pytest.raises(bubblewrap.NoSandbox, match="Move the course"):
        bubblewrap.check_place(Path(course), readable=["/srv/data"])


def test_nothing_is_writable_but_the_scratch_folders():
    command = bubblewrap.command(Path("bwrap"), ["true"], Path("/x"), Path("/y"), Limits(), 9)
    assert "--bind" not in command
    assert options("--tmpfs", command)[:2] == ["/dev/shm", "/tmp"]
    assert {"/", "/dev"} <= set(options("--remount-ro", command))


both_ways = pytest.mark.parametrize("warm", [False, True], ids=["cold", "warm"])


@pytest.mark.slow
@pytest.mark.parametrize(("boxed", "warm"), [(False, False), (True, False), (True, True)])
def test_cells_end_in_their_own_way(tmp_path, boxed, warm):
    ran = run(
        tmp_path,
        "print('one'); 2",
        "1 / 0",
        "import time; time.sleep(60)",
        "print('still here')",
        "import os; os.kill(os.getpid(), 9)",
        "print('never')",
        boxed=bwrap() if boxed else None,
        warm=warm,
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
@both_ways
def test_a_hidden_folder_is_empty_and_cannot_be_written(tmp_path, warm):
    readable = tmp_path / "readable"
    for name in ("mine", "other"):
        (readable / name).mkdir(parents=True)
        (readable / name / "chapter.py").write_text("x = 1")
    look = f"""
import os
from grader import assignments
print(os.listdir({str(readable / "mine")!r}), os.listdir({str(readable / "other")!r}))
print(assignments.names(), os.listdir(assignments.FOLDER / "homework3"))
try:
    open({str(readable / "other" / "mine.py")!r}, "w")
except OSError as problem:
    print(problem.strerror)
"""
    boxed, hidden = bwrap(), [readable / "other", assignments.FOLDER / "homework3"]
    ran = run(tmp_path, look, boxed=boxed, readable=[str(readable)], covered=hidden, warm=warm)
    assert ran.outputs[0][0].text == "['chapter.py'] []\n('tutorial',) []\nRead-only file system\n"
    trial.try_out(boxed, Limits(), [str(readable)], hidden, warm)


@pytest.mark.slow
@both_ways
def test_a_kernel_that_cannot_start_is_no_fault_of_the_notebook(tmp_path, warm):
    with pytest.raises(runner.BrokenSandbox, match="The kernel did not start"):
        run(tmp_path, "1", boxed=bwrap(), open_files=8, warm=warm)


@pytest.mark.slow
@both_ways
def test_a_cell_that_outgrows_the_memory_of_all_is_told_so(tmp_path, warm):
    """Each process alone stays below the limit."""
    group = cgroup.find(Limits())
    if group is None:
        pytest.skip("no control groups here")
    group.close()
    hogs = "import os\nfor _ in range(3): os.fork()\nhog = b'x' * 400 * 2**20\nimport time; time.sleep(20)"
    ran = run(tmp_path, hogs, boxed=bwrap(), memory=1024, seconds_per_cell=30, warm=warm)
    assert ran.stopped == "Memory limit: cell 1 needed more than 1024 MB, and the kernel was killed."


@pytest.mark.slow
@pytest.mark.usefixtures("little_machine")
@both_ways
def test_a_busy_machine_costs_right_work_nothing_and_saves_no_other(tmp_path, warm):
    """By the clock on the wall the first cell takes longer than it may; the third burns no CPU."""
    right = pytest.importorskip("solutions.mutants").sources("homework3")["tree_level"]
    ran = run(
        tmp_path,
        "import time, torch\nfrom grader import check\nwhile time.process_time() < 1.5: pass",
        right,
        "time.sleep(60)",
        "while True: pass",
        "check('hierarchical.tree_level', tree_level)",
        "check('hierarchical.violate_margin', violate_margin)",
        boxed=bwrap(),
        warm=warm,
        seconds_per_cell=4,
        stretch=20,  # so that the sleeper would wake
    )
    assert ran.late == {2, 3}
    assert ran.starved
    assert ran.stopped is None
    (answered,) = ran.outputs[4]
    assert answered.data[ANSWER_MIME]["exercise"] == "hierarchical.tree_level"
    assert ran.outputs[5][0].evalue == "name 'violate_margin' is not defined"


@pytest.mark.slow
def test_what_reports_takes_no_file_of_the_notebooks_for_a_module(tmp_path):
    look = "import os; print('-P' in open(f'/proc/{os.getppid()}/cmdline').read().split('\\0'))"
    assert run(tmp_path, look, boxed=bwrap()).outputs[0][0].text == "True\n"


@pytest.mark.slow
@both_ways
@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_the_trial_runs_a_notebook_whatever_the_umask(umask, warm):
    zygotes.stop()
    before = os.umask(umask)
    try:
        trial.try_out(bwrap(), Limits(), warm=warm)
    finally:
        os.umask(before)


@pytest.mark.slow
@both_ways
def test_the_trial_notices_what_would_break_every_notebook(tmp_path, monkeypatch, warm):
    boxed = bwrap()
    monkeypatch.setenv("METRIC_LEARNING_DATA", str(tmp_path))
    (tmp_path / "glyphs").mkdir(mode=0)
    with pytest.raises(bubblewrap.NoSandbox, match=r"PermissionError.*glyphs"):
        trial.try_out(boxed, Limits(), warm=warm)


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
