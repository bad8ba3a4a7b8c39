"""The systemd units: what they start exists, what they read exists, and a stop is long enough."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest
from tests.workspace.deployed import DEPLOY, SETTINGS, check_command

from mpcas2_core.settings import Settings

UNITS = sorted((DEPLOY / "systemd").iterdir())
COMMAND = "/opt/mpcas2/bin/mpcas2"
STRICT = {
    "NoNewPrivileges": ["yes"],
    "ProtectSystem": ["strict"],
    "ProtectHome": ["yes"],
    "StateDirectory": ["mpcas2"],
    "User": ["mpcas2"],
    "CapabilityBoundingSet": [""],
}
# `up` gives the API so long, then the workers their time, then each of its two servers its own.
UP_SECONDS = 15.0 + 5.0 + 2 * 10.0

Sections = dict[str, dict[str, list[str]]]


def read(path: Path) -> Sections:
    """Reads a unit; configparser would not keep names that come several times."""
    found: Sections = {}
    section = ""
    for line in path.read_text().splitlines():
        if line.startswith("["):
            section = line.strip("[]")
            found[section] = defaultdict(list)
        elif line and not line.startswith("#"):
            name, _, value = line.partition("=")
            found[section][name].append(value)
    return found


def variables(path: Path) -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in read(path)["Service"]["Environment"])


units = pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)


@units
def test_the_command_exists(unit: Path) -> None:
    (line,) = read(unit)["Service"]["ExecStart"]
    command, *words = line.split()
    assert command == COMMAND
    check_command(words)


@units
def test_every_setting_exists(unit: Path) -> None:
    assert set(variables(unit)) <= SETTINGS


@units
def test_it_may_do_little(unit: Path) -> None:
    service = read(unit)["Service"]
    assert {name: service[name] for name in STRICT} == STRICT
    assert variables(unit)["MPCAS2_HOME"] == "/var/lib/mpcas2"


@units
def test_secrets_are_handed_over_by_systemd_or_made_in_its_own_folder(unit: Path) -> None:
    given = [one.partition(":") for one in read(unit)["Service"]["LoadCredential"]]
    read_from = [value for name, value in variables(unit).items() if name.endswith("_FILE")]
    assert [f"%d/{name}" for name, _, _ in given] == read_from
    assert all(path == f"/etc/mpcas2/secrets/{name}" for name, _, path in given)
    assert bool(given) == (unit.name != "mpcas2.service")


def test_a_stop_leaves_the_time_to_end_what_is_being_sent(tmp_path: Path) -> None:
    drain = Settings.load({"MPCAS2_HOME": str(tmp_path)}).drain_seconds
    for name, least in (
        ("mpcas2-worker@.service", drain + 5),
        ("mpcas2.service", drain + UP_SECONDS),
    ):
        service = read(DEPLOY / "systemd" / name)["Service"]
        assert service["KillMode"] == ["mixed"]
        assert service["KillSignal"] == ["SIGTERM"]
        assert float(service["TimeoutStopSec"][0]) > least


def test_code_that_is_newer_than_the_database_is_tried_again(tmp_path: Path) -> None:
    for name in ("mpcas2-worker@.service", "mpcas2-server.service"):
        unit = read(DEPLOY / "systemd" / name)
        assert unit["Unit"]["StartLimitIntervalSec"] == ["0"]
        assert unit["Service"]["Restart"] == ["on-failure"]


@units
def test_systemd_finds_nothing(unit: Path, tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd is not installed")
    # It wants the program to be there, and an instance of a template.
    copy = tmp_path / unit.name.replace("@", "@1")
    copy.write_text(
        unit.read_text().replace(COMMAND, str(Path(sys.executable).with_name("mpcas2")))
    )
    done = subprocess.run(
        [analyze, "verify", copy], capture_output=True, text=True, timeout=60, check=False
    )
    said = [line for line in done.stderr.splitlines() if copy.name in line]
    assert (done.returncode, said) == (0, []), done.stderr
