from __future__ import annotations

import asyncio
from typing import Any

import pytest

from mpcas2_hookspecs import (
    Connection,
    Grant,
    HttpAnswer,
    OAuthApp,
    PlatformError,
    RateLimited,
    Rejected,
    Unavailable,
)
from mpcas2_platform_facebook.adapter import FacebookPlatform
from mpcas2_sandbox import SandboxProcess
from mpcas2_testing import PRACTICE_APP, MemoryConnectContext, connect_with_consent

APP = OAuthApp(client_id="77", client_secret="app-secret")


def platform_at(url: str) -> FacebookPlatform:
    # An address may have a path.
    settings = {"api_url": f"{url}/", "web_url": url, "upload_url": url, "api_version": "v26.0"}
    return FacebookPlatform(settings)


def error(code: int, message: str = "No", **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, "code": code, **more}}


def test_a_code_is_traded_with_the_secret_in_the_form() -> None:
    request = platform_at("http://h/facebook").grant_request("c", "https://here/cb", "v", APP)
    assert request.url == "http://h/facebook/v26.0/oauth/access_token"
    assert request.form == {
        "client_id": "77",
        "client_secret": "app-secret",
        "redirect_uri": "https://here/cb",
        "code": "c",
    }
    assert "app-secret" not in repr(request)


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (400, error(100, "This authorization code has been used."), Rejected, "only once"),
        (400, error(1, "Error validating client secret."), Unavailable, ""),
        (400, error(101, "Error validating client secret."), Rejected, "id and secret"),
        (400, error(101, "Error validating application."), Rejected, "id and secret"),
        (400, error(4), RateLimited, "later"),
        (429, "", RateLimited, "later"),
        (400, error(2), Unavailable, ""),
        (400, error(9, is_transient=True), Unavailable, ""),
        (500, "", Unavailable, ""),
        (408, "", Unavailable, ""),
        (404, "<html>", Rejected, "Start the connection again"),
        (200, {"access_token": ""}, Unavailable, "cannot be read"),
        (200, [], Unavailable, "cannot be read"),
    ],
)
def test_each_refusal_has_its_error(
    status: int, body: Any, kind: type[PlatformError], words: str
) -> None:
    with pytest.raises(PlatformError) as raised:
        platform_at("http://h").parse_grant(HttpAnswer(status=status, body=body))
    assert type(raised.value) is kind
    assert words in raised.value.message


def connected(network: SandboxProcess, person: str) -> list[Connection]:
    platform = platform_at(network.url)
    return asyncio.run(connect_with_consent(platform, network.control, person))


def test_every_page_is_an_account_with_a_token_that_does_not_end(network: SandboxProcess) -> None:
    network.control.reset()
    found = connected(network, "duo")
    assert len({one.profile.platform_account_id for one in found}) == 2
    assert len({one.grant.access_token for one in found}) == 2
    for one in found:
        assert (one.grant.expires_at, one.grant.refresh_token) == (None, None)
        assert one.grant.scopes is not None
        assert "pages_manage_posts" in one.grant.scopes
        assert one.profile.display_name
        assert one.profile.avatar_url


def test_who_has_no_page_is_told(network: SandboxProcess) -> None:
    network.control.reset()
    with pytest.raises(Rejected, match="no Page"):
        connected(network, "nora")


def test_a_page_without_the_task_is_left_out(network: SandboxProcess) -> None:
    network.control.reset()
    first = connected(network, "duo")[0].profile.platform_account_id
    network.control.call("POST", f"pages/{first}", {"tasks": ["ANALYZE"]})
    assert [one.profile.platform_account_id for one in connected(network, "duo")] != [first]
    assert len(connected(network, "duo")) == 1


def connect(
    network: SandboxProcess, token: str, app: OAuthApp | None = PRACTICE_APP
) -> list[Connection]:
    async def inside() -> Any:
        async with MemoryConnectContext(access_token=token, app=app) as ctx:
            grant = Grant(access_token=token)
            return await platform_at(network.url).connections(grant, ctx)

    found: list[Connection] = asyncio.run(inside())
    return found


def test_a_permission_that_was_left_out_is_named(network: SandboxProcess) -> None:
    network.control.reset()
    order = {"account": "ada", "kind": "short", "scopes": ["public_profile", "pages_show_list"]}
    token = network.control.call("POST", "tokens", order)["accessToken"]
    with pytest.raises(Rejected, match="pages_read_engagement, pages_manage_posts is missing"):
        connect(network, token)


def test_a_token_that_is_not_good_starts_anew(network: SandboxProcess) -> None:
    network.control.reset()
    with pytest.raises(Rejected):
        connect(network, "no-token")


def test_an_app_without_a_secret_is_told(network: SandboxProcess) -> None:
    with pytest.raises(Rejected, match="secret"):
        connect(network, "t", OAuthApp(client_id="77"))
