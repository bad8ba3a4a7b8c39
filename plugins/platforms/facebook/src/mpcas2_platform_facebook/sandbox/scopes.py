"""The permissions that an app may ask for, and which of them each kind of call needs."""

from typing import Final

SCOPES: Final[dict[str, str]] = {
    "public_profile": "See your name and picture",
    "pages_show_list": "See the Pages that you manage",
    "pages_read_engagement": "Read what is on your Pages, with its figures",
    "pages_read_user_content": "Read what others wrote on your Pages",
    "pages_manage_posts": "Create and delete posts on your Pages",
    "pages_manage_engagement": "Write and delete comments on your Pages",
    "pages_manage_metadata": "Subscribe to what happens on your Pages",
    "read_insights": "See figures of your Pages and their posts",
    "business_management": "Manage your business",
}
"""Every permission, with what it allows in a person's words."""

LIST: Final = ("pages_show_list",)
READ: Final = ("pages_read_engagement",)
PUBLISH: Final = ("pages_manage_posts", "pages_read_engagement")
COMMENT: Final = ("pages_manage_engagement",)
READ_COMMENTS: Final = ("pages_read_engagement", "pages_read_user_content")
INSIGHTS: Final = ("read_insights",)
