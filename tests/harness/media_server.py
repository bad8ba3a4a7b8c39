"""Serves files under signed links to practice networks that fetch them, with the product's own route."""

from __future__ import annotations

import asyncio
import socket
import warnings
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import uvicorn
from litestar import Litestar
from litestar.datastructures import State
from litestar.exceptions import LitestarDeprecationWarning

from mpcas2_core.engine import Engine
from mpcas2_server.api.media import MediaController
from mpcas2_server.errors import handle_error
from mpcas2_server.requests import RequestGate

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

__all__ = ("MediaServer",)


class MediaServer:
    """Listens from the beginning, so that its address can be a setting, and answers once it runs."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._running = AsyncExitStack()

    @property
    def url(self) -> str:
        """What ``MPCAS2_PUBLIC_URL`` has to be."""
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    async def start(self, engine: Engine) -> None:
        """Begins to answer, on the loop that the engine lives on."""
        await self._running.enter_async_context(self._serving(engine))

    async def stop(self) -> None:
        """Stops answering, where it has begun to."""
        await self._running.aclose()

    def close(self) -> None:
        """Gives the address back."""
        self._socket.close()

    @asynccontextmanager
    async def _serving(self, engine: Engine) -> AsyncIterator[None]:
        with warnings.catch_warnings():
            # Of the next major version, about the way in which all our routes are written.
            warnings.simplefilter("ignore", LitestarDeprecationWarning)
            app = Litestar(
                [MediaController],
                exception_handlers={Exception: handle_error},
                openapi_config=None,
                logging_config=None,
                state=State({"engine": engine}),
            )
        app.asgi_handler = RequestGate(app.asgi_handler)
        config = uvicorn.Config(app, lifespan="off", log_config=None, access_log=False)
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[self._socket]))
        try:
            yield
        finally:
            server.should_exit = True
            await serving
