"""Jupyter in a real browser, for tests: headless Chromium, and a server of a home and a course of its own."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib
import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True)
class Server:
    """home: of a user who has set nothing yet; its configuration is read from `config`. course: the server's root."""

    url: str
    token: str
    home: Path
    course: Path


def chromium() -> str:
    """The program; without it, the test that asks for it is skipped."""
    pytest.importorskip("playwright", reason="needs playwright: make setup")
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    if executable is None:
        give_up = pytest.fail if os.environ.get("CI") else pytest.skip  # .ci/run installs it: there, a skip would lie
        give_up(f"needs Chromium: none of {', '.join(BROWSERS)} is installed (on Debian: apt install chromium)")
    return executable


@contextmanager
def headless() -> Iterator["Browser"]:
    executable = chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=executable)
        yield browser
        browser.close()


@contextmanager
def serving(home: Path, course: Path) -> Iterator[Server]:
    """JupyterLab on a free port, started in `course` as an instructor starts it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JUPYTER")} | {
        "HOME": str(home),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "MPLCONFIGDIR": matplotlib.get_configdir(),  # a new home would have its list of fonts made anew
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--port=0", "--allow-root"]
    with (home / "server.log").open("w") as log:
        process = subprocess.Popen(command, cwd=course, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        info = _wait_for(home / "runtime" / f"jpserver-{process.pid}.json", process, home / "server.log")
        yield Server(info["url"], info["token"], home, course)
    finally:
        process.terminate()  # its kernels go with it
        process.wait(timeout=30)


def _wait_for(path: Path, process: subprocess.Popen, log: Path) -> dict:
    """What the server writes of itself as soon as it listens."""
    deadline = time.monotonic() + 60
    while not (path.exists() and path.read_text().rstrip().endswith("}")):
        if process.poll() is not None or time.monotonic() > deadline:
            pytest.fail(f"JupyterLab does not start:\n{log.read_text()}")
        time.sleep(0.1)
    return json.loads(path.read_text())


@contextmanager
def page_of(browser: "Browser", evidence: Path) -> Iterator["Page"]:
    """A new page. Where a test fails on it, a screenshot and its text are left in the folder `evidence`."""
    page = browser.new_page(viewport={"width": 1240, "height": 950})
    try:
        yield page
    except Exception as problem:
        page.screenshot(path=evidence / "page.png")
        (evidence / "page.txt").write_text(page.inner_text("body"))
        problem.add_note(f"The page as it was then: {evidence / 'page.png'}, its text: {evidence / 'page.txt'}")
        raise
    finally:
        page.close()
