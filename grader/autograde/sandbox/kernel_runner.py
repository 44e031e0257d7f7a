"""Inside the sandbox: runs the cells of one notebook in a kernel and reports what they put out.

`python -m grader.autograde.sandbox.kernel_runner JOB CHANNEL`: JOB is a folder in which `runner` writes, CHANNEL the number
of an open file for the reports. It starts a kernel by JOB/settings.json, waits for a line on its standard input, and runs
the cells in JOB/cells.json. A report is a line of JSON: {"ready": true} first, then {"cell": number, "outputs": […],
"late": bool} for each cell, or {"stopped": "died" or "late"} and nothing more.

This program runs beside hostile code, in the same sandbox. So `runner` believes nothing that it says, and keeps all limits
from outside; those that are kept here only make sure that a cell is cut short before the whole notebook is lost.
"""

import ctypes
import json
import os
import queue
import resource
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Protocol, TextIO

from jupyter_client import BlockingKernelClient, KernelManager

from grader.autograde.sandbox.clock import INTERVAL, Clock, Limit
from grader.protocol import ANSWER_MIME, INPUTS_VARIABLE, KERNEL

STARTUP = 60  # seconds in which a kernel must answer
QUIET = 3.0  # seconds without output after which a cell that has replied counts as finished


class KernelDied(Exception):
    pass


def main(job: Path, channel_number: int, start: Callable[[Path, Path, dict[str, str]], "Kernel"]) -> None:
    """`start` starts a kernel, given its connection file, the folder where it runs, and its environment."""
    settings = json.loads((job / "settings.json").read_text())
    with os.fdopen(channel_number, "w") as channel:
        os.set_inheritable(channel.fileno(), False)
        harden(settings["rlimits"], settings["niceness"])
        scratch = Path(settings["scratch"])
        for name in ("home", "tmp", "work"):
            (scratch / name).mkdir()
        # Safe path: no file of the student's is taken for a module of Python's while the kernel starts.
        environment = {INPUTS_VARIABLE: str(job / "questions.json"), "PYTHONSAFEPATH": "1"}
        kernel = start(scratch / "k.json", scratch / "work", environment)
        client = kernel.blocking_client()
        client.start_channels()
        try:
            client.wait_for_ready(timeout=STARTUP * settings["stretch"])
            client.execute("__import__('sys').path.insert(0, '')", silent=True)  # the folder where the notebook runs
            if sys.stdin.readline():
                copy(Path(settings["files"]), scratch / "work")
                report(channel, ready=True)
                run(kernel, client, json.loads((job / "cells.json").read_text()), settings, channel)
        except KernelDied as reason:
            report(channel, stopped=str(reason))
            sys.stdin.read()  # until the other side has looked why
        finally:
            client.stop_channels()
            kernel.shutdown_kernel(now=True)


class Kernel(Protocol):
    """What is used here of a kernel manager of Jupyter's."""

    def blocking_client(self) -> BlockingKernelClient: ...
    def is_alive(self) -> bool: ...
    def interrupt_kernel(self) -> None: ...
    def shutdown_kernel(self, now: bool) -> None: ...


def started(connection_file: Path, work: Path, environment: dict[str, str]) -> Kernel:
    manager = KernelManager(
        kernel_name="python3",
        transport="ipc",
        ip=str(connection_file.with_suffix("")),
        connection_file=str(connection_file),
    )
    with open(os.devnull, "w") as nothing:
        manager.start_kernel(
            extra_arguments=KERNEL, cwd=str(work), env={**os.environ, **environment}, stdout=nothing, stderr=nothing
        )
    return manager


def harden(rlimits: dict[str, int], niceness: int) -> None:
    """Lower the limits of this process and its children, and let no other process look into this one."""
    os.nice(niceness)
    for name, value in rlimits.items():
        limit = getattr(resource, name)
        hard = resource.getrlimit(limit)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (value, value))
    set_dumpable(False)


def set_dumpable(whether: bool) -> None:
    """May other processes of this user's look into this one?"""
    if sys.platform == "linux":
        pr_set_dumpable = 4
        ctypes.CDLL(None).prctl(pr_set_dumpable, int(whether), 0, 0, 0)


def copy(files: Path, work: Path) -> None:
    for parent, _, names in os.walk(files, onerror=fail):
        target = work / Path(parent).relative_to(files)
        target.mkdir(exist_ok=True)
        for name in names:
            (target / name).write_bytes(Path(parent, name).read_bytes())


def fail(error: OSError) -> None:
    raise error


def report(channel: TextIO, **record: Any) -> None:
    channel.write(json.dumps(record) + "\n")
    channel.flush()


def run(
    kernel: Kernel,
    client: BlockingKernelClient,
    cells: Iterable[tuple[int, str]],
    settings: dict[str, Any],
    channel: TextIO,
) -> None:
    clock = Clock(settings["root"] or os.getpid())
    left, answers_left = settings["notebook_output"], settings["answers"]

    def limit(seconds: float) -> Limit:
        return Limit(clock, seconds, settings["stretch"])

    for number, source in cells:
        outputs = Outputs(min(left, settings["cell_output"]), answers_left)
        in_time = execute(kernel, client, source, outputs, limit, settings["seconds_per_cell"], settings["grace"])
        report(channel, cell=number, outputs=outputs.kept, late=not in_time)
        left -= outputs.size
        answers_left = outputs.answers_limit


class Outputs:
    """What one cell puts out, up to a size; answers are counted apart, so that a talkative cell can still answer."""

    def __init__(self, limit: int, answers_limit: int) -> None:
        self.kept: list[dict[str, Any]] = []
        self.size = 0
        self.limit = limit
        self.answers_limit = answers_limit
        self.notes: set[str] = set()

    def take(self, kind: str, content: dict[str, Any]) -> None:
        if kind == "clear_output":
            self.kept = [output for output in self.kept if ANSWER_MIME in output.get("data", {})]
        if kind in ("display_data", "execute_result") and ANSWER_MIME in content["data"]:
            self.take_answer(content["data"][ANSWER_MIME])
        elif kind in ("stream", "display_data", "execute_result", "error"):
            self.keep({"output_type": kind, **content})

    def take_answer(self, answer: Any) -> None:
        size = len(json.dumps(answer))
        if size > self.answers_limit:
            return self.note(f"An answer of {size} bytes was dropped; the limit is {self.answers_limit}.")
        self.answers_limit -= size
        self.kept.append({"output_type": "display_data", "data": {ANSWER_MIME: answer}})

    def keep(self, output: dict[str, Any]) -> None:
        size = len(json.dumps(output))
        room = self.limit - self.size
        if size > room:
            if output["output_type"] == "stream":
                self.append_text(output["name"], output["text"][: room // 2])
            self.note("The rest of the output was dropped: it is more than the grader keeps.")
            self.size = self.limit
        elif output["output_type"] == "stream":
            self.append_text(output["name"], output["text"])
            self.size += size
        else:
            self.kept.append(output)
            self.size += size

    def append_text(self, name: str, text: str) -> None:
        if not text:
            return
        last = self.kept[-1] if self.kept else {}
        if last.get("output_type") == "stream" and last["name"] == name:
            last["parts"].append(text)
        else:
            self.kept.append({"output_type": "stream", "name": name, "parts": [text]})

    def note(self, sentence: str) -> None:
        """Once for each sentence."""
        if sentence in self.notes:
            return
        self.notes.add(sentence)
        self.kept.append({"output_type": "stream", "name": "stderr", "parts": [f"\n[{sentence}]\n"]})


def execute(
    kernel: Kernel,
    client: BlockingKernelClient,
    source: str,
    outputs: Outputs,
    limit: Callable[[float], Limit],
    seconds: float,
    grace: float,
) -> bool:
    """Run one cell into `outputs`; was it in time? A cell that runs too long is interrupted. `limit`: begins one.

    Raises:
        KernelDied: "died", before the cell had ended, or "late", killed because an interrupt did not end it.
    """
    request = client.execute(source, allow_stdin=False, stop_on_error=False)
    deadline, quiet = limit(seconds), limit(QUIET)
    interrupted = False
    while True:
        if deadline.is_over():
            if interrupted:
                kernel.shutdown_kernel(now=True)
                raise KernelDied("late")
            kernel.interrupt_kernel()
            interrupted = True
            deadline = limit(grace)
        try:
            message = client.get_iopub_msg(timeout=INTERVAL)
            quiet = limit(QUIET)
            if message["parent_header"].get("msg_id") != request:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "status" and content["execution_state"] == "idle":
                return not interrupted
            outputs.take(kind, content)
        except queue.Empty:
            if not quiet.is_over():
                continue
            if not kernel.is_alive():
                raise KernelDied("died") from None
            if replied_to(client, request):  # it has ended, and its last word was lost
                return not interrupted
        except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
            outputs.note("A message that cannot be read was dropped.")


def replied_to(client: BlockingKernelClient, request: str) -> bool:
    """Has the kernel replied to this request by now? Its replies to others are dropped."""
    while True:
        try:
            if client.get_shell_msg(timeout=0)["parent_header"].get("msg_id") == request:
                return True
        except queue.Empty:
            return False
        except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
            continue


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), started)
