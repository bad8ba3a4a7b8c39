"""Each route with bad requests, and how the network refuses them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from mpcas2_platform_pinterest.sandbox.practice_pinterest import METHODS

if TYPE_CHECKING:
    # A conftest has no import path at run time.
    from plugins.platforms.pinterest.tests.sandbox.conftest import Client, Files

APP = httpx.BasicAuth("practice-client", "practice-secret")
WRONG = httpx.BasicAuth("practice-client", "wrong")
NOBODY = httpx.Auth()
SOME = "100000000000000001"
DAYS = "start_date=2026-01-02&end_date=2026-01-01&metric_types=IMPRESSION"
NOWHERE = "http://127.0.0.1:1/a.jpg"


def source(kind: str, **members: Any) -> dict[str, Any]:
    return {"media_source": {"source_type": kind, **members}}


# Route, what is bad about it, query or body, status, code. {board} stands for a board of Ada's.
BAD_READS: list[tuple[str, str, int, int]] = [
    ("/user_account", "unknown=1", 400, 1),
    ("/user_account", "ad_account_id=1", 404, 2),
    ("/boards", "page_size=3e", 400, 1),
    ("/boards", "page_size=251", 400, 1),
    ("/boards", "page_size=0", 400, 1),
    ("/boards", "bookmark=no", 400, 1),
    ("/boards", "privacy=HIDDEN", 400, 1),
    ("/boards", "page_size=1&page_size=2", 400, 1),
    (f"/boards/{SOME}", "", 404, 40),
    ("/boards/a1", "", 400, 1),
    (f"/boards/{SOME}/sections", "", 404, 40),
    (f"/boards/{SOME}/pins", "", 404, 40),
    (f"/boards/{SOME}/sections/{SOME}/pins", "", 404, 40),
    (f"/boards/{{board}}/sections/{SOME}/pins", "", 404, 2031),
    ("/pins", "pin_filter=all", 400, 1),
    ("/pins", "pin_type=PUBLIC", 400, 1),
    ("/pins", "creative_types=PHOTO", 400, 1),
    (f"/pins/{SOME}", "", 404, 50),
    ("/pins/x", "", 400, 1),
    (f"/pins/{SOME}/analytics", DAYS, 404, 404),
    ("/pins/{pin}/analytics", DAYS, 400, 400),
    ("/pins/{pin}/analytics", "start_date=2020-01-01&end_date=2020-01-02", 400, 400),
    ("/pins/{pin}/analytics", "{today}&metric_types=VIDEO_MRC_VIEW", 400, 400),
    ("/pins/{pin}/analytics", "{today}", 400, 400),
    ("/pins/analytics", DAYS, 400, 1),
    ("/pins/analytics", f"pin_ids={SOME}&{DAYS}", 404, 50),
    ("/user_account/analytics", DAYS, 400, 400),
    ("/user_account/analytics", "{today}&metric_types=TOTAL_COMMENTS", 400, 400),
    (f"/media/{SOME}", "", 404, 404),
    ("/media/x", "", 400, 1),
]

BAD_PINS: list[tuple[str, dict[str, Any], int, int]] = [
    ("an unknown member", {"note": "x"}, 400, 1),
    ("no board", {"board_id": None}, 400, 1),
    ("a board's name", {"board_id": "Recipes"}, 400, 1),
    ("a board that is not there", {"board_id": SOME}, 404, 40),
    ("a section that is not there", {"board_section_id": SOME}, 404, 2031),
    ("a long title", {"title": "a" * 101}, 400, 1),
    ("a link without a scheme", {"link": "a.example"}, 400, 1),
    ("a link to a file", {"link": "file:///a"}, 400, 1),
    ("a colour's name", {"dominant_color": "red"}, 400, 1),
    ("no media", {"media_source": None}, 400, 1),
    ("an unknown source", source("image_path"), 400, 1),
    ("a source of beta users", source("pin_url"), 400, 1),
    ("an address of nothing", source("image_url", url=NOWHERE), 400, 1),
    ("no address", source("image_url", url="a.jpg"), 400, 1),
    ("a GIF", source("image_base64", content_type="image/gif", data="R0lG"), 400, 1),
    ("no picture", source("image_base64", content_type="image/png", data="aGVsbG8="), 400, 1),
    ("no base64", source("image_base64", content_type="image/png", data="-_"), 400, 1),
    ("half base64", source("image_base64", content_type="image/png", data="aGVsb"), 400, 1),
    ("a simple Pin", source("image_url", url=NOWHERE, is_standard=False), 400, 1),
    ("one item", source("multiple_image_urls", items=[{"url": NOWHERE}]), 400, 1),
    (
        "an index beyond the items",
        source("multiple_image_urls", items=[{"url": NOWHERE}] * 2, index=2),
        400,
        1,
    ),
    ("a video without a cover", source("video_id", media_id=SOME), 400, 1),
    (
        "a video with two covers",
        source("video_id", media_id=SOME, cover_image_url=NOWHERE, cover_image_key_frame_time=0),
        400,
        1,
    ),
    (
        "a cover without its type",
        source("video_id", media_id=SOME, cover_image_data="aGVsbG8="),
        400,
        1,
    ),
    (
        "a frame before the first",
        source("video_id", media_id=SOME, cover_image_key_frame_time=-1),
        400,
        1,
    ),
    (
        "media that is not there",
        source("video_id", media_id=SOME, cover_image_key_frame_time=0),
        400,
        1,
    ),
]

BAD_WRITES: list[tuple[str, str, Any, int, int]] = [
    ("/boards", "no name", {}, 400, 1),
    ("/boards", "an empty name", {"name": ""}, 400, 1),
    ("/boards", "an unknown privacy", {"name": "x", "privacy": "HIDDEN"}, 400, 1),
    ("/boards", "an unknown member", {"name": "x", "color": "red"}, 400, 1),
    ("/boards", "an advertiser's board", {"name": "x", "is_ads_only": True}, 400, 1),
    ("/boards/{board}/sections", "an empty name", {"name": ""}, 400, 1),
    ("/boards/{board}/sections", "181 signs", {"name": "x" * 181}, 400, 1),
    ("/boards/{board}/sections", "a name twice", {"name": "Soups"}, 400, 400),
    ("/media", "a picture", {"media_type": "image"}, 400, 1),
    ("/media", "nothing", {}, 400, 1),
    ("/media", "no body", None, 400, 1),
]

BAD_TOKENS: list[tuple[str, dict[str, str], httpx.Auth, int, int]] = [
    ("/oauth/token", {}, APP, 400, 1),
    ("/oauth/token", {"grant_type": "authorization_code"}, NOBODY, 401, 2),
    ("/oauth/token", {"grant_type": "authorization_code"}, WRONG, 401, 2),
    ("/oauth/token", {"grant_type": "password"}, APP, 400, 1),
    ("/oauth/token", {"grant_type": "refresh_token", "refresh_token": "x"}, APP, 400, 1),
    ("/oauth/token", {"grant_type": "refresh_token", "extra": "x"}, APP, 400, 1),
    ("/oauth/token/revoke", {}, APP, 400, 1),
    ("/oauth/token/revoke", {"token": "x"}, NOBODY, 401, 2),
    ("/oauth/token/revoke", {"token": "x", "token_type_hint": "id"}, APP, 400, 1),
]

BAD_UPLOADS: list[tuple[str, dict[str, Any], int, str]] = [
    ("the file first", {"file_first": True}, 400, "InvalidArgument"),
    ("no key", {"key": None}, 400, "InvalidArgument"),
    ("another key", {"key": "uploads/x"}, 403, "AccessDenied"),
    ("no policy", {"policy": None}, 403, "AccessDenied"),
    ("another signature", {"x-amz-signature": "0" * 64}, 403, "SignatureDoesNotMatch"),
    ("a parameter less", {"x-amz-date": None}, 403, "AccessDenied"),
    ("another type", {"Content-Type": "video/mp4"}, 403, "AccessDenied"),
    ("a parameter more", {"acl": "public-read"}, 403, "AccessDenied"),
]


@pytest.fixture
def filled(ada: Client) -> dict[str, str]:
    """What the places in the tables stand for."""
    today = ada.control.call("GET", "clock")["now"][:10]
    pin_id: str = ada.pin()["id"]
    days = f"start_date={today}&end_date={today}"
    return {"board": ada.board_id, "pin": pin_id, "today": days}


@pytest.mark.parametrize(("path", "query", "status", "code"), BAD_READS)
def test_a_bad_read_is_refused(
    ada: Client, filled: dict[str, str], path: str, query: str, status: int, code: int
) -> None:
    answer = ada.http.get(f"{path}?{query}".format(**filled), headers=ada.headers)
    assert ada.refusal(answer) == (status, code), answer.text


@pytest.mark.parametrize(
    ("changes", "status", "code"), [one[1:] for one in BAD_PINS], ids=[one[0] for one in BAD_PINS]
)
def test_a_bad_pin_is_refused(ada: Client, changes: dict[str, Any], status: int, code: int) -> None:
    answer = ada.post("/pins", ada.body(**changes))
    assert ada.refusal(answer) == (status, code), answer.text
    assert ada.stats()["created"] == 0


@pytest.mark.parametrize(("path", "what", "body", "status", "code"), BAD_WRITES)
def test_a_bad_write_is_refused(
    ada: Client, path: str, what: str, body: Any, status: int, code: int
) -> None:
    answer = ada.post(path.format(board=ada.board_id), body)
    assert ada.refusal(answer) == (status, code), what


@pytest.mark.parametrize(("path", "form", "auth", "status", "code"), BAD_TOKENS)
def test_a_bad_token_request_is_refused(
    ada: Client,
    path: str,
    form: dict[str, str],
    auth: httpx.Auth,
    status: int,
    code: int,
) -> None:
    answer = ada.http.post(path, data=form, auth=auth)
    assert ada.refusal(answer) == (status, code), answer.text


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [one[1:] for one in BAD_UPLOADS],
    ids=[one[0] for one in BAD_UPLOADS],
)
def test_a_bad_upload_is_refused(
    ada: Client, files: type[Files], changes: dict[str, Any], status: int, code: str
) -> None:
    media = ada.registered()
    answer = ada.upload(media, files.mp4(), **changes)
    assert answer.status_code == status, answer.text
    assert f"<Code>{code}</Code>" in answer.text
    assert ada.json(f"/media/{media['media_id']}")["status"] == "registered"


def test_a_body_that_is_no_form_is_no_upload(ada: Client) -> None:
    url = ada.registered()["upload_url"]
    kind = "multipart/form-data; boundary=x"
    for content, content_type in ((b"{}", "application/json"), (b"--x\r\n", kind), (b"", kind)):
        answer = ada.http.post(url, content=content, headers={"Content-Type": content_type})
        assert answer.status_code == 400
        assert "<Code>MalformedPOSTRequest</Code>" in answer.text


def test_an_unknown_app_or_address_never_redirects(ada: Client) -> None:
    for query in ("client_id=x", "client_id=practice-client&redirect_uri=https://a.example/"):
        answer = ada.http.get(f"{ada.url}/oauth/?{query}&response_type=code")
        assert (answer.status_code, "location" in answer.headers) == (400, False)


@pytest.mark.parametrize("method", METHODS, ids=lambda one: f"{one.verb} {one.path}")
def test_every_route_wants_a_good_token_and_its_scopes(ada: Client, method: Any) -> None:
    path = re.sub(r"{\w+}", SOME, method.path)
    assert ada.refusal(ada.http.request(method.verb, path)) == (401, 2)
    bad = {"Authorization": "Bearer x"}
    assert ada.refusal(ada.http.request(method.verb, path, headers=bad)) == (401, 2)
    ada.connect("pins:write_secret")
    assert ada.refusal(ada.http.request(method.verb, path, headers=ada.headers)) == (403, 3)
