from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import urlencode

import pytest

from mpcas2_hookspecs import OAuthApp, Rejected, Unauthorized, WebhookEvent, WebhookRequest
from mpcas2_platform_threads.adapter import ThreadsPlatform

APP = OAuthApp(client_id="1", client_secret="s3cret")
PLATFORM = ThreadsPlatform({"api_url": "x", "api_version": "v1.0", "web_url": "y"})
REPLY = {"id": "8", "text": "Nice", "root_post": {"id": "7", "owner_id": "42"}}
CHANGE = {"field": "replies", "value": REPLY}
READ = WebhookEvent(id="reply-8", kind="comment", platform_account_id="42", key="7")


def signed(body: Any, secret: str = "s3cret") -> WebhookRequest:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    proof = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    headers = {"x-hub-signature-256": f"sha256={proof}", "content-type": "application/json"}
    return WebhookRequest(method="POST", headers=headers, body=raw)


def deauthorized(secret: str = "s3cret") -> WebhookRequest:
    told = json.dumps({"user_id": "42", "issued_at": 9}).encode()
    payload = base64.urlsafe_b64encode(told).rstrip(b"=")
    proof = hmac.new(secret.encode(), payload, hashlib.sha256).digest()
    sent = base64.urlsafe_b64encode(proof).rstrip(b"=") + b"." + payload
    return WebhookRequest(
        method="POST",
        headers={"content-type": "application/x-www-form-urlencoded"},
        body=urlencode({"signed_request": sent.decode()}).encode(),
    )


@pytest.mark.parametrize(
    "body", [{"topic": "x", "values": CHANGE}, {"entry": [{"changes": [CHANGE]}]}]
)
def test_a_reply_is_read_in_both_shapes(body: dict[str, Any]) -> None:
    assert PLATFORM.read_webhook(signed(body), APP) == [READ]


def test_a_permission_that_was_taken_back_is_read() -> None:
    (event,) = PLATFORM.read_webhook(deauthorized(), APP)
    assert (event.kind, event.platform_account_id) == ("account-gone", "42")
    assert PLATFORM.read_webhook(deauthorized(), APP) == [event]


@pytest.mark.parametrize("body", [{}, [], {"values": {"field": "mentions", "value": REPLY}}, 1])
def test_what_is_of_no_interest_is_left_out(body: Any) -> None:
    assert PLATFORM.read_webhook(signed(body), APP) == []


FORGED = [
    signed({}, "other"),
    deauthorized("other"),
    WebhookRequest(method="POST", body=b"{}"),
    WebhookRequest(
        method="POST",
        headers={"content-type": "application/x-www-form-urlencoded"},
        body=b"signed_request=%%%",
    ),
]


@pytest.mark.parametrize("request_", FORGED)
def test_a_wrong_signature_is_unauthorized(request_: WebhookRequest) -> None:
    with pytest.raises(Unauthorized):
        PLATFORM.read_webhook(request_, APP)


def test_an_app_without_a_secret_believes_nobody() -> None:
    with pytest.raises(Unauthorized):
        PLATFORM.read_webhook(signed({}, ""), OAuthApp(client_id="1"))


def test_signed_nonsense_is_rejected() -> None:
    with pytest.raises(Rejected):
        PLATFORM.read_webhook(signed(b"<html>"), APP)


def test_the_question_is_answered_for_the_right_token_alone() -> None:
    query = {"hub.mode": "subscribe", "hub.verify_token": "ours", "hub.challenge": "123"}
    asked = WebhookRequest(method="GET", query=query)
    answer = PLATFORM.webhook_challenge(asked, APP, "ours")
    assert answer is not None
    assert (answer.status, answer.body) == (200, "123")
    for token in ("other", ""):
        with pytest.raises(Rejected):
            PLATFORM.webhook_challenge(asked, APP, token)
    assert PLATFORM.webhook_challenge(WebhookRequest(method="GET"), APP, "ours") is None
