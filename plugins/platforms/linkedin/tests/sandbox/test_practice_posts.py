from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    # A conftest has no import path at run time.
    from plugins.platforms.linkedin.tests.sandbox.conftest import LinkedInMember

    from mpcas2_sandbox import SandboxProcess


def shown(member: LinkedInMember, urn: str) -> dict[str, Any]:
    posts: list[dict[str, Any]] = member.control.call("GET", "posts")["posts"]
    return next(one for one in posts if one["id"] == urn)


def test_a_post_is_named_in_a_header_and_can_be_read_listed_and_deleted(
    ada: LinkedInMember,
) -> None:
    urn = ada.posted("hello")
    assert urn.startswith("urn:li:share:")
    answer = ada.get(urn)
    assert (answer.json()["commentary"], answer.json()["lifecycleState"]) == ("hello", "PUBLISHED")
    second = ada.posted("again")
    query = {"q": "author", "author": ada.urn, "count": "1"}
    page = ada.http.get("/rest/posts", params=query).json()
    assert [one["id"] for one in page["elements"]] == [second]
    assert page["paging"]["total"] == 2
    assert [ada.delete(urn).status_code for _ in range(2)] == [204, 204]
    assert ada.get(urn).status_code == 404
    assert ada.control.call("GET", "stats")["posts"] == 1


@pytest.mark.parametrize(
    ("commentary", "text", "cut"),
    [
        (r"one \(two\) \#three \\ \_", r"one (two) #three \ _", False),
        ("one (two) three", "one ", True),
        ("a [b] c", "a ", True),
        ("plain_word", "plain", True),
        ("#one and #two", "#one and #two", False),
        ("# alone", "", True),
        (r"{hashtag|\#|one} more", "#one more", False),
        ("mail me @home", "mail me ", True),
        ("by @[Analytical Engines](urn:li:organization:5515715)!", "by Analytical Engines!", False),
        (r"say \hello", "say ", True),
    ],
)
def test_little_text_is_read_up_to_the_first_bare_sign(
    ada: LinkedInMember, commentary: str, text: str, cut: bool
) -> None:
    urn = ada.posted(commentary)
    post = shown(ada, urn)
    assert (post["text"], post["truncated"]) == (text, cut)
    kept = ada.get(urn).json()["commentary"]
    assert commentary.startswith(kept)
    assert (kept == commentary) is not cut


def test_three_thousand_characters_count_without_their_backslashes(ada: LinkedInMember) -> None:
    ada.posted(r"\(" * 3000)
    assert ada.post(r"\(" * 3001).json()["code"] == "FIELD_LENGTH_TOO_LONG"


def test_the_same_content_is_refused_with_the_name_of_the_post_that_has_it(
    ada: LinkedInMember, bob: LinkedInMember
) -> None:
    urn = ada.posted("twice")
    answer = ada.post("twice")
    assert answer.status_code == 422
    assert answer.json()["message"].endswith(f"Content is a duplicate of {urn}")
    assert answer.json()["errorDetails"]["inputErrors"][0]["code"] == "DUPLICATE_POST"
    bob.posted("twice")
    ada.delete(urn)
    ada.settings(ghostDuplicates=True)
    assert ada.post("twice").status_code == 422
    ada.settings(ghostDuplicates=False)
    ada.posted("twice")
    ada.control.advance_clock(86_400)
    ada.posted("twice")


def test_a_post_that_was_taken_can_be_withdrawn(ada: LinkedInMember) -> None:
    order = {
        "seconds": 60,
        "next": [{"withdrawn": "spam"}, {"withdrawn": "media", "shown": "failed"}],
    }
    ada.control.call("POST", "decisions", order)
    first, second = ada.posted("one"), ada.posted("two")
    assert ada.get(first).status_code == 200
    ada.control.advance_clock(61)
    assert ada.get(first).status_code == 404
    assert ada.get(second).json()["lifecycleState"] == "PROCESSING_FAILED"
    assert ada.control.call("GET", "stats")["posts"] == 0
    assert shown(ada, second)["withdrawn"] == "media"
    order = {"seconds": 0, "overrule": {second: {}}}
    ada.control.call("POST", "decisions", order)
    assert ada.get(second).json()["lifecycleState"] == "PUBLISHED"


def test_articles_polls_and_audiences(ada: LinkedInMember) -> None:
    article = {"source": "https://example.com/a", "title": "A page", "thumbnail": ada.image()}
    ada.posted("link", content={"article": article}, visibility="LOGGED_IN")
    settings = {"duration": "THREE_DAYS"}
    poll = {"question": "Which?", "options": [{"text": "a"}, {"text": "b"}], "settings": settings}
    urn = ada.posted("vote", content={"poll": poll}, visibility="CONNECTIONS")
    assert urn.startswith("urn:li:ugcPost:")
    assert ada.get(urn).json()["content"]["poll"]["question"] == "Which?"


def test_a_page_posts_through_those_who_may(ada: LinkedInMember, bob: LinkedInMember) -> None:
    urn = ada.posted("from the page", author=ada.page)
    assert shown(ada, urn)["author"] == ada.page
    assert bob.post("not mine", author=ada.page).status_code == 403
    assert bob.delete(urn).status_code == 403
    change = {"organization": ada.page.rpartition(":")[2], "account": "bob", "role": "ANALYST"}
    ada.control.call("POST", "roles", change)
    assert bob.get(urn).status_code == 200
    assert bob.post("not mine", author=ada.page).status_code == 403


def test_daily_limits_end_at_midnight(ada: LinkedInMember, bob: LinkedInMember) -> None:
    ada.control.call("POST", "limits", {"route": "POST /rest/posts", "limit": 1})
    ada.posted("one")
    answer = ada.post("two")
    assert (answer.status_code, answer.json()["code"]) == (429, "TOO_MANY_REQUESTS")
    assert "retry-after" not in answer.headers
    bob.posted("mine")
    ada.control.advance_clock(86_400)
    ada.posted("two")
    limit = {"route": "POST /rest/posts", "limit": 0, "per": "app"}
    ada.control.call("POST", "limits", limit)
    assert "APPLICATION DAY" in bob.post("more").json()["message"]


def test_versions_are_asked_for_and_retired(ada: LinkedInMember) -> None:
    body = ada.body()

    def post(**headers: str) -> tuple[int, str]:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = ada.http.post("/rest/posts", json=body, headers=names)
        return answer.status_code, answer.json().get("code", "")

    assert post(linkedin_version="") == (400, "VERSION_MISSING")
    assert post(linkedin_version="2026") == (400, "INVALID_VERSION")
    assert post(x_restli_protocol_version="1.0.0") == (400, "INVALID_PROTOCOL_VERSION")
    ada.settings(versions=["202608"])
    assert post() == (426, "NONEXISTENT_VERSION")
    answer = ada.post()
    assert answer.json()["message"] == "Requested version 20260701 is not active"


def test_comments_are_plain_text_and_need_a_product(
    ada: LinkedInMember, linkedin: SandboxProcess
) -> None:
    urn = ada.posted("hello")
    answer = ada.comment(urn, r"first \(of all\)")
    assert answer.headers["x-restli-id"] == answer.json()["id"]
    assert answer.json()["message"]["text"] == r"first \(of all\)"
    order = {"post": urn, "account": "bob", "text": "second"}
    linkedin.control.call("POST", "comments", order)
    page = ada.http.get(f"/rest/socialActions/{urn.replace(':', '%3A')}/comments").json()
    assert [one["message"]["text"] for one in page["elements"]] == [r"first \(of all\)", "second"]
    plain = type(ada)(ada.url, ada.control, ada.contract, "ada", ["w_member_social"])
    assert plain.comment(urn).status_code == 403
    ada.settings(commentsByPostingScopes=True)
    assert plain.comment(urn).status_code == 201
    plain.close()
