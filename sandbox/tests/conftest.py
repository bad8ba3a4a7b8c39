"""One echo network in a process of its own, found by an entry point as a stranger's would be."""

from __future__ import annotations

import dataclasses
import email.message
import json
import os
import shutil
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from mpcas2_sandbox import AllSandboxes, Control, SandboxProcess

_ENTRY_POINTS = """[mpcas2.sandboxes]
echo = echo_network:network
depot = depot_network:network
commas = oauth_network:commas
unopened = depot_network:unopened
"""


class _StaysHere(urllib.request.HTTPRedirectHandler):
    """Takes a redirect for an answer."""

    def redirect_request(self, *_arguments: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), _StaysHere())


class Visitor:
    """Somebody who calls one network and moves it.

    The HTTP client is that of the standard library, which opens a connection for each call.
    """

    def __init__(self, url: str, control: Control) -> None:
        self.url = url
        self.control = control

    def send(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        data = body if isinstance(body, bytes | None) else urllib.parse.urlencode(body).encode()
        given = {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
        order = urllib.request.Request(self.url + path, data, given, method=method)
        try:
            with _OPENER.open(order, timeout=20) as answer:
                return Reply(answer.status, answer.read().decode(), answer.headers)
        except urllib.error.HTTPError as error:
            with error:
                return Reply(error.code, error.read().decode(), error.headers)

    def get(self, path: str) -> Reply:
        return self.send("GET", path)

    def consent(self, path: str, account: str = "ada", **order: Any) -> str:
        """Consents to what the page at a path asks, and returns where the person is sent."""
        order = {"url": self.url + path, "account": account, **order}
        location: str = self.control.call("POST", "oauth/consent", order)["location"]
        return location


@dataclasses.dataclass(frozen=True)
class Reply:
    """What a network answered."""

    status: int
    text: str
    headers: email.message.Message

    def json(self) -> Any:
        return json.loads(self.text)


@pytest.fixture(scope="session")
def echo_package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that looks installed: the module and its dist-info."""
    folder = tmp_path_factory.mktemp("installed")
    for name in ("echo_network.py", "depot_network.py", "oauth_network.py"):
        shutil.copy(Path(__file__).with_name(name), folder)
    info = folder / "echo_network-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: echo-network\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(_ENTRY_POINTS)
    return folder


@pytest.fixture(scope="session")
def echo_environment(echo_package: Path) -> Iterator[dict[str, str]]:
    """The environment in which a child process finds the echo network."""
    patch = pytest.MonkeyPatch()
    patch.setenv("PYTHONPATH", str(echo_package), prepend=os.pathsep)
    yield dict(os.environ)
    patch.undo()


@pytest.fixture(scope="session")
def echo_process(echo_environment: dict[str, str]) -> Iterator[SandboxProcess]:
    assert echo_environment["PYTHONPATH"]
    with SandboxProcess("echo") as process:
        yield process


@pytest.fixture
def echo(echo_process: SandboxProcess) -> SandboxProcess:
    """The echo network as it is after a reset."""
    echo_process.control.reset()
    return echo_process


@pytest.fixture(scope="session")
def everything(echo_environment: dict[str, str]) -> Iterator[AllSandboxes]:
    """Every installed network on one port, those of this folder included."""
    assert echo_environment["PYTHONPATH"]
    with AllSandboxes() as process:
        yield process


@pytest.fixture
def depot(everything: AllSandboxes) -> Visitor:
    """The depot, freshly reset, below its path on the shared port."""
    everything.control("depot").reset()
    return Visitor(everything.url("depot"), everything.control("depot"))


@pytest.fixture
def commas(everything: AllSandboxes) -> Visitor:
    """The network that says things with commas, freshly reset."""
    everything.control("commas").reset()
    return Visitor(everything.url("commas"), everything.control("commas"))
