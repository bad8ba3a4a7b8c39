import asyncio
import base64
import io
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import av
import httpx
import pytest
from PIL import Image


def video(size: tuple[int, int] = (1280, 720), frames: int = 30) -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as output:
        stream: Any = output.add_stream("libx264", rate=15)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for number in range(frames):
            frame: Any = av.VideoFrame(*size, "yuv420p")
            for plane in frame.planes:
                plane.update(bytes([90 + number]) * plane.buffer_size)
            frame.pts, frame.time_base = number, Fraction(1, 15)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return buffer.getvalue()


VIDEO = video()
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 40


def added(user: Any, data: bytes, kind: str, name: str = "a.bin") -> Any:
    answer = user.http.post(
        "/content", data={"title": "T", "type": kind}, files={"file": (name, data)}
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


def link(user: Any, made: Any, **body: Any) -> str:
    """Makes a link and gives it as it is reached here."""
    answer = user.http.post(f"/content/{made['id']}/link", json=body)
    assert answer.status_code == 200, answer.text
    url = str(answer.json()["url"])
    assert url.startswith("http://127.0.0.1:3001/media/")
    host, port = user.server.address
    return f"http://{host}:{port}{urlsplit(url).path}"


def code_of(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["code"])


def sql(database_url: str, statement: str, *args: Any) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(database_url)
        try:
            await connection.execute(statement, *args)
        finally:
            await connection.close()

    asyncio.run(run())


def test_a_video_tells_its_length_and_what_is_in_it(user: Any) -> None:
    made = added(user, VIDEO, "video", "clip.mp4")
    assert (made["width"], made["height"], made["mimeType"]) == (1280, 720, "video/mp4")
    assert made["duration"] == pytest.approx(2, abs=0.05)
    assert made["media"] == {"video": {"codec": "h264", "frameRate": 15.0}}
    assert user.http.get(f"/content/{made['id']}").json() == made
    assert user.http.get("/content").json()["data"] == [made]


def test_a_thumbnail_is_a_jpeg_of_640_pixels_at_most(user: Any) -> None:
    made = added(user, VIDEO, "video")
    answer = user.http.get(made["thumbnailUrl"].removeprefix("/api/v1"))
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["cache-control"] == "private, no-cache"
    assert Image.open(io.BytesIO(answer.content)).size == (640, 360)


def test_documents_have_no_thumbnail_and_it_is_said(user: Any, stranger: Any) -> None:
    made = added(user, PDF, "document")
    assert "thumbnailUrl" not in made
    answer = user.http.get(f"/content/{made['id']}/thumbnail")
    assert (answer.status_code, code_of(answer)) == (404, "CONTENT_WITHOUT_THUMBNAIL")
    theirs = stranger.http.get(f"/content/{made['id']}/thumbnail")
    assert (theirs.status_code, code_of(theirs)) == (404, "CONTENT_NOT_FOUND")


def test_a_thumbnail_goes_with_the_last_content_that_shows_it(user: Any) -> None:
    first, second = added(user, VIDEO, "video"), added(user, VIDEO, "video")
    assert len(user.files()) == 2
    user.http.delete(f"/content/{first['id']}")
    assert user.http.get(f"/content/{second['id']}/thumbnail").status_code == 200
    user.http.delete(f"/content/{second['id']}")
    assert user.nothing_left()


def test_a_thumbnail_that_is_content_too_stays_while_either_needs_it(user: Any) -> None:
    made = added(user, VIDEO, "video")
    thumbnail = user.http.get(f"/content/{made['id']}/thumbnail").content
    picture = added(user, thumbnail, "image")
    user.http.delete(f"/content/{made['id']}")
    assert user.http.get(f"/content/{picture['id']}/file").content == thumbnail
    user.http.delete(f"/content/{picture['id']}")
    assert user.nothing_left()


def test_a_damaged_video_is_refused_and_the_server_goes_on(user: Any) -> None:
    for cut in (100, len(VIDEO) // 2, len(VIDEO) * 9 // 10):
        answer = user.http.post(
            "/content",
            data={"title": "T", "type": "video"},
            files={"file": ("a.mp4", VIDEO[:cut])},
        )
        assert (answer.status_code, code_of(answer)) == (415, "MEDIA_UNREADABLE")
    assert user.nothing_left()
    added(user, VIDEO, "video")


PARTS = (
    # Asked for, first byte, one behind the last.
    ("bytes=0-0", 0, 1),
    ("bytes=10-19", 10, 20),
    (f"bytes={len(PDF) - 1}-", len(PDF) - 1, len(PDF)),
    ("bytes=-5", len(PDF) - 5, len(PDF)),
    (f"bytes=-{len(PDF) * 2}", 0, len(PDF)),
    (f"bytes=100-{len(PDF) * 9}", 100, len(PDF)),
)
PASSED_OVER = ("bytes=0-1,4-5", "lines=0-1", "bytes=5-2", "bytes=x-", "bytes=-", "nonsense")
BEHIND = (f"bytes={len(PDF)}-", f"bytes={len(PDF) + 5}-{len(PDF) + 9}", "bytes=-0")


@pytest.mark.parametrize("public", [False, True])
def test_a_file_comes_in_parts(user: Any, public: bool) -> None:
    made = added(user, PDF, "document")
    address = link(user, made) if public else f"/content/{made['id']}/file"
    if public:
        del user.http.headers["authorization"]

    def get(**headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return user.http.get(address, headers=named)

    whole = get()
    tag = whole.headers["etag"]
    assert (whole.status_code, whole.content) == (200, PDF)
    assert whole.headers["accept-ranges"] == "bytes"
    for asked, start, end in PARTS:
        part = get(range=asked)
        assert (part.status_code, part.content) == (206, PDF[start:end]), asked
        assert part.headers["content-length"] == str(end - start)
        assert part.headers["content-range"] == f"bytes {start}-{end - 1}/{len(PDF)}"
    for asked in PASSED_OVER:
        answer = get(range=asked)
        assert (answer.status_code, answer.content) == (200, PDF), asked
    for asked in BEHIND:
        answer = get(range=asked)
        assert (answer.status_code, code_of(answer)) == (416, "RANGE_NOT_SATISFIABLE"), asked
        assert answer.headers["content-range"] == f"bytes */{len(PDF)}"
    same = get(range="bytes=3-5", if_range=tag)
    assert (same.status_code, same.content) == (206, PDF[3:6])
    other = get(range="bytes=3-5", if_range='"another"')
    assert (other.status_code, other.content) == (200, PDF)
    unchanged = get(if_none_match=tag)
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    head = user.http.head(address, headers={"range": "bytes=3-5"})
    assert (head.status_code, head.content, head.headers["content-length"]) == (206, b"", "3")


def test_a_link_needs_no_sign_in_and_shows_pictures_videos_and_sound_alone(user: Any) -> None:
    for made, disposition in (
        (added(user, VIDEO, "video", "clip.mp4"), "inline"),
        (added(user, PDF, "document", "paper.pdf"), "attachment"),
    ):
        answer = httpx.get(link(user, made, seconds=60))
        assert answer.status_code == 200
        assert answer.headers["content-type"] == made["mimeType"]
        assert answer.headers["content-disposition"].startswith(f"{disposition}; filename=")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].endswith("sandbox")
        private, _, age = answer.headers["cache-control"].partition(", max-age=")
        assert private == "private"
        assert 0 < int(age) <= 60


@pytest.mark.parametrize("seconds", [0, -1, 86_401, "60", 1.5, None])
def test_a_link_for_no_time_or_too_long_is_refused(user: Any, seconds: Any) -> None:
    made = added(user, PDF, "document")
    answer = user.http.post(f"/content/{made['id']}/link", json={"seconds": seconds})
    assert (answer.status_code, answer.json()["error"]["details"]) == (400, {"field": "seconds"})


def test_text_and_another_tenants_content_have_no_link(user: Any, stranger: Any) -> None:
    text = user.http.post("/content", json={"title": "T", "type": "text", "text": "W"}).json()
    answer = user.http.post(f"/content/{text['id']}/link", json={})
    assert (answer.status_code, code_of(answer)) == (404, "CONTENT_WITHOUT_FILE")
    made = added(user, PDF, "document")
    theirs = stranger.http.post(f"/content/{made['id']}/link", json={})
    assert (theirs.status_code, code_of(theirs)) == (404, "CONTENT_NOT_FOUND")


def test_the_same_request_for_a_link_under_one_key_has_one_answer(user: Any) -> None:
    made = added(user, PDF, "document")
    user.http.headers["idempotency-key"] = "link"
    first, again = (user.http.post(f"/content/{made['id']}/link", json={}) for _ in range(2))
    assert again.content == first.content
    assert again.headers["idempotent-replay"] == "true"


def test_a_changed_link_is_refused(user: Any) -> None:
    address = link(user, added(user, PDF, "document"))
    base, _, token = address.rpartition("/")
    raw = bytearray(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    for at in (0, 31, 32, 40, len(raw) - 1):
        changed = bytes(raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :])
        forged = base64.urlsafe_b64encode(changed).decode().rstrip("=")
        answer = httpx.get(f"{base}/{forged}")
        assert (answer.status_code, code_of(answer)) == (403, "LINK_INVALID")
    for nonsense in ("x", token[:-4], token + "AAAA", "%F0%9F%90%88", "a.b"):
        answer = httpx.get(f"{base}/{nonsense}")
        assert (answer.status_code, code_of(answer)) == (403, "LINK_INVALID")


def test_a_link_ends(user: Any, eventually: Any) -> None:
    address = link(user, added(user, PDF, "document"), seconds=1)
    eventually(lambda: httpx.get(address).status_code == 410)
    assert code_of(httpx.get(address)) == "LINK_EXPIRED"


def test_a_link_ends_with_its_content(user: Any) -> None:
    made, twin = added(user, PDF, "document"), added(user, PDF, "document")
    address = link(user, made)
    user.http.delete(f"/content/{made['id']}")
    assert httpx.get(address).status_code == 200, "the twin shows the same bytes"
    user.http.delete(f"/content/{twin['id']}")
    answer = httpx.get(address)
    assert (answer.status_code, code_of(answer)) == (404, "FILE_MISSING")


def test_a_link_of_a_tenant_that_is_suspended_or_gone_finds_nothing(
    user: Any, database_url: str
) -> None:
    address = link(user, added(user, PDF, "document"))
    sql(
        database_url,
        "UPDATE public.tenants SET status = 'suspended' WHERE id = $1::text::uuid",
        user.tenant_id,
    )
    answer = httpx.get(address)
    assert (answer.status_code, code_of(answer)) == (404, "NOT_FOUND")


def test_the_log_never_has_the_link(user: Any) -> None:
    address = link(user, added(user, PDF, "document"))
    token = address.rpartition("/")[2]
    assert httpx.get(address).status_code == 200
    assert httpx.get(address + "A").status_code == 403
    log = Path(user.server.media.parent / "server.log").read_text()
    assert "/media/(link)" in log
    assert token not in log
