"""Tells from a file's first bytes what it is, and how large a picture is."""

import struct
from itertools import pairwise

_MOVIE_BRANDS = {b"qt  ": "video/quicktime"}
_JPEG_SIZES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
HEAD_BYTES = 256 * 1024


def sniff(head: bytes) -> str | None:
    """Returns the media type that the first bytes prove, or None."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head[:6] in {b"GIF87a", b"GIF89a"}:
        return "image/gif"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[:4] == b"\x1aE\xdf\xa3":
        return "video/webm"
    if head[4:8] == b"ftyp":
        return _MOVIE_BRANDS.get(head[8:12], "video/mp4")
    return None


def picture_size(head: bytes) -> tuple[int, int] | None:
    """Returns a picture's width and height in pixels, or None where they are not found."""
    kind = sniff(head)
    if kind == "image/png" and len(head) >= 24:  # noqa: PLR2004  # signature, length, IHDR, two sizes
        width, height = struct.unpack_from(">II", head, 16)
        return width, height
    if kind == "image/gif" and len(head) >= 10:  # noqa: PLR2004  # signature and two sizes
        width, height = struct.unpack_from("<HH", head, 6)
        return width, height
    return _jpeg_size(head) if kind == "image/jpeg" else None


def _jpeg_size(head: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 <= len(head) and head[at] == 0xFF:  # noqa: PLR2004  # a marker's first byte
        marker, length = head[at + 1], struct.unpack_from(">H", head, at + 2)[0]
        if marker in _JPEG_SIZES:
            height, width = struct.unpack_from(">HH", head, at + 5)
            return width, height
        at += 2 + length
    return None


def gap_in(indexes: list[int]) -> int | None:
    """Returns the first index that is missing from 0 on, or None when there is no gap."""
    ordered = [-1, *sorted(indexes)]
    return next((low + 1 for low, high in pairwise(ordered) if high != low + 1), None)
