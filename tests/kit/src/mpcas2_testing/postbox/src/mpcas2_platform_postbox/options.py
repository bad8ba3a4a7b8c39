"""Postbox's own fields of a post; their JSON schema becomes the form, the API and the validation."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

__all__ = ("PostboxOptions",)


class PostboxOptions(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"
):
    """What a post can have beside text and pictures.

    Attributes:
        audience: Who sees the post.
    """

    audience: Annotated[
        Literal["everyone", "followers"],
        msgspec.Meta(title="Audience", description="Who sees the post: everyone, or followers."),
    ] = "everyone"
