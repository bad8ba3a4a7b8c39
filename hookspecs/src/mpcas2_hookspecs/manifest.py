"""``mpcas2-plugin.toml``: what a plugin says of itself, read without running its code."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Literal

import msgspec

__all__ = ("MANIFEST_NAME", "ManifestError", "PluginManifest", "Setting", "read_manifest")

MANIFEST_NAME = "mpcas2-plugin.toml"


class ManifestError(Exception):
    """A plugin's manifest is missing or wrong; the message says where and how to mend it."""


class Setting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One value that the operator of an installation can set for the plugin.

    Attributes:
        name: Key of the setting: lower-case letters, digits and underscores. The operator sets it as
            ``MPCAS2_<PLUGIN>_<NAME>``, and the plugin is handed it when it registers.
        type: Kind of value.
        title: One sentence for the operator.
        default: What the plugin is handed when the operator sets nothing.
        secret: True when the value must be masked everywhere.
        required: True when the plugin does not work without it.
    """

    name: str
    type: Literal["string", "integer", "boolean"] = "string"
    title: str = ""
    default: str | int | bool | None = None
    secret: bool = False
    required: bool = False


class PluginManifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The content of ``mpcas2-plugin.toml``.

    Attributes:
        key: The plugin's key, the same as its entry point's name.
        kind: What the plugin adds.
        title: Name for people.
        summary: One sentence for people.
        hosts: Network hosts that the plugin talks to; information, not enforcement.
        settings: Values that the operator can set.
        docs_url: Address of the plugin's documentation.
    """

    key: str
    kind: Literal["platform"]
    title: str
    summary: str
    hosts: tuple[str, ...] = ()
    settings: tuple[Setting, ...] = ()
    docs_url: str | None = None


def read_manifest(package: str) -> PluginManifest:
    """Reads a plugin's manifest without importing the plugin.

    Args:
        package: Import name of the plugin's top-level package. Only top-level names are looked up,
            because finding a submodule would import its parent.

    Raises:
        ManifestError: The package or the file is missing, or the file does not fit.
    """
    top = package.split(".", 1)[0]
    try:
        spec = importlib.util.find_spec(top)
    except ValueError:
        # A module that is already imported and hides where it came from.
        spec = None
    if spec is None:
        raise ManifestError(f"The package {top!r} is not installed.")
    for place in spec.submodule_search_locations or ():
        path = Path(place) / MANIFEST_NAME
        if path.is_file():
            try:
                return msgspec.toml.decode(path.read_bytes(), type=PluginManifest)
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                raise ManifestError(f"{MANIFEST_NAME} of {top!r} is not valid: {error}.") from error
    raise ManifestError(
        f"The package {top!r} ships no {MANIFEST_NAME}; add one beside __init__.py."
    )
