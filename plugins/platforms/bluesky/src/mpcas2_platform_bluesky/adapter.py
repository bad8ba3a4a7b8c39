"""Bluesky as MPCAS2 sees it: stage, publish and find for one part of a post."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from mpcas2_hookspecs import (
    Absent,
    Account,
    CannotTell,
    ConnectContext,
    Connection,
    FindResult,
    FormField,
    Found,
    Grant,
    HttpAnswer,
    HttpRequest,
    Limits,
    Media,
    MediaRule,
    OAuthApp,
    Part,
    PublishContext,
    Published,
    PublishResult,
    Rejected,
    Staged,
    TextRule,
    Unavailable,
)
from mpcas2_platform_bluesky import session, xrpc
from mpcas2_platform_bluesky.facets import build_facets, find_spans, mentioned_handles
from mpcas2_platform_bluesky.options import BlueskyOptions
from mpcas2_platform_bluesky.records import (
    COLLECTION,
    new_tid,
    post_record,
    refuse_impossible,
)
from mpcas2_platform_bluesky.wire import Handle, RecordAnswer, Uploaded, WrittenRecord

__all__ = ("MAX_IMAGE_BYTES", "BlueskyPlatform")

MAX_IMAGE_BYTES = 2_000_000
"""Greatest size of an image: ``maxSize`` in the lexicon ``app.bsky.embed.images``."""

_LIMITS = Limits(
    # Lexicon app.bsky.feed.post: maxGraphemes and maxLength (bytes) of the text.
    text=TextRule(max_length=300, unit="graphemes", max_bytes=3_000),
    media=(
        MediaRule(
            kind="image",
            # The lexicon takes image/*; these are what the app shows as they are (a GIF stands still).
            mime_types=("image/jpeg", "image/png", "image/webp"),
            max_count=4,
            max_bytes=MAX_IMAGE_BYTES,
            # The lexicon has no limit; Bluesky's own app stops at this length.
            alt_text_max_length=2_000,
        ),
    ),
    # Our own limit: the network has none.
    max_parts=25,
)

# A server drops a blob that no record names. The specification recommends to keep it for an hour
# at least (https://atproto.com/specs/blob); half of that leaves time to publish.
_BLOB_KEPT = timedelta(minutes=30)


class BlueskyPlatform:
    """Publishes to Bluesky through the server that hosts the account.

    ``stage`` chooses record key and record once; ``publish`` puts that record under that key, which
    a server answers the same way however often it happens; ``find`` asks the hosting server, the
    origin of the record, for the key. So a lost answer never makes a second post.
    """

    key = "bluesky"
    title = "Bluesky"
    options: type[msgspec.Struct] = BlueskyOptions
    connect_form: Sequence[FormField] = session.CONNECT_FORM

    def limits(self, account: Account | None) -> Limits:  # noqa: ARG002 - the same for all accounts
        """Declares what may be posted; it is the same for every account."""
        return _LIMITS

    async def connect(self, credentials: Mapping[str, str], ctx: ConnectContext) -> Connection:
        """Opens a session with an app password.

        Raises:
            Rejected: Wrong credentials or address, a main password, or an account not active.
            RateLimited: The server asks to come back later.
            Unavailable: The server cannot be reached now.
        """
        return await session.connect(credentials, ctx)

    def refresh_request(self, account: Account, grant: Grant, app: OAuthApp | None) -> HttpRequest:  # noqa: ARG002 - a session belongs to no app
        """Builds the request that renews the session.

        Raises:
            Unauthorized: The grant has no refresh token.
        """
        return session.refresh_request(account, grant)

    def parse_refresh(self, answer: HttpAnswer) -> Grant:
        """Reads the answer to a renewal; both tokens are new.

        Raises:
            Unauthorized: The session is over.
            RateLimited: The server asks to come back later.
            Unavailable: Anything else.
        """
        return session.parse_refresh(answer)

    async def stage(self, part: Part, ctx: PublishContext) -> Staged:
        """Uploads the images, looks up who is mentioned, and chooses record key and record.

        Raises:
            PlatformError: Any of the tree but ``OutcomeUnknown``.
        """
        options = part.options if isinstance(part.options, BlueskyOptions) else BlueskyOptions()
        if part.index > 0:
            # Languages and labels hold for a whole thread, a link card for its first post.
            options = msgspec.structs.replace(options, external=None)
        refuse_impossible(part, options)
        blobs = [await self._blob(media, ctx) for media in part.media]
        spans = find_spans(part.text)
        dids = {
            handle: did
            for handle in mentioned_handles(spans)
            if (did := await self._resolve(handle, ctx)) is not None
        }
        now = ctx.now()
        record = post_record(
            part,
            options,
            facets=build_facets(part.text, spans, dids),
            blobs=blobs,
            created_at=now,
        )
        return Staged(
            data={
                "repo": ctx.account.platform_account_id,
                "collection": COLLECTION,
                "rkey": new_tid(now),
                "record": record,
            }
        )

    async def publish(self, staged: Staged, ctx: PublishContext) -> PublishResult:
        """Puts the record under its key, with one request.

        ``putRecord`` and not ``createRecord``: the same record under the same key again is answered
        with 200 and changes nothing, while ``createRecord`` answers 500. ``validate`` is left unset,
        so that servers that know the lexicon check it and those that do not still take the record.

        Raises:
            OutcomeUnknown: The request may have been carried out.
            PlatformError: Any other of the tree: nothing happened.
        """
        written = await xrpc.procedure(
            ctx.http,
            session.server_of(ctx.account),
            "com.atproto.repo.putRecord",
            staged.data,
            WrittenRecord,
            now=ctx.now(),
            irreversible=True,
        )
        return _published(staged, ctx.account, uri=written.uri, cid=written.cid)

    async def find(self, staged: Staged, ctx: PublishContext) -> FindResult:
        """Asks the server that hosts the account for the record key.

        A record under the key is ours even if it differs by now: nobody else writes into the
        repository under a key that we chose, and the owner may have edited it. That there is none is
        proof only while the server hosts the repository: for others it may answer from an index that
        lags behind. No credentials are sent, so that an ended grant does not hide what happened.

        Raises:
            PlatformError: The question itself failed.
        """
        server = session.server_of(ctx.account)
        key = {name: staged.data[name] for name in ("repo", "collection", "rkey")}
        try:
            record = await xrpc.query(
                ctx.bare_http,
                server,
                "com.atproto.repo.getRecord",
                key,
                RecordAnswer,
                now=ctx.now(),
            )
        except (Rejected, Unavailable) as error:
            # A server without the account asks the app view, and fails where that fails.
            hosts = await self._hosts(server, key["repo"], ctx)
            if hosts and error.code == "RecordNotFound":
                return Absent(proof=f"The account's server has no record under {key['rkey']}.")
            if hosts:
                raise
            return CannotTell(
                reason=f"{server} no longer hosts the account, or the account is not active; look "
                f"in the profile of {ctx.account.username} for the post."
            )
        return Found(post=_published(staged, ctx.account, uri=record.uri, cid=record.cid))

    async def _hosts(self, server: str, repo: str, ctx: PublishContext) -> bool:
        """Tells whether a server is the origin of a repository, and the repository is active."""
        try:
            await xrpc.query(
                ctx.bare_http,
                server,
                "com.atproto.repo.describeRepo",
                {"repo": repo},
                dict[str, Any],
                now=ctx.now(),
            )
        except Rejected:
            return False
        return True

    async def _blob(self, media: Media, ctx: PublishContext) -> dict[str, Any]:
        """Uploads an image, or takes what an earlier run of ``stage`` uploaded not long ago."""
        name = f"blob:{media.id}"
        done = ctx.journal.get(name)
        if done is not None and ctx.now() - datetime.fromisoformat(done["at"]) < _BLOB_KEPT:
            return dict(done["blob"])
        uploaded = await xrpc.upload(
            ctx.http,
            session.server_of(ctx.account),
            "com.atproto.repo.uploadBlob",
            ctx.open_media(media),
            Uploaded,
            mime_type=media.mime_type,
            size=media.size,
            now=ctx.now(),
        )
        await ctx.record(name, {"blob": uploaded.blob, "at": ctx.now().isoformat()})
        return uploaded.blob

    async def _resolve(self, handle: str, ctx: PublishContext) -> str | None:
        try:
            answer = await xrpc.query(
                ctx.http,
                session.server_of(ctx.account),
                "com.atproto.identity.resolveHandle",
                {"handle": handle},
                Handle,
                now=ctx.now(),
            )
        except Rejected:
            # Nobody has this handle: the text stays as it is, as in Bluesky's own app.
            return None
        return answer.did


def _published(staged: Staged, account: Account, *, uri: str, cid: str) -> Published:
    url = f"{account.data['web']}/profile/{account.username}/post/{staged.data['rkey']}"
    return Published(id=uri, url=url, data={"cid": cid})
