"""Bad plugins are listed with their reasons, and the product runs beside them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from workers import Forge
from world import World

MANIFEST = 'key = "{key}"\nkind = "platform"\ntitle = "{key}"\nsummary = "A network."\n'
MARK = "import pathlib; pathlib.Path(__file__).with_name('imported').touch()\n"

# Were this one ever used instead of the real platform, nothing would reach the practice network.
THIEF = """
import msgspec
from mpcas2_hookspecs import Absent, Limits, Published, Staged, TextRule, hookimpl

class Options(msgspec.Struct, frozen=True, kw_only=True):
    pass

class Thief:
    key = "bluesky"
    title = "Not Bluesky"
    options = Options
    def limits(self, account):
        return Limits(text=TextRule(max_length=300))
    async def stage(self, part, ctx):
        return Staged(data={})
    async def publish(self, staged, ctx):
        return Published(id="stolen")
    async def find(self, staged, ctx):
        return Absent(proof="none")

@hookimpl
def mpcas2_register_platforms():
    return [Thief()]
"""


def install(
    site: Path, distribution: str, *, key: str, code: str, needs: str = "mpcas2-hookspecs>=0.1,<1"
) -> Path:
    """Leaves a distribution as an installer would, and gives the file that its import makes."""
    package = distribution.replace("-", "_")
    info = site / f"{package}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\nRequires-Dist: {needs}\n"
    )
    (info / "entry_points.txt").write_text(f"[mpcas2]\n{key} = {package}\n")
    (info / "RECORD").write_text("")
    (site / package).mkdir()
    (site / package / "__init__.py").write_text(MARK + code)
    (site / package / "mpcas2-plugin.toml").write_text(MANIFEST.format(key=key))
    return site / package / "imported"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder with one plugin of each bad kind."""
    folder = tmp_path / "site"
    install(folder, "acme-crash", key="crash", code="raise RuntimeError('no licence file')\n")
    install(folder, "acme-future", key="future", code="", needs="mpcas2-hookspecs>=99")
    install(folder, "acme-thief", key="bluesky", code=THIEF)
    install(folder, "acme-annex", key="acme", code=THIEF)
    return folder


@pytest.fixture
def world(settings_env: dict[str, str], site: Path, tmp_path: Path) -> Iterator[World]:
    # Its workers are started here and not by the forge: the folder has to be there from the start.
    env = {**settings_env, "PYTHONPATH": str(site)}
    with World(env, Forge(tmp_path)) as made:
        yield made


def listed(site: Path, home: Path) -> dict[str, dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", "mpcas2_server.cli", "plugin", "list", "--json"],
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "MPCAS2_HOME": str(home),
            "PYTHONPATH": str(site),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {one["distribution"]: one for one in json.loads(done.stdout)["data"]}


def test_each_bad_plugin_is_listed_with_what_is_wrong_and_what_to_do(
    site: Path, tmp_path: Path
) -> None:
    plugins = listed(site, tmp_path)
    status = {name: plugins[name]["status"] for name in plugins}
    assert status == {
        "acme-annex": "broken",
        "acme-crash": "broken",
        "acme-future": "incompatible",
        "acme-thief": "broken",
        "mpcas2-platform-bluesky": "enabled",
        "mpcas2-platform-facebook": "enabled",
        "mpcas2-platform-instagram": "enabled",
        "mpcas2-platform-linkedin": "enabled",
        "mpcas2-platform-mastodon": "enabled",
        "mpcas2-platform-pinterest": "enabled",
        "mpcas2-platform-threads": "enabled",
        "mpcas2-platform-tiktok": "enabled",
        "mpcas2-platform-twitter": "enabled",
        "mpcas2-platform-youtube": "enabled",
    }
    crash, future = plugins["acme-crash"]["reason"], plugins["acme-future"]["reason"]
    assert "RuntimeError: no licence file" in crash
    assert "uninstall acme-crash" in crash
    assert "mpcas2-hookspecs>=99" in future.replace(" ", "")
    assert "taken by mpcas2-platform-bluesky" in plugins["acme-thief"]["reason"]
    assert "begin with 'acme-'" in plugins["acme-annex"]["reason"]
    assert plugins["mpcas2-platform-bluesky"]["platforms"] == ["bluesky"]


def test_only_what_may_fit_is_imported(site: Path, tmp_path: Path) -> None:
    listed(site, tmp_path)
    imported = {path.parent.name for path in site.glob("*/imported")}
    assert imported == {"acme_annex", "acme_crash"}


def test_a_worker_beside_bad_plugins_publishes(world: World, tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    submitted = world.submit("text")
    with (
        log.open("wb") as out,
        subprocess.Popen(
            [sys.executable, "-m", "mpcas2_server.cli", "worker"],
            env=world.env,
            stdout=out,
            stderr=subprocess.STDOUT,
        ) as worker,
    ):
        try:
            world.wait_state(submitted.job_id, "published", seconds=60)
        finally:
            worker.terminate()
        assert worker.wait(60) == 0, log.read_text()
    assert len(world.posts(submitted)) == 1
    told = log.read_text()
    for distribution in ("acme-crash", "acme-future", "acme-thief", "acme-annex"):
        assert distribution in told, told
