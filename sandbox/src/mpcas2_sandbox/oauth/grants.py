"""Grants that people gave, with their codes and tokens."""

import dataclasses
import secrets
from datetime import datetime, timedelta
from typing import Generic, Literal

from mpcas2_sandbox.clock import SandboxClock
from mpcas2_sandbox.oauth.rules import PersonT

BearerFault = Literal["missing", "unknown", "expired", "revoked"]


class BearerError(Exception):
    """A request came without a good access token.

    Attributes:
        reason: ``missing``, ``unknown``, ``expired`` or ``revoked``.
    """

    def __init__(self, reason: BearerFault) -> None:
        super().__init__(f"the access token is {reason}")
        self.reason: BearerFault = reason


@dataclasses.dataclass(eq=False, kw_only=True)
class Grant(Generic[PersonT]):
    """What one person allowed one client.

    Attributes:
        id: Its name in the control API.
        account: Who gave it.
        client_id: To whom.
        scopes: What is allowed.
        created_at: When, on the network's clock.
        refresh_token: The one that works now; None when there is none.
        refreshes: How often it was renewed.
        ended: Why it is over, or None while it lives.
    """

    id: str
    account: PersonT
    client_id: str
    scopes: tuple[str, ...]
    created_at: datetime
    refresh_token: str | None = dataclasses.field(default=None, repr=False)
    refreshes: int = 0
    ended: str | None = None


@dataclasses.dataclass(eq=False, kw_only=True)
class Code(Generic[PersonT]):
    """An authorization code and what it is bound to.

    Attributes:
        account: Who consented.
        client_id: The client that asked.
        redirect_uri: Where the person was sent back to.
        scopes: What was allowed.
        challenge: The PKCE challenge; empty when none was given.
        plain: Whether the challenge is the verifier itself.
        offline: Whether a refresh token comes with it.
        expires_at: When it dies.
        grant: What it was spent for, once it is.
    """

    account: PersonT
    client_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    challenge: str
    plain: bool
    offline: bool
    expires_at: datetime
    grant: Grant[PersonT] | None = None


class GrantBook(Generic[PersonT]):
    """All codes, grants and tokens since the start or the last reset.

    Args:
        clock: The network's clock.
    """

    def __init__(self, clock: SandboxClock) -> None:
        self._clock = clock
        self._grants: dict[str, Grant[PersonT]] = {}
        self._codes: dict[str, Code[PersonT]] = {}
        self._access: dict[str, tuple[Grant[PersonT], datetime]] = {}
        self._refresh: dict[str, Grant[PersonT]] = {}

    def add_code(self, code: Code[PersonT]) -> str:
        """Keeps a code and returns the letters that stand for it."""
        letters = secrets.token_urlsafe(32)
        self._codes[letters] = code
        return letters

    def code(self, letters: str) -> Code[PersonT] | None:
        """Returns the code behind the letters, spent and expired ones included."""
        return self._codes.get(letters)

    def open(
        self, account: PersonT, client_id: str, scopes: tuple[str, ...], *, offline: bool
    ) -> Grant[PersonT]:
        """Makes a grant, with a refresh token if it is to be usable offline."""
        grant = Grant(
            id=f"grant-{len(self._grants) + 1}",
            account=account,
            client_id=client_id,
            scopes=scopes,
            created_at=self._clock.now(),
        )
        self._grants[grant.id] = grant
        if offline:
            self.rotate(grant)
        return grant

    def add_access_token(self, grant: Grant[PersonT], seconds: float) -> str:
        """Makes an access token that lives that many seconds."""
        token = secrets.token_urlsafe(48)
        self._access[token] = (grant, self._clock.now() + timedelta(seconds=seconds))
        return token

    def rotate(self, grant: Grant[PersonT]) -> str:
        """Gives the grant a new refresh token; the one before counts as spent."""
        token = secrets.token_urlsafe(48)
        grant.refresh_token = token
        self._refresh[token] = grant
        return token

    def of_refresh_token(self, token: str) -> Grant[PersonT] | None:
        """Returns the grant that a refresh token, spent ones included, was ever given for."""
        return self._refresh.get(token)

    def of_any_token(self, token: str) -> Grant[PersonT] | None:
        """Returns the grant of an access or refresh token, dead ones included."""
        access = self._access.get(token)
        return access[0] if access is not None else self._refresh.get(token)

    def of_access_token(self, token: str) -> Grant[PersonT]:
        """Returns the grant of a good access token.

        Raises:
            BearerError: The token is unknown, expired or revoked.
        """
        found = self._access.get(token)
        if found is None:
            raise BearerError("unknown")
        grant, expires_at = found
        if grant.ended is not None:
            raise BearerError("revoked")
        if self._clock.now() >= expires_at:
            raise BearerError("expired")
        return grant

    def access_tokens(self, grant: Grant[PersonT]) -> list[str]:
        """Returns the grant's access tokens that still work."""
        now = self._clock.now()
        return [
            token
            for token, (owner, expires_at) in self._access.items()
            if owner is grant and grant.ended is None and now < expires_at
        ]

    def find(self, grant_id: str) -> Grant[PersonT] | None:
        """Returns the grant of that id."""
        return self._grants.get(grant_id)

    def all(self) -> list[Grant[PersonT]]:
        """Returns every grant, dead ones included, in the order of their making."""
        return list(self._grants.values())

    def live(self, account_id: str, client_id: str | None = None) -> list[Grant[PersonT]]:
        """Returns the living grants of an account, of one client or of all."""
        return [
            grant
            for grant in self._grants.values()
            if grant.ended is None
            and grant.account.id == account_id
            and client_id in {None, grant.client_id}
        ]


def end(grant: Grant[PersonT], reason: str) -> None:
    """Ends a grant with all its tokens; the first reason stays."""
    grant.ended = grant.ended or reason
