"""Made-up pictures for tests: nothing but what tells their kind and size."""

import struct


def png(width: int, height: int, more: bytes = b"") -> bytes:
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIBBBBB", 13, b"IHDR", width, height, 8, 2, 0, 0, 0) + more


def jpeg(width: int, height: int, before: bytes = b"\xff\xe0\x00\x04ab") -> bytes:
    return b"\xff\xd8" + before + struct.pack(">HHBHHB", 0xFFC2, 11, 8, height, width, 1)
