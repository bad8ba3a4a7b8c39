"""The practice network in a process of its own, a small client of its API, and a host for media."""

import contextlib
import http.server
import struct
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from mpcas2_sandbox import Control, SandboxProcess

JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 60


def picture(label: int = 0) -> bytes:
    """Makes what begins like a JPEG; another label makes other bytes."""
    return JPEG + label.to_bytes(4, "big")


def _atom(name: bytes, *inner: bytes) -> bytes:
    body = b"".join(inner)
    return struct.pack(">I", len(body) + 8) + name + body


def movie(
    seconds: float = 10,
    width: int = 1080,
    height: int = 1920,
    frames_a_second: float = 30,
    size: int = 0,
) -> bytes:
    """Makes an MP4 whose header says all this."""
    clock = bytes(12) + struct.pack(">II", 1000, int(seconds * 1000)) + bytes(8)
    tkhd = bytes(76) + struct.pack(">II", width << 16, height << 16)
    stts = bytes(4) + struct.pack(">III", 1, int(seconds * frames_a_second), 1)
    media = _atom(b"minf", _atom(b"stbl", _atom(b"stts", stts)))
    track = _atom(b"trak", _atom(b"tkhd", tkhd), _atom(b"mdia", _atom(b"mdhd", clock), media))
    head = _atom(b"ftyp", b"isom", bytes(4)) + _atom(b"moov", _atom(b"mvhd", clock), track)
    return head + _atom(b"mdat", bytes(max(8, size - len(head) - 8)))


class MediaHost:
    """A web server of files that exist only as long as the tests do; it takes webhooks as well."""

    def __init__(self) -> None:
        files: dict[str, bytes] = {}
        received: list[tuple[str, bytes]] = []
        self.files, self.received = files, received

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                _, _, challenge = self.path.partition("hub.challenge=")
                data = challenge.encode() or files.get(self.path)
                self.send_response(404 if data is None else 200)
                self.send_header("Content-Length", str(len(data or b"")))
                self.end_headers()
                with contextlib.suppress(ConnectionError):  # who pulls may have seen enough
                    self.wfile.write(data or b"")

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                received.append((self.headers.get("X-Hub-Signature-256", ""), body))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class names it
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def put(self, data: bytes) -> str:
        """Offers bytes and returns their address."""
        path = f"/{len(self.files)}"
        self.files[path] = data
        return f"{self.url}{path}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Publisher:
    """A client app that may do everything with the Page of Ada."""

    def __init__(self, url: str, control: Control, http: httpx.Client, media: MediaHost) -> None:
        self.url = url
        self.control = control
        self.http = http
        self.media = media
        accounts = control.call("GET", "accounts")["accounts"]
        self.accounts = {one["handle"]: one for one in accounts}
        self.page: str = self.accounts["ada"]["pages"][0]["id"]
        self.token = self.new_token()

    def new_token(self, **more: Any) -> str:
        order = {"account": "ada", **more}
        letters: str = self.control.call("POST", "tokens", order)["accessToken"]
        return letters

    def call(self, verb: str, path: str, files: Any = None, **given: Any) -> httpx.Response:
        given = {"access_token": self.token, **given}
        if verb == "POST":
            return self.http.post(f"{self.url}/v26.0/{path}", data=given, files=files)
        return self.http.request(verb, f"{self.url}/v26.0/{path}", params=given)

    def get(self, path: str, **given: Any) -> Any:
        return self.good(self.call("GET", path, **given))

    def post(self, path: str, files: Any = None, **given: Any) -> Any:
        return self.good(self.call("POST", path, files, **given))

    def good(self, answer: httpx.Response) -> Any:
        assert answer.status_code == 200, answer.text
        return answer.json()

    def says(self, text: str = "Hello", **given: Any) -> str:
        number: str = self.post(f"{self.page}/feed", message=text, **given)["id"]
        return number

    def staged(self, label: int = 0, **given: Any) -> str:
        files = {"source": ("a.jpg", picture(label), "image/jpeg")}
        answer = self.post(f"{self.page}/photos", files, published="false", **given)
        assert set(answer) == {"id"}
        number: str = answer["id"]
        return number

    def uploaded(self, edge: str = "video_reels", data: bytes = b"") -> str:
        made = self.post(f"{self.page}/{edge}", upload_phase="start")
        data = data or movie()
        headers = {
            "Authorization": f"OAuth {self.token}",
            "offset": "0",
            "file_size": str(len(data)),
        }
        self.good(self.http.post(made["upload_url"], headers=headers, content=data))
        number: str = made["video_id"]
        return number

    def finish(self, video: str, edge: str = "video_reels", **given: Any) -> httpx.Response:
        given = {"upload_phase": "finish", "video_id": video, "video_state": "PUBLISHED", **given}
        return self.call("POST", f"{self.page}/{edge}", **given)

    def reel(self, data: bytes = b"", **given: Any) -> str:
        video = self.uploaded(data=data)
        self.good(self.finish(video, **given))
        return video

    def status(self, video: str) -> dict[str, Any]:
        shown: dict[str, Any] = self.get(video, fields="status")["status"]
        return shown

    def kept(self, number: str) -> dict[str, Any]:
        posts: list[dict[str, Any]] = self.control.call("GET", "posts")["posts"]
        return next(one for one in posts if one["id"] == number)

    def stats(self) -> dict[str, int]:
        counted: dict[str, int] = self.control.call("GET", "stats")
        return counted

    def settings(self, **change: Any) -> None:
        self.control.call("POST", "settings", change)


def error_of(answer: httpx.Response) -> tuple[int, int | None]:
    """Returns code and subcode of a refusal."""
    assert answer.status_code == 400, answer.text
    error = answer.json()["error"]
    assert {"message", "type", "code", "is_transient", "fbtrace_id"} <= set(error)
    return error["code"], error.get("error_subcode")


@pytest.fixture(scope="session")
def facebook_process() -> Iterator[SandboxProcess]:
    with SandboxProcess("facebook") as process:
        yield process


@pytest.fixture(scope="session")
def facebook_media() -> Iterator[MediaHost]:
    host = MediaHost()
    yield host
    host.close()


@pytest.fixture(scope="session")
def facebook_client() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, timeout=30) as client:
        yield client


@pytest.fixture
def ada(
    facebook_process: SandboxProcess, facebook_client: httpx.Client, facebook_media: MediaHost
) -> Publisher:
    facebook_process.control.reset()
    facebook_media.received.clear()
    control = facebook_process.control
    return Publisher(facebook_process.url, control, facebook_client, facebook_media)


@pytest.fixture
def codes() -> Any:
    return error_of


@pytest.fixture
def make_picture() -> Any:
    return picture


@pytest.fixture
def make_movie() -> Any:
    return movie
