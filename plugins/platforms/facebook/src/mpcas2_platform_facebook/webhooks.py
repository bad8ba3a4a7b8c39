"""Reads what Facebook sends by itself: comments, posts that became public, and apps that were removed.

Source: https://developers.facebook.com/docs/graph-api/webhooks/getting-started, for the question and the
signature. The end of a permission comes to the app's deauthorize address in Meta's ``signed_request`` form
(from memory), which has a signature of its own.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode
from collections.abc import Iterator
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
_FORGED = "The request is not signed by Facebook with this app's secret."
# A hint that the fate of a post may be known; what exactly is asked by ``poll``.
_DECIDED = frozenset({"add", "remove", "hide"})


class _Video(msgspec.Struct, frozen=True):
    """A film that changed."""

    id: str | int


class _Feed(msgspec.Struct, frozen=True):
    """A change on the Page."""

    item: str = ""
    verb: str = ""
    post_id: str = ""
    comment_id: str = ""
    video_id: str | int = ""


class _Change(msgspec.Struct, frozen=True):
    field: str
    value: Any = None


class _Entry(msgspec.Struct, frozen=True):
    id: str
    time: int = 0
    changes: list[_Change] = []


class _Body(msgspec.Struct, frozen=True):
    entry: list[_Entry]


class _Ended(msgspec.Struct, frozen=True):
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
            event
            for entry in body.entry
            for change in entry.changes
            for event in _events_of(entry, change)
        ]
    except msgspec.MsgspecError as error:
        raise Rejected("Facebook's event cannot be read.", code="unreadable") from error


def _events_of(entry: _Entry, change: _Change) -> Iterator[WebhookEvent]:
    if change.field == "videos":
        film = str(msgspec.convert(change.value, _Video).id)
        yield _decided(entry, film, "changed")
    elif change.field == "feed":
        told = msgspec.convert(change.value, _Feed)
        if told.item == "comment":
            if told.verb == "add" and told.comment_id:
                yield WebhookEvent(
                    id=f"comment:{told.comment_id}",
                    kind="comment",
                    platform_account_id=entry.id,
                    key=told.post_id,
                )
        elif told.verb in _DECIDED and told.post_id:
            # A part is awaited by its film where it has one, and by its post otherwise.
            for key in (str(told.video_id), told.post_id):
                if key:
                    yield _decided(entry, key, told.verb)


def _decided(entry: _Entry, key: str, what: str) -> WebhookEvent:
    return WebhookEvent(
        id=f"{what}:{key}:{entry.time}",
        kind="post-decided",
        platform_account_id=entry.id,
        key=key,
    )


def _ended(request: WebhookRequest, app: OAuthApp) -> WebhookEvent:
    """Reads ``signed_request``: a signature, a dot, and JSON, the first and last as base64url."""
    form = parse_qs(request.body.decode("latin-1"))
    signature, _, payload = form.get("signed_request", [""])[0].partition(".")
    if not payload or not _same(_unpacked(signature).hex(), _sign(payload.encode(), app).hex()):
        raise Unauthorized(_FORGED, code="signature")
    try:
        told = msgspec.json.decode(_unpacked(payload), type=_Ended)
    except msgspec.MsgspecError as error:
        raise Rejected("Facebook's signed request cannot be read.", code="unreadable") from error
    return WebhookEvent(
        id=f"ended:{told.user_id}:{told.issued_at}",
        kind="account-gone",
        platform_account_id=str(told.user_id),
    )


def _unpacked(text: str) -> bytes:
    try:
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return b""


def _sign(content: bytes, app: OAuthApp) -> bytes:
    if not app.client_secret:
        raise Unauthorized("The app has no secret, so nothing can be checked.", code="signature")
    return hmac.new(app.client_secret.encode(), content, sha256).digest()


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())
