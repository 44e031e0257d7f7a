"""Grades with many processes at once, on one machine or on a cluster, by Dask's distributed scheduler.

A worker has one submission at a time, and no other waits there. So whatever ends a worker is known by name: it is graded
once more, by another process, and if that ends as well it is given back as failed; nobody else's work is blamed. What a
worker is to do next is ready in this process.

Whoever may grade has been asked before what it grades with (see `versions`), and has the course from then on.
"""

import contextlib
import logging
import pickle
import queue
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cloudpickle
from distributed import CancelledError, Future, KilledWorker

from grader.autograde import cluster, ending, tasks, versions
from grader.autograde.progress import Progress
from grader.autograde.work import Course, Died, Graded, NoWorkers, Work

MOST_DEATHS = 2  # of workers, by one submission
LOOK = 1.0  # seconds after which we look again who is there
PATIENCE = 120  # seconds without any worker; then the run ends
FETCHING = 60  # seconds in which a result has to come from its worker

Result = tuple[Work, Graded | Exception]


@dataclass
class Task:
    """deaths: of workers that had it."""

    work: Work
    deaths: int = 0
    future: Future | None = None


@dataclass
class Worker:
    """address: where Dask knows it. ready: what it does before it grades: `meet`, then `equip`."""

    address: str
    ready: Future
    met: tasks.Met | None = None
    is_equipped: bool = False
    task: Task | None = None


class Workers:
    """A Pool (see `work`): workers of this machine, or of a scheduler.

    Args:
        log: tells of workers that die or must not grade.
        progress: is told what starts and ends.
        count: of this machine's workers.
        scheduler: the address of a scheduler whose workers take their place.

    Raises:
        NoWorkers: on entering, or while mapping: there is nobody to grade.
    """

    def __init__(
        self,
        log: logging.Logger | logging.LoggerAdapter,
        progress: Progress,
        count: int,
        scheduler: str = "",
    ) -> None:
        self.log, self.progress, self.count, self.scheduler = log, progress, count, scheduler
        self.run = uuid.uuid4().hex
        self.course: Course | None = None
        self.workers: dict[str, Worker] = {}  # by their addresses
        self.unfit: dict[str, str] = {}  # the others, and why
        self.done: queue.SimpleQueue[str] = queue.SimpleQueue()  # keys of futures
        self.again: deque[Task] = deque()
        self.results: deque[Result] = deque()

    def __enter__(self) -> "Workers":
        if self.scheduler and not self.scheduler.startswith("tls://"):
            self.log.warning(
                "%s is not tls://: whoever reaches that scheduler may read all work and run code as its owner",
                self.scheduler,
            )
        with contextlib.ExitStack() as context:
            context.enter_context(self.progress.visible())
            start = cluster.remote(self.scheduler) if self.scheduler else cluster.local(self.count)
            self.client = context.enter_context(start)
            self.context = context.pop_all()
        return self

    def __exit__(self, *reason: Any) -> None:
        with self.context:
            if self.scheduler:
                self._leave()
        ending.remove_leftovers()  # of workers that were killed

    def _leave(self) -> None:
        """The workers of a scheduler stay; what they do for us is to end at once."""
        with contextlib.suppress(OSError, TimeoutError):
            self.client.cancel([worker.task.future for worker in self.workers.values() if worker.task])
            self.client.run(tasks.end, self.run, workers=list(self.workers), on_error="ignore")

    def map(self, course: Course, works: Iterable[Work]) -> Iterator[Result]:
        """See `work.Pool`. Of works and results no more are here than there are workers, and a few."""
        if course is not self.course:
            self.course, self.pickled = course, cloudpickle.dumps(course)  # settings may define what only they know
            self.workers, self.unfit = {}, {}
        works, self.looked, self.seen = iter(works), 0.0, time.monotonic()
        following = next(works, None)
        while True:
            self._look()
            for worker in self.workers.values():
                if worker.is_equipped and not worker.task and len(self.results) <= len(self.workers):
                    if self.again:
                        self._give(worker, self.again.popleft())
                    elif following:
                        self._give(worker, Task(following))
                        following = next(works, None)
            if self.results:
                work, graded = self.results.popleft()
                self.progress.ends(work.student, graded)
                yield work, graded
            elif not (following or self.again or any(worker.task for worker in self.workers.values())):
                return
            self._collect(0 if self.results else LOOK)
            self.progress.show()

    # Workers

    def _look(self) -> None:
        """Who has come, and who is no longer there?"""
        if time.monotonic() - self.looked < LOOK:
            return
        try:
            there = self.client.nthreads()
        except OSError as problem:
            raise NoWorkers(f"The scheduler is lost: {problem}") from None
        self.looked = time.monotonic()
        for address in self.workers.keys() - there.keys():
            self._lose(self.workers[address])
        self.unfit = {address: why for address, why in self.unfit.items() if address in there}
        for address in there.keys() - self.workers.keys() - self.unfit.keys():
            self.workers[address] = Worker(address, self._submit(address, tasks.meet))
        if self.workers:
            self.seen = self.looked
        elif self.unfit:
            raise NoWorkers(f"No worker can grade. {' '.join(sorted(set(self.unfit.values())))}")
        elif self.looked - self.seen > PATIENCE:
            raise NoWorkers(f"There has been no worker for {PATIENCE} seconds.")

    def _submit(self, address: str, task: Callable[..., Any], *arguments: Any, after: Future | None = None) -> Future:
        future = cluster.submit(self.client, address, task, *arguments, after=after)
        future.add_done_callback(lambda future: self.done.put(future.key))
        return future

    def _prepare(self, worker: Worker) -> None:
        """A worker has answered: to `meet`, or to `equip`, whose result stays there."""
        try:
            problem = worker.ready.exception(timeout=FETCHING)
            answer = worker.ready.result(timeout=FETCHING) if not (problem or worker.met) else None
        except (CancelledError, TimeoutError) as gone:
            problem, answer = gone, None
        if problem is not None:
            self._lose(worker)
            if not isinstance(problem, KilledWorker | CancelledError | TimeoutError):
                self._refuse(worker, str(problem) or type(problem).__name__)
        elif answer is not None:
            worker.met = answer
            if differences := versions.differences(versions.here(), worker.met.versions):
                self._lose(worker)
                self._refuse(worker, f"it has another {differences}; scores might differ.")
            else:
                folder = str(Path.cwd()) if self.scheduler else None
                worker.ready = self._submit(worker.address, tasks.equip, self.pickled, folder)
        else:
            worker.is_equipped = True

    def _refuse(self, worker: Worker, why: str) -> None:
        self.unfit[worker.address] = f"The worker {worker.address} is not used: {why}"
        self.log.error("%s", self.unfit[worker.address])

    def _lose(self, worker: Worker) -> None:
        self.looked = 0.0
        del self.workers[worker.address]
        if worker.task:
            self._died(worker, worker.task)

    # Submissions

    def _give(self, worker: Worker, task: Task) -> None:
        pickled = pickle.dumps(task.work)
        task.future = self._submit(
            worker.address, tasks.grade, self.run, worker.met.process, pickled, after=worker.ready
        )
        worker.task = task
        self.progress.starts(task.work.student)

    def _collect(self, seconds: float) -> None:
        """What has been done until now; wait for that so long."""
        with contextlib.suppress(queue.Empty):
            while True:
                key = self.done.get(timeout=seconds) if seconds else self.done.get_nowait()
                seconds = 0
                for worker in list(self.workers.values()):
                    if worker.ready.key == key:
                        self._prepare(worker)
                    elif worker.task and worker.task.future.key == key:
                        self._take(worker)

    def _take(self, worker: Worker) -> None:
        """The result of a worker."""
        task = worker.task
        try:
            graded = pickle.loads(task.future.result(timeout=FETCHING))
        except (KilledWorker, CancelledError, tasks.Restarted):
            self._lose(worker)
            return
        except Exception as problem:
            if task.future.status != "error":  # it was graded, and the worker is gone with the result
                self._lose(worker)
                return
            graded = problem
        worker.task = None
        self.results.append((task.work, graded))

    def _died(self, worker: Worker, task: Task) -> None:
        self.client.cancel(task.future)
        task.deaths += 1
        name = worker.met.name
        if task.deaths < MOST_DEATHS:
            self.log.warning("%s died while it graded %s, which is graded once more", name, task.work.student)
            self.again.append(task)
        else:
            self.log.error("%s died as well while it graded %s, which is set aside", name, task.work.student)
            self.results.append((task.work, Died(f"{task.deaths} processes died while they graded it")))
