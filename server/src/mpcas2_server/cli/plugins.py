"""``mpcas2 plugin``: the group, what is installed, and why something is not used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mpcas2_server.cli.output import clean, json_option, print_json, print_table
from mpcas2_server.cli.plugin_change import install, rollback, upgrade
from mpcas2_server.cli.plugin_check import check
from mpcas2_server.cli.plugin_new import new_plugin
from mpcas2_server.cli.plugin_remove import remove
from mpcas2_server.cli.plugin_switch import disable, enable

if TYPE_CHECKING:
    from mpcas2_core.plugins import PluginHost, PluginRecord

__all__ = ("loaded_plugins", "plugin", "plugin_records")


@click.group()
def plugin() -> None:
    """Write, check, install and remove the plugins of this machine.

    For the operator, on the machine itself: no API does any of this.
    """


for _command in (check, disable, enable, install, new_plugin, remove, rollback, upgrade):
    plugin.add_command(_command)


@plugin.command("list")
@json_option
def list_plugins(*, as_json: bool) -> None:
    """List the installed plugins, and why one is not used.

    Example: mpcas2 plugin list
    """
    records = plugin_records()
    if as_json:
        print_json({"data": [_as_dict(record) for record in records]})
        return
    print_table(
        ["PLUGIN", "STATUS", "VERSION", "PACKAGE", "PLATFORMS"],
        [
            [one.key, one.status.value, one.version, one.distribution, ", ".join(one.platforms)]
            for one in records
        ],
        empty="No plugin is installed. Install one, such as `pip install mpcas2-platform-bluesky`.",
        states="STATUS",
    )
    for one in records:
        if one.reason:
            click.echo(f"\n{clean(one.key)}: {clean(one.reason)}")


def plugin_records() -> tuple[PluginRecord, ...]:
    """Loads the plugins as the engine does and gives what became of each."""
    return loaded_plugins().records


def loaded_plugins() -> PluginHost:
    """Loads the plugins as the engine does, without a word in the log."""
    from mpcas2_core.logs import configure  # noqa: PLC0415 - keeps help quick
    from mpcas2_core.plugins import PluginHost, PluginShelf  # noqa: PLC0415 - keeps help quick
    from mpcas2_core.settings import Settings  # noqa: PLC0415 - keeps help quick

    # The reasons are shown below; the log would only repeat them with a traceback.
    configure(level="error", log_format="pretty")
    settings = Settings.load()
    listed = settings.disabled_plugins.split(",")
    return PluginHost.load(
        disabled=tuple(key.strip() for key in listed if key.strip()),
        switched_off=PluginShelf(settings.home).disabled(),
    )


def _as_dict(record: PluginRecord) -> dict[str, Any]:
    shown = {
        "key": record.key,
        "distribution": record.distribution,
        "version": record.version,
        "status": record.status.value,
        "reason": record.reason,
        "title": record.manifest.title if record.manifest else None,
        "platforms": list(record.platforms),
    }
    return {key: value for key, value in shown.items() if value is not None}
