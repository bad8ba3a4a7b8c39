"""Every row of the table of Meta's errors, against canned answers."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from mpcas2_hookspecs import (
    OutcomeUnknown,
    PlatformError,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
)
from mpcas2_platform_instagram.graph import Graph
from mpcas2_platform_instagram.wire import IdAnswer
from mpcas2_testing import CannedServer, MemoryConnectContext

from .conftest import NOW

Kind = type[PlatformError]


def fault(
    url: str, *, irreversible: bool = False, version: str = "v26.0", path: str = "7/media"
) -> PlatformError:
    graph = Graph(api=url, web=url, upload=url, version=version)

    async def run() -> None:
        async with MemoryConnectContext(timeout=0.5) as ctx:
            await graph.post(ctx.http, path, {}, IdAnswer, now=NOW, irreversible=irreversible)

    with pytest.raises(PlatformError) as raised:
        asyncio.run(run())
    return raised.value


def envelope(code: int | None, subcode: int | None = None, **more: Any) -> dict[str, Any]:
    told = {"message": "words", "type": "OAuthException", "fbtrace_id": "A"}
    if code is not None:
        told["code"] = code  # type: ignore[assignment]  # a literal dict of texts so far
    if subcode is not None:
        told["error_subcode"] = subcode  # type: ignore[assignment]  # as above
    return {"error": {**told, **more}}


# Code and subcode, the error of an irreversible request, the error of any other.
CODES: list[tuple[int, int | None, Kind, Kind]] = [
    (190, None, Unauthorized, Unauthorized),
    (190, 458, Unauthorized, Unauthorized),
    (190, 459, Unauthorized, Unauthorized),
    (190, 460, Unauthorized, Unauthorized),
    (190, 463, Unauthorized, Unauthorized),
    (190, 464, Unauthorized, Unauthorized),
    (190, 467, Unauthorized, Unauthorized),
    (102, None, Unauthorized, Unauthorized),
    (10, None, Rejected, Rejected),
    (3, None, Rejected, Rejected),
    (200, None, Rejected, Rejected),
    (299, None, Rejected, Rejected),
    (4, None, RateLimited, RateLimited),
    (17, None, RateLimited, RateLimited),
    (32, None, RateLimited, RateLimited),
    (341, None, RateLimited, RateLimited),
    (613, None, RateLimited, RateLimited),
    (80002, None, RateLimited, RateLimited),
    (80001, None, RateLimited, RateLimited),
    (1, None, OutcomeUnknown, Unavailable),
    (2, None, OutcomeUnknown, Unavailable),
    (368, None, Rejected, Rejected),
    (1346003, None, Rejected, Rejected),
    (1404102, None, Rejected, Rejected),
    (1404078, None, Rejected, Rejected),
    (1404112, None, Rejected, Rejected),
    (4854002, None, Rejected, Rejected),
    (100, None, Rejected, Rejected),
    (100, 33, Rejected, Rejected),
    (1609005, None, Rejected, Rejected),
    (1609008, None, Rejected, Rejected),
    (2061006, None, Rejected, Rejected),
    (1366046, None, Rejected, Rejected),
    (-2, 2207003, Unavailable, Unavailable),
    (-2, 2207020, Rejected, Rejected),
    (-1, 2207001, OutcomeUnknown, Unavailable),
    (-1, 2207032, Unavailable, Unavailable),
    (-1, 2207053, Unavailable, Unavailable),
    (9004, 2207052, Unavailable, Unavailable),
    (24, 2207006, OutcomeUnknown, Unavailable),
    (24, 2207008, OutcomeUnknown, Unavailable),
    (9007, 2207027, Unavailable, Unavailable),
    (36000, 2207004, Rejected, Rejected),
    (36001, 2207005, Rejected, Rejected),
    (36003, 2207009, Rejected, Rejected),
    (36004, 2207010, Rejected, Rejected),
    (352, 2207026, Rejected, Rejected),
    (100, 2207023, Rejected, Rejected),
    (100, 2207028, Rejected, Rejected),
    (1, 2207057, Rejected, Rejected),
    (9, 2207042, RateLimited, RateLimited),
    (4, 2207051, Rejected, Rejected),
    (25, 2207050, Rejected, Rejected),
    (2635, None, Rejected, Rejected),
    (2500, None, Rejected, Rejected),
    (987654, None, Rejected, Rejected),
]


@pytest.mark.parametrize(("code", "subcode", "irreversible", "repeatable"), CODES)
def test_each_code_has_its_error(
    canned: CannedServer, code: int, subcode: int | None, irreversible: Kind, repeatable: Kind
) -> None:
    canned.answer("media", envelope(code, subcode), status=400)
    lost = fault(canned.url, irreversible=True)
    assert type(lost) is irreversible
    assert lost.message.strip()
    assert lost.code == (str(code) if subcode is None else f"{code}/{subcode}")
    assert type(fault(canned.url)) is repeatable


# Status, body, the error of an irreversible request, the error of any other.
BODIES: list[tuple[int, Any, Kind, Kind]] = [
    (400, b"", Rejected, Rejected),
    (400, b"<html>", Rejected, Rejected),
    (400, b"[]", Rejected, Rejected),
    (400, envelope(None), Rejected, Rejected),
    (400, envelope(100, None, is_transient=True), OutcomeUnknown, Unavailable),
    (401, b"", Unauthorized, Unauthorized),
    (403, b"", Rejected, Rejected),
    (408, b"", OutcomeUnknown, Unavailable),
    (429, b"", RateLimited, RateLimited),
    (302, b"", OutcomeUnknown, Unavailable),
    (500, b"", OutcomeUnknown, Unavailable),
    (503, b"<html>", OutcomeUnknown, Unavailable),
    (500, envelope(190, 463), Unauthorized, Unauthorized),
    (200, b"", OutcomeUnknown, Unavailable),
    (200, b'{"id":', OutcomeUnknown, Unavailable),
    (200, b"{}", OutcomeUnknown, Unavailable),
]


@pytest.mark.parametrize(("status", "body", "irreversible", "repeatable"), BODIES)
def test_each_answer_has_its_error(
    canned: CannedServer, status: int, body: Any, irreversible: Kind, repeatable: Kind
) -> None:
    canned.answer("media", body, status=status)
    assert type(fault(canned.url, irreversible=True)) is irreversible
    assert type(fault(canned.url)) is repeatable


def test_a_cut_connection_leaves_open_what_happened(canned: CannedServer) -> None:
    canned.answer("media", cut=True)
    assert type(fault(canned.url, irreversible=True)) is OutcomeUnknown
    assert type(fault(canned.url)) is Unavailable
    assert type(fault("http://127.0.0.1:9", irreversible=True)) is Unavailable


@pytest.mark.parametrize(
    ("subcode", "gone"),
    [(458, True), (459, True), (460, True), (464, True), (463, False), (467, False), (None, False)],
)
def test_a_revoked_grant_is_told_from_one_that_a_renewal_may_mend(
    canned: CannedServer, subcode: int | None, gone: bool
) -> None:
    canned.answer("media", envelope(190, subcode), status=400)
    error = fault(canned.url)
    assert isinstance(error, Unauthorized)
    assert error.revoked is gone


def test_the_business_usage_header_tells_when_to_come_back(canned: CannedServer) -> None:
    usage = '{"7":[{"type":"instagram","estimated_time_to_regain_access":13}]}'
    headers = {"X-Business-Use-Case-Usage": usage}
    canned.answer("media", envelope(80002), status=400, headers=headers)
    error = fault(canned.url)
    assert isinstance(error, RateLimited)
    assert error.retry_after == 13 * 60
    assert error.quota is None


def test_a_used_up_day_holds_back_the_quota(canned: CannedServer) -> None:
    canned.answer("media", envelope(9, 2207042), status=400)
    error = fault(canned.url)
    assert isinstance(error, RateLimited)
    assert error.quota == "posts"


def test_a_parameter_is_refused_in_instagram_s_own_words(canned: CannedServer) -> None:
    canned.answer("media", envelope(100, None, error_user_msg="No such place."), status=400)
    assert "No such place." in fault(canned.url).message


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"retriable": True, "type": "ProcessingFailedError", "message": "x"}, Unavailable),
        ({"retriable": False, "type": "OffsetInvalidError", "message": "x"}, Unavailable),
        ({"retriable": False, "type": "ProcessingFailedError", "message": "x"}, Rejected),
    ],
)
def test_the_upload_host_has_errors_of_its_own(
    canned: CannedServer, told: dict[str, Any], expected: Kind
) -> None:
    canned.answer("media", {"debug_info": told}, status=400)
    assert type(fault(canned.url)) is expected


def test_an_ended_version_names_the_setting(canned: CannedServer) -> None:
    served = {"facebook-api-version": "v21.0"}
    canned.answer("media", {"id": "1"}, headers=served)
    error = fault(canned.url, version="v18.0")
    assert isinstance(error, Rejected)
    assert "api_version" in error.message
    canned.answer("media", envelope(2635), status=400)
    assert "api_version" in fault(canned.url).message


def test_what_was_done_in_another_version_counts_all_the_same(canned: CannedServer) -> None:
    canned.answer("media", {"id": "1"}, headers={"facebook-api-version": "v21.0"})
    graph = Graph(api=canned.url, web="", upload="", version="v18.0")

    async def run() -> IdAnswer:
        async with MemoryConnectContext() as ctx:
            return await graph.post(ctx.http, "7/media", {}, IdAnswer, now=NOW, irreversible=True)

    assert asyncio.run(run()).id == "1"
