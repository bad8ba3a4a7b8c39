from __future__ import annotations

import http.client
import re
import urllib.error
from typing import TYPE_CHECKING

import pytest
from starlette.routing import BaseRoute

from mpcas2_sandbox import AllSandboxes, FaultRule, Practice, SandboxCore, SpeaksErrors, practice_of
from mpcas2_sandbox.address import below_root
from mpcas2_sandbox.page import html_page

if TYPE_CHECKING:
    # A conftest has no import path at run time.
    from sandbox.tests.conftest import Visitor


class Old:
    """A network that was written before there was anything to say to a kit."""

    key = "old"
    title = "Old"
    body_limit = 1
    practice: Practice

    def operation(self, method: str, path: str) -> str:
        return method + path

    def routes(self, core: SandboxCore) -> list[BaseRoute]:  # noqa: ARG002  # the protocol's
        return []


def test_every_network_stands_below_its_key(everything: AllSandboxes, depot: Visitor) -> None:
    assert {"depot", "commas", "echo"} <= set(everything.keys)
    assert depot.url == f"{everything.index_url}/depot"
    made = depot.send("POST", "/jobs", b"a").json()
    assert made == {"url": f"{depot.url}/jobs/a"}
    (logged,) = depot.control.requests()
    assert (logged.path, logged.operation) == ("/jobs", "POST /jobs")


def test_a_network_that_cannot_be_opened_does_not_take_the_others_away(
    everything: AllSandboxes,
) -> None:
    assert "unopened" not in everything.keys
    with pytest.raises(KeyError):
        everything.control("unopened")


def test_reset_clock_and_faults_of_one_do_not_touch_the_others(
    depot: Visitor, commas: Visitor
) -> None:
    commas.control.call("POST", "oauth/grants", {"account": "ada"})
    commas.control.add_fault(FaultRule(action="cut_before", path="^/file$"))
    depot.control.advance_clock(1000)
    depot.control.reset()
    assert len(commas.control.call("GET", "oauth/grants")["grants"]) == 1
    assert commas.control.call("GET", "clock")["offsetSeconds"] == 0
    assert depot.control.faults() == []
    with pytest.raises((ConnectionError, http.client.HTTPException, urllib.error.URLError)):
        commas.get("/file")
    assert depot.get("/views").status == 200
    assert commas.control.requests()[-1].outcome == "cut"


def test_the_index_names_each_network_with_what_to_set(
    everything: AllSandboxes, depot: Visitor
) -> None:
    index = type(depot)(everything.index_url, depot.control)
    page = index.get("/").text
    assert '<a href="/depot/">Depot</a>' in page
    assert '<a href="/depot/timeline">Timeline</a>' in page
    assert f"<code>{depot.url}/api</code>" in page
    assert "@ada, @bob" in page
    listed = index.get("/_sandbox/networks").json()["networks"]
    assert listed["depot"] == {
        "title": "Depot",
        "url": depot.url,
        "control": f"{depot.url}/_sandbox",
    }
    assert index.get("/depot").headers["location"] == "/depot/"
    assert index.get("/nowhere/at/all").status == 404
    depot.send("POST", "/jobs", b"a")
    assert index.send("POST", "/_sandbox/reset").status == 200
    assert depot.control.requests() == []


def test_links_of_pages_stay_below_the_networks_path(depot: Visitor) -> None:
    for path in ("/", "/timeline", "/posts/0"):
        page = depot.get(path).text
        links = re.findall(r'(?:href|src)="(/[^"]*)"', page)
        assert links
        assert [link for link in links if not link.startswith("/depot/")] == [], path
    assert "<script>" not in depot.get("/timeline").text


def test_a_timeline_has_fifty_posts_on_a_page(depot: Visitor) -> None:
    first, second = depot.get("/timeline").text, depot.get("/timeline?offset=50").text
    assert (first.count("<article"), second.count("<article")) == (51, 10)
    assert 'href="/depot/timeline?offset=50">Older' in first
    assert 'href="/depot/timeline?offset=0">Newer' in second
    assert depot.get("/timeline?offset=x").text.count("<article") == 51


def test_a_post_has_a_page_and_a_deleted_one_has_none(depot: Visitor) -> None:
    page = depot.get("/posts/0").text
    assert "First!" in page
    assert '<a href="https://example.org/a?b=1&amp;c=2" rel="nofollow noopener">' in page
    missing = depot.get("/posts/404")
    assert (missing.status, "This post was deleted." in missing.text) == (404, True)


@pytest.mark.parametrize("status", [401, 403, 429, 503])
def test_a_rules_error_looks_like_the_networks_own(depot: Visitor, status: int) -> None:
    depot.control.add_fault(FaultRule(action="status", status=status))
    depot.control.add_fault(FaultRule(action="status", status=status, body=None))
    answer = depot.get("/views")
    assert (answer.status, answer.json()["error"]["code"]) == (status, status)
    assert depot.get("/views").text == ""


def test_a_network_says_what_a_kit_must_know() -> None:
    network = Old()
    assert practice_of(network) is None
    network.practice = Practice(settings={}, publish=("POST /pins$",))
    assert practice_of(network) == network.practice
    assert not isinstance(network, SpeaksErrors)


def test_a_page_of_a_network_of_its_own_links_to_the_root() -> None:
    page = bytes(html_page("T", '<a href="/x">x</a><a href="//y">y</a>', network="N").body).decode()
    assert below_root("/x") == "/x"
    assert '<a href="/x">x</a><a href="//y">y</a>' in page
