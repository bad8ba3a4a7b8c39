"""The practice network's accounts."""

import dataclasses
import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from html import escape
from typing import Literal

from starlette.responses import Response

Hindrance = Literal["checkpoint", "password", "unconfirmed", "policy"]
"""What keeps an account from working: a login check-up, a changed password, an unconfirmed
registration; a breach of policy stops publishing only."""

_FIRST_ID = 24_000_000_000_000_000
_FIRST = (
    ("ada", "Ada Okoro"),
    ("bob", "Bob Lindqvist"),
    ("carol", "Carol Ferrer"),
    ("dave", "Dave Novak"),
)


@dataclasses.dataclass(eq=False, kw_only=True)
class Account:
    """One account.

    Attributes:
        id: The number under which an app knows it.
        handle: Its username.
        name: The name that people read.
        joined_at: When it came.
        followers: How many followed it then.
        hindrance: What keeps it from working; None while nothing does.
        posted: When it published posts through the API, oldest first; deleting gives nothing back.
        replied: The same for replies.
        erased: When it deleted through the API.
    """

    id: str
    handle: str
    name: str
    joined_at: datetime
    followers: int
    hindrance: Hindrance | None = None
    posted: list[datetime] = dataclasses.field(default_factory=list)
    replied: list[datetime] = dataclasses.field(default_factory=list)
    erased: list[datetime] = dataclasses.field(default_factory=list)


def used_within(moments: Iterable[datetime], now: datetime, seconds: float) -> int:
    """Returns how many of these moments lie in the last seconds."""
    since = now - timedelta(seconds=seconds)
    return sum(one > since for one in moments)


class AccountBook:
    """All accounts; four are there from the start.

    Args:
        now: When they joined.
    """

    def __init__(self, now: datetime) -> None:
        self._by_number: dict[str, Account] = {}
        self._by_handle: dict[str, Account] = {}
        self.add(_FIRST, now)

    def add(self, people: Iterable[tuple[str, str]], now: datetime) -> list[Account]:
        """Adds accounts by username and name; usernames that are taken are left out."""
        made = []
        for handle, name in people:
            if handle in self._by_handle:
                continue
            account = Account(
                id=str(_FIRST_ID + len(self._by_handle) * 104_729),
                handle=handle,
                name=name,
                joined_at=now,
                followers=120 + _of_name(handle) % 4000,
            )
            self._by_number[account.id] = self._by_handle[handle] = account
            made.append(account)
        return made

    def all(self) -> list[Account]:
        """Returns every account in the order of joining."""
        return list(self._by_handle.values())

    def find(self, number: str) -> Account | None:
        """Returns the account of that number."""
        return self._by_number.get(number)

    def named(self, handle: str) -> Account | None:
        """Returns the account of that username."""
        return self._by_handle.get(handle)


def _of_name(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")


def face(account: Account) -> Response:
    """Returns the account's picture: a disc with its first letter."""
    hue = _of_name(account.id) % 360
    body = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 88 88" width="88" height="88">'
        f'<circle cx="44" cy="44" r="44" fill="hsl({hue} 50% 38%)"/>'
        '<text x="44" y="58" font-family="sans-serif" font-size="40" fill="#fff" '
        f'text-anchor="middle">{escape(account.name[:1])}</text></svg>'
    )
    headers = {
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(body, media_type="image/svg+xml", headers=headers)
