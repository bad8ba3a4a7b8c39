"""A tenant of a storm: its accounts at the practice networks, what it posts, and the asking for it."""

from __future__ import annotations

import functools
import hashlib
import io
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from fractions import Fraction
from random import Random
from typing import Any
from uuid import UUID, uuid4

import msgspec
from tests.chaos.storm_networks import PracticeNetwork
from tests.chaos.storm_plan import PlannedPost

from mpcas2_core.content.kinds import MediaType
from mpcas2_core.content.rows import NewContent
from mpcas2_core.database import Scope, Tenant
from mpcas2_core.engine import Engine
from mpcas2_core.publishing.compose import PostMetadata, ThreadPart
from mpcas2_core.publishing.jobs import Target

__all__ = ("FILE_SHA256", "StormAccount", "StormTenant")

# A megabyte is sent while it is prepared; the rest makes the video. So it goes up in two pieces.
VIDEO_BYTES = 1_200_000
VIDEO_FRAMES = 25


class StormAccount(msgspec.Struct, frozen=True, kw_only=True):
    """A connected account.

    Attributes:
        id: The product's.
        at_network: The network's.
    """

    id: UUID
    at_network: str


class StormTenant(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant with accounts, a text, a picture and a video.

    Attributes:
        tenant: For its scope.
        user_id: Its owner.
        accounts: Its accounts at each network.
        contents: What it posts: ``text``, ``image`` and ``video``.
    """

    tenant: Tenant
    user_id: UUID
    accounts: dict[str, tuple[StormAccount, ...]]
    contents: dict[str, UUID]

    @classmethod
    async def make(
        cls, engine: Engine, people: Mapping[PracticeNetwork, Sequence[dict[str, Any]]]
    ) -> StormTenant:
        """Registers the tenant, connects its accounts and stores its contents."""
        async with engine.identity.transaction() as connection:
            owner = await engine.identity.register(
                connection,
                email=f"{uuid4().hex}@example.org",
                password_hash="nobody signs in with a password here",
                name="Owner",
                tenant_name="Storm",
            )
        tenant, user_id = owner.tenant, owner.user_id
        return cls(
            tenant=tenant,
            user_id=user_id,
            accounts={
                network.key: tuple(
                    [await _connect(engine, tenant, user_id, network, one) for one in mine]
                )
                for network, mine in people.items()
            },
            contents={
                "text": await _words(engine, tenant, user_id),
                "image": await _file(engine, tenant, user_id, "image", _jpeg()),
                "video": await _file(engine, tenant, user_id, "video", _video()),
            },
        )

    async def submit(self, engine: Engine, posts: Sequence[PlannedPost]) -> list[UUID]:
        """Asks for posts, all due at once, and gives their jobs."""

        async def work(scope: Scope) -> list[UUID]:
            ids = []
            for post in posts:
                later = tuple(ThreadPart(text=text) for text in post.texts[1:])
                target = Target(
                    social_account_id=self.accounts[post.network][post.account].id,
                    platform=post.network,
                    metadata=PostMetadata(),
                )
                rows = await engine.publishing.submit(
                    scope,
                    user_id=self.user_id,
                    content_id=self.contents.get(post.kind, self.contents["text"]),
                    targets=[target],
                    default=PostMetadata(
                        title=post.texts[0], text=post.texts[0], thread=later or None
                    ),
                    scheduled_at=datetime.now(UTC),
                )
                ids.append(rows[0].id)
            return ids

        return await engine.database.run(self.tenant, work)


async def _connect(
    engine: Engine, tenant: Tenant, user_id: UUID, network: PracticeNetwork, person: dict[str, Any]
) -> StormAccount:
    made, client_id = await network.connection(engine, tenant, person)

    async def work(scope: Scope) -> UUID:
        row, _ = await engine.accounts.store(scope, user_id, network.key, made, client_id=client_id)
        return row.id

    return StormAccount(
        id=await engine.database.run(tenant, work), at_network=made.profile.platform_account_id
    )


async def _words(engine: Engine, tenant: Tenant, user_id: UUID) -> UUID:
    words = NewContent(title="Words", type="text", text="Words of the content")
    row = await engine.database.run(
        tenant, lambda scope: engine.contents.create(scope, user_id, words)
    )
    return row.id


async def _file(
    engine: Engine, tenant: Tenant, user_id: UUID, kind: MediaType, content: bytes
) -> UUID:
    async with engine.contents.receive(tenant) as upload:
        await upload.write(content)
        await upload.check(kind, None)
        words = "A red dot" if kind == "image" else None
        new = NewContent(title="A file", type=kind, alt_text=words)
        row = await engine.database.run(
            tenant, lambda scope: engine.contents.create(scope, user_id, new, upload)
        )
    return row.id


@functools.cache
def _jpeg() -> bytes:
    from PIL import Image  # noqa: PLC0415 - only pictures need it

    out = io.BytesIO()
    Image.new("RGB", (32, 32), "red").save(out, "JPEG")
    return out.getvalue()


@functools.cache
def _video() -> bytes:
    import av  # noqa: PLC0415 - only videos need it
    from PIL import Image  # noqa: PLC0415 - as above

    out, random = io.BytesIO(), Random(4)
    with av.open(out, "w", format="mp4") as file:
        stream: Any = file.add_stream("mpeg4", rate=VIDEO_FRAMES)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for number in range(VIDEO_FRAMES):
            picture = Image.frombytes("RGB", (64, 64), random.randbytes(64 * 64 * 3))
            frame: Any = av.VideoFrame.from_image(picture)  # type: ignore[no-untyped-call]  # PyAV's own lack
            frame.pts, frame.time_base = number, Fraction(1, VIDEO_FRAMES)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    made = out.getvalue()
    # A box of the type "free" holds whatever one likes (ISO/IEC 14496-12, 8.1.2).
    length = VIDEO_BYTES - len(made)
    return made + length.to_bytes(4, "big") + b"free" + random.randbytes(length - 8)


FILE_SHA256 = {
    "image": lambda: hashlib.sha256(_jpeg()).hexdigest(),
    "video": lambda: hashlib.sha256(_video()).hexdigest(),
}
"""Makes the checksum of what each kind of post carries."""
