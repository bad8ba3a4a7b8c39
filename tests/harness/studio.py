"""One tenant of a world: its owner, its accounts, its content, and what it asks for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Self
from uuid import UUID, uuid4

import msgspec
from library import Library
from practice import PostKind, PracticeNetwork, Submitted

from mpcas2_core.database import Scope, Tenant
from mpcas2_core.engine import Engine
from mpcas2_core.publishing.compose import PostMetadata, ThreadPart
from mpcas2_core.publishing.jobs import Target
from mpcas2_sandbox import SandboxProcess

__all__ = ("Place", "Studio")


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where accounts can be had.

    Attributes:
        network: The practice network.
        sandbox: Its process.
        platform: Key of the adapter that posts to it.
    """

    network: PracticeNetwork
    sandbox: SandboxProcess
    platform: str


class Studio:
    """One tenant with an account in each place.

    Args:
        engine: Where it lives.
        places: By the keys of their networks.
        tenant: The tenant.
        user_id: Its owner.
    """

    def __init__(
        self, engine: Engine, places: Mapping[str, Place], tenant: Tenant, user_id: UUID
    ) -> None:
        self.tenant = tenant
        self.user_id = user_id
        self.accounts: dict[str, UUID] = {}
        self.library = Library(engine, tenant, user_id)
        self._engine = engine
        self._places = places

    @classmethod
    async def open(cls, engine: Engine, places: Mapping[str, Place], number: int) -> Self:
        """Registers the owner and connects an account in each place.

        Args:
            engine: Where it will live.
            places: By the keys of their networks.
            number: Which of each network's people connects, from 0.
        """
        async with engine.identity.transaction() as connection:
            owner = await engine.identity.register(
                connection,
                email=f"{uuid4().hex}@example.org",
                password_hash="nobody signs in with a password here",
                name="Owner",
                tenant_name="World",
            )
        studio = cls(engine, places, owner.tenant, owner.user_id)
        for key in places:
            studio.accounts[key] = await studio.connect(key, number)
        return studio

    async def connect(self, key: str, number: int) -> UUID:
        """Connects one of a network's people and gives the account's id."""
        place = self._places[key]
        connected = await place.network.connect(
            place.sandbox, self._engine, self.tenant, place.platform, number
        )
        row, _ = await self._engine.database.run(
            self.tenant,
            lambda scope: self._engine.accounts.store(
                scope,
                self.user_id,
                place.platform,
                connected.connection,
                client_id=connected.client_id,
            ),
        )
        return row.id

    async def submit(
        self,
        key: str,
        kind: PostKind,
        *,
        count: int = 1,
        at: datetime | None = None,
        account_id: UUID | None = None,
        content: str | None = None,
        comment: str | None = None,
    ) -> list[Submitted]:
        """Asks for posts, all in one transaction.

        Args:
            key: Which network.
            kind: One of the network's.
            count: How many.
            at: When; now by default.
            account_id: For which account; the studio's own by default.
            content: Name of another content in the library than the kind has.
            comment: Text of a first comment; it comes last among the texts.
        """
        place = self._places[key]
        await self._make_all(place.network, kind, content)
        target = Target(
            social_account_id=account_id or self.accounts[key],
            platform=place.platform,
            metadata=PostMetadata(),
        )

        async def work(scope: Scope) -> list[Submitted]:
            submitted = []
            for _ in range(count):
                mark = uuid4().hex[:10]
                wish = place.network.wish(kind, mark, self.library.made)
                said = f"{comment} {mark}" if comment else wish.comment or None
                rows = await self._engine.publishing.submit(
                    scope,
                    user_id=self.user_id,
                    content_id=self.library.made(content or wish.content),
                    targets=[target],
                    default=msgspec.structs.replace(
                        wish.metadata,
                        text=wish.texts[0],
                        thread=tuple(ThreadPart(text=text) for text in wish.texts[1:]) or None,
                        first_comment=said,
                    ),
                    scheduled_at=at or datetime.now(UTC),
                )
                submitted.append(
                    Submitted(
                        job_id=rows[0].id,
                        texts=(*wish.texts, said) if said else wish.texts,
                        mark=mark,
                        network=key,
                    )
                )
            return submitted

        return await self._engine.database.run(self.tenant, work)

    async def _make_all(
        self, network: PracticeNetwork, kind: PostKind, content: str | None
    ) -> None:
        """Makes the content of a kind of post, which a transaction of its own needs to see."""
        names: list[str] = []

        def noted(name: str) -> UUID:
            names.append(name)
            return self.user_id

        wish = network.wish(kind, "", noted)
        for name in (*names, content or wish.content):
            await self.library.get(name)
