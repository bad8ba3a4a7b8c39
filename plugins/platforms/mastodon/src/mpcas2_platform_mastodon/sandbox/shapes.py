"""Accounts, posts, files and polls as the API shows them."""

from datetime import datetime
from html import escape
from typing import Any

from mpcas2_platform_mastodon.sandbox.accounts import Account
from mpcas2_platform_mastodon.sandbox.counting import Span, spans
from mpcas2_platform_mastodon.sandbox.media import Media
from mpcas2_platform_mastodon.sandbox.state import MastodonState
from mpcas2_platform_mastodon.sandbox.statuses import Status
from mpcas2_sandbox.clock import timestamp
from mpcas2_sandbox.growth import figure

_SHOWN_LINK = 30


class Shapes:
    """Makes the API's objects.

    Args:
        state: What the network remembers.
        base_url: The address under which the client reached the network.
    """

    def __init__(self, state: MastodonState, base_url: str) -> None:
        self._state = state
        self._base = base_url

    def account(self, account: Account) -> dict[str, Any]:
        """Returns an account as everyone sees it."""
        base, now = self._base, self._state.core.clock.now()
        mine = self._state.statuses.of(account)
        avatar, header = f"{base}/avatars/{account.handle}.svg", f"{base}/headers/missing.svg"
        return {
            "id": account.id,
            "username": account.handle,
            "acct": account.handle,
            "display_name": account.name,
            "locked": False,
            "bot": False,
            "discoverable": True,
            "indexable": True,
            "group": False,
            "created_at": timestamp(_midnight(account.created_at)),
            "note": "",
            "url": f"{base}/@{account.handle}",
            "uri": f"{base}/users/{account.handle}",
            "avatar": avatar,
            "avatar_static": avatar,
            "header": header,
            "header_static": header,
            "followers_count": figure(f"{account.id}:followers", account.created_at, now, 900),
            "following_count": figure(f"{account.id}:following", account.created_at, now, 200),
            "statuses_count": len(mine),
            "last_status_at": mine[0].created_at.date().isoformat() if mine else None,
            "emojis": [],
            "fields": [],
        }

    def own_account(self, account: Account) -> dict[str, Any]:
        """Returns an account as its owner sees it."""
        source = {
            "privacy": "public",
            "sensitive": False,
            "language": None,
            "note": "",
            "fields": [],
            "follow_requests_count": 0,
            "indexable": True,
            "discoverable": True,
            "quote_policy": "public",
        }
        role = {"id": "-99", "name": "", "color": "", "permissions": "65536", "highlighted": False}
        return {**self.account(account), "source": source, "role": role}

    def media(self, media: Media) -> dict[str, Any]:
        """Returns a file; while it is processed it has no address."""
        ready = self._state.media.state(media) == "ready"
        url = f"{self._base}/media_attachments/{media.id}/original" if ready else None
        look = media.look
        original: dict[str, Any] = {}
        if look.width and look.height:
            aspect = look.width / look.height
            original = {"width": look.width, "height": look.height, "aspect": aspect}
        if look.seconds is not None:
            original["duration"] = look.seconds
        if look.frame_rate is not None:
            original["frame_rate"] = f"{round(look.frame_rate)}/1"
        meta: dict[str, Any] = {"original": original} if original and ready else {}
        if media.focus is not None:
            meta["focus"] = {"x": media.focus[0], "y": media.focus[1]}
        return {
            "id": media.id,
            "type": look.kind,
            "url": url,
            "preview_url": url if look.kind == "image" else None,
            "remote_url": None,
            "meta": meta,
            "description": media.description or None,
            "blurhash": None,
        }

    def poll(self, status: Status) -> dict[str, Any] | None:
        """Returns a post's poll, whose votes grow until it ends."""
        poll, ends = status.poll, status.poll_ends_at
        if poll is None or ends is None:
            return None
        now = self._state.core.clock.now()
        votes = [
            figure(f"{status.id}:vote:{number}", status.created_at, min(now, ends), 40)
            for number in range(len(poll.options))
        ]
        hidden = poll.hide_totals and now < ends
        options = [
            {"title": title, "votes_count": None if hidden else count}
            for title, count in zip(poll.options, votes, strict=True)
        ]
        return {
            "id": status.id,
            "expires_at": timestamp(ends),
            "expired": now >= ends,
            "multiple": poll.multiple,
            "votes_count": 0 if hidden else sum(votes),
            "voters_count": sum(votes) if poll.multiple and not hidden else None,
            "options": options,
            "emojis": [],
        }

    def status(
        self, status: Status, viewer: Account | None, *, deep: bool = True
    ) -> dict[str, Any]:
        """Returns a post.

        Args:
            status: The post.
            viewer: Who sees it; None for nobody in particular.
            deep: Whether a quoted post stands in it as a whole.
        """
        found = list(spans(status.text))
        likes, shares = self.figures(status)
        parent = status.parent
        shown: dict[str, Any] = {
            "id": status.id,
            "created_at": timestamp(status.created_at),
            "edited_at": None,
            "in_reply_to_id": None if parent is None else parent.id,
            "in_reply_to_account_id": None if parent is None else parent.author.id,
            "sensitive": status.sensitive,
            "spoiler_text": status.spoiler_text,
            "visibility": status.visibility,
            "language": status.language,
            "uri": f"{self._base}/users/{status.author.handle}/statuses/{status.id}",
            "url": f"{self._base}{status.path}",
            "replies_count": len(self._state.statuses.replies(status)),
            "reblogs_count": shares,
            "favourites_count": likes,
            "quotes_count": self._state.statuses.quotes(status),
            "content": self._content(status.text, found),
            "reblog": None,
            "quote": self._quote(status, viewer, deep=deep),
            "quote_approval": self._approval(status, viewer),
            "application": {"name": status.app, "website": None},
            "account": self.account(status.author),
            "media_attachments": [self.media(one) for one in status.media],
            "mentions": self._mentions(found),
            "tags": self._tags(found),
            "emojis": [],
            "card": None,
            "poll": self.poll(status),
        }
        if viewer is not None:
            shown |= dict.fromkeys(("favourited", "reblogged", "muted", "bookmarked"), False)
        return shown

    def figures(self, status: Status) -> tuple[int, int]:
        """Returns how often a post was liked and shared by now."""
        now = self._state.core.clock.now()
        likes = figure(f"{status.id}:likes", status.created_at, now, 400)
        private = status.visibility in {"private", "direct"}
        return likes, 0 if private else figure(f"{status.id}:shares", status.created_at, now, 90)

    def _quote(
        self, status: Status, viewer: Account | None, *, deep: bool
    ) -> dict[str, Any] | None:
        quoted = status.quoted
        if quoted is None:
            return None
        if not self._state.statuses.exists(quoted):
            return {"state": "deleted", ("quoted_status" if deep else "quoted_status_id"): None}
        if not deep:
            return {"state": "accepted", "quoted_status_id": quoted.id}
        return {"state": "accepted", "quoted_status": self.status(quoted, viewer, deep=False)}

    def _approval(self, status: Status, viewer: Account | None) -> dict[str, Any]:
        closed = status.visibility in {"private", "direct"}
        policy = "nobody" if closed else status.quote_policy
        may = policy == "public" or viewer is status.author
        return {
            "automatic": [] if policy == "nobody" else [policy],
            "manual": [],
            "current_user": "automatic" if may else "denied",
        }

    def _mentions(self, found: list[Span]) -> list[dict[str, str]]:
        people = (self._mentioned(span) for span in found if span.kind == "mention")
        unique = {one.id: one for one in people if one is not None}
        return [
            {
                "id": one.id,
                "username": one.handle,
                "acct": one.handle,
                "url": f"{self._base}/@{one.handle}",
            }
            for one in unique.values()
        ]

    def _mentioned(self, span: Span) -> Account | None:
        host = self._base.partition("://")[2].partition("/")[0]
        if span.domain.lower() not in {"", host}:
            return None
        return self._state.accounts.by_handle(span.value)

    def _tags(self, found: list[Span]) -> list[dict[str, str]]:
        names = dict.fromkeys(span.value.lower() for span in found if span.kind == "tag")
        return [{"name": name, "url": f"{self._base}/tags/{name}"} for name in names]

    def _content(self, text: str, found: list[Span]) -> str:
        pieces: list[str] = []
        at = 0
        for span in found:
            pieces += [escape(text[at : span.start]), self._linked(span, text)]
            at = span.end
        whole = "".join([*pieces, escape(text[at:])]).replace("\r\n", "\n").strip()
        if not whole:
            return ""
        return "".join(
            f"<p>{paragraph.replace(chr(10), '<br />')}</p>"
            for paragraph in whole.split("\n\n")
            if paragraph
        )

    def _linked(self, span: Span, text: str) -> str:
        raw = escape(text[span.start : span.end])
        if span.kind == "link":
            shown = span.value.partition("://")[2].removeprefix("www.")
            cut = shown[:_SHOWN_LINK]
            style = "ellipsis" if len(shown) > len(cut) else ""
            hidden = escape(span.value[: span.value.index(shown)])
            return (
                f'<a href="{raw}" target="_blank" rel="nofollow noopener" translate="no">'
                f'<span class="invisible">{hidden}</span><span class="{style}">{escape(cut)}</span>'
                f'<span class="invisible">{escape(shown[_SHOWN_LINK:])}</span></a>'
            )
        if span.kind == "tag":
            href = f"{self._base}/tags/{escape(span.value.lower())}"
            return (
                f'<a href="{href}" class="mention hashtag" rel="tag">#'
                f"<span>{escape(span.value)}</span></a>"
            )
        person = self._mentioned(span)
        if person is None:
            return raw
        return (
            f'<span class="h-card" translate="no"><a href="{self._base}/@{person.handle}" '
            f'class="u-url mention">@<span>{person.handle}</span></a></span>'
        )


def _midnight(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)
