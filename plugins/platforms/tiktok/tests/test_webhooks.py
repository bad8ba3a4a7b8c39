from __future__ import annotations

import hmac
import json
from hashlib import sha256
from typing import Any

import pytest

from mpcas2_hookspecs import OAuthApp, Rejected, Unauthorized, WebhookRequest
from mpcas2_platform_tiktok.webhooks import read_events

APP = OAuthApp(client_id="key", client_secret="hidden")
KINDS = {
    "post.publish.complete": "post-decided",
    "post.publish.failed": "post-decided",
    "post.publish.publicly_available": "post-decided",
    "post.publish.inbox_delivered": "post-decided",
    "post.publish.no_longer_publicaly_available": None,
    "authorization.removed": "account-gone",
}


def signed(body: bytes, secret: str = "hidden", time: str = "1795435200") -> WebhookRequest:
    mac = hmac.new(secret.encode(), time.encode() + b"." + body, sha256).hexdigest()
    return WebhookRequest(
        method="POST", headers={"tiktok-signature": f"t={time},s={mac}"}, body=body
    )


def body_of(event: str, content: Any) -> bytes:
    told = {
        "client_key": "key",
        "event": event,
        "create_time": 1795435200,
        "user_openid": "o1",
        "content": json.dumps(content),
    }
    return json.dumps(told).encode()


def test_each_listed_event_is_read(contract: Any) -> None:
    events = contract.shared("webhook")["events"]
    assert {one["event"] for one in events} == set(KINDS)
    for one in events:
        read = read_events(signed(body_of(one["event"], one["example"])), APP)
        assert [event.kind for event in read] == [kind for kind in [KINDS[one["event"]]] if kind]
        for event in read:
            assert event.platform_account_id == "o1"
            assert event.key == one["example"].get("publish_id", "")


def test_an_event_has_one_id_however_often_it_is_told() -> None:
    body = body_of("post.publish.complete", {"publish_id": "p1"})
    [first] = read_events(signed(body), APP)
    [second] = read_events(signed(body, time="1795435999"), APP)
    [other] = read_events(signed(body_of("post.publish.failed", {"publish_id": "p1"})), APP)
    assert first == second
    assert other.id != first.id


def test_what_is_new_is_left_out() -> None:
    assert read_events(signed(body_of("something.new", {})), APP) == ()


@pytest.mark.parametrize(
    ("headers", "app"),
    [
        ({}, APP),
        ({"tiktok-signature": ""}, APP),
        ({"tiktok-signature": "t=1,s="}, APP),
        ({"tiktok-signature": "nonsense"}, APP),
        ({"tiktok-signature": "t=1,s=\u00e9"}, APP),
    ],
)
def test_what_is_not_signed_is_refused(headers: dict[str, str], app: OAuthApp) -> None:
    body = body_of("authorization.removed", {"reason": 1})
    with pytest.raises(Unauthorized):
        read_events(WebhookRequest(method="POST", headers=headers, body=body), app)
    with pytest.raises(Unauthorized):
        read_events(signed(body, "another"), app)
    with pytest.raises(Unauthorized):
        read_events(signed(body, ""), OAuthApp(client_id="key"))


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b'{"event": "x"}'])
def test_what_is_signed_and_cannot_be_read_is_told(body: bytes) -> None:
    with pytest.raises(Rejected):
        read_events(signed(body), APP)
    broken = {"event": "post.publish.complete", "user_openid": "o1", "content": "{"}
    with pytest.raises(Rejected):
        read_events(signed(json.dumps(broken).encode()), APP)
