"""Which pictures a page may show: PNG and JPEG that say of themselves that they are of a sane size."""

import contextlib
import io
import random

import pytest
from PIL import Image

from grader.images import JPEG, MOST_PIXELS, MOST_SEGMENTS, PNG, NotShown, kind
from grader.tests.images import jpeg, png


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({"format": "PNG"}, PNG),
        ({"format": "JPEG"}, JPEG),
        ({"format": "JPEG", "progressive": True, "comment": b"\xff\xc0" * 99, "dpi": (72, 72)}, JPEG),
        ({"format": "JPEG", "exif": b"Exif\0\0" + jpeg(30000, 30000)}, JPEG),  # with a small picture of itself in it
    ],
)
def test_pictures_as_programs_write_them_are_shown(options, found):
    file = io.BytesIO()
    Image.new("RGB", (5000, 4000)).save(file, **options)
    assert kind(file.getvalue()) == found
    file = io.BytesIO()
    Image.new("1" if found == PNG else "L", (5000, 5001)).save(file, **options)
    with pytest.raises(NotShown, match="has 5000 × 5001 pixels, and a page shows no more than 25 million"):
        kind(file.getvalue())


@pytest.mark.parametrize("width", [1, 2**31 - 1])
def test_as_many_pixels_as_there_may_be(width):
    if width <= MOST_PIXELS:
        assert kind(png(width, MOST_PIXELS // width)) == PNG
    with pytest.raises(NotShown, match="pixels"):
        kind(png(width, MOST_PIXELS // width + 1))


@pytest.mark.parametrize(
    "picture", [b"", b"GIF89a", b"<svg/>", b"\x89PNG\r\n", b"\xff\xd8", b"RIFF....WEBP", b" " + png(1, 1)]
)
def test_other_kinds_are_not_shown(picture):
    with pytest.raises(NotShown, match="is neither PNG nor JPEG"):
        kind(picture)


@pytest.mark.parametrize(
    "picture",
    [
        png(1, 1)[:23],
        png(0, 5),
        png(1, 1).replace(b"IHDR", b"IDAT"),
        jpeg(1, 0),
        jpeg(1, 1)[:-3],
        jpeg(1, 1, before=b"\xff\xe0\x00\x04ab garbage"),
        jpeg(1, 1, before=b"\xff\xc4\x00\x02" * MOST_SEGMENTS),
    ],
)
def test_pictures_that_do_not_say_their_size_are_not_shown(picture):
    with pytest.raises(NotShown, match="does not say how large it is"):
        kind(picture)


def test_bytes_that_fill_a_gap_are_allowed():
    assert kind(jpeg(1, 1, before=b"\xff" * 100)) == kind(jpeg(1, 1, before=b"")) == JPEG


def test_whatever_is_handed_in_is_shown_or_not():
    """Pieces of pictures in any order."""
    pieces = [png(9, 9), jpeg(9, 9), b"\xff", b"\xff\xd8\xff", b"\x00", b"\xc0\x00\x00"]
    generator = random.Random(0)
    for _ in range(2000):
        with contextlib.suppress(NotShown):
            assert kind(b"".join(generator.choices(pieces, k=5))) in (PNG, JPEG)
