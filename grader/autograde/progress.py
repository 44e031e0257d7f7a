"""How far a run has come: a display that changes where there is a terminal, a line in the log now and then elsewhere.

The names in it are the students': they are shown with escapes, and are no markup.
"""

import contextlib
import logging
import sys
import time
from collections import Counter
from collections.abc import Iterator

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.text import Text

from grader.autograde import grading, logs
from grader.autograde.grading import Outcome
from grader.autograde.work import Graded

EVERY = 30  # seconds between two lines in the log
OFTEN = 0.25  # seconds between two changes of the display
SLOW = 30  # seconds after which a submission is named that is still being graded


class Progress:
    """Of `total` submissions, some of which will turn out not to be due. log: where nobody looks at a terminal."""

    def __init__(self, log: logging.Logger | logging.LoggerAdapter, total: int) -> None:
        self.log, self.total = log, total
        self.start: float | None = None  # of the first submission
        self.running: dict[str, float] = {}  # student -> since when
        self.outcomes: dict[str, Outcome] = {}  # by student
        self.live: Live | None = None
        self.shown = time.monotonic()

    def leave_out(self) -> None:
        """One is not due."""
        self.total -= 1

    def starts(self, student: str) -> None:
        """Once more, if it was graded before."""
        now = time.monotonic()
        self.start = self.start or now
        self.outcomes.pop(student, None)
        self.running[student] = now
        self.show()

    def ends(self, student: str, graded: Graded | Exception) -> None:
        self.running.pop(student, None)
        self.outcomes[student] = _outcome(graded)
        self.show()

    def show(self) -> None:
        """What has changed, if it is time to."""
        now = time.monotonic()
        if now - self.shown < (OFTEN if self.live else EVERY):
            return
        self.shown = now
        if self.live:
            self.live.update(self._display(), refresh=True)
        else:
            self.log.info("%s", self)

    @contextlib.contextmanager
    def visible(self) -> Iterator[None]:
        """On the terminal, if there is one, until the end of this."""
        console = Console(stderr=True)
        if not console.is_interactive:
            yield
            return
        live = Live(self._display(), console=console, auto_refresh=False, transient=True)
        with live, _through_display(self.log):
            self.live = live
            yield
        self.live = None

    def __str__(self) -> str:
        counts = Counter(self.outcomes.values())
        done, running = len(self.outcomes), len(self.running)
        waiting = max(0, self.total - done - running)
        numbers = [f"{done} done", f"{running} running", f"{waiting} waiting"]
        numbers += [f"{counts[outcome]} {outcome}" for outcome in (Outcome.LIMITED, Outcome.FAILED)]
        return "; ".join(filter(None, [", ".join(numbers), self._speed(done, running + waiting), self._slowest()]))

    def _speed(self, done: int, left: int) -> str:
        if not done or self.start is None:
            return ""
        rate = done / max(time.monotonic() - self.start, 1e-3)
        return f"{rate:.2g} a second" + (f", about {_duration(left / rate)} left" if left else "")

    def _slowest(self) -> str:
        """Who has been running for longest, if that is long."""
        student, since = min(self.running.items(), key=lambda item: item[1], default=("", time.monotonic()))
        seconds = time.monotonic() - since
        return f"{logs.escaped(student)} for {_duration(seconds)}" if seconds > SLOW else ""

    def _display(self) -> Group:
        bar = ProgressBar(max(self.total, 1), len(self.outcomes), width=60)
        return Group(bar, Text(str(self), overflow="ellipsis", no_wrap=True))


def _outcome(graded: Graded | Exception) -> Outcome:
    """Of a submission: the worst of its notebooks."""
    if isinstance(graded, Exception):
        return Outcome.FAILED
    outcomes = {grading.of(resources).outcome for _, resources in graded.notebooks.values()}
    worst = (outcome for outcome in (Outcome.LIMITED, Outcome.UNREADABLE) if outcome in outcomes)
    return next(worst, Outcome.GRADED)


def _duration(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


@contextlib.contextmanager
def _through_display(log: logging.Logger | logging.LoggerAdapter) -> Iterator[None]:
    """Lines that would go to the terminal directly go there through the display, which stands below them."""
    handlers = getattr(log, "logger", log).handlers
    terminal = [
        handler
        for handler in handlers
        if isinstance(handler, logging.StreamHandler) and handler.stream is sys.__stderr__
    ]
    for handler in terminal:
        handler.setStream(sys.stderr)  # the display's, by now
    try:
        yield
    finally:
        for handler in terminal:
            handler.setStream(sys.__stderr__)
