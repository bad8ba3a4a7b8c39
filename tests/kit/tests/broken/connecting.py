"""Adapters that connect accounts or keep grants wrongly."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import msgspec

from mpcas2_hookspecs import (
    ConnectContext,
    Consent,
    Grant,
    HttpAnswer,
    OAuthApp,
    PlatformError,
    Rejected,
    Unavailable,
)
from mpcas2_testing.grant_rules import GrantRules

from .base import Broken, BrokenDepot


class EmptiesTheGrant(Broken):
    mixin = GrantRules
    breaks = frozenset(("refresh.tells_revoked",))

    def parse_refresh(self, answer: HttpAnswer) -> Grant:
        try:
            return super().parse_refresh(answer)
        except Unavailable:
            return Grant(access_token="")


class TakesAnythingForAGrant(Broken):
    mixin = GrantRules
    breaks = frozenset(("oauth.refusals",))

    def parse_grant(self, answer: HttpAnswer) -> Grant:
        with suppress(PlatformError):
            return super().parse_grant(answer)
        return Grant(access_token="none")


class RenewsIntoNothing(Broken):
    mixin = GrantRules
    breaks = frozenset(("refresh.renews",))

    def parse_refresh(self, answer: HttpAnswer) -> Grant:
        super().parse_refresh(answer)
        return Grant(access_token="of somebody else")


class RequiresWhatItDoesNotAskFor(Broken):
    mixin = GrantRules
    breaks = frozenset(("oauth.address",))

    @property
    def consent(self) -> Consent:
        return msgspec.structs.replace(super().consent, required=("another.scope",))


class RenewsTooLate(BrokenDepot):
    """Without a refresh token the access token renews itself, and only while it lasts."""

    mixin = GrantRules
    breaks = frozenset(("refresh.renew_at",))

    def lasting(self, grant: Grant) -> Grant:
        ends = grant.expires_at
        renew_at = None if ends is None else ends + timedelta(seconds=1)
        return msgspec.structs.replace(grant, renew_at=renew_at, refresh_token=None)


class KnowsAServerByItsPath(BrokenDepot):
    mixin = GrantRules
    breaks = frozenset(("registers_app.server",))

    def server_of(self, text: str) -> str:
        if not text.strip():
            raise Rejected("Type the address of your server.")
        return text if "://" in text else f"https://{text}"


class RegistersEverywhere(BrokenDepot):
    mixin = GrantRules
    breaks = frozenset(("registers_app.register",))

    async def register_app(self, server: str, redirect_uri: str, ctx: ConnectContext) -> OAuthApp:
        try:
            return await super().register_app(server, redirect_uri, ctx)
        except PlatformError:
            return OAuthApp(client_id="unknown", server=server)
