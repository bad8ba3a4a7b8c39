from __future__ import annotations

from typing import Any

import msgspec
import pytest

from mpcas2_hookspecs import Account, Media, Part
from mpcas2_platform_linkedin.adapter import LinkedInPlatform
from mpcas2_platform_linkedin.options import LinkedInOptions, LinkOptions, PollOptions
from mpcas2_platform_linkedin.rules import limits_of, part_problems

PICTURE = Media(id="p", kind="image", mime_type="image/png", size=9)
PDF = Media(id="d", kind="document", mime_type="application/pdf", size=9)
LINK = LinkOptions(url="https://example.com/", title="Example")
POLL = PollOptions(question="Which?", choices=("One", "Two"))


def account(urn: str, *scopes: str) -> Account:
    return Account(
        id="a",
        platform="linkedin",
        platform_account_id=urn,
        username="ada",
        data={"scopes": list(scopes)},
    )


MEMBER = account("urn:li:person:1")
PAGE = account("urn:li:organization:1")

# What is wrong, the part, and the fields that are named.
TABLE: list[tuple[str, Part, list[str]]] = [
    ("nothing", Part(index=0, text="Hello"), []),
    ("a picture alone", Part(index=0, text="", media=(PICTURE,)), []),
    ("a link alone", Part(index=0, text="", options=LinkedInOptions(link=LINK)), []),
    ("a poll alone", Part(index=0, text="", options=LinkedInOptions(poll=POLL)), []),
    ("a comment", Part(index=1, role="comment", text="First"), []),
    ("empty", Part(index=0, text="  "), ["text"]),
    (
        "poll and picture",
        Part(index=0, text="x", media=(PICTURE,), options=LinkedInOptions(poll=POLL)),
        ["options.poll"],
    ),
    (
        "poll and link",
        Part(index=0, text="x", options=LinkedInOptions(poll=POLL, link=LINK)),
        ["options.poll"],
    ),
    (
        "link and picture",
        Part(index=0, text="x", media=(PICTURE,), options=LinkedInOptions(link=LINK)),
        ["options.link"],
    ),
    (
        "link without heading",
        Part(index=0, text="x", options=LinkedInOptions(link=LinkOptions(url="https://e.org"))),
        ["options.link"],
    ),
    (
        "link headed by the title",
        Part(
            index=0,
            text="x",
            title="Heading",
            options=LinkedInOptions(link=LinkOptions(url="https://e.org")),
        ),
        [],
    ),
    (
        "link with too long a heading",
        Part(
            index=0,
            text="x",
            options=LinkedInOptions(link=LinkOptions(url="https://e.org", title="t" * 401)),
        ),
        ["options.link"],
    ),
    ("document without title", Part(index=0, text="x", media=(PDF,)), ["title"]),
    ("document with title", Part(index=0, text="x", title="Report", media=(PDF,)), []),
    ("title too long", Part(index=0, text="x", title="t" * 401), ["title"]),
]


@pytest.mark.parametrize(("_what", "part", "fields"), TABLE, ids=[row[0] for row in TABLE])
def test_each_rule_names_its_field(_what: str, part: Part, fields: list[str]) -> None:
    assert [one.field for one in part_problems(part, MEMBER)] == fields


def test_a_page_cannot_post_to_connections() -> None:
    part = Part(index=0, text="x", options=LinkedInOptions(visibility="CONNECTIONS"))
    assert [one.field for one in part_problems(part, PAGE)] == ["options.visibility"]
    assert not list(part_problems(part, MEMBER))


def test_a_comment_needs_the_scope_of_its_kind_of_account() -> None:
    feeds = ("w_member_social_feed", "w_organization_social_feed")
    assert limits_of(None, ()).comment is None
    assert limits_of(None, feeds).comment is not None
    for urn, scope in zip(("urn:li:person:1", "urn:li:organization:1"), feeds, strict=True):
        assert limits_of(account(urn, scope), ()).comment is not None
        assert limits_of(account(urn, *set(feeds) - {scope}), ()).comment is None
    assert limits_of(PAGE, feeds).comment is None


BAD_OPTIONS: list[dict[str, Any]] = [
    {"visibility": "SECRET"},
    {"poll": {"question": "Which?", "choices": ["One"]}},
    {"poll": {"question": "Which?", "choices": ["1", "2", "3", "4", "5"]}},
    {"poll": {"question": "q" * 141, "choices": ["One", "Two"]}},
    {"poll": {"question": "Which?", "choices": ["One", "x" * 31]}},
    {"poll": {"question": "Which?", "choices": ["One", "Two"], "duration": "TWO_DAYS"}},
    {"link": {"url": "example.com"}},
    {"unknown": 1},
]


@pytest.mark.parametrize("options", BAD_OPTIONS)
def test_options_that_linkedin_does_not_have_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(options, LinkedInOptions)


def test_a_setting_decides_what_is_asked_for() -> None:
    usual: dict[str, Any] = {
        "api_url": "https://api",
        "web_url": "https://web/linkedin/",
        "api_version": "202607",
        "organizations": True,
        "more_scopes": "w_member_social_feed, profile",
    }
    consent = LinkedInPlatform(usual).consent
    assert consent.url == "https://web/linkedin/oauth/v2/authorization"
    assert consent.scopes == (
        "openid",
        "profile",
        "w_member_social",
        "w_organization_social",
        "r_organization_social",
        "rw_organization_admin",
        "w_member_social_feed",
    )
    assert consent.required == ("openid", "profile", "w_member_social")
