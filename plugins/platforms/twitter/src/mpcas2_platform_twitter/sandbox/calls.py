"""A call of the API: who makes it, whether he may, and what he sent."""

import base64
import binascii
import io
from collections.abc import Awaitable, Callable, Collection, Mapping
from http import HTTPStatus
from typing import Any, TypeVar

import msgspec
from multipart import MultipartError, MultipartParser, parse_options_header
from starlette.requests import Request
from starlette.responses import Response

from mpcas2_platform_twitter.sandbox.accounts import Account
from mpcas2_platform_twitter.sandbox.problems import Problem, forbidden, front_door, invalid_request
from mpcas2_platform_twitter.sandbox.state import XState
from mpcas2_platform_twitter.sandbox.windows import limit_headers
from mpcas2_sandbox import here
from mpcas2_sandbox.oauth import BearerError

T = TypeVar("T")
_PART_LIMIT = 32 * 1024 * 1024


class Call:
    """One call by someone who may make it.

    Args:
        state: What the network remembers.
        account: Who calls.
        request: The HTTP request.
        body: Its body.
    """

    def __init__(self, state: XState, account: Account, request: Request, body: bytes) -> None:
        self.state = state
        self.account = account
        self._request = request
        self._body = body

    @property
    def base_url(self) -> str:
        """The address under which the client reached the network."""
        return here(self._request)

    def path(self, name: str) -> str:
        """Returns a part of the path that is a number.

        Raises:
            Problem: It is none.
        """
        return number(name, self._request.path_params[name])

    def query(self, known: Collection[str]) -> dict[str, str]:
        """Returns the query.

        Raises:
            Problem: A parameter is unknown, or comes twice.
        """
        given: dict[str, str] = {}
        for name, value in self._request.query_params.multi_items():
            if name not in known:
                raise invalid_request(f"The query parameter [{name}] is not one of {sorted(known)}")
            if name in given:
                raise invalid_request(f"The query parameter [{name}] came twice")
            given[name] = value
        return given

    def json(self, wanted: type[T]) -> T:
        """Returns the JSON body.

        Raises:
            Problem: It is not JSON, or not of that shape.
        """
        if self._kind() != "application/json":
            raise invalid_request("the body must be application/json")
        try:
            return msgspec.json.decode(self._body, type=wanted)
        except ValueError as error:
            raise invalid_request(str(error)) from error

    def form(self, known: Collection[str]) -> dict[str, bytes]:
        """Returns the fields of a multipart body, or of a JSON body with its media in Base64.

        Raises:
            Problem: It is neither, or a field is unknown or comes twice.
        """
        if self._kind() == "application/json":
            fields = self._json_fields()
        elif self._kind() == "multipart/form-data":
            fields = self._parts()
        else:
            raise invalid_request("the body must be multipart/form-data or application/json")
        unknown = sorted(set(fields) - set(known))
        if unknown:
            raise invalid_request(f"unknown field: {unknown[0]}")
        if "media" not in fields:
            raise invalid_request("media is required")
        return fields

    def _kind(self) -> str:
        header = self._request.headers.get("content-type", "")
        return header.partition(";")[0].strip().lower()

    def _json_fields(self) -> dict[str, bytes]:
        fields = self.json(dict[str, str | int])
        try:
            return {
                name: base64.b64decode(str(value), validate=True)
                if name == "media"
                else str(value).encode()
                for name, value in fields.items()
            }
        except binascii.Error as error:
            raise invalid_request("media is not Base64") from error

    def _parts(self) -> dict[str, bytes]:
        options = parse_options_header(self._request.headers["content-type"])[1]
        fields: dict[str, bytes] = {}
        try:
            parser = MultipartParser(
                io.BytesIO(self._body),
                options.get("boundary", ""),
                content_length=len(self._body),
                memory_limit=_PART_LIMIT,
                spool_limit=_PART_LIMIT,
                part_limit=16,
            )
            for part in parser:
                if part.name in fields:
                    raise invalid_request(f"{part.name} came twice")
                fields[part.name] = part.raw
        except (MultipartError, ValueError) as error:
            raise invalid_request(f"the multipart body is broken: {error}") from error
        return fields


def number(name: str, value: str) -> str:
    """Returns a value that is a number of up to 19 digits.

    Raises:
        Problem: It is none.
    """
    if not (value.isascii() and value.isdigit() and len(value) <= 19):  # noqa: PLR2004  # the spec's
        raise invalid_request(f"The `{name}` value [{value}] is not valid", value=value)
    return value


Answer = Mapping[str, Any]
Endpoint = Callable[[Request], Awaitable[Response]]


def endpoint(
    state: XState,
    route: str,
    scopes: Collection[str],
    handler: Callable[[Call], Answer],
    *,
    status: int = 200,
) -> Endpoint:
    """Returns the function behind a route, with everything that stands before the handler.

    Args:
        state: What the network remembers.
        route: Method and path, as the rate limits name them.
        scopes: What the grant must allow.
        handler: Answers a call that may be made.
        status: The status of its answer.
    """

    async def run(request: Request) -> Response:
        headers: dict[str, str] = {}
        try:
            account, client_id = _caller(state, request, scopes)
            taken = state.limits.take(route, user=account.id, app=client_id)
            headers = limit_headers(taken.tightest)
            if not taken.room:
                state.throttled += 1
                raise front_door(HTTPStatus.TOO_MANY_REQUESTS)
            answer = handler(Call(state, account, request, await request.body()))
        except Problem as problem:
            return problem.response(headers)
        return Response(msgspec.json.encode(answer), status, headers, "application/json")

    return run


def _caller(state: XState, request: Request, scopes: Collection[str]) -> tuple[Account, str]:
    try:
        grant = state.oauth.bearer(request)
    except BearerError as error:
        raise front_door(HTTPStatus.UNAUTHORIZED) from error
    lacking = sorted(set(scopes) - set(grant.scopes))
    if lacking:
        raise forbidden(f"Forbidden: the access token lacks the scope {' '.join(lacking)}")
    if state.settings.credits_left == 0:
        raise Problem(
            402,
            {
                "type": "https://api.x.com/2/problems/usage-capped",
                "title": "CreditsDepleted",
                "detail": "Your enrolled account does not have any credits to fulfill this request.",
                "status": 402,
                "account_id": grant.account.id,
            },
        )
    return grant.account, grant.client_id
