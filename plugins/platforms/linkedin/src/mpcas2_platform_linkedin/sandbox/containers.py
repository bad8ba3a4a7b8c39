"""Tells from a file's own bytes what it is, how large its picture is, and how long it plays."""

import dataclasses
import re
import struct
from collections.abc import Iterator

from mpcas2_sandbox.files import StoredFile

HEAD_BYTES = 256 * 1024
_JPEG_SIZES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_JPEG_MARK = 0xFF
_BOX_HEAD = 8
_LONG_BOX_HEAD = 16
_MOVIE_LIMIT = 16 * 1024 * 1024
_PAGE = re.compile(rb"/Type\s*/Page(?![A-Za-z])")
_FIXED_POINT = 65536


@dataclasses.dataclass(frozen=True, kw_only=True)
class Film:
    """What the header of an MP4 file says.

    Attributes:
        seconds: How long it plays; None where the header does not say it.
        width: The picture's width in pixels; 0 where the header does not say it.
        height: The picture's height in pixels; 0 likewise.
    """

    seconds: float | None = None
    width: int = 0
    height: int = 0


def sniff(head: bytes) -> str | None:
    """Returns the media type that the first bytes prove, or None."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head[:6] in {b"GIF87a", b"GIF89a"}:
        return "image/gif"
    if head[4:8] == b"ftyp" and head[8:12] != b"qt  ":
        return "video/mp4"
    return "application/pdf" if head.startswith(b"%PDF-") else None


def picture_size(head: bytes) -> tuple[int, int] | None:
    """Returns a picture's width and height in pixels, or None where they are not found."""
    kind = sniff(head)
    try:
        if kind == "image/png":
            width, height = struct.unpack_from(">II", head, 16)
            return width, height
        if kind == "image/gif":
            width, height = struct.unpack_from("<HH", head, 6)
            return width, height
        return _jpeg_size(head) if kind == "image/jpeg" else None
    except struct.error:
        return None


def _jpeg_size(head: bytes) -> tuple[int, int] | None:
    at = 2
    while at < len(head) and head[at] == _JPEG_MARK:
        marker, length = struct.unpack_from(">BH", head, at + 1)
        if marker in _JPEG_SIZES:
            height, width = struct.unpack_from(">HH", head, at + 5)
            return width, height
        at += 2 + length
    return None


def pages(file: StoredFile) -> int:
    """Returns how many pages of a PDF are named in the open; compressed ones are not counted."""
    return sum(len(_PAGE.findall(chunk)) for chunk in file.chunks())


def film(file: StoredFile) -> Film:
    """Returns what the header of an MP4 file says, wherever it stands in the file."""
    at = 0
    while at + _BOX_HEAD <= file.size:
        size, kind = struct.unpack(">I4s", file.read(at, _BOX_HEAD))
        if size == 1 and at + _LONG_BOX_HEAD <= file.size:
            size = int.from_bytes(file.read(at + _BOX_HEAD, _BOX_HEAD), "big")
        if size < _BOX_HEAD:
            break
        if kind == b"moov" and size <= _MOVIE_LIMIT:
            try:
                return _movie(file.read(at + _BOX_HEAD, size - _BOX_HEAD))
            except struct.error:
                break
        at += size
    return Film()


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + _BOX_HEAD <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        if size < _BOX_HEAD:
            return
        yield kind, data[at + _BOX_HEAD : at + size]
        at += size


def _movie(data: bytes) -> Film:
    seconds: float | None = None
    width = height = 0
    for kind, body in _boxes(data):
        if kind == b"mvhd":
            place, form = (20, ">IQ") if body[0] == 1 else (12, ">II")
            scale, duration = struct.unpack_from(form, body, place)
            seconds = duration / scale if scale else None
        elif kind == b"trak":
            for inner, track in _boxes(body):
                if inner == b"tkhd":
                    sizes = struct.unpack_from(">II", track, len(track) - 8)
                    if sizes[0] and not width:
                        width, height = (one // _FIXED_POINT for one in sizes)
    return Film(seconds=seconds, width=width, height=height)
