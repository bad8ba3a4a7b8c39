"""Rules for connecting accounts and for keeping their grants alive."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import msgspec
import pytest

from mpcas2_hookspecs import (
    ConnectsOAuth,
    Grant,
    HttpAnswer,
    OAuthApp,
    RateLimited,
    RefreshesGrant,
    RegistersApp,
    Rejected,
    Unauthorized,
    Unavailable,
)
from mpcas2_testing.bench import Bench
from mpcas2_testing.capabilities import needs
from mpcas2_testing.consent import REDIRECT, answer_to, app_of
from mpcas2_testing.context import MemoryConnectContext, system_clock
from mpcas2_testing.rules import rule

__all__ = ("GrantRules",)

# What no answer may be read into.
_UNREADABLE = (
    HttpAnswer(status=500, body=""),
    HttpAnswer(status=503, body={}),
    HttpAnswer(status=200, body=""),
    HttpAnswer(status=200, body={}),
    HttpAnswer(status=200, body="<html>"),
)
# A port of this machine on which nobody listens: the one of the protocol `discard`.
_NOBODY = "http://127.0.0.1:9"


class GrantRules:
    """Holds an adapter to grants that are neither lost nor made up; a subclass gives ``bench``."""

    @rule("oauth.refusals")
    @needs(ConnectsOAuth)
    def test_grant_answers_are_told_apart(self, bench: Bench) -> None:
        """Trades a wrong code, and feeds answers that say nothing."""
        platform = bench.platform
        assert isinstance(platform, ConnectsOAuth)
        app = asyncio.run(app_of(platform, bench.server))
        request = platform.grant_request("no-such-code", REDIRECT, "v" * 64, app)
        refusal = asyncio.run(answer_to(request))
        with pytest.raises(Rejected):
            platform.parse_grant(refusal)
        for answer in _UNREADABLE:
            with pytest.raises(Unavailable):
                platform.parse_grant(answer)
        with pytest.raises(RateLimited):
            platform.parse_grant(HttpAnswer(status=429, body={}))

    @rule("oauth.address")
    @needs(ConnectsOAuth)
    def test_the_consent_page_is_described_whole(self, bench: Bench) -> None:
        """Wants an address without a query, and the required scopes among those asked for."""
        platform = bench.platform
        assert isinstance(platform, ConnectsOAuth)
        consent = platform.consent
        assert "?" not in consent.url, "Consent.url has a query; use Consent.parameters"
        assert consent.scopes, "no scope is asked for"
        assert set(consent.required) <= set(consent.scopes), "a required scope is not asked for"
        assert isinstance(platform, RegistersApp) != bool(consent.url), (
            "Consent.url is empty for a network of many servers, and for no other"
        )

    @rule("refresh.renews")
    @needs(RefreshesGrant)
    def test_refresh_renews_the_grant(self, bench: Bench) -> None:
        """Sends the described request, as the token broker does, and publishes with the new grant."""
        platform = bench.platform
        assert isinstance(platform, RefreshesGrant)
        desk = bench.desk()
        old = desk.connection.grant
        _needs_renewal(old)
        if old.renew_at is not None:
            # Networks refuse to renew what is fresh; the engine would not ask before either.
            bench.control.advance_clock((old.renew_at - system_clock()).total_seconds())
        request = platform.refresh_request(desk.account, old, desk.app)
        grant = platform.parse_refresh(asyncio.run(answer_to(request)))
        assert isinstance(grant, Grant)
        assert grant.access_token, "the new grant has no token"
        desk.connection = msgspec.structs.replace(desk.connection, grant=grant)
        desk.published(desk.part())
        assert bench.count_posts() == 1

    @rule("refresh.tells_revoked")
    @needs(RefreshesGrant)
    def test_refresh_tells_revoked_from_passing(self, bench: Bench) -> None:
        """Ends the grant on the network's side; feeds answers that say nothing."""
        platform = bench.platform
        assert isinstance(platform, RefreshesGrant)
        refused = HttpAnswer(status=401, body={})
        if isinstance(platform, ConnectsOAuth):
            desk = bench.desk()
            _needs_renewal(desk.connection.grant)
            request = platform.refresh_request(desk.account, desk.connection.grant, desk.app)
            bench.control.call("POST", f"oauth/accounts/{bench.person}/revoke")
            refused = asyncio.run(answer_to(request))
        with pytest.raises(Unauthorized) as told:
            platform.parse_refresh(refused)
        assert told.value.revoked, "a refused refresh token must come back as revoked"
        for answer in _UNREADABLE:
            with pytest.raises(Unavailable):
                platform.parse_refresh(answer)
        with pytest.raises(RateLimited):
            platform.parse_refresh(HttpAnswer(status=429, body={}))

    @rule("refresh.renew_at")
    @needs(RefreshesGrant)
    def test_a_grant_is_renewed_before_it_ends(self, bench: Bench) -> None:
        """Wants times that are aware and in UTC, the renewal before the end."""
        grant = bench.desk().connection.grant
        for name, moment in (("expires_at", grant.expires_at), ("renew_at", grant.renew_at)):
            assert moment is None or moment.utcoffset() == timedelta(0), f"{name} is not in UTC"
        if grant.renew_at is None:
            pytest.skip("a renewal at need is enough")
        # A refresh token of its own has an end of its own, mostly long after the access token's.
        alone = grant.refresh_token in {None, grant.access_token}
        assert not alone or grant.expires_at is None or grant.renew_at < grant.expires_at, (
            "renew_at is not before expires_at"
        )

    @rule("registers_app.server")
    @needs(RegistersApp)
    def test_a_server_has_one_address(self, bench: Bench) -> None:
        """Reads addresses, host names and handles as one server."""
        platform = bench.platform
        assert isinstance(platform, RegistersApp)
        server = platform.server_of(bench.server)
        assert platform.server_of(server) == server, "server_of of its own answer differs"
        assert platform.server_of(f"  {server}/ ") == server, (
            "blanks and a slash make another server"
        )
        typed = ("example.social", "https://example.social/@ada", "@ada@example.social")
        assert len({platform.server_of(text) for text in typed}) == 1, f"{typed} are one server"
        for text in ("", "   ", "no server"):
            with pytest.raises(Rejected):
                platform.server_of(text)
        asked = platform.consent_at(server)
        assert asked.url.startswith(server), "the consent page is not the server's"
        assert asked.scopes == platform.consent.scopes, (
            "consent and consent_at ask for other scopes"
        )

    @rule("registers_app.register")
    @needs(RegistersApp)
    def test_an_app_is_registered_at_a_server(self, bench: Bench) -> None:
        """Registers an app, and tries where there is no server."""
        platform = bench.platform
        assert isinstance(platform, RegistersApp)
        server = platform.server_of(bench.server)
        app = asyncio.run(app_of(platform, bench.server))
        assert app.server == server, "the app does not name its server"
        assert app.client_id
        assert app.client_secret is None or app.client_secret not in repr(app)

        async def register() -> OAuthApp:
            async with MemoryConnectContext() as ctx:
                return await platform.register_app(_NOBODY, REDIRECT, ctx)

        with pytest.raises((Rejected, Unavailable)):
            asyncio.run(register())


def _needs_renewal(grant: Grant) -> None:
    if grant.refresh_token is None:
        pytest.skip("this grant does not end")
