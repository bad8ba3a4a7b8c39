"""A tenant of a storm: its accounts at the practice network, what it posts, and the asking for it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid4

import msgspec
from tests.chaos.storm_plan import PlannedPost

from mpcas2_core.content.rows import NewContent
from mpcas2_core.database import Scope, Tenant
from mpcas2_core.engine import Engine
from mpcas2_core.publishing.compose import PostMetadata, ThreadPart
from mpcas2_core.publishing.jobs import Target

__all__ = ("StormTenant",)


class StormTenant(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant with accounts, a text and a picture.

    Attributes:
        tenant: For its scope.
        user_id: Its owner.
        accounts: Ids of its accounts.
        dids: Their identifiers at the network.
        text: Content without a file.
        image: Content with a small JPEG.
    """

    tenant: Tenant
    user_id: UUID
    accounts: tuple[UUID, ...]
    dids: tuple[str, ...]
    text: UUID
    image: UUID

    @classmethod
    async def make(
        cls, engine: Engine, practice: Sequence[dict[str, str]], server: str
    ) -> StormTenant:
        async with engine.identity.transaction() as connection:
            owner = await engine.identity.register(
                connection,
                email=f"{uuid4().hex}@example.org",
                password_hash="nobody signs in with a password here",
                name="Owner",
                tenant_name="Storm",
            )
        tenant, user_id = owner.tenant, owner.user_id
        accounts = []
        for one in practice:
            form = {
                "identifier": one["handle"],
                "appPassword": one["appPassword"],
                "server": server,
            }
            connection_made = await engine.accounts.authorize(tenant, "bluesky", form)
            row, _ = await engine.database.run(
                tenant,
                lambda scope, made=connection_made: engine.accounts.store(  # type: ignore[misc]  # mypy cannot infer a lambda with defaults
                    scope, user_id, "bluesky", made
                ),
            )
            accounts.append(row.id)
        words = NewContent(title="Words", type="text", text="Words of the content")
        text = await engine.database.run(
            tenant, lambda scope: engine.contents.create(scope, user_id, words)
        )
        async with engine.contents.receive(tenant) as upload:
            await upload.write(_jpeg())
            await upload.check("image", "dot.jpg")
            dot = NewContent(title="A dot", type="image", alt_text="A red dot")
            image = await engine.database.run(
                tenant, lambda scope: engine.contents.create(scope, user_id, dot, upload)
            )
        return cls(
            tenant=tenant,
            user_id=user_id,
            accounts=tuple(accounts),
            dids=tuple(one["did"] for one in practice),
            text=text.id,
            image=image.id,
        )

    async def submit(self, engine: Engine, posts: Sequence[PlannedPost]) -> list[UUID]:
        """Asks for posts, all due at once, and gives their jobs."""

        async def work(scope: Scope) -> list[UUID]:
            ids = []
            for post in posts:
                later = tuple(ThreadPart(text=text) for text in post.texts[1:])
                target = Target(
                    social_account_id=self.accounts[post.account],
                    platform="bluesky",
                    metadata=PostMetadata(),
                )
                rows = await engine.publishing.submit(
                    scope,
                    user_id=self.user_id,
                    content_id=self.image if post.kind == "image" else self.text,
                    targets=[target],
                    default=PostMetadata(text=post.texts[0], thread=later or None),
                    scheduled_at=datetime.now(UTC),
                )
                ids.append(rows[0].id)
            return ids

        return await engine.database.run(self.tenant, work)


def _jpeg() -> bytes:
    from PIL import Image  # noqa: PLC0415 - only pictures need it

    out = io.BytesIO()
    Image.new("RGB", (32, 32), "red").save(out, "JPEG")
    return out.getvalue()
