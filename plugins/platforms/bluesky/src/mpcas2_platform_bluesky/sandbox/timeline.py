"""The public pages: timeline, profile and single post."""

from collections.abc import Iterable
from html import escape
from typing import Any

from starlette.responses import HTMLResponse

from mpcas2_platform_bluesky.sandbox.repos import StoredRecord
from mpcas2_platform_bluesky.sandbox.rich_text import rich_text_html, web_link
from mpcas2_platform_bluesky.sandbox.state import PdsState
from mpcas2_sandbox.clock import timestamp
from mpcas2_sandbox.page import html_page

TITLE = "Bluesky"
_THREADS_PER_PAGE = 50
_MAX_INDENT = 3
_STYLE = """
.thread{padding:.25rem 1rem}
.post{padding:.75rem 0;display:grid;grid-template-columns:2.5rem minmax(0,1fr);gap:0 .75rem}
.post+.post{border-top:1px solid var(--line)}
.d1{margin-left:1rem}.d2{margin-left:2rem}.d3{margin-left:3rem}
@media(max-width:30rem){.d1{margin-left:.5rem}.d2{margin-left:1rem}.d3{margin-left:1.5rem}}
.face{width:2.5rem;height:2.5rem;border-radius:50%;background:var(--note);color:var(--link);
display:grid;place-items:center;font-weight:700}
.by{display:flex;flex-wrap:wrap;gap:0 .6rem;align-items:baseline}
.by a:first-child{font-weight:600;color:inherit}
.text{white-space:pre-wrap;margin:.15rem 0 0}.tag{color:var(--link)}
.pictures{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:.4rem;margin:.6rem 0 0}
.pictures.one{grid-template-columns:1fr}
figure{margin:0}figure img{width:100%;max-height:26rem;object-fit:cover;border-radius:10px;
border:1px solid var(--line);display:block}
figcaption{color:var(--soft);font-size:.8rem;margin:.15rem 0 0}
.linked{border:1px solid var(--line);border-radius:10px;padding:.6rem .8rem;margin:.6rem 0 0;
display:block}.linked img{max-width:100%;border-radius:8px;display:block;margin-bottom:.4rem}
.badge{background:var(--note);border-radius:6px;padding:0 .4rem;font-size:.8rem}
.pager{display:flex;justify-content:space-between}
"""


def _picture(did: str, blob: Any, alt: str) -> str:
    cid = blob["ref"]["$link"]
    return f'<img src="/blob/{escape(did)}/{escape(cid)}" alt="{escape(alt)}" loading="lazy">'


def _pictures(did: str, images: list[dict[str, Any]]) -> str:
    figures = "".join(
        f"<figure>{_picture(did, image['image'], image['alt'])}"
        f"<figcaption>{escape('Alt: ' + image['alt'] if image['alt'] else 'No alt text')}"
        "</figcaption></figure>"
        for image in images
    )
    one = " one" if len(images) == 1 else ""
    return f'<div class="pictures{one}">{figures}</div>'


def _link_card(did: str, card: dict[str, Any]) -> str:
    picture = _picture(did, card["thumb"], "") if "thumb" in card else ""
    title = f"<strong>{escape(card['title'])}</strong>"
    return (
        f'<div class="linked">{picture}{web_link(card["uri"], title)}'
        f"<div>{escape(card['description'])}</div>"
        f'<div class="soft">{escape(card["uri"])}</div></div>'
    )


class Timeline:
    """Renders what the practice server published.

    Args:
        state: What the server remembers.
    """

    def __init__(self, state: PdsState) -> None:
        self._state = state

    def timeline(self, offset: int) -> HTMLResponse:
        """Returns the page of all threads, the newest first, from the given place on."""
        threads = _threads(self._state.posts.values())
        body = f"<h1>Timeline</h1>{self._list(threads, offset, '/timeline')}"
        return html_page("Timeline", body, network=TITLE, style=_STYLE)

    def profile(self, name: str, offset: int) -> HTMLResponse:
        """Returns one account's page, or the page that says there is no such account."""
        account = self._state.accounts.find(name)
        if account is None:
            return self._missing("There is no such account.")
        own = [one for one in self._state.posts.values() if one.uri.split("/")[2] == account.did]
        handle = escape(account.handle)
        body = (
            f'<h1>@{handle}</h1><p class="soft"><code>{escape(account.did)}</code> · '
            f"{len(own)} posts</p>{self._list(_threads(own), offset, f'/profile/{handle}')}"
        )
        return html_page(f"@{account.handle}", body, network=TITLE, style=_STYLE)

    def post(self, name: str, rkey: str) -> HTMLResponse:
        """Returns the page of one post with the answers below it."""
        account = self._state.accounts.find(name)
        stored = None if account is None else account.repo.get("app.bsky.feed.post", rkey)
        if stored is None:
            return self._missing("There is no such post.")
        below = _subtree(stored, _replies(self._state.posts.values()))
        above = ""
        if _parent(stored) is not None:
            above = '<p class="soft">This post answers another one. <a href="/timeline">Timeline</a></p>'
        facts = (
            f'<p class="soft"><code>{escape(stored.uri)}</code><br>'
            f"<code>{escape(stored.cid)}</code></p>"
        )
        body = f"<h1>Post</h1>{above}{self._thread(below)}{facts}"
        return html_page("Post", body, network=TITLE, style=_STYLE)

    def _missing(self, message: str) -> HTMLResponse:
        return html_page("Not found", f"<h1>{escape(message)}</h1>", network=TITLE, status=404)

    def _list(self, threads: list[list[tuple[int, StoredRecord]]], offset: int, path: str) -> str:
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

    def _thread(self, thread: list[tuple[int, StoredRecord]]) -> str:
        posts = "".join(self._post(stored, min(depth, _MAX_INDENT)) for depth, stored in thread)
        return f'<section class="card thread">{posts}</section>'

    def _handle(self, did: str) -> str:
        account = self._state.accounts.find(did)
        return did if account is None else account.handle

    def _post(self, stored: StoredRecord, depth: int) -> str:
        did, handle = self._state.author_of(stored)
        record = stored.value
        name = escape(handle)
        edited = ' <span class="badge">edited</span>' if stored.edits else ""
        languages = [lang for lang in record.get("langs", []) if isinstance(lang, str)]
        lang = f' lang="{escape(languages[0])}"' if languages else ""
        when = timestamp(stored.created_at)
        return (
            f'<article class="post d{depth}"><div class="face" aria-hidden="true">'
            f"{escape(handle[:1].upper())}</div><div>"
            f'<div class="by"><a href="/profile/{name}">@{name}</a>'
            f'<a class="soft" href="/profile/{name}/post/{escape(stored.rkey)}">'
            f'<time datetime="{when}">{when[:10]} {when[11:19]} UTC</time></a>{edited}</div>'
            f'<p class="text"{lang}>{rich_text_html(record, self._handle)}</p>'
            f"{self._safe_embed(did, record)}</div></article>"
        )

    def _safe_embed(self, did: str, record: dict[str, Any]) -> str:
        try:
            return self._embed(did, record.get("embed"))
        except (KeyError, TypeError):
            # Possible only in a post that was written with validate: false.
            return '<p class="soft">This attachment cannot be shown.</p>'

    def _embed(self, did: str, embed: dict[str, Any] | None) -> str:
        if embed is None:
            return ""
        match embed["$type"]:
            case "app.bsky.embed.images":
                return _pictures(did, embed["images"])
            case "app.bsky.embed.gallery":
                return _pictures(did, embed["items"])
            case "app.bsky.embed.external":
                return _link_card(did, embed["external"])
            case "app.bsky.embed.record":
                return self._quote(embed["record"])
            case "app.bsky.embed.recordWithMedia":
                return self._embed(did, embed["media"]) + self._quote(embed["record"]["record"])
            case "app.bsky.embed.video":
                return f'<p class="linked soft">Video: {escape(embed.get("alt", ""))}</p>'
            case _:
                return ""

    def _quote(self, reference: dict[str, Any]) -> str:
        stored = self._state.record(reference["uri"])
        if stored is None:
            return '<p class="linked soft">The quoted record was deleted.</p>'
        _, handle = self._state.author_of(stored)
        return (
            f'<blockquote class="linked"><strong>@{escape(handle)}</strong>'
            f'<div class="text">{rich_text_html(stored.value, self._handle)}</div></blockquote>'
        )


def _parent(stored: StoredRecord) -> str | None:
    try:
        parent: str = stored.value["reply"]["parent"]["uri"]
    except (KeyError, TypeError):
        return None
    return parent


def _replies(posts: Iterable[StoredRecord]) -> dict[str, list[StoredRecord]]:
    replies: dict[str, list[StoredRecord]] = {}
    for stored in posts:
        parent = _parent(stored)
        if parent is not None:
            replies.setdefault(parent, []).append(stored)
    return replies


def _subtree(
    top: StoredRecord, replies: dict[str, list[StoredRecord]]
) -> list[tuple[int, StoredRecord]]:
    """Returns a post and everything below it in reading order, each with its depth."""
    thread: list[tuple[int, StoredRecord]] = []
    waiting = [(0, top)]
    while waiting:
        depth, stored = waiting.pop()
        thread.append((depth, stored))
        waiting.extend((depth + 1, reply) for reply in reversed(replies.get(stored.uri, [])))
    return thread


def _threads(posts: Iterable[StoredRecord]) -> list[list[tuple[int, StoredRecord]]]:
    """Returns every thread, the one with the newest first post first."""
    listed = list(posts)
    known = {stored.uri for stored in listed}
    replies = _replies(listed)
    tops = [stored for stored in listed if _parent(stored) not in known]
    return [_subtree(top, replies) for top in reversed(tops)]
