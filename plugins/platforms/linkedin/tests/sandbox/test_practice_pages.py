from __future__ import annotations

from typing import TYPE_CHECKING

from mpcas2_sandbox import FaultRule

if TYPE_CHECKING:
    # A conftest has no import path at run time.
    from plugins.platforms.linkedin.tests.sandbox.conftest import LinkedInMember


def test_the_start_page_says_how_to_connect(ada: LinkedInMember) -> None:
    page = ada.http.get("/").text
    for word in ("practice-client", "practice-secret", "@ada", ada.id, "Analytical Engines"):
        assert word in page


def test_people_see_what_was_posted_as_far_as_it_was_understood(ada: LinkedInMember) -> None:
    ada.posted(r"<script\>")
    settings = {"duration": "SEVEN_DAYS"}
    poll = {"question": "Tea?", "options": [{"text": "yes"}, {"text": "no"}], "settings": settings}
    ada.posted("vote", author=ada.page, content={"poll": poll})
    article = {"source": "https://example.com/?a=1&b=2", "title": "Read", "description": "More"}
    ada.posted(r"link \<b\>", content={"article": article})
    urn = ada.posted("cut (off")
    page = ada.http.get("/timeline").text
    for shown in ("link &lt;b&gt;", "Tea?", "○ yes", "Open for 7 days", "text cut off", "Read"):
        assert shown in page
    assert 'href="https://example.com/?a=1&amp;b=2"' in page
    assert "off</p>" not in page
    own = ada.http.get("/company/analytical-engines").text
    assert "Tea?" in own
    assert "Read" not in own
    assert "Read" in ada.http.get("/in/ada").text
    assert ada.http.get(f"/feed/update/{urn}/").status_code == 200
    ada.delete(urn)
    assert ada.http.get(f"/feed/update/{urn}/").status_code == 404
    assert ada.http.get("/in/nobody").status_code == 404


def test_comments_stand_below_the_post(ada: LinkedInMember) -> None:
    urn = ada.posted("hello")
    ada.comment(urn, r"with a \backslash")
    assert r"with a \backslash" in ada.http.get(f"/feed/update/{urn}").text


def test_faults_speak_as_the_network_does(ada: LinkedInMember) -> None:
    for status in (401, 403, 429, 500):
        ada.control.add_fault(FaultRule(action="status", path="/rest/posts", status=status))
        answer = ada.bare.post(f"{ada.url}/_faulty/rest/posts")
        assert (answer.status_code, answer.json()["status"]) == (status, status)


def test_the_log_names_operations_without_urns(ada: LinkedInMember) -> None:
    ada.delete(ada.posted())
    ada.image()
    logged = [one.operation for one in ada.control.requests()]
    assert logged == [
        "POST /rest/posts",
        "DELETE /rest/posts/{urn}",
        "POST /rest/images",
        "PUT /dms-uploads/{id}",
    ]


def test_members_and_pages_can_be_added(ada: LinkedInMember) -> None:
    made = ada.control.call("POST", "accounts", {"count": 2, "prefix": "reader"})["accounts"]
    assert [one["handle"] for one in made] == ["reader1", "reader2"]
    order = {"name": "New Page", "roles": {"reader1": "ADMINISTRATOR"}}
    page = ada.control.call("POST", "organizations", order)
    assert ada.http.get("/company/new-page").status_code == 200
    change = {"organization": str(page["id"]), "account": "reader1", "role": None}
    assert ada.control.call("POST", "roles", change)["roles"] == {}
