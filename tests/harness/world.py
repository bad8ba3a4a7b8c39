"""A small world to publish in: one tenant with an account on each practice network, and its workers.

Everything but the workers is in the test's own process and is called without ``await``: the engine
runs on a loop in a thread of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Literal, Self, TypeVar
from uuid import UUID

from media_server import MediaServer
from practice import PostKind, PracticeNetwork, Submitted
from practice_bluesky import PracticeBluesky
from practice_seven import SEVEN
from practice_x import PracticeX
from practice_youtube import PracticeYouTube
from studio import Place, Studio
from waiting import until
from workers import Forge, WorkerProcess

from mpcas2_core.accounts.store import LatePolicy, set_late_policy
from mpcas2_core.database import Scope
from mpcas2_core.engine import Engine
from mpcas2_core.publishing.story import Story, tell
from mpcas2_core.settings import Settings
from mpcas2_sandbox import SandboxProcess

# `until` lives in `waiting`; it is offered here too, since most who wait for something have a world.
__all__ = (
    "MORTAL",
    "NETWORKS",
    "QUICK",
    "PostKind",
    "Submitted",
    "World",
    "show",
    "until",
)

NETWORKS: dict[str, Callable[[], PracticeNetwork]] = {
    "bluesky": PracticeBluesky,
    "twitter": PracticeX,
    "youtube": PracticeYouTube,
    **SEVEN,
}

# Pauses are short. Leases are not, so that a worker which nobody stops keeps its job on a busy machine.
QUICK = {
    "MPCAS2_LEASE_SECONDS": "15",
    "MPCAS2_SEND_SECONDS": "12",
    "MPCAS2_REOFFER_SECONDS": "0.5",
    "MPCAS2_POLL_SECONDS": "0.2",
    "MPCAS2_BACKOFF_SECONDS": "0.3",
    "MPCAS2_POOL_SIZE": "3",
    "MPCAS2_LOG_FORMAT": "json",
}

MORTAL = {"lease_seconds": "1.5", "send_seconds": "1.4"}

_T = TypeVar("_T")


class World:
    """One tenant, an account on each of some practice networks of its own, and all stores.

    Args:
        env: Environment of a process of the product: home and the addresses of fresh stores.
        forge: Starts the workers.
        platform: Key of the first network's adapter; the network's own by default.
        networks: Keys of the practice networks; what names none is about the first of them.
        path: Folders with plugins that only tests have.
        settings: Environment variables over those of ``QUICK``.
    """

    def __init__(
        self,
        env: Mapping[str, str],
        forge: Forge,
        *,
        platform: str | None = None,
        networks: Sequence[str] = ("bluesky",),
        path: Sequence[str] = (),
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.env = {**env, **QUICK, **(settings or {})}
        self.networks = {key: NETWORKS[key]() for key in networks}
        self.main = networks[0]
        self.sandboxes: dict[str, SandboxProcess] = {}
        self._platforms = {self.main: platform or self.main}
        self._forge = forge
        self._path = tuple(path)
        self._workers: list[WorkerProcess] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="world", daemon=True)
        self._closing = contextlib.ExitStack()

    def start(self) -> Self:
        """Starts the networks, opens the engine, makes tenant, user and accounts."""
        try:
            for key, network in self.networks.items():
                sandbox = self._closing.enter_context(SandboxProcess(key))
                self.sandboxes[key] = sandbox
                self.env.update(network.environment(sandbox.url))
                network.prepare(sandbox.control)
            media = MediaServer()
            self._closing.callback(media.close)
            self.env["MPCAS2_PUBLIC_URL"] = media.url
            self._thread.start()
            self._closing.callback(self._stop_loop)
            self.engine = self.wait_for(Engine.open(Settings.load(self.env)))
            self._closing.callback(lambda: self.wait_for(self.engine.close()))
            self._closing.callback(lambda: self.wait_for(media.stop()))
            self.wait_for(media.start(self.engine))
            self.places = {
                key: Place(
                    network=network,
                    sandbox=self.sandboxes[key],
                    platform=self._platforms.get(key, key),
                )
                for key, network in self.networks.items()
            }
            self.studio = self.wait_for(Studio.open(self.engine, self.places, 0))
            self.tenant, self.user_id = self.studio.tenant, self.studio.user_id
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Kills the workers and ends the rest."""
        self._kill_workers()
        self._closing.close()

    def clear(self) -> None:
        """Takes workers, jobs and faults away, so that another test can use the world."""
        self._kill_workers()
        for sandbox in self.sandboxes.values():
            sandbox.control.clear_faults()
            sandbox.control.release_all("cut")
        self.refill_quotas()
        self.run(lambda scope: scope.execute("DELETE FROM public.due_jobs"))

    @property
    def sandbox(self) -> SandboxProcess:
        """The first network's process."""
        return self.sandboxes[self.main]

    @property
    def network(self) -> PracticeNetwork:
        """The first network."""
        return self.networks[self.main]

    @property
    def account_id(self) -> UUID:
        """The account on the first network."""
        return self.studio.accounts[self.main]

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def wait_for(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Runs a coroutine on the world's loop and gives its result."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def run(self, work: Callable[[Scope], Awaitable[_T]]) -> _T:
        """Runs work in the tenant's scope."""
        return self.wait_for(self.engine.database.run(self.tenant, work))

    def worker(self, *, database_url: str | None = None, **settings: str) -> WorkerProcess:
        """Starts a worker.

        Args:
            database_url: Its way to the database, for example through a tap.
            settings: More settings, by their names without ``MPCAS2_`` in lower case.
        """
        env = {**self.env, **{f"MPCAS2_{key.upper()}": value for key, value in settings.items()}}
        if database_url is not None:
            env["DATABASE_URL"] = database_url
        process = self._forge.worker(env, path=self._path)
        self._workers.append(process)
        return process

    def mortal_worker(self, *, database_url: str | None = None) -> WorkerProcess:
        """Starts a worker that is to be killed or stopped: another takes over soon."""
        return self.worker(database_url=database_url, **MORTAL)

    def submit(
        self,
        kind: PostKind = "text",
        *,
        at: datetime | None = None,
        account_id: UUID | None = None,
        network: str | None = None,
        content: str | None = None,
        comment: str | None = None,
    ) -> Submitted:
        """Asks for a post.

        Args:
            kind: One of the network's.
            at: When; now by default.
            account_id: For which account; the world's own by default.
            network: Which network; the first by default.
            content: Name of another content in the library than the kind has.
            comment: Text of a first comment; it comes last among the texts.
        """
        key = network or self.main
        (submitted,) = self.wait_for(
            self.studio.submit(
                key, kind, at=at, account_id=account_id, content=content, comment=comment
            )
        )
        return submitted

    def other_studio(self, number: int = 1) -> Studio:
        """Opens another tenant, whose accounts are other people's, counted from 0."""
        return self.wait_for(Studio.open(self.engine, self.places, number))

    def story(self, job_id: UUID) -> Story:
        """Gives a job's whole story."""
        return self.run(lambda scope: tell(scope, job_id))

    def wait_state(
        self, job_id: UUID, *states: str, seconds: float = 30.0, hurry: bool = False
    ) -> Story:
        """Waits until a job is in one of some states, and gives its story.

        Args:
            job_id: Which.
            states: Any of these.
            seconds: How long at most.
            hurry: Whether pauses of the job are cut short meanwhile.

        Raises:
            TimeoutError: It is not; the message carries the story and the workers' logs.
        """

        def reached() -> Story | None:
            story = self.story(job_id)
            if story.job.state in states:
                return story
            if hurry:
                self.hurry(job_id)
            return None

        try:
            return until(reached, why=f"job {job_id} {' or '.join(states)}", seconds=seconds)
        except TimeoutError as error:
            logs = "\n".join(worker.output() for worker in self._workers[-3:])
            raise TimeoutError(f"{error}\n{show(self.story(job_id))}\n{logs}") from None

    def posts(self, submitted: Submitted) -> list[dict[str, Any]]:
        """Gives the network's posts of a job, the oldest first, repeats of a text included."""
        control = self.sandboxes[submitted.network].control
        return self.networks[submitted.network].posts(control, submitted)

    def stats(self) -> dict[str, int]:
        """Gives the first network's counters."""
        stats: dict[str, int] = self.sandbox.control.call("GET", "stats")
        return stats

    def connect(self, number: int, network: str | None = None) -> UUID:
        """Connects one of a network's practice accounts, counted from 0, and gives its id."""
        return self.wait_for(self.studio.connect(network or self.main, number))

    def hurry(self, job_id: UUID) -> None:
        """Ends a pause of a job that nobody works on, as if its time had passed."""
        sql = (
            "UPDATE public.due_jobs SET next_at = now() "
            "WHERE job_id = $1 AND lease_until IS NULL AND NOT offered AND next_at > now()"
        )
        self.run(lambda scope: scope.execute(sql, job_id))

    def refill_quotas(self) -> None:
        """Forgets what was used of quotas, as if all windows had ended."""
        self.run(lambda scope: scope.execute("DELETE FROM public.quota_windows"))

    def end_lease(self, submitted: Submitted) -> None:
        """Lets the lease of a job run out at once, as if its time had passed."""
        sql = "UPDATE public.due_jobs SET lease_until = now(), next_at = now() WHERE job_id = $1"
        self.run(lambda scope: scope.execute(sql, submitted.job_id))

    def set_late_policy(self, within: int, otherwise: Literal["ask", "skip", "post"]) -> None:
        """Changes what becomes of late posts of the world's account."""
        policy = LatePolicy(within_seconds=within, otherwise=otherwise)
        self.run(lambda scope: set_late_policy(scope, self.account_id, policy))

    def _kill_workers(self) -> None:
        for worker in self._workers:
            worker.kill()
        self._workers.clear()

    def _stop_loop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


def show(story: Story) -> str:
    """Tells a story in short lines, for messages of failed tests."""
    lines = [f"job {story.job.state} {story.job.error_code} {story.job.error_message}"]
    lines += [f"  part {part.position} {part.state} {part.post_id}" for part in story.parts]
    lines += [
        f"  {one.position} {one.kind} {one.outcome} marked={one.marked_at is not None} "
        f"late={one.late_outcome} by {one.worker}: {one.message}"
        for one in story.attempts
    ]
    lines += [f"  {one.kind}: {one.message}" for one in story.events]
    return "\n".join(lines)
