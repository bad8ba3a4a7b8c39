"""What a plugin registers is checked in full before anybody may use it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from mpcas2_core.plugins.record import LoadFault
from mpcas2_core.plugins.verification import abilities_of, verify_platform
from mpcas2_hookspecs import Consent, FormField, Limits, TextRule


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    tone: str = "calm"


class OpenOptions(msgspec.Struct, frozen=True, kw_only=True):
    tone: str = "calm"


class ThawedOptions(msgspec.Struct, forbid_unknown_fields=True):
    tone: str = "calm"


class UnformableOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    tone: complex = 1j


class Good:
    key: Any = "good"
    title: Any = "Good"
    options: Any = Options

    def limits(self, account: Any) -> Any:  # noqa: ARG002 - the protocol gives it
        return Limits(text=TextRule(max_length=10))

    async def stage(self, part: Any, ctx: Any) -> Any: ...

    async def publish(self, staged: Any, ctx: Any) -> Any: ...

    async def find(self, staged: Any, ctx: Any) -> Any: ...


class Able(Good):
    connect_form: Any = (FormField(name="token", title="Token", secret=True),)

    async def connect(self, credentials: Any, ctx: Any) -> Any: ...

    def refresh_request(self, account: Any, grant: Any, app: Any) -> Any: ...

    def parse_refresh(self, answer: Any) -> Any: ...

    async def poll(self, handle: Any, ctx: Any) -> Any: ...


def plain(self: Any, *arguments: Any) -> Any: ...


async def one_too_many(self: Any, first: Any, second: Any, third: Any) -> Any: ...


async def one_too_few(self: Any, first: Any) -> Any: ...


async def by_name_only(self: Any, first: Any, *, ctx: Any) -> Any: ...


async def one_more_with_default(self: Any, first: Any, second: Any, third: Any = None) -> Any: ...


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"key": 5}, "has the key 5"),
        ({"key": "Good"}, "has the key 'Good'"),
        ({"key": "goodness"}, "begin with 'good-'"),
        ({"title": ""}, "no title"),
        ({"title": None}, "no title"),
        ({"options": Options()}, "a msgspec.Struct is needed"),
        ({"options": dict}, "a msgspec.Struct is needed"),
        ({"options": OpenOptions}, "forbid_unknown_fields=True"),
        ({"options": ThawedOptions}, "frozen=True"),
        ({"options": UnformableOptions}, "no JSON schema"),
        ({"stage": plain}, "stage must be async def"),
        ({"limits": one_too_few}, "limits must be a plain def"),
        ({"publish": one_too_many}, r"publish must take \(staged, ctx\)"),
        ({"publish": one_too_few}, r"publish must take \(staged, ctx\)"),
        ({"find": by_name_only}, r"find must take \(staged, ctx\)"),
        ({"find": "text"}, "find must be a method"),
        ({"limits": lambda _self, _account: None}, "a Limits is needed"),
        ({"connect_form": 5}, "sequence of FormField"),
        ({"connect_form": [5]}, "sequence of FormField"),
        ({"connect_form": [FormField(name="a", title="A")] * 2}, "a field twice"),
        ({"connect": plain}, "connect must be async def, see ConnectsWithForm"),
        (
            {"refresh_request": one_too_few},
            "refresh_request must be a plain def, see RefreshesGrant",
        ),
        ({"poll": one_too_many}, r"poll must take \(handle, ctx\), see PollsPublish"),
    ],
)
def test_a_platform_that_does_not_fit_is_refused_by_the_member(
    changes: dict[str, Any], words: str
) -> None:
    changed = type("Changed", (Able,), changes)
    with pytest.raises(LoadFault, match=words):
        verify_platform(changed(), "good")


class Paged(Good):
    """A network with a consent page."""

    consent: Any = None

    def grant_request(self, code: Any, redirect_uri: Any, verifier: Any, app: Any) -> Any: ...

    def parse_grant(self, answer: Any) -> Any: ...

    async def connections(self, grant: Any, ctx: Any) -> Any: ...


class Many(Paged):
    """A network of many servers that tells who an account is."""

    consent: Any = Consent(url="", scopes=("write",))
    server_field: Any = FormField(name="server", title="Server")
    profile_seconds: Any = 60

    def server_of(self, text: Any) -> Any: ...

    async def register_app(self, server: Any, redirect_uri: Any, ctx: Any) -> Any: ...

    def consent_at(self, server: Any) -> Any: ...

    async def read_profile(self, ctx: Any) -> Any: ...


PAGE = "https://fair.example/authorize"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"consent": None}, "a Consent is needed"),
        ({"consent": Consent(url=PAGE, scopes=("write",))}, "must have an empty url"),
        ({"server_field": "server"}, "a FormField is needed"),
        ({"server_field": FormField(name="s", title="S", secret=True)}, "a server is no secret"),
        ({"register_app": plain}, "register_app must be async def, see RegistersApp"),
        ({"server_of": one_too_few}, "server_of must be a plain def, see RegistersApp"),
        ({"profile_seconds": "a day"}, "profile_seconds must be a number"),
        ({"profile_seconds": float("nan")}, "profile_seconds must be a number"),
        ({"profile_seconds": -1}, "profile_seconds must be a number"),
        ({"read_profile": plain}, "read_profile must be async def, see ReadsProfile"),
        (
            {"read_webhook": one_too_few, "webhook_challenge": plain},
            "webhook_challenge must take|read_webhook must be a plain def",
        ),
    ],
)
def test_a_network_of_many_servers_that_does_not_fit_is_refused(
    changes: dict[str, Any], words: str
) -> None:
    assert "registersApp" in abilities_of(verify_platform(Many(), "good"))
    with pytest.raises(LoadFault, match=words):
        verify_platform(type("Changed", (Many,), changes)(), "good")


@pytest.mark.parametrize(
    ("consent", "words"),
    [
        (Consent(url="", scopes=("a",)), "the page's address"),
        (Consent(url="ftp://fair.example", scopes=("a",)), "the page's address"),
        (Consent(url=f"{PAGE}?lang=en", scopes=("a",)), "without a query"),
        (Consent(url=PAGE, scopes=("a",), required=("b",)), "does not ask for it"),
        (Consent(url=PAGE, scopes=("a",), client_id_name=""), "client_id_name"),
        (Consent(url=PAGE, scopes=("a",), scope_separator=""), "scope_separator"),
        (Consent(url=PAGE, scopes=("a",), parameters={"state": "x"}), "holds 'state'"),
        (
            Consent(url=PAGE, scopes=("a",), client_id_name="key", parameters={"key": "x"}),
            "holds 'key'",
        ),
    ],
)
def test_a_consent_page_that_cannot_be_one_is_refused(consent: Consent, words: str) -> None:
    with pytest.raises(LoadFault, match=words):
        verify_platform(type("One", (Paged,), {"consent": consent})(), "good")


def test_an_argument_with_a_default_fits() -> None:
    changed = type("Changed", (Good,), {"find": one_more_with_default})()
    assert verify_platform(changed, "good") is changed


def test_abilities_are_found_by_their_members() -> None:
    able, good = verify_platform(Able(), "good"), verify_platform(Good(), "good")
    assert abilities_of(able) == ("connectsWithForm", "refreshesGrant", "pollsPublish")
    assert abilities_of(good) == ()


def test_a_wrong_adapter_in_an_installed_plugin_is_listed_as_broken(
    installed_plugin: Callable[..., Any], load_host: Callable[..., Any]
) -> None:
    installed_plugin("sync", changes={"async def publish": "def publish"})
    installed_plugin("args", changes={"def find(self, staged, ctx)": "def find(self, staged)"})
    installed_plugin("limits", changes={"return Limits": "raise OSError('no'); return Limits"})
    installed_plugin("property", changes={"options = Options": "options = property(lambda s: 1/0)"})
    installed_plugin("good", changes={"    async def find": POLLS + "    async def find"})
    host = load_host()
    assert "publish must be async def" in host.record("sync")["reason"]
    assert "find must take (staged, ctx)" in host.record("args")["reason"]
    assert "when its platforms were checked: OSError: no" in host.record("limits")["reason"]
    assert "ZeroDivisionError" in host.record("property")["reason"]
    assert host.abilities["good"] == ["pollsPublish"]
    assert {"sync", "args", "limits", "property"}.isdisjoint(host.platforms)


POLLS = "    async def poll(self, handle, ctx): ...\n"
