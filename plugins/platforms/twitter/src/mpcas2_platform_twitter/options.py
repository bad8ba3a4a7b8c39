"""X's own fields of a post; their JSON schema drives forms, API and validation.

Every part of a thread is given the same options. Poll, quoted post, community and reply settings are
about the first part: replies follow it, and the setting holds for the whole conversation. The two
disclosures go on every part, because each part can be seen alone.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

__all__ = ("PollOptions", "ReplySettings", "XOptions")

ReplySettings = Literal["following", "mentionedUsers", "subscribers", "verified"]
"""Who may reply, in the words of the API; everybody may when it is left out."""

Choice = Annotated[
    str,
    Meta(min_length=1, max_length=25, title="Choice", description="One answer of the poll."),
]
Snowflake = Annotated[str, Meta(pattern=r"^[0-9]{1,19}$")]


class PollOptions(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"
):
    """A poll below the text.

    Attributes:
        options: Two to four answers to choose from.
        duration_minutes: How long votes are taken.
    """

    options: Annotated[
        tuple[Choice, ...],
        Meta(
            min_length=2,
            max_length=4,
            title="Choices",
            description="Two to four answers of at most 25 characters each.",
        ),
    ]
    duration_minutes: Annotated[
        int,
        Meta(
            ge=5,
            le=10_080,
            title="Duration",
            description="Minutes in which votes are taken: five minutes to seven days.",
        ),
    ] = 1_440


class XOptions(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"
):
    """What a post on X may carry beside text and media.

    Attributes:
        poll: A poll; a post has either a poll or media or a quoted post.
        reply_settings: Who may reply; None for everybody.
        made_with_ai: Discloses media made with AI.
        paid_partnership: Discloses that the post is paid for.
        quote_post_id: The post that is quoted.
        community_id: The community that the post goes to.
    """

    poll: Annotated[
        PollOptions | None,
        Meta(
            title="Poll",
            description="A poll below the first post. It excludes media and a quoted post.",
        ),
    ] = None
    reply_settings: Annotated[
        ReplySettings | None,
        Meta(
            title="Who can reply",
            description="Accounts that you follow, that you mention, your subscribers, or verified "
            "accounts; everybody when left out. It holds for the whole thread.",
        ),
    ] = None
    made_with_ai: Annotated[
        bool,
        Meta(
            title="Made with AI",
            description="Discloses that the post has media made with AI; on every post of a thread.",
        ),
    ] = False
    paid_partnership: Annotated[
        bool,
        Meta(
            title="Paid partnership",
            description="Discloses that the post is paid promotion; on every post of a thread.",
        ),
    ] = False
    quote_post_id: Annotated[
        Snowflake | None,
        Meta(
            title="Quoted post",
            description="Id of a post to quote in the first post: the digits at the end of its "
            "address. Apps on pay-per-use may not quote.",
        ),
    ] = None
    community_id: Annotated[
        Snowflake | None,
        Meta(
            title="Community",
            description="Id of the community that the first post goes to: the digits in its address.",
        ),
    ] = None
