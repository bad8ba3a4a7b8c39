"""What the headers of JPEG and WebP files tell: kind and size."""

from typing import Literal

import msgspec

from mpcas2_sandbox.files import StoredFile

_HEAD_BYTES = 256 * 1024
_WEBP_HEAD_BYTES = 30
_LENGTHLESS = {0x01, *range(0xD0, 0xD8)}
_NO_FRAMES = {0xC4, 0xC8, 0xCC}


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """A picture's header.

    Args:
        media_type: The format.
        width: In pixels; None when the header does not tell.
        height: In pixels; None when the header does not tell.
    """

    media_type: Literal["image/jpeg", "image/webp"]
    width: int | None = None
    height: int | None = None


def read_picture(file: StoredFile) -> Picture | None:
    """Returns what a file's header tells; None when it is neither JPEG nor WebP."""
    head = file.read(0, _HEAD_BYTES)
    if head.startswith(b"\xff\xd8\xff"):
        return _jpeg(head)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return _webp(head)
    return None


def _jpeg(head: bytes) -> Picture:
    place = 2
    while place + 9 <= len(head):
        if head[place] != 0xFF:  # noqa: PLR2004  # every marker begins with it
            break
        marker = head[place + 1]
        if marker in _LENGTHLESS or marker == 0xFF:  # noqa: PLR2004  # padding before a marker
            place += 1 if marker == 0xFF else 2  # noqa: PLR2004  # as above
            continue
        if 0xC0 <= marker <= 0xCF and marker not in _NO_FRAMES:  # noqa: PLR2004  # frame headers
            return Picture(
                media_type="image/jpeg",
                width=int.from_bytes(head[place + 7 : place + 9], "big"),
                height=int.from_bytes(head[place + 5 : place + 7], "big"),
            )
        place += 2 + int.from_bytes(head[place + 2 : place + 4], "big")
    return Picture(media_type="image/jpeg")


def _webp(head: bytes) -> Picture:
    width: int | None = None
    height: int | None = None
    if len(head) >= _WEBP_HEAD_BYTES:
        match head[12:16]:
            case b"VP8 ":
                width = int.from_bytes(head[26:28], "little") & 0x3FFF
                height = int.from_bytes(head[28:30], "little") & 0x3FFF
            case b"VP8L":
                bits = int.from_bytes(head[21:25], "little")
                width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
            case b"VP8X":
                width = int.from_bytes(head[24:27], "little") + 1
                height = int.from_bytes(head[27:30], "little") + 1
    return Picture(media_type="image/webp", width=width, height=height)
