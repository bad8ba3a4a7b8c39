"""The practice network's professional accounts."""

import dataclasses
import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from html import escape
from typing import Literal

from starlette.responses import Response

Hindrance = Literal[
    "checkpoint", "password", "unconfirmed", "personal", "restricted", "spam", "policy"
]
"""What keeps an account from working: a login check-up, a changed password, an unconfirmed
registration, no professional account any more; a restriction, a suspicion of spam and a
breach of policy stop publishing only."""

_FIRST_ID = 17_841_400_000_000_000
_FIRST_SCOPED_ID = 24_000_000_000_000_000
_FIRST = (
    ("ada", "Ada Okoro"),
    ("bob", "Bob Lindqvist"),
    ("carol", "Carol Ferrer"),
    ("dave", "Dave Novak"),
)


@dataclasses.dataclass(eq=False, kw_only=True)
class Account:
    """One professional account.

    Attributes:
        id: The account's number at Instagram, which ``user_id`` names.
        scoped_id: The number under which an app knows the account, which ``id`` names.
        handle: Its username.
        name: The name that people read.
        account_type: ``BUSINESS`` or ``MEDIA_CREATOR``.
        joined_at: When it came.
        followers: How many follow it.
        follows: How many it follows.
        hindrance: What keeps it from working; None while nothing does.
        published: When it published through the API, oldest first; deleting gives nothing back.
        subscribed: The webhook fields that it sends to the app.
    """

    id: str
    scoped_id: str
    handle: str
    name: str
    account_type: str
    joined_at: datetime
    followers: int
    follows: int
    hindrance: Hindrance | None = None
    published: list[datetime] = dataclasses.field(default_factory=list)
    subscribed: tuple[str, ...] = ()

    def used_quota(self, now: datetime, seconds: float) -> int:
        """Returns how many posts it published in the last seconds."""
        since = now - timedelta(seconds=seconds)
        return sum(one > since for one in self.published)


class AccountBook:
    """All accounts; four are there from the start.

    Args:
        now: When they joined.
    """

    def __init__(self, now: datetime) -> None:
        self._accounts: dict[str, Account] = {}
        self._by_handle: dict[str, Account] = {}
        self.add(_FIRST, now)

    def add(self, people: Iterable[tuple[str, str]], now: datetime) -> list[Account]:
        """Adds accounts by username and name; usernames that are taken are left out."""
        made = []
        for handle, name in people:
            if handle in self._by_handle:
                continue
            number = len(self._by_handle)
            account = Account(
                id=str(_FIRST_ID + number * 7919),
                scoped_id=str(_FIRST_SCOPED_ID + number * 104_729),
                handle=handle,
                name=name,
                account_type="MEDIA_CREATOR" if number % 2 else "BUSINESS",
                joined_at=now,
                followers=120 + _of_name(handle) % 4000,
                follows=40 + _of_name(handle) % 300,
            )
            self._accounts[account.id] = self._accounts[account.scoped_id] = account
            self._by_handle[handle] = account
            made.append(account)
        return made

    def all(self) -> list[Account]:
        """Returns every account in the order of joining."""
        return list(self._by_handle.values())

    def find(self, number: str) -> Account | None:
        """Returns the account of one of its two numbers."""
        return self._accounts.get(number)

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
        f'<circle cx="44" cy="44" r="44" fill="hsl({hue} 55% 42%)"/>'
        '<text x="44" y="58" font-family="sans-serif" font-size="40" fill="#fff" '
        f'text-anchor="middle">{escape(account.name[:1])}</text></svg>'
    )
    headers = {
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(body, media_type="image/svg+xml", headers=headers)
