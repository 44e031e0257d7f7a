"""Of what a sandbox reports only text, real pictures and answers are taken, in a form that can be written."""

import base64
import json

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbconvert.filters import ansi2html
from nbformat.v4 import new_code_cell, new_notebook

from grader.autograde.sandbox.outputs import MalformedOutput, readable
from grader.protocol import ANSWER_MIME
from grader.tests.images import jpeg, png

PNG, JPEG = (base64.b64encode(picture).decode() for picture in (png(3, 2), jpeg(3, 2)))


def display(**data) -> dict:
    return {"output_type": "display_data", "data": {kind.replace("_", "/"): value for kind, value in data.items()}}


def stream(*parts, name="stdout") -> dict:
    return {"output_type": "stream", "name": name, "parts": list(parts)}


def error(ename="ValueError", evalue="bad", traceback=()) -> dict:
    return {"output_type": "error", "ename": ename, "evalue": evalue, "traceback": list(traceback)}


def taken(output):
    (one,) = readable([output])
    return one


def test_no_outputs_are_none():
    assert readable([]) == []


def test_the_parts_of_a_stream_are_joined():
    assert taken(stream("a\n", "b")) == {"output_type": "stream", "name": "stdout", "text": "a\nb"}
    assert taken(stream()).text == ""


@pytest.mark.parametrize(("name", "taken_as"), [("stderr", "stderr"), ("stdin", "stdout"), (["stderr"], "stdout")])
def test_a_stream_is_one_of_two(name, taken_as):
    assert taken(stream("a", name=name)).name == taken_as


@pytest.mark.parametrize("kind", ["display_data", "execute_result"])
def test_a_result_is_a_display_so_that_it_is_never_taken_for_a_score(kind):
    forged = {"output_type": kind, "data": {"text/plain": "100"}, "metadata": {"x": 1}, "execution_count": 3}
    assert taken(forged) == {"output_type": "display_data", "data": {"text/plain": "100"}, "metadata": {}}


@pytest.mark.parametrize(("kind", "data"), [("image/png", PNG), ("image/jpeg", JPEG), ("text/plain", "a")])
def test_text_and_pictures_are_taken(kind, data):
    assert taken(display(**{kind: data})).data == {kind: data}


def test_a_picture_comes_with_its_text():
    assert taken(display(image_png=PNG, text_plain="<Figure>")).data == {"image/png": PNG, "text/plain": "<Figure>"}


def test_the_lines_of_a_picture_are_joined():
    assert taken(display(image_png=f"{PNG[:8]}\n{PNG[8:]}\n")).data == {"image/png": PNG}


@pytest.mark.parametrize(
    "kind",
    [
        "text/html",
        "text/markdown",
        "text/latex",
        "image/svg+xml",
        "application/javascript",
        "application/json",
        "application/pdf",
        "image/gif",
        "image/webp",
        "IMAGE/PNG",
        "text/plain ",
        "application/vnd.jupyter.widget-view+json",
        "text/vnd.mermaid",
    ],
)
def test_what_a_page_would_render_is_dropped(kind):
    for evil in ("<script>alert(1)</script>", PNG, {"a": "b"}):
        assert readable([display(**{kind: evil})]) == []
        assert taken(display(text_plain="a", **{kind: evil})).data == {"text/plain": "a"}


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("image/png", JPEG),
        ("image/jpeg", PNG),
        ("image/png", base64.b64encode(b"<svg onload='alert(1)'>").decode()),
        ("image/png", base64.b64encode(b"\x89PNG").decode()),
        ("image/png", f'{PNG}" onerror="alert(1)'),
        ("image/png", PNG[:-1]),  # three characters of the last four are left
        ("image/png", f" {PNG}"),
        ("image/png", "é" + PNG),
        ("image/png", "\ud800" + PNG),
        ("image/png", ""),
        ("image/png", None),
        ("image/png", 3),
        ("image/png", [PNG]),
        ("image/png", {"a": PNG}),
        ("text/plain", None),
        ("text/plain", ["a"]),
        ("text/plain", 3),
    ],
)
def test_what_is_no_picture_or_text_is_dropped(kind, data):
    assert readable([display(**{kind: data})]) == []


@pytest.mark.parametrize(
    ("kind", "picture", "why"),
    [
        ("image/png", png(5001, 5000), "has 5001 × 5000 pixels, and a page shows no more than 25 million"),
        ("image/jpeg", jpeg(65535, 65535), "has 65535 × 65535 pixels, and a page shows no more than 25 million"),
        ("image/png", png(3, 2)[:20], "is damaged: it does not say how large it is"),
        ("image/jpeg", jpeg(0, 2), "is damaged: it does not say how large it is"),
    ],
)
def test_a_picture_too_large_for_a_browser_leaves_a_sentence(kind, picture, why):
    data = {kind: base64.b64encode(picture).decode()}
    assert taken(display(**data)).data == {"text/plain": f"[A picture is not shown here: it {why}.]"}
    assert taken(display(text_plain="<Figure>", **data)).data == {
        "text/plain": f"[A picture is not shown here: it {why}.]\n<Figure>"
    }


def test_an_empty_text_is_text():
    assert taken(display(text_plain="")).data == {"text/plain": ""}


@pytest.mark.parametrize("answer", [{"exercise": "x", "answers": {}}, "words", None, [1, {"a": None}], 3.5])
def test_an_answer_is_taken_as_it_is_and_alone(answer):
    assert taken(display(**{ANSWER_MIME: answer}, image_png=PNG, text_html="<b>")).data == {ANSWER_MIME: answer}


@pytest.mark.parametrize("depth", [13, 900])
def test_an_answer_too_deep_for_its_readers_is_taken_for_none(depth):
    for deep in (json.loads("[" * depth + "]" * depth), json.loads('{"a": ' * depth + "3" + "}" * depth)):
        assert taken(display(**{ANSWER_MIME: deep})).data == {ANSWER_MIME: None}
        assert taken(display(**{ANSWER_MIME: [0, {}, deep]})).data == {ANSWER_MIME: None}


def test_an_answer_of_twelve_levels_is_taken():
    deep = json.loads("[" * 12 + "3" + "]" * 12)
    assert taken(display(**{ANSWER_MIME: deep})).data == {ANSWER_MIME: deep}


def test_the_metadata_of_a_display_are_dropped():
    wide = {**display(image_png=PNG), "metadata": {"image/png": {"width": '1" onerror="alert(1)'}}, "transient": {}}
    assert taken(wide).metadata == {}
    assert set(taken(wide)) == {"output_type", "data", "metadata"}


def test_an_error_is_taken_as_text():
    assert taken(error(traceback=["\x1b[0;31mValueError\x1b[0m", "<b>"])) == {
        "output_type": "error",
        "ename": "ValueError",
        "evalue": "bad",
        "traceback": ["ValueError", "<b>"],
    }


def test_the_type_of_an_error_has_200_characters_at_most():
    assert taken(error(ename="E" * 201)).ename == "E" * 200


@pytest.mark.parametrize("nonsense", [None, 3, ["a"], {"a": 1}])
def test_what_is_no_text_in_an_error_is_empty(nonsense):
    strange = taken({"output_type": "error", "ename": nonsense, "evalue": nonsense, "traceback": [nonsense]})
    assert (strange.ename, strange.evalue, strange.traceback) == ("", "", [""])
    assert taken({"output_type": "error", "traceback": "abc"}).traceback == []


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b[1;38;2;1;2;3mred\x1b[m", "red"),
        ("\x1b[2J\x1b[H\x1b[?25lgone", "gone"),
        ("[31m is no colour", "[31m is no colour"),
        ("a\ud800b", "a?b"),
        ("é漢😀\n\t", "é漢😀\n\t"),
    ],
)
def test_colours_and_lone_surrogates_are_dropped_wherever_text_is(text, plain):
    assert taken(stream(text)).text == plain
    assert taken(display(text_plain=text)).data["text/plain"] == plain
    failed = taken(error(text, text, [text]))
    assert (failed.ename, failed.evalue, failed.traceback) == (plain, plain, [plain])


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a\r\nb\r\n", "a\nb\n"),
        ("0%|  |\r50%|# |\r100%|##|\ndone", "100%|##|\ndone"),
        ("\r 10%\r 20%\r", " 20%"),
        ("Traceback\rall tests passed", "all tests passed"),
        ("\x9b31mred\x9b0m", "red"),
        ("\x1b]0;a title\x07a\x1b]8;;b\x1b\\c", "ac"),
        ("a\x07\x00\x08\x0c\x7f\x85\x9db", "ab"),
        ("a\u202eb\u2066c\u2069", "a⟨U+202E⟩b⟨U+2066⟩c⟨U+2069⟩"),
        ("\u200fשלום\u200e", "\u200fשלום\u200e"),
    ],
    ids=ascii,
)
def test_what_a_terminal_or_a_page_would_obey_is_done_dropped_or_spelt_out(text, plain):
    assert taken(stream(text)).text == plain
    assert taken(display(text_plain=text)).data["text/plain"] == plain
    failed = taken(error(text, text, [text]))
    assert (failed.ename, failed.evalue, failed.traceback) == (plain, plain, [plain])


@pytest.mark.parametrize("text", ["\x1b[\x1b[0m31mred", "\x1b[ 31mred", "\x1b[+31mred"])
def test_no_colours_are_left_that_nbconvert_would_show(text):
    assert "<span" not in ansi2html(taken(stream(text)).text)


def test_a_colour_that_came_in_two_parts_is_dropped():
    assert taken(stream("\x1b[3", "1mred")).text == "red"


@pytest.mark.parametrize("part", [None, 3, ["a"]])
def test_a_part_of_a_stream_that_is_no_text_is_empty(part):
    assert taken(stream("a", part, "b")).text == "ab"


@pytest.mark.parametrize(
    "malformed",
    [
        None,
        "text",
        {},
        {"0": {}},
        [None],
        ["stream"],
        [[]],
        [{}],
        [{"output_type": None}],
        [{"output_type": ["stream"]}],
        [{"output_type": "update_display_data", "data": {}}],
        [{"output_type": "stream"}],
        [{"output_type": "stream", "parts": "abc"}],
        [{"output_type": "stream", "text": "abc"}],
        [{"output_type": "display_data"}],
        [{"output_type": "display_data", "data": None}],
        [{"output_type": "execute_result", "data": [["text/plain", "1"]]}],
        [stream("a"), {"output_type": "clear_output"}],
    ],
)
def test_what_has_no_form_of_ours_is_malformed(malformed):
    with pytest.raises(MalformedOutput):
        readable(malformed)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from([PNG, "\ud800", "\x1b[1m"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
OUTPUT = st.fixed_dictionaries(
    {"output_type": st.sampled_from(["stream", "display_data", "execute_result", "error"])},
    optional={
        "name": JSON,
        "parts": st.lists(JSON, max_size=3),
        "data": st.dictionaries(st.sampled_from(["text/plain", "image/png", "text/html"]), JSON),
        "ename": JSON,
        "evalue": JSON,
        "traceback": JSON,
        "metadata": JSON,
    },
)


@settings(max_examples=40, deadline=None)
@given(st.lists(OUTPUT, max_size=3))
def test_whatever_is_taken_is_valid_and_can_be_written(reported):
    try:
        outputs = readable(reported)
    except MalformedOutput:
        return
    notebook = new_notebook(cells=[new_code_cell("", outputs=outputs)])
    nbformat.validate(notebook)
    json.dumps(notebook, ensure_ascii=False).encode()
