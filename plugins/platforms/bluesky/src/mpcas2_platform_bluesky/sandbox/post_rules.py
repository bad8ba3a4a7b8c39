"""The rules of a post.

Sources: the lexicons ``app.bsky.feed.post``, ``app.bsky.richtext.facet`` and
``com.atproto.label.defs``. Beyond what a real server checks, facets must lie on the text's
character borders and a reply must hang on posts that exist.
"""

from typing import Any

from mpcas2_platform_bluesky.sandbox.checks import (
    SchemaError,
    array_at,
    format_at,
    integer_at,
    member,
    object_at,
    text_at,
    type_at,
)
from mpcas2_platform_bluesky.sandbox.embed_rules import check_embed
from mpcas2_platform_bluesky.sandbox.repos import Repo
from mpcas2_platform_bluesky.sandbox.strong_refs import RecordSource, strong_ref
from mpcas2_platform_bluesky.sandbox.syntax import (
    is_datetime,
    is_did,
    is_language,
    is_uri,
)

POST = "app.bsky.feed.post"
_MAX_TEXT_BYTES = 3000
_MAX_TEXT_GRAPHEMES = 300
_MAX_TAG_BYTES = 640
_MAX_TAG_GRAPHEMES = 64
_MAX_TAGS = 8
_MAX_LANGS = 3
_MAX_LABELS = 10
_MAX_LABEL_BYTES = 128
_TOP_BITS = 0b1100_0000
_CONTINUATION = 0b1000_0000  # the top bits of every byte of a character but its first
_FACET = "app.bsky.richtext.facet"
_SELF_LABELS = "com.atproto.label.defs#selfLabels"


def check_post(record: dict[str, Any], repo: Repo, records: RecordSource) -> None:
    """Checks a whole post.

    Args:
        record: The post.
        repo: The author's repository.
        records: Where replied and quoted records are looked up.

    Raises:
        SchemaError: It breaks its lexicon.
        XrpcError: A blob that it refers to is missing, or is not what the reference says.
    """
    text = text_at(
        member(record, "text", "$.record"),
        "$.record.text",
        max_bytes=_MAX_TEXT_BYTES,
        max_graphemes=_MAX_TEXT_GRAPHEMES,
    )
    created = member(record, "createdAt", "$.record")
    format_at(created, "$.record.createdAt", "datetime", is_datetime)
    if "facets" in record:
        _check_facets(record["facets"], text.encode())
    if "langs" in record:
        langs = array_at(record["langs"], "$.record.langs", max_length=_MAX_LANGS)
        for number, lang in enumerate(langs):
            format_at(lang, f"$.record.langs[{number}]", "language", is_language)
    if "tags" in record:
        tags = array_at(record["tags"], "$.record.tags", max_length=_MAX_TAGS)
        for number, tag in enumerate(tags):
            _tag(tag, f"$.record.tags[{number}]")
    if "labels" in record:
        _check_labels(record["labels"])
    if "reply" in record:
        _check_reply(record["reply"], records)
    if "embed" in record:
        check_embed(record["embed"], "$.record.embed", repo, records)


def _tag(value: Any, path: str) -> None:
    text_at(value, path, max_bytes=_MAX_TAG_BYTES, max_graphemes=_MAX_TAG_GRAPHEMES)


def _on_border(text: bytes, position: int) -> bool:
    """Tells whether no character is cut at this byte."""
    return position == len(text) or text[position] & _TOP_BITS != _CONTINUATION


def _check_facets(value: Any, text: bytes) -> None:
    for number, one in enumerate(array_at(value, "$.record.facets")):
        path = f"$.record.facets[{number}]"
        facet = object_at(one, path)
        index = object_at(member(facet, "index", path), f"{path}.index")
        start = integer_at(
            member(index, "byteStart", f"{path}.index"), f"{path}.index.byteStart", minimum=0
        )
        end = integer_at(
            member(index, "byteEnd", f"{path}.index"), f"{path}.index.byteEnd", minimum=0
        )
        if start >= end:
            raise SchemaError(f"{path}.index is empty: {start} to {end}")
        if end > len(text):
            raise SchemaError(f"{path}.index ends at {end}, behind the text's {len(text)} bytes")
        for position in (start, end):
            if not _on_border(text, position):
                raise SchemaError(f"{path}.index cuts a character at byte {position}")
        features = array_at(member(facet, "features", path), f"{path}.features")
        for place, feature in enumerate(features):
            _check_feature(feature, f"{path}.features[{place}]")


def _check_feature(feature: Any, path: str) -> None:
    kind = type_at(feature, path)
    if kind == f"{_FACET}#link":
        format_at(member(feature, "uri", path), f"{path}.uri", "uri", is_uri)
    elif kind == f"{_FACET}#mention":
        format_at(member(feature, "did", path), f"{path}.did", "DID", is_did)
    elif kind == f"{_FACET}#tag":
        _tag(member(feature, "tag", path), f"{path}.tag")
    else:
        raise SchemaError(
            f"{path} $type must be one of {_FACET}#mention, {_FACET}#link, {_FACET}#tag"
        )


def _check_labels(value: Any) -> None:
    if type_at(value, "$.record.labels") != _SELF_LABELS:
        raise SchemaError(f"$.record.labels $type must be one of {_SELF_LABELS}")
    path = "$.record.labels.values"
    values = array_at(member(value, "values", "$.record.labels"), path, max_length=_MAX_LABELS)
    for number, label in enumerate(values):
        where = f"{path}[{number}]"
        text = member(object_at(label, where), "val", where)
        text_at(text, f"{where}.val", max_bytes=_MAX_LABEL_BYTES)


def _check_reply(value: Any, records: RecordSource) -> None:
    reply = object_at(value, "$.record.reply")
    root_ref = member(reply, "root", "$.record.reply")
    parent_ref = member(reply, "parent", "$.record.reply")
    root = strong_ref(root_ref, "$.record.reply.root", records)
    parent = strong_ref(parent_ref, "$.record.reply.parent", records)
    for name, stored in (("root", root), ("parent", parent)):
        if stored.collection != POST:
            raise SchemaError(f"$.record.reply.{name} is not a post: {stored.uri}")
    above = parent.value.get("reply")
    expected = above["root"]["uri"] if above else parent.uri
    if root.uri != expected:
        raise SchemaError(
            f"$.record.reply.root is {root.uri}, but its parent's thread is {expected}"
        )
