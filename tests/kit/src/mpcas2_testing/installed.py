"""Finds an installed plugin as the engine does: by its entry point, its manifest and its hook."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from mpcas2_hookspecs import Hooks, Platform, read_manifest

__all__ = ("find_plugin", "load_platform", "settings_of")

GROUP = "mpcas2"


@functools.cache
def find_plugin(name: str) -> EntryPoint:
    """Finds a plugin by its key or by the name of its distribution.

    Args:
        name: Such as ``bluesky`` or ``mpcas2-platform-bluesky``.

    Raises:
        LookupError: None is installed; the message lists those that are.
    """
    points = sorted(entry_points(group=GROUP), key=lambda point: point.name)
    for point in points:
        owner = "" if point.dist is None else point.dist.name
        if name.lower() in {point.name.lower(), owner.lower()}:
            return point
    known = ", ".join(point.name for point in points) or "none"
    raise LookupError(
        f"No plugin {name!r} is installed here; there are: {known}. Install it with "
        f"`pip install .` in its folder, and look at [project.entry-points.{GROUP}]."
    )


def settings_of(package: str, given: Mapping[str, str]) -> dict[str, Any]:
    """Gives a value for each setting of a manifest: the given one, or its default.

    Args:
        package: Import name of the plugin's package.
        given: Values as text, by the setting's name.

    Raises:
        KeyError: A given name is no setting of the manifest.
        ManifestError: The manifest is missing or wrong.
    """
    settings = read_manifest(package).settings
    if unknown := sorted(set(given) - {one.name for one in settings}):
        raise KeyError(f"The manifest of {package} has no setting {', '.join(unknown)}.")
    return {one.name: _value(one.type, given.get(one.name, one.default)) for one in settings}


def load_platform(point: EntryPoint, given: Mapping[str, str]) -> Platform:
    """Loads a plugin with these settings and gives the platform of its key.

    Args:
        point: Its entry point.
        given: Settings as text, by name; the others get their defaults.

    Raises:
        LookupError: Its hook returns no platform of the plugin's key.
    """
    hooks = Hooks()
    hooks.register(point.load(), point.name)
    platforms = hooks.register_platforms(point.name, settings_of(point.module, given))
    for platform in platforms:
        if platform.key == point.name:
            return platform
    raise LookupError(
        f"The hook of {point.module} returns no platform with the key {point.name!r}, but "
        f"{[platform.key for platform in platforms]}."
    )


def _value(kind: str, value: str | int | bool | None) -> str | int | bool | None:
    if not isinstance(value, str) or kind == "string":
        return value
    return int(value) if kind == "integer" else value.lower() == "true"
