"""The routes about media."""

import msgspec

from mpcas2_platform_mastodon.sandbox.calls import Answer, Call
from mpcas2_platform_mastodon.sandbox.counting import graphemes
from mpcas2_platform_mastodon.sandbox.media import Media
from mpcas2_platform_mastodon.sandbox.parameters import Upload
from mpcas2_platform_mastodon.sandbox.refusals import Refused, invalid
from mpcas2_platform_mastodon.sandbox.shapes import Shapes

_PROCESSING_FAILED = "Error processing thumbnail for uploaded media"


class MediaWords(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is said about a file."""

    description: str | None = None
    focus: str | None = None


def upload(call: Call) -> Answer:
    """Takes a file (``POST /api/v2/media``): 200 when it is ready, 202 while it is processed."""
    account = call.account
    given = call.parameters.pop("file", None)
    # A cover of one's own is taken and not looked at: no page here shows one.
    call.parameters.pop("thumbnail", None)
    if not isinstance(given, Upload):
        raise invalid("File can't be blank")
    words = call.read(MediaWords)
    focus = _checked(call, words)
    media = call.state.media.take(account, given, call.state.settings)
    media.description = words.description or ""
    media.focus = focus
    ready = call.state.media.state(media) == "ready"
    return _shown(call, media, 200 if ready else 202)


def show(call: Call) -> Answer:
    """Tells how far a file is (``GET /api/v1/media/{id}``)."""
    return _told(call, _own(call))


def change(call: Call) -> Answer:
    """Changes what is said about a file (``PUT /api/v1/media/{id}``)."""
    media = _own(call)
    call.parameters.pop("thumbnail", None)
    words = call.read(MediaWords)
    focus = _checked(call, words)
    if words.description is not None:
        media.description = words.description
    if focus is not None:
        media.focus = focus
    return _told(call, media)


def remove(call: Call) -> Answer:
    """Deletes a file that belongs to no post (``DELETE /api/v1/media/{id}``)."""
    media = call.state.media.find(call.path["id"])
    if media is None or media.owner is not call.account:
        raise Refused(404)
    if media.status_id is not None:
        raise Refused(422, "Media attachment is currently used by a status")
    call.state.media.remove(media)
    return Answer(body={})


def _own(call: Call) -> Media:
    media = call.state.media.free(call.path["id"], call.account)
    if media is None:
        raise Refused(404)
    if call.state.media.state(media) == "failed":
        raise Refused(422, _PROCESSING_FAILED)
    return media


def _told(call: Call, media: Media) -> Answer:
    processing = call.state.media.state(media) == "processing"
    return _shown(call, media, 206 if processing else 200)


def _shown(call: Call, media: Media, status: int) -> Answer:
    return Answer(body=Shapes(call.state, call.base_url).media(media), status=status)


def _checked(call: Call, words: MediaWords) -> tuple[float, float] | None:
    limit = call.state.settings.description_limit
    if graphemes(words.description or "") > limit:
        raise invalid(f"Description is too long (maximum is {limit} characters)")
    if not words.focus:
        return None
    try:
        x, y = (float(one) for one in words.focus.split(","))
    except ValueError as error:
        raise invalid("Focus must be two numbers") from error
    if not (-1 <= x <= 1 and -1 <= y <= 1):
        raise invalid("Focus must lie between -1 and 1")
    return x, y
