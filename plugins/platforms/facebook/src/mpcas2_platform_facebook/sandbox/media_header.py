"""What pictures and films say about themselves in their first bytes and headers."""

import struct
from collections.abc import Iterator
from typing import Final

import msgspec

from mpcas2_sandbox.files import StoredFile

_PICTURES: Final = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
)
_STILL_BRANDS = (b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1", b"M4A ", b"M4B ")
_FIRST_ATOMS = frozenset({b"moov", b"mdat", b"wide", b"free", b"skip"})
_NESTS = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl"})
_HEAD = 8
_LONG_HEAD = 16
_MAX_HEADER = 32 * 1024 * 1024


class Film(msgspec.Struct, kw_only=True):
    """What a film's header says; what it leaves out is None.

    Args:
        media_type: ``video/mp4`` or ``video/quicktime``.
        seconds: How long it is.
        width: Of its pictures, in dots.
        height: Of its pictures, in dots.
        frames_a_second: How fast they follow each other.
    """

    media_type: str
    seconds: float | None = None
    width: int | None = None
    height: int | None = None
    frames_a_second: float | None = None


def picture_type(file: StoredFile) -> str:
    """Returns the media type of a picture by its first bytes; empty for anything else."""
    head = file.read(0, 16)
    return next((kind for letters, kind in _PICTURES if head.startswith(letters)), "")


def read_film(file: StoredFile) -> Film | None:
    """Returns what a film says about itself; None for what is no MP4 or MOV.

    Args:
        file: The whole file; the header may stand at its end.
    """
    head = file.read(0, 12)
    if head[4:8] == b"ftyp" and head[8:12] not in _STILL_BRANDS:
        film = Film(media_type="video/quicktime" if head[8:12] == b"qt  " else "video/mp4")
    elif head[4:8] in _FIRST_ATOMS:
        film = Film(media_type="video/quicktime")
    else:
        return None
    header = _header(file)
    if header is None:
        return film
    try:
        for name, inner in _atoms(header):
            if name == b"mvhd":
                film.seconds = _seconds(inner)
            elif name == b"trak":
                _read_track(film, dict(_leaves(inner)))
    except (struct.error, IndexError):
        return None
    return film


def _header(file: StoredFile) -> bytes | None:
    """Returns what stands in the film's ``moov``, wherever that is."""
    place = 0
    while place + _HEAD <= file.size:
        size, name = struct.unpack(">I4s", file.read(place, _HEAD))
        head = _HEAD
        if size == 1 and place + _LONG_HEAD <= file.size:
            (size,) = struct.unpack(">Q", file.read(place + _HEAD, 8))
            head = _LONG_HEAD
        size = size or file.size - place
        if size < head:
            return None
        if name == b"moov":
            return file.read(place + head, min(size - head, _MAX_HEADER))
        place += size
    return None


def _atoms(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = 0
    while place + _HEAD <= len(data):
        size, name = struct.unpack_from(">I4s", data, place)
        if size < _HEAD:
            return
        yield name, data[place + _HEAD : place + size]
        place += size


def _leaves(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    for name, inner in _atoms(data):
        if name in _NESTS:
            yield from _leaves(inner)
        elif name != b"hdlr" or inner[8:12] != b"url ":
            yield name, inner


def _seconds(data: bytes) -> float | None:
    """Reads scale and duration, which mvhd and mdhd have at the same places."""
    form, at = (">IQ", 20) if data[0] == 1 else (">II", 12)
    scale, length = struct.unpack_from(form, data, at)
    return float(length / scale) if scale else None


def _read_track(film: Film, leaves: dict[bytes, bytes]) -> None:
    """Takes frame size and speed from a track of pictures."""
    tkhd = leaves.get(b"tkhd", b"")
    if len(tkhd) < _HEAD:
        return
    width, height = struct.unpack_from(">II", tkhd, len(tkhd) - 8)
    if not width or not height:
        return
    film.width, film.height = width >> 16, height >> 16
    stts, mdhd = leaves.get(b"stts", b""), leaves.get(b"mdhd")
    seconds = _seconds(mdhd) if mdhd else None
    if seconds and len(stts) >= _HEAD:
        (count,) = struct.unpack_from(">I", stts, 4)
        entries = struct.iter_unpack(">II", stts[8 : 8 + count * 8])
        frames = sum(number for number, _ in entries)
        film.frames_a_second = frames / seconds if frames else None
