"""Reads an authorization request (RFC 6749, 4.1.1) and says what is wrong with it."""

import re
import urllib.parse
from collections.abc import Mapping

import msgspec

from mpcas2_sandbox.oauth.clients import Client, ClientBook
from mpcas2_sandbox.oauth.forms import RepeatedParameterError, single_parameters
from mpcas2_sandbox.oauth.rules import OAuthRules

_CHALLENGE = re.compile(r"[A-Za-z0-9._~-]{43,128}\Z")


class AskedWrongError(Exception):
    """The request names no known client or no allowed address: the person must not be sent on."""


class SentBackError(Exception):
    """The request is wrong in a way that its client is told about.

    Attributes:
        location: Where the person is sent, error and state included.
    """

    def __init__(self, location: str) -> None:
        super().__init__("the authorization request is refused")
        self.location = location


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """An authorization request that may be put before a person.

    Args:
        client: Who asks.
        redirect_uri: Where the person is sent back to.
        scopes: What is asked for.
        state: What the client gets back unchanged; None when it gave none.
        challenge: The PKCE challenge; empty when none was given.
        plain: Whether the challenge is the verifier itself.
        offline: Whether the request asks for a refresh token.
        prompts: Whether a refresh token is given again to a person who consented before.
        suffix: What the network appends to the address that it redirects to.
    """

    client: Client
    redirect_uri: str
    scopes: tuple[str, ...]
    state: str | None
    challenge: str
    plain: bool
    offline: bool
    prompts: bool
    suffix: str = ""

    def back(self, parameters: Mapping[str, str]) -> str:
        """Returns the redirect address with these parameters and the state."""
        return _back(self.redirect_uri, self.state, parameters) + self.suffix


def _back(uri: str, state: str | None, parameters: Mapping[str, str]) -> str:
    given = dict(parameters) if state is None else {**parameters, "state": state}
    joint = "&" if "?" in uri else "?"
    return f"{uri}{joint}{urllib.parse.urlencode(given)}"


def _scopes(text: str, separator: str) -> tuple[str, ...]:
    named = text.split() if separator == " " else [one for one in text.split(separator) if one]
    return tuple(dict.fromkeys(named))


def read_request(query: str, clients: ClientBook, rules: OAuthRules) -> Asked:
    """Returns the authorization request that a query makes.

    Args:
        query: The query of the consent page's address.
        clients: The registered clients.
        rules: What the network asks for.

    Raises:
        AskedWrongError: Client or redirect address are wrong; the message is for the person.
        SentBackError: Anything else is wrong.
    """
    try:
        given = single_parameters(query)
    except RepeatedParameterError as error:
        raise AskedWrongError(str(error)) from error
    client = clients.find(given.get(rules.client_id_name, ""))
    if client is None:
        raise AskedWrongError("The app that sent you here is not registered with this network.")
    redirect_uri = given.get("redirect_uri", "")
    if not client.may_redirect_to(redirect_uri):
        raise AskedWrongError(
            f"The app wants you sent to {redirect_uri or 'no address at all'}, which is not among "
            "the redirect addresses it registered. Register exactly that address for it."
        )
    state = given.get("state")

    def refuse(error: str, description: str) -> SentBackError:
        told = {"error": error, "error_description": description}
        return SentBackError(_back(redirect_uri, state, told))

    if given.get("response_type") != "code":
        raise refuse("unsupported_response_type", "response_type must be code")
    scopes = _scopes(given.get("scope", ""), rules.scope_separator) or rules.default_scopes
    unknown = [one for one in scopes if one not in rules.scopes or not client.may_ask_for(one)]
    if unknown or not scopes:
        raise refuse("invalid_scope", f"unknown scope: {' '.join(unknown) or 'none was given'}")
    challenge = given.get("code_challenge", "")
    method = given.get("code_challenge_method", "plain")
    if challenge:
        if method not in ({"S256", "plain"} if rules.plain_challenge else {"S256"}):
            raise refuse("invalid_request", "code_challenge_method is not supported")
        if _CHALLENGE.match(challenge) is None:
            raise refuse("invalid_request", "code_challenge has the wrong form")
    elif rules.pkce == "required" or client.client_secret is None:
        raise refuse("invalid_request", "code_challenge is required")
    offline = rules.refresh_tokens and rules.offline_scope in {None, *scopes}
    if rules.offline_parameter is not None:
        name, value = rules.offline_parameter
        offline = offline and given.get(name) == value
    return Asked(
        client=client,
        redirect_uri=redirect_uri,
        scopes=scopes,
        state=state,
        challenge=challenge,
        plain=method == "plain",
        offline=offline,
        suffix=rules.code_suffix,
        prompts=rules.offline_parameter is None or "consent" in given.get("prompt", "").split(),
    )
