"""Postbox, the worked example: what is its own. That it keeps the contract is the suite's to say."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import httpx
import pytest

from mpcas2_hookspecs import (
    Absent,
    Account,
    Found,
    Grant,
    Media,
    OAuthApp,
    Part,
    PublishContext,
    Published,
    Rejected,
    Staged,
    Unauthorized,
    Unavailable,
)
from mpcas2_sandbox import FaultRule, SandboxProcess
from mpcas2_testing import (
    PRACTICE_APP,
    MemoryPublishContext,
    connect_with_consent,
    picture_bytes,
)
from mpcas2_testing.consent import answer_to
from mpcas2_testing.postbox.src.mpcas2_platform_postbox.adapter import PostboxPlatform
from mpcas2_testing.postbox.src.mpcas2_platform_postbox.options import PostboxOptions
from mpcas2_testing.scaffold_site import write_site

DAY = 86_400.0
FILES = {"a": picture_bytes(), "b": picture_bytes()}


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    site = tmp_path_factory.mktemp("site")
    write_site(site)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(site))
        with SandboxProcess("postbox") as running:
            yield running


class Worker:
    """Works for ada, with the journal of one part."""

    def __init__(self, process: SandboxProcess) -> None:
        self.control = process.control
        self.url = process.url
        self.platform = PostboxPlatform({"api_url": process.url, "web_url": process.url})
        self.journal: dict[str, Any] = {}
        self.connect()

    def connect(self) -> None:
        (found,) = asyncio.run(connect_with_consent(self.platform, self.control, "ada"))
        self.grant = found.grant
        self.token = found.grant.access_token
        self.account = Account(
            id="a",
            platform="postbox",
            platform_account_id=found.profile.platform_account_id,
            username=found.profile.username,
        )

    def run(self, call: Callable[[PublishContext], Awaitable[Any]]) -> Any:
        async def inside() -> Any:
            async with MemoryPublishContext(
                account=self.account, access_token=self.token, media=FILES, journal=self.journal
            ) as ctx:
                return await call(ctx)

        return asyncio.run(inside())

    def stage(self, part: Part) -> Staged:
        staged: Staged = self.run(lambda ctx: self.platform.stage(part, ctx))
        return staged

    def publish(self, part: Part) -> Published:
        staged = self.stage(part)
        published: Published = self.run(lambda ctx: self.platform.publish(staged, ctx))
        return published

    def find(self, staged: Staged) -> Any:
        return self.run(lambda ctx: self.platform.find(staged, ctx))

    def posts(self) -> list[dict[str, Any]]:
        posts: list[dict[str, Any]] = self.control.call("GET", "posts")["posts"]
        return posts

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        return httpx.request(
            method, self.url + path, headers=headers, trust_env=False, timeout=10, **more
        )


@pytest.fixture
def worker(process: SandboxProcess) -> Worker:
    process.control.reset()
    return Worker(process)


def picture(name: str, alt: str = "") -> Media:
    return Media(id=name, kind="image", mime_type="image/png", size=len(FILES[name]), alt_text=alt)


def test_text_pictures_and_options_arrive_in_order(worker: Worker) -> None:
    media = (picture("a", "First."), picture("b", "Second & last."))
    options = PostboxOptions(audience="followers")
    worker.publish(Part(index=0, text="Grüße 👋", media=media, options=options))
    (post,) = worker.posts()
    assert post["text"] == "Grüße 👋"
    assert post["audience"] == "followers"
    assert [image["alt"] for image in post["images"]] == ["First.", "Second & last."]


def test_a_first_comment_stands_below_its_post(worker: Worker) -> None:
    root = worker.publish(Part(index=0, text="The post."))
    worker.journal.clear()
    comment = Part(index=1, role="comment", text="The link.", root=root, parent=root)
    staged = worker.stage(comment)
    assert isinstance(worker.find(staged), Absent)
    worker.publish(comment)
    assert isinstance(worker.find(staged), Found)
    assert [post["commentOn"] for post in worker.posts()] == [None, root.id]
    assert worker.control.call("GET", "stats") == {"posts": 1, "comments": 1}


def test_a_successor_sends_only_the_picture_that_is_missing(worker: Worker) -> None:
    part = Part(index=0, text="Two.", media=(picture("a"), picture("b")))
    worker.control.add_fault(FaultRule(action="cut_before", path="/images/1"))
    with pytest.raises(Exception, match="cannot be reached"):
        worker.stage(part)
    before = len(worker.control.requests())
    worker.publish(part)
    sent = [(one.method, one.operation) for one in worker.control.requests()[before:]]
    assert sent == [
        ("GET", "GET /v1/drafts/{id}"),
        ("PUT", "PUT /v1/drafts/{id}/images/1"),
        ("POST", "POST /v1/drafts/{id}/publish"),
    ]
    assert len(worker.posts()[0]["images"]) == 2


def test_a_draft_that_was_dropped_is_made_anew(worker: Worker) -> None:
    part = Part(index=0, text="Late.", media=(picture("a"),))
    staged = worker.stage(part)
    worker.control.advance_clock(31 * DAY)
    worker.connect()
    assert isinstance(worker.find(staged), Absent)
    with pytest.raises(Rejected, match="publish it anew"):
        worker.run(lambda ctx: worker.platform.publish(staged, ctx))
    worker.publish(part)
    assert len(worker.posts()) == 1


def test_a_published_draft_is_found_for_ever(worker: Worker) -> None:
    part = Part(index=0, text="Kept.")
    staged = worker.stage(part)
    published = worker.publish(part)
    worker.control.advance_clock(400 * DAY)
    worker.connect()
    assert worker.find(staged) == Found(post=published)


def test_a_404_that_is_not_the_networks_own_proves_nothing(worker: Worker) -> None:
    staged = worker.stage(Part(index=0, text="There?"))
    worker.control.add_fault(FaultRule(action="status", status=404, path="/v1/drafts/"))
    with pytest.raises(Rejected):
        worker.find(staged)


def test_metrics_are_asked_for_fifty_at_a_time(worker: Worker) -> None:
    posts = [Published(id=f"{number:08d}") for number in range(120)]
    worker.publish(Part(index=0, text="One."))
    before = len(worker.control.requests())
    figures = worker.run(lambda ctx: worker.platform.metrics(posts, ctx))
    assert list(figures) == ["00000001"]
    assert len(worker.control.requests()) - before == 3


def test_a_spent_refresh_token_ends_the_grant_and_a_wrong_secret_does_not(worker: Worker) -> None:
    platform, grant = worker.platform, worker.grant

    def renewed(app: OAuthApp) -> Grant:
        request = platform.refresh_request(worker.account, grant, app)
        return platform.parse_refresh(asyncio.run(answer_to(request)))

    wrong = OAuthApp(client_id=PRACTICE_APP.client_id, client_secret="wrong")
    with pytest.raises(Unavailable, match="invalid_client"):
        renewed(wrong)
    assert renewed(PRACTICE_APP).refresh_token != grant.refresh_token
    with pytest.raises(Unauthorized) as refused:
        renewed(PRACTICE_APP)
    assert refused.value.revoked


DRAFT = f"/v1/drafts/{'0' * 32}"
POST = "/v1/posts/00000001"
PNG = {"content-type": "image/png"}


@pytest.mark.parametrize(
    ("method", "path", "sent", "status", "code"),
    [
        ("GET", "/v1/me", {"headers": {"authorization": "Bearer wrong"}}, 401, "bad-token"),
        ("PUT", "/v1/drafts/short", {"json": {"text": "x"}}, 422, "bad-id"),
        ("PUT", DRAFT, {"content": b"{"}, 400, "bad-body"),
        ("PUT", DRAFT, {"json": {"words": "x"}}, 400, "bad-body"),
        ("PUT", DRAFT, {"json": {"text": "x" * 501}}, 422, "text-too-long"),
        ("PUT", DRAFT, {"json": {"text": "x", "commentOn": "9"}}, 422, "unknown-post"),
        ("PUT", DRAFT, {"json": {"commentOn": "00000001"}}, 422, "comment-without-text"),
        (
            "PUT",
            DRAFT,
            {"json": {"text": "x" * 201, "commentOn": "00000001"}},
            422,
            "text-too-long",
        ),
        (
            "PUT",
            DRAFT,
            {"json": {"text": "x", "commentOn": "00000001", "audience": "everyone"}},
            422,
            "audience-of-comment",
        ),
        ("GET", f"/v1/drafts/{'1' * 32}", {}, 404, "unknown-draft"),
        (
            "PUT",
            f"{DRAFT}/images/4",
            {"content": FILES["a"], "headers": PNG},
            422,
            "too-many-images",
        ),
        ("PUT", f"{DRAFT}/images/0", {"content": b"GIF89a", "headers": PNG}, 415, "no-image"),
        ("PUT", f"{DRAFT}/images/0", {"content": FILES["a"]}, 415, "no-image"),
        (
            "PUT",
            f"{DRAFT}/images/0",
            {"content": FILES["a"] + b"0" * 10_000_000, "headers": PNG},
            413,
            "image-too-large",
        ),
        (
            "PUT",
            f"{DRAFT}/images/0?alt={'x' * 301}",
            {"content": FILES["a"], "headers": PNG},
            422,
            "alt-too-long",
        ),
        ("POST", f"{DRAFT}/publish", {}, 422, "empty-draft"),
        ("GET", f"/v1/posts?ids={'1,' * 50}1", {}, 422, "too-many-ids"),
        ("DELETE", "/v1/posts/00000009", {}, 404, "unknown-post"),
    ],
)
def test_each_route_refuses_what_is_wrong(
    worker: Worker, method: str, path: str, sent: dict[str, Any], status: int, code: str
) -> None:
    worker.publish(Part(index=0, text="One."))
    assert worker.request("PUT", DRAFT, json={}).status_code == 200
    answer = worker.request(method, path, **sent)
    assert (answer.status_code, answer.json()["error"]) == (status, code)
    assert answer.json()["message"]


def test_a_token_without_the_scope_is_refused(worker: Worker) -> None:
    order = {"account": "ada", "scopes": ["posts.write"]}
    worker.token = worker.control.call("POST", "oauth/grants", order)["accessToken"]
    with pytest.raises(Rejected, match="allow it"):
        worker.run(lambda ctx: worker.platform.metrics([Published(id="1")], ctx))


def test_the_pages_show_what_was_published_and_escape_it(worker: Worker) -> None:
    post = worker.publish(Part(index=0, text="<b>Hi</b>", media=(picture("a", 'A "cat"'),)))
    assert post.url is not None
    for url in (f"{worker.url}/timeline", post.url):
        page = httpx.get(url, trust_env=False, timeout=10).text
        assert "&lt;b&gt;Hi&lt;/b&gt;" in page
        assert 'alt="A &quot;cat&quot;"' in page
    image = worker.request("GET", f"/posts/{post.id}/images/0")
    assert (image.headers["content-type"], image.content) == ("image/png", FILES["a"])
