"""Takes the requests of networks: the adapter checks and reads them, the rows are written, no more.

What an event has for an effect is left to the workers, so that a network gets its answer at once and a
burst of deliveries waits in a table.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import msgspec
import structlog

from mpcas2_core.accounts.apps import OAuthApps, client_variables
from mpcas2_core.database.pool import Database
from mpcas2_core.errors import Conflict, InvalidInput, NotAllowed, NotFound, Unauthenticated
from mpcas2_core.plugins import PluginHost
from mpcas2_core.settings import PREFIX, read_variable
from mpcas2_core.webhooks import events
from mpcas2_hookspecs import (
    HttpAnswer,
    OAuthApp,
    PlatformError,
    ReceivesWebhooks,
    Rejected,
    Unauthorized,
    WebhookEvent,
    WebhookRequest,
)

__all__ = ("WebhookIntake", "verify_variable")

log = structlog.get_logger(__name__)

_T = TypeVar("_T")


def verify_variable(platform: str) -> str:
    """Names the environment variable of what the operator types into a network's form as well."""
    return f"{platform.upper().replace('-', '_')}_WEBHOOK_VERIFY_TOKEN"


class WebhookIntake:
    """Takes requests that claim to come from networks.

    Args:
        database: Where events are kept.
        plugins: Know signatures and shapes.
        apps: The installation's registrations, whose secrets sign.
        environ: Where verify tokens are; the process's environment by default.
    """

    def __init__(
        self,
        database: Database,
        plugins: PluginHost,
        apps: OAuthApps,
        *,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self._database = database
        self._plugins = plugins
        self._apps = apps
        self._environ = os.environ if environ is None else environ

    async def take(self, platform_key: str, request: WebhookRequest) -> HttpAnswer | None:
        """Answers a network's question about the address, or keeps the events that it tells.

        Args:
            platform_key: From the address that was called.
            request: As it came.

        Returns:
            The answer to a question; None when events were taken, for which 200 is enough.

        Raises:
            NotFound: No enabled plugin takes requests of this network, or it is no question.
            Conflict: The installation has no app there, so nothing could be checked.
            NotAllowed: A question with another verify token.
            Unauthenticated: The signature is missing or wrong, or the request too old.
            InvalidInput: It is signed, and cannot be read.
        """
        platform: object = self._plugins.platforms.get(platform_key)
        if not isinstance(platform, ReceivesWebhooks):
            raise NotFound(f"No network called {platform_key!r} sends its events here.")
        receives = platform
        app = self._app(platform_key)
        token = self._verify_token(platform_key)
        answer = _guarded(
            platform_key, lambda: receives.webhook_challenge(request, app, token), challenge=True
        )
        if answer is not None:
            return answer
        if request.method != "POST":
            raise NotFound("Events come with POST, and this is no question about the address.")
        told = _guarded(
            platform_key, lambda: _checked(receives.read_webhook(request, app)), challenge=False
        )
        if told:
            new = await events.keep(self._database, platform_key, told)
            log.info("webhook_taken", platform=platform_key, events=len(told), new=new)
        return None

    def _app(self, platform_key: str) -> OAuthApp:
        app = self._apps.installed(platform_key)
        if app is None:
            raise Conflict(
                f"This installation has no app at {platform_key}, so it cannot check who sends this. "
                f"Its operator has to set {' and '.join(client_variables(platform_key))}.",
                code="OAUTH_APP_MISSING",
            )
        return app

    def _verify_token(self, platform_key: str) -> str:
        variable = verify_variable(platform_key)
        return read_variable(self._environ, PREFIX + variable, variable) or ""


def _checked(told: Sequence[WebhookEvent]) -> list[WebhookEvent]:
    """Refuses events that are none by their types, before the database would."""
    try:
        return msgspec.convert(msgspec.to_builtins(list(told)), list[WebhookEvent])
    except (msgspec.ValidationError, TypeError) as error:
        raise Rejected("The plugin made something of this request that is no event.") from error


def _guarded(platform_key: str, call: Callable[[], _T], *, challenge: bool) -> _T:
    """Translates an adapter's refusal; nothing of the request is quoted or logged."""
    try:
        return call()
    except Unauthorized as error:
        log.warning("webhook_refused", platform=platform_key, detail=error.message)
        raise Unauthenticated(error.message, code="WEBHOOK_REFUSED") from error
    except Rejected as error:
        log.warning("webhook_refused", platform=platform_key, detail=error.message)
        if challenge:
            raise NotAllowed(error.message, code="WEBHOOK_REFUSED") from error
        raise InvalidInput(error.message, code="WEBHOOK_UNREADABLE") from error
    except PlatformError as error:
        raise InvalidInput(error.message, code="WEBHOOK_UNREADABLE") from error
