"""The public pages: timeline, profile and single post."""

from collections.abc import Iterable
from html import escape

from starlette.responses import HTMLResponse

from mpcas2_platform_twitter.sandbox.media import Media
from mpcas2_platform_twitter.sandbox.metrics import views
from mpcas2_platform_twitter.sandbox.post_request import UNSET
from mpcas2_platform_twitter.sandbox.posts import StoredPost
from mpcas2_platform_twitter.sandbox.state import TITLE, XState
from mpcas2_platform_twitter.sandbox.weighted_text import cashtags, hashtags, links, mentions
from mpcas2_sandbox.clock import timestamp
from mpcas2_sandbox.page import html_page

_THREADS_PER_PAGE = 50
_DAY_MINUTES = 1440
_REACHES = {
    "following": "People @{0} follows can reply",
    "mentionedUsers": "People @{0} mentioned can reply",
    "subscribers": "Subscribers of @{0} can reply",
    "verified": "Verified accounts can reply",
}
_STYLE = """
.thread{padding:.25rem 1rem}
.post{padding:.8rem 0;display:grid;grid-template-columns:2.5rem minmax(0,1fr);gap:0 .75rem;
position:relative}
.asked{background:var(--note);margin:0 -1rem;padding-left:1rem;padding-right:1rem}
.post:not(:last-child)::before{content:"";position:absolute;left:1.2rem;top:3.6rem;bottom:-.5rem;
border-left:2px solid var(--line)}
.face{width:2.5rem;height:2.5rem;border-radius:50%;background:var(--ink);color:var(--card);
display:grid;place-items:center;font-weight:700}
.by{display:flex;flex-wrap:wrap;gap:0 .5rem;align-items:baseline}
.by a:first-child{font-weight:700;color:inherit}
.text{white-space:pre-wrap;margin:.15rem 0 0}
.pictures{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:.3rem;margin:.6rem 0 0}
.pictures.n1{grid-template-columns:1fr}.pictures.n3 figure:first-child{grid-column:span 2}
figure{margin:0;min-width:0}
figure img,figure video{width:100%;max-height:26rem;object-fit:cover;border-radius:12px;
border:1px solid var(--line);display:block;background:#000}
figure video{object-fit:contain}
figcaption{color:var(--soft);font-size:.8rem;margin:.2rem 0 0}
.poll{list-style:none;margin:.6rem 0 0;padding:0}
.poll li{border:1px solid var(--line);border-radius:999px;padding:.35rem .9rem;margin:0 0 .35rem}
.quote{border:1px solid var(--line);border-radius:12px;padding:.6rem .8rem;margin:.6rem 0 0}
.asked:not(:last-child)::before{left:2.2rem}
.badges{display:flex;flex-wrap:wrap;gap:.35rem;margin:.6rem 0 0}
.badge{background:var(--note);border-radius:6px;padding:.05rem .5rem;font-size:.8rem}
.counts{margin:.5rem 0 0}.pager{display:flex;justify-content:space-between}
"""


def rich_text(text: str) -> str:
    """Returns a post's text as HTML, its links, names and tags made visible."""
    marks = [(start, end, "link") for start, end in links(text)]
    marks += [(*one.span(), "name") for one in mentions(text)]
    marks += [(*one.span(), "tag") for one in (*hashtags(text), *cashtags(text))]
    pieces: list[str] = []
    at = 0
    for start, end, kind in sorted(marks):
        if start < at:
            continue
        word = text[start:end]
        pieces.append(escape(text[at:start]))
        target = ""
        if kind == "link":
            target = word if "://" in word else f"http://{word}"
        elif kind == "name":
            target = f"/{word[1:].lower()}"
        shown = escape(word)
        pieces.append(
            f'<a href="{escape(target)}" rel="nofollow noopener">{shown}</a>'
            if target
            else f'<span style="color:var(--link)">{shown}</span>'
        )
        at = end
    pieces.append(escape(text[at:]))
    return "".join(pieces)


class Timeline:
    """Renders what was posted.

    Args:
        state: What the network remembers.
    """

    def __init__(self, state: XState) -> None:
        self._state = state

    def timeline(self, offset: int) -> HTMLResponse:
        """Returns the page of all threads, the newest first, from the given place on."""
        posts = [post for post in self._state.posts.all() if not post.request.nullcast]
        body = f"<h1>Timeline</h1>{self._list(_threads(posts), offset, '/timeline')}"
        return html_page("Timeline", body, network=TITLE, style=_STYLE)

    def profile(self, handle: str, offset: int) -> HTMLResponse:
        """Returns one account's page, or the page that says there is no such account."""
        account = self._state.accounts.by_handle(handle)
        if account is None:
            return _missing("There is no such account.")
        own = self._state.posts.of(account)[::-1]
        name = escape(account.handle)
        body = (
            f'<h1>{escape(account.name)} <span class="soft">@{name}</span></h1>'
            f'<p class="soft">{_counted(len(own), "post")}</p>'
            f"{self._list(_threads(own), offset, f'/{name}')}"
        )
        return html_page(f"@{account.handle}", body, network=TITLE, style=_STYLE)

    def post(self, handle: str, post_id: str) -> HTMLResponse:
        """Returns the page of one post within its thread."""
        post = self._state.posts.find(post_id)
        if post is None or post.author.handle != handle.lower():
            return _missing("There is no such post. It may have been deleted.")
        thread = [
            one for one in self._state.posts.all() if one.conversation_id == post.conversation_id
        ]
        body = f"<h1>Post</h1>{self._thread(thread, asked=post)}"
        return html_page(f"@{post.author.handle}", body, network=TITLE, style=_STYLE)

    def _list(self, threads: list[list[StoredPost]], offset: int, path: str) -> str:
        if not threads:
            return '<p class="card soft">Nothing has been posted yet.</p>'
        shown = threads[offset : offset + _THREADS_PER_PAGE]
        pager = ""
        if offset:
            pager += f'<a href="{path}?offset={max(0, offset - _THREADS_PER_PAGE)}">Newer</a>'
        if len(threads) > offset + _THREADS_PER_PAGE:
            pager += f'<a href="{path}?offset={offset + _THREADS_PER_PAGE}">Older</a>'
        cards = "".join(self._thread(thread) for thread in shown)
        return f'{cards}<p class="pager">{pager}</p>'

    def _thread(self, thread: list[StoredPost], asked: StoredPost | None = None) -> str:
        shown = asked if len(thread) > 1 else None
        posts = "".join(self._post(post, marked=post is shown) for post in thread)
        return f'<section class="card thread">{posts}</section>'

    def _post(self, post: StoredPost, *, marked: bool) -> str:
        name = escape(post.author.handle)
        when = timestamp(post.created_at)
        seen = views(post, self._state.core.clock.now())
        answers = ""
        if post.parent is not None and post.parent.author is not post.author:
            answers = f'<div class="soft">Answers @{escape(post.parent.author.handle)}</div>'
        text = f'<p class="text">{rich_text(post.text)}</p>' if post.text else ""
        return (
            f'<article class="post{" asked" if marked else ""}" id="p{post.id}"><div class="face" aria-hidden="true">'
            f"{escape(post.author.name[:1].upper())}</div><div>"
            f'<div class="by"><a href="/{name}">{escape(post.author.name)}</a>'
            f'<span class="soft">@{name}</span><a class="soft" href="{post.path}">'
            f'<time datetime="{when}">{when[:10]} {when[11:19]} UTC</time></a></div>'
            f"{answers}{text}{_pictures(post.media)}{_poll(post)}{_quote(post)}{_badges(post)}"
            f'<div class="soft counts">{_counted(seen, "view")} · {_counted(seen // 12, "like")}'
            "</div></div></article>"
        )


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" + "s" * (count != 1)


def _missing(message: str) -> HTMLResponse:
    body = f'<h1>{escape(message)}</h1><p><a href="/timeline">Timeline</a></p>'
    return html_page("Not found", body, network=TITLE, status=404)


def _pictures(media: tuple[Media, ...]) -> str:
    if not media:
        return ""
    figures = "".join(_figure(one) for one in media)
    return f'<div class="pictures n{len(media)}">{figures}</div>'


def _figure(media: Media) -> str:
    source = f"/media/{media.key}"
    alt = escape(media.alt_text)
    if media.kind == "video":
        shown = f'<video src="{source}" controls preload="metadata" aria-label="{alt}"></video>'
    else:
        shown = f'<img src="{source}" alt="{alt}" loading="lazy">'
    caption = f"Alt: {alt}" if alt else "No alt text"
    return f"<figure>{shown}<figcaption>{caption}</figcaption></figure>"


def _poll(post: StoredPost) -> str:
    poll = post.request.poll
    if poll is UNSET:
        return ""
    choices = "".join(f"<li>{escape(one)}</li>" for one in poll.options)
    return (
        f'<ul class="poll">{choices}</ul>'
        f'<div class="soft">Poll, open for {_span(poll.duration_minutes)}</div>'
    )


def _span(minutes: int) -> str:
    for length, name in ((_DAY_MINUTES, "day"), (60, "hour")):
        if minutes % length == 0:
            return _counted(minutes // length, name)
    return _counted(minutes, "minute")


def _quote(post: StoredPost) -> str:
    if post.quoted is None:
        return ""
    return (
        f'<blockquote class="quote"><strong>{escape(post.quoted.author.name)}</strong> '
        f'<span class="soft">@{escape(post.quoted.author.handle)}</span>'
        f'<div class="text">{rich_text(post.quoted.text)}</div></blockquote>'
    )


def _badges(post: StoredPost) -> str:
    request = post.request
    words = []
    if request.paid_partnership:
        words.append("Paid partnership")
    if request.made_with_ai:
        words.append("Made with AI")
    if request.reply_settings is not UNSET:
        words.append(_REACHES[request.reply_settings].format(post.author.handle))
    badges = "".join(f'<span class="badge">{escape(word)}</span>' for word in words)
    return f'<div class="badges">{badges}</div>' if badges else ""


def _threads(posts: Iterable[StoredPost]) -> list[list[StoredPost]]:
    """Returns every thread in reading order, the one with the newest first post first."""
    threads: dict[str, list[StoredPost]] = {}
    for post in posts:
        threads.setdefault(post.conversation_id, []).append(post)
    return list(threads.values())[::-1]
