"""In an outer sandbox: has imported what notebooks import, and forks a `kernel_runner` for each into a sandbox of its own.

`python -P -m grader.autograde.sandbox.zygote CONTROL`: CONTROL is the number of a socket, on which `warm` asks for a sign of
life, or for a fork: bubblewrap's command line of the new sandbox, as JSON, and with it the descriptors for the fork.
The answer to that is "forked", with a pidfd of the sandbox's process, by which it is killed; or what went wrong.

This process never runs a student's code, and knows nothing that students must not know. Its forks enter the new sandbox by
one call, give up all rights that this gives them, make sure of it, and only then become what runs beside hostile code.
"""

import ctypes
import fcntl
import gc
import importlib
import json
import os
import random
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import psutil

ASK, ANSWER, FORKED = b"answer", b"answer", b"forked"
LONGEST = 2**17  # bytes of a question
DESCRIPTORS = 4  # of a fork: standard input and error, for its reports, and a socket to the trusted end
REPORTS, TRUSTED = 3, 4
HOLDER = ["cat"]  # is all that runs in a new sandbox, until the fork is there
PRELOADED = [
    *("torch", "torch.utils._device", "numpy", "scipy.cluster.hierarchy", "scipy.spatial.distance"),
    *("catalyst.contrib.data", "grader.answer", "grader.stand_ins", "grader.student.check"),
    *("ipykernel.kernelapp", "ipykernel.ipkernel", "ipykernel.zmqshell", "jupyter_client.blocking"),
    # What these import only when a kernel starts.
    *("ipykernel.debugger", "IPython.core.completerlib", "IPython.core.debugger", "IPython.core.logger"),
    *("IPython.core.magics.namespace", "IPython.core.oinspect", "IPython.extensions.storemagic"),
    *("sqlite3", "tornado.platform.asyncio"),
    "grader.autograde.sandbox.forked_kernel",
]
# Where a kernel's figures go, by its own default. Matplotlib, which Catalyst imports, asks when it is imported.
FIGURES = "module://matplotlib_inline.backend_inline"

ALL_NAMESPACES = 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000
CLONE_NEWCGROUP = 0x02000000
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 24, 38, 47, 4
CAPABILITIES_VERSION_3 = 0x20080522
WITHOUT_RIGHTS = {
    **dict.fromkeys(("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"), "0" * 16),
    **dict.fromkeys(("Uid", "Gid"), "\t".join(["1000"] * 4)),
    **{"NoNewPrivs": "1", "Seccomp": "2", "Threads": "1"},
}
libc = ctypes.CDLL(None, use_errno=True)


def main(control_number: int) -> None:
    control = socket.socket(fileno=control_number)
    control.set_inheritable(False)
    os.environ["MPLBACKEND"] = FIGURES
    for name in PRELOADED:
        importlib.import_module(name)
    importlib.import_module("grader.assignments").everything()
    from grader.autograde.sandbox.kernel_runner import set_dumpable

    set_dumpable(False)
    gc.collect()
    gc.freeze()
    if (threads := len(os.listdir("/proc/self/task"))) != 1:
        raise SystemExit(f"There are {threads} threads: forks would break.")
    control.send(ANSWER)
    sandboxes: list[subprocess.Popen] = []
    while True:
        question, descriptors, _, _ = socket.recv_fds(control, LONGEST, DESCRIPTORS)
        if not question:
            return  # the trusted end is gone; all sandboxes die with this process
        sandboxes = [sandbox for sandbox in sandboxes if sandbox.poll() is None]
        if question == ASK:
            control.send(ANSWER)
            continue
        try:
            sandboxes.append(sandbox := fork(json.loads(question), descriptors))
        except Exception as problem:
            control.send(repr(problem).encode()[:1000])
        else:
            handle = os.pidfd_open(sandbox.pid)
            socket.send_fds(control, [FORKED], [handle])
            os.close(handle)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)


def fork(command: Sequence[str], descriptors: Sequence[int]) -> subprocess.Popen:
    """A fork in a new sandbox; the sandbox's process."""
    sandbox = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0
    )
    try:
        sandbox.stdin.write(b"\n")
        if not sandbox.stdout.read(1):
            raise RuntimeError(sandbox.stderr.read().decode(errors="replace"))
        holder = psutil.Process(sandbox.pid).children(recursive=True)[-1]
        namespaces = os.pidfd_open(holder.pid)
        if (between := os.fork()) == 0:
            enter(namespaces, descriptors)
        os.close(namespaces)
        if os.waitpid(between, 0)[1] != 0:
            raise RuntimeError("The fork did not enter its sandbox.")
    except BaseException:
        sandbox.kill()
        raise
    finally:
        sandbox.stdout.close()
        sandbox.stderr.close()
    return sandbox


def enter(namespaces: int, descriptors: Sequence[int]) -> NoReturn:
    """A process never changes its own namespace of processes, only that of its children; and only what a process of the
    sandbox's leaves behind belongs to the sandbox's first. So what stays is a fork of a fork of this one."""
    status = 1
    try:
        checked(libc.setns(namespaces, ALL_NAMESPACES), "setns")
        if (first := os.fork()) == 0:
            if os.fork() == 0:
                become_runner(descriptors)
            os._exit(0)
        status = os.waitstatus_to_exitcode(os.waitpid(first, 0)[1])
    finally:
        os._exit(status)


def become_runner(descriptors: Sequence[int]) -> NoReturn:
    try:
        keep(descriptors)
        os.setsid()
        os.chdir("/tmp")
        if not is_in_group():
            return
        give_up_rights()
        draw_anew()
        from grader.autograde.sandbox import kernel_runner
        from grader.autograde.sandbox.forked_kernel import ForkedKernel

        kernel_runner.main(Path("/job"), REPORTS, ForkedKernel)
    except BaseException as problem:
        os.write(2, repr(problem).encode())
    finally:
        os._exit(0)


def keep(descriptors: Sequence[int]) -> None:
    """These at their places, and no other."""
    high = [fcntl.fcntl(descriptor, fcntl.F_DUPFD, 64) for descriptor in descriptors]
    for place, descriptor in zip((0, 2, REPORTS, TRUSTED), high, strict=True):
        os.dup2(descriptor, place)
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.closerange(TRUSTED + 1, os.sysconf("SC_OPEN_MAX"))
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 (for as long as the process lives)


def is_in_group() -> bool:
    """Has the trusted end put this process into its control group?"""
    with socket.socket(fileno=TRUSTED) as trusted:
        trusted.send(b"\n")  # with which comes, because it wants to know, which process this is in its own numbers
        return bool(trusted.recv(1))


def give_up_rights() -> None:
    """
    Raises:
        OSError, RuntimeError: they are still there.
    """
    checked(libc.unshare(CLONE_NEWCGROUP), "unshare")  # in which the group that it is in now is the topmost
    capability = 0
    while libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0:
        capability += 1
    checked(libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), "prctl")
    header, none = (ctypes.c_uint32 * 2)(CAPABILITIES_VERSION_3, 0), (ctypes.c_uint32 * 6)()
    checked(libc.capset(header, none), "capset")
    checked(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl")
    status = dict(line.split(":\t", 1) for line in Path("/proc/self/status").read_text().splitlines())
    if wrong := {name: status[name] for name, value in WITHOUT_RIGHTS.items() if status[name] != value}:
        raise RuntimeError(f"The fork still has rights: {wrong}")


def draw_anew() -> None:
    """All forks would draw the same random numbers."""
    import numpy
    import torch

    random.seed()
    numpy.random.seed()
    torch.seed()


def checked(result: int, call: str) -> None:
    if result < 0:
        raise OSError(number := ctypes.get_errno(), f"{call}: {os.strerror(number)}")


if __name__ == "__main__":
    main(int(sys.argv[1]))
