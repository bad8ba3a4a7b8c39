"""Rules for what some networks can do: one test for each capability of the contract."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import msgspec
import pytest

from mpcas2_hookspecs import (
    Accepted,
    AccountMetrics,
    ChecksPost,
    CollectsAccountMetrics,
    CollectsMetrics,
    CommentPage,
    CountsText,
    DeclaresQuotas,
    DeletesPosts,
    ListsComments,
    ListsTargets,
    MarksText,
    PollsPublish,
    PostMetrics,
    ReadsProfile,
    Rejected,
    StillDeciding,
)
from mpcas2_testing.bench import Bench
from mpcas2_testing.capabilities import ABSENT, exported_capabilities, needs
from mpcas2_testing.rules import rule

__all__ = ("CapabilityRules",)

_MOST_PAGES = 20
_TEXT = "Look 🙂 at https://example.com/a?b=1, @ada and #news."


class CapabilityRules:
    """Holds an adapter to the capabilities that it has; a subclass gives the fixture ``bench``."""

    @rule("declaration.capabilities")
    def test_every_capability_is_known(self) -> None:
        """Wants a rule for each capability of the contract that is installed."""
        unknown = {one.__name__ for one in exported_capabilities()} - {
            one.__name__ for one in ABSENT
        }
        assert not unknown, f"this kit has no rules for {sorted(unknown)}"

    @rule("polls.decides")
    @needs(PollsPublish)
    def test_poll_needs_the_handle_alone(self, bench: Bench) -> None:
        """Asks about an accepted part with nothing but its handle, as another process does."""
        platform = bench.platform
        assert isinstance(platform, PollsPublish)
        desk = bench.desk()
        answer = desk.publish(desk.stage(desk.part()))
        if not isinstance(answer, Accepted):
            pytest.skip("the network decided at once")
        assert answer.check_after > 0, "check_after is a time to wait"
        desk.journal.clear()
        said = desk.run(lambda ctx: platform.poll(answer.handle, ctx))
        assert not isinstance(said, StillDeciding) or said.check_after > 0
        assert desk.settled(answer).id
        assert bench.count_posts() == 1

    @rule("delete.is_repeatable")
    @needs(DeletesPosts)
    def test_a_deleted_post_is_gone_and_stays_gone(self, bench: Bench) -> None:
        """Takes a post down, twice: what is gone already is no error."""
        platform = bench.platform
        assert isinstance(platform, DeletesPosts)
        desk = bench.desk()
        post = desk.published(desk.part())
        for _ in range(2):
            desk.run(lambda ctx: platform.delete(post, ctx))
            assert bench.count_posts() == 0

    @rule("metrics.reads")
    @needs(CollectsMetrics)
    def test_metrics_tell_of_the_posts_that_are_there(self, bench: Bench) -> None:
        """Reads figures of a post, and of one that the network never had."""
        platform = bench.platform
        assert isinstance(platform, CollectsMetrics)
        desk = bench.desk()
        post = desk.published(desk.part())
        other = "1" if post.id[-1] != "1" else "2"
        missing = msgspec.structs.replace(post, id=post.id[:-1] + other)
        assert desk.run(lambda ctx: platform.metrics([], ctx)) == {}, "no posts have no figures"
        figures = desk.run(lambda ctx: platform.metrics([post, missing], ctx))
        assert list(figures) == [post.id]
        assert isinstance(figures[post.id], PostMetrics)
        _whole(figures[post.id])

    @rule("account_metrics.reads")
    @needs(CollectsAccountMetrics)
    def test_account_metrics_are_read(self, bench: Bench) -> None:
        """Reads the account's figures."""
        platform = bench.platform
        assert isinstance(platform, CollectsAccountMetrics)
        figures = bench.desk().run(platform.account_metrics)
        assert isinstance(figures, AccountMetrics)
        _whole(figures)

    @rule("comments.reads")
    @needs(ListsComments)
    def test_comments_are_listed_page_by_page(self, bench: Bench) -> None:
        """Lists the comments of a post to their end, and those of a post that is gone."""
        platform = bench.platform
        assert isinstance(platform, ListsComments)
        desk = bench.desk()
        post = desk.published(desk.part())
        ids: list[str] = []
        cursor = ""
        for _ in range(_MOST_PAGES):
            page = desk.run(lambda ctx: platform.comments(post, ctx, cursor))  # noqa: B023 - called at once
            assert isinstance(page, CommentPage)
            for one in page.comments:
                assert one.created_at.utcoffset() == timedelta(0), "created_at is not in UTC"
            ids += [one.id for one in page.comments]
            cursor = page.cursor
            if not cursor:
                break
        assert not cursor, f"there is no end after {_MOST_PAGES} pages"
        assert len(ids) == len(set(ids)), "a comment is listed twice"
        if isinstance(platform, DeletesPosts):
            desk.run(lambda ctx: platform.delete(post, ctx))
            with pytest.raises(Rejected):
                desk.run(lambda ctx: platform.comments(post, ctx, ""))

    @rule("targets.lists")
    @needs(ListsTargets)
    def test_targets_name_an_option(self, bench: Bench) -> None:
        """Lists the places inside an account."""
        platform = bench.platform
        assert isinstance(platform, ListsTargets)
        config = msgspec.structs.fields(platform.options)
        names = {name for field in config for name in (field.name, field.encode_name)}
        found = bench.desk().run(platform.targets)
        for target in found:
            assert target.id, "a target has no id"
            assert target.title.strip(), "a target has no title"
            assert target.option in names, f"{target.option!r} is no option of the platform"
        keys = [(target.option, target.id) for target in found]
        assert len(keys) == len(set(keys)), "a target is listed twice"

    @rule("profile.reads")
    @needs(ReadsProfile)
    def test_the_profile_is_the_connected_account(self, bench: Bench) -> None:
        """Reads the profile anew."""
        platform = bench.platform
        assert isinstance(platform, ReadsProfile)
        assert platform.profile_seconds >= 0
        desk = bench.desk()
        profile = desk.run(platform.read_profile)
        assert profile.platform_account_id == desk.connection.profile.platform_account_id
        missing = set(desk.connection.profile.data) - set(profile.data)
        assert not missing, f"data of connecting is gone after read_profile: {sorted(missing)}"

    @rule("check_post.is_pure")
    @needs(ChecksPost)
    def test_a_good_post_has_no_problem(self, bench: Bench) -> None:
        """Judges what the network takes, twice, without sending anything."""
        platform = bench.platform
        assert isinstance(platform, ChecksPost)
        desk = bench.desk()
        before = len(bench.control.requests())
        for sample in bench.kinds:
            part = desk.fresh(sample=sample)
            for _ in range(2):
                found = platform.check_post([part], desk.account)
                assert not found, f"a good {sample} has problems: {[one.message for one in found]}"
        asked = [one.path for one in bench.control.requests()[before:] if one.method != "GET"]
        assert not asked, f"check_post sent {asked}"

    @rule("counts_text.is_pure")
    @needs(CountsText)
    def test_text_is_counted(self, bench: Bench) -> None:
        """Counts texts; what is longer counts no less."""
        platform = bench.platform
        assert isinstance(platform, CountsText)
        assert platform.limits(None).text.unit == "weighted", "CountsText needs the unit `weighted`"
        assert platform.text_length("") == 0
        assert platform.text_length("ab") == 2 * platform.text_length("a") > 0
        assert platform.text_length(_TEXT) == platform.text_length(_TEXT)

    @rule("marks_text.in_order")
    @needs(MarksText)
    def test_marks_lie_inside_the_text_in_order(self, bench: Bench) -> None:
        """Marks a text with an address, a mention, a hashtag and a wide character."""
        platform = bench.platform
        assert isinstance(platform, MarksText)
        assert not platform.text_marks(""), "an empty text has marks"
        end = 0
        for mark in platform.text_marks(_TEXT):
            assert end <= mark.start < mark.end <= len(_TEXT), f"{mark!r} overlaps or lies outside"
            end = mark.end
            shown = _TEXT[mark.start : mark.end]
            signs = {"link": ("http",), "mention": ("@", "ada"), "hashtag": ("#", "news")}
            assert shown.startswith(signs[mark.kind]), f"the {mark.kind} is {shown!r}: code points?"

    @rule("quotas.declared_is_spent")
    @needs(DeclaresQuotas)
    def test_what_is_spent_is_declared(self, bench: Bench) -> None:
        """Adds up what one part spends, and compares it with what plans reckon."""
        platform = bench.platform
        assert isinstance(platform, DeclaresQuotas)
        declared = {one.name: one for one in platform.quotas}
        assert len(declared) == len(platform.quotas), "two quotas have one name"
        assert all(one.limit > 0 and one.window > 0 for one in declared.values())
        desk = bench.desk()
        desk.publish(desk.stage(desk.part()))
        spent: Counter[str] = Counter()
        for ctx in desk.contexts:
            for name, amount in ctx.spent:
                spent[name] += amount
            unknown = {one.name for one in ctx.readings} - set(declared)
            assert not unknown, f"readings of quotas that are not declared: {sorted(unknown)}"
        assert set(spent) <= set(declared), f"spent and not declared: {set(spent) - set(declared)}"
        for name, quota in declared.items():
            assert not quota.per_part or spent[name] == quota.per_part, (
                f"{name}: plans reckon {quota.per_part} for a part, {spent[name]} were spent"
            )


def _whole(figures: msgspec.Struct) -> None:
    """Wants figures that are totals, where they are told."""
    for name, value in msgspec.structs.asdict(figures).items():
        if name != "more":
            assert value is None or (isinstance(value, int) and value >= 0), f"{name} is {value!r}"
