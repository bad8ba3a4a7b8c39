"""The practice network in a process of its own, and a small client of Mastodon's API."""

import ssl
import struct
import zlib
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from mpcas2_sandbox import Control, SandboxProcess


def _chunk(kind: bytes, data: bytes) -> bytes:
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def _box(kind: bytes, *content: bytes) -> bytes:
    inside = b"".join(content)
    return struct.pack(">I", 8 + len(inside)) + kind + inside


def open_client(url: str, **headers: str) -> httpx.Client:
    # No certificate is ever looked at; reading them all takes longer than most tests.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return httpx.Client(base_url=url, headers=headers, timeout=30, trust_env=False, verify=context)


class Member:
    """A client that holds one account's access token."""

    def __init__(self, url: str, control: Control, handle: str, scopes: Any = None) -> None:
        self.url = url
        self.control = control
        self.handle = handle
        order = {"account": handle} | ({} if scopes is None else {"scopes": scopes})
        self.grant = control.call("POST", "oauth/grants", order)
        self.id: str = self.grant["accountId"]
        self.http = open_client(url, Authorization=f"Bearer {self.grant['accessToken']}")

    def close(self) -> None:
        self.http.close()

    def post(self, text: str | None = None, *, key: str = "", **members: Any) -> httpx.Response:
        body = members if text is None else {"status": text, **members}
        headers = {"Idempotency-Key": key} if key else {}
        return self.http.post("/api/v1/statuses", json=body, headers=headers)

    def posted(self, text: str | None = None, **members: Any) -> Any:
        answer = self.post(text, **members)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def upload(self, data: bytes, kind: str = "image/png", **fields: str) -> httpx.Response:
        return self.http.post(
            "/api/v2/media", files={"file": ("file", data, kind)}, data=fields or None
        )

    def uploaded(self, data: bytes | None = None, **fields: str) -> str:
        answer = self.upload(self.png() if data is None else data, **fields)
        assert answer.status_code in {200, 202}, answer.text
        media_id: str = answer.json()["id"]
        return media_id

    def video(self) -> str:
        """Uploads a video and returns its id once its processing is over."""
        media_id = self.uploaded(self.mp4())
        self.control.advance_clock(5)
        return media_id

    def timeline(self, **query: Any) -> list[Any]:
        answer = self.http.get(f"/api/v1/accounts/{self.id}/statuses", params=query)
        assert answer.status_code == 200, answer.text
        listed: list[Any] = answer.json()
        return listed

    def settings(self, **changes: Any) -> None:
        self.control.call("POST", "settings", changes)

    def limit(self, route: str, limit: int, seconds: float = 300, per: str = "user") -> None:
        order = {"route": route, "limit": limit, "seconds": seconds, "per": per}
        self.control.call("POST", "limits", order)

    def stats(self) -> dict[str, int]:
        stats: dict[str, int] = self.control.call("GET", "stats")
        return stats

    @staticmethod
    def png(width: int = 1, height: int = 1, padding: int = 0) -> bytes:
        """Returns a picture, real if it has one pixel, with that many ignored bytes in it."""
        header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
        filler = _chunk(b"teXt", b"\0" * padding) if padding else b""
        pixel = _chunk(b"IDAT", zlib.compress(bytes([0, 64, 128, 255])))
        whole = _chunk(b"IHDR", header) + filler + pixel + _chunk(b"IEND", b"")
        return b"\x89PNG\r\n\x1a\n" + whole

    @staticmethod
    def gif(*, moves: bool) -> bytes:
        loop = b"!\xff\x0bNETSCAPE2.0\x03\x01\0\0\0" if moves else b""
        return b"GIF89a" + struct.pack("<HH", 2, 2) + b"\0\0\0" + loop + b";"

    @staticmethod
    def mp4(width: int = 640, height: int = 360, seconds: float = 4, rate: float = 30) -> bytes:
        """Returns a video's header without pictures behind it."""
        ticks, frames = round(seconds * 1000), round(seconds * rate)
        mvhd = _box(b"mvhd", struct.pack(">IIIII", 0, 0, 0, 1000, ticks), bytes(80))
        tkhd = _box(b"tkhd", bytes(76), struct.pack(">II", width << 16, height << 16))
        mdhd = _box(b"mdhd", struct.pack(">IIIII", 0, 0, 0, 1000, ticks), bytes(4))
        hdlr = _box(b"hdlr", bytes(8), b"vide", bytes(13))
        stts = _box(b"stts", struct.pack(">IIII", 0, 1, frames, 33))
        media = _box(b"mdia", mdhd, hdlr, _box(b"minf", _box(b"stbl", stts)))
        moov = _box(b"moov", mvhd, _box(b"trak", tkhd, media))
        return _box(b"ftyp", b"isom", bytes(4), b"isom") + _box(b"mdat", bytes(100)) + moov


@pytest.fixture(scope="session")
def mastodon_process() -> Iterator[SandboxProcess]:
    with SandboxProcess("mastodon") as process:
        yield process


@pytest.fixture
def mastodon(mastodon_process: SandboxProcess) -> SandboxProcess:
    """The practice network as it is after a reset."""
    mastodon_process.control.reset()
    return mastodon_process


@pytest.fixture
def anyone(mastodon: SandboxProcess) -> Iterator[httpx.Client]:
    """A client without an access token."""
    with open_client(mastodon.url) as client:
        yield client


@pytest.fixture
def ada(mastodon: SandboxProcess) -> Iterator[Member]:
    member = Member(mastodon.url, mastodon.control, "ada")
    yield member
    member.close()


@pytest.fixture
def bob(mastodon: SandboxProcess) -> Iterator[Member]:
    member = Member(mastodon.url, mastodon.control, "bob")
    yield member
    member.close()
