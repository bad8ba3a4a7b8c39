"""The practice server in a process of its own, and a small client of its protocol."""

import struct
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from mpcas2_platform_bluesky.sandbox.cids import TidClock
from mpcas2_sandbox import Control, SandboxProcess

POST = "app.bsky.feed.post"


def _chunk(kind: bytes, data: bytes) -> bytes:
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


class Author:
    """A client that is logged in to one practice account."""

    def __init__(self, url: str, control: Control, account: dict[str, Any]) -> None:
        self.url = url
        self.control = control
        self.did: str = account["did"]
        self.handle: str = account["handle"]
        self.password: str = account["appPassword"]
        self.http = httpx.Client(base_url=url, timeout=30, trust_env=False)
        self._tids = TidClock()
        self.session = self.login()

    def close(self) -> None:
        self.http.close()

    def login(self) -> dict[str, Any]:
        given = {"identifier": self.handle, "password": self.password}
        answer = self.call("com.atproto.server.createSession", given, token=None)
        assert answer.status_code == 200, answer.text
        session: dict[str, Any] = answer.json()
        return session

    def rkey(self) -> str:
        return self._tids.next(datetime.now(UTC))

    def call(self, nsid: str, body: Any, *, token: str | None = "own") -> httpx.Response:
        return self.http.post(f"/xrpc/{nsid}", json=body, headers=self._headers(token))

    def query(self, nsid: str, token: str | None = None, **params: str) -> httpx.Response:
        return self.http.get(f"/xrpc/{nsid}", params=params, headers=self._headers(token))

    def bare(self, nsid: str, token: str | None) -> httpx.Response:
        return self.http.post(f"/xrpc/{nsid}", headers=self._headers(token))

    def refresh(self, token: str | None = None) -> httpx.Response:
        return self.bare("com.atproto.server.refreshSession", token or self.session["refreshJwt"])

    def put(self, record: Any, rkey: str | None = None, **more: Any) -> httpx.Response:
        given = {"repo": self.did, "collection": POST, "rkey": rkey or self.rkey()}
        return self.call("com.atproto.repo.putRecord", {**given, "record": record, **more})

    def posted(self, text: str, **more: Any) -> dict[str, str]:
        answer = self.put(self.post(text, **more))
        assert answer.status_code == 200, answer.text
        return {"uri": answer.json()["uri"], "cid": answer.json()["cid"]}

    def upload(self, data: bytes, mime_type: str = "image/png") -> httpx.Response:
        headers = {**self._headers("own"), "Content-Type": mime_type}
        return self.http.post("/xrpc/com.atproto.repo.uploadBlob", content=data, headers=headers)

    def uploaded(self, data: bytes, mime_type: str = "image/png") -> dict[str, Any]:
        answer = self.upload(data, mime_type)
        assert answer.status_code == 200, answer.text
        blob: dict[str, Any] = answer.json()["blob"]
        return blob

    @staticmethod
    def post(text: str = "hello", **more: Any) -> dict[str, Any]:
        """Returns a post that passes every rule, with more members or other ones."""
        return {"$type": POST, "text": text, "createdAt": "2026-11-23T10:00:00.000Z", **more}

    @staticmethod
    def png(padding: int = 0) -> bytes:
        """Returns a real picture of one pixel, with that many bytes of ignored data in it."""
        header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
        pixel = zlib.compress(b"\x00\x40\x80\xff")
        filler = _chunk(b"teXt", b"\0" * padding) if padding else b""
        chunks = _chunk(b"IHDR", header) + filler + _chunk(b"IDAT", pixel) + _chunk(b"IEND", b"")
        return b"\x89PNG\r\n\x1a\n" + chunks

    @staticmethod
    def refusal(answer: httpx.Response) -> tuple[int, str, str]:
        """Returns the status, name and message of a refusal."""
        body = answer.json()
        return answer.status_code, body["error"], body["message"]

    def _headers(self, token: str | None) -> dict[str, str]:
        if token is None:
            return {}
        return {"Authorization": f"Bearer {self.session['accessJwt'] if token == 'own' else token}"}


@pytest.fixture(scope="session")
def pds_process() -> Iterator[SandboxProcess]:
    with SandboxProcess("bluesky") as process:
        yield process


@pytest.fixture
def pds(pds_process: SandboxProcess) -> SandboxProcess:
    """The practice server as it is after a reset."""
    pds_process.control.reset()
    return pds_process


@pytest.fixture
def alice(pds: SandboxProcess) -> Iterator[Author]:
    account = pds.control.call("GET", "accounts")["accounts"][0]
    author = Author(pds.url, pds.control, account)
    yield author
    author.close()


@pytest.fixture
def bob(pds: SandboxProcess) -> Iterator[Author]:
    account = pds.control.call("GET", "accounts")["accounts"][1]
    author = Author(pds.url, pds.control, account)
    yield author
    author.close()
