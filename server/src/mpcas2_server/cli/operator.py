"""``mpcas2 tenant`` and ``mpcas2 user``: the operator's commands, straight on the database."""

from __future__ import annotations

import secrets
import sys
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from mpcas2_core.errors import InvalidInput
from mpcas2_server.cli.failures import CliError, ExitCode
from mpcas2_server.cli.output import clean, json_option, print_json, print_table
from mpcas2_server.cli.when import show_time

if TYPE_CHECKING:
    from mpcas2_core.engine import Engine
    from mpcas2_core.tenants.registry import TenantRow

__all__ = ("tenant", "user")

# As the identity domain knows them; written here so that help needs no engine.
_ROLES = ["owner", "admin", "manager", "editor", "viewer", "programmer"]


@click.group()
def tenant() -> None:
    """Create and list tenants, rotate their keys; needs the database, no sign-in."""


@tenant.command("create")
@click.argument("name")
@click.option("--email", required=True, help="Address of the owner.")
@click.option("--owner", metavar="NAME", help="Name of the owner; the address by default.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--generate-password", is_flag=True, help="Make a password and print it once.")
@json_option
def create_tenant(
    *,
    name: str,
    email: str,
    owner: str | None,
    password_stdin: bool,
    generate_password: bool,
    as_json: bool,
) -> None:
    """Create a tenant with its owner, also where sign-up is closed.

    Example: mpcas2 tenant create "Ada's studio" --email ada@example.org
    """
    password = _password(from_stdin=password_stdin, generate=generate_password)

    async def work(engine: Engine) -> dict[str, Any]:
        made = await engine.identity.create_tenant(
            email=email, password=password, name=owner or email, tenant_name=name
        )
        return {
            "tenantId": str(made.tenant.id),
            "tenant": name,
            "userId": str(made.user_id),
            "email": made.email,
            "role": made.role,
        }

    _tell_made(_run(work), password if generate_password else None, as_json=as_json)


@tenant.command("list")
@json_option
def list_tenants(*, as_json: bool) -> None:
    """List all tenants of this installation.

    Example: mpcas2 tenant list
    """

    async def work(engine: Engine) -> list[TenantRow]:
        return await engine.tenants.list()

    found = _run(work)
    if as_json:
        print_json(
            {
                "data": [
                    {
                        "id": str(one.id),
                        "name": one.name,
                        "status": one.status,
                        "schemaVersion": one.schema_version,
                        "createdAt": one.created_at,
                    }
                    for one in found
                ]
            }
        )
        return
    print_table(
        ["ID", "STATUS", "CREATED", "NAME"],
        [[str(one.id), one.status, show_time(one.created_at), one.name] for one in found],
        empty="There are no tenants. Create one with `mpcas2 tenant create`.",
        states="STATUS",
    )


@tenant.command("rotate-key")
@click.argument("which", metavar="ID|NAME")
@json_option
def rotate_key(*, which: str, as_json: bool) -> None:
    """Give a tenant a new data key and seal its grants with it.

    Other processes take the new key up when they meet it; run it once more
    after they were restarted, to be sure that nothing needs the old one.

    Example: mpcas2 tenant rotate-key "Ada's studio"
    """
    from mpcas2_core.accounts.resealing import reseal  # noqa: PLC0415 - keeps help quick

    async def work(engine: Engine) -> dict[str, int]:
        wanted = await engine.tenants.resolve(_find(await engine.tenants.list(), which))
        version = await engine.vault.rotate(engine.database, wanted)
        return {"version": version, "sealed": await reseal(engine.database, engine.vault, wanted)}

    done = _run(work)
    if as_json:
        print_json(done)
        return
    click.echo(f"Key {done['version']} is in use; {done['sealed']} grants were sealed anew.")


@tenant.command("rotate-master")
@json_option
def rotate_master(*, as_json: bool) -> None:
    """Seal the tenants' keys with the newest master key.

    Put a new key on the line before the old one first; take the old one away
    afterwards.

    Example: mpcas2 tenant rotate-master
    """

    async def work(engine: Engine) -> int:
        return await engine.vault.rewrap(engine.database)

    sealed = _run(work)
    if as_json:
        print_json({"sealed": sealed})
        return
    click.echo(f"{sealed} keys were sealed anew.")


@click.group()
def user() -> None:
    """Create and list users of a tenant; needs the database, no sign-in."""


@user.command("create")
@click.argument("email")
@click.option("--tenant", "which", required=True, metavar="ID|NAME", help="The tenant.")
@click.option("--name", help="Name of the user; the address by default.")
@click.option(
    "--role",
    type=click.Choice(_ROLES),
    metavar="ROLE",
    default="editor",
    show_default=True,
    help=f"One of {', '.join(_ROLES)}.",
)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--generate-password", is_flag=True, help="Make a password and print it once.")
@json_option
def create_user(
    *,
    email: str,
    which: str,
    name: str | None,
    role: Any,
    password_stdin: bool,
    generate_password: bool,
    as_json: bool,
) -> None:
    """Add a user to a tenant; a login with that address keeps its password.

    Example: mpcas2 user create eve@example.org --tenant "Ada's studio" --role editor
    """
    given = password_stdin or generate_password or sys.stdin.isatty()
    password = _password(from_stdin=password_stdin, generate=generate_password) if given else None

    async def work(engine: Engine) -> dict[str, Any]:
        tenant_id = _find(await engine.tenants.list(), which)
        wanted = await engine.tenants.resolve(tenant_id)
        values = {"email": email, "name": name or email, "role": role}
        is_new = False
        try:
            made = await engine.identity.create_user(wanted, password=None, **values)
        except InvalidInput as error:
            # Only a login that is not there yet needs one.
            if password is None or (error.details or {}).get("field") != "password":
                raise
            is_new = True
            made = await engine.identity.create_user(wanted, password=password, **values)
        return {
            "tenantId": str(tenant_id),
            "tenant": wanted.name,
            "userId": str(made.user_id),
            "email": made.email,
            "role": made.role,
            "newLogin": is_new,
        }

    made = _run(work)
    shown = password if generate_password and made["newLogin"] else None
    _tell_made(made, shown, as_json=as_json)
    if not made["newLogin"] and not as_json:
        click.echo("The login was there already and keeps its password.")


@user.command("list")
@click.option("--tenant", "which", required=True, metavar="ID|NAME", help="The tenant.")
@json_option
def list_users(*, which: str, as_json: bool) -> None:
    """List the users of a tenant.

    Example: mpcas2 user list --tenant "Ada's studio"
    """

    async def work(engine: Engine) -> list[dict[str, str]]:
        tenant_id = _find(await engine.tenants.list(), which)
        rows = await engine.identity.list_users(await engine.tenants.resolve(tenant_id))
        return [
            {
                "id": str(row.id),
                "email": row.email,
                "name": row.name,
                "role": row.role,
                "createdAt": row.created_at.isoformat(),
            }
            for row in rows
        ]

    found = _run(work)
    if as_json:
        print_json({"data": found})
        return
    print_table(
        ["ID", "ROLE", "E-MAIL", "NAME"],
        [[one["id"], one["role"], one["email"], one["name"]] for one in found],
        empty="The tenant has no users.",
    )


def _run(work: Any) -> Any:
    from mpcas2_server.cli.installation import with_engine  # noqa: PLC0415 - heavy

    return with_engine(work)


def _password(*, from_stdin: bool, generate: bool) -> str:
    if from_stdin and generate:
        raise CliError(
            "--password-stdin and --generate-password exclude each other.",
            hint="Leave one out.",
            exit_code=ExitCode.USAGE,
            code="USAGE",
        )
    if generate:
        # 120 bits, and a character of each kind that the rules ask for.
        return f"{secrets.token_urlsafe(15)}-aZ7"
    from mpcas2_server.cli.signin import ask_password  # noqa: PLC0415 - only here

    return ask_password("Password", from_stdin=from_stdin, confirm=True)


def _find(tenants: list[TenantRow], which: str) -> UUID:
    found = [one for one in tenants if str(one.id) == which.lower() or one.name == which]
    if len(found) == 1:
        return found[0].id
    if not found:
        raise CliError(
            f"There is no tenant {which!r}.",
            hint="`mpcas2 tenant list` shows them.",
            exit_code=ExitCode.NOT_FOUND,
            code="UNKNOWN_TENANT",
        )
    raise CliError(
        f"{which!r} is the name of {len(found)} tenants.",
        hint=f"Give the id of one: {', '.join(str(one.id) for one in found)}.",
        exit_code=ExitCode.USAGE,
        code="USAGE",
    )


def _tell_made(made: dict[str, Any], password: str | None, *, as_json: bool) -> None:
    if as_json:
        print_json({**made, **({"password": password} if password else {})})
        return
    click.echo(f"{clean(made['email'])} is {made['role']} of {clean(made['tenant'])}.")
    click.echo(f"Tenant {made['tenantId']}, user {made['userId']}")
    if password:
        click.echo(f"Password (shown this once): {password}")
