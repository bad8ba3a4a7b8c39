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
        places: The ids of the pages or organisations that were chosen.
        refresh_token: The one that works now; None when there is none.
        refresh_expires_at: When that one dies; None for never.
        refreshes: How often it was renewed.
        ended: Why it is over, or None while it lives.
    """

    id: str
    account: PersonT
    client_id: str
    scopes: tuple[str, ...]
    created_at: datetime
    places: tuple[str, ...] = ()
    refresh_token: str | None = dataclasses.field(default=None, repr=False)
    refresh_expires_at: datetime | None = None
    refreshes: int = 0
    ended: str | None = None


@dataclasses.dataclass(eq=False, kw_only=True)
class Token(Generic[PersonT]):
    """One access token.

    Attributes:
        letters: What the client sends.
        grant: What it stands for.
        kind: The network's own word, such as ``user``, ``long`` or ``page``.
        place: The page or organisation that it speaks for; empty for the person.
        given_at: When it was made.
        expires_at: When it dies; None for never.
        ended: Whether it was ended before, alone.
    """

    letters: str = dataclasses.field(repr=False)
    grant: Grant[PersonT]
    kind: str
    place: str
    given_at: datetime
    expires_at: datetime | None
    ended: bool = False

    def fault(self, now: datetime) -> BearerFault | None:
        """Returns why it is no good at that time, or None."""
        if self.ended or self.grant.ended is not None:
            return "revoked"
        if self.expires_at is not None and now >= self.expires_at:
            return "expired"
        return None


@dataclasses.dataclass(eq=False, kw_only=True)
class Code(Generic[PersonT]):
    """An authorization code and what it is bound to.

    Attributes:
        account: Who consented.
        client_id: The client that asked.
        redirect_uri: Where the person was sent back to.
        scopes: What was allowed.
        places: The ids of the pages or organisations that were chosen.
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
    places: tuple[str, ...]
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
        self._access: dict[str, Token[PersonT]] = {}
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
        self,
        account: PersonT,
        client_id: str,
        scopes: tuple[str, ...],
        *,
        places: tuple[str, ...] = (),
    ) -> Grant[PersonT]:
        """Makes a grant without any token."""
        grant = Grant(
            id=f"grant-{len(self._grants) + 1}",
            account=account,
            client_id=client_id,
            scopes=scopes,
            created_at=self._clock.now(),
            places=places,
        )
        self._grants[grant.id] = grant
        return grant

    def add_access_token(
        self,
        grant: Grant[PersonT],
        seconds: float | None,
        *,
        kind: str = "user",
        place: str = "",
    ) -> str:
        """Makes an access token that lives that many seconds, or for ever."""
        token = Token(
            letters=secrets.token_urlsafe(48),
            grant=grant,
            kind=kind,
            place=place,
            given_at=self._clock.now(),
            expires_at=self._later(seconds),
        )
        self._access[token.letters] = token
        return token.letters

    def rotate(self, grant: Grant[PersonT], seconds: float | None) -> str:
        """Gives the grant a new refresh token; the one before counts as spent.

        Args:
            grant: The grant.
            seconds: How long the token lives; None for ever.
        """
        token = secrets.token_urlsafe(48)
        grant.refresh_token = token
        grant.refresh_expires_at = self._later(seconds)
        self._refresh[token] = grant
        return token

    def of_refresh_token(self, token: str) -> Grant[PersonT] | None:
        """Returns the grant that a refresh token, spent ones included, was ever given for."""
        return self._refresh.get(token)

    def of_any_token(self, token: str) -> Grant[PersonT] | None:
        """Returns the grant of an access or refresh token, dead ones included."""
        access = self._access.get(token)
        return access.grant if access is not None else self._refresh.get(token)

    def token(self, letters: str) -> Token[PersonT] | None:
        """Returns an access token, dead ones included."""
        return self._access.get(letters)

    def good_token(self, letters: str) -> Token[PersonT]:
        """Returns an access token that works.

        Raises:
            BearerError: It is unknown, expired or revoked.
        """
        found = self._access.get(letters)
        if found is None:
            raise BearerError("unknown")
        fault = found.fault(self._clock.now())
        if fault is not None:
            raise BearerError(fault)
        return found

    def access_tokens(self, grant: Grant[PersonT]) -> list[str]:
        """Returns the grant's access tokens that still work."""
        now = self._clock.now()
        return [
            letters
            for letters, token in self._access.items()
            if token.grant is grant and token.fault(now) is None
        ]

    def _later(self, seconds: float | None) -> datetime | None:
        return None if seconds is None else self._clock.now() + timedelta(seconds=seconds)

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
