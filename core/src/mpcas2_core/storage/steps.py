"""Runs the steps of a writer to their end, whoever is cancelled, and its last one in any case."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Executor
from contextlib import asynccontextmanager, suppress
from threading import Lock
from typing import TypeVar

from mpcas2_core.errors import EngineError

__all__ = ("Steps", "closed_by", "to_the_end")

_T = TypeVar("_T")


class Steps:
    """The steps of one writer.

    A cancelled caller leaves its step in a thread. Whoever comes next waits for it if it runs, and
    it never runs if it had not begun: so no step meets a file that was closed meanwhile.

    Args:
        executor: Where the steps run; the loop's own by default.
    """

    def __init__(self, executor: Executor | None = None) -> None:
        self._executor = executor
        self._lock = Lock()
        self._closed = False

    async def run(self, work: Callable[[], _T]) -> _T:
        """Does one step.

        Raises:
            RuntimeError: The last step was done already.
        """
        wanted = True

        def locked() -> _T:
            with self._lock:
                if self._closed or not wanted:
                    raise RuntimeError("The file was given up.")
                return work()

        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, locked)
        except asyncio.CancelledError:
            wanted = False
            raise

    async def close(self, work: Callable[[], None]) -> None:
        """Does the last step, to its end even if the caller is cancelled; a second one does none."""

        def locked() -> None:
            with self._lock:
                if not self._closed:
                    self._closed = True
                    work()

        await to_the_end(
            asyncio.get_running_loop().run_in_executor(self._executor, locked),
        )


async def to_the_end(work: asyncio.Future[_T]) -> _T:
    """Waits for work that has to be done, and only then passes a cancellation on."""
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        while not work.done():
            try:
                await asyncio.wait([work])
            except asyncio.CancelledError:
                continue
        if not work.cancelled():
            # The cancellation goes first; asked for, a fault of the work is not logged as lost.
            work.exception()
        raise


@asynccontextmanager
async def closed_by(close: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Closes a writer when the context ends, by whatever error; the first error is the one to tell.

    Args:
        close: Its last step.
    """
    try:
        yield
    except BaseException:
        with suppress(EngineError):
            await close()
        raise
    else:
        await close()
