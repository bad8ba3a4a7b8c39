"""Each route with bad requests, and how the network refuses them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import httpx

    # A conftest has no import path at run time.
    from plugins.platforms.mastodon.tests.sandbox.conftest import Member

POST, STATUS = "/api/v1/statuses", "/api/v1/statuses/5"
APPS, TOKEN, REVOKE = "/api/v1/apps", "/oauth/token", "/oauth/revoke"
APP = {"client_id": "practice-client", "client_secret": "practice-secret"}
BACK = "http://127.0.0.1:1/back"
POLL = {"options": ["a", "b"], "expires_in": 300}


def poll(**members: Any) -> dict[str, Any]:
    return {"status": "vote", "poll": {**POLL, **members}}


BAD_CALLS: list[tuple[str, str, str, Any, int, str]] = [
    ("POST", POST, "nothing", {}, 422, "Text can't be blank"),
    ("POST", POST, "white space", {"status": " \n"}, 422, "Text can't be blank"),
    ("POST", POST, "501 letters", {"status": "a" * 501}, 422, "Text character limit of 500"),
    (
        "POST",
        POST,
        "a long warning",
        {"status": "a" * 400, "spoiler_text": "b" * 101},
        422,
        "limit of 500 exceeded",
    ),
    ("POST", POST, "an unknown member", {"status": "a", "colour": "red"}, 422, "colour"),
    ("POST", POST, "a wrong visibility", {"status": "a", "visibility": "all"}, 422, "Invalid enum"),
    ("POST", POST, "a wrong flag", {"status": "a", "sensitive": "maybe"}, 422, "sensitive"),
    ("POST", POST, "a quoter", {"status": "a", "quote_approval_policy": "me"}, 422, "policy"),
    ("POST", POST, "no parent", {"status": "a", "in_reply_to_id": "5"}, 404, "reply to does not"),
    ("POST", POST, "no quoted", {"status": "a", "quoted_status_id": "5"}, 404, "quote does not"),
    (
        "POST",
        POST,
        "an unknown file",
        {"status": "a", "media_ids": ["5"]},
        422,
        "Media 5 not found",
    ),
    ("POST", POST, "five files", {"media_ids": list("12345")}, 422, "more than 4 files"),
    ("POST", POST, "a file and a poll", {**poll(), "media_ids": ["1"]}, 422, "more than 4 files"),
    ("POST", POST, "a schedule", {"status": "a", "scheduled_at": "2030-01-01"}, 422, "Scheduled"),
    ("POST", POST, "one choice", poll(options=["a", " "]), 422, "must have more than one item"),
    ("POST", POST, "five choices", poll(options=list("abcde")), 422, "more than 4 items"),
    ("POST", POST, "a choice twice", poll(options=["a", "a"]), 422, "contain duplicate items"),
    ("POST", POST, "a long choice", poll(options=["a", "b" * 51]), 422, "than 50 characters each"),
    ("POST", POST, "a short poll", poll(expires_in=299), 422, "is too soon"),
    ("POST", POST, "a long poll", poll(expires_in=2_629_747), 422, "too far into the future"),
    ("POST", POST, "an endless poll", poll(expires_in=None), 422, "too far into the future"),
    ("POST", POST, "a poll without words", {"poll": POLL}, 422, "Text can't be blank"),
    ("GET", f"{POST}?id=5", "one id as a text", None, 400, "expected Array"),
    ("GET", STATUS, "an unknown post", None, 404, "Record not found"),
    ("DELETE", STATUS, "an unknown post", None, 404, "Record not found"),
    ("GET", f"{STATUS}/source", "an unknown post", None, 404, "Record not found"),
    ("GET", f"{STATUS}/context", "an unknown post", None, 404, "Record not found"),
    ("GET", "/api/v1/polls/5", "an unknown poll", None, 404, "Record not found"),
    ("GET", "/api/v1/accounts/5", "nobody", None, 404, "Record not found"),
    ("GET", "/api/v1/accounts/5/statuses", "nobody", None, 404, "Record not found"),
    ("GET", "/api/v1/media/5", "an unknown file", None, 404, "Record not found"),
    ("PUT", "/api/v1/media/5", "an unknown file", {"description": "a"}, 404, "Record not found"),
    ("DELETE", "/api/v1/media/5", "an unknown file", None, 404, "Record not found"),
    ("POST", "/api/v2/media", "no file", {"description": "a"}, 422, "File can't be blank"),
    ("POST", APPS, "no name", {"redirect_uris": [BACK]}, 422, "name can't be blank"),
    ("POST", APPS, "no address", {"client_name": "a"}, 422, "Redirect URI can't be blank"),
    (
        "POST",
        APPS,
        "a path",
        {"client_name": "a", "redirect_uris": "/back"},
        422,
        "must be an absolute URI",
    ),
    (
        "POST",
        APPS,
        "an unknown scope",
        {"client_name": "a", "redirect_uris": BACK, "scopes": "read fly"},
        422,
        "Scopes doesn't match configured on the server.",
    ),
    (
        "POST",
        APPS,
        "a long name",
        {"client_name": "a" * 61, "redirect_uris": BACK},
        422,
        "maximum is 60 characters",
    ),
    (
        "POST",
        APPS,
        "no website",
        {"client_name": "a", "redirect_uris": BACK, "website": "me"},
        422,
        "Website must be a valid URL",
    ),
    ("POST", TOKEN, "no grant type", APP, 400, "invalid_request"),
    ("POST", TOKEN, "a password", {**APP, "grant_type": "password"}, 400, "unsupported_grant_type"),
    (
        "POST",
        TOKEN,
        "a wrong secret",
        {**APP, "client_secret": "x", "grant_type": "authorization_code"},
        401,
        "invalid_client",
    ),
    (
        "POST",
        TOKEN,
        "an unknown code",
        {**APP, "grant_type": "authorization_code", "code": "x", "redirect_uri": BACK},
        400,
        "invalid_grant",
    ),
    ("POST", TOKEN, "a code as a list", {**APP, "code": ["x"]}, 400, "invalid_request"),
    ("POST", REVOKE, "a wrong secret", {**APP, "client_secret": "x"}, 403, "unauthorized_client"),
]


@pytest.mark.parametrize(
    ("method", "path", "bad", "status", "said"),
    [(method, path, bad, status, said) for method, path, _, bad, status, said in BAD_CALLS],
    ids=[f"{method} {path.split('?')[0]} {what}" for method, path, what, *_ in BAD_CALLS],
)
def test_a_bad_call_is_refused(
    method: str, path: str, bad: Any, status: int, said: str, ada: Member
) -> None:
    answer = ada.http.request(method, path, json=bad)
    assert answer.status_code == status, answer.text
    assert said in answer.json()["error"]
    assert (ada.stats()["created"], ada.stats()["apps"], ada.stats()["media"]) == (0, 0, 0)


def test_every_route_asks_for_a_token_and_its_scope(anyone: httpx.Client, ada: Member) -> None:
    closed = [
        ("GET", "/api/v1/accounts/verify_credentials"),
        ("GET", "/api/v1/apps/verify_credentials"),
        ("POST", POST),
        ("DELETE", STATUS),
        ("GET", f"{STATUS}/source"),
        ("POST", "/api/v2/media"),
        ("GET", "/api/v1/media/5"),
        ("PUT", "/api/v1/media/5"),
        ("DELETE", "/api/v1/media/5"),
    ]
    order = {"account": "ada", "scopes": ["push"]}
    token = ada.control.call("POST", "oauth/grants", order)["accessToken"]
    for method, path in closed:
        answer = anyone.request(method, path)
        assert (answer.status_code, answer.json()) == (
            401,
            {"error": "The access token is invalid"},
        )
        if "apps" not in path:
            weak = anyone.request(method, path, headers={"Authorization": f"Bearer {token}"})
            assert weak.status_code == 403
            assert weak.json() == {"error": "This action is outside the authorized scopes"}


@pytest.mark.parametrize(
    ("kind", "content", "status"),
    [
        ("application/json", b"{", 400),
        ("application/json", b"[1]", 400),
        ("application/x-www-form-urlencoded", b"status=a&media_ids=1&media_ids[]=2", 400),
        ("application/x-www-form-urlencoded", b"status=a&poll[]=1&poll[options]=2", 400),
        ("application/x-www-form-urlencoded", b"status[=a", 400),
        ("multipart/form-data; boundary=x", b"nothing", 400),
        ("text/plain", b"status=a", 422),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(
    kind: str, content: bytes, status: int, ada: Member
) -> None:
    answer = ada.http.post(POST, content=content, headers={"Content-Type": kind})
    assert answer.status_code == status, answer.text
    assert ada.stats()["created"] == 0


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("nothing", "File can't be blank"),
        ("text", "File type of uploaded media could not be verified"),
        ("wide", "9000x9000 images are not supported"),
        ("heavy", "File file size must be less than 16 MB"),
        ("large", "4000x3000 videos are not supported"),
        ("fast", "240fps videos are not supported"),
        ("unsupported", "File content type is invalid"),
    ],
)
def test_a_bad_file_is_refused(data: str, said: str, ada: Member) -> None:
    ada.settings(supportedTypes=["image/png", "video/mp4"])
    bad = {
        "nothing": b"",
        "text": b"just words",
        "wide": ada.png(9000, 9000),
        "heavy": ada.png(padding=16 * 1024 * 1024),
        "large": ada.mp4(4000, 3000),
        "fast": ada.mp4(rate=240),
        "unsupported": ada.gif(moves=False),
    }[data]
    answer = ada.upload(bad)
    assert answer.status_code == 422, answer.text
    assert said in answer.json()["error"]
    assert ada.stats()["media"] == 0


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"description": "a" * 1501}, "maximum is 1500 characters"),
        ({"focus": "1.5,0"}, "between -1 and 1"),
        ({"focus": "left"}, "two numbers"),
        ({"title": "a"}, "title"),
    ],
)
def test_bad_words_about_a_file_are_refused(fields: dict[str, str], said: str, ada: Member) -> None:
    answer = ada.upload(ada.png(), **fields)
    assert answer.status_code == 422
    assert said in answer.json()["error"]
    kept = ada.uploaded()
    assert said in ada.http.put(f"/api/v1/media/{kept}", json=fields).json()["error"]
