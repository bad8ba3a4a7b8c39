"""Fetches the media of posts from the addresses that their apps gave."""

import asyncio

from mpcas2_platform_tiktok.sandbox.media_rules import MAX_PHOTO_BYTES, judge_photo, judge_video
from mpcas2_platform_tiktok.sandbox.post_request import MAX_VIDEO_BYTES
from mpcas2_platform_tiktok.sandbox.publishes import Publish, StoredMedia
from mpcas2_platform_tiktok.sandbox.state import TikTokState
from mpcas2_sandbox.pull import PullError, pull

_SECONDS = 60.0


def start_pull(state: TikTokState, publish: Publish) -> None:
    """Begins to fetch the media of a post in the background.

    Args:
        state: What the network remembers; a reset ends the work.
        publish: A post or draft with addresses.
    """
    task = asyncio.get_running_loop().create_task(_pull(state, publish))
    state.work.add(task)
    task.add_done_callback(state.work.discard)


async def _pull(state: TikTokState, publish: Publish) -> None:
    media: list[StoredMedia] = []
    limit = MAX_PHOTO_BYTES if publish.photos else MAX_VIDEO_BYTES
    try:
        for url in publish.urls:
            pulled = await pull(url, state.disk, limit=limit, seconds=_SECONDS)
            if publish.photos:
                judged = judge_photo(pulled.file)
            else:
                judged = judge_video(pulled.file, publish.creator.max_video_seconds)
            media.append(StoredMedia(file=pulled.file, judged=judged, url=url))
    except PullError:
        kind = "photo" if publish.photos else "video"
        state.media_missing(publish, f"{kind}_pull_failed")
    else:
        state.media_there(publish, media)
