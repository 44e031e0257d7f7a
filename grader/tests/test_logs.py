"""Nothing that a student wrote does anything to a terminal: it is shown as escapes, in messages and in tracebacks."""

import io
import logging

import pytest
from nbgrader.apps.zipcollectapp import ZipCollectApp
from nbgrader.coursedir import CourseDirectory
from tornado.log import LogFormatter

from grader.autograde import logs
from grader.autograde.collect import ExtractAttempts

HOSTILE = {
    "carriage return": ("done\rERROR", r"done\rERROR"),
    "escape": ("\x1b[2J\x1b]0;title\x07", r"\x1b[2J\x1b]0;title\x07"),
    "one character": ("\x9b31m", r"\x9b31m"),
    "backspace": ("10\b\b0", r"10\x08\x080"),
    "direction": ("\u202egnp.exe", r"\u202egnp.exe"),
    "isolate": ("\u2066a\u2069", r"\u2066a\u2069"),
    "line separator": ("a\u2028b\x85c\x0bd", r"a\u2028b\x85c\x0bd"),
    "no text": ("n\udcff", r"n\udcff"),
    "delete": ("\x7f\x00", r"\x7f\x00"),
}


@pytest.fixture
def log():
    """A logger of nbgrader's kind, and what it has written."""
    log, stream = logging.Logger("of this test"), io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(LogFormatter(fmt="[%(levelname)s] %(message)s", color=False))
    log.addHandler(handler)
    logs.guard(log)
    return log, stream.getvalue


@pytest.mark.parametrize(("text", "shown"), HOSTILE.values(), ids=HOSTILE)
def test_it_is_shown_as_escapes(log, text, shown):
    log[0].warning("%s was left out", text)
    log[0].warning(f"{text} was left out")
    assert log[1]() == f"[WARNING] {shown} was left out\n" * 2


@pytest.mark.parametrize(("text", "shown"), HOSTILE.values(), ids=HOSTILE)
def test_so_it_is_in_an_exception(log, text, shown):
    try:
        raise ValueError(text)
    except ValueError:
        log[0].exception("It failed")
    assert f"ValueError: {shown}\n" in log[1]()
    assert text not in log[1]()


@pytest.mark.parametrize("text", ["Zoë 王 Ω “quoted” – 😀", "a\tb", r"C:\new"])
def test_letters_of_all_languages_stay(log, text):
    log[0].warning(text)
    assert log[1]() == f"[WARNING] {text}\n"


def test_what_follows_a_line_break_is_indented_and_so_no_line_of_its_own(log):
    log[0].warning("a\n[ERROR] b")
    assert log[1]() == "[WARNING] a\n    [ERROR] b\n"


def test_a_percent_sign_in_a_name_is_no_place_for_an_argument(log):
    log[0].warning("%s", "100%s")
    assert log[1]() == "[WARNING] 100%s\n"


def test_guarding_twice_escapes_once(log):
    logs.guard(log[0])
    logs.guard(logging.LoggerAdapter(log[0]))
    log[0].warning("\r")
    assert log[1]() == "[WARNING] \\r\n"


def test_collecting_guards_the_log_of_its_program(tmp_path, caplog):
    app = ZipCollectApp(coursedir=CourseDirectory(assignment_id="homework3"))
    app.log.propagate = True
    ExtractAttempts(parent=app).extract(str(tmp_path), str(tmp_path / "to"))
    app.log.warning("Skipped %s", "a\r\x1b[2J.zip")  # as nbgrader does
    assert [record.getMessage() for record in caplog.records] == [r"Skipped a\r\x1b[2J.zip"]
