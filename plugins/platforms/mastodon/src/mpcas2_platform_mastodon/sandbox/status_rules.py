"""Judges a new post as the server does, and makes it."""

import re
from datetime import timedelta

from mpcas2_platform_mastodon.sandbox.accounts import Account
from mpcas2_platform_mastodon.sandbox.counting import countable, graphemes
from mpcas2_platform_mastodon.sandbox.media import Media
from mpcas2_platform_mastodon.sandbox.refusals import Refused, invalid
from mpcas2_platform_mastodon.sandbox.settings import MastodonSettings
from mpcas2_platform_mastodon.sandbox.state import MastodonState
from mpcas2_platform_mastodon.sandbox.status_request import PollRequest, StatusRequest
from mpcas2_platform_mastodon.sandbox.statuses import Status

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,4})?\Z")
_MOVING = ("video", "audio")


def made_status(
    state: MastodonState, author: Account, request: StatusRequest, *, key: str, app: str
) -> Status:
    """Makes a post, or finds the one that its Idempotency-Key made within the last hour.

    Args:
        state: What the network remembers.
        author: Who posts.
        request: What was sent.
        key: The Idempotency-Key; empty for none.
        app: The name of the app that sent it.

    Raises:
        Refused: It breaks a rule.
    """
    now = state.core.clock.now()
    parent = _parent(state, author, request.in_reply_to_id or "")
    quoted = _quoted(state, author, request.quoted_status_id or "")
    since = now - timedelta(seconds=state.settings.idempotency_seconds)
    made_before = state.statuses.made_with(author, key, since)
    if made_before is not None:
        state.statuses.repeated += 1
        found = state.statuses.find(made_before, author)
        if found is None:
            raise Refused(404)
        return found
    media = _media(state, author, request)
    text, spoiler = request.status or "", request.spoiler_text or ""
    if not text.strip() and spoiler:
        # A warning with nothing behind it is the text.
        text, spoiler = spoiler, ""
    faults = _text_faults(text, spoiler, bool(media) or quoted is not None, state.settings)
    if request.poll is not None:
        faults += _poll_faults(request.poll, state.settings)
    if request.scheduled_at:
        faults.append("Scheduled at is not played by this practice network")
    if faults:
        raise invalid(*faults)
    status = Status(
        id=state.numbers.next(now),
        author=author,
        text=text,
        spoiler_text=spoiler,
        visibility=request.visibility or "public",
        sensitive=bool(request.sensitive) or bool(spoiler),
        language=_language(request.language),
        media=media,
        poll=request.poll,
        parent=parent,
        quoted=quoted,
        app=app,
        idempotency_key=key,
        quote_policy=request.quote_approval_policy or "public",
        created_at=now,
    )
    state.statuses.add(status)
    for one in media:
        one.status_id = status.id
    return status


def _language(code: str | None) -> str:
    # A code that the server does not know is no error; the account's own language is taken.
    return code if code is not None and _LANGUAGE.match(code) else "en"


def _parent(state: MastodonState, author: Account, status_id: str) -> Status | None:
    if not status_id:
        return None
    found = state.statuses.find(status_id, author)
    if found is None:
        sentence = "The post you are trying to reply to does not appear to exist."
        raise Refused(404, sentence)
    return found


def _quoted(state: MastodonState, author: Account, status_id: str) -> Status | None:
    if not status_id:
        return None
    found = state.statuses.find(status_id, author)
    if found is None:
        raise Refused(404, "The post you are trying to quote does not appear to exist.")
    closed = found.quote_policy != "public" or found.visibility not in {"public", "unlisted"}
    if closed and found.author is not author:
        raise Refused(403)
    return found


def _media(state: MastodonState, author: Account, request: StatusRequest) -> tuple[Media, ...]:
    ids = tuple(dict.fromkeys(one for one in request.media_ids or () if one))
    most = state.settings.max_media
    if not ids:
        return ()
    if len(ids) > most or request.poll is not None:
        raise Refused(422, f"Cannot attach more than {most} files")
    found = [state.media.free(one, author) for one in ids]
    missing = [one for one, media in zip(ids, found, strict=True) if media is None]
    if missing:
        named = ", ".join(missing)
        raise Refused(422, f"Media {named} not found or already attached to another post")
    media = tuple(one for one in found if one is not None)
    if len(media) > 1 and any(one.look.kind in _MOVING for one in media):
        raise Refused(422, "Cannot attach a video to a post that already contains images")
    if any(state.media.state(one) != "ready" for one in media):
        sentence = "Cannot attach files that have not finished processing. Try again in a moment!"
        raise Refused(422, sentence)
    return media


def _text_faults(
    text: str, spoiler: str, may_be_empty: bool, settings: MastodonSettings
) -> list[str]:
    if not text.strip() and not may_be_empty:
        return ["Text can't be blank"]
    most = settings.max_characters
    if countable(spoiler, text, settings.characters_per_url) > most:
        return [f"Text character limit of {most} exceeded"]
    return []


def _poll_faults(poll: PollRequest, settings: MastodonSettings) -> list[str]:
    options = [one.strip() for one in poll.options if one.strip()]
    most, longest = settings.poll_options, settings.poll_option_characters
    faults: list[str] = []
    if len(options) <= 1:
        faults.append("Poll options must have more than one item")
    if len(options) > most:
        faults.append(f"Poll options can't contain more than {most} items")
    if any(graphemes(one) > longest for one in options):
        faults.append(f"Poll options cannot be longer than {longest} characters each")
    if len(set(options)) != len(options):
        faults.append("Poll options contain duplicate items")
    if poll.expires_in is None or poll.expires_in > settings.poll_max_seconds:
        faults.append("Poll expires at is too far into the future")
    elif poll.expires_in < settings.poll_min_seconds:
        faults.append("Poll expires at is too soon")
    return faults
