"""A student's way through the notebook, in a real browser: JupyterLab and the classic Notebook in headless Chromium.

A test that fails leaves a screenshot and the page's text in its `tmp_path`, and names them.

    SCREENSHOTS=FOLDER pytest solutions/tests/test_jupyterlab.py    # also writes pictures to be looked at
"""

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest

from solutions import mutants
from solutions.tests.jupyter import page_of
from solutions.tools import course

playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright: make setup")

pytestmark = pytest.mark.slow
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
def sources(server) -> tuple[str, ...]:
    """Of all cells of the notebook, of which the course now has a copy for each front end."""
    notebook = nbformat.read(course.STUDENTS / NAME / f"{NAME}.ipynb", as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":  # what the tests see will have been computed in front of their eyes
            cell.outputs, cell.execution_count = [], None
    for frontend in FRONTENDS:
        shutil.copytree(course.STUDENTS / NAME, server.course / frontend)
        nbformat.write(notebook, server.course / frontend / f"{NAME}.ipynb")
    for name, values in SETTINGS.items():
        path = server.home / "config" / "lab" / "user-settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))
    return tuple(cell.source for cell in notebook.cells)


@pytest.fixture
def opened(browser, server, sources, tmp_path) -> Callable[[str], AbstractContextManager[Notebook]]:
    """The notebook in a front end, its kernel ready; nothing but this server may be asked for anything."""

    @contextmanager
    def opened(frontend: str) -> Iterator[Notebook]:
        with page_of(browser, tmp_path) as page:
            asked = []
            page.on("request", lambda request: asked.append(request.url) if request.url.startswith("http") else None)
            page.goto(f"{server.url}{FRONTENDS[frontend]}/{frontend}/{NAME}.ipynb?token={server.token}")
            page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').wait_for(timeout=PATIENCE)
            yield Notebook(page, sources)
            assert [url for url in asked if not url.startswith(server.url)] == []

    return opened


def test_a_student_works_in_jupyterlab_from_the_stub_to_the_training(opened):
    with opened("jupyterlab") as notebook:
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


def test_the_classic_notebook_shows_the_same(opened):
    with opened("classic") as notebook:
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
