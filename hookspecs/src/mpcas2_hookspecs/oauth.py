"""What an adapter says about OAuth 2, so that the engine can do the rest of it."""

from __future__ import annotations

import msgspec

__all__ = ("Consent", "OAuthApp")


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    """The network's consent page, and what the person is asked to allow (RFC 6749, 4.1.1).

    The engine adds ``response_type``, ``client_id``, ``redirect_uri``, ``scope``, ``state`` and a
    PKCE challenge with the method S256 (RFC 7636).

    Attributes:
        url: Address of the consent page, without a query.
        scopes: What is asked for, joined by spaces.
        required: Those without which nothing can be posted. When the network tells that the person
            left one out, the engine refuses the connection and names it.
        parameters: Further query parameters, for example ``{"access_type": "offline"}``.
    """

    url: str
    scopes: tuple[str, ...]
    required: tuple[str, ...] = ()
    parameters: dict[str, str] = {}


class OAuthApp(msgspec.Struct, frozen=True, kw_only=True):
    """The registration with the network that grants are given to.

    It belongs to the installation or to one tenant. A grant is renewed with the one that it was
    given to.

    Attributes:
        client_id: As the network gave it.
        client_secret: As the network gave it; None for a public client.
    """

    client_id: str
    client_secret: str | None = None

    def __repr__(self) -> str:
        """Shows the client id and never the secret."""
        return f"OAuthApp(client_id={self.client_id!r}, secret hidden)"
