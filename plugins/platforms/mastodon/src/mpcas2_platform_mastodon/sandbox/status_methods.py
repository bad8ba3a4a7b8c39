"""The routes about posts and accounts."""

import urllib.parse
from datetime import timedelta
from typing import Annotated, Any

import msgspec

from mpcas2_platform_mastodon.sandbox.accounts import Account
from mpcas2_platform_mastodon.sandbox.calls import Answer, Call
from mpcas2_platform_mastodon.sandbox.refusals import Refused
from mpcas2_platform_mastodon.sandbox.shapes import Shapes
from mpcas2_platform_mastodon.sandbox.status_request import StatusRequest
from mpcas2_platform_mastodon.sandbox.status_rules import made_status
from mpcas2_platform_mastodon.sandbox.statuses import Status

_MAX_LISTED = 40
_MAX_ASKED = 20


class Listing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The query of ``GET /api/v1/accounts/{id}/statuses``."""

    limit: Annotated[int, msgspec.Meta(ge=1)] = 20
    max_id: str = ""
    min_id: str = ""
    since_id: str = ""
    exclude_replies: bool = False
    exclude_reblogs: bool = False
    only_media: bool = False
    pinned: bool = False
    tagged: str = ""


def verify_credentials(call: Call) -> Answer:
    """Tells who calls (``GET /api/v1/accounts/verify_credentials``)."""
    return Answer(body=_shapes(call).own_account(call.account))


def show_account(call: Call) -> Answer:
    """Shows an account (``GET /api/v1/accounts/{id}``)."""
    return Answer(body=_shapes(call).account(_account(call)))


def create(call: Call) -> Answer:
    """Makes a post (``POST /api/v1/statuses``)."""
    account = call.account
    key = call.headers.get("idempotency-key", "").strip()
    status = made_status(call.state, account, call.read(StatusRequest), key=key, app=call.app_name)
    return _shown(call, status)


def show(call: Call) -> Answer:
    """Shows a post (``GET /api/v1/statuses/{id}``)."""
    return _shown(call, _status(call))


def show_several(call: Call) -> Answer:
    """Shows those of several posts that exist (``GET /api/v1/statuses``)."""
    ids = call.parameters.get("id", [])
    if not isinstance(ids, list):
        raise Refused(400, "Invalid query parameters: id: expected Array")
    found = [call.state.statuses.find(str(one), call.viewer) for one in ids[:_MAX_ASKED]]
    return _listed(call, [one for one in found if one is not None])


def show_source(call: Call) -> Answer:
    """Shows an own post as it was written (``GET /api/v1/statuses/{id}/source``)."""
    status = _own(call)
    return Answer(body={"id": status.id, "text": status.text, "spoiler_text": status.spoiler_text})


def show_context(call: Call) -> Answer:
    """Shows what stands above and below a post (``GET /api/v1/statuses/{id}/context``)."""
    status, book, shapes = _status(call), call.state.statuses, _shapes(call)

    def seen(statuses: list[Status]) -> list[dict[str, Any]]:
        return [shapes.status(one, call.viewer) for one in statuses if one.visible_to(call.viewer)]

    above, below = seen(book.ancestors(status)), seen(book.descendants(status))
    return Answer(body={"ancestors": above, "descendants": below})


def delete(call: Call) -> Answer:
    """Deletes an own post (``DELETE /api/v1/statuses/{id}``); its files are free again."""
    status = _own(call)
    shown = {**_shapes(call).status(status, call.viewer), "text": status.text}
    call.state.statuses.remove(status)
    for media in status.media:
        media.status_id = None
        if call.parameters.get("delete_media") in {"true", "1", True}:
            call.state.media.remove(media)
    return Answer(body=shown)


def show_poll(call: Call) -> Answer:
    """Shows a poll (``GET /api/v1/polls/{id}``), whose number is that of its post here."""
    poll = _shapes(call).poll(_status(call))
    if poll is None:
        raise Refused(404)
    return Answer(body=poll)


def list_statuses(call: Call) -> Answer:
    """Lists an account's posts, the newest first (``GET /api/v1/accounts/{id}/statuses``)."""
    account, listing = _account(call), call.read(Listing)
    settings, now = call.state.settings, call.state.core.clock.now()
    latest = now - timedelta(seconds=settings.timeline_lag_seconds)
    found = [
        one
        for one in call.state.statuses.of(account, call.viewer)
        if one.created_at <= latest and _wanted(one, listing)
    ]
    count = min(listing.limit, _MAX_LISTED)
    page = found[-count:] if listing.min_id else found[:count]
    return Answer(body=_listed(call, page).body, headers=_links(call, page))


def _wanted(status: Status, listing: Listing) -> bool:
    number, parent = int(status.id), status.parent
    if listing.pinned:
        return False
    if listing.exclude_replies and parent is not None and parent.author is not status.author:
        return False
    if listing.only_media and not status.media:
        return False
    if listing.tagged and f"#{listing.tagged.lower()}" not in status.text.lower():
        return False
    return (
        (not listing.max_id or number < _number(listing.max_id))
        and (not listing.min_id or number > _number(listing.min_id))
        and (not listing.since_id or number > _number(listing.since_id))
    )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0


def _links(call: Call, page: list[Status]) -> dict[str, str]:
    if not page:
        return {}
    address = f"{call.base_url}/api/v1/accounts/{call.path['id']}/statuses"
    kept = {
        name: str(value)
        for name, value in call.parameters.items()
        if name not in {"max_id", "min_id", "since_id"}
    }
    older = urllib.parse.urlencode({**kept, "max_id": page[-1].id})
    newer = urllib.parse.urlencode({**kept, "min_id": page[0].id})
    return {"Link": f'<{address}?{older}>; rel="next", <{address}?{newer}>; rel="prev"'}


def _shapes(call: Call) -> Shapes:
    return Shapes(call.state, call.base_url)


def _shown(call: Call, status: Status) -> Answer:
    return Answer(body=_shapes(call).status(status, call.viewer))


def _listed(call: Call, statuses: list[Status]) -> Answer:
    shapes = _shapes(call)
    return Answer(body=[shapes.status(one, call.viewer) for one in statuses])


def _account(call: Call) -> Account:
    account = call.state.accounts.by_id(call.path["id"])
    if account is None:
        raise Refused(404)
    return account


def _status(call: Call) -> Status:
    status = call.state.statuses.find(call.path["id"], call.viewer)
    if status is None:
        raise Refused(404)
    return status


def _own(call: Call) -> Status:
    status = _status(call)
    if status.author is not call.account:
        raise Refused(404)
    return status
