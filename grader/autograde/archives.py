"""The files in archives that nobody trusts: their names, and the content of those that are asked for, in memory.

Nothing is unpacked to a disk here; what is made of the names is up to `staging`. Links and devices in archives are passed
over. zip and tar are read, as they are made everywhere, and single files that were compressed; of others, the reason says
what they are.
"""

import bz2
import contextlib
import io
import lzma
import re
import stat
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from grader.files import printable
from grader.limits import KB, MB, Limits
from grader.notebooks import Unreadable

NAMES = re.compile(r"\.(zip|tar|tgz|tbz2?|txz|gz|bz2|xz|zst|7z|rar)$", re.IGNORECASE)
# What operating systems and Jupyter leave beside the files that somebody made.
LEFT_BY_PROGRAMS = re.compile(r"(^|/)(\.ipynb_checkpoints|__MACOSX|\._[^/]*|\.DS_Store|Thumbs\.db|desktop\.ini)(/|$)")
NESTED = 2  # archives in archives
MOST_FILES, MOST_TIMES = 10_000, 4  # files in an archive, and of how many of the largest size they may be all together
LONGEST_NAME = 4096
UTF8, ENCRYPTED = 0x800, 1  # flags of a file in a zip archive
METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}  # with others, `zipfile` bounds no memory
NOT_READ = {b"7z\xbc\xaf\x27\x1c": "7z", b"Rar!\x1a\x07": "rar", b"\x28\xb5\x2f\xfd": "zstd"}
PACKED = {
    b"\x1f\x8b": lambda: zlib.decompressobj(wbits=31),
    b"BZh": bz2.BZ2Decompressor,
    b"\xfd7zXZ\0": lambda: lzma.LZMADecompressor(memlimit=256 * MB),
}
MOST_STREAMS, CHUNK = 10_000, 64 * KB  # compressed one after the other; and as much of one as is read at once
BLOCK = 512  # bytes, of which a tar archive is made
PAX_PATH = re.compile(rb"\d+ path=([^\n]*)\n")

Read = Callable[[], bytes]


@dataclass(frozen=True)
class File:
    """path: where it lay, with / between folders and archives. read: its content; raises Unreadable. archive: the path of
    the archive in which it lay."""

    path: str
    read: Read
    archive: str | None = None


class Budget:
    """How much may still be read of what somebody handed in, the archives in it included."""

    def __init__(self, limits: Limits) -> None:
        self.most = limits.notebook_file * MB  # of one file
        self.left = MOST_TIMES * self.most

    def take(self, read: Callable[[int], bytes]) -> bytes:
        """What `read` gives, which is told how many bytes to give at most.

        Raises:
            Unreadable: there is more than may be read.
        """
        most = min(self.most, self.left)
        content = read(most + 1)
        self.left -= min(len(content), most)
        if len(content) > most:
            together = "" if most == self.most else ", together with what was read before"
            raise Unreadable(f"is too large: it has more than {most / MB:.1f} MB{together}")
        return content


def is_archive(path: str) -> bool:
    """By its name."""
    return NAMES.search(path) is not None


def opened(file: File, budget: Budget) -> list[File]:
    """The files in an archive; the path of each begins with that of the archive.

    Raises:
        Unreadable
    """
    content = file.read()
    for magic, kind in NOT_READ.items():
        if content.startswith(magic):
            raise Unreadable(f"is a {kind} archive, which is not read here: pack its files as zip")
    try:
        found = _files(content, budget, NAMES.sub("", file.path.rpartition("/")[2]))
    except Unreadable:
        raise
    except Exception as problem:  # whatever zipfile and the decompressors make of it
        raise Unreadable(f"is a damaged archive: {printable(str(problem), 200)}") from None
    files = [File(f"{file.path}/{path}", read, file.path) for path, read in found if path]
    return [inner for inner in files if not LEFT_BY_PROGRAMS.search(inner.path)]


def _files(content: bytes, budget: Budget, only: str) -> list[tuple[str, Read]]:
    """only: the name of the file that it is, if it is one, compressed."""
    packed = next((magic for magic in PACKED if content.startswith(magic)), None)
    if packed:
        content = budget.take(partial(_decompressed, content, packed))
    if _is_tar(content):
        return _in_tar(content)
    if not zipfile.is_zipfile(io.BytesIO(content)):
        if packed:
            return [(_path(only), lambda: content)]
        if content.startswith(b"PK\3\4"):
            raise Unreadable("is a damaged zip archive: it ends too early")
        raise Unreadable("is no zip or tar archive" if content else "is empty")
    if content.count(b"PK\1\2") > MOST_FILES:  # so each entry in the list of its files begins
        raise Unreadable(f"holds more than {MOST_FILES} files")
    archive = zipfile.ZipFile(io.BytesIO(content))
    return [
        (_path(_name(info)), partial(_unzipped, archive, info, budget)) for info in archive.infolist() if _is_file(info)
    ]


def _decompressed(content: bytes, magic: bytes, most: int) -> bytes:
    """At most `most` bytes of all streams: programs that compress in parallel make several. What follows is passed over."""
    found, position = bytearray(), 0
    for _ in range(MOST_STREAMS):
        stream = PACKED[magic]()
        while not stream.eof:
            if len(found) == most:
                return bytes(found)
            if position >= len(content):
                raise Unreadable("is a damaged archive: it ends too early")
            found += stream.decompress(content[position : position + CHUNK], most - len(found))
            position += CHUNK
        position = min(position, len(content)) - len(stream.unused_data)
        if not content.startswith(magic, position):
            return bytes(found)
    raise Unreadable(f"is compressed in more than {MOST_STREAMS} parts")


def _is_tar(content: bytes) -> bool:
    """Old ones say it only by a sum of the bytes in a header, to which its own count as spaces."""
    header = content[:BLOCK]
    if header[257:262] == b"ustar":
        return True
    digits = re.fullmatch(rb"[ \0]*([0-7]+)[ \0]*", header[148:156])
    return digits is not None and int(digits[1], 8) == sum(header) - sum(header[148:156]) + 8 * ord(" ")


def _is_file(info: zipfile.ZipInfo) -> bool:
    return stat.S_IFMT(info.external_attr >> 16) in (0, stat.S_IFREG) and info.filename[-1:] not in ("/", "\\")


def _name(info: zipfile.ZipInfo) -> str:
    """UTF-8 is what most programs write, whether or not they say so; `zipfile` takes their word."""
    with contextlib.suppress(UnicodeError):
        return info.filename if info.flag_bits & UTF8 else info.filename.encode("cp437").decode()
    return info.filename


def _path(name: str) -> str:
    """With the separators of this system, and without those that separate nothing."""
    return "/".join(part for part in re.split(r"[/\\]", name[:LONGEST_NAME]) if part not in ("", "."))


def _unzipped(archive: zipfile.ZipFile, info: zipfile.ZipInfo, budget: Budget) -> bytes:
    if info.flag_bits & ENCRYPTED:
        raise Unreadable("is protected by a password")
    if info.compress_type not in METHODS:
        raise Unreadable(f"is compressed by a method that is not read here (zip's number {info.compress_type})")
    try:
        with archive.open(info) as file:
            return budget.take(file.read)
    except Unreadable:
        raise
    except Exception as problem:
        raise Unreadable(f"is damaged: {printable(str(problem), 200)}") from None


def _in_tar(content: bytes) -> list[tuple[str, Read]]:
    """`tarfile` is for those who trust an archive: it can be led round in circles, and reads headers of any size."""
    found, position, longer = [], 0, b""
    while (header := content[position : position + BLOCK]).strip(b"\0"):
        start, size, kind = position + BLOCK, int(header[124:136].strip(b" \0") or b"0", 8), header[156:157]
        if size < 0 or start + size > len(content):
            raise Unreadable("is a damaged archive: it ends too early")
        if kind == b"L":  # how GNU gives a long name to the file that follows
            longer = content[start : start + min(size, LONGEST_NAME)].rstrip(b"\0")
        elif kind == b"x":  # how the standard does
            match = PAX_PATH.search(content[start : start + min(size, LONGEST_NAME)])
            longer = match[1] if match else longer
        else:
            prefix = header[345:500].rstrip(b"\0") if header[257:263] == b"ustar\0" else b""
            name = longer or b"/".join([prefix, header[:100].rstrip(b"\0")])
            if kind in (b"0", b"\0"):
                read = partial(content.__getitem__, slice(start, start + size))
                found.append((_path(name.decode(errors="replace")), read))
            longer = b""
        if len(found) > MOST_FILES:
            raise Unreadable(f"holds more than {MOST_FILES} files")
        position = start + -(-size // BLOCK) * BLOCK
    return found
