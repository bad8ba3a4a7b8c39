"""Accounts on consent pages from a terminal: connect, fail in words, publish, take down."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import psutil
import pytest
from tests.outside.installation import COMMAND, Installation, answers
from tests.outside.person import Person
from waiting import until

from mpcas2_sandbox import FaultRule, SandboxProcess

Networks = dict[str, SandboxProcess]
VARIABLES = {
    "twitter": ("API_URL", "WEB_URL"),
    "youtube": ("API_URL", "ACCOUNTS_URL", "TOKEN_URL", "WEB_URL"),
}


@pytest.fixture(scope="module")
def networks() -> Iterator[Networks]:
    with ExitStack() as stack:
        yield {key: stack.enter_context(SandboxProcess(key)) for key in VARIABLES}


@pytest.fixture(scope="module")
def installed(networks: Networks) -> Iterator[Installation]:
    """`mpcas2 up` on a port of its own, with nothing said of its public address."""
    settings: dict[str, str] = {}
    for key, names in VARIABLES.items():
        settings |= {f"MPCAS2_{key.upper()}_{name}": networks[key].url for name in names}
        settings |= {
            f"{key.upper()}_CLIENT_ID": "practice-client",
            f"{key.upper()}_CLIENT_SECRET": "practice-secret",
        }
    with Installation(settings) as running:
        yield running


@pytest.fixture
def somebody(
    installed: Installation, network: SandboxProcess, networks: Networks, tmp_path: Path
) -> Iterator[Person]:
    for one in networks.values():
        one.control.reset()
    person = Person(installed, network, tmp_path / "person")
    person.sign_up()
    person.sign_in()
    yield person
    person.close()
    for one in networks.values():
        one.control.clear_faults()
        one.control.release_all("cut")


@contextmanager
def connecting(person: Person, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Runs `mpcas2 account connect` for the length of a block; gives the consent page's address."""
    process = subprocess.Popen(
        [*COMMAND, "account", "connect", *arguments, "--json"],
        env=person.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        line = process.stderr.readline()
        assert line, process.communicate()
        yield process, json.loads(line)["authUrl"]
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


def consent(network: SandboxProcess, url: str, handle: str, **more: Any) -> str:
    order = {"url": url, "account": handle, **more}
    location: str = network.control.call("POST", "oauth/consent", order)["location"]
    return location


def connect(person: Person, networks: Networks, key: str, handle: str) -> dict[str, Any]:
    with connecting(person, key) as (process, url):
        page = httpx.get(consent(networks[key], url, handle), timeout=60)
        assert page.status_code == 200, page.text
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    told: dict[str, Any] = json.loads(out)
    return told


@pytest.mark.parametrize("key", sorted(VARIABLES))
def test_the_network_sends_people_back_to_where_the_api_listens(
    key: str, somebody: Person, networks: Networks, installed: Installation
) -> None:
    told = connect(somebody, networks, key, "ada")
    assert (told["state"], told["isNew"]) == ("connected", True)
    shown = somebody.cli("account", "app", key, "--json").json()
    assert shown["redirectUri"] == f"{installed.address}/oauth/callback/{key}"
    assert connect(somebody, networks, key, "ada")["isNew"] is False


def test_a_post_on_x_goes_out_is_counted_and_taken_down(
    somebody: Person, networks: Networks
) -> None:
    connect(somebody, networks, "twitter", "ada")
    done = somebody.cli("publish", "--text", "Hello from outside", "--wait", "--json")
    (job,) = done.json()["jobs"]
    assert job["state"] == "published"
    (post,) = networks["twitter"].control.call("GET", "posts")["posts"]
    assert post["text"] == "Hello from outside"
    figures = somebody.cli("jobs", "metrics", "latest", "--json").json()["parts"]
    assert [part["index"] for part in figures] == [0]
    assert figures[0]["gone"] is False
    plain = somebody.cli("jobs", "metrics", "latest")
    assert plain.out.startswith("PART\t")
    assert "LIKES" in plain.out

    refused = somebody.cli("jobs", "delete-post", "latest", "--json")
    assert refused.code == 2
    assert "--yes" in refused.error()["hint"]
    assert somebody.cli("jobs", "delete-post", "latest", "--yes", "--json").json()["deletedAt"]
    assert httpx.get(job["platformPostUrl"]).status_code == httpx.codes.NOT_FOUND
    assert "taken down" in somebody.cli("jobs", "delete-post", "latest", "--yes").out
    (part,) = somebody.cli("jobs", "metrics", "latest", "--json").json()["parts"]
    assert part["gone"] is True


def test_two_tenants_post_each_with_their_own_account(
    somebody: Person,
    installed: Installation,
    network: SandboxProcess,
    networks: Networks,
    tmp_path: Path,
) -> None:
    other = Person(installed, network, tmp_path / "other")
    other.sign_up()
    try:
        with connecting(somebody, "twitter") as (first, to_ada):
            with connecting(other_signed_in(other), "twitter") as (second, to_bob):
                # They come back the other way round.
                back = [consent(networks["twitter"], to_bob, "bob")]
                back.append(consent(networks["twitter"], to_ada, "ada"))
                for location in back:
                    assert httpx.get(location, timeout=60).status_code == 200
                assert json.loads(second.communicate(timeout=60)[0])["username"] == "bob"
            assert json.loads(first.communicate(timeout=60)[0])["username"] == "ada"
        for person, text in ((somebody, "From Ada"), (other, "From Bob")):
            person.cli("publish", "--text", text, "--wait", "--json").json()
        posts = networks["twitter"].control.call("GET", "posts")["posts"]
        ids = {
            one["handle"]: one["id"]
            for one in networks["twitter"].control.call("GET", "accounts")["accounts"]
        }
        assert {(post["text"], owner(post)) for post in posts} == {
            ("From Ada", ids["ada"]),
            ("From Bob", ids["bob"]),
        }
    finally:
        other.close()


def other_signed_in(person: Person) -> Person:
    person.sign_in()
    return person


def owner(post: dict[str, Any]) -> str:
    return str(post.get("author_id") or post.get("authorId") or post["accountId"])


def test_refusing_is_told_with_its_code(somebody: Person, networks: Networks) -> None:
    with connecting(somebody, "youtube") as (process, url):
        httpx.get(consent(networks["youtube"], url, "ada", deny=True), timeout=60)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, "")
    error = json.loads(err)["error"]
    assert error["code"] == "CONSENT_DENIED"
    assert "Start again" in error["message"]


def test_ctrl_c_stops_waiting_and_the_address_stays_good(
    somebody: Person, networks: Networks
) -> None:
    with connecting(somebody, "twitter") as (process, url):
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 130
        assert json.loads(err)["error"]["code"] == "INTERRUPTED"
    assert httpx.get(consent(networks["twitter"], url, "ada"), timeout=60).status_code == 200
    (account,) = somebody.cli("account", "list", "--json").json()["data"]
    assert (account["username"], account["status"]) == ("ada", "connected")


def test_a_named_account_is_connected_anew_and_no_other(
    somebody: Person, networks: Networks
) -> None:
    first = connect(somebody, networks, "twitter", "ada")
    with connecting(somebody, "twitter", "--account", "@ada") as (process, url):
        httpx.get(consent(networks["twitter"], url, "bob"), timeout=60)
        _, err = process.communicate(timeout=60)
    assert json.loads(err)["error"]["code"] == "WRONG_ACCOUNT"
    with connecting(somebody, "twitter", "--account", "@ada") as (process, url):
        httpx.get(consent(networks["twitter"], url, "ada"), timeout=60)
        out, _ = process.communicate(timeout=60)
    assert json.loads(out)["accountId"] == first["accountId"]


def test_without_waiting_the_address_is_all(somebody: Person, networks: Networks) -> None:
    done = somebody.cli("account", "connect", "youtube", "--no-wait")
    assert done.code == 0
    assert done.out.startswith(networks["youtube"].url)
    assert done.err == ""


def test_an_own_app_is_set_from_standard_input_and_removed(
    somebody: Person, networks: Networks
) -> None:
    client = {"clientId": "own-client", "clientSecret": "own-secret-0815"}
    networks["twitter"].control.call("POST", "oauth/clients", {**client, "anyLoopback": True})
    command = ("account", "app", "twitter")
    done = somebody.cli(
        *command, "--client-id", "own-client", "--client-secret-stdin", stdin="own-secret-0815\n"
    )
    assert done.code == 0, done.err
    assert "your tenant's own" in done.out
    assert "own-secret" not in done.out + done.err
    connect(somebody, networks, "twitter", "ada")
    (grant,) = networks["twitter"].control.call("GET", "oauth/grants")["grants"]
    assert grant["clientId"] == "own-client"
    assert "the installation's" in somebody.cli(*command, "--remove").out


def test_playlists_are_listed(somebody: Person, networks: Networks) -> None:
    told = connect(somebody, networks, "youtube", "ada")
    assert somebody.cli("account", "targets", told["accountId"], "--json").json() == {"data": []}
    connect(somebody, networks, "twitter", "ada")
    x = somebody.cli("account", "targets", "twitter:@ada", "--json")
    assert x.code == 1
    assert x.error()["code"] == "TARGETS_UNSUPPORTED"


def test_doctor_names_the_redirect_addresses(installed: Installation) -> None:
    port = {"MPCAS2_PORT": str(installed.port)}
    report = installed.command("doctor", "--json", settings=port).json()
    told = [
        one
        for one in report["findings"]
        if one["area"] == "app" and not one["message"].startswith("No app yet")
    ]
    assert [one["level"] for one in told] == ["ok", "ok"]
    for key, one in zip(sorted(VARIABLES), told, strict=True):
        assert f"{installed.address}/oauth/callback/{key}" in one["message"]
        assert f"{key.upper()}_CLIENT_ID" in one["message"]
        assert "practice-secret" not in json.dumps(report)
    elsewhere = {**port, "MPCAS2_PUBLIC_URL": "http://127.0.0.1:3001"}
    report = installed.command("doctor", "--json", settings=elsewhere).json()
    (address,) = [one for one in report["findings"] if one["area"] == "address"]
    assert address["level"] == "warn"
    assert str(installed.port) in address["message"]


def test_an_api_that_is_killed_in_the_middle_of_an_exchange(
    somebody: Person, networks: Networks, installed: Installation
) -> None:
    control = networks["twitter"].control
    control.add_fault(FaultRule(action="hold_after", path="oauth2/token"))
    with connecting(somebody, "twitter", "--no-browser") as (process, url):
        location = consent(networks["twitter"], url, "ada")
        with subprocess.Popen(["curl", "-s", location], stdout=subprocess.DEVNULL):
            control.wait_held()
            kill_api(installed)
        control.release_all("cut")
        until(lambda: answers(installed.address), why="the API is started again")
        # Only time makes it an interrupted one; nobody waits a minute and a half here.
        backdate(installed)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 1, err
        assert json.loads(err)["error"]["code"] == "FLOW_INTERRUPTED"
    page = httpx.get(location, timeout=60)
    assert "FLOW_INTERRUPTED" in page.text
    assert connect(somebody, networks, "twitter", "ada")["isNew"] is True


def kill_api(installed: Installation) -> None:
    for child in psutil.Process(installed.pid).children():
        if "serve" in child.cmdline():
            for one in [*child.children(recursive=True), child]:
                os.kill(one.pid, signal.SIGKILL)


def backdate(installed: Installation) -> None:
    """Makes the flows under way look as if they had been begun long ago."""

    async def change() -> None:
        connection = await asyncpg.connect(installed.server_urls()[0])
        try:
            for row in await connection.fetch(
                "SELECT schemaname FROM pg_tables WHERE tablename = 'connect_flows'"
            ):
                await connection.execute(
                    f'UPDATE "{row["schemaname"]}".connect_flows '
                    "SET updated_at = now() - interval '2 minutes' WHERE state = 'working'"
                )
        finally:
            await connection.close()

    asyncio.run(change())


def test_the_log_holds_nothing_secret(
    somebody: Person, networks: Networks, installed: Installation
) -> None:
    for key in VARIABLES:
        connect(somebody, networks, key, "carol")
    logs = [installed.log, *(installed.home / "logs").glob("*.log")]
    log = "".join(path.read_text(errors="replace") for path in logs)
    assert "account_connected" in log
    for one in networks.values():
        for grant in one.control.call("GET", "oauth/grants?tokens=1")["grants"]:
            for token in (*grant["accessTokens"], grant["refreshToken"]):
                assert token not in log
    assert "practice-secret" not in log
    assert "code=" not in log
