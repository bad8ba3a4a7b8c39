"""Rules that hold the declared limits against what the practice network takes."""

from __future__ import annotations

import msgspec
import pytest

from mpcas2_hookspecs import CountsText, Part, PlatformError, Rejected, TextRule
from mpcas2_testing.bench import Bench
from mpcas2_testing.desk import Desk
from mpcas2_testing.fitting import fitting, rule_for, sample_kind
from mpcas2_testing.rules import rule

__all__ = ("LimitRules",)

_PLAIN, _WIDE = "a", "\N{GRINNING FACE}"
# What one wide character counts in each unit.
_WIDE_COUNTS = {"graphemes": 1, "codepoints": 1, "utf16": 2, "bytes": 4}
# More files than these take longer than a suite may.
_MOST_FILES = 12


class LimitRules:
    """Holds declared limits against the practice network; a subclass gives ``bench``."""

    @rule("limits.text")
    def test_a_text_at_the_limit_goes_out_and_one_above_is_refused(self, bench: Bench) -> None:
        """Publishes texts of plain and of wide characters, as long as declared and one longer."""
        desk = bench.desk()
        limit = desk.platform.limits(desk.account).text
        for posts, character in enumerate((_PLAIN, _WIDE), 1):
            count = _most(character, limit, bench)
            desk.journal.clear()
            _goes_out(desk, desk.part(character * count), f"{count} times {character!r}")
            assert bench.count_posts() == posts
            desk.journal.clear()
            above = desk.part(character * (count + 1))
            _is_refused(desk, above, f"{count + 1} times {character!r}")
            assert bench.count_posts() == posts

    @rule("limits.title")
    def test_a_title_at_the_limit_goes_out_and_one_above_is_refused(self, bench: Bench) -> None:
        """Publishes a title as long as declared, and one longer."""
        desk = bench.desk()
        limit = desk.platform.limits(desk.account).title
        if limit is None:
            pytest.skip("the network has no titles")
        count = _most(_PLAIN, limit, bench)
        _goes_out(desk, desk.part(title=_PLAIN * count), f"a title of {count}")
        desk.journal.clear()
        _is_refused(desk, desk.part(title=_PLAIN * (count + 1)), f"a title of {count + 1}")

    @rule("limits.counts")
    def test_as_many_files_as_declared_go_out_and_one_more_is_refused(self, bench: Bench) -> None:
        """Publishes as many pictures as declared, and one more."""
        desk = bench.desk()
        limits = desk.platform.limits(desk.account)
        several = [one for one in bench.kinds if one in {"images", "carousel"}]
        about = rule_for(limits, "image")
        if not several or about is None:
            pytest.skip("the network takes one file at most")
        count = min(about.max_count, limits.max_media or about.max_count)
        if count > _MOST_FILES:
            pytest.skip(f"{count} files take longer than a suite may")
        files = fitting(limits, several[0], count=count)
        _goes_out(desk, desk.part(sample=several[0], files=files), f"{count} pictures")
        desk.journal.clear()
        files = fitting(limits, several[0], count=count + 1)
        _is_refused(desk, desk.part(sample=several[0], files=files), f"{count + 1} pictures")

    @rule("limits.alt_text")
    def test_an_alternative_text_at_the_limit_goes_out(self, bench: Bench) -> None:
        """Publishes a picture with an alternative text as long as declared."""
        desk = bench.desk()
        limits = desk.platform.limits(desk.account)
        pictured = [one for one in bench.kinds if sample_kind(one) == "image"]
        about = rule_for(limits, "image")
        if not pictured or about is None or not about.alt_text_max_length:
            pytest.skip("the network takes no alternative texts")
        files = {
            msgspec.structs.replace(media, alt_text=_PLAIN * about.alt_text_max_length): content
            for media, content in fitting(limits, pictured[0]).items()
        }
        part = desk.part(sample=pictured[0], files=files)
        _goes_out(desk, part, f"an alternative text of {about.alt_text_max_length}")


def _most(character: str, limit: TextRule, bench: Bench) -> int:
    """Counts how often a character fits into a text."""
    if character == _PLAIN:
        cost = 1
    elif limit.unit == "weighted":
        platform = bench.platform
        assert isinstance(platform, CountsText), "the unit `weighted` needs text_length"
        cost = platform.text_length(character)
    else:
        cost = _WIDE_COUNTS[limit.unit]
    most = limit.max_length // cost
    return min(most, (limit.max_bytes or 10**9) // len(character.encode()))


def _goes_out(desk: Desk, part: Part, what: str) -> None:
    try:
        desk.published(part)
    except PlatformError as error:
        raise AssertionError(f"{what} fits the declared limits and is refused: {error}") from error


def _is_refused(desk: Desk, part: Part, what: str) -> None:
    try:
        desk.published(part)
    except Rejected:
        return
    except PlatformError as error:
        raise AssertionError(f"{what} must be Rejected, it came as {error!r}") from error
    raise AssertionError(f"{what} is above the declared limits and was taken")
