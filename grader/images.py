"""Pictures that nobody trusts: of which kind they are, and whether they are of a size that a page may show.

Nothing is decoded but the few bytes that tell a picture's size; whoever looks at the page decodes the rest.
"""

import re
import struct

PNG, JPEG = "image/png", "image/jpeg"
MAGIC = {PNG: b"\x89PNG\r\n\x1a\n", JPEG: b"\xff\xd8\xff"}
MOST_PIXELS = 25_000_000  # more than most phones' cameras make; a browser takes four bytes for each
MOST_SEGMENTS = 10_000  # of a JPEG before its size; cameras write some ten
# A marker of a JPEG; those that begin a frame stand before its size, and some stand alone.
MARKER = re.compile(rb"\xff+([^\xff\x00])")
FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
ALONE = frozenset([0x01, *range(0xD0, 0xD9)])


class NotShown(ValueError):
    """A page does not show this picture; the message says why, as a clause that goes on after "it"."""


def kind(picture: bytes) -> str:
    """The MIME type of a picture that a page may show.

    Raises:
        NotShown
    """
    found = next((kind for kind, magic in MAGIC.items() if picture.startswith(magic)), None)
    if found is None:
        raise NotShown("is neither PNG nor JPEG")
    size = _size_of_png(picture) if found == PNG else _size_of_jpeg(picture)
    if size is None or 0 in size:
        raise NotShown("is damaged: it does not say how large it is")
    width, height = size
    if width * height > MOST_PIXELS:
        raise NotShown(f"has {width} × {height} pixels, and a page shows no more than {MOST_PIXELS // 10**6} million")
    return found


def _size_of_png(picture: bytes) -> tuple[int, int] | None:
    return struct.unpack(">II", picture[16:24]) if len(picture) >= 24 and picture[12:16] == b"IHDR" else None


def _size_of_jpeg(picture: bytes) -> tuple[int, int] | None:
    place = 0
    for _ in range(MOST_SEGMENTS):
        marker = MARKER.match(picture, place)
        if marker is None:
            return None
        place = marker.end()
        if marker[1][0] in ALONE:
            continue
        segment = picture[place : place + 7]
        if len(segment) < 7:
            return None
        length, _, height, width = struct.unpack(">HBHH", segment)
        if marker[1][0] in FRAME:
            return width, height
        place += max(length, 2)
    return None
