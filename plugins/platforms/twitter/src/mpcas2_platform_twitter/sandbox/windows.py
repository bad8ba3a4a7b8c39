"""Rate limits: how many calls of a route a user, or the whole app, may make in a window."""

from mpcas2_sandbox.windows import Room, Window

_DAY = 86_400

FIRST_WINDOWS = (
    Window(route="POST /2/tweets", limit=100),
    Window(route="POST /2/tweets", limit=10_000, seconds=_DAY, per="app"),
    Window(route="DELETE /2/tweets/{id}", limit=50),
    Window(route="GET /2/users/{id}/tweets", limit=900),
    Window(route="GET /2/users/me", limit=75),
    Window(route="GET /2/tweets", limit=900),
)


def limit_headers(room: Room | None) -> dict[str, str]:
    """Returns the headers about the window with the least room; none where there is no window."""
    if room is None:
        return {}
    return {
        "x-rate-limit-limit": str(room.limit),
        "x-rate-limit-remaining": str(room.left),
        "x-rate-limit-reset": str(room.reset_second),
    }
