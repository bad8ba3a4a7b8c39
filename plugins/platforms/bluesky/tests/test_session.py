from __future__ import annotations

import asyncio
import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from mpcas2_hookspecs import (
    Account,
    Connection,
    Grant,
    HttpAnswer,
    PlatformError,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
)
from mpcas2_platform_bluesky.adapter import BlueskyPlatform
from mpcas2_testing import CannedServer, MemoryConnectContext

CREATE = "com.atproto.server.createSession"
END = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)


def token(**claims: Any) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"e30.{payload}.c2ln"


def session(**more: Any) -> dict[str, Any]:
    return {
        "accessJwt": token(exp=END.timestamp(), scope="com.atproto.appPass"),
        "refreshJwt": "refresh-secret",
        "handle": "alice.test",
        "did": "did:plc:alice",
        "active": True,
        **more,
    }


def connect(server: str, **more: str) -> Connection:
    credentials = {
        "identifier": "alice.test",
        "appPassword": "abcd-efgh-ijkl-mnop",
        "server": server,
        "webUrl": "https://bsky.app",
        **more,
    }

    async def run() -> Connection:
        async with MemoryConnectContext() as ctx:
            return await BlueskyPlatform().connect(credentials, ctx)

    return asyncio.run(run())


def test_connect_tells_who_it_is_and_when_the_grant_ends(canned: CannedServer) -> None:
    canned.answer(CREATE, session())
    canned.answer(
        "app.bsky.actor.getProfile", {"displayName": "Alice", "avatar": "https://cdn.example/a"}
    )
    connection = connect(canned.url + "/")
    profile = connection.profile
    assert (profile.platform_account_id, profile.username) == ("did:plc:alice", "alice.test")
    assert (profile.display_name, profile.avatar_url) == ("Alice", "https://cdn.example/a")
    assert profile.data == {"did": "did:plc:alice", "pds": canned.url, "web": "https://bsky.app"}
    assert connection.grant.expires_at == END
    assert connection.grant.refresh_token == "refresh-secret"
    assert json.loads(canned.received[0].body) == {
        "identifier": "alice.test",
        "password": "abcd-efgh-ijkl-mnop",
    }


def test_a_copied_handle_is_cleaned(canned: CannedServer) -> None:
    canned.answer(CREATE, session())
    connect(canned.url, identifier=" \u202a@alice.test\u202c ", appPassword=" abcd ")
    sent = json.loads(canned.received[0].body)
    assert sent == {"identifier": "alice.test", "password": "abcd"}


def test_the_hosting_server_is_read_from_the_did_document(canned: CannedServer) -> None:
    service = {"id": "#atproto_pds", "type": "AtprotoPersonalDataServer"}
    entryway = canned.url.replace("127.0.0.1", "localhost")
    document = {"service": [{"id": "#other"}, {**service, "serviceEndpoint": canned.url}]}
    canned.answer(CREATE, session(didDoc=document))
    assert connect(entryway).profile.data["pds"] == canned.url


@pytest.mark.parametrize(
    "document",
    [
        None,
        "text",
        {},
        {"service": [{"id": "#atproto_pds", "serviceEndpoint": {"a": 1}}]},
        {"service": [{"id": "#atproto_pds", "serviceEndpoint": "ftp://example.com"}]},
        {"service": [{"id": 5}]},
    ],
)
def test_a_strange_did_document_leaves_the_given_server(
    canned: CannedServer, document: object
) -> None:
    canned.answer(CREATE, session(didDoc=document))
    assert connect(canned.url).profile.data["pds"] == canned.url


def test_no_profile_is_no_fault(canned: CannedServer) -> None:
    canned.answer(CREATE, session())
    profile = connect(canned.url).profile
    assert profile.display_name is None
    assert profile.avatar_url is None


@pytest.mark.parametrize("access", ["opaque", "a.b.c", "a.!!.c", f"a.{'e30'}.c"])
def test_a_token_without_readable_end_is_taken(canned: CannedServer, access: str) -> None:
    canned.answer(CREATE, session(accessJwt=access))
    assert connect(canned.url).grant.expires_at is None


@pytest.mark.parametrize("end", [1e300, 1e15, -1e300])
def test_an_end_that_no_calendar_knows_is_none(canned: CannedServer, end: float) -> None:
    canned.answer(CREATE, session(accessJwt=token(exp=end)))
    assert connect(canned.url).grant.expires_at is None


def test_the_main_password_is_refused(canned: CannedServer) -> None:
    canned.answer(CREATE, session(accessJwt=token(exp=1.0, scope="com.atproto.access")))
    with pytest.raises(Rejected, match="make an app password at"):
        connect(canned.url)


def test_an_inactive_account_is_refused(canned: CannedServer) -> None:
    canned.answer(CREATE, session(active=False, status="deactivated"))
    with pytest.raises(Rejected, match="deactivated"):
        connect(canned.url)


@pytest.mark.parametrize(
    ("status", "body", "error", "words"),
    [
        (401, b'{"error":"AuthenticationRequired","message":"x"}', Rejected, "app password"),
        (401, b'{"error":"AuthFactorTokenRequired","message":"x"}', Rejected, "two-factor"),
        (401, b'{"error":"AccountTakedown","message":"x"}', Rejected, "taken the account down"),
        (400, b'{"error":"InvalidRequest","message":"Bad thing"}', Rejected, "Bad thing"),
        (404, b"<html>not here</html>", Rejected, "server address"),
        (405, b"", Rejected, "server address"),
        (302, b"", Rejected, "server address"),
        (200, b"<html>welcome</html>", Rejected, "server address"),
        (200, b'{"did":"did:plc:a"}', Rejected, "server address"),
        (429, b'{"error":"RateLimitExceeded"}', RateLimited, "later"),
        (500, b"", Unavailable, "try again later"),
        (502, b"<html>", Unavailable, "try again later"),
    ],
)
def test_a_refused_connection_says_what_to_do(
    canned: CannedServer, status: int, body: bytes, error: type[PlatformError], words: str
) -> None:
    canned.answer(CREATE, body, status=status)
    with pytest.raises(error, match=words) as raised:
        connect(canned.url)
    assert type(raised.value) is error
    assert "abcd-efgh" not in f"{raised.value} {raised.value.answer}"


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(Unavailable, match="Check the server address"):
        connect("http://127.0.0.1:9")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "https://",
        "ftp://bsky.social",
        "http://bsky.social",
        "https://a@bsky.social",
        "https://bsky.social/xrpc",
        "https://bsky.social?x",
        "https://bsky.social:port",
        "https://[bad",
    ],
)
def test_a_bad_server_address_is_refused_before_anything_is_sent(address: str) -> None:
    with pytest.raises(Rejected, match="server"):
        connect(address)


def test_refresh_asks_the_hosting_server_with_the_refresh_token(account: Account) -> None:
    grant = Grant(access_token="old", refresh_token="refresh-secret")
    request = BlueskyPlatform().refresh_request(account, grant, None)
    assert request.method == "POST"
    assert request.url == f"{account.data['pds']}/xrpc/com.atproto.server.refreshSession"
    assert request.headers == {"Authorization": "Bearer refresh-secret"}
    assert request.json is None
    assert "refresh-secret" not in repr(request)


def test_a_grant_without_refresh_token_cannot_be_renewed(account: Account) -> None:
    with pytest.raises(Unauthorized) as raised:
        BlueskyPlatform().refresh_request(account, Grant(access_token="old"), None)
    assert raised.value.revoked


def test_a_renewed_grant_has_both_new_tokens() -> None:
    grant = BlueskyPlatform().parse_refresh(HttpAnswer(status=200, body=session()))
    assert grant.refresh_token == "refresh-secret"
    assert grant.expires_at == END


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"error": "ExpiredToken", "message": "Token has been revoked"}),
        (400, {"error": "InvalidToken"}),
        (401, {"error": "AuthenticationRequired"}),
        (401, "no JSON"),
        (401, {"error": "AccountTakedown"}),
        (400, {"error": "AccountDeactivated"}),
    ],
)
def test_a_refused_refresh_token_is_revoked(status: int, body: object) -> None:
    with pytest.raises(Unauthorized) as raised:
        BlueskyPlatform().parse_refresh(HttpAnswer(status=status, body=body))
    assert raised.value.revoked


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, {}),
        (200, None),
        (200, {"accessJwt": "secret", "refreshJwt": 5}),
        (204, ""),
        (400, {"error": "InvalidRequest"}),
        (404, "<html>"),
        (500, {"error": "InternalServerError"}),
        (503, ""),
    ],
)
def test_any_other_answer_leaves_the_grant(status: int, body: object) -> None:
    with pytest.raises(Unavailable) as raised:
        BlueskyPlatform().parse_refresh(HttpAnswer(status=status, body=body))
    assert "secret" not in str(raised.value)
