from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mpcas2_platform_bluesky.sandbox import syntax

if TYPE_CHECKING:
    # A conftest has no import path at run time.
    from plugins.platforms.bluesky.tests.sandbox.conftest import Author

ROOT = Path(__file__).resolve().parents[5]
LEXICONS = ROOT.parent / "shared" / "specs" / "bluesky" / "lexicons"
POST = "app.bsky.feed.post"

pytestmark = pytest.mark.skipif(
    not LEXICONS.is_dir(), reason="the lexicons are not beside this repository"
)

FORMATS = {
    "did": syntax.is_did,
    "handle": syntax.is_handle,
    "cid": syntax.is_cid,
    "at-uri": lambda text: syntax.split_at_uri(text) is not None,
    "tid": syntax.is_tid,
    "uri": syntax.is_uri,
    "datetime": syntax.is_datetime,
}
TYPES: dict[str, type] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "object": dict,
    "array": list,
}


def lexicon(nsid: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(
        LEXICONS.joinpath(*nsid.split(".")).with_suffix(".json").read_text()
    )
    return document


def check(value: Any, schema: dict[str, Any], nsid: str, path: str) -> None:
    """Checks a value against a lexicon's schema; names that the schema lacks are misspelt."""
    kind = schema["type"]
    if kind == "ref":
        name, _, part = schema["ref"].partition("#")
        other = name or nsid
        check(value, lexicon(other)["defs"][part or "main"], other, path)
        return
    if kind in {"unknown", "blob"}:
        assert isinstance(value, dict), path
        return
    assert issubclass(type(value), TYPES[kind]), path
    if kind == "string" and schema.get("format") in FORMATS:
        assert FORMATS[schema["format"]](value), path
    if kind == "array":
        for item in value:
            check(item, schema["items"], nsid, f"{path}[]")
    if kind == "object":
        assert set(schema.get("required", [])) <= set(value), path
        assert set(value) <= set(schema["properties"]), path
        for name, member in value.items():
            check(member, schema["properties"][name], nsid, f"{path}.{name}")


def conforms(nsid: str, answer: Any) -> None:
    assert answer.status_code == 200, answer.text
    check(answer.json(), lexicon(nsid)["defs"]["main"]["output"]["schema"], nsid, nsid)


def test_session_answers_are_those_of_the_lexicons(alice: Author) -> None:
    given = {"identifier": alice.handle, "password": alice.password}
    nsid = "com.atproto.server.createSession"
    conforms(nsid, alice.call(nsid, given, token=None))
    conforms("com.atproto.server.refreshSession", alice.refresh())
    for nsid in ("com.atproto.server.getSession", "com.atproto.server.describeServer"):
        conforms(nsid, alice.query(nsid, token="own"))


def test_repo_answers_are_those_of_the_lexicons(alice: Author) -> None:
    given: dict[str, Any] = {"repo": alice.did, "collection": POST, "record": alice.post()}
    conforms("com.atproto.repo.createRecord", alice.call("com.atproto.repo.createRecord", given))
    rkey = alice.rkey()
    conforms("com.atproto.repo.putRecord", alice.put(alice.post(), rkey))
    conforms("com.atproto.repo.putRecord", alice.put(alice.post(), rkey))
    conforms("com.atproto.repo.uploadBlob", alice.upload(alice.png()))
    where = {"repo": alice.did, "collection": POST}
    for nsid, params in (
        ("com.atproto.repo.getRecord", {**where, "rkey": rkey}),
        ("com.atproto.repo.listRecords", where),
    ):
        conforms(nsid, alice.query(nsid, **params))
    gone = {**where, "rkey": rkey}
    conforms("com.atproto.repo.deleteRecord", alice.call("com.atproto.repo.deleteRecord", gone))


def test_the_limits_in_code_are_those_of_the_lexicons() -> None:
    from mpcas2_platform_bluesky.sandbox import embed_rules, post_rules  # noqa: PLC0415

    members = lexicon(POST)["defs"]["main"]["record"]["properties"]
    assert members["text"]["maxGraphemes"] == post_rules._MAX_TEXT_GRAPHEMES
    assert members["text"]["maxLength"] == post_rules._MAX_TEXT_BYTES
    assert members["langs"]["maxLength"] == post_rules._MAX_LANGS
    assert members["tags"]["maxLength"] == post_rules._MAX_TAGS
    pictures = lexicon("app.bsky.embed.images")["defs"]
    assert pictures["main"]["properties"]["images"]["maxLength"] == embed_rules._MAX_IMAGES
    assert pictures["image"]["properties"]["image"]["maxSize"] == embed_rules.IMAGE_LIMIT
    card = lexicon("app.bsky.embed.external")["defs"]["external"]["properties"]
    assert card["thumb"]["maxSize"] == embed_rules._THUMB_LIMIT
