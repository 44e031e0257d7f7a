"""`nbgrader zip_collect`: one notebook of each archive that `grader submit` packed, whatever the others hold."""

import io
import logging
import os
import stat
import tarfile
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from nbgrader.apps.zipcollectapp import ZipCollectApp
from nbgrader.coursedir import CourseDirectory
from traitlets.config.loader import PyFileConfigLoader

from grader.autograde.collect import ExtractAttempts, Refused, read
from grader.files import ROOT
from grader.limits import MB, Limits

NOTEBOOK = "homework3.ipynb"
ADA = f"ada_attempt_20260503T233007Z/{NOTEBOOK}"


def pack(path: Path, *entries: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return path


def refusal(path: Path, limits: Limits | None = None) -> str:
    with pytest.raises(Refused) as refused:
        read(path, NOTEBOOK, limits or Limits())
    return str(refused.value)


@pytest.mark.parametrize("name", [ADA, f"unpacked and packed again/{ADA}"])
def test_the_notebook_is_found_where_submit_puts_it(tmp_path, name):
    path = pack(tmp_path / "a.zip", (name, b"{}"), ("train-labels.gz", b"x"), (f"__MACOSX/._{NOTEBOOK}", b"x"))
    assert read(path, NOTEBOOK, Limits()) == ("ada", "ada_attempt_20260503T233007Z", b"{}")


@pytest.mark.parametrize(
    "name",
    [
        NOTEBOOK,
        "ada_attempt_20260503T233007Z/homework3_2.ipynb",
        f"ada_attempt_soon/{NOTEBOOK}",
        f".._attempt_20260503T233007Z/{NOTEBOOK}",
        f"a b_attempt_20260503T233007Z/{NOTEBOOK}",
        "others.zip",
    ],
)
def test_what_stands_elsewhere_is_not_looked_for(tmp_path, name):
    assert "holds no STUDENT_attempt_TIME/homework3.ipynb" in refusal(pack(tmp_path / "a.zip", (name, b"{}")))


def test_an_archive_hands_in_for_one_student_once(tmp_path):
    path = pack(tmp_path / "a.zip", (ADA, b"{}"), (ADA.replace("ada", "ben"), b"{}"))
    assert refusal(path) == "holds homework3.ipynb of 2 attempts, where there should be one"


@pytest.mark.parametrize("time", ["20260230T000000Z", "00000101T000000Z", "99991231T235959Z", "19991231T235959Z"])
def test_a_time_that_cannot_be_is_refused(tmp_path, time):
    assert f"has the time {time}, which" in refusal(pack(tmp_path / "a.zip", (f"ada_attempt_{time}/{NOTEBOOK}", b"{}")))


def test_a_clock_may_be_ahead_by_some_hours_but_not_by_days(tmp_path):
    for hours, taken in ((20, True), (30, False)):
        time = datetime.now(UTC) + timedelta(hours=hours)
        path = pack(tmp_path / f"{hours}.zip", (f"ada_attempt_{time:%Y%m%dT%H%M%SZ}/{NOTEBOOK}", b"{}"))
        if taken:
            read(path, NOTEBOOK, Limits())
        else:
            assert "which cannot be right" in refusal(path)


def test_a_bomb_is_not_unpacked(tmp_path):
    path = pack(tmp_path / "a.zip", (ADA, bytes(2 * MB)))
    assert path.stat().st_size < 10_000
    assert refusal(path, Limits(notebook=1)) == "holds a notebook of more than 1 MB"
    path.write_bytes(bytes(MB + 1))
    assert refusal(path, Limits(files=1)) == "has more than 1 MB"


def test_no_more_is_unpacked_than_may_be_kept(tmp_path, monkeypatch):
    asked = []
    whole = zipfile.ZipExtFile.read
    monkeypatch.setattr(zipfile.ZipExtFile, "read", lambda file, n=-1: asked.append(n) or whole(file, n))
    read(pack(tmp_path / "a.zip", (ADA, b"{}")), NOTEBOOK, Limits(notebook=1))
    assert asked == [MB + 1]


def encrypted(path: Path) -> None:
    content = bytearray(pack(path, (ADA, b"{}")).read_bytes())
    for header, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        content[content.index(header) + flags] |= 1
    path.write_bytes(content)


def damaged(path: Path) -> None:
    content = bytearray(pack(path, (ADA, b'{"cells": []}')).read_bytes())
    content[content.index(b".ipynb") + 8] ^= 0xFF
    path.write_bytes(content)


def tarred(path: Path) -> None:
    with tarfile.open(path, "w:gz") as archive:
        archive.addfile(tarfile.TarInfo(ADA), io.BytesIO())


BROKEN = {
    "text": lambda path: path.write_text("no archive"),
    "empty": lambda path: path.write_bytes(b""),
    "pipe": os.mkfifo,
    "link": lambda path: path.symlink_to(pack(path.parent.parent / "elsewhere" / "others.zip", (ADA, b"{}"))),
    "dangling": lambda path: path.symlink_to("/nowhere"),
    "encrypted": encrypted,
    "damaged": damaged,
    "tar": tarred,
}


@pytest.mark.parametrize("make", BROKEN.values(), ids=BROKEN)
def test_what_is_no_good_archive_is_refused_with_a_reason(tmp_path, make):
    make(tmp_path / "a.zip")
    assert refusal(tmp_path / "a.zip").startswith(("cannot be read as a zip file", "is no regular file"))


@pytest.fixture
def collect(tmp_path, caplog):
    """Unpacks the archives in `archive/`; what was unpacked, path -> content."""
    app = ZipCollectApp(coursedir=CourseDirectory(assignment_id="homework3"))
    app.log.propagate = True
    to = tmp_path / "extracted"

    def collect() -> dict[str, bytes]:
        with caplog.at_level(logging.WARNING):
            ExtractAttempts(parent=app).extract(str(tmp_path / "archive"), str(to))
        return {path.relative_to(to).as_posix(): path.read_bytes() for path in to.rglob("*") if path.is_file()}

    return collect


def test_one_bad_archive_keeps_no_other_from_being_collected_and_is_named(tmp_path, collect, caplog):
    pack(tmp_path / "archive" / "section 1" / "A.ZIP", (ADA, b"ada's"))
    for name, make in BROKEN.items():
        make(tmp_path / "archive" / f"{name}.zip")
    pack(tmp_path / "archive" / "z.zip", (ADA.replace("ada", "zoe"), b"zoe's"))
    assert collect() == {f"section 1/A.ZIP/{ADA}": b"ada's", f"z.zip/{ADA.replace('ada', 'zoe')}": b"zoe's"}
    assert all(f"{name}.zip" in caplog.text for name in BROKEN)
    assert caplog.text.count("Nothing of it is collected.") == len(BROKEN)


def test_what_comes_out_is_no_program_and_lies_in_a_folder_of_its_own(tmp_path, collect, caplog):
    entry = zipfile.ZipInfo(ADA)
    entry.external_attr = (stat.S_IFREG | 0o6777) << 16
    pack(tmp_path / "archive" / "X.zip", (entry, b"one"))
    pack(tmp_path / "archive" / "X", (ADA, b"two"))
    assert collect() == {f"X.zip/{ADA}": b"one", f"X/{ADA}": b"two"}
    mode = (tmp_path / "extracted" / "X.zip" / ADA).stat().st_mode
    assert not mode & (stat.S_ISUID | stat.S_ISGID | 0o111)
    assert "ada is the student of several archives, and the newest counts: ['X', 'X.zip']" in caplog.text


def test_the_course_unpacks_so():
    settings = PyFileConfigLoader("nbgrader_config.py", path=str(ROOT)).load_config()
    assert settings.ZipCollectApp.extractor_plugin is ExtractAttempts
