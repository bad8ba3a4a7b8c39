"""What the broken adapters are made of: Postbox, and a context that forgets."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from mpcas2_hookspecs import (
    Part,
    PublishContext,
)
from mpcas2_testing.postbox.src.mpcas2_platform_postbox.adapter import PostboxPlatform


class Broken(PostboxPlatform):
    """A base for the broken ones.

    Attributes:
        mixin: The rules that the adapter is held to.
        breaks: Ids of exactly those among them that must catch it.
    """

    mixin: ClassVar[type]
    breaks: ClassVar[frozenset[str]]


class Forgetful:
    """A context whose journal is empty, and stays so."""

    def __init__(self, ctx: PublishContext) -> None:
        self._ctx = ctx
        self.journal: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ctx, name)

    async def record(self, name: str, value: Any) -> None:
        await self._ctx.record(name, value)


def plain(part: Part) -> dict[str, Any]:
    content: dict[str, Any] = msgspec.json.decode(
        msgspec.json.encode(msgspec.structs.replace(part, options=None))
    )
    return content
