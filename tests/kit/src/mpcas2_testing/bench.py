"""What a suite needs to put an adapter to the test: the adapter and its practice network."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from mpcas2_hookspecs import Connection, ConnectsOAuth, ConnectsWithForm, OAuthApp, Platform
from mpcas2_sandbox import Control, FaultRule, Practice, SandboxProcess
from mpcas2_testing.consent import app_of, connect_with_consent
from mpcas2_testing.context import MemoryConnectContext
from mpcas2_testing.desk import Desk
from mpcas2_testing.installed import find_plugin, load_platform

__all__ = ("Bench", "bench_of", "bench_without_network")


@dataclass(frozen=True, kw_only=True)
class Bench:
    """An adapter beside the running practice network of its platform.

    Attributes:
        platform: The adapter.
        package: Import name of its package.
        control: Control of the practice network, freshly reset.
        publish_path: Regular expression for the path of the irreversible request, where there is one
            only and ``publish`` is left out.
        publish: The irreversible requests, each as method, space and regular expression of the path.
        count_posts: Counts the public posts on the network's side.
        credentials: What a person fills in to connect one account, where there is a form.
        person: Who consents, where there is a consent page.
        server: The server that a person names, where apps are registered on the spot.
        exact: Whether ``find`` can prove that a part is not there. Where it cannot, it has to say
            ``CannotTell``.
        repeats_words: Whether the network takes two posts with the same words.
        sample: Which kind of file the suite uploads, where ``samples`` is left out.
        samples: What the network takes; the first is used where nothing else is asked for.
        requires_options: Options that every post needs (``Practice.requires_options``).
    """

    platform: Platform
    package: str
    control: Control
    count_posts: Callable[[], int]
    publish_path: str = ""
    publish: tuple[str, ...] = ()
    credentials: Mapping[str, str] = field(default_factory=dict)
    person: str = ""
    server: str = ""
    exact: bool = True
    repeats_words: bool = True
    sample: Literal["image", "video"] = "image"
    samples: tuple[str, ...] = ()
    requires_options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def kinds(self) -> tuple[str, ...]:
        """What the network takes; the first is used where nothing else is asked for."""
        if self.samples:
            return self.samples
        return ("video",) if self.sample == "video" else ("text", "image")

    def faults_of_publish(self, rule: FaultRule) -> list[FaultRule]:
        """Aims a fault rule at the irreversible requests."""
        if not self.publish:
            aims: list[tuple[str | None, str]] = [(None, self.publish_path)]
        else:
            aims = [
                (method, path) for method, _, path in (one.partition(" ") for one in self.publish)
            ]
        return [
            FaultRule(
                action=rule.action,
                method=method,
                path=path,
                status=rule.status,
                headers=rule.headers,
                seconds=rule.seconds,
            )
            for method, path in aims
        ]

    def connect(self) -> Connection:
        """Connects the account of the practice network, once for each call.

        Raises:
            TypeError: The platform has neither a form nor a consent page.
            PlatformError: What the adapter raises.
        """
        return asyncio.run(self._connected())[0]

    async def _connected(self) -> tuple[Connection, OAuthApp | None]:
        platform = self.platform
        if isinstance(platform, ConnectsOAuth):
            app = await app_of(platform, self.server)
            return (await connect_with_consent(platform, self.control, self.person, app=app))[
                0
            ], app
        if not isinstance(platform, ConnectsWithForm):
            raise TypeError(f"{platform.key} has no way to connect an account.")
        defaults = {
            one.name: one.default for one in platform.connect_form if one.default is not None
        }
        async with MemoryConnectContext() as ctx:
            return await platform.connect({**defaults, **self.credentials}, ctx), None

    def desk(self) -> Desk:
        """Connects the account and gives what one part of one post is worked on with."""
        connection, app = asyncio.run(self._connected())
        return Desk(self, connection, app)


def bench_of(key: str, practice: Practice, process: SandboxProcess) -> Bench:
    """Makes the bench of an installed plugin from what its practice network says about itself.

    Args:
        key: Of the plugin.
        practice: What the network says.
        process: The running network.

    Raises:
        LookupError: No such plugin is installed.
    """
    control, url = process.control, process.url
    accounts = control.call("GET", "accounts")["accounts"]

    def filled(text: str) -> str:
        return text.format(url=url, account=accounts[0] if accounts else {})

    point = find_plugin(key)
    settings = {name: filled(text) for name, text in practice.settings.items()}
    return Bench(
        platform=load_platform(point, settings),
        package=point.module.partition(".")[0],
        control=control,
        count_posts=lambda: int(control.call("GET", "stats")["posts"]),
        publish=practice.publish,
        credentials={name: filled(text) for name, text in practice.credentials.items()},
        person=practice.person,
        server=filled(practice.server),
        exact=practice.exact,
        repeats_words=practice.repeats_words,
        samples=practice.samples,
        requires_options=practice.requires_options,
    )


def bench_without_network(key: str) -> Bench:
    """Makes a bench that only rules about declared data can use.

    Args:
        key: Of the plugin.

    Raises:
        LookupError: No such plugin is installed.
    """
    point = find_plugin(key)
    return Bench(
        platform=load_platform(point, {}),
        package=point.module.partition(".")[0],
        # Nobody listens on the port of the protocol `discard`.
        control=Control("http://127.0.0.1:9/_sandbox"),
        count_posts=lambda: 0,
    )
