"""A call of the API: who makes it, with which version and scopes, and what was sent."""

import dataclasses
import re
import urllib.parse
from collections.abc import Awaitable, Callable, Collection
from typing import Any, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mpcas2_platform_linkedin.sandbox.directory import WRITING_ROLES, Author, Member
from mpcas2_platform_linkedin.sandbox.refusals import (
    Refused,
    bad_field,
    bad_shape,
    bad_urn,
    denied,
    throttled,
    unauthorized,
)
from mpcas2_platform_linkedin.sandbox.state import LinkedInState
from mpcas2_sandbox import here
from mpcas2_sandbox.oauth import BearerError, Grant

T = TypeVar("T")
PROTOCOL = "2.0.0"
_VERSION = re.compile(r"20\d\d(0[1-9]|1[0-2])\Z")
_LACKING = re.compile(r"Object missing required field `(\w+)`")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reply:
    """The answer to a call.

    Attributes:
        body: Its JSON; None sends an empty body.
        status: The HTTP status.
        headers: More headers.
    """

    body: Any = None
    status: int = 200
    headers: dict[str, str] = dataclasses.field(default_factory=dict)


class Call:
    """One call by somebody who has a good token.

    Args:
        state: What the network remembers.
        grant: What the token stands for.
        request: The HTTP request.
        body: Its body.
        version: The version of the API that was asked for.
    """

    def __init__(
        self,
        state: LinkedInState,
        grant: Grant[Member],
        request: Request,
        body: bytes,
        version: str,
    ) -> None:
        self.state = state
        self.grant = grant
        self.body = body
        self._request = request
        self._version = version

    @property
    def member(self) -> Member:
        """Who calls."""
        return self.grant.account

    @property
    def here(self) -> str:
        """The address under which the client reached the network."""
        return here(self._request)

    def header(self, name: str) -> str:
        """Returns a header; empty where it is absent."""
        return self._request.headers.get(name, "")

    def path(self, name: str) -> str:
        """Returns a part of the path, decoded.

        Raises:
            Refused: A URN in the path is not encoded as a whole.
        """
        raw: bytes = self._request.scope.get("raw_path") or b""
        if b"urn:li" in raw:
            raise Refused(
                400, "Syntax exception in path variables: encode the URN", code="SYNTAX_EXCEPTION"
            )
        value: str = self._request.path_params[name]
        return value

    def query(self, known: Collection[str]) -> dict[str, str]:
        """Returns the query with its values as they were sent, still encoded.

        Raises:
            Refused: A parameter is unknown, comes twice, or has a bare URN in it.
        """
        given: dict[str, str] = {}
        for pair in self._request.url.query.split("&"):
            name, _, value = pair.partition("=")
            if not name:
                continue
            if name not in known or name in given:
                raise Refused(
                    400, f"Query parameter {name} is unknown or repeated", code="SYNTAX_EXCEPTION"
                )
            if "urn:li:" in value:
                raise Refused(
                    400, f"Invalid query parameter {name}: encode the URN", code="SYNTAX_EXCEPTION"
                )
            given[name] = value
        return given

    def json(self, wanted: type[T]) -> T:
        """Returns the JSON body.

        Raises:
            Refused: It is not JSON, or not of that shape.
        """
        if self.header("content-type").partition(";")[0].strip().lower() != "application/json":
            raise Refused(415, "Unsupported media type", code="UNSUPPORTED_MEDIA_TYPE")
        try:
            return msgspec.json.decode(self.body, type=wanted)
        except msgspec.ValidationError as error:
            raise _shape(str(error)) from error
        except msgspec.DecodeError as error:
            raise Refused(400, f"The body is not JSON: {error}", code="SYNTAX_EXCEPTION") from error

    def need(self, action: str, *scopes: str) -> None:
        """Makes sure that the token has one of some scopes.

        Raises:
            Refused: It has none of them.
        """
        if not set(scopes) & set(self.grant.scopes):
            raise denied(action, f"{self._version}01")

    def author(self, urn: str, field: str = "/author") -> Author:
        """Returns the member or organisation of a URN.

        Raises:
            Refused: There is none.
        """
        found = self.state.directory.author(urn)
        if found is None:
            raise bad_field(field, f"The URN {urn} does not exist", "INVALID_URN_ID")
        return found

    def writes_as(self, author: Author, action: str, suffixes: Collection[str] = ("",)) -> None:
        """Makes sure that the caller may act in an author's name.

        Args:
            author: In whose name.
            action: What is done, in the words of the refusal.
            suffixes: What may follow the two posting scopes' names.

        Raises:
            Refused: He may not.
        """
        if isinstance(author, Member):
            self.need(action, *(f"w_member_social{one}" for one in suffixes))
            if author is not self.member:
                raise denied(action, f"{self._version}01")
            return
        self.need(action, *(f"w_organization_social{one}" for one in suffixes))
        if author.roles.get(self.member.handle) not in WRITING_ROLES:
            raise denied(action, f"{self._version}01")

    def reads_of(self, author: Author, action: str, suffixes: Collection[str] = ("",)) -> None:
        """Makes sure that the caller may read what is an author's.

        Raises:
            Refused: He may not.
        """
        if isinstance(author, Member):
            self.need(action, *(f"r_member_social{one}" for one in suffixes))
            allowed = author is self.member
        else:
            self.need(action, *(f"r_organization_social{one}" for one in suffixes))
            allowed = self.member.handle in author.roles
        if not allowed:
            raise denied(action, f"{self._version}01")


def _shape(fault: str) -> Refused:
    """Returns LinkedIn's words for what the check of a body's shape says."""
    what, _, path = fault.partition(" - at `$")
    path = path.rstrip("`").replace(".", "/")
    lacking = _LACKING.match(what)
    if lacking is None:
        return bad_shape(path or "/", what)
    return bad_shape(
        f"{path}/{lacking[1]}", "field is required but not found and has no default value"
    )


def decoded(query: dict[str, str], name: str, allowed: Collection[str] = ()) -> str:
    """Returns a parameter, decoded.

    Raises:
        Refused: It is absent, or not one of the allowed values.
    """
    if name not in query:
        raise bad_field(name, f"Parameter {name} is required", "MISSING_FIELD")
    value = urllib.parse.unquote(query[name])
    if allowed and value not in allowed:
        raise bad_field(name, f"Invalid value for {name}: {value}")
    return value


def count_of(query: dict[str, str], name: str, fallback: int, most: int) -> int:
    """Returns a number among the parameters.

    Raises:
        Refused: It is none, or too large.
    """
    value = query.get(name, str(fallback))
    if not (value.isascii() and value.isdigit() and int(value) <= most):
        raise bad_field(name, f"{name} must be a number up to {most}")
    return int(value)


def page_of(query: dict[str, str], items: list[Any]) -> dict[str, Any]:
    """Returns the asked-for part of a list, with LinkedIn's paging."""
    start = count_of(query, "start", 0, 1_000_000)
    count = count_of(query, "count", 10, 100)
    paging = {"start": start, "count": count, "links": [], "total": len(items)}
    return {"elements": items[start : start + count], "paging": paging}


def urn_of(value: str, *kinds: str) -> str:
    """Returns a URN of one of some kinds.

    Raises:
        Refused: It is none.
    """
    parts = value.split(":")
    if parts[:2] != ["urn", "li"] or len(parts) != 4 or not parts[3]:  # noqa: PLR2004  # urn:li:kind:id
        raise bad_urn("" if parts[:2] != ["urn", "li"] else "urn:" + value)
    if parts[2] not in kinds:
        raise bad_urn(value)
    return value


Handler = Callable[[Call], Reply]
Endpoint = Callable[[Request], Awaitable[Response]]


def endpoint(
    state: LinkedInState, route: str, handler: Handler, *, versioned: bool = True
) -> Endpoint:
    """Returns the function behind a route, with everything that stands before the handler.

    Args:
        state: What the network remembers.
        route: Method and path, as the daily limits name them.
        handler: Answers a call.
        versioned: Whether version and protocol must be told.
    """

    async def run(request: Request) -> Response:
        try:
            grant = _grant(state, request)
            version = _version(state, request) if versioned else ""
            owner = state.limits.take(route, grant.account.id, grant.client_id)
            if owner is not None:
                state.throttled += 1
                raise throttled("MEMBER" if owner == "member" else "APPLICATION")
            reply = handler(Call(state, grant, request, await request.body(), version))
        except Refused as refusal:
            return refusal.response()
        if reply.body is None:
            return Response(None, reply.status, reply.headers)
        body = msgspec.json.encode(reply.body)
        return Response(body, reply.status, reply.headers, "application/json")

    return run


def _grant(state: LinkedInState, request: Request) -> Grant[Member]:
    try:
        return state.oauth.bearer(request)
    except BearerError as error:
        raise unauthorized(error.reason) from error


def _version(state: LinkedInState, request: Request) -> str:
    version = request.headers.get("linkedin-version", "")
    if not version:
        raise Refused(
            400,
            "A version must be present. Please specify a version by adding the LinkedIn-Version "
            "header.",
            code="VERSION_MISSING",
        )
    if _VERSION.match(version) is None:
        raise Refused(400, f"The version {version} is not YYYYMM", code="INVALID_VERSION")
    if version not in state.settings.versions:
        message = f"Requested version {version}01 is not active"
        raise Refused(426, message, code="NONEXISTENT_VERSION")
    if request.headers.get("x-restli-protocol-version") != PROTOCOL:
        raise Refused(
            400,
            f"X-RestLi-Protocol-Version must be {PROTOCOL}",
            code="INVALID_PROTOCOL_VERSION",
        )
    return version
