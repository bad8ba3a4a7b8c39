"""Where a practice network stands: at the root of its server, or below a path of a shared one."""

from contextvars import ContextVar

from starlette.requests import Request

# Set for every request, so that whoever makes a page needs no request to make links.
ROOT_PATH: ContextVar[str] = ContextVar("mpcas2_sandbox_root_path", default="")


def here(request: Request) -> str:
    """Returns the network's own base address, without a slash at the end.

    Every absolute address that a network hands out begins with it: networks that share one server
    stand below a path of their own, such as ``http://127.0.0.1:4600/bluesky``.

    Args:
        request: The request that is being answered; its Host header counts.
    """
    return str(request.base_url).rstrip("/")


def below_root(path: str) -> str:
    """Returns a path of the network, such as ``/timeline``, as a link of a page has to name it."""
    return ROOT_PATH.get() + path
