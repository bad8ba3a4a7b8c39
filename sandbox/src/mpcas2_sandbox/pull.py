"""Fetches media from a public address, as a network does that is given a link instead of bytes."""

import asyncio
from typing import Literal

import httpx
import msgspec

from mpcas2_sandbox.files import FileDisk, StoredFile
from mpcas2_sandbox.outgoing import outgoing_client

_OK = 200
_TOO_FAR = 300

PullFault = Literal["address", "unreachable", "redirects", "status", "too_large", "too_slow"]


class PullError(Exception):
    """The media could not be had from its address.

    Attributes:
        reason: ``address`` (no http or https address), ``unreachable``, ``redirects`` (more than
            three), ``status`` (an answer without media), ``too_large`` or ``too_slow``.
        status: The status of the answer; None where none came.
    """

    def __init__(self, reason: PullFault, status: int | None = None) -> None:
        super().__init__(f"the media cannot be pulled: {reason}")
        self.reason: PullFault = reason
        self.status = status


class Pulled(msgspec.Struct, frozen=True, kw_only=True):
    """Media that was fetched.

    Args:
        file: The bytes.
        content_type: The media type that the server named, without parameters; empty for none.
        status: The status of the answer.
    """

    file: StoredFile
    content_type: str
    status: int


async def pull(url: str, disk: FileDisk, *, limit: int, seconds: float) -> Pulled:
    """Fetches a file piece by piece, following up to three redirects.

    No address is refused: a practice network lives on the machine of the one who tries it.

    Args:
        url: The address.
        disk: Where the bytes go.
        limit: How many bytes it may have.
        seconds: How long it may take in all, of real time.

    Raises:
        PullError: It cannot be had; ``reason`` says why.
    """
    try:
        async with (
            asyncio.timeout(seconds),
            outgoing_client(seconds=None, follow_redirects=True) as client,
            client.stream("GET", url) as answer,
        ):
            return await _take(answer, disk, limit)
    except TimeoutError as error:
        raise PullError("too_slow") from error
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise PullError("address") from error
    except httpx.TooManyRedirects as error:
        raise PullError("redirects") from error
    except httpx.HTTPError as error:
        raise PullError("unreachable") from error


async def _take(answer: httpx.Response, disk: FileDisk, limit: int) -> Pulled:
    if not _OK <= answer.status_code < _TOO_FAR:
        raise PullError("status", answer.status_code)
    said = answer.headers.get("content-length", "")
    if said.isdecimal() and int(said) > limit:
        raise PullError("too_large", answer.status_code)
    stored = disk.new_file()
    async for chunk in answer.aiter_bytes():
        if stored.size + len(chunk) > limit:
            raise PullError("too_large", answer.status_code)
        stored.append(chunk)
    return Pulled(
        file=stored,
        content_type=answer.headers.get("content-type", "").partition(";")[0].strip().lower(),
        status=answer.status_code,
    )
