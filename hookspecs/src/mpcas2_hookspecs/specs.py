"""The hooks. A plugin implements them as module functions marked with ``hookimpl``."""

from __future__ import annotations

from collections.abc import Iterable

from mpcas2_hookspecs._markers import hookspec
from mpcas2_hookspecs.platform import Platform

__all__ = ("mpcas2_register_platforms",)


@hookspec
def mpcas2_register_platforms() -> Iterable[Platform]:
    """Returns the networks that the plugin adds.

    Called once when the plugin is loaded. It must not touch the network or the disk.
    """
    return ()
