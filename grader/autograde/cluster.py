"""Dask's workers: of this machine, started for one run, or those of a scheduler that is there already."""

import contextlib
import logging
import os
import pickle
import signal
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import dask
from distributed import Client, Future, LocalCluster
from distributed.security import Security

from grader.autograde.work import NoWorkers

PATIENCE = 20  # seconds for a scheduler to answer
SETTINGS = {
    # Without a page for the browser: anybody on this machine could read it.
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    "distributed.scheduler.allowed-failures": 0,  # a task whose worker dies comes back to us, who count
    "distributed.deploy.lost-worker-timeout": "1h",  # else a worker that starts again slowly is given up
    "distributed.admin.large-graph-warning-threshold": "1GiB",  # a submission may be large
}


@contextlib.contextmanager
def local(count: int) -> Iterator[Client]:
    """So many workers of one thread each. When this ends, they have been killed, and their sandboxes with them.

    Whoever reaches a scheduler can run code as its owner, so these talk to each other in TLS, with certificates that nobody
    else has.
    """
    with (
        tempfile.TemporaryDirectory(prefix=f"grader-{os.getpid()}-") as folder,
        dask.config.set({**SETTINGS, "temporary-directory": folder}),
        LocalCluster(
            n_workers=count,
            threads_per_worker=1,
            security=Security.temporary(),
            memory_limit=0,  # what a submission takes is limited in its sandbox
            scheduler_kwargs={"dashboard": False, "dashboard_address": "127.0.0.1:0"},
            silence_logs=logging.CRITICAL,
        ) as cluster,
    ):
        try:
            with Client(cluster) as client:
                yield client
        finally:
            _kill(cluster)


def _kill(cluster: LocalCluster) -> None:
    """At once: Dask itself would wait for tasks to end."""
    for nanny in cluster.workers.values():
        nanny.close_gracefully()  # it starts no other worker
        if nanny.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(nanny.pid, signal.SIGKILL)


@contextlib.contextmanager
def remote(address: str) -> Iterator[Client]:
    """The workers of a scheduler, with the credentials that Dask's own configuration names.

    Raises:
        NoWorkers: there is no scheduler.
    """
    with dask.config.set({name: value for name, value in SETTINGS.items() if ".admin." in name}):
        try:
            client = Client(address, timeout=PATIENCE, set_as_default=False)
        except (OSError, ValueError, TypeError) as problem:
            raise NoWorkers(f"The scheduler {address} does not answer: {problem}") from None
        with client:
            yield client


def submit(
    client: Client, address: str, task: Callable[..., Any], *arguments: Any, after: Future | None = None
) -> Future:
    """Have the worker at an address, and no other, do a task. after: the future whose result is its last argument.

    What is called travels as bytes, and what calls it by value: the scheduler needs nothing of ours.
    """

    def call(pickled: bytes, *last: Any) -> Any:
        return pickle.loads(pickled)(*last)

    results = () if after is None else (after,)
    return client.submit(call, pickle.dumps(partial(task, *arguments)), *results, workers=[address], pure=False)
