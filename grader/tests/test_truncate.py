"""A feedback page stays below 1 MB: measured on the page that nbgrader's own template makes."""

import base64
import functools
from pathlib import Path

import nbformat
import nbgrader
import pytest
from nbconvert import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from grader.autograde import grading
from grader.autograde.grading import Grading
from grader.autograde.texts import Texts
from grader.autograde.truncate import CELL_FRAME, CUT, NAME_LIMIT, OUTPUT_FRAME, Room, TruncateFeedback
from grader.limits import KB

MB = 10**6
REPORTS = 115_000  # bytes of all exercises' reports, each with its picture
STUDENTS = Path(__file__).parents[2] / "notebooks"
FORMGRADER = Path(nbgrader.__file__).parent / "server_extensions" / "formgrader"


def bounded(*cells, masters=(), **limits):
    """The cells afterwards; limits are in KB, `masters` are the master's texts."""
    resources = {grading.KEY: Grading(prose=frozenset(masters))}
    return TruncateFeedback(**limits).preprocess(new_notebook(cells=list(cells)), resources)[0].cells


@functools.cache
def exporter() -> HTMLExporter:
    return HTMLExporter(
        template_name="feedback",
        extra_template_basedirs=[str(FORMGRADER / "templates")],
        extra_template_paths=[str(FORMGRADER / "static" / "node_modules" / "bootstrap" / "dist" / "css")],
    )


def page(cells) -> int:
    """Bytes of the feedback page of these cells."""
    names = {"notebook": "hw", "score": 0, "max_score": 1, "late_penalty": 0}
    return len(exporter().from_notebook_node(new_notebook(cells=list(cells)), {"nbgrader": names})[0].encode())


@functools.cache
def empty_page() -> int:
    return page([])


def code(source="", *outputs):
    return new_code_cell(source, outputs=list(outputs))


def text(text, name="stdout"):
    return new_output("stream", name=name, text=text)


def display(text="a", **more):
    return new_output("display_data", {"text/plain": text, **more})


def error(*traceback, ename="E", evalue="v"):
    return new_output("error", ename=ename, evalue=evalue, traceback=list(traceback))


def report(score="1"):
    return new_output("execute_result", {"text/plain": score, "text/html": "<b>report</b>" * 100})


def png(size):
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"x" * size).decode()


# What is cut. The room is given in KB: what is no multiple of one is made by what stands before.


def spending(left):
    """An output after which `left` bytes are left of 2 KB."""
    return display("s" * (2 * KB - OUTPUT_FRAME - left))


def test_what_fits_is_left_alone():
    outputs = [text("hello"), display(), error("trace"), report()]
    cells = bounded(code("x = 1", *outputs), new_markdown_cell("why"))
    assert cells[0].outputs == outputs
    assert [cell.source for cell in cells] == ["x = 1", "why"]


@pytest.mark.parametrize(
    ("left", "kept"),
    [(len(CUT) + 13, "abc"), (len(CUT) + 12, "ab" + CUT), (len(CUT) + 10, CUT), (0, CUT), (-5, CUT)],
)
def test_as_much_of_a_text_is_kept_as_there_is_room_for_beside_its_frame(left, kept):
    room = Room(left)
    assert room.fit("abc", 10, len) == kept
    assert room.left == left - 10 - len(kept)


def test_code_costs_its_letters_and_what_colours_each_word():
    # 2048 - 1700 - 72 = 276: nine times 28 is 252, and a tenth word would need 27 more.
    (cell,) = bounded(code("a " * 100), sources=2)
    assert (CELL_FRAME, len(CUT)) == (1700, 72)
    assert cell.source == "a " * 9 + CUT
    (cell,) = bounded(code("&" * 100), sources=2)
    assert cell.source == "&" * 8 + CUT  # &amp; and its frame: eight times 31 is 248


def test_text_costs_its_bytes_in_html():
    for letter, bytes_each in (("a", 1), ("é", 2), ("漢", 3), ("😀", 4), ("<", 4), ("&", 5)):
        (cell,) = bounded(new_markdown_cell(letter * 2000), sources=2)
        assert cell.source == letter * (276 // bytes_each) + CUT
        (cell,) = bounded(code("", text(letter * 2000)), outputs=1)
        assert cell.outputs == [text(letter * ((KB - OUTPUT_FRAME - 72) // bytes_each) + CUT)]


def test_the_first_cells_are_kept_and_the_last_are_counted():
    # 5120 less the frame and 800 are 2620; less the frame and the length of CUT, 848.
    cells = bounded(
        *[new_markdown_cell(letter * length) for letter, length in zip("abcd", (800, 849, 1, 1))], sources=5
    )
    assert [cell.source for cell in cells] == [
        "a" * 800,
        "b" * 848 + CUT,
        "**From the grader:** 2 more cells are not shown here.",
    ]
    assert cells[2].cell_type == "markdown"


def test_nbgraders_cells_are_all_kept():
    graded = [
        new_code_cell("check()", metadata={"nbgrader": {"grade_id": f"g{n}"}}, outputs=[report(), text("late")])
        for n in range(3)
    ]
    cells = bounded(
        code("x" * 5000, spending(0)), *graded, code("own"), outputs=1, sources=1
    )  # the first is dropped whole
    assert [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in cells] == ["g0", "g1", "g2", None]
    assert [cell.outputs for cell in cells[:3]] == [[report(), text("late")], [report()], [report()]]
    assert cells[3].source == "**From the grader:** 2 more cells are not shown here."


def test_markdown_and_code_share_the_room():
    first, second = bounded(new_markdown_cell("a" * 600), code("b" * 300), sources=4)  # 4096 - 1700 - 600 - 1700 = 96
    assert first.source == "a" * 600
    assert second.source == CUT  # 96 less 72 has no room for a word of one letter and its frame


def test_outputs_and_texts_have_their_own_room():
    (cell,) = bounded(code("a" * 200, text("b" * 300)), outputs=1, sources=2)
    assert (cell.source, cell.outputs) == ("a" * 200, [text("b" * 300)])


def test_the_outputs_of_all_cells_share_the_room():
    first, second = bounded(code("", spending(700)), code("", text("b" * 50, "stderr"), text("c")), outputs=2)
    assert first.outputs == [spending(700)]
    assert second.outputs == [text("b" * (700 - 600 - 72) + CUT, "stderr")]


@pytest.mark.parametrize("output", [text("a"), display("a"), error("a")], ids=["stream", "display", "error"])
def test_where_not_even_a_frame_has_room_there_is_no_output(output):
    (cell,) = bounded(code("", spending(OUTPUT_FRAME + len(CUT) - 1), output), outputs=2)
    assert cell.outputs == [spending(671)]
    (cell,) = bounded(code("", spending(OUTPUT_FRAME + len(CUT)), output), outputs=2)
    assert len(cell.outputs) == 2


def test_a_display_is_kept_whole_or_dropped_and_a_smaller_one_after_it_is_kept():
    (cell,) = bounded(code("", spending(700), display("b" * 101), display("c" * 100), display("d")), outputs=2)
    assert cell.outputs == [spending(700), display("c" * 100)]


def test_a_picture_costs_what_its_base64_has():
    for size, kept in ((300, 1), (330, 0)):  # 412 and 452 characters; 424 are left beside the frame
        assert len(bounded(code("", display("", **{"image/png": png(size)})), outputs=1)[0].outputs) == kept


def test_an_error_is_its_traceback_in_one_piece():
    (cell,) = bounded(code("", error("one", "two", evalue="v" * 2000)))
    assert cell.outputs == [error("one\ntwo", evalue="v" * NAME_LIMIT)]


def test_an_error_without_traceback_is_its_name():
    assert bounded(code("", error(ename="KeyError")))[0].outputs == [error("KeyError", ename="KeyError")]


def test_a_long_traceback_is_cut():
    (cell,) = bounded(code("", error("a" * 3000)), outputs=1)
    assert cell.outputs[0].traceback == ["a" * (KB - 600 - 72) + CUT]


def test_the_report_costs_nothing_and_is_there_even_where_no_room_is_left():
    (cell,) = bounded(code("", report(), text("a" * 300)), outputs=1)
    assert cell.outputs == [report(), text("a" * 300)]
    (cell,) = bounded(code("", spending(0), report(), text("late")), outputs=2)
    assert cell.outputs == [spending(0), report()]


def test_the_masters_texts_cost_nothing_and_copies_of_them_do():
    prose = new_markdown_cell("m" * 5000)
    cells = bounded(prose, code("own"), new_markdown_cell("m" * 5000), code("late"), masters={prose.source}, sources=2)
    assert [cell.source for cell in cells] == [
        prose.source,
        "own",
        "**From the grader:** 2 more cells are not shown here.",
    ]


def test_marks_that_make_code_look_like_other_code_are_spelt_out():
    cells = bounded(code("a = 1  # \u202e }\u2066\n\tb\x08"), new_markdown_cell("m\u202e"), masters={"m\u202e"})
    assert [cell.source for cell in cells] == ["a = 1  # ⟨U+202E⟩ }⟨U+2066⟩\n\tb⟨U+0008⟩", "m\u202e"]


# How large the page becomes


def test_the_room_for_texts_outputs_and_reports_is_on_the_page():
    settings = TruncateFeedback()
    assert settings.reports * KB > REPORTS
    room = (settings.outputs + settings.reports + settings.sources) * KB
    for path in STUDENTS.glob("*/*.ipynb"):
        masters = [cell for cell in nbformat.read(path, as_version=4).cells if "nbgrader" not in cell.metadata]
        for cell in masters:
            if cell.cell_type == "code":
                cell.outputs = []
        assert page(masters) + room < MB


@pytest.mark.parametrize(
    "cells",
    [
        [code("a+" * 100_000, text("&" * 10**6))],
        [code("&" * 10**6)],
        [code("", *[display("", **{"image/png": png(100_000)})] * 20)],
        [code("", error("'" * 10**6, ename="E" * 200, evalue="<" * 10**6))],
    ],
    ids=["dense", "ampersands", "pictures", "error"],
)
def test_the_page_of_the_worst_cells_is_below_a_megabyte(cells):
    assert page(bounded(*cells)) < MB - REPORTS


WORST_TEXTS = {
    "operators": "a+" * 10_000,
    "words": "+ \n" * 10_000,
    "empty lines": "\n" * 50_000,
    "blanks": " " * 90_000 + "a",
    "tabs": "\t" * 50_000,
    "quotes": "'" * 50_000,
    "escapes": '"' + r"\n " * 10_000 + '"',
    "fields": 'f"' + "{a}" * 10_000 + '"',
    "numbers": "1a" * 10_000,
    "decorators": "@a\n" * 10_000,
    "controls": "\x00\x1b[31m" * 10_000,
}
WORST_MARKDOWN = {
    "tags": "<b>" * 10_000,
    "letters": "漢" * 30_000,
    "lines": "a\n" * 10_000,
    "links": "[](a)\n" * 5_000,
    "references": "[a]: https://" + "x" * 1000 + "\n\n" + "[a]\n" * 5_000,  # each use would repeat the address
    "code": "```python\n" + "a+" * 10_000 + "\n```",
}
WORST_OUTPUTS = {
    "a long text": [text("&" * 10**5)],
    "addresses": [text("http://a.b " * 5_000)],
    "tracebacks": [error("http://a.b " * 5_000)],
    "a long display": [display("'" * 10**5)],
    "pictures": [display("", **{"image/png": png(10_000)})] * 10,
}
TENTH = {"outputs": 25, "sources": 35}  # KB: a tenth of everything, so that the tests are fast


def a_tenth_fits(cells) -> bool:
    return page(bounded(*cells, **TENTH)) - empty_page() < (MB - REPORTS - empty_page()) / 10


@pytest.mark.parametrize("source", WORST_TEXTS.values(), ids=WORST_TEXTS)
def test_no_code_outgrows_its_room(source):
    assert a_tenth_fits([code(source)])


@pytest.mark.parametrize("source", WORST_MARKDOWN.values(), ids=WORST_MARKDOWN)
def test_no_markdown_outgrows_its_room(source):
    assert a_tenth_fits([Texts((), False, None, 0).of_student(new_markdown_cell(source))])


@pytest.mark.parametrize("outputs", WORST_OUTPUTS.values(), ids=WORST_OUTPUTS)
def test_no_outputs_outgrow_their_room(outputs):
    assert a_tenth_fits([code("", *outputs)])


@pytest.mark.parametrize(
    "cells",
    [
        [code() for _ in range(50)],
        [code("a") for _ in range(50)],
        [new_markdown_cell("a") for _ in range(50)],
        [code("a+" * 1000) for _ in range(50)],
        [new_markdown_cell("a+" * 1000) for _ in range(50)],
    ],
    ids=["empty", "short", "short texts", "long", "long texts"],
)
def test_fifty_cells_do_not_outgrow_a_tenth_of_the_room(cells):
    assert a_tenth_fits(cells)


MANY = {
    "letters": [code("漢" * 50_000, text("漢" * 50_000))],
    "displays": [code("", *[display() for _ in range(2000)])],
    "streams": [code("", *[text("a", name) for name in ("stdout", "stderr") * 1000])],
    "errors": [code("", *[error("a" * 100, evalue="v" * 2000) for _ in range(2000)])],
    "all at once": [code("a+" * 1000, text("a" * 600), display()) for _ in range(50)],
}


@pytest.mark.parametrize("cells", MANY.values(), ids=MANY)
def test_many_small_things_do_not_outgrow_a_tenth_of_the_room(cells):
    assert a_tenth_fits(cells)
