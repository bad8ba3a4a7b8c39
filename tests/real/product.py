"""The product beside a real server: a tenant, its account there, real workers, and what it tells."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID, uuid4

import msgspec
from waiting import until
from workers import Forge, WorkerProcess
from world import QUICK

from mpcas2_core.content.rows import NewContent
from mpcas2_core.database import Scope, Tenant
from mpcas2_core.engine import Engine
from mpcas2_core.publishing.compose import MediaWish, PostMetadata
from mpcas2_core.publishing.jobs import Target
from mpcas2_core.publishing.story import Story, tell
from mpcas2_core.settings import Settings
from mpcas2_hookspecs import Grant

__all__ = ("Picture", "Product", "noise")

_T = TypeVar("_T")


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """An uploaded picture: its content, and the bytes that the network must hold in the end."""

    content_id: UUID
    data: bytes


class Product:
    """One installation with one tenant, called without ``await``.

    Args:
        env: Environment of a process of the product: home and the addresses of fresh stores.
        forge: Starts the workers.
    """

    def __init__(self, env: Mapping[str, str], forge: Forge) -> None:
        # A real server needs longer for an answer than a practice network.
        self.env = {**env, **QUICK, "MPCAS2_LEASE_SECONDS": "3", "MPCAS2_SEND_SECONDS": "2"}
        self._forge = forge
        self._runner = asyncio.Runner()
        self._workers: list[WorkerProcess] = []

    def start(self) -> None:
        """Opens the engine and makes the tenant."""
        self.engine = self.wait_for(Engine.open(Settings.load(self.env)))
        self.wait_for(self._sign_up())

    def stop(self) -> None:
        """Kills the workers and closes the engine."""
        for worker in self._workers:
            worker.kill()
        self.wait_for(self.engine.close())
        self._runner.close()

    def wait_for(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Runs a coroutine and gives its result."""
        return self._runner.run(work)

    def run(self, work: Callable[[Scope], Awaitable[_T]]) -> _T:
        """Runs work in the tenant's scope."""
        return self.wait_for(self.engine.database.run(self.tenant, work))

    def worker(self) -> WorkerProcess:
        """Starts a worker process."""
        process = self._forge.worker(self.env)
        self._workers.append(process)
        return process

    def connect(self, handle: str, app_password: str, server: str) -> UUID:
        """Connects an account with the form that people fill in."""
        form = {"identifier": handle, "appPassword": app_password, "server": server}
        made = self.wait_for(self.engine.accounts.authorize(self.tenant, "bluesky", form))
        row, _ = self.run(
            lambda scope: self.engine.accounts.store(scope, self.user_id, "bluesky", made)
        )
        return row.id

    def reach_through(self, account_id: UUID, url: str) -> None:
        """Sends what the account does from now on to another address."""
        self.run(
            lambda scope: scope.execute(
                "UPDATE social_accounts SET data = data || jsonb_build_object('pds', $2::text) "
                "WHERE id = $1",
                account_id,
                url,
            )
        )

    def picture(self, data: bytes, name: str, alt_text: str = "") -> Picture:
        """Uploads a picture."""

        async def work() -> UUID:
            contents = self.engine.contents
            async with contents.receive(self.tenant) as upload:
                await upload.write(data)
                await upload.check("image", name)
                new = NewContent(title=name, type="image", alt_text=alt_text or None)
                row = await self.engine.database.run(
                    self.tenant, lambda scope: contents.create(scope, self.user_id, new, upload)
                )
            return row.id

        return Picture(content_id=self.wait_for(work()), data=data)

    def submit(
        self,
        account_id: UUID,
        wishes: PostMetadata,
        *,
        pictures: Sequence[tuple[Picture, str]] = (),
    ) -> UUID:
        """Asks for a post, now, and gives its job.

        Args:
            account_id: For which account.
            wishes: Text and options.
            pictures: Pictures with their alternative texts.
        """
        media = tuple(
            MediaWish(content_id=picture.content_id, alt_text=alt) for picture, alt in pictures
        )
        target = Target(
            social_account_id=account_id, platform="bluesky", metadata=PostMetadata(media=media)
        )
        rows = self.run(
            lambda scope: self.engine.publishing.submit(
                scope,
                user_id=self.user_id,
                content_id=self._words,
                targets=[target],
                default=wishes,
                scheduled_at=datetime.now(UTC),
            )
        )
        return rows[0].id

    def story(self, job_id: UUID) -> Story:
        """Gives what the product tells about a job."""
        return self.run(lambda scope: tell(scope, job_id))

    def wait_state(self, job_id: UUID, state: str) -> Story:
        """Waits until a job is in a state.

        Raises:
            TimeoutError: It is not; the message carries its story and the last worker's log.
        """

        def reached() -> Story | None:
            story = self.story(job_id)
            return story if story.job.state == state else None

        try:
            return until(reached, why=f"job {job_id} {state}", seconds=60)
        except TimeoutError as error:
            log = self._workers[-1].output() if self._workers else "no worker was started"
            raise TimeoutError(f"{error}\n{self.story(job_id)}\n{log}") from None

    def grant(self, account_id: UUID) -> Grant:
        """Opens the stored grant of an account, which only the engine can."""
        sealed = self.run(
            lambda scope: scope.fetchval(
                "SELECT sealed FROM grants WHERE account_id = $1", account_id
            )
        )
        plain = self.wait_for(
            self.engine.vault.open(self.engine.database, self.tenant, "grant", sealed)
        )
        return msgspec.json.decode(plain, type=Grant)

    def put_grant(self, account_id: UUID, grant: Grant) -> None:
        """Stores another grant for an account."""
        self.run(lambda scope: self.engine.broker.store(scope, account_id, grant))

    async def _sign_up(self) -> None:
        engine = self.engine
        async with engine.identity.transaction() as connection:
            owner = await engine.identity.register(
                connection,
                email=f"{uuid4().hex}@example.org",
                password_hash="nobody signs in with a password here",
                name="Owner",
                tenant_name="Real",
            )
        self.tenant: Tenant = owner.tenant
        self.user_id: UUID = owner.user_id
        await engine.vault.load(engine.database, self.tenant)
        words = NewContent(title="Words", type="text", text="Words of the content")
        row = await engine.database.run(
            self.tenant, lambda scope: engine.contents.create(scope, self.user_id, words)
        )
        self._words = row.id


def noise(kind: str, seed: int, size: tuple[int, int] = (96, 64)) -> bytes:
    """Makes a picture that no other seed gives."""
    from random import Random  # noqa: PLC0415 - only pictures need it

    from PIL import Image  # noqa: PLC0415 - only pictures need it

    pixels = Random(seed).randbytes(size[0] * size[1] * 3)
    out = io.BytesIO()
    Image.frombytes("RGB", size, pixels).save(out, kind)
    return out.getvalue()
