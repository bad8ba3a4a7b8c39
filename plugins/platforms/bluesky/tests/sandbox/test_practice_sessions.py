from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import httpx
import jwt
import pytest

if TYPE_CHECKING:
    # A conftest has no import path at run time.
    from plugins.platforms.bluesky.tests.sandbox.conftest import Author

    from mpcas2_sandbox import SandboxProcess

SESSION = "com.atproto.server.getSession"


def test_a_session_opens_with_the_app_password_and_names_its_server(alice: Author) -> None:
    assert alice.session["handle"] == "alice.test"
    assert alice.session["did"].startswith("did:plc:")
    (service,) = alice.session["didDoc"]["service"]
    assert service["serviceEndpoint"] == alice.url
    claims = jwt.decode(alice.session["accessJwt"], options={"verify_signature": False})
    assert (claims["sub"], claims["scope"]) == (alice.did, "com.atproto.appPass")
    assert isinstance(claims["exp"], int)
    assert alice.query(SESSION, token="own").json()["did"] == alice.did


@pytest.mark.parametrize(
    ("identifier", "password"),
    [("alice.test", "wrong"), ("nobody.test", "wrong"), ("did:plc:unknown", "x")],
)
def test_a_wrong_name_or_password_is_refused_alike(
    alice: Author, identifier: str, password: str
) -> None:
    given = {"identifier": identifier, "password": password}
    answer = alice.call("com.atproto.server.createSession", given, token=None)
    expected = (401, "AuthenticationRequired", "Invalid identifier or password")
    assert alice.refusal(answer) == expected


@pytest.mark.parametrize("identifier", ["handle", "did", "email"])
def test_a_session_opens_with_each_name_of_the_account(
    pds: SandboxProcess, alice: Author, identifier: str
) -> None:
    account = pds.control.call("GET", "accounts")["accounts"][0]
    given = {"identifier": account[identifier], "password": account["password"]}
    answer = alice.call("com.atproto.server.createSession", given, token=None)
    assert answer.json()["did"] == alice.did


def test_a_call_without_a_token_is_refused(alice: Author) -> None:
    assert alice.refusal(alice.query(SESSION))[:2] == (401, "AuthMissing")
    assert alice.refusal(alice.bare("com.atproto.server.refreshSession", None))[0] == 401


def test_a_token_that_is_none_is_refused(alice: Author) -> None:
    forged = jwt.encode({"sub": alice.did, "exp": 2**40}, "x" * 32, "HS256")
    for token in ("nonsense", forged, alice.session["accessJwt"][:-3] + "abc"):
        assert alice.refusal(alice.query(SESSION, token=token))[:2] == (400, "InvalidToken")


def test_the_two_kinds_of_token_are_not_exchangeable(alice: Author) -> None:
    refused = alice.query(SESSION, token=alice.session["refreshJwt"])
    assert alice.refusal(refused)[:2] == (400, "InvalidToken")
    refused = alice.refresh(alice.session["accessJwt"])
    assert alice.refusal(refused)[:2] == (400, "InvalidToken")


def test_an_access_token_expires_by_the_networks_clock(pds: SandboxProcess, alice: Author) -> None:
    pds.control.call("POST", "tokens", {"accessSeconds": 60})
    alice.session = alice.login()
    assert alice.query(SESSION, token="own").status_code == 200
    pds.control.advance_clock(61)
    refused = alice.query(SESSION, token="own")
    assert alice.refusal(refused) == (400, "ExpiredToken", "Token has expired")
    alice.session = alice.refresh().json()
    assert alice.query(SESSION, token="own").status_code == 200


def test_a_refresh_token_expires_too(pds: SandboxProcess, alice: Author) -> None:
    pds.control.advance_clock(91 * 24 * 3600)
    assert alice.refusal(alice.refresh()) == (400, "ExpiredToken", "Token has expired")


def test_a_refresh_token_works_once(pds: SandboxProcess, alice: Author) -> None:
    fresh = alice.refresh().json()
    assert fresh["refreshJwt"] != alice.session["refreshJwt"]
    assert fresh["accessJwt"] != alice.session["accessJwt"]
    assert alice.refusal(alice.refresh()) == (400, "ExpiredToken", "Token has been revoked")
    assert alice.refresh(fresh["refreshJwt"]).status_code == 200
    assert pds.control.call("GET", "stats")["refreshes"] == 2
    assert pds.control.call("GET", "accounts")["accounts"][0]["refreshes"] == 2


def test_of_many_refreshes_at_once_one_wins(pds: SandboxProcess, alice: Author) -> None:
    statuses: list[int] = []
    url = f"{pds.url}/xrpc/com.atproto.server.refreshSession"
    headers = {"Authorization": f"Bearer {alice.session['refreshJwt']}"}

    def refresh() -> None:
        statuses.append(httpx.post(url, headers=headers, trust_env=False).status_code)

    threads = [threading.Thread(target=refresh) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 400, 400, 400, 400]


def test_a_deleted_session_cannot_be_refreshed(alice: Author) -> None:
    answer = alice.bare("com.atproto.server.deleteSession", alice.session["refreshJwt"])
    assert (answer.status_code, answer.content) == (200, b"")
    assert alice.refusal(alice.refresh())[:2] == (400, "ExpiredToken")


def test_revoked_grants_end_both_tokens_and_no_other_account(
    pds: SandboxProcess, alice: Author, bob: Author
) -> None:
    answer = pds.control.call("POST", f"accounts/{alice.did}/revoke")
    assert answer["endedSessions"] == 1
    assert alice.refusal(alice.query(SESSION, token="own"))[:2] == (400, "ExpiredToken")
    assert alice.refusal(alice.refresh())[:2] == (400, "ExpiredToken")
    assert bob.query(SESSION, token="own").status_code == 200
    alice.session = alice.login()
    assert alice.query(SESSION, token="own").status_code == 200


def test_access_tokens_can_outlive_their_session_as_on_a_real_server(
    pds: SandboxProcess, alice: Author
) -> None:
    pds.control.call("POST", f"accounts/{alice.did}/revoke", {"access": False})
    assert alice.query(SESSION, token="own").status_code == 200
    assert alice.refusal(alice.refresh())[:2] == (400, "ExpiredToken")


def test_a_used_refresh_token_gives_the_same_successor_within_the_grace(
    pds: SandboxProcess, alice: Author
) -> None:
    pds.control.call("POST", "tokens", {"graceSeconds": 7200})
    first = alice.refresh().json()["refreshJwt"]
    again = alice.refresh().json()["refreshJwt"]

    def identity(token: str) -> str:
        found: str = jwt.decode(token, options={"verify_signature": False})["jti"]
        return found

    assert identity(again) == identity(first)
    pds.control.advance_clock(7201)
    assert alice.refusal(alice.refresh()) == (400, "ExpiredToken", "Token has been revoked")
    assert alice.refresh(again).status_code == 200


def test_a_revoked_app_password_is_replaced(pds: SandboxProcess, alice: Author) -> None:
    answer = pds.control.call("POST", f"accounts/{alice.did}/revoke", {"password": True})
    given = {"identifier": alice.handle, "password": alice.password}
    refused = alice.call("com.atproto.server.createSession", given, token=None)
    assert alice.refusal(refused)[0] == 401
    alice.password = answer["appPassword"]
    assert alice.login()["did"] == alice.did


def test_an_account_can_be_created(alice: Author) -> None:
    given = {"handle": "erin.test", "email": "erin@example.test", "password": "long-enough"}
    made = alice.call("com.atproto.server.createAccount", given, token=None).json()
    assert made["handle"] == "erin.test"
    resolved = alice.query("com.atproto.identity.resolveHandle", handle="erin.test")
    assert resolved.json() == {"did": made["did"]}
    profile = alice.query("app.bsky.actor.getProfile", actor=made["did"]).json()
    assert (profile["handle"], profile["postsCount"]) == ("erin.test", 0)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"handle": "alice.test"}, "InvalidRequest"),
        ({"handle": "erin.example.com"}, "UnsupportedDomain"),
        ({"handle": "e.test"}, "InvalidHandle"),
        ({"handle": "a.b.test"}, "InvalidHandle"),
        ({"handle": "not a handle"}, "InvalidRequest"),
        ({"handle": 7}, "InvalidRequest"),
        ({"handle": "erin.test", "email": "alice@practice.test"}, "InvalidRequest"),
        ({}, "InvalidRequest"),
    ],
)
def test_an_account_that_cannot_be_is_refused(
    alice: Author, given: dict[str, Any], name: str
) -> None:
    answer = alice.call("com.atproto.server.createAccount", given, token=None)
    assert alice.refusal(answer)[:2] == (400, name)


def test_many_accounts_can_be_added_at_once(pds: SandboxProcess, alice: Author) -> None:
    made = pds.control.call("POST", "accounts", {"count": 50})["accounts"]
    assert len({one["did"] for one in made}) == 50
    given = {"identifier": made[49]["handle"], "password": made[49]["appPassword"]}
    assert alice.call("com.atproto.server.createSession", given, token=None).status_code == 200


def test_the_accounts_are_the_same_after_a_reset(pds: SandboxProcess, alice: Author) -> None:
    before = pds.control.call("GET", "accounts")["accounts"]
    pds.control.reset()
    after = pds.control.call("GET", "accounts")["accounts"]
    names = ("did", "handle", "password", "appPassword")
    assert [[one[name] for name in names] for one in before] == [
        [one[name] for name in names] for one in after
    ]
    assert alice.refusal(alice.query(SESSION, token="own"))[:2] == (400, "InvalidToken")


@pytest.mark.parametrize(
    ("nsid", "params", "message"),
    [
        ("com.atproto.identity.resolveHandle", {"handle": "_"}, 'Invalid handle (got "_")'),
        ("com.atproto.identity.resolveHandle", {}, 'Missing required key "handle"'),
        ("app.bsky.actor.getProfile", {"actor": "no.test"}, "Profile not found"),
        ("app.bsky.actor.getProfile", {"actor": "?"}, 'Invalid AT identifier (got "?")'),
    ],
)
def test_an_identity_that_is_not_there_is_refused(
    alice: Author, nsid: str, params: dict[str, str], message: str
) -> None:
    status, name, said = alice.refusal(alice.query(nsid, **params))
    assert (status, name) == (400, "InvalidRequest")
    assert message in said


def test_an_unknown_handle_is_told_by_name(alice: Author) -> None:
    answer = alice.query("com.atproto.identity.resolveHandle", handle="no.test")
    assert alice.refusal(answer) == (400, "HandleNotFound", "Unable to resolve handle")


def test_the_server_describes_itself(alice: Author) -> None:
    described = alice.query("com.atproto.server.describeServer").json()
    assert described["availableUserDomains"] == [".test"]
    assert described["inviteCodeRequired"] is False


def test_an_unknown_method_and_a_wrong_verb_are_refused(alice: Author) -> None:
    assert alice.refusal(alice.query("com.example.nothing"))[:2] == (501, "MethodNotImplemented")
    wrong = alice.query("com.atproto.repo.putRecord")
    assert alice.refusal(wrong)[:2] == (400, "InvalidRequest")


def test_a_wrong_control_order_is_refused(pds: SandboxProcess, alice: Author) -> None:
    for path, order in (
        ("accounts", {"count": 0}),
        ("accounts", {"prefix": "Bad Prefix"}),
        ("tokens", {"accessSeconds": -1}),
        (f"accounts/{alice.did}/revoke", {"password": "yes"}),
    ):
        assert httpx.post(f"{pds.control.url}/{path}", json=order).status_code == 400
    assert httpx.post(f"{pds.control.url}/accounts/did:plc:x/revoke").status_code == 404
