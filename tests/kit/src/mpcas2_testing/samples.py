"""Small files for adapters under test."""

from __future__ import annotations

import struct
import zlib

__all__ = ("picture_bytes", "video_bytes")


def picture_bytes() -> bytes:
    """Makes a real PNG of two by two dots."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    rows = b"\x00\xff\x00\x00\x00\xff\x00" + b"\x00\x00\x00\xff\xff\xff\xff"
    head = struct.pack(">IIBBBBB", 2, 2, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def video_bytes(size: int = 100_000) -> bytes:
    """Makes an MP4 container of a given size, with nothing to see in it.

    Args:
        size: Length in bytes, 64 or more.
    """
    brand = struct.pack(">I", 24) + b"ftypisom\x00\x00\x02\x00isommp41"
    rest = size - len(brand)
    # A counter rather than zeros: a piece that is sent twice or left out changes the hash.
    body = b"".join(struct.pack(">Q", place) for place in range(rest // 8 + 1))
    return brand + struct.pack(">I", rest) + b"mdat" + body[: rest - 8]
