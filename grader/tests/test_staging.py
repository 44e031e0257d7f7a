"""Clean copies: whatever a student hands in, there is a notebook that opens, a reason where it is empty, and no wait."""

import bz2
import errno
import gzip
import io
import json
import lzma
import os
import signal
import socket
import stat
import tracemalloc
import zipfile
from pathlib import Path

import nbformat
import pytest

from grader import notebooks
from grader.autograde import record, staging
from grader.autograde.staging import Copy
from grader.limits import MB, Limits
from grader.notebooks import NAME, Unreadable


@pytest.fixture(autouse=True)
def no_test_waits_for_long():
    def give_up(*_):
        raise AssertionError("it waited for something")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, 100)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def folder(tmp_path):
    """An empty submission."""
    path = tmp_path / "submitted" / "eve" / "week1"
    path.mkdir(parents=True)
    return path


def cell(source="x = 1", cell_type="code", **more) -> dict:
    return {"cell_type": cell_type, "source": source, "metadata": {}, **more}


def notebook(*cells, **more) -> str:
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells), **more})


def copied(folder, *names, **limits) -> tuple[Copy, Path]:
    """What became of it, and the folder of notebooks; the one of files is `files_of(folder)`."""
    to = folder.parents[1] / "copies" / "eve"
    return staging.copy(folder, to, files_of(folder), list(names) or ["hw"], Limits(**limits)), to


def files_of(folder) -> Path:
    return folder.parents[1] / "files" / "eve"


def sources(path) -> list[str]:
    return [cell.source for cell in nbformat.read(path, as_version=4).cells]


def read(tmp_path, content, **limits):
    path = tmp_path / "hw.ipynb"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return notebooks.read(path, Limits(**limits))


def why_not(tmp_path, content, **limits) -> str:
    with pytest.raises(Unreadable) as caught:
        read(tmp_path, content, **limits)
    return str(caught.value)


# The text of a notebook


def test_the_source_type_id_and_name_of_a_cell_are_kept_and_all_else_is_dropped(tmp_path):
    claims = {"grade_id": "loss", "schema_version": "nonsense", "points": 99, "grade": [], "solution": None}
    full = cell(
        metadata={"nbgrader": claims, "tags": ["grader-not-run"], "trusted": True},
        id="abc",
        outputs=[{"output_type": "display_data", "data": {"text/html": "<script>"}, "metadata": {}}],
        execution_count=7,
        attachments={"a.svg": {}},
    )
    (clean,) = read(
        tmp_path, notebook(full, metadata={"kernelspec": {"name": "evil"}, "grader": {"graded": True}})
    ).cells
    assert clean == {
        "cell_type": "code",
        "source": "x = 1",
        "id": "abc",
        "metadata": {"nbgrader": {"grade_id": "loss"}},
        "outputs": [],
        "execution_count": None,
    }


def test_the_metadata_of_the_notebook_are_dropped(tmp_path):
    assert read(tmp_path, notebook(metadata={"grader": {"graded": True}, "kernelspec": 3})).metadata == {}


@pytest.mark.parametrize("cell_type", ["code", "markdown", "raw"])
def test_a_cell_keeps_its_type(tmp_path, cell_type):
    (clean,) = read(tmp_path, notebook(cell("é", cell_type))).cells
    assert (clean.cell_type, clean.source) == (cell_type, "é")


@pytest.mark.parametrize("cell_type", ["markdown", "raw"])
def test_pictures_that_were_pasted_into_a_text_are_taken_and_nothing_else(tmp_path, cell_type):
    attachments = {
        "a b\ud800.png": {"image/png": "AAAA", "text/html": "<script>"},
        "photo.jpg": {"image/jpeg": "<script>"},  # whoever shows it looks at it
        "evil.svg": {"image/svg+xml": "<svg/>"},
        "list.png": {"image/png": ["AAAA"]},
        "letters.png": {"image/png": "é"},
        "nothing.png": None,
    }
    (clean,) = read(tmp_path, notebook(cell("", cell_type, attachments=attachments))).cells
    assert clean.attachments == {"a b?.png": {"image/png": "AAAA"}, "photo.jpg": {"image/jpeg": "<script>"}}


@pytest.mark.parametrize(
    ("cell_type", "attachments"), [("code", {"a": {"image/png": "A"}}), ("raw", []), ("raw", {}), ("raw", "x")]
)
def test_what_was_not_pasted_into_a_text_is_dropped(tmp_path, cell_type, attachments):
    (clean,) = read(tmp_path, notebook(cell("", cell_type, attachments=attachments))).cells
    assert "attachments" not in clean


def test_a_source_may_be_a_list_of_lines(tmp_path):
    assert read(tmp_path, notebook(cell(["a\n", "b"]))).cells[0].source == "a\nb"


def test_a_byte_order_mark_is_no_fault(tmp_path):
    assert read(tmp_path, b"\xef\xbb\xbf" + notebook(cell()).encode()).cells[0].source == "x = 1"


def test_a_lone_surrogate_is_replaced_so_that_the_copy_can_be_written(folder):
    (folder / "hw.ipynb").write_text(notebook(cell("a\ud800b")))  # JSON: a\ud800b
    assert sources(copied(folder)[1] / "hw.ipynb") == ["a?b"]


@pytest.mark.parametrize("minor", [0, 99, "x", None])
def test_the_minor_version_does_not_matter(tmp_path, minor):
    assert len(read(tmp_path, notebook(cell(), nbformat_minor=minor)).cells) == 1


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        [],
        "x",
        {},
        {"nbgrader": None},
        {"nbgrader": "loss"},
        {"nbgrader": {}},
        {"nbgrader": {"grade_id": None}},
        {"nbgrader": {"grade_id": ["loss"]}},
        {"nbgrader": {"grade_id": ""}},
        {"nbgrader": {"grade_id": "../loss"}},
        {"nbgrader": {"grade_id": "loss\n"}},
        {"nbgrader": {"grade_id": "x" * 65}},
    ],
)
def test_a_claim_that_is_no_name_is_dropped(tmp_path, metadata):
    assert read(tmp_path, notebook(cell(metadata=metadata))).cells[0].metadata == {}


@pytest.mark.parametrize("name", ["loss", "hard_cluster-triplets", "A" * 64])
def test_a_claim_that_is_a_name_is_kept(tmp_path, name):
    (clean,) = read(tmp_path, notebook(cell(metadata={"nbgrader": {"grade_id": name}}, id=name))).cells
    assert (clean.metadata.nbgrader.grade_id, clean.id) == (name, name)


def test_a_cell_without_metadata_or_id_is_a_cell(tmp_path):
    (clean,) = read(tmp_path, notebook({"cell_type": "code", "source": ""})).cells
    assert NAME.fullmatch(clean.id)


@pytest.mark.parametrize("id", [None, 3, "", "a b", "x" * 65, ["a"]])
def test_an_id_that_is_none_is_replaced(tmp_path, id):
    new = read(tmp_path, notebook(cell(id=id))).cells[0].id
    assert new != id
    assert NAME.fullmatch(new)


def test_an_id_is_for_one_cell(tmp_path):
    first, second = read(tmp_path, notebook(cell(id="twin"), cell(id="twin"))).cells
    assert first.id == "twin"
    assert second.id != "twin"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "its JSON is broken at line 1"),
        (notebook(cell())[:-9], "its JSON is broken at line 1"),
        (
            notebook(cell(outputs=["x" * 20 * MB]))[: 18 * MB],
            "its JSON is broken at line 1",
        ),  # as an upload that stopped
        ("{\n\n]", "its JSON is broken at line 3"),
        (b"PK\x03\x04 a zip", "is not a notebook: it is a zip archive; hand in the notebook that is in it"),
        (b"\x1f\x8b\x08", "is not a notebook: it is a gzip archive"),
        ("[" * 100_000, "its JSON is nested more than 100 deep"),
        ('{"nbformat": 4, "cells": ' + "[" * 100_000 + "]" * 100_000 + "}", "its JSON is nested more than 100 deep"),
        ('{"nbformat": 4, "cells": ' + "[" * 2**20 + "]" * 2**20 + "}", "its JSON has more than 1000000 lists"),
        ('{"nbformat": 4, "cells": [' + "0," * 2**20 + "0]}", "its JSON has more than 1000000 values"),
        ('{"nbformat": ' + "9" * 10_000 + "}", "its JSON is broken"),  # more digits than Python reads
        ('{\n<<<<<<< HEAD\n"a": 1\n=======\n"a": 2\n>>>>>>> mine\n}', "merge markers"),
        ('{\n"a": 2\n>>>>>>> mine\n}', "merge markers"),
        (notebook(cell("é")).encode("utf-16"), "is not text in UTF-8 (line 1 "),
        (notebook().encode("utf-16-le"), "its JSON is broken at line 1"),
        ('{\n"é": 0}'.encode("latin-1"), "is not text in UTF-8 (line 2 "),
        ("[]", "JSON of another kind"),
        ("null", "JSON of another kind"),
        ('"nbformat"', "JSON of another kind"),
        ("{}", "does not say which notebook format"),
        (notebook(nbformat="4"), "does not say which notebook format"),
        (notebook(nbformat=4.0), "does not say which notebook format"),
        (notebook(nbformat=True), "does not say which notebook format"),
        (notebook(nbformat=None), "does not say which notebook format"),
        (notebook(nbformat=5), "has notebook format 5, which is newer than 4: save it as format 4"),
        (notebook(nbformat=3), "it has no list of cells"),  # but worksheets
        (notebook(nbformat=3, worksheets={}), "it has no list of cells"),
        (notebook(nbformat=3, worksheets=[{"cells": []}, 3]), "it has no list of cells"),
        (notebook(nbformat=3, worksheets=[{"cells": {}}]), "it has no list of cells"),
        (notebook(nbformat=3, worksheets=[{"cells": [[]]}]), "its cell 1 is none"),
        (notebook(nbformat=3, worksheets=[{"cells": [cell()]}]), "its cell 1 has no text"),  # but a source, no input
        (notebook(nbformat=3, worksheets=[{"cells": [cell(["a", 3], "heading")]}]), "its cell 1 has no text"),
        ('{"nbformat": 3, "worksheets": ' + "[" * 900 + "]" * 900 + "}", "its JSON is nested more than 100 deep"),
        (notebook(nbformat=1), "has notebook format 1, which is not read any more: save it as format 4"),
        (notebook(nbformat=-1), "has notebook format -1, which is not read any more"),
        ('{"nbformat": 4}', "it has no list of cells"),
        ('{"nbformat": 4, "cells": {"0": {}}}', "it has no list of cells"),
        ('{"nbformat": 4, "cells": "code"}', "it has no list of cells"),
        (notebook(cell(), "x = 1"), "its cell 2 is none"),
        (notebook(None), "its cell 1 is none"),
        (notebook({}), "its cell 1 is none"),
        (notebook(cell(cell_type="heading")), "its cell 1 is none"),
        (notebook(cell(cell_type=None)), "its cell 1 is none"),
        (notebook(cell(cell_type=["code"])), "its cell 1 is none"),
        (notebook({"cell_type": "code"}), "its cell 1 has no text"),
        (notebook(cell(None)), "its cell 1 has no text"),
        (notebook(cell(3)), "its cell 1 has no text"),
        (notebook(cell(["a", 3])), "its cell 1 has no text"),
        (notebook(cell({"a": "b"})), "its cell 1 has no text"),
    ],
)
def test_what_is_no_notebook_is_refused_with_a_reason(tmp_path, content, reason):
    assert reason in why_not(tmp_path, content)


def test_a_source_that_speaks_of_merge_markers_is_no_merge_conflict(tmp_path):
    assert len(read(tmp_path, notebook(cell("<<<<<<< HEAD\n>>>>>>> x"))).cells) == 1


def old(*cells, **more) -> str:
    """A notebook of format 3."""
    sheets = [{"metadata": {}, "cells": list(cells)}]
    return json.dumps({"nbformat": 3, "metadata": {}, "worksheets": sheets, **more})


@pytest.mark.parametrize(
    ("given", "cell_type", "source"),
    [
        ({"cell_type": "code", "input": ["a\n", "b"], "language": "python", "outputs": []}, "code", "a\nb"),
        ({"cell_type": "markdown", "source": ["a\n", "b"]}, "markdown", "a\nb"),
        ({"cell_type": "html", "source": "<b>a</b>"}, "markdown", "<b>a</b>"),
        ({"cell_type": "raw", "source": "a"}, "raw", "a"),
        ({"cell_type": "heading", "level": 3, "source": ["a\n", "b"]}, "markdown", "### a b"),
        ({"cell_type": "heading", "source": "a"}, "markdown", "# a"),
        *[
            ({"cell_type": "heading", "level": level, "source": "a"}, "markdown", "# a")
            for level in (0, 10**9, "x", [])
        ],
    ],
)
@pytest.mark.parametrize("version", [2, 3])
def test_a_cell_of_an_old_format_is_taken_over(tmp_path, version, given, cell_type, source):
    given["metadata"] = {"nbgrader": {"grade_id": "loss", "points": 99}}
    (clean,) = read(tmp_path, old(given, nbformat=version)).cells
    assert (clean.cell_type, clean.source, clean.metadata) == (cell_type, source, {"nbgrader": {"grade_id": "loss"}})


def test_the_cells_of_all_worksheets_are_taken_over_and_counted_first(tmp_path):
    sheets = [{"cells": [{"cell_type": "code", "input": text}]} for text in "abc"]
    assert [c.source for c in read(tmp_path, old(worksheets=sheets), cells=3).cells] == ["a", "b", "c"]
    assert why_not(tmp_path, old(worksheets=sheets), cells=2) == "has 3 cells; the limit is 2"


@pytest.mark.parametrize("source", ["a\r\nb\rc\n", ["a\r\n", "b\r", "c\n"], ["a\r", "\nb\n", "c\n"]])
def test_lines_end_with_a_line_feed_however_the_file_ends_them(tmp_path, source):
    assert read(tmp_path, notebook(cell(source))).cells[0].source == "a\nb\nc\n"


def test_what_python_takes_for_no_end_of_a_line_is_left(tmp_path):
    assert read(tmp_path, notebook(cell("'a\u2028b\x0c'"))).cells[0].source == "'a\u2028b\x0c'"


@pytest.mark.parametrize(
    "more",
    [
        {"outputs": [{"output_type": "stream", "name": "stdout", "text": ["x" * 80] * 2**16}]},
        {"outputs": [{"output_type": "display_data", "data": {"image/png": "x" * 2**22}, "metadata": {}}]},
        {"metadata": {"nbgrader": {"grade_id": "loss", "more": "x" * 2**22}, "more": "x" * 2**22}},
        {"attachments": {"a.png": {"image/png": "x" * 2**22}}},
        {"more": [[0.5] * 2**10] * 2**10},
    ],
    ids=["text", "picture", "metadata", "attachment", "numbers"],
)
def test_what_is_not_taken_over_does_not_make_a_notebook_too_large(tmp_path, more):
    content = notebook(cell("a"), cell("b", **more), metadata={"widgets": "x" * 2**22})
    assert [c.source for c in read(tmp_path, content, notebook=1).cells] == ["a", "b"]


def test_a_text_of_the_limit_is_read_and_a_byte_more_is_too_much(tmp_path):
    rest = len(notebooks.essence(notebook(cell("")).encode(), Limits()))
    assert len(read(tmp_path, notebook(cell("x" * (MB - rest))), notebook=1).cells) == 1
    reason = "is too large: 1.0 MB even without its outputs, and the limit is 1 MB"
    assert why_not(tmp_path, notebook(cell("x" * (MB - rest + 1))), notebook=1) == reason


def test_a_file_of_the_limit_is_read_and_a_byte_more_is_too_much(tmp_path):
    text = notebook(cell())
    assert len(read(tmp_path, text.ljust(MB), notebook_file=1).cells) == 1
    reason = "is too large: 1.0 MB, and the limit is 1 MB (clear the outputs of its cells)"
    assert why_not(tmp_path, text.ljust(MB + 1), notebook_file=1) == reason


def test_a_file_of_a_terabyte_is_not_read(tmp_path):
    path = tmp_path / "hw.ipynb"
    path.touch()
    os.truncate(path, 2**40)  # sparse: it takes no room
    with pytest.raises(Unreadable, match=r"is too large: 1048576.0 MB, and the limit is 128 MB"):
        notebooks.read(path, Limits())


def test_a_notebook_of_an_old_format_needs_little_memory_besides_its_own(tmp_path):
    heading = {"cell_type": "heading", "level": 1, "source": "x", "metadata": {}, "outputs": [{}] * 50}
    path = tmp_path / "hw.ipynb"
    path.write_text(old(*[heading] * 1000))
    tracemalloc.start()
    with pytest.raises(Unreadable, match="has 1000 cells"):
        notebooks.read(path, Limits())
    assert tracemalloc.get_traced_memory()[1] < 8 * path.stat().st_size
    tracemalloc.stop()


def test_a_notebook_of_the_limit_of_cells_is_read_and_one_more_is_too_much(tmp_path):
    assert len(read(tmp_path, notebook(*[cell()] * 3), cells=3).cells) == 3
    assert why_not(tmp_path, notebook(*[cell()] * 4), cells=3) == "has 4 cells; the limit is 3"


# The file of a notebook


def test_the_notebook_of_the_right_name_is_copied_without_a_word(folder):
    (folder / "hw.ipynb").write_text(notebook(cell()))
    result, to = copied(folder)
    assert result == Copy()
    assert sources(to / "hw.ipynb") == ["x = 1"]


def a_link(path):
    neighbour = path.parents[2] / "adam.ipynb"
    neighbour.write_text(notebook(cell("the work of another")))
    path.symlink_to(neighbour)


def a_socket(path):
    with socket.socket(socket.AF_UNIX) as it:
        here = os.getcwd()
        os.chdir(path.parent)  # a socket's path must be short
        it.bind(path.name)
        os.chdir(here)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (a_link, "cannot be read: it is a symbolic link"),
        (lambda path: path.symlink_to("nowhere"), "cannot be read: it is a symbolic link"),
        (lambda path: path.symlink_to(path), "cannot be read: it is a symbolic link"),
        (lambda path: path.symlink_to("/dev/zero"), "cannot be read: it is a symbolic link"),
        (os.mkfifo, "cannot be read: it is a named pipe"),
        (os.mkdir, "cannot be read: it is a folder"),
        (a_socket, "cannot be read"),
    ],
    ids=["link", "dangling", "loop", "endless", "fifo", "folder", "socket"],
)
def test_what_is_no_regular_file_is_not_read_and_the_copy_is_empty(folder, make, reason):
    make(folder / "hw.ipynb")
    result, to = copied(folder)
    assert result.unreadable["hw"].startswith(f"The notebook hw.ipynb {reason}")
    assert sources(to / "hw.ipynb") == []


def test_a_device_is_not_read():
    with pytest.raises(Unreadable, match="it is a device"):
        notebooks.read(Path("/dev/zero"), Limits())


def test_a_folder_of_a_notebooks_name_is_unreadable_even_with_files_in_it(folder):
    folder_with_a_file(folder / "hw.ipynb")
    result, to = copied(folder)
    assert result.unreadable == {"hw": "The notebook hw.ipynb cannot be read: it is a folder."}
    assert sources(to / "hw.ipynb") == []


def test_a_missing_file_is_unreadable(tmp_path):
    with pytest.raises(Unreadable, match="No such file"):
        notebooks.read(tmp_path / "hw.ipynb", Limits())


def test_one_broken_notebook_does_not_spoil_the_others(folder):
    (folder / "a.ipynb").write_text("{")
    (folder / "b.ipynb").write_text(notebook(cell()))
    result, to = copied(folder, "a", "b")
    assert list(result.unreadable) == ["a"]
    assert sources(to / "a.ipynb") == []
    assert sources(to / "b.ipynb") == ["x = 1"]


RENAMED = [
    *[
        "hw (1).ipynb",
        "HW.IPYNB",
        "hw.ipynb.ipynb",
        "hw.Ipynb",
        "hw.ipynb.json",
        "hw.ipynb.txt",
        "hw.json",
        "hw.txt",
        "hw",
    ],
    *["hw-Copy1.ipynb", "hw - Copy.ipynb", "Copy of hw.ipynb", "hw copy 2.ipynb", "hw-1.ipynb", "hw.ipynb (2).txt"],
    *[
        "hw .ipynb",
        " hw.ipynb",
        "hw\N{NO-BREAK SPACE}.ipynb",
        "\N{FULLWIDTH LATIN SMALL LETTER H}w.ipynb",
        "my work.ipynb",
    ],
    *[
        "hw/hw.ipynb",
        "hw/hw/hw.ipynb",
        "hw/HW (1).ipynb.json",
        "submission/my work.ipynb",
        ".hw.ipynb",
        "hw.ipynb/hw.ipynb",
    ],
]


@pytest.mark.parametrize("name", RENAMED)
def test_what_must_be_meant_is_taken_for_the_only_one_that_is_missing(folder, name):
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(notebook(cell()))
    (folder / "data.json").write_text(notebook(cell("another thing")))
    result, to = copied(folder)
    shown = name.replace("\N{NO-BREAK SPACE}", "?")
    assert result == Copy(notices=[f"The notebook was handed in as “{shown}”; it was taken for hw.ipynb."])
    assert sources(to / "hw.ipynb") == ["x = 1"]
    assert os.listdir(to) == ["hw.ipynb"]
    assert os.listdir(files_of(folder)) == ["data.json"]


def zipped(*entries: tuple[str, str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in entries:
            archive.writestr(name, text)
    return content.getvalue()


@pytest.mark.parametrize(
    "name", ["hw.ipynb", "hw/hw.ipynb", "eve_attempt_20260503T233007Z/hw.ipynb", "hw\\HW (1).ipynb.txt"]
)
@pytest.mark.parametrize("deep", [1, 2])
def test_a_notebook_in_an_archive_is_taken(folder, name, deep):
    content, path = notebook(cell()), name.replace("\\", "/")
    for number in range(deep):
        content = zipped((name if number == 0 else "hw.zip", content), ("__MACOSX/._hw.ipynb", "x"))
    (folder / "hw.zip").write_bytes(content)
    result, to = copied(folder)
    path = "hw.zip/" * deep + path
    assert result == Copy(notices=[f"The notebook was handed in as “{path}”; it was taken for hw.ipynb."])
    assert sources(to / "hw.ipynb") == ["x = 1"]


@pytest.mark.parametrize(("ending", "compress"), [("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress)])
def test_a_notebook_that_was_compressed_is_taken(folder, ending, compress):
    content = notebook(cell()).encode()
    (folder / f"hw.ipynb.{ending}").write_bytes(compress(content[:50]) + compress(content[50:]))
    result, to = copied(folder)
    path = f"hw.ipynb.{ending}/hw.ipynb"
    assert result == Copy(notices=[f"The notebook was handed in as “{path}”; it was taken for hw.ipynb."])
    assert sources(to / "hw.ipynb") == ["x = 1"]
    assert os.listdir(files_of(folder)) == []


def test_what_lies_outside_of_an_archive_goes_before_what_is_in_it(folder):
    (folder / "my work.ipynb").write_text(notebook(cell("outside")))
    (folder / "hw.zip").write_bytes(zipped(("hw.ipynb", notebook(cell("inside")))))
    assert sources(copied(folder)[1] / "hw.ipynb") == ["outside"]


def test_the_notebook_of_the_right_name_goes_before_all_others(folder):
    others = ["hw (1).ipynb", "hw.ipynb.json", "hw.txt", "sub/hw.ipynb"]
    for name in ["hw.ipynb", *others]:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(notebook(cell(name)))
    result, to = copied(folder)
    assert sources(to / "hw.ipynb") == ["hw.ipynb"]
    assert result == Copy(notices=[f"“{name}” was handed in besides, and not graded." for name in others])
    (folder / "hw.ipynb").unlink()
    (folder.parents[1] / "copies").rename(folder / "before")
    (folder.parents[1] / "files").rename(folder / "files before")
    (folder / "before" / "eve" / "hw.ipynb").unlink()
    assert sources(copied(folder)[1] / "hw.ipynb") == ["sub/hw.ipynb"]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("final/hw.ipynb", notebook(cell()), "“final/hw.ipynb” was handed in besides, and not graded."),
        ("final/hw (1).ipynb", notebook(cell()), "“final/hw (1).ipynb” was handed in besides, and not graded."),
        ("hw.zip", zipped(("hw.ipynb", "{")), "“hw.zip/hw.ipynb” was handed in besides, and not graded."),
        (
            "hw_done.zip",
            zipped(("x.zip", zipped(("a/hw.ipynb", "{")))),
            "“hw_done.zip/x.zip/a/hw.ipynb” was handed in besides, and not graded.",
        ),
        (
            "hw.7z",
            b"7z\xbc\xaf\x27\x1c",
            "“hw.7z” was handed in besides, and not looked into: it is a 7z archive, which is not read here: pack its "
            "files as zip.",
        ),
        ("data.zip", zipped(("data.csv", "1")), None),
        ("tutorials/first.ipynb", notebook(cell()), None),
        ("hw.txt", "what I thought", None),
    ],
)
def test_each_that_may_have_been_meant_besides_the_one_that_is_graded_is_named(folder, name, content, told):
    (folder / "hw.ipynb").write_text(notebook(cell("untouched")))
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    result, to = copied(folder)
    assert result == Copy(notices=[told] if told else [])
    assert sources(to / "hw.ipynb") == ["untouched"]


def test_no_more_than_ten_are_named_besides_the_one_that_is_graded(folder):
    (folder / "hw.ipynb").write_text(notebook(cell()))
    for number in range(20):
        (folder / f"hw ({number}).ipynb").write_text("{")
    assert len(copied(folder)[0].notices) == 10


def test_the_notebook_in_an_archive_is_read_before_what_lies_beside_it(folder):
    with zipfile.ZipFile(folder / "hw.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(9):
            archive.writestr(f"{number}.csv", "x" * MB)
        archive.writestr("hw.ipynb", notebook(cell()))
    result, to = copied(folder, notebook_file=1)
    assert sources(to / "hw.ipynb") == ["x = 1"]
    assert result.unreadable == {}


def test_copies_of_one_notebook_are_one(folder):
    for name in ["hw (1).ipynb", "hw (2).ipynb"]:
        (folder / name).write_text(notebook(cell()))
    assert sources(copied(folder)[1] / "hw.ipynb") == ["x = 1"]


@pytest.mark.parametrize(
    "names", [["hw (1).ipynb", "hw (2).ipynb"], ["a/hw.ipynb", "b/hw.ipynb"], ["one.ipynb", "hw.ipynb.d.ipynb"]]
)
def test_of_several_that_are_equally_like_it_none_is_taken(folder, names):
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(notebook(cell(name)))
    result, to = copied(folder)
    there = ", ".join(f"“{name}”" for name in sorted(names))
    reason = f"was not handed in under this name; there are {there}, and it is not clear which is meant."
    assert result.unreadable == {"hw": f"The notebook hw.ipynb {reason}"}
    assert sources(to / "hw.ipynb") == []


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        (
            {"hw.json": '{"a": 1}'},
            " under this name: “hw.json” is not a notebook: it does not say which notebook format it has",
        ),
        ({"hw.ipynb.txt": "{"}, " under this name: “hw.ipynb.txt” is not a notebook: its JSON is broken at line 1"),
        ({"hw.zip": b"PK\3\4"}, " under this name: “hw.zip” is a damaged zip archive: it ends too early"),
        (
            {"hw.7z": b"7z\xbc\xaf\x27\x1c"},
            " under this name: “hw.7z” is a 7z archive, which is not read here: pack its files as zip",
        ),
        ({"hw.zip": zipped(("a.txt", ""))}, "; there is only “hw.zip”, “hw.zip/a.txt”"),
        ({"a\x1b.pdf": "", "b/\u202e.py": ""}, "; there is only “a?.pdf”, “b/?.py”"),
        ({".DS_Store": "", "._hw.ipynb": "", "timestamp.txt": "2024-05-06 07:08:09 UTC"}, ""),
    ],
)
def test_what_cannot_be_taken_is_named_with_the_reason(folder, files, reason):
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    result, to = copied(folder)
    assert result.unreadable == {"hw": f"The notebook hw.ipynb was not handed in{reason}."}
    assert sources(to / "hw.ipynb") == []


def test_no_notebook_is_taken_for_another_of_the_assignment(folder):
    (folder / "a.ipynb").write_text(notebook(cell("a")))
    (folder / "old").mkdir()
    (folder / "old" / "a.ipynb").write_text(notebook(cell("old")))
    result, to = copied(folder, "a", "b")
    assert sources(to / "a.ipynb") == ["a"]
    assert "b.ipynb was not handed in under this name; there is “old/a.ipynb”, and it is" in result.unreadable["b"]


def test_what_lay_beside_the_notebook_lies_beside_it(folder):
    for path in ["hw/lib/tools.py", "hw/hw.ipynb", "hw/data.csv", "x.csv"]:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(notebook(cell()))
    copied(folder)
    files = files_of(folder)
    assert {str(path.relative_to(files)) for path in files.rglob("*.*")} == {"lib/tools.py", "data.csv", "x.csv"}


def placed(folder, *names, **limits) -> tuple[dict[str, str], list[str]]:
    """What was copied besides the notebooks, and the notices but for the one that says where a notebook was found."""
    result, files = copied(folder, *names, **limits)[0], files_of(folder)
    assert result.unreadable == {}
    there = {str(path.relative_to(files)): path.read_text() for path in files.rglob("*") if path.is_file()}
    return there, [notice for notice in result.notices if "was taken for" not in notice]


@pytest.mark.parametrize("within", ["hw/", "", "a/b/"])
@pytest.mark.parametrize("deep", [1, 2])
def test_what_lay_beside_the_notebook_in_an_archive_lies_beside_it(folder, within, deep):
    files = {"hw.ipynb": notebook(cell()), "helper.py": "h", "lib/tools.py": "t"}
    content = zipped(*((within + path, text) for path, text in files.items()), ("../evil.py", ""), (".DS_Store", ""))
    for _ in range(deep - 1):
        content = zipped(("inner.zip", content), ("outside.py", "o"))
    (folder / "hw.zip").write_bytes(content)
    (folder / "data.csv").write_text("d")
    there, notices = placed(folder)
    assert there == {"helper.py": "h", "lib/tools.py": "t", "data.csv": "d"}
    assert len(notices) == (within == "")  # else it lies elsewhere
    assert not list(folder.parents[1].rglob("evil.py"))


def test_what_lies_beside_the_notebook_in_an_archive_goes_before_what_lies_outside(folder):
    (folder / "hw.zip").write_bytes(zipped(("hw.ipynb", notebook(cell())), ("helper.py", "inside")))
    (folder / "helper.py").write_text("outside")
    assert placed(folder) == (
        {"helper.py": "inside"},
        ["“helper.py” was left out: it has the name of a file beside the notebook."],
    )


@pytest.mark.parametrize("path", ["../x", "a/../x", "a/../../x", "/".join("a" * 30), "x" * 256], ids=len)
def test_a_path_in_an_archive_that_is_none_of_ours_is_left_out_with_a_notice(folder, path):
    (folder / "hw.zip").write_bytes(zipped(("hw.ipynb", notebook(cell())), (path, "")))
    there, notices = placed(folder)
    assert there == {}
    assert len(notices) == 1
    assert " was left out: it " in notices[0]


def test_files_in_archives_have_the_limits_of_all_files(folder):
    (folder / "hw.zip").write_bytes(zipped(("hw.ipynb", notebook(cell())), ("a", "a" * MB), ("b", "b"), ("c", "")))
    there, notices = placed(folder, files=1)
    assert sorted(there) == ["a", "c"]
    assert notices == [
        "“hw.zip/b” was left out: it is too large: 0.0 MB, and the limit is 1 MB for all files together."
    ]


def test_no_more_than_a_thousand_files_come_out_of_an_archive(folder):
    (folder / "hw.zip").write_bytes(zipped(("hw.ipynb", notebook(cell())), *((f"{n:04}", "") for n in range(1001))))
    there, notices = placed(folder)
    assert len(there) == 1000
    assert notices == ["“hw.zip/1000” was left out: it is one of more than 1000 files."]


def test_the_search_for_a_notebook_reads_no_more_than_a_few_files_of_the_largest_size(folder):
    for number in range(12):
        path = folder / f"{number}" / "hw.txt"
        path.parent.mkdir()
        path.touch()
        os.truncate(path, MB)
    result, _ = copied(folder, notebook_file=1)
    assert result.unreadable["hw"].count("is not a notebook") == 4
    assert result.unreadable["hw"].count("is too large: 1.0 MB, and the limit is 0 MB that are left") == 6  # of ten


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_folder_in_it_that_may_not_be_read_is_named(folder):
    (folder / "closed").mkdir()
    (folder / "closed").chmod(0)
    files, notices = kept(folder)
    (folder / "closed").chmod(0o700)
    assert (files, notices) == ([], ["“closed” was left out: it cannot be read: Permission denied."])


def test_the_only_notebook_left_over_is_taken_for_the_one_that_is_missing(folder):
    (folder / "a.ipynb").write_text(notebook(cell("a")))
    (folder / "other.ipynb").write_text(notebook(cell("b")))
    result, to = copied(folder, "a", "b")
    assert result.notices == ["The notebook was handed in as “other.ipynb”; it was taken for b.ipynb."]
    assert (sources(to / "a.ipynb"), sources(to / "b.ipynb")) == (["a"], ["b"])


def test_of_several_wrong_names_none_is_taken(folder):
    for name in ("one", "two"):
        (folder / f"{name}.ipynb").write_text(notebook(cell(name)))
    result, to = copied(folder)
    assert result.unreadable == {
        "hw": "The notebook hw.ipynb was not handed in under this name; "
        "there are “one.ipynb”, “two.ipynb”, and it is not clear which is meant."
    }
    assert sources(to / "hw.ipynb") == []


def test_one_wrong_name_for_two_notebooks_is_taken_for_neither(folder):
    (folder / "one.ipynb").write_text(notebook(cell()))
    result, to = copied(folder, "a", "b")
    assert list(result.unreadable) == ["a", "b"]
    assert "“one.ipynb”" in result.unreadable["b"]
    assert sorted(os.listdir(to)) == ["a.ipynb", "b.ipynb"]


def test_a_folder_without_notebooks_says_so(folder):
    result, to = copied(folder)
    assert result.unreadable == {"hw": "The notebook hw.ipynb was not handed in."}
    assert sources(to / "hw.ipynb") == []


def test_a_notebook_beside_the_right_one_is_a_file_like_any_other(folder):
    (folder / "hw.ipynb").write_text(notebook(cell()))
    (folder / "hw-Copy1.ipynb").write_text("{")
    result, to = copied(folder)
    assert result == Copy(notices=["“hw-Copy1.ipynb” was handed in besides, and not graded."])
    assert os.listdir(to) == ["hw.ipynb"]
    assert os.listdir(files_of(folder)) == ["hw-Copy1.ipynb"]


def test_what_macos_leaves_beside_a_notebook_is_none(folder):
    (folder / "my.ipynb").write_text(notebook(cell()))
    (folder / "._my.ipynb").write_text("{")
    result, to = copied(folder)
    assert result.unreadable == {}
    assert sources(to / "hw.ipynb") == ["x = 1"]


def test_a_long_or_broken_name_can_be_written_in_a_notice(folder):
    name = b"\xff" + b"x" * 200 + b".ipynb"
    (folder / os.fsdecode(name)).write_text(notebook(cell()))
    (notice,) = copied(folder)[0].notices
    assert f"“?{'x' * 99}”" in notice
    notice.encode()


# The folder


def elsewhere(folder):
    other = folder.parent / "other"
    other.mkdir()
    (other / "hw.ipynb").write_text(notebook(cell("the work of another")))
    (other / "data.csv").write_text("1")
    return other


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda folder: folder.symlink_to(elsewhere(folder)), "a symbolic link"),
        (lambda folder: folder.symlink_to("nowhere"), "a symbolic link"),
        (lambda folder: folder.write_text(notebook(cell())), "a file"),
        (os.mkfifo, "a named pipe"),
        (a_socket, "a socket"),
    ],
    ids=["link", "dangling", "file", "fifo", "socket"],
)
def test_a_submission_that_is_no_folder_is_not_followed(folder, make, what):
    folder.rmdir()
    make(folder)
    result, to = copied(folder, "a", "b")
    assert list(result.unreadable) == ["a", "b"]
    assert f"week1 is {what}" in result.unreadable["a"]
    assert sorted(os.listdir(to)) == ["a.ipynb", "b.ipynb"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_folder_that_may_not_be_read_is_unreadable(folder):
    folder.chmod(0)
    result, _ = copied(folder)
    folder.chmod(0o700)
    assert "Permission denied" in result.unreadable["hw"]


def test_a_folder_that_fails_is_unreadable_and_ends_no_run(folder, monkeypatch):
    def fail(path):
        raise PermissionError(errno.EACCES, "Permission denied", path)

    monkeypatch.setattr(os, "scandir", fail)
    assert "Permission denied" in copied(folder)[0].unreadable["hw"]


# The other files


def kept(folder, **limits) -> tuple[list[str], list[str]]:
    """The files that were copied, besides the notebook, and the notices."""
    (folder / "hw.ipynb").write_text(notebook(cell()))
    result, to = copied(folder, **limits)
    assert result.unreadable == {}
    assert sources(to / "hw.ipynb") == ["x = 1"]
    assert {path.name for path in to.rglob("*")} <= {"hw.ipynb", "timestamp.txt"}
    files = files_of(folder)
    paths = [path for path in sorted(files.rglob("*")) if not path.is_dir()]
    assert all(stat.S_ISREG(path.lstat().st_mode) for path in paths)
    return [str(path.relative_to(files)) for path in paths], result.notices


def test_files_in_nested_folders_are_copied(folder):
    (folder / "data" / "deep").mkdir(parents=True)
    (folder / "data" / "deep" / "a.bin").write_bytes(b"\x00\xff")
    (folder / ".hidden").write_text("h")
    (folder / "empty").touch()
    assert kept(folder) == ([".hidden", "data/deep/a.bin", "empty"], [])
    assert (files_of(folder) / "data" / "deep" / "a.bin").read_bytes() == b"\x00\xff"


def test_checkpoints_and_empty_folders_are_left_without_a_word(folder):
    for path in (".ipynb_checkpoints/a.txt", "x/.ipynb_checkpoints/b.txt"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("x")
    (folder / "nothing").mkdir()
    assert kept(folder) == ([], [])


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda path: path.symlink_to("/etc/passwd"), "a symbolic link"),
        (lambda path: path.symlink_to("nowhere"), "a symbolic link"),
        (lambda path: path.symlink_to(elsewhere(path.parent)), "a symbolic link"),
        (lambda path: path.symlink_to(path.parent), "a symbolic link"),
        (os.mkfifo, "a named pipe"),
    ],
    ids=["file", "dangling", "folder", "itself", "fifo"],
)
def test_links_and_pipes_are_left_out_with_a_notice(folder, make, what):
    (folder / "sub").mkdir()
    make(folder / "sub" / "x.csv")
    (folder / "sub" / "y.csv").write_text("1")
    files, notices = kept(folder)
    assert [file for file in files if "other" not in file] == ["sub/y.csv"]
    assert [each for each in notices if "other" not in each] == [
        f"“sub/x.csv” was left out: it cannot be read: it is {what}."
    ]


def test_files_are_copied_up_to_their_limit_in_all(folder):
    (folder / "a").write_bytes(b"a" * (MB - 2))
    (folder / "b").write_bytes(b"bbb")  # three bytes, and two are left
    (folder / "c").write_bytes(b"cc")
    files, (notice,) = kept(folder, files=1)
    assert files == ["a", "c"]
    assert notice.startswith("“b” was left out: it is too large")


def test_a_thousand_files_are_copied_and_not_one_more(folder):
    for number in range(1000):
        (folder / f"{number:04}").touch()
    assert len(kept(folder)[0]) == 1000


def test_the_file_after_the_thousandth_is_left_out(folder):
    for number in range(1001):
        (folder / f"{number:04}").touch()
    files, notices = kept(folder)
    assert files == [f"{number:04}" for number in range(1000)]
    assert notices == ["“1000” was left out: it is one of more than 1000 files."]


def test_after_ten_notices_the_rest_is_told_in_one(folder):
    for number in range(30):
        (folder / f"{number:02}").symlink_to("nowhere")
    (folder / "99").write_text("too late")
    files, notices = kept(folder)
    assert files == []
    assert len(notices) == 11
    assert notices[9].startswith("“09” was left out")
    assert notices[10] == "More files were left out."


def test_a_name_that_is_no_text_is_copied_and_can_be_written_in_a_notice(folder):
    (folder / os.fsdecode(b"\xfe")).write_text("x")
    os.mkfifo(os.fsencode(folder) + b"/\xff")
    files, (notice,) = kept(folder)
    assert files == [os.fsdecode(b"\xfe")]
    assert notice.startswith("“?” was left out")


def test_ten_folders_in_each_other_are_copied_and_what_is_deeper_is_not(folder):
    # Deeper ones would break the recursion of os.walk, of the making of folders, and of shutil.
    deepest = folder.joinpath(*"0123456789")
    (deepest / "more").mkdir(parents=True)
    for path in (deepest / "x", deepest / "more" / "y"):
        path.touch()
    notice = "“0/1/2/3/4/5/6/7/8/9/more” was left out: it cannot be read: it is a folder."
    assert kept(folder) == (["0/1/2/3/4/5/6/7/8/9/x"], [notice])


def test_a_path_that_is_too_long_for_its_copy_costs_no_notebook(folder):
    (folder / "hw.ipynb").write_text(notebook(cell()))
    (folder / ("d" * 230)).mkdir()
    (folder / ("d" * 230) / "x").touch()
    to = folder.parents[1]
    while len(str(to)) < 4096 - 230:
        to = to / ("t" * 50)
    result = staging.copy(folder, files_of(folder), to, ["hw"], Limits())
    assert result.unreadable == {}
    (notice,) = result.notices
    assert "cannot be copied: File name too long" in notice
    assert sources(files_of(folder) / "hw.ipynb") == ["x = 1"]


@pytest.mark.parametrize("name", ["hw.ipynb", "timestamp.txt", "sub/HW.IPYNB", "sub/timestamp.txt"])
def test_a_folder_that_has_the_name_of_another_thing_is_not_taken_for_it(folder, name):
    (folder / "sub").mkdir()
    folder_with_a_file(folder / name)
    _, to = copied(folder)
    assert [path.name for path in to.rglob("*") if path.name != "sub"] == ["hw.ipynb"]
    assert sources(to / "hw.ipynb") == []


@pytest.mark.parametrize("name", ["a\nERROR all is lost", "a\x1b[2J", "a\rb", "a\x9bb"])
def test_a_notice_is_one_line_without_control_characters(folder, name):
    os.mkfifo(folder / name)
    assert kept(folder)[1][0].isprintable()


# The time


@pytest.mark.parametrize(
    "text",
    [
        "2024-05-06 07:08:09 UTC",
        "2024-05-06 07:08:09.123456 Europe/Berlin\n",
        "2024-05-06T07:08:09Z",
        " 2024-05-06 07:08:09 Europe/Berlin",
    ],
)
def test_a_time_is_copied_as_it_is(folder, text):
    (folder / "timestamp.txt").write_text(text)
    assert kept(folder) == ([], [])
    assert (folder.parents[1] / "copies" / "eve" / "timestamp.txt").read_text() == text


def folder_with_a_file(path):
    path.mkdir()
    (path / "data.csv").write_text("1")


def write(content: bytes):
    return lambda path: path.write_bytes(content)


@pytest.mark.parametrize(
    "make",
    [
        write(b""),
        write(b" \n"),
        write(b"yesterday"),
        write(b"\xff\xfe"),
        write(b"9" * 30),
        write(b"2024-05-06 07:08:09 " + b"9" * 14),  # an offset beyond what a timedelta holds
        write(b"0001-01-01 00:00:00 +2359"),  # before the year 1
        write(b"2024-05-06 07:08:09 UTC" + b" " * 1000),
        os.mkfifo,
        lambda path: path.symlink_to("/etc/hostname"),
        write(b"5:" + b"9" * 40),  # decimal.InvalidOperation out of dateutil
        write(b"9999-12-31 23:59:59"),  # it would end nbgrader's list of submissions in any zone east of Greenwich
    ],
    ids=[
        *["empty", "blank", "garbage", "bytes", "digits", "offset", "overflow", "long", "fifo", "link"],
        "seconds",
        "year",
    ],
)
def test_what_is_no_time_is_left_out_with_a_notice(folder, make):
    make(folder / "timestamp.txt")
    files, notices = kept(folder)
    assert files == []
    assert notices == ["The file timestamp.txt holds no time that can be read; it was graded without one."]


def test_a_timestamp_in_a_folder_below_is_a_file_like_any_other(folder):
    (folder / "sub").mkdir()
    (folder / "sub" / "timestamp.txt").write_text("yesterday")
    assert kept(folder) == (["sub/timestamp.txt"], [])


# All of it


def state(folder) -> dict:
    return {
        str(path): (path.lstat().st_mode, path.lstat().st_size, path.lstat().st_mtime_ns)
        + ((path.read_bytes(),) if stat.S_ISREG(path.lstat().st_mode) else ())
        for path in folder.rglob("*")
    }


def test_the_originals_are_never_changed(folder):
    (folder / "hw.ipynb").write_text("{")
    (folder / "two.ipynb").write_text(notebook(cell("a\ud800"), nbformat=4))
    (folder / "timestamp.txt").write_text("garbage")
    (folder / "data").mkdir()
    (folder / "data" / "x").write_bytes(b"\x00")
    (folder / "link").symlink_to("data")
    os.mkfifo(folder / "pipe")
    before = state(folder)
    copied(folder, "hw", "two")
    assert state(folder) == before


def test_the_notebooks_of_a_pattern_are_expected_in_order():
    assert staging.expected(["b", "a2", "a1", "A1"], "a*") == ["a1", "a2"]


def test_only_a_notebook_with_the_mark_was_graded(tmp_path):
    path = tmp_path / "hw.ipynb"
    assert not record.is_graded(path)
    path.write_text(notebook(metadata={record.MARK: record.GRADED}))
    assert record.is_graded(path)


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff", b"[]", b"[" * 100_000, b'{"metadata": null}', notebook().encode(), b'{"metadata": {"grader": 1}}'],
    ids=["empty", "bytes", "list", "deep", "null", "unmarked", "other mark"],
)
def test_a_notebook_without_the_mark_was_not_graded(tmp_path, content):
    (tmp_path / "hw.ipynb").write_bytes(content)
    assert not record.is_graded(tmp_path / "hw.ipynb")
