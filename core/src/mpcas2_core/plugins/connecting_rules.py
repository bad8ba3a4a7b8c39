"""Checking what a platform says of how its accounts are connected."""

from __future__ import annotations

import math
from collections.abc import Sequence
from urllib.parse import urlsplit

from mpcas2_core.plugins.record import LoadFault
from mpcas2_hookspecs import (
    ConnectsOAuth,
    ConnectsWithForm,
    Consent,
    FormField,
    Platform,
    ReadsProfile,
    RegistersApp,
)

__all__ = ("describe", "verify_connecting")

# What the engine puts into the address of a consent page itself.
_OURS = frozenset(
    {"redirect_uri", "scope", "state", "code_challenge", "code_challenge_method", "code_verifier"}
)


def verify_connecting(platform: Platform, where: str) -> None:
    """Checks form, consent page, server field and profile of a platform that has them.

    Args:
        platform: The platform; its methods were compared with the protocols before.
        where: How a message begins.

    Raises:
        LoadFault: It does not fit; the reason names the member and what the contract asks for.
    """
    if isinstance(platform, ConnectsWithForm):
        _verify_form(platform.connect_form, where)
    if isinstance(platform, ConnectsOAuth):
        _verify_consent(platform.consent, where, many=isinstance(platform, RegistersApp))
    if isinstance(platform, RegistersApp):
        _verify_server_field(platform.server_field, where)
    if isinstance(platform, ReadsProfile):
        _verify_profile_seconds(platform.profile_seconds, where)


def describe(value: object) -> str:
    """Names a value by its type, since its repr is a stranger's code."""
    kind = value if isinstance(value, type) else type(value)
    return f"{kind.__module__}.{kind.__qualname__}"


def _verify_form(form: object, where: str) -> None:
    if not isinstance(form, Sequence) or not all(isinstance(field, FormField) for field in form):
        raise LoadFault(f"{where}: connect_form must be a sequence of FormField.")
    names = [field.name for field in form]
    if len(set(names)) != len(names):
        raise LoadFault(f"{where}: connect_form names a field twice.")


def _verify_consent(consent: object, where: str, *, many: bool) -> None:
    if not isinstance(consent, Consent):
        raise LoadFault(f"{where}: consent is {describe(consent)}, a Consent is needed.")
    unasked = sorted(set(consent.required) - set(consent.scopes))
    if unasked:
        raise LoadFault(f"{where}: consent requires {unasked[0]!r} and does not ask for it.")
    address = urlsplit(consent.url)
    if many:
        if consent.url:
            raise LoadFault(
                f"{where}: consent must have an empty url, since each server has a page of its own; "
                "consent_at gives it."
            )
    elif address.scheme not in {"http", "https"} or not address.netloc or address.query:
        raise LoadFault(
            f"{where}: consent.url must be the page's address, with https:// and without a query."
        )
    if not consent.client_id_name or not consent.scope_separator:
        raise LoadFault(f"{where}: consent needs a client_id_name and a scope_separator.")
    taken = sorted((_OURS | {consent.client_id_name}) & set(consent.parameters))
    if taken:
        raise LoadFault(
            f"{where}: consent.parameters holds {taken[0]!r}, which the engine fills in itself."
        )


def _verify_server_field(field: object, where: str) -> None:
    if not isinstance(field, FormField):
        raise LoadFault(f"{where}: server_field is {describe(field)}, a FormField is needed.")
    if field.secret or not field.name:
        raise LoadFault(f"{where}: server_field needs a name, and a server is no secret.")


def _verify_profile_seconds(seconds: object, where: str) -> None:
    # Written this way round, "nan" fails as well.
    if (
        not isinstance(seconds, int | float)
        or isinstance(seconds, bool)
        or not (0 <= seconds < math.inf)
    ):
        raise LoadFault(f"{where}: profile_seconds must be a number of seconds, 0 or more.")
