"""What one machine keeps of its plugins beside the code: wheels, what was done, what is switched off."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec
from packaging.utils import canonicalize_name

from mpcas2_core.settings import SettingsError

__all__ = ("Change", "PluginShelf", "ShelfBusy")


class ShelfBusy(Exception):
    """Another command is changing the plugins of this home at this moment."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was done to a plugin's distribution.

    Attributes:
        at: When (aware, UTC).
        action: What was done.
        distribution: Its name.
        version: The version that is there since; the one that left, for a removal.
        former: The version that was there before; empty when there was none.
        level: The level that its check gave; empty when it was not checked.
        wheel: File name of the kept wheel of ``version``; empty when none was kept.
    """

    at: datetime
    action: Literal["installed", "rolled back", "removed"]
    distribution: str
    version: str
    former: str = ""
    level: str = ""
    wheel: str = ""


class _Book(msgspec.Struct, frozen=True, kw_only=True):
    disabled: tuple[str, ...] = ()
    history: tuple[Change, ...] = ()


class PluginShelf:
    """The folder ``plugins`` of a home. Nothing is written before something has to be kept.

    Args:
        home: The installation's home folder.
    """

    def __init__(self, home: Path) -> None:
        self._folder = home / "plugins"
        self._file = self._folder / "plugins.json"

    def disabled(self) -> frozenset[str]:
        """Gives the keys of the plugins that are switched off here.

        Raises:
            SettingsError: What was kept cannot be read.
        """
        return frozenset(self._read().disabled)

    def switch(self, key: str, *, on: bool) -> bool:
        """Switches a plugin on or off for every process that starts from now on.

        Args:
            key: The plugin's key.
            on: Whether it shall be used.

        Returns:
            Whether that changed anything.
        """
        book = self._read()
        wanted = set(book.disabled) - {key} if on else {*book.disabled, key}
        if wanted == set(book.disabled):
            return False
        self._write(msgspec.structs.replace(book, disabled=tuple(sorted(wanted))))
        return True

    def history(self, distribution: str) -> tuple[Change, ...]:
        """Gives what was done to a distribution, the oldest first."""
        wanted = canonicalize_name(distribution)
        return tuple(
            one for one in self._read().history if canonicalize_name(one.distribution) == wanted
        )

    def record(self, change: Change) -> None:
        """Writes down what was done."""
        book = self._read()
        self._write(msgspec.structs.replace(book, history=(*book.history, change)))

    def keep(self, wheel: Path, distribution: str) -> Path:
        """Keeps a copy of a wheel, for going back, and gives its place.

        Args:
            wheel: The file, under the name that its format asks for.
            distribution: Whose it is.
        """
        folder = self._folder / canonicalize_name(distribution)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        kept = folder / wheel.name
        if not kept.exists() or not kept.samefile(wheel):
            staged = kept.with_suffix(".new")
            shutil.copyfile(wheel, staged)
            staged.replace(kept)
        return kept

    def kept(self, distribution: str, wheel: str) -> Path | None:
        """Gives a kept wheel; None when it is not there.

        Args:
            distribution: Whose it is.
            wheel: Its file name.
        """
        path = self._folder / canonicalize_name(distribution) / wheel
        return path if wheel and path.is_file() else None

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keeps other commands from changing plugins meanwhile.

        Raises:
            ShelfBusy: One does so at this moment.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise ShelfBusy(
                    "Another command is changing the plugins of this installation. Wait until it "
                    "has ended, then repeat this one."
                ) from error
            yield
        finally:
            os.close(file)

    def _read(self) -> _Book:
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=_Book)
        except FileNotFoundError:
            return _Book()
        except (OSError, msgspec.MsgspecError) as error:
            raise SettingsError(
                f"{self._file} cannot be read ({error}). Mend it, or delete it: that switches every "
                "plugin on and forgets which versions there were."
            ) from error

    def _write(self, book: _Book) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        staged = self._file.with_suffix(".new")
        staged.write_bytes(msgspec.json.format(msgspec.json.encode(book), indent=2))
        staged.replace(self._file)
