"""Reads what TikTok tells by itself: a post was decided about, a permission was taken back.

Source: TikTok's webhooks, "verification": ``TikTok-Signature: t=…,s=…``, where ``s`` is the hexadecimal
HMAC-SHA256, under the client secret, of ``t``, a full stop and the body. There is no question about the
address. The names of the events and the form of their content are from memory.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from hashlib import sha256

import msgspec

from mpcas2_hookspecs import (
    OAuthApp,
    Rejected,
    Unauthorized,
    WebhookEvent,
    WebhookKind,
    WebhookRequest,
)
from mpcas2_platform_tiktok.wire import PostEvent, Webhook

__all__ = ("read_events",)

_HEADER = "tiktok-signature"
# What else TikTok tells, such as a public post that is public no more, changes nothing here.
_KINDS: dict[str, WebhookKind] = {
    "post.publish.complete": "post-decided",
    "post.publish.failed": "post-decided",
    "post.publish.publicly_available": "post-decided",
    "post.publish.inbox_delivered": "post-decided",
    "authorization.removed": "account-gone",
}


def read_events(request: WebhookRequest, app: OAuthApp) -> Sequence[WebhookEvent]:
    """Checks the signature and gives the event, if it is one of interest.

    Raises:
        Unauthorized: The signature is missing or wrong.
        Rejected: It is signed, and cannot be read.
    """
    _refuse_forged(request, app)
    try:
        told = msgspec.json.decode(request.body, type=Webhook)
        content = msgspec.json.decode(told.content, type=PostEvent, strict=False)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Rejected("TikTok's event cannot be read.", code="unreadable") from error
    kind = _KINDS.get(told.event)
    if kind is None:
        return ()
    facts = [told.event, told.user_openid, told.create_time, told.content]
    return (
        WebhookEvent(
            # TikTok numbers no events: the same one is told in the same words.
            id=sha256(msgspec.json.encode(facts)).hexdigest(),
            kind=kind,
            platform_account_id=told.user_openid,
            key=content.publish_id if kind == "post-decided" else "",
        ),
    )


def _refuse_forged(request: WebhookRequest, app: OAuthApp) -> None:
    pairs = (one.partition("=") for one in request.headers.get(_HEADER, "").split(","))
    told = {name.strip(): value.strip() for name, _, value in pairs}
    signed = told.get("t", "").encode() + b"." + request.body
    wanted = hmac.new((app.client_secret or "").encode(), signed, sha256).hexdigest()
    same = hmac.compare_digest(told.get("s", "").lower().encode(), wanted.encode())
    if not app.client_secret or not same:
        raise Unauthorized(
            "The request is not signed with the client secret of the TikTok app.",
            code="bad-signature",
        )
