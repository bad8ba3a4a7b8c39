from __future__ import annotations

from typing import TYPE_CHECKING

from mpcas2_sandbox import FaultRule, load_networks

if TYPE_CHECKING:
    # A conftest has no import path at run time.
    from plugins.platforms.bluesky.tests.sandbox.conftest import Author

    from mpcas2_sandbox import SandboxProcess

FACET = "app.bsky.richtext.facet"
PUT = "com.atproto.repo.putRecord"


def test_the_network_is_found_by_its_entry_point() -> None:
    assert load_networks()["bluesky"].title == "Bluesky"


def test_the_start_page_lists_the_accounts_with_their_passwords(alice: Author) -> None:
    page = alice.http.get("/")
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert alice.handle in page.text
    assert alice.password in page.text
    assert 'href="/timeline"' in page.text
    assert "http://" not in page.text.replace(alice.url, "")


def test_the_timeline_escapes_what_people_write(alice: Author) -> None:
    script = "<script>alert('x')</script> & \"more\""
    alice.posted(script)
    alice.posted(
        "click me",
        facets=[
            {
                "index": {"byteStart": 0, "byteEnd": 5},
                "features": [{"$type": f"{FACET}#link", "uri": "javascript:alert(1)"}],
            }
        ],
    )
    page = alice.http.get("/timeline").text
    assert "<script>" not in page
    assert "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt; &amp; &quot;more&quot;" in page
    assert "javascript:" not in page
    assert "click me" in page


def test_links_mentions_and_tags_are_shown_as_such(alice: Author, bob: Author) -> None:
    text = "Grüße @bob.test, siehe example.org #neu"
    raw = text.encode()

    def mark(word: str, kind: str, **feature: str) -> dict[str, object]:
        start = raw.index(word.encode())
        index = {"byteStart": start, "byteEnd": start + len(word.encode())}
        return {"index": index, "features": [{"$type": f"{FACET}#{kind}", **feature}]}

    facets = [
        mark("#neu", "tag", tag="neu"),
        mark("@bob.test", "mention", did=bob.did),
        mark("example.org", "link", uri="https://example.org/a?b=1&c=2"),
    ]
    alice.posted(text, facets=facets, langs=["de"])
    page = alice.http.get("/timeline").text
    assert 'href="/profile/bob.test">@bob.test</a>' in page
    assert 'href="https://example.org/a?b=1&amp;c=2" rel="nofollow noopener noreferrer">' in page
    assert 'title="#neu">#neu</span>' in page
    assert 'lang="de">Grüße ' in page


def test_pictures_are_shown_with_their_alt_text(alice: Author) -> None:
    blob = alice.uploaded(alice.png())
    picture = {"alt": 'a "blue" dot', "image": blob}
    alice.posted("see", embed={"$type": "app.bsky.embed.images", "images": [picture]})
    page = alice.http.get("/timeline").text
    address = f"/blob/{alice.did}/{blob['ref']['$link']}"
    assert f'src="{address}" alt="a &quot;blue&quot; dot"' in page
    assert alice.http.get(address).content == alice.png()


def test_a_thread_is_one_card_and_the_newest_thread_comes_first(alice: Author) -> None:
    root = alice.posted("root post")
    alice.posted("lonely post")
    first = alice.posted("first answer", reply={"root": root, "parent": root})
    alice.posted("second answer", reply={"root": root, "parent": first})
    page = alice.http.get("/timeline").text
    assert page.count('<section class="card thread">') == 2
    texts = ["lonely post", "root post", "first answer", "second answer"]
    places = [page.index(text) for text in texts]
    assert places == sorted(places)
    assert 'class="post d2"' in page


def test_the_timeline_comes_in_pages(alice: Author) -> None:
    for number in range(52):
        alice.posted(f"post number {number}.")
    first = alice.http.get("/timeline").text
    assert "post number 51." in first
    assert "post number 1." not in first
    assert "/timeline?offset=50" in first
    assert "post number 1." in alice.http.get("/timeline?offset=50").text


def test_profiles_and_single_posts_have_pages(alice: Author) -> None:
    rkey = alice.posted("only one")["uri"].rpartition("/")[2]
    assert "only one" in alice.http.get(f"/profile/{alice.handle}").text
    assert "only one" in alice.http.get(f"/profile/{alice.handle}/post/{rkey}").text
    assert alice.http.get(f"/profile/{alice.did}/post/{rkey}").status_code == 200
    assert alice.http.get("/profile/nobody.test").status_code == 404
    assert alice.http.get(f"/profile/{alice.handle}/post/none").status_code == 404


def test_card_quote_and_edit_are_shown(alice: Author) -> None:
    quoted = alice.posted("wise words")
    card = {"uri": "https://example.org", "title": "A <title>", "description": "About it"}
    quote = {"$type": "app.bsky.embed.record", "record": quoted}
    media = {"$type": "app.bsky.embed.external", "external": card}
    rkey = alice.rkey()
    embed = {"$type": "app.bsky.embed.recordWithMedia", "record": quote, "media": media}
    alice.put(alice.post("draft", embed=embed), rkey)
    alice.put(alice.post("final", embed=embed), rkey)
    page = alice.http.get(f"/profile/{alice.handle}/post/{rkey}").text
    assert "A &lt;title&gt;" in page
    assert "<blockquote" in page
    assert "wise words" in page
    assert "edited" in page
    assert "draft" not in page


def test_posts_can_be_read_per_account(pds: SandboxProcess, alice: Author, bob: Author) -> None:
    alice.posted("by alice")
    bob.posted("by bob")
    posts = pds.control.call("GET", f"posts?did={bob.did}")["posts"]
    assert [one["record"]["text"] for one in posts] == ["by bob"]
    assert len(pds.control.call("GET", "posts")["posts"]) == 2


def test_the_log_names_the_method_and_a_lost_answer_leaves_one_post(
    pds: SandboxProcess, alice: Author
) -> None:
    pds.control.add_fault(FaultRule(action="status_after", path=PUT, status=502))
    rkey = alice.rkey()
    assert alice.put(alice.post("one"), rkey).status_code == 502
    assert alice.put(alice.post("one"), rkey).status_code == 200
    puts = [one for one in pds.control.requests() if one.operation == PUT]
    assert [(one.status, one.fault) for one in puts] == [(502, "status_after"), (200, None)]
    stats = pds.control.call("GET", "stats")
    assert (stats["posts"], stats["repeats"]) == (1, 1)


def test_a_rate_limit_is_a_fault_rule(pds: SandboxProcess, alice: Author) -> None:
    pds.control.add_fault(
        FaultRule(
            action="status",
            path=PUT,
            status=429,
            body={"error": "RateLimitExceeded", "message": "Rate Limit Exceeded"},
            headers={"ratelimit-remaining": "0", "ratelimit-reset": "1800000000"},
        )
    )
    answer = alice.put(alice.post())
    assert alice.refusal(answer) == (429, "RateLimitExceeded", "Rate Limit Exceeded")
    assert answer.headers["ratelimit-remaining"] == "0"
