"""The practice network in a process of its own, and a small client of X's API."""

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


class Member:
    """A client that holds one account's access token."""

    def __init__(self, url: str, control: Control, handle: str, scopes: Any = None) -> None:
        self.url = url
        self.control = control
        self.handle = handle
        order = {"account": handle} | ({} if scopes is None else {"scopes": scopes})
        self.grant = control.call("POST", "oauth/grants", order)
        self.id: str = self.grant["accountId"]
        headers = {"Authorization": f"Bearer {self.grant['accessToken']}"}
        self.http = httpx.Client(base_url=url, headers=headers, timeout=30, trust_env=False)

    def close(self) -> None:
        self.http.close()

    def post(self, body: Any = None, **members: Any) -> httpx.Response:
        return self.http.post("/2/tweets", json=members if body is None else body)

    def posted(self, **members: Any) -> str:
        answer = self.post(**members)
        assert answer.status_code == 201, answer.text
        post_id: str = answer.json()["data"]["id"]
        return post_id

    def reply(self, to: str, text: str = "and on") -> httpx.Response:
        return self.post(text=text, reply={"in_reply_to_tweet_id": to})

    def upload(self, data: bytes, category: str = "tweet_image", **fields: str) -> httpx.Response:
        return self.http.post(
            "/2/media/upload",
            files={"media": ("file", data)},
            data={"media_category": category, **fields},
        )

    def uploaded(self, data: bytes | None = None, category: str = "tweet_image") -> str:
        answer = self.upload(self.png() if data is None else data, category)
        assert answer.status_code == 200, answer.text
        media_id: str = answer.json()["data"]["id"]
        return media_id

    def initialize(self, total: int, **changes: Any) -> httpx.Response:
        given = {"media_type": "video/mp4", "media_category": "tweet_video", "total_bytes": total}
        return self.http.post("/2/media/upload/initialize", json={**given, **changes})

    def started(self, total: int, **changes: Any) -> str:
        answer = self.initialize(total, **changes)
        assert answer.status_code == 200, answer.text
        media_id: str = answer.json()["data"]["id"]
        return media_id

    def append(self, media_id: str, index: int | str, data: bytes) -> httpx.Response:
        return self.http.post(
            f"/2/media/upload/{media_id}/append",
            files={"media": ("part", data)},
            data={"segment_index": str(index)},
        )

    def finalize(self, media_id: str) -> httpx.Response:
        return self.http.post(f"/2/media/upload/{media_id}/finalize")

    def status(self, media_id: str) -> httpx.Response:
        query = {"command": "STATUS", "media_id": media_id}
        return self.http.get("/2/media/upload", params=query)

    def video(self, size: int = 3000) -> str:
        """Uploads a whole video and returns its id once its processing is over."""
        data = self.mp4(size)
        media_id = self.started(len(data))
        half = len(data) // 2
        for index, part in enumerate((data[:half], data[half:])):
            assert self.append(media_id, index, part).status_code == 200
        assert self.finalize(media_id).status_code == 200
        self.control.advance_clock(5)
        return media_id

    def timeline(self, **query: str) -> Any:
        answer = self.http.get(f"/2/users/{self.id}/tweets", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def settings(self, **changes: Any) -> None:
        self.control.call("POST", "settings", changes)

    def limit(self, route: str, limit: int | None, seconds: float = 900, per: str = "user") -> None:
        order = {"route": route, "limit": limit, "seconds": seconds, "per": per}
        self.control.call("POST", "limits", order)

    @staticmethod
    def png(red: int = 64, padding: int = 0) -> bytes:
        """Returns a real picture of one pixel, with that many bytes of ignored data in it."""
        header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
        filler = _chunk(b"teXt", b"\0" * padding) if padding else b""
        pixel = _chunk(b"IDAT", zlib.compress(bytes([0, red, 128, 255])))
        whole = _chunk(b"IHDR", header) + filler + pixel + _chunk(b"IEND", b"")
        return b"\x89PNG\r\n\x1a\n" + whole

    @staticmethod
    def gif(width: int = 1, height: int = 1) -> bytes:
        return b"GIF89a" + struct.pack("<HH", width, height) + b"\0\0\0;"

    @staticmethod
    def mp4(size: int = 3000) -> bytes:
        """Returns bytes that begin as those of a video do."""
        return b"\0\0\0\x18ftypisom\0\0\2\0isomiso2" + b"\0" * (size - 24)

    @staticmethod
    def refusal(answer: httpx.Response) -> tuple[int, str]:
        """Returns the status of a refusal and everything that it says."""
        document = answer.json()
        assert answer.headers["content-type"] == "application/problem+json"
        assert {"type", "title", "detail"} <= set(document)
        said = [document["detail"], *(one["message"] for one in document.get("errors", []))]
        return answer.status_code, " ".join(said)


@pytest.fixture(scope="session")
def x_process() -> Iterator[SandboxProcess]:
    with SandboxProcess("twitter") as process:
        yield process


@pytest.fixture
def x(x_process: SandboxProcess) -> SandboxProcess:
    """The practice network as it is after a reset."""
    x_process.control.reset()
    return x_process


@pytest.fixture
def ada(x: SandboxProcess) -> Iterator[Member]:
    member = Member(x.url, x.control, "ada")
    yield member
    member.close()


@pytest.fixture
def bob(x: SandboxProcess) -> Iterator[Member]:
    member = Member(x.url, x.control, "bob")
    yield member
    member.close()
