"""The time that a notebook is charged, by what its processes say of themselves."""

import subprocess
import sys
from types import SimpleNamespace

import psutil
import pytest

from grader.autograde.sandbox import cgroup, clock
from grader.autograde.sandbox.clock import Clock, Limit, Time


def process(pid: int, own: float, of_children: float = 0.0):
    times = SimpleNamespace(user=own, system=0.0, children_user=of_children, children_system=0.0)
    return SimpleNamespace(pid=pid, cpu_times=lambda: times)


class Still:
    """A clock that shows what it is told."""

    def __init__(self) -> None:
        self.time = Time()

    def read(self) -> Time:
        return self.time


def test_own_time_is_cpu_time_or_time_without_waiting():
    assert Time(cpu=1, wall=10, waited=2).own == 8
    assert Time(cpu=9, wall=10, waited=9).own == 9
    assert (Time(5, 20, 9) - Time(4, 10, 7)).own == 8


def test_a_child_is_counted_once_while_it_lives_and_when_it_is_gone():
    of_processes = Clock(1)
    assert of_processes._used([process(1, 1.0), process(2, 3.0)]) == 4
    assert of_processes._used([process(1, 1.0), process(2, 5.0)]) == 2
    assert of_processes._used([process(1, 1.5, of_children=6.0)]) == pytest.approx(1.5)


def test_children_that_come_and_go_unseen_are_counted():
    of_processes = Clock(1)
    of_processes._used([process(1, 1.0)])
    assert of_processes._used([process(1, 1.0, of_children=7.0)]) == 7


def test_a_child_that_nobody_waited_for_takes_nothing_back():
    of_processes = Clock(1)
    of_processes._used([process(1, 1.0), process(2, 3.0)])
    assert of_processes._used([process(1, 2.0)]) == 1


def test_a_process_that_has_gone_is_passed_over():
    def gone():
        raise psutil.NoSuchProcess(2)

    assert Clock(1)._used([process(1, 1.0), SimpleNamespace(pid=2, cpu_times=gone)]) == 1


def test_of_several_waits_the_longest_is_left_out(monkeypatch):
    waits = iter([{(1, 1): 5.0, (1, 2): 1.0}, {(1, 1): 5.1, (1, 2): 1.2, (3, 3): 0.1}])
    monkeypatch.setattr(clock, "_delays", lambda processes: next(waits).items())
    of_processes = Clock(1)
    of_processes._waited([], 1)
    assert of_processes._waited([], 1) == pytest.approx(0.2)


@pytest.mark.parametrize(("load", "share"), [(0.5, 0), (4, 0), (8, 0.5), (16, 0.75)])
def test_where_linux_does_not_tell_the_load_does(monkeypatch, load, share):
    monkeypatch.setattr(clock, "_delays", lambda processes: [])
    monkeypatch.setattr(clock.os, "sched_getaffinity", lambda pid: range(4), raising=False)
    monkeypatch.setattr(clock.os, "getloadavg", lambda: (load, 0, 0))
    assert Clock(1)._waited([], 2) == 2 * share


def test_a_kernel_that_does_not_count_is_known_by_its_zeros(monkeypatch, tmp_path):
    monkeypatch.setattr(clock.os, "listdir", lambda folder: [str(tmp_path)])
    (tmp_path / "schedstat").write_text("0 0 0\n")
    assert list(clock._delays([SimpleNamespace(pid=1)])) == []


def test_a_limit_is_over_by_own_time_or_far_behind_by_the_clock_on_the_wall():
    still = Still()
    still.time = Time(100, 100, 0)
    limit = Limit(still, seconds=10, stretch=3)
    for spent, over in [
        (Time(9, 20, 15), False),
        (Time(11, 20, 15), True),
        (Time(1, 20, 5), True),
        (Time(1, 29, 28), False),
        (Time(1, 31, 30), True),
    ]:
        still.time = Time(100 + spent.cpu, 100 + spent.wall, spent.waited)
        assert limit.is_over() == over


def test_who_waited_for_a_quarter_of_the_time_was_starved():
    still = Still()
    limit = Limit(still, 10, 10)
    still.time = Time(1, 10, 2)
    assert not limit.is_starved()
    still.time = Time(1, 10, 3)
    assert limit.is_starved()


BURN = "import time\nwhile time.process_time() < 0.3: pass\n"
CHILD = f"import subprocess, sys\nsubprocess.run([sys.executable, '-S', '-c', {BURN!r}])\n"
THREAD = f"import threading\nworker = threading.Thread(target=exec, args=[{BURN!r}])\nworker.start(); worker.join()\n"


@pytest.mark.skipif(sys.platform == "win32", reason="notebooks are graded on Linux")
@pytest.mark.parametrize("work", [BURN, CHILD, THREAD], ids=["itself", "a child", "a thread"])
def test_cpu_time_of_real_processes(monkeypatch, work):
    monkeypatch.setattr(clock, "INTERVAL", 0)
    command = [sys.executable, "-S", "-c", f"{work}print('done', flush=True)\ninput()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as started:
        of_process = Clock(started.pid)
        assert started.stdout.readline() == "done\n"
        time = of_process.read()
        started.stdin.close()
    assert time.cpu >= 0.28  # it is counted in ticks
    assert 0 <= time.waited <= time.wall
    assert of_process.read().cpu == time.cpu  # it has gone


def test_who_counts_for_all_is_believed(monkeypatch):
    monkeypatch.setattr(clock, "INTERVAL", 0)
    counts = iter([1.0, 3.0, None])
    counted = Clock(2**22 + 1, lambda: next(counts))  # more than the largest process id
    assert [counted.read().cpu for _ in range(3)] == [1, 3, 3]


@pytest.mark.parametrize(
    ("name", "text"), [("cpuacct.usage", "2500000000\n"), ("cpu.stat", "usage_usec 2500000\nuser_usec 1\n")]
)
def test_control_groups_count_cpu_time_in_both_versions(tmp_path, name, text):
    group = cgroup.Folders((tmp_path,), "test")
    assert group.cpu_seconds(0) is None
    (tmp_path / name).write_text(text)
    assert group.cpu_seconds(0) == 2.5
