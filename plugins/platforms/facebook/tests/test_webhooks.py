from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

import pytest

from mpcas2_hookspecs import OAuthApp, Rejected, Unauthorized, WebhookRequest
from mpcas2_platform_facebook.webhooks import challenge, events

APP = OAuthApp(client_id="77", client_secret="app-secret")


def signed(body: bytes, secret: str = "app-secret") -> WebhookRequest:
    digest = hmac.new(secret.encode(), body, sha256).hexdigest()
    headers = {"x-hub-signature-256": f"sha256={digest}", "content-type": "application/json"}
    return WebhookRequest(method="POST", headers=headers, body=body)


def changed(field: str, **value: Any) -> bytes:
    entry = {"id": "100", "time": 5, "changes": [{"field": field, "value": value}]}
    return json.dumps({"object": "page", "entry": [entry]}).encode()


COMMENT = changed("feed", item="comment", verb="add", post_id="100_1", comment_id="1_2")


def test_a_comment_names_its_post() -> None:
    [event] = events(signed(COMMENT), APP)
    assert (event.kind, event.key, event.platform_account_id) == ("comment", "100_1", "100")
    assert [event] == events(signed(COMMENT), APP)


@pytest.mark.parametrize(
    ("body", "keys"),
    [
        (changed("feed", item="status", verb="add", post_id="100_1"), ["100_1"]),
        (changed("feed", item="status", verb="remove", post_id="100_1"), ["100_1"]),
        (changed("feed", item="video", verb="add", post_id="100_1", video_id=7), ["7", "100_1"]),
        (changed("videos", id="7", status={"video_status": "error"}), ["7"]),
        (changed("feed", item="reaction", verb="edit", post_id="100_1"), []),
        (changed("feed", item="comment", verb="remove", post_id="1", comment_id="2"), []),
        (changed("feed", item="status", verb="add"), []),
        (changed("mention"), []),
    ],
)
def test_a_decision_names_film_and_post(body: bytes, keys: list[str]) -> None:
    told = events(signed(body), APP)
    assert [one.key for one in told] == keys
    assert {one.kind for one in told} <= {"post-decided"}


@pytest.mark.parametrize("body", [b"", b"{", b"[]", changed("videos"), changed("feed", item=1)])
def test_what_is_signed_and_unreadable_is_refused(body: bytes) -> None:
    with pytest.raises(Rejected):
        events(signed(body), APP)


def test_without_the_right_signature_nothing_is_read() -> None:
    good = signed(COMMENT)
    for request, app in (
        (signed(COMMENT, "other"), APP),
        (WebhookRequest(method="POST", body=COMMENT), APP),
        (WebhookRequest(method="POST", headers=good.headers, body=COMMENT + b" "), APP),
        (WebhookRequest(method="POST", headers={"x-hub-signature-256": "sha256=ä"}), APP),
        (signed(COMMENT, ""), OAuthApp(client_id="77")),
    ):
        with pytest.raises(Unauthorized):
            events(request, app)


def ended(payload: bytes, secret: str = "app-secret") -> WebhookRequest:
    told = urlsafe_b64encode(payload).rstrip(b"=")
    digest = urlsafe_b64encode(hmac.new(secret.encode(), told, sha256).digest()).rstrip(b"=")
    form = urlencode({"signed_request": (digest + b"." + told).decode()})
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return WebhookRequest(method="POST", headers=headers, body=form.encode())


def test_a_removed_app_is_told_with_the_person() -> None:
    [event] = events(ended(b'{"user_id": "42", "issued_at": 9}'), APP)
    assert (event.kind, event.platform_account_id, event.id) == ("account-gone", "42", "ended:42:9")


@pytest.mark.parametrize(
    "request_",
    [
        ended(b'{"user_id": "42"}', "other"),
        WebhookRequest(
            method="POST", headers={"content-type": "application/x-www-form-urlencoded"}
        ),
        WebhookRequest(
            method="POST",
            headers={"content-type": "application/x-www-form-urlencoded"},
            body=b"signed_request=a.b",
        ),
    ],
)
def test_a_forged_end_is_refused(request_: WebhookRequest) -> None:
    with pytest.raises(Unauthorized):
        events(request_, APP)


def test_an_unreadable_end_is_refused() -> None:
    with pytest.raises(Rejected):
        events(ended(b"[]"), APP)


def test_the_question_is_answered_with_its_challenge() -> None:
    query = {"hub.mode": "subscribe", "hub.challenge": "123", "hub.verify_token": "v"}
    told = challenge(WebhookRequest(method="GET", query=query), "v")
    assert told is not None
    assert (told.status, told.body) == (200, "123")
    with pytest.raises(Rejected):
        challenge(WebhookRequest(method="GET", query=query), "w")
    assert challenge(WebhookRequest(method="GET"), "v") is None
    assert challenge(WebhookRequest(method="POST", query=query), "v") is None
