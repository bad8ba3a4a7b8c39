"""The hooks. A plugin implements them as module functions marked with ``hookimpl``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mpcas2_hookspecs._markers import hookspec
from mpcas2_hookspecs.platform import Platform

__all__ = ("mpcas2_register_platforms",)


@hookspec
def mpcas2_register_platforms(settings: Mapping[str, Any]) -> Iterable[Platform]:  # noqa: ARG001 - implementations use it
    """Returns the networks that the plugin adds.

    Called once when the plugin is loaded. It must not touch the network or the disk. An
    implementation may leave the argument out.

    Args:
        settings: A value for each setting of the manifest, as the operator set it or its default.
    """
    return ()
