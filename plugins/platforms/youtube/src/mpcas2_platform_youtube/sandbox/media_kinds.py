"""What uploaded bytes are, told from their first ones and never from a name or a header."""

from typing import Final

VIDEO_HEAD_BYTES: Final = 376
"""How many bytes ``video_type`` looks at: two packets of an MPEG transport stream."""

_STILL_BRANDS = {b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1"}
_SOUND_BRANDS = {b"M4A ", b"M4B "}
_QUICKTIME_ATOMS = {b"moov", b"mdat", b"wide", b"free", b"skip"}
_TS_PACKET = 188
_TS_SYNC = 0x47
_ASF = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")


def video_type(head: bytes) -> str | None:
    """Returns the media type of a video that begins with these bytes, or None if none does."""
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        if brand in _STILL_BRANDS or brand in _SOUND_BRANDS:
            return None
        return "video/quicktime" if brand == b"qt  " else "video/mp4"
    if head[4:8] in _QUICKTIME_ATOMS:
        return "video/quicktime"
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "video/webm" if b"webm" in head else "video/x-matroska"
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return "video/x-msvideo"
    if head.startswith(b"\x00\x00\x01\xba"):
        return "video/mpeg"
    if head.startswith(b"FLV\x01"):
        return "video/x-flv"
    if head.startswith(_ASF):
        return "video/x-ms-wmv"
    if len(head) > _TS_PACKET and head[0] == head[_TS_PACKET] == _TS_SYNC:
        return "video/mp2t"
    return None


def thumbnail_type(data: bytes) -> str | None:
    """Returns the media type of a picture that may be a thumbnail, or None."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    return None
