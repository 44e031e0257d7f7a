"""What nbgrader keeps beside handed-in work and needs again: when it was handed in, and the secret of its feedback.

`nbgrader submit` writes both. Late penalties and new gradings go by the time; `nbgrader release_feedback` publishes a page
under a name made of the secret, which only this student can make, too. Both files are the student's to change, so they
are hostile: what is carried on is a time that can be read, and a secret that is a word.
"""

import contextlib
import os
import re
import secrets
import warnings
import zoneinfo
from datetime import datetime
from pathlib import Path

import dateutil.parser
from dateutil.tz import gettz
from nbgrader.utils import parse_utc

from grader.notebooks import read_bytes

TIMESTAMP, SECRET = "timestamp.txt", "submission_secret.txt"
NO_TIME = "1970-01-01 00:00:00 UTC"  # whatever is handed in later with a time is newer, and graded again
LONGEST = 1000  # bytes of either file
WORD = re.compile(r"[A-Za-z0-9_=-]+")
# A time, and the name of its zone; "PM" is none.
WITH_ZONE = re.compile(r"(?P<moment>.+)\s(?P<zone>(?![AaPp][Mm]$)[A-Za-z][\w/+-]*)")


def carry(submission: Path, to: Path) -> list[str]:
    """Copy what can be read of both files to the folder `to`; what cannot, in sentences."""
    notices = (
        _carry_timestamp(submission / TIMESTAMP, to / TIMESTAMP) if os.path.lexists(submission / TIMESTAMP) else []
    )
    try:
        secret = read_bytes(submission / SECRET, LONGEST, f"{LONGEST} bytes").decode()
    except Exception:  # there is none, or whatever else it is
        return notices
    if WORD.fullmatch(secret):
        (to / SECRET).write_text(secret)
    return notices


def complete(graded: Path) -> bool:
    """Put what `nbgrader release_feedback` cannot do without, for all students at once, into a folder of autograded/.

    Returns:
        Had it the secret? With one made up here, the student's own `nbgrader fetch_feedback` finds nothing.
    """
    had_it = (graded / SECRET).exists()
    if not had_it:
        (graded / SECRET).write_text(secrets.token_hex(64))
    if not (graded / TIMESTAMP).exists():
        (graded / TIMESTAMP).write_text(NO_TIME)
    return had_it


def _carry_timestamp(path: Path, to: Path) -> list[str]:
    """nbgrader gives up on a whole submission whose timestamp it cannot parse."""
    try:
        text = read_bytes(path, LONGEST, f"{LONGEST} bytes").decode()
        time = read_time(text.strip())
    except Exception:  # whatever dateutil makes of it
        return [f"The file {TIMESTAMP} holds no time that can be read; it was graded without one."]
    if _as_nbgrader_reads(text.strip()) == time:
        to.write_text(text)
        return []
    to.write_text(f"{time} UTC")
    return [f"The file {TIMESTAMP} names a time zone that nbgrader by itself misreads; its time is {time} UTC."]


def _as_nbgrader_reads(text: str) -> datetime | None:
    with warnings.catch_warnings(), contextlib.suppress(Exception):
        warnings.simplefilter("ignore")  # dateutil's, of a zone that it does not know
        return parse_utc(text)


def read_time(text: str) -> datetime:
    """A time in UTC, without saying so, as nbgrader has it.

    nbgrader takes an offset like "+0200" for seconds, and abbreviations that are no file in the zone database, such as
    CEST, for UTC.

    Raises:
        Exception: it is none, its zone is unknown or could be several, or nbgrader's pages could not show it.
    """
    if re.search(r"(^|\s)/|\.\.", text):
        raise ValueError("dateutil would look for a file of this name, as for a time zone")
    if match := WITH_ZONE.fullmatch(text):
        moment = dateutil.parser.parse(match["moment"])
        time = parse_utc(moment.replace(tzinfo=gettz(match["zone"]) or _zone(match["zone"], moment)))
    else:
        time = parse_utc(dateutil.parser.parse(text))
    if not 2000 <= time.year < 2100:
        raise ValueError("in another time zone nbgrader's pages could not show it")
    return time


def _zone(abbreviation: str, moment: datetime) -> zoneinfo.ZoneInfo:
    """A zone whose clocks say `abbreviation` at this moment, if all that do agree on the time."""
    zones = map(zoneinfo.ZoneInfo, zoneinfo.available_timezones())
    found = {
        local.utcoffset(): local.tzinfo
        for local in (moment.replace(tzinfo=zone) for zone in zones)
        if local.tzname() == abbreviation
    }
    (zone,) = found.values()  # else a ValueError
    return zone
