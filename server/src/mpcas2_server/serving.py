"""The application as the web server's processes load it."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from litestar import Litestar

__all__ = ("TARGET", "application")

TARGET = "mpcas2_server.serving:application"


def application() -> Litestar:
    """Makes the application inside a process of the web server.

    The process ends with the one that started it, so that a killed server leaves nobody on its port.
    """
    from mpcas2_server.app import create_app  # noqa: PLC0415 - the server's own process needs none
    from mpcas2_server.supervise import die_with_parent  # noqa: PLC0415 - as above

    # Forked processes inherit handlers that only note a stop. Until the server sets its own, a stop
    # while the application is still being loaded has to end the process.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    die_with_parent(os.getppid())
    return create_app()
