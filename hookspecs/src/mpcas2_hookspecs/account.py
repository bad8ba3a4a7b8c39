"""A connected account as an adapter sees it, and the grant that only the token broker keeps."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

__all__ = (
    "Account",
    "AccountProfile",
    "Connection",
    "FormField",
    "Grant",
    "HttpAnswer",
    "HttpRequest",
)


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A connected account, without any secret.

    Attributes:
        id: The engine's id of the account, a UUID in text form.
        platform: Key of the network, for example ``"bluesky"``.
        platform_account_id: The network's own, lasting id of the account.
        username: The handle that people know.
        data: What the adapter stored at connection time (:attr:`AccountProfile.data`).
    """

    id: str
    platform: str
    platform_account_id: str
    username: str
    data: dict[str, Any] = {}


class AccountProfile(msgspec.Struct, frozen=True, kw_only=True):
    """Who was connected, as the network tells it.

    Attributes:
        platform_account_id: The network's own, lasting id. Connecting the same id again renews the
            standing account instead of adding one.
        username: The handle that people know, without a sign such as ``@`` before it.
        display_name: The name to show; None when there is none.
        avatar_url: Address of a picture; None when there is none.
        data: JSON that later calls need, for example the server of the account. Never a secret.
    """

    platform_account_id: str
    username: str
    display_name: str | None = None
    avatar_url: str | None = None
    data: dict[str, Any] = {}


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """The tokens of one account. The token broker encrypts and keeps them; nothing logs them.

    Attributes:
        access_token: The token that requests carry as ``Authorization: Bearer``.
        refresh_token: The token that renews the grant; None when the network has none. Where the
            access token renews itself, it stands here as well.
        expires_at: When the access token ends (aware, UTC); None when the network does not say.
        scopes: What the person allowed; None when the network does not say.
        renew_at: From when on (aware, UTC) the engine renews the grant by itself, whether somebody
            posts or not, so that an account that rests does not lose it; None when a renewal at need
            is enough.
    """

    access_token: str
    refresh_token: str | None = None
    expires_at: datetime | None = None
    scopes: tuple[str, ...] | None = None
    renew_at: datetime | None = None

    def __repr__(self) -> str:
        """Shows when the grant ends and never a token."""
        return f"Grant(expires_at={self.expires_at!r}, tokens hidden)"


class Connection(msgspec.Struct, frozen=True, kw_only=True):
    """The result of connecting an account: who it is, and the grant to act for it."""

    profile: AccountProfile
    grant: Grant


class FormField(msgspec.Struct, frozen=True, kw_only=True):
    """One field that a person fills in to connect an account.

    Attributes:
        name: Key of the value in the credentials, in camelCase.
        title: Label for the person.
        help: One sentence on where to find the value.
        secret: True when the value must be masked and never stored.
        required: False when it may be left out.
        default: Value that is used when it is left out.
    """

    name: str
    title: str
    help: str = ""
    secret: bool = False
    required: bool = True
    default: str | None = None


class HttpRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request that an adapter describes and the engine sends, because it deals in grants.

    Attributes:
        method: ``"GET"``, ``"POST"``, …
        url: Absolute address.
        headers: Header names and values; secrets are allowed here and are never logged.
        form: Values for an ``application/x-www-form-urlencoded`` body.
        json: Value for a JSON body. Only one of ``form`` and ``json`` may be given.
    """

    method: str
    url: str
    headers: dict[str, str] = {}
    form: dict[str, str] | None = None
    json: Any = None

    def __repr__(self) -> str:
        """Shows method and address, and never a query, a header or a body: tokens may stand there."""
        return f"HttpRequest({self.method} {self.url.partition('?')[0]})"


class HttpAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The network's answer to an :class:`HttpRequest`.

    Attributes:
        status: HTTP status.
        headers: Header names in lower case, and their values.
        body: The parsed JSON, or the text when it is not JSON.
    """

    status: int
    headers: dict[str, str] = {}
    body: Any = None

    def __repr__(self) -> str:
        """Shows the status and never a header or the body."""
        return f"HttpAnswer({self.status})"
