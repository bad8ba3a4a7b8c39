"""The public pages: timeline, watch page, playlist and channel, as a stranger sees them."""

from collections.abc import Iterable
from datetime import datetime
from html import escape

from starlette.responses import HTMLResponse

from mpcas2_platform_youtube.sandbox.channels import Channel
from mpcas2_platform_youtube.sandbox.state import TITLE, YouTubeState
from mpcas2_platform_youtube.sandbox.video_rules import CATEGORIES, DEFAULT_CATEGORY
from mpcas2_platform_youtube.sandbox.videos import Video
from mpcas2_sandbox.page import html_page

_VIDEOS_PER_PAGE = 24
_FORBIDDEN = 403
_NOT_FOUND = 404
_STYLE = """
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(13rem,1fr));gap:1.2rem 1rem}
.tile{min-width:0}.tile img{width:100%;aspect-ratio:16/9;object-fit:cover;border-radius:12px;
display:block;background:var(--line)}
.tile h2{font-size:.98rem;line-height:1.3;margin:.5rem 0 .15rem}.tile h2 a{color:inherit}
.tile p{margin:0}
.player{width:100%;aspect-ratio:16/9;background:#000;border-radius:14px;display:block}
.wait{aspect-ratio:16/9;border-radius:14px;background:#0b0f14;color:#e8edf3;display:grid;
place-content:center;text-align:center;padding:1rem}.wait p{margin:.2rem 0}
.watch h1{margin:.9rem 0 .5rem}
.by{display:flex;gap:.7rem;align-items:center;margin:0 0 .9rem}
.by img{width:2.5rem;height:2.5rem}.by a{font-weight:600;color:inherit;display:block}
.about{white-space:pre-wrap;margin:.4rem 0 0}
.intro{margin-bottom:1rem}
.badge{background:var(--note);border-radius:7px;padding:.05rem .5rem;font-size:.82rem;
margin-right:.4rem;display:inline-block}
.facts{margin:.8rem 0 0}.facts code{font-size:.85rem}
.comment{margin:0 0 .8rem}.comment p{margin:.1rem 0 0;white-space:pre-wrap}
.pager{display:flex;justify-content:space-between}
"""


def _when(moment: datetime) -> str:
    text = moment.strftime("%Y-%m-%d %H:%M UTC")
    return f'<time datetime="{moment.strftime("%Y-%m-%dT%H:%M:%SZ")}">{text}</time>'


def _badge(text: str) -> str:
    return f'<span class="badge">{escape(text)}</span>'


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


class Pages:
    """Renders what the network published.

    Args:
        state: What the network remembers.
    """

    def __init__(self, state: YouTubeState) -> None:
        self._state = state

    def start(self) -> HTMLResponse:
        """Returns the page that tells how to connect, and whom."""
        people = self._state.people.all()
        rows = "".join(
            f"<tr><td><strong>{escape(person.name)}</strong></td><td>"
            + (" · ".join(map(_channel_link, person.channels)) or "no channel")
            + "</td></tr>"
            for person in people[:50]
        )
        stats = self._state.stats()
        body = (
            "<h1>A YouTube of your own to practise on</h1>"
            '<div class="card"><p style="margin-top:0">This server plays Google&#8217;s consent '
            "page and token endpoint, YouTube&#8217;s Data API and its watch pages. Everybody "
            "below can be chosen on the consent page; no password is asked.</p>"
            "<p>OAuth client: <code>practice-client</code>, secret <code>practice-secret</code>, "
            "redirect addresses on this machine.</p>"
            '<p style="margin-bottom:0"><a href="/timeline">Public timeline</a> '
            f'<span class="soft">{_counted(stats.public, "public video")}</span></p></div>'
            '<h2>People</h2><div class="card wide"><table><thead><tr><th>Name</th><th>Channels'
            f"</th></tr></thead><tbody>{rows}</tbody></table></div>"
            '<p class="soft">The control API under <code>/_sandbox/</code> adds people, faults and '
            "time, and settles how processing ends. Everything is forgotten when this process "
            "ends.</p>"
        )
        return self._page("Start", body)

    def timeline(self, offset: int) -> HTMLResponse:
        """Returns the page of all listed videos, the newest first, from a place on."""
        now = self._state.core.clock.now()
        listed = [one for one in self._state.videos.values() if one.listed(now)]
        listed.sort(key=lambda one: one.published_at(), reverse=True)
        pager = ""
        if offset:
            pager += f'<a href="/timeline?offset={max(0, offset - _VIDEOS_PER_PAGE)}">Newer</a>'
        if len(listed) > offset + _VIDEOS_PER_PAGE:
            pager += f'<a href="/timeline?offset={offset + _VIDEOS_PER_PAGE}">Older</a>'
        tiles = self._tiles(listed[offset : offset + _VIDEOS_PER_PAGE])
        return self._page("Timeline", f'<h1>Timeline</h1>{tiles}<p class="pager">{pager}</p>')

    def channel(self, channel_id: str) -> HTMLResponse:
        """Returns one channel's page."""
        channel = self._state.people.channels.get(channel_id)
        if channel is None:
            return self._missing("There is no such channel.")
        videos = sorted(
            self._state.videos_of(channel), key=lambda one: one.published_at(), reverse=True
        )
        body = (
            f'<h1>{escape(channel.title)}</h1><p class="soft">@{escape(channel.handle)} · '
            f"{_counted(len(videos), 'video')}</p>{self._tiles(videos)}"
        )
        return self._page(channel.title, body)

    def playlist(self, playlist_id: str) -> HTMLResponse:
        """Returns one playlist's page; a private one says that it is."""
        playlist = self._state.playlists.find(playlist_id)
        if playlist is None:
            return self._missing("There is no such playlist.")
        if playlist.privacy == "private":
            return self._missing("This playlist is private.", status=_FORBIDDEN)
        now = self._state.core.clock.now()
        places = [self._state.videos[item.video_id] for item in playlist.items]
        shown = [one for one in places if one.watchable(now)]
        hidden = len(places) - len(shown)
        note = ""
        if hidden:
            note = f'<p class="soft">{_counted(hidden, "video")} cannot be shown.</p>'
        body = (
            f'<h1>{escape(playlist.title)}</h1><p class="soft">Playlist by '
            f"{_channel_link(playlist.channel)} · {_counted(len(places), 'video')}</p>"
            f'<p class="about intro">{escape(playlist.description)}</p>{self._tiles(shown)}{note}'
        )
        return self._page(playlist.title, body)

    def watch(self, video_id: str) -> HTMLResponse:
        """Returns the page of one video; what strangers may not see yet is said, not shown."""
        video = self._state.videos.get(video_id)
        if video is None:
            return self._missing("This video does not exist, or was deleted.")
        now = self._state.core.clock.now()
        moment = video.scheduled_for(now)
        if moment is not None:
            when = moment.strftime("%Y-%m-%d %H:%M UTC")
            return self._missing(f"This video goes public on {when}.", status=_FORBIDDEN)
        if video.privacy(now) == "private":
            return self._missing("This video is private.", status=_FORBIDDEN)
        match video.upload_status(now):
            case "failed":
                return self._missing(f"This video could not be processed: {video.failure}.")
            case "rejected":
                return self._missing(f"This video was removed: {video.rejection}.")
            case "uploaded":
                player = (
                    '<div class="wait"><p><strong>Processing</strong></p>'
                    "<p>Look again in a moment.</p></div>"
                )
            case _:
                # Without a picture of the owner's the browser shows the first frame.
                poster = f' poster="/vi/{video.id}/high.jpg"' if video.thumbnail else ""
                player = (
                    f'<video class="player" controls preload="metadata"{poster}>'
                    f'<source src="/media/{video.id}" type="{video.media_type}"></video>'
                )
        return self._page(video.title, self._watch_body(video, player, now))

    def _watch_body(self, video: Video, player: str, now: datetime) -> str:
        figures = video.figures(now)
        channel = video.channel
        title, about = escape(video.title), escape(video.description)
        return (
            f'<article class="watch">{player}<h1>{title}</h1>'
            f'<div class="by"><img src="/ch/{channel.id}.svg" alt=""><div>{_channel_link(channel)}'
            f'<span class="soft">@{escape(channel.handle)}</span></div></div>'
            f'<div class="card"><strong>{_counted(figures.views, "view")}</strong> · '
            f"{_counted(figures.likes, 'like')} · {_when(video.published_at())}"
            f'<p class="about">{about}</p><p class="facts">{self._badges(video, now)}</p>'
            f"{self._places(video)}</div>{_comments(video)}</article>"
        )

    def _badges(self, video: Video, now: datetime) -> str:
        status = video.status
        badges = [CATEGORIES[video.snippet.get("categoryId", DEFAULT_CATEGORY)]]
        if status.get("containsSyntheticMedia"):
            badges.append("Altered or synthetic content")
        if status.get("selfDeclaredMadeForKids"):
            badges.append("Made for kids")
        if video.privacy(now) == "unlisted":
            badges.append("Unlisted")
        if status.get("license") == "creativeCommon":
            badges.append("Creative Commons")
        badges += [f"#{tag}" for tag in video.snippet.get("tags", [])]
        return "".join(map(_badge, badges))

    def _places(self, video: Video) -> str:
        lists = [one for one in self._state.playlists.holding(video.id) if one.privacy == "public"]
        links = " · ".join(
            f'<a href="/playlist?list={one.id}">{escape(one.title)}</a>' for one in lists
        )
        return f'<p class="facts">In playlists: {links}</p>' if links else ""

    def _tiles(self, videos: Iterable[Video]) -> str:
        now = self._state.core.clock.now()
        tiles = "".join(
            f'<article class="tile"><a href="/watch?v={one.id}"><img loading="lazy" '
            f'src="/vi/{one.id}/medium.jpg" alt=""></a><h2><a href="/watch?v={one.id}">'
            f'{escape(one.title)}</a></h2><p class="soft">{_channel_link(one.channel)}</p>'
            f'<p class="soft">{_counted(one.figures(now).views, "view")} · '
            f"{one.published_at():%Y-%m-%d}</p></article>"
            for one in videos
        )
        if not tiles:
            return '<p class="card soft">There is no public video here yet.</p>'
        return f'<div class="grid">{tiles}</div>'

    def _missing(self, message: str, *, status: int = _NOT_FOUND) -> HTMLResponse:
        body = f'<div class="wait"><p><strong>{escape(message)}</strong></p></div>'
        return html_page(message, body, network=TITLE, style=_STYLE, status=status)

    def _page(self, title: str, body: str) -> HTMLResponse:
        return html_page(title, body, network=TITLE, style=_STYLE)


def _channel_link(channel: Channel) -> str:
    return f'<a href="/channel/{channel.id}">{escape(channel.title)}</a>'


def _comments(video: Video) -> str:
    if video.status.get("selfDeclaredMadeForKids"):
        return '<p class="soft">Comments are turned off.</p>'
    shown = "".join(
        f'<div class="comment"><strong>@{escape(one.author.handle)}</strong> '
        f'<span class="soft">{_when(one.at)}</span><p>{escape(one.text)}</p></div>'
        for one in video.comments
    )
    return f"<h2>Comments</h2>{shown}" if shown else ""
