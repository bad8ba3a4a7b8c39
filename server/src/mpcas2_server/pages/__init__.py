"""Pages for people without a dashboard, which work without JavaScript."""

from mpcas2_server.pages.consent import ConsentPages

__all__ = ("ConsentPages",)
