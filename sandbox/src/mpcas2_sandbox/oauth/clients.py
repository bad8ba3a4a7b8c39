"""The registered client apps, and how one proves who it is."""

import base64
import binascii
import hmac
import re
import urllib.parse
from collections.abc import Mapping

import msgspec

from mpcas2_sandbox.oauth.rules import OAuthRules

PRACTICE_CLIENT_ID = "practice-client"
PRACTICE_CLIENT_SECRET = "practice-secret"  # noqa: S105  # known to everybody, on purpose

_LOOPBACK = re.compile(r"http://(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?(/[^\s#]*)?\Z")
_ABSOLUTE = re.compile(r"[a-z][a-z0-9+.-]*:[^\s#;,'\"<>]+\Z", re.IGNORECASE)


class Client(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A client app as it was registered with the network.

    Args:
        client_id: Its public name.
        client_secret: What it proves itself with; None for a public client.
        redirect_uris: Where people may be sent back to, compared letter by letter.
        any_loopback: Whether every ``http://127.0.0.1:*`` or ``http://localhost:*`` will do too.
        title: What the consent page calls it.
        scopes: What it may ask for; ``write`` covers ``write:notes`` too. None at all means every
            scope of the network.
    """

    client_id: str
    client_secret: str | None = None
    redirect_uris: tuple[str, ...] = ()
    any_loopback: bool = False
    title: str = "An app of your own"
    scopes: tuple[str, ...] = ()

    def may_redirect_to(self, uri: str) -> bool:
        """Tells whether people may be sent to this address."""
        if uri in self.redirect_uris:
            return True
        return self.any_loopback and _LOOPBACK.match(uri) is not None

    def may_ask_for(self, scope: str) -> bool:
        """Tells whether a scope is among those that it was registered with."""
        return not self.scopes or scope in self.scopes or scope.partition(":")[0] in self.scopes


def origin_of(uri: str) -> str:
    """Returns the origin of a redirect address as a Content Security Policy names it."""
    parts = urllib.parse.urlsplit(uri)
    if parts.scheme in {"http", "https"}:
        return f"{parts.scheme}://{parts.netloc}"
    return f"{parts.scheme}:"


class ClientBook:
    """All registered clients; one that everybody knows is there from the start."""

    def __init__(self) -> None:
        self._by_id: dict[str, Client] = {}
        self.add(
            Client(
                client_id=PRACTICE_CLIENT_ID,
                client_secret=PRACTICE_CLIENT_SECRET,
                any_loopback=True,
                title="Your own MPCAS2",
            )
        )

    def add(self, client: Client) -> None:
        """Registers a client; one of the same id is replaced.

        Raises:
            ValueError: A redirect address is not absolute, or has a fragment.
        """
        for uri in client.redirect_uris:
            if _ABSOLUTE.match(uri) is None:
                raise ValueError(f"{uri!r} is not an absolute address without a fragment")
        self._by_id[client.client_id] = client

    def find(self, client_id: str) -> Client | None:
        """Returns the client of that id."""
        return self._by_id.get(client_id)

    def all(self) -> list[Client]:
        """Returns every client in the order of registration."""
        return list(self._by_id.values())

    def proven(
        self, authorization: str | None, form: Mapping[str, str], rules: OAuthRules
    ) -> Client | None:
        """Returns the client that has proved itself, or None.

        Args:
            authorization: The Authorization header.
            form: The form's fields.
            rules: Say what the client's id is called, and where its secret may stand.
        """
        name = rules.client_id_name
        if authorization is not None and rules.secret_in_basic:
            given = _basic(authorization)
            if given is None:
                return None
            client_id, secret = given
            if form.get(name, client_id) != client_id:
                return None
        else:
            client_id = form.get(name, "")
            secret = form.get("client_secret", "") if rules.secret_in_form else ""
        client = self.find(client_id)
        if client is None:
            return None
        expected = client.client_secret or ""
        return client if hmac.compare_digest(expected.encode(), secret.encode()) else None


def _basic(header: str) -> tuple[str, str] | None:
    """Returns the id and the secret of a Basic header (RFC 6749, 2.3.1)."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, colon, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    if not colon:
        return None
    return urllib.parse.unquote_plus(client_id), urllib.parse.unquote_plus(secret)
