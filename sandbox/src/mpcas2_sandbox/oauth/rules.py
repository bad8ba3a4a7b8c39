"""What differs between the authorization servers of two networks, as data."""

from typing import Literal, Protocol, TypeVar

import msgspec


class Person(Protocol):
    """One who can consent: what the network's own account class must have."""

    @property
    def id(self) -> str:
        """The network's identifier of the account."""
        ...

    @property
    def name(self) -> str:
        """The name that people read."""
        ...

    @property
    def handle(self) -> str:
        """The short name that the control API and the consent form use."""
        ...


PersonT = TypeVar("PersonT", bound=Person)


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """An error answer of the token endpoint (RFC 6749, 5.2).

    Args:
        error: The error's code.
        description: The sentence beside it.
        status: The HTTP status.
    """

    error: str
    description: str
    status: int = 400


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """What a person may choose beside the account: a page, an organisation, a linked account.

    Args:
        id: The network's identifier.
        name: The name that people read.
        note: What it is, in a word or two.
    """

    id: str
    name: str
    note: str = ""


class OAuthRules(msgspec.Struct, frozen=True, kw_only=True):
    """How one network's authorization server behaves.

    Args:
        authorize_path: Path of the consent page.
        token_path: Path of the token endpoint; None for a network that brings its own routes.
        revoke_path: Path of the revocation endpoint; None where there is none.
        scopes: Every scope the network knows, with what it allows in a person's words.
        default_scopes: What is asked for by a request that names no scope; none refuses it.
        scope_separator: What stands between two scopes, as they are asked for and answered.
        client_id_name: What requests and forms call the client's id.
        access_seconds: How long an access token lives; None for ever, and then no answer says
            ``expires_in``.
        code_seconds: How long an authorization code lives.
        refresh_seconds: How long a refresh token lives from when it was given; None for ever.
        refresh_expires_name: Answer member with the seconds that the refresh token has left, such
            as ``refresh_expires_in``; None for none.
        refresh_tokens: Whether the network knows refresh tokens at all.
        rotates: Whether each refresh gives a new refresh token and spends the old one. If not, the
            answer to a refresh names no refresh token and the first one goes on working.
        repeats_refresh_token: Whether the answer names it again all the same.
        pkce: Whether a request without a challenge is refused. A public client always needs one.
        plain_challenge: Whether the challenge method ``plain`` is taken beside ``S256``.
        secret_in_form: Whether a client may send its secret in the form; otherwise HTTP Basic only.
        secret_in_basic: Whether a client may send its secret by HTTP Basic; otherwise the form only.
        token_in_query: Whether an access token may also come as ``?access_token=``.
        offline_scope: The scope without which there is no refresh token; None when none decides.
        offline_parameter: Query parameter and value without which there is no refresh token. With
            it, a person who consented before gets one again only under ``prompt=consent``.
        token_type: How the answer writes the token's type.
        redirect_names_scopes: Whether the redirect carries the granted scopes beside the code.
        code_suffix: What the network appends to the whole redirect address, such as ``#_``.
        names_account: Answer member with the account's id, such as ``open_id``; None for none.
        bad_client: Answer to a client that does not prove itself.
        bad_code: Answer to a code that is unknown, spent, expired or another's.
        bad_verifier: Answer to a verifier that does not fit the challenge.
        bad_token: Answer to a refresh token that is unknown, spent or revoked.
    """

    authorize_path: str
    token_path: str | None = None
    revoke_path: str | None = None
    scopes: dict[str, str]
    default_scopes: tuple[str, ...] = ()
    scope_separator: Literal[" ", ","] = " "
    client_id_name: str = "client_id"
    access_seconds: float | None = 3600.0
    code_seconds: float = 600.0
    refresh_seconds: float | None = None
    refresh_expires_name: str | None = None
    refresh_tokens: bool = True
    rotates: bool = False
    repeats_refresh_token: bool = False
    pkce: Literal["required", "optional"] = "optional"
    plain_challenge: bool = True
    secret_in_form: bool = True
    secret_in_basic: bool = True
    token_in_query: bool = False
    offline_scope: str | None = None
    offline_parameter: tuple[str, str] | None = None
    token_type: str = "Bearer"  # noqa: S105  # the type's name, no secret
    redirect_names_scopes: bool = False
    code_suffix: str = ""
    names_account: str | None = None
    bad_client: Refusal = Refusal(
        error="invalid_client", description="The client did not prove who it is.", status=401
    )
    bad_code: Refusal = Refusal(
        error="invalid_grant",
        description="The authorization code is unknown, spent or expired, or of another client.",
    )
    bad_verifier: Refusal = Refusal(
        error="invalid_grant", description="The code verifier does not fit the code challenge."
    )
    bad_token: Refusal = Refusal(
        error="invalid_grant", description="Token has been expired or revoked."
    )


class OAuthSettings(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True
):
    """The rules that the control API can change while the network runs.

    Args:
        access_seconds: How long new access tokens live; None for ever.
        code_seconds: How long new codes live.
        refresh_seconds: How long new refresh tokens live; None for ever.
        rotates: Whether a refresh spends the refresh token.
    """

    access_seconds: float | None
    code_seconds: float
    refresh_seconds: float | None
    rotates: bool
