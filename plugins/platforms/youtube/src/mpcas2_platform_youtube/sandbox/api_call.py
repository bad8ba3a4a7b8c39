"""One call of an API method: who calls, with what, and whether he may."""

import base64
import binascii
import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mpcas2_platform_youtube.sandbox.channels import Channel, Person
from mpcas2_platform_youtube.sandbox.errors import (
    ApiError,
    bad_request,
    forbidden,
    insufficient_scopes,
    invalid_credentials,
    invalid_parameter,
    missing_parameter,
    signup_required,
    unknown_parameter,
)
from mpcas2_platform_youtube.sandbox.resource_fields import Fields, resource_body
from mpcas2_platform_youtube.sandbox.state import YouTubeState
from mpcas2_sandbox import here
from mpcas2_sandbox.oauth import BearerError, Grant

# Every method takes these; the network heeds none of them, and answers with more than ``fields``
# asks for.
STANDARD_PARAMETERS = frozenset(
    {"$.xgafv", "alt", "fields", "key", "prettyPrint", "quotaUser", "upload_protocol"}
)
_MAX_RESULTS = 50
_DEFAULT_RESULTS = 5

T = TypeVar("T")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Method:
    """What the discovery document says about one method.

    Attributes:
        name: Its name, such as ``videos.list``.
        verb: The HTTP method.
        path: Where it is.
        scopes: Those of which a caller needs one.
        units: What it costs; None takes one upload out of the other bucket.
        parameters: The query parameters beside the standard ones.
        required: Those of them that must be there.
        parts: What ``part`` may name; empty where the method has no such parameter.
        run: Does it.
    """

    name: str
    verb: str
    path: str
    scopes: frozenset[str]
    units: int | None
    parameters: frozenset[str]
    required: tuple[str, ...]
    parts: frozenset[str]
    run: "Callable[[ApiCall], Response]"


def parts_of(fields: Fields) -> frozenset[str]:
    """Returns what ``part`` may name for a resource with these fields."""
    return frozenset(fields) - {"kind", "etag"}


def api_json(value: Mapping[str, Any]) -> Response:
    """Returns a value as the API's answer."""
    return Response(msgspec.json.encode(value), 200, media_type="application/json; charset=UTF-8")


class ApiCall:
    """One call of a method by somebody whose token was good.

    Args:
        state: What the network remembers.
        request: The HTTP request.
        body: Its body.
        grant: What the token stands for.
        parts: The parts that the query names.
    """

    def __init__(
        self,
        state: YouTubeState,
        request: Request,
        body: bytes,
        grant: Grant[Person],
        parts: frozenset[str],
    ) -> None:
        self.state = state
        self.request = request
        self.body = body
        self.parts = parts
        self.person = grant.account
        self.client_id = grant.client_id
        self.now = state.core.clock.now()

    @property
    def host(self) -> str:
        """This server's address without a slash at the end."""
        return here(self.request)

    def text(self, name: str) -> str | None:
        """Returns a query parameter, or None."""
        return self.request.query_params.get(name)

    def flag(self, name: str) -> bool:
        """Returns a truth value among the query parameters; absent means false."""
        value = self.request.query_params.get(name, "false")
        if value not in {"true", "false"}:
            raise invalid_parameter(name, value)
        return value == "true"

    def ids(self, name: str) -> list[str]:
        """Returns the values of a parameter that may be repeated or have commas."""
        values = self.request.query_params.getlist(name)
        ids = [one for value in values for one in value.split(",") if one]
        if len(ids) > _MAX_RESULTS:
            raise invalid_parameter(name, f"{len(ids)} values, where {_MAX_RESULTS} may be")
        return ids

    def resource(self, fields: Fields) -> dict[str, Any]:
        """Returns the body as a resource; see ``resource_body``."""
        return resource_body(self.body, fields, self.parts)

    def channel(self) -> Channel:
        """Returns the caller's channel: the first one, unless another of his is named.

        A real token belongs to one channel, which a person with several chooses at the consent
        page. Here the token sees all, and ``onBehalfOfContentOwnerChannel`` chooses.

        Raises:
            ApiError: The caller has no channel, or not that one.
        """
        if not self.person.channels:
            raise signup_required()
        wanted = self.text("onBehalfOfContentOwnerChannel")
        if wanted is None:
            return self.person.channels[0]
        if self.text("onBehalfOfContentOwner") is None:
            raise missing_parameter("onBehalfOfContentOwner")
        for one in self.person.channels:
            if one.id == wanted:
                return one
        raise forbidden("The channel does not belong to this account.")

    def page(
        self,
        kind: str,
        items: Sequence[T],
        show: Callable[[T], dict[str, Any]],
        *,
        usual: int = _DEFAULT_RESULTS,
        most: int = _MAX_RESULTS,
    ) -> Response:
        """Returns one page of a list, as ``maxResults`` and ``pageToken`` ask.

        Args:
            kind: The resource's kind, such as ``video``.
            items: The whole list.
            show: Makes the resource of one of its items.
            usual: How many stand on a page when nobody asks for more.
            most: How many may stand on a page.
        """
        size = self._page_size(usual, most)
        start = self._page_start()
        answer: dict[str, Any] = {
            "kind": f"youtube#{kind}ListResponse",
            "etag": _token(f"{kind}:{start}:{len(items)}"),
            "pageInfo": {"totalResults": len(items), "resultsPerPage": size},
            "items": [show(one) for one in items[start : start + size]],
        }
        if start + size < len(items):
            answer["nextPageToken"] = _token(f"at:{start + size}")
        if start > 0:
            answer["prevPageToken"] = _token(f"at:{max(0, start - size)}")
        return api_json(answer)

    def _page_size(self, usual: int, most: int) -> int:
        text = self.text("maxResults")
        if text is None:
            return usual
        if not (text.isascii() and text.isdigit()) or not 1 <= int(text) <= most:
            raise invalid_parameter("maxResults", f"{text}, which is not within [1, {most}]")
        return int(text)

    def _page_start(self) -> int:
        text = self.text("pageToken")
        if text is None:
            return 0
        try:
            mark, _, number = base64.urlsafe_b64decode(text + "==").decode().partition(":")
            if mark == "at":
                return int(number)
        except (binascii.Error, ValueError):
            pass
        raise ApiError(
            400,
            "invalidPageToken",
            "The request specifies an invalid page token.",
            domain="youtube.parameter",
            location="pageToken",
        )


def _token(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def run_method(method: Method, state: YouTubeState, request: Request, body: bytes) -> Response:
    """Checks token, scopes, quota and parameters, and runs the method.

    A call that is refused later has been charged: the API says that every request costs.
    """
    try:
        try:
            grant = state.oauth.bearer(request)
        except BearerError as error:
            raise invalid_credentials() from error
        if not method.scopes & set(grant.scopes):
            raise insufficient_scopes()
        if method.units is None:
            state.quota.charge_upload(grant.client_id)
        else:
            state.quota.charge(grant.client_id, method.units)
        _check_parameters(method, request)
        call = ApiCall(state, request, body, grant, _parts(method, request))
        return method.run(call)
    except ApiError as error:
        return error.response()


def _check_parameters(method: Method, request: Request) -> None:
    for name in request.query_params:
        if name not in method.parameters and name not in STANDARD_PARAMETERS:
            raise unknown_parameter(name)
    for name in method.required:
        if not request.query_params.get(name):
            raise missing_parameter(name)


def _parts(method: Method, request: Request) -> frozenset[str]:
    values = request.query_params.getlist("part")
    named = [part.strip() for value in values for part in value.split(",")]
    for part in named:
        if part not in method.parts:
            message = f"'{part}'"
            raise ApiError(400, "unknownPart", message, domain="youtube.part", location="part")
    if len(named) != len(set(named)):
        raise bad_request("The parameter part names a part twice.", reason="invalidParameter")
    return frozenset(named)
