"""Reads what Instagram sends by itself: comments, and accounts that took their permission back.

Source: https://developers.facebook.com/docs/graph-api/webhooks/getting-started, for the question and the
signature. An account's end comes to the app's deauthorize address in Meta's ``signed_request`` form
(from memory), which has a signature of its own.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping
from hashlib import sha256
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

_FORM = "application/x-www-form-urlencoded"
_FORGED = "The request is not signed by Instagram with this app's secret."
_COMMENTS = frozenset({"comments", "live_comments"})


class _Media(msgspec.Struct, frozen=True, kw_only=True):
    id: str


class _Comment(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    media: _Media


class _Change(msgspec.Struct, frozen=True, kw_only=True):
    field: str
    value: Any = None


class _Entry(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    changes: list[_Change] = []


class _Body(msgspec.Struct, frozen=True, kw_only=True):
    entry: list[_Entry]


class _Ended(msgspec.Struct, frozen=True, kw_only=True):
    user_id: str | int
    issued_at: int = 0


def challenge(request: WebhookRequest, verify_token: str) -> HttpAnswer | None:
    """Answers the question for the address; None when the request is no such question.

    Raises:
        Rejected: It has another token.
    """
    if request.method != "GET" or request.query.get("hub.mode") != "subscribe":
        return None
    given = request.query.get("hub.verify_token", "")
    if not hmac.compare_digest(given.encode(), verify_token.encode()):
        raise Rejected(
            "The verify token differs from the one of this installation; type the same into the app's "
            "webhook settings.",
            code="verify-token",
        )
    return HttpAnswer(status=HTTPStatus.OK, body=request.query.get("hub.challenge", ""))


def events(request: WebhookRequest, app: OAuthApp) -> list[WebhookEvent]:
    """Checks the signature and reads the events.

    Raises:
        Unauthorized: The signature is missing or wrong.
        Rejected: It is signed, and cannot be read.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip() == _FORM:
        return [_ended(request, app)]
    scheme, _, given = request.headers.get("x-hub-signature-256", "").partition("=")
    if scheme != "sha256" or not _same(given, _sign(request.body, app).hex()):
        raise Unauthorized(_FORGED, code="signature")
    try:
        body = msgspec.json.decode(request.body, type=_Body)
        return [
            WebhookEvent(
                id=f"comment:{comment.id}",
                kind="comment",
                platform_account_id=entry.id,
                key=comment.media.id,
            )
            for entry in body.entry
            for change in entry.changes
            if change.field in _COMMENTS
            for comment in (msgspec.convert(change.value, _Comment),)
        ]
    except msgspec.MsgspecError as error:
        raise Rejected("Instagram's event cannot be read.", code="unreadable") from error


def _ended(request: WebhookRequest, app: OAuthApp) -> WebhookEvent:
    """Reads ``signed_request``: a signature, a dot, and JSON, the first and last as base64url."""
    form: Mapping[str, list[str]] = parse_qs(request.body.decode("latin-1"))
    signature, _, payload = form.get("signed_request", [""])[0].partition(".")
    if not payload or not _same(_unpacked(signature).hex(), _sign(payload.encode(), app).hex()):
        raise Unauthorized(_FORGED, code="signature")
    try:
        told = msgspec.json.decode(_unpacked(payload), type=_Ended)
    except msgspec.MsgspecError as error:
        raise Rejected("Instagram's signed request cannot be read.", code="unreadable") from error
    return WebhookEvent(
        id=f"ended:{told.user_id}:{told.issued_at}",
        kind="account-gone",
        platform_account_id=str(told.user_id),
    )


def _unpacked(text: str) -> bytes:
    try:
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (Base64Error, ValueError):
        return b""


def _sign(content: bytes, app: OAuthApp) -> bytes:
    if not app.client_secret:
        raise Unauthorized("The app has no secret, so nothing can be checked.", code="signature")
    return hmac.new(app.client_secret.encode(), content, sha256).digest()


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())
