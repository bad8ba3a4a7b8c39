"""Sends requests to the Graph API and reads their answers into Structs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeVar

import httpx
import msgspec

from mpcas2_hookspecs import (
    AccountContext,
    FormBody,
    QuotaReading,
    Rejected,
    evidence_of,
    lost_connection,
    unreadable,
)
from mpcas2_platform_facebook.faults import VERSION_ENDED, error_in, fault_of
from mpcas2_platform_facebook.usage import reading_of

__all__ = ("Graph", "send")

T = TypeVar("T")

_VERSION = re.compile(r"v(\d+)\.(\d+)$")


class Graph(msgspec.Struct, frozen=True, kw_only=True):
    """Where Facebook's hosts are, and which version of the API is spoken.

    Attributes:
        api: Base address of the API.
        web: Of the website.
        upload: Of the host for bytes of reels and stories.
        version: For example ``"v26.0"``.
    """

    api: str
    web: str
    upload: str
    version: str

    def address(self, path: str) -> str:
        """Gives the address of a path below the version."""
        return f"{self.api}/{self.version}/{path}"

    async def get(
        self, ctx: AccountContext, path: str, params: Mapping[str, str], answer: type[T]
    ) -> T:
        """Asks a question.

        Args:
            ctx: Client and clock.
            path: Below the version.
            params: Query parameters.
            answer: The Struct to read the answer into.

        Raises:
            PlatformError: Any of the tree but ``OutcomeUnknown``.
        """
        request = ctx.http.build_request("GET", self.address(path), params=dict(params))
        return await send(ctx.http, request, answer, now=ctx.now(), observe=ctx.observe)

    async def post(
        self,
        ctx: AccountContext,
        path: str,
        form: Mapping[str, str] | FormBody,
        answer: type[T],
        *,
        irreversible: bool = False,
        quota: str | None = None,
    ) -> T:
        """Sends a form, with files where it has any.

        What prepares a post has to be answered in the version that was asked for; an answer in a later
        one is an error, because Meta serves an ended version as the oldest that lives.

        Args:
            ctx: Client and clock.
            path: Below the version.
            form: Names and values, or a form with files.
            answer: The Struct to read the answer into.
            irreversible: True when a lost answer leaves open what happened.
            quota: The quota that a refusal for too many posts is about.

        Raises:
            PlatformError: Any of the tree; ``OutcomeUnknown`` only when ``irreversible``.
        """
        url = self.address(path)
        if isinstance(form, FormBody):
            request = ctx.http.build_request(
                "POST", url, content=form.content, headers=form.headers
            )
        else:
            request = ctx.http.build_request("POST", url, data=dict(form))
        return await send(
            ctx.http,
            request,
            answer,
            now=ctx.now(),
            observe=ctx.observe,
            irreversible=irreversible,
            quota=quota,
            version="" if irreversible else self.version,
        )

    async def delete(self, ctx: AccountContext, path: str) -> None:
        """Deletes.

        Raises:
            PlatformError: Any of the tree.
        """
        request = ctx.http.build_request("DELETE", self.address(path))
        await send(
            ctx.http, request, msgspec.Raw, now=ctx.now(), observe=ctx.observe, irreversible=True
        )


async def send(
    client: httpx.AsyncClient,
    request: httpx.Request,
    answer: type[T],
    *,
    now: datetime,
    observe: Callable[[QuotaReading], None] | None = None,
    irreversible: bool = False,
    quota: str | None = None,
    version: str = "",
    as_another: bool = False,
) -> T:
    """Sends one request.

    Args:
        client: Sends it.
        request: What to send.
        answer: The Struct to read the answer into.
        now: Aware time, for rate limits.
        observe: Takes how much of its calls the Page has left.
        irreversible: True when a lost answer leaves open what happened.
        quota: The quota that a refusal for too many posts is about.
        version: The version that the answer has to be in; empty to take what comes.
        as_another: True when the request carries a token of its own instead of the client's.

    Raises:
        PlatformError: Any of the tree; ``OutcomeUnknown`` only when ``irreversible``.
    """
    try:
        response = await (client.send(request, auth=None) if as_another else client.send(request))
    except httpx.RequestError as error:
        # Also DecodingError: a body in a broken compression is an answer that was lost.
        raise lost_connection(error, "Facebook", irreversible=irreversible) from error
    reading = reading_of(response.headers, now)
    if observe is not None and reading is not None:
        observe(reading)
    # Meta has answered 200 with an error in it before.
    if not response.is_success or error_in(response.content) is not None:
        raise fault_of(response, irreversible=irreversible, now=now, quota=quota)
    served = response.headers.get("facebook-api-version", "")
    if version and _number(served) > _number(version) > (0, 0):
        raise Rejected(
            f"{VERSION_ENDED} It asked for {version} and was answered in {served}.",
            code="version-ended",
            answer=evidence_of(response),
        )
    try:
        return msgspec.json.decode(response.content, type=answer)
    except msgspec.MsgspecError as error:
        raise unreadable(response, "Facebook", irreversible=irreversible) from error


def _number(version: str) -> tuple[int, int]:
    found = _VERSION.match(version)
    return (int(found[1]), int(found[2])) if found else (0, 0)
