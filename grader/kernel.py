"""The kernel in which a notebook answers, while it is graded and for `grader check`.

What politely ends a session, such as `exit()`, ends it some time later, and the faster the machine the more cells still run
until then. Here it does nothing but say so, where it was called. What one cell leaves behind and would break the kernel
itself does not reach the next: output streams that were closed or replaced, and timers whose handler raises.

A student's own session in Jupyter has another kernel. Hostile code can undo all of this: nothing rests on it.
"""

import functools
import os
import signal
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from ipykernel.ipkernel import IPythonKernel
from ipykernel.zmqshell import ZMQInteractiveShell

# Loaded before any cell runs, because a cell may clear the environment that says where the questions are.
from grader import protocol  # noqa: F401

TIMERS = [getattr(signal, name) for name in ("ITIMER_REAL", "ITIMER_VIRTUAL", "ITIMER_PROF") if hasattr(signal, name)]


def ignored(end: Callable[..., Any], what: str) -> Callable[..., Any]:
    """Instead of `end`: a sentence that says `what` was ignored. A fork of the kernel, and a kernel that was left alone,
    still end by it."""
    home = os.getpid(), os.getppid()

    @functools.wraps(end)
    def say(*arguments: Any, **options: Any) -> Any:
        if (os.getpid(), os.getppid()) != home:
            return end(*arguments, **options)
        print(f"[{what}; it was ignored while grading]", file=sys.stderr)

    return say


class AnsweringShell(ZMQInteractiveShell):
    ask_exit = ignored(ZMQInteractiveShell.ask_exit, "exit() ends the session")
    reset = ignored(ZMQInteractiveShell.reset, "reset() deletes all names")

    def init_magics(self) -> None:
        super().init_magics()
        for name in ("reset", "reset_selective"):  # which delete names also by themselves
            magic = ignored(self.magics_manager.magics["line"][name], f"%{name} deletes names")
            self.register_magic_function(magic, "line", name)

    async def run_cell_async(self, *arguments: Any, **options: Any) -> Any:
        streams, publisher = (sys.stdout, sys.stderr), self.display_pub
        try:
            return await super().run_cell_async(*arguments, **options)
        finally:
            (sys.stdout, sys.stderr), self.display_pub = streams, publisher
            for timer in TIMERS:
                signal.setitimer(timer, 0)


class AnsweringKernel(IPythonKernel):
    shell_class = AnsweringShell
    do_shutdown = ignored(IPythonKernel.do_shutdown, "A shutdown ends the session")

    async def shutdown_request(self, *_: Any) -> None:
        """Ours do not ask: they kill."""
        self.do_shutdown(restart=False)

    def start(self) -> None:
        super().start()
        loop = self.io_loop.asyncio_loop
        loop.stop = ignored(loop.stop, "Stopping its event loop ends the session")
        leave = ignored(os._exit, "os._exit() ends the session")

        def end_the_cell(status: int) -> NoReturn:
            leave(status)
            raise SystemExit(status)  # what comes after os._exit() does not expect to run

        os._exit = end_the_cell
