"""What the header of an MP4 or MOV says, as far as the limits need it."""

import struct
from collections.abc import Iterator

import msgspec

from mpcas2_sandbox.files import StoredFile

_NO_MOVIES = (b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1", b"M4A ", b"M4B ")
_OLD_BOXES = frozenset({b"moov", b"mdat", b"wide", b"free", b"skip"})
_PARENTS = frozenset({b"trak", b"mdia", b"minf", b"stbl"})
_MAX_HEADER = 32 * 1024 * 1024
_LONG_BOX = 1
_SOUND_ENTRY_BYTES = 44


class Track(msgspec.Struct, kw_only=True):
    """One track of a movie; what its header leaves out is empty or zero.

    Args:
        kind: ``vide`` or ``soun``.
        codec: The four letters of its first sample description.
        width: In dots.
        height: In dots.
        frames: How many samples it has.
        seconds: How long it is.
        rate: Samples of sound a second.
        channels: How many channels of sound it has.
    """

    kind: bytes = b""
    codec: bytes = b""
    width: int = 0
    height: int = 0
    frames: int = 0
    seconds: float = 0.0
    rate: int = 0
    channels: int = 0


class Movie(msgspec.Struct, kw_only=True):
    """What a movie's header says.

    Args:
        media_type: ``video/mp4`` or ``video/quicktime``.
        seconds: How long it is; None when there is no header to tell.
        tracks: Its tracks.
    """

    media_type: str
    seconds: float | None = None
    tracks: list[Track] = []

    def first(self, kind: bytes) -> Track | None:
        """Returns the first track of a kind."""
        return next((one for one in self.tracks if one.kind == kind), None)


def read_movie(file: StoredFile) -> Movie | None:
    """Returns what the header of a file says; None when it is no MP4 or MOV.

    Args:
        file: The whole file; the header may stand at its end.
    """
    head = file.read(0, 12)
    if head[4:8] == b"ftyp" and head[8:12] not in _NO_MOVIES:
        movie = Movie(media_type="video/quicktime" if head[8:12] == b"qt  " else "video/mp4")
    elif head[4:8] in _OLD_BOXES:
        movie = Movie(media_type="video/quicktime")
    else:
        return None
    header = _header_of(file)
    if header is None:
        return movie
    try:
        for name, data in _boxes(header):
            if name == b"mvhd":
                movie.seconds = _seconds(data)
            elif name == b"trak":
                movie.tracks.append(_track(data))
    except (struct.error, IndexError):
        return None
    return movie


def _header_of(file: StoredFile) -> bytes | None:
    place = 0
    while place + 8 <= file.size:
        size, name = struct.unpack(">I4s", file.read(place, 8))
        start = place + 8
        if size == _LONG_BOX and place + 16 <= file.size:
            (size,) = struct.unpack(">Q", file.read(start, 8))
            start += 8
        end = place + size if size else file.size
        if end < start:
            return None
        if name == b"moov":
            return file.read(start, min(end - start, _MAX_HEADER))
        place = end
    return None


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Gives the boxes that follow each other."""
    place = 0
    while place + 8 <= len(data):
        size, name = struct.unpack_from(">I4s", data, place)
        if size < 8:  # noqa: PLR2004  # the size of a box counts its own head
            return
        yield name, data[place + 8 : place + size]
        place += size


def _leaves(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Gives the boxes that hold no others, however deep they lie."""
    for name, inner in _boxes(data):
        if name in _PARENTS:
            yield from _leaves(inner)
        else:
            yield name, inner


def _seconds(data: bytes) -> float:
    """Reads scale and duration, which mvhd and mdhd have at the same places."""
    layout, place = (">IQ", 20) if data[0] == 1 else (">II", 12)
    scale, length = struct.unpack_from(layout, data, place)
    return float(length / scale) if scale else 0.0


def _track(data: bytes) -> Track:
    track = Track()
    for name, inner in _leaves(data):
        if name == b"tkhd":
            width, height = struct.unpack_from(">II", inner, len(inner) - 8)
            track.width, track.height = width >> 16, height >> 16
        elif name == b"mdhd":
            track.seconds = _seconds(inner)
        elif name == b"hdlr" and not track.kind:
            track.kind = inner[8:12]
        elif name == b"stsd":
            track.codec = inner[12:16]
            if len(inner) >= _SOUND_ENTRY_BYTES:
                (track.channels,) = struct.unpack_from(">H", inner, 32)
                track.rate = struct.unpack_from(">I", inner, 40)[0] >> 16
        elif name == b"stts":
            (count,) = struct.unpack_from(">I", inner, 4)
            pairs = struct.iter_unpack(">II", inner[8 : 8 + count * 8])
            track.frames = sum(number for number, _ in pairs)
    return track
