"""The worked plugin of the author's guide builds, passes its own test and is enabled by the host."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
GUIDE = ROOT / "hookspecs/README.md"
FILE = re.compile(r"^`([\w./-]+)`\n\n```\w+\n(.*?)^```", re.MULTILINE | re.DOTALL)


def run(command: Sequence[str | Path], cwd: Path, **environment: str) -> None:
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    for name, text in FILE.findall(GUIDE.read_text()):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_the_guide_shows_a_plugin_of_five_files(project: Path) -> None:
    assert len([path for path in project.rglob("*") if path.is_file()]) == 5


def test_the_plugin_of_the_guide_is_built_and_enabled(
    project: Path, site: Path, load_host: Callable[..., Any]
) -> None:
    # `uv run` puts its own path into UV. The path comes last: a shim there may refuse to start.
    places = (Path(sys.executable).with_name("uv"), ROOT / ".uv/bin/uv")
    near = next((str(place) for place in places if place.exists()), None)
    uv = os.environ.get("UV") or near or shutil.which("uv") or "uv"
    run([uv, "build", "--wheel", "--python", sys.executable, "-q", "-o", "dist"], project)
    (wheel,) = (project / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    host = load_host(flags=["-W", "error"])
    record = host.record("shout")
    assert (record["status"], record["reason"]) == ("enabled", None)
    assert record["manifest"]["hosts"] == ["shout.example"]
    assert host.abilities["shout"] == ["connectsWithForm"]


def test_the_test_of_the_guide_passes(project: Path) -> None:
    command = [sys.executable, "-W", "error", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    run([*command, "tests"], project, PYTHONPATH=str(project / "src"))


def test_the_code_of_the_guide_is_strictly_typed(project: Path) -> None:
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", os.devnull]
    run([*command, "src/acme_platform_shout"], project, MYPYPATH=str(project / "src"))
