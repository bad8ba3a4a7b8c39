"""A permission that is good for several accounts lets the person choose one, on a page."""

from __future__ import annotations

import html
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

# `youtube` is a Stage of the conftest beside this file, which tests cannot import.
Stage = Any
Person = Any


def to_choice(stage: Stage, person: Person) -> tuple[Any, httpx.Response, list[str]]:
    """Comes back from the consent page as somebody with two channels."""
    started = stage.start(person)
    page = stage.back(stage.consent(started, "duo"))
    assert page.status_code == 200
    values = re.findall(r'type="radio"[^>]*value="([^"]*)"', page.text)
    return started, page, [html.unescape(one) for one in values]


def choose(stage: Stage, state: str, account: str) -> httpx.Response:
    form = {"state": state, "account": account}
    return httpx.post(f"{stage.root}/oauth/choice", data=form, timeout=60)


def test_the_page_offers_every_account_and_connects_the_chosen_one(
    youtube: Stage, person: Person
) -> None:
    started, page, values = to_choice(youtube, person)
    shown = youtube.shown(person, started)
    assert shown["state"] == "choosing"
    assert [one["platformAccountId"] for one in shown["choices"]] == values
    assert "Duo Main" in page.text
    assert "Duo Second" in page.text
    assert 'action="/oauth/choice"' in page.text
    assert f'name="state" value="{started.state}"' in page.text
    assert person.rows("social_accounts") == 0

    done = choose(youtube, started.state, values[1])
    assert done.status_code == 200
    shown = youtube.shown(person, started)
    assert (shown["state"], shown["isNew"], shown["choices"]) == ("connected", True, [])
    account = person.http.get(f"/social-accounts/{shown['accountId']}").json()
    assert account["platformAccountId"] == values[1]
    assert f"@{account['username']} is connected" in done.text


def test_choosing_twice_keeps_the_first_choice(youtube: Stage, person: Person) -> None:
    started, _, values = to_choice(youtube, person)
    first = choose(youtube, started.state, values[0])
    second = choose(youtube, started.state, values[1])
    assert second.status_code == 200
    assert second.text == first.text
    assert person.rows("social_accounts") == person.rows("grants") == 1


def test_two_choices_at_one_moment_connect_one_account(youtube: Stage, person: Person) -> None:
    started, _, values = to_choice(youtube, person)
    with ThreadPoolExecutor(6) as threads:
        pages = list(threads.map(lambda n: choose(youtube, started.state, values[n % 2]), range(6)))
    assert {page.status_code for page in pages} == {200}
    assert len({page.text for page in pages}) == 1
    assert person.rows("social_accounts") == person.rows("grants") == 1


def test_an_account_that_was_not_offered_is_refused_and_the_choice_stays_open(
    youtube: Stage, person: Person
) -> None:
    started, _, values = to_choice(youtube, person)
    for account in ("", "UC-somebody-else"):
        page = choose(youtube, started.state, account)
        assert page.status_code == 400
        assert "none of the accounts" in page.text
    assert person.rows("social_accounts") == 0
    assert choose(youtube, started.state, values[0]).status_code == 200
    assert youtube.shown(person, started)["state"] == "connected"


def test_a_choice_needs_the_signed_state(youtube: Stage, person: Person) -> None:
    started, _, values = to_choice(youtube, person)
    for state in ("", "x", started.state[:-4] + "AAAA"):
        page = choose(youtube, state, values[0])
        assert page.status_code == 400
        assert "not made by this installation" in page.text
    assert youtube.shown(person, started)["state"] == "choosing"


def test_a_choice_that_is_not_made_in_time_is_over(youtube: Stage, person: Person) -> None:
    started, _, values = to_choice(youtube, person)
    person.server.sql(f'UPDATE "{person.schema}".connect_flows SET expires_at = now()')
    page = choose(youtube, started.state, values[0])
    assert page.status_code == 400
    assert "15 minutes" in page.text
    assert person.rows("social_accounts") == person.rows("grants") == 0


def test_the_callback_shows_the_choice_again_when_it_is_loaded_again(
    youtube: Stage, person: Person
) -> None:
    started = youtube.start(person)
    location = youtube.consent(started, "duo")
    assert youtube.back(location).text == youtube.back(location).text
    assert youtube.exchanges() == 1


def test_an_account_that_is_to_be_connected_anew_needs_no_choice(
    youtube: Stage, person: Person
) -> None:
    started, _, values = to_choice(youtube, person)
    choose(youtube, started.state, values[1])
    account = youtube.shown(person, started)["accountId"]
    assert youtube.connect(person, "duo", account)["accountId"] == account
