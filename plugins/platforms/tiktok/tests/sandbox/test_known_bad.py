"""Each route with bad requests, and how the network refuses them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    # A conftest has no import path at run time.
    from plugins.platforms.tiktok.tests.sandbox.conftest import Client

PUBLISH = "/v2/post/publish/"
VIDEO, INBOX, CONTENT = (
    f"{PUBLISH}video/init/",
    f"{PUBLISH}inbox/video/init/",
    f"{PUBLISH}content/init/",
)
INFO, STATUS = f"{PUBLISH}creator_info/query/", f"{PUBLISH}status/fetch/"
QUERY, LIST, USER = "/v2/video/query/", "/v2/video/list/", "/v2/user/info/"
TOKEN, REVOKE, UPLOAD = "/v2/oauth/token/", "/v2/oauth/revoke/", "/upload/video/"
APP = {"client_key": "practice-client", "client_secret": "practice-secret"}
POSTED = {"title": "A walk", "privacy_level": "PUBLIC_TO_EVERYONE"}
WHOLE = {"source": "FILE_UPLOAD", "video_size": 10, "chunk_size": 10, "total_chunk_count": 1}
HERE = "http://127.0.0.1:1/a.jpg"
MB = 1_000_000


def video(info: dict[str, Any] | None = None, **source: Any) -> dict[str, Any]:
    return {"post_info": {**POSTED, **(info or {})}, "source_info": {**WHOLE, **source}}


def upload(size: int, chunk: int, count: int) -> dict[str, Any]:
    return video(video_size=size, chunk_size=chunk, total_chunk_count=count)


def photos(info: dict[str, Any] | None = None, **source: Any) -> dict[str, Any]:
    pulled = {"source": "PULL_FROM_URL", "photo_images": [HERE], **source}
    return {
        "media_type": "PHOTO",
        "post_mode": "DIRECT_POST",
        "post_info": {**POSTED, **(info or {})},
        "source_info": pulled,
    }


def pulled(url: str) -> dict[str, Any]:
    return {"post_info": POSTED, "source_info": {"source": "PULL_FROM_URL", "video_url": url}}


BAD_CALLS: list[tuple[str, str, Any, int, str]] = [
    (INFO, "a body with members", {"a": 1}, 400, "invalid_params"),
    (VIDEO, "no body", None, 400, "invalid_params"),
    (VIDEO, "no privacy level", {"post_info": {}, "source_info": WHOLE}, 400, "invalid_params"),
    (VIDEO, "an unknown level", video({"privacy_level": "ALL"}), 400, "invalid_params"),
    (
        VIDEO,
        "a level that is none of the creator's",
        video({"privacy_level": "FOLLOWER_OF_CREATOR"}),
        403,
        "privacy_level_option_mismatch",
    ),
    (VIDEO, "a title of 2,201 units", video({"title": "é" * 2201}), 400, "invalid_params"),
    (VIDEO, "1,101 pairs of units", video({"title": "😀" * 1101}), 400, "invalid_params"),
    (VIDEO, "an unknown member", video({"auto_add_music": True}), 400, "invalid_params"),
    (VIDEO, "a flag as text", video({"is_aigc": "true"}), 400, "invalid_params"),
    (VIDEO, "a count too high", upload(20 * MB, 10 * MB, 3), 400, "invalid_params"),
    (VIDEO, "a count rounded up", upload(50_000_123, 10 * MB, 6), 400, "invalid_params"),
    (VIDEO, "small chunks", upload(20 * MB, 4 * MB, 5), 400, "invalid_params"),
    (VIDEO, "large chunks", upload(200 * MB, 65 * MB, 3), 400, "invalid_params"),
    (VIDEO, "a whole that must be chunked", upload(65 * MB, 65 * MB, 1), 400, "invalid_params"),
    (VIDEO, "a chunk beyond the whole", upload(10, 6 * MB, 1), 400, "invalid_params"),
    (VIDEO, "an empty video", upload(0, 0, 1), 400, "invalid_params"),
    (VIDEO, "more than 4 GB", upload(4 * 1024**3 + 1, 64 * MB, 67), 400, "invalid_params"),
    (VIDEO, "no address", pulled("a.mp4"), 400, "invalid_params"),
    (VIDEO, "a foreign address", pulled("https://x.example/a"), 403, "url_ownership_unverified"),
    (VIDEO, "a file", pulled("file:///etc/hostname"), 400, "invalid_params"),
    (INBOX, "words for a draft", video(), 400, "invalid_params"),
    (
        INBOX,
        "a foreign address",
        {"source_info": {"source": "PULL_FROM_URL", "video_url": "https://x.example/a"}},
        403,
        "url_ownership_unverified",
    ),
    (CONTENT, "no photo", photos(photo_images=[]), 400, "invalid_params"),
    (CONTENT, "36 photos", photos(photo_images=[HERE] * 36), 400, "invalid_params"),
    (CONTENT, "a cover that is not there", photos(photo_cover_index=1), 400, "invalid_params"),
    (CONTENT, "an upload", photos(source="FILE_UPLOAD"), 400, "invalid_params"),
    (CONTENT, "a title of 91 units", photos({"title": "a" * 91}), 400, "invalid_params"),
    (CONTENT, "a long description", photos({"description": "a" * 4001}), 400, "invalid_params"),
    (CONTENT, "a video's flag", photos({"disable_duet": True}), 400, "invalid_params"),
    (CONTENT, "a video", {**photos(), "media_type": "VIDEO"}, 400, "invalid_params"),
    (CONTENT, "no mode", {"media_type": "PHOTO", "source_info": {}}, 400, "invalid_params"),
    (
        CONTENT,
        "a level for a draft",
        {**photos(), "post_mode": "MEDIA_UPLOAD"},
        400,
        "invalid_params",
    ),
    (
        CONTENT,
        "one foreign address",
        photos(photo_images=[HERE, "https://x.example/b.jpg"]),
        403,
        "url_ownership_unverified",
    ),
    (STATUS, "an unknown publish_id", {"publish_id": "v_pub_1"}, 400, "invalid_publish_id"),
    (STATUS, "no publish_id", {}, 400, "invalid_params"),
    (f"{QUERY}?fields=id", "no id", {"filters": {"video_ids": []}}, 400, "invalid_params"),
    (
        f"{QUERY}?fields=id",
        "21 ids",
        {"filters": {"video_ids": ["1"] * 21}},
        400,
        "invalid_params",
    ),
    (f"{QUERY}?fields=id,no", "no field", {"filters": {"video_ids": ["1"]}}, 400, "invalid_params"),
    (f"{LIST}?fields=id", "21 posts", {"max_count": 21}, 400, "invalid_params"),
    (LIST, "no fields", {}, 400, "invalid_params"),
    (f"{LIST}?fields=id&x=1", "an unknown parameter", {}, 400, "invalid_params"),
]


@pytest.mark.parametrize(
    ("path", "bad", "status", "code"),
    [(path, bad, status, code) for path, _, bad, status, code in BAD_CALLS],
    ids=[f"{path.split('?')[0]} {what}" for path, what, *_ in BAD_CALLS],
)
def test_a_bad_call_is_refused(path: str, bad: Any, status: int, code: str, ada: Client) -> None:
    assert ada.refusal(path, bad) == (status, code)
    assert ada.stats()["begun"] == 0


@pytest.mark.parametrize("query", ["", "fields=", "fields=id", "fields=open_id&more=1"])
def test_bad_fields_of_a_user_are_refused(query: str, ada: Client) -> None:
    answer = ada.http.get(f"{USER}?{query}", headers=ada.headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_params")


@pytest.mark.parametrize("path", [INFO, VIDEO, INBOX, CONTENT, STATUS, QUERY, LIST])
def test_no_route_answers_a_stranger(path: str, ada: Client) -> None:
    for headers in ({}, {"Authorization": "Bearer nobody"}, {"Authorization": "Basic YTpi"}):
        answer = ada.http.post(path, json={}, headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "access_token_invalid")
    assert ada.http.get(USER).status_code == 401


@pytest.mark.parametrize(
    ("scopes", "path", "body"),
    [
        (("video.upload", "video.list"), INFO, None),
        (("video.upload",), VIDEO, video()),
        (("video.publish",), INBOX, {"source_info": WHOLE}),
        (("video.upload",), CONTENT, photos()),
        (("video.publish",), CONTENT, {**photos(), "post_mode": "MEDIA_UPLOAD", "post_info": {}}),
        (("video.list",), STATUS, {"publish_id": "a"}),
        (("video.publish",), f"{QUERY}?fields=id", {"filters": {"video_ids": ["1"]}}),
        (("video.publish",), f"{LIST}?fields=id", {}),
    ],
)
def test_a_route_needs_its_scope(
    scopes: tuple[str, ...], path: str, body: Any, ada: Client
) -> None:
    ada.connect(*scopes)
    assert ada.refusal(path, body) == (401, "scope_not_authorized")


def test_fields_of_a_user_need_the_scopes_of_their_own(ada: Client) -> None:
    ada.connect("user.info.basic", "user.info.stats")
    assert ada.user("open_id,follower_count")["open_id"].startswith("-000")
    answer = ada.http.get(USER, params={"fields": "open_id,username"}, headers=ada.headers)
    assert answer.json()["error"]["code"] == "scope_not_authorized"


def test_a_body_of_another_type_is_refused(ada: Client) -> None:
    answer = ada.http.post(VIDEO, data={"publish_id": "a"}, headers=ada.headers)
    assert answer.json()["error"]["code"] == "invalid_params"
    broken = {**ada.headers, "Content-Type": "application/json"}
    assert ada.http.post(STATUS, content=b'{"publish', headers=broken).status_code == 400


@pytest.mark.parametrize(
    ("path", "form", "status", "error"),
    [
        (TOKEN, {}, 401, "invalid_client"),
        (TOKEN, {**APP, "client_secret": "no"}, 401, "invalid_client"),
        (TOKEN, {"client_id": "practice-client"}, 401, "invalid_client"),
        (TOKEN, APP, 400, "invalid_request"),
        (TOKEN, {**APP, "grant_type": "password"}, 400, "unsupported_grant_type"),
        (TOKEN, {**APP, "grant_type": "authorization_code"}, 400, "invalid_request"),
        (TOKEN, {**APP, "grant_type": "refresh_token"}, 400, "invalid_request"),
        (
            TOKEN,
            {**APP, "grant_type": "authorization_code", "code": "a", "redirect_uri": "b"},
            400,
            "invalid_grant",
        ),
        (
            TOKEN,
            {**APP, "grant_type": "refresh_token", "refresh_token": "no"},
            400,
            "invalid_grant",
        ),
        (REVOKE, {**APP, "client_secret": ""}, 401, "invalid_client"),
        (REVOKE, APP, 400, "invalid_request"),
        (REVOKE, {**APP, "token": ["a", "b"]}, 400, "invalid_request"),
    ],
)
def test_a_bad_form_is_refused(
    path: str, form: dict[str, Any], status: int, error: str, ada: Client
) -> None:
    answer = ada.http.post(path, data=form)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


CHUNK = 5 * 1024**2
SIZE = 2 * CHUNK + 77
PUTS: list[tuple[str, Callable[[bytes], tuple[bytes, dict[str, str]]], int]] = [
    ("no range", lambda data: (data, {"Content-Range": ""}), 400),
    ("a range of another length", lambda data: (data[:-1], {}), 400),
    ("another type", lambda data: (data, {"Content-Type": "application/octet-stream"}), 400),
    ("the second chunk", lambda data: (data, {"Content-Range": _range(CHUNK, CHUNK)}), 416),
    ("half a chunk", lambda data: (data[:99], {"Content-Range": _range(0, 99)}), 416),
    ("more than a chunk", lambda data: (data + b"a", {"Content-Range": _range(0, CHUNK + 1)}), 416),
    (
        "another total",
        lambda data: (data, {"Content-Range": f"bytes 0-{CHUNK - 1}/{SIZE + 1}"}),
        416,
    ),
]


def _range(first: int, length: int) -> str:
    return f"bytes {first}-{first + length - 1}/{SIZE}"


@pytest.mark.parametrize(
    ("change", "status"), [one[1:] for one in PUTS], ids=[one[0] for one in PUTS]
)
def test_a_bad_chunk_is_refused_and_nothing_of_it_is_kept(
    change: Callable[[bytes], tuple[bytes, dict[str, str]]], status: int, ada: Client
) -> None:
    begun = ada.data(VIDEO, upload(SIZE, CHUNK, 2))
    data, headers = change(bytes(CHUNK))
    sent = {"Content-Type": "video/mp4", "Content-Range": _range(0, CHUNK), **headers}
    assert ada.http.put(begun["upload_url"], content=data, headers=sent).status_code == status
    assert ada.status(begun["publish_id"]) == {"status": "PROCESSING_UPLOAD", "uploaded_bytes": 0}


def test_bytes_need_the_whole_address(ada: Client) -> None:
    url: str = ada.data(VIDEO, upload(10, 10, 1))["upload_url"]
    assert ada.put(f"{ada.url}{UPLOAD}", bytes(10), 0, 10).status_code == 404
    assert (
        ada.put(url.replace("upload_token=", "upload_token=a"), bytes(10), 0, 10).status_code == 404
    )
    assert ada.put(url, bytes(10), 0, 10).status_code == 201
