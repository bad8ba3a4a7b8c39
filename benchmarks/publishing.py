"""Posts through the engine with one worker, against a bare loop of the same adapter calls.

Texts on Bluesky and X, small videos on YouTube; each network by itself, and all of them together.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import psutil
from benchmarks import publishers, rig, sampling
from benchmarks.bare_loop import Order, Seat, Told
from benchmarks.cpu import CpuMeter
from benchmarks.film import make_film
from benchmarks.networks import KEYS, Network, running

from mpcas2_core.engine import Engine
from mpcas2_core.publishing.compose import media_of
from mpcas2_hookspecs import Account, Media

LEAD_SECONDS = 2.0
LONGEST_SECONDS = 400.0
FILM_BYTES = 300_000
# What the worker asks beside a job's own statements.
BESIDE = ("offer", "offer-count", "offer-turn", "next-due", "heartbeat")
# So that the last look at a video is not waited for: the dispatcher sleeps for so long at most.
QUICK = {"MPCAS2_POLL_SECONDS": "0.1"}


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """One round: posts per second, cores in use, and milliseconds of CPU time per post."""

    rate: float
    shares: dict[str, float]
    cpu: dict[str, float]


class Rounds(msgspec.Struct, frozen=True, kw_only=True):
    """All rounds of some networks: through the engine, one after the other, and many at once."""

    engine: list[Round]
    loop: list[Round]
    wide: list[Round]


class Bench:
    """One run: the servers, the networks, and accounts that are used once each.

    Args:
        place: The servers.
        networks: The practice networks by key.
        posts: Posts of a round.
        film: The file of YouTube's posts.
    """

    def __init__(
        self, place: rig.Site, networks: Mapping[str, Network], posts: int, film: Path
    ) -> None:
        self.place = place
        self.networks = networks
        self.posts = posts
        self.film = film
        self._media: tuple[Media, ...] = ()
        self.trees = {
            **{one.name: psutil.Process(one.pid) for one in place.servers.processes()},
            **{key: psutil.Process(one.process.pid) for key, one in networks.items()},
        }

    async def bare(self, keys: Sequence[str], at_once: int) -> Round:
        """Runs the bare loop."""
        seats = [await self._seat(self.networks[key]) for key in keys]
        order = Order(seats=tuple(seats), posts=self.posts, at_once=at_once, film=str(self.film))
        done = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "benchmarks.bare_loop"],
            input=msgspec.json.encode(order),
            stdout=subprocess.PIPE,
            check=True,
            env=self.place.environment,
            cwd=Path(__file__).parents[1],
            timeout=LONGEST_SECONDS,
        )
        told = msgspec.json.decode(done.stdout, type=Told)
        return Round(
            rate=self.posts / told.seconds, shares={}, cpu={"loop": told.cpu / self.posts * 1000}
        )

    async def through_engine(
        self, engine: Engine, keys: Sequence[str], *, profile: Path | None = None
    ) -> Round:
        """Runs the posts through one worker."""
        crew = [await self._publisher(engine, key) for key in keys]
        with rig.worker(self.place, QUICK, profile=profile) as process:
            due_at = datetime.now(UTC) + timedelta(seconds=LEAD_SECONDS)
            each = self.posts // len(keys)
            await publishers.submit_many(engine, crew, each=each, due_at=due_at)
            await asyncio.sleep(max(0.0, (due_at - datetime.now(UTC)).total_seconds()))
            trees = {name: tree for name, tree in self.trees.items() if name not in KEYS}
            meter = CpuMeter({"worker": process, **trees, **{key: self.trees[key] for key in keys}})
            async with publishers.hurried(
                engine, [key for key in keys if self.networks[key].has_film]
            ):
                await publishers.drained(engine, LONGEST_SECONDS)
            shares, used = meter.shares(), meter.seconds()
        ends = [await self._ended(engine, publisher, each) for publisher in crew]
        return Round(
            rate=self.posts / (max(ends) - due_at).total_seconds(),
            shares=shares,
            cpu={name: seconds / self.posts * 1000 for name, seconds in used.items()},
        )

    async def round_trips(self, engine: Engine, key: str) -> list[str]:
        """Counts what one post asks PostgreSQL for, once its worker is warm."""
        # The tests' tap is no package; it lies beside them.
        sys.path.append(str(Path(__file__).parents[1] / "tests" / "harness"))
        from tap import PostgresTap  # noqa: PLC0415 - after the path is known

        publisher = await self._publisher(engine, key)
        with (
            PostgresTap(self.place.environment["DATABASE_URL"]) as tap,
            rig.worker(self.place, {"DATABASE_URL": tap.url}),
        ):
            for number in range(3):
                # The first ones open connections and prepare statements.
                tap.clear()
                now = datetime.now(UTC)
                await publishers.submit_many(engine, [publisher], each=1, due_at=now, first=number)
                await publishers.drained(engine, LONGEST_SECONDS)
                await asyncio.sleep(0.3)
            return [one.label for one in tap.trace()]

    async def _publisher(self, engine: Engine, key: str) -> publishers.Publisher:
        network = self.networks[key]
        made = await publishers.make_publisher(
            engine, network, self.film if network.has_film else None
        )
        if made.media:
            self._media = tuple(media_of(file) for file in made.media)
        return made

    async def _seat(self, network: Network) -> Seat:
        connected = await network.connect()
        account = Account(
            id="bare",
            platform=network.key,
            platform_account_id=connected.profile.platform_account_id,
            username=connected.profile.username,
            data=connected.profile.data,
        )
        return Seat(
            account=account,
            token=connected.grant.access_token,
            media=self._media if network.has_film else (),
        )

    async def _ended(self, engine: Engine, publisher: publishers.Publisher, posts: int) -> datetime:
        ended = await engine.database.run(
            publisher.tenant,
            lambda scope: scope.fetchrow(
                "SELECT max(a.finished_at) AS at, count(DISTINCT j.id) FILTER "
                "(WHERE j.state = 'published') AS published, max(j.error_message) AS error "
                "FROM publish_jobs j JOIN publish_attempts a ON a.job_id = j.id"
            ),
        )
        if ended is None or ended["published"] != posts:
            raise RuntimeError(f"Not every post on {publisher.platform} went out: {ended}.")
        at: datetime = ended["at"]
        return at


async def measure(bench: Bench, rounds: int, at_once: int, profile: Path) -> None:
    """Measures each network by itself, then all together, and shows it."""
    keys = tuple(bench.networks)
    mixes = [(key,) for key in keys] + ([keys] if len(keys) > 1 else [])
    async with rig.engine_of(bench.place) as engine:
        for mix in mixes:
            told = Rounds(engine=[], loop=[], wide=[])
            for _ in range(rounds):
                told.engine.append(await bench.through_engine(engine, mix))
                told.loop.append(await bench.bare(mix, 1))
                told.wide.append(await bench.bare(mix, at_once))
            show(mix, told, at_once)
        sampled = await bench.through_engine(engine, keys, profile=profile)
        traces = {key: await bench.round_trips(engine, key) for key in keys}
    # A share of each round in each mix, the round of the samples, and the three of the tap.
    own = bench.posts * 3 * rounds
    together = (own if len(keys) > 1 else 0) // len(keys) + bench.posts // len(keys) + 3
    for key, network in bench.networks.items():
        print(f"{key} counts {network.count()} posts, expected {own + together}")
    print(f"\nwhere the worker's CPU time goes, all together, {sampled.rate:,.0f} posts/s:")
    print(sampling.report(sampling.read(profile)))
    for key, trace in traces.items():
        show_round_trips(key, trace)


def show(keys: Sequence[str], told: Rounds, at_once: int) -> None:
    """Shows rates, CPU time and ratios."""
    print(f"\n== {', '.join(keys)}")
    for name, rounds in (
        (f"engine, one worker, {at_once} at once of each network", told.engine),
        ("bare loop, one after the other", told.loop),
        (f"bare loop, {at_once} at once", told.wide),
    ):
        cpu = ", ".join(f"{part} {used:.2f}" for part, used in _medians(rounds, "cpu").items())
        rates = rig.spread([one.rate for one in rounds])
        print(f"{name}: {rates} posts/s; CPU ms per post: {cpu}")
    busy = ", ".join(f"{name} {used:.2f}" for name, used in _medians(told.engine, "shares").items())
    print(f"cores in use by the engine: {busy}")
    own, loop, wide = (
        rig.median([one.rate for one in rounds]) for rounds in (told.engine, told.loop, told.wide)
    )
    print(f"RATIO engine / bare loop one after the other: {own / loop:.2f} (aim 0.4)")
    print(f"RATIO engine / bare loop {at_once} at once: {own / wide:.2f}")
    per_post = _medians(told.loop, "cpu")["loop"] / _medians(told.engine, "cpu")["worker"]
    print(f"RATIO of CPU time, bare loop / worker: {per_post:.2f}", flush=True)


def _medians(rounds: list[Round], field: str) -> dict[str, float]:
    told: list[dict[str, float]] = [getattr(one, field) for one in rounds]
    return {name: rig.median([one[name] for one in told]) for name in told[0]}


def show_round_trips(key: str, trace: list[str]) -> None:
    """Shows what one post asked PostgreSQL for."""
    own = [label for label in trace if label not in BESIDE]
    print(f"\nSQL round trips of one post on {key}, claim to published: {len(own)}")
    print(f"  {', '.join(own)}")
    beside = Counter(label for label in trace if label in BESIDE)
    print(f"  beside them, for all jobs together: {dict(beside)}")


def main() -> None:
    """Reads the sizes and runs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=1_800, help="a multiple of the networks")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--networks", nargs="+", choices=KEYS, default=list(KEYS))
    arguments: Any = parser.parse_args()
    keys: list[str] = arguments.networks
    if arguments.posts % len(keys):
        parser.error(f"--posts has to be a multiple of {len(keys)}")
    what = f"publishing: {arguments.posts} posts, {arguments.rounds} rounds, {', '.join(keys)}"
    print(rig.headline(what), flush=True)
    with running(keys) as networks, rig.site(networks.values()) as place:
        folder = Path(place.environment["HOME"])
        film = folder / "film.mp4"
        make_film(film, FILM_BYTES)
        bench = Bench(place, networks, arguments.posts, film)
        at_once = place.settings().concurrency
        asyncio.run(measure(bench, arguments.rounds, at_once, folder / "samples.json"))


if __name__ == "__main__":
    main()
