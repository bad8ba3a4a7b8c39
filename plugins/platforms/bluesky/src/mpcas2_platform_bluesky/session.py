"""Connects an account with an app password, and renews its session.

Sources: lexicons ``com.atproto.server.createSession`` and ``refreshSession``; DID documents
https://atproto.com/specs/did. Both tokens are replaced at each renewal.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import urlsplit

import msgspec

from mpcas2_hookspecs import (
    Account,
    AccountProfile,
    ConnectContext,
    Connection,
    FormField,
    Grant,
    HttpAnswer,
    HttpRequest,
    PlatformError,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
)
from mpcas2_platform_bluesky import xrpc
from mpcas2_platform_bluesky.faults import GONE, TOKEN_ENDED, read_fault
from mpcas2_platform_bluesky.wire import DidDocument, Profile, Session, TokenClaims

__all__ = ("CONNECT_FORM", "connect", "parse_refresh", "refresh_request", "server_of")

APP_PASSWORDS = "https://bsky.app/settings/app-passwords"
FULL_ACCESS = "com.atproto.access"
"""Scope of a session that was opened with the account's main password."""

CONNECT_FORM = (
    FormField(
        name="identifier",
        title="Handle or e-mail address",
        help="For example alice.bsky.social, without the @.",
    ),
    FormField(
        name="appPassword",
        title="App password",
        help=f"Make one at {APP_PASSWORDS}; the account's main password is refused.",
        secret=True,
    ),
    FormField(
        name="server",
        title="Server",
        help="Change it only when the account lives on a server of its own.",
        required=False,
        default="https://bsky.social",
    ),
    FormField(
        name="webUrl",
        title="Web address of posts",
        help="The site whose links to posts are shown.",
        required=False,
        default="https://bsky.app",
    ),
)

_REFUSALS = {
    "AuthFactorTokenRequired": "The account has two-factor sign-in, so its main password does not "
    f"work here; make an app password at {APP_PASSWORDS} and use that.",
    "AuthenticationRequired": "Handle or password is wrong. Use the whole handle, for example "
    f"alice.bsky.social, and an app password made at {APP_PASSWORDS}.",
    **GONE,
}


async def connect(credentials: Mapping[str, str], ctx: ConnectContext) -> Connection:
    """Opens a session and tells whose it is.

    The given server may be an entryway such as bsky.social; the server that really hosts the account
    is read from the answer's DID document and used from then on.

    Raises:
        Rejected: Wrong credentials or address, a main password, or an account that is not active.
        RateLimited: The server asks to come back later.
        Unavailable: The server cannot be reached now.
    """
    server = _base_address(credentials["server"], field="server")
    web = _base_address(credentials["webUrl"], field="web address")
    body = {
        "identifier": _clean(credentials["identifier"]).removeprefix("@"),
        "password": credentials["appPassword"].strip(),
    }
    session = await _create_session(server, body, ctx)
    if not session.active:
        state = session.status or "not active"
        raise Rejected(
            f"The Bluesky account is {state}; activate it in the Bluesky app, then connect it.",
            code=session.status,
        )
    if _claims(session.access_jwt).scope == FULL_ACCESS:
        raise Rejected(
            "This is the account's main password, which could do anything to the account; "
            f"make an app password at {APP_PASSWORDS} and use that.",
            code="main-password",
        )
    pds = _hosting_server(session, server)
    profile = await _profile(pds, session, ctx)
    return Connection(
        profile=AccountProfile(
            platform_account_id=session.did,
            username=session.handle,
            display_name=profile.display_name or None,
            avatar_url=profile.avatar or None,
            data={"did": session.did, "pds": pds, "web": web},
        ),
        grant=_grant(session),
    )


def refresh_request(account: Account, grant: Grant) -> HttpRequest:
    """Builds the request that renews a session; it carries the refresh token and no body.

    Raises:
        Unauthorized: The grant has no refresh token, so it cannot be renewed.
    """
    if grant.refresh_token is None:
        raise Unauthorized("The Bluesky session cannot be renewed; reconnect it.", revoked=True)
    return HttpRequest(
        method="POST",
        url=f"{server_of(account)}/xrpc/com.atproto.server.refreshSession",
        headers={"Authorization": f"Bearer {grant.refresh_token}"},
    )


def parse_refresh(answer: HttpAnswer) -> Grant:
    """Reads the answer to a renewal.

    Raises:
        Unauthorized: Refused for good, always with ``revoked``.
        RateLimited: The server asks to come back later.
        Unavailable: Anything else; the standing grant may still be good.
    """
    status = answer.status
    if status == HTTPStatus.OK:
        try:
            return _grant(msgspec.convert(answer.body, Session))
        except msgspec.ValidationError:
            # Chained from nothing: the fault quotes the body, and the body may hold tokens.
            raise Unavailable("The answer to the session's renewal cannot be read.") from None
    fault = read_fault(answer.body)
    code = fault.error or str(status)
    if fault.error in GONE:
        raise Unauthorized(GONE[fault.error], code=code, revoked=True)
    if status == HTTPStatus.UNAUTHORIZED or fault.error in TOKEN_ENDED:
        raise Unauthorized(
            "The Bluesky session has ended or was revoked; reconnect the account.",
            code=code,
            revoked=True,
        )
    if status == HTTPStatus.TOO_MANY_REQUESTS or fault.error == "RateLimitExceeded":
        raise RateLimited("Bluesky asks to renew the session later.", code=code)
    raise Unavailable(f"The Bluesky server did not renew the session ({status}).", code=code)


def server_of(account: Account) -> str:
    """Gives the base address of the server that hosts the account."""
    return str(account.data["pds"])


async def _create_session(server: str, body: dict[str, str], ctx: ConnectContext) -> Session:
    try:
        return await xrpc.procedure(
            ctx.http,
            server,
            "com.atproto.server.createSession",
            body,
            Session,
            now=ctx.now(),
        )
    except RateLimited:
        raise
    except Unavailable as error:
        status = error.answer.get("status")
        if status is None or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise Unavailable(
                f"{server} cannot be reached or does not work now ({error.code}). Check the server "
                "address, or try again later.",
                code=error.code,
            ) from error
        raise _no_server(server, error) from None
    except (Unauthorized, Rejected) as error:
        # From nothing: the answer's body is not needed, and it may quote what was sent.
        words = _REFUSALS.get(error.code or "")
        if words is None and error.code == str(error.answer.get("status")):
            raise _no_server(server, error) from None
        raise Rejected(words or error.message, code=error.code) from None


def _no_server(server: str, error: PlatformError) -> Rejected:
    """An answer that is no XRPC at all: the address belongs to something else."""
    return Rejected(
        f"{server} does not answer like a Bluesky server; check the server address.",
        code=error.code,
    )


async def _profile(pds: str, session: Session, ctx: ConnectContext) -> Profile:
    """Asks for name and picture; a server without an app view behind it cannot tell them."""
    try:
        return await xrpc.query(
            ctx.http,
            pds,
            "app.bsky.actor.getProfile",
            {"actor": session.did},
            Profile,
            now=ctx.now(),
            headers={"Authorization": f"Bearer {session.access_jwt}"},
        )
    except PlatformError:
        return Profile()


def _hosting_server(session: Session, server: str) -> str:
    """Reads the account's own server from its DID document; the given one when it names none.

    An address without encryption is taken only from a server that has none itself.
    """
    try:
        document = msgspec.convert(session.did_doc, DidDocument)
    except msgspec.ValidationError:
        return server
    for service in document.service:
        endpoint = service.service_endpoint
        if service.id.endswith("#atproto_pds") and isinstance(endpoint, str):
            secure = endpoint.startswith("https://")
            if secure or (endpoint.startswith("http://") and server.startswith("http://")):
                return endpoint.rstrip("/")
    return server


def _grant(session: Session) -> Grant:
    return Grant(
        access_token=session.access_jwt,
        refresh_token=session.refresh_jwt,
        expires_at=_end(_claims(session.access_jwt).exp),
    )


def _end(exp: float | None) -> datetime | None:
    """Reads a token's end; None when it says none, or one that no calendar knows."""
    if exp is None:
        return None
    try:
        return datetime.fromtimestamp(exp, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _claims(token: str) -> TokenClaims:
    """Reads a token's claims without checking its signature; none when it is no JWT.

    The server checks; the claims only tell when to renew, and what kind of password was used.
    """
    payload = token.split(".")[1] if token.count(".") == 2 else ""  # noqa: PLR2004 - head.payload.signature
    try:
        raw = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
        return msgspec.json.decode(raw, type=TokenClaims)
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        return TokenClaims()


def _clean(text: str) -> str:
    """Drops spaces around and invisible characters, which come along when a handle is copied."""
    return "".join(char for char in text if unicodedata.category(char) != "Cf").strip()


def _base_address(given: str, *, field: str) -> str:
    """Completes and checks an address: ``bsky.social`` becomes ``https://bsky.social``.

    Raises:
        Rejected: It is no web address, or it would send a password unencrypted over the internet.
    """
    text = _clean(given)
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        parts, host, port = urlsplit(""), "", None
    # Practice networks on this machine may share a port, each below a path of its own.
    path = parts.path.rstrip("/")
    odd = path and not (parts.scheme == "http" and _is_local(host))
    if not host or "@" in parts.netloc or odd or parts.query or parts.fragment:
        raise Rejected(
            f"The {field} is not an address such as https://bsky.social; correct it.",
            code="bad-address",
        )
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_local(host)):
        raise Rejected(
            f"The {field} must start with https://; plain http is for a server on this machine or "
            "in the local network.",
            code="bad-address",
        )
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + ("" if port is None else f":{port}") + path


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in host
