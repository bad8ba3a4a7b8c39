from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import msgspec
import pytest

from mpcas2_hookspecs import (
    Absent,
    Account,
    CannotTell,
    Found,
    Media,
    OutcomeUnknown,
    Part,
    Published,
    PublishResult,
    Rejected,
    Staged,
    Unavailable,
)
from mpcas2_platform_bluesky.adapter import BlueskyPlatform
from mpcas2_platform_bluesky.options import BlueskyOptions, ExternalCard
from mpcas2_testing import CannedServer, MemoryPublishContext

T = TypeVar("T")

NOW = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)
UPLOAD = "com.atproto.repo.uploadBlob"
RESOLVE = "com.atproto.identity.resolveHandle"
PUT = "com.atproto.repo.putRecord"
GET = "com.atproto.repo.getRecord"
DESCRIBE = "com.atproto.repo.describeRepo"
BLOB = {"$type": "blob", "ref": {"$link": "bafk"}, "mimeType": "image/png", "size": 3}
PICTURE = Media(
    id="m1", kind="image", mime_type="image/png", size=200_000, width=4, height=3, alt_text="Sea"
)
NOT_FOUND = b'{"error":"RecordNotFound","message":"Could not locate record"}'

Call = Callable[[BlueskyPlatform, MemoryPublishContext], Awaitable[T]]


@pytest.fixture
def work(account: Account) -> Callable[..., Any]:
    journal: dict[str, Any] = {}

    def run(call: Call[T], now: datetime = NOW) -> T:
        async def inside() -> T:
            async with MemoryPublishContext(
                account=account,
                access_token="access-secret",
                media={"m1": b"x" * 200_000},
                journal=journal,
                clock=lambda: now,
            ) as ctx:
                return await call(BlueskyPlatform(), ctx)

        return asyncio.run(inside())

    return run


def stage(part: Part) -> Call[Staged]:
    return lambda platform, ctx: platform.stage(part, ctx)


def publish(staged: Staged) -> Call[PublishResult]:
    return lambda platform, ctx: platform.publish(staged, ctx)


def find(staged: Staged) -> Call[Any]:
    return lambda platform, ctx: platform.find(staged, ctx)


def test_a_text_is_staged_without_any_request(
    canned: CannedServer, work: Callable[..., Any]
) -> None:
    staged = work(stage(Part(index=0, text="Hello #world")))
    assert canned.received == []
    assert staged.data["repo"] == "did:plc:alice"
    assert staged.data["collection"] == "app.bsky.feed.post"
    assert re.fullmatch("[2-7a-z]{13}", staged.data["rkey"])
    assert staged.data["record"] == {
        "$type": "app.bsky.feed.post",
        "text": "Hello #world",
        "createdAt": "2026-11-23T12:00:00.123Z",
        "facets": [
            {
                "index": {"byteStart": 6, "byteEnd": 12},
                "features": [{"$type": "app.bsky.richtext.facet#tag", "tag": "world"}],
            }
        ],
    }


def test_options_go_into_the_record(work: Callable[..., Any]) -> None:
    card = ExternalCard(uri="https://example.com", title="T")
    options = BlueskyOptions(langs=("en",), labels=("nudity", "nudity"), external=card)
    record = work(stage(Part(index=0, text="", options=options))).data["record"]
    assert record["langs"] == ["en"]
    assert record["labels"] == {
        "$type": "com.atproto.label.defs#selfLabels",
        "values": [{"val": "nudity"}],
    }
    assert record["embed"] == {
        "$type": "app.bsky.embed.external",
        "external": {"uri": "https://example.com", "title": "T", "description": ""},
    }


def test_a_picture_is_streamed_with_its_length_and_put_into_the_record(
    canned: CannedServer, work: Callable[..., Any]
) -> None:
    canned.answer(UPLOAD, {"blob": BLOB})
    staged = work(stage(Part(index=0, text="", media=(PICTURE,))))
    [upload] = canned.received
    assert upload.body == b"x" * 200_000
    assert upload.headers["content-length"] == "200000"
    assert "transfer-encoding" not in upload.headers
    assert upload.headers["content-type"] == "image/png"
    assert upload.headers["authorization"] == "Bearer access-secret"
    assert staged.data["record"]["embed"] == {
        "$type": "app.bsky.embed.images",
        "images": [{"image": BLOB, "alt": "Sea", "aspectRatio": {"width": 4, "height": 3}}],
    }
    assert msgspec.json.decode(msgspec.json.encode(staged), type=Staged) == staged


def test_a_journalled_picture_is_not_uploaded_again(
    canned: CannedServer, work: Callable[..., Any]
) -> None:
    canned.answer(UPLOAD, {"blob": BLOB})
    part = Part(index=0, text="", media=(PICTURE,))
    first = work(stage(part))
    second = work(stage(part), NOW + timedelta(minutes=29))
    assert canned.names() == [UPLOAD]
    assert first.data["record"]["embed"] == second.data["record"]["embed"]


def test_a_picture_that_the_server_may_have_dropped_is_uploaded_again(
    canned: CannedServer, work: Callable[..., Any]
) -> None:
    canned.answer(UPLOAD, {"blob": BLOB})
    part = Part(index=0, text="", media=(PICTURE,))
    for minutes in (0, 31, 40):
        work(stage(part), NOW + timedelta(minutes=minutes))
    assert canned.names() == [UPLOAD, UPLOAD]


def test_mentions_are_looked_up_once_each(canned: CannedServer, work: Callable[..., Any]) -> None:
    canned.answer(RESOLVE, {"did": "did:plc:bob"})
    staged = work(stage(Part(index=0, text="@bob.test, @BOB.test and @bob.test")))
    assert [request.query for request in canned.received] == ["handle=bob.test"]
    assert len(staged.data["record"]["facets"]) == 3


def test_a_mention_of_nobody_stays_text(canned: CannedServer, work: Callable[..., Any]) -> None:
    canned.answer(RESOLVE, b'{"error":"InvalidRequest"}', status=400)
    staged = work(stage(Part(index=0, text="@nobody.test")))
    assert "facets" not in staged.data["record"]


def test_a_look_up_that_fails_is_no_plain_text(
    canned: CannedServer, work: Callable[..., Any]
) -> None:
    canned.answer(RESOLVE, b"", status=502)
    with pytest.raises(Unavailable):
        work(stage(Part(index=0, text="@bob.test")))


def test_images_and_card_together_are_refused_before_any_upload(
    canned: CannedServer, work: Callable[..., Any]
) -> None:
    card = ExternalCard(uri="https://example.com", title="T")
    part = Part(index=0, text="", media=(PICTURE,), options=BlueskyOptions(external=card))
    with pytest.raises(Rejected, match="either images or a link card"):
        work(stage(part))
    assert canned.received == []


def test_an_empty_post_is_refused(work: Callable[..., Any]) -> None:
    with pytest.raises(Rejected, match="empty"):
        work(stage(Part(index=0, text="")))


def test_a_later_part_answers_root_and_parent(work: Callable[..., Any]) -> None:
    root = Published(id="at://did:plc:alice/app.bsky.feed.post/a", data={"cid": "bafyroot"})
    parent = Published(id="at://did:plc:alice/app.bsky.feed.post/b", data={"cid": "bafyparent"})
    staged = work(stage(Part(index=2, text="Third", root=root, parent=parent)))
    assert staged.data["record"]["reply"] == {
        "root": {"uri": root.id, "cid": "bafyroot"},
        "parent": {"uri": parent.id, "cid": "bafyparent"},
    }


def test_a_parent_without_content_hash_is_refused(work: Callable[..., Any]) -> None:
    root = Published(id="at://did:plc:alice/app.bsky.feed.post/a")
    with pytest.raises(Rejected, match="publish the rest as a new post"):
        work(stage(Part(index=1, text="x", root=root, parent=root)))


def test_publish_puts_the_staged_record_with_one_request(
    canned: CannedServer, work: Callable[..., Any]
) -> None:
    canned.answer(PUT, {"uri": "at://did:plc:alice/app.bsky.feed.post/k", "cid": "bafy"})
    staged = work(stage(Part(index=0, text="Hello")))
    rkey = staged.data["rkey"]
    assert work(publish(staged)) == Published(
        id="at://did:plc:alice/app.bsky.feed.post/k",
        url=f"https://bsky.app/profile/alice.test/post/{rkey}",
        data={"cid": "bafy"},
    )
    [request] = canned.received
    assert json.loads(request.body) == staged.data
    assert request.headers["authorization"] == "Bearer access-secret"


def test_a_repeat_sends_the_very_same_bytes(canned: CannedServer, work: Callable[..., Any]) -> None:
    canned.answer(PUT, cut=True)
    staged = work(stage(Part(index=0, text="Hello")))
    with pytest.raises(OutcomeUnknown):
        work(publish(staged))
    canned.answer(PUT, {"uri": "at://did:plc:alice/app.bsky.feed.post/k", "cid": "bafy"})
    stored = msgspec.json.decode(msgspec.json.encode(staged), type=Staged)
    work(publish(stored), NOW + timedelta(hours=1))
    first, second = canned.received
    assert first.body == second.body


def test_find_asks_the_server_of_the_account_without_credentials(
    canned: CannedServer, work: Callable[..., Any]
) -> None:
    canned.answer(GET, {"uri": "at://u", "cid": "bafy", "value": {"edited": True}})
    staged = work(stage(Part(index=0, text="Hello")))
    result = work(find(staged))
    assert isinstance(result, Found)
    assert (result.post.id, result.post.data) == ("at://u", {"cid": "bafy"})
    [request] = canned.received
    assert "authorization" not in request.headers
    assert f"rkey={staged.data['rkey']}" in request.query


def test_a_missing_record_is_proof_while_the_server_hosts_the_account(
    canned: CannedServer, work: Callable[..., Any]
) -> None:
    canned.answer(GET, NOT_FOUND, status=400)
    canned.answer(DESCRIBE, {"handle": "alice.test"})
    staged = work(stage(Part(index=0, text="Hello")))
    result = work(find(staged))
    assert isinstance(result, Absent)
    assert staged.data["rkey"] in result.proof


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, NOT_FOUND),
        (400, b'{"error":"RepoDeactivated"}'),
        (502, b'{"error":"UpstreamFailure"}'),
    ],
)
def test_a_server_that_does_not_host_the_account_cannot_tell(
    canned: CannedServer, work: Callable[..., Any], status: int, body: bytes
) -> None:
    canned.answer(GET, body, status=status)
    canned.answer(DESCRIBE, b'{"error":"RepoNotFound"}', status=400)
    result = work(find(work(stage(Part(index=0, text="Hello")))))
    assert isinstance(result, CannotTell)
    assert "alice.test" in result.reason


@pytest.mark.parametrize("status", [400, 502])
def test_another_fault_of_a_server_that_hosts_the_account_is_no_proof(
    canned: CannedServer, work: Callable[..., Any], status: int
) -> None:
    canned.answer(GET, b'{"error":"Other"}', status=status)
    canned.answer(DESCRIBE, {"handle": "alice.test"})
    with pytest.raises((Rejected, Unavailable)):
        work(find(work(stage(Part(index=0, text="Hello")))))


def test_a_failing_check_of_the_host_is_no_proof(
    canned: CannedServer, work: Callable[..., Any]
) -> None:
    canned.answer(GET, NOT_FOUND, status=400)
    canned.answer(DESCRIBE, b"", status=500)
    with pytest.raises(Unavailable):
        work(find(work(stage(Part(index=0, text="Hello")))))
