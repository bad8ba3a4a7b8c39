"""The Litestar application. Granian loads :func:`create_app` as a factory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from litestar import Litestar, Router

from mpcas2_core import logs
from mpcas2_core.engine import Engine
from mpcas2_core.settings import Settings
from mpcas2_server.api import CONTROLLERS
from mpcas2_server.api.health import HealthController
from mpcas2_server.api.media import MediaController
from mpcas2_server.api.webhooks import WebhookController
from mpcas2_server.errors import handle_error
from mpcas2_server.pages import ConsentPages
from mpcas2_server.requests import RequestGate

__all__ = ("create_app",)

PREFIX = "/api/v1"
MAX_JSON_BYTES = 1_000_000


def create_app(open_engine: Callable[[], Awaitable[Engine]] | None = None) -> Litestar:
    """Builds the application. The engine is opened when it starts and closed when it stops.

    Args:
        open_engine: Opens the engine; by default with the settings of the environment.
    """
    opener = open_engine or _open_from_environment

    @asynccontextmanager
    async def with_engine(app: Litestar) -> AsyncIterator[None]:
        engine = await opener()
        app.state.engine = engine
        try:
            yield
        finally:
            await engine.close()

    app = Litestar(
        route_handlers=[
            Router(path=PREFIX, route_handlers=[*CONTROLLERS, HealthController]),
            HealthController,
            ConsentPages,
            MediaController,
            WebhookController,
        ],
        lifespan=[with_engine],
        exception_handlers={Exception: handle_error},
        request_max_body_size=MAX_JSON_BYTES,
        openapi_config=None,
        logging_config=None,
    )
    # Litestar's own middleware runs behind its router; ids and headers are for 404 and 405 too.
    app.asgi_handler = RequestGate(app.asgi_handler)
    return app


async def _open_from_environment() -> Engine:
    settings = Settings.load()
    logs.configure(level=settings.log_level, log_format=settings.log_format)
    return await Engine.open(settings)
