"""A kernel that is a fork of this process, which has imported what a kernel needs: instead of Jupyter's kernel manager."""

import os
import secrets
import signal
from pathlib import Path
from typing import NoReturn

from jupyter_client import BlockingKernelClient
from jupyter_client.connect import write_connection_file

from grader.autograde.sandbox.kernel_runner import set_dumpable
from grader.protocol import KERNEL


class ForkedKernel:
    """See `kernel_runner.Kernel`."""

    def __init__(self, connection_file: Path, work: Path, environment: dict[str, str]) -> None:
        self.connection_file = str(connection_file)
        write_connection_file(
            self.connection_file,
            transport="ipc",
            ip=str(connection_file.with_suffix("")),
            key=secrets.token_hex().encode(),
        )
        self.ended = False
        self.pid = os.fork()
        if self.pid == 0:
            _become_kernel(self.connection_file, work, environment)

    def blocking_client(self) -> BlockingKernelClient:
        client = BlockingKernelClient(connection_file=self.connection_file)
        client.load_connection_file()
        return client

    def is_alive(self) -> bool:
        self.ended = self.ended or os.waitpid(self.pid, os.WNOHANG)[0] != 0
        return not self.ended

    def interrupt_kernel(self) -> None:
        self._signal(signal.SIGINT)

    def shutdown_kernel(self, now: bool = True) -> None:
        self._signal(signal.SIGKILL)
        if not self.ended:
            os.waitpid(self.pid, 0)
            self.ended = True

    def _signal(self, number: int) -> None:
        """To it and all that it has started, as Jupyter does."""
        if self.is_alive():
            os.killpg(self.pid, number)


def _become_kernel(connection_file: str, work: Path, environment: dict[str, str]) -> NoReturn:
    leave = os._exit  # which a kernel replaces
    try:
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nothing, descriptor)
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))
        set_dumpable(True)  # as of any program: its files in /proc belong to it
        os.chdir(work)
        os.environ |= {**environment, "JPY_PARENT_PID": str(os.getppid())}
        from ipykernel.kernelapp import IPKernelApp

        # Of the parent, without which it ends, it has heard from its environment already when it was imported, or not.
        IPKernelApp.launch_instance(["-f", connection_file, *KERNEL, f"--IPKernelApp.parent_handle={os.getppid()}"])
    finally:
        leave(1)
