"""Sessions: short access tokens, and refresh tokens of which each works once.

A real server takes a used refresh token again for two hours and gives the same successor. This one
refuses it at once unless a grace is set, so that a client which refreshes twice is found out.
"""

import dataclasses
import math
import secrets
from typing import Any

import jwt
import msgspec

from mpcas2_platform_bluesky.sandbox.accounts import Account, AccountBook
from mpcas2_platform_bluesky.sandbox.errors import (
    auth_missing,
    auth_required,
    expired_token,
    invalid_token,
)
from mpcas2_sandbox import SandboxCore

SERVER_DID = "did:web:practice.test"
_ACCESS_SECONDS = 2 * 60 * 60
_REFRESH_SECONDS = 90 * 24 * 60 * 60
_MAX_READ_TOKENS = 20_000


class TokenTimes(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How long new tokens live, in seconds of the practice network's clock.

    Args:
        access_seconds: An access token.
        refresh_seconds: A refresh token.
        grace_seconds: A used refresh token, which gives the same successor again.
    """

    access_seconds: float = _ACCESS_SECONDS
    refresh_seconds: float = _REFRESH_SECONDS
    grace_seconds: float = 0.0


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """A fresh pair of tokens."""

    access: str
    refresh: str


@dataclasses.dataclass(kw_only=True)
class _Grant:
    """A refresh token that is known: whose it is and, once it was used, what came of it."""

    did: str
    successor: str | None = None
    graced_until: float = math.inf


class Sessions:
    """Gives and checks tokens.

    Args:
        core: Its clock decides what has expired.
        accounts: Whose tokens they are.
    """

    def __init__(self, core: SandboxCore, accounts: AccountBook) -> None:
        self.times = TokenTimes()
        self.opened = 0
        self.refreshed = 0
        self._core = core
        self._accounts = accounts
        self._secret = secrets.token_bytes(32)
        self._grants: dict[str, _Grant] = {}  # by the id of the refresh token
        self._read_tokens: dict[str, dict[str, Any]] = {}

    def open(self, identifier: str, password: str) -> tuple[Account, Tokens]:
        """Opens a session by password.

        Raises:
            XrpcError: Nobody has this name and password.
        """
        account = self._accounts.find(identifier)
        if account is None or not account.accepts(password):
            raise auth_required("Invalid identifier or password")
        by_app = password == account.app_password
        return account, self.open_for(account, by_app_password=by_app)

    def open_for(self, account: Account, *, by_app_password: bool) -> Tokens:
        """Opens a session of this account and counts it."""
        self.opened += 1
        account.sessions += 1
        refresh_id = secrets.token_urlsafe(32)
        self._grants[refresh_id] = _Grant(did=account.did)
        return self._pair(account, "appPass" if by_app_password else "access", refresh_id)

    def refresh(self, header: str | None) -> tuple[Account, Tokens]:
        """Takes a refresh token for a new pair; without a grace it does not work a second time.

        Raises:
            XrpcError: The token is none, has expired, or was used or revoked.
        """
        account, claims = self._live_refresh(header)
        grant = self._grants[claims["jti"]]
        if grant.successor is None:
            grant.successor = secrets.token_urlsafe(32)
            grant.graced_until = self._core.clock.now().timestamp() + self.times.grace_seconds
            self._grants[grant.successor] = _Grant(did=account.did)
        self.refreshed += 1
        account.refreshes += 1
        return account, self._pair(account, claims["mpcas2:access"], grant.successor)

    def close(self, header: str | None) -> None:
        """Ends the session of a refresh token.

        Raises:
            XrpcError: See ``refresh``.
        """
        _, claims = self._live_refresh(header)
        del self._grants[claims["jti"]]

    def revoke(self, account: Account, *, access: bool) -> int:
        """Makes the account's refresh tokens useless and returns how many sessions that ended.

        Args:
            account: Whose tokens they are.
            access: Whether access tokens end too; a real server lets them run out.
        """
        account.token_generation += access
        ended = {jti: one for jti, one in self._grants.items() if one.did == account.did}
        for jti in ended:
            del self._grants[jti]
        return sum(one.successor is None for one in ended.values())

    def account_of(self, header: str | None) -> Account:
        """Returns the account whose access token the Authorization header carries.

        Raises:
            XrpcError: There is no header, or its token is no good.
        """
        claims = self._claims(header, "at+jwt")
        account = self._accounts.find(claims["sub"])
        if account is None:
            raise invalid_token("Token could not be verified")
        if claims["mpcas2:generation"] != account.token_generation:
            raise expired_token("Token has expired")
        return account

    def _live_refresh(self, header: str | None) -> tuple[Account, dict[str, Any]]:
        claims = self._claims(header, "refresh+jwt")
        account = self._accounts.find(claims["sub"])
        if account is None:
            raise invalid_token("Token could not be verified")
        grant = self._grants.get(claims["jti"])
        if grant is None or self._core.clock.now().timestamp() >= grant.graced_until:
            raise expired_token("Token has been revoked")
        return account, claims

    def _pair(self, account: Account, access_scope: str, refresh_id: str) -> Tokens:
        now = self._core.clock.now().timestamp()
        common = {"sub": account.did, "aud": SERVER_DID, "iat": int(now)}
        access = {
            **common,
            "scope": f"com.atproto.{access_scope}",
            "exp": math.ceil(now + self.times.access_seconds),
            "jti": secrets.token_urlsafe(12),  # two tokens of one second must differ
            "mpcas2:generation": account.token_generation,
        }
        refresh = {
            **common,
            "scope": "com.atproto.refresh",
            "exp": math.ceil(now + self.times.refresh_seconds),
            "jti": refresh_id,
            "mpcas2:access": access_scope,
        }
        return Tokens(
            access=jwt.encode(access, self._secret, "HS256", headers={"typ": "at+jwt"}),
            refresh=jwt.encode(refresh, self._secret, "HS256", headers={"typ": "refresh+jwt"}),
        )

    def _claims(self, header: str | None, kind: str) -> dict[str, Any]:
        if header is None:
            raise auth_missing()
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise auth_missing()
        claims = self._read_tokens.get(token)
        if claims is None:
            claims = self._read(token)
            if len(self._read_tokens) >= _MAX_READ_TOKENS:
                self._read_tokens.clear()
            self._read_tokens[token] = claims
        if claims["typ"] != kind:
            raise invalid_token("Invalid token type")
        if self._core.clock.now().timestamp() >= claims["exp"]:
            raise expired_token("Token has expired")
        return claims

    def _read(self, token: str) -> dict[str, Any]:
        """Checks the signature; the times are left to the practice network's own clock."""
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._secret,
                algorithms=["HS256"],
                audience=SERVER_DID,
                options={"verify_exp": False, "verify_iat": False},
            )
            claims["typ"] = jwt.get_unverified_header(token).get("typ")
        except jwt.InvalidTokenError as error:
            raise invalid_token("Token could not be verified") from error
        return claims
