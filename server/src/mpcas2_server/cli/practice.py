"""Practice networks beside an installation: ``mpcas2 up --sandbox``."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from mpcas2_server.cli.failures import CliError
from mpcas2_server.cli.sandbox import await_networks, end_networks, installed, start_networks

__all__ = ("PracticeNetworks", "check_home")

_MARK = "practice"


def check_home(home: Path, *, sandbox: bool) -> None:
    """Keeps accounts of real networks and of practice networks in homes of their own.

    A token that is shown to the wrong network is refused there, and the account would have to be
    connected again.

    Args:
        home: The installation's folder.
        sandbox: Whether it is started with practice networks; a fresh home becomes one for them.

    Raises:
        CliError: The home is of the other kind.
    """
    mark = home / _MARK
    if mark.exists() and not sandbox:
        raise CliError(
            f"The installation in {home} plays with practice networks.",
            hint="Start it with `mpcas2 up --sandbox`, or choose another folder with MPCAS2_HOME.",
            code="PRACTICE_HOME",
        )
    if not sandbox or mark.exists():
        return
    if (home / "postgres").exists():
        raise CliError(
            f"The installation in {home} is for real networks.",
            hint="Give practice a folder of its own: "
            "`MPCAS2_HOME=~/mpcas2-practice mpcas2 up --sandbox`.",
            code="REAL_HOME",
        )
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    mark.write_text("This installation takes practice networks for the real ones.\n")


class PracticeNetworks:
    """All installed practice networks, for the length of a ``with`` block.

    Attributes:
        index: Address of the page that lists them.
        settings: What makes the product take them for the real ones.
    """

    def __init__(self) -> None:
        self.index = ""
        self.settings: dict[str, str] = {}
        self._networks = installed()
        self._port = 0
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._child is not None:
            end_networks(self._child)

    def revive(self, say: Callable[[str], None]) -> None:
        """Starts them again at the same address if they have died."""
        if self._child is None or self._child.poll() is None:
            return
        end_networks(self._child)
        say("The practice networks have died; they start again and remember nothing.")
        try:
            self._start()
        except CliError as error:
            say(f"{error.message} It is tried again.")

    def _start(self) -> None:
        from mpcas2_server.demo.practice import product_settings  # noqa: PLC0415 - loads plugins

        self._child = start_networks(self._networks, self._port)
        told = await_networks(self._child)
        self.index = told["index"]
        self._port = urlsplit(self.index).port or 0
        self.settings = product_settings({one["network"]: one["url"] for one in told["networks"]})
