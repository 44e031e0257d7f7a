"""An instructor's way through nbgrader's formgrader, in a real browser: two submissions, one of them hostile, are opened and
graded by hand, and one is graded anew by the formgrader's own button. What was entered by hand stays.

    SCREENSHOTS=FOLDER pytest solutions/tests/test_formgrader.py    # also writes pictures to be looked at
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell
from nbgrader.api import Gradebook

from solutions.tests.jupyter import Server, page_of
from solutions.tools import course, samples

playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright: make setup")

pytestmark = pytest.mark.slow
NAME = "homework3"
CELL = "hard_cluster-triplets"  # 0 points in both submissions
PATIENCE = 120_000  # milliseconds
HIT = "window.hit = 1"
TAGS = f'<script>{HIT}</script><img src="nowhere" onerror="{HIT}"><svg onload="{HIT}"></svg>'
REPORT = "Hard cluster sampler: anchor, positive, negative: not "  # there yet, or implemented yet
COMMENT = "The second row is right."
# The pages take formulas from elsewhere, and wait for it; it is not what is tested.
MATHJAX = 'MathJax = {Hub: {Startup: {signal: {Interest: listen => listen("End")}}}}'


def hostile(notebook):
    """Whatever a page might take for its own: texts, code, outputs of all kinds."""
    code = f"""
from IPython.display import HTML, SVG, Javascript, display
tags = {TAGS!r}
display(HTML(tags), Javascript({HIT!r}), SVG(data='<svg xmlns="http://www.w3.org/2000/svg">' + tags + "</svg>"))
display({{"text/html": tags, "text/markdown": tags, "text/latex": tags, "text/plain": tags}}, raw=True)
print(tags)
raise ValueError(tags)
"""
    notebook = samples.untouched(notebook)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source += f"\n# {TAGS}\nraise ValueError({TAGS!r})"
    link = f"[a](javascript:{HIT.replace(' ', '')})"
    notebook.cells[1:1] = [new_markdown_cell(f"{TAGS} {link}"), new_raw_cell(TAGS), new_code_cell(code)]
    return notebook


@pytest.fixture(scope="module")
def graded(server: Server) -> Path:
    """The course, with two graded submissions."""
    folder = server.course
    student_version = nbformat.read(folder / "release" / NAME / f"{NAME}.ipynb", as_version=4)
    course.submit(folder, "ada", NAME, samples.with_mistake("own_centroid_not_excluded")(student_version))
    course.submit(folder, "eve", NAME, hostile(student_version))
    course.nbgrader(folder, "autograde", NAME)
    return folder


@pytest.fixture
def page(browser, server, graded, tmp_path) -> Iterator["playwright.Page"]:
    """In the formgrader. Nothing but this server is asked for anything, and formulas are not drawn."""
    with page_of(browser, tmp_path) as page:

        def answer(route) -> None:
            if "mathjax" in route.request.url.lower():
                route.fulfill(body=MATHJAX, content_type="text/javascript")
            else:
                asked.append(route.request.url)
                route.abort()

        asked = []
        page.set_default_timeout(PATIENCE)
        page.route(lambda url: not url.startswith(server.url), answer)
        page.goto(f"{server.url}formgrader?token={server.token}")
        yield page
        assert asked == []


@dataclass(frozen=True)
class Work:
    """A submission, opened to be graded."""

    page: "playwright.Page"

    @property
    def score(self) -> "playwright.Locator":
        return self.page.locator(f"#{CELL}")

    @property
    def extra_credit(self) -> "playwright.Locator":
        return self.page.locator(f"#{CELL}_extra_credit")

    @property
    def comment(self) -> "playwright.Locator":
        return self.page.locator("textarea.comment").first

    def enter(self, field: "playwright.Locator", text: str) -> None:
        """And leave the field, which saves it."""
        with self.page.expect_response(lambda answer: answer.request.method == "PUT", timeout=PATIENCE) as saved:
            field.fill(text)
            field.blur()
        assert saved.value.ok

    def expect_our_report_and_nothing_that_ran(self) -> None:
        playwright.expect(self.score).to_have_attribute("placeholder", "0", timeout=PATIENCE)  # the page is all there
        playwright.expect(self.page.get_by_text(REPORT)).to_be_visible(timeout=PATIENCE)
        assert self.page.evaluate("window.hit") is None


def test_what_was_entered_by_hand_survives_another_grading(page, graded):
    page.get_by_role("link", name="Manual Grading").click()
    for _ in ("assignment", "notebook"):
        page.locator("#main-table").get_by_role("link", name=NAME, exact=True).click()
    rows = page.locator("#main-table tr")
    playwright.expect(rows.filter(has_text="/ 10")).to_have_count(2, timeout=PATIENCE)
    take_screenshot(page, "submissions")

    rows.first.get_by_role("link").first.click()
    work = Work(page)
    work.expect_our_report_and_nothing_that_ran()
    student = page.locator("a.name-shown").text_content().strip()
    work.enter(work.score, "0.5")
    work.enter(work.extra_credit, "0.25")
    work.enter(work.comment, COMMENT)
    take_screenshot(page, "entered", work.score)
    page.get_by_role("link", name="Next").click()
    playwright.expect(page.get_by_text("Submission 2 / 2")).to_be_visible(timeout=PATIENCE)
    work.expect_our_report_and_nothing_that_ran()
    playwright.expect(work.score).to_have_value("")

    page.goto(page.url.partition("submissions")[0] + f"manage_submissions/{NAME}")
    for button, answer in (("autograde", "autograded"), ("generate-feedback", "generated feedback for")):
        row = page.locator("#main-table tr").filter(has_text=student)
        row.locator(f".{button} .glyphicon").click()
        playwright.expect(page.get_by_text(f"Successfully {answer} '{NAME}'")).to_be_visible(timeout=PATIENCE)
        take_screenshot(page, button)
        page.reload()

    # The pages remember what they have shown once: so let others say what is in the gradebook.
    with Gradebook(f"sqlite:///{graded / 'gradebook.db'}") as gradebook:
        grade = gradebook.find_grade(CELL, NAME, NAME, student)
        assert (grade.auto_score, grade.manual_score, grade.extra_credit) == (0, 0.5, 0.25)
        comments = {comment.comment for comment in gradebook.find_submission_notebook(NAME, NAME, student).comments}
        assert COMMENT in comments
    feedback = (graded / "feedback" / student / NAME / f"{NAME}.html").read_text()
    assert COMMENT in feedback
    assert "Score: 0.75 / 1.0" in feedback


def take_screenshot(page: "playwright.Page", name: str, place: "playwright.Locator | None" = None) -> None:
    """What an instructor sees, with `place` in the middle, if SCREENSHOTS asks."""
    if folder := os.environ.get("SCREENSHOTS"):
        if place is not None:
            place.evaluate("element => element.scrollIntoView({block: 'center'})")
        page.screenshot(path=Path(folder, f"formgrader-{name}.png"))
