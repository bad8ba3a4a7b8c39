"""A small world to publish in: one tenant with an account on a practice network, and its workers.

Everything but the workers is in the test's own process and is called without ``await``: the engine
runs on a loop in a thread of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import threading
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Literal, Self, TypeVar
from uuid import UUID, uuid4

import msgspec
from waiting import until
from workers import Forge, WorkerProcess

from mpcas2_core.accounts.store import LatePolicy, set_late_policy
from mpcas2_core.content.rows import NewContent
from mpcas2_core.database import Scope
from mpcas2_core.engine import Engine
from mpcas2_core.publishing.compose import PostMetadata, ThreadPart
from mpcas2_core.publishing.jobs import Target
from mpcas2_core.publishing.story import Story, tell
from mpcas2_core.settings import Settings
from mpcas2_sandbox import SandboxProcess

# `until` lives in `waiting`; it is offered here too, since most who wait for something have a world.
__all__ = ("KINDS", "MORTAL", "QUICK", "PostKind", "Submitted", "World", "show", "until")

PostKind = Literal["text", "image", "thread"]
KINDS: tuple[PostKind, ...] = ("text", "image", "thread")
THREAD_PARTS = 3

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


class Submitted(msgspec.Struct, frozen=True, kw_only=True):
    """A post that was asked for.

    Attributes:
        job_id: Its job.
        texts: The text of each part; no other post of the world has any of them.
    """

    job_id: UUID
    texts: tuple[str, ...]


class World:
    """One tenant, one account on a practice network of its own, and the stores of both.

    Args:
        env: Environment of a process of the product: home and the addresses of fresh stores.
        forge: Starts the workers.
        platform: Key of the network's adapter.
        path: Folders with plugins that only tests have.
        settings: Environment variables over those of ``QUICK``.
    """

    def __init__(
        self,
        env: Mapping[str, str],
        forge: Forge,
        *,
        platform: str = "bluesky",
        path: Sequence[str] = (),
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.env = {**env, **QUICK, **(settings or {})}
        self.platform = platform
        self._forge = forge
        self._path = tuple(path)
        self._workers: list[WorkerProcess] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="world", daemon=True)
        self._closing = contextlib.ExitStack()
        self._image: UUID | None = None

    def start(self) -> Self:
        """Starts the network, opens the engine, makes tenant, user and account."""
        try:
            self.sandbox = self._closing.enter_context(SandboxProcess("bluesky"))
            self._thread.start()
            self._closing.callback(self._stop_loop)
            self.engine = self.wait_for(Engine.open(Settings.load(self.env)))
            self._closing.callback(lambda: self.wait_for(self.engine.close()))
            self.wait_for(self._settle_in())
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
        control = self.sandbox.control
        control.clear_faults()
        control.release_all("cut")
        self.run(lambda scope: scope.execute("DELETE FROM public.due_jobs"))

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
    ) -> Submitted:
        """Asks for a post.

        Args:
            kind: A text, a text with one picture, or a thread of three.
            at: When; now by default.
            account_id: For which account; the world's own by default.
        """
        mark = uuid4().hex[:10]
        texts = tuple(
            f"{kind} {mark} part {number}, see https://example.com/{mark} #practice"
            for number in range(THREAD_PARTS if kind == "thread" else 1)
        )
        content_id = self.image() if kind == "image" else self._text
        wishes = PostMetadata(
            text=texts[0], thread=tuple(ThreadPart(text=text) for text in texts[1:]) or None
        )
        target = Target(
            social_account_id=account_id or self.account_id,
            platform=self.platform,
            metadata=PostMetadata(),
        )

        async def work(scope: Scope) -> UUID:
            rows = await self.engine.publishing.submit(
                scope,
                user_id=self.user_id,
                content_id=content_id,
                targets=[target],
                default=wishes,
                scheduled_at=at or datetime.now(UTC),
            )
            return rows[0].id

        return Submitted(job_id=self.run(work), texts=texts)

    def image(self) -> UUID:
        """Gives the content that holds a small JPEG."""
        if self._image is None:
            self._image = self.wait_for(self._store_image())
        return self._image

    def story(self, job_id: UUID) -> Story:
        """Gives a job's whole story."""
        return self.run(lambda scope: tell(scope, job_id))

    def wait_state(self, job_id: UUID, *states: str, seconds: float = 30.0) -> Story:
        """Waits until a job is in one of some states, and gives its story.

        Raises:
            TimeoutError: It is not; the message carries the story and the workers' logs.
        """

        def reached() -> Story | None:
            story = self.story(job_id)
            return story if story.job.state in states else None

        try:
            return until(reached, why=f"job {job_id} {' or '.join(states)}", seconds=seconds)
        except TimeoutError as error:
            logs = "\n".join(worker.output() for worker in self._workers[-3:])
            raise TimeoutError(f"{error}\n{show(self.story(job_id))}\n{logs}") from None

    def posts(self, submitted: Submitted) -> list[dict[str, Any]]:
        """Gives the network's posts of a job, the oldest first, repeats of a text included."""
        stored = self.sandbox.control.call("GET", f"posts?did={self.did}")["posts"]
        mine = [post for post in stored if post["record"]["text"] in submitted.texts]
        return sorted(mine, key=lambda post: str(post["createdAtServer"]))

    def stats(self) -> dict[str, int]:
        """Gives the network's counters."""
        stats: dict[str, int] = self.sandbox.control.call("GET", "stats")
        return stats

    def connect(self, number: int) -> UUID:
        """Connects one of the network's practice accounts, counted from 0, and gives its id."""
        account_id, _ = self.wait_for(self._connect(number))
        return account_id

    def end_lease(self, submitted: Submitted) -> None:
        """Lets the lease of a job run out at once, as if its time had passed."""
        sql = "UPDATE public.due_jobs SET lease_until = now(), next_at = now() WHERE job_id = $1"
        self.run(lambda scope: scope.execute(sql, submitted.job_id))

    def set_late_policy(self, within: int, otherwise: Literal["ask", "skip", "post"]) -> None:
        """Changes what becomes of late posts of the world's account."""
        policy = LatePolicy(within_seconds=within, otherwise=otherwise)
        self.run(lambda scope: set_late_policy(scope, self.account_id, policy))

    async def _settle_in(self) -> None:
        engine = self.engine
        async with engine.identity.transaction() as connection:
            owner = await engine.identity.register(
                connection,
                email=f"{uuid4().hex}@example.org",
                password_hash="nobody signs in with a password here",
                name="Owner",
                tenant_name="World",
            )
        self.tenant, self.user_id = owner.tenant, owner.user_id
        self.account_id, self.did = await self._connect(0)
        new = NewContent(title="Words", type="text", text="Words of the content")
        row = await engine.database.run(
            self.tenant, lambda scope: engine.contents.create(scope, self.user_id, new)
        )
        self._text = row.id

    async def _connect(self, number: int) -> tuple[UUID, str]:
        answer = await asyncio.to_thread(self.sandbox.control.call, "GET", "accounts")
        practice = answer["accounts"][number]
        connection = await self.engine.accounts.authorize(
            self.tenant,
            self.platform,
            {
                "identifier": practice["handle"],
                "appPassword": practice["appPassword"],
                "server": self.sandbox.url,
            },
        )
        row, _ = await self.engine.database.run(
            self.tenant,
            lambda scope: self.engine.accounts.store(
                scope, self.user_id, self.platform, connection
            ),
        )
        return row.id, row.platform_account_id

    async def _store_image(self) -> UUID:
        contents = self.engine.contents
        async with contents.receive(self.tenant) as upload:
            await upload.write(_jpeg())
            await upload.check("image", "dot.jpg")
            new = NewContent(title="A dot", type="image", alt_text="A red dot")
            row = await self.engine.database.run(
                self.tenant, lambda scope: contents.create(scope, self.user_id, new, upload)
            )
        return row.id

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


def _jpeg() -> bytes:
    from PIL import Image  # noqa: PLC0415 - only pictures need it

    out = io.BytesIO()
    Image.new("RGB", (32, 32), "red").save(out, "JPEG")
    return out.getvalue()
