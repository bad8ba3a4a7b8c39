"""The practice network in a process of its own, and a small client of its API."""

import struct
import zlib
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from mpcas2_sandbox import Control, SandboxProcess

UPLOAD = "/upload/youtube/v3/videos"
UNIT = 256 * 1024


def _chunk(kind: bytes, data: bytes) -> bytes:
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


class Creator:
    """A client app that one practice person has allowed to do things."""

    def __init__(self, url: str, control: Control, handle: str, scopes: Any = None) -> None:
        self.url = url
        self.control = control
        self.handle = handle
        self.scopes = scopes
        self.connect()
        self.http = httpx.Client(base_url=url, timeout=60, trust_env=False)

    def close(self) -> None:
        self.http.close()

    def connect(self) -> dict[str, Any]:
        """Gets a fresh access token, which lives an hour of the network's clock."""
        order: dict[str, Any] = {"account": self.handle}
        if self.scopes is not None:
            order["scopes"] = self.scopes
        grant: dict[str, Any] = self.control.call("POST", "oauth/grants", order)
        self.grant = grant
        return grant

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.grant['accessToken']}"}

    def get(self, path: str, **params: Any) -> httpx.Response:
        return self.http.get(f"/youtube/v3/{path}", params=params, headers=self.headers)

    def post(self, path: str, body: Any, **params: Any) -> httpx.Response:
        return self.http.post(f"/youtube/v3/{path}", params=params, json=body, headers=self.headers)

    def delete(self, path: str, **params: Any) -> httpx.Response:
        return self.http.delete(f"/youtube/v3/{path}", params=params, headers=self.headers)

    def start(
        self,
        metadata: Any,
        total: int | None = 4096,
        *,
        content_type: str = "video/mp4",
        **params: Any,
    ) -> httpx.Response:
        given = {"uploadType": "resumable", "part": "snippet,status", **params}
        headers = {**self.headers, "X-Upload-Content-Type": content_type}
        if total is not None:
            headers["X-Upload-Content-Length"] = str(total)
        return self.http.post(UPLOAD, params=given, json=metadata, headers=headers)

    def session(self, metadata: Any = None, total: int | None = 4096, **params: Any) -> str:
        answer = self.start(metadata or self.metadata(), total, **params)
        assert answer.status_code == 200, answer.text
        location: str = answer.headers["location"]
        return location

    def put(self, session: str, data: bytes = b"", range_: str | None = None) -> httpx.Response:
        headers = {} if range_ is None else {"Content-Range": range_}
        return self.http.put(session, content=data, headers=headers)

    def upload(self, metadata: Any = None, data: bytes | None = None) -> dict[str, Any]:
        data = self.mp4() if data is None else data
        answer = self.put(self.session(metadata, len(data)), data)
        assert answer.status_code == 200, answer.text
        video: dict[str, Any] = answer.json()
        return video

    def published(self, metadata: Any = None, data: bytes | None = None) -> str:
        """Uploads a video, lets its processing end and returns its id."""
        video_id: str = self.upload(metadata, data)["id"]
        self.control.advance_clock(3)
        return video_id

    def video(self, video_id: str, part: str = "snippet,status") -> dict[str, Any]:
        answer = self.get("videos", part=part, id=video_id)
        assert answer.status_code == 200, answer.text
        video: dict[str, Any] = answer.json()["items"][0]
        return video

    @staticmethod
    def metadata(**more: Any) -> dict[str, Any]:
        """Returns metadata that pass every rule, with other members of snippet and status."""
        snippet = {"title": "A walk", "description": "By the river.", "categoryId": "22"}
        status = {"privacyStatus": "public", "selfDeclaredMadeForKids": False}
        return {
            "snippet": {**snippet, **more.pop("snippet", {})},
            "status": {**status, **more.pop("status", {})},
            **more,
        }

    @staticmethod
    def mp4(size: int = 4096) -> bytes:
        """Returns that many bytes of which the first are those of a video."""
        head = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"
        return head + bytes(number % 251 for number in range(size - len(head)))

    @staticmethod
    def png() -> bytes:
        """Returns a real picture of one pixel."""
        header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
        pixel = zlib.compress(b"\x00\x40\x80\xff")
        chunks = _chunk(b"IHDR", header) + _chunk(b"IDAT", pixel) + _chunk(b"IEND", b"")
        return b"\x89PNG\r\n\x1a\n" + chunks

    @staticmethod
    def refusal(answer: httpx.Response) -> tuple[int, str]:
        """Returns the status and the reason of a refusal."""
        error = answer.json()["error"]
        assert error["code"] == answer.status_code
        assert error["message"] == error["errors"][0]["message"]
        return answer.status_code, error["errors"][0]["reason"]


@pytest.fixture(scope="session")
def youtube_process() -> Iterator[SandboxProcess]:
    with SandboxProcess("youtube") as process:
        yield process


@pytest.fixture
def youtube(youtube_process: SandboxProcess) -> SandboxProcess:
    """The practice network as it is after a reset."""
    youtube_process.control.reset()
    return youtube_process


@pytest.fixture
def ada(youtube: SandboxProcess) -> Iterator[Creator]:
    creator = Creator(youtube.url, youtube.control, "ada")
    yield creator
    creator.close()


@pytest.fixture
def bob(youtube: SandboxProcess) -> Iterator[Creator]:
    creator = Creator(youtube.url, youtube.control, "bob")
    yield creator
    creator.close()
