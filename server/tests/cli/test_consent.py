"""Connecting on a consent page, and apps, from the command line's side of the wire."""

from __future__ import annotations

import json
import webbrowser
from collections.abc import Callable
from typing import Any

import pytest

from mpcas2_core.plugins import PluginHost
from mpcas2_core.settings import Settings
from mpcas2_server.cli import consent
from mpcas2_server.cli.checks_networks import apps, plugin_settings
from mpcas2_server.cli.figures import print_figures

ID = "01a208d1-306c-7238-8acd-93e2c8768395"
STARTED = {
    "authUrl": "https://x.example/authorize?state=abc",
    "connectionId": ID,
    "expiresAt": "2030-01-31T09:00:00Z",
}
CONNECTED = {"state": "connected", "accountId": ID, "username": "ada", "isNew": True}
NETWORKS = [
    {"key": "twitter", "title": "X", "connect": {"kind": "oauth", "fields": []}},
    {"key": "bluesky", "title": "Bluesky", "connect": {"kind": "form", "fields": []}},
]
Begin = Callable[..., Any]


@pytest.fixture
def begin(signed_in_there: Any, monkeypatch: pytest.MonkeyPatch, cli: Any) -> Callable[..., Any]:
    """Runs `account connect` against a server that tells one state after the other."""
    monkeypatch.setattr(consent, "_POLL_SECONDS", 0.001)

    def call(*arguments: str, states: list[dict[str, Any]]) -> Any:
        left = list(states)

        def reply(method: str, path: str) -> tuple[int, bytes]:
            place = path.partition("?")[0].removeprefix("/api/v1")
            if place == "/platforms":
                told: Any = {"data": NETWORKS}
            elif method == "POST":
                told = STARTED
            else:
                told = {"choices": [], **(left.pop(0) if len(left) > 1 else left[0])}
            return 200, json.dumps(told).encode()

        signed_in_there.reply = reply
        return cli("account", "connect", "twitter", *arguments)

    return call


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a browser was asked to open."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    seen: list[str] = []

    def remember(url: str) -> bool:
        seen.append(url)
        return True

    monkeypatch.setattr(webbrowser, "open", remember)
    return seen


def test_the_address_is_shown_and_the_end_is_waited_for(begin: Begin, opened: list[str]) -> None:
    done = begin(states=[{"state": "waiting"}, {"state": "working"}, CONNECTED])
    assert done.code == 0
    assert STARTED["authUrl"] in done.err.splitlines()
    assert done.out.startswith(f"Connected twitter:@ada ({ID}).")
    assert "--to twitter:@ada" in done.out
    assert opened == []


def test_a_browser_is_opened_where_there_is_a_display(
    begin: Begin, opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    assert "opens in your browser" in begin(states=[CONNECTED]).err
    assert opened == [STARTED["authUrl"]]
    for option in ("--no-browser", "--no-wait", "--json"):
        begin(option, states=[CONNECTED])
    assert opened == [STARTED["authUrl"]]


def test_only_a_web_page_is_opened(
    begin: Begin, opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setitem(STARTED, "authUrl", "file:///etc/passwd")
    begin(states=[CONNECTED])
    assert opened == []


def test_a_choice_is_said_once(begin: Begin) -> None:
    choosing = {"state": "choosing", "choices": [{"username": "a"}, {"username": "b\x1b[2J"}]}
    done = begin(states=[choosing, choosing, choosing, {**CONNECTED, "isNew": False}])
    assert done.err.count("choose one in the browser") == 1
    assert "@a, @b" in done.err
    assert "\x1b[2J" not in done.err
    assert "again; its planned posts go on" in done.out


def test_a_failure_keeps_the_servers_code_and_words(begin: Begin) -> None:
    error = {"code": "SCOPES_MISSING", "message": "Not everything was allowed."}
    failed = begin("--json", states=[{"state": "waiting"}, {"state": "failed", "error": error}])
    assert (failed.code, failed.out) == (1, "")
    address, _, told = failed.err.partition("\n")
    assert json.loads(address) == STARTED
    assert json.loads(told)["error"]["code"] == "SCOPES_MISSING"
    plain = begin(states=[{"state": "failed", "error": error}])
    assert plain.err.endswith("Error: Not everything was allowed.\n")


def test_ctrl_c_says_what_becomes_of_the_address(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", interrupt)
    stopped = begin(states=[{"state": "waiting"}])
    assert stopped.code == 130
    assert "stays good until 2030-01-31" in stopped.err
    assert "account list" in stopped.err


def test_fields_and_consent_pages_do_not_mix(begin: Begin, cli: Any) -> None:
    refused = begin("--field", "identifier=ada", states=[CONNECTED])
    assert refused.code == 2
    assert "consent page" in refused.err
    refused = cli("account", "connect", "bluesky", "--no-browser")
    assert refused.code == 2
    assert "no consent page" in refused.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("--remove", "--client-id", "x"),
        ("--client-secret-stdin",),
        ("--public-client",),
        ("--client-id", "x", "--public-client", "--client-secret-stdin"),
        ("--client-id", "x"),
        ("--client-id", "x", "--client-secret-stdin"),
    ],
)
@pytest.mark.usefixtures("signed_in_there")
def test_an_app_that_is_half_said_is_wrong_usage(arguments: tuple[str, ...], cli: Any) -> None:
    assert cli("account", "app", "twitter", *arguments).code == 2


def test_figures_have_a_column_for_what_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    print_figures(
        [
            {"index": 0, "postId": "1", "gone": False, "likes": 3, "more": {"quotes": 1.5}},
            {"index": 1, "postId": "2", "gone": True, "more": {}},
        ]
    )
    assert capsys.readouterr().out.splitlines() == [
        "PART\tLIKES\tQUOTES\tPOST",
        "1\t3\t1.5\t1",
        "2\t\t\tgone from the network",
    ]


def judged(**environ: str) -> dict[str, tuple[str, str]]:
    settings = Settings.load({"MPCAS2_PORT": "4000", **environ})
    return {
        one.message.partition(":")[0]: (one.level, f"{one.message} {one.advice}")
        for one in apps(settings, PluginHost.load(environ={}), environ)
    }


def test_doctor_says_which_app_there_is_and_what_to_register() -> None:
    told = judged(TWITTER_CLIENT_ID="id", MPCAS2_TWITTER_CLIENT_SECRET="hunter22")
    level, words = told["X"]
    assert level == "ok"
    assert "TWITTER_CLIENT_ID and MPCAS2_TWITTER_CLIENT_SECRET are set" in words
    assert "http://127.0.0.1:4000/oauth/callback/twitter" in words
    assert "hunter22" not in words


def test_doctor_sees_half_an_app() -> None:
    assert judged(TWITTER_CLIENT_ID="id")["X"][0] == "warn"
    assert judged(TWITTER_CLIENT_SECRET="s")["X"][0] == "fail"
    told = judged(TWITTER_CLIENT_ID_FILE="/nowhere/at/all").values()
    assert any(level == "fail" and "cannot be read" in words for level, words in told)


def test_doctor_has_one_line_for_all_networks_that_nobody_asked_for() -> None:
    told = judged(TWITTER_CLIENT_ID="id", TWITTER_CLIENT_SECRET="s")
    assert len(told) == 2
    (line,) = [words for title, (_, words) in told.items() if title != "X"]
    assert "YouTube" in line
    assert "Mastodon" not in line
    assert "http://127.0.0.1:4000/oauth/callback/KEY" in line


def test_doctor_lists_what_is_set_for_plugins() -> None:
    found = plugin_settings(
        PluginHost.load(environ={}), {"MPCAS2_TWITTER_API_URL": "http://127.0.0.1:9"}
    )
    assert [one.message for one in found] == ["MPCAS2_TWITTER_API_URL is http://127.0.0.1:9"]
