"""A typed way to call the hooks of one plugin, so that nothing else touches pluggy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

import pluggy

from mpcas2_hookspecs import specs
from mpcas2_hookspecs._markers import PROJECT
from mpcas2_hookspecs.platform import Platform

__all__ = ("Hooks",)


class Hooks:
    """The hooks of all registered plugins, called plugin by plugin.

    A plain pluggy call mixes the results of all plugins, and one that raises hides the others. Here
    every call names its plugin, so the caller knows whose result or fault it is.
    """

    def __init__(self) -> None:
        """Starts with no plugin."""
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(specs)

    def register(self, plugin: object, name: str) -> None:
        """Adds a plugin module or object under a name.

        Args:
            plugin: What carries the hook implementations.
            name: Unique name, the entry point's.

        Raises:
            ValueError: The name or the plugin is registered already.
            pluggy.PluginValidationError: An implementation does not fit its specification, or
                names a hook that does not exist.
        """
        if self._manager.has_plugin(name):
            raise ValueError(f"A plugin named {name!r} is registered already.")
        try:
            self._manager.register(plugin, name=name)
            self._manager.check_pending()
        except BaseException:
            # pluggy can leave a plugin half registered when it or its attributes raise.
            if self._manager.has_plugin(name):
                self._manager.unregister(name=name)
            raise

    def unregister(self, name: str) -> None:
        """Removes the plugin of that name."""
        self._manager.unregister(name=name)

    def register_platforms(self, name: str, settings: Mapping[str, Any]) -> tuple[Platform, ...]:
        """Asks one plugin for its networks.

        Args:
            name: The plugin's registered name.
            settings: A value for each setting of its manifest.

        Returns:
            The networks, or an empty tuple when the plugin does not implement the hook.
        """
        plugin = self._manager.get_plugin(name)
        found: list[Platform] = []
        for impl in self._manager.hook.mpcas2_register_platforms.get_hookimpls():
            if impl.plugin is plugin:
                given = {"settings": settings}
                taken = {argument: given[argument] for argument in impl.argnames}
                found.extend(cast("Iterable[Platform]", impl.function(**taken)))
        return tuple(found)
