"""Lists of the Graph API, page by page, and the times that stand in them."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlencode

from mpcas2_platform_facebook.sandbox.errors import bad_parameter
from mpcas2_platform_facebook.sandbox.graph_call import GraphCall

_DEFAULT_LIMIT = 25
_MAX_LIMIT = 100

LIST_PARAMETERS = ("fields", "limit", "after", "before", "since", "until")

T = TypeVar("T")


def graph_time(moment: datetime) -> str:
    """Writes a moment as the API does."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S+0000")


def since_until(call: GraphCall, entries: Sequence[T], at: Callable[[T], datetime]) -> list[T]:
    """Returns the entries between the call's ``since`` and ``until``.

    Raises:
        GraphError: One of the two names no moment.
    """
    since, until = call.moment("since"), call.moment("until")
    return [
        one
        for one in entries
        if (since is None or at(one).timestamp() >= since)
        and (until is None or at(one).timestamp() <= until)
    ]


def paged(
    call: GraphCall,
    path: str,
    entries: Sequence[T],
    number_of: Callable[[T], str],
    show: Callable[[T], dict[str, Any]],
) -> dict[str, Any]:
    """Returns one page of a list, with cursors and the next page's address.

    Args:
        call: Its ``limit``, ``after`` and ``before`` choose the page.
        path: The list's path, below the version.
        entries: All entries.
        number_of: Names an entry in a cursor.
        show: Makes an entry's answer.

    Raises:
        GraphError: A parameter does not fit.
    """
    text = call.given.get("limit", str(_DEFAULT_LIMIT))
    if not text.isdecimal():
        raise bad_parameter("Param limit must be an integer.")
    limit = int(text)
    if limit > _MAX_LIMIT:
        raise bad_parameter(f"Please reduce the amount of data: limit is {_MAX_LIMIT} at most.")
    numbers = [number_of(one) for one in entries]
    start = 0
    for name in ("after", "before"):
        cursor = call.given.get(name)
        if not cursor:
            continue
        if cursor not in numbers:
            raise bad_parameter(f"Invalid cursors values: {name}")
        place = numbers.index(cursor)
        start = place + 1 if name == "after" else max(0, place - limit)
    page = entries[start : start + limit]
    answer: dict[str, Any] = {"data": [show(one) for one in page]}
    if page:
        cursors = {"before": number_of(page[0]), "after": number_of(page[-1])}
        answer["paging"] = {"cursors": cursors}
        if start + limit < len(entries):
            kept = {name: call.given[name] for name in LIST_PARAMETERS if name in call.given}
            kept.pop("before", None)
            kept["after"] = cursors["after"]
            answer["paging"]["next"] = f"{call.here}/v{call.version}.0{path}?{urlencode(kept)}"
    return answer
