"""A client of the REST API: for the command line, and for scripts on the same machine.

It sends an ``Idempotency-Key`` with every POST, so that repeating one whose answer was lost is safe.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO, Protocol, Self
from urllib.parse import urlsplit

import httpx

__all__ = (
    "NOT_OUR_SERVER",
    "ApiError",
    "Client",
    "ServerUnreachable",
    "SignInNeeded",
    "TokenSource",
    "base_of",
)

PREFIX = "/api/v1"
PAUSES = (0.3, 0.6, 1.2)
TIMEOUT = httpx.Timeout(60.0, connect=5.0)
PAGE = 100
# Code of an answer that is not in the form of this API, whatever its status.
NOT_OUR_SERVER = "NOT_OUR_SERVER"
_PASSING = frozenset({502, 503, 504})
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class ApiError(Exception):
    """The server refused; the attributes are those of its error envelope.

    Args:
        message: What is wrong and what to do.
        status: HTTP status.
        code: The same for a program.
        details: More for a program.
        request_id: Under which the server logged it.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: str,
        details: Mapping[str, Any] | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.details = {**(details or {}), **({"requestId": request_id} if request_id else {})}


class ServerUnreachable(Exception):
    """No answer came; the message says from where and what to do."""


class SignInNeeded(Exception):
    """Nobody is signed in, or the sign-in has ended."""


class TokenSource(Protocol):
    """Where the client gets its access token."""

    def access_token(self) -> str:
        """Gives a token that should be good.

        Raises:
            SignInNeeded: There is none.
        """
        ...

    def renewed(self, refused: str) -> str:
        """Gives another token than the one that the server refused.

        Raises:
            SignInNeeded: The sign-in has ended.
        """
        ...


def base_of(server: str) -> str:
    """Gives the normal form of a server's address: without ``/api/v1`` and a slash at the end.

    A path before that stays, for a server behind a proxy that serves it below one.

    Raises:
        ValueError: It is not an address of HTTP; the message says what one looks like.
    """
    parts = urlsplit(server.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
        raise ValueError(
            f"{server!r} is not the address of a server; write it as http://127.0.0.1:3001."
        )
    path = parts.path.rstrip("/").removesuffix(PREFIX)
    return f"{parts.scheme}://{parts.netloc}{path}"


class Client:
    """Requests to one server.

    Use it as a context manager, or call :meth:`close`.

    Args:
        server: Address of the server, without ``/api/v1``.
        tokens: Where access tokens come from; None for requests that need none.
        sleep: Waits between attempts.
    """

    def __init__(
        self,
        server: str,
        *,
        tokens: TokenSource | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.server = base_of(server)
        self._tokens = tokens
        self._sleep = sleep
        self._http = httpx.Client(
            timeout=TIMEOUT,
            # A proxy for the world outside must not be asked for this machine's own server.
            trust_env=urlsplit(self.server).hostname not in _LOOPBACK,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def get(self, path: str, **params: Any) -> Any:
        """Reads; parameters that are None are left out."""
        given = {key: value for key, value in params.items() if value is not None}
        return self._call("GET", path, params=given)

    def post(self, path: str, body: object) -> Any:
        """Sends a JSON body."""
        return self._call("POST", path, json=body)

    def put(self, path: str, body: object) -> Any:
        """Puts something in the place of what was there."""
        return self._call("PUT", path, json=body)

    def patch(self, path: str, body: object) -> Any:
        """Changes something."""
        return self._call("PATCH", path, json=body)

    def delete(self, path: str) -> Any:
        """Deletes something."""
        return self._call("DELETE", path)

    def upload(
        self, path: str, file: BinaryIO, *, name: str, mime_type: str, fields: Mapping[str, Any]
    ) -> Any:
        """Sends a file with fields as ``multipart/form-data``, piece by piece.

        Args:
            path: Where.
            file: Open for reading; sent from its beginning.
            name: File name for the server.
            mime_type: What the file seems to be.
            fields: Further fields; lists are sent as repeated fields.
        """
        return self._call("POST", path, files={"file": (name, file, mime_type)}, data=dict(fields))

    def pages(self, path: str, *, most: int | None = None, **params: Any) -> Iterator[Any]:
        """Gives the items of a list, page by page.

        Args:
            path: The list.
            most: Stop after that many.
            **params: Filters.
        """
        given, page = 0, 1
        while True:
            answer = self.get(path, page=page, limit=min(PAGE, most or PAGE), **params)
            for item in answer["data"]:
                yield item
                given += 1
                if given == most:
                    return
            if page >= answer["pagination"]["totalPages"] or not answer["data"]:
                return
            page += 1

    def _call(self, method: str, path: str, **options: Any) -> Any:
        headers = {"Accept": "application/json"}
        if method == "POST":
            headers["Idempotency-Key"] = str(uuid.uuid4())
        token = None
        if self._tokens is not None:
            token = self._tokens.access_token()
            headers["Authorization"] = f"Bearer {token}"
        response = self._send(method, path, headers, options)
        if response.status_code == httpx.codes.UNAUTHORIZED and self._tokens and token:
            headers["Authorization"] = f"Bearer {self._tokens.renewed(token)}"
            response = self._send(method, path, headers, options)
        return self._answer(response)

    def _send(
        self, method: str, path: str, headers: dict[str, str], options: dict[str, Any]
    ) -> httpx.Response:
        url = f"{self.server}{PREFIX}{path}"
        lost = False
        for pause in (*PAUSES, None):
            try:
                response = self._http.request(method, url, headers=headers, **options)
            except httpx.TransportError as error:
                # Nothing listens: that does not change within a second. After a lost answer it
                # does, since the server may be starting again.
                never_sent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
                repeatable = method in {"GET", "POST"} or never_sent
                if pause is None or not repeatable or (never_sent and not lost):
                    raise self._unreachable(error) from error
                lost = True
            else:
                passing = response.status_code in _PASSING and "retry-after" in response.headers
                if pause is None or not passing or method not in {"GET", "POST"}:
                    return response
            self._sleep(pause)
        raise AssertionError("the last pause is None")

    def _unreachable(self, error: httpx.TransportError) -> ServerUnreachable:
        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
            return ServerUnreachable(
                f"Nothing answers at {self.server}. Start it with `mpcas2 up`, or name another "
                "server with --server or MPCAS2_SERVER."
            )
        return ServerUnreachable(
            f"The answer of {self.server} was lost ({type(error).__name__}). Look at "
            "`mpcas2 jobs list` before you repeat what you did; `mpcas2 doctor` examines the server."
        )

    def _answer(self, response: httpx.Response) -> Any:
        if response.status_code == httpx.codes.NO_CONTENT:
            return None
        try:
            body = response.json()
        except ValueError:
            body = None
        if response.is_success and body is not None:
            return body
        error = body.get("error") if isinstance(body, dict) else None
        if not isinstance(error, dict) or not isinstance(error.get("message"), str):
            raise ApiError(
                f"{self.server} answered {response.status_code} in a form that is not MPCAS2's. "
                "Check that the address is that of an MPCAS2 server.",
                status=response.status_code,
                code=NOT_OUR_SERVER,
            )
        raise ApiError(
            error["message"],
            status=response.status_code,
            code=str(error.get("code", "ERROR")),
            details=error.get("details"),
            request_id=error.get("requestId"),
        )
