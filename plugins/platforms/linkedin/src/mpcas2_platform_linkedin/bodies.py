"""Builds what LinkedIn is sent for a post or a comment, and keeps what ``publish`` and ``find`` need."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

import msgspec

from mpcas2_hookspecs import Part
from mpcas2_platform_linkedin.little_text import escaped
from mpcas2_platform_linkedin.options import LinkOptions, PollOptions
from mpcas2_platform_linkedin.rules import options_of

__all__ = ("StagedComment", "StagedPost", "comment_body", "fingerprint", "post_body")


class StagedPost(msgspec.Struct, frozen=True, kw_only=True, rename="camel", tag="post"):
    """What ``stage`` chose for a post, as :attr:`~mpcas2_hookspecs.Staged.data` holds it.

    Attributes:
        body: The body of ``POST /rest/posts``.
        staged_at: When it was made.
        media: URNs of what was uploaded for it.
        warnings: What will not be as wished, for the person.
    """

    body: dict[str, Any]
    staged_at: datetime
    # Lists, because that is what comes back from the database.
    media: list[str] = []
    warnings: list[str] = []


class StagedComment(msgspec.Struct, frozen=True, kw_only=True, rename="camel", tag="comment"):
    """What ``stage`` chose for a first comment.

    Attributes:
        body: The body of ``POST /rest/socialActions/{post}/comments``.
        post: URN of the post that it hangs below.
        post_url: Address of that post.
        staged_at: When it was made.
    """

    body: dict[str, Any]
    post: str
    post_url: str | None
    staged_at: datetime


def post_body(part: Part, author: str, media: Sequence[str], thumbnail: str = "") -> dict[str, Any]:
    """Puts a part into the words of the API.

    Args:
        part: What to publish.
        author: URN of the member or page.
        media: URNs of its files, in order.
        thumbnail: URN of the picture of its link card; empty for none.
    """
    options = options_of(part)
    body: dict[str, Any] = {
        "author": author,
        "commentary": escaped(part.text),
        "visibility": options.visibility,
        "distribution": {
            "feedDistribution": "MAIN_FEED",
            "targetEntities": [],
            "thirdPartyDistributionChannels": [],
        },
        "lifecycleState": "PUBLISHED",
        "isReshareDisabledByAuthor": options.disable_reshare,
    }
    if media:
        body["content"] = _media(part, media)
    elif options.link is not None:
        body["content"] = {"article": _article(options.link, part.title, thumbnail)}
    elif options.poll is not None:
        body["content"] = {"poll": _poll(options.poll)}
    return body


def comment_body(actor: str, post: str, text: str) -> dict[str, Any]:
    """Makes the body of a comment, which is plain text."""
    return {"actor": actor, "object": post, "message": {"text": text}}


def fingerprint(body: dict[str, Any]) -> str:
    """Gives what tells two bodies apart, so that a mark in the journal is about one of them only."""
    return sha256(msgspec.json.encode(body, order="sorted")).hexdigest()[:32]


def _media(part: Part, media: Sequence[str]) -> dict[str, Any]:
    if len(media) > 1:
        pairs = zip(media, part.media, strict=True)
        return {"multiImage": {"images": [_image(urn, one.alt_text) for urn, one in pairs]}}
    [urn], [file] = media, part.media
    if file.kind == "image":
        return {"media": _image(urn, file.alt_text)}
    title = {"title": part.title} if part.title.strip() else {}
    return {"media": {"id": urn, **title}}


def _image(urn: str, alt_text: str) -> dict[str, str]:
    return {"id": urn, "altText": alt_text} if alt_text else {"id": urn}


def _article(link: LinkOptions, title: str, thumbnail: str) -> dict[str, str]:
    article = {"source": link.url, "title": title if link.title is None else link.title}
    if link.description:
        article["description"] = link.description
    if thumbnail:
        article["thumbnail"] = thumbnail
    return article


def _poll(poll: PollOptions) -> dict[str, Any]:
    return {
        "question": poll.question,
        "options": [{"text": choice} for choice in poll.choices],
        "settings": {"duration": poll.duration},
    }
