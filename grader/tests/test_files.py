"""Names that others chose: how they are told, and which of them nbgrader fails at."""

import os
import re

import pytest

from grader.files import STUDENT, quoted, why_not_gradable


@pytest.mark.parametrize(
    "name",
    [
        "a\nb",
        "a\rb",
        "a\x1b[2Jb",
        "a\x9bb",
        "a\ab",
        "a\u202eb",
        "a\u2066b",
        "a\u200bb",
        "a\u2028b",
        os.fsdecode(b"a\xffb"),
    ],
)
def test_a_name_is_told_without_what_does_something_on_a_terminal(name):
    told = quoted(name)
    assert told.isprintable()
    assert re.fullmatch("“a\\?.*b”", told)


def test_a_name_is_told_as_it_is_and_cut_where_it_is_long():
    assert quoted("Übung (1).ipynb") == "“Übung (1).ipynb”"
    assert quoted("x" * 1000) == f"“{'x' * 100}”"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("lee[7]", "a pattern of names"),
        ("a*", "a pattern of names"),
        ("a?b", "a pattern of names"),
        (".ada", "begins with a dot"),
        (" ada", "begins or ends with a space"),
        ("ada ", "begins or ends with a space"),
        ("a\nb", "cannot be printed"),
        ("a\u202eb", "cannot be printed"),
        (os.fsdecode(b"a\xff"), "no UTF-8"),
    ],
)
def test_what_nbgrader_fails_at_is_told(name, why):
    assert why in why_not_gradable(name)
    assert not re.fullmatch(STUDENT, name)


@pytest.mark.parametrize(
    "name", ["ada", "ada__lovelace", "a b", "müller", "o'brien", "a+b", "{x}", "-a", "a,b", "CON", "ada."]
)
def test_what_it_does_not_fail_at_is_graded(name):
    assert why_not_gradable(name) is None
