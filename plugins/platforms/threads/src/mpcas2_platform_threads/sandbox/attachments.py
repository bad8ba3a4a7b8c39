"""What can hang below a text: a poll, a long text, a moving picture; and hidden parts of it."""

from typing import Annotated, Literal

import msgspec

_Option = Annotated[str, msgspec.Meta(min_length=1, max_length=25)]
_Place = Annotated[int, msgspec.Meta(ge=0)]
_Length = Annotated[int, msgspec.Meta(ge=1)]


class PollAttachment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A poll of two to four answers."""

    option_a: _Option
    option_b: _Option
    option_c: _Option | None = None
    option_d: _Option | None = None

    def __post_init__(self) -> None:
        """Refuses a fourth answer without a third."""
        if self.option_d is not None and self.option_c is None:
            raise ValueError("option_d needs option_c")

    def options(self) -> dict[str, str]:
        """Returns the answers that there are, by name."""
        named = {name: getattr(self, name) for name in self.__struct_fields__}
        return {name: value for name, value in named.items() if value is not None}


class Styling(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a part of a long text looks."""

    offset: _Place
    length: _Length
    styling_info: tuple[Literal["bold", "italic", "highlight", "underline", "strikethrough"], ...]


class TextAttachment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A long text below a short one."""

    plaintext: Annotated[str, msgspec.Meta(min_length=1, max_length=10_000)]
    link_attachment_url: str | None = None
    text_with_styling_info: tuple[Styling, ...] = ()


class GifAttachment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A moving picture of a library."""

    gif_id: Annotated[str, msgspec.Meta(min_length=1)]
    provider: Literal["TENOR", "GIPHY"]


class TextEntity(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a text that is hidden until somebody asks for it."""

    entity_type: Literal["SPOILER"]
    offset: _Place
    length: _Length
