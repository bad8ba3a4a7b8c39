"""Depot as MPCAS2 sees it: many servers, films, threads, posts that are decided later, webhooks."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from datetime import timedelta
from hashlib import sha256
from typing import Any

import msgspec

from mpcas2_hookspecs import (
    Absent,
    Accepted,
    Account,
    ConnectContext,
    Consent,
    FindResult,
    FormField,
    Found,
    Grant,
    HttpAnswer,
    HttpRequest,
    Limits,
    MediaRule,
    OAuthApp,
    PollResult,
    PublishContext,
    Published,
    PublishResult,
    Rejected,
    Staged,
    StillDeciding,
    TextRule,
    Unauthorized,
    WebhookEvent,
    WebhookRequest,
)
from mpcas2_testing.postbox.src.mpcas2_platform_postbox.adapter import PostboxPlatform
from mpcas2_testing.postbox.src.mpcas2_platform_postbox.api import send
from mpcas2_testing.postbox.src.mpcas2_platform_postbox.wire import Draft, Post

_SCOPES = ("posts.write", "statistics.read")
_LIMITS = Limits(
    text=TextRule(max_length=500),
    media=(
        MediaRule(kind="video", mime_types=("video/mp4",), max_count=1, max_bytes=12 * 1024 * 1024),
    ),
    max_parts=5,
)


class _State(msgspec.Struct, frozen=True):
    taken: bool
    post: Post | None


class DepotPlatform(PostboxPlatform):
    key = "depot"
    title = "Depot"
    server_field = FormField(name="server", title="Server")

    def limits(self, account: Account | None) -> Limits:  # noqa: ARG002 - as the protocol has it
        return _LIMITS

    @property
    def consent(self) -> Consent:
        return Consent(url="", scopes=_SCOPES, required=("posts.write",))

    def consent_at(self, server: str) -> Consent:
        return msgspec.structs.replace(self.consent, url=f"{server}/oauth/authorize")

    def server_of(self, text: str) -> str:
        scheme, _, rest = text.strip().rpartition("://")
        host = (rest.partition("/")[0] if scheme else rest.rpartition("@")[2]).rstrip("/")
        if not host or " " in host:
            raise Rejected("Type the address of your server, such as depot.example.")
        return f"{scheme or 'https'}://{host.lower()}"

    async def register_app(self, server: str, redirect_uri: str, ctx: ConnectContext) -> OAuthApp:
        body = {"redirect": redirect_uri}
        told = await send(ctx.http, "POST", f"{server}/apps", OAuthApp, now=ctx.now(), json=body)
        return msgspec.structs.replace(told, server=server)

    def grant_request(
        self, code: str, redirect_uri: str, verifier: str, app: OAuthApp
    ) -> HttpRequest:
        return _at(app, super().grant_request(code, redirect_uri, verifier, app))

    def refresh_request(self, account: Account, grant: Grant, app: OAuthApp | None) -> HttpRequest:
        request = super().refresh_request(account, grant, app)
        return request if app is None else _at(app, request)

    def parse_grant(self, answer: HttpAnswer) -> Grant:
        return self.lasting(super().parse_grant(answer))

    def parse_refresh(self, answer: HttpAnswer) -> Grant:
        return self.lasting(super().parse_refresh(answer))

    def lasting(self, grant: Grant) -> Grant:
        """Says when the engine shall renew a grant, whether somebody posts or not."""
        ends = grant.expires_at
        renew_at = None if ends is None else ends - timedelta(minutes=30)
        return msgspec.structs.replace(grant, renew_at=renew_at)

    async def publish(self, staged: Staged, ctx: PublishContext) -> PublishResult:
        url = f"{self._url(staged.data['draft'])}/publish"
        await send(ctx.http, "POST", url, Draft, now=ctx.now(), irreversible=True)
        return Accepted(handle={"draft": staged.data["draft"]}, key=staged.data["draft"])

    async def poll(self, handle: Mapping[str, Any], ctx: PublishContext) -> PollResult:
        state = await send(ctx.http, "GET", self._url(handle["draft"]), _State, now=ctx.now())
        if state.post is None:
            return StillDeciding()
        return Published(id=state.post.id, url=state.post.url)

    async def find(self, staged: Staged, ctx: PublishContext) -> FindResult:
        draft = staged.data["draft"]
        state = await send(ctx.http, "GET", self._url(draft), _State, now=ctx.now())
        if state.post is not None:
            return Found(post=Published(id=state.post.id, url=state.post.url))
        if state.taken:
            return Accepted(handle={"draft": draft}, key=draft)
        return Absent(proof="the draft rests")

    def webhook_challenge(
        self,
        request: WebhookRequest,
        app: OAuthApp,  # noqa: ARG002 - as the protocol has it
        verify_token: str,
    ) -> HttpAnswer | None:
        if request.method != "GET":
            return None
        if request.query.get("hub.verify_token") != verify_token:
            raise Rejected("The verify token is another one.")
        return HttpAnswer(status=200, body=request.query.get("hub.challenge", ""))

    def read_webhook(self, request: WebhookRequest, app: OAuthApp) -> Sequence[WebhookEvent]:
        digest = hmac.new((app.client_secret or "").encode(), request.body, sha256).hexdigest()
        if not hmac.compare_digest(digest, request.headers.get("x-depot-signature", "")):
            raise Unauthorized("The request is not signed by Depot.")
        return (msgspec.json.decode(request.body, type=WebhookEvent),)


def _at(app: OAuthApp, request: HttpRequest) -> HttpRequest:
    return msgspec.structs.replace(request, url=f"{app.server}/oauth/token")
