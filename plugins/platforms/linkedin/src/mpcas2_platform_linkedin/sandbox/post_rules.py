"""What a new post must keep to beyond the shape of its body."""

import re
from collections.abc import Sequence

from msgspec import UNSET, UnsetType

from mpcas2_platform_linkedin.sandbox import little_text
from mpcas2_platform_linkedin.sandbox.calls import urn_of
from mpcas2_platform_linkedin.sandbox.directory import Author, Organization
from mpcas2_platform_linkedin.sandbox.media import Asset, MediaBook
from mpcas2_platform_linkedin.sandbox.post_body import Article, Content, Poll, PostBody
from mpcas2_platform_linkedin.sandbox.refusals import Refused, bad_field

COMMENTARY = 3000
ALT_TEXT = 4086
TITLE = 400
IMAGES = (2, 20)
POLL_QUESTION = 140
POLL_OPTION = 30
POLL_OPTIONS = (2, 4)
_ADDRESS = re.compile(r"https?://[^\s/]+\.?[^\s]*\Z")


def check_post(body: PostBody, author: Author, book: MediaBook) -> tuple[Asset, ...]:
    """Returns the uploads that a new post shows.

    Args:
        body: The post.
        author: In whose name.
        book: All uploads.

    Raises:
        Refused: Something about it is wrong.
    """
    if little_text.length(body.commentary) > COMMENTARY:
        description = f"commentary is longer than {COMMENTARY} characters"
        raise bad_field("/commentary", description, "FIELD_LENGTH_TOO_LONG")
    if isinstance(author, Organization) and body.visibility == "CONNECTIONS":
        raise bad_field("/visibility", "An organization has no connections")
    if body.distribution.target_entities and not isinstance(author, Organization):
        raise bad_field("/distribution/targetEntities", "Only organizations can target")
    if body.content is UNSET:
        if not body.commentary.strip():
            raise bad_field("/commentary", "A post needs words or content", "MISSING_FIELD")
        return ()
    return _content(body.content, author, book)


def _content(content: Content, author: Author, book: MediaBook) -> tuple[Asset, ...]:
    given = [
        one
        for one in (content.media, content.multi_image, content.article, content.poll)
        if one is not UNSET
    ]
    if len(given) != 1:
        raise bad_field(
            "/content", "content must be exactly one of media, multiImage, article, poll"
        )
    if content.poll is not UNSET:
        _poll(content.poll)
        return ()
    if content.article is not UNSET:
        return _article(content.article, author, book)
    if content.media is not UNSET:
        one = content.media
        _within("/content/media/title", one.title, TITLE)
        _within("/content/media/altText", one.alt_text, ALT_TEXT)
        kinds = ("image", "video", "document")
        found = _asset("/content/media/id", one.id, kinds, author, book)
        if found.kind == "document" and not one.title:
            raise bad_field("/content/media/title", "A document needs a title", "MISSING_FIELD")
        return (found,)
    images = () if content.multi_image is UNSET else content.multi_image.images
    if not IMAGES[0] <= len(images) <= IMAGES[1]:
        raise bad_field("/content/multiImage/images", f"{IMAGES[0]} to {IMAGES[1]} images")
    for image in images:
        _within("/content/multiImage/images/altText", image.alt_text, ALT_TEXT)
    place = "/content/multiImage/images/id"
    return tuple(_asset(place, image.id, ("image",), author, book) for image in images)


def _asset(field: str, urn: str, kinds: Sequence[str], author: Author, book: MediaBook) -> Asset:
    urn_of(urn, *kinds)
    asset = book.find(urn.rpartition(":")[2])
    if asset is None or asset.urn != urn:
        raise bad_field(field, f"The URN {urn} does not exist", "INVALID_URN_ID")
    if asset.owner is not author:
        raise bad_field(field, "The media is not the author's", "INVALID_CONTENT_OWNERSHIP")
    status = book.status(asset)
    if status == "PROCESSING_FAILED":
        message = f"Media asset failed processing: {urn}"
        raise Refused(400, message, code="MEDIA_ASSET_PROCESSING_FAILED")
    if status != "AVAILABLE":
        raise Refused(400, "Media asset is waiting upload", code="MEDIA_ASSET_WAITING_UPLOAD")
    return asset


def _article(article: Article, author: Author, book: MediaBook) -> tuple[Asset, ...]:
    if _ADDRESS.match(article.source) is None:
        raise bad_field("/content/article/source", "source must be a web address")
    if not article.title.strip():
        raise bad_field("/content/article/title", "title is empty", "MISSING_FIELD")
    _within("/content/article/title", article.title, TITLE)
    _within("/content/article/description", article.description, ALT_TEXT)
    if article.thumbnail is UNSET:
        return ()
    place = "/content/article/thumbnail"
    return (_asset(place, article.thumbnail, ("image",), author, book),)


def _poll(poll: Poll) -> None:
    if not poll.question.strip():
        raise bad_field("/content/poll/question", "question is empty", "MISSING_FIELD")
    _within("/content/poll/question", poll.question, POLL_QUESTION)
    if not POLL_OPTIONS[0] <= len(poll.options) <= POLL_OPTIONS[1]:
        raise bad_field("/content/poll/options", f"{POLL_OPTIONS[0]} to {POLL_OPTIONS[1]} options")
    for option in poll.options:
        if not option.text.strip():
            raise bad_field("/content/poll/options/text", "text is empty", "MISSING_FIELD")
        _within("/content/poll/options/text", option.text, POLL_OPTION)


def _within(field: str, text: str | UnsetType, most: int) -> None:
    if text is not UNSET and len(text) > most:
        description = f"{field} is longer than {most} characters"
        raise bad_field(field, description, "FIELD_LENGTH_TOO_LONG")
