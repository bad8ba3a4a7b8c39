"""Everything that the practice network remembers between two resets."""

import asyncio
import hashlib
import hmac
import itertools
import secrets
from datetime import timedelta
from typing import Annotated, Any, Literal

import msgspec

from mpcas2_platform_instagram.sandbox.accounts import Account, AccountBook
from mpcas2_platform_instagram.sandbox.container_order import ContainerOrder
from mpcas2_platform_instagram.sandbox.containers import Container, ContainerVerdict
from mpcas2_platform_instagram.sandbox.media import Comment, Media
from mpcas2_platform_instagram.sandbox.media_rules import (
    image_fault,
    size_limit,
    too_large,
    video_fault,
)
from mpcas2_platform_instagram.sandbox.scopes import SCOPES
from mpcas2_sandbox import SandboxCore
from mpcas2_sandbox.decisions import Decisions
from mpcas2_sandbox.files import FileDisk, StoredFile
from mpcas2_sandbox.oauth import PRACTICE_CLIENT_SECRET, OAuthRules, OAuthServer, Refusal
from mpcas2_sandbox.pull import PullError, pull
from mpcas2_sandbox.webhooks import WebhookSender, meta_question
from mpcas2_sandbox.windows import CallWindows, Window

TITLE = "Instagram"
LONG_SECONDS = 60 * 86_400.0
SHORT_SECONDS = 3600.0
_DAY = 86_400
_RULES = OAuthRules(
    authorize_path="/oauth/authorize",
    scopes=SCOPES,
    scope_separator=",",
    access_seconds=LONG_SECONDS,
    code_seconds=3600,
    refresh_tokens=False,
    secret_in_basic=False,
    token_in_query=True,
    code_suffix="#_",
    bad_client=Refusal(error="OAuthException", description="Invalid platform app"),
    bad_code=Refusal(
        error="OAuthException",
        description="Matching code was not found, has expired or was already used",
    ),
)


class Settings(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"
):
    """What the control API can change about the network as a whole.

    Args:
        quota_total: How many posts an account may publish in a rolling window.
        quota_seconds: How long that window is.
        container_seconds: How long a container lives unpublished.
        pulls: Whether the media of pictures is fetched after the answer (``later``), or looked at
            before it (``now``), so that the request itself is refused.
        pull_seconds: How long fetching may take, of real time.
        new_tokens: Which front door the tokens of new consents are of.
        ended_versions: Whether a call of an ended version is served as the oldest living one
            (``forward``) or refused.
        oldest_version: The oldest version that is alive.
        newest_version: The newest version.
        refresh_ends_old: Whether a refreshed token dies.
        code_answer: Whether the short-lived token's answer is flat or a list in ``data``.
        comment_characters: How long a comment may be.
        media_lag_seconds: Posts younger than this are not yet in lists.
    """

    quota_total: Annotated[int, msgspec.Meta(ge=0)] = 100
    quota_seconds: Annotated[float, msgspec.Meta(gt=0)] = _DAY
    container_seconds: Annotated[float, msgspec.Meta(gt=0)] = _DAY
    pulls: Literal["later", "now"] = "later"
    pull_seconds: Annotated[float, msgspec.Meta(gt=0)] = 30.0
    new_tokens: Literal["instagram", "facebook"] = "instagram"
    ended_versions: Literal["forward", "refuse"] = "forward"
    oldest_version: Annotated[int, msgspec.Meta(ge=1)] = 21
    newest_version: Annotated[int, msgspec.Meta(ge=1)] = 26
    refresh_ends_old: bool = False
    code_answer: Literal["flat", "data"] = "flat"
    comment_characters: Annotated[int, msgspec.Meta(ge=1)] = 2200
    media_lag_seconds: Annotated[float, msgspec.Meta(ge=0)] = 0.0


class InstagramState:
    """Accounts, grants, containers and media of one practice network.

    Args:
        core: The clock and the request log.
    """

    def __init__(self, core: SandboxCore) -> None:
        self.core = core
        self.settings = Settings()
        self.disk = FileDisk()
        self.accounts = AccountBook(core.clock.now())
        self.oauth: OAuthServer[Account] = OAuthServer(
            core, _RULES, accounts=self.accounts.all, title=TITLE
        )
        self.containers: dict[str, Container] = {}
        self.media: dict[str, Media] = {}
        self.decisions = Decisions(core, ContainerVerdict)
        self.webhooks = WebhookSender(core, sign, verify=meta_question)
        self.calls = CallWindows(
            core.clock,
            (
                Window(route="*", limit=100_000, seconds=3600, per="app", rolling=True),
                Window(route="*", limit=48_000, seconds=_DAY, per="user", rolling=True),
            ),
        )
        self.published = self.deleted = self.refreshed = 0
        self._numbers = itertools.count(1)
        self._tasks: set[asyncio.Task[None]] = set()
        core.at_reset(self._end_tasks)

    def next_number(self, prefix: str) -> str:
        """Returns a fresh number of a node; the prefix tells people what it is."""
        return f"{prefix}{next(self._numbers):014d}"

    def add_container(
        self, owner: Account, order: ContainerOrder, request: dict[str, str]
    ) -> Container:
        """Makes a container and begins to fetch its media in the background."""
        number = self.next_number("179")
        container = Container(
            id=number,
            owner=owner,
            order=order,
            request=request,
            created_at=self.core.clock.now(),
            lives=timedelta(seconds=self.settings.container_seconds),
            decision=self.decisions.decide(number),
            children=tuple(self.containers[one] for one in order.children),
            waiting=bool(order.url) or order.resumable,
        )
        self.containers[number] = container
        if order.url or order.cover_url:
            container.task = asyncio.get_running_loop().create_task(self._fetch(container))
            self._tasks.add(container.task)
            container.task.add_done_callback(self._tasks.discard)
        return container

    def take_media(self, container: Container, file: StoredFile) -> None:
        """Gives a container its media and looks at it."""
        container.file = file
        if container.order.is_video:
            movie, fault = video_fault(file, container.order)
            container.media_type = "" if movie is None else movie.media_type
        else:
            fault = image_fault(file, in_feed=container.order.in_feed)
            container.media_type = "image/jpeg"
        container.fault = container.fault or fault
        container.waiting = False

    def publish(self, container: Container, client_id: str) -> Media:
        """Makes a post of a finished container."""
        now = self.core.clock.now()
        items = container.children or (container,)
        media = Media(
            id=self.next_number("180"),
            shortcode=secrets.token_urlsafe(8),
            owner=container.owner,
            container=container,
            items=items,
            item_ids=tuple(self.next_number("180") for _ in container.children),
            published_at=now,
            client_id=client_id,
        )
        container.media_id = media.id
        for child in container.children:
            child.media_id = media.id
        container.owner.published.append(now)
        self.media[media.id] = media
        self.published += 1
        return media

    def comment(self, media: Media, author: Account, text: str) -> Comment:
        """Writes a comment below a post and tells the webhooks of it."""
        comment = Comment(
            id=self.next_number("178"), author=author, text=text, at=self.core.clock.now()
        )
        media.comments.append(comment)
        value = {
            "from": {"id": author.scoped_id, "username": author.handle},
            "media": {"id": media.id, "media_product_type": media.product},
            "id": comment.id,
            "text": text,
        }
        self.webhooks.send(
            {
                "object": "instagram",
                "entry": [
                    {
                        "id": media.owner.id,
                        "time": int(comment.at.timestamp()),
                        "changes": [{"field": "comments", "value": value}],
                    }
                ],
            }
        )
        return comment

    def media_of(self, owner: Account, *, stories: bool) -> list[Media]:
        """Returns an account's posts that lists show, the newest first."""
        now = self.core.clock.now()
        before = now - timedelta(seconds=self.settings.media_lag_seconds)
        mine = [
            one
            for one in self.media.values()
            if one.owner is owner
            and (one.product == "STORY") is stories
            and one.shown(now)
            and one.published_at <= before
        ]
        return mine[::-1]

    def stats(self) -> dict[str, Any]:
        """Returns the counts as they stand."""
        now = self.core.clock.now()
        shown = [one for one in self.media.values() if one.shown(now)]
        return {
            "posts": len(shown),
            "published": self.published,
            "deleted": self.deleted,
            "containers": len(self.containers),
            "stories": sum(one.product == "STORY" for one in shown),
            "reels": sum(one.product == "REELS" for one in shown),
            "carousels": sum(bool(one.item_ids) for one in shown),
            "comments": sum(len(one.comments) for one in shown),
            "refreshes": self.refreshed,
            "requests": self.core.log.count,
        }

    async def _fetch(self, container: Container) -> None:
        order = container.order
        try:
            if order.cover_url:
                container.cover = await self._pulled(order.cover_url, size_limit(_PICTURE))
                container.fault = image_fault(container.cover, in_feed=False)
            if order.url:
                self.take_media(container, await self._pulled(order.url, size_limit(order)))
        except PullError as error:
            faults = {"too_slow": 2207003, "too_large": too_large(order)}
            container.fault = faults.get(error.reason, 2207052)
            container.waiting = False

    async def _pulled(self, url: str, limit: int) -> StoredFile:
        pulled = await pull(url, self.disk, limit=limit, seconds=self.settings.pull_seconds)
        return pulled.file

    def _end_tasks(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()


_PICTURE = ContainerOrder(kind="IMAGE")


def sign(body: bytes) -> dict[str, str]:
    """Returns the header that proves a webhook's body to be the network's."""
    digest = hmac.new(PRACTICE_CLIENT_SECRET.encode(), body, hashlib.sha256).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={digest}"}
