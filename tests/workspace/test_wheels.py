"""The product is installed from its wheels, away from the checkout, and runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.timeout(600)


def run(command: Sequence[str | Path], cwd: Path) -> str:
    # PYTHONPATH and VIRTUAL_ENV would let the checkout shine through.
    leaks = ("PYTHONPATH", "VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT")
    environment = {key: value for key, value in os.environ.items() if key not in leaks}
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**environment, "MPCAS2_HOME": str(cwd / "home")},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheels(root: Path, uv: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All wheels of the workspace, built from the checkout."""
    folder = tmp_path_factory.mktemp("wheels")
    command = [uv, "build", "--all-packages", "--wheel", "--python", sys.executable, "-q"]
    run([*command, "-o", folder], root)
    return folder


@pytest.fixture(scope="module")
def product(wheels: Path, root: Path, uv: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of commands of an environment that holds the product and nothing else."""
    place = tmp_path_factory.mktemp("product")
    run([uv, "venv", "-q", "--python", sys.executable, "env"], place)
    command = [
        uv,
        "pip",
        "install",
        "-q",
        "--python",
        "env/bin/python",
        "--find-links",
        str(wheels),
    ]
    run([*command, "--constraint", str(root / "constraints.txt"), "mpcas2"], place)
    return place / "env/bin"


def test_every_room_has_a_wheel_with_its_package(wheels: Path, rooms: dict[str, Any]) -> None:
    for room in rooms.values():
        (wheel,) = wheels.glob(f"{room.package}-*.whl")
        with zipfile.ZipFile(wheel) as archive:
            names = archive.namelist()
        assert f"{room.package}/py.typed" in names
        tops = {name.split("/")[0] for name in names}
        assert {top for top in tops if not top.endswith(".dist-info")} == {room.package}


def test_every_plugin_wheel_carries_its_manifest(wheels: Path, rooms: dict[str, Any]) -> None:
    for room in rooms.values():
        if "mpcas2" in room.project.get("entry-points", {}):
            (wheel,) = wheels.glob(f"{room.package}-*.whl")
            with zipfile.ZipFile(wheel) as archive:
                assert f"{room.package}/mpcas2-plugin.toml" in archive.namelist()


def test_the_installed_command_gives_help(product: Path, tmp_path: Path) -> None:
    assert "Usage: mpcas2" in run([product / "mpcas2", "--help"], tmp_path)


def test_the_installed_command_lists_the_plugins_that_came_with_it(
    product: Path, tmp_path: Path, rooms: dict[str, Any]
) -> None:
    listed = json.loads(run([product / "mpcas2", "plugin", "list", "--json"], tmp_path))
    status = {record["distribution"]: record["status"] for record in records(listed)}
    plugins = [
        name for name, one in rooms.items() if "mpcas2" in one.project.get("entry-points", {})
    ]
    assert status == dict.fromkeys(plugins, "enabled")


def records(listed: Any) -> list[dict[str, Any]]:
    """The list itself, or the list inside an envelope."""
    return listed if isinstance(listed, list) else next(iter(listed.values()))
