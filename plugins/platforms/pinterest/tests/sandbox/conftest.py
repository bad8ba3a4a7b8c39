"""The practice network in a process of its own, a small client of it, and small files."""

from __future__ import annotations

import base64
import ssl
import struct
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from mpcas2_sandbox import Control, SandboxProcess
from mpcas2_testing import CannedServer, serve_canned
from mpcas2_testing.samples import jpeg_bytes, picture_bytes, video_bytes

BOUNDARY = "----practice"


class Client:
    """A client app that one practice person has allowed to do things."""

    def __init__(self, url: str, control: Control, handle: str) -> None:
        self.url = url
        self.control = control
        self.handle = handle
        self.http = httpx.Client(
            base_url=f"{url}/v5",
            timeout=60,
            trust_env=False,
            # No certificate is ever looked at; reading them all takes longer than most tests.
            verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
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

    def get(self, path: str, **params: Any) -> httpx.Response:
        return self.http.get(path, params=params, headers=self.headers)

    def post(self, path: str, body: Any = None) -> httpx.Response:
        return self.http.post(path, json=body, headers=self.headers)

    def delete(self, path: str) -> httpx.Response:
        return self.http.delete(path, headers=self.headers)

    def json(self, path: str, **params: Any) -> dict[str, Any]:
        answer = self.get(path, **params)
        assert answer.status_code == 200, answer.text
        value: dict[str, Any] = answer.json()
        return value

    @property
    def boards(self) -> list[dict[str, Any]]:
        boards: list[dict[str, Any]] = self.json("/boards")["items"]
        return boards

    @property
    def board_id(self) -> str:
        board_id: str = self.boards[0]["id"]
        return board_id

    def body(self, **changes: Any) -> dict[str, Any]:
        """Returns the body that makes a Pin with one small picture."""
        return {
            "board_id": self.board_id,
            "title": "Soup",
            "description": "Of leeks.",
            "media_source": self.sent(),
            **changes,
        }

    @staticmethod
    def sent(data: bytes | None = None, content_type: str = "image/png") -> dict[str, Any]:
        data = picture_bytes(4, 6) if data is None else data
        encoded = base64.b64encode(data).decode()
        return {"source_type": "image_base64", "content_type": content_type, "data": encoded}

    def carousel(self, count: int) -> dict[str, Any]:
        picture = {name: value for name, value in self.sent().items() if name != "source_type"}
        return {"source_type": "multiple_image_base64", "items": [picture] * count}

    def pin(self, **changes: Any) -> dict[str, Any]:
        answer = self.post("/pins", self.body(**changes))
        assert answer.status_code == 201, answer.text
        pin: dict[str, Any] = answer.json()
        return pin

    def refusal(self, answer: httpx.Response) -> tuple[int, int]:
        """Returns the status and the code of a refusal."""
        return answer.status_code, answer.json()["code"]

    def registered(self) -> dict[str, Any]:
        answer = self.post("/media", {"media_type": "video"})
        assert answer.status_code == 201, answer.text
        media: dict[str, Any] = answer.json()
        return media

    def upload(
        self, media: dict[str, Any], data: bytes, *, file_first: bool = False, **changes: str | None
    ) -> httpx.Response:
        """Sends a form: every parameter first and the file last, but for what a test changes."""
        fields = {**media["upload_parameters"], **changes}
        parts = [_field(name, value) for name, value in fields.items() if value is not None]
        file = (
            b'Content-Disposition: form-data; name="file"; filename="a.mp4"\r\n'
            b"Content-Type: video/mp4\r\n\r\n" + data
        )
        parts.insert(0 if file_first else len(parts), file)
        mark = f"--{BOUNDARY}".encode()
        body = b"".join(mark + b"\r\n" + one + b"\r\n" for one in parts) + mark + b"--\r\n"
        headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        return self.http.post(media["upload_url"], content=body, headers=headers)

    def uploaded(self, data: bytes | None = None) -> str:
        """Uploads a video, lets its processing end and returns its media_id."""
        media = self.registered()
        answer = self.upload(media, video() if data is None else data)
        assert answer.status_code == 204, answer.text
        self.control.advance_clock(5)
        media_id: str = media["media_id"]
        return media_id

    def video_source(self, media_id: str, **changes: Any) -> dict[str, Any]:
        return {
            "source_type": "video_id",
            "media_id": media_id,
            "cover_image_key_frame_time": 1,
            **changes,
        }

    def stored(self) -> list[dict[str, Any]]:
        posts: list[dict[str, Any]] = self.control.call("GET", "posts")["posts"]
        return posts

    def stats(self) -> dict[str, int]:
        stats: dict[str, int] = self.control.call("GET", "stats")
        return stats

    def settings(self, **changes: Any) -> None:
        self.control.call("POST", "settings", changes)


def _field(name: str, value: str) -> bytes:
    return f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}'.encode()


def video(*, width: int = 640, height: int = 360, seconds: float = 5.0) -> bytes:
    return video_bytes(4_000, width=width, height=height, seconds=seconds)


class Files:
    """Small files whose headers say whatever a test needs."""

    @staticmethod
    def mp4(*, width: int = 640, height: int = 360, seconds: float = 5.0) -> bytes:
        return video(width=width, height=height, seconds=seconds)

    @staticmethod
    def mov() -> bytes:
        return video().replace(b"ftypisom", b"ftypqt  ", 1)

    @staticmethod
    def jpeg(width: int = 16, height: int = 24) -> bytes:
        return jpeg_bytes(width, height)

    @staticmethod
    def png(size: int = 0) -> bytes:
        """Returns a picture, filled up to a size."""
        data = picture_bytes(4, 6)
        return data + struct.pack("x") * max(0, size - len(data))


@pytest.fixture(scope="session")
def pinterest_process() -> Iterator[SandboxProcess]:
    with SandboxProcess("pinterest") as process:
        yield process


@pytest.fixture
def pinterest(pinterest_process: SandboxProcess) -> SandboxProcess:
    """The practice network as it is after a reset."""
    pinterest_process.control.reset()
    return pinterest_process


@pytest.fixture(scope="session")
def web_process() -> Iterator[CannedServer]:
    with serve_canned() as server:
        yield server


@pytest.fixture
def web(web_process: CannedServer) -> CannedServer:
    """A web server that hands out files."""
    web_process.answers.clear()
    web_process.received.clear()
    return web_process


@pytest.fixture
def files() -> type[Files]:
    return Files


@pytest.fixture
def client_of(pinterest: SandboxProcess) -> Iterator[Callable[[str], Client]]:
    made: list[Client] = []

    def make(handle: str) -> Client:
        made.append(Client(pinterest.url, pinterest.control, handle))
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
