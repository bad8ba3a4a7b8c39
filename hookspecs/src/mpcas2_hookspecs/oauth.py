"""What an adapter says about OAuth 2, so that the engine can do the rest of it."""

from __future__ import annotations

import msgspec

__all__ = ("Consent", "OAuthApp")


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    """The network's consent page, and what the person is asked to allow (RFC 6749, 4.1.1).

    The engine adds ``response_type``, the client id, ``redirect_uri``, ``scope``, ``state`` and, if
    ``pkce``, a challenge with the method S256 (RFC 7636).

    Attributes:
        url: Address of the consent page, without a query.
        scopes: What is asked for.
        required: Those without which nothing can be posted. When the network tells that the person
            left one out, the engine refuses the connection and names it.
        parameters: Further query parameters, for example ``{"access_type": "offline"}``.
        scope_separator: What stands between two scopes in the address: a blank, or a comma where a
            network departs from the standard.
        client_id_name: The network's own name of the parameter ``client_id``.
        pkce: False for a network that knows no PKCE, or has one of its own kind.
    """

    url: str
    scopes: tuple[str, ...]
    required: tuple[str, ...] = ()
    parameters: dict[str, str] = {}
    scope_separator: str = " "
    client_id_name: str = "client_id"
    pkce: bool = True


class OAuthApp(msgspec.Struct, frozen=True, kw_only=True):
    """The registration with the network that grants are given to.

    It belongs to the installation or to one tenant. A grant is renewed with the one that it was
    given to.

    Attributes:
        client_id: As the network gave it.
        client_secret: As the network gave it; None for a public client.
        server: The server that it is registered with, for a network of many servers
            (:class:`~mpcas2_hookspecs.RegistersApp`); empty otherwise.
    """

    client_id: str
    client_secret: str | None = None
    server: str = ""

    def __repr__(self) -> str:
        """Shows the client id and never the secret."""
        return f"OAuthApp(client_id={self.client_id!r}, secret hidden)"
