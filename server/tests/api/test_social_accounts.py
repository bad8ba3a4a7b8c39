from typing import Any
from uuid import uuid4

import pytest

CREDENTIALS = {"identifier": "ada.test", "appPassword": "abcd-efgh-ijkl-mnop"}


def connect(person: Any, credentials: Any, **more: Any) -> Any:
    body = {"platform": "bluesky", "credentials": credentials}
    return person.http.post("/social-accounts", json=body, **more)


def test_the_platform_says_how_it_is_connected_and_what_it_takes(person: Any) -> None:
    (bluesky,) = [
        one for one in person.http.get("/platforms").json()["data"] if one["key"] == "bluesky"
    ]
    assert bluesky["title"] == "Bluesky"
    assert bluesky["connect"]["kind"] == "form"
    fields = {field["name"]: field for field in bluesky["connect"]["fields"]}
    assert fields["appPassword"]["secret"] is True
    assert fields["identifier"]["required"] is True
    assert bluesky["limits"]["text"]["maxLength"] == 300
    assert bluesky["limits"]["text"]["unit"] == "graphemes"
    assert "$defs" in bluesky["options"] or "properties" in bluesky["options"]


def test_plugins_are_listed_with_their_state(person: Any) -> None:
    (plugin,) = [
        one for one in person.http.get("/plugins").json()["data"] if one["key"] == "bluesky"
    ]
    assert plugin["status"] == "enabled"
    assert plugin["platforms"] == ["bluesky"]
    assert "reason" not in plugin


def test_without_credentials_the_form_is_named(person: Any, refused: Any) -> None:
    answer = person.http.post("/social-accounts", json={"platform": "bluesky"})
    error = refused(answer, 400, "CREDENTIALS_REQUIRED")
    assert "appPassword" in {field["name"] for field in error["details"]["fields"]}


def test_an_account_is_connected_shown_and_listed(person: Any, bluesky: Any) -> None:
    credentials = bluesky.account()
    answer = connect(person, credentials)

    assert answer.status_code == 201
    account = answer.json()
    assert account["username"] == credentials["identifier"]
    assert account["platformAccountId"].startswith("did:")
    assert account["status"] == "connected"
    assert account["latePolicy"] == {"withinMinutes": 60, "otherwise": "ask"}
    assert None not in account.values()
    assert person.http.get(f"/social-accounts/{account['id']}").json() == account
    assert person.http.get("/social-accounts").json() == {
        "data": [account],
        "pagination": {"page": 1, "limit": 20, "total": 1, "totalPages": 1},
    }
    assert person.http.get("/social-accounts?platform=mastodon").json()["data"] == []


def test_connecting_again_keeps_the_account(person: Any, bluesky: Any) -> None:
    credentials = bluesky.account()
    first = connect(person, credentials)
    again = connect(person, credentials)
    assert again.status_code == 200
    assert again.json()["id"] == first.json()["id"]
    assert person.rows("social_accounts") == 1


def test_a_connection_sent_twice_with_one_key_asks_the_network_once(
    person: Any, bluesky: Any
) -> None:
    credentials, headers = bluesky.account(), {"idempotency-key": str(uuid4())}

    def asked() -> Any:
        logged = bluesky.process.control.call("GET", "requests?after=0")
        return sum("createSession" in each["path"] for each in logged["requests"])

    before = asked()
    first = connect(person, credentials, headers=headers)
    again = connect(person, credentials, headers=headers)
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert asked() == before + 1


def test_neither_password_nor_token_is_stored_in_the_open(person: Any, bluesky: Any) -> None:
    credentials = bluesky.account()
    connect(person, credentials, headers={"idempotency-key": str(uuid4())})
    for table in ("social_accounts", "grants", "replays"):
        for row in person.server.sql(f'SELECT t::text AS row FROM "{person.schema}".{table} t'):
            assert credentials["appPassword"] not in row["row"]
            assert "eyJ" not in row["row"]


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"appPassword": None}, "VALIDATION_ERROR", "credentials.appPassword"),
        ({"identifier": "   "}, "VALIDATION_ERROR", "credentials.identifier"),
        ({"colour": "red"}, "VALIDATION_ERROR", "credentials.colour"),
        ({"appPassword": "wrong-wrong-wrong-wron"}, "CREDENTIALS_REFUSED", None),
    ],
)
def test_bad_credentials_are_refused_and_leave_nothing(
    person: Any, bluesky: Any, refused: Any, change: Any, code: Any, field: Any
) -> None:
    merged = {**bluesky.account(), **change}
    credentials = {name: value for name, value in merged.items() if value is not None}
    error = refused(connect(person, credentials), 400, code)
    if field:
        assert error["details"]["field"] == field
    assert person.rows("social_accounts") == person.rows("grants") == 0


def test_a_network_that_is_away_is_no_fault_of_the_credentials(person: Any, refused: Any) -> None:
    credentials = {**CREDENTIALS, "server": "http://127.0.0.1:9"}
    refused(connect(person, credentials), 502, "NETWORK_UNAVAILABLE")
    assert person.rows("social_accounts") == 0


def test_a_platform_without_a_plugin_is_named_with_those_there_are(
    person: Any, refused: Any
) -> None:
    body = {"platform": "myspace", "credentials": {}}
    error = refused(person.http.post("/social-accounts", json=body), 404, "UNKNOWN_PLATFORM")
    assert "bluesky" in error["message"]


def test_the_late_policy_is_changed(person: Any, bluesky: Any) -> None:
    address = f"/social-accounts/{bluesky.connect(person)}"
    policy = {"withinMinutes": 5, "otherwise": "skip"}
    answer = person.http.patch(address, json={"latePolicy": policy})
    assert answer.status_code == 200
    assert answer.json()["latePolicy"] == policy
    assert person.http.get(address).json()["latePolicy"] == policy


@pytest.mark.parametrize(
    "policy",
    [
        {},
        {"withinMinutes": -1, "otherwise": "ask"},
        {"withinMinutes": 10**12, "otherwise": "ask"},
        {"withinMinutes": 1.5, "otherwise": "ask"},
        {"withinMinutes": 5, "otherwise": "burn"},
        {"withinMinutes": 5},
    ],
)
def test_a_bad_late_policy_is_refused(person: Any, bluesky: Any, refused: Any, policy: Any) -> None:
    address = f"/social-accounts/{bluesky.connect(person)}"
    refused(person.http.patch(address, json={"latePolicy": policy}), 400, "VALIDATION_ERROR")


def test_disconnecting_cancels_what_waits_and_says_so(person: Any, bluesky: Any) -> None:
    account = bluesky.connect(person)
    job = person.http.post(
        "/publish",
        json={
            "contentId": person.text(),
            "accounts": [{"socialAccountId": account, "platform": "bluesky"}],
            "scheduleAt": "2030-01-31T09:00:00Z",
        },
    ).json()["jobs"][0]

    answer = person.http.delete(f"/social-accounts/{account}")
    assert answer.status_code == 200
    assert answer.json() == {
        "id": account,
        "status": "disconnected",
        "cancelledJobs": [job["id"]],
    }
    assert person.http.get(f"/jobs/{job['id']}").json()["status"] == "cancelled"
    shown = person.http.get(f"/social-accounts/{account}").json()
    assert shown["status"] == "disconnected"
    assert shown["statusReason"]
    assert person.rows("grants") == 0


def test_an_account_of_another_tenant_is_not_there(
    person: Any, stranger: Any, bluesky: Any, refused: Any
) -> None:
    address = f"/social-accounts/{bluesky.connect(stranger)}"
    policy = {"latePolicy": {"withinMinutes": 5, "otherwise": "skip"}}
    refused(person.http.get(address), 404, "NOT_FOUND")
    refused(person.http.patch(address, json=policy), 404, "NOT_FOUND")
    refused(person.http.delete(address), 404, "NOT_FOUND")
    assert stranger.http.get(address).json()["status"] == "connected"
    assert person.http.get("/social-accounts").json()["data"] == []
