"""Every route refuses a known-bad request the way the network does: route, request, answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    # A conftest has no import path at run time.
    from plugins.platforms.facebook.tests.sandbox.conftest import Publisher


# ``{page}`` stands for Ada's Page, ``{bob}`` for another's, ``{post}`` for a published text,
# ``{photo}`` for a staged picture, ``{used}`` for one that a post shows, ``{video}`` for a reel that
# was begun, ``{session}`` for an upload of ten bytes.
URL = "http://127.0.0.1:9/x"
MEDIA = '[{"media_fbid":"%s"}]'
KNOWN_BAD: list[tuple[str, dict[str, Any], int, int | None]] = [
    ("GET me", {"access_token": ""}, 104, None),
    ("GET me", {"access_token": "wrong"}, 190, None),
    ("GET me", {"fields": "id,shoe_size"}, 100, None),
    ("GET me", {"fields": "id{"}, 2500, None),
    ("GET me", {"appsecret_proof": "wrong"}, 100, None),
    ("GET me/accounts", {}, 100, 33),
    ("GET {bob}", {}, 100, 33),
    ("GET me/nothing", {}, 100, 33),
    ("GET nothing", {}, 2500, None),
    ("DELETE me", {}, 100, 33),
    ("POST {page}/feed", {}, 100, 1349125),
    ("POST {bob}/feed", {"message": "Hello"}, 100, 33),
    ("POST {page}/feed", {"message": "x" * 63_207}, 100, None),
    ("POST {page}/feed", {"message": "Hello", "published": "perhaps"}, 100, None),
    ("POST {page}/feed", {"link": "no address"}, 100, 2061006),
    ("POST {page}/feed", {"link": "ftp://example.com/"}, 100, 2061006),
    ("POST {page}/feed", {"link": "https://www.facebook.com/x"}, 100, 1609008),
    ("POST {page}/feed", {"link": "https://unreadable.example/x"}, 100, 1609005),
    ("POST {page}/feed", {"link": URL, "attached_media": MEDIA % "{photo}"}, 100, None),
    ("POST {page}/feed", {"message": "Twice {post}"}, 506, 1455006),
    ("POST {page}/feed", {"attached_media": "{photo}"}, 100, None),
    ("POST {page}/feed", {"attached_media": MEDIA % "1"}, 100, 33),
    ("POST {page}/feed", {"attached_media": MEDIA % "{used}"}, 100, 1366051),
    (
        "POST {page}/feed",
        {"attached_media": str([{"media_fbid": "1"}] * 11).replace("'", '"')},
        100,
        None,
    ),
    ("POST {page}/feed", {"message": "Hi", "scheduled_publish_time": "4000000000"}, 100, None),
    (
        "POST {page}/feed",
        {"message": "Hi", "published": "false", "scheduled_publish_time": "60"},
        100,
        None,
    ),
    (
        "POST {page}/feed",
        {"message": "Hi", "published": "false", "scheduled_publish_time": "soon"},
        100,
        None,
    ),
    ("POST {page}/photos", {}, 324, None),
    ("POST {page}/photos", {"url": "no address"}, 100, None),
    ("POST {page}/photos", {"url": URL}, 324, 2069019),
    ("POST {page}/photos", {"url": URL, "temporary": "true"}, 100, None),
    ("POST {page}/photo_stories", {}, 100, None),
    ("POST {page}/photo_stories", {"photo_id": "1"}, 100, 33),
    ("POST {page}/photo_stories", {"photo_id": "{used}"}, 100, 1366051),
    ("POST {page}/videos", {}, 389, 1363057),
    ("POST {page}/videos", {"file_url": URL}, 389, 1363057),
    ("POST {page}/videos", {"file_url": "no address"}, 100, None),
    ("POST {page}/videos", {"upload_phase": "begin"}, 100, None),
    ("POST {page}/videos", {"upload_phase": "start"}, 100, None),
    ("POST {page}/videos", {"upload_phase": "start", "file_size": "0"}, 100, None),
    ("POST {page}/videos", {"upload_phase": "start", "file_size": "10000000001"}, 352, 1363023),
    ("POST {page}/videos", {"upload_phase": "transfer", "upload_session_id": "x"}, 100, 33),
    (
        "POST {page}/videos",
        {"upload_phase": "transfer", "upload_session_id": "{session}"},
        100,
        None,
    ),
    (
        "POST {page}/videos",
        {"upload_phase": "finish", "upload_session_id": "{session}"},
        6000,
        1363019,
    ),
    ("POST {page}/video_reels", {}, 100, None),
    ("POST {page}/video_reels", {"upload_phase": "transfer"}, 100, None),
    ("POST {page}/video_reels", {"upload_phase": "finish", "video_id": "1"}, 100, 33),
    (
        "POST {page}/video_reels",
        {"upload_phase": "finish", "video_id": "{video}", "video_state": "PUBLISHED"},
        6000,
        1363019,
    ),
    (
        "POST {page}/video_reels",
        {"upload_phase": "finish", "video_id": "{video}", "video_state": "SCHEDULED"},
        100,
        None,
    ),
    ("POST {page}/video_stories", {"upload_phase": "finish", "video_id": "{video}"}, 100, 33),
    ("GET {page}/published_posts", {"limit": "many"}, 100, None),
    ("GET {page}/published_posts", {"since": "soon"}, 100, None),
    ("GET {page}/published_posts", {"after": "nowhere"}, 100, None),
    ("GET {bob}/published_posts", {}, 100, 33),
    ("GET {bob}/scheduled_posts", {}, 100, 33),
    ("GET {bob}/videos", {}, 100, 33),
    ("GET {bob}/video_reels", {}, 100, 33),
    ("GET {bob}/stories", {}, 100, 33),
    ("GET {post}", {"fields": "caption"}, 100, None),
    ("POST {post}", {}, 100, 33),
    ("GET {post}/likes", {}, 100, 33),
    ("GET {video}", {"fields": "state"}, 100, None),
    ("GET {post}/insights", {}, 100, None),
    ("GET {post}/insights", {"metric": "post_impressions"}, 100, None),
    ("GET {post}/insights", {"metric": "post_clicks", "period": "day"}, 100, None),
    ("GET {page}/insights", {"metric": "page_impressions"}, 100, None),
    ("GET {page}/insights", {"metric": "page_media_view", "period": "lifetime"}, 100, None),
    (
        "GET {page}/insights",
        {"metric": "page_media_view", "since": "2026-01-01", "until": "2026-06-01"},
        100,
        None,
    ),
    ("POST {post}/comments", {}, 100, None),
    ("POST {post}/comments", {"message": "x" * 8001}, 100, None),
    ("GET {post}/comments", {"order": "random"}, 100, None),
    ("POST {page}/subscribed_apps", {"subscribed_fields": "everything"}, 100, None),
    ("GET {bob}/subscribed_apps", {}, 100, 33),
    ("DELETE {bob}/subscribed_apps", {}, 100, 33),
    ("DELETE 12_34", {}, 100, 33),
]


def _names(ada: Publisher, whole: str) -> dict[str, str]:
    """Makes what a row's request speaks of."""
    names = {"page": ada.page, "bob": ada.accounts["bob"]["pages"][0]["id"]}
    if "Twice" in whole:
        ada.says("Twice now")
        names["post"] = "now"
    elif "{post}" in whole:
        names["post"] = ada.says()
    if "{photo}" in whole or "{used}" in whole:
        names["photo"] = names["used"] = ada.staged()
    if "{used}" in whole:
        ada.says(attached_media=MEDIA % names["used"])
    if "{video}" in whole:
        started = ada.post(f"{ada.page}/video_reels", upload_phase="start")
        names["video"] = started["video_id"]
    if "{session}" in whole:
        started = ada.post(f"{ada.page}/videos", upload_phase="start", file_size="10")
        names["session"] = started["upload_session_id"]
    return names


@pytest.mark.parametrize(
    ("route", "given", "code", "subcode"),
    KNOWN_BAD,
    ids=[f"{place}-{row[0]}" for place, row in enumerate(KNOWN_BAD)],
)
def test_a_known_bad_request_is_refused(
    ada: Publisher, codes: Any, route: str, given: dict[str, str], code: int, subcode: int | None
) -> None:
    names = _names(ada, " ".join([route, *map(str, given.values())]))

    def filled(text: str) -> str:
        for name, number in names.items():
            text = text.replace(f"{{{name}}}", number)
        return text

    verb, path = filled(route).split(" ")
    before = ada.stats()
    answer = ada.call(verb, path, **{name: filled(value) for name, value in given.items()})
    assert codes(answer) == (code, subcode)
    after = ada.stats()
    for name in ("published", "deleted", "photos", "videos", "comments"):
        assert after[name] == before[name]


PERMISSIONS = [
    ("POST {page}/feed", {"message": "Hi"}),
    ("POST {page}/photos", {"url": URL}),
    ("POST {page}/videos", {"file_url": URL}),
    ("POST {page}/video_reels", {"upload_phase": "start"}),
    ("POST {page}/photo_stories", {"photo_id": "1"}),
    ("POST {page}/video_stories", {"upload_phase": "start"}),
    ("GET {page}/published_posts", {}),
    ("GET {page}/insights", {"metric": "page_media_view"}),
    ("GET {post}", {}),
    ("GET {post}/comments", {}),
    ("POST {post}/comments", {"message": "Hello"}),
    ("GET {post}/insights", {"metric": "post_clicks"}),
    ("DELETE {post}", {}),
]


def test_a_permission_that_was_withheld_is_missing(ada: Publisher, codes: Any) -> None:
    post = ada.says()
    few = ada.new_token(scopes=["public_profile"])
    user = ada.new_token(kind="long")
    for route, given in PERMISSIONS:
        verb, path = route.replace("{page}", ada.page).replace("{post}", post).split(" ")
        assert codes(ada.call(verb, path, access_token=few, **given)) == (200, None), route
        refused = codes(ada.call(verb, path, access_token=user, **given))
        assert refused == (190, 2069032), route
    listed = ada.call("GET", "me/accounts", access_token=ada.new_token(kind="long", scopes=[]))
    assert codes(listed) == (200, None)


@pytest.mark.parametrize(
    ("headers", "status", "kind"),
    [
        ({"Authorization": "OAuth wrong"}, 401, "NotAuthorizedError"),
        ({}, 400, "HeaderError"),
        ({"offset": "0", "file_size": "0"}, 400, "HeaderError"),
        ({"offset": "7", "file_size": "100"}, 400, "OffsetInvalidError"),
        ({"offset": "0", "file_size": "2"}, 400, "PartialRequestError"),
        ({"file_url": URL}, 400, "ProcessingFailedError"),
    ],
)
def test_a_bad_upload_is_refused(
    ada: Publisher, headers: dict[str, str], status: int, kind: str
) -> None:
    made = ada.post(f"{ada.page}/video_reels", upload_phase="start")
    sent = {"Authorization": f"OAuth {ada.token}", **headers}
    answer = ada.http.post(made["upload_url"], headers=sent, content=b"12345")
    assert answer.status_code == status
    assert answer.json()["debug_info"]["type"] == kind
    assert ada.status(made["video_id"])["uploading_phase"]["status"] == "not_started"


def test_pictures_that_are_none_or_too_large_are_refused(
    ada: Publisher, codes: Any, make_picture: Any, make_movie: Any
) -> None:
    path = f"{ada.page}/photos"
    for data in (make_movie(), b"RIFF0000WEBPVP8 ", b""):
        answer = ada.call("POST", path, {"source": ("a.jpg", data, "image/jpeg")})
        assert codes(answer) == (100, 1366046)
    ada.settings(photoBytes=1000)
    large = make_picture() + bytes(1000)
    sent = ada.call("POST", path, {"source": ("a.jpg", large, "image/jpeg")})
    assert codes(sent) == (100, 1366046)
    assert codes(ada.call("POST", path, url=ada.media.put(large))) == (100, 1366046)
    answer = ada.call("POST", f"{ada.page}/videos", file_url=ada.media.put(make_picture()))
    assert codes(answer) == (352, 1363024)


def test_a_fault_rule_speaks_the_networks_words(ada: Publisher) -> None:
    for status, code in ((401, 190), (403, 200), (429, 4), (503, 2)):
        ada.control.call("POST", "faults", {"action": "status", "status": status})
        answer = ada.call("GET", "me")
        assert answer.status_code == status
        assert answer.json()["error"]["code"] == code
