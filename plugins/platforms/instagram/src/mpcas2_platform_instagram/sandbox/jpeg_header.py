"""What the header of a JPEG says."""

from typing import Final

HEAD: Final = b"\xff\xd8\xff"
"""How every JPEG begins."""

_ALONE = frozenset({0x01, *range(0xD0, 0xDA)})
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_MARK = 0xFF
_FRAME_BYTES = 9


def jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Returns width and height of a JPEG; None when the header does not tell.

    Args:
        data: The file, or enough of its beginning.
    """
    place = 2
    while place + 4 <= len(data):
        if data[place] != _MARK:
            return None
        mark = data[place + 1]
        if mark == _MARK:
            place += 1
            continue
        if mark in _ALONE:
            place += 2
            continue
        length = int.from_bytes(data[place + 2 : place + 4], "big")
        if mark in _FRAMES and place + _FRAME_BYTES <= len(data):
            height = int.from_bytes(data[place + 5 : place + 7], "big")
            width = int.from_bytes(data[place + 7 : place + 9], "big")
            return width, height
        place += 2 + length
    return None
