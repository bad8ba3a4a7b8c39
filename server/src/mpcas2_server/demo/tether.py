"""Runs one of our commands as a child that ends when its parent ends, however that happens.

``python -m mpcas2_server.demo.tether PARENT up --port 4000``
"""

from __future__ import annotations

import signal
import sys
from types import FrameType
from typing import NoReturn

from mpcas2_server.cli import main
from mpcas2_server.supervise import die_with_parent

__all__ = ("run_tethered",)


def run_tethered(parent: int, arguments: list[str]) -> NoReturn:
    """Runs a command; SIGTERM unwinds it at any time, also before it takes signals itself.

    Args:
        parent: Process id of the process that starts this one.
        arguments: What stands after ``mpcas2``.
    """
    signal.signal(signal.SIGTERM, _unwind)
    die_with_parent(parent)
    main(arguments)


def _unwind(number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(128 + number)


if __name__ == "__main__":
    run_tethered(int(sys.argv[1]), sys.argv[2:])
