"""The two pluggy markers of the project ``mpcas2``."""

from __future__ import annotations

import pluggy

__all__ = ("hookimpl", "hookspec")

PROJECT = "mpcas2"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
