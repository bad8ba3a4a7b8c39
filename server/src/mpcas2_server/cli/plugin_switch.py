"""``mpcas2 plugin enable`` and ``disable``: for the whole installation, or for one tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import click

from mpcas2_server.cli.failures import CliError, ExitCode
from mpcas2_server.cli.output import json_option, print_json
from mpcas2_server.cli.plugin_renewal import changing, record_of, renew

if TYPE_CHECKING:
    from mpcas2_core.engine import Engine

__all__ = ("disable", "enable")

_tenant_option = click.option(
    "--tenant", type=click.UUID, metavar="ID", help="For this tenant only; it holds at once."
)


@click.command()
@click.argument("plugin")
@_tenant_option
@json_option
def disable(*, plugin: str, tenant: UUID | None, as_json: bool) -> None:
    r"""Switch PLUGIN off; its posts wait, and say so.

    Nobody can connect accounts or publish with it meanwhile.

    \b
    Examples:
      mpcas2 plugin disable acme
      mpcas2 plugin disable acme --tenant 0198f0c2-5d7e-7c3a-9b1e-2f6a4d8c0e11
    """
    _switch(plugin, tenant, on=False, as_json=as_json)


@click.command()
@click.argument("plugin")
@_tenant_option
@json_option
def enable(*, plugin: str, tenant: UUID | None, as_json: bool) -> None:
    """Switch PLUGIN on again; what waits for it goes on.

    Example: mpcas2 plugin enable acme
    """
    _switch(plugin, tenant, on=True, as_json=as_json)


def _switch(plugin: str, tenant: UUID | None, *, on: bool, as_json: bool) -> None:
    key = record_of(plugin).key
    word = "on" if on else "off"
    if tenant is not None:
        _for_tenant(tenant, key, on=on)
        if as_json:
            print_json({"plugin": key, "enabled": on, "tenantId": str(tenant)})
        else:
            click.echo(f"{key} is {word} for tenant {tenant}.")
        return
    with changing() as shelf:
        changed = shelf.switch(key, on=on)
    if not changed:
        if as_json:
            print_json({"plugin": key, "enabled": on, "changed": False})
        else:
            click.echo(f"{key} was {word} already.")
        return
    told = {"plugin": key, "enabled": on, "changed": True}
    renew(told, f"{key} is {word}.", as_json=as_json)


def _for_tenant(tenant_id: UUID, key: str, *, on: bool) -> None:
    from mpcas2_server.cli.installation import with_engine  # noqa: PLC0415 - heavy

    async def work(engine: Engine) -> bool:
        from mpcas2_core.plugins.availability import switch_for_tenant  # noqa: PLC0415 - heavy

        async with engine.database.public() as connection:
            known = await connection.fetchval("SELECT id FROM tenants WHERE id = $1", tenant_id)
            if known:
                await switch_for_tenant(connection, tenant_id, key, on=on)
        return known is not None

    if not with_engine(work):
        raise CliError(
            f"There is no tenant {tenant_id}.",
            hint="`mpcas2 tenant list` lists them.",
            exit_code=ExitCode.NOT_FOUND,
            code="NO_TENANT",
        )
