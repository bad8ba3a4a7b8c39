from __future__ import annotations

from typing import Any

import pytest

from mpcas2_server.cli.failures import CliError, ExitCode
from mpcas2_server.cli.targets import resolve


def _account(number: int, platform: str, username: str, status: str = "connected") -> Any:
    return {
        "id": f"00000000-0000-7000-8000-00000000000{number}",
        "platform": platform,
        "username": username,
        "status": status,
        "statusReason": "the sign-in was revoked" if status == "expired" else "",
    }


ADA = _account(1, "bluesky", "ada.example")
BOB = _account(2, "bluesky", "bob.example")
ADA_M = _account(3, "mastodon", "ada.example")
OLD = _account(4, "bluesky", "old.example", "expired")
ALL = [ADA, BOB, ADA_M, OLD]


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        (["bluesky:@ada.example"], [ADA]),
        (["bluesky:ada.example"], [ADA]),
        (["BLUESKY:@ADA.example"], [ADA]),
        (["mastodon:@ada.example"], [ADA_M]),
        (["@bob.example"], [BOB]),
        (["bob.example"], [BOB]),
        ([ADA["id"]], [ADA]),
        (["bluesky"], [ADA, BOB]),
        (["bluesky", "@bob.example", ADA_M["id"]], [ADA, BOB, ADA_M]),
    ],
    ids=str,
)
def test_a_target_names_its_accounts_once(targets: list[str], expected: list[Any]) -> None:
    assert resolve(ALL, targets) == expected


@pytest.mark.parametrize(
    ("targets", "code", "message", "hint"),
    [
        (["@ada.example"], ExitCode.USAGE, "2 accounts", "mastodon:@ada.example"),
        (["@nobody"], ExitCode.NOT_FOUND, "no account", "bluesky:@ada.example"),
        (["bluesky:@ada.exampel"], ExitCode.NOT_FOUND, "no account", "mean bluesky:@ada.example"),
        (["threads"], ExitCode.NOT_FOUND, "no account", ""),
        (["@old.example"], ExitCode.CONFLICT, "revoked", "account connect bluesky"),
        ([], ExitCode.USAGE, "3 accounts", "--to"),
    ],
    ids=str,
)
def test_a_target_that_does_not_fit_is_refused(
    targets: list[str], code: int, message: str, hint: str
) -> None:
    with pytest.raises(CliError) as caught:
        resolve(ALL, targets)
    assert caught.value.exit_code == code
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")


def test_the_only_account_needs_no_target() -> None:
    assert resolve([ADA, OLD], []) == [ADA]


def test_without_accounts_the_advice_is_to_connect_one() -> None:
    with pytest.raises(CliError) as caught:
        resolve([], [])
    assert "account connect" in (caught.value.hint or "")


def test_accounts_that_cannot_be_posted_to_can_be_removed() -> None:
    assert resolve(ALL, ["@old.example"], every=True) == [OLD]
