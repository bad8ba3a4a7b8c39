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
        ({"text": 7}, "Record/text must be a string"),
        ({"text": None}, "Record/text must be a string"),
        ({"text": "x" * 301}, "Record/text must not be longer than 300 graphemes"),
        ({"text": FAMILY * 121}, "Record/text must not be longer than 3000 characters"),
        ({"text": "ü" * 301}, "not be longer than 300 graphemes"),
        ({"createdAt": "2026-11-23"}, "Record/createdAt must be a valid datetime"),
        ({"createdAt": "2026-11-23T10:00:00"}, "Record/createdAt must be a valid datetime"),
        ({"createdAt": "2026-02-30T10:00:00Z"}, "Record/createdAt must be a valid datetime"),
        ({"createdAt": "2026-11-23T10:00:00-00:00"}, "must be a valid datetime"),
        ({"createdAt": "2026-11-23 10:00:00Z"}, "must be a valid datetime"),
        ({"langs": "en"}, "Record/langs must be an array"),
        ({"langs": ["en", "de", "fr", "it"]}, "must not have more than 3 elements"),
        ({"langs": ["english language"]}, "Record/langs/0 must be a valid language"),
        ({"tags": ["x"] * 9}, "must not have more than 8 elements"),
        ({"tags": ["x" * 65]}, "must not be longer than 64 graphemes"),
        ({"labels": {"values": []}}, 'includes the "$type" property'),
        ({"labels": {"$type": "x.y.z", "values": []}}, "$type must be one of"),
        ({"labels": labels({})}, 'must have the property "val"'),
        ({"labels": labels({"val": "x" * 129})}, "must not be longer than 128"),
        ({"labels": labels(*[{"val": "x"}] * 11)}, "must not have more than 10"),
        ({"facets": {}}, "Record/facets must be an array"),
        ({"facets": [facet("0", 1)]}, "byteStart must be an integer"),
        ({"facets": [facet(start=True, end=1)]}, "byteStart must be an integer"),
        ({"facets": [facet(-1, 1)]}, "can not be less than 0"),
        ({"facets": [facet(0, 6)]}, "behind the text's 5 bytes"),
        ({"facets": [facet(3, 3)]}, "index is empty"),
        ({"facets": [facet(3, 2)]}, "index is empty"),
        ({"text": "aüb", "facets": [facet(0, 2)]}, "cuts a character at byte 2"),
        ({"text": "aüb", "facets": [facet(2, 4)]}, "cuts a character at byte 2"),
        ({"text": "\U0001f600", "facets": [facet(0, 2)]}, "cuts a character at byte 2"),
        ({"facets": [{"features": []}]}, 'must have the property "index"'),
        ({"facets": [{"index": {"byteStart": 0, "byteEnd": 1}}]}, '"features"'),
        ({"facets": [facet(0, 1, {"$type": f"{FACET}#link"})]}, 'must have the property "uri"'),
        ({"facets": [facet(0, 1, {"$type": f"{FACET}#link", "uri": "x"})]}, "a valid uri"),
        ({"facets": [facet(0, 1, {"$type": f"{FACET}#mention", "did": "@a"})]}, "a valid did"),
        ({"facets": [facet(0, 1, {"$type": f"{FACET}#tag", "tag": "x" * 65})]}, "64 graphemes"),
        ({"facets": [facet(0, 1, {"$type": "app.bsky.facet#link"})]}, "$type must be one of"),
        ({"facets": [facet(0, 1, {"uri": "https://a.b"})]}, 'includes the "$type" property'),
        ({"embed": {"$type": "app.bsky.embed.image"}}, "Record/embed $type must be one of"),
        ({"embed": {"images": []}}, 'includes the "$type" property'),
        ({"embed": {"$type": "app.bsky.embed.images"}}, 'must have the property "images"'),
        ({"embed": {"$type": "app.bsky.embed.images", "images": [{}]}}, 'the property "alt"'),
        (
            {"embed": {"$type": "app.bsky.embed.external", "external": {"title": ""}}},
            'must have the property "uri"',
        ),
        ({"reply": {}}, 'Record/reply must have the property "root"'),
        ({"embed": {"$type": "app.bsky.embed.record", "record": {}}}, 'the property "uri"'),
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
    assert f'Record must have the property "{name}"' in refused(alice, record)


@pytest.mark.parametrize("rkey", ["self", "3kabcabcabca", "zkabcabcabcab", "3KABCABCABCAB"])
def test_a_key_of_a_post_must_be_a_timestamp_identifier(alice: Author, rkey: str) -> None:
    status, name, message = alice.refusal(alice.put(alice.post(), rkey))
    assert (status, name) == (400, "InvalidRequest")
    assert "must be a valid tid" in message


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
    assert "more than 4 elements" in refused(alice, alice.post(embed=five))


@pytest.mark.parametrize(
    ("change", "name", "message"),
    [
        ({"ref": {"$link": MISSING}}, "BlobNotFound", "Could not find blob"),
        ({"mimeType": "image/jpeg"}, "InvalidMimeType", "does not match stored blob"),
        ({"size": 3}, "InvalidRequest", "size does not match"),
        ({"size": "3"}, "InvalidRequest", "must be an integer"),
        ({"ref": {}}, "InvalidRequest", 'must have the property "$link"'),
        ({"ref": {"$link": "bafkbad"}}, "InvalidRequest", "must be a valid cid"),
        ({"$type": "picture"}, "InvalidRequest", "should be a blob ref"),
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
    assert alice.refusal(answer)[:2] == (400, "BlobTooLarge")


def test_a_file_that_only_claims_to_be_a_picture_is_refused(alice: Author) -> None:
    for said in ("image/png", "text/plain"):
        blob = alice.uploaded(b"just some text", said)
        answer = alice.put(alice.post(embed=images({"alt": "", "image": blob})))
        assert alice.refusal(answer)[:2] == (400, "InvalidMimeType")


def test_a_card_takes_a_smaller_picture(alice: Author) -> None:
    card: dict[str, Any] = {"uri": "https://example.org", "title": "t", "description": "d"}
    embed = {"$type": "app.bsky.embed.external", "external": card}
    card["thumb"] = alice.uploaded(alice.png())
    assert alice.put(alice.post(embed=embed)).status_code == 200
    card["thumb"] = alice.uploaded(alice.png(1_000_000))
    assert alice.refusal(alice.put(alice.post(embed=embed)))[1] == "BlobTooLarge"


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
        ({"root": root, "parent": other}, "Record/reply/parent/cid is not that of"),
        ({"root": first, "parent": first}, "but its parent's thread is"),
        ({"root": root, "parent": {**root, "uri": "https://x"}}, "must be a valid at-uri"),
        ({"root": root, "parent": {**root, "cid": "x"}}, "must be a valid cid"),
        ({"root": root}, 'must have the property "parent"'),
    ):
        assert message in refused(alice, alice.post(reply=reply))
