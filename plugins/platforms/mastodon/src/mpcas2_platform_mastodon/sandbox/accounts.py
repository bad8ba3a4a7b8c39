"""The practice accounts and the scopes that they can grant."""

import dataclasses
import hashlib
from datetime import datetime

from mpcas2_sandbox.oauth import OAuthRules, Refusal

FIRST_PEOPLE = (("ada", "Ada"), ("bob", "Bob"), ("carol", "Carol"), ("dave", "Dave"))

OAUTH_RULES = OAuthRules(
    authorize_path="/oauth/authorize",
    scopes={
        "profile": "See who you are",
        "read": "See everything that you can see",
        "read:accounts": "See accounts",
        "read:notifications": "See your notifications",
        "read:statuses": "See posts",
        "write": "Change everything that you can change",
        "write:accounts": "Change your profile",
        "write:media": "Upload pictures, videos and sound for you",
        "write:statuses": "Post and delete for you",
        "follow": "Change whom you follow, mute and block",
        "push": "Get your notifications at once",
    },
    default_scopes=("read",),
    access_seconds=None,
    refresh_tokens=False,
    plain_challenge=False,
    bad_client=Refusal(
        error="invalid_client",
        description="Client authentication failed due to unknown client, no client "
        "authentication included, or unsupported authentication method.",
        status=401,
    ),
    bad_code=Refusal(
        error="invalid_grant",
        description="The provided authorization grant is invalid, expired, revoked, does not match "
        "the redirection URI used in the authorization request, or was issued to another client.",
    ),
    bad_verifier=Refusal(
        error="invalid_grant",
        description="The provided authorization grant is invalid, expired, revoked, does not match "
        "the redirection URI used in the authorization request, or was issued to another client.",
    ),
)


@dataclasses.dataclass(eq=False, kw_only=True)
class Account:
    """One person's account; its id follows from the handle and is the same after every reset.

    Attributes:
        handle: The username, in lower case, without the @.
        name: The name that people read.
        created_at: When it was made.
        disabled: Whether moderators closed its login.
    """

    handle: str
    name: str
    created_at: datetime
    disabled: bool = False

    @property
    def id(self) -> str:
        """The account's number."""
        digest = hashlib.sha256(self.handle.encode()).digest()
        return str(10**17 + int.from_bytes(digest[:7], "big"))


class AccountBook:
    """All accounts, by id and by handle.

    Args:
        now: When the first ones are made.
    """

    def __init__(self, now: datetime) -> None:
        self._by_handle: dict[str, Account] = {}
        self._by_id: dict[str, Account] = {}
        for handle, name in FIRST_PEOPLE:
            self._add(Account(handle=handle, name=name, created_at=now))

    def _add(self, account: Account) -> None:
        self._by_handle[account.handle] = account
        self._by_id[account.id] = account

    def add_many(self, count: int, prefix: str, now: datetime) -> list[Account]:
        """Makes that many accounts ``prefix1``, ``prefix2``, … and returns them."""
        made: list[Account] = []
        number = 0
        while len(made) < count:
            number += 1
            handle = f"{prefix}{number}"
            if handle not in self._by_handle:
                account = Account(handle=handle, name=handle.title(), created_at=now)
                self._add(account)
                made.append(account)
        return made

    def by_id(self, account_id: str) -> Account | None:
        """Returns the account of that number."""
        return self._by_id.get(account_id)

    def by_handle(self, handle: str) -> Account | None:
        """Returns the account of that username, however it is capitalized."""
        return self._by_handle.get(handle.lower())

    def all(self) -> list[Account]:
        """Returns every account in the order of their making."""
        return list(self._by_handle.values())
