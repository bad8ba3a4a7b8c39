"""What the header of an MP4 or MOV says, as far as the limits need it."""

import struct
from collections.abc import Iterator

import msgspec

from mpcas2_sandbox.files import StoredFile

_MOVIE_BRANDS_NOT = (b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1", b"M4A ", b"M4B ")
_OLD_ATOMS = frozenset({b"moov", b"mdat", b"wide", b"free", b"skip"})
_MAX_HEADER = 32 * 1024 * 1024
_INSIDE = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl"})
_LONG = 1
_LONG_HEAD = 16
_HEAD = 8

Atoms = list[tuple[bytes, bytes]]


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
    """

    kind: bytes = b""
    codec: bytes = b""
    width: int = 0
    height: int = 0
    frames: int = 0
    seconds: float = 0.0
    rate: int = 0


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

    @property
    def picture(self) -> Track | None:
        """The first track with pictures."""
        return next((one for one in self.tracks if one.kind == b"vide"), None)

    @property
    def sound(self) -> Track | None:
        """The first track with sound."""
        return next((one for one in self.tracks if one.kind == b"soun"), None)


def read_movie(file: StoredFile) -> Movie | None:
    """Returns what the header of a file says; None when it is no MP4 or MOV.

    Args:
        file: The whole file; the header may stand at its end.
    """
    head = file.read(0, 12)
    if head[4:8] == b"ftyp" and head[8:12] not in _MOVIE_BRANDS_NOT:
        movie = Movie(media_type="video/quicktime" if head[8:12] == b"qt  " else "video/mp4")
    elif head[4:8] in _OLD_ATOMS:
        movie = Movie(media_type="video/quicktime")
    else:
        return None
    header = _movie_atom(file)
    if header is not None:
        try:
            _read_header(movie, header)
        except (struct.error, IndexError):
            return None
    return movie


def _movie_atom(file: StoredFile) -> bytes | None:
    place = 0
    while place + _HEAD <= file.size:
        size, name = struct.unpack(">I4s", file.read(place, _HEAD))
        head = _HEAD
        if size == _LONG and place + _LONG_HEAD <= file.size:
            (size,) = struct.unpack(">Q", file.read(place + _HEAD, 8))
            head = _LONG_HEAD
        if size == 0:
            size = file.size - place
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


def _flat(data: bytes) -> Atoms:
    found: Atoms = []
    for name, inner in _atoms(data):
        if name in _INSIDE:
            found += _flat(inner)
        else:
            found.append((name, inner))
    return found


def _read_header(movie: Movie, header: bytes) -> None:
    for name, data in _atoms(header):
        if name == b"mvhd":
            movie.seconds = _seconds(data)
        elif name == b"trak":
            movie.tracks.append(_track(_flat(data)))


def _seconds(data: bytes) -> float:
    """Reads scale and duration, which mvhd and mdhd have at the same places."""
    if data[0] == 1:
        scale, length = struct.unpack_from(">IQ", data, 20)
    else:
        scale, length = struct.unpack_from(">II", data, 12)
    return float(length / scale) if scale else 0.0


def _track(atoms: Atoms) -> Track:
    track = Track()
    for name, data in atoms:
        if name == b"tkhd":
            width, height = struct.unpack_from(">II", data, len(data) - 8)
            track.width, track.height = width >> 16, height >> 16
        elif name == b"mdhd":
            track.seconds = _seconds(data)
        elif name == b"hdlr" and not track.kind:
            track.kind = data[8:12]
        elif name == b"stsd":
            track.codec = data[12:16]
            track.rate = struct.unpack_from(">I", data, 40)[0] >> 16 if len(data) >= 44 else 0  # noqa: PLR2004  # where a sound description ends
        elif name == b"stts":
            (count,) = struct.unpack_from(">I", data, 4)
            entries = struct.iter_unpack(">II", data[8 : 8 + count * 8])
            track.frames = sum(number for number, _ in entries)
    return track
