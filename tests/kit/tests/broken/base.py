"""What the broken adapters are made of: Postbox or Depot, and contexts that are not what they seem."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import httpx
import msgspec

from mpcas2_hookspecs import Part, PublishContext
from mpcas2_testing.postbox.src.mpcas2_platform_postbox.adapter import PostboxPlatform

if TYPE_CHECKING:
    # The whole way, as mypy sees it; what runs these adapters has the folder of Depot on its path.
    from tests.kit.tests.variants.depot.adapter import DepotPlatform
else:
    from depot.adapter import DepotPlatform


class Broken(PostboxPlatform):
    """A base for the broken ones.

    Attributes:
        mixin: The rules that the adapter is held to.
        among: Marks of those among them that are tried; none stands for all.
        breaks: Ids of exactly those that must catch it.
        plugin: The plugin in whose place it is put, and whose practice network it talks to.
        practice: Another practice network.
        exports: Protocols that the contract has beside those that the kit knows.
    """

    mixin: ClassVar[type]
    among: ClassVar[tuple[str, ...]] = ()
    breaks: ClassVar[frozenset[str]]
    plugin: ClassVar[str] = "postbox"
    practice: ClassVar[str] = ""
    exports: ClassVar[tuple[type, ...]] = ()


class BrokenDepot(Broken, DepotPlatform):
    """A base for those that break what Postbox cannot do."""

    plugin = "depot"


class Wrapped:
    """A context or a client that passes on whatever a subclass does not change."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class Forgetful(Wrapped):
    """A context whose journal is empty, and stays so."""

    def __init__(self, ctx: PublishContext) -> None:
        super().__init__(ctx)
        self.journal: dict[str, Any] = {}


class Impatient(Wrapped):
    """A client that takes the first piece of an answer for the whole."""

    async def request(self, method: str, url: str, **more: Any) -> httpx.Response:
        async with self._inner.stream(method, url, **more) as response:
            first = b""
            async for piece in response.aiter_raw():
                first = piece
                break
            return httpx.Response(response.status_code, headers=response.headers, content=first)


def plain(part: Part) -> dict[str, Any]:
    content: dict[str, Any] = msgspec.json.decode(
        msgspec.json.encode(msgspec.structs.replace(part, options=None))
    )
    return content
