"""Runs a check in a child process that may use so much memory and so much time of the processor, and no more."""

import json
import os
import resource
import signal
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

MB = 2**20
MEMORY = 1024 * MB  # beyond what the process holds before
SECONDS = 20  # of the processor
PATIENCE = 600  # of the clock: against what waits for something, on however busy a machine
PREPARING = 4096 * MB  # what may be held before the check begins
Prepared = TypeVar("Prepared")


@dataclass(frozen=True)
class Ran:
    """problems: sentences. memory: bytes at most, beyond those before. seconds: of the processor."""

    problems: tuple[str, ...]
    memory: int = 0
    seconds: float = 0


def run(
    prepare: Callable[[], Prepared],
    check: Callable[[Prepared], list[str]],
    memory: int = MEMORY,
    seconds: int = SECONDS,
) -> Ran:
    """The problems that `check` returns, or its exception or its end as one. What `prepare` uses does not count.

    Raises:
        RuntimeError: `prepare` failed.
    """
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        try:
            answer = _in_the_child(prepare, check, memory, seconds)
            with os.fdopen(writer, "w") as pipe:
                json.dump(answer, pipe)
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        text = pipe.read()
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        kind = signal.Signals(os.WTERMSIG(status)).name
        reasons = {"SIGXCPU": f"took more than {seconds} seconds of the processor", "SIGALRM": "waited for something"}
        return Ran((reasons.get(kind, f"was ended by {kind}"),))
    answer = json.loads(text) if text else {"problems": ["ended without a word"]}
    if "failed" in answer:
        raise RuntimeError(answer["failed"])
    ran = Ran(**{**answer, "problems": tuple(answer["problems"])})
    too_much = (f"held {ran.memory // MB} MB of memory",) if ran.memory > 0.9 * memory else ()
    return Ran(ran.problems + too_much, ran.memory, ran.seconds)


def _in_the_child(prepare: Callable, check: Callable, memory: int, seconds: int) -> dict:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _limit(resource.RLIMIT_DATA, _held("VmData") + PREPARING)
    try:
        prepared = prepare()
    except BaseException:
        return {"failed": traceback.format_exc()}
    for kind in (signal.SIGXCPU, signal.SIGALRM):
        signal.signal(kind, signal.SIG_DFL)
    before, spent = _held("VmRSS"), _spent()
    Path("/proc/self/clear_refs").write_text("5")  # the most that was held so far is what is held now
    _limit(resource.RLIMIT_DATA, _held("VmData") + memory)
    _limit(resource.RLIMIT_CPU, int(spent) + 1 + seconds)
    signal.alarm(PATIENCE)
    try:
        problems = check(prepared)
    except BaseException as problem:
        *_, where = traceback.extract_tb(problem.__traceback__)
        problems = [f"{type(problem).__name__} in {Path(where.filename).name}, {where.name}: {str(problem)[:300]}"]
    return {"problems": problems, "memory": _held("VmHWM") - before, "seconds": _spent() - spent}


def _limit(what: int, most: int) -> None:
    resource.setrlimit(what, (most, resource.getrlimit(what)[1]))


def _spent() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _held(what: str) -> int:
    """Bytes, as the system counts them."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(f"{what}:"))
    return int(line.split()[1]) * 1024
