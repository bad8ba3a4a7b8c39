"""What the header of a JPEG or PNG says."""

import struct
from typing import Final

_JPEG: Final = b"\xff\xd8\xff"
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_ALONE = frozenset({0x01, *range(0xD0, 0xDA)})
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_MARK = 0xFF
_FRAME_BYTES = 9
_PNG_SIZE = slice(16, 24)
_PNG_HEAD = 24


def picture_type(data: bytes) -> str:
    """Returns the media type that the first bytes tell; empty when it is neither."""
    if data.startswith(_JPEG):
        return "image/jpeg"
    return "image/png" if data.startswith(_PNG) else ""


def picture_size(data: bytes) -> tuple[int, int] | None:
    """Returns width and height; None when the header does not tell.

    Args:
        data: The file, or enough of its beginning.
    """
    if picture_type(data) == "image/png":
        if len(data) < _PNG_HEAD or data[12:16] != b"IHDR":
            return None
        width, height = struct.unpack(">II", data[_PNG_SIZE])
        return width, height
    place = 2
    while place + _FRAME_BYTES <= len(data) and data[place] == _MARK:
        mark = data[place + 1]
        if mark == _MARK:
            place += 1
        elif mark in _ALONE:
            place += 2
        elif mark in _FRAMES:
            height, width = struct.unpack(">HH", data[place + 5 : place + 9])
            return width, height
        else:
            place += 2 + int.from_bytes(data[place + 2 : place + 4], "big")
    return None
