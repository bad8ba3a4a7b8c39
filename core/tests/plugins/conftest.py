"""Really installed plugin distributions, and a host that loads them in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

GOOD_MANIFEST = 'key = "{key}"\nkind = "platform"\ntitle = "{key}"\nsummary = "A network."\n'

# A complete platform; a test changes the one line that it is about.
GOOD_CODE = """
import msgspec
from mpcas2_hookspecs import Absent, Limits, Published, Staged, TextRule, hookimpl

class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    tone: str = "calm"

class Adapter:
    key = "{key}"
    title = "A network"
    options = Options
    def limits(self, account):
        return Limits(text=TextRule(max_length=300))
    async def stage(self, part, ctx):
        return Staged(data={{}})
    async def publish(self, staged, ctx):
        return Published(id="1")
    async def find(self, staged, ctx):
        return Absent(proof="none")

@hookimpl
def mpcas2_register_platforms():
    return [Adapter()]
"""

# The answer goes to a file, since a plugin or the log may print.
LOADER = """
import json, sys
import msgspec
from mpcas2_core.plugins import PluginHost, UnknownPlatform

from mpcas2_core.plugins.verification import abilities_of
disabled, asked = json.loads(sys.argv[2]), json.loads(sys.argv[3])
host = PluginHost.load(disabled=disabled)
unknown = {}
for key in asked:
    try:
        host.platform(key)
    except UnknownPlatform as error:
        unknown[key] = str(error)
answer = {
    "records": msgspec.to_builtins(host.records),
    "platforms": sorted(host.platforms),
    "unknown": unknown,
    "abilities": {
        key: abilities_of(platform) for key, platform in host.platforms.items()
    },
}
open(sys.argv[1], "w").write(json.dumps(answer))
"""


@dataclass(frozen=True, kw_only=True)
class InstalledPlugin:
    """A distribution in the test's own site folder."""

    package: str
    imported_mark: Path

    @property
    def was_imported(self) -> bool:
        return self.imported_mark.exists()


@dataclass(frozen=True, kw_only=True)
class LoadedHost:
    """What a host in another process found."""

    all_records: list[dict[str, Any]]
    platforms: list[str]
    unknown: dict[str, str]
    abilities: dict[str, list[str]]
    output: str

    def records(self, key: str) -> list[dict[str, Any]]:
        return [record for record in self.all_records if record["key"] == key]

    def record(self, key: str) -> dict[str, Any]:
        (one,) = self.records(key)
        return one


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    return folder


@pytest.fixture
def installed_plugin(site: Path) -> Callable[..., InstalledPlugin]:
    """A factory that installs a distribution with one plugin, as an installer would leave it."""

    def install(
        key: str,
        *,
        distribution: str | None = None,
        code: str | None = None,
        manifest: str | None = GOOD_MANIFEST,
        requires: Sequence[str] = ("mpcas2-hookspecs>=0.1,<1",),
        entry_points: str | None = None,
        changes: Mapping[str, str] | None = None,
    ) -> InstalledPlugin:
        distribution = distribution or f"acme-platform-{key}"
        package = distribution.replace("-", "_")
        info = site / f"{package}-0.1.dist-info"
        info.mkdir()
        lines = ["Metadata-Version: 2.1", f"Name: {distribution}", "Version: 0.1"]
        lines += [f"Requires-Dist: {one}" for one in requires]
        (info / "METADATA").write_text("\n".join(lines) + "\n")
        (info / "entry_points.txt").write_text(entry_points or f"[mpcas2]\n{key} = {package}\n")
        (info / "RECORD").write_text("")
        home = site / package
        home.mkdir()
        mark = site / f"{package}.imported"
        body = GOOD_CODE.format(key=key) if code is None else textwrap.dedent(code)
        for old, new in (changes or {}).items():
            assert old in body
            body = body.replace(old, new)
        (home / "__init__.py").write_text(f"open({str(mark)!r}, 'w').close()\n{body}")
        if manifest is not None:
            (home / "mpcas2-plugin.toml").write_text(manifest.format(key=key))
        return InstalledPlugin(package=package, imported_mark=mark)

    return install


@pytest.fixture
def load_host(site: Path, tmp_path: Path) -> Callable[..., LoadedHost]:
    """Loads a host in a process that has the site folder on its path, so that nothing leaks."""

    def load(
        *, disabled: Sequence[str] = (), ask: Sequence[str] = (), flags: Sequence[str] = ()
    ) -> LoadedHost:
        answer = tmp_path / "answer.json"
        arguments = [str(answer), json.dumps(list(disabled)), json.dumps(list(ask))]
        done = subprocess.run(
            [sys.executable, *flags, "-c", LOADER, *arguments],
            env={**os.environ, "PYTHONPATH": str(site)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        found = json.loads(answer.read_text())
        return LoadedHost(
            all_records=found["records"],
            platforms=found["platforms"],
            unknown=found["unknown"],
            abilities=found["abilities"],
            output=done.stdout + done.stderr,
        )

    return load
