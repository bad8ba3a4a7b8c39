from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from mpcas2_hookspecs import CannotTell, Found, OutcomeUnknown, RateLimited, Rejected
from mpcas2_platform_tiktok.options import TikTokOptions
from mpcas2_sandbox import FaultRule

CONTENT = "/content/init/"
OK = {"code": "ok", "message": "", "log_id": "L1"}


def fetched(worker: Any) -> bool:
    return all(len(one["media"]) for one in worker.posts())


def settled(worker: Any, answer: Any) -> Any:
    """Waits until the network fetched the photos, which it does in its own time."""
    for _ in range(200):
        if fetched(worker):
            break
        worker.control.call("GET", "stats")
    return worker.settled(answer.handle)


def test_photos_are_fetched_and_posted(worker: Any) -> None:
    options = TikTokOptions(privacy="PUBLIC_TO_EVERYONE", auto_add_music=True, brand_content=True)
    staged = worker.stage(worker.photos(3, options=options))
    assert worker.count() == 0
    assert "/media/" not in str(staged)
    answer = worker.publish(staged)
    post = settled(worker, answer)
    assert post.url is not None
    assert post.url.endswith(f"/@ada/photo/{post.id}")
    [made] = worker.posts()
    assert len(made["media"]) == 3
    assert sorted(set(worker.spent)) == [("inits", 1), ("posts", 1)]


def test_photos_may_be_left_as_a_draft(worker: Any) -> None:
    answer = worker.publish(worker.stage(worker.photos(1, options=TikTokOptions(mode="inbox"))))
    post = settled(worker, answer)
    assert post.id == answer.key
    [warning] = post.data["warnings"]
    assert "text" not in warning
    assert worker.count() == 1 or worker.control.call("GET", "stats")["drafts"] == 1


@pytest.mark.parametrize("action", ["cut_after", "malformed", "truncated", "status_after"])
def test_a_lost_answer_is_looked_up_by_the_words(worker: Any, action: Any) -> None:
    staged = worker.stage(worker.photos())
    worker.control.add_fault(FaultRule(action=action, path=CONTENT, status=502))
    with pytest.raises(OutcomeUnknown):
        worker.publish(staged)
    said = worker.find(staged)
    assert isinstance(said, CannotTell)
    assert said.ask_again_after
    for _ in range(50):
        worker.control.advance_clock(said.ask_again_after)
        found = worker.find(staged)
        if isinstance(found, Found):
            break
    assert isinstance(found, Found)
    [made] = worker.posts()
    assert found.post.id in str(made)
    assert found.post.url is not None
    assert found.post.id in found.post.url


def video(post_id: str, **more: Any) -> dict[str, Any]:
    return {"id": post_id, "title": "Rivers", "video_description": "By  boat.", **more}


# Members of each listed post; `age` is in seconds from the staging.
LISTS: list[tuple[list[dict[str, Any]], str | None]] = [
    ([], None),
    ([{"id": "1"}], "1"),
    ([{"id": "1", "title": "", "video_description": "Rivers By boat."}], "1"),
    ([{"id": "1", "title": "Roads"}], None),
    ([{"id": "2", "title": "Roads"}, {"id": "1"}], "1"),
    ([{"id": "1"}, {"id": "2"}], None),
    ([{"id": "1", "age": -3600}], None),
]


def test_only_one_post_with_the_same_words_is_ours(worker: Any) -> None:
    staged = worker.stage(worker.photos())
    prepared = int(datetime.fromisoformat(staged.data["preparedAt"]).timestamp())
    for listed, found in LISTS:
        videos = []
        for one in listed:
            more = {name: value for name, value in one.items() if name not in {"id", "age"}}
            moment = prepared + int(one.get("age", 5))
            videos.append(video(one["id"], create_time=moment, **more))
        data = {"videos": videos, "cursor": 0, "has_more": False}
        worker.answers("video/list", 200, {"data": data, "error": OK})
        said = worker.find(staged)
        told = said.post.id if isinstance(said, Found) else None
        assert told == found, listed


def test_later_pages_are_asked_for_until_they_are_older(worker: Any) -> None:
    staged = worker.stage(worker.photos())
    now = int(datetime.fromisoformat(staged.data["preparedAt"]).timestamp())
    first = [video(str(number), title="Roads", create_time=now + 9) for number in range(20)]
    pages = [
        {"videos": first, "cursor": now * 1000, "has_more": True},
        {"videos": [video("77", create_time=now + 1)], "cursor": 0, "has_more": True},
        {"videos": [video("78", create_time=now - 999)], "cursor": 0, "has_more": True},
    ]
    for page in pages:
        worker.answers("video/list", 200, {"data": page, "error": OK})
    said = worker.find(staged)
    assert isinstance(said, Found)
    assert said.post.id == "77"


def test_without_words_or_permission_nobody_can_tell(worker: Any) -> None:
    silent = worker.stage(worker.photos(text="", title=""))
    said = worker.find(silent)
    assert isinstance(said, CannotTell)
    assert said.ask_again_after is None
    draft = worker.stage(worker.photos(options=TikTokOptions(mode="inbox")))
    said = worker.find(draft)
    assert isinstance(said, CannotTell)
    assert "inbox" in said.reason
    staged = worker.stage(worker.photos())
    body = {"data": {}, "error": {"code": "scope_not_authorized", "message": "no", "log_id": "L"}}
    worker.answers("video/list", 401, body)
    said = worker.find(staged)
    assert isinstance(said, CannotTell)
    assert "ticked" in said.reason


def test_an_address_that_is_not_verified_is_told(worker: Any) -> None:
    worker.control.call("POST", "settings", {"verified": ["media.example"]})
    with pytest.raises(Rejected, match="verify"):
        worker.publish(worker.stage(worker.photos()))
    assert worker.count() == 0


def test_a_limit_of_a_minute_is_named(worker: Any) -> None:
    limit = {"route": "POST /v2/post/publish/content/init/", "limit": 0}
    worker.control.call("POST", "limits", limit)
    with pytest.raises(RateLimited) as raised:
        worker.publish(worker.stage(worker.photos()))
    assert (raised.value.quota, raised.value.retry_after) == ("inits", 60.0)
