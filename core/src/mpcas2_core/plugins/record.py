"""What the host knows of one plugin, whether it works or not."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from mpcas2_core.errors import NotFound
from mpcas2_hookspecs import PluginManifest

__all__ = ("LoadFault", "PluginRecord", "PluginStatus", "UnknownPlatform")


class PluginStatus(StrEnum):
    """What became of a plugin when the host loaded it."""

    ENABLED = "enabled"
    """It is loaded and its platforms can be used."""

    DISABLED = "disabled"
    """The operator switched it off; its code was not imported."""

    INCOMPATIBLE = "incompatible"
    """It is made for another version of the contract; its code was not imported."""

    BROKEN = "broken"
    """It could not be loaded, or what it registers does not fit the contract."""


class PluginRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One plugin and its state.

    Attributes:
        key: The entry point's name; the distribution's name where no entry point can be read.
        distribution: The distribution that brings the plugin.
        version: The distribution's version; empty when its metadata names none.
        status: What became of the plugin.
        reason: What is wrong and what to do about it; None for an enabled plugin.
        manifest: What the plugin says of itself; None when that could not be read.
        platforms: Keys of the platforms that it added, sorted; empty unless enabled.
    """

    key: str
    distribution: str
    version: str
    status: PluginStatus
    reason: str | None = None
    manifest: PluginManifest | None = None
    platforms: tuple[str, ...] = ()


class LoadFault(Exception):
    """A plugin cannot be used.

    Args:
        reason: What is wrong and what to do, for people.
        status: The status that the plugin's record gets.
    """

    def __init__(self, reason: str, *, status: PluginStatus = PluginStatus.BROKEN) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status


class UnknownPlatform(NotFound):
    """No enabled plugin brings the platform; the message says which there are, or why not.

    Args:
        message: The sentence for people.
        key: The platform that was asked for.
    """

    default_code = "UNKNOWN_PLATFORM"

    def __init__(self, message: str, *, key: str) -> None:
        super().__init__(message, details={"platform": key})
        self.key = key
