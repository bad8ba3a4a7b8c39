"""Rules for stage, publish and find while all goes well."""

from __future__ import annotations

import msgspec
import pytest

from mpcas2_hookspecs import (
    Absent,
    Accepted,
    CannotTell,
    FindResult,
    Found,
    PlatformError,
    Published,
    RefreshesGrant,
    Rejected,
    Staged,
)
from mpcas2_sandbox import FaultRule
from mpcas2_testing.bench import Bench
from mpcas2_testing.desk import Desk
from mpcas2_testing.faulted import error_of
from mpcas2_testing.faults import CLIENT_FAULTS
from mpcas2_testing.rules import rule
from mpcas2_testing.secrecy import as_json, error_text, secrets_in
from mpcas2_testing.trouble import Trouble

__all__ = ("PublishingRules", "check_there", "not_there")

_REFUSED = FaultRule(action="status", status=400)


class PublishingRules:
    """Holds an adapter to one post for one part; a subclass gives the fixture ``bench``."""

    @rule("secrets.not_in_data")
    def test_no_secret_shows_in_repr_profile_or_stage(self, bench: Bench) -> None:
        """Looks for password and tokens wherever the engine stores in the clear."""
        desk = bench.desk()
        staged = desk.stage(desk.part(file=True))
        answer = desk.publish(staged)
        grant = desk.connection.grant
        shown = {
            "repr of the connection": repr(desk.connection),
            "repr of the platform": repr(bench.platform),
            "profile": as_json(desk.connection.profile),
            "staged": as_json(staged),
            "journal": as_json(dict(desk.journal)),
            "answer of publish": as_json(answer),
        }
        if isinstance(bench.platform, RefreshesGrant) and grant.refresh_token is not None:
            shown["repr of the refresh request"] = repr(
                bench.platform.refresh_request(desk.account, grant, desk.app)
            )
        for where, text in shown.items():
            assert not secrets_in(text, bench, grant), f"a secret shows in the {where}"

    @rule("secrets.not_in_logs")
    def test_no_secret_is_logged_or_printed(
        self, bench: Bench, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
    ) -> None:
        """Looks for password and tokens in what the adapter logs and prints, also when it fails."""
        with caplog.at_level("DEBUG"):
            desk = bench.desk()
            staged = desk.stage(desk.part(file=True))
            for fault in bench.faults_of_publish(_REFUSED):
                bench.control.add_fault(fault)
            error_of(desk.publish, staged)
            bench.control.clear_faults()
            desk.publish(staged)
            desk.find(staged)
        # What the client itself logs is the engine's business: it is the engine's client.
        lines = [
            f"{one.getMessage()} {one.exc_text or ''}"
            for one in caplog.records
            if not one.name.startswith(("httpx", "httpcore", "asyncio"))
        ]
        said = "\n".join([*lines, *capfd.readouterr()])
        assert not secrets_in(said, bench, desk.connection.grant), "a secret was logged or printed"

    @rule("stage.is_json")
    def test_staged_is_json(self, bench: Bench) -> None:
        """Wants the staged value to come back from the database as it went in."""
        desk = bench.desk()
        staged = desk.stage(desk.part(file=True))
        assert msgspec.json.decode(msgspec.json.encode(staged), type=Staged) == staged

    @rule("stage.makes_no_post")
    def test_stage_makes_no_post(self, bench: Bench) -> None:
        """Wants ``stage`` to leave nothing that people can see."""
        desk = bench.desk()
        for sample in bench.kinds:
            desk.stage(desk.fresh(sample=sample))
            assert bench.count_posts() == 0, f"stage made a post of the sample {sample!r}"

    @rule("publish.one_request")
    def test_publish_sends_exactly_one_request(self, bench: Bench) -> None:
        """Wants the irreversible step to be one request."""
        desk = bench.desk()
        staged = desk.stage(desk.part(file=True))
        before = max((request.number for request in bench.control.requests()), default=0)
        desk.publish(staged)
        sent = [f"{one.method} {one.path}" for one in bench.control.requests(after=before)]
        assert len(sent) == 1, f"publish sent {sent}"

    @rule("publish.samples")
    def test_every_sample_is_published(self, bench: Bench) -> None:
        """Publishes everything that the network takes."""
        desk = bench.desk()
        for number, sample in enumerate(bench.kinds, 1):
            desk.published(desk.fresh(sample=sample))
            assert bench.count_posts() == number, f"the sample {sample!r} made no post of its own"

    @rule("find.both_sides")
    def test_absent_before_publish_and_found_after(self, bench: Bench) -> None:
        """Wants ``find`` to tell the truth on both sides of the irreversible step."""
        desk = bench.desk()
        staged = desk.stage(desk.part())
        said = desk.find(staged)
        assert isinstance(said, not_there(bench)), f"before publish, find answered {said!r}"
        published = desk.settled(desk.publish(staged))
        check_there(bench, desk, desk.find(staged), published)
        assert bench.count_posts() == 1

    @rule("publish.twice_is_one_post")
    def test_same_staged_twice_is_one_post(self, bench: Bench) -> None:
        """Publishes one staged value twice, as after a late packet, and counts one post."""
        if not bench.exact and bench.repeats_words:
            pytest.skip("the network makes a post of whatever it is sent")
        desk = bench.desk()
        staged = desk.stage(desk.part(file=True))
        first = desk.publish(staged)
        published = desk.settled(first)
        again: object
        try:
            again = desk.settled(desk.publish(staged)).id
        except PlatformError as error:
            again = error
        if isinstance(again, PlatformError):
            assert bench.exact or isinstance(again, Rejected), f"the second time raised {again!r}"
        else:
            assert bench.repeats_words, "the network refuses a repetition, publish said nothing"
            assert again == published.id, "the second time gave another post"
        check_there(bench, desk, desk.find(staged), published)
        assert bench.count_posts() == 1, "the same Staged twice made two posts"

    @rule("publish.two_stages_are_two_posts")
    def test_two_stages_are_two_posts(self, bench: Bench) -> None:
        """Wants two posts to stay two posts, with the same words where the network allows it."""
        desk = bench.desk()
        words = ("Written by the test kit.", "Written by the test kit, again.")
        for text in (words[0], words[0] if bench.repeats_words else words[1]):
            desk.journal.clear()
            desk.published(desk.part(text))
        assert bench.count_posts() == len(words)

    @rule("publish.thread")
    def test_a_thread_goes_on_from_its_first_part(self, bench: Bench) -> None:
        """Publishes a second part that is given the first."""
        if bench.platform.limits(None).max_parts == 1:
            pytest.skip("the network has no threads")
        desk = bench.desk()
        first = _stored(desk.published(desk.part()))
        # As the engine does: each part has a journal of its own.
        desk.journal.clear()
        second = desk.published(desk.part("And more.", root=first, parent=first))
        assert second.id != first.id
        assert bench.count_posts() == len({first.id, second.id})

    @rule("publish.first_comment")
    def test_a_first_comment_is_published_and_found(self, bench: Bench) -> None:
        """Writes the first comment below a post."""
        desk = _commenting(bench)
        post = _stored(desk.published(desk.part()))
        staged = desk.stage(desk.comment(post))
        # Networks list comments and give no handle of one that is not made yet.
        assert isinstance(desk.find(staged), (not_there(bench), CannotTell)), (
            "find sees a comment before it is made"
        )
        comment = desk.settled(desk.publish(staged))
        assert comment.id != post.id, "the comment has the id of the post"
        check_there(bench, desk, desk.find(staged), comment)

    @rule("publish.first_comment_unknown")
    def test_a_lost_first_comment_is_unknown(self, bench: Bench) -> None:
        """Loses the answer to a first comment."""
        desk = _commenting(bench)
        post = _stored(desk.published(desk.part()))
        staged = desk.stage(desk.comment(post))
        fault = next(one for one in CLIENT_FAULTS if one.name == "timeout_after_body_is_unknown")
        error = error_of(
            lambda value: desk.publish(
                value, Trouble(request=1, when=fault.when, fails=fault.fails)
            ),
            staged,
        )
        assert type(error) is fault.expects, f"it came as {error!r}"
        assert not secrets_in(error_text(error), bench, desk.connection.grant)
        check_there(bench, desk, desk.find(staged), None)


def not_there(bench: Bench) -> type[Absent | CannotTell]:
    """Gives what ``find`` must answer while there is no post."""
    return Absent if bench.exact else CannotTell


def check_there(bench: Bench, desk: Desk, said: FindResult, post: Published | None) -> None:
    """Wants ``find`` to have found a post; where it proves nothing it may not know.

    Args:
        bench: Tells whether it can prove anything.
        desk: Asks on where the network decides later.
        said: What ``find`` answered after the post was made.
        post: The post; None where only the network knows it.
    """
    if not bench.exact and isinstance(said, CannotTell):
        return
    assert isinstance(said, (Found, Accepted)), f"the post is there, and find answered {said!r}"
    found = desk.settled(said.post if isinstance(said, Found) else said)
    assert post is None or found.id == post.id, f"find gave {found.id}, publish gave {post.id}"


def _commenting(bench: Bench) -> Desk:
    if bench.platform.limits(None).comment is None:
        pytest.skip("the network lets nobody comment by API")
    return bench.desk()


def _stored(post: Published) -> Published:
    """Takes a post through the database, as the engine does before a later part is given it."""
    return msgspec.json.decode(msgspec.json.encode(post), type=Published)
