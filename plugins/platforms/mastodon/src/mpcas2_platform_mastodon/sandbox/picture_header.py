"""Tells from a file's first bytes what it is, and how large a picture is."""

import struct
from typing import Literal

import msgspec

from mpcas2_sandbox.files import StoredFile

_HEAD_BYTES = 256 * 1024
_WEBP_HEAD_BYTES = 30
_LENGTHLESS = {0x01, *range(0xD0, 0xD8)}
_NO_FRAMES = {0xC4, 0xC8, 0xCC}
_STILL_BRANDS = {b"avif": "image/avif", b"avis": "image/avif", b"heic": "image/heic"}
_STILL_BRANDS |= {b"heix": "image/heic", b"mif1": "image/heif", b"msf1": "image/heif"}
_SOUND_BRANDS = {b"M4A ": "audio/mp4", b"M4B ": "audio/mp4"}
_LOOP = b"NETSCAPE2.0"


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What a picture's or a sound's first bytes tell.

    Args:
        media_type: The format.
        kind: What Mastodon makes of it; an animated GIF becomes a silent video.
        width: In pixels; None when the header does not tell.
        height: In pixels; None when the header does not tell.
    """

    media_type: str
    kind: Literal["image", "gifv", "audio"] = "image"
    width: int | None = None
    height: int | None = None


def read_head(file: StoredFile) -> Head | None:
    """Returns what a file's header tells; None when it is neither a picture nor sound."""
    head = file.read(0, _HEAD_BYTES)
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return _head("image/png", head, ">II", 16)
    if head[:6] in {b"GIF87a", b"GIF89a"}:
        found = _head("image/gif", head, "<HH", 6)
        return msgspec.structs.replace(found, kind="gifv") if _LOOP in head else found
    if head.startswith(b"\xff\xd8\xff"):
        return _jpeg(head)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return _webp(head)
    if head[4:8] == b"ftyp" and head[8:12] in _STILL_BRANDS:
        return Head(media_type=_STILL_BRANDS[head[8:12]])
    sound = _sound(head)
    return None if sound is None else Head(media_type=sound, kind="audio")


def _sound(head: bytes) -> str | None:
    if head.startswith(b"ID3") or head[:2] in {b"\xff\xfb", b"\xff\xf3", b"\xff\xf2"}:
        return "audio/mpeg"
    if head.startswith(b"fLaC"):
        return "audio/flac"
    if head.startswith(b"OggS"):
        return "audio/ogg"
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "audio/wav"
    return _SOUND_BRANDS.get(head[8:12]) if head[4:8] == b"ftyp" else None


def _head(media_type: str, head: bytes, form: str, at: int) -> Head:
    if len(head) < at + struct.calcsize(form):
        return Head(media_type=media_type)
    width, height = struct.unpack_from(form, head, at)
    return Head(media_type=media_type, width=width, height=height)


def _jpeg(head: bytes) -> Head:
    place = 2
    while place + 9 <= len(head):
        if head[place] != 0xFF:  # noqa: PLR2004  # every marker begins with it
            break
        marker = head[place + 1]
        if marker in _LENGTHLESS or marker == 0xFF:  # noqa: PLR2004  # padding before a marker
            place += 1 if marker == 0xFF else 2  # noqa: PLR2004  # as above
            continue
        if 0xC0 <= marker <= 0xCF and marker not in _NO_FRAMES:  # noqa: PLR2004  # frame headers
            height, width = struct.unpack_from(">HH", head, place + 5)
            return Head(media_type="image/jpeg", width=width, height=height)
        place += 2 + int.from_bytes(head[place + 2 : place + 4], "big")
    return Head(media_type="image/jpeg")


def _webp(head: bytes) -> Head:
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
    return Head(media_type="image/webp", width=width, height=height)
