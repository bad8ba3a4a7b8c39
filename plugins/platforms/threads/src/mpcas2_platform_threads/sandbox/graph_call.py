"""One call of the Graph API: who calls, with what, and whether he may."""

import urllib.parse
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from starlette.requests import Request

from mpcas2_platform_threads.sandbox.accounts import Account
from mpcas2_platform_threads.sandbox.errors import (
    GraphError,
    bad_parameter,
    bad_token,
    lacks_permission,
    missing_parameter,
)
from mpcas2_platform_threads.sandbox.field_list import FieldTree, parse_fields
from mpcas2_platform_threads.sandbox.scopes import BASIC, PUBLISH
from mpcas2_platform_threads.sandbox.state import ThreadsState
from mpcas2_sandbox.address import here
from mpcas2_sandbox.oauth import BearerError
from mpcas2_sandbox.oauth.forms import FORM_TYPE
from mpcas2_sandbox.oauth.grants import Token

_LOCKED_OUT = {
    "checkpoint": (459, "The user has been checkpointed. Log in at www.threads.net to resume."),
    "password": (460, "The session has been invalidated because the user changed the password."),
    "unconfirmed": (464, "Sessions for the user are not allowed because the user is unconfirmed."),
}


async def read_parameters(request: Request) -> dict[str, str]:
    """Returns the parameters of query and body, which may be a form or JSON.

    Raises:
        GraphError: The body cannot be read.
    """
    given = dict(request.query_params)
    body = await request.body()
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not body:
        return given
    if kind == FORM_TYPE:
        pairs = urllib.parse.parse_qsl(body.decode(errors="replace"), keep_blank_values=True)
        return {**given, **dict(pairs)}
    if kind == "application/json":
        try:
            members = msgspec.json.decode(body, type=dict[str, Any])
        except msgspec.MsgspecError:
            raise bad_parameter("The body is not a JSON object.") from None
        return {**given, **{name: _text(value) for name, value in members.items()}}
    raise bad_parameter(f"A body of the type {kind or 'unknown'} cannot be read.")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def authorization_letters(request: Request) -> str:
    """Returns the token of an Authorization header; empty for none."""
    scheme, _, letters = request.headers.get("authorization", "").partition(" ")
    return letters.strip() if scheme.lower() in {"bearer", "oauth"} else ""


def token_behind(state: ThreadsState, letters: str) -> Token[Account]:
    """Returns the access token of these letters.

    Raises:
        GraphError: It is no good, or its account cannot be used.
    """
    try:
        token = state.oauth.good_token(letters)
    except BearerError as error:
        raise _refused(error, letters) from None
    hindrance = token.grant.account.hindrance
    if hindrance in _LOCKED_OUT:
        raise bad_token(*_LOCKED_OUT[hindrance])
    return token


def _refused(error: BearerError, letters: str) -> GraphError:
    if not letters:
        return GraphError(104, "An access token is required to request this resource.")
    match error.reason:
        case "expired":
            return bad_token(463, "Session has expired.")
        case "revoked":
            return bad_token(458, "The user has not authorized application.")
        case _:
            return GraphError(190, "Invalid OAuth access token - Cannot parse access token")


class GraphCall:
    """One call by somebody whose token was good.

    Args:
        state: What the network remembers.
        request: The request.
        given: Its parameters; the access token is taken out of them.

    Attributes:
        verb: The HTTP method.
        token: The access token.
        account: Who calls.
        now: The network's time.

    Raises:
        GraphError: The token is no good.
    """

    def __init__(self, state: ThreadsState, request: Request, given: Mapping[str, str]) -> None:
        self.state = state
        self.given = dict(given)
        letters = self.given.pop("access_token", "") or authorization_letters(request)
        self.token = token_behind(state, letters)
        self.account = self.token.grant.account
        self.now: datetime = state.core.clock.now()
        self.verb = request.method
        self.here = here(request)
        self.needs(BASIC)

    def needs(self, scope: str) -> None:
        """Makes sure that the token was granted a scope.

        Raises:
            GraphError: It was not.
        """
        if scope not in self.token.grant.scopes:
            raise lacks_permission(scope)

    def needed(self, name: str) -> str:
        """Returns a parameter that must be there.

        Raises:
            GraphError: It is not.
        """
        if not self.given.get(name):
            raise missing_parameter(name)
        return self.given[name]

    def only(self, *names: str) -> None:
        """Makes sure that there are no other parameters.

        Raises:
            GraphError: There are.
        """
        unknown = sorted(set(self.given) - set(names))
        if unknown:
            raise bad_parameter(f"Param {unknown[0]} is not known to this edge")

    def fields(self, usual: str = "id") -> FieldTree:
        """Returns the fields that are asked for.

        Args:
            usual: Those of a request that asks for none.

        Raises:
            GraphError: They cannot be read.
        """
        return parse_fields(self.given.get("fields") or usual)

    def moment(self, name: str) -> float | None:
        """Returns a parameter that names a moment, in seconds since 1970; None when it is absent.

        Raises:
            GraphError: It is neither a number of seconds nor a date.
        """
        text = self.given.get(name)
        if not text:
            return None
        if text.isdecimal():
            return float(text)
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise bad_parameter(f"Param {name} must be a UNIX timestamp or a date.") from None
        return moment.replace(tzinfo=moment.tzinfo or self.now.tzinfo).timestamp()

    def may_publish(self) -> None:
        """Makes sure that the caller may publish now.

        Raises:
            GraphError: He may not.
        """
        self.needs(PUBLISH)
        if self.account.hindrance == "policy":
            raise GraphError(
                368, "The action attempted has been deemed abusive or is otherwise disallowed"
            )
