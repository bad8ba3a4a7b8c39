"""The permissions that an account can give to an app."""

from typing import Final

BASIC: Final = "threads_basic"
PUBLISH: Final = "threads_content_publish"
MANAGE_REPLIES: Final = "threads_manage_replies"
READ_REPLIES: Final = "threads_read_replies"
INSIGHTS: Final = "threads_manage_insights"
DELETE: Final = "threads_delete"
LOCATION: Final = "threads_location_tagging"

SCOPES: Final[dict[str, str]] = {
    BASIC: "See your profile and your posts",
    PUBLISH: "Publish posts",
    READ_REPLIES: "Read replies to your posts",
    MANAGE_REPLIES: "Write, hide and show replies",
    INSIGHTS: "See figures of your account and your posts",
    DELETE: "Delete your posts",
    LOCATION: "Say where your posts were made",
    "threads_keyword_search": "Search public posts",
    "threads_manage_mentions": "See posts that mention you",
    "threads_profile_discovery": "See public profiles and their posts",
}
"""Every scope, with what it allows in a person's words."""
