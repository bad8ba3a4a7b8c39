"""How much of its calls an app, a person or a Page has used, and the refusal of more."""

import msgspec

from mpcas2_platform_facebook.sandbox.errors import GraphError
from mpcas2_platform_facebook.sandbox.graph_call import GraphCall
from mpcas2_sandbox.windows import EVERY_ROUTE, Room, Taken

_COUNTED = ("call_count", "total_cputime", "total_time")
_SENTENCES = {
    17: "(#17) User request limit reached",
    32: "(#32) Page request limit reached",
    80001: "(#80001) There have been too many calls to this Page account. Wait a bit and try again.",
}


def count_call(call: GraphCall, headers: dict[str, str]) -> None:
    """Counts a call and writes what is used into the answer's headers.

    Calls with a user token tell of the app, calls with a Page token of the Page.

    Raises:
        GraphError: A window is spent.
    """
    page = call.page
    route = "user" if page is None else "page"
    owner = call.person.id if page is None else page.id
    taken: Taken = call.state.calls.take(route, user=owner, app=call.token.grant.client_id)
    app = next((one for one in taken.rooms if one.window.route == EVERY_ROUTE), None)
    own = next((one for one in taken.rooms if one.window.route == route), None)
    code = 17 if page is None else call.state.settings.page_throttle
    headers["X-App-Usage"] = _text(dict.fromkeys(_COUNTED, _percent(app)))
    if page is not None and code != 32:  # noqa: PLR2004  # the older limit has no such header
        business = {
            "type": "pages",
            **dict.fromkeys(_COUNTED, _percent(own)),
            "estimated_time_to_regain_access": _minutes(call, own),
        }
        headers["X-Business-Use-Case-Usage"] = _text({page.id: [business]})
    if taken.room:
        return
    if app is not None and app.left == 0:
        raise GraphError(4, "(#4) Application request limit reached")
    raise GraphError(code, _SENTENCES[code])


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _percent(room: Room | None) -> int:
    if room is None:
        return 0
    return 100 if room.left == 0 else room.used * 100 // room.limit


def _minutes(call: GraphCall, room: Room | None) -> int:
    if room is None or room.left:
        return 0
    return max(1, -(-int((room.resets_at - call.now).total_seconds()) // 60))
