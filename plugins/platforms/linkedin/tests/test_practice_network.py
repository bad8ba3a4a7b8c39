"""Everything that the adapter can say is taken by the practice network, which was written apart.

Each request is held against the contract files on its way.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import httpx
import msgspec
import pytest

from mpcas2_hookspecs import (
    Accepted,
    CannotTell,
    Found,
    Media,
    Part,
    PlatformError,
    Published,
    RateLimited,
    Rejected,
    StillDeciding,
    Unavailable,
)
from mpcas2_platform_linkedin.options import LinkedInOptions, LinkOptions, PollOptions
from mpcas2_sandbox import FaultRule
from mpcas2_testing import Trouble, document_bytes, picture_bytes, video_bytes
from mpcas2_testing.trouble import Died

SIGNS = r"All signs: \ | { } @ [ ] ( ) < > # * _ ~ and #tag, @[Engines (AE)](urn:li:organization:5515715)"
VIDEO_BYTES = video_bytes(9_000_000)
FILES = {
    "p1": picture_bytes(label="one"),
    "p2": picture_bytes(label="two"),
    "d": document_bytes(),
    "v": VIDEO_BYTES,
}
PICTURES = tuple(
    Media(id=name, kind="image", mime_type="image/png", size=len(FILES[name]), alt_text=name)
    for name in ("p1", "p2")
)
PDF = Media(id="d", kind="document", mime_type="application/pdf", size=len(FILES["d"]))
VIDEO = Media(id="v", kind="video", mime_type="video/mp4", size=len(VIDEO_BYTES))
LINK = LinkedInOptions(
    link=LinkOptions(url="https://example.com/", title="Example", description="d")
)
POLL = LinkedInOptions(poll=PollOptions(question="Which?", choices=("One", "Two")))
CLOSED = LinkedInOptions(visibility="LOGGED_IN", disable_reshare=True)

PARTS = {
    "text": Part(index=0, text=SIGNS),
    "closed": Part(index=0, text="Closed", options=CLOSED),
    "picture": Part(index=0, text="", media=PICTURES[:1]),
    "pictures": Part(index=0, text="Two", media=PICTURES),
    "document": Part(index=0, text="Read", title="A report", media=(PDF,)),
    "video": Part(index=0, text="Look", title="A film", media=(VIDEO,)),
    "covered video": Part(index=0, text="Look", media=(VIDEO,), thumbnail=PICTURES[0]),
    "link": Part(index=0, text="Go", thumbnail=PICTURES[0], options=LINK),
    "poll": Part(index=0, text="Say", options=POLL),
}


@pytest.mark.parametrize("name", PARTS)
def test_a_page_publishes_and_finds_everything(office: Any, page: Any, name: str) -> None:
    page.media = FILES
    staged = page.stage(PARTS[name])
    assert isinstance(page.find(staged), CannotTell)
    post = page.settle(page.send(staged))
    said = page.find(staged)
    assert page.settle(said if isinstance(said, Accepted) else said.post) == post
    [told] = office.posts()
    assert told["path"] in str(post.url)
    assert not told["truncated"]
    assert told["author"] == page.account.platform_account_id
    assert "warnings" not in post.data


@pytest.mark.parametrize("name", ["pictures", "document", "video", "link", "poll"])
def test_a_member_publishes_at_once_and_cannot_tell(office: Any, member: Any, name: str) -> None:
    member.media = FILES
    staged = member.stage(PARTS[name])
    assert isinstance(member.send(staged), Published)
    said = member.find(staged)
    assert isinstance(said, CannotTell)
    assert said.ask_again_after is None
    assert office.count() == 1


def test_the_text_arrives_as_it_was_composed(office: Any, member: Any) -> None:
    member.publish(PARTS["text"])
    [told] = office.posts()
    assert told["text"] == SIGNS.replace(
        "@[Engines (AE)](urn:li:organization:5515715)", "Engines (AE)"
    )
    assert told["hashtags"] == ["#tag"]
    assert told["mentions"] == ["urn:li:organization:5515715"]


def test_the_same_content_again_is_refused_and_names_the_post(office: Any, member: Any) -> None:
    staged = member.stage(PARTS["closed"])
    post = member.send(staged)
    with pytest.raises(Rejected) as raised:
        member.send(staged)
    assert raised.value.code == "duplicate"
    assert str(post.url) in raised.value.message
    assert office.count() == 1


def test_after_an_unknown_outcome_the_named_post_is_ours(office: Any, member: Any) -> None:
    staged = member.stage(PARTS["closed"])
    post = member.send(staged)
    assert isinstance(member.find(staged), CannotTell)
    again = member.send(staged)
    assert again.id == post.id
    assert "look: see for yourself" in again.data["warnings"][0]
    # A mark is about one content only.
    other = member.stage(Part(index=0, text="Something else"))
    member.send(other)
    with pytest.raises(Rejected):
        member.send(other)
    assert office.count() == 2


def test_a_page_that_may_look_confirms_the_named_post(office: Any, page: Any) -> None:
    staged = page.stage(PARTS["closed"])
    post = page.send(staged)
    assert page.send(staged) == post
    assert office.count() == 1


def test_a_duplicate_of_an_older_post_is_not_ours(office: Any, page: Any) -> None:
    page.send(page.stage(PARTS["closed"]))
    page.journal.clear()
    staged = page.stage(PARTS["closed"])
    later = {**staged.data, "stagedAt": "2999-01-01T00:00:00Z"}
    with pytest.raises(Rejected) as raised:
        page.send(msgspec.structs.replace(staged, data=later))
    assert raised.value.code == "duplicate"
    assert office.count() == 1


def test_a_duplicate_of_a_deleted_post_is_said_to_be_one(office: Any, page: Any) -> None:
    office.control.call("POST", "settings", {"ghostDuplicates": True})
    staged = page.stage(PARTS["closed"])
    post = page.send(staged)
    page.run(lambda one, ctx: one.delete(post, ctx))
    with pytest.raises(Rejected) as raised:
        page.send(staged)
    assert raised.value.code == "duplicate-of-deleted"


def test_a_list_that_lags_is_asked_again(office: Any, page: Any) -> None:
    office.control.call("POST", "settings", {"listLagSeconds": 20})
    staged = page.stage(PARTS["closed"])
    post = page.send(staged)
    said = page.find(staged)
    assert isinstance(said, CannotTell)
    assert said.ask_again_after is not None
    office.control.advance_clock(said.ask_again_after)
    assert page.find(staged) == Found(post=post)


@pytest.mark.parametrize("shown", ["gone", "failed"])
def test_a_post_that_is_withdrawn_ends_as_rejected(office: Any, page: Any, shown: str) -> None:
    decision = {"withdrawn": "The picture is not wanted", "shown": shown}
    office.control.call("POST", "decisions", {"next": [decision], "seconds": 1})
    page.media = FILES
    answer = page.send(page.stage(PARTS["pictures"]))
    assert isinstance(answer, Accepted)
    with pytest.raises(Rejected) as raised:
        page.settle(answer)
    assert "withdrew" in raised.value.message
    assert raised.value.code == ("PROCESSING_FAILED" if shown == "failed" else "withdrawn")
    # Published again over the same journal, it is watched from the beginning.
    part = msgspec.structs.replace(PARTS["pictures"], text="Other words")
    again = page.send(page.stage(part))
    said = page.run(lambda one, ctx: one.poll(again.handle, ctx))
    assert isinstance(said, StillDeciding)
    assert page.settle(again).id == again.handle["post"]["id"]


@pytest.mark.parametrize("name", ["document", "video"])
def test_a_file_that_cannot_be_processed_is_uploaded_anew(
    office: Any, member: Any, name: str
) -> None:
    order = {"next": [{"failure": "The file is broken"}], "seconds": 1}
    office.control.call("POST", "processing", order)
    member.media = FILES
    with pytest.raises(Rejected) as raised:
        member.stage(PARTS[name])
    assert "The file is broken" in raised.value.message
    # The same journal: what was good for nothing is forgotten.
    member.settle(member.send(member.stage(PARTS[name])))
    assert office.count() == 1


def test_pictures_of_a_page_are_waited_for(office: Any, page: Any) -> None:
    office.control.call("POST", "picture-processing", {"next": [{}], "seconds": 3})
    page.media = FILES
    page.settle(page.send(page.stage(PARTS["picture"])))
    assert office.count() == 1


@pytest.mark.parametrize("name", ["pictures", "covered video", "document"])
def test_a_break_at_any_request_is_gone_on_from(office: Any, page: Any, name: str) -> None:
    page.media = FILES

    for step in range(1, 12):
        page.journal.clear()
        part = msgspec.structs.replace(PARTS[name], text=f"Step {step}")
        trouble = Trouble(request=step, when="after", fails=_reset)
        with suppress(Unavailable):
            page.stage(part, trouble)
        page.send(page.stage(part))
        assert office.count() == step
        if not trouble.met:
            break
    assert step > 3


def _reset(request: httpx.Request) -> BaseException:
    return httpx.ReadError("reset", request=request)


def test_ranges_whose_tags_were_kept_are_not_sent_again(office: Any, page: Any) -> None:
    page.media = FILES
    # The plan is the first write; the tag of the second range is the third.
    with pytest.raises(Died):
        page.stage(PARTS["video"], Trouble(write=3))
    page.stage(PARTS["video"])
    sent = [one.path for one in office.control.requests() if "/dms-uploads/" in one.path]
    assert [path.rpartition("/")[2] for path in sent] == ["0", "1", "2"]


def test_an_upload_that_is_over_is_made_anew(office: Any, member: Any) -> None:
    member.media = FILES
    for name, place in (("picture", "/dms-uploads/"), ("video", "/dms-uploads/")):
        member.journal.clear()
        fault = FaultRule(action="status", status=500, method="PUT", path=place)
        office.control.add_fault(fault)
        with pytest.raises(Unavailable):
            member.stage(PARTS[name])
        office.control.clear_faults()
        office.control.add_fault(FaultRule(action="status", status=404, method="PUT", path=place))
        member.send(member.stage(PARTS[name]))
        office.control.clear_faults()
    assert office.count() == 2


@pytest.mark.parametrize("name", ["picture", "video"])
def test_an_address_that_ran_out_is_not_tried(office: Any, member: Any, name: str) -> None:
    member.media = FILES
    office.control.add_fault(
        FaultRule(action="status", status=500, method="PUT", path="/dms-uploads/")
    )
    with pytest.raises(Unavailable):
        member.stage(PARTS[name])
    office.control.clear_faults()
    [upload] = [key for key in member.journal if key.startswith("upload:")]
    member.journal[upload]["expiresAt"] = 1
    before = len(office.control.requests())
    member.send(member.stage(PARTS[name]))
    first = office.control.requests()[before]
    assert (first.method, first.path.rpartition("/")[2]) == (
        "POST",
        f"{PARTS[name].media[0].kind}s",
    )
    assert office.count() == 1


@pytest.mark.parametrize("name", ["document", "video"])
def test_a_file_that_linkedin_lost_is_uploaded_again(office: Any, member: Any, name: str) -> None:
    member.media = FILES
    kind = PARTS[name].media[0].kind
    lost = FaultRule(action="status", status=404, method="GET", path=f"/rest/{kind}s/")
    office.control.add_fault(lost)
    with pytest.raises(Unavailable):
        member.stage(PARTS[name])
    office.control.clear_faults()
    member.send(member.stage(PARTS[name]))
    assert office.count() == 1


def test_a_comment_is_made_found_and_listed(office: Any, page: Any) -> None:
    post = page.publish(PARTS["closed"])
    page.journal.clear()
    part = Part(index=1, role="comment", text="First (plain)! #tag", root=post, parent=post)
    staged = page.stage(part)
    assert isinstance(page.find(staged), CannotTell)
    comment = page.send(staged)
    assert page.find(staged) == Found(post=comment)
    office.control.call(
        "POST", "comments", {"post": post.id, "account": "bob", "text": "Well said"}
    )
    listed = page.run(lambda one, ctx: one.comments(post, ctx))
    assert {one.text for one in listed.comments} == {"First (plain)! #tag", "Well said"}
    assert comment.id in {one.id for one in listed.comments}
    assert listed.cursor == ""
    with pytest.raises(Rejected):
        page.run(lambda one, ctx: one.delete(comment, ctx))


def test_a_comment_without_the_scope_says_what_to_do(office: Any) -> None:
    worker = office.worker(office.connect(more_scopes="")[0])
    post = worker.publish(PARTS["closed"])
    part = Part(index=1, role="comment", text="First", root=post, parent=post)
    with pytest.raises(Rejected) as raised:
        worker.send(worker.stage(part))
    assert "w_member_social_feed" in raised.value.message


def test_figures_of_pages_and_members_are_read(office: Any, page: Any, member: Any) -> None:
    page.media = FILES
    posts = [page.publish(PARTS["closed"]), page.publish(PARTS["video"])]
    mine = member.publish(PARTS["text"])
    office.control.advance_clock(86_400)
    gone = Published(id="urn:li:share:1")
    found = page.run(lambda one, ctx: one.metrics([*posts, gone], ctx))
    assert list(found) == [post.id for post in posts]
    assert found[posts[1].id].views > 0
    assert {"uniqueImpressionsCount", "engagement"} <= set(found[posts[0].id].more)
    told = page.run(lambda one, ctx: one.account_metrics(ctx))
    assert told.followers is not None
    assert told.views is not None
    own = member.run(lambda one, ctx: one.metrics([mine, gone], ctx))
    assert list(own) == [mine.id]
    assert own[mine.id].views > 0
    assert "MEMBERS_REACHED" in own[mine.id].more
    assert member.run(lambda one, ctx: one.account_metrics(ctx)).views > 0


def test_figures_without_the_scope_say_what_to_do(office: Any) -> None:
    worker = office.worker(office.connect(more_scopes="")[0])
    post = worker.publish(PARTS["closed"])
    with pytest.raises(Rejected) as raised:
        worker.run(lambda one, ctx: one.metrics([post], ctx))
    assert "r_member_postAnalytics" in raised.value.message


def test_a_retired_version_names_the_setting(office: Any) -> None:
    connection = office.connect()[0]
    worker = office.worker(connection, api_version="202501")
    with pytest.raises(Rejected) as raised:
        worker.send(worker.stage(PARTS["closed"]))
    assert "MPCAS2_LINKEDIN_API_VERSION" in raised.value.message
    assert office.count() == 0


def test_a_daily_limit_is_waited_for(office: Any, member: Any) -> None:
    order = {"route": "POST /rest/posts", "limit": 1, "per": "member"}
    office.control.call("POST", "limits", order)
    member.publish(PARTS["closed"])
    with pytest.raises(RateLimited) as raised:
        member.send(member.stage(PARTS["poll"]))
    assert raised.value.retry_after is not None
    assert 0 < raised.value.retry_after <= 86_400


def test_a_lost_role_is_told(office: Any, page: Any) -> None:
    order = {"organization": "5515715", "account": "ada", "role": None}
    office.control.call("POST", "roles", order)
    with pytest.raises(Rejected) as raised:
        page.send(page.stage(PARTS["closed"]))
    assert "role on the page" in raised.value.message


def test_a_revoked_permission_is_unauthorized(office: Any, member: Any) -> None:
    staged = member.stage(PARTS["closed"])
    office.control.call("POST", "oauth/accounts/ada/revoke")
    with pytest.raises(PlatformError) as raised:
        member.send(staged)
    assert type(raised.value).__name__ == "Unauthorized"


def test_every_route_of_the_contract_that_is_used_was_tried(
    office: Any, page: Any, member: Any
) -> None:
    page.media = FILES
    post = page.publish(PARTS["covered video"])
    page.run(lambda one, ctx: one.delete(post, ctx))
    page.run(lambda one, ctx: one.delete(post, ctx))
    assert office.contract.seen <= set(office.contract.files)
    assert {
        "posts-create",
        "posts-delete",
        "upload-part",
        "videos-finalize",
    } <= office.contract.seen
    assert office.count() == 0
