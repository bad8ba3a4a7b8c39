"""Which webhook fields an account sends, and the word that an account has left an app."""

import base64
import hashlib
import hmac
import urllib.parse
from typing import Any

import msgspec

from mpcas2_platform_instagram.sandbox.accounts import Account
from mpcas2_platform_instagram.sandbox.errors import bad_parameter, unknown_object
from mpcas2_platform_instagram.sandbox.graph_call import GraphCall
from mpcas2_platform_instagram.sandbox.state import InstagramState
from mpcas2_sandbox.oauth import PRACTICE_CLIENT_ID, PRACTICE_CLIENT_SECRET
from mpcas2_sandbox.oauth.forms import FORM_TYPE

_FIELDS = frozenset(
    {
        *("comments", "live_comments", "mentions", "story_insights", "messages"),
        *("message_reactions", "messaging_postbacks", "messaging_seen", "standby"),
    }
)


def _mine(call: GraphCall, account: Account) -> None:
    if account is not call.account:
        raise unknown_object(call.verb, account.id)


async def subscribe(call: GraphCall, account: Account) -> dict[str, Any]:
    """Answers ``POST /{ig-user}/subscribed_apps``."""
    _mine(call, account)
    names = [one for one in call.needed("subscribed_fields").split(",") if one]
    unknown = [one for one in names if one not in _FIELDS]
    if unknown or not names:
        raise bad_parameter(f"Param subscribed_fields must be some of {', '.join(sorted(_FIELDS))}")
    account.subscribed = tuple(names)
    return {"success": True}


async def unsubscribe(call: GraphCall, account: Account) -> dict[str, Any]:
    """Answers ``DELETE /{ig-user}/subscribed_apps``."""
    _mine(call, account)
    account.subscribed = ()
    return {"success": True}


async def list_subscriptions(call: GraphCall, account: Account) -> dict[str, Any]:
    """Answers ``GET /{ig-user}/subscribed_apps``."""
    _mine(call, account)
    if not account.subscribed:
        return {"data": []}
    app = {"id": call.token.grant.client_id, "subscribed_fields": list(account.subscribed)}
    return {"data": [app]}


def deauthorize(state: InstagramState, account: Account) -> int:
    """Takes every permission of an account back and tells the webhooks; returns how many ended.

    The word comes as a form with a ``signed_request``, as Meta sends it: the signature in the
    URL-safe alphabet, a dot, the payload in the same.
    """
    grants = state.oauth.book.live(account.id)
    for grant in grants:
        state.oauth.end(grant, "taken back by the account's owner")
    payload = _letters(
        msgspec.json.encode(
            {
                "algorithm": "HMAC-SHA256",
                "issued_at": int(state.core.clock.now().timestamp()),
                "user_id": account.id,
                "app_id": PRACTICE_CLIENT_ID,
            }
        )
    )
    key = PRACTICE_CLIENT_SECRET.encode()
    proof = _letters(hmac.new(key, payload.encode(), hashlib.sha256).digest())
    form = urllib.parse.urlencode({"signed_request": f"{proof}.{payload}"})
    state.webhooks.send(form, content_type=FORM_TYPE)
    return len(grants)


def _letters(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
