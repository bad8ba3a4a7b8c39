"""Checking that what a plugin registers really is what the contract asks for.

``isinstance`` with a runtime protocol compares names of members only. The rest is looked at here,
when the plugin is loaded, so that a wrong adapter is refused before it meets somebody's post.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from zoneinfo import available_timezones

import msgspec

from mpcas2_core.plugins.connecting_rules import describe, verify_connecting
from mpcas2_core.plugins.record import LoadFault
from mpcas2_hookspecs import (
    ChecksPost,
    CollectsAccountMetrics,
    CollectsMetrics,
    ConnectsOAuth,
    ConnectsWithForm,
    CountsText,
    DeclaresQuotas,
    DeletesPosts,
    Limits,
    ListsComments,
    ListsTargets,
    MarksText,
    Platform,
    PollsPublish,
    QuotaRule,
    ReadsProfile,
    ReceivesWebhooks,
    RefreshesGrant,
    RegistersApp,
)

__all__ = ("abilities_of", "check_key", "verify_platform")

_KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


ABILITIES: Mapping[str, type] = MappingProxyType(
    {
        "connectsWithForm": ConnectsWithForm,
        "connectsOAuth": ConnectsOAuth,
        "registersApp": RegistersApp,
        "refreshesGrant": RefreshesGrant,
        "readsProfile": ReadsProfile,
        "pollsPublish": PollsPublish,
        "checksPost": ChecksPost,
        "countsText": CountsText,
        "marksText": MarksText,
        "declaresQuotas": DeclaresQuotas,
        "listsTargets": ListsTargets,
        "deletesPosts": DeletesPosts,
        "collectsMetrics": CollectsMetrics,
        "collectsAccountMetrics": CollectsAccountMetrics,
        "listsComments": ListsComments,
        "receivesWebhooks": ReceivesWebhooks,
    }
)
"""What a platform can do beyond :class:`Platform`, by the names that the API gives it."""


def abilities_of(platform: Platform) -> tuple[str, ...]:
    """Names what a verified platform can do beyond publishing."""
    return tuple(name for name, protocol in ABILITIES.items() if isinstance(platform, protocol))


def check_key(key: str) -> None:
    """Refuses a plugin key that could not stand in an address or a database row.

    Raises:
        LoadFault: The key has other characters than lower-case letters, digits and hyphens.
    """
    if not _KEY.fullmatch(key):
        raise LoadFault(
            f"Its key {key!r} may have lower-case letters, digits and single hyphens only; the "
            "author has to rename the entry point."
        )


def verify_platform(platform: object, plugin_key: str) -> Platform:
    """Checks one object that a plugin returned from ``mpcas2_register_platforms``.

    Args:
        platform: The object.
        plugin_key: Key of the plugin that returned it.

    Returns:
        The same object, as a platform.

    Raises:
        LoadFault: It does not fit; the reason names the member and what the contract asks for.
        Exception: Whatever the object's own properties and ``limits`` raise.
    """
    if not isinstance(platform, Platform):
        missing = [name for name in _members(Platform) if not hasattr(platform, name)]
        raise LoadFault(
            f"It registered {describe(platform)}, which is no Platform: "
            f"{', '.join(missing) or 'a member'} is missing. The author has to add it."
        )
    where = f"Its platform {describe(platform)}"
    _verify_key(platform.key, plugin_key, where)
    title: object = platform.title
    if not isinstance(title, str) or not title:
        raise LoadFault(f"{where} has no title; the author has to give it a name for people.")
    for protocol in (Platform, *ABILITIES.values()):
        if isinstance(platform, protocol):
            _verify_methods(platform, protocol, where)
    _verify_options(platform.options, where)
    limits = platform.limits(None)
    if not isinstance(limits, Limits):
        raise LoadFault(f"{where}: limits(None) gave {describe(limits)}, a Limits is needed.")
    if limits.text.unit == "weighted" and not isinstance(platform, CountsText):
        raise LoadFault(f"{where}: a text limit in the unit 'weighted' needs text_length.")
    verify_connecting(platform, where)
    if isinstance(platform, DeclaresQuotas):
        _verify_quotas(platform.quotas, where)
    return platform


def _verify_key(key: object, plugin_key: str, where: str) -> None:
    if (
        not isinstance(key, str)
        or not _KEY.fullmatch(key)
        or not (key == plugin_key or key.startswith(f"{plugin_key}-"))
    ):
        raise LoadFault(
            f"{where} has the key {key!r}; it must be {plugin_key!r} or begin with "
            f"'{plugin_key}-', in lower-case letters, digits and single hyphens."
        )


def _members(protocol: type) -> tuple[str, ...]:
    """Names the members that a protocol declares itself."""
    return tuple(name for name in vars(protocol) if not name.startswith("_"))


def _verify_methods(platform: object, protocol: type, where: str) -> None:
    """Compares async-ness and parameters of each method with the protocol's."""
    for name in _members(protocol):
        declared = vars(protocol)[name]
        if not inspect.isfunction(declared):
            continue
        method = getattr(platform, name)
        if not callable(method):
            raise LoadFault(f"{where}: {name} must be a method of {protocol.__name__}.")
        wants_async = inspect.iscoroutinefunction(declared)
        if inspect.iscoroutinefunction(method) is not wants_async:
            form = "async def" if wants_async else "a plain def"
            raise LoadFault(f"{where}: {name} must be {form}, see {protocol.__name__}.")
        wanted = tuple(inspect.signature(declared).parameters)[1:]
        try:
            inspect.signature(method).bind(*wanted)
        except (TypeError, ValueError) as error:
            raise LoadFault(
                f"{where}: {name} must take ({', '.join(wanted)}), see {protocol.__name__}."
            ) from error


def _verify_options(options: object, where: str) -> None:
    """Asks for a frozen Struct without room for unknown fields, of which a form can be made."""
    if not (isinstance(options, type) and issubclass(options, msgspec.Struct)):
        raise LoadFault(f"{where}: options is {describe(options)}, a msgspec.Struct is needed.")
    config = options.__struct_config__
    if not (config.frozen and config.forbid_unknown_fields):
        raise LoadFault(
            f"{where}: the Struct {options.__name__} needs frozen=True and "
            "forbid_unknown_fields=True."
        )
    try:
        msgspec.json.schema(options)
    except (TypeError, NameError) as error:
        raise LoadFault(
            f"{where}: no JSON schema can be made of {options.__name__}: {error}"
        ) from error


def _verify_quotas(quotas: object, where: str) -> None:
    if not isinstance(quotas, Sequence) or not all(isinstance(one, QuotaRule) for one in quotas):
        raise LoadFault(f"{where}: quotas must be a sequence of QuotaRule.")
    names = [rule.name for rule in quotas]
    if len(set(names)) != len(names):
        raise LoadFault(f"{where}: quotas has one name twice.")
    for rule in quotas:
        if rule.limit < 1 or rule.window < 1:
            raise LoadFault(f"{where}: the quota {rule.name!r} needs a limit and a window above 0.")
        if rule.resets_in is not None and rule.resets_in not in available_timezones():
            raise LoadFault(f"{where}: {rule.resets_in!r} is no IANA time zone.")
