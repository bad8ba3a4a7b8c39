"""The pages after a consent page: what they say, and that nobody's words become markup."""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any
from uuid import uuid4

import pytest

from mpcas2_core.accounts import AccountRow, FlowView, LatePolicy
from mpcas2_core.accounts.flows import ConnectFlow
from mpcas2_hookspecs import AccountProfile, Connection, Grant
from mpcas2_server.pages.consent import _ended

HOSTILE = "\"><script>alert('x')</script>&amp;"


def flow(**more: Any) -> ConnectFlow:
    usual: dict[str, Any] = {
        "id": uuid4(),
        "user_id": uuid4(),
        "platform": "youtube",
        "wanted_account_id": None,
        "client_id": "client",
        "redirect_uri": "http://127.0.0.1:3001/oauth/callback/youtube",
        "sealed": b"",
        "state": "failed",
        "code": None,
        "message": None,
        "account_id": None,
        "is_new": None,
        "expires_at": datetime.now(UTC) + timedelta(minutes=10),
    }
    return ConnectFlow(**{**usual, **more})


def account(username: str) -> AccountRow:
    return AccountRow(
        id=uuid4(),
        platform="youtube",
        platform_account_id="UC1",
        username=username,
        display_name=None,
        avatar_url=None,
        data={},
        status="connected",
        status_reason=None,
        late_policy=LatePolicy(),
        connected_at=datetime.now(UTC),
    )


def choice(number: str, username: str, name: str | None = None) -> Connection:
    profile = AccountProfile(platform_account_id=number, username=username, display_name=name)
    return Connection(profile=profile, grant=Grant(access_token="the-token-of-a-choice"))


def connected(username: str = "ada", *, is_new: bool = True) -> FlowView:
    return FlowView(
        tenant="Studio",
        flow=flow(state="connected", is_new=is_new),
        state="s",
        account=account(username),
    )


def choosing(*choices: Connection) -> FlowView:
    return FlowView(
        tenant="Studio", flow=flow(state="choosing"), state="the.signed-state", choices=choices
    )


def failed(message: str | None, code: str = "CONSENT_DENIED") -> FlowView:
    return FlowView(
        tenant="Studio", flow=flow(state="failed", code=code, message=message), state="s"
    )


class Read(HTMLParser):
    """The elements and the text of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def read(view: FlowView, title: str = "YouTube", *, status: int = 200) -> Read:
    response = _ended(view, title)
    assert response.status_code == status
    page = Read()
    page.feed(response.content)
    return page


def test_a_connected_account_is_named() -> None:
    page = read(connected())
    assert "@ada is connected to YouTube" in page.text
    assert "It belongs to Studio now" in page.text
    again = read(connected(is_new=False)).text
    assert "its planned posts go on" in again


def test_a_failure_says_its_words_and_its_code() -> None:
    page = read(failed("The permission was not given."), status=400)
    assert "YouTube was not connected" in page.text
    assert "The permission was not given." in page.text
    assert "CONSENT_DENIED" in page.text


def test_work_under_way_asks_to_reload() -> None:
    page = read(FlowView(tenant="Studio", flow=flow(state="working"), state="s"), status=202)
    assert "Reload this page" in page.text


def test_a_choice_is_a_form_that_works_without_scripts() -> None:
    page = read(choosing(choice("UC1", "ada", "Ada Films"), choice("UC2", "bob")))
    (form,) = page.all("form")
    assert (form["method"], form["action"]) == ("post", "/oauth/choice")
    fields = page.all("input")
    assert [(one["type"], one["name"], one["value"]) for one in fields] == [
        ("hidden", "state", "the.signed-state"),
        ("radio", "account", "UC1"),
        ("radio", "account", "UC2"),
    ]
    assert ["checked" in one for one in fields[1:]] == [True, False]
    assert "Ada Films" in page.text
    assert page.all("script") == []
    assert "the-token-of-a-choice" not in str(page.elements) + page.text


@pytest.mark.parametrize(
    ("view", "status"),
    [
        (connected(HOSTILE), 200),
        (failed(HOSTILE, HOSTILE), 400),
        (choosing(choice(HOSTILE, HOSTILE, HOSTILE), choice("2", HOSTILE)), 200),
    ],
)
def test_nobodys_words_become_markup(view: FlowView, status: int) -> None:
    page = read(view, HOSTILE, status=status)
    assert page.all("script") == []
    assert HOSTILE in page.text
    assert len(page.all("main")) == 1


def test_a_page_loads_nothing_and_may_not() -> None:
    response = _ended(connected(), "YouTube")
    body = response.content
    assert not re.search(r"(src|href)=|url\(|@import", body)
    style = re.search(r"<style>(.*?)</style>", body, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policy = response.headers["content-security-policy"]
    assert f"style-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert response.headers["cache-control"] == "no-store"


def test_a_reader_without_sight_knows_language_and_title() -> None:
    page = read(choosing(choice("UC1", "ada"), choice("UC2", "bob")))
    assert page.all("html") == [{"lang": "en"}]
    assert len(page.all("h1")) == len(page.all("title")) == 1
    # Every choice has a label that can be clicked.
    assert len(page.all("label")) == 2
    assert page.all("fieldset") == [{"aria-labelledby": "which"}]
    assert page.all("h1") == [{"id": "which"}]
