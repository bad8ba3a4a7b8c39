"""``/platforms`` and ``/plugins``: which networks there are, how to connect them, what they take."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from litestar import Controller, Request, get
from litestar.response.base import ASGIResponse

from mpcas2_core.database import Scope
from mpcas2_core.identity import Principal
from mpcas2_core.plugins import PluginRecord
from mpcas2_core.plugins.availability import switched_off
from mpcas2_core.plugins.verification import abilities_of
from mpcas2_hookspecs import ConnectsOAuth, ConnectsWithForm, FormField, Platform, RegistersApp
from mpcas2_server.api.platform_limits import show_limits
from mpcas2_server.caller import signed_in
from mpcas2_server.describe import Doc
from mpcas2_server.wire import Output, answer, optional

__all__ = ("PlatformController", "PluginController")

AnyRequest = Request[Any, Any, Any]


class FieldShown(Output, frozen=True, kw_only=True):
    """One field of the form that connects an account."""

    name: str
    title: str
    help: str
    secret: bool
    required: bool
    default: str | msgspec.UnsetType = msgspec.UNSET


class Connect(Output, frozen=True, kw_only=True):
    """How an account is connected."""

    kind: Literal["form", "oauth", "none"]
    fields: list[FieldShown]
    server_field: Annotated[
        FieldShown | msgspec.UnsetType,
        msgspec.Meta(
            description="For a network of many servers: sent as `credentials`, before the consent "
            "page."
        ),
    ] = msgspec.UNSET


class PlatformShown(Output, frozen=True, kw_only=True):
    """A network that can be posted to."""

    key: str
    title: str
    connect: Connect
    abilities: Annotated[
        list[str], msgspec.Meta(description="What the network can do beyond publishing.")
    ]
    options: Annotated[
        dict[str, Any], msgspec.Meta(description="JSON Schema of `metadata.options`.")
    ]
    limits: Annotated[
        dict[str, Any],
        msgspec.Meta(
            description="What the network takes: text, media, parts.",
            examples=[{"text": {"maxLength": 300, "unit": "graphemes"}, "maxParts": 25}],
        ),
    ]


class PlatformList(Output, frozen=True, kw_only=True):
    """All networks that can be posted to."""

    data: list[PlatformShown]


class PluginShown(Output, frozen=True, kw_only=True):
    """A plugin, whether it works or not."""

    key: str
    distribution: str
    version: str
    status: Literal["enabled", "disabled", "incompatible", "broken"]
    platforms: list[str]
    reason: Annotated[
        str | msgspec.UnsetType, msgspec.Meta(description="What is wrong and what to do.")
    ] = msgspec.UNSET


class PluginList(Output, frozen=True, kw_only=True):
    """All plugins that were found."""

    data: list[PluginShown]


class PlatformController(Controller):
    """The networks."""

    path = "/platforms"

    @get(
        doc=Doc(
            tag="Platforms",
            summary="List the networks",
            description="How an account of each is connected, its own options and its limits. A "
            "network that the operator has switched off for the tenant is left out.",
            answers={200: PlatformList},
        ),
    )
    async def list_platforms(self, request: AnyRequest) -> ASGIResponse:
        """Gives every network of the enabled plugins."""
        caller = signed_in(request)
        plugins = caller.engine.plugins

        async def work(scope: Scope, _principal: Principal) -> frozenset[str]:
            return await switched_off(scope)

        off = await caller.run(work)
        shown = [
            _platform(platform)
            for key, platform in sorted(plugins.platforms.items())
            if (plugin := plugins.plugin_of(key)) is None or plugin.key not in off
        ]
        return answer(PlatformList(data=shown))


class PluginController(Controller):
    """The plugins."""

    path = "/plugins"

    @get(
        doc=Doc(
            tag="Platforms",
            summary="List the plugins",
            description="With the reason for each that does not work.",
            answers={200: PluginList},
        ),
    )
    async def list_plugins(self, request: AnyRequest) -> ASGIResponse:
        """Gives every plugin that was found."""
        caller = signed_in(request)
        await caller.principal()
        return answer(PluginList(data=[_plugin(one) for one in caller.engine.plugins.records]))


def _platform(platform: Platform) -> PlatformShown:
    form = platform if isinstance(platform, ConnectsWithForm) else None
    otherwise: Literal["oauth", "none"] = "oauth" if isinstance(platform, ConnectsOAuth) else "none"
    return PlatformShown(
        key=platform.key,
        title=platform.title,
        connect=Connect(
            kind="form" if form else otherwise,
            fields=[_field(one) for one in form.connect_form] if form else [],
            server_field=_field(platform.server_field)
            if isinstance(platform, RegistersApp)
            else msgspec.UNSET,
        ),
        abilities=list(abilities_of(platform)),
        options=msgspec.json.schema(platform.options),
        limits=show_limits(platform.limits(None)),
    )


def _field(field: FormField) -> FieldShown:
    return FieldShown(
        name=field.name,
        title=field.title,
        help=field.help,
        secret=field.secret,
        required=field.required,
        default=optional(field.default),
    )


def _plugin(record: PluginRecord) -> PluginShown:
    return PluginShown(
        key=record.key,
        distribution=record.distribution,
        version=record.version,
        status=record.status.value,
        platforms=list(record.platforms),
        reason=optional(record.reason),
    )
