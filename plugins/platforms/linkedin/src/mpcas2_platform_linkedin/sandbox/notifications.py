"""Organisation social action notifications: what LinkedIn tells an app by itself."""

import hashlib
import hmac
import uuid

import httpx
import msgspec

from mpcas2_platform_linkedin.sandbox.directory import Organization
from mpcas2_platform_linkedin.sandbox.posts import Comment, Post
from mpcas2_sandbox import SandboxCore
from mpcas2_sandbox.oauth import PRACTICE_CLIENT_SECRET
from mpcas2_sandbox.outgoing import outgoing_client
from mpcas2_sandbox.webhooks import WebhookSender

_ANSWER_SECONDS = 3.0
_FIRST_ID = 5_603_453_321
_PREFIX = "hmacsha256="


def _keyed(message: bytes) -> str:
    return hmac.new(PRACTICE_CLIENT_SECRET.encode(), message, hashlib.sha256).hexdigest()


class Notifications(WebhookSender):
    """Subscribers and notifications; the practice app's secret is the key.

    Args:
        core: Its clock says when an event is due; a reset ends all deliveries.

    Attributes:
        prefixed: Whether the signature's value begins with ``hmacsha256=``. Clients tell both.
    """

    def __init__(self, core: SandboxCore) -> None:
        super().__init__(core, self._signed)
        self.prefixed = False
        self._sent = 0

    def _signed(self, body: bytes) -> dict[str, str]:
        signature = _keyed(_PREFIX.encode() + body)
        return {"X-LI-Signature": f"{_PREFIX}{signature}" if self.prefixed else signature}

    async def subscribe(self, url: str, verify_token: str = "") -> bool:
        """Subscribes an address that answers the challenge, and tells whether it did.

        Args:
            url: Where events go.
            verify_token: LinkedIn has none; the key is the app's secret.
        """
        code = str(uuid.uuid4())
        try:
            async with outgoing_client(seconds=_ANSWER_SECONDS) as client:
                answer = await client.get(httpx.URL(url).copy_merge_params({"challengeCode": code}))
            told = msgspec.json.decode(answer.content, type=dict[str, str])
        except (httpx.HTTPError, httpx.InvalidURL, ValueError):
            return False
        proof = told.get("challengeResponse", "")
        right = told.get("challengeCode") == code and hmac.compare_digest(
            proof.encode(), _keyed(code.encode()).encode()
        )
        if not right or answer.status_code != httpx.codes.OK:
            return False
        return await super().subscribe(url, verify_token)

    def tell_comment(self, post: Post, comment: Comment) -> None:
        """Tells that somebody wrote below a page's post that everybody can see."""
        page = post.author
        if not isinstance(page, Organization) or post.body.visibility != "PUBLIC":
            return
        self._sent += 1
        own = comment.actor is page
        comment_urn = f"urn:li:comment:({post.activity},{comment.id})"
        notification = {
            "notificationId": _FIRST_ID + self._sent,
            "action": "ADMIN_COMMENT" if own else "COMMENT",
            "organizationalEntity": page.urn,
            "subscriber": post.writer.urn,
            "sourcePost": post.activity,
            "lastModifiedAt": int(comment.created_at.timestamp() * 1000),
            "decoratedSourcePost": {
                "entity": post.urn,
                "owner": page.urn,
                "text": post.text.shown,
                "mediaCategory": post.media[0].kind.upper() if post.media else "NONE",
            },
            "generatedActivity": comment_urn,
            "decoratedGeneratedActivity": {
                "comment": {
                    "entity": comment_urn,
                    "object": post.activity,
                    "owner": comment.actor.urn,
                    "text": comment.text,
                }
            },
        }
        self.send(
            {"type": "ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS", "notifications": [notification]}
        )
