"""Reads what Threads tells by itself: replies, and permissions that were taken back.

Source: https://developers.facebook.com/docs/threads/webhooks and
https://developers.facebook.com/docs/graph-api/webhooks/getting-started. Every request is signed with the
app's secret. A permission that was taken back comes as a signed form of its own, to the address that the
app has for it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

import msgspec

from mpcas2_hookspecs import (
    HttpAnswer,
    OAuthApp,
    Rejected,
    Unauthorized,
    WebhookEvent,
    WebhookRequest,
)

__all__ = ("challenge", "events")

_SIGNATURE = "x-hub-signature-256"
_FORM = "application/x-www-form-urlencoded"


def challenge(request: WebhookRequest, verify_token: str) -> HttpAnswer | None:
    """Answers Meta's question whether the address is ours; None when the request is none.

    Raises:
        Rejected: It is asked with another token.
    """
    asked = request.query.get("hub.challenge")
    if request.method != "GET" or asked is None:
        return None
    given = request.query.get("hub.verify_token", "")
    if not verify_token or not hmac.compare_digest(given.encode(), verify_token.encode()):
        raise Rejected(
            "The verify token is another one than THREADS_WEBHOOK_VERIFY_TOKEN. Type the same into "
            "Meta's form."
        )
    return HttpAnswer(status=HTTPStatus.OK, body=asked)


def events(request: WebhookRequest, app: OAuthApp) -> list[WebhookEvent]:
    """Checks who signed a request, and reads what it tells.

    Raises:
        Unauthorized: The signature is missing or wrong.
        Rejected: It is signed, and cannot be read.
    """
    secret = (app.client_secret or "").encode()
    if request.headers.get("content-type", "").startswith(_FORM):
        return [_gone(request.body, secret)]
    told = request.headers.get(_SIGNATURE, "")
    ours = "sha256=" + hmac.new(secret, request.body, hashlib.sha256).hexdigest()
    if not secret or not hmac.compare_digest(told.encode(), ours.encode()):
        raise Unauthorized("The request is not signed with the app's secret.")
    try:
        body = msgspec.json.decode(request.body)
    except msgspec.MsgspecError as error:
        raise Rejected("The request is signed, and its body is no JSON.") from error
    return list(_replies(body))


def _replies(body: Any) -> Iterator[WebhookEvent]:
    for field, value in _changes(body):
        root = value.get("root_post")
        if field != "replies" or not isinstance(root, Mapping) or not value.get("id"):
            continue
        yield WebhookEvent(
            id=f"reply-{value['id']}",
            kind="comment",
            platform_account_id=str(root.get("owner_id", "")),
            key=str(root.get("id", "")),
        )


def _changes(body: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Gives each change; Meta documents two shapes, with ``values`` and with ``entry``."""
    if not isinstance(body, Mapping):
        return
    entries = body.get("entry")
    changes: list[Any] = [body.get("values")]
    if isinstance(entries, list):
        for entry in entries:
            if isinstance(entry, Mapping) and isinstance(entry.get("changes"), list):
                changes += entry["changes"]
    for change in changes:
        if isinstance(change, Mapping) and isinstance(change.get("value"), Mapping):
            yield str(change.get("field", "")), change["value"]


def _gone(body: bytes, secret: bytes) -> WebhookEvent:
    """Reads a signed request as Meta sends it when a permission is taken back."""
    sent = parse_qs(body.decode("latin-1")).get("signed_request", [""])[0]
    signature, _, payload = sent.partition(".")
    ours = hmac.new(secret, payload.encode(), hashlib.sha256).digest()
    if not secret or not hmac.compare_digest(_decoded(signature), ours):
        raise Unauthorized("The request is not signed with the app's secret.")
    try:
        told = msgspec.json.decode(_decoded(payload), type=dict[str, Any])
    except msgspec.MsgspecError as error:
        raise Rejected("The request is signed, and its body is no JSON.") from error
    account = str(told.get("user_id", ""))
    return WebhookEvent(
        id=f"gone-{account}-{told.get('issued_at', '')}",
        kind="account-gone",
        platform_account_id=account,
    )


def _decoded(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return b""
