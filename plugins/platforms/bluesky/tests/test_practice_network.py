"""Everything that the adapter can say is taken by the practice network, which was written apart."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any
from urllib.request import urlopen

import httpx
import msgspec
import pytest

from mpcas2_hookspecs import HttpAnswer, Media, Part, Rejected, Unauthorized
from mpcas2_platform_bluesky.adapter import BlueskyPlatform
from mpcas2_platform_bluesky.options import BlueskyOptions, ExternalCard
from mpcas2_sandbox import SandboxProcess
from mpcas2_testing import Bench, Desk, picture_bytes

REFRESH = "com.atproto.server.refreshSession"


@pytest.fixture(scope="module")
def process() -> Iterator[SandboxProcess]:
    with SandboxProcess("bluesky") as running:
        yield running


@pytest.fixture
def network(process: SandboxProcess) -> SandboxProcess:
    process.control.reset()
    return process


def accounts(network: SandboxProcess) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = network.control.call("GET", "accounts")["accounts"]
    return listed


def bench(network: SandboxProcess, **more: str) -> Bench:
    alice = accounts(network)[0]
    return Bench(
        platform=BlueskyPlatform(),
        package="mpcas2_platform_bluesky",
        control=network.control,
        credentials={
            "identifier": alice["handle"],
            "appPassword": alice["appPassword"],
            "server": network.url,
            "webUrl": network.url,
            **more,
        },
        publish_path="putRecord",
        count_posts=lambda: int(network.control.call("GET", "stats")["posts"]),
    )


def posts(network: SandboxProcess) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = network.control.call("GET", "posts")["posts"]
    return listed


def test_email_and_handle_both_connect(network: SandboxProcess) -> None:
    alice = accounts(network)[0]
    for identifier in (alice["handle"], alice["email"], "@" + alice["handle"]):
        profile = bench(network, identifier=identifier).connect().profile
        assert profile.platform_account_id == alice["did"]
        assert profile.username == alice["handle"]
        assert profile.data["pds"] == network.url


def test_main_and_wrong_passwords_are_refused_with_different_words(network: SandboxProcess) -> None:
    with pytest.raises(Rejected, match="main password"):
        bench(network, appPassword=accounts(network)[0]["password"]).connect()
    with pytest.raises(Rejected, match="Handle or password is wrong"):
        bench(network, appPassword="wrong").connect()


def test_facets_reach_the_network(network: SandboxProcess) -> None:
    desk = bench(network).desk()
    text = "👋🏽 @bob.test, @nobody.invalid: https://example.com/a. (#東京) ראו https://例え.テスト"
    desk.publish(desk.stage(desk.part(text)))
    [post] = posts(network)
    raw = text.encode()
    shown = [
        (raw[facet["index"]["byteStart"] : facet["index"]["byteEnd"]].decode(), facet["features"])
        for facet in post["record"]["facets"]
    ]
    kind = "app.bsky.richtext.facet#"
    bob = next(one["did"] for one in accounts(network) if one["handle"] == "bob.test")
    assert shown == [
        ("@bob.test", [{"$type": kind + "mention", "did": bob}]),
        ("https://example.com/a", [{"$type": kind + "link", "uri": "https://example.com/a"}]),
        ("#東京", [{"$type": kind + "tag", "tag": "東京"}]),
        ("https://例え.テスト", [{"$type": kind + "link", "uri": "https://例え.テスト"}]),
    ]


def test_four_images_a_card_labels_and_languages_are_taken(network: SandboxProcess) -> None:
    desk = bench(network).desk()
    content = picture_bytes()
    pictures = tuple(
        Media(id=f"m{n}", kind="image", mime_type="image/png", size=len(content), alt_text="é" * n)
        for n in range(4)
    )
    desk.media.update({picture.id: content for picture in pictures})
    options = BlueskyOptions(langs=("en", "pt-BR", "zh-Hant"), labels=("nudity", "graphic-media"))
    first = desk.publish(desk.stage(Part(index=0, text="", media=pictures, options=options)))
    card = ExternalCard(uri="https://example.com/a?b=c", title="Title")
    desk.publish(desk.stage(Part(index=0, text="", options=BlueskyOptions(external=card))))
    records = {post["uri"]: post["record"] for post in posts(network)}
    assert len(records[first.id]["embed"]["images"]) == 4
    assert len(records) == 2


def test_the_longest_text_is_taken(network: SandboxProcess) -> None:
    desk = bench(network).desk()
    limit = BlueskyPlatform().limits(None).text
    assert limit.max_bytes == 3_000
    for text in ("é" * limit.max_length, "👩" * limit.max_length, "👨‍👩‍👧" * 120):
        desk.publish(desk.stage(desk.part(text)))
    with pytest.raises(Rejected):
        desk.publish(desk.stage(desk.part("a" * (limit.max_length + 1))))


def test_a_thread_hangs_together(network: SandboxProcess) -> None:
    desk = bench(network).desk()
    root = parent = desk.publish(desk.stage(desk.part("1")))
    for number in (2, 3):
        parent = desk.publish(desk.stage(desk.part(str(number), root=root, parent=parent)))
    by_text = {post["record"]["text"]: post for post in posts(network)}
    reply = by_text["3"]["record"]["reply"]
    assert reply["root"]["uri"] == by_text["1"]["uri"]
    assert reply["parent"] == {"uri": by_text["2"]["uri"], "cid": by_text["2"]["cid"]}


def test_the_address_shows_the_post_to_a_person(network: SandboxProcess) -> None:
    desk = bench(network).desk()
    published = desk.publish(desk.stage(desk.part("Seen by people")))
    with urlopen(published.url, timeout=10) as page:
        assert "Seen by people" in page.read().decode()


def test_an_ended_access_token_is_unauthorized_and_can_be_renewed(network: SandboxProcess) -> None:
    desk = bench(network).desk()
    staged = desk.stage(desk.part())
    network.control.advance_clock(60 * 60 * 24)
    with pytest.raises(Unauthorized) as raised:
        desk.publish(staged)
    assert not raised.value.revoked
    renew(desk)
    desk.publish(staged)
    assert len(posts(network)) == 1


def test_a_used_or_revoked_refresh_token_is_revoked(network: SandboxProcess) -> None:
    desk = bench(network).desk()
    did = desk.account.platform_account_id
    used = desk.connection
    renew(desk)
    network.control.call("POST", f"accounts/{did}/revoke")
    for connection in (used, desk.connection):
        desk.connection = connection
        with pytest.raises(Unauthorized) as raised:
            renew(desk)
        assert raised.value.revoked


def renew(desk: Desk) -> None:
    platform = BlueskyPlatform()
    request = platform.refresh_request(desk.account, desk.connection.grant, None)

    async def send() -> httpx.Response:
        async with httpx.AsyncClient(trust_env=False) as client:
            return await client.request(request.method, request.url, headers=request.headers)

    response = asyncio.run(send())
    grant = platform.parse_refresh(HttpAnswer(status=response.status_code, body=response.json()))
    desk.connection = msgspec.structs.replace(desk.connection, grant=grant)
