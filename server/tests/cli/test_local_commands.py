"""Commands that need no server: doctor, plugin list, sandbox."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from mpcas2_core.identity import ROLES
from mpcas2_core.settings import Settings
from mpcas2_server.cli import sandbox as sandbox_command
from mpcas2_server.cli.finding import sources
from mpcas2_server.cli.operator import _ROLES

NOWHERE = {
    "DATABASE_URL": "postgresql://ada:hunter22@127.0.0.1:9/x",
    "MPCAS2_REDIS_URL": "redis://:hunter22@127.0.0.1:9/0",
    "JWT_SECRET": "hunter22-hunter22-hunter22-hunter22",
    "MPCAS2_MASTER_KEY": "hunter22",
}


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in NOWHERE.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("nowhere")
def test_doctor_hides_every_secret_and_says_where_settings_came_from(cli: Any) -> None:
    for form in ([], ["--json"]):
        report = cli("doctor", *form)
        assert report.code == 1
        assert "hunter22" not in report.out + report.err
    told = {one["name"]: one for one in report.json()["settings"]}
    assert told["database_url"]["value"] == "postgresql://ada:***@127.0.0.1:9/x"
    assert told["database_url"]["source"] == "DATABASE_URL"
    assert told["redis_url"]["source"] == "MPCAS2_REDIS_URL"
    assert told["jwt_secret"] == {
        "name": "jwt_secret",
        "value": "(set, hidden)",
        "source": "JWT_SECRET",
    }
    assert told["port"]["source"] == "default"


@pytest.mark.usefixtures("nowhere")
def test_doctor_says_what_fails_and_what_to_do(cli: Any) -> None:
    report = cli("doctor", "--json")
    failed = {one["area"]: one for one in report.json()["findings"] if one["level"] == "fail"}
    assert "DATABASE_URL" in failed["servers"]["message"]
    assert "REDIS_URL" in failed["queue"]["advice"]
    assert report.json()["ok"] is False
    plain = cli("doctor")
    assert "fail  queue" in plain.out
    assert "2 to mend" in plain.out


def test_doctor_tells_of_a_setting_that_cannot_be_read(
    cli: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MPCAS2_PORT", "many")
    report = cli("doctor", "--json")
    assert report.code == 1
    assert "MPCAS2_PORT" in report.json()["findings"][0]["message"]


@pytest.mark.usefixtures("nowhere")
def test_doctor_sees_secrets_that_others_can_read(cli: Any, tmp_path: Path) -> None:
    secret = tmp_path / "home" / "secrets" / "master-key"
    secret.parent.mkdir(parents=True)
    secret.write_text("x")
    secret.chmod(0o644)
    findings = cli("doctor", "--json").json()["findings"]
    assert any(one["area"] == "secrets" and "chmod 600" in one["advice"] for one in findings)


@pytest.mark.usefixtures("nowhere")
@pytest.mark.parametrize(
    ("url", "level"),
    [
        ("mpcas2.example.org", "fail"),
        ("http://127.0.0.1:3001", "ok"),
        ("https://does-not-exist.invalid", "fail"),
    ],
)
def test_doctor_judges_the_public_address(
    url: str, level: str, cli: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MPCAS2_PUBLIC_URL", url)
    findings = cli("doctor", "--json").json()["findings"]
    assert [one["level"] for one in findings if one["area"] == "address"] == [level]


def test_a_setting_from_a_file_names_the_variable(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text("postgresql://h/x")
    environ = {"DATABASE_URL_FILE": str(file), "MPCAS2_HOME": str(tmp_path)}
    shown = {one.name: one.source for one in sources(Settings.load(environ), environ)}
    assert shown["database_url"] == "DATABASE_URL_FILE"


def test_plugins_are_listed_without_a_server(cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (bluesky,) = (
        one for one in cli("plugin", "list", "--json").json()["data"] if one["key"] == "bluesky"
    )
    assert bluesky["status"] == "enabled"
    assert bluesky["platforms"] == ["bluesky"]
    monkeypatch.setenv("MPCAS2_DISABLED_PLUGINS", "bluesky")
    listed = cli("plugin", "list")
    assert listed.code == 0
    assert "bluesky\tdisabled" in listed.out
    assert "bluesky: It is switched off by MPCAS2_DISABLED_PLUGINS" in listed.out


def test_a_plugin_that_raises_at_import_is_listed_with_its_reason(
    cli: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    metadata = tmp_path / "mpcas2_broken-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: mpcas2-broken\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[mpcas2]\nbroken = mpcas2_broken\n")
    (tmp_path / "mpcas2_broken.py").write_text("raise RuntimeError('no')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    listed = {one["key"]: one for one in cli("plugin", "list", "--json").json()["data"]}
    assert listed["broken"]["status"] in {"broken", "incompatible"}
    assert listed["broken"]["reason"]
    assert listed["bluesky"]["status"] == "enabled"


def test_practice_networks_that_are_not_installed_say_how_to_install_them(
    cli: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox_command, "find_spec", lambda _name: None)
    told = cli("sandbox", "bluesky")
    assert told.code == 1
    assert "pip install 'mpcas2[sandbox]'" in told.err


def test_a_practice_network_runs_until_it_is_stopped() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "mpcas2_server.cli", "sandbox", "bluesky", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    text = b""
    for line in process.stdout:
        text += line
        if line == b"}\n":
            break
    (network,) = json.loads(text)["networks"]
    with urllib.request.urlopen(network["url"], timeout=10) as page:
        assert page.status == 200
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130, errors


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_a_part_alone_says_which_servers_it_needs(command: str, cli: Any) -> None:
    told = cli(command)
    assert told.code == 1
    assert "DATABASE_URL" in told.err


def test_a_file_that_is_no_backup_is_refused_before_anything_is_made(
    cli: Any, tmp_path: Path
) -> None:
    file = tmp_path / "notes.tar.gz"
    file.write_text("not an archive")
    refused = cli("restore", str(file), "--json")
    assert refused.code == 1
    assert "not a backup of mpcas2" in refused.error()["message"]
    assert not (tmp_path / "home").exists()


@pytest.mark.usefixtures("nowhere")
def test_a_refused_start_with_servers_from_elsewhere_leaves_nothing_behind(
    cli: Any, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        refused = cli("up", "--port", str(taken.getsockname()[1]), "--json")
    assert (refused.code, refused.error()["code"]) == (5, "PORT_UNUSABLE")
    assert not (tmp_path / "home" / "servers.json").exists()


def test_the_roles_that_can_be_given_are_those_of_the_engine() -> None:
    assert tuple(_ROLES) == ROLES


@pytest.mark.usefixtures("nowhere")
@pytest.mark.parametrize(
    "arguments", [["worker"], ["migrate"], ["tenant", "list"], ["user", "list", "--tenant", "x"]]
)
def test_a_database_that_is_away_has_its_exit_code(arguments: list[str], cli: Any) -> None:
    told = cli(*arguments)
    assert told.code == 6
    assert "PostgreSQL cannot be reached" in told.err
    assert "hunter22" not in told.err
