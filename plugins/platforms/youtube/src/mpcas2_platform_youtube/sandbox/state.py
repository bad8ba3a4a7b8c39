"""Everything that the practice network remembers between two resets."""

import dataclasses
import secrets
from collections import deque
from datetime import timedelta

import msgspec

from mpcas2_platform_youtube.sandbox.channels import Channel, PeopleBook, Person
from mpcas2_platform_youtube.sandbox.media_kinds import VIDEO_HEAD_BYTES, video_type
from mpcas2_platform_youtube.sandbox.playlists import PlaylistBook
from mpcas2_platform_youtube.sandbox.quota import QuotaBook
from mpcas2_platform_youtube.sandbox.scopes import SCOPES
from mpcas2_platform_youtube.sandbox.uploads import UploadBook, UploadSession
from mpcas2_platform_youtube.sandbox.videos import FailureReason, RejectionReason, Video
from mpcas2_sandbox import SandboxCore
from mpcas2_sandbox.files import FileDisk, StoredFile
from mpcas2_sandbox.oauth import OAuthRules, OAuthServer, Refusal

TITLE = "YouTube"
_PROCESSING_SECONDS = 2.0
_TOO_SMALL_BYTES = 1024
_RULES = OAuthRules(
    authorize_path="/o/oauth2/v2/auth",
    token_path="/token",  # noqa: S106  # a path, no secret
    scopes=SCOPES,
    access_seconds=3599,
    code_seconds=600,
    offline_parameter=("access_type", "offline"),
    redirect_names_scopes=True,
    bad_client=Refusal(
        error="invalid_client", description="The OAuth client was not found.", status=401
    ),
    bad_code=Refusal(error="invalid_grant", description="Malformed auth code."),
    bad_verifier=Refusal(error="invalid_grant", description="Invalid code verifier."),
)


class Outcome(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"
):
    """How processing of a video is to end; neither reason means well.

    Args:
        failure_reason: Why the bytes cannot be processed.
        rejection_reason: Why the network takes the video down.
    """

    failure_reason: FailureReason | None = None
    rejection_reason: RejectionReason | None = None


class Stats(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the network counted since the last reset.

    Args:
        posts: Videos that exist now, whatever their privacy and state.
        public: Those of them that stand in public lists.
        inserted: Videos that were ever made.
        deleted: Videos that were deleted.
        sessions: Uploads that were started.
        playlists: Playlists that people made.
        playlist_items: Places in them.
        thumbnails: Pictures that owners set, later ones for the same video included.
        comments: Comments that exist now.
        requests: Requests outside the control API.
    """

    posts: int
    public: int
    inserted: int
    deleted: int
    sessions: int
    playlists: int
    playlist_items: int
    thumbnails: int
    comments: int
    requests: int


@dataclasses.dataclass
class Counters:
    """The counts that no other object keeps."""

    inserted: int = 0
    deleted: int = 0
    thumbnails: int = 0


class YouTubeState:
    """People, grants, videos, playlists, uploads and quota of one practice network.

    Args:
        core: The clock and the request log.
    """

    def __init__(self, core: SandboxCore) -> None:
        self.core = core
        self.started_at = core.clock.now()
        self.disk = FileDisk()
        self.people = PeopleBook(core.clock.now())
        self.oauth: OAuthServer[Person] = OAuthServer(
            core, _RULES, accounts=self.people.all, title=TITLE
        )
        self.videos: dict[str, Video] = {}
        self.playlists = PlaylistBook()
        self.uploads = UploadBook(self.disk)
        self.quota = QuotaBook(core.clock)
        self.counters = Counters()
        self.processing_seconds = _PROCESSING_SECONDS
        self.outcomes: deque[Outcome] = deque()
        self.comments_lag_seconds = 0.0

    def insert_video(self, session: UploadSession) -> Video:
        """Makes the video of an upload whose last byte has arrived."""
        now = self.core.clock.now()
        media_type = video_type(session.file.read(0, VIDEO_HEAD_BYTES))
        outcome = self.outcomes.popleft() if self.outcomes else Outcome()
        video = Video(
            id=secrets.token_urlsafe(8),
            channel=session.channel,
            snippet=session.metadata["snippet"],
            status=session.metadata.get("status", {}),
            file=session.file,
            media_type=media_type,
            inserted_at=now,
            ready_at=now + timedelta(seconds=self.processing_seconds),
            failure=outcome.failure_reason or _flaw(session.file, media_type),
            rejection=outcome.rejection_reason,
            client_id=session.client_id,
        )
        self.videos[video.id] = video
        self.counters.inserted += 1
        session.video_id = video.id
        self.playlists.uploads_of(video.channel).insert(video, 0, now)
        return video

    def delete_video(self, video: Video) -> None:
        """Takes a video away with its comments and its places in playlists."""
        del self.videos[video.id]
        self.counters.deleted += 1
        self.playlists.forget_video(video.id)

    def videos_of(self, channel: Channel) -> list[Video]:
        """Returns a channel's listed videos."""
        now = self.core.clock.now()
        return [one for one in self.videos.values() if one.channel is channel and one.listed(now)]

    def stats(self) -> Stats:
        """Returns the counts as they stand."""
        now = self.core.clock.now()
        playlists = self.playlists.all()
        return Stats(
            posts=len(self.videos),
            public=sum(one.listed(now) for one in self.videos.values()),
            inserted=self.counters.inserted,
            deleted=self.counters.deleted,
            sessions=len(self.uploads.all()),
            playlists=len(playlists),
            playlist_items=sum(len(one.items) for one in playlists),
            thumbnails=self.counters.thumbnails,
            comments=sum(len(one.comments) for one in self.videos.values()),
            requests=self.core.log.count,
        )


def _flaw(file: StoredFile, media_type: str | None) -> FailureReason | None:
    if file.size == 0:
        return "emptyFile"
    if file.size < _TOO_SMALL_BYTES:
        return "tooSmall"
    return "invalidFile" if media_type is None else None
