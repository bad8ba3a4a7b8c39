from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import httpx

    # A conftest has no import path at run time.
    from plugins.platforms.linkedin.tests.sandbox.conftest import LinkedInMember

STATISTICS = "/rest/organizationalEntityShareStatistics"
ANALYTICS = "/rest/memberCreatorPostAnalytics"


def encoded(urn: str) -> str:
    return urn.replace(":", "%3A")


def statistics(member: LinkedInMember, more: str = "") -> httpx.Response:
    page = encoded(member.page)
    query = f"?q=organizationalEntity&organizationalEntity={page}{more}"
    return member.http.get(STATISTICS + query)


def test_a_pages_figures_grow(ada: LinkedInMember) -> None:
    urn = ada.posted("page", author=ada.page)
    ada.posted("other", author=ada.page)
    ada.comment(urn)
    names = f"&shares=List({encoded(urn)})"
    ada.control.advance_clock(86_400)
    first = statistics(ada, names).json()["elements"]
    assert [one["share"] for one in first] == [urn]
    ada.control.advance_clock(10 * 86_400)
    later = statistics(ada, names).json()["elements"][0]["totalShareStatistics"]
    assert later["impressionCount"] > first[0]["totalShareStatistics"]["impressionCount"] > 0
    assert later["commentCount"] == 1
    total = statistics(ada).json()["elements"][0]["totalShareStatistics"]
    assert total["impressionCount"] > later["impressionCount"]


def test_a_list_of_posts_has_bare_brackets_and_encoded_names(ada: LinkedInMember) -> None:
    urn = ada.posted("page", author=ada.page)
    assert statistics(ada, f"&shares=List%28{encoded(urn)}%29").status_code == 400
    assert statistics(ada, f"&shares=List({urn})").status_code == 400
    assert statistics(ada, "&ugcPosts=List(urn%3Ali%3Ashare%3A1)").status_code == 400


def test_a_members_figures_are_told_one_at_a_time(ada: LinkedInMember) -> None:
    urn = ada.posted("mine")
    ada.control.advance_clock(3 * 86_400)
    entity = f"(share:{encoded(urn)})"
    query = f"?q=entity&entity={entity}&queryType=IMPRESSION"
    total = ada.http.get(f"{ANALYTICS}{query}&aggregation=TOTAL").json()["elements"]
    days = ada.http.get(f"{ANALYTICS}{query}&aggregation=DAILY").json()["elements"]
    assert len(days) in {4, 5}
    assert sum(one["count"] for one in days) == total[0]["count"] > 0
    everything = ada.http.get(f"{ANALYTICS}?q=me&queryType=IMPRESSION&aggregation=TOTAL")
    assert everything.json()["elements"][0]["count"] == total[0]["count"]


@pytest.mark.parametrize(
    "query",
    [
        "?q=entity&queryType=IMPRESSION",
        "?q=entity&entity=(share:urn%3Ali%3AugcPost%3A1)&queryType=IMPRESSION",
        "?q=me&queryType=VIEWS",
        "?q=me&queryType=MEMBERS_REACHED&aggregation=DAILY",
    ],
)
def test_questions_about_figures_that_make_no_sense(ada: LinkedInMember, query: str) -> None:
    assert ada.http.get(ANALYTICS + query).status_code == 400


def test_a_page_has_followers(ada: LinkedInMember) -> None:
    ada.control.advance_clock(30 * 86_400)
    url = f"/rest/networkSizes/{encoded(ada.page)}"
    told = ada.http.get(f"{url}?edgeType=COMPANY_FOLLOWED_BY_MEMBER").json()
    assert told["firstDegreeSize"] > 0
    assert ada.http.get(f"{url}?edgeType=CompanyFollowedByMember").status_code == 400


def test_roles_and_pages_are_told(ada: LinkedInMember) -> None:
    url = "/rest/organizationAcls?q=roleAssignee"
    roles = {one["role"] for one in ada.http.get(url).json()["elements"]}
    assert roles == {"ADMINISTRATOR", "CONTENT_ADMINISTRATOR"}
    some = ada.http.get(f"{url}&role=ADMINISTRATOR&state=APPROVED").json()["elements"]
    assert [one["organization"] for one in some] == [ada.page]
    number = ada.page.rpartition(":")[2]
    told = ada.http.get(f"/rest/organizations/{number}").json()
    assert told["localizedName"] == "Analytical Engines"
    assert ada.http.get("/rest/organizations/5515717").status_code == 403
