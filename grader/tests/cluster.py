"""A scheduler of Dask's and its workers, as processes that share no memory and no working folder, and talk in TLS."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from distributed.security import Security

from grader.files import ROOT


class Cluster:
    """The scheduler does not have the kit. folder: of the scheduler's and the workers' own folders."""

    def __init__(self, folder: Path, workers: int) -> None:
        self.folder, self.processes = folder, []
        security = Security.temporary()
        keys = {"ca-file": security.tls_ca_file, "cert": security.tls_client_cert, "key": security.tls_client_key}
        for name, text in keys.items():
            (folder / name).write_text(text)
        self.credentials = [argument for name in keys for argument in (f"--tls-{name}", str(folder / name))]
        (folder / "without" / "grader").mkdir(parents=True)
        (folder / "without" / "grader" / "__init__.py").write_text("raise ImportError('there is no kit here')")
        self.file = folder / "scheduler.json"
        self._start("scheduler", folder / "without", "--protocol", "tls", "--host", "127.0.0.1", "--port", "0")
        for number in range(workers):
            self._start("worker", ROOT, "--nthreads", "1", "--name", str(number))
        while not self.file.exists():
            assert all(process.poll() is None for process in self.processes)
            time.sleep(0.1)

    def settings(self) -> dict[str, str]:
        """Dask's, of somebody who may use it."""
        files = {"ca-file": "ca-file", "client.cert": "cert", "client.key": "key"}
        return {f"distributed.comm.tls.{name}": str(self.folder / file) for name, file in files.items()}

    def environment(self) -> dict[str, str]:
        """The same, for a process."""
        return {
            f"DASK_{name.replace('.', '__').replace('-', '_').upper()}": file for name, file in self.settings().items()
        }

    @property
    def address(self) -> str:
        return json.loads(self.file.read_text())["address"]

    def _start(self, program: str, python_path: Path, *arguments: str) -> None:
        place = self.folder / f"{program}-{len(self.processes)}"
        place.mkdir()
        command = [sys.executable, "-m", f"distributed.cli.dask_{program}", "--scheduler-file", str(self.file)]
        environment = {**os.environ, "PYTHONPATH": str(python_path), "TMPDIR": str(place)}
        with (place / "log").open("w") as log:
            self.processes.append(
                subprocess.Popen(
                    [*command, "--no-dashboard", *self.credentials, *arguments],
                    cwd=place,
                    env=environment,
                    stdout=log,
                    stderr=log,
                )
            )

    def stop(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()
