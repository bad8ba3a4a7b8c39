"""Depot: Postbox with what Postbox lacks, so that every rule has something to catch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mpcas2_hookspecs import Platform, hookimpl


@hookimpl
def mpcas2_register_platforms(settings: Mapping[str, Any]) -> Iterable[Platform]:
    """Returns the one network of this plugin."""
    from .adapter import DepotPlatform  # noqa: PLC0415 - the practice network needs no adapter

    return (DepotPlatform(settings),)
