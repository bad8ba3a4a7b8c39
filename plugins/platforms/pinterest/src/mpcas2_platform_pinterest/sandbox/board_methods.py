"""The account, its boards and their sections."""

from typing import Annotated, Any

import msgspec

from mpcas2_platform_pinterest.sandbox.calls import Call, Method, Reply
from mpcas2_platform_pinterest.sandbox.figures import followers, monthly_views
from mpcas2_platform_pinterest.sandbox.pin_shape import api_time, pin_shown
from mpcas2_platform_pinterest.sandbox.pinners import Board, Privacy
from mpcas2_platform_pinterest.sandbox.refusals import Refused, invalid, lacks_scope, no_section
from mpcas2_platform_pinterest.sandbox.state import READ, WRITE

_PAGED = ("bookmark", "page_size")
_FILTERS: dict[str, tuple[Privacy, ...]] = {
    "ALL": ("PUBLIC", "PROTECTED", "SECRET"),
    "PUBLIC": ("PUBLIC",),
    "PROTECTED": ("PROTECTED",),
    "SECRET": ("SECRET",),
    "PUBLIC_AND_SECRET": ("PUBLIC", "SECRET"),
}


class BoardBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request for a new board."""

    name: Annotated[str, msgspec.Meta(min_length=1)]
    description: str | None = None
    privacy: Privacy = "PUBLIC"
    is_ads_only: bool = False


class SectionBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request for a new section."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=180)]


def board_shown(call: Call, board: Board) -> dict[str, Any]:
    """Returns a board as the API shows it."""
    pins = [one for one in call.state.pins.newest() if one.board is board]
    pictured = [one for one in pins if one.images]
    covers = [f"{call.here}/media/{one.id}/0" for one in pictured]
    return {
        "id": board.id,
        "name": board.name,
        "description": board.description,
        "privacy": board.privacy,
        "is_ads_only": False,
        "owner": {"username": board.owner.handle},
        "created_at": api_time(board.created_at),
        "board_pins_modified_at": api_time(pins[0].created_at if pins else board.created_at),
        "pin_count": len(pins),
        "collaborator_count": len(board.collaborators),
        "follower_count": 0,
        "media": {"image_cover_url": next(iter(covers), None), "pin_thumbnail_urls": covers[1:5]},
    }


async def _account(call: Call) -> Reply:
    pinner, now = call.pinner, call.now
    pins = [one for one in call.state.pins.newest() if one.owner is pinner]
    since = call.state.pinners.owned_by(pinner)[0].created_at
    shown = {
        "id": pinner.id,
        "username": pinner.handle,
        "account_type": "BUSINESS",
        "business_name": pinner.name,
        "about": "",
        "website_url": "",
        "profile_image": f"{call.here}/{pinner.handle}/avatar.svg",
        "board_count": len(call.state.pinners.owned_by(pinner)),
        "pin_count": len(pins),
        "follower_count": followers(pinner.id, since, now),
        "following_count": 0,
        "monthly_views": monthly_views(pins, now),
    }
    return Reply(body=shown)


async def _list_boards(call: Call) -> Reply:
    kinds = _FILTERS[call.query("privacy", "ALL", _FILTERS)]
    boards = [
        one
        for one in call.state.pinners.open_to(call.pinner)
        if one.privacy in kinds and call.sees(one)
    ]
    shown, bookmark = call.page(boards, lambda one: one.id)
    return Reply(body={"items": [board_shown(call, one) for one in shown], "bookmark": bookmark})


async def _get_board(call: Call) -> Reply:
    return Reply(body=board_shown(call, call.board(call.number("board_id"))))


async def _add_board(call: Call) -> Reply:
    body = call.json(BoardBody)
    if body.privacy == "SECRET" and not call.has("boards:write_secret"):
        raise lacks_scope()
    if body.is_ads_only:
        raise invalid("Invalid request: 'is_ads_only' needs an advertiser's account")
    board = call.state.pinners.add_board(
        call.pinner, body.name, call.now, privacy=body.privacy, description=body.description
    )
    return Reply(body=board_shown(call, board), status=201)


async def _list_sections(call: Call) -> Reply:
    board = call.board(call.number("board_id"))
    shown, bookmark = call.page(board.sections, lambda one: one.id)
    items = [{"id": one.id, "name": one.name} for one in shown]
    return Reply(body={"items": items, "bookmark": bookmark})


async def _add_section(call: Call) -> Reply:
    board = call.board(call.number("board_id"))
    body = call.json(SectionBody)
    if any(one.name == body.name for one in board.sections):
        raise Refused(400, 400, "Invalid board section parameters.")
    section = call.state.pinners.add_section(board, body.name)
    return Reply(body={"id": section.id, "name": section.name}, status=201)


async def _list_pins(call: Call) -> Reply:
    return _pins_of(call, call.board(call.number("board_id")), "")


async def _list_section_pins(call: Call) -> Reply:
    board = call.board(call.number("board_id"))
    section = board.section(call.number("section_id"))
    if section is None:
        raise no_section()
    return _pins_of(call, board, section.id)


def _pins_of(call: Call, board: Board, section_id: str) -> Reply:
    pins = [
        one
        for one in call.state.pins.newest(lag_seconds=call.state.settings.list_lag_seconds)
        if one.board is board
        and call.sees_pin(one)
        and section_id in {"", one.body.board_section_id or ""}
    ]
    shown, bookmark = call.page(pins, lambda one: one.id)
    return Reply(body={"items": [pin_shown(call, one) for one in shown], "bookmark": bookmark})


_READS = ("boards:read",)
_WRITES = ("boards:read", "boards:write")
_READS_PINS = ("boards:read", "pins:read")
_BOARD = "/boards/{board_id}"
BOARD_METHODS = (
    Method(
        verb="GET",
        path="/user_account",
        category=READ,
        scopes=("user_accounts:read",),
        answer=_account,
    ),
    Method(
        verb="GET",
        path="/boards",
        category=READ,
        scopes=_READS,
        answer=_list_boards,
        query=(*_PAGED, "privacy"),
    ),
    Method(verb="POST", path="/boards", category=WRITE, scopes=_WRITES, answer=_add_board),
    Method(verb="GET", path=_BOARD, category=READ, scopes=_READS, answer=_get_board),
    Method(
        verb="GET",
        path=f"{_BOARD}/sections",
        category=READ,
        scopes=_READS,
        answer=_list_sections,
        query=_PAGED,
    ),
    Method(
        verb="POST",
        path=f"{_BOARD}/sections",
        category=WRITE,
        scopes=_WRITES,
        answer=_add_section,
    ),
    Method(
        verb="GET",
        path=f"{_BOARD}/pins",
        category=READ,
        scopes=_READS_PINS,
        answer=_list_pins,
        query=(*_PAGED, "pin_metrics"),
    ),
    Method(
        verb="GET",
        path=f"{_BOARD}/sections/{{section_id}}/pins",
        category=READ,
        scopes=_READS_PINS,
        answer=_list_section_pins,
        query=_PAGED,
    ),
)
