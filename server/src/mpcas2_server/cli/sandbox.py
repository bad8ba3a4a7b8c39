"""``mpcas2 sandbox``: runs practice networks, each in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import entry_points
from importlib.util import find_spec
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import click

from mpcas2_server.cli.failures import CliError, ExitCode
from mpcas2_server.cli.output import clean, json_option, print_json, print_table

__all__ = (
    "GROUP",
    "PACKAGE",
    "await_networks",
    "end_networks",
    "installed",
    "sandbox",
    "start_networks",
)

_HELP = """Run practice networks until Ctrl-C; nothing sent to them leaves this machine.

Without NETWORK all installed ones run. Several share one port, each below its
own path, with a page that lists them. Each shows its accounts and its timeline.
The printed settings make `mpcas2 up` take them for the real networks;
`mpcas2 up --sandbox` does all of it in one go.

\b
Examples:
  mpcas2 sandbox
  mpcas2 sandbox bluesky --port 2583
"""

GROUP = "mpcas2.sandboxes"
PACKAGE = "mpcas2_sandbox"
_STOP_SECONDS = 5.0
_MOST_ACCOUNTS = 3


@click.command(help=_HELP)
@click.argument("networks", nargs=-1, metavar="[NETWORK]...")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="Port; a free one by default."
)
@click.option("--list", "only_list", is_flag=True, help="List the installed networks and end.")
@json_option
def sandbox(*, networks: tuple[str, ...], port: int, only_list: bool, as_json: bool) -> None:
    """Runs the command; its help is above."""
    known = installed()
    if only_list:
        if as_json:
            print_json({"networks": known})
        else:
            print_table(["NETWORK"], [[one] for one in known], empty="No network is installed.")
        return
    for name in networks:
        if name not in known:
            raise CliError(
                f"There is no practice network {name!r}.",
                hint=f"Installed: {', '.join(known) or 'none'}.",
                exit_code=ExitCode.NOT_FOUND,
                code="UNKNOWN_NETWORK",
            )
    _run(networks or tuple(known), port, as_json=as_json)


def installed() -> list[str]:
    """Lists the keys of the installed practice networks.

    Raises:
        CliError: Their core is not installed.
    """
    if find_spec(PACKAGE) is None:
        raise CliError(
            "The practice networks are not installed.",
            hint="Install them with `pip install 'mpcas2[sandbox]'`.",
            code="SANDBOX_ABSENT",
        )
    return sorted({one.name for one in entry_points(group=GROUP)})


def _run(networks: tuple[str, ...], port: int, *, as_json: bool) -> None:
    child = start_networks(networks, port)
    try:
        told = await_networks(child)
        if as_json:
            print_json(told)
        else:
            _tell(told)
        sys.stdout.flush()
        if child.wait() != 0:
            raise CliError("The practice networks have ended by themselves.", code="SANDBOX_ENDED")
    finally:
        end_networks(child)


def start_networks(networks: Sequence[str], port: int = 0) -> subprocess.Popen[bytes]:
    """Starts practice networks as one process, which ends with this one, however that ends.

    Args:
        networks: Keys of installed ones.
        port: Where they listen; 0 takes a free one.
    """
    chosen = [argument for key in networks for argument in ("--network", key)]
    command = [sys.executable, "-m", PACKAGE, *chosen, "--port", str(port), "--exit-with-stdin"]
    return subprocess.Popen(  # noqa: S603 - the names were found among the installed ones
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )


def await_networks(child: subprocess.Popen[bytes]) -> dict[str, Any]:
    """Waits until practice networks listen, and gives where: ``index`` and ``networks``.

    Raises:
        CliError: They did not start.
    """
    line = child.stdout.readline() if child.stdout else b""
    if not line:
        raise CliError(
            "The practice networks did not start.",
            hint="Their own message stands above. A taken port is the usual cause: leave --port out.",
            code="SANDBOX_FAILED",
        )
    told = json.loads(line)
    alone = "control" in told
    return {
        "index": told["url"],
        "networks": [told] if alone else list(told["networks"].values()),
    }


def _tell(told: dict[str, Any]) -> None:
    from mpcas2_server.demo.practice import product_settings  # noqa: PLC0415 - loads plugins

    started = told["networks"]
    for one in started:
        click.echo(f"{one['network']}: {one['url']}")
        for account in _accounts(one["control"]):
            click.echo(f"  {account}")
    click.echo(f"\nOpen {told['index']} in a browser to see their timelines.")
    click.echo("\nSettings for `mpcas2 up`:")
    for name, value in product_settings({one["network"]: one["url"] for one in started}).items():
        click.echo(f"  export {name}={value}")
    click.echo("\nCtrl-C stops them.", err=True)


def _accounts(control: str) -> list[str]:
    """Gives some of the accounts that the network has from the start, as far as it tells."""
    try:
        with urlopen(f"{control}/accounts", timeout=5) as answer:  # noqa: S310 - our own child's address
            told: Any = json.load(answer)
    except (URLError, ValueError):
        return []
    found = told.get("accounts", []) if isinstance(told, dict) else told
    return [
        f"{clean(str(one.get('handle')))}  {_way_in(one)}"
        for one in found[:_MOST_ACCOUNTS]
        if isinstance(one, dict)
    ]


def _way_in(account: dict[str, Any]) -> str:
    if "appPassword" in account:
        return f"app password {clean(str(account['appPassword']))}"
    return "chosen on the consent page"


def end_networks(child: subprocess.Popen[bytes]) -> None:
    """Ends practice networks."""
    child.terminate()
    try:
        child.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            pipe.close()
