"""Every route refuses a known-bad request the way the network does: route, request, answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    # A conftest has no import path at run time.
    from plugins.platforms.instagram.tests.sandbox.conftest import Creator

# ``{id}`` stands for the account, ``{bob}`` for another, ``{post}`` for a published picture,
# ``{container}`` for a finished container, ``{item}`` for one that is for a carousel.
URL = "http://127.0.0.1:9/x"
TAG = {"username": "bob", "x": 0.5, "y": 0.5}
KNOWN_BAD: list[tuple[str, dict[str, Any], int, int | None]] = [
    ("GET me", {"access_token": ""}, 104, None),
    ("GET me", {"access_token": "wrong"}, 190, None),
    ("GET me", {"fields": "user_id,shoe_size"}, 100, None),
    ("GET me", {"fields": "user_id{"}, 2500, None),
    ("GET {bob}", {}, 100, 33),
    ("GET me/nothing", {}, 100, 33),
    ("GET nothing", {}, 2500, None),
    ("POST {id}/media", {}, 100, None),
    ("POST {bob}/media", {"image_url": URL}, 100, 33),
    ("POST {id}/media", {"image_url": URL, "image_uri": URL}, 100, None),
    ("POST {id}/media", {"image_url": URL, "video_url": URL}, 100, None),
    ("POST {id}/media", {"media_type": "GIF", "image_url": URL}, 100, 2207023),
    ("POST {id}/media", {"media_type": "VIDEO", "video_url": URL}, 100, 2207067),
    ("POST {id}/media", {"media_type": "REELS", "image_url": URL}, 100, None),
    ("POST {id}/media", {"media_type": "STORIES"}, 100, None),
    ("POST {id}/media", {"image_url": URL, "caption": "x" * 2201}, 36004, 2207010),
    ("POST {id}/media", {"image_url": URL, "caption": "#tag " * 31}, 100, None),
    ("POST {id}/media", {"image_url": URL, "caption": "@bob " * 21}, 100, None),
    ("POST {id}/media", {"image_url": URL, "alt_text": "x" * 1001}, 100, None),
    (
        "POST {id}/media",
        {"media_type": "REELS", "video_url": URL, "alt_text": "A wave"},
        100,
        None,
    ),
    ("POST {id}/media", {"image_url": URL, "location_id": "here"}, 100, None),
    ("POST {id}/media", {"image_url": URL, "user_tags": json.dumps([TAG] * 21)}, 100, 2207040),
    ("POST {id}/media", {"image_url": URL, "user_tags": '[{"username":"bob"}]'}, 100, None),
    (
        "POST {id}/media",
        {"image_url": URL, "user_tags": json.dumps([{**TAG, "x": 1.1}])},
        100,
        None,
    ),
    ("POST {id}/media", {"image_url": URL, "user_tags": "bob"}, 100, None),
    ("POST {id}/media", {"image_url": URL, "collaborators": "a,b,c,d"}, 100, None),
    ("POST {id}/media", {"image_url": URL, "is_ai_generated": "perhaps"}, 100, None),
    ("POST {id}/media", {"image_url": URL, "cover_url": URL}, 100, None),
    (
        "POST {id}/media",
        {"media_type": "REELS", "video_url": URL, "thumb_offset": "-1"},
        1,
        2207057,
    ),
    (
        "POST {id}/media",
        {"media_type": "REELS", "video_url": URL, "trial_params": "{}"},
        100,
        None,
    ),
    ("POST {id}/media", {"upload_type": "resumable"}, 100, None),
    (
        "POST {id}/media",
        {"upload_type": "resumable", "media_type": "REELS", "video_url": URL},
        100,
        None,
    ),
    ("POST {id}/media", {"media_type": "CAROUSEL", "children": "{item}"}, 100, 2207028),
    (
        "POST {id}/media",
        {"media_type": "CAROUSEL", "children": ",".join(map(str, range(1, 12)))},
        100,
        2207028,
    ),
    ("POST {id}/media", {"media_type": "CAROUSEL", "children": "{item},{container}"}, 100, None),
    ("POST {id}/media", {"media_type": "CAROUSEL", "children": "{item},1"}, 24, 2207006),
    ("POST {id}/media_publish", {}, 100, None),
    ("POST {id}/media_publish", {"creation_id": "1"}, 24, 2207006),
    ("POST {id}/media_publish", {"creation_id": "{item}"}, 100, None),
    ("POST {id}/media_publish", {"creation_id": "{container}", "caption": "late"}, 100, None),
    ("GET {container}", {"fields": "state"}, 100, None),
    ("DELETE {container}", {}, 100, 33),
    ("GET {id}/content_publishing_limit", {"fields": "left"}, 100, None),
    ("GET {bob}/content_publishing_limit", {}, 100, 33),
    ("GET {id}/media", {"since": "soon"}, 100, None),
    ("GET {id}/media", {"limit": "many"}, 100, None),
    ("GET {id}/media", {"after": "nowhere"}, 100, None),
    ("GET {bob}/stories", {}, 100, 33),
    ("GET {post}", {"fields": "url"}, 100, None),
    ("POST {post}", {}, 100, 33),
    ("DELETE {post}", {}, 100, 33),
    ("POST {post}/children", {}, 100, 33),
    ("GET {post}/insights", {}, 100, None),
    ("GET {post}/insights", {"metric": "views,impressions"}, 100, None),
    ("GET {post}/insights", {"metric": "views,navigation"}, 100, None),
    ("GET {post}/insights", {"metric": "fame"}, 100, None),
    ("GET {id}/insights", {"metric": "views", "period": "day"}, 100, None),
    ("GET {id}/insights", {"metric": "reach"}, 100, None),
    (
        "GET {id}/insights",
        {"metric": "reach", "period": "day", "since": "2026-01-01", "until": "2026-03-01"},
        100,
        None,
    ),
    ("POST {post}/comments", {}, 100, None),
    ("POST {post}/comments", {"message": "x" * 2201}, 100, None),
    ("GET {post}/comments", {"limit": "0"}, 100, None),
    ("GET 17800000000000099", {}, 100, 33),
    ("POST {id}/subscribed_apps", {"subscribed_fields": "everything"}, 100, None),
]


@pytest.mark.parametrize(
    ("route", "given", "code", "subcode"),
    KNOWN_BAD,
    ids=[f"{place}-{row[0]}" for place, row in enumerate(KNOWN_BAD)],
)
def test_a_known_bad_request_is_refused(
    ada: Creator, codes: Any, route: str, given: dict[str, str], code: int, subcode: int | None
) -> None:
    accounts = ada.control.call("GET", "accounts")["accounts"]
    names = {"id": ada.id, "bob": accounts[1]["id"]}
    whole = " ".join([route, *map(str, given.values())])
    if "{post}" in whole:
        names["post"] = ada.publish(ada.container())
    if "{container}" in whole:
        names["container"] = ada.container()
    if "{item}" in whole:
        names["item"] = ada.container(is_carousel_item="true")

    def filled(text: str) -> str:
        for name, number in names.items():
            text = text.replace(f"{{{name}}}", number)
        return text

    verb, path = filled(route).split(" ")
    before = ada.control.call("GET", "stats")
    answer = ada.call(verb, path, **{name: filled(value) for name, value in given.items()})
    assert codes(answer) == (code, subcode)
    after = ada.control.call("GET", "stats")
    for name in ("containers", "published", "comments", "deleted"):
        assert after[name] == before[name]


PERMISSIONS = [
    ("POST {id}/media", {"image_url": URL}),
    ("POST {id}/media_publish", {"creation_id": "1"}),
    ("GET {id}/content_publishing_limit", {}),
    ("GET {post}/comments", {}),
    ("POST {post}/comments", {"message": "Hello"}),
    ("GET {post}/insights", {"metric": "views"}),
    ("GET {id}/insights", {"metric": "reach", "period": "day"}),
]


@pytest.mark.parametrize(("route", "given"), PERMISSIONS)
def test_a_permission_that_was_withheld_is_missing(
    ada: Creator, codes: Any, route: str, given: dict[str, str]
) -> None:
    post = ada.publish(ada.container())
    ada.token = ada.new_token(scopes=["instagram_business_basic"])
    verb, path = route.replace("{id}", ada.id).replace("{post}", post).split(" ")
    assert codes(ada.call(verb, path, **given)) == (10, None)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"client_secret": "wrong"}, "Invalid platform app"),
        ({"code": "wrong"}, "Matching code"),
        ({"code": ""}, "code"),
        ({"grant_type": "refresh_token"}, "grant_type"),
    ],
)
def test_a_bad_exchange_is_refused(ada: Creator, given: dict[str, str], told: str) -> None:
    form = {
        "client_id": "practice-client",
        "client_secret": "practice-secret",
        "grant_type": "authorization_code",
        "redirect_uri": "http://127.0.0.1:1/back",
        "code": "x",
    }
    answer = ada.http.post(f"{ada.url}/oauth/access_token", data={**form, **given})
    assert answer.status_code == 400
    assert told in answer.json()["error_message"]
    assert (answer.json()["error_type"], answer.json()["code"]) == ("OAuthException", 400)


@pytest.mark.parametrize(
    ("path", "given", "code"),
    [
        ("access_token", {"grant_type": "ig_exchange_token"}, 1),
        ("access_token", {"grant_type": "th_exchange_token"}, 100),
        (
            "access_token",
            {"grant_type": "ig_exchange_token", "client_secret": "practice-secret"},
            452,
        ),
        ("refresh_access_token", {}, 100),
        ("refresh_access_token", {"grant_type": "ig_refresh_token"}, 100),
        ("refresh_access_token", {"grant_type": "ig_refresh_token", "access_token": "x"}, 190),
    ],
)
def test_a_bad_trade_of_tokens_is_refused(
    ada: Creator, codes: Any, path: str, given: dict[str, str], code: int
) -> None:
    given = {"access_token": ada.token, **given}
    assert codes(ada.http.get(f"{ada.url}/{path}", params=given))[0] == code


@pytest.mark.parametrize(
    ("headers", "status", "kind"),
    [
        ({"Authorization": "OAuth wrong"}, 401, "NotAuthorizedError"),
        ({}, 400, "HeaderError"),
        ({"offset": "0", "file_size": "0"}, 400, "HeaderError"),
        ({"offset": "0", "file_size": str(1024**3 + 1)}, 400, "HeaderError"),
        ({"offset": "7", "file_size": "100"}, 400, "OffsetInvalidError"),
        ({"offset": "0", "file_size": "2"}, 400, "PartialRequestError"),
        ({"file_url": URL}, 400, "ProcessingFailedError"),
    ],
)
def test_a_bad_upload_is_refused(
    ada: Creator, headers: dict[str, str], status: int, kind: str
) -> None:
    made = ada.good(ada.post(f"{ada.id}/media", media_type="REELS", upload_type="resumable"))
    sent = {"Authorization": f"OAuth {ada.token}", **headers}
    answer = ada.http.post(made["uri"], headers=sent, content=b"12345")
    assert answer.status_code == status
    assert answer.json()["debug_info"]["type"] == kind
    assert ada.status(made["id"])["status_code"] == "IN_PROGRESS"


def test_media_that_cannot_be_had_is_an_error_later(ada: Creator, make_movie: Any) -> None:
    for given, subcode in (
        ({"image_url": URL}, "2207052"),
        ({"image_url": "ftp://127.0.0.1/x"}, "2207052"),
        ({"image_url": ada.media.put(b"\x89PNG\r\n\x1a\n" + b"0" * 99)}, "2207005"),
        ({"image_url": ada.media.put(make_movie())}, "2207005"),
        ({"media_type": "REELS", "video_url": ada.media.put(b"RIFF0000AVI ")}, "2207026"),
        (
            {"media_type": "STORIES", "video_url": ada.media.put(make_movie(seconds=61))},
            "2207026",
        ),
    ):
        container = ada.container(**given)
        assert ada.status(container)["status_code"] == "ERROR"
        assert subcode in ada.status(container)["status"]


def test_a_fault_rule_speaks_the_networks_words(ada: Creator) -> None:
    for status, code in ((401, 190), (403, 10), (429, 4), (503, 2)):
        ada.control.call("POST", "faults", {"action": "status", "status": status})
        answer = ada.get("me")
        assert answer.status_code == status
        assert answer.json()["error"]["code"] == code
