"""Signed links to single files, for networks that fetch media themselves and for sharing.

A link is its own permission: it names the tenant, the file and an end, and is good until then for
whoever has it. The signature's key is derived from a secret of the installation, so that a new secret
ends every link that was made with the old one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import ClassVar
from uuid import UUID

import msgspec

from mpcas2_core.errors import EngineError, InvalidInput, NotAllowed

__all__ = ("MAX_SECONDS", "LinkExpired", "LinkInvalid", "LinkedFile", "MediaLinks", "PublicLink")

MAX_SECONDS = 24 * 3600
"""How long a link may last at most."""

# Another purpose of the same secret has other words here, so that no signature fits both.
_PURPOSE = b"mpcas2 signed media link, version 1"
_SIGNATURE_BYTES = 32


class LinkInvalid(NotAllowed):
    """The link was not made by this installation, or was changed."""

    default_code = "LINK_INVALID"


class LinkExpired(EngineError):
    """The link was good and is not any more."""

    status: ClassVar[int] = 410
    default_code = "LINK_EXPIRED"


class PublicLink(msgspec.Struct, frozen=True, kw_only=True):
    """A link to a file.

    Attributes:
        url: Where the file can be fetched without signing in. As secret as the file itself.
        expires_at: Until when (aware, UTC).
    """

    url: str
    expires_at: datetime

    def __repr__(self) -> str:
        """Shows the end alone; the address lets in whoever reads it."""
        return f"PublicLink(expires_at={self.expires_at.isoformat()})"


class LinkedFile(msgspec.Struct, frozen=True, kw_only=True):
    """What a good link names.

    Attributes:
        tenant_id: Whose file it is.
        sha256: Its name in the tenant's part of the store.
        mime_type: Told by its bytes when it came in.
        name: Name to save it under; empty for none.
        expires_at: Until when the link is good (aware, UTC).
    """

    tenant_id: UUID
    sha256: str
    mime_type: str
    name: str
    expires_at: datetime


class _Claims(msgspec.Struct, frozen=True, array_like=True):
    tenant: bytes
    sha256: bytes
    expires: int
    mime_type: str
    name: str


class MediaLinks:
    """Makes links and reads them.

    Args:
        secret: A secret of the installation.
        public_url: Address under which people and networks reach the installation.
        networks_nearby: Whether networks that adapters talk to may be on this machine or inside a
            private network, as practice networks are: those reach any address.
        clock: Tells the time in seconds since 1970.

    Attributes:
        reach_networks: Whether a network can fetch what a link names. They insist on https.
    """

    def __init__(
        self,
        secret: str,
        public_url: str,
        *,
        networks_nearby: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._key = hmac.digest(secret.encode(), _PURPOSE, hashlib.sha256)
        self._base = public_url.rstrip("/")
        self._clock = clock
        self.reach_networks = networks_nearby or self._base.lower().startswith("https://")

    def make(
        self, tenant_id: UUID, sha256: str, mime_type: str, seconds: int, *, name: str = ""
    ) -> PublicLink:
        """Makes a link.

        Args:
            tenant_id: Whose file it is.
            sha256: Its name in the tenant's part of the store.
            mime_type: Its MIME type.
            seconds: How long the link is good: 1 to :data:`MAX_SECONDS`.
            name: Name to save it under.

        Raises:
            InvalidInput: It would last too long, or not at all.
        """
        if not 1 <= seconds <= MAX_SECONDS:
            raise InvalidInput(
                f"A link lasts 1 to {MAX_SECONDS} seconds; {seconds} is not possible.",
                details={"field": "seconds"},
            )
        expires = int(self._clock()) + seconds
        claims = msgspec.msgpack.encode(
            _Claims(tenant_id.bytes, bytes.fromhex(sha256), expires, mime_type, name)
        )
        token = base64.urlsafe_b64encode(self._sign(claims) + claims).decode().rstrip("=")
        return PublicLink(
            url=f"{self._base}/media/{token}", expires_at=datetime.fromtimestamp(expires, UTC)
        )

    def read(self, token: str) -> LinkedFile:
        """Reads the last part of a link's address.

        Raises:
            LinkInvalid: It was not made here, or was changed.
            LinkExpired: Its time is over.
        """
        try:
            whole = base64.b64decode(
                token.encode("ascii") + b"=" * (-len(token) % 4), altchars=b"-_", validate=True
            )
        except (UnicodeEncodeError, binascii.Error):
            whole = b""
        signature, claims = whole[:_SIGNATURE_BYTES], whole[_SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._sign(claims)):
            raise LinkInvalid(
                "This link is not valid: it was cut, changed, or made before this installation's "
                "secret was renewed. Ask for a new one."
            )
        found = msgspec.msgpack.decode(claims, type=_Claims)
        if found.expires <= self._clock():
            raise LinkExpired("This link has ended. Ask for a new one.")
        return LinkedFile(
            tenant_id=UUID(bytes=found.tenant),
            sha256=found.sha256.hex(),
            mime_type=found.mime_type,
            name=found.name,
            expires_at=datetime.fromtimestamp(found.expires, UTC),
        )

    def _sign(self, claims: bytes) -> bytes:
        return hmac.digest(self._key, claims, hashlib.sha256)
