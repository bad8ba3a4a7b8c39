import io
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import psutil
import pytest
from PIL import Image


def png() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (30, 20), "red").save(buffer, "PNG")
    return buffer.getvalue()


BOUNDARY = "limes"
FORM = f"multipart/form-data; boundary={BOUNDARY}"
TITLE = ('name="title"', b"T")
TYPE = ('name="type"', b"image")
FILE = ('name="file"; filename="a.png"', png())


def body(*parts: tuple[str, bytes], headers: str = "", end: str = "--") -> bytes:
    built = b""
    for disposition, data in parts:
        head = f"--{BOUNDARY}\r\nContent-Disposition: form-data; {disposition}\r\n{headers}\r\n"
        built += head.encode() + data + b"\r\n"
    return built + f"--{BOUNDARY}{end}\r\n".encode()


def send(user: Any, data: bytes, content_type: str = FORM) -> Any:
    return user.http.post("/content", content=data, headers={"content-type": content_type})


def test_a_file_may_come_before_its_title_and_names_are_only_names(user: Any) -> None:
    answer = send(user, body(('name="file"; filename="../../x/b.png"', png()), TYPE, TITLE))
    assert answer.status_code == 201
    assert answer.json()["fileName"] == "b.png"


def test_a_form_may_have_a_preamble_and_an_epilogue(user: Any) -> None:
    data = b"For old readers.\r\n" + body(TITLE, TYPE, FILE) + b"The end.\r\n"
    assert send(user, data).status_code == 201


@pytest.mark.parametrize(
    ("data", "content_type", "status", "code"),
    [
        (body(TITLE, TYPE, FILE), "multipart/form-data", 400, "MULTIPART_INVALID"),
        (body(TITLE, TYPE, FILE), 'multipart/form-data; boundary=""', 400, "MULTIPART_INVALID"),
        (body(TITLE, TYPE, FILE), f"{FORM}{'x' * 80}", 400, "MULTIPART_INVALID"),
        (body(TITLE, TYPE, FILE), "multipart/form-data; boundary=other", 400, "MULTIPART_INVALID"),
        (body(TITLE, TYPE, FILE)[:-20], FORM, 400, "MULTIPART_INVALID"),
        (body(TITLE, TYPE, FILE, end=""), FORM, 400, "MULTIPART_INVALID"),
        (b"", FORM, 400, "MULTIPART_INVALID"),
        (b"\x00" * 5000, FORM, 400, "MULTIPART_INVALID"),
        (body(TITLE, TYPE, FILE).replace(b"form-data", b"attachment"), FORM, 400, "MULTIPART_INVALID"),
        (body(TITLE, TYPE, FILE).replace(b"\r\n", b"\n"), FORM, 400, "MULTIPART_INVALID"),
        (body(TITLE, FILE, TYPE, headers=f"X: {'x' * 9000}\r\n"), FORM, 400, "MULTIPART_INVALID"),
        (body(TITLE, FILE, TYPE, headers="X: 1\r\n" * 20), FORM, 400, "MULTIPART_INVALID"),
        (body(*[('name="tags"', b"a")] * 400), FORM, 400, "MULTIPART_INVALID"),
        (body(FILE, TITLE, TYPE, headers="Content-Length: 3\r\n"), FORM, 400, "MULTIPART_INVALID"),
        (body(FILE), "multipart/mixed; boundary=limes", 415, "UNSUPPORTED_MEDIA_TYPE"),
        (body(FILE), "", 415, "UNSUPPORTED_MEDIA_TYPE"),
        (b"title=T&type=text", "application/x-www-form-urlencoded", 415, "UNSUPPORTED_MEDIA_TYPE"),
    ],
)  # fmt: skip
def test_a_broken_form_is_refused_and_leaves_nothing(
    user: Any, data: bytes, content_type: str, status: int, code: str
) -> None:
    answer = send(user, data, content_type)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert user.nothing_left()


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ((FILE, TYPE), "title"),
        ((FILE, TITLE), "type"),
        ((TITLE, TYPE), "file"),
        ((TITLE, TYPE, ('name="file"; filename=""', b"")), "file"),
        ((TITLE, ('name="type"', b"picture"), FILE), "type"),
        ((TITLE, ('name="type"', b"text"), FILE), "file"),
        ((('name="title"', b" "), TYPE, FILE), "title"),
        ((('name="title"', b"a\x00b"), TYPE, FILE), "title"),
        ((('name="title"', b"\xff\xfe"), TYPE, FILE), "title"),
        ((('name="title"', b"x" * 501), TYPE, FILE), "title"),
        ((TITLE, TITLE, TYPE, FILE), "title"),
        ((TITLE, TYPE, FILE, FILE), "file"),
        ((TITLE, TYPE, FILE, ('name="more"', b"1")), "more"),
        ((TITLE, TYPE, FILE, ('name="text"; filename="a.txt"', b"1")), "text"),
        ((TITLE, TYPE, FILE, ('name="tags"', b"[1]")), "tags"),
        ((TITLE, TYPE, FILE, ('name="altText"', b"a\x00")), "altText"),
    ],
)
def test_a_form_whose_fields_do_not_fit_is_refused_and_leaves_nothing(
    user: Any, parts: tuple[tuple[str, bytes], ...], field: str
) -> None:
    answer = send(user, body(*parts))
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["details"]["field"]) == (
        400,
        "VALIDATION_ERROR",
        field,
    )
    assert user.nothing_left()


@pytest.mark.parametrize(
    "headers",
    ["Content-Transfer-Encoding: base64\r\n", "Content-Type: text/plain; charset=latin-1\r\n"],
)
def test_an_encoding_that_is_not_ours_is_refused(user: Any, headers: str) -> None:
    assert send(user, body(TITLE, TYPE, FILE, headers=headers)).status_code == 400
    assert user.nothing_left()


@pytest.mark.parametrize(
    ("kind", "data", "status", "code"),
    [
        ("image", b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("image", b"<html><script>alert(1)</script>", 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("image", b"%PDF-1.7\n", 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("video", FILE[1], 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("image", FILE[1][:50], 415, "MEDIA_UNREADABLE"),
        ("image", b"\x89PNG\r\n\x1a\n" + b"\x00" * 500, 415, "MEDIA_UNREADABLE"),
        ("image", b"", 400, "EMPTY_FILE"),
    ],
)
def test_a_file_of_the_wrong_kind_is_refused_and_leaves_nothing(
    user: Any, kind: str, data: bytes, status: int, code: str
) -> None:
    parts = (TITLE, ('name="type"', kind.encode()), ('name="file"; filename="a.png"', data))
    answer = send(user, body(*parts))
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert user.nothing_left()


def test_text_fields_beyond_a_megabyte_are_refused(user: Any) -> None:
    halves = [('name="tags"', b"x" * 600_000)] * 2
    answer = send(user, body(FILE, *halves))
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "TOO_LARGE")
    assert user.nothing_left()


@pytest.mark.parametrize("announced", [True, False])
@pytest.mark.parametrize("size", [100_001, 40_000_000])
def test_a_file_beyond_the_limit_is_refused_and_leaves_nothing(
    small_user: Any, announced: bool, size: int
) -> None:
    data = body(TITLE, TYPE, ('name="file"; filename="a.png"', png() + bytes(size - len(png()))))

    def pieces() -> Iterator[bytes]:
        for at in range(0, len(data), 65_536):
            yield data[at : at + 65_536]

    headers = {"content-type": FORM}
    if announced:
        headers["content-length"] = str(len(data))
    answer = small_user.http.post("/content", content=pieces(), headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "FILE_TOO_LARGE")
    assert answer.json()["error"]["details"] == {"field": "file", "maxBytes": 100_000}
    assert small_user.nothing_left()


def test_a_file_of_exactly_the_limit_is_taken(small_user: Any) -> None:
    pdf = b"%PDF-1.7\n" + bytes(100_000 - 9)
    answer = send(
        small_user,
        body(TITLE, ('name="type"', b"document"), ('name="file"; filename="a.pdf"', pdf)),
    )
    assert answer.status_code == 201


@pytest.mark.parametrize("reset", [False, True])
def test_a_client_that_vanishes_leaves_nothing(
    user: Any, eventually: Callable[..., None], reset: bool
) -> None:
    head = (
        f"POST /api/v1/content HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {user.token}\r\n"
        f"Content-Type: {FORM}\r\nContent-Length: 50000000\r\n\r\n"
    )
    with socket.create_connection(user.server.address) as connection:
        connection.sendall(head.encode() + body(TITLE, TYPE, FILE, end="")[:-11] + bytes(2_000_000))
        eventually(user.files)
        if reset:
            linger = struct.pack("ii", 1, 0)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    eventually(lambda: not user.files())
    assert user.nothing_left()


@pytest.mark.skipif(not hasattr(psutil.Process, "rlimit"), reason="Linux alone limits a process")
def test_a_store_without_room_is_said_and_nothing_is_left(small_user: Any) -> None:
    main = psutil.Process(small_user.server.pid)
    processes = [main, *main.children(recursive=True)]
    before = [process.rlimit(psutil.RLIMIT_FSIZE) for process in processes]
    pdf = ('name="file"; filename="a.pdf"', b"%PDF-1.7\n" + bytes(90_000))
    data = body(TITLE, ('name="type"', b"document"), pdf)
    try:
        for process, (_, hard) in zip(processes, before, strict=True):
            # Beyond the log that the process writes, below the file.
            process.rlimit(psutil.RLIMIT_FSIZE, (80_000, hard))
        answer = send(small_user, data)
    finally:
        for process, limit in zip(processes, before, strict=True):
            process.rlimit(psutil.RLIMIT_FSIZE, limit)
    assert (answer.status_code, answer.json()["error"]["code"]) == (507, "STORAGE_FULL")
    assert small_user.nothing_left()
    assert send(small_user, data).status_code == 201


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="makes a sparse file the Unix way")
def test_a_large_upload_and_its_download_need_little_memory(user: Any, tmp_path: Path) -> None:
    size = 150_000_000
    # A document, since its check reads both ends alone: the measure is of the way in and out.
    paper = tmp_path / "large.pdf"
    with paper.open("wb") as file:
        file.write(b"%PDF-1.7\n")
        file.truncate(size)
    # The first request loads what is loaded once.
    assert send(user, body(TITLE, TYPE, FILE)).status_code == 201
    with Watched(user.server.pid) as watched, paper.open("rb") as file:
        answer = user.http.post(
            "/content",
            data={"title": "Large", "type": "document"},
            files={"file": ("large.pdf", file, "application/pdf")},
        )
        assert answer.status_code == 201, answer.text
        assert answer.json()["fileSize"] == size
        with user.http.stream("GET", f"/content/{answer.json()['id']}/file") as down:
            assert sum(len(chunk) for chunk in down.iter_raw()) == size
    assert watched.growth < 64 * 1024 * 1024


class Watched:
    """The greatest growth of a process and its children while it is entered."""

    def __init__(self, pid: int) -> None:
        self._root = psutil.Process(pid)
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._start = self._memory()
        self._peak = self._start

    @property
    def growth(self) -> int:
        return self._peak - self._start

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._end.wait(0.01):
            self._peak = max(self._peak, self._memory())

    def _memory(self) -> int:
        total = 0
        for process in [self._root, *self._root.children(recursive=True)]:
            try:
                total += process.memory_info().rss
            except psutil.NoSuchProcess:
                continue
        return total
