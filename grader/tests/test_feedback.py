"""Pages of feedback are what nbconvert makes of the same notebook, to the byte, whatever stands in it."""

import random
from functools import cache

import pytest
from nbconvert.exporters import HTMLExporter
from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from nbgrader.converters import GenerateFeedback
from nbgrader.coursedir import CourseDirectory

from grader.instructor import feedback
from grader.instructor.feedback import FeedbackPages

CODE = "def f(x):\n    return x < '<b>' and \"&quot;\" or `-->`  # </script> </pre> ' \" &amp;\n\n\n"
# Of each of these a page may hold the beginning only, or the end.
OPEN = [
    "<!-- never closed",
    "<!-- closed -->",
    "-->",
    "<script>alert('1')",
    "</script>",
    "<style>",
    "</style>",
    "<textarea>",
    "<title>",
    "<pre>",
    "</pre>",
    "   \n\n   ",
    "<div title='",
    '<div title="',
    "<div title='a>b' c=\"d>",
    "'",
    '"',
    ">",
    "</div></div></div></div>",
    "<br></br></p>",
    "<img src=x>",
    "<img alt='' src=y>",
    "<![CDATA[",
    "]]>",
    "<?php",
    "<!doctype x",
    "<!",
    "</",
    "<",
    "&",
    "&#",
    "&quot",
    "<svg><path/></svg>",
    "<template>",
    "<div class='jp-Notebook'><div class='jp-OutputArea-output'>",
    "$x<y$ **bold** `code`",
    "```python\nx = '<'\n```",
    "\x00\x0b\r\u202e",
    "<x-y n='1' a=''></x-y>",
]


def pages(*notebooks, **options) -> list[list[str]]:
    """What both make of these, one after the other."""
    exporters = [(exporter if options else usual)(kind, **options) for kind in (HTMLExporter, FeedbackPages)]
    return [[page(each, notebook) for notebook in notebooks] for each in exporters]


def exporter(kind: type[HTMLExporter], **options) -> HTMLExporter:
    """As nbgrader makes it, with its template."""
    settings = GenerateFeedback(coursedir=CourseDirectory()).config
    made = kind(config=settings, **options)
    made.register_preprocessor(CSSHTMLHeaderPreprocessor, enabled=True)
    return made


usual = cache(exporter)  # to make one takes a while


def page(made: HTMLExporter, notebook) -> str:
    grades = {"notebook": "homework", "score": 1, "max_score": 2, "late_penalty": 0}
    return made.from_notebook_node(notebook, {"nbgrader": grades})[0]


def notebook(*texts: str):
    """Each as text and as a student's output, before code and after it."""
    cells = [new_code_cell(CODE)]
    for text in texts:
        shown = new_output("display_data", {"text/html": text, "text/plain": text})
        cells += [new_markdown_cell(text), new_code_cell(CODE, outputs=[shown]), new_code_cell(f"{CODE}{text}")]
    return new_notebook(cells=cells)


@pytest.mark.parametrize("text", OPEN)
def test_a_page_is_the_same_to_the_byte(text):
    theirs, ours = pages(notebook(text))
    assert ours == theirs


@pytest.mark.parametrize("seed", range(20))
def test_so_is_one_with_several_of_these(seed):
    theirs, ours = pages(notebook(*random.Random(seed).choices(OPEN, k=4)))
    assert ours == theirs


def test_what_a_notebook_looks_like_does_not_depend_on_the_one_before():
    other = notebook("ordinary")
    other.cells[0].metadata["magics_language"] = "html"
    other.cells[1].attachments = {"a.png": {"image/png": "aGVsbG8="}}
    other.cells[1].source = "![a](attachment:a.png)"
    once, again = notebook("ordinary"), notebook("ordinary")
    again.metadata["language_info"] = {"name": "ruby"}
    again.cells[1].update(source="![a](attachment:a.png)", attachments={"a.png": {"image/png": "b3RoZXI="}})
    theirs, ours = pages(once, other, again, once)
    assert ours == theirs


@pytest.mark.parametrize("quote", "'\"")
def test_a_quote_that_is_closed_in_code_alone_does_not_matter(quote):
    cells = [new_markdown_cell(f"<div title={quote}"), new_code_cell(CODE)]
    theirs, ours = pages(new_notebook(cells=cells))
    assert ours == theirs


def test_a_template_may_show_code_twice():
    twice = "{% for cell in nb.cells %}{% set it = cell.source | highlight_code %}{{ it }}<!-- {{ it }} -->{% endfor %}"
    theirs, ours = pages(notebook("ordinary"), raw_template=twice)
    assert ours == theirs


def test_students_cannot_pass_an_element_off_as_their_code(monkeypatch):
    monkeypatch.setattr(feedback.secrets, "token_hex", lambda _: "known")
    theirs, ours = pages(notebook("""<code-known a="'" n="0"></code-known>"""))
    assert ours == theirs


def test_the_same_code_is_coloured_once_and_the_same_text_rendered_once(monkeypatch):
    coloured, rendered = [], []
    colour, render = FeedbackPages._colour, HTMLExporter.markdown2html
    monkeypatch.setattr(FeedbackPages, "_colour", lambda *given: coloured.append(given[2]) or colour(*given))
    monkeypatch.setattr(HTMLExporter, "markdown2html", lambda *given: rendered.append(given[2]) or render(*given))
    ours = exporter(FeedbackPages)
    for _ in range(3):
        page(ours, notebook("ordinary"))
    assert coloured == [CODE, f"{CODE}ordinary"]
    assert rendered == ["ordinary"]


def test_the_parser_is_spared_coloured_code(monkeypatch):
    parsed, parser = [], HTMLExporter.from_notebook_node.__globals__["BeautifulSoup"]
    monkeypatch.setitem(
        HTMLExporter.from_notebook_node.__globals__,
        "BeautifulSoup",
        lambda given, **options: parsed.append(given) or parser(given, **options),
    )
    assert '<span class="k">' in page(exporter(FeedbackPages), notebook("ordinary"))
    assert [text.count('<span class="k">') for text in parsed] == [0]
