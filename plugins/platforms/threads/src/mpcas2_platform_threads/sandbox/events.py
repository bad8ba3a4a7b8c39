"""What the network tells an app's webhooks: replies, and that an account left."""

import base64
import hashlib
import hmac
import urllib.parse
from datetime import datetime
from typing import Any, Literal

import msgspec

from mpcas2_platform_threads.sandbox.accounts import Account
from mpcas2_platform_threads.sandbox.posts import Post
from mpcas2_sandbox.oauth import PRACTICE_CLIENT_ID, PRACTICE_CLIENT_SECRET

_HOST = "https://www.threads.net"


def graph_time(moment: datetime) -> str:
    """Writes a moment as the API does."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S+0000")


def sign(body: bytes) -> dict[str, str]:
    """Returns the header that proves a webhook's body to be the network's."""
    digest = hmac.new(PRACTICE_CLIENT_SECRET.encode(), body, hashlib.sha256).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={digest}"}


def reply_event(reply: Post, shape: Literal["values", "entry"]) -> dict[str, Any]:
    """Returns the event of a reply below a post.

    Args:
        reply: The reply.
        shape: Whether it comes as documented for Threads or as at Meta's other networks.
    """
    above, root = reply.replied_to or reply, reply.root
    value = {
        "id": reply.id,
        "username": reply.owner.handle,
        "text": reply.order.text,
        "media_type": reply.media_type,
        # Events are made where no request tells the address of this network.
        "permalink": f"{_HOST}{reply.path}",
        "replied_to": {"id": above.id},
        "root_post": {"id": root.id, "owner_id": root.owner.id, "username": root.owner.handle},
        "shortcode": reply.shortcode,
        "timestamp": graph_time(reply.published_at),
    }
    at = int(reply.published_at.timestamp())
    change = {"field": "replies", "value": value}
    if shape == "entry":
        entry = {"id": root.owner.id, "time": at, "changes": [change]}
        return {"object": "threads", "entry": [entry]}
    return {
        "app_id": PRACTICE_CLIENT_ID,
        "topic": "moderate",
        "target_id": root.owner.id,
        "time": at,
        "subscription_id": "1",
        "has_uid_field": False,
        "values": change,
    }


def deauthorized(account: Account, client_id: str, now: datetime) -> str:
    """Returns the form that says that an account took its permissions back.

    It has one field, ``signed_request``: the signature in the URL-safe alphabet, a dot, the payload
    in the same.
    """
    payload = _letters(
        msgspec.json.encode(
            {
                "algorithm": "HMAC-SHA256",
                "issued_at": int(now.timestamp()),
                "user_id": account.id,
                "app_id": client_id,
            }
        )
    )
    key = PRACTICE_CLIENT_SECRET.encode()
    proof = _letters(hmac.new(key, payload.encode(), hashlib.sha256).digest())
    return urllib.parse.urlencode({"signed_request": f"{proof}.{payload}"})


def _letters(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
