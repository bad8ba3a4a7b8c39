"""The practice accounts: identity, passwords and repository."""

import base64
import hashlib
from datetime import datetime

from mpcas2_platform_bluesky.sandbox.repos import Repo

DOMAIN = ".test"
FIRST_HANDLES = ("alice.test", "bob.test", "carol.test", "dave.test")


def _letters(purpose: str, handle: str, length: int) -> str:
    digest = hashlib.sha256(f"{purpose}:{handle}".encode()).digest()
    return base64.b32encode(digest).decode().lower()[:length]


def _grouped(letters: str) -> str:
    return "-".join(letters[start : start + 4] for start in range(0, len(letters), 4))


class Account:
    """One person's account.

    The identifier and both passwords follow from the handle, so that a practice account is the
    same after every reset.

    Args:
        handle: The handle in lower case.
        password: The main password; None derives one.
        email: The address; None derives one.
        created_at: When the account was made.
    """

    def __init__(
        self,
        handle: str,
        *,
        created_at: datetime,
        password: str | None = None,
        email: str | None = None,
    ) -> None:
        self.handle = handle
        self.did = "did:plc:" + _letters("did", handle, 24)
        self.email = email or f"{handle.removesuffix(DOMAIN)}@practice.test"
        self.password = password or _letters("password", handle, 16)
        self.app_password = _grouped(_letters("app-password", handle, 16))
        self.created_at = created_at
        self.repo = Repo(self.did)
        self.token_generation = 0
        self.sessions = 0
        self.refreshes = 0
        self._passwords_made = 0

    def accepts(self, password: str) -> bool:
        """Tells whether this is the main or the app password."""
        return password in {self.password, self.app_password}

    def change_app_password(self) -> None:
        """Replaces the app password, as deleting it and making another would."""
        self._passwords_made += 1
        purpose = f"app-password-{self._passwords_made}"
        self.app_password = _grouped(_letters(purpose, self.handle, 16))


class AccountBook:
    """All accounts, by identifier, handle and address."""

    def __init__(self, now: datetime) -> None:
        self._by_did: dict[str, Account] = {}
        self._did_by_name: dict[str, str] = {}
        for handle in FIRST_HANDLES:
            self.add(Account(handle, created_at=now))

    def add(self, account: Account) -> None:
        """Takes an account in; its handle must be free."""
        self._by_did[account.did] = account
        self._did_by_name[account.handle] = account.did
        self._did_by_name[account.email] = account.did

    def add_many(self, count: int, prefix: str, now: datetime) -> list[Account]:
        """Makes that many accounts ``prefix1.test``, ``prefix2.test``, … and returns them."""
        made: list[Account] = []
        number = 0
        while len(made) < count:
            number += 1
            handle = f"{prefix}{number}{DOMAIN}"
            if self.find(handle) is None:
                account = Account(handle, created_at=now)
                self.add(account)
                made.append(account)
        return made

    def find(self, identifier: str) -> Account | None:
        """Returns the account of an identifier, a handle or an address."""
        if identifier.startswith("did:"):
            return self._by_did.get(identifier)
        return self._by_did.get(self._did_by_name.get(identifier.lower(), ""))

    def all(self) -> list[Account]:
        """Returns every account in the order of their making."""
        return list(self._by_did.values())
