"""Mutations of the archive in which a notebook is handed in: its entries as programs write them, and its bytes."""

import io
import struct
import tarfile
import warnings
import zipfile
from random import Random

from solutions.research.fuzz.files import damage
from solutions.research.fuzz.recipes import FILE, TIME, Work, mutation

LOCAL, CENTRAL, END = b"PK\3\4", b"PK\1\2", b"PK\5\6"
# Fields of a header: where they begin in it, and their size in bytes.
FIELDS = {
    LOCAL: {"flags": (6, 2), "method": (8, 2), "crc": (14, 4), "packed": (18, 4), "size": (22, 4), "name": (26, 2)},
    CENTRAL: {
        "flags": (8, 2),
        "method": (10, 2),
        "packed": (20, 4),
        "size": (24, 4),
        "name": (28, 2),
        "offset": (42, 4),
    },
    END: {"disk": (4, 2), "entries": (10, 2), "directory": (12, 4), "offset": (16, 4), "comment": (20, 2)},
}
Entry = tuple[zipfile.ZipInfo, bytes]


def entry(name: str, content: bytes = b"", mode: int = 0o100644) -> Entry:
    info = zipfile.ZipInfo(name, (2026, 5, 3, 23, 30, 6))
    info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, mode << 16
    return info, content


def attempt(work: Work) -> str:
    """The folder in an archive, by which it is known whose it is."""
    return f"{work.student}_attempt_{TIME}"


def begin(work: Work) -> list[Entry]:
    """As `grader submit` packs it."""
    return [entry(f"{attempt(work)}/{FILE}", work.content)]


def pack(entries: list[Entry]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of names that are there twice
        for info, content in entries:
            archive.writestr(info, content)
    return file.getvalue()


def notebook_of(work: Work) -> zipfile.ZipInfo:
    return next(info for info, _ in work.entries if info.filename.endswith(FILE))


# What programs do to archives -----------------------------------------------------------------------------------------


@mutation("entries", keeps="compression")
def other_compression(work: Work, rng: Random) -> str:
    notebook_of(work).compress_type = method = rng.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
    return zipfile.compressor_names[method]


@mutation("entries", keeps="other-entries")
def other_entries(work: Work, rng: Random) -> None:
    others = [entry(f"{attempt(work)}/"), entry(f"__MACOSX/{attempt(work)}/._{FILE}", b"x"), entry("readme.txt", b"x")]
    others += [entry(".DS_Store", b"x"), entry(f"{attempt(work)}/data/x.gz", b"x"), entry("é\x07\u202e.txt", b"x")]
    others += [entry("../../evil.txt", b"x"), entry("/evil.txt", b"x"), entry("link", b"/etc/passwd", mode=0o120777)]
    for other in rng.sample([*others, entry("a" * 60_000)], rng.randint(1, 4)):
        work.entries.insert(rng.randrange(len(work.entries) + 1), other)


@mutation("entries", keeps="path")
def packed_again_in_folders(work: Work, rng: Random) -> str:
    folder = rng.choice(["downloads/", "a/b/c/d/", "Übung 3/", "./", "домашка/", "x" * 200 + "/"])
    notebook_of(work).filename = folder + notebook_of(work).filename
    return ascii(folder)


@mutation("entries", keeps="attributes")
def attributes_of_entries(work: Work, rng: Random) -> None:
    info = notebook_of(work)
    info.create_system = rng.choice([0, 3, 10, 19, 255])
    info.external_attr = rng.choice([0, 0x20, 0o100777 << 16, 0o104755 << 16, 0o100000 << 16])
    info.date_time = rng.choice([(1980, 1, 1, 0, 0, 0), (2107, 12, 31, 23, 59, 58)])
    info.comment = rng.choice([b"", b"x" * 60_000, b"\xff\x1b"])
    info.extra = rng.choice([b"", b"UT\x05\x00\x03" + b"\0" * 4, struct.pack("<HH", 0x7075, 9) + b"\x01" + b"\0" * 8])


@mutation("archive", keeps="around")
def bytes_before(work: Work, rng: Random) -> None:
    """A program that unpacks itself begins with other bytes, and readers of archives allow for it."""
    work.archive = rng.choice([b"#!/bin/sh\n", b"MZ" + b"\0" * 100, b"PK00"]) + work.archive


@mutation("archive", keeps="comment")
def comment_of_the_archive(work: Work, rng: Random) -> None:
    comment = rng.choice([b"x", b"\xff" * 1000, b"x" * 60_000])
    work.archive = work.archive[: work.archive.rfind(END) + 20] + struct.pack("<H", len(comment)) + comment


# Anything -------------------------------------------------------------------------------------------------------------


@mutation("entries")
def compression_that_few_use(work: Work, rng: Random) -> str:
    notebook_of(work).compress_type = method = rng.choice([zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
    return zipfile.compressor_names[method]


@mutation("entries")
def names_of_other_kinds(work: Work, rng: Random) -> str:
    whole, name = f"{attempt(work)}/{FILE}", work.student
    names = [
        FILE,
        whole.replace("/", "\\"),
        f"/{whole}",
        f"../{whole}",
        f"{whole}.txt",
        f"{whole}/",
        f"C:\\{FILE}",
        "/",
    ]
    names += [f"{name}_attempt_20260230T000000Z/{FILE}", f"{attempt(work)}/x/{FILE}", f"{attempt(work)}//{FILE}", ""]
    others = ["._", "\x1b", "../../x", "x" * 300, "a\n", "zed", "..", "a b", "домашка"]
    names += [f"{other}_attempt_{TIME}/{FILE}" for other in others]
    notebook_of(work).filename = chosen = rng.choice(names)
    return ascii(chosen)


@mutation("entries")
def several_attempts(work: Work, rng: Random) -> None:
    names = [f"{attempt(work)}/{FILE}", f"mia_attempt_{TIME}/{FILE}", f"x/{attempt(work)}/{FILE}"]
    names += [f"{work.student}_attempt_20260504T000000Z/{FILE}"]
    work.entries += [entry(name, work.content) for name in rng.sample(names, rng.randint(1, 3))]


@mutation("entries")
def archive_in_an_archive(work: Work, rng: Random) -> None:
    names = ["inner.zip", f"{attempt(work)}/inner.zip", f"{attempt(work)}/{FILE}"]
    work.entries = [entry(rng.choice(names), pack(work.entries))]


@mutation("entries")
def links_for_entries(work: Work, rng: Random) -> None:
    work.entries = [entry(f"{attempt(work)}/{FILE}", b"/etc/passwd", mode=rng.choice([0o120777, 0o10644]))]


@mutation("entries")
def many_or_large_entries(work: Work, rng: Random) -> str:
    what = rng.choice(["many", "a bomb", "large"])
    match what:
        case "many":
            work.entries = [entry(f"{number}/{FILE}") for number in range(20_000)] + work.entries
        case "a bomb":
            work.entries = [entry(f"{attempt(work)}/{FILE}", bytes(rng.choice([17, 100]) * 2**20))]
        case "large":
            work.entries.append(entry("large.bin", bytes(40 * 2**20)))
    return what


@mutation("archive")
def fields_of_headers(work: Work, rng: Random) -> str:
    said, content = [], bytearray(work.archive)
    for _ in range(rng.choice([1, 1, 2, 4])):
        header = rng.choice(list(FIELDS))
        place, field = content.find(header), rng.choice(list(FIELDS[header]))
        start, size = FIELDS[header][field]
        most = 256**size - 1
        value = rng.choice([0, 1, 9, 12, 14, 99, 0x41, 0x800, 2**20, most, most - 1, rng.randrange(most)]) & most
        if place >= 0:
            content[place + start : place + start + size] = value.to_bytes(size, "little")
            said.append(f"{field} {header[2:].hex()} = {value}")
    work.archive = bytes(content)
    return ", ".join(said)


@mutation("archive")
def damaged_archive(work: Work, rng: Random) -> str:
    work.archive, how = damage(work.archive, rng)
    return how


@mutation("archive")
def another_kind_of_archive(work: Work, rng: Random) -> str:
    what, file = rng.choice(["tar.gz", "tar", "text", "nothing", "two", "a notebook", "only an end"]), io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz" if what == "tar.gz" else "w") as archive:
        info = tarfile.TarInfo(f"{attempt(work)}/{FILE}")
        info.size = len(work.content)
        archive.addfile(info, io.BytesIO(work.content))
    others = {"text": b"no archive", "nothing": b"", "two": work.archive * 2, "a notebook": work.content}
    work.archive = {**others, "only an end": END + bytes(18)}.get(what, file.getvalue())
    return what
