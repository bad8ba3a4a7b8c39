"""What the headers of JPEG and PNG files tell: kind and size."""

from collections.abc import Iterator
from typing import Literal

import msgspec

from mpcas2_sandbox.files import StoredFile

_HEAD_BYTES = 256 * 1024
_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_SIZE_ENDS = 24
_MARK = 0xFF
_SCAN = 0xDA
# Start of frame in all its kinds; 0xC4, 0xC8 and 0xCC lie between them and are something else.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})

PictureType = Literal["image/jpeg", "image/png"]


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """A picture's header.

    Args:
        media_type: The format.
        width: In pixels; None when the header does not tell.
        height: In pixels; None when the header does not tell.
    """

    media_type: PictureType
    width: int | None = None
    height: int | None = None


def read_picture(file: StoredFile) -> Picture | None:
    """Returns what a file's header tells; None when it is neither JPEG nor PNG."""
    head = file.read(0, _HEAD_BYTES)
    if head.startswith(_PNG):
        if len(head) < _PNG_SIZE_ENDS:
            return Picture(media_type="image/png")
        width, height = (int.from_bytes(head[at : at + 4], "big") for at in (16, 20))
        return Picture(media_type="image/png", width=width, height=height)
    if head.startswith(b"\xff\xd8\xff"):
        for kind, content in _segments(head):
            if kind in _FRAMES:
                height, width = (int.from_bytes(content[at : at + 2], "big") for at in (1, 3))
                return Picture(media_type="image/jpeg", width=width, height=height)
        return Picture(media_type="image/jpeg")
    return None


def _segments(head: bytes) -> Iterator[tuple[int, bytes]]:
    """Yields kind and content of the segments of a JPEG file up to its scan."""
    at = 2
    while at + 4 <= len(head) and head[at] == _MARK:
        kind = head[at + 1]
        if kind == _MARK:  # padding before a marker
            at += 1
        elif kind in _ALONE:
            at += 2
        elif kind == _SCAN:
            return
        else:
            length = int.from_bytes(head[at + 2 : at + 4], "big")
            yield kind, head[at + 4 : at + 2 + length]
            at += 2 + length
