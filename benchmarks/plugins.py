"""Discovery of plugins, `mpcas2 up`, and memory, with the three that come along and with thirty."""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from benchmarks import rig
from benchmarks.start import environment_of, free_port, memory, rest, up

FEW, MANY = 3, 30
MANIFEST = 'key = "{key}"\nkind = "platform"\ntitle = "{key}"\nsummary = "A network."\n'
CODE = """
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
# All that a worker imports is there before the clock starts, so that only the plugins are counted.
LOADER = """
import json, sys, time
import psutil
import mpcas2_core.engine
from mpcas2_core.plugins import PluginHost
own = psutil.Process()
before, started = own.memory_full_info().uss, time.perf_counter()
host = PluginHost.load()
seconds = time.perf_counter() - started
grown = own.memory_full_info().uss - before
print(json.dumps({"plugins": len(host.platforms), "ms": seconds * 1000, "kib": grown / 1024}))
"""


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """What loading the plugins took: milliseconds, and KiB of memory of the process's own."""

    plugins: int
    ms: float
    kib: float


class Started(msgspec.Struct, frozen=True, kw_only=True):
    """`mpcas2 up`: seconds until ready, warm, and PSS of all processes in MiB at rest."""

    seconds: float
    mib: float


def install(site: Path, count: int) -> None:
    """Installs trivial plugins into a folder, as an installer would leave them."""
    for number in range(count):
        key = f"bench{number}"
        package = f"bench_platform_{key}"
        info = site / f"{package}-0.1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {package.replace('_', '-')}\nVersion: 0.1\n"
            "Requires-Dist: mpcas2-hookspecs>=0.1,<1\n"
        )
        (info / "entry_points.txt").write_text(f"[mpcas2]\n{key} = {package}\n")
        (info / "RECORD").write_text("")
        home = site / package
        home.mkdir()
        (home / "__init__.py").write_text(CODE.format(key=key))
        (home / "mpcas2-plugin.toml").write_text(MANIFEST.format(key=key))


def load(environment: Mapping[str, str], wanted: int) -> Loaded:
    """Loads the plugins in a fresh process.

    Raises:
        RuntimeError: It found more or fewer.
    """
    done = subprocess.run(
        [sys.executable, "-c", LOADER],
        env=dict(environment),
        capture_output=True,
        text=True,
        check=True,
    )
    # Plugins and the log may print before.
    told = msgspec.convert(json.loads(done.stdout.splitlines()[-1]), Loaded)
    if told.plugins != wanted:
        raise RuntimeError(f"{told.plugins} networks and not {wanted}: {done.stdout}{done.stderr}")
    return told


def start(folder: Path, environment: Mapping[str, str]) -> Started:
    """Starts `mpcas2 up` twice and looks at the second, warm one."""
    port = free_port()
    with up(folder / "home", port, environment):
        pass
    with up(folder / "home", port, environment) as (process, seconds):
        rest()
        return Started(seconds=seconds, mib=sum(size for _, size in memory(process).values()))


def measure(folder: Path, rounds: int) -> None:
    """Measures with few and with many in turn, and shows both."""
    site = folder / "site"
    site.mkdir()
    install(site, MANY - FEW)
    loads: dict[int, list[Loaded]] = {FEW: [], MANY: []}
    starts: dict[int, list[Started]] = {FEW: [], MANY: []}
    for number in range(rounds):
        for count in (FEW, MANY):
            home = folder / f"{number}-{count}"
            home.mkdir(mode=0o755)
            environment = environment_of(home / "home")
            if count == MANY:
                environment["PYTHONPATH"] = str(site)
            if not number:
                # The first one writes the compiled files.
                load(environment, count)
            loads[count].append(load(environment, count))
            starts[count].append(start(home, environment))
    for count in (FEW, MANY):
        ms, kib = (
            rig.median([getattr(one, name) for one in loads[count]]) for name in ("ms", "kib")
        )
        print(
            f"{count} plugins: found and loaded in {ms:.0f} ms, {kib:,.0f} KiB of a process's own"
        )
        seconds, mib = (
            rig.median([getattr(one, name) for one in starts[count]]) for name in ("seconds", "mib")
        )
        print(f"  `mpcas2 up` warm: ready after {seconds:.2f} s; all processes {mib:.0f} MiB PSS")
    for what, told, field in (
        ("loading, time", loads, "ms"),
        ("loading, memory", loads, "kib"),
        ("`mpcas2 up` until ready", starts, "seconds"),
        ("memory at rest", starts, "mib"),
    ):
        few, many = (rig.median([getattr(one, field) for one in told[n]]) for n in (FEW, MANY))
        print(f"RATIO {what}, {MANY} / {FEW} plugins: {many / few:.2f}")


def main() -> None:
    """Reads the sizes and runs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    arguments: Any = parser.parse_args()
    what = f"plugins: {FEW} and {MANY}, {arguments.rounds} rounds"
    print(rig.headline(what), flush=True)
    folder = Path(tempfile.mkdtemp(prefix="mpcas2-bench-"))
    folder.chmod(0o755)
    try:
        measure(folder, arguments.rounds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
