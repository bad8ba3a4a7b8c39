"""The permissions of both front doors, and what each of them allows."""

from typing import Final

SCOPES: Final[dict[str, str]] = {
    "instagram_business_basic": "See your profile and your posts",
    "instagram_business_content_publish": "Publish posts, reels and stories",
    "instagram_business_manage_comments": "Read, write and delete comments",
    "instagram_business_manage_insights": "See figures of your account and your posts",
    "instagram_basic": "See your profile and your posts (Facebook login)",
    "instagram_content_publish": "Publish posts, reels and stories (Facebook login)",
    "instagram_manage_comments": "Read, write and delete comments (Facebook login)",
    "instagram_manage_insights": "See figures of your account and your posts (Facebook login)",
    "instagram_manage_contents": "Delete your posts (Facebook login)",
    "pages_show_list": "See the pages that you manage (Facebook login)",
    "pages_read_engagement": "See what is on your pages (Facebook login)",
    "business_management": "Manage your business (Facebook login)",
}
"""Every scope, with what it allows in a person's words."""

BASIC: Final = ("instagram_business_basic", "instagram_basic")
PUBLISH: Final = ("instagram_business_content_publish", "instagram_content_publish")
COMMENTS: Final = ("instagram_business_manage_comments", "instagram_manage_comments")
INSIGHTS: Final = ("instagram_business_manage_insights", "instagram_manage_insights")
DELETE: Final = ("instagram_manage_contents",)
