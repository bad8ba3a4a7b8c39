"""A network of many servers with everything around posting, and one whose consent page is unusual."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec

from mpcas2_hookspecs import (
    Account,
    AccountContext,
    AccountMetrics,
    AccountProfile,
    ConnectContext,
    Connection,
    Consent,
    FormField,
    Grant,
    HttpAnswer,
    HttpRequest,
    Limits,
    OAuthApp,
    Platform,
    Rejected,
    TextRule,
    Unauthorized,
    Unavailable,
    WebhookEvent,
    WebhookRequest,
    hookimpl,
)


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """None."""


class Stall:
    """What both have: no posting, and a grant that cannot be renewed."""

    options = Options

    def limits(self, account: Account | None) -> Limits:
        del account
        return Limits(text=TextRule(max_length=100))

    async def stage(self, part: Any, ctx: Any) -> Any:
        raise NotImplementedError

    async def publish(self, staged: Any, ctx: Any) -> Any:
        raise NotImplementedError

    async def find(self, staged: Any, ctx: Any) -> Any:
        raise NotImplementedError

    def grant_request(
        self, code: str, redirect_uri: str, verifier: str, app: OAuthApp
    ) -> HttpRequest:
        form = {"code": code, "id": app.client_id, "secret": app.client_secret or ""}
        form |= {"redirect": redirect_uri, "verifier": verifier}
        return HttpRequest(method="POST", url=f"{app.server}/token", form=form)

    def parse_grant(self, answer: HttpAnswer) -> Grant:
        if answer.status != 200:
            raise Rejected("The code was refused. Start again.")
        ends = datetime.now(UTC) + timedelta(days=answer.body["days"])
        return Grant(access_token=answer.body["token"], expires_at=ends)

    async def connections(self, grant: Grant, ctx: ConnectContext) -> Sequence[Connection]:
        if ctx.app is None:
            raise Rejected("Nobody told which app the grant was given to.")
        server = ctx.app.server
        answer = await ctx.http.get(f"{server}/me")
        profile = _profile(answer.json(), server)
        return [Connection(profile=profile, grant=grant)]

    def refresh_request(self, account: Account, grant: Grant, app: OAuthApp | None) -> HttpRequest:
        del grant
        url = f"{account.data['server']}/renew"
        return HttpRequest(method="POST", url=url, form={"id": app.client_id if app else ""})

    def parse_refresh(self, answer: HttpAnswer) -> Grant:
        del answer
        raise Unavailable("The fair renews nothing.")


class Fair(Stall):
    """Signs events with the secret of the app, and asks for the verify token by GET."""

    key = "fair"
    title = "Fair"
    server_field = FormField(name="server", title="Server", help="For example fair.example.")
    consent = Consent(url="", scopes=("read", "write"), required=("write",))
    profile_seconds = 60.0

    def server_of(self, text: str) -> str:
        server = text.strip().rstrip("/").lower()
        if " " in server:
            raise Rejected("That is no server. Type its name, such as fair.example.")
        return server if "://" in server else f"http://{server}"

    async def register_app(self, server: str, redirect_uri: str, ctx: ConnectContext) -> OAuthApp:
        try:
            answer = await ctx.http.post(f"{server}/apps", json={"redirect": redirect_uri})
        except httpx.HTTPError as error:
            raise Unavailable(f"{server} cannot be reached now.") from error
        if answer.status_code != 200:
            raise Rejected(f"{server} registers no apps.")
        told = answer.json()
        return OAuthApp(client_id=told["id"], client_secret=told["secret"], server=server)

    def consent_at(self, server: str) -> Consent:
        return msgspec.structs.replace(self.consent, url=f"{server}/authorize")

    async def read_profile(self, ctx: AccountContext) -> AccountProfile:
        server = ctx.account.data["server"]
        answer = await ctx.http.get(f"{server}/me")
        if answer.status_code != 200:
            raise Unavailable("The fair is closed.")
        return _profile(answer.json(), server)

    async def account_metrics(self, ctx: AccountContext) -> AccountMetrics:
        answer = await ctx.http.get(f"{ctx.account.data['server']}/figures")
        return AccountMetrics(followers=answer.json()["followers"], more={"balloons": 99.0})

    def webhook_challenge(
        self, request: WebhookRequest, app: OAuthApp, verify_token: str
    ) -> HttpAnswer | None:
        del app
        if request.method != "GET" or "challenge" not in request.query:
            return None
        if request.query.get("verify") != verify_token:
            raise Rejected("That is another verify token.")
        return HttpAnswer(status=200, body=request.query["challenge"])

    def read_webhook(self, request: WebhookRequest, app: OAuthApp) -> Sequence[WebhookEvent]:
        secret = (app.client_secret or "").encode()
        signed = hmac.new(secret, request.body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(signed, request.headers.get("x-fair-signature", "")):
            raise Unauthorized("The signature is missing or wrong.")
        try:
            return [WebhookEvent(**one) for one in json.loads(request.body)]
        except (ValueError, TypeError) as error:
            raise Rejected("It cannot be read.") from error


class Dialect(Stall):
    """One server, and a consent page with names and separators of its own."""

    key = "fair-dialect"
    title = "Dialect"
    consent = Consent(
        url="http://127.0.0.1/authorize",
        scopes=("read", "write"),
        client_id_name="client_key",
        scope_separator=",",
        pkce=False,
    )


@hookimpl
def mpcas2_register_platforms() -> list[Platform]:
    """Gives both."""
    return [Fair(), Dialect()]


def _profile(told: dict[str, Any], server: str) -> AccountProfile:
    return AccountProfile(
        platform_account_id=told["id"], username=told["name"], data={"server": server}
    )
