"""Waits while another program has the gradebook locked, as a formgrader, another grading or a database browser may.

SQLite lets one program write at a time. nbgrader gives up after five seconds and advises an upgrade of the database.
"""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from logging import Logger
from typing import TypeVar

from nbgrader.converters.base import NbGraderException
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

Result = TypeVar("Result")

SILENT = 20  # seconds that SQLite waits for a lock without a word
EVERY = 60  # seconds after which the log says that it is still locked
LONGEST = 900  # seconds; then the run ends


class Locked(NbGraderException):
    """The gradebook stayed locked."""


def with_timeout(url: str) -> str:
    """The address of a gradebook, with which SQLite waits for locks."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or "timeout" in parsed.query:
        return url
    return parsed.update_query_dict({"timeout": str(SILENT)}).render_as_string(hide_password=False)


def patiently(work: Callable[[], Result], url: str, log: Logger) -> Result:
    """What `work` returns. Where it fails because the gradebook is locked, wait, and do it again from its beginning.

    Raises:
        Locked: for longer than LONGEST.
    """
    deadline = None
    while True:
        try:
            return work()
        except Exception as problem:
            if not is_locked(problem):
                raise
        deadline = deadline or time.monotonic() + LONGEST
        _wait(make_url(url).database, deadline, log)


def why_not_opened(url: str, problem: ModuleNotFoundError | SQLAlchemyError) -> str:
    """As sentences, without the password that may be in the address."""
    shown = make_url(url).render_as_string()
    if isinstance(problem, SQLAlchemyError):
        return f"The gradebook {shown} cannot be reached: {problem.__cause__ or problem}".strip()
    other = (
        ", or write postgresql+psycopg2://… in its address" if make_url(url).get_backend_name() == "postgresql" else ""
    )
    return f"The gradebook {shown} needs the package {problem.name}, which is not here: install it{other}."


def is_locked(problem: BaseException | None) -> bool:
    """Is this, or what it came of, SQLite's word that another one holds a lock?"""
    while problem is not None:
        if isinstance(problem, sqlite3.OperationalError) and _is_busy(problem):
            return True
        problem = problem.__cause__ or problem.__context__
    return False


def _is_busy(problem: sqlite3.OperationalError) -> bool:
    code = getattr(problem, "sqlite_errorcode", 0) & 0xFF  # without what SQLite adds on the kind of lock
    return code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _wait(path: str, deadline: float, log: Logger) -> None:
    while (left := deadline - time.monotonic()) > 0:
        log.warning(
            "The gradebook %s is locked by another program: waiting for it, at most %.0f seconds more", path, left
        )
        try:
            with closing(sqlite3.connect(path, timeout=min(EVERY, left))) as connection:
                connection.execute("BEGIN EXCLUSIVE")
            return
        except sqlite3.OperationalError as problem:
            if not _is_busy(problem):
                raise
    raise Locked(
        f"The gradebook {path} has been locked by another program for {LONGEST} seconds (close whatever has it open, "
        "such as a database browser). What was graded until now is kept; run nbgrader autograde again for the rest."
    )
