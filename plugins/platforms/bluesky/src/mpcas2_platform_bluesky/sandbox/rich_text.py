"""A post's text as HTML, with its links, mentions and hashtags."""

from collections.abc import Callable
from html import escape
from typing import Any

_FACET = "app.bsky.richtext.facet"


def web_link(uri: str, inner: str) -> str:
    """Returns a link around inner HTML; an address that is not of the web stays plain.

    Args:
        uri: The address as somebody wrote it.
        inner: HTML that is escaped already.
    """
    if not uri.lower().startswith(("http://", "https://")):
        return inner
    return f'<a href="{escape(uri)}" rel="nofollow noopener noreferrer">{inner}</a>'


def _feature_html(feature: dict[str, Any], inner: str, handle_of: Callable[[str], str]) -> str:
    kind = feature.get("$type")
    if kind == f"{_FACET}#link":
        return web_link(feature["uri"], inner)
    if kind == f"{_FACET}#mention":
        name = escape(handle_of(feature["did"]))
        return f'<a class="mention" href="/profile/{name}">{inner}</a>'
    if kind == f"{_FACET}#tag":
        return f'<span class="tag" title="#{escape(feature["tag"])}">{inner}</span>'
    return inner


def rich_text_html(record: dict[str, Any], handle_of: Callable[[str], str]) -> str:
    """Returns the text of a stored post as HTML in which everything is escaped.

    Args:
        record: A post that has passed its rules, or one that was written with ``validate: false``.
        handle_of: Gives the name under which an account's page is found.
    """
    text = record.get("text")
    if not isinstance(text, str):
        return ""
    raw = text.encode()
    pieces: list[str] = []
    position = 0
    for start, end, feature in sorted(_marks(record, len(raw)), key=lambda mark: mark[0]):
        if start < position:
            continue  # overlapping marks: the first one wins, as in the official app
        pieces.append(escape(raw[position:start].decode(errors="replace")))
        inner = escape(raw[start:end].decode(errors="replace"))
        pieces.append(_feature_html(feature, inner, handle_of))
        position = end
    pieces.append(escape(raw[position:].decode(errors="replace")))
    return "".join(pieces)


def _marks(record: dict[str, Any], length: int) -> list[tuple[int, int, dict[str, Any]]]:
    marks: list[tuple[int, int, dict[str, Any]]] = []
    for facet in record.get("facets", []):
        try:
            start, end = facet["index"]["byteStart"], facet["index"]["byteEnd"]
            if facet["features"] and 0 <= start < end <= length:
                marks.append((start, end, facet["features"][0]))
        except (KeyError, TypeError):
            continue  # possible only in a post that nobody validated
    return marks
