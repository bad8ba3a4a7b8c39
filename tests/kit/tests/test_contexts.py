"""The contexts of the kit: files by address, and what is kept of them."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from mpcas2_hookspecs import Account, Media, Rejected
from mpcas2_testing import MemoryConnectContext, MemoryPublishContext
from mpcas2_testing.consent import PRACTICE_APP

FILE = Media(id="a", kind="image", mime_type="image/png", size=10)
ACCOUNT = Account(id="1", platform="x", platform_account_id="7", username="ada")


def ask(method: str, **headers: str) -> httpx.Response:
    async def story() -> httpx.Response:
        async with MemoryPublishContext(
            account=ACCOUNT, access_token="t", media={"a": b"0123456789"}
        ) as ctx:
            return await ctx.bare_http.request(method, ctx.media_url(FILE), headers=headers)

    return asyncio.run(story())


def test_a_file_is_fetched_whole_from_its_address() -> None:
    answer = ask("GET")
    assert (answer.status_code, answer.content) == (200, b"0123456789")
    assert answer.headers["content-type"] == "image/png"


def test_head_tells_the_size_alone() -> None:
    answer = ask("HEAD")
    assert (answer.content, answer.headers["content-length"]) == (b"", "10")


@pytest.mark.parametrize(
    ("asked", "content"),
    [("bytes=2-4", b"234"), ("bytes=7-", b"789"), ("bytes=-3", b"789"), ("bytes=8-99", b"89")],
)
def test_a_piece_of_a_file_is_fetched(asked: str, content: bytes) -> None:
    answer = ask("GET", Range=asked)
    assert (answer.status_code, answer.content) == (206, content)
    assert answer.headers["content-range"].endswith("/10")


def test_a_piece_behind_the_end_is_refused() -> None:
    assert ask("GET", Range="bytes=10-").status_code == 416


def test_each_address_is_another_one_and_a_guess_leads_nowhere() -> None:
    async def story() -> tuple[str, str, int]:
        async with MemoryPublishContext(
            account=ACCOUNT, access_token="t", media={"a": b"0123456789"}
        ) as ctx:
            first, second = ctx.media_url(FILE), ctx.media_url(FILE)
            assert ctx.media_urls == [first, second]
            return first, second, (await ctx.bare_http.get(f"{first}x")).status_code

    first, second, status = asyncio.run(story())
    assert first != second
    assert status == 404


def test_a_file_that_is_gone_has_no_address() -> None:
    ctx = MemoryPublishContext(account=ACCOUNT, access_token="t")
    with pytest.raises(Rejected):
        ctx.media_url(FILE)


def test_the_app_is_there_while_an_account_is_connected() -> None:
    assert MemoryConnectContext().app is None
    assert MemoryConnectContext(app=PRACTICE_APP).app == PRACTICE_APP
