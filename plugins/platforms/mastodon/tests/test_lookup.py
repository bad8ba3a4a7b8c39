from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mpcas2_hookspecs import Absent, CannotTell, Found, Part, Published, Staged
from mpcas2_testing import CannedServer

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)


def staged(worker: Any, **changes: Any) -> Staged:
    part = Part(index=0, text="Hello  there", **changes)
    made: Staged = worker.run(lambda platform, ctx: platform.stage(part, ctx))
    return made


def find(worker: Any, value: Staged) -> Any:
    return worker.run(lambda platform, ctx: platform.find(value, ctx))


def listed(**changes: Any) -> dict[str, Any]:
    return {
        "id": "99",
        "created_at": (NOW + timedelta(seconds=1)).isoformat(),
        "url": "https://s.example/@ada/99",
        "media_attachments": [],
        **changes,
    }


def test_a_key_is_chosen_once_and_sent_with_the_post(worker: Any, canned: CannedServer) -> None:
    value = staged(worker)
    canned.answer("statuses", listed())
    for _ in range(2):
        post = worker.run(lambda platform, ctx: platform.publish(value, ctx))
        assert post == Published(id="99", url="https://s.example/@ada/99")
    keys = {request.headers["idempotency-key"] for request in canned.received}
    assert keys == {value.data["key"]}


def test_a_listed_post_is_found(worker: Any, canned: CannedServer) -> None:
    value = staged(worker)
    canned.answer("statuses", [listed()])
    canned.answer("source", {"id": "99", "text": "Hello there", "spoiler_text": ""})
    assert find(worker, value) == Found(post=Published(id="99", url="https://s.example/@ada/99"))


OTHERS = [
    {"created_at": (NOW - timedelta(minutes=1)).isoformat()},
    {"in_reply_to_id": "5"},
    {"media_attachments": [{"id": "1", "type": "image"}]},
]


@pytest.mark.parametrize("other", OTHERS)
def test_another_post_is_not_taken_for_ours(
    worker: Any, canned: CannedServer, other: dict[str, Any]
) -> None:
    value = staged(worker)
    canned.answer("statuses", [listed(**other)])
    canned.answer("source", {"id": "99", "text": "Hello there", "spoiler_text": ""})
    assert isinstance(find(worker, value), Absent)


def test_other_words_are_another_post(worker: Any, canned: CannedServer) -> None:
    value = staged(worker)
    canned.answer("statuses", [listed()])
    canned.answer("source", {"id": "99", "text": "Hello where", "spoiler_text": ""})
    assert isinstance(find(worker, value), Absent)


@pytest.mark.parametrize(("minutes", "kind"), [(0, Absent), (49, Absent), (51, CannotTell)])
def test_a_repeat_is_allowed_only_while_the_server_keeps_the_key(
    worker: Any, canned: CannedServer, minutes: int, kind: type
) -> None:
    value = staged(worker)
    worker.now = NOW + timedelta(minutes=minutes)
    canned.answer("statuses", b"[]")
    answer = find(worker, value)
    assert isinstance(answer, kind)
    if isinstance(answer, CannotTell):
        assert "Hello" in answer.reason
        assert answer.ask_again_after


def test_a_reply_names_the_part_before(worker: Any) -> None:
    parent = Published(id="41")
    value = staged(worker, role="comment", root=parent, parent=parent)
    assert value.data["body"]["in_reply_to_id"] == "41"
