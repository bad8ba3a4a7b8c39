"""The shapes of AT Protocol answers, as far as the adapter reads them.

Source: the lexicons ``com.atproto.server.*``, ``com.atproto.repo.*`` and
``com.atproto.identity.resolveHandle`` (github.com/bluesky-social/atproto, ``lexicons/``). Objects are
open by convention: unknown fields are skipped. Whatever holds a token hides it in its repr.
"""

from __future__ import annotations

from typing import Any

import msgspec

__all__ = (
    "DidDocument",
    "Handle",
    "Profile",
    "RecordAnswer",
    "Session",
    "TokenClaims",
    "Uploaded",
    "WrittenRecord",
    "XrpcFault",
)


class XrpcFault(msgspec.Struct, frozen=True, kw_only=True):
    """The body of an answer that is not a success."""

    error: str = ""
    message: str = ""


class DidService(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One service of a DID document."""

    id: str
    service_endpoint: str | dict[str, Any] = ""


class DidDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The services of an account; among them the server that hosts its repository."""

    service: tuple[DidService, ...] = ()


class Session(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The answer of ``createSession`` and ``refreshSession``.

    The DID document stays unparsed: a strange one must not spoil a good session.
    """

    access_jwt: str
    refresh_jwt: str
    handle: str
    did: str
    did_doc: Any = None
    active: bool = True
    status: str | None = None

    def __repr__(self) -> str:
        """Shows whose session it is and never a token."""
        return f"Session(did={self.did!r}, tokens hidden)"


class TokenClaims(msgspec.Struct, frozen=True, kw_only=True):
    """The claims of an access token that the adapter reads: when it ends and what it may do."""

    exp: float | None = None
    scope: str | None = None


class Profile(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The part of ``app.bsky.actor.getProfile`` that is shown to people."""

    display_name: str | None = None
    avatar: str | None = None


class Handle(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of ``resolveHandle``."""

    did: str


class Uploaded(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of ``uploadBlob``; the blob goes into the record as it is."""

    blob: dict[str, Any]


class WrittenRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of ``putRecord``."""

    uri: str
    cid: str


class RecordAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of ``getRecord``, without the record itself: the key says that it is ours.

    The lexicon leaves ``cid`` optional; servers of today always send it, and a reply needs it.
    """

    uri: str
    cid: str
