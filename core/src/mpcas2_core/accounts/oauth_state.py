"""The ``state`` of an OAuth redirect: a signed name of the tenant and the flow that it belongs to.

The callback comes without a token of ours; this value is what proves whose it is (RFC 6749, 10.12).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from uuid import UUID

__all__ = ("OAuthState",)

_ID_BYTES = 16
_LABEL = b"mpcas2 oauth state\x00"


class OAuthState:
    """Signs and reads states.

    Args:
        secret: The installation's secret; a key of its own is derived from it.
    """

    def __init__(self, secret: str) -> None:
        self._key = hmac.digest(secret.encode(), _LABEL, hashlib.sha256)

    def sign(self, tenant_id: UUID, flow_id: UUID) -> str:
        """Gives the state of a flow."""
        named = tenant_id.bytes + flow_id.bytes
        return base64.urlsafe_b64encode(named + self._tag(named)).rstrip(b"=").decode()

    def read(self, state: str) -> tuple[UUID, UUID] | None:
        """Gives tenant and flow; None for a state that this installation did not sign."""
        try:
            raw = base64.urlsafe_b64decode(state.encode("ascii") + b"=" * (-len(state) % 4))
        except (UnicodeEncodeError, binascii.Error):
            return None
        named, tag = raw[: 2 * _ID_BYTES], raw[2 * _ID_BYTES :]
        if len(named) != 2 * _ID_BYTES or not hmac.compare_digest(tag, self._tag(named)):
            return None
        return UUID(bytes=named[:_ID_BYTES]), UUID(bytes=named[_ID_BYTES:])

    def _tag(self, named: bytes) -> bytes:
        return hmac.digest(self._key, named, hashlib.sha256)
