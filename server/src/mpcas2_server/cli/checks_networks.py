"""What `mpcas2 doctor` says of networks with a consent page: app, redirect address, settings."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from mpcas2_core.accounts.apps import client_variables, redirect_address
from mpcas2_core.masking import mask_url
from mpcas2_core.plugins import PluginHost
from mpcas2_core.plugins.settings import variable_of
from mpcas2_core.settings import PREFIX, Settings, SettingsError, read_variable
from mpcas2_core.webhooks import verify_variable
from mpcas2_hookspecs import ConnectsOAuth, Platform, ReceivesWebhooks, RegistersApp
from mpcas2_server.cli.finding import Finding, source_of

__all__ = ("apps", "plugin_settings", "webhooks")


def apps(
    settings: Settings, plugins: PluginHost, environ: Mapping[str, str] | None = None
) -> Iterator[Finding]:
    """Tells for each network which app connects accounts, and what to register with the network.

    Args:
        settings: As loaded.
        plugins: As loaded.
        environ: Where the apps are; the process's environment by default.
    """
    environ = os.environ if environ is None else environ
    without: list[str] = []
    for key, platform in sorted(plugins.platforms.items()):
        # With each of many servers an app is registered by itself.
        many = isinstance(platform, RegistersApp)
        if many or not isinstance(platform, ConnectsOAuth):
            continue
        names = [name for one in client_variables(key) for name in (PREFIX + one, one)]
        if source_of(names, environ) is None:
            without.append(platform.title)
        else:
            yield _app(platform, redirect_address(settings.public_url, key), environ)
    if without:
        # Nobody uses all networks: one line for those that nobody asked for.
        yield Finding(
            level="ok",
            area="app",
            message=f"No app yet for {', '.join(without)}. To use one of them register "
            f"{redirect_address(settings.public_url, 'KEY')} there, with the network's key as `mpcas2 "
            "plugin list` shows it, and set KEY_CLIENT_ID and KEY_CLIENT_SECRET; or each tenant sets "
            "its own with `mpcas2 account app`.",
        )


def webhooks(
    settings: Settings, plugins: PluginHost, environ: Mapping[str, str] | None = None
) -> Iterator[Finding]:
    """Tells for each network that sends events by itself which address to give it.

    Only where there is an app: without one the network has nobody to tell.

    Args:
        settings: As loaded.
        plugins: As loaded.
        environ: Where apps and verify tokens are; the process's environment by default.
    """
    environ = os.environ if environ is None else environ
    for key, platform in sorted(plugins.platforms.items()):
        client_id, _ = client_variables(key)
        if not isinstance(platform, ReceivesWebhooks) or not source_of(
            (PREFIX + client_id, client_id), environ
        ):
            continue
        variable = verify_variable(key)
        given = source_of((PREFIX + variable, variable), environ)
        told = f"the verify token of {given}" if given else f"no verify token ({variable})"
        yield Finding(
            level="ok",
            area="webhooks",
            message=f"{platform.title} may send events to "
            f"{settings.public_url.rstrip('/')}/webhooks/{key}, with {told}.",
        )


def plugin_settings(
    plugins: PluginHost, environ: Mapping[str, str] | None = None
) -> Iterator[Finding]:
    """Lists what is set for plugins and differs from their defaults.

    Args:
        plugins: As loaded.
        environ: Where the settings are; the process's environment by default.
    """
    environ = os.environ if environ is None else environ
    for record in plugins.records:
        for setting in record.manifest.settings if record.manifest else ():
            variable = variable_of(record.key, setting.name)
            source = source_of((variable,), environ)
            if source is None:
                continue
            value = "(hidden)" if setting.secret else mask_url(environ[source])
            yield Finding(level="ok", area="plugin", message=f"{source} is {value}")


def _app(platform: Platform, redirect: str, environ: Mapping[str, str]) -> Finding:
    id_names, secret_names = ((PREFIX + name, name) for name in client_variables(platform.key))
    register = f"Register {redirect} with {platform.title} as redirect address, letter for letter"
    try:
        client_id = read_variable(environ, *id_names)
        secret = read_variable(environ, *secret_names)
    except SettingsError as error:
        return Finding(level="fail", area="app", message=str(error))
    if client_id is None:
        return Finding(
            level="fail",
            area="app",
            message=f"{platform.title}: {id_names[1]} is not set, so there is no app.",
            advice=f"{register}, then set {id_names[1]} and {secret_names[1]}; or each tenant sets "
            f"its own with `mpcas2 account app {platform.key}`.",
        )
    id_source, secret_source = source_of(id_names, environ), source_of(secret_names, environ)
    if secret is None:
        return Finding(
            level="warn",
            area="app",
            message=f"{platform.title}: {id_source} is set, {secret_names[1]} is not.",
            advice=f"Set it, unless the app is a public client. {register}.",
        )
    return Finding(
        level="ok",
        area="app",
        message=f"{platform.title}: {id_source} and {secret_source} are set. {register}.",
    )
