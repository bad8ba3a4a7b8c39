"""The installation's app and a tenant's own: which is asked with, shown, kept and changed."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

# `stage` is a Stage of the conftest beside this file, which tests cannot import.
Stage = Any
Person = Any

SECRET = "an-own-secret-that-nobody-may-see"


def registered(stage: Stage, client_id: str) -> dict[str, str]:
    """Registers an app with the network, and gives what a tenant sets of it."""
    order = {"clientId": client_id, "clientSecret": SECRET, "anyLoopback": True}
    stage.control.call("POST", "oauth/clients", order)
    return {"clientId": client_id, "clientSecret": SECRET}


def named(started: Any) -> str:
    return str(parse_qs(urlsplit(started.url).query)["client_id"][0])


def test_the_installations_app_is_shown_without_its_secret(stage: Stage, person: Person) -> None:
    answer = person.http.get(f"/platforms/{stage.key}/app")
    assert answer.json() == {
        "owner": "installation",
        "clientId": "practice-client",
        "redirectUri": answer.json()["redirectUri"],
    }
    query = parse_qs(urlsplit(stage.start(person).url).query)
    assert query["redirect_uri"] == [answer.json()["redirectUri"]]
    assert "practice-secret" not in answer.text


def test_a_tenants_own_app_goes_first_and_only_for_this_tenant(
    stage: Stage, person: Person, stranger: Person
) -> None:
    path = f"/platforms/{stage.key}/app"
    answer = person.http.put(path, json=registered(stage, "own-client"))
    assert answer.status_code == 200
    assert (answer.json()["owner"], answer.json()["clientId"]) == ("tenant", "own-client")
    assert SECRET not in answer.text
    assert named(stage.start(person)) == "own-client"
    assert named(stage.start(stranger)) == "practice-client"

    (handle,) = stage.someone()
    stage.connect(person, handle)
    (grant,) = stage.control.call("GET", f"oauth/grants?account={handle}")["grants"]
    assert grant["clientId"] == "own-client"

    assert person.http.delete(path).json()["owner"] == "installation"
    assert named(stage.start(person)) == "practice-client"
    for row in person.server.sql(f'SELECT t::text AS row FROM "{person.schema}".oauth_apps t'):
        assert SECRET not in row["row"]


def test_a_person_on_the_consent_page_ends_with_the_app_that_the_page_named(
    stage: Stage, person: Person
) -> None:
    path = f"/platforms/{stage.key}/app"
    person.http.put(path, json=registered(stage, "own-client"))
    started = stage.start(person)
    (handle,) = stage.someone()
    location = stage.consent(started, handle)
    person.http.delete(path)
    person.http.put(path, json=registered(stage, "newer-client"))
    assert stage.back(location).status_code == 200
    assert stage.shown(person, started)["state"] == "connected"


def test_an_app_that_nobody_has_any_more_is_told(stage: Stage, person: Person) -> None:
    started = stage.start(person)
    (handle,) = stage.someone()
    location = stage.consent(started, handle)
    person.server.sql(f"UPDATE \"{person.schema}\".connect_flows SET client_id = 'removed'")
    page = stage.back(location)
    words = stage.failed(person, started, page, "OAUTH_APP_MISSING")
    assert "removed meanwhile" in words
    assert stage.exchanges() == 0


def test_without_any_app_it_is_said_what_to_register_and_set(
    start_server: Any,
    sign_up: Any,
    database_url: str,
    redis_url: str,
    tmp_path: Any,
    refused: Any,
) -> None:
    settings = {"MPCAS2_PUBLIC_URL": "https://posts.example.org/"}
    with (
        start_server(database_url, redis_url, tmp_path, settings) as server,
        sign_up(server) as person,
    ):
        answer = person.http.post("/social-accounts", json={"platform": "youtube"})
        error = refused(answer, 409, "OAUTH_APP_MISSING")
        redirect = "https://posts.example.org/oauth/callback/youtube"
        assert redirect in error["message"]
        assert "`mpcas2 account app youtube`" in error["message"]
        assert error["details"] == {
            "platform": "youtube",
            "redirectUri": redirect,
            "variables": ["YOUTUBE_CLIENT_ID", "YOUTUBE_CLIENT_SECRET"],
        }
        shown = person.http.get("/platforms/youtube/app").json()
        assert shown == {"owner": "none", "redirectUri": redirect}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"clientId": ""},
        {"clientId": "   ", "clientSecret": "x"},
        {"clientId": "x", "clientSecret": ""},
        {"clientId": "x" * 1001, "clientSecret": "x"},
        {"clientId": "x", "secret": "x"},
    ],
)
def test_an_app_that_cannot_be_one_is_refused(
    youtube: Stage, person: Person, refused: Any, body: Any
) -> None:
    answer = person.http.put("/platforms/youtube/app", json=body)
    refused(answer, 400, "VALIDATION_ERROR")
    assert person.rows("oauth_apps") == 0


def test_networks_with_a_form_have_no_app(person: Person, refused: Any) -> None:
    for call in (person.http.get, person.http.delete):
        refused(call("/platforms/bluesky/app"), 400, "CONNECT_UNSUPPORTED")
    answer = person.http.put("/platforms/bluesky/app", json={"clientId": "x"})
    refused(answer, 400, "CONNECT_UNSUPPORTED")
    refused(person.http.get("/platforms/myspace/app"), 404, "UNKNOWN_PLATFORM")
