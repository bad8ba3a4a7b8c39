"""The conformance suite of a platform: subclass it and give it one fixture.

```python
class TestMine(PlatformSuite):
    practice = "mine"

    @pytest.fixture
    def bench(self, network: SandboxProcess) -> Bench: ...
```
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any, ClassVar

import msgspec
import pytest

from mpcas2_hookspecs import (
    Absent,
    Accepted,
    CannotTell,
    CollectsMetrics,
    ConnectsOAuth,
    DeletesPosts,
    Found,
    Grant,
    HttpAnswer,
    PlatformError,
    PostMetrics,
    Published,
    RateLimited,
    RefreshesGrant,
    Rejected,
    Staged,
    Unauthorized,
    Unavailable,
)
from mpcas2_sandbox import SandboxProcess
from mpcas2_testing.bench import Bench, Desk
from mpcas2_testing.consent import answer_to
from mpcas2_testing.declaration import DeclarationRules
from mpcas2_testing.faults import PUBLISH_FAULTS, QUESTION_FAULTS, Fault

__all__ = ("PlatformSuite",)

# What no answer may be read into.
_UNREADABLE = (
    HttpAnswer(status=500, body=""),
    HttpAnswer(status=503, body={}),
    HttpAnswer(status=200, body=""),
    HttpAnswer(status=200, body={}),
    HttpAnswer(status=200, body="<html>"),
)

_publish_faults = pytest.mark.parametrize("fault", PUBLISH_FAULTS, ids=lambda fault: fault.name)
_question_faults = pytest.mark.parametrize("fault", QUESTION_FAULTS, ids=lambda fault: fault.name)


class PlatformSuite(DeclarationRules):
    """Holds an adapter to the contract, against the practice network of its platform.

    A subclass names its practice network and gives the fixture ``bench``, made from the fixture
    ``network``.

    Attributes:
        practice: Key of the practice network in the entry-point group ``mpcas2.sandboxes``.
    """

    practice: ClassVar[str]

    @pytest.fixture(scope="class")
    @classmethod
    def network_process(cls) -> Iterator[SandboxProcess]:
        """Runs the practice network as a process of its own, once for all tests of the class."""
        with SandboxProcess(cls.practice) as process:
            yield process

    @pytest.fixture
    def network(self, network_process: SandboxProcess) -> SandboxProcess:
        """Gives the running practice network with everything forgotten."""
        network_process.control.reset()
        return network_process

    def test_no_secret_shows_in_repr_profile_or_stage(self, bench: Bench) -> None:
        """Looks for password and tokens wherever the engine logs or stores in the clear."""
        desk = bench.desk()
        staged = desk.stage(desk.part(file=True))
        grant = desk.connection.grant
        shown = {
            "repr of the connection": repr(desk.connection),
            "repr of the grant": repr(grant),
            "profile": _json(desk.connection.profile),
            "staged": _json(staged),
            "journal": _json(dict(desk.journal)),
        }
        if isinstance(bench.platform, RefreshesGrant):
            shown["repr of the refresh request"] = repr(
                bench.platform.refresh_request(desk.account, grant, bench.app)
            )
        for where, text in shown.items():
            assert not _secrets_in(text, bench, grant), f"a secret shows in the {where}"

    def test_staged_is_json(self, bench: Bench) -> None:
        """Wants the staged value to come back from the database as it went in."""
        desk = bench.desk()
        staged = desk.stage(desk.part(file=True))
        assert msgspec.json.decode(msgspec.json.encode(staged), type=Staged) == staged

    def test_stage_makes_no_post(self, bench: Bench) -> None:
        """Wants ``stage`` to leave nothing that people can see."""
        desk = bench.desk()
        desk.stage(desk.part(file=True))
        assert bench.count_posts() == 0

    def test_publish_sends_exactly_one_request(self, bench: Bench) -> None:
        """Wants the irreversible step to be one request, the one that the bench names."""
        desk = bench.desk()
        staged = desk.stage(desk.part(file=True))
        before = _last_number(bench)
        desk.publish(staged)
        sent = [request.path for request in bench.control.requests(after=before)]
        assert len(sent) == 1, f"publish sent {sent}"

    def test_absent_before_publish_and_found_after(self, bench: Bench) -> None:
        """Wants ``find`` to tell the truth on both sides of the irreversible step."""
        desk = bench.desk()
        staged = desk.stage(desk.part())
        assert isinstance(desk.find(staged), _not_there(bench))
        published = desk.settled(desk.publish(staged))
        found = desk.find(staged)
        assert desk.settled(found.post if isinstance(found, Found) else found).id == published.id
        assert bench.count_posts() == 1

    def test_same_staged_twice_is_one_post(self, bench: Bench) -> None:
        """Publishes one staged value twice, as after a late packet, and counts one post."""
        desk = bench.desk()
        staged = desk.stage(desk.part(file=True))
        first = desk.publish(staged)
        if bench.repeats_words:
            assert desk.publish(staged) == first
        else:
            assert isinstance(_error_of(desk.publish, staged), Rejected)
            assert isinstance(desk.find(staged), Found)
        assert bench.count_posts() == 1

    def test_two_stages_are_two_posts(self, bench: Bench) -> None:
        """Wants two posts to stay two posts, with the same words where the network allows it."""
        desk = bench.desk()
        words = ("Written by the test kit.", "Written by the test kit, again.")
        for text in (words[0], words[0] if bench.repeats_words else words[1]):
            desk.journal.clear()
            desk.publish(desk.stage(desk.part(text)))
        assert bench.count_posts() == len(words)

    def test_a_thread_goes_on_from_its_first_part(self, bench: Bench) -> None:
        """Publishes a second part that is given the first."""
        if bench.platform.limits(None).max_parts == 1:
            pytest.skip("the network has no threads")
        desk = bench.desk()
        first = desk.publish(desk.stage(desk.part()))
        # As the engine does: what a part became goes through the database, and each part has a
        # journal of its own.
        first = msgspec.json.decode(msgspec.json.encode(first), type=Published)
        desk.journal.clear()
        second = desk.publish(desk.stage(desk.part("And more.", root=first, parent=first)))
        assert second.id != first.id
        assert bench.count_posts() == 2

    def test_stage_resumes_from_the_journal(self, bench: Bench) -> None:
        """Stages twice over one journal, as after a crash: the file goes up once."""
        desk = bench.desk()
        part = desk.part(file=True)
        desk.stage(part)
        before = len(bench.control.requests())
        staged = desk.stage(part)
        # Questions about the standing upload are fine; its bytes are not sent again.
        again = [
            request
            for request in bench.control.requests()[before:]
            if request.method != "GET" and request.body_bytes
        ]
        assert not again, f"staging again sent {[request.path for request in again]}"
        desk.publish(staged)
        assert bench.count_posts() == 1

    @_publish_faults
    def test_publish_fault(self, bench: Bench, fault: Fault) -> None:
        """Breaks the irreversible request and wants the right error, then the right ``find``."""
        desk = bench.desk()
        staged = desk.stage(desk.part())
        rule = msgspec.structs.replace(fault.rule, path=bench.publish_path)
        bench.control.add_fault(rule)
        error = _error_of(desk.publish, staged)
        assert sum(entry.applied for entry in bench.control.faults()) == 1, (
            "the fault was not met: publish_path names another request"
        )
        _check(error, fault, bench, desk)
        assert bench.count_posts() == fault.posts
        there = (Found, Accepted) if fault.posts else _not_there(bench)
        assert isinstance(desk.find(staged), there)

    @_question_faults
    def test_stage_fault(self, bench: Bench, fault: Fault) -> None:
        """Breaks an upload: nothing irreversible happened, and the adapter knows."""
        desk = bench.desk()
        part = desk.part(file=True)
        bench.control.add_fault(fault.rule)
        _check(_error_of(desk.stage, part), fault, bench, desk)
        bench.control.clear_faults()
        desk.publish(desk.stage(part))
        assert bench.count_posts() == 1

    @_question_faults
    def test_find_fault(self, bench: Bench, fault: Fault) -> None:
        """Breaks the question of ``find``: without an answer it claims nothing."""
        desk = bench.desk()
        staged = desk.stage(desk.part())
        desk.publish(staged)
        bench.control.add_fault(fault.rule)
        _check(_error_of(desk.find, staged), fault, bench, desk)

    def test_connect_faults_are_passing(self, bench: Bench) -> None:
        """Breaks the connection of an account: a fault of the network is not the person's."""
        for fault in QUESTION_FAULTS:
            if fault.expects is not Unauthorized and fault.name != "malformed":
                if isinstance(bench.platform, ConnectsOAuth):
                    # The engine itself sends the request for the grant: see parse_grant below.
                    rule = msgspec.structs.replace(fault.rule, method="GET")
                else:
                    rule = fault.rule
                bench.control.clear_faults()
                bench.control.add_fault(rule)
                with pytest.raises(fault.expects):
                    bench.connect()

    def test_grant_answers_are_told_apart(self, bench: Bench) -> None:
        """Feeds answers to ``parse_grant``: a refusal has words for the person, a fault passes."""
        platform = bench.platform
        if not isinstance(platform, ConnectsOAuth):
            pytest.skip("the network has no consent page")
        for refusal in ("invalid_grant", "invalid_client", "invalid_request"):
            with pytest.raises(Rejected):
                platform.parse_grant(HttpAnswer(status=400, body={"error": refusal}))
        for answer in _UNREADABLE:
            with pytest.raises(Unavailable):
                platform.parse_grant(answer)
        with pytest.raises(RateLimited):
            platform.parse_grant(HttpAnswer(status=429, body={}))

    def test_refresh_renews_the_grant(self, bench: Bench) -> None:
        """Sends the described request, as the token broker does, and publishes with the new grant."""
        platform = bench.platform
        if not isinstance(platform, RefreshesGrant):
            pytest.skip("the network's grants do not end")
        desk = bench.desk()
        request = platform.refresh_request(desk.account, desk.connection.grant, bench.app)
        grant = platform.parse_refresh(asyncio.run(answer_to(request)))
        assert isinstance(grant, Grant)
        desk.connection = msgspec.structs.replace(desk.connection, grant=grant)
        desk.publish(desk.stage(desk.part()))
        assert bench.count_posts() == 1

    def test_refresh_tells_revoked_from_passing(self, bench: Bench) -> None:
        """Feeds answers to ``parse_refresh``: only a refusal ends a grant, nothing empties it."""
        platform = bench.platform
        if not isinstance(platform, RefreshesGrant):
            pytest.skip("the network's grants do not end")
        with pytest.raises(Unauthorized) as refused:
            platform.parse_refresh(bench.dead_refresh)
        assert refused.value.revoked, "a refused refresh token must come back as revoked"
        for answer in _UNREADABLE:
            with pytest.raises(Unavailable):
                platform.parse_refresh(answer)
        with pytest.raises(RateLimited):
            platform.parse_refresh(HttpAnswer(status=429, body={}))

    def test_a_deleted_post_is_gone_and_stays_gone(self, bench: Bench) -> None:
        """Takes a post down, twice: what is gone already is no error."""
        platform = bench.platform
        if not isinstance(platform, DeletesPosts):
            pytest.skip("the network cannot take posts down")
        deletes = platform
        desk = bench.desk()
        post = desk.settled(desk.publish(desk.stage(desk.part())))
        for _ in range(2):
            desk.run(lambda ctx: deletes.delete(post, ctx))
            assert bench.count_posts() == 0

    def test_metrics_tell_of_the_posts_that_are_there(self, bench: Bench) -> None:
        """Reads figures of a post, and of one that the network never had."""
        platform = bench.platform
        if not isinstance(platform, CollectsMetrics):
            pytest.skip("the network tells no figures")
        collects = platform
        desk = bench.desk()
        post = desk.settled(desk.publish(desk.stage(desk.part())))
        missing = msgspec.structs.replace(
            post, id=post.id[:-1] + ("1" if post.id[-1] != "1" else "2")
        )
        figures = desk.run(lambda ctx: collects.metrics([post, missing], ctx))
        assert list(figures) == [post.id]
        assert isinstance(figures[post.id], PostMetrics)


def _error_of(call: Any, value: Any) -> PlatformError:
    try:
        result = call(value)
    except PlatformError as error:
        return error
    raise AssertionError(f"no error was raised; the answer was {result!r}")


def _check(error: PlatformError, fault: Fault, bench: Bench, desk: Desk) -> None:
    assert type(error) is fault.expects, (
        f"{fault.name} must be {fault.expects.__name__}, it came as {error!r}"
    )
    if isinstance(error, RateLimited) and fault.retry_after is not None:
        assert error.retry_after == fault.retry_after, "the network told how long to wait"
    text = f"{error.message} {error.code} {error.answer}"
    assert not _secrets_in(text, bench, desk.connection.grant), "a secret shows in the error"
    assert error.message.strip(), "an error needs words for a person"


def _secrets_in(text: str, bench: Bench, grant: Grant) -> list[str]:
    form = {field.name for field in getattr(bench.platform, "connect_form", ()) if field.secret}
    secrets = [value for name, value in bench.credentials.items() if name in form]
    secrets += [grant.access_token, grant.refresh_token or ""]
    return [secret for secret in secrets if secret and secret in text]


def _not_there(bench: Bench) -> type[Absent | CannotTell]:
    return Absent if bench.exact else CannotTell


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _last_number(bench: Bench) -> int:
    return max((request.number for request in bench.control.requests()), default=0)
