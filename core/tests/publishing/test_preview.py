"""A preview shows a text as its network counts, folds and marks it."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4

import msgspec
import pytest

from mpcas2_core.accounts.store import AccountRow, LatePolicy
from mpcas2_core.content.rows import MediaFile
from mpcas2_core.publishing.compose import ComposedPart, PostMetadata
from mpcas2_core.publishing.jobs import NewJob
from mpcas2_core.publishing.marks import marks_of
from mpcas2_core.publishing.preview import AccountPreview, preview_of
from mpcas2_hookspecs import Account, Limits, MediaRule, TextMark, TextRule


class NoOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Plain:
    """As much of a platform as a preview looks at."""

    key = "plain"
    title = "Plain"
    options = NoOptions

    def limits(self, _account: Account | None) -> Limits:
        return Limits(
            text=TextRule(max_length=20, unit="graphemes", folds_at=5, max_bytes=60),
            media=(
                MediaRule(kind="image", mime_types=("image/png",), max_count=4, max_bytes=9),
                MediaRule(
                    kind="video",
                    mime_types=("video/mp4",),
                    max_count=1,
                    max_bytes=9,
                    alt_text_max_length=100,
                ),
            ),
        )


class Marking(Plain):
    """A network that shortens what it marks."""

    def text_marks(self, text: str) -> tuple[TextMark, ...]:
        return (
            TextMark(start=0, end=len(text), kind="link", shown="short", url="https://s.example"),
        )


def file(kind: str) -> MediaFile:
    return MediaFile(
        content_id=uuid4(),
        kind=kind,  # type: ignore[arg-type]  # one of them
        mime_type="image/png",
        size=5,
        sha256="0" * 64,
        alt_text="A cat",
    )


def previewed(*parts: ComposedPart, network: Plain | None = None) -> AccountPreview:
    account = AccountRow(
        id=UUID(int=1),
        platform="plain",
        platform_account_id="a",
        username="ada",
        display_name=None,
        avatar_url=None,
        data={},
        status="connected",
        status_reason=None,
        late_policy=LatePolicy(),
        connected_at=datetime.now(UTC),
    )
    job = NewJob(account=account, wishes=PostMetadata(), options={}, parts=parts)
    return preview_of(job, network or Plain())  # type: ignore[arg-type]  # it publishes nothing


@pytest.mark.parametrize(
    ("text", "length", "folded"),
    [
        ("12345", 5, None),
        ("123456", 6, "12345"),
        ("1234 6", 6, "1234"),
        ("👩‍👩‍👧👍🏽e\u0301xyz", 6, "👩‍👩‍👧👍🏽e\u0301xy"),
        ("", 0, None),
    ],
)
def test_a_text_is_counted_and_folded_between_characters(
    text: str, length: int, folded: str | None
) -> None:
    shown = previewed(ComposedPart(text=text)).parts[0].text
    assert (shown.length, shown.folded) == (length, folded)
    assert shown.size == len(text.encode())


def test_files_bear_an_alternative_text_only_where_the_network_takes_one() -> None:
    (part,) = previewed(ComposedPart(text="", media=(file("image"), file("video")))).parts
    assert [one.alt_text for one in part.media] == ["", "A cat"]


def test_a_comment_is_shown_even_where_none_is_taken() -> None:
    shown = previewed(ComposedPart(text="Hi"), ComposedPart(text="More", role="comment"))
    assert len(shown.parts) == 1
    assert shown.first_comment is not None
    assert (shown.first_comment.length, shown.first_comment.rule) == (4, None)


def test_an_adapter_that_marks_is_believed() -> None:
    (mark,) = previewed(ComposedPart(text="any"), network=Marking()).parts[0].text.marks
    assert (mark.shown, mark.url) == ("short", "https://s.example")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("See https://example.org/a?b=1#c.", [("link", "https://example.org/a?b=1#c")]),
        ("(http://example.org)", [("link", "http://example.org")]),
        (
            "hi @ada, @bob@example.social!",
            [("mention", "@ada"), ("mention", "@bob@example.social")],
        ),
        ("mail me@example.org", []),
        (
            "#one #2two #3 a#b &#38; #über",
            [("hashtag", "#one"), ("hashtag", "#2two"), ("hashtag", "#über")],
        ),
        ("https://example.org/@ada/#tag", [("link", "https://example.org/@ada/#tag")]),
        ("", []),
    ],
)
def test_links_mentions_and_hashtags_are_found(text: str, found: list[tuple[str, str]]) -> None:
    marks = marks_of(text, Plain())  # type: ignore[arg-type]  # as above
    assert [(mark.kind, text[mark.start : mark.end]) for mark in marks] == found
