"""Everything that the adapter can say is taken by the practice network, which was written apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mpcas2_hookspecs import (
    Absent,
    Accepted,
    CannotTell,
    Media,
    OutcomeUnknown,
    Part,
    Published,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
)
from mpcas2_platform_facebook.options import FacebookOptions
from mpcas2_sandbox import FaultRule

REEL = FacebookOptions(placement="reel", ai_generated=True)
STORY = FacebookOptions(placement="story")
LINK = FacebookOptions(link="https://example.com/page")


@pytest.fixture
def parts(files: dict[str, Media]) -> dict[str, Part]:
    film, one, two = files["film"], files["p1"], files["p2"]
    return {
        "text": Part(index=0, text="A text with ünïcode 🙂 and #tag"),
        "link": Part(index=0, text="Go there", options=LINK),
        "bare link": Part(index=0, text="", options=LINK),
        "picture": Part(index=0, text="", media=(one,)),
        "pictures": Part(index=0, text="Two of them", media=(one, two)),
        "video": Part(index=0, text="Look", title="A film", media=(film,)),
        "reel": Part(index=0, text="Look up", title="A reel", media=(film,), options=REEL),
        "picture story": Part(index=0, text="", media=(one,), options=STORY),
        "video story": Part(index=0, text="Left out", media=(film,), options=STORY),
    }


KINDS = (
    "text",
    "link",
    "bare link",
    "picture",
    "pictures",
    "video",
    "reel",
    "picture story",
    "video story",
)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_published_once_and_understood(
    worker: Any, parts: dict[str, Part], kind: str
) -> None:
    staged = worker.stage(parts[kind])
    assert worker.control.call("GET", "stats")["posts"] == 0
    post = worker.settled(worker.publish(staged))
    assert isinstance(post, Published)
    assert post.url is not None
    assert post.url.startswith("http")
    assert worker.control.call("GET", "stats")["posts"] == 1
    assert worker.control.call("GET", "unknown")["unknown"] == []
    assert bool(post.data.get("warnings")) == (kind == "video story")
    found = worker.find(staged)
    assert isinstance(found, Accepted)
    assert worker.settled(found).id == post.id
    assert worker.run(lambda ctx: worker.platform.metrics([post], ctx)).keys() == {post.id}
    worker.run(lambda ctx: worker.platform.delete(post, ctx))
    assert worker.control.call("GET", "stats")["posts"] == 0
    assert worker.run(lambda ctx: worker.platform.metrics([post], ctx)) == {}


@pytest.mark.parametrize("kind", KINDS)
def test_a_lost_answer_is_found_without_the_journal(
    worker: Any, parts: dict[str, Part], kind: str
) -> None:
    staged = worker.stage(parts[kind])
    rest = {"video": "videos", "reel": "video_reels", "video story": "video_stories"}
    edge = {"picture story": "photo_stories"} | rest
    path = rf"/{edge.get(kind, 'feed')}$"
    worker.control.add_fault(FaultRule(method="POST", path=path, action="cut_after"))
    with pytest.raises(OutcomeUnknown):
        worker.publish(staged)
    worker.control.clear_faults()
    worker.journal.clear()
    worker.control.advance_clock(60)
    found = worker.find(staged)
    assert isinstance(found, Accepted)
    assert isinstance(worker.settled(found), Published)
    assert worker.control.call("GET", "stats")["posts"] == 1


@pytest.mark.parametrize(
    ("kind", "result"),
    [
        ("text", CannotTell),
        ("pictures", CannotTell),
        ("picture story", CannotTell),
        ("video", Absent),
        ("reel", Absent),
        ("video story", Absent),
    ],
)
def test_before_publish_only_films_prove_that_nothing_is_there(
    worker: Any, parts: dict[str, Part], kind: str, result: type
) -> None:
    said = worker.find(worker.stage(parts[kind]))
    assert isinstance(said, result)
    if isinstance(said, CannotTell):
        assert said.ask_again_after


def test_a_list_that_lags_is_asked_again(worker: Any, parts: dict[str, Part]) -> None:
    worker.control.call("POST", "settings", {"listLagSeconds": 20})
    staged = worker.stage(parts["text"])
    worker.publish(staged)
    worker.journal.clear()
    said = worker.find(staged)
    assert isinstance(said, CannotTell)
    assert said.ask_again_after is not None
    worker.control.advance_clock(said.ask_again_after)
    assert isinstance(worker.find(staged), Accepted)


def test_a_duplicate_is_ours_when_nobody_knew(worker: Any, parts: dict[str, Part]) -> None:
    staged = worker.stage(parts["text"])
    first = worker.publish(staged)
    # The first attempt's answer never came, so its id is not in the journal.
    worker.journal.pop("post")
    again = worker.publish(staged)
    assert again.key == first.key
    assert worker.control.call("GET", "stats")["posts"] == 1


def test_a_duplicate_that_is_not_listed_yet_is_unknown(worker: Any, parts: dict[str, Part]) -> None:
    worker.control.call("POST", "settings", {"listLagSeconds": 20})
    staged = worker.stage(parts["text"])
    worker.publish(staged)
    worker.journal.pop("post")
    with pytest.raises(OutcomeUnknown):
        worker.publish(staged)


def test_a_duplicate_of_an_older_post_is_refused(worker: Any, parts: dict[str, Part]) -> None:
    worker.publish(worker.stage(parts["text"]))
    worker.journal.clear()
    staged = worker.stage(parts["text"])
    staged.data["since"] = "2999-01-01T00:00:00Z"
    with pytest.raises(Rejected, match="Change the text"):
        worker.publish(staged)


def test_a_first_comment_is_published_found_and_listed(
    worker: Any, parts: dict[str, Part], words: str
) -> None:
    post = worker.post(parts["text"])
    worker.journal.clear()
    comment = Part(index=1, role="comment", text=words, root=post, parent=post)
    staged = worker.stage(comment)
    assert isinstance(worker.find(staged), CannotTell)
    made = worker.settled(worker.publish(staged))
    worker.journal.clear()
    found = worker.find(staged)
    assert isinstance(found, Accepted)
    assert worker.settled(found).id == made.id
    [told] = worker.run(lambda ctx: worker.platform.comments(post, ctx)).comments
    assert (told.text, told.id) == (words, made.id)
    assert list(worker.run(lambda ctx: worker.platform.metrics([made], ctx))) == [made.id]


@pytest.mark.parametrize("kind", ["video", "reel"])
def test_an_upload_goes_on_where_it_came_to(
    worker: Any, parts: dict[str, Part], kind: str, tries: Callable[..., int]
) -> None:
    path = "/videos$" if kind == "video" else "/video-upload/"
    worker.control.add_fault(FaultRule(method="POST", path=path, action="cut_after", after=1))
    assert tries(worker, parts[kind]) <= 3
    worker.control.clear_faults()
    worker.journal.pop("since", None)
    assert isinstance(worker.post(parts[kind]), Published)
    [shown] = worker.control.call("GET", "posts")["posts"]
    assert worker.control.call("GET", "stats")["posts"] == 1
    assert shown


def test_a_film_that_fails_tells_why_and_is_sent_anew(worker: Any, files: dict[str, Media]) -> None:
    part = Part(index=0, text="", media=(files["flat"],), options=REEL)
    with pytest.raises(Rejected, match="540 x 960"):
        worker.post(part)
    before = worker.journal["film"]["id"]
    worker.stage(part)
    assert worker.journal["film"]["id"] != before


def test_a_post_that_was_taken_down_is_told(worker: Any, parts: dict[str, Part]) -> None:
    accepted = worker.publish(worker.stage(parts["picture"]))
    worker.control.call("POST", f"posts/{accepted.key}/remove")
    with pytest.raises(Rejected, match="took it down"):
        worker.poll(accepted.handle)
    # Staged again, it does not show the picture that was taken down with it.
    assert isinstance(worker.post(parts["picture"]), Published)


def test_reels_have_a_quota_that_is_spent_once(worker: Any, parts: dict[str, Part]) -> None:
    worker.stage(parts["reel"])
    worker.stage(parts["reel"])
    assert worker.spent == [("reels", 1)]
    worker.control.call("POST", "settings", {"reelsTotal": 0})
    with pytest.raises(RateLimited) as told:
        worker.post(parts["reel"])
    assert told.value.quota == "reels"


def test_a_stopped_page_waits_as_long_as_it_is_told(worker: Any, parts: dict[str, Part]) -> None:
    worker.control.call("POST", "limits", {"route": "page", "limit": 1, "seconds": 600})
    staged = worker.stage(parts["text"])
    worker.publish(staged)
    with pytest.raises(RateLimited) as told:
        worker.find(staged)
    assert told.value.retry_after is not None
    assert 0 < told.value.retry_after <= 660
    assert {one.name for one in worker.readings} == {"calls"}
    assert worker.readings[-1].remaining == 0


@pytest.mark.parametrize(
    "change",
    [
        {"endedVersions": "refuse", "oldestVersion": 27, "newestVersion": 28},
        {"endedVersions": "forward", "oldestVersion": 27, "newestVersion": 28},
        {"newestVersion": 25},
    ],
)
def test_an_ended_version_names_the_setting(worker: Any, change: dict[str, Any]) -> None:
    worker.control.call("POST", "settings", change)
    with pytest.raises(Rejected, match="MPCAS2_FACEBOOK_API_VERSION"):
        worker.run(worker.platform.read_profile)


@pytest.mark.parametrize("hindrance", ["checkpoint", "password", "unconfirmed", "invalid"])
def test_a_lost_permission_is_gone_for_good(
    worker: Any, parts: dict[str, Part], hindrance: str
) -> None:
    worker.control.call("POST", "accounts/ada", {"hindrance": hindrance})
    with pytest.raises(Unauthorized) as told:
        worker.publish(worker.stage(parts["text"]))
    assert told.value.revoked


@pytest.mark.parametrize(
    "hindrance",
    ["policy", "too_fast", "content", "limited", "authorization", "identity", "role"],
)
def test_a_hindered_page_is_told(worker: Any, parts: dict[str, Part], hindrance: str) -> None:
    page = worker.account.platform_account_id
    worker.control.call("POST", f"pages/{page}", {"hindrance": hindrance})
    with pytest.raises(Rejected):
        worker.publish(worker.stage(parts["text"]))


def test_the_page_tells_its_followers(worker: Any) -> None:
    told = worker.run(worker.platform.account_metrics)
    assert told.followers is not None
    assert told.more["fan_count"] >= 0


@pytest.fixture
def tries() -> Callable[..., int]:
    """Stages until it works, as the engine does after a passing fault."""

    def count(worker: Any, part: Part) -> int:
        for number in range(1, 6):
            try:
                worker.stage(part)
            except Unavailable:
                continue
            return number
        raise AssertionError("staging never worked")

    return count
