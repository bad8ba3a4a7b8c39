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


class OAuthRules(msgspec.Struct, frozen=True, kw_only=True):
    """How one network's authorization server behaves.

    Args:
        authorize_path: Path of the consent page.
        token_path: Path of the token endpoint.
        revoke_path: Path of the revocation endpoint.
        scopes: Every scope the network knows, with what it allows in a person's words.
        access_seconds: How long an access token lives.
        code_seconds: How long an authorization code lives.
        rotates: Whether each refresh gives a new refresh token and spends the old one. If not, the
            answer to a refresh names no refresh token and the first one goes on working.
        pkce: Whether a request without a challenge is refused. A public client always needs one.
        plain_challenge: Whether the challenge method ``plain`` is taken beside ``S256``.
        secret_in_form: Whether a client may send its secret in the form; otherwise HTTP Basic only.
        offline_scope: The scope without which there is no refresh token; None when none decides.
        offline_parameter: Query parameter and value without which there is no refresh token. With
            it, a person who consented before gets one again only under ``prompt=consent``.
        token_type: How the answer writes the token's type.
        redirect_names_scopes: Whether the redirect carries the granted scopes beside the code.
        bad_client: Answer to a client that does not prove itself.
        bad_code: Answer to a code that is unknown, spent, expired or another's.
        bad_verifier: Answer to a verifier that does not fit the challenge.
        bad_token: Answer to a refresh token that is unknown, spent or revoked.
    """

    authorize_path: str
    token_path: str
    revoke_path: str
    scopes: dict[str, str]
    access_seconds: float = 3600.0
    code_seconds: float = 600.0
    rotates: bool = False
    pkce: Literal["required", "optional"] = "optional"
    plain_challenge: bool = True
    secret_in_form: bool = True
    offline_scope: str | None = None
    offline_parameter: tuple[str, str] | None = None
    token_type: str = "Bearer"  # noqa: S105  # the type's name, no secret
    redirect_names_scopes: bool = False
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
        access_seconds: How long new access tokens live.
        code_seconds: How long new codes live.
        rotates: Whether a refresh spends the refresh token.
    """

    access_seconds: float
    code_seconds: float
    rotates: bool
