"""Small files for adapters under test: real containers with little in them."""

from __future__ import annotations

import struct
import zlib

__all__ = ("document_bytes", "jpeg_bytes", "picture_bytes", "video_bytes")

_LEAST_WITH_TRACK = 1_000


def picture_bytes(width: int = 2, height: int = 2, *, label: str = "") -> bytes:
    """Makes a real PNG.

    Args:
        width: In dots.
        height: In dots.
        label: A comment, so that two files differ.
    """

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    pair = b"\xff\x00\x00\x00\xff\x00"
    row = b"\x00" + (pair * (width // 2 + 1))[: 3 * width]
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    text = chunk(b"tEXt", b"Comment\0" + label.encode("latin-1", "replace")) if label else b""
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + text
        + chunk(b"IDAT", zlib.compress(row * height))
        + chunk(b"IEND", b"")
    )


def jpeg_bytes(width: int, height: int, *, label: str = "") -> bytes:
    """Makes a real baseline JPEG, grey all over.

    With one code of one bit in each Huffman table, a block without any difference is two zero bits.

    Args:
        width: In dots.
        height: In dots.
        label: A comment, so that two files differ.
    """

    def segment(marker: int, data: bytes) -> bytes:
        return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data

    one_code = bytes([1, *[0] * 15, 0])
    blocks = -(-width // 8) * -(-height // 8)
    bits = 2 * blocks
    scan = b"\x00" * (bits // 8) + (bytes([0xFF >> bits % 8]) if bits % 8 else b"")
    return (
        b"\xff\xd8"
        + segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0")
        + (segment(0xFE, label.encode()) if label else b"")
        + segment(0xDB, b"\0" + b"\x01" * 64)
        + segment(0xC0, struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\0")
        + segment(0xC4, b"\x00" + one_code)
        + segment(0xC4, b"\x10" + one_code)
        + segment(0xDA, b"\x01\x01\0\0\x3f\0")
        + scan
        + b"\xff\xd9"
    )


def video_bytes(
    size: int = 100_000, *, width: int = 640, height: int = 360, seconds: float = 3.0
) -> bytes:
    """Makes an MP4 container of a given size, with nothing to see in it.

    Args:
        size: Length in bytes, 64 or more; below 1000 bytes it has no track.
        width: In dots.
        height: In dots.
        seconds: Length of the only track.
    """
    head = _box(b"ftyp", b"isom\x00\x00\x02\x00isommp41")
    if size >= _LEAST_WITH_TRACK:
        head += _track(width, height, round(seconds * 1000))
    rest = size - len(head)
    # A counter rather than zeros: a piece that is sent twice or left out changes the hash.
    body = b"".join(struct.pack(">Q", place) for place in range(rest // 8 + 1))
    return head + struct.pack(">I", rest) + b"mdat" + body[: rest - 8]


def document_bytes() -> bytes:
    """Makes a real PDF of one empty page."""
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>",
    )
    body, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj%sendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer<</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(body)
    return body + b"xref\n0 4\n0000000000 65535 f \n" + table + end


def _samples(width: int, height: int, milliseconds: int) -> bytes:
    """Makes the boxes that tell codec and frames (ISO 14496-12, 8.5 and 12.1; ISO 14496-15)."""
    picture = bytes(6) + struct.pack(">H", 1) + bytes(16) + struct.pack(">HH", width, height)
    picture += struct.pack(">IIIH", 72 << 16, 72 << 16, 0, 1) + bytes(32)
    picture += struct.pack(">Hh", 24, -1)
    codec = struct.pack(">II", 0, 1) + _box(b"avc1", picture)
    frames = struct.pack(">IIII", 0, 1, max(1, milliseconds * 30 // 1000), 33)
    return _box(b"minf", _box(b"stbl", _box(b"stsd", codec) + _box(b"stts", frames)))


def _box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + kind + content


def _track(width: int, height: int, milliseconds: int) -> bytes:
    """Makes the boxes that tell length and dimensions (ISO 14496-12, 8.2 and 8.3)."""
    matrix = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    movie = struct.pack(">5I", 0, 0, 0, 1000, milliseconds) + struct.pack(">IH10x", 0x10000, 0x100)
    movie += matrix + bytes(24) + struct.pack(">I", 2)
    track = struct.pack(">6I", 7, 0, 0, 1, 0, milliseconds) + bytes(16) + matrix
    track += struct.pack(">II", width << 16, height << 16)
    media = struct.pack(">5I", 0, 0, 0, 1000, milliseconds) + b"\x55\xc4\0\0"
    handler = bytes(8) + b"vide" + bytes(12) + b"kit\0"
    inner = _box(b"mdhd", media) + _box(b"hdlr", handler) + _samples(width, height, milliseconds)
    whole = _box(b"tkhd", track) + _box(b"mdia", inner)
    return _box(b"moov", _box(b"mvhd", movie) + _box(b"trak", whole))
