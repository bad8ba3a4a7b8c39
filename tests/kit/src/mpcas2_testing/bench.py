"""What a suite needs to put an adapter to the test: the adapter and its practice network."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal, TypeVar

from mpcas2_hookspecs import (
    Accepted,
    Account,
    Connection,
    ConnectsOAuth,
    ConnectsWithForm,
    HttpAnswer,
    Media,
    NotReady,
    OAuthApp,
    Part,
    Platform,
    PollsPublish,
    PublishContext,
    Published,
    Staged,
    StillDeciding,
)
from mpcas2_sandbox import Control
from mpcas2_testing.consent import PRACTICE_APP, connect_with_consent
from mpcas2_testing.context import MemoryConnectContext, MemoryPublishContext
from mpcas2_testing.samples import picture_bytes, video_bytes

__all__ = ("Bench", "Desk")

T = TypeVar("T")

MOST_QUESTIONS = 50


@dataclass(frozen=True, kw_only=True)
class Bench:
    """An adapter beside the running practice network of its platform.

    Attributes:
        platform: The adapter.
        package: Import name of its package.
        control: Control of the practice network, freshly reset.
        publish_path: Regular expression for the path of the one irreversible request.
        count_posts: Counts the posts on the network's side.
        credentials: What a person fills in to connect one account, where there is a form.
        person: Who consents, where there is a consent page.
        exact: Whether ``find`` can prove that a part is not there. Where it cannot, it has to say
            ``CannotTell``.
        repeats_words: Whether the network takes two posts with the same words.
        sample: Which kind of file the suite uploads.
    """

    platform: Platform
    package: str
    control: Control
    publish_path: str
    count_posts: Callable[[], int]
    credentials: Mapping[str, str] = field(default_factory=dict)
    person: str = ""
    exact: bool = True
    repeats_words: bool = True
    sample: Literal["image", "video"] = "image"

    @property
    def app(self) -> OAuthApp | None:
        """The app that grants are given to; None where accounts are connected with a form."""
        return PRACTICE_APP if isinstance(self.platform, ConnectsOAuth) else None

    @property
    def dead_refresh(self) -> HttpAnswer:
        """The answer to a refresh token that is no longer good (RFC 6749, 5.2, where it holds)."""
        if isinstance(self.platform, ConnectsOAuth):
            return HttpAnswer(status=400, body={"error": "invalid_grant"})
        return HttpAnswer(status=401, body={})

    def connect(self) -> Connection:
        """Connects the account of the practice network, once for each call.

        Raises:
            TypeError: The platform has neither a form nor a consent page.
            PlatformError: What the adapter raises.
        """
        platform = self.platform
        if isinstance(platform, ConnectsOAuth):
            return asyncio.run(connect_with_consent(platform, self.control, self.person))[0]
        if not isinstance(platform, ConnectsWithForm):
            raise TypeError(f"{platform.key} has no way to connect an account.")
        form = platform
        defaults = {one.name: one.default for one in form.connect_form if one.default is not None}

        async def connect() -> Connection:
            async with MemoryConnectContext() as ctx:
                return await form.connect({**defaults, **self.credentials}, ctx)

        return asyncio.run(connect())

    def desk(self) -> Desk:
        """Connects the account and gives what one part of one post is worked on with."""
        return Desk(self, self.connect())


class Desk:
    """Works on parts for one connected account; a journal lasts as long as its desk.

    Args:
        bench: The adapter and its network.
        connection: The connected account.
    """

    def __init__(self, bench: Bench, connection: Connection) -> None:
        self.platform = bench.platform
        self.connection = connection
        self.journal: MutableMapping[str, Any] = {}
        self.media: dict[str, bytes] = {}
        self._bench = bench

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
        root: Published | None = None,
        parent: Published | None = None,
    ) -> Part:
        """Makes a part, with a small file if wanted or needed; with a parent, the second of a thread."""
        limits = self.platform.limits(None)
        media = (self._sample(),) if file or limits.requires_media else ()
        index = 0 if parent is None else 1
        title = "Made by the test kit" if limits.title is not None else ""
        return Part(index=index, text=text, title=title, media=media, root=root, parent=parent)

    def stage(self, part: Part) -> Staged:
        """Runs the adapter's ``stage`` in fresh contexts over this desk's journal, until it is ready.

        The network's clock is moved on while it prepares what was uploaded.

        Raises:
            AssertionError: The network never gets ready.
            PlatformError: What the adapter raises.
        """
        for _ in range(MOST_QUESTIONS):
            try:
                return self.run(partial(self.platform.stage, part))
            except NotReady as error:
                self._bench.control.advance_clock(error.check_after)
        raise AssertionError(f"the network was not ready after {MOST_QUESTIONS} questions")

    def publish(self, staged: Staged) -> Any:
        """Runs the adapter's ``publish`` in a fresh context."""
        return self.run(lambda ctx: self.platform.publish(staged, ctx))

    def find(self, staged: Staged) -> Any:
        """Runs the adapter's ``find`` in a fresh context."""
        return self.run(lambda ctx: self.platform.find(staged, ctx))

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
            handle = answer.handle
            self._bench.control.advance_clock(answer.check_after)
            said = self.run(partial(platform.poll, handle))
            answer = (
                Accepted(handle=handle, check_after=said.check_after)
                if isinstance(said, StillDeciding)
                else said
            )
        raise AssertionError(f"nothing was decided after {MOST_QUESTIONS} questions")

    def file_sha256(self) -> str:
        """Gives the hash by which the network's request log shows the upload of the file."""
        return hashlib.sha256(self._sample_bytes()).hexdigest()

    def _sample_bytes(self) -> bytes:
        return picture_bytes() if self._bench.sample == "image" else video_bytes()

    def _sample(self) -> Media:
        content = self._sample_bytes()
        self.media["sample"] = content
        if self._bench.sample == "video":
            return Media(
                id="sample",
                kind="video",
                mime_type="video/mp4",
                size=len(content),
                width=640,
                height=360,
                duration=3.0,
            )
        return Media(
            id="sample",
            kind="image",
            mime_type="image/png",
            size=len(content),
            width=2,
            height=2,
            alt_text="Four dots.",
        )

    def run(self, call: Callable[[PublishContext], Awaitable[T]]) -> T:
        """Runs any method of the adapter in a fresh context over this desk's journal."""

        async def run() -> T:
            async with MemoryPublishContext(
                account=self.account,
                access_token=self.connection.grant.access_token,
                media=self.media,
                journal=self.journal,
            ) as ctx:
                return await call(ctx)

        return asyncio.run(run())
