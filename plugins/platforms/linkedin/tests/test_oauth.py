from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mpcas2_hookspecs import (
    Account,
    Grant,
    HttpAnswer,
    OAuthApp,
    PlatformError,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
)
from mpcas2_platform_linkedin.oauth import (
    grant_request,
    parse_grant,
    parse_refresh,
    refresh_request,
)

URL = "https://www.linkedin.com/oauth/v2/accessToken"
APP = OAuthApp(client_id="77abc", client_secret="app-secret")
DATE = "Mon, 23 Nov 2026 12:00:00 GMT"
TOKENS = {
    "access_token": "a-secret",
    "expires_in": 5_184_000,
    "scope": "openid,profile,w_member_social",
}


def test_a_code_is_traded_with_the_secret_in_the_form() -> None:
    request = grant_request(URL, "code", "https://here/callback", APP)
    assert request.form == {
        "grant_type": "authorization_code",
        "code": "code",
        "redirect_uri": "https://here/callback",
        "client_id": "77abc",
        "client_secret": "app-secret",
    }
    assert "app-secret" not in repr(request)


def test_a_grant_is_read_with_its_end_and_its_scopes() -> None:
    grant = parse_grant(HttpAnswer(status=200, headers={"date": DATE}, body=TOKENS))
    assert grant.expires_at == datetime(2026, 11, 23, 12, tzinfo=UTC) + timedelta(days=60)
    assert grant.scopes == ("openid", "profile", "w_member_social")
    assert grant.refresh_token is None
    bare = parse_grant(HttpAnswer(status=200, body={"access_token": "a"}))
    assert (bare.expires_at, bare.scopes) == (None, None)


# Status, body, the error of a code, the error of a renewal.
REFUSALS: list[tuple[int, Any, type[PlatformError], type[PlatformError]]] = [
    (400, {"error": "invalid_request", "error_description": "x"}, Rejected, Unauthorized),
    (400, {"error": "invalid_grant"}, Rejected, Unauthorized),
    (401, {"error": "invalid_client"}, Rejected, Unavailable),
    (401, {}, Rejected, Unauthorized),
    (400, "<html>", Rejected, Unauthorized),
    (404, "", Rejected, Unavailable),
    (429, {}, RateLimited, RateLimited),
    (500, {}, Unavailable, Unavailable),
    (408, {}, Unavailable, Unavailable),
    (200, {"access_token": ""}, Unavailable, Unavailable),
    (200, [], Unavailable, Unavailable),
]


@pytest.mark.parametrize(("status", "body", "code", "renewal"), REFUSALS)
def test_each_refusal_has_its_error(
    status: int, body: Any, code: type[PlatformError], renewal: type[PlatformError]
) -> None:
    answer = HttpAnswer(status=status, body=body)
    with pytest.raises(PlatformError) as raised:
        parse_grant(answer)
    assert type(raised.value) is code
    with pytest.raises(PlatformError) as raised:
        parse_refresh(answer)
    assert type(raised.value) is renewal


def test_a_grant_without_a_refresh_token_has_to_be_given_again() -> None:
    for grant, app in (
        (Grant(access_token="a"), APP),
        (Grant(access_token="a", refresh_token="r"), None),
    ):
        with pytest.raises(Unauthorized) as raised:
            refresh_request(URL, grant, app)
        assert raised.value.revoked


def test_a_partner_renews_with_the_refresh_token() -> None:
    request = refresh_request(URL, Grant(access_token="a", refresh_token="r-secret"), APP)
    assert request.form is not None
    assert request.form["refresh_token"] == "r-secret"
    grant = parse_refresh(HttpAnswer(status=200, body=TOKENS | {"refresh_token": "r2"}))
    assert grant.refresh_token == "r2"


def test_a_partner_app_renews_on_the_practice_network(office: Any) -> None:
    office.control.call("POST", "settings", {"partner": True})
    connection = office.connect()[0]
    assert connection.grant.refresh_token
    worker = office.worker(connection)
    assert isinstance(worker.account, Account)
    request = worker.platform.refresh_request(worker.account, connection.grant, APP)
    assert request.url == f"{office.url}/oauth/v2/accessToken"


def test_pages_are_connected_only_when_their_scopes_were_given(office: Any) -> None:
    told = [one.profile for one in office.connect("ada")]
    assert [one.username for one in told[1:]] == ["analytical-engines", "notes-and-numbers"]
    assert told[1].platform_account_id == "urn:li:organization:5515715"
    assert told[0].platform_account_id.startswith("urn:li:person:")
    assert len(office.connect("ada", organizations=False, more_scopes="")) == 1
    assert len(office.connect("dave")) == 1
    # carol is but an ANALYST.
    assert len(office.connect("carol")) == 1


def test_a_page_whose_name_cannot_be_read_goes_by_its_number(office: Any) -> None:
    more = "w_organization_social r_organization_social"
    told = office.connect("ada", organizations=False, more_scopes=more)
    assert [one.profile.username for one in told[1:]] == ["5515715", "5515716"]


def test_the_profile_is_read_anew(office: Any) -> None:
    for connection in office.connect("ada"):
        worker = office.worker(connection)
        assert worker.run(lambda one, ctx: one.read_profile(ctx)) == connection.profile
