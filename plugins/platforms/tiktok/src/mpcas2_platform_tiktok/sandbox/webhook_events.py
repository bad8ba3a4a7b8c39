"""The events that TikTok sends out, and the signature that proves them to be its own."""

import hashlib
import hmac
from datetime import datetime, timedelta

import msgspec

from mpcas2_platform_tiktok.sandbox.creators import Creator
from mpcas2_platform_tiktok.sandbox.publishes import Publish
from mpcas2_sandbox import SandboxCore
from mpcas2_sandbox.oauth import PRACTICE_CLIENT_SECRET, Grant
from mpcas2_sandbox.oauth.clients import ClientBook
from mpcas2_sandbox.webhooks import WebhookSender

_REMOVED_BY_PERSON = 1


class EventSender:
    """Sends events to the subscribed addresses, each at its time on the network's clock.

    Args:
        core: The clock.
        clients: The registered apps, whose secrets sign.
    """

    def __init__(self, core: SandboxCore, clients: ClientBook) -> None:
        self._clock = core.clock
        self._clients = clients
        self.sender = WebhookSender(core, self._signature)

    def tell_decision(self, publish: Publish) -> None:
        """Plans every event of a post whose media is there."""
        decision = publish.decision
        if decision is None:
            return
        done = decision.at
        if reason := publish.fail_reason(done):
            self.tell_failure(publish, reason, done)
            return
        event = "post.publish.complete" if publish.direct else "post.publish.inbox_delivered"
        self._tell(publish, event, {}, done)
        if publish.direct and decision.verdict.withdraw_reason:
            later = done + timedelta(seconds=decision.verdict.withdraw_seconds)
            self.tell_failure(publish, decision.verdict.withdraw_reason, later)
        since, until = publish.public_since(), publish.taken_down_at()
        if since is not None:
            named = {"post_id": str(publish.post_id)}
            self._tell(publish, "post.publish.publicly_available", named, since)
            if until is not None:
                self.tell_taken_down(publish, until)

    def tell_failure(self, publish: Publish, reason: str, at: datetime) -> None:
        """Sends that a post failed."""
        self._tell(publish, "post.publish.failed", {"reason": reason}, at)

    def tell_taken_down(self, publish: Publish, at: datetime) -> None:
        """Sends that a post is not public any more."""
        named = {"post_id": str(publish.post_id)}
        self._tell(publish, "post.publish.no_longer_publicaly_available", named, at)

    def tell_removed(self, grant: Grant[Creator]) -> None:
        """Sends that an app's permission is gone."""
        now = self._clock.now()
        content: dict[str, object] = {"reason": _REMOVED_BY_PERSON}
        self._send(grant.account, grant.client_id, "authorization.removed", content, now)

    def _tell(self, publish: Publish, event: str, more: dict[str, str], at: datetime) -> None:
        content: dict[str, object] = {
            "publish_id": publish.id,
            **more,
            "publish_type": "DIRECT_PUBLISH" if publish.direct else "INBOX_SHARE",
        }
        self._send(publish.creator, publish.client_id, event, content, at)

    def _send(
        self,
        creator: Creator,
        client_id: str,
        event: str,
        content: dict[str, object],
        at: datetime,
    ) -> None:
        body = {
            "client_key": client_id,
            "event": event,
            "create_time": int(at.timestamp()),
            "user_openid": creator.id,
            "content": msgspec.json.encode(content).decode(),
        }
        self.sender.send(body, at=at)

    def _signature(self, body: bytes) -> dict[str, str]:
        client = self._clients.find(msgspec.json.decode(body)["client_key"])
        secret = PRACTICE_CLIENT_SECRET if client is None else client.client_secret or ""
        moment = str(int(self._clock.now().timestamp()))
        signed = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256)
        return {"TikTok-Signature": f"t={moment},s={signed.hexdigest()}"}
