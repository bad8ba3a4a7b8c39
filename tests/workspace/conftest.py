"""The rooms of the workspace, as the tests of its shape see them."""

from __future__ import annotations

import os
import shutil
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, kw_only=True)
class Room:
    """One distribution of the workspace."""

    path: Path
    project: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.project["name"])

    @property
    def package(self) -> str:
        return self.name.replace("-", "_")

    @property
    def source(self) -> Path:
        return self.path / "src" / self.package

    def modules(self) -> Iterator[Path]:
        yield from sorted(self.source.rglob("*.py"))


def read_rooms() -> dict[str, Room]:
    workspace = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["uv"]["workspace"]
    rooms = {}
    for pattern in workspace["members"]:
        for path in sorted(ROOT.glob(pattern)):
            project = tomllib.loads((path / "pyproject.toml").read_text())["project"]
            rooms[project["name"]] = Room(path=path, project=project)
    return rooms


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def metapackage() -> dict[str, Any]:
    """The root's pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


@pytest.fixture(scope="session")
def rooms() -> dict[str, Room]:
    """All rooms by the name of their distribution."""
    return read_rooms()


@pytest.fixture(scope="session")
def uv() -> str:
    """The uv that runs the tests, else the one of this environment, of the checkout or on the path.

    `uv run` puts its own path into UV. The path comes last: a shim there may refuse to start.
    """
    places = (Path(sys.executable).with_name("uv"), ROOT / ".uv/bin/uv")
    near = next((str(place) for place in places if place.exists()), None)
    return os.environ.get("UV") or near or shutil.which("uv") or "uv"
