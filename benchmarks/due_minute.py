"""10,000 posts of 20 tenants that are due at the same moment: rate and lateness, one or two workers."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import psutil
from benchmarks import publishers, rig
from benchmarks.cpu import CpuMeter
from benchmarks.networks import Network, running

from mpcas2_core.engine import Engine

TENANTS = 20
LEAD_SECONDS = 5.0
LONGEST_SECONDS = 400.0


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One round: posts per second from the due moment on, seconds of lateness, cores in use."""

    rate: float
    p50: float
    p99: float
    shares: dict[str, float]


async def one_round(
    place: rig.Site,
    network: Network,
    engine: Engine,
    crew: Sequence[publishers.Publisher],
    *,
    posts: int,
    workers: int,
) -> Result:
    trees = {one.name: psutil.Process(one.pid) for one in place.servers.processes()}
    trees["network"] = psutil.Process(network.process.pid)
    with contextlib.ExitStack() as stack:
        for number in range(1, workers + 1):
            trees[f"worker {number}"] = stack.enter_context(rig.worker(place))
        due_at = datetime.now(UTC) + timedelta(seconds=LEAD_SECONDS)
        await publishers.submit_many(engine, crew, each=posts // TENANTS, due_at=due_at)
        wait = (due_at - datetime.now(UTC)).total_seconds()
        if wait < 0:
            raise RuntimeError("Storing the posts took longer than the lead; the round is void.")
        await asyncio.sleep(wait)
        meter = CpuMeter(trees)
        await publishers.drained(engine, LONGEST_SECONDS)
        shares = meter.shares()
    late: list[float] = []
    for publisher in crew:
        rows = await engine.database.run(
            publisher.tenant,
            lambda scope: scope.fetch(
                "SELECT extract(epoch FROM published_at - scheduled_at)::float8 AS late "
                "FROM publish_jobs WHERE state = 'published' AND scheduled_at = $1",
                due_at,
            ),
        )
        late.extend(row["late"] for row in rows)
    if len(late) != posts:
        raise RuntimeError(f"{len(late)} of {posts} posts were published.")
    late.sort()
    return Result(
        rate=posts / late[-1],
        p50=late[len(late) // 2],
        p99=late[len(late) * 99 // 100],
        shares=shares,
    )


async def measure(place: rig.Site, network: Network, posts: int, rounds: int) -> None:
    results: dict[int, list[Result]] = {1: [], 2: []}
    async with rig.engine_of(place) as engine:
        crew = [await publishers.make_publisher(engine, network) for _ in range(TENANTS)]
        for _ in range(rounds):
            for workers, told in results.items():
                told.append(
                    await one_round(place, network, engine, crew, posts=posts, workers=workers)
                )
    for workers, told in results.items():
        rates = rig.spread([one.rate for one in told])
        p50, p99 = (rig.median([getattr(one, name) for one in told]) for name in ("p50", "p99"))
        print(f"{workers} worker(s): {rates} posts/s, late p50 {p50:.1f} s, p99 {p99:.1f} s")
        busy = {name: rig.median([one.shares[name] for one in told]) for name in told[0].shares}
        print("  cores in use: " + ", ".join(f"{name} {used:.2f}" for name, used in busy.items()))
    one, two = (rig.median([r.rate for r in results[workers]]) for workers in (1, 2))
    print(f"RATIO two workers / one: {two / one:.2f}")
    print(f"the network counts {network.count()} posts, expected {posts * rounds * 2}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=2)
    arguments: Any = parser.parse_args()
    print(rig.headline(f"due_minute: {arguments.posts} posts of {TENANTS} tenants"), flush=True)
    with running(["bluesky"]) as networks, rig.site(networks.values()) as place:
        asyncio.run(measure(place, networks["bluesky"], arguments.posts, arguments.rounds))


if __name__ == "__main__":
    main()
