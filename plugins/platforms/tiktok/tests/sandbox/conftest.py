"""The practice network in a process of its own, a small client of it, and small files.

Every answer that a client gets is held against the contract fixture of its route.
"""

from __future__ import annotations

import json
import ssl
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from mpcas2_sandbox import Control, SandboxProcess
from mpcas2_testing import CannedServer, serve_canned

CONTRACT = Path(__file__).resolve().parents[1] / "contract"
AUTHORIZE = "/v2/auth/authorize/"
POST = "/v2/post/publish/"
_PATIENCE = 10.0


def _fixtures() -> dict[tuple[str, str], dict[str, Any]]:
    read = [json.loads(one.read_text()) for one in sorted(CONTRACT.glob("*.json"))]
    return {(one["method"], one["path"]): one for one in read if "request" in one}


ROUTES = _fixtures()


def keeps_contract(answer: httpx.Response) -> None:
    """Holds an answer against its route's fixture; pages and control routes have none."""
    answer.read()
    fixture = ROUTES.get((answer.request.method, answer.request.url.path))
    if fixture is None or fixture["path"] == AUTHORIZE:
        return
    told = [one for one in fixture["answers"] if one["status"] == answer.status_code]
    assert told, f"{fixture['route']} answers {answer.status_code}: {answer.text}"
    body = answer.json() if answer.content else None
    Draft202012Validator(told[0]["schema"]).validate(body)


class Client:
    """A client app that one practice person has allowed to do things."""

    def __init__(self, url: str, control: Control, handle: str) -> None:
        self.url = url
        self.control = control
        self.handle = handle
        self.http = httpx.Client(
            base_url=url,
            timeout=60,
            trust_env=False,
            # No certificate is ever looked at; reading them all takes longer than most tests.
            verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            event_hooks={"response": [keeps_contract]},
        )
        self.connect()

    def close(self) -> None:
        self.http.close()

    def connect(self, *scopes: str) -> None:
        """Gets a fresh access token for these scopes, or for all."""
        order: dict[str, Any] = {"account": self.handle}
        if scopes:
            order["scopes"] = scopes
        self.grant: dict[str, Any] = self.control.call("POST", "oauth/grants", order)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.grant['accessToken']}"}

    def call(self, path: str, body: Any = None, **params: Any) -> httpx.Response:
        return self.http.post(path, json=body, params=params or None, headers=self.headers)

    def data(self, path: str, body: Any = None, **params: Any) -> dict[str, Any]:
        answer = self.call(path, body, **params)
        assert answer.status_code == 200, answer.text
        data: dict[str, Any] = answer.json()["data"]
        return data

    def user(self, fields: str) -> dict[str, Any]:
        answer = self.http.get("/v2/user/info/", params={"fields": fields}, headers=self.headers)
        assert answer.status_code == 200, answer.text
        user: dict[str, Any] = answer.json()["data"]["user"]
        return user

    def refusal(self, path: str, body: Any = None, **params: Any) -> tuple[int, str]:
        """Returns the status and the code of a refusal."""
        answer = self.call(path, body, **params)
        return answer.status_code, answer.json()["error"]["code"]

    @staticmethod
    def video(size: int, chunk: int | None = None, **info: Any) -> dict[str, Any]:
        """Returns the body that begins a public video to be uploaded."""
        chunk = size if chunk is None else chunk
        return {
            "post_info": {"title": "A walk", "privacy_level": "PUBLIC_TO_EVERYONE", **info},
            "source_info": {
                "source": "FILE_UPLOAD",
                "video_size": size,
                "chunk_size": chunk,
                "total_chunk_count": size // chunk,
            },
        }

    @staticmethod
    def photos(*urls: str, mode: str = "DIRECT_POST", **info: Any) -> dict[str, Any]:
        """Returns the body that begins a post of photos."""
        told = {"title": "Rivers", "description": "By boat.", **info}
        if mode == "DIRECT_POST":
            told = {"privacy_level": "PUBLIC_TO_EVERYONE", **told}
        return {
            "media_type": "PHOTO",
            "post_mode": mode,
            "post_info": told,
            "source_info": {"source": "PULL_FROM_URL", "photo_images": list(urls)},
        }

    def put(self, url: str, data: bytes, first: int, total: int, **headers: str) -> httpx.Response:
        sent = {
            "Content-Type": "video/mp4",
            "Content-Range": f"bytes {first}-{first + len(data) - 1}/{total}",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        return self.http.put(url, content=data, headers=sent)

    def publish(self, data: bytes, **info: Any) -> str:
        """Uploads a video in one piece and returns its publish_id."""
        begun = self.data(f"{POST}video/init/", self.video(len(data), **info))
        answer = self.put(begun["upload_url"], data, 0, len(data))
        assert answer.status_code == 201, answer.text
        publish_id: str = begun["publish_id"]
        return publish_id

    def published(self, data: bytes, **info: Any) -> str:
        """Uploads a video, lets its processing end and returns its public id."""
        publish_id = self.publish(data, **info)
        self.control.advance_clock(61)  # lets the calls of a minute be forgotten, too
        (post_id,) = self.status(publish_id)["publicaly_available_post_id"]
        return str(post_id)

    def status(self, publish_id: str) -> dict[str, Any]:
        return self.data(f"{POST}status/fetch/", {"publish_id": publish_id})

    def settled(self, publish_id: str) -> dict[str, Any]:
        """Waits until the media of a post was fetched, lets processing end and returns the state."""

        def fetched() -> bool:
            post = self.stored(publish_id)
            return bool(post["media"]) or post["status"] == "FAILED"

        self.wait_until(fetched)
        self.control.advance_clock(61)
        return self.status(publish_id)

    @staticmethod
    def wait_until(holds: Callable[[], object]) -> None:
        deadline = time.monotonic() + _PATIENCE
        while not holds():
            assert time.monotonic() < deadline, "it did not come about in time"
            time.sleep(0.01)

    def stored(self, publish_id: str) -> dict[str, Any]:
        posts = self.control.call("GET", "posts")["posts"]
        post: dict[str, Any] = next(one for one in posts if one["publishId"] == publish_id)
        return post

    def stats(self) -> dict[str, int]:
        stats: dict[str, int] = self.control.call("GET", "stats")
        return stats


class Files:
    """Small files whose headers say whatever a test needs."""

    PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)

    @staticmethod
    def mp4(
        size: int = 4096,
        *,
        width: int = 720,
        height: int = 1280,
        seconds: float = 10.0,
        rate: float = 30.0,
        brand: bytes = b"isom",
    ) -> bytes:
        """Returns a video of that many bytes whose header stands at its end, as cameras write it."""
        ticks, frames = round(seconds * 1000), round(seconds * rate)
        mvhd = _box(b"mvhd", struct.pack(">IIIII", 0, 0, 0, 1000, ticks), bytes(80))
        tkhd = _box(b"tkhd", bytes(76), struct.pack(">II", width << 16, height << 16))
        mdhd = _box(b"mdhd", struct.pack(">IIIII", 0, 0, 0, 1000, ticks), bytes(4))
        hdlr = _box(b"hdlr", bytes(8), b"vide", bytes(13))
        stts = _box(b"stts", struct.pack(">IIII", 0, 1, frames, 33))
        media = _box(b"mdia", mdhd, hdlr, _box(b"minf", _box(b"stbl", stts)))
        moov = _box(b"moov", mvhd, _box(b"trak", tkhd, media))
        head = _box(b"ftyp", brand, bytes(4), brand)
        rest = size - len(head) - len(moov) - 8
        body = bytes(number % 251 for number in range(min(rest, 5021)))
        return head + _box(b"mdat", (body * (rest // len(body) + 1))[:rest]) + moov

    @staticmethod
    def webm(*, width: int = 720, height: int = 1280, seconds: float = 10.0) -> bytes:
        """Returns the head of a WebM video."""
        size = _element(0xB0, width.to_bytes(2, "big")), _element(0xBA, height.to_bytes(2, "big"))
        frame = _element(0x23E383, (33_333_333).to_bytes(4, "big"))
        track = _element(0xAE, frame, _element(0xE0, *size))
        length = _element(0x4489, struct.pack(">d", seconds * 1000))
        info = _element(0x1549A966, _element(0x2AD7B1, (10**6).to_bytes(3, "big")), length)
        head = _element(0x1A45DFA3, _element(0x4282, b"webm"))
        return head + _element(0x18538067, info, _element(0x1654AE6B, track))

    @staticmethod
    def jpeg(width: int = 1080, height: int = 1920, padding: int = 0) -> bytes:
        """Returns the head of a JPEG picture."""
        frame = b"\xff\xc0\x00\x11\x08" + struct.pack(">HH", height, width) + bytes(10)
        return b"\xff\xd8\xff\xfe\x00\x06note" + frame + bytes(padding) + b"\xff\xd9"

    @staticmethod
    def webp(width: int = 1080, height: int = 1080) -> bytes:
        """Returns the head of an extended WebP picture."""
        size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
        return b"RIFF\x16\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00" + size


def _box(kind: bytes, *content: bytes) -> bytes:
    inside = b"".join(content)
    return struct.pack(">I", 8 + len(inside)) + kind + inside


def _element(name: int, *content: bytes) -> bytes:
    inside = b"".join(content)
    letters = name.to_bytes((name.bit_length() + 7) // 8, "big")
    return letters + (len(inside) | 1 << 56).to_bytes(8, "big") + inside


@pytest.fixture(scope="session")
def tiktok_process() -> Iterator[SandboxProcess]:
    with SandboxProcess("tiktok") as process:
        yield process


@pytest.fixture
def tiktok(tiktok_process: SandboxProcess) -> SandboxProcess:
    """The practice network as it is after a reset."""
    tiktok_process.control.reset()
    return tiktok_process


@pytest.fixture(scope="session")
def web_process() -> Iterator[CannedServer]:
    with serve_canned() as server:
        yield server


@pytest.fixture
def web(web_process: CannedServer) -> CannedServer:
    """A web server that hands out files and keeps what is posted to it."""
    web_process.answers.clear()
    web_process.received.clear()
    return web_process


@pytest.fixture
def files() -> type[Files]:
    return Files


@pytest.fixture
def client_of(tiktok: SandboxProcess) -> Iterator[Callable[[str], Client]]:
    made: list[Client] = []

    def make(handle: str) -> Client:
        made.append(Client(tiktok.url, tiktok.control, handle))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def ada(client_of: Callable[[str], Client]) -> Client:
    return client_of("ada")


@pytest.fixture
def bob(client_of: Callable[[str], Client]) -> Client:
    return client_of("bob")
