"""The client's connection under a request, as far as faults need it."""

import os
import socket
import struct
from collections.abc import MutableMapping
from typing import Any, Protocol

SCOPE_KEY = "mpcas2.connection"


class Connection(Protocol):
    """What faults do to a TCP connection; an asyncio transport is one."""

    def abort(self) -> None:
        """Closes the connection at once and throws away what is not sent yet."""
        ...

    def close(self) -> None:
        """Closes the connection after what was written has been sent."""
        ...

    def get_extra_info(self, name: str) -> Any:
        """Returns what asyncio knows of the connection: its ``socket``, among others."""
        ...

    def is_closing(self) -> bool:
        """Tells whether either side has closed the connection."""
        ...


def connection_of(scope: MutableMapping[str, Any]) -> Connection | None:
    """Returns the connection that the server put into the scope.

    It is None under another server than this package's own, for example an in-process test
    client; then nothing can be cut.
    """
    connection: Connection | None = scope.get(SCOPE_KEY)
    return connection


def reset(connection: Connection) -> None:
    """Closes the connection with a TCP reset, which a client sees as an error and not as an end."""
    # The option belongs to the open socket, whichever of its file descriptors sets it.
    with socket.socket(fileno=os.dup(connection.get_extra_info("socket").fileno())) as same:
        same.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.abort()
