from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    # A conftest has no import path at run time.
    from plugins.platforms.bluesky.tests.sandbox.conftest import Author

FACET = "app.bsky.richtext.facet"
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"  # one grapheme of seven code points
MISSING = "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"


def facet(start: Any, end: Any, feature: Any = None) -> dict[str, Any]:
    link = {"$type": f"{FACET}#link", "uri": "https://example.org"}
    return {"index": {"byteStart": start, "byteEnd": end}, "features": [feature or link]}


def labels(*values: Any) -> dict[str, Any]:
    return {"$type": "com.atproto.label.defs#selfLabels", "values": list(values)}


def refused(alice: Author, record: dict[str, Any]) -> str:
    status, name, message = alice.refusal(alice.put(record))
    assert (status, name) == (400, "InvalidRequest")
    assert message.startswith("Invalid app.bsky.feed.post record: ")
    return message


@pytest.mark.parametrize(
    "change",
    [
        {"text": ""},
        {"text": "x" * 300},
        {"text": "\r\n" * 300},
        {"text": FAMILY * 100},
        {"text": "ü" * 300},
        {"createdAt": "2026-11-23T10:00:00Z"},
        {"createdAt": "2026-11-23T10:00:00.123456+01:00"},
        {"langs": ["en", "de-CH", "zh-Hant-TW"]},
        {"tags": ["one", "ü" * 64]},
        {"labels": labels({"val": "nudity"})},
        {"somethingNew": {"any": ["thing"]}},
        {"text": "aüb", "facets": [facet(1, 3)]},
        {"text": "aüb", "facets": [facet(0, 4)]},
        {"text": "#tag", "facets": [facet(0, 4, {"$type": f"{FACET}#tag", "tag": "tag"})]},
        {"text": "@a", "facets": [facet(0, 2, {"$type": f"{FACET}#mention", "did": "did:plc:a"})]},
        {
            "embed": {
                "$type": "app.bsky.embed.external",
                "external": {"uri": "https://example.org", "title": "", "description": ""},
            }
        },
    ],
)
def test_a_post_within_the_rules_is_taken(alice: Author, change: dict[str, Any]) -> None:
    answer = alice.put({**alice.post(), **change})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"text": 7}, "Expected string value type (got 7) at $.record.text"),
        ({"text": None}, "Expected string value type (got null) at $.record.text"),
        ({"text": "x" * 301}, "grapheme too big (maximum 300, got 301) at $.record.text"),
        ({"text": FAMILY * 121}, "string too big (maximum 3000, got 3025) at $.record.text"),
        ({"text": "ü" * 301}, "grapheme too big (maximum 300, got 301)"),
        ({"createdAt": "2026-11-23"}, "at $.record.createdAt"),
        ({"createdAt": "2026-11-23T10:00:00"}, "at $.record.createdAt"),
        ({"createdAt": "2026-02-30T10:00:00Z"}, "at $.record.createdAt"),
        ({"createdAt": "2026-11-23T10:00:00-00:00"}, "Invalid datetime (got "),
        ({"createdAt": "2026-11-23 10:00:00Z"}, "Invalid datetime (got "),
        ({"langs": "en"}, 'Expected array value type (got "en") at $.record.langs'),
        ({"langs": ["en", "de", "fr", "it"]}, "array too big (maximum 3, got 4)"),
        ({"langs": ["english language"]}, "at $.record.langs[0]"),
        ({"tags": ["x"] * 9}, "array too big (maximum 8, got 9)"),
        ({"tags": ["x" * 65]}, "grapheme too big (maximum 64, got 65)"),
        ({"labels": {"values": []}}, 'includes the "$type" property'),
        ({"labels": {"$type": "x.y.z", "values": []}}, "$type must be one of"),
        ({"labels": labels({})}, 'Missing required key "val"'),
        ({"labels": labels({"val": "x" * 129})}, "string too big (maximum 128, got 129)"),
        ({"labels": labels(*[{"val": "x"}] * 11)}, "array too big (maximum 10, got 11)"),
        ({"facets": {}}, "Expected array value type (got {}) at $.record.facets"),
        ({"facets": [facet("0", 1)]}, 'Expected integer value type (got "0")'),
        ({"facets": [facet(start=True, end=1)]}, "Expected integer value type (got true)"),
        ({"facets": [facet(-1, 1)]}, "integer too small (minimum 0, got -1)"),
        ({"facets": [facet(0, 6)]}, "behind the text's 5 bytes"),
        ({"facets": [facet(3, 3)]}, "index is empty"),
        ({"facets": [facet(3, 2)]}, "index is empty"),
        ({"text": "aüb", "facets": [facet(0, 2)]}, "cuts a character at byte 2"),
        ({"text": "aüb", "facets": [facet(2, 4)]}, "cuts a character at byte 2"),
        ({"text": "\U0001f600", "facets": [facet(0, 2)]}, "cuts a character at byte 2"),
        ({"facets": [{"features": []}]}, 'Missing required key "index"'),
        ({"facets": [{"index": {"byteStart": 0, "byteEnd": 1}}]}, '"features"'),
        ({"facets": [facet(0, 1, {"$type": f"{FACET}#link"})]}, 'Missing required key "uri"'),
        (
            {"facets": [facet(0, 1, {"$type": f"{FACET}#link", "uri": "x"})]},
            'Invalid uri (got "x")',
        ),
        (
            {"facets": [facet(0, 1, {"$type": f"{FACET}#mention", "did": "@a"})]},
            'Invalid DID (got "@a")',
        ),
        (
            {"facets": [facet(0, 1, {"$type": f"{FACET}#tag", "tag": "x" * 65})]},
            "maximum 64, got 65",
        ),
        ({"facets": [facet(0, 1, {"$type": "app.bsky.facet#link"})]}, "$type must be one of"),
        ({"facets": [facet(0, 1, {"uri": "https://a.b"})]}, 'includes the "$type" property'),
        ({"embed": {"$type": "app.bsky.embed.image"}}, "$.record.embed $type must be one of"),
        ({"embed": {"images": []}}, 'includes the "$type" property'),
        ({"embed": {"$type": "app.bsky.embed.images"}}, 'Missing required key "images"'),
        ({"embed": {"$type": "app.bsky.embed.images", "images": [{}]}}, 'key "alt"'),
        (
            {"embed": {"$type": "app.bsky.embed.external", "external": {"title": ""}}},
            'Missing required key "uri"',
        ),
        ({"reply": {}}, 'Missing required key "root"'),
        ({"embed": {"$type": "app.bsky.embed.record", "record": {}}}, 'key "uri"'),
    ],
)
def test_a_post_that_breaks_a_rule_is_refused(
    alice: Author, change: dict[str, Any], message: str
) -> None:
    assert message in refused(alice, {**alice.post(), **change})


@pytest.mark.parametrize("name", ["text", "createdAt"])
def test_a_post_without_a_required_member_is_refused(alice: Author, name: str) -> None:
    record = alice.post()
    del record[name]
    assert f'Missing required key "{name}" at $.record' in refused(alice, record)


@pytest.mark.parametrize("rkey", ["self", "3kabcabcabca", "zkabcabcabcab", "3KABCABCABCAB"])
def test_a_key_of_a_post_must_be_a_timestamp_identifier(alice: Author, rkey: str) -> None:
    status, name, message = alice.refusal(alice.put(alice.post(), rkey))
    assert (status, name) == (400, "InvalidRequest")
    assert "Invalid TID" in message


def test_validation_can_be_switched_off_as_on_a_real_server(alice: Author) -> None:
    answer = alice.put({"$type": "app.bsky.feed.post", "text": 7}, validate=False)
    assert answer.status_code == 200
    assert "validationStatus" not in answer.json()
    assert alice.http.get("/timeline").status_code == 200


def images(*images: dict[str, Any]) -> dict[str, Any]:
    return {"$type": "app.bsky.embed.images", "images": list(images)}


def test_four_pictures_with_alt_text_are_taken_and_five_are_not(alice: Author) -> None:
    picture = {"alt": "a blue dot", "image": alice.uploaded(alice.png())}
    ratio = {"aspectRatio": {"width": 1, "height": 1}}
    four = images(picture, picture, picture, {**picture, **ratio})
    assert alice.put(alice.post(embed=four)).status_code == 200
    five = images(*[picture] * 5)
    assert "array too big (maximum 4, got 5)" in refused(alice, alice.post(embed=five))


@pytest.mark.parametrize(
    ("change", "name", "message"),
    [
        ({"ref": {"$link": MISSING}}, "BlobNotFound", "Could not find blob"),
        ({"mimeType": "image/jpeg"}, "InvalidMimeType", "does not match stored blob"),
        ({"size": 3}, "InvalidSize", "Size does not match"),
        ({"size": "3"}, "InvalidRequest", "Expected blob value type"),
        ({"ref": {}}, "InvalidRequest", "Expected blob value type"),
        ({"ref": {"$link": "bafkbad"}}, "InvalidRequest", "Expected blob value type"),
        ({"$type": "picture"}, "InvalidRequest", "Expected blob value type"),
    ],
)
def test_a_picture_that_is_not_what_its_reference_says_is_refused(
    alice: Author, change: dict[str, Any], name: str, message: str
) -> None:
    picture = {"alt": "", "image": {**alice.uploaded(alice.png()), **change}}
    answer = alice.put(alice.post(embed=images(picture)))
    assert alice.refusal(answer)[:2] == (400, name)
    assert message in alice.refusal(answer)[2]


@pytest.mark.parametrize(
    "ratio", [{"width": 1}, {"width": 0, "height": 1}, {"width": 1.5, "height": 1}, [1, 1]]
)
def test_a_wrong_aspect_ratio_is_refused(alice: Author, ratio: Any) -> None:
    picture = {"alt": "", "image": alice.uploaded(alice.png()), "aspectRatio": ratio}
    assert "aspectRatio" in refused(alice, alice.post(embed=images(picture)))


def test_a_picture_of_another_account_is_not_found(alice: Author, bob: Author) -> None:
    picture = {"alt": "", "image": bob.uploaded(bob.png())}
    answer = alice.put(alice.post(embed=images(picture)))
    assert alice.refusal(answer)[:2] == (400, "BlobNotFound")


def test_a_picture_may_have_two_million_bytes_and_no_more(alice: Author) -> None:
    overhead = len(alice.png(1)) - 1
    fitting = alice.uploaded(alice.png(2_000_000 - overhead))
    assert fitting["size"] == 2_000_000
    assert alice.put(alice.post(embed=images({"alt": "", "image": fitting}))).status_code == 200
    large = alice.uploaded(alice.png(2_000_001 - overhead))
    answer = alice.put(alice.post(embed=images({"alt": "", "image": large})))
    assert alice.refusal(answer)[:2] == (400, "InvalidRequest")


def test_a_file_that_only_claims_to_be_a_picture_is_refused(alice: Author) -> None:
    for said, name in (("image/png", "InvalidMimeType"), ("text/plain", "InvalidRequest")):
        blob = alice.uploaded(b"just some text", said)
        answer = alice.put(alice.post(embed=images({"alt": "", "image": blob})))
        assert alice.refusal(answer)[:2] == (400, name)


def test_a_card_takes_a_smaller_picture(alice: Author) -> None:
    card: dict[str, Any] = {"uri": "https://example.org", "title": "t", "description": "d"}
    embed = {"$type": "app.bsky.embed.external", "external": card}
    card["thumb"] = alice.uploaded(alice.png())
    assert alice.put(alice.post(embed=embed)).status_code == 200
    card["thumb"] = alice.uploaded(alice.png(1_000_000))
    assert "blob too big (maximum 1000000" in refused(alice, alice.post(embed=embed))


def test_a_quote_with_a_picture_is_taken(alice: Author) -> None:
    quoted = {"$type": "app.bsky.embed.record", "record": alice.posted("quoted")}
    media = images({"alt": "", "image": alice.uploaded(alice.png())})
    embed = {"$type": "app.bsky.embed.recordWithMedia", "record": quoted, "media": media}
    assert alice.put(alice.post(embed=embed)).status_code == 200
    embed["media"] = {"$type": "app.bsky.embed.record"}
    assert "media $type must be one of" in refused(alice, alice.post(embed=embed))


def test_a_gallery_needs_the_aspect_ratio_of_each_picture(alice: Author) -> None:
    kind = "app.bsky.embed.gallery"
    item = {"$type": f"{kind}#image", "alt": "", "image": alice.uploaded(alice.png())}
    ratio = {"aspectRatio": {"width": 1, "height": 1}}
    embed = {"$type": kind, "items": [{**item, **ratio}] * 5}
    assert alice.put(alice.post(embed=embed)).status_code == 200
    embed = {"$type": kind, "items": [item]}
    assert "aspectRatio" in refused(alice, alice.post(embed=embed))


def test_a_reply_hangs_on_posts_that_exist(alice: Author, bob: Author) -> None:
    root = alice.posted("root")
    first = bob.posted("first", reply={"root": root, "parent": root})
    bob.posted("second", reply={"root": root, "parent": first})
    gone = {"uri": f"at://{alice.did}/app.bsky.feed.post/3kabcabcabcab", "cid": root["cid"]}
    other = {"uri": root["uri"], "cid": first["cid"]}
    for reply, message in (
        ({"root": root, "parent": gone}, "names a record that does not exist"),
        ({"root": root, "parent": other}, "$.record.reply.parent.cid is not that of"),
        ({"root": first, "parent": first}, "but its parent's thread is"),
        ({"root": root, "parent": {**root, "uri": "https://x"}}, "Invalid AT-URI"),
        ({"root": root, "parent": {**root, "cid": "x"}}, "Invalid CID string"),
        ({"root": root}, 'Missing required key "parent"'),
    ):
        assert message in refused(alice, alice.post(reply=reply))
