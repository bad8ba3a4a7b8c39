"""``/social-accounts/connections`` and ``/platforms/…/app``: consent pages and the apps behind them."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Controller, Request, delete, get, put
from litestar.response.base import ASGIResponse

from mpcas2_core.accounts import AppShown, FlowView
from mpcas2_core.database import Scope
from mpcas2_core.errors import InvalidInput
from mpcas2_core.identity import Principal
from mpcas2_hookspecs import OAuthApp
from mpcas2_server.caller import Caller, signed_in
from mpcas2_server.describe import Doc
from mpcas2_server.wire import Input, Moment, Output, answer, optional, read_json

__all__ = ("AppController", "ConnectionController")

AnyRequest = Request[Any, Any, Any]
MaybeText = str | msgspec.UnsetType
FlowState = Literal["waiting", "working", "choosing", "connected", "failed"]
NO_PLATFORM = "`UNKNOWN_PLATFORM`: no enabled plugin brings this network."


class FlowError(Output, frozen=True, kw_only=True):
    """Why an account was not connected, and what to do."""

    code: str
    message: str


class Choice(Output, frozen=True, kw_only=True):
    """An account that the permission is good for."""

    platform_account_id: str
    username: str
    display_name: MaybeText = msgspec.UNSET


class Connection(Output, frozen=True, kw_only=True):
    """A person's way to a consent page and back."""

    id: UUID
    platform: str
    state: FlowState
    expires_at: Moment
    choices: Annotated[
        list[Choice], msgspec.Meta(description="In the state `choosing`; the person chooses.")
    ]
    account_id: UUID | msgspec.UnsetType = msgspec.UNSET
    username: MaybeText = msgspec.UNSET
    is_new: Annotated[
        bool | msgspec.UnsetType, msgspec.Meta(description="False when it was connected before.")
    ] = msgspec.UNSET
    error: FlowError | msgspec.UnsetType = msgspec.UNSET


class AppInput(Input, frozen=True, kw_only=True):
    """The tenant's own registration with a network."""

    client_id: str
    client_secret: Annotated[
        str | None, msgspec.Meta(description="Left out for a public client.")
    ] = None


class App(Output, frozen=True, kw_only=True):
    """Which registration is used with a network; its secret is never shown."""

    owner: Annotated[
        Literal["tenant", "installation", "none", "servers"],
        msgspec.Meta(
            description="`servers`: an app is registered with each server by itself, when somebody "
            "first connects there."
        ),
    ]
    redirect_uri: Annotated[
        str, msgspec.Meta(description="To be registered with the network, letter for letter.")
    ]
    client_id: MaybeText = msgspec.UNSET


class ConnectionController(Controller):
    """Connections that are under way."""

    path = "/social-accounts/connections"

    @get(
        "/{connection_id:uuid}",
        doc=Doc(
            tag="Social Accounts",
            summary="See how a connection goes",
            description="`POST /social-accounts` began it. Ask every second or two until the state "
            "is `connected` or `failed`.",
            answers={200: Connection},
            errors={404: "There is no such connection under way."},
        ),
    )
    async def get_connection(self, request: AnyRequest, connection_id: UUID) -> ASGIResponse:
        """Gives one connection."""
        caller = signed_in(request)
        principal = await caller.principal()
        view = await caller.engine.connecting.get(principal.tenant, connection_id)
        return answer(_shown(view))


class AppController(Controller):
    """Registrations with networks."""

    path = "/platforms/{platform:str}/app"

    @get(
        doc=Doc(
            tag="Platforms",
            summary="See which app connects accounts",
            answers={200: App},
            errors={404: NO_PLATFORM, 400: "The network has no consent page."},
        ),
    )
    async def get_app(self, request: AnyRequest, platform: str) -> ASGIResponse:
        """Tells which app is used."""
        caller = signed_in(request)
        return answer(await _app(caller, platform))

    @put(
        doc=Doc(
            tag="Platforms",
            summary="Set the tenant's own app",
            description="It goes before the installation's. Accounts that are connected already go "
            "on with the app that they were connected with.",
            body=AppInput,
            example={"clientId": "your-client-id", "clientSecret": "your-client-secret"},
            answers={200: App},
            errors={
                404: NO_PLATFORM,
                400: "The network has no consent page, or a value is empty. `APP_REGISTERS_ITSELF`",
            },
        ),
    )
    async def set_app(self, request: AnyRequest, platform: str) -> ASGIResponse:
        """Stores the tenant's own app."""
        caller = signed_in(request)
        body = await read_json(request, AppInput)
        _check(caller, platform)
        if caller.engine.connecting.asks_server(platform) is not None:
            raise InvalidInput(
                f"{caller.engine.plugins.platform(platform).title} has many servers, and an app is "
                "registered with each by itself. There is nothing to set.",
                code="APP_REGISTERS_ITSELF",
            )
        engine, principal = caller.engine, await caller.principal()
        await engine.vault.load(engine.database, principal.tenant)
        app = OAuthApp(client_id=body.client_id, client_secret=body.client_secret)

        async def work(scope: Scope, _principal: Principal) -> None:
            await engine.apps.keep(scope, platform, app)

        await caller.run(work)
        return answer(await _app(caller, platform))

    @delete(
        status_code=200,
        doc=Doc(
            tag="Platforms",
            summary="Go back to the installation's app",
            description="For a network of many servers: another app is registered with each when "
            "somebody next connects there. Accounts that are connected go on with theirs.",
            answers={200: App},
            errors={404: NO_PLATFORM, 400: "The network has no consent page."},
        ),
    )
    async def drop_app(self, request: AnyRequest, platform: str) -> ASGIResponse:
        """Stops using the tenant's own app for new connections."""
        caller = signed_in(request)
        _check(caller, platform)

        async def work(scope: Scope, _principal: Principal) -> None:
            await caller.engine.apps.drop(scope, platform)

        await caller.run(work)
        return answer(await _app(caller, platform))


async def _app(caller: Caller, platform: str) -> App:
    _check(caller, platform)

    async def work(scope: Scope, _principal: Principal) -> AppShown:
        return await caller.engine.apps.show(scope, platform)

    shown = await caller.run(work)
    if caller.engine.connecting.asks_server(platform) is not None:
        return App(owner="servers", redirect_uri=shown.redirect_uri)
    return App(
        owner=shown.owner, redirect_uri=shown.redirect_uri, client_id=optional(shown.client_id)
    )


def _check(caller: Caller, platform: str) -> None:
    if not caller.engine.connecting.uses_consent(platform):
        title = caller.engine.plugins.platform(platform).title
        raise InvalidInput(
            f"{title} has no consent page, so it needs no app.", code="CONNECT_UNSUPPORTED"
        )


def _shown(view: FlowView) -> Connection:
    flow, account = view.flow, view.account
    return Connection(
        id=flow.id,
        platform=flow.platform,
        state=flow.state,
        expires_at=flow.expires_at,
        choices=[
            Choice(
                platform_account_id=one.profile.platform_account_id,
                username=one.profile.username,
                display_name=optional(one.profile.display_name),
            )
            for one in view.choices
        ],
        account_id=optional(flow.account_id),
        username=optional(account.username if account else None),
        is_new=optional(flow.is_new),
        error=FlowError(code=flow.code, message=flow.message or "Start again.")
        if flow.code
        else msgspec.UNSET,
    )
