"""Worlds to publish in, and plugins that only these tests have."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from shared_servers import Stores
from workers import Forge
from world import World

PLUGINS = Path(__file__).parent / "plugins"

MakeWorld = Callable[..., World]


@pytest.fixture(scope="session")
def forge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forge]:
    """Starts workers quickly."""
    with Forge(tmp_path_factory.mktemp("workers")) as running:
        yield running


@pytest.fixture
def make_world(settings_env: dict[str, str], forge: Forge) -> Iterator[MakeWorld]:
    """A factory of one world for the test."""
    with contextlib.ExitStack() as stack:
        yield lambda **given: stack.enter_context(World(settings_env, forge, **given))


@pytest.fixture(scope="module")
def shared_world(
    servers: Stores, forge: Forge, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """The world of a whole module; ``world`` hands it to one test after the other."""
    with servers.database() as url:
        env = servers.environment(
            tmp_path_factory.mktemp("world"),
            database_url=url,
            redis_url=servers.fresh_redis_url(),
        )
        with World(env, forge) as opened:
            yield opened


@pytest.fixture
def world(shared_world: World) -> Iterator[World]:
    """The module's world without workers and faults of other tests."""
    yield shared_world
    shared_world.clear()


@pytest.fixture
def plugin_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], tuple[str, ...]]:
    """Installs a plugin of the folder ``plugins`` for this test and gives the import path for it."""

    def install(package: str) -> tuple[str, ...]:
        site = tmp_path / "site"
        info = site / f"{package}-0.1.dist-info"
        info.mkdir(parents=True)
        key = package.replace("_", "-")
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {key}\nVersion: 0.1\n"
            "Requires-Dist: mpcas2-hookspecs>=0.1,<1\n"
        )
        (info / "entry_points.txt").write_text(f"[mpcas2]\n{key} = {package}\n")
        (info / "RECORD").write_text("")
        path = (str(site), str(PLUGINS))
        for folder in reversed(path):
            monkeypatch.syspath_prepend(folder)
        return path

    return install
