from datetime import UTC, datetime
from uuid import UUID

import msgspec
import pytest

from mpcas2_core.content.rows import ContentChange, ContentRow, NewContent
from mpcas2_core.content.wording import changed, checked, file_name
from mpcas2_core.errors import InvalidInput

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ROW = ContentRow(
    id=UUID(int=1),
    type="text",
    title="Title",
    description="More",
    text="Words",
    alt_text=None,
    tags=("a",),
    status="ready",
    file=None,
    created_at=NOW,
    updated_at=NOW,
)


def test_words_are_tidied() -> None:
    new = NewContent(
        title="  A title \n", type="text", text=" kept as it is ", description=" ", tags=("b", " b")
    )
    tidy = checked(new, has_file=False)
    assert (tidy.title, tidy.text, tidy.description, tidy.tags) == (
        "A title",
        " kept as it is ",
        None,
        ("b",),
    )


@pytest.mark.parametrize(
    ("change", "has_file", "field"),
    [
        ({"title": " "}, False, "title"),
        ({"title": "x" * 501}, False, "title"),
        ({"title": "a\x00b"}, False, "title"),
        ({"title": "a\ud800b"}, False, "title"),
        ({"text": None}, False, "text"),
        ({"text": "  "}, False, "text"),
        ({"text": "x" * 100_001}, False, "text"),
        ({"text": "a\x00b"}, False, "text"),
        ({"description": "x" * 10_001}, False, "description"),
        ({"alt_text": "a\x00b"}, False, "altText"),
        ({"tags": ("",)}, False, "tags"),
        ({"tags": ("x" * 101,)}, False, "tags"),
        ({"tags": ("a\x00",)}, False, "tags"),
        ({"tags": tuple(str(number) for number in range(101))}, False, "tags"),
        ({}, True, "file"),
        ({"type": "image"}, False, "file"),
    ],
)
def test_words_that_cannot_be_stored_are_refused_with_their_field(
    change: dict[str, object], has_file: bool, field: str
) -> None:
    new = msgspec.structs.replace(NewContent(title="T", type="text", text="W"), **change)
    with pytest.raises(InvalidInput) as caught:
        checked(new, has_file=has_file)
    assert caught.value.details == {"field": field}


def test_a_change_leaves_what_it_does_not_name() -> None:
    row = changed(ROW, ContentChange(title=" New ", description=None, status="archived"))
    assert (row.title, row.description, row.text, row.tags, row.status) == (
        "New",
        None,
        "Words",
        ("a",),
        "archived",
    )


def test_text_content_keeps_some_text() -> None:
    with pytest.raises(InvalidInput, match="needs a text"):
        changed(ROW, ContentChange(text=""))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("cat.jpg", "cat.jpg"),
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\cat.jpg", "cat.jpg"),
        ("a\x00b\r\nc.jpg", "abc.jpg"),
        ("gpj\u202egnp.exe", "gpjgnp.exe"),
        (".htaccess", "htaccess"),
        ("..", "file"),
        ("", "file"),
        (None, "file"),
        ("Bär.png", "Bär.png"),
        ("x" * 300 + ".jpeg", "x" * 250 + ".jpeg"),
        ("ä" * 300, "ä" * 127),
    ],
)
def test_a_file_name_is_made_safe(given: str | None, kept: str) -> None:
    assert file_name(given) == kept
