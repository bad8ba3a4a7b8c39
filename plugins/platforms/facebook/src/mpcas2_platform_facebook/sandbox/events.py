"""What the network tells its subscribers: changes of a Page's feed, and an app that was removed."""

import base64
import hashlib
import hmac
import urllib.parse
from datetime import datetime
from typing import Any

import msgspec

from mpcas2_platform_facebook.sandbox.members import Person
from mpcas2_platform_facebook.sandbox.posts import Comment, Post
from mpcas2_sandbox import SandboxCore
from mpcas2_sandbox.oauth import PRACTICE_CLIENT_ID, PRACTICE_CLIENT_SECRET
from mpcas2_sandbox.oauth.forms import FORM_TYPE
from mpcas2_sandbox.webhooks import WebhookSender, meta_question

_ITEMS = {"photo": "photo", "photos": "album", "video": "video", "reel": "video"}


class FeedEvents:
    """Sends what happens to posts and comments to the subscribed addresses.

    Args:
        core: Its clock says when things happen.

    Attributes:
        sender: The subscribers and the deliveries.
    """

    def __init__(self, core: SandboxCore) -> None:
        self.sender = WebhookSender(core, sign, verify=meta_question)
        self._clock = core.clock

    def post_added(self, post: Post) -> None:
        """Tells of a new post when it becomes public; of a film that fails, when it fails."""
        if post.kind == "story":
            return
        public = post.public_at()
        if public is not None:
            self._feed(post, "add", public)
        elif post.video is not None and post.video.failure() is not None:
            decision = post.video.decision
            value = {"id": post.video.id, "status": {"video_status": "error"}}
            self._change(
                post.page.id, "videos", value, self._clock.now() if not decision else decision.at
            )

    def post_removed(self, post: Post) -> None:
        """Tells that a post is gone."""
        if post.kind != "story":
            self._feed(post, "remove", self._clock.now())

    def comment_added(self, post: Post, comment: Comment) -> None:
        """Tells of a new comment."""
        value = {
            "item": "comment",
            "verb": "add",
            "from": {"id": comment.author_id, "name": comment.author},
            "post_id": post.id,
            "parent_id": post.id,
            "comment_id": comment.id,
            "message": comment.text,
            "created_time": int(comment.at.timestamp()),
        }
        self._change(post.page.id, "feed", value, comment.at)

    def deauthorized(self, person: Person) -> None:
        """Tells that a person removed the app, as a form with a ``signed_request``."""
        payload = _letters(
            msgspec.json.encode(
                {
                    "algorithm": "HMAC-SHA256",
                    "issued_at": int(self._clock.now().timestamp()),
                    "user_id": person.id,
                    "app_id": PRACTICE_CLIENT_ID,
                }
            )
        )
        key = PRACTICE_CLIENT_SECRET.encode()
        proof = _letters(hmac.new(key, payload.encode(), hashlib.sha256).digest())
        form = urllib.parse.urlencode({"signed_request": f"{proof}.{payload}"})
        self.sender.send(form, content_type=FORM_TYPE)

    def _feed(self, post: Post, verb: str, at: datetime) -> None:
        value: dict[str, Any] = {
            "item": _ITEMS.get(post.kind, "status"),
            "verb": verb,
            "from": {"id": post.page.id, "name": post.page.name},
            "post_id": post.id,
            "created_time": int(post.made_at.timestamp()),
            "published": 1,
        }
        if post.text:
            value["message"] = post.text
        if post.video is not None:
            value["video_id"] = post.video.id
        if len(post.photos) == 1:
            value["photo_id"] = post.photos[0].id
        self._change(post.page.id, "feed", value, at)

    def _change(self, page_id: str, field: str, value: dict[str, Any], at: datetime) -> None:
        entry = {
            "id": page_id,
            "time": int(at.timestamp()),
            "changes": [{"field": field, "value": value}],
        }
        self.sender.send({"object": "page", "entry": [entry]}, at=at)


def sign(body: bytes) -> dict[str, str]:
    """Returns the header that proves a webhook's body to be the network's."""
    digest = hmac.new(PRACTICE_CLIENT_SECRET.encode(), body, hashlib.sha256).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={digest}"}


def _letters(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
