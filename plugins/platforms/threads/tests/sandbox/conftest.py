"""The practice network in a process of its own, a small client of its API, and a host for media."""

import contextlib
import http.server
import struct
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from mpcas2_sandbox import Control, SandboxProcess


def jpeg(width: int = 1080, height: int = 1080, size: int = 0) -> bytes:
    """Makes the header of a JPEG, padded to about that size."""
    frame = struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00"
    head = b"\xff\xd8\xff\xc0" + struct.pack(">H", len(frame) + 2) + frame
    return head + b"\0" * max(0, size - len(head) - 2) + b"\xff\xd9"


def png(width: int = 640, height: int = 640) -> bytes:
    """Makes the header of a PNG."""
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIB", 13, b"IHDR", width, height, 8) + bytes(20)


def _atom(name: bytes, *inner: bytes) -> bytes:
    body = b"".join(inner)
    return struct.pack(">I", len(body) + 8) + name + body


def movie(
    seconds: float = 10,
    width: int = 1080,
    height: int = 1920,
    frames_a_second: float = 30,
    codec: bytes = b"avc1",
    sound: bytes = b"mp4a",
    channels: int = 2,
    rate: int = 48_000,
    size: int = 0,
    brand: bytes = b"isom",
) -> bytes:
    """Makes an MP4 whose header says all this."""

    def clock(scale: int = 1000) -> bytes:
        return bytes(12) + struct.pack(">II", scale, int(seconds * scale)) + bytes(8)

    def track(kind: bytes, dots: tuple[int, int], letters: bytes, count: int) -> bytes:
        tkhd = bytes(76) + struct.pack(">II", dots[0] << 16, dots[1] << 16)
        entry = struct.pack(">I", 36) + letters + bytes(16)
        entry += struct.pack(">HHII", channels, 16, 0, (rate << 16) & 0xFFFFFFFF)
        described = bytes(4) + struct.pack(">I", 1) + entry
        stts = bytes(4) + struct.pack(">III", 1, count, 1)
        inner = _atom(b"stbl", _atom(b"stsd", described), _atom(b"stts", stts))
        media = [_atom(b"mdhd", clock()), _atom(b"hdlr", bytes(8) + kind), _atom(b"minf", inner)]
        return _atom(b"trak", _atom(b"tkhd", tkhd), _atom(b"mdia", *media))

    tracks = [track(b"vide", (width, height), codec, int(seconds * frames_a_second))]
    if sound:
        tracks.append(track(b"soun", (0, 0), sound, int(seconds * 46)))
    head = _atom(b"ftyp", brand, bytes(4)) + _atom(b"moov", _atom(b"mvhd", clock()), *tracks)
    return head + _atom(b"mdat", bytes(max(8, size - len(head) - 8)))


class MediaHost:
    """A web server of files that exist only as long as the tests do."""

    def __init__(self) -> None:
        files: dict[str, bytes] = {}
        self.files = files

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                data = files.get(self.path)
                self.send_response(404 if data is None else 200)
                self.send_header("Content-Length", str(len(data or b"")))
                self.end_headers()
                with contextlib.suppress(ConnectionError):  # who pulls may have seen enough
                    self.wfile.write(data or b"")

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class names it
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def put(self, data: bytes, name: str = "") -> str:
        """Offers bytes and returns their address."""
        path = f"/{len(self.files)}{name}"
        self.files[path] = data
        return f"http://127.0.0.1:{self._server.server_port}{path}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Creator:
    """A client app that one practice account has allowed to do things."""

    def __init__(self, url: str, control: Control, http: httpx.Client, media: MediaHost) -> None:
        self.url = url
        self.control = control
        self.http = http
        self.media = media
        accounts = control.call("GET", "accounts")["accounts"]
        self.ids: dict[str, str] = {one["handle"]: one["id"] for one in accounts}
        self.token = self.new_token()

    def new_token(self, account: str = "ada", **more: Any) -> str:
        order = {"account": account, **more}
        letters: str = self.control.call("POST", "tokens", order)["accessToken"]
        return letters

    def call(self, verb: str, path: str, **given: Any) -> httpx.Response:
        given = {"access_token": self.token, **given}
        if verb == "POST":
            return self.http.post(f"{self.url}/v1.0/{path}", data=given)
        return self.http.request(verb, f"{self.url}/v1.0/{path}", params=given)

    def get(self, path: str, **given: Any) -> httpx.Response:
        return self.call("GET", path, **given)

    def post(self, path: str, **given: Any) -> httpx.Response:
        return self.call("POST", path, **given)

    def good(self, answer: httpx.Response) -> Any:
        assert answer.status_code == 200, answer.text
        return answer.json()

    def status(self, container: str) -> dict[str, str]:
        shown: dict[str, str] = self.good(self.get(container, fields="status,error_message"))
        return shown

    def settled(self, container: str) -> str:
        """Waits until a container is not in progress any more and returns how it ended."""
        deadline = time.monotonic() + 10
        while (shown := self.status(container))["status"] == "IN_PROGRESS":
            assert time.monotonic() < deadline, "the container stays in progress"
            time.sleep(0.01)
        return shown.get("error_message", shown["status"])

    def container(self, **given: Any) -> str:
        """Makes a container and waits for it; a text if nothing else is said."""
        if "media_type" not in given:
            given = {"media_type": "TEXT", "text": "Hello", **given}
        number: str = self.good(self.post("me/threads", **given))["id"]
        self.settled(number)
        return number

    def picture(self, data: bytes = b"", **given: Any) -> str:
        url = self.media.put(data or jpeg())
        return self.container(media_type="IMAGE", image_url=url, **given)

    def video(self, data: bytes = b"", **given: Any) -> str:
        url = self.media.put(data or movie())
        return self.container(media_type="VIDEO", video_url=url, **given)

    def publish(self, container: str, **given: Any) -> str:
        answer = self.post("me/threads_publish", creation_id=container, **given)
        number: str = self.good(answer)["id"]
        return number

    def write(self, **given: Any) -> str:
        """Publishes a text."""
        return self.publish(self.container(**given))

    def someone_replies(self, post: str, text: str = "Nice", account: str = "bob") -> str:
        order = {"post": post, "account": account, "text": text}
        number: str = self.control.call("POST", "comments", order)["id"]
        return number

    def post_of(self, number: str) -> dict[str, Any]:
        posts: list[dict[str, Any]] = self.control.call("GET", "posts")["posts"]
        return next(one for one in posts if one["id"] == number)


def error_of(answer: httpx.Response) -> tuple[int, int | None]:
    """Returns code and subcode of a refusal."""
    assert answer.status_code == 400, answer.text
    error = answer.json()["error"]
    assert {"message", "type", "code", "is_transient", "fbtrace_id"} <= set(error)
    return error["code"], error.get("error_subcode")


@pytest.fixture(scope="session")
def threads_process() -> Iterator[SandboxProcess]:
    with SandboxProcess("threads") as process:
        yield process


@pytest.fixture(scope="session")
def media_host() -> Iterator[MediaHost]:
    host = MediaHost()
    yield host
    host.close()


@pytest.fixture(scope="session")
def http_client() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, timeout=30) as client:
        yield client


@pytest.fixture
def ada(
    threads_process: SandboxProcess, http_client: httpx.Client, media_host: MediaHost
) -> Creator:
    threads_process.control.reset()
    threads_process.control.call("POST", "decisions", {"seconds": 0})
    return Creator(threads_process.url, threads_process.control, http_client, media_host)


@pytest.fixture
def codes() -> Any:
    return error_of


@pytest.fixture
def make_jpeg() -> Any:
    return jpeg


@pytest.fixture
def make_png() -> Any:
    return png


@pytest.fixture
def make_movie() -> Any:
    return movie
