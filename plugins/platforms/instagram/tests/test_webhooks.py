from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any

import pytest

from mpcas2_hookspecs import (
    OAuthApp,
    Rejected,
    Unauthorized,
    WebhookEvent,
    WebhookRequest,
)
from mpcas2_platform_instagram.adapter import InstagramPlatform

from .conftest import settings_of

APP = OAuthApp(client_id="client", client_secret="hidden")
PLATFORM = InstagramPlatform(settings_of("http://127.0.0.1:9"))
FORM = {"content-type": "application/x-www-form-urlencoded"}


def hub(**query: str) -> WebhookRequest:
    asked = {f"hub.{name}": value for name, value in query.items()}
    return WebhookRequest(method="GET", query=asked)


def test_the_question_is_answered_with_its_challenge() -> None:
    asked = hub(mode="subscribe", challenge="1158201444", verify_token="ours")
    answer = PLATFORM.webhook_challenge(asked, APP, "ours")
    assert answer is not None
    assert (answer.status, answer.body) == (200, "1158201444")
    with pytest.raises(Rejected):
        PLATFORM.webhook_challenge(asked, APP, "theirs")
    assert PLATFORM.webhook_challenge(hub(mode="other"), APP, "ours") is None


def posted(body: Any, secret: str = "hidden") -> WebhookRequest:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    signature = hmac.new(secret.encode(), raw, sha256).hexdigest()
    return WebhookRequest(
        method="POST", headers={"x-hub-signature-256": f"sha256={signature}"}, body=raw
    )


def change(field: str, **value: Any) -> dict[str, Any]:
    return {
        "object": "instagram",
        "entry": [{"id": "7", "changes": [{"field": field, "value": value}]}],
    }


def test_a_comment_names_account_and_post() -> None:
    request = posted(change("comments", id="5", text="Hi", media={"id": "18"}))
    [event] = PLATFORM.read_webhook(request, APP)
    assert event == WebhookEvent(id="comment:5", kind="comment", platform_account_id="7", key="18")


def test_what_nobody_asked_for_is_left_out() -> None:
    request = posted(change("story_insights", reach=1))
    assert PLATFORM.read_webhook(request, APP) == []


@pytest.mark.parametrize(
    "request_",
    [
        posted({"entry": []}, secret="other"),
        WebhookRequest(method="POST", body=b'{"entry":[]}'),
        WebhookRequest(method="POST", headers={"x-hub-signature-256": "sha1=1"}, body=b"{}"),
        WebhookRequest(method="POST", headers=FORM, body=b"signed_request=a.b"),
        WebhookRequest(method="POST", headers=FORM, body=b"\xff"),
    ],
)
def test_a_forged_request_is_unauthorized(request_: WebhookRequest) -> None:
    with pytest.raises(Unauthorized):
        PLATFORM.read_webhook(request_, APP)
    with pytest.raises(Unauthorized):
        PLATFORM.read_webhook(posted({"entry": []}), OAuthApp(client_id="client"))


@pytest.mark.parametrize("body", [b"<html>", b"{}", change("comments", id="5")])
def test_a_signed_request_that_is_no_event_is_refused(body: Any) -> None:
    with pytest.raises(Rejected):
        PLATFORM.read_webhook(posted(body), APP)


def test_an_account_that_left_is_told() -> None:
    def packed(raw: bytes) -> str:
        return urlsafe_b64encode(raw).rstrip(b"=").decode()

    payload = packed(b'{"user_id":"7","algorithm":"HMAC-SHA256","issued_at":1795435200}')
    signature = packed(hmac.new(b"hidden", payload.encode(), sha256).digest())
    body = f"signed_request={signature}.{payload}".encode()
    request = WebhookRequest(method="POST", headers=FORM, body=body)
    [event] = PLATFORM.read_webhook(request, APP)
    assert event == WebhookEvent(
        id="ended:7:1795435200", kind="account-gone", platform_account_id="7"
    )
