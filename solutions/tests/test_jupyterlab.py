"""A student's way through the notebook, in a real browser: JupyterLab and the classic Notebook in headless Chromium.

One server, of a JupyterLab that knows nothing of the user's own, serves both. A test that fails leaves a screenshot and
the page's text in its `tmp_path`, and names them.

    SCREENSHOTS=FOLDER pytest solutions/tests/test_jupyterlab.py    # also writes pictures to be looked at
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import nbformat
import pytest

from solutions import mutants
from solutions.tools import course

playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright: make setup")

pytestmark = pytest.mark.slow
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
NAME = "homework3"
FRONTENDS = {"jupyterlab": "lab/tree", "classic": "notebooks"}  # folder of a copy of the course -> address of its pages
SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},  # all cells are in the page, not only those in view
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "apputils-extension/themes": {"adaptive-theme": True},  # dark where the browser says so
}
PATIENCE = 120_000  # milliseconds; a cell takes seconds, on a busy machine more
ATTEMPTS = 30  # to have a cell run, within that time
SAMPLER, LOSS = "class HardClusterTripletsSampler(", "class ClusterLoss("
SAMPLER_CHECKS = [f'check("hard_cluster.{part}"' for part in ("triplets", "labels", "training", "errors")]
CHECKS = [*SAMPLER_CHECKS, 'check("hard_cluster.loss"']
TRAINING, CURVES = 'wanted("hard cluster") and ready(', 'show_training("hard cluster")'
WRONG = mutants.named(NAME, "own_centroid_not_excluded").source
RIGHT = mutants.sources(NAME)


@dataclass(frozen=True)
class Notebook:
    """An open notebook. A cell is named by text that its source, as it was opened, has and no other's."""

    page: "playwright.Page"
    sources: tuple[str, ...]  # of all cells

    def cell(self, text: str) -> "playwright.Locator":
        (place,) = (place for place, source in enumerate(self.sources) if text in source)
        return self.page.locator(f'.jp-Notebook-cell[data-windowed-list-index="{place}"]')

    def output(self, text: str) -> "playwright.Locator":
        return self.cell(text).locator(".jp-Cell-outputArea")

    def write(self, text: str, source: str) -> None:
        """Replace what stands in a cell."""
        self.cell(text).locator(".cm-content").press("ControlOrMeta+A")
        self.page.keyboard.insert_text(source.strip())

    def run(self, *texts: str) -> None:
        """Run these cells, one after the other, each to its end."""
        for text in texts:
            prompt = self.cell(text).locator(".jp-InputPrompt")
            before = prompt.inner_text()
            for _ in range(ATTEMPTS):  # a page that has just been opened may swallow the keys
                self.cell(text).locator(".cm-content").press("Control+Enter")
                with suppress(AssertionError):
                    playwright.expect(prompt).not_to_have_text(before, timeout=PATIENCE / ATTEMPTS)
                    break
            number = re.compile(rf"^(?!{re.escape(before)})\[\d+\]:$")
            playwright.expect(prompt).to_have_text(number, timeout=PATIENCE)

    def run_all(self) -> None:
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        unfinished = self.page.locator(".jp-CodeCell .jp-InputPrompt", has_text=re.compile(r"\[[ *]\]"))
        playwright.expect(unfinished).to_have_count(0, timeout=PATIENCE)

    def expect(self, text: str, *answers: str) -> None:
        """The output of a cell contains these answers."""
        for answer in answers:
            playwright.expect(self.output(text)).to_contain_text(answer, timeout=PATIENCE)

    def picture(self, text: str, kind: str) -> "playwright.Locator":
        """The first svg or img in the output of a cell, not counting the front end's own icons."""
        return self.cell(text).locator(f".jp-OutputArea-output {kind}").first

    def expect_picture(self, text: str, kind: str) -> None:
        """The output of a cell shows an svg or img that is large enough to see."""
        picture = self.picture(text, kind)
        playwright.expect(picture).to_be_visible(timeout=PATIENCE)
        box = picture.bounding_box()
        assert box["width"] > 300, box
        assert box["height"] > 100, box

    def expect_no_error(self) -> None:
        playwright.expect(self.page.locator('[data-mime-type="application/vnd.jupyter.error"]')).to_have_count(0)


@pytest.fixture(scope="module")
def browser() -> Iterator["playwright.Browser"]:
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    if executable is None:
        give_up = pytest.fail if os.environ.get("CI") else pytest.skip  # .ci/run installs it: there, a skip would lie
        give_up(f"needs Chromium: none of {', '.join(BROWSERS)} is installed (on Debian: apt install chromium)")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=executable)
        yield browser
        browser.close()


@dataclass(frozen=True)
class Server:
    url: str
    token: str
    sources: tuple[str, ...]


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Server]:
    """JupyterLab on a free port, in a home of its own, on a copy of the course for each front end."""
    home = tmp_path_factory.mktemp("home")
    notebook = nbformat.read(course.STUDENTS / NAME / f"{NAME}.ipynb", as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":  # what the tests see will have been computed in front of their eyes
            cell.outputs, cell.execution_count = [], None
    for frontend in FRONTENDS:
        shutil.copytree(course.STUDENTS / NAME, home / "course" / frontend)
        nbformat.write(notebook, home / "course" / frontend / f"{NAME}.ipynb")
    for name, values in SETTINGS.items():
        path = home / "config" / "lab" / "user-settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JUPYTER")} | {
        "HOME": str(home),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "MPLCONFIGDIR": matplotlib.get_configdir(),  # a new home would have its list of fonts made anew
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--port=0", "--allow-root"]
    command.append(f"--ServerApp.root_dir={home / 'course'}")
    with (home / "server.log").open("w") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        info = wait_for(home / "runtime" / f"jpserver-{process.pid}.json", process, home / "server.log")
        yield Server(info["url"], info["token"], tuple(cell.source for cell in notebook.cells))
    finally:
        process.terminate()  # its kernels go with it
        process.wait(timeout=30)


def wait_for(path: Path, process: subprocess.Popen, log: Path) -> dict:
    """What the server writes of itself as soon as it listens."""
    deadline = time.monotonic() + 60
    while not (path.exists() and path.read_text().rstrip().endswith("}")):
        if process.poll() is not None or time.monotonic() > deadline:
            pytest.fail(f"JupyterLab does not start:\n{log.read_text()}")
        time.sleep(0.1)
    return json.loads(path.read_text())


@contextmanager
def opened(browser: "playwright.Browser", server: Server, frontend: str, evidence: Path) -> Iterator[Notebook]:
    """The notebook in a front end, its kernel ready; nothing but this server may be asked for anything."""
    page = browser.new_page(viewport={"width": 1240, "height": 950})
    asked = []
    page.on("request", lambda request: asked.append(request.url) if request.url.startswith("http") else None)
    try:
        page.goto(f"{server.url}{FRONTENDS[frontend]}/{frontend}/{NAME}.ipynb?token={server.token}")
        page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').wait_for(timeout=PATIENCE)
        yield Notebook(page, server.sources)
        assert [url for url in asked if not url.startswith(server.url)] == []
    except Exception as problem:
        page.screenshot(path=evidence / "page.png")
        (evidence / "page.txt").write_text(page.inner_text("body"))
        problem.add_note(f"The page as it was then: {evidence / 'page.png'}, its text: {evidence / 'page.txt'}")
        raise
    finally:
        page.close()


def test_a_student_works_in_jupyterlab_from_the_stub_to_the_training(browser, server, tmp_path):
    with opened(browser, server, "jupyterlab", tmp_path) as notebook:
        shorten(notebook)
        # nbgrader's button finds no fault with an untouched notebook, so `make setup` takes it away
        assert notebook.page.get_by_role("button", name="Validate").count() == 0
        notebook.run_all()
        notebook.expect_no_error()
        for check in CHECKS:
            notebook.expect(check, "not implemented yet")
        notebook.expect(TRAINING, "This training cell opens when these checks are green", "not there yet")
        take_screenshots(notebook, "untouched", notebook.cell(TRAINING))

        notebook.write(SAMPLER, WRONG)
        notebook.run(SAMPLER, *SAMPLER_CHECKS)
        notebook.expect(CHECKS[0], "not there yet", "Exclude the diagonal")
        notebook.expect_picture(CHECKS[0], "svg")
        take_screenshots(notebook, "wrong", notebook.picture(CHECKS[0], "svg"))

        notebook.write(SAMPLER, RIGHT["HardClusterTripletsSampler"])
        notebook.write(LOSS, RIGHT["ClusterLoss"])
        notebook.run(SAMPLER, LOSS, *CHECKS)
        for check in CHECKS:
            notebook.expect(check, ": passed (")
        take_screenshots(notebook, "right", notebook.cell(CHECKS[-1]))

        notebook.run(TRAINING, CURVES)
        notebook.expect(TRAINING, "hard cluster: 100%")
        notebook.expect_picture(CURVES, "img")
        notebook.expect_no_error()
        take_screenshots(notebook, "training", notebook.cell(CURVES))


def test_the_classic_notebook_shows_the_same(browser, server, tmp_path):
    with opened(browser, server, "classic", tmp_path) as notebook:
        notebook.run("import math")
        notebook.run(SAMPLER, CHECKS[0])
        notebook.expect(CHECKS[0], "not implemented yet")
        notebook.write(SAMPLER, WRONG)
        notebook.run(SAMPLER, CHECKS[0])
        notebook.expect(CHECKS[0], "not there yet", "Exclude the diagonal")
        notebook.expect_picture(CHECKS[0], "svg")
        notebook.write(SAMPLER, RIGHT["HardClusterTripletsSampler"])
        notebook.run(SAMPLER, CHECKS[0])
        notebook.expect(CHECKS[0], ": passed (")
        notebook.expect_no_error()


def shorten(notebook: Notebook) -> None:
    """In the settings, as a student would: one epoch, of the hard clusters alone."""
    (settings,) = (source for source in notebook.sources if "epochs = None" in source)
    short = settings.replace("epochs = None", "epochs = 1").replace("methods = None", 'methods = ["hard cluster"]')
    notebook.write("epochs = None", short)


def take_screenshots(notebook: Notebook, name: str, last: "playwright.Locator") -> None:
    """JupyterLab without its side bars, what is `last` of interest at its foot, light and dark, if SCREENSHOTS asks."""
    if folder := os.environ.get("SCREENSHOTS"):
        for scheme, light in (("light", "true"), ("dark", "false")):
            notebook.page.emulate_media(color_scheme=scheme)
            theme = notebook.page.locator(f'body[data-jp-theme-light="{light}"]')
            theme.wait_for(state="attached", timeout=PATIENCE)
            last.evaluate("element => element.scrollIntoView({block: 'end'})")
            notebook.page.evaluate("document.querySelectorAll('.cm-scroller').forEach(code => code.scrollLeft = 0)")
            notebook.page.locator("#jp-main-dock-panel").screenshot(path=Path(folder, f"{name}-{scheme}.png"))
