"""How the product is told to take practice networks for the real ones: by settings alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from mpcas2_core.accounts.apps import client_variables
from mpcas2_core.plugins import PluginHost
from mpcas2_core.plugins.settings import variable_of
from mpcas2_core.settings import PREFIX
from mpcas2_hookspecs import ConnectsOAuth

__all__ = ("product_settings",)

# Id and secret of the client that every practice network has registered; its README names them.
_PRACTICE_APP = ("practice-client", "practice-secret")


def product_settings(addresses: Mapping[str, str]) -> dict[str, str]:
    """Gives the environment in which the product talks to practice networks.

    Every setting of a network's plugin that is an address becomes the practice network's, and its
    app becomes the one that every practice network knows.

    Args:
        addresses: Where the practice networks listen, by the key of the network.
    """
    # The manifests' own defaults, whatever this process was told.
    plugins = PluginHost.load(environ={})
    settings = {f"{PREFIX}ALLOW_PRIVATE_HOSTS": ",".join(_hosts(addresses.values()))}
    for record in plugins.records:
        if record.key not in addresses or record.manifest is None:
            continue
        for setting in record.manifest.settings:
            if str(setting.default).startswith("https://"):
                settings[variable_of(record.key, setting.name)] = addresses[record.key]
    for key in addresses:
        if isinstance(plugins.platforms.get(key), ConnectsOAuth):
            names = client_variables(key)
            settings |= zip(names, _PRACTICE_APP, strict=True)
    return settings


def _hosts(addresses: Iterable[str]) -> list[str]:
    return sorted({urlsplit(address).hostname or "" for address in addresses})
