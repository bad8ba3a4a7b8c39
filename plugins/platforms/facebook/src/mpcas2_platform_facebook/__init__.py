"""Publishes texts, links, pictures, videos, reels and stories to Facebook Pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from mpcas2_hookspecs import hookimpl

if TYPE_CHECKING:
    from mpcas2_hookspecs import Platform

__all__ = ("mpcas2_register_platforms",)


@hookimpl
def mpcas2_register_platforms(settings: Mapping[str, Any]) -> Iterable[Platform]:
    """Returns the one network of this plugin, Facebook Pages."""
    # httpx costs a tenth of a second to import: only who asks for the network pays it.
    from mpcas2_platform_facebook.adapter import FacebookPlatform  # noqa: PLC0415 - see above

    return (FacebookPlatform(settings),)
