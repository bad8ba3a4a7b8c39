from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    # A conftest has no import path at run time.
    from plugins.platforms.linkedin.tests.sandbox.conftest import LinkedInMember


def media(urn: str, **more: str) -> dict[str, dict[str, str]]:
    return {"media": {"id": urn, **more}}


def test_pictures_come_in_one_piece_each(ada: LinkedInMember) -> None:
    one = ada.image()
    ada.posted("one", content=media(one, altText="a dot"))
    several = [{"id": ada.image(), "altText": "dot"} for _ in range(3)]
    urn = ada.posted("three", content={"multiImage": {"images": several}})
    posts = ada.control.call("GET", "posts")["posts"]
    assert posts[-1]["id"] == urn
    assert posts[-1]["mediaSha256"] == [hashlib.sha256(ada.png()).hexdigest()] * 3


def test_only_a_page_may_ask_about_its_pictures(ada: LinkedInMember) -> None:
    assert ada.status("image", ada.image()).status_code == 403
    document = ada.status("image", ada.image(owner=ada.page)).json()
    assert document["status"] == "AVAILABLE"


def test_a_document_is_processed_and_has_a_title(ada: LinkedInMember) -> None:
    urn = ada.document()
    assert ada.status("document", urn).json()["status"] == "AVAILABLE"
    assert ada.post("pdf", content=media(urn)).json()["code"] == "MISSING_FIELD"
    assert ada.posted("pdf", content=media(urn, title="Slides")).startswith("urn:li:share:")


def test_a_video_comes_in_the_instructed_parts(ada: LinkedInMember) -> None:
    ada.settings(partBytes=32_768, uploadToken="token")
    data = ada.mp4(80_000)
    value = ada.start("video", fileSizeBytes=len(data), uploadThumbnail=True)
    spans = [(one["firstByte"], one["lastByte"]) for one in value["uploadInstructions"]]
    assert spans == [(0, 32_767), (32_768, 65_535), (65_536, 79_999)]
    assert ada.put_part(value["thumbnailUploadUrl"], ada.png()).status_code == 201
    urn = value["video"]
    assert ada.status("video", urn).json()["status"] == "WAITING_UPLOAD"
    assert ada.post(content=media(urn)).json()["code"] == "MEDIA_ASSET_WAITING_UPLOAD"
    tags = ada.parts(value, data)
    assert ada.finalize(value, tags[::-1]).json()["code"] == "INVALID_VALUE_FOR_FIELD"
    assert ada.finalize(value, [f'"{one}"' for one in tags]).status_code == 400
    assert ada.finalize(value, tags, token="other").status_code == 400
    assert ada.finalize(value, tags).status_code == 200
    assert ada.status("video", urn).json()["status"] == "PROCESSING"
    assert ada.post(content=media(urn)).json()["code"] == "MEDIA_ASSET_WAITING_UPLOAD"
    ada.control.advance_clock(2)
    assert ada.status("video", urn).json()["status"] == "AVAILABLE"
    assert ada.finalize(value, tags).status_code == 200
    assert ada.posted("film", content=media(urn)).startswith("urn:li:ugcPost:")
    stored = ada.control.call("GET", "media")["media"][0]
    assert stored["sha256"] == hashlib.sha256(data).hexdigest()


def test_the_address_of_a_part_takes_its_bytes_and_no_token(ada: LinkedInMember) -> None:
    data = ada.mp4()
    value = ada.start("video", fileSizeBytes=len(data))
    url = value["uploadInstructions"][0]["uploadUrl"]
    assert ada.put(url, data).status_code == 400
    assert ada.put_part(url, data, **{"LinkedIn-Version": "202607"}).status_code == 400
    assert ada.put_part(url, data, **{"Content-Type": "video/mp4"}).status_code == 400
    assert ada.put_part(url, data[:-1]).status_code == 400
    assert ada.finalize(value, ["x"]).json()["code"] == "MEDIA_ASSET_WAITING_UPLOAD"
    ada.control.advance_clock(86_400)
    assert ada.put_part(url, data).json()["code"] == "EXPIRED_UPLOAD_URL"


def test_processing_can_be_made_to_fail(ada: LinkedInMember) -> None:
    ada.control.call("POST", "processing", {"next": [{"failure": "codec"}]})
    urn = ada.video()
    told = ada.status("video", urn).json()
    assert (told["status"], told["processingFailureReason"]) == ("PROCESSING_FAILED", "codec")
    answer = ada.post(content=media(urn))
    assert (answer.status_code, answer.json()["code"]) == (400, "MEDIA_ASSET_PROCESSING_FAILED")
    ada.control.call("POST", "processing", {"seconds": 0, "overrule": {urn: {}}})
    assert ada.status("video", urn).json()["status"] == "AVAILABLE"


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("image", b"no picture"),
        ("image", b"RIFF\0\0\0\0WEBPVP8 "),
        ("image", "wide"),
        ("image", "heavy"),
        ("document", b"no document"),
        ("document", b"%PDF-1.7" + b" /Type /Page" * 301),
        ("video", b"\x1aE\xdf\xa3" * 20_000),
        ("video", "short"),
        ("video", "long"),
        ("video", "flat"),
    ],
)
def test_bytes_that_are_not_what_they_should_be_fail(
    ada: LinkedInMember, kind: str, data: bytes | str
) -> None:
    made = {
        "wide": lambda: ada.png(8000, 8000),
        "heavy": lambda: ada.png(padding=5 * 1024 * 1024),
        "short": lambda: ada.mp4(seconds=2),
        "long": lambda: ada.mp4(seconds=1801),
        "flat": lambda: ada.mp4(seconds=5, width=1000, height=400),
    }
    content = made[data]() if isinstance(data, str) else data
    uploaded = {"image": ada.image, "document": ada.document, "video": ada.video}
    urn = uploaded[kind](content)
    if kind != "image":
        assert ada.status(kind, urn).json()["status"] == "PROCESSING_FAILED"
    answer = ada.post(content=media(urn, title="t"))
    assert answer.json()["code"] == "MEDIA_ASSET_PROCESSING_FAILED"


def test_a_good_header_passes(ada: LinkedInMember) -> None:
    urn = ada.video(ada.mp4(seconds=3, width=960, height=400))
    assert ada.status("video", urn).json()["status"] == "AVAILABLE"


def test_bytes_that_are_shown_can_be_seen(ada: LinkedInMember) -> None:
    value = ada.start("image")
    ada.put(value["uploadUrl"], ada.png())
    path = f"/media/{value['image'].rpartition(':')[2]}"
    assert ada.http.get(path).status_code == 404
    ada.posted("seen", content=media(value["image"], altText="A <b>dot</b>"))
    assert ada.http.get(path).content == ada.png()
    assert 'alt="A &lt;b&gt;dot&lt;/b&gt;"' in ada.http.get("/timeline").text
