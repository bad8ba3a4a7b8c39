"""Finds the accounts that ``--to`` names among the connected ones."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any

from mpcas2_server.cli.failures import CliError, ExitCode

__all__ = ("resolve",)

_Account = dict[str, Any]
# Posts to others would fail at once; a person who names one is told why.
_USABLE = "connected"


def resolve(
    accounts: Sequence[_Account], targets: Sequence[str], *, every: bool = False
) -> list[_Account]:
    """Gives the accounts that the targets name, each once, in the order of the targets.

    Args:
        accounts: All accounts of the tenant, as the API lists them.
        targets: Each ``bluesky:@handle``, ``@handle``, an account's id, or a network's key for all
            its connected accounts. Without any, the only connected account.
        every: Whether accounts that cannot be posted to are meant as well.

    Raises:
        CliError: A target names no account, or several networks' accounts, or one that has to be
            connected again.
    """
    usable = [one for one in accounts if every or one["status"] == _USABLE]
    if not targets:
        return [_only(usable)]
    chosen: dict[str, _Account] = {}
    for target in targets:
        for account in _matches(accounts, usable, target, every=every):
            chosen[account["id"]] = account
    return list(chosen.values())


def _only(usable: Sequence[_Account]) -> _Account:
    if not usable:
        raise CliError(
            "No account is connected.",
            hint="Connect one with `mpcas2 account connect bluesky`.",
            exit_code=ExitCode.NOT_FOUND,
            code="NO_ACCOUNT",
        )
    if len(usable) > 1:
        raise CliError(
            f"{len(usable)} accounts are connected, and --to does not say which to post to.",
            hint=f"Add --to with one or more of {_names(usable)}.",
            exit_code=ExitCode.USAGE,
            code="USAGE",
        )
    return usable[0]


def _matches(
    accounts: Sequence[_Account], usable: Sequence[_Account], target: str, *, every: bool
) -> list[_Account]:
    platform, colon, handle = target.partition(":")
    if not colon:
        platform, handle = "", target
    handle = handle.removeprefix("@").lower()
    if not colon and not target.startswith("@"):
        of_network = [one for one in usable if one["platform"] == target.lower()]
        if of_network:
            return of_network
    found = [
        one
        for one in accounts
        if (one["id"].lower() == handle and not platform)
        or (one["username"].lower() == handle and platform.lower() in {"", one["platform"]})
    ]
    if not found:
        raise _unknown(accounts, target)
    if len(found) > 1:
        raise CliError(
            f"{target!r} is the name of {len(found)} accounts.",
            hint=f"Say which: {_names(found)}.",
            exit_code=ExitCode.USAGE,
            code="USAGE",
        )
    if not every and found[0]["status"] != _USABLE:
        reason = found[0].get("statusReason")
        raise CliError(
            f"{_name(found[0])} is {found[0]['status']}{f': {reason}' if reason else ''}.",
            hint=f"Connect it again with `mpcas2 account connect {found[0]['platform']}`.",
            exit_code=ExitCode.CONFLICT,
            code="ACCOUNT_NOT_CONNECTED",
        )
    return found


def _unknown(accounts: Sequence[_Account], target: str) -> CliError:
    known = [_name(one) for one in accounts]
    close = difflib.get_close_matches(target, known, n=1)
    if close:
        hint = f"Did you mean {close[0]}?"
    elif known:
        hint = f"Connected are {_names(accounts)}."
    else:
        hint = "No account is connected yet: `mpcas2 account connect bluesky`."
    return CliError(
        f"There is no account {target!r}.",
        hint=hint,
        exit_code=ExitCode.NOT_FOUND,
        code="UNKNOWN_ACCOUNT",
    )


def _name(account: _Account) -> str:
    return f"{account['platform']}:@{account['username']}"


def _names(accounts: Sequence[_Account]) -> str:
    return ", ".join(_name(one) for one in accounts)
