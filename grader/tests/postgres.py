"""A PostgreSQL server of one's own, in a folder."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NOBODY = 65534  # PostgreSQL refuses to be root's


class Missing(Exception):
    """PostgreSQL, or the package with which Python talks to it, is not here."""


@contextmanager
def server(folder: Path, connections: int) -> Iterator[str]:
    """The address of a database on a socket in `folder`, which takes so many connections.

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
    user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    if user:
        os.chown(folder, NOBODY, NOBODY)
        for parent in folder.parents[:2]:  # temporary folders, which are closed to others
            if parent.stat().st_uid == os.geteuid():
                parent.chmod(parent.stat().st_mode | 0o011)

    def call(program: str, *arguments: str) -> None:
        command = [programs[0] / program, "--pgdata", folder / "data", *arguments]
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
