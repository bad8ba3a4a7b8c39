"""The public pages that networks have in common: the timeline and the page of one post."""

import re
from collections.abc import Sequence
from datetime import datetime
from html import escape
from typing import Literal

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse

from mpcas2_sandbox.clock import timestamp
from mpcas2_sandbox.page import html_page

PAGE_SIZE = 50
_NOT_FOUND = 404
_MOST_IN_ROW = 2
_LINK = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]}]")
_STYLE = """
.post{display:grid;grid-template-columns:2.5rem minmax(0,1fr);gap:0 .75rem}
.post+.post{border-top:1px solid var(--line);margin-top:.8rem;padding-top:.8rem}
.face{width:2.5rem;height:2.5rem;border-radius:50%;background:var(--ink);color:var(--card);
display:grid;place-items:center;font-weight:700}
.by{display:flex;flex-wrap:wrap;gap:0 .5rem;align-items:baseline}
.by strong a,.by strong{color:inherit}
.title{font-weight:650;margin:.3rem 0 0}
.text{white-space:pre-wrap;margin:.15rem 0 0}
.shots{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:.35rem;margin:.6rem 0 0}
.shots.one{grid-template-columns:minmax(0,1fr)}
figure{margin:0;min-width:0}
figure img,figure video{width:100%;max-height:26rem;object-fit:cover;border-radius:12px;
border:1px solid var(--line);display:block;background:#000}
figure video,.one img{object-fit:contain}
figure .file{display:block;border:1px solid var(--line);border-radius:12px;padding:.7rem .9rem}
figcaption{color:var(--soft);font-size:.8rem;margin:.2rem 0 0}
.badges{display:flex;flex-wrap:wrap;gap:.35rem;margin:.5rem 0 0}
.badge{background:var(--note);border-radius:6px;padding:.05rem .5rem;font-size:.8rem}
.badge.bad{background:var(--bad);color:var(--bad-ink)}
.gone .text,.gone .title{color:var(--soft);text-decoration:line-through}
.counts{display:flex;flex-wrap:wrap;gap:0 1rem;margin:.5rem 0 0}
.comments{margin:.8rem 0 0;padding:0 0 0 .9rem;border-left:2px solid var(--line)}
.comments .face{width:1.8rem;height:1.8rem;font-size:.8rem}
.comments .post{grid-template-columns:1.8rem minmax(0,1fr)}
.pager{display:flex;justify-content:space-between}
"""
_BAD_BADGES = frozenset({"deleted", "withheld", "removed", "failed", "rejected"})


class Shot(msgspec.Struct, frozen=True, kw_only=True):
    """One picture, video or document of a post.

    Args:
        url: Its address: a route of the network, beginning with a slash.
        kind: How it is shown.
        alt: What it shows, in words; for a document, its title.
    """

    url: str
    kind: Literal["image", "video", "document"] = "image"
    alt: str = ""


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """A post, or a comment below one, as a public page shows it.

    Args:
        author: The name that people read.
        handle: The short name, without an @.
        at: When it was published.
        text: Its text, as plain text; addresses in it become links.
        url: The page of the post: a route of the network, beginning with a slash; empty for none.
        title: Its title as plain text; empty for none.
        media: Its files in order.
        badges: What is special about it, such as ``draft``, ``withheld``, ``deleted`` or
            ``comment``; a deleted one is shown struck out.
        counts: Figures with their names, such as ``("likes", 12)``.
        comments: What stands below it.
    """

    author: str
    handle: str
    at: datetime
    text: str = ""
    url: str = ""
    title: str = ""
    media: tuple[Shot, ...] = ()
    badges: tuple[str, ...] = ()
    counts: tuple[tuple[str, int], ...] = ()
    comments: tuple["Card", ...] = ()


def page_offset(request: Request) -> int:
    """Returns the ``offset`` of a query that leafs through a timeline; 0 for none or a wrong one."""
    text: str = request.query_params.get("offset", "0")
    return int(text) if text.isascii() and text.isdigit() else 0


def timeline_page(
    cards: Sequence[Card],
    *,
    network: str,
    offset: int = 0,
    path: str = "/timeline",
    heading: str = "Timeline",
    note: str = "",
) -> HTMLResponse:
    """Returns a page of posts, fifty at a time.

    Args:
        cards: All posts, the newest first.
        network: The network's title.
        offset: How many posts are left out; see ``page_offset``.
        path: The page's own route, for leafing.
        heading: What the page is called, as plain text.
        note: A line below the heading, as plain text.
    """
    shown = cards[offset : offset + PAGE_SIZE]
    intro = f'<p class="soft">{escape(note)}</p>' if note else ""
    body = "".join(f'<div class="card">{_card(one)}</div>' for one in shown)
    body = body or '<p class="soft">Nothing was published yet.</p>'
    pager = _pager(len(cards), offset, path)
    page = f"<h1>{escape(heading)}</h1>{intro}{body}{pager}"
    return html_page(heading, page, network=network, style=_STYLE)


def post_page(card: Card, *, network: str) -> HTMLResponse:
    """Returns the page of one post with what stands below it.

    Args:
        card: The post.
        network: The network's title.
    """
    title = card.title or f"Post by {card.author}"
    body = f'<h1>{escape(title)}</h1><div class="card">{_card(card)}</div>'
    return html_page(title, body, network=network, style=_STYLE)


def missing_page(what: str, *, network: str) -> HTMLResponse:
    """Returns the page, with status 404, that stands where a post or account is not (any more).

    Args:
        what: The sentence for people, as plain text, such as ``This post was deleted.``
        network: The network's title.
    """
    body = f'<div class="card"><h1>Not here</h1><p style="margin-bottom:0">{escape(what)}</p></div>'
    return html_page("Not found", body, network=network, status=_NOT_FOUND)


def _card(card: Card) -> str:
    gone = " gone" if "deleted" in card.badges else ""
    name = escape(card.author)
    # The first sign may be one of several code points; then the rest of it looks odd, not wrong.
    face = escape(card.author[:1].upper() or "?")
    at = f'<time datetime="{timestamp(card.at)}">{card.at:%d %b %Y, %H:%M} UTC</time>'
    when = f'<a href="{escape(card.url)}">{at}</a>' if card.url else at
    title = f'<p class="title">{escape(card.title)}</p>' if card.title else ""
    text = f'<p class="text">{linked(card.text)}</p>' if card.text else ""
    return (
        f'<article class="post{gone}"><span class="face" aria-hidden="true">{face}</span><div>'
        f'<div class="by"><strong>{name}</strong><span class="soft">@{escape(card.handle)}</span>'
        f'<span class="soft">{when}</span></div>{title}{text}{_shots(card.media)}'
        f"{_badges(card.badges)}{_counts(card.counts)}{_comments(card.comments)}</div></article>"
    )


def linked(text: str) -> str:
    """Returns plain text as HTML in which http and https addresses are links."""
    pieces: list[str] = []
    at = 0
    for found in _LINK.finditer(text):
        shown = escape(found.group())
        pieces.append(escape(text[at : found.start()]))
        pieces.append(f'<a href="{shown}" rel="nofollow noopener">{shown}</a>')
        at = found.end()
    pieces.append(escape(text[at:]))
    return "".join(pieces)


def _shots(media: Sequence[Shot]) -> str:
    if not media:
        return ""
    figures: list[str] = []
    for one in media:
        url, alt = escape(one.url), escape(one.alt)
        if one.kind == "video":
            shown = f'<video src="{url}" controls preload="metadata" aria-label="{alt}"></video>'
        elif one.kind == "document":
            shown = f'<a class="file" href="{url}">{alt or "Document"}</a>'
        else:
            shown = f'<img src="{url}" alt="{alt}" loading="lazy">'
        caption = f"<figcaption>{alt}</figcaption>" if alt and one.kind != "document" else ""
        figures.append(f"<figure>{shown}{caption}</figure>")
    one_column = " one" if len(media) < _MOST_IN_ROW else ""
    return f'<div class="shots{one_column}">{"".join(figures)}</div>'


def _badges(words: Sequence[str]) -> str:
    badges = "".join(
        f'<span class="badge{" bad" if word in _BAD_BADGES else ""}">{escape(word)}</span>'
        for word in words
    )
    return f'<div class="badges">{badges}</div>' if badges else ""


def _counts(counts: Sequence[tuple[str, int]]) -> str:
    shown = "".join(f"<span>{number:,} {escape(name)}</span>" for name, number in counts)
    return f'<div class="counts soft">{shown}</div>' if shown else ""


def _comments(comments: Sequence[Card]) -> str:
    return f'<div class="comments">{"".join(map(_card, comments))}</div>' if comments else ""


def _pager(count: int, offset: int, path: str) -> str:
    older = newer = "<span></span>"
    if offset > 0:
        before = max(0, offset - PAGE_SIZE)
        newer = f'<a href="{escape(path)}?offset={before}">Newer</a>'
    if offset + PAGE_SIZE < count:
        older = f'<a href="{escape(path)}?offset={offset + PAGE_SIZE}">Older</a>'
    return f'<p class="pager">{newer}{older}</p>'
