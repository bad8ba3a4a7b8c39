"""What the token broker takes and gives: a stored grant, a usable token, or the need of a person."""

from __future__ import annotations

from datetime import datetime

import msgspec

from mpcas2_hookspecs import Unauthorized

__all__ = ("Access", "GrantRow", "ReconnectNeeded")


class ReconnectNeeded(Unauthorized):
    """The account's grant is gone; a person has to connect the account again."""


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """A usable access token.

    Attributes:
        token: Goes into ``Authorization: Bearer``.
        version: Version of the grant that it belongs to.
    """

    token: str
    version: int

    def __repr__(self) -> str:
        """Shows the version and never the token."""
        return f"Access(version={self.version}, token hidden)"


class GrantRow(msgspec.Struct, frozen=True, kw_only=True):
    """A stored grant, still sealed; ``client_id`` names the app that it was given to."""

    sealed: bytes
    version: int
    expires_at: datetime | None
    client_id: str | None = None
