"""What a page shows of a student's texts: the letters as they were typed, and the pictures to which they refer."""

import base64
import re
import time

import nbformat
import pytest
from nbconvert import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from grader.autograde.texts import MOST_PICTURES, Texts
from grader.limits import MB
from grader.tests.images import jpeg, png

PHOTO, SKETCH = jpeg(40, 30), png(20, 10)
UNSHOWN = "is not shown here: it"


def pasted(**pictures: bytes | str) -> dict:
    """Attachments as Jupyter makes them, by the names of files with "_" for "."."""
    kinds = {name: "image/png" if name.endswith("png") else "image/jpeg" for name in pictures}
    return {
        name.replace("_", "."): {kinds[name]: data if isinstance(data, str) else base64.b64encode(data).decode()}
        for name, data in pictures.items()
    }


def text(source: str, **pictures: bytes | str):
    return new_markdown_cell(source, **({"attachments": pasted(**pictures)} if pictures else {}))


def texts(known=(), written=True, files=None, megabytes=1) -> Texts:
    return Texts(known, written, files, megabytes)


@pytest.fixture
def files(tmp_path):
    (tmp_path / "My pictures").mkdir()
    (tmp_path / "photo.jpg").write_bytes(PHOTO)
    (tmp_path / "My pictures" / "sketch (1).PNG").write_bytes(SKETCH)
    (tmp_path / "a#b?.jpg").write_bytes(SKETCH)
    (tmp_path / "Lo\u0308sung.jpg").write_bytes(SKETCH)
    (tmp_path / "notes.txt").write_text("no picture")
    return tmp_path


def shown(cell) -> list[bytes]:
    """The pictures on the page of a cell, which nbconvert must be able to make."""
    notebook = new_notebook(cells=[cell])
    nbformat.validate(notebook)
    page = HTMLExporter(template_name="basic").from_notebook_node(notebook)[0]
    sources = re.findall('<img alt="[^"]*" src="([^"]*)"', page)
    return [base64.b64decode(source.partition("base64,")[2]) for source in sources]


def test_a_pasted_picture_stands_behind_the_text():
    cell = texts().of_student(text("See\n![any words](attachment:image.png)", image_png=SKETCH))
    assert shown(cell) == [SKETCH]
    assert cell.source == "    See\n    ![any words](attachment:image.png)\n\n![picture-1](attachment:picture-1)"


@pytest.mark.parametrize(
    ("reference", "picture"),
    [
        ("![](photo.jpg)", PHOTO),
        ("![IMG [1].jpg](photo.jpg)", PHOTO),
        ("![my photo](./photo.jpg)", PHOTO),
        ("![x](Photo.JPG 'a title')", PHOTO),
        ('<img width=300 src="photo.jpg">', PHOTO),
        ("<IMG SRC = photo.jpg>", PHOTO),
        ("![x](My%20pictures/sketch%20(1).PNG)", SKETCH),
        ("![x](<My pictures/sketch (1).png>)", SKETCH),
        ("![x](My pictures\\sketch (1).png)", SKETCH),
        ("![x](a/../photo.jpg)", PHOTO),
        ("![x](photo.jpg#top)", PHOTO),
        ("![x](photo.jpg?raw=true)", PHOTO),
        ("![x](a%23b?.jpg)", SKETCH),
        ("![x](a#b?.jpg)", SKETCH),
        ("![x](Lo\u0308sung.jpg)", SKETCH),
        ("![x](Lösung.jpg)", SKETCH),
        ("<img src=photo.jpg width=300>", PHOTO),
        ("<img src=photo.jpg>", PHOTO),
        ("<img alt='a > b' src=\"photo.jpg\">", PHOTO),
        ("<img alt=\"src=other.jpg\" src='photo.jpg'>", PHOTO),
        ("<img alt=it's src='photo.jpg'>", PHOTO),
        ("<img data-src=other.jpg src=photo.jpg>", PHOTO),
        ('<img src="My pictures/sketch (1).PNG" width=300>', SKETCH),
        ("![y][my  Photo]\n\n[My photo]: photo.jpg\n", PHOTO),
        ("![y][1]\n\n   [1]: <My pictures/sketch (1).PNG> 'a title'\n[1]: other.jpg", SKETCH),
        ("![y][]\n\n[y]: ./photo.jpg\n", PHOTO),
        ("![y]\n\n[y]: photo.jpg\n", PHOTO),
    ],
)
def test_a_picture_that_was_handed_in_is_found_as_students_name_it(files, reference, picture):
    assert shown(texts(files=files).of_student(text(f"See {reference}."))) == [picture]


@pytest.mark.parametrize(
    ("reference", "why"),
    [
        ("![](other.jpg)", "was not handed in"),
        ("![](../photo.jpg)", "was not handed in"),
        ("![](/etc/passwd)", "was not handed in"),
        ("![](My%20pictures)", "was not handed in"),
        ("![](notes.txt)", "is neither PNG nor JPEG"),
        ("![](attachment:none.png)", "was not handed in as PNG or JPEG"),
        ("![](attachment:bad.png)", "is damaged"),
        ("![](attachment:huge.png)", "has 40000 × 40000 pixels, and a page shows no more than 25 million"),
        ("![](attachment:html.png)", "is neither PNG nor JPEG"),
    ],
)
def test_what_cannot_be_shown_leaves_a_sentence(files, reference, why):
    pictures = {"bad_png": "<svg>", "huge_png": png(40000, 40000), "html_png": b"<script>alert(1)</script>"}
    cell = texts(files=files).of_student(text(reference, **pictures))
    assert shown(cell) == []
    assert cell.source.endswith(f"{UNSHOWN} {why}.")
    assert "attachments" not in cell


@pytest.mark.parametrize(
    "reference",
    [
        "![](https://a.b/c.png)",
        '<img src="data:image/png;base64,AAAA">',
        "[x](photo.jpg)",
        "![x][none]",
        "![photo.jpg]",
        "[x]: photo.jpg",
    ],
)
def test_what_is_on_the_web_or_no_picture_is_left_alone(files, reference):
    assert texts(files=files).of_student(text(reference)).source == f"    {reference}"


def test_names_of_pictures_cannot_do_anything_on_a_page():
    name = 'x"onerror="alert(1)'
    cell = new_markdown_cell(
        f"![]({'attachment:'}{name})", attachments={name: {"image/png": base64.b64encode(SKETCH).decode()}}
    )
    assert "onerror" not in texts().of_student(cell).source.partition("\n\n")[2]
    assert "⟨U+202E⟩" in texts().of_student(text("![](a\u202eb.png)")).source


def test_pictures_have_room_until_it_is_full(tmp_path):
    (tmp_path / "large.png").write_bytes(png(1, 1, b"x" * (MB // 2)))
    (tmp_path / "other.png").write_bytes(png(2, 2, b"x" * (MB // 2)))
    (tmp_path / "small.jpg").write_bytes(PHOTO)
    together = texts(files=tmp_path)
    cell = together.of_student(text("![](large.png) ![](other.png) ![](small.jpg)"))
    assert [len(picture) for picture in shown(cell)] == [MB // 2 + 29, len(PHOTO)]
    assert "is too large: 0.5 MB, and the limit is 1 MB for all pictures together." in cell.source
    cell = together.of_student(text("![](attachment:a.png)", a_png=png(1, 1, b"x" * (MB // 2))))
    assert "is too large: 0.5 MB, and the limit is 1 MB for all pictures together." in cell.source


def test_pictures_are_few_and_each_is_shown_once(files):
    together = texts(files=files)
    assert len(shown(together.of_student(text("![](photo.jpg)" * 99)))) == 1
    cell = together.of_student(text(" ".join(f"![](attachment:a{n}.png)" for n in range(99)), a1_png=SKETCH))
    assert cell.source.count(UNSHOWN) == MOST_PICTURES - 2
    assert cell.source.endswith(f"No more than {MOST_PICTURES} pictures of a notebook are shown.")


def test_where_nothing_is_answered_in_writing_there_are_no_pictures(files):
    cell = texts(files=files, written=False).of_student(text("![](photo.jpg) ![](attachment:a.png)", a_png=SKETCH))
    assert (cell.source, "attachments" in cell) == ("    ![](photo.jpg) ![](attachment:a.png)", False)


@pytest.mark.parametrize("written", [True, False])
def test_the_masters_text_is_rendered_with_its_picture_and_shown_as_typed_without_it(written):
    prose = "# A tree\n\n![x](attachment:tree.png)"
    cell = texts([prose], written).of_student(text(f"{prose}\r\n", tree_png=SKETCH, other_png=SKETCH))
    assert (cell.source, list(cell.attachments), shown(cell)) == (prose, ["tree.png"], [SKETCH])
    for pictures in ({}, {"other_png": SKETCH}, {"tree_png": b"<svg/>"}):
        cell = texts([prose], written).of_student(text(prose, **pictures))
        assert (cell.source.startswith("    # A tree"), shown(cell)) == (True, [])


def test_pictures_of_an_answer_in_code_stand_in_a_cell_behind_it(files):
    (cell,) = texts(files=files).behind(new_code_cell('answer = "see ![](photo.jpg)"'))
    assert shown(cell) == [PHOTO]
    assert texts(files=files).behind(new_code_cell("answer = 1")) == []


@pytest.mark.parametrize(
    "piece",
    [
        "![",
        "![](",
        "![](a(",
        "![a[",
        "![[a]",
        "![](a(b)",
        "<img ",
        "<img src=",
        "<img src",
        '<img alt="',
        '<img a="a',
        '<img a=""',
        '=""',
        "<img = = =",
        "[a]: <",
        "[a]: b\n",
        "![a][b]",
        "![a][",
        f"![{'a' * 299}",
        f"![]({'a' * 299}",
    ],
)
def test_hostile_references_are_read_in_no_time(piece):
    """Of the processor's: in time that grew with the square of the length, it would be minutes."""
    started = time.process_time()
    texts().of_student(text(f"<img {piece * (10**6 // len(piece))}"))
    assert time.process_time() - started < 10
