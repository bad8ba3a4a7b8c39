from __future__ import annotations

import pytest

from mpcas2_platform_youtube.sandbox.media_kinds import thumbnail_type, video_type

PACKET = b"\x47" + b"\0" * 187


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"\0\0\0\x18ftypisom", "video/mp4"),
        (b"\0\0\0\x18ftyp3gp4", "video/mp4"),
        (b"\0\0\0\x14ftypqt  ", "video/quicktime"),
        (b"\0\0\0\x08wide\0\0\0\0mdat", "video/quicktime"),
        (b"\x1a\x45\xdf\xa3\x9fB\x82\x84webm", "video/webm"),
        (b"\x1a\x45\xdf\xa3\x9fB\x82\x88matroska", "video/x-matroska"),
        (b"RIFF\0\0\0\0AVI LIST", "video/x-msvideo"),
        (b"\0\0\x01\xba\x44", "video/mpeg"),
        (b"FLV\x01\x05", "video/x-flv"),
        (bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c"), "video/x-ms-wmv"),
        (PACKET * 2, "video/mp2t"),
        (PACKET + b"x" * 188, None),
        (b"\0\0\0\x18ftypheic", None),
        (b"\0\0\0\x18ftypavif", None),
        (b"\0\0\0\x18ftypM4A ", None),
        (b"RIFF\0\0\0\0WAVEfmt ", None),
        (b"\x89PNG\r\n\x1a\n", None),
        (b"<!doctype html>", None),
        (b"", None),
    ],
)
def test_videos_are_known_by_their_first_bytes(head: bytes, expected: str | None) -> None:
    assert video_type(head) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", None),
        (b"RIFF\0\0\0\0WEBP", None),
        (b"", None),
    ],
)
def test_thumbnails_are_known_by_their_first_bytes(data: bytes, expected: str | None) -> None:
    assert thumbnail_type(data) == expected
