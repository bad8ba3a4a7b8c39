"""Tells what a file is by its first bytes, never by its name.

The table holds what the product takes, and what people often send instead so that the refusal can
name it. Signatures are from the formats' own specifications.
"""

from __future__ import annotations

from typing import Literal

import msgspec

__all__ = ("HEAD_BYTES", "FileKind", "MediaType", "recognise")

MediaType = Literal["video", "image", "audio", "document"]

HEAD_BYTES = 64 * 1024
"""How much of the start, and of the end, :func:`recognise` wants to see."""


class FileKind(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of file.

    Attributes:
        name: Name for people.
        mime_type: Its MIME type; empty for a kind that is not taken.
        type: The content type that it can be; None for a kind that is not taken.
        sound_type: Its MIME type when it holds sound alone; empty where that has a kind of its own.
        advice: What to do with a kind that is not taken.
    """

    name: str
    mime_type: str = ""
    type: MediaType | None = None
    sound_type: str = ""
    advice: str = ""


def _image(name: str, mime_type: str) -> FileKind:
    return FileKind(name=name, mime_type=mime_type, type="image")


def _video(name: str, mime_type: str, sound_type: str = "") -> FileKind:
    return FileKind(name=name, mime_type=mime_type, type="video", sound_type=sound_type)


def _audio(name: str, mime_type: str) -> FileKind:
    return FileKind(name=name, mime_type=mime_type, type="audio")


def _document(name: str, mime_type: str) -> FileKind:
    return FileKind(name=name, mime_type=mime_type, type="document")


_MP4 = _video("MP4 video", "video/mp4", "audio/mp4")
_AVIF = _image("AVIF image", "image/avif")
_HEIF = FileKind(name="HEIF image", advice="Convert it to JPEG.")
_OFFICE = "application/vnd.openxmlformats-officedocument."
_OPEN = "application/vnd.oasis.opendocument."

# Offset, signature, kind; the first that fits.
_SIGNATURES: tuple[tuple[int, bytes, FileKind], ...] = (
    (0, b"\xff\xd8\xff", _image("JPEG image", "image/jpeg")),
    (0, b"\x89PNG\r\n\x1a\n", _image("PNG image", "image/png")),
    (0, b"GIF87a", _image("GIF image", "image/gif")),
    (0, b"GIF89a", _image("GIF image", "image/gif")),
    (0, b"%PDF-", _document("PDF document", "application/pdf")),
    (0, b"fLaC", _audio("FLAC audio", "audio/flac")),
    (0, b"ID3", _audio("MP3 audio", "audio/mpeg")),
    (0, b"II*\x00", FileKind(name="TIFF image", advice="Convert it to JPEG or PNG.")),
    (0, b"MM\x00*", FileKind(name="TIFF image", advice="Convert it to JPEG or PNG.")),
    (0, b"BM", FileKind(name="BMP image", advice="Convert it to JPEG or PNG.")),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", FileKind(
        name="old Office document", advice="Save it as PDF or in the present Office format.")),
    (0, b"\x7fELF", FileKind(name="program")),
    (0, b"MZ", FileKind(name="program")),
    (0, b"#!", FileKind(name="script")),
    (0, b"Rar!", FileKind(name="RAR archive")),
    (0, b"7z\xbc\xaf\x27\x1c", FileKind(name="7z archive")),
    (0, b"\x1f\x8b", FileKind(name="gzip archive")),
)  # fmt: skip

# Brands of the ISO base media format that are not plain MP4 video.
_BRANDS: dict[bytes, FileKind] = {
    b"avif": _AVIF,
    b"avis": _AVIF,
    b"heic": _HEIF,
    b"heix": _HEIF,
    b"hevc": _HEIF,
    b"mif1": _HEIF,
    b"msf1": _HEIF,
    b"M4A ": _audio("MPEG-4 audio", "audio/mp4"),
    b"M4B ": _audio("MPEG-4 audio", "audio/mp4"),
    b"3gp4": _video("3GPP video", "video/3gpp", "audio/3gpp"),
    b"3gp5": _video("3GPP video", "video/3gpp", "audio/3gpp"),
    b"qt  ": _video("QuickTime video", "video/quicktime"),
}

_RIFF: dict[bytes, FileKind] = {
    b"WEBP": _image("WebP image", "image/webp"),
    b"WAVE": _audio("WAV audio", "audio/wav"),
    b"AVI ": _video("AVI video", "video/x-msvideo"),
}

_ZIPPED: tuple[tuple[bytes, FileKind], ...] = (
    (b"word/document.xml", _document("Word document", _OFFICE + "wordprocessingml.document")),
    (b"ppt/presentation.xml", _document("PowerPoint", _OFFICE + "presentationml.presentation")),
    (b"xl/workbook.xml", _document("Excel workbook", _OFFICE + "spreadsheetml.sheet")),
    (f"mimetype{_OPEN}text".encode(), _document("OpenDocument text", _OPEN + "text")),
    (
        f"mimetype{_OPEN}presentation".encode(),
        _document("OpenDocument presentation", _OPEN + "presentation"),
    ),
    (
        f"mimetype{_OPEN}spreadsheet".encode(),
        _document("OpenDocument spreadsheet", _OPEN + "spreadsheet"),
    ),
)

_SVG = FileKind(name="SVG drawing", advice="Export it as PNG.")
_HTML = FileKind(name="HTML page", advice="Save it as PDF.")
_TEXT = FileKind(name="text file", advice='Send its text in the field "text" with type "text".')
_UNKNOWN = FileKind(name="file of an unknown kind")


def recognise(head: bytes, tail: bytes = b"") -> FileKind:
    """Tells the kind of a file.

    Args:
        head: Its first bytes, :data:`HEAD_BYTES` of them where there are so many.
        tail: Its last bytes; ZIP containers list their members there.

    Returns:
        The kind; :attr:`FileKind.type` is None for one that is not taken or not known.
    """
    for offset, signature, kind in _SIGNATURES:
        if head.startswith(signature, offset):
            return kind
    if head[4:8] == b"ftyp":
        return _iso_media(head)
    if head.startswith(b"RIFF"):
        return _RIFF.get(head[8:12], _UNKNOWN)
    if head.startswith(b"PK\x03\x04"):
        return _zip(head, tail)
    if head.startswith(b"\x1aE\xdf\xa3"):
        if b"webm" in head[:64]:
            return _video("WebM video", "video/webm", "audio/webm")
        return _video("Matroska video", "video/x-matroska", "audio/x-matroska")
    if head.startswith(b"OggS"):
        if b"\x80theora" in head[:64]:
            return _video("Ogg video", "video/ogg")
        return _audio("Ogg audio", "audio/ogg")
    return _mpeg_audio(head) or _text(head)


def _iso_media(head: bytes) -> FileKind:
    # The major brand stands at 8; a still picture may name a general one there and itself among the
    # compatible brands, which follow from 16 to the end of the box.
    end = min(int.from_bytes(head[:4], "big"), 256)
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, end, 4))]
    if brands[0] in _BRANDS and brands[0] not in {b"mif1", b"msf1"}:
        return _BRANDS[brands[0]]
    for brand in brands:
        if brand in {b"avif", b"avis"}:
            return _AVIF
    return _BRANDS.get(brands[0], _MP4)


def _zip(head: bytes, tail: bytes) -> FileKind:
    for name, kind in _ZIPPED:
        if name in head or name in tail:
            return kind
    return FileKind(name="ZIP archive", advice="Unpack it and send the files in it.")


def _mpeg_audio(head: bytes) -> FileKind | None:
    # Frame sync is eleven set bits; then version, layer, and neither a bad bit rate nor a bad
    # sampling rate (ISO 11172-3, 2.4.2.3). ADTS (ISO 13818-7) has layer 0.
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:  # noqa: PLR2004 - a frame header has four bytes, the masks are the format's
        return None
    layer = head[1] >> 1 & 0b11
    if layer == 0:
        return _audio("AAC audio", "audio/aac") if head[1] & 0xF0 == 0xF0 else None  # noqa: PLR2004 - ADTS sync has twelve bits
    version = head[1] >> 3 & 0b11
    bitrate, sampling = head[2] >> 4, head[2] >> 2 & 0b11
    if layer != 1 or version == 1 or bitrate in {0, 0b1111} or sampling == 0b11:  # noqa: PLR2004 - reserved values of the format
        return None
    return _audio("MP3 audio", "audio/mpeg")


def _text(head: bytes) -> FileKind:
    if b"\x00" in head:
        return _UNKNOWN
    try:
        text = head.decode("utf-8-sig", "strict" if len(head) < HEAD_BYTES else "ignore")
    except UnicodeDecodeError:
        return _UNKNOWN
    start = text.lstrip()[:4096].lower()
    if "<svg" in start:
        return _SVG
    if start.startswith(("<!doctype html", "<html", "<head", "<body", "<script")):
        return _HTML
    return _TEXT if start else _UNKNOWN
