"""Reads what LinkedIn tells by itself: somebody commented below a page's post.

LinkedIn makes sure of the address with a ``challengeCode``, which is answered with its HMAC-SHA256 under the
app's secret, and signs what it sends in ``X-LI-Signature``: the hexadecimal HMAC-SHA256, under the same
secret, of ``hmacsha256=`` and the body. Clients disagree whether the header's value begins with these
letters too, so both are taken. There is no verify token: the secret does its work.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from hashlib import sha256

import msgspec

from mpcas2_hookspecs import (
    HttpAnswer,
    OAuthApp,
    Rejected,
    Unauthorized,
    WebhookEvent,
    WebhookRequest,
)
from mpcas2_platform_linkedin.wire import Notification, Notifications

__all__ = ("answer_challenge", "read_events")

_HEADER = "x-li-signature"
_PREFIX = "hmacsha256="
_COMMENTS = frozenset({"COMMENT", "ADMIN_COMMENT"})


def answer_challenge(request: WebhookRequest, app: OAuthApp) -> HttpAnswer | None:
    """Answers a challenge; None when the request is none.

    Raises:
        Rejected: It is one, and the app has no secret to answer it with.
    """
    code = request.query.get("challengeCode")
    if request.method != "GET" or not code:
        return None
    if not app.client_secret:
        raise Rejected(
            "LinkedIn's challenge is answered with the app's client secret; enter it first.",
            code="no-client-secret",
        )
    response = _digest(app.client_secret, code.encode())
    return HttpAnswer(
        status=200,
        headers={"content-type": "application/json"},
        body={"challengeCode": code, "challengeResponse": response},
    )


def read_events(request: WebhookRequest, app: OAuthApp) -> Sequence[WebhookEvent]:
    """Checks the signature and gives the comments.

    Raises:
        Unauthorized: The signature is missing or wrong.
        Rejected: It is signed, and cannot be read.
    """
    told = request.headers.get(_HEADER, "").strip().removeprefix(_PREFIX)
    wanted = _digest(app.client_secret or "", _PREFIX.encode() + request.body)
    same = hmac.compare_digest(told.lower().encode(), wanted.encode())
    if not app.client_secret or not same:
        raise Unauthorized(
            "The request is not signed with the LinkedIn app's secret.", code="bad-signature"
        )
    try:
        content = msgspec.json.decode(request.body, type=Notifications)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Rejected("LinkedIn's notification cannot be read.", code="unreadable") from error
    return [_event(one) for one in content.notifications if one.action in _COMMENTS]


def _event(told: Notification) -> WebhookEvent:
    return WebhookEvent(
        id=str(told.notification_id),
        kind="comment",
        platform_account_id=told.organizational_entity,
        key=told.decorated_source_post.entity or told.source_post,
    )


def _digest(secret: str, content: bytes) -> str:
    return hmac.new(secret.encode(), content, sha256).hexdigest()
