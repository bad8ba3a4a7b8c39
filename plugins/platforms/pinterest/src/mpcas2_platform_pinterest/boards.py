"""Boards and their sections, as places that a Pin can go to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TypeVar

from mpcas2_hookspecs import AccountContext, Target
from mpcas2_platform_pinterest.api import Api
from mpcas2_platform_pinterest.wire import Board, Boards, Section, Sections

__all__ = ("places",)

P = TypeVar("P", Boards, Sections)

_PAGE = "250"
# A bookmark that never ends would otherwise never end this either.
_MOST_PAGES = 20


async def places(ctx: AccountContext, api: Api) -> list[Target]:
    """Lists the account's boards, each followed by its sections.

    Pinterest lists sections for one board at a time, so this asks once for each board.

    Raises:
        PlatformError: Any of the tree but ``OutcomeUnknown``.
    """
    found: list[Target] = []
    boards = [board async for page in _pages(ctx, api, "boards", Boards) for board in page.items]
    for board in boards:
        # On a board for advertisements alone no usual Pin can be.
        if board.is_ads_only:
            continue
        found.append(Target(id=board.id, title=board.name, option="boardId"))
        path = f"boards/{board.id}/sections"
        async for page in _pages(ctx, api, path, Sections):
            found += [_section(board, section) for section in page.items]
    return found


async def _pages(ctx: AccountContext, api: Api, path: str, kind: type[P]) -> AsyncIterator[P]:
    params = {"page_size": _PAGE}
    for _ in range(_MOST_PAGES):
        page = await api.get(ctx.http, path, kind, now=ctx.now(), params=params)
        yield page
        if not page.bookmark:
            return
        params["bookmark"] = page.bookmark


def _section(board: Board, section: Section) -> Target:
    return Target(id=section.id, title=f"{board.name} / {section.name}", option="boardSectionId")
