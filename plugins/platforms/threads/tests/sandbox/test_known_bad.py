"""Every route refuses a known-bad request the way the network does: route, request, answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    # A conftest has no import path at run time.
    from plugins.platforms.threads.tests.sandbox.conftest import Creator

URL = "http://127.0.0.1:9/x"
TEXT = {"media_type": "TEXT", "text": "Hello"}
PICTURE = {"media_type": "IMAGE", "image_url": URL}
POLL = json.dumps({"option_a": "Yes", "option_b": "No"})
LINKS = " ".join(f"https://example.org/{number}" for number in range(6))
MAKE = "POST me/threads"

# ``{bob}`` stands for another account, ``{post}`` for a published text, ``{reply}`` for somebody's
# reply below it, ``{container}`` for a finished container, ``{item}`` for one of a carousel.
KNOWN_BAD: list[tuple[str, dict[str, Any], int, int | None]] = [
    ("GET me", {"access_token": ""}, 104, None),
    ("GET me", {"access_token": "wrong"}, 190, None),
    ("GET me", {"fields": "id,shoe_size"}, 100, None),
    ("GET me", {"fields": "id{"}, 2500, None),
    ("GET {bob}", {}, 100, 33),
    ("GET me/nothing", {}, 100, 33),
    ("GET nothing", {}, 2500, None),
    (MAKE, {}, 100, None),
    ("POST {bob}/threads", TEXT, 100, 33),
    (MAKE, {"media_type": "GIF", "text": "Hello"}, 100, None),
    (MAKE, {"media_type": "TEXT"}, 100, None),
    (MAKE, {**TEXT, "colour": "red"}, 100, None),
    (MAKE, {**TEXT, "text": "x" * 501}, 100, None),
    (MAKE, {**TEXT, "text": "\U0001f600" * 126}, 100, None),
    (MAKE, {**TEXT, "text": LINKS}, 100, None),
    (MAKE, {**TEXT, "image_url": URL}, 100, None),
    (MAKE, {**TEXT, "alt_text": "A wave"}, 100, None),
    (MAKE, {**TEXT, "children": "1,2"}, 100, None),
    (MAKE, {**TEXT, "is_carousel_item": "true"}, 100, None),
    (MAKE, {**TEXT, "is_spoiler_media": "true"}, 100, None),
    (MAKE, {**TEXT, "is_ghost_post": "perhaps"}, 100, None),
    (MAKE, {**TEXT, "is_ghost_post": "true", "reply_to_id": "{post}"}, 100, None),
    (MAKE, {**TEXT, "reply_control": "nobody"}, 100, None),
    (MAKE, {**TEXT, "topic_tag": "a.b"}, 100, None),
    (MAKE, {**TEXT, "topic_tag": "x" * 51}, 100, None),
    (MAKE, {**TEXT, "location_id": "here"}, 100, None),
    (MAKE, {**TEXT, "link_attachment": "example.org"}, 100, None),
    (MAKE, {**TEXT, "link_attachment": URL, "poll_attachment": POLL}, 100, None),
    (MAKE, {**TEXT, "poll_attachment": '{"option_a":"Yes"}'}, 100, None),
    (
        MAKE,
        {**TEXT, "poll_attachment": json.dumps({"option_a": "x" * 26, "option_b": "No"})},
        100,
        None,
    ),
    (MAKE, {**TEXT, "poll_attachment": POLL[:-1] + ',"option_d":"Both"}'}, 100, None),
    (MAKE, {**TEXT, "text_attachment": json.dumps({"plaintext": "x" * 10_001})}, 100, None),
    (MAKE, {**TEXT, "gif_attachment": '{"gif_id":"1","provider":"OTHER"}'}, 100, None),
    (
        MAKE,
        {**TEXT, "text_entities": '[{"entity_type":"SPOILER","offset":3,"length":3}]'},
        100,
        None,
    ),
    (MAKE, {**TEXT, "quote_post_id": "1"}, 100, None),
    (MAKE, {**TEXT, "reply_to_id": "1"}, 100, None),
    (MAKE, {**TEXT, "reply_to_id": "that"}, 100, None),
    (MAKE, {**TEXT, "allowlisted_country_codes": "Finland"}, 100, None),
    (MAKE, {"media_type": "IMAGE", "text": "Hello"}, 100, None),
    (MAKE, {"media_type": "IMAGE", "image_url": "x.jpg"}, 100, None),
    (MAKE, {"media_type": "VIDEO", "image_url": URL}, 100, None),
    (MAKE, {**PICTURE, "alt_text": "x" * 1001}, 100, None),
    (MAKE, {**PICTURE, "auto_publish_text": "true"}, 100, None),
    (MAKE, {**PICTURE, "poll_attachment": POLL}, 100, None),
    (MAKE, {**PICTURE, "is_carousel_item": "true", "text": "Hello"}, 100, None),
    (MAKE, {"media_type": "CAROUSEL", "children": "{item}"}, 100, None),
    (MAKE, {"media_type": "CAROUSEL", "children": "{item},{item}"}, 100, None),
    (MAKE, {"media_type": "CAROUSEL", "children": ",".join(map(str, range(21)))}, 100, None),
    (MAKE, {"media_type": "CAROUSEL", "children": "{item},{container}"}, 100, None),
    (MAKE, {"media_type": "CAROUSEL", "children": "{item},1"}, 24, 4279009),
    ("POST me/threads_publish", {}, 100, None),
    ("POST me/threads_publish", {"creation_id": "one"}, 100, None),
    ("POST me/threads_publish", {"creation_id": "1"}, 24, 4279009),
    ("POST me/threads_publish", {"creation_id": "{item}"}, 100, None),
    ("POST me/threads_publish", {"creation_id": "{container}", "text": "late"}, 100, None),
    ("GET {container}", {"fields": "status_code"}, 100, None),
    ("DELETE {container}", {}, 100, 33),
    ("GET me/threads_publishing_limit", {"fields": "left"}, 100, None),
    ("GET {bob}/threads_publishing_limit", {}, 100, 33),
    ("GET me/threads", {"since": "soon"}, 100, None),
    ("GET me/threads", {"limit": "many"}, 100, None),
    ("GET me/threads", {"after": "nowhere"}, 100, None),
    ("GET me/threads", {"after": "1", "before": "2"}, 100, None),
    ("GET {bob}/replies", {}, 100, 33),
    ("GET {post}", {"fields": "caption"}, 100, None),
    ("POST {post}", {}, 100, 33),
    ("DELETE {reply}", {}, 100, 33),
    ("DELETE 18000000000000099", {}, 100, 33),
    ("GET {post}/replies", {"reverse": "perhaps"}, 100, None),
    ("GET {post}/conversation", {"limit": "0"}, 100, None),
    ("POST {reply}/manage_reply", {}, 100, None),
    ("POST {reply}/manage_reply", {"hide": "perhaps"}, 100, None),
    ("POST {post}/manage_reply", {"hide": "true"}, 100, None),
    ("POST 18000000000000099/repost", {}, 100, 33),
    ("GET {post}/insights", {}, 100, None),
    ("GET {post}/insights", {"metric": "views,impressions"}, 100, None),
    ("GET {reply}/insights", {"metric": "views"}, 100, 33),
    ("GET me/threads_insights", {"metric": "fame"}, 100, None),
    ("GET me/threads_insights", {"metric": "views", "since": "1"}, 100, None),
    ("GET me/threads_insights", {"metric": "follower_demographics"}, 100, None),
    (
        "GET me/threads_insights",
        {"metric": "follower_demographics", "breakdown": "mood"},
        100,
        None,
    ),
    ("GET {bob}/threads_insights", {"metric": "views"}, 100, 33),
]


@pytest.mark.parametrize(
    ("route", "given", "code", "subcode"),
    KNOWN_BAD,
    ids=[f"{place}-{row[0]}" for place, row in enumerate(KNOWN_BAD)],
)
def test_a_known_bad_request_is_refused(
    ada: Creator, codes: Any, route: str, given: dict[str, str], code: int, subcode: int | None
) -> None:
    names = {"bob": ada.ids["bob"]}
    whole = " ".join([route, *map(str, given.values())])
    if "{post}" in whole or "{reply}" in whole:
        names["post"] = ada.write()
    if "{reply}" in whole:
        names["reply"] = ada.someone_replies(names["post"])
    if "{container}" in whole:
        names["container"] = ada.container()
    if "{item}" in whole:
        names["item"] = ada.picture(is_carousel_item="true")

    def filled(text: str) -> str:
        for name, number in names.items():
            text = text.replace(f"{{{name}}}", number)
        return text

    verb, path = filled(route).split(" ")
    before = ada.control.call("GET", "stats")
    answer = ada.call(verb, path, **{name: filled(value) for name, value in given.items()})
    assert codes(answer) == (code, subcode)
    after = ada.control.call("GET", "stats")
    for name in ("containers", "published", "posts", "deleted"):
        assert after[name] == before[name]


PERMISSIONS = [
    ("POST me/threads", TEXT),
    ("POST me/threads_publish", {"creation_id": "1"}),
    ("POST {post}/repost", {}),
    ("GET me/threads_publishing_limit", {}),
    ("GET me/replies", {}),
    ("GET {post}/replies", {}),
    ("GET {post}/conversation", {}),
    ("POST {post}/manage_reply", {"hide": "true"}),
    ("GET {post}/insights", {"metric": "views"}),
    ("GET me/threads_insights", {"metric": "views"}),
    ("DELETE {post}", {}),
]


@pytest.mark.parametrize(("route", "given"), PERMISSIONS)
def test_a_permission_that_was_withheld_is_missing(
    ada: Creator, codes: Any, route: str, given: dict[str, str]
) -> None:
    post = ada.write()
    verb, path = route.replace("{post}", post).split(" ")
    token = ada.new_token(scopes=["threads_basic"])
    assert codes(ada.call(verb, path, access_token=token, **given)) == (10, None)
    nothing = ada.new_token(scopes=[])
    assert codes(ada.get("me", access_token=nothing)) == (10, None)


@pytest.mark.parametrize(
    ("more", "missing"),
    [
        ({"reply_to_id": "{post}"}, "threads_manage_replies"),
        ({"location_id": "7"}, "threads_location_tagging"),
    ],
)
def test_replies_and_places_need_permissions_of_their_own(
    ada: Creator, more: dict[str, str], missing: str
) -> None:
    post = ada.write()
    scopes = ["threads_basic", "threads_content_publish"]
    given = {name: value.replace("{post}", post) for name, value in more.items()}
    answer = ada.post("me/threads", access_token=ada.new_token(scopes=scopes), **TEXT, **given)
    assert answer.json()["error"]["code"] == 10
    assert missing in answer.json()["error"]["message"]


TOKEN_REQUESTS = [
    ("POST oauth/access_token", {"client_id": "practice-client"}, "Missing required field"),
    (
        "POST oauth/access_token",
        {
            "client_id": "practice-client",
            "client_secret": "wrong",
            "grant_type": "authorization_code",
            "redirect_uri": "http://127.0.0.1:9/back",
            "code": "x",
        },
        "Invalid platform app",
    ),
    ("GET oauth/access_token", {"grant_type": "password"}, "Invalid grant_type"),
    ("GET oauth/access_token", {"grant_type": "client_credentials"}, "client secret"),
    ("GET access_token", {}, "grant_type"),
    ("GET access_token", {"grant_type": "th_exchange_token"}, "client secret"),
    (
        "GET access_token",
        {"grant_type": "th_exchange_token", "client_secret": "practice-secret"},
        "Session key invalid",
    ),
    ("GET refresh_access_token", {"grant_type": "ig_refresh_token"}, "th_refresh_token"),
    ("GET refresh_access_token", {"grant_type": "th_refresh_token"}, "24 hours old"),
]


@pytest.mark.parametrize(("route", "given", "said"), TOKEN_REQUESTS)
def test_a_bad_token_request_is_refused(
    ada: Creator, route: str, given: dict[str, str], said: str
) -> None:
    verb, path = route.split(" ")
    answer = ada.call(verb, path, **given)
    assert answer.status_code == 400
    assert said in answer.text
