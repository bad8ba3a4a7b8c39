"""Works on the parts of one connected account, as the engine does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from mpcas2_hookspecs import (
    Accepted,
    Account,
    CannotTell,
    Connection,
    ListsTargets,
    Media,
    NotReady,
    OAuthApp,
    Part,
    PollsPublish,
    PublishContext,
    Published,
    Staged,
    StillDeciding,
)
from mpcas2_testing.context import MemoryPublishContext
from mpcas2_testing.fitting import fitting
from mpcas2_testing.trouble import Trouble

if TYPE_CHECKING:
    from mpcas2_testing.bench import Bench

__all__ = ("Desk",)

T = TypeVar("T")

MOST_QUESTIONS = 50
_MOST_LOOKS = 5


class Desk:
    """Works on parts for one connected account; a journal lasts as long as its desk.

    Args:
        bench: The adapter and its network.
        connection: The connected account.
        app: The registration that its grant was given to.

    Attributes:
        on_read: Called before each chunk of a file that the adapter reads; None for nothing.
        contexts: All contexts that the adapter was handed, in order.
    """

    def __init__(self, bench: Bench, connection: Connection, app: OAuthApp | None = None) -> None:
        self.platform = bench.platform
        self.connection = connection
        self.app = app
        self.journal: MutableMapping[str, Any] = {}
        self.media: dict[str, bytes] = {}
        self.on_read: Callable[[int], None] | None = None
        self.contexts: list[MemoryPublishContext] = []
        self._bench = bench
        self._numbers = count(1)
        self._options: dict[str, Any] | None = None

    @property
    def account(self) -> Account:
        """The account as the engine hands it to an adapter."""
        profile = self.connection.profile
        return Account(
            id="00000000-0000-4000-8000-000000000001",
            platform=self.platform.key,
            platform_account_id=profile.platform_account_id,
            username=profile.username,
            data=profile.data,
        )

    def part(
        self,
        text: str = "Written by the test kit.",
        *,
        file: bool = False,
        sample: str = "",
        files: Mapping[Media, bytes] | None = None,
        title: str = "Made by the test kit",
        root: Published | None = None,
        parent: Published | None = None,
    ) -> Part:
        """Makes a part, the second of a thread if it has a parent.

        Args:
            text: Its text.
            file: Whether it has a file, where the network takes any.
            sample: One of ``Practice.samples``; empty for the network's usual one.
            files: Its files, instead of those of the sample.
            title: Its title, where the network has titles.
            root: The first part of its thread.
            parent: The part before.
        """
        limits = self.platform.limits(self.account)
        kinds = self._bench.kinds
        if not sample:
            wants_file = file or limits.requires_media
            sample = next((one for one in kinds if one != "text" or not wants_file), kinds[0])
        if files is None:
            files = fitting(limits, sample)
        self.media.update({media.id: content for media, content in files.items()})
        return Part(
            index=0 if parent is None else 1,
            text=text,
            title=title if limits.title is not None else "",
            media=tuple(files),
            options=self._options_for(sample),
            root=root,
            parent=parent,
        )

    def fresh(self, *, file: bool = False, sample: str = "") -> Part:
        """Makes a part with words of its own over an empty journal."""
        self.journal.clear()
        number = next(self._numbers)
        return self.part(f"Number {number}, by the test kit.", file=file, sample=sample)

    def comment(self, post: Published, text: str = "First comment, by the test kit.") -> Part:
        """Makes the first comment below a post, over an empty journal."""
        self.journal.clear()
        return Part(index=1, role="comment", text=text, root=post, parent=post)

    def stage(self, part: Part, trouble: Trouble | None = None) -> Staged:
        """Runs the adapter's ``stage`` in fresh contexts over this desk's journal, until it is ready.

        The network's clock is moved on while it prepares what was uploaded.

        Raises:
            AssertionError: The network never gets ready.
            PlatformError: What the adapter raises.
        """
        for _ in range(MOST_QUESTIONS):
            try:
                return self.run(partial(self.platform.stage, part), trouble)
            except NotReady as error:
                self._bench.control.advance_clock(error.check_after)
        raise AssertionError(f"the network was not ready after {MOST_QUESTIONS} questions")

    def publish(self, staged: Staged, trouble: Trouble | None = None) -> Any:
        """Runs the adapter's ``publish`` in a fresh context."""
        return self.run(lambda ctx: self.platform.publish(staged, ctx), trouble)

    def find(self, staged: Staged) -> Any:
        """Runs the adapter's ``find`` in fresh contexts, as long as it wants to be asked again."""
        for _ in range(_MOST_LOOKS):
            said = self.run(lambda ctx: self.platform.find(staged, ctx))
            if not isinstance(said, CannotTell) or said.ask_again_after is None:
                break
            self._bench.control.advance_clock(said.ask_again_after)
        return said

    def published(self, part: Part) -> Published:
        """Stages and publishes a part, and waits until it is decided."""
        return self.settled(self.publish(self.stage(part)))

    def settled(self, answer: Published | Accepted) -> Published:
        """Asks about an accepted part until it is published, moving the network's clock on.

        Raises:
            AssertionError: The network never decides.
            PlatformError: What the adapter raises.
        """
        if isinstance(answer, Published):
            return answer
        platform = self.platform
        assert isinstance(platform, PollsPublish), "Accepted needs a platform that has poll"
        for _ in range(MOST_QUESTIONS):
            if isinstance(answer, Published):
                return answer
            # As in the engine, the handle comes out of the database.
            handle = msgspec.json.decode(msgspec.json.encode(answer.handle))
            self._bench.control.advance_clock(answer.check_after)
            said = self.run(partial(platform.poll, handle))
            answer = (
                Accepted(handle=handle, check_after=said.check_after)
                if isinstance(said, StillDeciding)
                else said
            )
        raise AssertionError(f"nothing was decided after {MOST_QUESTIONS} questions")

    def run(
        self, call: Callable[[PublishContext], Awaitable[T]], trouble: Trouble | None = None
    ) -> T:
        """Runs any method of the adapter in a fresh context over this desk's journal."""
        return asyncio.run(self._run(call, trouble))

    def cancel(self, call: Callable[[PublishContext], Awaitable[T]], trouble: Trouble) -> bool:
        """Cancels a call while its request hangs; tells whether the cancellation came back out.

        Raises:
            AssertionError: No request was hanging.
        """

        async def run() -> bool:
            task = asyncio.create_task(self._run(call, trouble))
            hanging = asyncio.create_task(trouble.hanging.wait())
            await asyncio.wait({task, hanging}, return_when=asyncio.FIRST_COMPLETED)
            hanging.cancel()
            assert not task.done(), "no request was hanging"
            task.cancel()
            await asyncio.wait({task})
            return task.cancelled()

        return asyncio.run(run())

    async def _run(
        self, call: Callable[[PublishContext], Awaitable[T]], trouble: Trouble | None
    ) -> T:
        async with MemoryPublishContext(
            account=self.account,
            access_token=self.connection.grant.access_token,
            media=self.media,
            journal=self.journal,
            trouble=trouble,
            on_read=self.on_read,
        ) as ctx:
            self.contexts.append(ctx)
            return await call(ctx)

    def _options_for(self, sample: str) -> msgspec.Struct | None:
        """Gives the options that the network insists on, and the one that makes a story a story."""
        struct = self.platform.options
        if self._options is None:
            wanted = self._bench.requires_options
            self._options = {
                name: self._target(name) if value == "{target}" else value
                for name, value in wanted.items()
            }
        options = {**self._options, **_choice_of(struct, sample)}
        return msgspec.convert(options, struct) if options else None

    def _target(self, option: str) -> str:
        platform = self.platform
        assert isinstance(platform, ListsTargets), f"{option} needs a target, and there are none"
        for target in self.run(platform.targets):
            if target.option == option:
                return target.id
        raise AssertionError(f"the account has no target for the option {option}")


def _choice_of(struct: type[msgspec.Struct], sample: str) -> dict[str, str]:
    """Finds the option that has the sample among its choices, such as a kind ``story``."""
    properties = msgspec.json.schema_components([struct])[1][struct.__name__].get("properties", {})
    for name, schema in properties.items():
        for choice in schema.get("enum", ()):
            if isinstance(choice, str) and choice.lower() == sample:
                return {name: choice}
    return {}
