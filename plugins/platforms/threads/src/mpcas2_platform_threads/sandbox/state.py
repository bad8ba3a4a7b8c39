"""Everything that the practice network remembers between two resets."""

import asyncio
import itertools
import secrets
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

import msgspec

from mpcas2_platform_threads.sandbox.accounts import Account, AccountBook
from mpcas2_platform_threads.sandbox.container_order import ContainerOrder
from mpcas2_platform_threads.sandbox.containers import Container, ContainerVerdict
from mpcas2_platform_threads.sandbox.events import deauthorized, reply_event, sign
from mpcas2_platform_threads.sandbox.media_rules import image_fault, size_limit, video_fault
from mpcas2_platform_threads.sandbox.posts import Post
from mpcas2_platform_threads.sandbox.scopes import SCOPES
from mpcas2_sandbox import SandboxCore
from mpcas2_sandbox.decisions import Decisions
from mpcas2_sandbox.files import FileDisk
from mpcas2_sandbox.oauth import PRACTICE_CLIENT_ID, OAuthRules, OAuthServer, Refusal
from mpcas2_sandbox.oauth.forms import FORM_TYPE
from mpcas2_sandbox.pull import PullError, pull
from mpcas2_sandbox.webhooks import WebhookSender, meta_question
from mpcas2_sandbox.windows import CallWindows, Window

TITLE = "Threads"
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
_Count = Annotated[int, msgspec.Meta(ge=0)]
_Seconds = Annotated[float, msgspec.Meta(ge=0)]


class Settings(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"
):
    """What the control API can change about the network as a whole.

    Args:
        quota_total: How many posts an account may publish in a rolling window.
        reply_quota_total: How many replies.
        delete_quota_total: How many posts and replies it may delete.
        quota_seconds: How long that window is.
        quota_code: The error's code beyond it.
        container_seconds: How long a container lives unpublished.
        pull_seconds: How long fetching may take, of real time.
        publish_lag_seconds: For how long after a container is made publishing answers 24, whatever
            its status says.
        media_lag_seconds: Posts younger than this are not yet in lists.
        refresh_ends_old: Whether a refreshed token dies.
        webhook_shape: Whether an event has ``values``, as documented for this network, or
            ``entry`` and ``changes`` as Meta's other ones.
    """

    quota_total: _Count = 250
    reply_quota_total: _Count = 1000
    delete_quota_total: _Count = 100
    quota_seconds: Annotated[float, msgspec.Meta(gt=0)] = _DAY
    quota_code: Literal[4, 9, 17, 613] = 9
    container_seconds: Annotated[float, msgspec.Meta(gt=0)] = _DAY
    pull_seconds: Annotated[float, msgspec.Meta(gt=0)] = 30.0
    publish_lag_seconds: _Seconds = 0.0
    media_lag_seconds: _Seconds = 0.0
    refresh_ends_old: bool = False
    webhook_shape: Literal["values", "entry"] = "values"


class ThreadsState:
    """Accounts, grants, containers and posts of one practice network.

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
        self.posts: dict[str, Post] = {}
        self.decisions = Decisions(core, ContainerVerdict)
        self.webhooks = WebhookSender(core, sign, verify=meta_question)
        # 4,800 for each of at least ten views of the account's posts.
        self.calls = CallWindows(
            core.clock,
            (
                Window(route="*", limit=1_000_000, seconds=_DAY, per="app", rolling=True),
                Window(route="*", limit=48_000, seconds=_DAY, per="user", rolling=True),
            ),
        )
        self.published = self.deleted = self.refreshed = 0
        self._numbers = itertools.count(1)
        self._tasks: set[asyncio.Task[None]] = set()
        core.at_reset(self._end_tasks)

    def add_container(
        self, owner: Account, order: ContainerOrder, request: dict[str, str]
    ) -> Container:
        """Makes a container and begins to fetch its media in the background."""
        number = self._next_number("179")
        container = Container(
            id=number,
            owner=owner,
            order=order,
            request=request,
            created_at=self.core.clock.now(),
            lives=timedelta(seconds=self.settings.container_seconds),
            decision=self.decisions.decide(number),
            children=tuple(self.containers[one] for one in order.children),
            waiting=bool(order.url),
        )
        self.containers[number] = container
        if order.url:
            task = asyncio.get_running_loop().create_task(self._fetch(container))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return container

    def publish(self, container: Container) -> Post:
        """Makes a post of a container, and counts it against its owner's quota."""
        order = container.order
        items = container.children or ((container,) if order.url else ())
        post = self._add_post(
            container.owner,
            order,
            container=container,
            items=items,
            item_ids=tuple(self._next_number("180") for _ in container.children),
        )
        for one in (container, *container.children):
            one.post_id = post.id
        used = container.owner.replied if order.reply_to_id else container.owner.posted
        used.append(post.published_at)
        self.published += 1
        return post

    def repost(self, account: Account, post: Post) -> Post:
        """Repeats a post on an account's page, and counts that against its quota."""
        made = self._add_post(account, ContainerOrder(kind="TEXT"), reposted=post)
        post.reposts += 1
        account.posted.append(made.published_at)
        self.published += 1
        return made

    def reply(self, account: Account, post: Post, text: str) -> Post:
        """Writes a reply that did not come through the API."""
        order = ContainerOrder(kind="TEXT", text=text, reply_to_id=post.id)
        return self._add_post(account, order)

    def find(self, number: str) -> Post | None:
        """Returns the post of that number if people can see it."""
        post = self.posts.get(number)
        return post if post is not None and post.shown(self.core.clock.now()) else None

    def posts_of(self, owner: Account, *, replies: bool) -> list[Post]:
        """Returns an account's posts, or its replies, that lists show, the newest first."""
        now = self.core.clock.now()
        before = now - timedelta(seconds=self.settings.media_lag_seconds)
        mine = [
            one
            for one in self.posts.values()
            if one.owner is owner
            and (one.replied_to is not None) is replies
            and one.shown(now)
            and one.published_at <= before
        ]
        return mine[::-1]

    def deauthorize(self, account: Account) -> int:
        """Takes every permission of an account back and tells the webhooks; returns how many."""
        grants = self.oauth.book.live(account.id)
        for grant in grants:
            self.oauth.end(grant, "taken back by the account's owner")
        form = deauthorized(account, PRACTICE_CLIENT_ID, self.core.clock.now())
        self.webhooks.send(form, content_type=FORM_TYPE)
        return len(grants)

    def stats(self) -> dict[str, Any]:
        """Returns the counts as they stand."""
        now = self.core.clock.now()
        shown = [one for one in self.posts.values() if one.shown(now)]
        return {
            "posts": len(shown),
            "replies": sum(one.replied_to is not None for one in shown),
            "carousels": sum(bool(one.item_ids) for one in shown),
            "published": self.published,
            "deleted": self.deleted,
            "containers": len(self.containers),
            "refreshes": self.refreshed,
            "requests": self.core.log.count,
        }

    def _next_number(self, prefix: str) -> str:
        """Returns a fresh number; the prefix tells people what it is of."""
        return f"{prefix}{next(self._numbers):014d}"

    def _add_post(self, owner: Account, order: ContainerOrder, **more: Any) -> Post:
        now: datetime = self.core.clock.now()
        above = self.posts.get(order.reply_to_id)
        post = Post(
            id=self._next_number("180"),
            shortcode=f"D{secrets.token_urlsafe(7)}",
            owner=owner,
            order=order,
            published_at=now,
            replied_to=above,
            quoted=self.posts.get(order.quote_post_id),
            **more,
        )
        self.posts[post.id] = post
        if post.quoted is not None:
            post.quoted.quotes += 1
        if above is not None:
            above.replies.append(post)
            self.webhooks.send(reply_event(post, self.settings.webhook_shape))
        return post

    async def _fetch(self, container: Container) -> None:
        video = container.order.is_video
        try:
            pulled = await pull(
                container.order.url,
                self.disk,
                limit=size_limit(video=video),
                seconds=self.settings.pull_seconds,
            )
        except PullError:
            container.fault = "FAILED_DOWNLOADING_VIDEO" if video else "UNKNOWN"
        else:
            look = video_fault if video else image_fault
            container.file = pulled.file
            container.media_type, container.fault = look(pulled.file)
        container.waiting = False

    def _end_tasks(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
