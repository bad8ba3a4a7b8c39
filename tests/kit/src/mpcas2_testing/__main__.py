"""``python -m mpcas2_testing check <plugin>``: what an adapter does not keep, and what to do."""

from __future__ import annotations

import argparse
import sys

import msgspec

from mpcas2_testing.checking import CheckFailedError, check_plugin
from mpcas2_testing.findings import Check

__all__ = ("main",)

_OK, _FOUND, _COULD_NOT = 0, 1, 2


def main(arguments: list[str] | None = None) -> int:
    """Runs the command.

    Args:
        arguments: Those of the command line; None for the process's own.

    Returns:
        0 when the plugin keeps all rules, 1 when there are findings, 2 when it could not be checked.
    """
    parser = argparse.ArgumentParser(prog="python -m mpcas2_testing")
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check", help="check an installed plugin")
    check.add_argument("plugin", help="its key, or the name of its distribution")
    check.add_argument("--practice", default="", help="key of another practice network")
    check.add_argument("--json", action="store_true", help="print JSON")
    given = parser.parse_args(arguments)
    try:
        result = check_plugin(given.plugin, practice=given.practice)
    except (LookupError, CheckFailedError) as error:
        sys.stderr.write(f"{error.args[0]}\n")
        return _COULD_NOT
    if given.json:
        sys.stdout.write(f"{msgspec.json.encode(result).decode()}\n")
    else:
        sys.stdout.write(_shown(result))
    return _FOUND if result.findings else _OK


def _shown(check: Check) -> str:
    lines = [f"{check.plugin} ({check.distribution}): {check.level or 'no level'}", ""]
    for one in check.findings:
        lines.append(f"{one.level}  {one.rule}  {one.where}".rstrip())
        lines.append(f"    {one.happened}")
        lines.append(f"    {one.advice}")
    lines += [
        f"{len(check.findings)} findings, {check.kept} rules kept.",
        *(f"{name:24} {said}" for name, said in check.capabilities.items()),
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
