"""What an account is and does now is asked of its network, and what ends is said in time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest


@pytest.fixture
def account(person: Any, stand: Any, visit: Any) -> str:
    account_id: str = visit(person, stand.place).back()["accountId"]
    return f"/social-accounts/{account_id}"


def test_an_account_says_until_when_it_has_to_be_connected_again(person: Any, account: str) -> None:
    shown = person.http.get(account).json()
    assert shown["reconnectBy"] == shown["tokenExpiresAt"]
    ends, now = (datetime.fromisoformat(shown[key]) for key in ("reconnectBy", "connectedAt"))
    assert timedelta(days=59) < ends - now < timedelta(days=61)
    assert person.http.get("/social-accounts").json()["data"] == [shown]


def test_a_profile_is_read_anew(person: Any, stand: Any, account: str) -> None:
    before = person.http.get(account).json()
    stand.name = "countess"
    answer = person.http.post(f"{account}/refresh")
    assert answer.status_code == 200
    assert answer.json()["username"] == "countess"
    assert answer.json()["profileReadAt"] > before["profileReadAt"]
    assert person.http.get(account).json() == answer.json()


def test_a_key_that_comes_twice_asks_the_network_once(
    person: Any, stand: Any, account: str
) -> None:
    headers = {"idempotency-key": str(uuid4())}
    first = person.http.post(f"{account}/refresh", headers=headers)
    stand.name = "countess"
    again = person.http.post(f"{account}/refresh", headers=headers)
    assert first.content == again.content
    assert person.http.get(account).json()["username"] == "ada"


def test_figures_are_asked_of_the_network(person: Any, account: str) -> None:
    figures = person.http.get(f"{account}/metrics").json()
    assert figures == {
        "accountId": account.rpartition("/")[2],
        "followers": 7,
        "more": {"balloons": 99.0},
    }


@pytest.mark.parametrize(("method", "path"), [("POST", "refresh"), ("GET", "metrics")])
def test_who_may_not_ask_is_told_why(
    person: Any, stranger: Any, stand: Any, account: str, refused: Any, method: str, path: str
) -> None:
    refused(stranger.http.request(method, f"{account}/{path}"), 404, "NOT_FOUND")
    refused(person.http.request(method, f"/social-accounts/{uuid4()}/{path}"), 404, "NOT_FOUND")
    stand.close()
    refused(person.http.request(method, f"{account}/{path}"), 502, "NETWORK_UNAVAILABLE")
    person.http.delete(account)
    refused(person.http.request(method, f"{account}/{path}"), 409, "ACCOUNT_NOT_CONNECTED")


def test_a_network_without_the_ability_says_so(person: Any, account: str, refused: Any) -> None:
    person.server.sql(f"UPDATE \"{person.schema}\".social_accounts SET platform = 'fair-dialect'")
    refused(person.http.post(f"{account}/refresh"), 400, "PROFILE_UNSUPPORTED")
    refused(person.http.get(f"{account}/metrics"), 400, "METRICS_UNSUPPORTED")
