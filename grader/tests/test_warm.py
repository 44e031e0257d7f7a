"""Forked notebooks: none reaches the next, all find what those find that have a Python of their own, and none is lost."""

import contextlib
import json
import logging
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from grader import assignments
from grader.autograde.sandbox import bubblewrap, cgroup, files, job, runner, trial, warm, zygote
from grader.autograde.sandbox.clock import INTERVAL, Clock, Limit
from grader.autograde.sandbox.job import Running
from grader.files import ROOT
from grader.judge import judge
from grader.limits import Limits
from grader.protocol import ask, published
from grader.tests.test_exchange import Machine

NAME = "hierarchical.tree_level"
LIMITS = {"seconds_per_cell": 20, "memory": 2048}


@pytest.fixture(scope="module")
def bwrap() -> Iterator[Path]:
    try:
        found = bubblewrap.find_bwrap()
        trial.try_out(found, Limits(**LIMITS), warm=True)
    except bubblewrap.NoSandbox as problem:
        pytest.skip(str(problem).partition("\n")[0])
    yield found
    warm.stop()


@pytest.fixture
def warned(caplog) -> Callable[[], list[str]]:
    caplog.set_level(logging.WARNING)
    return lambda: [record.getMessage() for record in caplog.records if "Python of its own" in record.getMessage()]


@pytest.fixture
def run(tmp_path, bwrap) -> Callable[..., runner.Ran]:
    """Runs cells, warm unless it is said otherwise."""
    ids = ask(tmp_path / "questions.json", assignments.visible_cases("homework3"))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "table.csv").write_text("1,2")
    files.merge([tmp_path / "mine"], tmp_path / "files", room=10**6)

    def run(*cells: str, warm: bool = True, **limits) -> runner.Ran:
        limits = Limits(**{**LIMITS, **limits})
        return runner.run(
            list(enumerate(cells)), tmp_path / "questions.json", tmp_path / "files", limits, bwrap, warm=warm
        )

    run.ids = ids
    return run


def printed(ran: runner.Ran, number: int = 0) -> str:
    assert ran.stopped is None
    return "".join(output.get("text", "") or f"{output.get('evalue')}" for output in ran.outputs[number])


def is_warm(ran: runner.Ran, number: int = 0) -> bool:
    return "zygote" in printed(ran, number)


WHO = "print(open('/proc/self/cmdline').read())"


def the_zygote(grading: int | None = None) -> psutil.Process:
    """The process that is forked; by default, that of this process."""
    inside = psutil.Process(grading or warm._state.zygote.process.pid).children(recursive=True)
    return min((process for process in inside if process.name().startswith("python")), key=psutil.Process.create_time)


# One notebook does not reach the next

RIGHT = """
import torch
from grader import check
from torch import Tensor
def tree_level(class_a: Tensor, class_b: Tensor, alphabet_of: Tensor) -> Tensor:
    same = alphabet_of[class_a] == alphabet_of[class_b]
    return torch.where(class_a == class_b, 0, torch.where(same, 1, 2))
"""
CHECK = f'check("{NAME}", tree_level)'
POISON = {
    "builtins": "import builtins\nfor name in ('print', 'len', 'open', '__import__'): setattr(builtins, name, None)",
    "torch": "import torch\ntorch.where = torch.as_tensor = torch.from_numpy = torch.Tensor.numpy = None",
    "numpy": "import numpy\nnumpy.array = numpy.asarray = numpy.ascontiguousarray = numpy.frombuffer = None",
    "grader": "import grader.answer, grader.protocol\ngrader.answer.answer = grader.protocol.publish = lambda *a, **k: None",
    "json": "import json\njson.loads = json.dumps = json.load = json.dump = None",
    "modules": "import sys\nsys.modules.clear(); sys.path.clear(); sys.meta_path.clear()",
    "all processes": "import os, signal\nos.kill(-1, signal.SIGKILL)",
    "itself": "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)",
    "torch's modes": "import torch\ntorch.set_default_dtype(torch.float64); torch.set_grad_enabled(False)",
}


@pytest.mark.slow
@pytest.mark.parametrize("what", POISON)
def test_what_one_notebook_breaks_is_whole_in_the_next(run, what):
    run(POISON[what], "1")
    ran = run(RIGHT, CHECK, WHO)
    exercise = assignments.graded("homework3")[NAME]
    assert judge(exercise, exercise.cases, published({"outputs": ran.outputs[1]}, NAME, run.ids)).passed
    assert is_warm(ran, 2)


LEAVE = """
import ctypes, os, socket, subprocess
from multiprocessing import shared_memory
for folder in ("/tmp", "/dev/shm", "/tmp/work", "/tmp/home"):
    open(f"{folder}/left", "w").write("x")
memory = shared_memory.SharedMemory("left_memory", create=True, size=10)
libc = ctypes.CDLL(None)
print(*[call(77, *size, 0o1666) >= 0 for call, size in ((libc.shmget, [100]), (libc.semget, [1]), (libc.msgget, []))])
semaphore = ctypes.CDLL("libpthread.so.0").sem_open(b"/left_semaphore", os.O_CREAT, 0o666, 1)
servers = [socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX), socket.socket()]
for server, name in zip(servers, ("/tmp/left_socket", "\\0left", ("127.0.0.1", 31415))):
    server.bind(name)
    server.listen()
sleeper = subprocess.Popen(["setsid", "sleep", "1000"])
"""
LOOK = """
import ctypes, os, socket, subprocess
for folder in ("/tmp", "/dev/shm", "/tmp/work", "/tmp/home"):
    print(*(name for name in os.listdir(folder) if "left" in name))
libc = ctypes.CDLL(None)
print(*[call(77, *size, 0) >= 0 for call, size in ((libc.shmget, [100]), (libc.semget, [1]), (libc.msgget, []))])
for name in ("/tmp/left_socket", "\\0left"):
    print(socket.socket(socket.AF_UNIX).connect_ex(name) == 0)
print(socket.socket().connect_ex(("127.0.0.1", 31415)) == 0)
print("sleep" in subprocess.run(["ps", "ax"], capture_output=True, text=True).stdout)
"""


@pytest.mark.slow
def test_nothing_that_one_leaves_is_there_for_the_next(run):
    ran = run(LEAVE, LOOK)
    assert printed(ran).split() == ["True"] * 3
    left = printed(ran, 1).split()
    assert left.count("True") == 7
    assert {"left", "left_memory", "left_socket", "sem.left_semaphore"} <= set(left)
    assert set(printed(run(LOOK)).split()) == {"False"}


@pytest.mark.slow
def test_random_numbers_differ(run):
    draw = (
        "import random, numpy, torch, tempfile, uuid\nprint(random.random(), numpy.random.rand(), torch.rand(1).item())"
    )
    draw += "\nprint(tempfile.mktemp(), uuid.uuid4(), uuid.uuid1().clock_seq, random.SystemRandom().random())"
    first, second = (printed(run(draw)).split() for _ in range(2))
    assert len(first) == 7
    assert [one for one, other in zip(first, second, strict=True) if one == other] == []


# What it finds is what it finds in a Python of its own

ONE_ANOTHER = """
import json, os
from pathlib import Path
def status(pid):
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    wanted = ("Uid", "Gid", "Groups", "Cap", "NoNewPrivs", "Seccomp", "Umask", "TracerPid", "SigBlk", "SigIgn", "ShdPnd")
    return [line for line in lines if line.startswith(wanted)]
def descriptors(pid):
    kinds = []
    for path in Path(f"/proc/{pid}/fd").iterdir():
        try:
            kinds.append(os.readlink(path).partition(":")[0])
        except OSError:
            pass
    return sorted(kinds)
import resource, grader.bounded, sys
print(json.dumps({
    "status": status("self"),
    "status of what reports": status(os.getppid()),
    "descriptors": sorted({kind for kind in descriptors("self") if "python" not in kind}),
    "first descriptors": [os.readlink(f"/proc/self/fd/{number}").partition(":")[0] for number in (1, 2)],
    "mounts": sorted({" ".join(line.split()[1:4]) for line in open("/proc/self/mounts")}),
    "environment": dict(os.environ),
    "limits": {name: resource.getrlimit(getattr(resource, name)) for name in dir(resource) if name.startswith("RLIMIT")},
    "group": [line.split(":")[-1] for line in open("/proc/self/cgroup")],
    "namespaces": sorted(os.listdir("/proc/self/ns")),
    "path": sys.path, "flags": str(sys.flags.safe_path), "folder": os.getcwd(), "files": sorted(os.listdir()),
    "root": sorted(os.listdir("/")), "scratch": sorted(os.listdir("/tmp")), "nice": os.nice(0),
    "session": os.getsid(0) == os.getpid(), "peek": os.access(f"/proc/{os.getppid()}/environ", os.R_OK),
    "dumpable": os.stat("/proc/self/environ").st_uid, "processes": len([n for n in os.listdir("/proc") if n.isdigit()]),
}))
"""
HARMLESS = {"LD_LIBRARY_PATH", "PYDEVD_USE_FRAME_EVAL", "JPY_PARENT_PID"}  # set by what has been imported, and a number


@pytest.mark.slow
def test_rights_mounts_descriptors_and_environment_are_those_of_the_cold_way(run):
    forked, cold = (json.loads(printed(run(ONE_ANOTHER, warm=way))) for way in (True, False))
    for found in (forked, cold):
        for name in HARMLESS:
            found["environment"].pop(name, None)
        # Of root's mounts, those of the cold way belong to root, and cover parts of /proc that only root can write.
        mounts = {re.sub(",[ug]id=[0-9]+", "", mount) for mount in found["mounts"]}
        found["mounts"] = {mount for mount in mounts if not mount.startswith("/proc/")}
    assert {name: found for name, found in forked.items() if found != cold[name]} == {}
    assert "CapEff:\t0000000000000000" in forked["status"]
    assert "NoNewPrivs:\t1" in forked["status"]
    assert "Seccomp:\t2" in forked["status"]


def descriptors(running: Running) -> list[set[str]]:
    """Of what reports and of its kernel, what is open."""
    running.go.write(b"\n")
    running.go.flush()
    assert running.reports.record({"late": Limit(Clock(running.root), 60, 10)}) == {"ready": True}
    inside = psutil.Process(running.root).children(recursive=True)
    folders = [Path(f"/proc/{process.pid}/fd") for process in inside if process.name().startswith("python")]
    return [{re.sub(r":\[\d+\]", "", os.readlink(path)) for path in folder.iterdir()} for folder in folders]


@pytest.mark.slow
def test_figures_are_shown_as_in_the_cold_way(run):
    cells = (
        "import matplotlib.pyplot as plt\nplt.plot([1, 2]);",
        "print(plt.get_backend(), plt.isinteractive())",
        "print([name for name, value in plt.rcParams.items() if value != plt.rcParamsDefault[name]])",
    )
    forked, cold = (run(*cells, warm=way) for way in (True, False))
    assert [set(output.data) for output in forked.outputs[0]] == [{"text/plain", "image/png"}]
    assert forked.outputs[0][0].data["text/plain"] == cold.outputs[0][0].data["text/plain"]
    assert [printed(forked, 1), printed(forked, 2)] == [printed(cold, 1), printed(cold, 2)]


@pytest.mark.slow
def test_nothing_else_is_open_in_it_than_in_the_cold_way(run, tmp_path, bwrap):
    if os.geteuid() != 0:
        pytest.skip("only root can look into what reports")
    job, limits = (
        ([(0, "import time; time.sleep(60)")], tmp_path / "questions.json", tmp_path / "files"),
        Limits(**LIMITS),
    )
    with warm.child(limits, bwrap, (), ()) as child:
        child.give(*job)
        forked = descriptors(child.running)
    with runner._started(*job, limits, bwrap, (), ()) as running:
        cold = descriptors(running)
    assert [len(forked), len(cold)] == [2, 2]
    assert all(mine <= theirs for mine, theirs in zip(forked, cold, strict=True)), (forked, cold)


@pytest.mark.slow
def test_there_is_no_way_back(run):
    tries = """
import ctypes, os
libc = ctypes.CDLL(None)
print(*[libc.unshare(flag) for flag in (0x10000000, 0x00020000, 0x20000000, 0x40000000)])
for process in ("1", "self", str(os.getppid())):
    for kind in ("mnt", "pid", "user"):
        try:
            print(libc.setns(os.open(f"/proc/{process}/ns/{kind}", os.O_RDONLY), 0))
        except OSError:
            print(-1)
for place in ("/proc/self/exe", os.__file__, "/job/questions.json", "/job/cells.json"):
    try:
        os.open(place, os.O_WRONLY); print(0)
    except OSError:
        print(-1)
print(*[line.split()[-1] for line in open("/proc/self/maps") if line.split()[1] in ("rw-s", "rwxs")])
"""
    assert printed(run(tries)).split() == ["-1"] * 17


@pytest.mark.slow
def test_the_solutions_and_tests_have_not_been_imported(run):
    hidden = ("solutions", "grader.tests", "grader.hidden")
    look = f"import sys\nprint([name for name in sys.modules if name.startswith({hidden})])"
    assert printed(run(look)) == "[]\n"


@pytest.mark.slow
def test_what_is_forked_has_one_thread(run):
    run("1")
    assert the_zygote().num_threads() == 1


def test_what_has_threads_is_not_forked(monkeypatch):
    ours, theirs = zygote.socket.socketpair()
    monkeypatch.setattr(zygote, "PRELOADED", [])
    code = f"""
import threading, time
from grader.autograde.sandbox import zygote
zygote.PRELOADED = []
threading.Thread(target=time.sleep, args=[60], daemon=True).start()
zygote.main({theirs.fileno()})
"""
    with ours, theirs:
        ended = subprocess.run(
            [sys.executable, "-c", code], pass_fds=[theirs.fileno()], capture_output=True, text=True, cwd=ROOT
        )
    assert ended.stderr.strip().endswith("There are 2 threads: forks would break.")


@pytest.mark.slow
def test_it_is_in_its_control_group_before_it_has_a_job(run, bwrap):
    run("1")
    with warm.child(Limits(**LIMITS), bwrap, (), ()) as child:
        if child.running.group is None:
            pytest.skip("no control groups here")
        inside = psutil.Process(child.running.root).children(recursive=True)
        pythons = {process.pid for process in inside if process.name().startswith("python")}
        assert not (child.folder / "job" / "cells.json").exists()
        for path in child.running.group.paths:
            assert pythons <= set(map(int, (path / "cgroup.procs").read_text().split()))
        assert pythons
        if "cpu" in cgroup._own_paths(Path("/proc/self/cgroup").read_text()):
            assert "1024" in [path.read_text().strip() for path in _all(child.running.group, "cpu.shares")]


def _all(group: cgroup.Folders, name: str) -> list[Path]:
    return [path / name for path in group.paths if (path / name).exists()]


@pytest.mark.slow
def test_a_fork_of_the_grading_process_has_one_of_its_own(run):
    assert is_warm(run(WHO))
    if (child := os.fork()) == 0:
        right = False
        try:
            right = warm._state.zygote is None and is_warm(run(WHO))
            warm.stop()
        finally:
            os._exit(0 if right else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert is_warm(run(WHO))


# A limit is a limit


@pytest.mark.slow
def test_all_of_a_fork_bomb_ends_and_the_next_runs(run):
    bomb = """
import os, time
try:
    while True:
        os.fork() or time.sleep(60)
except OSError as problem:
    print(problem.strerror)
"""
    assert "Resource temporarily unavailable" in printed(run(bomb, processes=64))
    assert is_warm(run(WHO))


@pytest.mark.slow
def test_what_reports_may_be_stopped_and_costs_its_own_notebook_alone(run):
    ran = run("import os, signal; os.kill(os.getppid(), signal.SIGSTOP)", "1", seconds_per_cell=2, grace=1)
    assert ran.stopped == "Time limit: cell 1 ran for more than 2 seconds and could not be interrupted."
    assert is_warm(run(WHO))


# What goes wrong costs nothing


@pytest.mark.slow
def test_one_that_has_been_killed_is_replaced(run, warned):
    run("1")
    the_zygote().kill()
    warm._state.zygote.process.wait()
    assert not is_warm(run(WHO))
    assert is_warm(run(WHO))
    assert len(warned()) == 1


@pytest.mark.slow
def test_one_that_is_killed_while_a_notebook_runs_costs_that_nothing(run, tmp_path, warned):
    run("1")
    process = the_zygote()
    killer = threading.Timer(1, process.kill)
    killer.start()
    ran = run("import time; time.sleep(5)", WHO)
    assert ran.late == set()
    assert not is_warm(ran, 1)
    assert len(warned()) == 1


@pytest.mark.slow
def test_one_that_is_stopped_is_replaced(run, warned, monkeypatch):
    run("1")
    monkeypatch.setattr(warm, "PATIENCE", INTERVAL)
    warm._state.zygote.next.result()
    the_zygote().suspend()
    assert is_warm(run(WHO))  # in the fork that had been made before
    assert not is_warm(run(WHO))
    monkeypatch.undo()
    assert is_warm(run(WHO))
    assert ["It does not answer." in said for said in warned()] == [True]


@pytest.mark.slow
@pytest.mark.usefixtures("little_machine")
def test_one_that_gets_no_cpu_is_waited_for(run, warned, monkeypatch):
    monkeypatch.setattr(warm, "PATIENCE", 3)
    warm.stop()
    assert [is_warm(run(WHO)) for _ in range(2)] == [True] * 2
    assert warned() == []


@pytest.mark.slow
def test_after_two_failures_all_notebooks_of_the_run_are_cold_and_the_log_says_so_once(run, warned, monkeypatch):
    warm.stop()
    tries = []
    whole = bubblewrap.outer_command

    def broken(bwrap, arguments, *more):
        tries.append(1)
        return whole(bwrap, ["false"], *more)

    monkeypatch.setattr(bubblewrap, "outer_command", broken)
    assert [is_warm(run(WHO)) for _ in range(3)] == [False] * 3
    assert len(tries) == warm.MOST_FAILURES
    assert len(warned()) == 1
    monkeypatch.undo()
    assert not is_warm(run(WHO))
    warm.stop()
    assert is_warm(run(WHO))


@pytest.mark.slow
def test_a_fork_that_kept_rights_is_none(run, warned, monkeypatch, bwrap):
    """Here for lack of a filter of system calls."""
    warm.stop()
    whole = bubblewrap.outer_command

    def unfiltered(*arguments):
        command = whole(*arguments)
        del command[(place := command.index("--seccomp")) : place + 2]
        return command

    monkeypatch.setattr(bubblewrap, "outer_command", unfiltered)
    assert not is_warm(run(WHO))
    assert "still has rights: {'Seccomp': '0'}" in warned()[0]
    monkeypatch.undo()
    warm.stop()


# How long one lives


@pytest.mark.slow
def test_it_is_made_anew_after_many_forks_and_when_what_it_shows_or_keeps_changes(run, tmp_path, bwrap, monkeypatch):
    def number(**what) -> int:
        given = {"limits": Limits(**LIMITS), "readable": (), "covered": (), **what}
        with warm.child(bwrap=bwrap, **given):
            return warm._state.zygote.process.pid

    first = number()
    assert number() == first
    others = [
        number(limits=Limits(memory=1024)),
        number(readable=[str(tmp_path)]),
        number(covered=[assignments.FOLDER / "homework3"]),
    ]
    assert len({first, *others}) == 4
    monkeypatch.setattr(warm, "MOST_FORKS", 2)
    again = number()
    assert number() != again


@pytest.mark.slow
def test_it_outlives_the_thread_in_which_it_was_started(run):
    warm.stop()
    thread = threading.Thread(target=run, args=["1"])
    thread.start()
    thread.join()
    process = the_zygote()
    assert is_warm(run(WHO))
    assert the_zygote() == process


ALONE = """
import os, sys, time
from pathlib import Path
from grader.autograde.sandbox import bubblewrap, trial, warm
from grader.limits import Limits
trial.try_out(bubblewrap.find_bwrap(), Limits(), warm=True)
taken = warm._state.zygote.take()
print(warm._state.failures, warm._state.zygote is not None, flush=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, None])
def test_it_ends_with_the_grading_process_however_that_ends(bwrap, end):
    code = f"{ALONE}\n{'time.sleep(600)' if end else ''}"
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "0 True\n"
        started = psutil.Process(process.pid).children(recursive=True) if end else []
        if end:
            assert len(started) > 5
            process.send_signal(end)
    assert psutil.wait_procs(started, timeout=60)[1] == []
    assert not [
        other
        for other in psutil.process_iter(["cmdline"])
        if f"grader-{process.pid}-" in " ".join(other.info["cmdline"] or [])
    ]


@pytest.mark.slow
def test_it_ends_with_the_grading_process_also_while_it_is_stopped(bwrap):
    code = f"{ALONE}\ntime.sleep(600)"
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "0 True\n"
        started = psutil.Process(process.pid).children(recursive=True)
        the_zygote(process.pid).suspend()
        process.kill()
    left = psutil.wait_procs(started, timeout=60)[1]
    for other in left:
        other.kill()
    assert left == []


# Users and groups


@pytest.mark.slow
def test_it_works_for_a_user_without_rights(bwrap, tmp_path_factory):
    if os.geteuid() != 0 or not all(map(shutil.which, ("unshare", "setpriv"))):
        pytest.skip(
            "only root, with unshare and setpriv, can be another user, too; one without rights is tested already"
        )
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        assert Machine(Path(folder)).run("zoe", sys.executable, "-c", ALONE) == "0 True\n"


def test_a_scope_is_divided_into_groups(tmp_path, monkeypatch):
    """In folders that play one."""
    (tmp_path / "scope").mkdir()
    joined = tmp_path / "scope" / "cgroup.procs"
    joined.write_text("17\n18\n")
    whole = Path.write_text

    def write(path: Path, text: str) -> int:
        if path.name == "cgroup.procs":  # of the file itself, the system takes them out
            joined.write_bytes(joined.read_bytes().replace(f"{text}\n".encode(), b""))
        return whole(path, text)

    monkeypatch.setattr(Path, "write_text", write)
    monkeypatch.setattr(cgroup, "_unified_folder", lambda pid: tmp_path / "scope")
    nursery = cgroup.Nursery(["systemd-run"])
    nursery.settle(17)
    assert joined.read_text() == ""
    assert (tmp_path / "scope" / "grader" / "cgroup.procs").read_text() == "18"
    assert "cgroup.subtree_control" in os.listdir(tmp_path / "scope")
    group = nursery.group(Limits(memory=100, processes=7))
    (path,) = group.paths
    assert path.parent == tmp_path / "scope"
    assert {file.name: file.read_text() for file in path.iterdir()} == {
        "memory.max": str(100 * 2**20),
        "memory.swap.max": "0",
        "pids.max": "7",
    }
    group.add(19)
    assert (path / "cgroup.procs").read_text() == "19"


@pytest.mark.parametrize("prefix", [[], ["systemd-run"]])
def test_only_a_scope_is_divided(prefix, tmp_path, monkeypatch):
    monkeypatch.setattr(cgroup, "_unified_folder", lambda pid: tmp_path / "gone")
    nursery = cgroup.Nursery(prefix)
    with pytest.raises(FileNotFoundError) if prefix else contextlib.nullcontext():
        nursery.settle(17)


def test_controllers_that_share_a_folder_share_a_group(tmp_path, monkeypatch):
    for name in ("memory", "pids", "cpu,cpuacct"):
        (tmp_path / name / "mine").mkdir(parents=True)
    for name in ("cpu", "cpuacct"):
        (tmp_path / name).symlink_to("cpu,cpuacct")
    monkeypatch.setattr(cgroup, "MOUNT", tmp_path)
    lines = "4:memory:/mine\n3:pids:/mine\n2:cpu,cpuacct:/mine\n0::/\n"
    monkeypatch.setattr(cgroup.Path, "read_text", lambda path: lines)
    group = cgroup._folders(Limits())
    assert [path.parent.parent.name for path in group.paths] == ["memory", "pids", "cpu,cpuacct"]


@pytest.mark.slow
@pytest.mark.parametrize("way", [True, False], ids=["warm", "cold"])
def test_where_there_are_no_groups_a_notebook_gives_way_to_the_grader(run, monkeypatch, way):
    warm.stop()
    monkeypatch.setattr(cgroup, "_scope", lambda limits: None)
    monkeypatch.setattr(cgroup, "_folders", lambda limits: None)
    ran = run("import os, resource; print(os.nice(0), resource.getrlimit(resource.RLIMIT_NPROC)[0])", WHO, warm=way)
    assert printed(ran) == f"{job.NICENESS} {Limits().processes}\n"
    assert is_warm(ran, 1) == way
    warm.stop()


def test_in_a_group_that_does_not_share_the_cpu_a_notebook_gives_way_as_well(tmp_path):
    group = cgroup.Folders((tmp_path,), "a group of memory alone")
    assert job.settings(Limits(), group)["niceness"] == job.NICENESS
    (tmp_path / "cpu.weight").touch()
    assert job.settings(Limits(), group)["niceness"] == 0
