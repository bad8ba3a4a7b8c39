"""The application as the web server's processes load it."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from litestar import Litestar

__all__ = ("PARENT", "TARGET", "application")

TARGET = "mpcas2_server.serving:application"
PARENT = "MPCAS2_SERVE_PID"
"""Variable with the process id of `mpcas2 serve`; without it, nothing ties this process to another."""


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
    # Not getppid(): when the parent has ended already, that names the one who took its place.
    if PARENT in os.environ:
        die_with_parent(int(os.environ[PARENT]))
    return create_app()
