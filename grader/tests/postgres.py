"""A PostgreSQL server of one's own."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NOBODY = 65534  # PostgreSQL refuses to be root's


class Missing(Exception):
    """PostgreSQL, or the package with which Python talks to it, is not here."""


@contextmanager
def server(connections: int) -> Iterator[str]:
    """The address of a database, which takes so many connections.

    Raises:
        Missing
    """
    try:
        import psycopg2  # noqa: F401
    except ModuleNotFoundError:
        raise Missing("psycopg2 is not installed") from None
    found = [shutil.which("pg_ctl"), *sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))]
    programs = [Path(path).resolve().parent for path in found if path]
    if not programs:
        raise Missing("there is no PostgreSQL server here (Debian's package: postgresql)")
    with tempfile.TemporaryDirectory() as name:
        yield from _running(Path(name), programs[0], connections)


def _running(folder: Path, programs: Path, connections: int) -> Iterator[str]:
    """On a socket in the folder."""
    user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    if user:
        os.chown(folder, NOBODY, NOBODY)

    def call(program: str, *arguments: str) -> None:
        command = [programs / program, "--pgdata", folder / "data", *arguments]
        subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL, **user)

    call("initdb", "--auth=trust", "--username=teacher", "--no-sync")
    settings = (
        f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off -c max_connections={connections} "
    )
    settings += "-c superuser_reserved_connections=0 -c max_wal_senders=0"
    call("pg_ctl", "start", "--wait", "--silent", f"--log={folder / 'log'}", f"--options={settings}")
    try:
        yield f"postgresql+psycopg2://teacher@/postgres?host={folder}"
    finally:
        call("pg_ctl", "stop", "--silent", "--mode=immediate")
