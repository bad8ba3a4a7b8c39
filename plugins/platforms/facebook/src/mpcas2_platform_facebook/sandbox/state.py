"""Everything that the practice network remembers between two resets."""

import itertools
import secrets
from typing import Annotated, Any, Literal

import msgspec

from mpcas2_platform_facebook.sandbox.events import FeedEvents
from mpcas2_platform_facebook.sandbox.media import Photo, Video, VideoVerdict
from mpcas2_platform_facebook.sandbox.media_rules import VideoKind, video_fault
from mpcas2_platform_facebook.sandbox.members import MemberBook, Page, Person
from mpcas2_platform_facebook.sandbox.posts import Comment, Post
from mpcas2_platform_facebook.sandbox.scopes import SCOPES
from mpcas2_sandbox import SandboxCore
from mpcas2_sandbox.decisions import Decisions
from mpcas2_sandbox.files import FileDisk
from mpcas2_sandbox.oauth import OAuthRules, OAuthServer, Place, Refusal
from mpcas2_sandbox.windows import CallWindows, Window

TITLE = "Facebook"
LONG_SECONDS = 60 * 86_400.0
_DAY = 86_400
_RULES = OAuthRules(
    authorize_path="/{version:facebook_version}/dialog/oauth",
    scopes=SCOPES,
    default_scopes=("public_profile",),
    scope_separator=",",
    access_seconds=LONG_SECONDS,
    code_seconds=600,
    refresh_tokens=False,
    secret_in_basic=False,
    bad_client=Refusal(error="1", description="Error validating client secret."),
    bad_code=Refusal(
        error="100", description="Invalid verification code format, or the code was used before."
    ),
)


class Settings(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"
):
    """What the control API can change about the network as a whole.

    Args:
        short_seconds: How long the token of a code lives.
        data_access_seconds: How long after the consent page tokens work.
        requires_proof: Whether every call needs ``appsecret_proof``.
        reels_total: How many reels a Page may publish in a rolling window.
        reels_seconds: How long that window is.
        text_characters: How long the text of a post may be.
        comment_characters: How long a comment may be.
        photo_bytes: How many bytes a picture may have.
        photo_count: How many pictures a post may have.
        chunk_bytes: How many bytes the network asks for in one chunk of a video.
        schedule_min_seconds: How soon a scheduled post may be due.
        schedule_max_seconds: How late a scheduled post may be due.
        pull_seconds: How long fetching may take, of real time.
        unreadable_hosts: Hosts whose links cannot be read.
        page_throttle: The code of a Page's spent window: of its business use case or the older one.
        ended_versions: Whether a call of an ended version is served as the oldest living one
            (``forward``) or refused.
        oldest_version: The oldest version that is alive.
        newest_version: The newest version.
        list_lag_seconds: Posts younger than this are not yet in lists.
    """

    short_seconds: Annotated[float, msgspec.Meta(gt=0)] = 5400.0
    data_access_seconds: Annotated[float, msgspec.Meta(gt=0)] = 90 * 86_400.0
    requires_proof: bool = False
    reels_total: Annotated[int, msgspec.Meta(ge=0)] = 30
    reels_seconds: Annotated[float, msgspec.Meta(gt=0)] = _DAY
    text_characters: Annotated[int, msgspec.Meta(ge=1)] = 63_206
    comment_characters: Annotated[int, msgspec.Meta(ge=1)] = 8000
    photo_bytes: Annotated[int, msgspec.Meta(ge=1)] = 10_000_000
    photo_count: Annotated[int, msgspec.Meta(ge=1)] = 10
    chunk_bytes: Annotated[int, msgspec.Meta(ge=1)] = 4 * 1024 * 1024
    schedule_min_seconds: Annotated[float, msgspec.Meta(ge=0)] = 600.0
    schedule_max_seconds: Annotated[float, msgspec.Meta(gt=0)] = 30 * 86_400.0
    pull_seconds: Annotated[float, msgspec.Meta(gt=0)] = 30.0
    unreadable_hosts: tuple[str, ...] = ("unreadable.example",)
    page_throttle: Literal[80001, 32] = 80001
    ended_versions: Literal["forward", "refuse"] = "forward"
    oldest_version: Annotated[int, msgspec.Meta(ge=1)] = 21
    newest_version: Annotated[int, msgspec.Meta(ge=1)] = 26
    list_lag_seconds: Annotated[float, msgspec.Meta(ge=0)] = 0.0


class FacebookState:
    """People, Pages, grants, media and posts of one practice network.

    Args:
        core: The clock and the request log.
    """

    def __init__(self, core: SandboxCore) -> None:
        self.core = core
        self.settings = Settings()
        self.disk = FileDisk()
        self.members = MemberBook(core.clock.now())
        self.oauth: OAuthServer[Person] = OAuthServer(
            core,
            _RULES,
            accounts=self.members.all,
            title=TITLE,
            places=lambda person: [
                Place(id=one.id, name=one.name, note="Page") for one in person.pages
            ],
            places_question="Which Pages?",
        )
        self.page_tokens: dict[tuple[str, str], str] = {}
        self.photos: dict[str, Photo] = {}
        self.videos: dict[str, Video] = {}
        self.posts: dict[str, Post] = {}
        self.decisions = Decisions(core, VideoVerdict)
        self.events = FeedEvents(core)
        self.calls = CallWindows(
            core.clock,
            (
                Window(route="*", limit=100_000, seconds=3600, per="app", rolling=True),
                Window(route="user", limit=20_000, seconds=3600, per="user", rolling=True),
                Window(route="page", limit=48_000, seconds=_DAY, per="user", rolling=True),
                Window(route="publish", limit=None, seconds=3600, per="user", rolling=True),
            ),
        )
        self.unknown: list[dict[str, Any]] = []
        self.published = self.deleted = self.exchanged = 0
        self._numbers = itertools.count(1)

    def next_number(self, prefix: str) -> str:
        """Returns a fresh number of a node; the prefix tells people what it is."""
        return f"{prefix}{next(self._numbers):013d}"

    def add_photo(self, photo: Photo) -> None:
        """Keeps a picture."""
        self.photos[photo.id] = photo

    def begin_video(self, page: Page, kind: VideoKind) -> Video:
        """Begins the upload of a film."""
        video = Video(
            id=self.next_number("24"),
            page=page,
            kind=kind,
            made_at=self.core.clock.now(),
            file=self.disk.new_file(),
            decisions=self.decisions,
            session=secrets.token_hex(8) if kind == "video" else "",
        )
        self.videos[video.id] = video
        return video

    def take_video(self, video: Video) -> None:
        """Notes that a film's bytes are all here, and looks at them."""
        film, video.fault = video_fault(video.file, video.kind)
        video.uploaded = True
        if film is not None:
            video.media_type, video.seconds = film.media_type, film.seconds

    def add_post(self, post: Post) -> Post:
        """Makes a post of what it carries and tells the webhooks when it is public."""
        for photo in post.photos:
            photo.post_id = post.id
        if post.video is not None:
            post.video.post_id = post.id
            post.video.finished = True
            self.decisions.decide(post.video.id)
        self.posts[post.id] = post
        self.published += 1
        self.events.post_added(post)
        return post

    def drop_post(self, post: Post) -> None:
        """Forgets a post with all that it shows."""
        del self.posts[post.id]
        for photo in post.photos:
            self.photos.pop(photo.id, None)
        if post.video is not None:
            self.videos.pop(post.video.id, None)
        self.deleted += 1
        self.events.post_removed(post)

    def find_post(self, number: str) -> Post | None:
        """Returns the post of an id, of its number, or of what it shows."""
        post = self.posts.get(number)
        if post is not None:
            return post
        photo, video = self.photos.get(number), self.videos.get(number)
        shown = photo.post_id if photo is not None else video.post_id if video is not None else ""
        return self.posts.get(shown)

    def find_comment(self, number: str) -> tuple[Comment, Post] | None:
        """Returns the comment of an id with the post that it stands below."""
        for post in self.posts.values():
            for comment in post.comments:
                if comment.id == number:
                    return comment, post
        return None

    def add_comment(
        self, post: Post, author: Person | Page, text: str, unknown: tuple[str, ...] = ()
    ) -> Comment:
        """Writes a comment below a post and tells the webhooks of it."""
        comment = Comment(
            id=f"{post.number}_{self.next_number('71')}",
            author_id=author.id,
            author=author.name,
            text=text,
            at=self.core.clock.now(),
            unknown=unknown,
        )
        post.comments.append(comment)
        self.events.comment_added(post, comment)
        return comment

    def public_posts(self) -> list[Post]:
        """Returns what people can see, stories included, the newest first."""
        now = self.core.clock.now()
        return [one for one in reversed(self.posts.values()) if one.state(now) == "public"]

    def stats(self) -> dict[str, Any]:
        """Returns the counts as they stand."""
        shown = self.public_posts()
        return {
            "posts": len(shown),
            "published": self.published,
            "deleted": self.deleted,
            "photos": len(self.photos),
            "videos": len(self.videos),
            "reels": sum(one.kind == "reel" for one in shown),
            "stories": sum(one.kind == "story" for one in shown),
            "comments": sum(len(one.comments) for one in self.posts.values()),
            "exchanges": self.exchanged,
            "requests": self.core.log.count,
        }
