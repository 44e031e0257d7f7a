"""What nbgrader carries beside handed-in work: a time, whatever its zone, and a secret that is a word."""

import os
import re
import warnings
from datetime import datetime

import pytest
from nbgrader.utils import parse_utc

from grader.autograde import carried
from grader.autograde.carried import NO_TIME, SECRET, TIMESTAMP

NOON = datetime(2026, 7, 1, 12)  # in UTC


@pytest.fixture
def folders(tmp_path):
    """A submission without files, and where they are carried."""
    for name in ("submission", "to"):
        (tmp_path / name).mkdir()
    return tmp_path / "submission", tmp_path / "to"


@pytest.mark.parametrize(
    "text",
    [
        *("2026-07-01 12:00:00 UTC", "2026-07-01 12:00:00.000000 UTC", "2026-07-01T12:00:00Z", "2026-07-01 12:00"),
        *("2026-07-01 14:00:00 +0200", "2026-07-01 14:00:00 +02:00", "2026-07-01 14:00:00+02:00"),
        *("2026-07-01 14:00:00 +02", "2026-07-01 07:00:00.000000 -0500", "2026-07-01 17:30:00 +0530"),
        *("2026-07-01 14:00:00 Europe/Berlin", "2026-07-01 14:00:00 CEST", "2026-07-01T14:00:00 CEST"),
        *("2026-07-01 08:00:00 EDT", "2026-07-01 07:00:00 EST", "2026-07-01 2:00 PM CEST", "2026-07-01 15:00:00 MSK"),
        *("2026-07-01 8:00 am EDT", "2026-07-01 12:00 pm"),
    ],
)
def test_a_time_is_read_in_its_zone(folders, text):
    submission, to = folders
    (submission / TIMESTAMP).write_text(text)
    notices = carried.carry(submission, to)
    assert parse_utc((to / TIMESTAMP).read_text().strip()) == NOON  # as nbgrader then reads it
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert bool(notices) == (parse_utc(text) != NOON)


def test_an_abbreviation_means_what_clocks_say_at_that_time():
    assert carried.read_time("2026-01-15 13:00:00 CET") == datetime(2026, 1, 15, 12)
    assert carried.read_time("2026-01-15 12:00:00 GMT") == datetime(2026, 1, 15, 12)


@pytest.mark.parametrize("zone", ["IST", "CST", "XYZ", "../../etc/passwd", "/etc/localtime", "posixrules/../UTC"])
def test_a_zone_that_could_be_several_or_is_none_is_said_and_not_guessed(folders, zone):
    submission, to = folders  # IST: in India, Ireland and Israel; CST: in Chicago, Havana and Shanghai
    (submission / TIMESTAMP).write_text(f"2026-07-01 14:00:00 {zone}")
    (notice,) = carried.carry(submission, to)
    assert "holds no time that can be read" in notice
    assert not (to / TIMESTAMP).exists()


# The secret


@pytest.mark.parametrize("secret", ["0123456789abcdef" * 8, "s", "A-b_9=="])
def test_a_secret_is_carried_as_it_is(folders, secret):
    submission, to = folders
    (submission / SECRET).write_text(secret)
    assert carried.carry(submission, to) == []
    assert (to / SECRET).read_text() == secret


@pytest.mark.parametrize(
    "make",
    [
        lambda path: None,
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"\xff\xfe"),
        lambda path: path.write_text("../../etc/passwd"),
        lambda path: path.write_text("a\nb"),
        lambda path: path.write_text("é"),
        lambda path: path.write_text("a" * 1001),
        lambda path: path.symlink_to("/etc/hostname"),
        os.mkfifo,
        os.mkdir,
    ],
    ids=[*("none", "empty", "bytes", "path", "lines", "letters", "long", "link", "pipe", "folder")],
)
def test_without_a_usable_secret_one_is_made_up_so_that_the_others_get_their_feedback(folders, make):
    submission, to = folders
    make(submission / SECRET)
    assert carried.carry(submission, to) == []
    assert not (to / SECRET).exists()
    assert not carried.complete(to)
    first = (to / SECRET).read_text()
    assert re.fullmatch("[0-9a-f]{128}", first)
    (to / SECRET).unlink()
    carried.complete(to)
    assert (to / SECRET).read_text() != first


def test_what_came_along_is_not_replaced(folders):
    submission, to = folders
    (submission / SECRET).write_text("abc")
    (submission / TIMESTAMP).write_text("2026-07-01 12:00:00 UTC")
    carried.carry(submission, to)
    assert carried.complete(to)
    assert (to / SECRET).read_text() == "abc"
    assert (to / TIMESTAMP).read_text() == "2026-07-01 12:00:00 UTC"


def test_without_a_time_it_counts_as_older_than_all(folders):
    carried.complete(folders[1])
    assert (folders[1] / TIMESTAMP).read_text() == NO_TIME
    assert parse_utc(NO_TIME) == datetime(1970, 1, 1)
