"""What the headers of MP4, MOV and WebM files tell: kind, frame, length and frame rate."""

import struct
from collections.abc import Iterator
from typing import Literal

import msgspec

from mpcas2_sandbox.files import StoredFile

_MAX_MOOV_BYTES = 32 * 1024 * 1024
_WEBM_HEAD_BYTES = 1024 * 1024
_EBML = b"\x1a\x45\xdf\xa3"
_STILLS_AND_SOUND = {b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1", b"M4A ", b"M4B "}
_QUICKTIME_ATOMS = {b"moov", b"mdat", b"wide", b"free", b"skip"}
_SEGMENT, _INFO, _TRACKS, _ENTRY, _VIDEO = 0x18538067, 0x1549A966, 0x1654AE6B, 0xAE, 0xE0
_SCALE, _LENGTH, _FRAME_TIME, _WIDTH, _HEIGHT = 0x2AD7B1, 0x4489, 0x23E383, 0xB0, 0xBA
_MASTERS = {_SEGMENT, _INFO, _TRACKS, _ENTRY, _VIDEO}
_NANOSECONDS = 1_000_000_000
_LONG_SIZE = 8

MovieType = Literal["video/mp4", "video/quicktime", "video/webm"]


class Movie(msgspec.Struct, frozen=True, kw_only=True):
    """A video's header; what it does not tell is None.

    Args:
        media_type: The container.
        width: In pixels.
        height: In pixels.
        seconds: How long it runs.
        frame_rate: Frames a second.
    """

    media_type: MovieType
    width: int | None = None
    height: int | None = None
    seconds: float | None = None
    frame_rate: float | None = None


def read_movie(file: StoredFile) -> Movie | None:
    """Returns what a file's header tells; None when it is none of the three containers."""
    head = file.read(0, 64)
    if head[4:8] == b"ftyp" and head[8:12] not in _STILLS_AND_SOUND:
        return _of_boxes(file, "video/quicktime" if head[8:12] == b"qt  " else "video/mp4")
    if head[4:8] in _QUICKTIME_ATOMS:
        return _of_boxes(file, "video/quicktime")
    if head.startswith(_EBML) and b"webm" in head:
        return _of_webm(file.read(0, _WEBM_HEAD_BYTES))
    return None


def _of_boxes(file: StoredFile, media_type: MovieType) -> Movie:
    place = 0
    while place + _LONG_SIZE <= file.size:
        head = file.read(place, 16)
        size = int.from_bytes(head[:4], "big")
        if size == 1:
            size = int.from_bytes(head[8:16], "big")
        if head[4:8] == b"moov":
            try:
                return _of_moov(
                    file.read(place, min(size or file.size, _MAX_MOOV_BYTES)), media_type
                )
            except (struct.error, IndexError, ZeroDivisionError):
                break
        if size < _LONG_SIZE:
            break
        place += size
    return Movie(media_type=media_type)


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yields the kind and the content of each box."""
    place = 0
    while place + _LONG_SIZE <= len(data):
        size, start = int.from_bytes(data[place : place + 4], "big"), place + _LONG_SIZE
        if size == 1:
            size, start = int.from_bytes(data[start : start + 8], "big"), start + 8
        end = place + size if size else len(data)
        if end < start:
            return
        yield data[place + 4 : place + 8], data[start:end]
        place = end


def _of_moov(box: bytes, media_type: MovieType) -> Movie:
    inside = dict(_boxes(box))[b"moov"]
    seconds: float | None = None
    for kind, content in _boxes(inside):
        if kind == b"mvhd":
            scale, length = _time_base(content)
            seconds = length / scale
        if kind == b"trak":
            parts = dict(_boxes(content))
            media = dict(_boxes(parts.get(b"mdia", b"")))
            if media.get(b"hdlr", b"")[8:12] != b"vide":
                continue
            width, height = struct.unpack(">II", parts[b"tkhd"][-8:])
            return Movie(
                media_type=media_type,
                width=width >> 16,
                height=height >> 16,
                seconds=seconds,
                frame_rate=_frame_rate(media),
            )
    return Movie(media_type=media_type, seconds=seconds)


def _time_base(content: bytes) -> tuple[int, int]:
    """Returns the units a second and the length in units of an ``mvhd`` or ``mdhd`` box."""
    scale, length = struct.unpack_from(
        ">IQ" if content[0] else ">II", content, 20 if content[0] else 12
    )
    return scale, length


def _frame_rate(media: dict[bytes, bytes]) -> float | None:
    table = dict(_boxes(dict(_boxes(media.get(b"minf", b""))).get(b"stbl", b""))).get(b"stts")
    scale, length = _time_base(media[b"mdhd"])
    if not table or not length:
        return None
    entries = int.from_bytes(table[4:8], "big")
    counts = (struct.unpack_from(">I", table, 8 + 8 * number)[0] for number in range(entries))
    return float(sum(counts) * scale / length)


def _of_webm(data: bytes) -> Movie:
    found: dict[int, bytes] = {}
    try:
        for name, content in _elements(data):
            found.setdefault(name, content)
    except IndexError:
        pass  # the part that was read ends within an element; what stood before it counts
    scale = int.from_bytes(found.get(_SCALE, b""), "big") or 1_000_000
    frame = int.from_bytes(found.get(_FRAME_TIME, b""), "big")
    length = found.get(_LENGTH, b"")
    ticks: float | None = None
    if len(length) in {4, 8}:
        (ticks,) = struct.unpack(">f" if len(length) == 4 else ">d", length)  # noqa: PLR2004  # bytes of a float
    return Movie(
        media_type="video/webm",
        width=int.from_bytes(found.get(_WIDTH, b""), "big") or None,
        height=int.from_bytes(found.get(_HEIGHT, b""), "big") or None,
        seconds=None if ticks is None else ticks * scale / _NANOSECONDS,
        frame_rate=_NANOSECONDS / frame if frame else None,
    )


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yields the name and the content of each element that is no master, at every depth."""
    place = 0
    while place < len(data):
        width = 9 - data[place].bit_length()
        name = int.from_bytes(data[place : place + width], "big")
        place += width
        width = 9 - data[place].bit_length()
        size = int.from_bytes(data[place : place + width], "big") & ((1 << 7 * width) - 1)
        unknown = size == (1 << 7 * width) - 1
        place += width
        if name in _MASTERS:
            continue
        if unknown:
            return
        yield name, data[place : place + size]
        place += size
