"""Arrays keep every bit on their way out of a kernel, and nothing else gets through."""

import base64
import json

import numpy as np
import pytest

from grader import protocol
from grader.model import Case


@pytest.mark.parametrize("dtype", sorted(protocol.DTYPES))
def test_an_array_comes_back_bit_for_bit(dtype):
    array = np.arange(6).reshape(2, 3).astype(dtype)
    back = protocol.decode(json.loads(json.dumps(protocol.encode(array))))
    assert back.dtype == array.dtype
    np.testing.assert_array_equal(back, array)


def test_nan_infinity_and_empty_arrays_survive():
    array = np.array([np.nan, -np.inf, 1e-45], dtype=np.float32)
    np.testing.assert_array_equal(protocol.decode(json.loads(json.dumps(protocol.encode(array)))), array)
    assert protocol.decode(protocol.encode(np.zeros((0, 4)))).shape == (0, 4)
    assert protocol.decode(protocol.encode(np.array(2.5))) == 2.5


@pytest.mark.parametrize(
    ("text", "limit", "cleaned"),
    [
        ("a\tb\n", 9, "a\tb\n"),
        ("a\rb\r\nc", 9, "a\nb\nc"),
        ("a\x1b[31m\x07\x9b\x00b\ud800", 99, "a[31mb?"),
        ("a\u202eb", 99, "a⟨U+202E⟩b"),
        ("a\u202eb", 3, "a⟨U"),
        ("abc", 2, "ab"),
        ("a\u2066", None, "a⟨U+2066⟩"),
    ],
)
def test_a_text_of_a_student_is_fit_for_a_page_a_log_and_a_terminal(text, limit, cleaned):
    assert protocol.clean(text, limit) == cleaned


def good() -> dict:
    return {"dtype": "float32", "shape": [2], "data": base64.b64encode(bytes(8)).decode()}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"dtype": "object"}, "dtype object"),
        ({"dtype": ["float32"]}, "dtype"),
        ({"dtype": None}, "dtype"),
        ({"shape": "2"}, "short list"),
        ({"shape": [1] * 9}, "short list"),
        ({"shape": [-2]}, "no size"),
        ({"shape": [2.0]}, "no size"),
        ({"shape": [True, 2]}, "no size"),
        ({"shape": [2**40]}, "no size"),
        ({"shape": [2**20, 2**10]}, "more than 4 MB"),
        ({"shape": [2**22] * 7 + [0], "data": ""}, "more than 4 MB"),
        ({"shape": [600_000], "dtype": "float64"}, "more than 4 MB"),  # 4.8 million bytes
        ({"shape": [3]}, "length"),
        ({"data": 8}, "length"),
        ({"data": "AAAAAAAAAAA!"}, "not base64"),
        ({"data": "AAAAAAAAAAAA"}, "length"),
    ],
)
def test_a_malformed_array_is_refused_with_a_reason(change, reason):
    with pytest.raises(protocol.MalformedArray, match=reason):
        protocol.decode({**good(), **change})


@pytest.mark.parametrize("nonsense", [None, 3, "x", [], [[]]])
def test_what_is_no_mapping_is_refused(nonsense):
    with pytest.raises(protocol.MalformedArray):
        protocol.decode(nonsense)


def test_inputs_keep_lists_and_numbers_as_they_are():
    inputs = {"features": np.ones((2, 2), np.float32), "labels": [1, -1], "alpha": 0.5}
    back = protocol._decode_inputs(json.loads(json.dumps(protocol.encode_inputs(inputs))))
    assert back["labels"] == [1, -1]
    assert back["alpha"] == 0.5
    np.testing.assert_array_equal(back["features"], inputs["features"])


def test_a_question_brings_the_inputs_of_both_batches(tmp_path, monkeypatch):
    before = {"features": np.zeros((1, 2), np.float32), "labels": [7]}
    case = Case("used again", "", inputs={"features": np.ones((2, 2), np.float32), "labels": [1, -1]}, before=before)
    protocol.ask(tmp_path / "questions", {"an exercise": [case]})
    monkeypatch.setattr(protocol, "QUESTIONS", str(tmp_path / "questions"))
    (question,) = protocol.asked("an exercise")
    for given, asked in ((case.inputs, question.inputs), (case.before, question.before)):
        np.testing.assert_array_equal(asked["features"], given["features"])
        assert asked["labels"] == given["labels"]
