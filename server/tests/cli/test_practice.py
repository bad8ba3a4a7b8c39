"""`mpcas2 up --sandbox`: the product beside practice networks, in a home of their own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, Any

import httpx
import psutil
import pytest

from mpcas2_server.cli.failures import CliError
from mpcas2_server.cli.practice import check_home

pytest.importorskip("mpcas2_sandbox", reason="the practice networks are not installed")


def test_a_home_is_for_practice_or_for_real_networks(tmp_path: Path) -> None:
    check_home(tmp_path / "new", sandbox=False)
    check_home(tmp_path / "practice", sandbox=True)
    check_home(tmp_path / "practice", sandbox=True)
    with pytest.raises(CliError, match="practice networks"):
        check_home(tmp_path / "practice", sandbox=False)
    (tmp_path / "real/postgres").mkdir(parents=True)
    check_home(tmp_path / "real", sandbox=False)
    with pytest.raises(CliError, match="real networks"):
        check_home(tmp_path / "real", sandbox=True)


def test_the_product_takes_practice_networks_for_the_real_ones(open_folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("MPCAS2_")
    } | {"MPCAS2_HOME": str(open_folder / "home")}
    command = [sys.executable, "-m", "mpcas2_server.cli", "up", "--sandbox", "--json"]
    with subprocess.Popen(
        [*command, "--no-logs", "--port", str(port)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as product:
        assert product.stdout is not None
        try:
            told = _first_json(product.stdout)
            address, index = told["address"], told["practiceNetworks"]
            assert "/bluesky/" in httpx.get(index).text
            consent = _consent_address(address)
            assert consent.startswith(f"{index}/twitter/")
            assert httpx.get(consent).status_code == 200
            _networks_process(product.pid).kill()
            _until_it_opens(f"{index}/twitter/")
        finally:
            product.send_signal(signal.SIGINT)
            product.wait(60)
    assert product.returncode == 0


def _first_json(lines: IO[str]) -> Any:
    """Reads as far as a whole value; the stream stays open behind it."""
    text = ""
    for line in lines:
        text += line
        try:
            return json.loads(text)
        except json.JSONDecodeError:
            continue
    raise AssertionError(f"no JSON was printed: {text!r}")


def _consent_address(address: str) -> str:
    with httpx.Client(base_url=f"{address}/api/v1") as client:
        person = {
            "email": "ada@example.org",
            "password": "Correct horse battery 1",
            "name": "Ada",
            "tenantName": "Studio",
        }
        signed: Any = client.post("/auth/register", json=person)
        assert signed.status_code == 201, signed.text
        headers = {"authorization": f"Bearer {signed.json()['accessToken']}"}
        begun = client.post("/social-accounts", json={"platform": "twitter"}, headers=headers)
    assert begun.is_success, begun.text
    url: str = begun.json()["authUrl"]
    return url


def _networks_process(pid: int) -> psutil.Process:
    return next(one for one in psutil.Process(pid).children() if "mpcas2_sandbox" in one.cmdline())


def _until_it_opens(url: str) -> None:
    deadline = time.monotonic() + 40
    while time.monotonic() < deadline:
        try:
            if httpx.get(url).is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError(f"{url} did not open again")
