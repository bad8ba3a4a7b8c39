from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import click
import pytest

from mpcas2_server.cli import mpcas2


def _paths() -> Iterator[tuple[str, ...]]:
    context = click.Context(mpcas2)
    for name in mpcas2.list_commands(context):
        if name == "demo" and find_spec("mpcas2_server.cli.demo") is None:
            continue
        yield (name,)
        command = mpcas2.get_command(context, name)
        if isinstance(command, click.Group):
            yield from ((name, child) for child in command.commands)


PATHS = list(_paths())


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
def test_every_command_explains_itself_within_80_columns(path: tuple[str, ...], cli: Any) -> None:
    result = cli(*path, "--help")
    assert result.code == 0
    assert result.out.startswith(f"Usage: mpcas2 {' '.join(path)}")
    assert max(map(len, result.out.splitlines())) <= 80
    is_group = "COMMAND [ARGS]" in result.out
    assert is_group or "Example" in result.out


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
def test_every_command_that_prints_data_has_json(path: tuple[str, ...], cli: Any) -> None:
    result = cli(*path, "--help")
    assert (
        "COMMAND [ARGS]" in result.out
        or "--json" in result.out
        or path
        in {
            ("serve",),
            ("worker",),
        }
    )


def test_the_overview_names_every_command_and_the_exit_codes(cli: Any) -> None:
    out = cli("--help").out
    assert all(f"  {path[0]} " in out for path in PATHS)
    for code in ("0", "1", "2", "3", "4", "5", "6", "7", "130"):
        assert f" {code}  " in out
    assert max(map(len, out.splitlines())) <= 80


def test_the_overview_imports_nothing_heavy() -> None:
    script = (
        "import sys, json\n"
        "from mpcas2_server.cli import run\n"
        "code = run(['--help'])\n"
        "print(json.dumps([code, sorted(sys.modules)]), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    code, modules = json.loads(done.stderr)
    assert code == 0
    heavy = {"httpx", "rich", "asyncpg", "litestar", "granian", "structlog", "mpcas2_core"}
    assert heavy.isdisjoint(modules)


def test_version_is_printed(cli: Any) -> None:
    result = cli("--version")
    assert result.code == 0
    assert result.out.startswith("mpcas2 0.")
