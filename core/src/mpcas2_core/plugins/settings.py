"""What an operator sets for a plugin, read from the environment and typed by the manifest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from mpcas2_core.plugins.record import LoadFault
from mpcas2_core.settings import PREFIX, SettingsError, read_value
from mpcas2_hookspecs import PluginManifest

__all__ = ("settings_of", "variable_of")

_TYPES: dict[str, type] = {"string": str, "integer": int, "boolean": bool}


def variable_of(plugin_key: str, name: str) -> str:
    """Names the environment variable of a plugin's setting."""
    return PREFIX + _name(plugin_key, name).upper()


def settings_of(manifest: PluginManifest, environ: Mapping[str, str]) -> dict[str, Any]:
    """Gives a value for each setting of a manifest: what is set, else its default, else None.

    Args:
        manifest: The plugin's.
        environ: Where to read.

    Raises:
        LoadFault: A required setting is missing, or a value does not fit its type.
    """
    values: dict[str, Any] = {}
    for setting in manifest.settings:
        variable = variable_of(manifest.key, setting.name)
        try:
            given = read_value(environ, _name(manifest.key, setting.name))
        except SettingsError as error:
            raise LoadFault(str(error)) from error
        if given is None:
            if setting.required and setting.default is None:
                raise LoadFault(f"It needs {variable} ({setting.title}); set it and restart.")
            values[setting.name] = setting.default
            continue
        try:
            values[setting.name] = msgspec.convert(given, _TYPES[setting.type], strict=False)
        except msgspec.ValidationError as error:
            # The value itself stays out of the message: it may be a secret.
            raise LoadFault(
                f"{variable} is not valid: it must be of type {setting.type}. Mend it and restart."
            ) from error
    return values


def _name(plugin_key: str, name: str) -> str:
    return f"{plugin_key.replace('-', '_')}_{name}"
