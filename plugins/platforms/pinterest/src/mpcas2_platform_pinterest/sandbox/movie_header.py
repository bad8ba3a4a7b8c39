"""What the headers of MP4, M4V and MOV files tell: kind, frame and length."""

import struct
from collections.abc import Iterator
from typing import Literal

import msgspec

from mpcas2_sandbox.files import StoredFile

_BOX_HEAD = 8
_LONG_HEAD = 16
_MAX_MOOV_BYTES = 32 * 1024 * 1024
_STILLS_AND_SOUND = frozenset({b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1", b"M4A "})
_OLD_MOVIES = frozenset({b"moov", b"mdat", b"wide"})

MovieType = Literal["video/mp4", "video/x-m4v", "video/quicktime"]
_TYPES: dict[bytes, MovieType] = {b"qt  ": "video/quicktime", b"M4V ": "video/x-m4v"}


class Movie(msgspec.Struct, frozen=True, kw_only=True):
    """A video's header; what it does not tell is None.

    Args:
        media_type: The container.
        width: In pixels.
        height: In pixels.
        seconds: How long it runs.
    """

    media_type: MovieType
    width: int | None = None
    height: int | None = None
    seconds: float | None = None


def read_movie(file: StoredFile) -> Movie | None:
    """Returns what a file's header tells; None when it is none of the containers."""
    head = file.read(0, _LONG_HEAD)
    if head[4:8] == b"ftyp" and head[8:12] not in _STILLS_AND_SOUND:
        media_type = _TYPES.get(head[8:12], "video/mp4")
    elif head[4:8] in _OLD_MOVIES:
        media_type = "video/quicktime"
    else:
        return None
    try:
        return _told_by(_movie_box(file), media_type)
    except (struct.error, ZeroDivisionError):
        return Movie(media_type=media_type)


def _movie_box(file: StoredFile) -> bytes:
    """Returns the content of the ``moov`` box; empty where there is none."""
    at = 0
    while at + _BOX_HEAD <= file.size:
        head = file.read(at, _LONG_HEAD)
        size, content = int.from_bytes(head[:4], "big"), _BOX_HEAD
        if size == 1:
            size, content = int.from_bytes(head[8:16], "big"), _LONG_HEAD
        size = size or file.size - at
        if size < content:
            break
        if head[4:8] == b"moov":
            return file.read(at + content, min(size - content, _MAX_MOOV_BYTES))
        at += size
    return b""


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yields kind and content of the boxes within a box."""
    at = 0
    while at + _BOX_HEAD <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        end = at + size if size else len(data)
        if end < at + _BOX_HEAD:
            return
        yield kind, data[at + _BOX_HEAD : end]
        at = end


def _told_by(moov: bytes, media_type: MovieType) -> Movie:
    seconds: float | None = None
    frame: tuple[int, int] | None = None
    for kind, content in _boxes(moov):
        if kind == b"mvhd":
            # Version 1 has times of eight bytes.
            form, at = (">IQ", 20) if content[:1] == b"\x01" else (">II", 12)
            scale, length = struct.unpack_from(form, content, at)
            seconds = length / scale
        elif kind == b"trak":
            frame = frame or _frame(dict(_boxes(content)))
    width, height = frame or (None, None)
    return Movie(media_type=media_type, width=width, height=height, seconds=seconds)


def _frame(track: dict[bytes, bytes]) -> tuple[int, int] | None:
    """Returns width and height of a track of pictures."""
    handler = dict(_boxes(track.get(b"mdia", b""))).get(b"hdlr", b"")
    if handler[8:12] != b"vide":
        return None
    width, height = struct.unpack(">II", track[b"tkhd"][-8:]) if b"tkhd" in track else (0, 0)
    return (width >> 16, height >> 16) if width and height else None
