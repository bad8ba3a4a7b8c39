from __future__ import annotations

import asyncio
from typing import Any

import pytest

from mpcas2_hookspecs import (
    Grant,
    HttpAnswer,
    OAuthApp,
    RateLimited,
    RegistersApp,
    Rejected,
    Unavailable,
)
from mpcas2_platform_mastodon.adapter import MastodonPlatform
from mpcas2_testing import CannedServer, MemoryConnectContext

PLATFORM = MastodonPlatform({"client_name": "Studio", "website": "https://studio.example"})
APP = OAuthApp(client_id="id", client_secret="s3cret", server="https://social.example")

TYPED = [
    ("mastodon.social", "https://mastodon.social"),
    (" https://Mastodon.Social/ ", "https://mastodon.social"),
    ("@ada@mastodon.social", "https://mastodon.social"),
    ("ada@mastodon.social", "https://mastodon.social"),
    ("https://mastodon.social/@ada", "https://mastodon.social"),
    ("mastodon.social:8443", "https://mastodon.social:8443"),
    ("bücher.example", "https://xn--bcher-kva.example"),
    ("http://127.0.0.1:4600/mastodon", "http://127.0.0.1:4600/mastodon"),
    ("http://127.0.0.1:4600/@ada", "http://127.0.0.1:4600"),
]


@pytest.mark.parametrize(("typed", "server"), TYPED)
def test_a_server_has_one_address_however_it_was_typed(typed: str, server: str) -> None:
    assert PLATFORM.server_of(typed) == server


@pytest.mark.parametrize(
    "typed",
    ["", "ada", "@ada", "ftp://social.example", "http://social.example", "a b.example", "https://"],
)
def test_what_names_no_server_is_refused_with_what_to_type(typed: str) -> None:
    with pytest.raises(Rejected, match="Type"):
        PLATFORM.server_of(typed)


def test_the_consent_page_is_the_servers_own() -> None:
    assert isinstance(PLATFORM, RegistersApp)
    assert PLATFORM.consent.url == ""
    consent = PLATFORM.consent_at("https://social.example")
    assert consent.url == "https://social.example/oauth/authorize"
    assert consent.scopes == consent.required == PLATFORM.consent.scopes


def test_an_app_is_registered_with_its_server(canned: CannedServer) -> None:
    canned.answer("apps", {"client_id": "x", "client_secret": "y", "id": "1"})
    app = register(canned.url)
    assert app == OAuthApp(client_id="x", client_secret="y", server=canned.url)
    body = canned.received[0].body
    assert b'"client_name":"Studio"' in body
    assert b'"redirect_uris":["https://us.example/back"]' in body


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (404, b"<html>", Rejected),
        (403, b'{"error":"This API requires an authenticated user"}', Rejected),
        (401, b"{}", Rejected),
        (429, b"{}", RateLimited),
        (500, b"", Unavailable),
        (200, b"<html>", Unavailable),
    ],
)
def test_a_server_that_registers_nothing_is_told_apart(
    canned: CannedServer, status: int, body: bytes, error: type[Exception]
) -> None:
    canned.answer("apps", body, status=status)
    with pytest.raises(error):
        register(canned.url)


def test_a_code_is_traded_at_the_apps_server_and_no_secret_shows() -> None:
    request = PLATFORM.grant_request("c0de", "https://us.example/back", "v", APP)
    assert request.url == "https://social.example/oauth/token"
    assert request.form is not None
    assert request.form["client_secret"] == "s3cret"
    assert "s3cret" not in repr(request)


ANSWERS: list[tuple[int, Any, type[Exception]]] = [
    (400, {"error": "invalid_grant", "error_description": "The grant is invalid"}, Rejected),
    (401, {"error": "invalid_client"}, Rejected),
    (429, {}, RateLimited),
    (503, "", Unavailable),
    (200, {"token_type": "Bearer"}, Unavailable),
    (302, "", Unavailable),
]


@pytest.mark.parametrize(("status", "body", "error"), ANSWERS)
def test_an_answer_without_a_grant_is_told_apart(
    status: int, body: Any, error: type[Exception]
) -> None:
    with pytest.raises(error):
        PLATFORM.parse_grant(HttpAnswer(status=status, body=body))


def test_a_grant_does_not_end() -> None:
    body = {"access_token": "t", "token_type": "Bearer", "scope": "a b", "created_at": 1}
    grant = PLATFORM.parse_grant(HttpAnswer(status=200, body=body))
    assert grant == Grant(access_token="t", scopes=("a", "b"))


def test_an_account_is_named_with_its_server_and_knows_what_it_allows(canned: CannedServer) -> None:
    me = {"id": "7", "username": "ada", "acct": "ada", "display_name": "Ada", "avatar": None}
    statuses = {
        "max_characters": 5000,
        "max_media_attachments": 6,
        "characters_reserved_per_url": 23,
    }
    canned.answer("verify_credentials", me)
    canned.answer("instance", {"domain": "social.example", "configuration": {"statuses": statuses}})
    (connection,) = connections(canned.url)
    profile = connection.profile
    assert (profile.platform_account_id, profile.username) == (
        "7@social.example",
        "ada@social.example",
    )
    assert profile.data["limits"]["statuses"] == statuses
    assert canned.received[0].headers["authorization"] == "Bearer t"


def test_a_refused_grant_is_started_again(canned: CannedServer) -> None:
    canned.answer("verify_credentials", {"error": "The access token is invalid"}, status=401)
    with pytest.raises(Rejected, match="Start again"):
        connections(canned.url)


def register(server: str) -> OAuthApp:
    async def run() -> OAuthApp:
        async with MemoryConnectContext() as ctx:
            return await PLATFORM.register_app(server, "https://us.example/back", ctx)

    return asyncio.run(run())


def connections(server: str) -> Any:
    app = OAuthApp(client_id="x", client_secret="y", server=server)

    async def run() -> Any:
        async with MemoryConnectContext(access_token="t", app=app) as ctx:
            return await PLATFORM.connections(Grant(access_token="t"), ctx)

    return asyncio.run(run())
