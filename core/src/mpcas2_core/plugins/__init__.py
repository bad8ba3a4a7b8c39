"""The plugin host: finds plugins, loads them one by one, and keeps a record of each."""

from mpcas2_core.plugins.host import PluginHost
from mpcas2_core.plugins.record import PluginRecord, PluginStatus, UnknownPlatform
from mpcas2_core.plugins.shelf import PluginShelf

__all__ = ("PluginHost", "PluginRecord", "PluginShelf", "PluginStatus", "UnknownPlatform")
