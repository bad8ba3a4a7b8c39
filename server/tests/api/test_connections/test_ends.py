"""Each way in which connecting on a consent page ends has a code and words of its own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit
from uuid import UUID

import pytest

from mpcas2_core.accounts import OAuthState
from mpcas2_sandbox import FaultRule

# `stage` is a Stage of the conftest beside this file, which tests cannot import.
Stage = Any
Person = Any

SCOPES = {
    "twitter": "tweet.write",
    "youtube": "https://www.googleapis.com/auth/youtube.upload",
}


def test_an_account_is_connected(stage: Stage, person: Person) -> None:
    (handle,) = stage.someone()
    started = stage.start(person)
    query = parse_qs(urlsplit(started.url).query)
    assert query["response_type"] == ["code"]
    assert query["code_challenge_method"] == ["S256"]
    assert query["redirect_uri"][0].endswith(f"/oauth/callback/{stage.key}")
    assert stage.shown(person, started)["state"] == "waiting"

    page = stage.back(stage.consent(started, handle))
    assert page.status_code == 200
    shown = stage.shown(person, started)
    assert shown["state"] == "connected"
    assert shown["isNew"] is True
    assert not shown["username"].startswith("@"), "the sign is put before it wherever it is shown"
    assert f"@{shown['username']} is connected to {stage.title}" in page.text
    account = person.http.get(f"/social-accounts/{shown['accountId']}").json()
    assert (account["status"], account["platform"]) == ("connected", stage.key)
    assert page.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_a_person_who_refuses(stage: Stage, person: Person) -> None:
    started = stage.start(person)
    (handle,) = stage.someone()
    page = stage.back(stage.consent(started, handle, deny=True))
    words = stage.failed(person, started, page, "CONSENT_DENIED")
    assert "not given" in words
    assert stage.exchanges() == 0


def test_a_request_that_the_network_refuses(stage: Stage, person: Person) -> None:
    started = stage.start(person)
    told = quote("The app is <b>suspended</b>")
    page = stage.back(
        f"https://x.example/oauth/callback/{stage.key}?state={started.state}"
        f"&error=unauthorized_client&error_description={told}"
    )
    words = stage.failed(person, started, page, "CONSENT_REFUSED")
    assert "<b>" in words
    assert "<b>" not in page.text


def test_a_way_back_without_a_code(stage: Stage, person: Person) -> None:
    started = stage.start(person)
    page = stage.back(f"https://x.example/oauth/callback/{stage.key}?state={started.state}")
    stage.failed(person, started, page, "CALLBACK_INCOMPLETE")


def test_a_permission_that_lacks_something(stage: Stage, person: Person) -> None:
    started = stage.start(person)
    (handle,) = stage.someone()
    page = stage.back(stage.consent(started, handle, withhold=[SCOPES[stage.key]]))
    words = stage.failed(person, started, page, "SCOPES_MISSING")
    assert SCOPES[stage.key] in words


def test_a_code_that_came_too_late(stage: Stage, person: Person) -> None:
    started = stage.start(person)
    (handle,) = stage.someone()
    location = stage.consent(started, handle)
    stage.control.advance_clock(700)
    page = stage.back(location)
    stage.failed(person, started, page, "CODE_REFUSED")


def test_a_network_that_cannot_be_reached_keeps_the_code(
    start_server: Any,
    sign_up: Any,
    stage: Stage,
    database_url: str,
    redis_url: str,
    consent_settings: dict[str, str],
    tmp_path: Any,
) -> None:
    nowhere = "http://127.0.0.1:9"
    name = {"twitter": "MPCAS2_TWITTER_API_URL", "youtube": "MPCAS2_YOUTUBE_TOKEN_URL"}[stage.key]
    settings = {**consent_settings, name: nowhere}
    with (
        start_server(database_url, redis_url, tmp_path, settings) as server,
        sign_up(server) as person,
    ):
        there = type(stage)(server, stage.key, stage.network)
        started = there.start(person)
        (handle,) = there.someone()
        page = there.back(there.consent(started, handle))
        words = there.failed(person, started, page, "NETWORK_UNAVAILABLE")
        assert "cannot be reached" in words
    assert stage.exchanges() == 0


def test_a_private_address_that_is_not_allowed_says_how_to_allow_it(
    start_server: Any,
    sign_up: Any,
    youtube: Stage,
    database_url: str,
    redis_url: str,
    consent_settings: dict[str, str],
    tmp_path: Any,
) -> None:
    settings = {**consent_settings, "MPCAS2_ALLOW_PRIVATE_HOSTS": ""}
    with (
        start_server(database_url, redis_url, tmp_path, settings) as server,
        sign_up(server) as person,
    ):
        there = type(youtube)(server, "youtube", youtube.network)
        started = there.start(person)
        page = there.back(there.consent(started, "ada"))
        words = there.failed(person, started, page, "NETWORK_UNAVAILABLE")
        assert "MPCAS2_ALLOW_PRIVATE_HOSTS" in words


def test_an_answer_that_is_lost(stage: Stage, person: Person) -> None:
    stage.control.add_fault(FaultRule(action="cut_after", path=stage.token_path))
    started = stage.start(person)
    (handle,) = stage.someone()
    page = stage.back(stage.consent(started, handle))
    words = stage.failed(person, started, page, "ANSWER_LOST")
    assert "only once" in words
    # Starting again works.
    assert stage.connect(person, handle)["isNew"] is True


@pytest.mark.parametrize("action", ["malformed", "truncated"])
def test_an_answer_that_cannot_be_read(stage: Stage, person: Person, action: Any) -> None:
    stage.control.add_fault(FaultRule(action=action, path=stage.token_path))
    started = stage.start(person)
    (handle,) = stage.someone()
    page = stage.back(stage.consent(started, handle))
    code = {"malformed": "NETWORK_UNAVAILABLE", "truncated": "ANSWER_LOST"}[action]
    stage.failed(person, started, page, code)


def test_an_app_that_the_network_does_not_know(stage: Stage, person: Person) -> None:
    started = stage.start(person)
    (handle,) = stage.someone()
    location = stage.consent(started, handle)
    # The installation's secret is wrong from now on.
    order = {"clientId": "practice-client", "clientSecret": "another", "anyLoopback": True}
    stage.control.call("POST", "oauth/clients", order)
    page = stage.back(location)
    words = stage.failed(person, started, page, "CODE_REFUSED")
    assert "client id" in words


def test_a_google_account_without_a_channel(youtube: Stage, person: Person) -> None:
    started = youtube.start(person)
    page = youtube.back(youtube.consent(started, "nora"))
    words = youtube.failed(person, started, page, "NO_ACCOUNT")
    assert "channel" in words


def test_a_flow_that_took_too_long(stage: Stage, person: Person) -> None:
    started = stage.start(person)
    (handle,) = stage.someone()
    location = stage.consent(started, handle)
    person.server.sql(f'UPDATE "{person.schema}".connect_flows SET expires_at = now()')
    assert stage.shown(person, started)["error"]["code"] == "FLOW_EXPIRED"
    page = stage.back(location)
    words = stage.failed(person, started, page, "FLOW_EXPIRED")
    assert "15 minutes" in words
    assert stage.exchanges() == 0


def test_a_process_that_died_in_the_middle(stage: Stage, person: Person) -> None:
    started = stage.start(person)
    (handle,) = stage.someone()
    location = stage.consent(started, handle)
    person.server.sql(
        f"UPDATE \"{person.schema}\".connect_flows SET state = 'working', "
        "updated_at = now() - interval '2 minutes'"
    )
    page = stage.back(location)
    stage.failed(person, started, page, "FLOW_INTERRUPTED")
    assert stage.exchanges() == 0


@pytest.mark.parametrize("state", [None, "", "x", "ä", "A" * 85, "=" * 40])
def test_a_state_that_nobody_signed(stage: Stage, person: Person, state: str | None) -> None:
    started = stage.start(person)
    (handle,) = stage.someone()
    code = parse_qs(urlsplit(stage.consent(started, handle)).query)["code"][0]
    query = f"code={code}" + ("" if state is None else f"&state={quote(state)}")
    page = stage.back(f"https://x.example/oauth/callback/{stage.key}?{query}")
    assert page.status_code == 400
    assert "not made by this installation" in page.text
    assert stage.shown(person, started)["state"] == "waiting"
    assert stage.exchanges() == 0


def test_a_state_of_another_installation(stage: Stage, person: Person) -> None:
    started = stage.start(person)
    foreign = OAuthState("another-installation's-secret-0123456789").sign(
        UUID(person.tenant_id), UUID(started.id)
    )
    page = stage.back(f"https://x.example/oauth/callback/{stage.key}?code=abc&state={foreign}")
    assert page.status_code == 400
    assert "not made by this installation" in page.text
    assert stage.shown(person, started)["state"] == "waiting"


def test_a_state_that_was_changed_by_one_letter(stage: Stage, person: Person) -> None:
    started = stage.start(person)
    for place in (3, 30, 70):
        letter = "A" if started.state[place] != "A" else "B"
        forged = started.state[:place] + letter + started.state[place + 1 :]
        page = stage.back(f"https://x.example/oauth/callback/{stage.key}?code=abc&state={forged}")
        assert "not made by this installation" in page.text
    assert stage.exchanges() == 0


def test_a_state_of_another_network(youtube: Stage, twitter: Stage, person: Person) -> None:
    started = youtube.start(person)
    page = twitter.back(f"https://x.example/oauth/callback/twitter?code=abc&state={started.state}")
    assert page.status_code == 404
    assert youtube.shown(person, started)["state"] == "waiting"
    assert youtube.exchanges() == twitter.exchanges() == 0


def test_an_account_that_is_connected_already_keeps_its_id_and_its_posts(
    stage: Stage, person: Person
) -> None:
    (handle,) = stage.someone()
    first = stage.connect(person, handle)
    path = f"/social-accounts/{first['accountId']}"
    person.server.sql(
        f"UPDATE \"{person.schema}\".social_accounts SET status = 'expired', "
        "status_reason = 'The grant was revoked.'"
    )
    again = stage.connect(person, handle)
    assert again["accountId"] == first["accountId"]
    assert again["isNew"] is False
    account = person.http.get(path).json()
    assert account["status"] == "connected"
    assert "statusReason" not in account
    assert person.rows("social_accounts") == person.rows("grants") == 1


def test_the_account_that_was_named_is_connected_anew(stage: Stage, person: Person) -> None:
    one, other = stage.someone(2)
    first = stage.connect(person, one)
    again = stage.connect(person, one, first["accountId"])
    assert (again["accountId"], again["isNew"]) == (first["accountId"], False)

    started = stage.start(person, first["accountId"])
    page = stage.back(stage.consent(started, other))
    assert page.status_code == 400
    shown = stage.shown(person, started)
    assert shown["error"]["code"] == "WRONG_ACCOUNT"
    assert first["username"] in shown["error"]["message"]
    assert person.rows("social_accounts") == 1


def test_only_an_account_of_the_own_tenant_and_network_can_be_named(
    youtube: Stage, twitter: Stage, person: Person, stranger: Person, refused: Any
) -> None:
    theirs = youtube.connect(stranger, youtube.someone()[0])["accountId"]
    body = {"platform": "youtube", "accountId": theirs}
    refused(person.http.post("/social-accounts", json=body), 404, "NOT_FOUND")
    mine = twitter.connect(person, twitter.someone()[0])["accountId"]
    body = {"platform": "youtube", "accountId": mine}
    refused(person.http.post("/social-accounts", json=body), 400, "VALIDATION_ERROR")


def test_a_callback_that_is_loaded_twice_shows_the_same_end(stage: Stage, person: Person) -> None:
    (handle,) = stage.someone()
    location = stage.consent(started := stage.start(person), handle)
    first, second = stage.back(location), stage.back(location)
    assert (first.status_code, first.text) == (second.status_code, second.text)
    assert stage.exchanges() == 1
    assert stage.shown(person, started)["state"] == "connected"
    # A spent code that is sent twice ends the grant: it is alive.
    assert stage.counters()["live_grants"] == 1


def test_two_callbacks_at_one_moment_make_one_exchange(stage: Stage, person: Person) -> None:
    (handle,) = stage.someone()
    started = stage.start(person)
    location = stage.consent(started, handle)
    stage.control.add_fault(FaultRule(action="hold_before", path=stage.token_path, times=None))
    with ThreadPoolExecutor(4) as threads:
        pages = [threads.submit(stage.back, location) for _ in range(4)]
        stage.control.wait_held()
        early = [one.result() for one in pages if one.done()]
        assert stage.shown(person, started)["state"] == "working"
        stage.control.release_all()
        done = [one.result() for one in pages]
    assert all(page.status_code in {200, 202} for page in [*early, *done])
    assert sum(page.status_code == 200 for page in done) >= 1
    assert stage.exchanges() == 1
    assert stage.counters()["live_grants"] == 1
    assert stage.shown(person, started)["state"] == "connected"


def test_a_connection_of_another_tenant_is_not_there(
    stage: Stage, person: Person, stranger: Person, refused: Any
) -> None:
    started = stage.start(person)
    answer = stranger.http.get(f"/social-accounts/connections/{started.id}")
    refused(answer, 404, "NOT_FOUND")


def test_a_consent_page_takes_no_credentials(stage: Stage, person: Person, refused: Any) -> None:
    body = {"platform": stage.key, "credentials": {"password": "x"}}
    refused(person.http.post("/social-accounts", json=body), 400, "CONNECT_WITH_CONSENT")
