"""How a real Bluesky server starts, refreshes and ends sessions, as far as we lean on it."""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    # A conftest has no import path at run time.
    from tests.real.conftest import Caller, RealPds


def claims(token: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    return read


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]


@contextmanager
def stored_sessions(real_pds: RealPds) -> Iterator[sqlite3.Connection]:
    """Open the server's own table of refresh tokens, and commit at the end."""
    (path,) = real_pds.data.rglob("account.sqlite")
    with closing(sqlite3.connect(path, timeout=30)) as base, base:
        yield base


# Sessions


def test_a_session_by_app_password_says_who_it_is(real_pds: RealPds, caller: Caller) -> None:
    answer = caller.log_in(real_pds.create_app_password(caller.account, "another"))
    assert answer.status_code == 200
    session = answer.json()
    assert (session["did"], session["handle"]) == (caller.account.did, caller.account.handle)
    assert session["active"] is True
    access, refresh = claims(session["accessJwt"]), claims(session["refreshJwt"])
    assert (access["scope"], refresh["scope"]) == ("com.atproto.appPass", "com.atproto.refresh")
    assert access["exp"] - access["iat"] == 2 * 60 * 60
    assert refresh["exp"] - refresh["iat"] == 90 * 24 * 60 * 60


def test_a_wrong_password_and_an_unknown_account_answer_alike(caller: Caller) -> None:
    wrong = caller.log_in("wrong")
    login = {"identifier": "nobody.test", "password": "wrong"}
    unknown = caller.http.post("com.atproto.server.createSession", json=login)
    assert refusal(wrong) == refusal(unknown) == (401, "AuthenticationRequired")


def test_a_call_without_a_token_is_refused_by_401(http: httpx.Client) -> None:
    assert refusal(http.get("com.atproto.server.getSession")) == (401, "AuthMissing")


def test_an_expired_access_token_is_refused_by_400_and_a_name(
    real_pds: RealPds, caller: Caller
) -> None:
    answer = caller.get("com.atproto.server.getSession", token=real_pds.expire(caller.access))
    assert refusal(answer) == (400, "ExpiredToken")
    assert answer.json()["message"] == "Token has expired"


@pytest.mark.parametrize("token", ["garbage", "a.b.c"])
def test_a_garbage_access_token_is_refused_by_400_and_a_name(caller: Caller, token: str) -> None:
    answer = caller.get("com.atproto.server.getSession", token=token)
    assert refusal(answer) == (400, "InvalidToken")


def test_a_refresh_token_gives_no_access_and_the_reverse(caller: Caller) -> None:
    as_access = caller.get("com.atproto.server.getSession", token=caller.refresh)
    as_refresh = caller.send("com.atproto.server.refreshSession", token=caller.access)
    assert refusal(as_access) == refusal(as_refresh) == (400, "InvalidToken")


# Rotation


def test_a_refresh_gives_a_new_refresh_token(caller: Caller) -> None:
    answer = caller.send("com.atproto.server.refreshSession", token=caller.refresh)
    assert answer.status_code == 200
    assert claims(answer.json()["refreshJwt"])["jti"] != claims(caller.refresh)["jti"]


def test_an_old_refresh_token_gives_the_same_successor_again(caller: Caller) -> None:
    first = caller.send("com.atproto.server.refreshSession", token=caller.refresh).json()
    caller.send("com.atproto.server.refreshSession", token=first["refreshJwt"])
    again = caller.send("com.atproto.server.refreshSession", token=caller.refresh)
    assert again.status_code == 200
    assert claims(again.json()["refreshJwt"])["jti"] == claims(first["refreshJwt"])["jti"]


def test_an_old_refresh_token_dies_after_two_hours_and_takes_nothing_with_it(
    real_pds: RealPds, caller: Caller
) -> None:
    first = caller.send("com.atproto.server.refreshSession", token=caller.refresh).json()
    old = claims(caller.refresh)["jti"]
    with stored_sessions(real_pds) as base:
        row = base.execute("SELECT expiresAt FROM refresh_token WHERE id = ?", (old,)).fetchone()
        base.execute("UPDATE refresh_token SET expiresAt = '2020-01-01' WHERE id = ?", (old,))
    left = datetime.fromisoformat(row[0]).timestamp() - claims(first["accessJwt"])["iat"]
    assert left == pytest.approx(2 * 60 * 60, abs=30)
    late = caller.send("com.atproto.server.refreshSession", token=caller.refresh)
    assert refusal(late) == (400, "ExpiredToken")
    assert late.json()["message"] == "Token has been revoked"
    successor = caller.send("com.atproto.server.refreshSession", token=first["refreshJwt"])
    assert successor.status_code == 200


def test_a_refresh_token_that_ran_out_is_refused_by_400_and_a_name(
    real_pds: RealPds, caller: Caller
) -> None:
    token = real_pds.expire(caller.refresh)
    answer = caller.send("com.atproto.server.refreshSession", token=token)
    assert refusal(answer) == (400, "ExpiredToken")


def test_a_deleted_session_refreshes_no_more_but_its_access_token_lives_on(caller: Caller) -> None:
    deleted = caller.send("com.atproto.server.deleteSession", token=caller.refresh)
    assert (deleted.status_code, deleted.content) == (200, b"")
    answer = caller.send("com.atproto.server.refreshSession", token=caller.refresh)
    assert refusal(answer) == (400, "ExpiredToken")
    assert answer.json()["message"] == "Token has been revoked"
    assert caller.get("com.atproto.server.getSession").status_code == 200


def test_a_revoked_app_password_refreshes_no_more_but_its_access_token_lives_on(
    real_pds: RealPds, caller: Caller
) -> None:
    owner = caller.log_in(caller.account.password).json()["accessJwt"]
    password = real_pds.create_app_password(caller.account, "gone")
    session = caller.log_in(password).json()
    caller.send("com.atproto.server.revokeAppPassword", {"name": "gone"}, token=owner)
    answer = caller.send("com.atproto.server.refreshSession", token=session["refreshJwt"])
    assert refusal(answer) == (400, "ExpiredToken")
    assert refusal(caller.log_in(password)) == (401, "AuthenticationRequired")
    alive = caller.get("com.atproto.server.getSession", token=session["accessJwt"])
    assert alive.status_code == 200
