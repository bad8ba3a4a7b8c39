import base64
import hashlib
import http.client
import json
import os
import shutil
import urllib.parse
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from mpcas2_sandbox import ControlError, SandboxProcess
from mpcas2_sandbox.oauth import PRACTICE_CLIENT_ID, PRACTICE_CLIENT_SECRET

VERIFIER = "v" * 50
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
)
REDIRECT = "http://127.0.0.1:9/connect/callback"
ENTRY_POINTS = """[mpcas2.sandboxes]
rotating = oauth_network:rotating
lasting = oauth_network:lasting
"""


class Answer:
    def __init__(self, answer: http.client.HTTPResponse) -> None:
        self.status = answer.status
        self.headers = answer.headers
        self.body = answer.read()

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def back(self) -> dict[str, str]:
        """The query of the address that the answer redirects to."""
        assert self.status == 302, self.text
        location = self.headers["location"]
        assert location.startswith(REDIRECT)
        return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(location).query))


class Browser:
    """A person's browser and his app's server at once."""

    def __init__(self, sandbox: SandboxProcess) -> None:
        self.sandbox = sandbox
        self.control = sandbox.control
        parts = urllib.parse.urlsplit(sandbox.url)
        self._http = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=20)

    def close(self) -> None:
        self._http.close()

    def send(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        self._http.request(method, path, body, headers)
        return Answer(self._http.getresponse())

    def form(self, path: str, fields: Any, *, basic: str | None = "own") -> Answer:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if basic == "own":
            basic = f"{PRACTICE_CLIENT_ID}:{PRACTICE_CLIENT_SECRET}"
        if basic is not None:
            headers["Authorization"] = "Basic " + base64.b64encode(basic.encode()).decode()
        return self.send(
            "POST", path, urllib.parse.urlencode(fields, doseq=True).encode(), **headers
        )

    @staticmethod
    def ask(**changes: str | None) -> str:
        """Returns the path of the consent page for a request; None leaves a parameter out."""
        given = {
            "response_type": "code",
            "client_id": PRACTICE_CLIENT_ID,
            "redirect_uri": REDIRECT,
            "scope": "read write offline",
            "state": "s t&te",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            "access_type": "offline",
            **changes,
        }
        kept = {name: value for name, value in given.items() if value is not None}
        return "/authorize?" + urllib.parse.urlencode(kept)

    def consent(
        self, path: str | None = None, account: str = "ada", **order: Any
    ) -> dict[str, str]:
        order = {"url": self.sandbox.url + (path or self.ask()), "account": account, **order}
        location = self.control.call("POST", "oauth/consent", order)["location"]
        return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(location).query))

    def exchange(self, code: str, /, **changes: str) -> Answer:
        given = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": REDIRECT,
            "code_verifier": VERIFIER,
            **changes,
        }
        return self.form("/token", given)

    def refresh(self, token: str) -> Answer:
        return self.form("/token", {"grant_type": "refresh_token", "refresh_token": token})

    def connected(self, **changes: str | None) -> dict[str, Any]:
        answer = self.exchange(self.consent(self.ask(**changes))["code"])
        assert answer.status == 200, answer.text
        tokens: dict[str, Any] = answer.json()
        return tokens

    def me(self, token: str) -> Answer:
        return self.send("GET", "/me", Authorization=f"Bearer {token}")


class Form(HTMLParser):
    """Collects a page's form as a browser would send it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.method = ""
        self.fields: list[tuple[str, str]] = []
        self.buttons: list[tuple[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.method = given["method"]
            assert "action" not in given
        if tag == "button":
            self.buttons.append((given["name"], given["value"]))
        if tag == "input" and "checked" in given:
            self.fields.append((given["name"], given["value"]))


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    folder = tmp_path_factory.mktemp("club")
    shutil.copy(Path(__file__).with_name("oauth_network.py"), folder)
    info = folder / "oauth_network-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: oauth-network\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(folder), prepend=os.pathsep)
        yield


def browsers(key: str) -> Iterator[Browser]:
    with SandboxProcess(key) as process:
        browser = Browser(process)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def rotating_process(installed: None) -> Iterator[Browser]:
    yield from browsers("rotating")


@pytest.fixture(scope="module")
def lasting_process(installed: None) -> Iterator[Browser]:
    yield from browsers("lasting")


@pytest.fixture
def club(rotating_process: Browser) -> Browser:
    """A network with rotating refresh tokens, PKCE required and Basic only."""
    rotating_process.control.reset()
    return rotating_process


@pytest.fixture
def lasting(lasting_process: Browser) -> Browser:
    """A network whose refresh token lasts."""
    lasting_process.control.reset()
    return lasting_process


def test_a_person_consents_in_the_form_and_the_app_gets_tokens(club: Browser) -> None:
    page = club.send("GET", club.ask())
    assert page.status == 200
    assert "form-action 'self' http://127.0.0.1:9" in page.headers["content-security-policy"]
    assert "Your own MPCAS2 wants to use your Club account" in page.text
    assert "Bob &lt;b&gt;" in page.text
    form = Form(page.text)
    assert (form.method, form.buttons) == ("post", [("decision", "deny"), ("decision", "allow")])
    assert form.fields == [
        ("account", "ada"),
        ("scope", "read"),
        ("scope", "write"),
        ("scope", "offline"),
    ]
    back = club.form(club.ask(), [*form.fields, form.buttons[1]], basic=None).back
    assert back["state"] == "s t&te"
    tokens = club.exchange(back["code"]).json()
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 7200)
    assert tokens["scope"] == "read write offline"
    assert club.me(tokens["access_token"]).json()["handle"] == "ada"


def test_cancel_sends_the_person_back_with_access_denied(club: Browser) -> None:
    form = Form(club.send("GET", club.ask()).text)
    back = club.form(club.ask(), [*form.fields, form.buttons[0]], basic=None).back
    assert back == {"error": "access_denied", "state": "s t&te"}
    assert club.consent(deny=True)["error"] == "access_denied"
    assert club.control.call("GET", "oauth/counters")["denials"] == 2


def test_an_unticked_scope_is_missing_and_none_at_all_is_a_refusal(club: Browser) -> None:
    fields = [("account", "bob"), ("scope", "read"), ("decision", "allow")]
    tokens = club.exchange(club.form(club.ask(), fields, basic=None).back["code"]).json()
    assert tokens["scope"] == "read"
    assert "refresh_token" not in tokens
    assert club.me(tokens["access_token"]).json() == {"handle": "bob", "scopes": ["read"]}
    nothing = [("account", "bob"), ("decision", "allow")]
    back = club.form(club.ask(), nothing, basic=None).back
    assert back["error"] == "access_denied"


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "nobody"},
        {"client_id": None},
        {"redirect_uri": None},
        {"redirect_uri": "https://evil.example/callback"},
        {"redirect_uri": "http://127.0.0.1.evil.example/callback"},
        {"redirect_uri": "http://127.0.0.1:9/x#fragment"},
        {"redirect_uri": "javascript:alert(1)"},
    ],
)
def test_a_wrong_client_or_address_is_a_page_and_never_a_redirect(
    club: Browser, changes: dict[str, str | None]
) -> None:
    for method in ("GET", "POST"):
        page = club.send(method, club.ask(**changes))
        assert (page.status, page.headers["location"]) == (400, None)
        assert "<h1>This request cannot be shown</h1>" in page.text
    order = {"url": club.ask(**changes), "account": "ada"}
    with pytest.raises(ControlError, match="400"):
        club.control.call("POST", "oauth/consent", order)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "read fly"}, "invalid_scope"),
        ({"scope": None}, "invalid_scope"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge_method": "S512"}, "invalid_request"),
    ],
)
def test_other_wrong_requests_are_told_to_the_app(
    club: Browser, changes: dict[str, str | None], error: str
) -> None:
    back = club.send("GET", club.ask(**changes)).back
    assert (back["error"], back["state"]) == (error, "s t&te")
    assert club.consent(club.ask(**changes))["error"] == error


def test_a_registered_address_is_compared_letter_by_letter(club: Browser) -> None:
    client = {
        "clientId": "mine",
        "clientSecret": "s3",
        "redirectUris": ["https://app.example/cb"],
    }
    club.control.call("POST", "oauth/clients", client)
    fits = {"client_id": "mine", "redirect_uri": "https://app.example/cb"}
    page = club.send("GET", club.ask(**fits))
    assert page.status == 200
    assert "form-action 'self' https://app.example" in page.headers["content-security-policy"]
    for other in ("https://app.example/cb/", "https://app.example/cb?x=1", REDIRECT):
        assert club.send("GET", club.ask(**{**fits, "redirect_uri": other})).status == 400
    with pytest.raises(ControlError, match="absolute"):
        club.control.call("POST", "oauth/clients", {**client, "redirectUris": ["/cb"]})


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code": "invented"}, "invalid_grant"),
        ({"code": ""}, "invalid_request"),
        ({"redirect_uri": REDIRECT + "2"}, "invalid_grant"),
        ({"code_verifier": "w" * 50}, "invalid_grant"),
        ({"code_verifier": ""}, "invalid_grant"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": ""}, "unsupported_grant_type"),
    ],
)
def test_an_exchange_that_does_not_fit_is_refused(
    club: Browser, changes: dict[str, str], error: str
) -> None:
    code = club.consent()["code"]
    answer = club.exchange(code, **changes)
    assert (answer.status, answer.json()["error"]) == (400, error)
    assert answer.headers["cache-control"] == "no-store"
    assert club.exchange(code).status == 200


def test_a_code_dies_by_the_networks_clock(club: Browser) -> None:
    code = club.consent()["code"]
    club.control.advance_clock(31)
    assert club.exchange(code).json()["error"] == "invalid_grant"
    club.control.call("POST", "oauth/settings", {"codeSeconds": 600})
    code = club.consent()["code"]
    club.control.advance_clock(500)
    assert club.exchange(code).status == 200


def test_the_second_use_of_a_code_ends_what_the_first_one_gave(club: Browser) -> None:
    code = club.consent()["code"]
    tokens = club.exchange(code).json()
    assert club.exchange(code).json()["error"] == "invalid_grant"
    assert club.me(tokens["access_token"]).text == "revoked"
    assert club.refresh(tokens["refresh_token"]).status == 400
    (grant,) = club.control.call("GET", "oauth/grants")["grants"]
    assert grant["ended"] == "its authorization code was used twice"


@pytest.mark.parametrize(
    "basic", [None, "practice-client:wrong", "nobody:practice-secret", "practice-client"]
)
def test_a_client_that_does_not_prove_itself_is_refused(club: Browser, basic: str | None) -> None:
    fields = {"grant_type": "refresh_token", "refresh_token": "x"}
    answer = club.form("/token", fields, basic=basic)
    assert (answer.status, answer.json()["error"]) == (401, "invalid_client")
    assert answer.headers["www-authenticate"] == 'Basic realm="practice"'


def test_where_basic_is_the_rule_a_secret_in_the_form_is_no_proof(
    club: Browser, lasting: Browser
) -> None:
    fields = {
        "client_id": PRACTICE_CLIENT_ID,
        "client_secret": PRACTICE_CLIENT_SECRET,
        "grant_type": "refresh_token",
        "refresh_token": "x",
    }
    assert club.form("/token", fields, basic=None).status == 401
    assert lasting.form("/token", fields, basic=None).json()["error"] == "invalid_grant"


def test_a_public_client_proves_itself_by_its_verifier(lasting: Browser) -> None:
    lasting.control.call("POST", "oauth/clients", {"clientId": "open", "anyLoopback": True})
    asked = lasting.ask(client_id="open")
    code = lasting.consent(asked)["code"]
    fields = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT,
        "client_id": "open",
        "code_verifier": VERIFIER,
    }
    assert lasting.exchange(code).json()["error"] == "invalid_grant"  # it belongs to another
    assert lasting.form("/token", fields, basic=None).status == 200
    bare = lasting.ask(client_id="open", code_challenge=None, code_challenge_method=None)
    assert lasting.consent(bare)["error"] == "invalid_request"


def test_a_refresh_rotates_and_a_spent_token_ends_the_grant(club: Browser) -> None:
    first = club.connected()
    second = club.refresh(first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert club.me(second["access_token"]).status == 200
    assert club.refresh(first["refresh_token"]).json()["error"] == "invalid_grant"
    assert club.refresh(second["refresh_token"]).json()["error"] == "invalid_grant"
    assert club.me(second["access_token"]).text == "revoked"
    counted = club.control.call("GET", "oauth/counters")
    assert (counted["refreshes"], counted["refused_refreshes"]) == (1, 2)


def test_a_lasting_refresh_token_comes_once_and_goes_on_working(lasting: Browser) -> None:
    first = lasting.connected()
    for _ in range(2):
        answer = lasting.refresh(first["refresh_token"]).json()
        assert "refresh_token" not in answer
        assert lasting.me(answer["access_token"]).status == 200
    assert "refresh_token" not in lasting.connected()  # the person consented before
    assert "refresh_token" in lasting.connected(prompt="consent")
    assert "refresh_token" not in lasting.connected(prompt="consent", access_type=None)


def test_the_redirect_names_the_scopes_where_the_network_does(lasting: Browser) -> None:
    assert lasting.consent(withhold=["write"])["scope"] == "read offline"


def test_plain_challenges_are_taken_only_where_allowed(club: Browser, lasting: Browser) -> None:
    plain = {"code_challenge": VERIFIER, "code_challenge_method": "plain"}
    assert club.exchange(club.consent(club.ask(**plain))["code"]).status == 200
    assert lasting.consent(lasting.ask(**plain))["error"] == "invalid_request"


def test_a_bearer_token_tells_why_it_is_no_good(club: Browser) -> None:
    token = club.connected()["access_token"]
    assert club.send("GET", "/me").text == "missing"
    assert club.me("invented").text == "unknown"
    club.control.advance_clock(7200)
    assert club.me(token).text == "expired"
    club.control.call("POST", "oauth/accounts/ada/revoke")
    assert club.me(token).text == "revoked"


def test_revoking_a_token_ends_its_grant(club: Browser) -> None:
    tokens = club.connected()
    assert club.form("/revoke", {"token": "invented"}).status == 200
    assert club.form("/revoke", {}).json()["error"] == "invalid_request"
    assert club.form("/revoke", {"token": tokens["refresh_token"]}).json() == {"revoked": True}
    assert club.me(tokens["access_token"]).text == "revoked"
    assert club.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_the_control_api_makes_lists_and_ends_grants(club: Browser) -> None:
    made = club.control.call("POST", "oauth/grants", {"account": "bob", "scopes": ["read"]})
    assert club.me(made["accessToken"]).json() == {"handle": "bob", "scopes": ["read"]}
    assert made["refreshToken"] is None
    whole = club.control.call("POST", "oauth/grants", {"account": "ada"})
    assert club.refresh(whole["refreshToken"]).status == 200
    (listed,) = club.control.call("GET", "oauth/grants?account=bob")["grants"]
    assert "accessTokens" not in listed
    (listed,) = club.control.call("GET", "oauth/grants?account=bob&tokens=1")["grants"]
    assert listed["accessTokens"] == [made["accessToken"]]
    club.control.call("POST", f"oauth/grants/{made['id']}/revoke")
    assert club.me(made["accessToken"]).text == "revoked"
    for wrong in ({"account": "zoe"}, {"account": "ada", "scopes": ["fly"]}):
        with pytest.raises(ControlError):
            club.control.call("POST", "oauth/grants", wrong)


def test_settings_change_what_new_tokens_do(club: Browser) -> None:
    settings = club.control.call("POST", "oauth/settings", {"accessSeconds": 5, "rotates": False})
    assert settings == {
        "accessSeconds": 5.0,
        "codeSeconds": 30.0,
        "refreshSeconds": None,
        "rotates": False,
    }
    tokens = club.connected()
    assert tokens["expires_in"] == 5
    assert "refresh_token" not in club.refresh(tokens["refresh_token"]).json()


def test_a_parameter_that_comes_twice_is_refused(club: Browser) -> None:
    assert club.send("GET", club.ask() + "&scope=read").status == 400
    twice = [("grant_type", "refresh_token"), ("grant_type", "refresh_token")]
    assert club.form("/token", twice).json()["error"] == "invalid_request"


def test_no_token_reaches_the_request_log(club: Browser) -> None:
    tokens = club.connected()
    club.refresh(tokens["refresh_token"])
    club.me(tokens["access_token"])
    logged = json.dumps(club.control.call("GET", "requests"))
    assert tokens["refresh_token"] not in logged
    assert tokens["access_token"] not in logged
    assert PRACTICE_CLIENT_SECRET not in logged


def test_stored_bytes_are_kept_and_read_in_ranges(club: Browser) -> None:
    pieces = [bytes([number]) * 700_000 for number in range(4)]
    at = 0
    for piece in pieces:
        answer = club.send("PUT", f"/file?at={at}", piece)
        at += len(piece)
    whole = b"".join(pieces)
    assert answer.text == hashlib.sha256(whole).hexdigest()
    assert club.send("PUT", "/file?at=7", b"x").status == 500
    assert club.send("GET", "/file").body == whole
    ranges = {"0-9": (0, 10), "699990-700009": (699_990, 700_010), "-5": (at - 5, at)}
    for wanted, (start, stop) in ranges.items():
        part = club.send("GET", "/file", Range=f"bytes={wanted}")
        assert (part.status, part.body) == (206, whole[start:stop])
        assert part.headers["content-range"] == f"bytes {start}-{stop - 1}/{at}"
    longest = club.send("GET", "/file", Range="bytes=100-")
    assert longest.body == whole[100 : 100 + (1 << 20)]
    assert club.send("GET", "/file", Range=f"bytes={at}-").status == 416
    club.control.reset()
    assert club.send("GET", "/file").body == b""
