"""`GET /content` of 20 rows, signed in and scoped, against a bare handler that answers the same bytes.

Both under granian with one worker and the same settings; `wrk` loads one after the other.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import shutil
import subprocess
import sys
from typing import Any
from uuid import uuid4

import httpx
import psutil
from benchmarks import rig
from benchmarks.bare_list_app import LIMIT, TARGET
from benchmarks.cpu import CpuMeter
from benchmarks.networks import TEXT
from benchmarks.serving import serving
from benchmarks.start import free_port

from mpcas2_core.content.rows import NewContent
from mpcas2_core.database import Scope

ROWS = 40
CONNECTIONS = 64
OURS, BARE = "GET /content", "bare handler"
PASSWORD = "Benchmark-Secret-1"
SERVE_BARE = (
    "from granian import Granian; from granian.constants import Interfaces; "
    "from granian.log import LogLevels; import sys; "
    "Granian(sys.argv[1], factory=True, address='127.0.0.1', port=int(sys.argv[2]), workers=1, "
    "interface=Interfaces.ASGI, websockets=False, log_level=LogLevels.warning).serve()"
)


async def make_tenant(place: rig.Site) -> tuple[str, str, str]:
    """Makes a tenant with content; gives its schema, an access token and the user's address."""
    email = f"{uuid4().hex}@example.com"
    async with rig.engine_of(place) as engine:
        password = await engine.identity.hash_new(PASSWORD)
        async with engine.identity.transaction() as connection:
            owner = await engine.identity.register(
                connection,
                email=email,
                password_hash=password,
                name="Benchmark",
                tenant_name="Benchmark",
            )

        async def fill(scope: Scope) -> None:
            for number in range(ROWS):
                new = NewContent(
                    title=f"Title of content {number}",
                    type="text",
                    text=TEXT.format(number=number),
                    tags=("benchmark", "text"),
                )
                await engine.contents.create(scope, owner.user_id, new)

        await engine.database.run(owner.tenant, fill)
        async with engine.identity.transaction() as connection:
            session = await engine.identity.open_session(connection, owner)
        return owner.tenant.schema, session.access_token, email


def load(url: str, seconds: int, token: str | None) -> tuple[float, float]:
    """Runs wrk; gives answers per second and the p99 in milliseconds."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency"]
    if token is not None:
        command += ["-H", f"Authorization: Bearer {token}"]
    told = subprocess.run([*command, url], capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in told or "Socket errors" in told:
        raise RuntimeError(told)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", told)
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s)", told)
    if rate is None or p99 is None:
        raise RuntimeError(told)
    return float(rate[1]), float(p99[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[p99[2]]


def measure(place: rig.Site, rounds: int, seconds: int) -> None:
    schema, token, _ = asyncio.run(make_tenant(place))
    ours, bare = free_port(), free_port()
    urls = {
        OURS: f"http://127.0.0.1:{ours}/api/v1/content?limit={LIMIT}",
        BARE: f"http://127.0.0.1:{bare}/content",
    }
    serve = [sys.executable, "-m", "mpcas2_server.cli", "serve", "--port", str(ours)]
    peer = [sys.executable, "-c", SERVE_BARE, TARGET, str(bare)]
    quiet = {**place.environment, "MPCAS2_LOG_LEVEL": "info"}
    with (
        serving(serve, quiet, f"http://127.0.0.1:{ours}/health/ready") as our_process,
        serving(peer, {**place.environment, "BENCH_SCHEMA": schema}, urls[BARE]) as peer_process,
    ):
        signed = {"Authorization": f"Bearer {token}"}
        answers = {
            name: httpx.get(url, headers=signed, trust_env=False).content
            for name, url in urls.items()
        }
        if len(set(answers.values())) != 1 or len(json.loads(answers[OURS])["data"]) != LIMIT:
            raise RuntimeError(f"The answers differ: {answers}")
        print(f"both answer the same {len(answers['bare handler']):,} bytes of {LIMIT} rows")
        processes = {OURS: our_process, BARE: peer_process}
        postgres = next(one for one in place.servers.processes() if one.name == "postgres")
        told: dict[str, list[tuple[float, float]]] = {name: [] for name in urls}
        busy: dict[str, list[dict[str, float]]] = {name: [] for name in urls}
        for _ in range(rounds):
            for name, url in urls.items():
                trees = {"server": processes[name], "postgres": psutil.Process(postgres.pid)}
                meter = CpuMeter(trees)
                told[name].append(load(url, seconds, token if name == OURS else None))
                busy[name].append(meter.shares())
    cpu: dict[str, float] = {}
    for name, results in told.items():
        rates = rig.spread([rate for rate, _ in results])
        p99 = rig.median([late for _, late in results])
        used = {
            part: rig.median([one[part] for one in busy[name]]) for part in ("server", "postgres")
        }
        shares = ", ".join(f"{part} {share:.2f}" for part, share in used.items())
        cpu[name] = used["server"] / rig.median([rate for rate, _ in results]) * 1000
        print(f"{name}: {rates} answers/s, p99 {p99:.1f} ms, cores in use: {shares}")
        print(f"  CPU ms of the server per answer: {cpu[name]:.2f}")
    own, peers = (rig.median([rate for rate, _ in results]) for results in told.values())
    print(f"RATIO GET /content / bare handler: {own / peers:.2f} (aim 0.5)")
    print(f"RATIO of CPU time, bare handler / GET /content: {cpu[BARE] / cpu[OURS]:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=4)
    arguments: Any = parser.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("wrk is not installed: apt-get install wrk, or brew install wrk.")
    print(
        rig.headline(f"content_list: {CONNECTIONS} connections, {arguments.rounds} rounds"),
        flush=True,
    )
    with rig.site() as place:
        measure(place, arguments.rounds, arguments.seconds)


if __name__ == "__main__":
    main()
