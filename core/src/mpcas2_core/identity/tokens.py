"""Access tokens (signed, short) and refresh tokens (opaque, each derived from the one before)."""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
import re
import secrets
import time
from uuid import UUID

import jwt
import msgspec

from mpcas2_core.errors import Unauthenticated

__all__ = ("AccessClaims", "AccessTokens", "RefreshTokens")

ISSUER = "mpcas2"
AUDIENCE = "mpcas2-api"
ALGORITHM = "HS256"
CLAIMS = ["sub", "tid", "lid", "jti", "iat", "exp", "iss", "aud"]
REFRESH_BYTES = 32
REMEMBERED = 4096
_REFRESH = re.compile(r"r1\.[A-Za-z0-9_-]{43}")


class AccessClaims(msgspec.Struct, frozen=True, kw_only=True):
    """What a verified access token says. It proves nothing about the present: look the user up."""

    user_id: UUID
    tenant_id: UUID
    login_id: UUID


class AccessTokens:
    """Issues and verifies access tokens: JWT with HMAC-SHA256 and no other algorithm.

    Args:
        secret: Signs them.
        seconds: How long one lasts.
    """

    def __init__(self, secret: str, seconds: int) -> None:
        self._secret = secret
        self.seconds = seconds
        # A client shows the same token many times over, and checking its signature is a good part of
        # a small request's work. What does not pass is never remembered.
        self._read = functools.lru_cache(maxsize=REMEMBERED)(self._decode)

    def issue(self, claims: AccessClaims) -> str:
        """Signs a token for a user."""
        now = int(time.time())
        return jwt.encode(
            {
                "sub": str(claims.user_id),
                "tid": str(claims.tenant_id),
                "lid": str(claims.login_id),
                "jti": secrets.token_urlsafe(12),
                "iat": now,
                "exp": now + self.seconds,
                "iss": ISSUER,
                "aud": AUDIENCE,
            },
            self._secret,
            algorithm=ALGORITHM,
        )

    def verify(self, token: str) -> AccessClaims:
        """Reads a token that this installation signed and that still holds.

        Raises:
            Unauthenticated: ``TOKEN_EXPIRED``, or ``TOKEN_INVALID`` for anything else.
        """
        claims, expires_at = self._read(token)
        if expires_at <= time.time():
            raise _expired()
        return claims

    def _decode(self, token: str) -> tuple[AccessClaims, float]:
        try:
            payload = jwt.decode(
                token,
                self._secret,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=ISSUER,
                options={"require": CLAIMS},
            )
            claims = AccessClaims(
                user_id=UUID(payload["sub"]),
                tenant_id=UUID(payload["tid"]),
                login_id=UUID(payload["lid"]),
            )
            return claims, float(payload["exp"])
        except jwt.ExpiredSignatureError as error:
            raise _expired() from error
        except (jwt.InvalidTokenError, ValueError, TypeError, AttributeError) as error:
            raise Unauthenticated(
                "The access token is not valid. Sign in with POST /auth/login and send "
                "`Authorization: Bearer <accessToken>`.",
                code="TOKEN_INVALID",
            ) from error


class RefreshTokens:
    """Makes refresh tokens. A token's successor can be computed, but only by this installation.

    That is what makes rotation safe for a client whose answer was lost: asked again, the same
    predecessor gives the very same successor, and only hashes are ever stored.

    Args:
        secret: Derives successors.
    """

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def first(self) -> str:
        """Makes the first token of a family."""
        return _text(secrets.token_bytes(REFRESH_BYTES))

    def successor(self, token: str) -> str:
        """Gives the one token that follows this one."""
        return _text(hmac.digest(self._secret, token.encode(), "sha256"))

    def hash(self, token: str) -> bytes:
        """Gives what may be stored of a token."""
        return hashlib.sha256(token.encode()).digest()

    def is_well_formed(self, token: str) -> bool:
        """Tells whether the text could be a refresh token at all."""
        return _REFRESH.fullmatch(token) is not None


def _expired() -> Unauthenticated:
    return Unauthenticated(
        "The access token has expired. Get a new one with POST /auth/refresh.",
        code="TOKEN_EXPIRED",
    )


def _text(value: bytes) -> str:
    return "r1." + base64.urlsafe_b64encode(value).rstrip(b"=").decode()
