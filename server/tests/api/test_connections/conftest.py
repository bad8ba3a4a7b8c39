"""Practice X and YouTube with their consent pages, a server that knows them, and people."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
import pytest

from mpcas2_sandbox import Control, SandboxProcess

CLIENT_ID, CLIENT_SECRET = "practice-client", "practice-secret"
NETWORKS = {
    "twitter": ("API_URL", "WEB_URL"),
    "youtube": ("API_URL", "ACCOUNTS_URL", "TOKEN_URL", "WEB_URL"),
}
TOKEN_PATHS = {"twitter": "/2/oauth2/token", "youtube": "^/token$"}
TITLES = {"twitter": "X", "youtube": "YouTube"}


class Started(NamedTuple):
    """A connection that waits for its person."""

    url: str
    id: str

    @property
    def state(self) -> str:
        return parse_qs(urlsplit(self.url).query)["state"][0]


class Stage:
    """A server and a practice network with a consent page, and what people do with both."""

    def __init__(self, server: Any, key: str, network: SandboxProcess) -> None:
        self.server = server
        self.key = key
        self.title = TITLES[key]
        self.token_path = TOKEN_PATHS[key]
        self.network = network
        self.control: Control = network.control
        self.root = server.url.removesuffix("/api/v1")

    def someone(self, count: int = 1) -> list[str]:
        """Makes accounts at the network that nobody used before, and gives their handles."""
        order = {"count": count, "prefix": f"u{uuid4().hex[:7]}"}
        made = self.control.call("POST", "accounts", order)["accounts"]
        return [one["handle"] for one in made]

    def start(self, person: Any, account_id: str | None = None) -> Started:
        body = {"platform": self.key} | ({"accountId": account_id} if account_id else {})
        answer = person.http.post("/social-accounts", json=body)
        assert answer.status_code == 200, answer.text
        assert "connectionId" in answer.json()
        return Started(answer.json()["authUrl"], answer.json()["connectionId"])

    def consent(
        self, started: Started, handle: str, *, deny: bool = False, withhold: Sequence[str] = ()
    ) -> str:
        """Does what a person does on the consent page; gives where the network sends them back."""
        order = {"url": started.url, "account": handle, "deny": deny, "withhold": list(withhold)}
        location: str = self.control.call("POST", "oauth/consent", order)["location"]
        return location

    def back(self, location: str) -> httpx.Response:
        """Follows the way back, to the address of the server under test."""
        return httpx.get(self.here(location), timeout=60)

    def here(self, location: str) -> str:
        parts = urlsplit(location)
        assert parts.path == f"/oauth/callback/{self.key}"
        return f"{self.root}{parts.path}?{parts.query}"

    def shown(self, person: Any, started: Started) -> Any:
        answer = person.http.get(f"/social-accounts/connections/{started.id}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def connect(self, person: Any, handle: str, account_id: str | None = None) -> Any:
        """Connects an account from start to end, and gives the connection."""
        started = self.start(person, account_id)
        page = self.back(self.consent(started, handle))
        assert page.status_code == 200, page.text
        shown = self.shown(person, started)
        assert shown["state"] == "connected", shown
        return shown

    def failed(self, person: Any, started: Started, page: httpx.Response, code: str) -> str:
        """Checks that page and connection tell the same failure; gives its words."""
        assert page.status_code == 400
        assert page.headers["content-type"].startswith("text/html")
        shown = self.shown(person, started)
        assert (shown["state"], shown["error"]["code"]) == ("failed", code), shown
        assert f"<code>{code}</code>" in page.text
        words: str = shown["error"]["message"]
        assert words.endswith(".")
        assert "accountId" not in shown
        assert self.grants_held(person) == 0
        return words

    def grants_held(self, person: Any) -> int:
        """Counts the grants that the tenant holds."""
        return int(person.rows("grants"))

    def exchanges(self) -> int:
        """Counts the requests for a grant that reached the network."""
        return sum(bool(re.search(self.token_path, one.path)) for one in self.control.requests())

    def counters(self) -> Mapping[str, int]:
        counted: Mapping[str, int] = self.control.call("GET", "oauth/counters")
        return counted


@pytest.fixture(scope="session")
def networks() -> Iterator[dict[str, SandboxProcess]]:
    with ExitStack() as stack:
        yield {key: stack.enter_context(SandboxProcess(key)) for key in NETWORKS}


@pytest.fixture(scope="session")
def consent_settings(networks: dict[str, SandboxProcess]) -> dict[str, str]:
    """What an operator sets for practice networks with consent pages."""
    settings: dict[str, str] = {}
    for key, names in NETWORKS.items():
        prefix = key.upper()
        settings |= {f"MPCAS2_{prefix}_{name}": networks[key].url for name in names}
        settings |= {f"{prefix}_CLIENT_ID": CLIENT_ID, f"{prefix}_CLIENT_SECRET": CLIENT_SECRET}
    return settings


@pytest.fixture(scope="session")
def consent_server(
    start_server: Any,
    database_url: str,
    redis_url: str,
    consent_settings: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Any]:
    home = tmp_path_factory.mktemp("consent")
    with start_server(database_url, redis_url, home, consent_settings) as running:
        yield running


@pytest.fixture
def person(consent_server: Any, sign_up: Any) -> Iterator[Any]:
    """Somebody with a fresh tenant on the server that knows consent pages."""
    with sign_up(consent_server) as somebody:
        yield somebody


@pytest.fixture
def stranger(consent_server: Any, sign_up: Any) -> Iterator[Any]:
    with sign_up(consent_server) as somebody:
        yield somebody


def _staged(server: Any, key: str, networks: dict[str, SandboxProcess]) -> Iterator[Stage]:
    network = networks[key]
    network.control.reset()
    yield Stage(server, key, network)
    network.control.clear_faults()
    network.control.release_all("cut")


@pytest.fixture(params=sorted(NETWORKS))
def stage(
    request: pytest.FixtureRequest, consent_server: Any, networks: dict[str, SandboxProcess]
) -> Iterator[Stage]:
    """Each network with a consent page in turn."""
    yield from _staged(consent_server, request.param, networks)


@pytest.fixture
def youtube(consent_server: Any, networks: dict[str, SandboxProcess]) -> Iterator[Stage]:
    yield from _staged(consent_server, "youtube", networks)


@pytest.fixture
def twitter(consent_server: Any, networks: dict[str, SandboxProcess]) -> Iterator[Stage]:
    yield from _staged(consent_server, "twitter", networks)
