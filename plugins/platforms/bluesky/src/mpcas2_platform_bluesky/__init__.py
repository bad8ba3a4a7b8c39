"""Publishes to Bluesky and any other AT Protocol server."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from mpcas2_hookspecs import hookimpl

if TYPE_CHECKING:
    from mpcas2_hookspecs import Platform

__all__ = ("mpcas2_register_platforms",)


@hookimpl
def mpcas2_register_platforms() -> Iterable[Platform]:
    """Returns the one network of this plugin, Bluesky."""
    # httpx costs a tenth of a second to import: only who asks for the network pays it.
    from mpcas2_platform_bluesky.adapter import BlueskyPlatform  # noqa: PLC0415 - see above

    return (BlueskyPlatform(),)
