"""What a suite needs to put an adapter to the test: the adapter and its practice network."""

from __future__ import annotations

import asyncio
import hashlib
import struct
import zlib
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, TypeVar

from mpcas2_hookspecs import (
    Account,
    Connection,
    ConnectsWithForm,
    Media,
    Part,
    Platform,
    PublishContext,
    Published,
    Staged,
)
from mpcas2_sandbox import Control
from mpcas2_testing.context import MemoryConnectContext, MemoryPublishContext

__all__ = ("Bench", "Desk", "picture_bytes")

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Bench:
    """An adapter beside the running practice network of its platform.

    Attributes:
        platform: The adapter.
        package: Import name of its package.
        control: Control of the practice network, freshly reset.
        credentials: What a person fills in to connect one account of the practice network.
        publish_path: Regular expression for the path of the one irreversible request.
        count_posts: Counts the posts on the network's side.
    """

    platform: Platform
    package: str
    control: Control
    credentials: Mapping[str, str]
    publish_path: str
    count_posts: Callable[[], int]

    def connect(self) -> Connection:
        """Connects the account of the practice network, once for each call.

        Raises:
            TypeError: The platform is not connected with a form.
            PlatformError: What the adapter raises.
        """
        platform = self.platform
        if not isinstance(platform, ConnectsWithForm):
            raise TypeError(
                f"{platform.key} has no form to connect with; its suite is not here yet."
            )
        defaults = {
            field.name: field.default
            for field in platform.connect_form
            if field.default is not None
        }

        async def connect() -> Connection:
            async with MemoryConnectContext() as ctx:
                return await platform.connect({**defaults, **self.credentials}, ctx)

        return asyncio.run(connect())

    def desk(self) -> Desk:
        """Connects the account and gives what one part of one post is worked on with."""
        return Desk(self.platform, self.connect())


class Desk:
    """Works on parts for one connected account; a journal lasts as long as its desk.

    Args:
        platform: The adapter.
        connection: The connected account.
    """

    def __init__(self, platform: Platform, connection: Connection) -> None:
        self.platform = platform
        self.connection = connection
        self.journal: MutableMapping[str, Any] = {}
        self.media: dict[str, bytes] = {}

    @property
    def account(self) -> Account:
        """The account as the engine hands it to an adapter."""
        profile = self.connection.profile
        return Account(
            id="00000000-0000-4000-8000-000000000001",
            platform=self.platform.key,
            platform_account_id=profile.platform_account_id,
            username=profile.username,
            data=profile.data,
        )

    def part(
        self,
        text: str = "Written by the test kit.",
        *,
        picture: bool = False,
        root: Published | None = None,
        parent: Published | None = None,
    ) -> Part:
        """Makes a part, with a small picture if wanted; with a parent, the second of a thread."""
        media: tuple[Media, ...] = ()
        if picture:
            content = picture_bytes()
            self.media["picture"] = content
            media = (
                Media(
                    id="picture",
                    kind="image",
                    mime_type="image/png",
                    size=len(content),
                    width=2,
                    height=2,
                    alt_text="Four dots.",
                ),
            )
        index = 0 if parent is None else 1
        return Part(index=index, text=text, media=media, root=root, parent=parent)

    def stage(self, part: Part) -> Staged:
        """Runs the adapter's ``stage`` in a fresh context over this desk's journal."""
        return self._run(lambda ctx: self.platform.stage(part, ctx))

    def publish(self, staged: Staged) -> Any:
        """Runs the adapter's ``publish`` in a fresh context."""
        return self._run(lambda ctx: self.platform.publish(staged, ctx))

    def find(self, staged: Staged) -> Any:
        """Runs the adapter's ``find`` in a fresh context."""
        return self._run(lambda ctx: self.platform.find(staged, ctx))

    def picture_sha256(self) -> str:
        """Gives the hash by which the network's request log shows the picture's upload."""
        return hashlib.sha256(picture_bytes()).hexdigest()

    def _run(self, call: Callable[[PublishContext], Awaitable[T]]) -> T:
        async def run() -> T:
            async with MemoryPublishContext(
                account=self.account,
                access_token=self.connection.grant.access_token,
                media=self.media,
                journal=self.journal,
            ) as ctx:
                return await call(ctx)

        return asyncio.run(run())


def picture_bytes() -> bytes:
    """Makes a real PNG of two by two dots."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    rows = b"\x00\xff\x00\x00\x00\xff\x00" + b"\x00\x00\x00\xff\xff\xff\xff"
    head = struct.pack(">IIBBBBB", 2, 2, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )
