"""`nbgrader zip_collect`: one notebook of each archive that `grader submit` packed, whatever the others hold."""

import bz2
import gzip
import io
import json
import logging
import lzma
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

from grader.autograde.collect import Attempt, ExtractAttempts, read
from grader.files import ROOT
from grader.limits import MB, Limits

NOTEBOOK = "homework3.ipynb"
ADA = f"ada_attempt_20260503T233007Z/{NOTEBOOK}"
BEN = ADA.replace("ada", "ben")
PACKED = "homework3_ada_attempt_20260503T233007Z.zip"  # as `grader submit` calls it
CONTENT = b'{"nbformat": 4, "cells": []}'


def packed(*entries: tuple[str | zipfile.ZipInfo, bytes], **more) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", **{"compression": zipfile.ZIP_DEFLATED, **more}) as archive:
        for name, text in entries:
            archive.writestr(name, text)
    return content.getvalue()


def pack(path: Path, *entries: tuple[str | zipfile.ZipInfo, bytes], **more) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(packed(*entries, **more))
    return path


def taken(path: Path, name: str = "", **limits) -> Attempt:
    ((_, attempt),) = read(path, name or path.name, "homework3", Limits(**limits))
    assert isinstance(attempt, Attempt), attempt
    return attempt


def refusal(path: Path, name: str = "", **limits) -> str:
    ((_, problem),) = read(path, name or path.name, "homework3", Limits(**limits))
    assert not isinstance(problem, Attempt)
    return str(problem)


JUNK = [("train-labels.gz", b"x"), (f"__MACOSX/{ADA.replace('/', '/._')}", b"x"), (".DS_Store", b"x")]


@pytest.mark.parametrize(
    "name",
    [
        ADA,
        f"unpacked and packed again/{ADA}",
        f"./{ADA}",
        f"/{ADA}",
        ADA.replace("/", "\\"),
        ADA.replace("/", "//"),
        f"ada_attempt_20260503T233007Z/homework3/{NOTEBOOK}",
        f"ada_attempt_20260503T233007Z (1)/{NOTEBOOK}",
        f"homework3_ada_attempt_20260503T233007Z/{NOTEBOOK}",
        f"ada_attempt_20260503T233007Z/{NOTEBOOK}.txt",
        f"ada_attempt_20260503T233007Z/{NOTEBOOK}.json",
        "ada_attempt_20260503T233007Z/homework3 (1).ipynb",
        "ada_attempt_20260503T233007Z/Homework3.IPYNB",
        "ada_attempt_20260503T233007Z/my work.ipynb",
        f"../../ada_attempt_20260503T233007Z/{NOTEBOOK}",
        f"C:\\Users\\Ada\\ada_attempt_20260503T233007Z\\{NOTEBOOK}",
    ],
)
def test_the_notebook_is_found_where_programs_put_it(tmp_path, name):
    attempt = taken(pack(tmp_path / "a.zip", (name, CONTENT), *JUNK))
    assert (attempt.student, attempt.time, attempt.content) == ("ada", "20260503T233007Z", CONTENT)


@pytest.mark.parametrize("name", [NOTEBOOK, f"homework3/{NOTEBOOK}", f"Neuer Ordner/{NOTEBOOK}"])
@pytest.mark.parametrize(
    "archive",
    [
        PACKED,
        PACKED.replace(".zip", " (1).zip"),
        PACKED.replace(".zip", "-1.zip"),
        f"lovelaceada_LATE_4711_0815_{PACKED}",
        f"homework3_al01_attempt_2026-05-03-23-30-07_{PACKED}",
        f"Ada Lovelace_4711_assignsubmission_file_/{PACKED}",
        "section 1/ada_attempt_20260503T233007Z.zip",
    ],
)
def test_where_the_folder_was_lost_the_name_of_the_archive_says_whose_it_is(tmp_path, name, archive):
    assert taken(pack(tmp_path / "a.zip", (name, CONTENT), *JUNK), archive).student == "ada"


def test_what_the_folder_says_goes_before_the_name_of_the_archive(tmp_path):
    assert taken(pack(tmp_path / "a.zip", (BEN, CONTENT)), PACKED).student == "ben"


def without(flag: int, content: bytes) -> bytes:
    """A zip archive of one file whose headers do not have a flag."""
    content = bytearray(content)
    for header, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        place = content.index(header) + flags
        content[place : place + 2] = (int.from_bytes(content[place : place + 2], "little") & ~flag).to_bytes(
            2, "little"
        )
    return bytes(content)


class Pipe(io.BytesIO):
    """What nobody can go back in: the sizes then stand behind the files."""

    def seekable(self) -> bool:
        return False

    def seek(self, *_):
        raise OSError

    tell = seek


def streamed() -> bytes:
    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(ADA, CONTENT)
    return pipe.getvalue()


def of_zip64() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive, archive.open(ADA, "w", force_zip64=True) as file:
        file.write(CONTENT)
    return content.getvalue()


def tarred(mode: str, form: int, *names: str) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode=mode, format=form) as archive:
        for name in names or [f"./ada_attempt_20260503T233007Z/._{NOTEBOOK}", f"./{ADA}"]:
            info = tarfile.TarInfo(name)
            info.size = len(CONTENT)
            archive.addfile(info, io.BytesIO(CONTENT))
    return content.getvalue()


def old_tar() -> bytes:
    """As it was before headers said that they are of a tar."""
    content = bytearray(tarred("w:", tarfile.USTAR_FORMAT, ADA))
    content[257:265], content[148:156] = bytes(8), b" " * 8
    content[148:156] = b"%06o\0 " % sum(content[:512])
    return bytes(content)


COMPRESS = {"gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress}
TAR = tarred("w:", tarfile.USTAR_FORMAT)
FORMS = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}
LONG = f"{'x' * 90}/{'ä' * 60}/{ADA}"
FORMATS = {
    "streamed": streamed(),
    "zip64": of_zip64(),
    "stored": packed((ADA, CONTENT), compression=zipfile.ZIP_STORED),
    "with a program before it": b"MZ" + bytes(1000) + packed((ADA, CONTENT)),
    "with names in UTF-8": packed((f"Übung/{ADA}", CONTENT)),
    "with names in UTF-8 but not by its word": without(0x800, packed((f"Übung/{ADA}", CONTENT))),
    "with folders": packed(("ada_attempt_20260503T233007Z/", b""), ("a\\", b""), (ADA, CONTENT)),
    **{
        f"tar {mode[2:]} {form}": tarred(mode, FORMS[form])
        for mode in ("w:", "w:gz", "w:bz2", "w:xz")
        for form in FORMS
    },
    **{f"long {form}": tarred("w:", FORMS[form], LONG) for form in ("gnu", "pax")},
    **{
        f"tar in several {kind}": b"".join(compress(block) for block in (TAR[:100], TAR[100:700], TAR[700:])) + bytes(9)
        for kind, compress in COMPRESS.items()
    },
    "old tar": old_tar(),
    "long ustar": tarred("w:", FORMS["ustar"], f"{'x' * 90}/{ADA}"),
}


@pytest.mark.parametrize("content", FORMATS.values(), ids=FORMATS)
def test_archives_are_read_in_the_formats_that_programs_make(tmp_path, content):
    (tmp_path / "a.zip").write_bytes(content)
    assert taken(tmp_path / "a.zip").content == CONTENT


def test_an_assignment_may_have_a_name_that_is_written_in_several_ways(tmp_path):
    names = [f"ada_attempt_20260503T233007Z/{name}" for name in ("Übung.ipynb", "U\u0308bung.ipynb")]
    for name in names:
        for content in (packed((name, CONTENT)), without(0x800, packed((name, CONTENT)))):
            (tmp_path / "a.zip").write_bytes(content)
            ((_, attempt),) = read(tmp_path / "a.zip", "a.zip", "Übung", Limits())
            assert (attempt.file, attempt.content) == (f"a.zip/{name}", CONTENT)


@pytest.mark.parametrize("name", [ADA, f"section/{ADA}", f"{PACKED.removesuffix('.zip')}/{NOTEBOOK}"])
def test_what_was_unpacked_already_is_taken_as_it_is(tmp_path, name):
    (tmp_path / NOTEBOOK).write_bytes(CONTENT)
    assert taken(tmp_path / NOTEBOOK, name).student == "ada"


def test_the_archive_of_a_portal_is_opened_and_each_in_it_is_one_of_its_own(tmp_path):
    path = pack(
        tmp_path / "portal.zip",
        (f"Ada/{PACKED}", packed((NOTEBOOK, CONTENT))),
        ("Ben/all.zip", packed(("x.zip", packed((BEN, CONTENT))))),
        ("Cleo/broken.zip", b"PK\3\4"),
        ("list.txt", b"x"),
    )
    ada, ben, cleo = read(path, path.name, "homework3", Limits())
    assert (ada[0], ada[1].student) == (f"portal.zip/Ada/{PACKED}", "ada")
    assert (ben[0], ben[1].student) == ("portal.zip/Ben/all.zip/x.zip", "ben")
    assert (cleo[0], str(cleo[1])) == ("portal.zip/Cleo/broken.zip", "is a damaged zip archive: it ends too early")


def test_what_lies_deeper_than_portals_put_it_is_not_looked_for(tmp_path):
    content = packed((ADA, CONTENT))
    for number in range(4):
        content = packed((f"{number}.zip", content))
    (tmp_path / "a.zip").write_bytes(content)
    assert "holds no homework3.ipynb; it holds “a.zip/3.zip/2.zip/1.zip”" in refusal(tmp_path / "a.zip")


def test_a_whole_folder_with_what_was_packed_in_it_before_is_still_of_one_student(tmp_path):
    path = pack(tmp_path / "a.zip", (f"homework3/{NOTEBOOK}", b"{}"), (f"homework3/{PACKED}", packed((ADA, CONTENT))))
    assert taken(path).content == CONTENT


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (NOTEBOOK, "does not say whose it is: “a.zip/homework3.ipynb” lies in no folder STUDENT_attempt_TIME"),
        (f"ada_attempt_soon/{NOTEBOOK}", "does not say whose it is"),
        (f"ada_attempt_20260503T233007Z0/{NOTEBOOK}", "does not say whose it is"),
        (f".._attempt_20260503T233007Z/{NOTEBOOK}", "is of “..”, which is no student's id (letters, digits and"),
        (f"lee[7]_attempt_20260503T233007Z/{NOTEBOOK}", "is of “lee[7]”, which is no student's id"),
        (f"a\u202eb_attempt_20260503T233007Z/{NOTEBOOK}", "is of “a?b”, which is no student's id"),
        (
            "ada_attempt_20260503T233007Z/essay.pdf",
            "holds no homework3.ipynb; it holds “a.zip/ada_attempt_20260503T233007Z/es",
        ),
        (
            "ada_attempt_20260503T233007Z/homework3.json",
            "holds no homework3.ipynb: “a.zip/ada_attempt_20260503T233007Z/homework3.json” is not a notebook: it does",
        ),
        ("\x1b[2J\u202e", "holds no homework3.ipynb; it holds “a.zip/?[2J?”"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_the_true_reason(tmp_path, name, reason):
    assert refusal(pack(tmp_path / "a.zip", (name, b'{"data": 1}'))).startswith(reason)


def test_an_archive_hands_in_for_one_student(tmp_path):
    path = pack(tmp_path / "a.zip", (ADA, CONTENT), (BEN, CONTENT))
    assert refusal(path) == "holds homework3.ipynb of 2 students, where there should be one"


def test_of_several_attempts_of_a_student_the_newest_is_taken(tmp_path):
    path = pack(
        tmp_path / "a.zip", (ADA.replace("T23", "T22"), b"old"), (ADA, b"new"), (ADA.replace("T23", "T21"), b"old")
    )
    assert taken(path).content == b"new"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_of_several_notebooks_of_an_attempt_the_one_of_the_right_name_is_taken_and_of_several_of_those_none(tmp_path):
    folder = ADA.removesuffix(NOTEBOOK)
    assert taken(pack(tmp_path / "a.zip", (f"{folder}other.ipynb", b"no"), (ADA, b"yes"))).content == b"yes"
    twice = pack(tmp_path / "b.zip", (ADA, b"one"), (f"{folder}copy/{NOTEBOOK}", b"two"))
    assert "and it is not clear which is meant" in refusal(twice)
    assert "and it is not clear which is meant" in refusal(pack(tmp_path / "c.zip", (ADA, b"one"), (ADA, b"two")))
    assert taken(pack(tmp_path / "d.zip", (ADA, b"one"), (ADA, b"one"))).content == b"one"


@pytest.mark.parametrize("time", ["20260230T000000Z", "00000101T000000Z", "99991231T235959Z", "19991231T235959Z"])
def test_a_time_that_cannot_be_is_refused(tmp_path, time):
    assert f"has the time {time}, which" in refusal(pack(tmp_path / "a.zip", (f"ada_attempt_{time}/{NOTEBOOK}", b"{}")))


def test_a_clock_may_be_ahead_by_some_hours_but_not_by_days(tmp_path):
    for hours, is_taken in ((20, True), (30, False)):
        time = datetime.now(UTC) + timedelta(hours=hours)
        path = pack(tmp_path / f"{hours}.zip", (f"ada_attempt_{time:%Y%m%dT%H%M%SZ}/{NOTEBOOK}", b"{}"))
        if is_taken:
            taken(path)
        else:
            assert "which cannot be right" in refusal(path)


def test_a_bomb_is_not_unpacked(tmp_path):
    path = pack(tmp_path / "a.zip", (ADA, bytes(2 * MB)))
    assert path.stat().st_size < 10_000
    assert refusal(path, notebook_file=1) == "is too large: it has more than 1.0 MB"
    path.write_bytes(bytes(MB + 1))
    assert refusal(path, notebook_file=1) == "is too large: 1.0 MB, and the limit is 1 MB"


def test_bombs_in_archives_in_an_archive_have_one_limit_together(tmp_path):
    bomb = packed((ADA, bytes(MB)))
    found = list(
        read(
            pack(tmp_path / "a.zip", *[(f"{i}.zip", bomb) for i in range(9)]),
            "a.zip",
            "homework3",
            Limits(notebook_file=1),
        )
    )
    assert len(found) == 9
    assert sum(isinstance(attempt, Attempt) for _, attempt in found) == 3
    assert "together with what was read before" in str(found[-1][1])


def test_no_more_is_unpacked_than_may_be_kept(tmp_path, monkeypatch):
    asked = []
    whole = zipfile.ZipExtFile.read
    monkeypatch.setattr(zipfile.ZipExtFile, "read", lambda file, n=-1: asked.append(n) or whole(file, n))
    taken(pack(tmp_path / "a.zip", (ADA, b"{}")), notebook_file=1)
    assert asked == [MB + 1]


def test_of_a_notebook_with_large_outputs_the_rest_is_taken(tmp_path):
    cells = [{"cell_type": "code", "source": "x = 1", "metadata": {}, "outputs": [{"text": "x" * 2 * MB}]}]
    content = json.dumps({"nbformat": 4, "cells": cells}).encode()
    smaller = taken(pack(tmp_path / "a.zip", (ADA, content)), notebook=1).content
    assert len(smaller) < 1000
    assert json.loads(smaller)["cells"][0]["source"] == "x = 1"
    assert taken(pack(tmp_path / "a.zip", (ADA, content)), notebook=3).content == content
    cells[0]["source"] = "x" * 2 * MB
    content = json.dumps({"nbformat": 4, "cells": cells}).encode()
    assert "is too large: 2.0 MB even without its outputs" in refusal(
        pack(tmp_path / "a.zip", (ADA, content)), notebook=1
    )


def link() -> bytes:
    entry = zipfile.ZipInfo(ADA)
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return packed((entry, b"/etc/passwd"))


def encrypted() -> bytes:
    content = bytearray(packed((ADA, b"{}")))
    for header, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        content[content.index(header) + flags] |= 1
    return bytes(content)


def damaged() -> bytes:
    content = bytearray(packed((ADA, b'{"cells": []}')))
    content[content.index(b".ipynb") + 8] ^= 0xFF
    return bytes(content)


def of_another_size() -> bytes:
    content = bytearray(packed((ADA, b'{"cells": []}')))
    content[content.index(b"PK\1\2") + 24] -= 1
    return bytes(content)


def tar_with_size(text: bytes) -> bytes:
    content = bytearray(tarred("w:", tarfile.USTAR_FORMAT, ADA))
    content[124:136] = text.ljust(12, b"\0")
    return bytes(content)


BROKEN = {
    "text": (b"no archive", "is no zip or tar archive"),
    "empty": (b"", "is empty"),
    "no end": (packed((ADA, b"{}"))[:-10], "is a damaged zip archive: it ends too early"),
    "encrypted": (encrypted(), "is protected by a password"),
    "damaged": (damaged(), "is damaged: "),
    "another size": (of_another_size(), "is damaged: Bad CRC-32"),
    "bzip2": (
        packed((ADA, b"{}"), compression=zipfile.ZIP_BZIP2),
        "is compressed by a method that is not read here (zip's number 12)",
    ),
    "lzma": (packed((ADA, b"{}"), compression=zipfile.ZIP_LZMA), "is compressed by a method that is not read here"),
    "7z": (b"7z\xbc\xaf\x27\x1c" + bytes(100), "is a 7z archive, which is not read here: pack its files as zip"),
    "rar": (b"Rar!\x1a\x07\x01" + bytes(100), "is a rar archive"),
    "a link in it": (link(), "holds no homework3.ipynb"),
    "many files": (packed(*[(str(number), b"") for number in range(10_001)]), "holds more than 10000 files"),
    "gzip": (b"\x1f\x8b\x08" + bytes(100), "is "),
    **{
        f"{kind} that ends": (
            compress(tarred("w:", tarfile.USTAR_FORMAT))[:-9],
            "is a damaged archive: it ends too early",
        )
        for kind, compress in COMPRESS.items()
    },
    "gzip of thousands": (gzip.compress(b"") * 10_001, "is compressed in more than 10000 parts"),
    "a wrong sum": (old_tar().replace(b"ada", b"bda"), "is no zip or tar archive"),
    "a tar that ends": (tarred("w:", tarfile.USTAR_FORMAT, ADA)[:520], "is a damaged archive: it ends too early"),
    "a tar that goes back": (tar_with_size(b"-2000"), "is a damaged archive"),
    "a tar of a terabyte": (tar_with_size(b"77777777777"), "is a damaged archive"),
    "a tar of no size": (tar_with_size(b"\x80"), "is a damaged archive"),
    "a tar of a file without a name": (tarred("w:", tarfile.USTAR_FORMAT, "./"), "holds no homework3.ipynb"),
}


@pytest.mark.parametrize(("content", "reason"), BROKEN.values(), ids=BROKEN)
def test_what_is_no_good_archive_is_refused_with_a_reason(tmp_path, content, reason):
    (tmp_path / "a.zip").write_bytes(content)
    assert refusal(tmp_path / "a.zip").startswith(reason)


NO_FILES = {
    "pipe": os.mkfifo,
    "link": lambda path: path.symlink_to(pack(path.parent.parent / "elsewhere" / "others.zip", (ADA, b"{}"))),
    "dangling": lambda path: path.symlink_to("/nowhere"),
}


@pytest.mark.parametrize("make", NO_FILES.values(), ids=NO_FILES)
def test_what_is_no_file_is_not_opened(tmp_path, make):
    make(tmp_path / "a.zip")
    assert refusal(tmp_path / "a.zip").startswith("cannot be read: it is a ")


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
    for name, (content, _) in BROKEN.items():
        (tmp_path / "archive" / f"{name}.zip").write_bytes(content)
    for name, make in NO_FILES.items():
        make(tmp_path / "archive" / f"{name}.zip")
    pack(tmp_path / "archive" / "z.zip", (ADA.replace("ada", "zoe"), b"zoe's"))
    (tmp_path / "archive" / ".DS_Store").write_bytes(b"x")
    assert collect() == {f"section 1/A.ZIP/{ADA}": b"ada's", f"z.zip/{ADA.replace('ada', 'zoe')}": b"zoe's"}
    assert all(f"“{name}.zip” " in caplog.text for name in [*BROKEN, *NO_FILES])
    assert caplog.text.count("Nothing of it is collected.") == len(BROKEN) + len(NO_FILES)


def test_what_comes_out_is_no_program_and_lies_in_a_folder_of_its_own(tmp_path, collect, caplog):
    entry = zipfile.ZipInfo(ADA)
    entry.external_attr = (stat.S_IFREG | 0o6777) << 16
    pack(tmp_path / "archive" / "X.zip", (entry, b"one"))
    pack(tmp_path / "archive" / "X", (ADA, b"two"))
    assert collect() == {f"X.zip/{ADA}": b"one", f"X/{ADA}": b"two"}
    mode = (tmp_path / "extracted" / "X.zip" / ADA).stat().st_mode
    assert not mode & (stat.S_ISUID | stat.S_ISGID | 0o111)
    assert "ada is the student of several archives, and the newest counts: “X”, “X.zip”" in caplog.text


def test_what_portals_pack_together_comes_out_side_by_side(tmp_path, collect):
    inner = [("a.zip", packed((ADA, b"one"))), ("../b.zip", packed((ADA, b"two"))), ("c.zip", packed((BEN, b"ben's")))]
    pack(tmp_path / "archive" / "portal.zip", *inner)
    assert collect() == {f"portal.zip/{ADA}": b"one", f"portal.zip/1/{ADA}": b"two", f"portal.zip/2/{BEN}": b"ben's"}


def test_what_was_taken_under_another_name_is_told(tmp_path, collect, caplog):
    pack(tmp_path / "archive" / "a.zip", (f"{ADA}.txt", CONTENT))
    assert collect() == {f"a.zip/{ADA}": CONTENT}
    assert f"“a.zip/{ADA}.txt” was taken for homework3.ipynb" in caplog.text


def test_ids_that_differ_in_capitals_are_told(tmp_path, collect, caplog):
    pack(tmp_path / "archive" / "a.zip", (ADA, b"one"))
    pack(tmp_path / "archive" / "b.zip", (ADA.replace("ada", "Ada"), b"two"))
    assert len(collect()) == 2
    assert "ada and Ada are collected as different students" in caplog.text


def test_no_name_does_anything_on_a_terminal(tmp_path, collect, caplog):
    for name in ["\x1b[2J\r\n", "\u202egnp", os.fsdecode(b"\xff")]:
        pack(tmp_path / "archive" / f"{name}.zip", (ADA, b"x"))
        (tmp_path / "archive" / f"{name}.7z").write_bytes(b"7z\xbc\xaf\x27\x1c")
    assert len(paths := collect()) == 3
    assert all(path.isprintable() for path in paths)
    assert all(record.getMessage().isprintable() for record in caplog.records)
    assert len(caplog.records) == 4


def test_the_course_unpacks_so():
    settings = PyFileConfigLoader("nbgrader_config.py", path=str(ROOT)).load_config()
    assert settings.ZipCollectApp.extractor_plugin is ExtractAttempts
