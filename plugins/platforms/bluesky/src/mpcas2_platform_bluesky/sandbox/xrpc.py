"""The protocol's calls: from an HTTP request to a method and back.

Source: https://atproto.com/specs/xrpc.
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mpcas2_platform_bluesky.sandbox.accounts import Account
from mpcas2_platform_bluesky.sandbox.checks import (
    SchemaError,
    boolean_at,
    format_at,
    member,
    object_at,
    text_at,
)
from mpcas2_platform_bluesky.sandbox.errors import XrpcError, invalid_request
from mpcas2_platform_bluesky.sandbox.state import PdsState
from mpcas2_sandbox import here

_JSON_LIMIT = 512 * 1024


class Call:
    """One call of a method.

    Args:
        state: What the server remembers.
        request: The HTTP request.
        body: Its body.
    """

    def __init__(self, state: PdsState, request: Request, body: bytes) -> None:
        self.state = state
        self.body = body
        self._request = request

    @property
    def authorization(self) -> str | None:
        """The Authorization header."""
        return self._request.headers.get("authorization")

    @property
    def content_type(self) -> str:
        """The body's media type without parameters, or the empty string."""
        header: str = self._request.headers.get("content-type", "")
        return header.partition(";")[0].strip().lower()

    @property
    def server_url(self) -> str:
        """The address under which the client reached this server."""
        return here(self._request)

    def account(self) -> Account:
        """Returns the account whose access token came along.

        Raises:
            XrpcError: None came, or it is no good.
        """
        return self.state.sessions.account_of(self.authorization)

    def parameter(
        self, name: str, form: str = "string", fits: Callable[[str], bool] | None = None
    ) -> str:
        """Returns a required query parameter.

        Args:
            name: The parameter's name.
            form: The format's name, for the refusal.
            fits: Whether a string has that format.

        Raises:
            XrpcError: It is absent, or has another format.
        """
        value = self.optional_parameter(name)
        if value is None:
            raise self.wrong_parameter(f'Missing required key "{name}"')
        if fits is not None and not fits(value):
            raise self.wrong_parameter(f'Invalid {form} (got "{value}")')
        return value

    def wrong_parameter(self, message: str) -> XrpcError:
        """Returns the refusal of a query parameter."""
        return invalid_request(f"Invalid {self._request.path_params['nsid']} params: {message}")

    def optional_parameter(self, name: str) -> str | None:
        """Returns a query parameter, or None."""
        value: str | None = self._request.query_params.get(name)
        return value

    def input(self) -> "Input":
        """Returns the JSON body.

        Raises:
            XrpcError: There is none, it is too large, or it is not a JSON object.
        """
        if not self.body:
            raise invalid_request("A request body is expected but none was provided")
        if self.content_type != "application/json":
            raise invalid_request(f"Wrong request encoding (Content-Type): {self.content_type}")
        if len(self.body) > _JSON_LIMIT:
            raise XrpcError("PayloadTooLargeError", "request entity too large", status=413)
        try:
            value = msgspec.json.decode(self.body)
        except ValueError as error:
            raise XrpcError("SyntaxError", f"The body is not JSON: {error}") from error
        return Input(object_at(value, "$"))


class Input:
    """The JSON object that a procedure is given, read member by member."""

    def __init__(self, members: dict[str, Any]) -> None:
        self._members = members

    def has(self, name: str) -> bool:
        """Tells whether the member is there, null included."""
        return name in self._members

    def value(self, name: str) -> Any:
        """Returns a required member of any kind.

        Raises:
            SchemaError: It is absent.
        """
        return member(self._members, name, "$")

    def text(
        self, name: str, form: str = "string", fits: Callable[[str], bool] | None = None
    ) -> str:
        """Returns a required string.

        Args:
            name: The member's name.
            form: The format's name, for the refusal.
            fits: Whether a string has that format.

        Raises:
            SchemaError: It is absent, no string, or has another format.
        """
        value = self.value(name)
        if fits is None:
            return text_at(value, f"$.{name}")
        return format_at(value, f"$.{name}", form, fits)

    def optional_text(
        self, name: str, form: str = "string", fits: Callable[[str], bool] | None = None
    ) -> str | None:
        """Returns a string or, when it is absent, None; see ``text``."""
        return self.text(name, form, fits) if name in self._members else None

    def optional_bool(self, name: str) -> bool | None:
        """Returns a truth value or, when it is absent, None.

        Raises:
            SchemaError: It is something else.
        """
        return boolean_at(self._members[name], f"$.{name}") if name in self._members else None


Verb = Literal["GET", "POST"]
Handler = Callable[[Call], Mapping[str, Any] | Response | None]
Method = tuple[Verb, Handler]


def run_method(methods: Mapping[str, Method], nsid: str, verb: str, call: Call) -> Response:
    """Runs the method of that name and returns its answer, a refusal included.

    Args:
        methods: The methods that the server knows.
        nsid: The method's name.
        verb: The HTTP method.
        call: The call.
    """
    if nsid not in methods:
        return _refusal(XrpcError("MethodNotImplemented", "Method Not Implemented", status=501))
    expected, handler = methods[nsid]
    if verb != expected:
        message = f"Incorrect HTTP method ({verb}) expected {expected}"
        return _refusal(invalid_request(message))
    try:
        answer = handler(call)
    except XrpcError as error:
        return _refusal(error)
    except SchemaError as error:
        return _refusal(invalid_request(str(error)))
    if isinstance(answer, Response):
        return answer
    return Response() if answer is None else _json(answer, 200)


def _refusal(error: XrpcError) -> Response:
    return _json({"error": error.name, "message": error.message}, error.status)


def _json(value: Mapping[str, Any], status: int) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json")
