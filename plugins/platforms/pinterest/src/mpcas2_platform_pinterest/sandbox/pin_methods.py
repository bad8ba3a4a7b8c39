"""Pins: making, reading, listing and deleting them."""

from mpcas2_platform_pinterest.sandbox.calls import Call, Method, Reply
from mpcas2_platform_pinterest.sandbox.pictures import pictures_of
from mpcas2_platform_pinterest.sandbox.pin_body import PinBody, VideoSource, check_pin
from mpcas2_platform_pinterest.sandbox.pin_shape import pin_shown
from mpcas2_platform_pinterest.sandbox.pinners import Board
from mpcas2_platform_pinterest.sandbox.pins import Pin
from mpcas2_platform_pinterest.sandbox.refusals import (
    invalid,
    lacks_scope,
    no_section,
    not_permitted,
)
from mpcas2_platform_pinterest.sandbox.state import READ, WRITE
from mpcas2_platform_pinterest.sandbox.uploads import Media

_TYPES = ("REGULAR", "VIDEO", "CAROUSEL", "SHOPPING", "MAX_VIDEO", "COLLECTION", "IDEA")


async def _create(call: Call) -> Reply:
    body = call.json(PinBody)
    check_pin(body)
    board = call.board(body.board_id)
    _may_write(call, board)
    if body.board_section_id is not None and board.section(body.board_section_id) is None:
        raise no_section()
    source = body.media_source
    video = _video(call, source) if isinstance(source, VideoSource) else None
    images = await pictures_of(source, call.state.media.disk)
    pins = call.state.pins
    pin = Pin(
        id=pins.new_id(),
        owner=call.pinner,
        client_id=call.grant.client_id,
        board=board,
        body=body,
        images=images,
        video=video,
        trial=call.state.settings.trial_access,
        created_at=call.state.core.clock.now(),
    )
    pins.add(pin)
    return Reply(body=pin_shown(call, pin), status=201)


def _may_write(call: Call, board: Board) -> None:
    if board.privacy == "SECRET" and not call.has("boards:write_secret", "pins:write_secret"):
        raise lacks_scope()


def _video(call: Call, source: VideoSource) -> Media:
    media = call.state.media.find(source.media_id)
    if media is None or media.owner is not call.pinner:
        raise invalid("Invalid request: there is no media of that 'media_id'")
    status = call.state.media.status(media)
    if status != "succeeded":
        raise invalid(f"Invalid request: the media's status is {status}, not succeeded")
    return media


async def _get(call: Call) -> Reply:
    return Reply(body=pin_shown(call, call.pin()))


async def _list(call: Call) -> Reply:
    filtered = call.query("pin_filter", "", ("", "exclude_native", "exclude_repins"))
    protected = call.query("include_protected_pins", "false", {"true", "false"}) == "true"
    private = call.query("pin_type", "", ("", "PRIVATE")) == "PRIVATE"
    kinds = call.request.query_params.getlist("creative_types")
    if not set(kinds) <= set(_TYPES):
        raise invalid("'creative_types' holds a type that is not known")
    pins = [
        one
        for one in call.state.pins.newest(lag_seconds=call.state.settings.list_lag_seconds)
        if one.owner is call.pinner
        and call.sees_pin(one)
        and filtered != "exclude_native"  # every Pin here was made by an app, none was saved
        and (protected or one.board.privacy != "PROTECTED")
        and (not private or one.board.privacy == "SECRET")
        and (not kinds or one.creative_type in kinds)
    ]
    shown, bookmark = call.page(pins, lambda one: one.id)
    return Reply(body={"items": [pin_shown(call, one) for one in shown], "bookmark": bookmark})


async def _delete(call: Call) -> Reply:
    pin = call.pin()
    if pin.owner is not call.pinner:
        raise not_permitted()
    _may_write(call, pin.board)
    pin.deleted_at = call.now
    return Reply(status=204)


_READS = ("boards:read", "pins:read")
_WRITES = ("boards:read", "boards:write", "pins:read", "pins:write")
_LISTED = ("pin_filter", "pin_metrics", "include_protected_pins", "pin_type", "creative_types")
PIN_METHODS = (
    Method(verb="POST", path="/pins", category=WRITE, scopes=_WRITES, answer=_create),
    Method(
        verb="GET",
        path="/pins",
        category=READ,
        scopes=_READS,
        answer=_list,
        query=("bookmark", "page_size", *_LISTED),
    ),
    Method(
        verb="GET",
        path="/pins/{pin_id}",
        category=READ,
        scopes=_READS,
        answer=_get,
        query=("pin_metrics",),
    ),
    Method(verb="DELETE", path="/pins/{pin_id}", category=WRITE, scopes=_WRITES, answer=_delete),
)
