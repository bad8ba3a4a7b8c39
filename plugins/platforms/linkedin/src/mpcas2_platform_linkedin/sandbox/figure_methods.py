"""The routes for figures: of a page's posts, of a member's posts, and of a page's followers."""

import re
import urllib.parse
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from mpcas2_platform_linkedin.sandbox.calls import Call, Reply, decoded, page_of, urn_of
from mpcas2_platform_linkedin.sandbox.directory import Organization
from mpcas2_platform_linkedin.sandbox.posts import Post
from mpcas2_platform_linkedin.sandbox.refusals import bad_field, denied, not_found
from mpcas2_sandbox.growth import figure

_MOST = {
    "impressionCount": 4000,
    "uniqueImpressionsCount": 2500,
    "clickCount": 300,
    "likeCount": 200,
    "shareCount": 40,
}
_QUERY_TYPES = {
    "IMPRESSION": "impressionCount",
    "MEMBERS_REACHED": "uniqueImpressionsCount",
    "RESHARE": "shareCount",
    "REACTION": "likeCount",
    "COMMENT": "commentCount",
}
_METRIC_TYPE = "com.linkedin.adsexternalapi.memberanalytics.v1.CreatorPostAnalyticsMetricTypeV1"
_LIST = re.compile(r"List\(([^()]+)\)\Z")
_ENTITY = re.compile(r"\((share|ugc):([^():,]+)\)\Z")
_MOST_DAYS = 31
_FOLLOWERS = 5000


def counts(post: Post, now: datetime) -> dict[str, int]:
    """Returns a post's figures at a time."""
    grown = {
        name: figure(f"{post.urn}:{name}", post.created_at, now, most)
        for name, most in _MOST.items()
    }
    grown["uniqueImpressionsCount"] = min(grown["uniqueImpressionsCount"], grown["impressionCount"])
    written = sum(one.created_at <= now for one in post.comments)
    return {**grown, "commentCount": written}


def _statistics(posts: Iterable[Post], now: datetime) -> dict[str, Any]:
    total = dict.fromkeys((*_MOST, "commentCount"), 0)
    for post in posts:
        for name, number in counts(post, now).items():
            total[name] += number
    acts = sum(total[one] for one in ("clickCount", "likeCount", "commentCount", "shareCount"))
    return {**total, "engagement": acts / max(1, total["impressionCount"])}


def share_statistics(call: Call) -> Reply:
    """Tells the figures of a page's posts (``GET /rest/organizationalEntityShareStatistics``)."""
    query = call.query({"q", "organizationalEntity", "shares", "ugcPosts", "start", "count"})
    decoded(query, "q", ("organizationalEntity",))
    urn = urn_of(decoded(query, "organizationalEntity"), "organization")
    page = call.author(urn, "organizationalEntity")
    action = "organizationalEntityShareStatistics.FINDER-organizationalEntity"
    _administers(call, page, action)
    now = call.state.core.clock.now()
    own = {one.urn: one for one in call.state.posts.of(page)}
    elements: list[dict[str, Any]] = []
    for name, member, kind in (("shares", "share", "share"), ("ugcPosts", "ugcPost", "ugcPost")):
        for one in _urns(query, name, kind):
            if one in own:
                figures = _statistics([own[one]], now)
                entry = {"organizationalEntity": urn, member: one, "totalShareStatistics": figures}
                elements.append(entry)
    if "shares" not in query and "ugcPosts" not in query:
        figures = _statistics(own.values(), now)
        elements.append({"organizationalEntity": urn, "totalShareStatistics": figures})
    return Reply(body=page_of(query, elements))


def _urns(query: dict[str, str], name: str, kind: str) -> list[str]:
    if name not in query:
        return []
    found = _LIST.match(query[name])
    if found is None:
        description = f"{name} must be List(…): brackets and commas bare, the URNs in it encoded"
        raise bad_field(name, description)
    return [urn_of(urllib.parse.unquote(one), kind) for one in found[1].split(",")]


def member_analytics(call: Call) -> Reply:
    """Tells one figure of a member's posts (``GET /rest/memberCreatorPostAnalytics``)."""
    query = call.query({"q", "entity", "queryType", "aggregation", "dateRange"})
    call.need("memberCreatorPostAnalytics.FINDER", "r_member_postAnalytics")
    finder = decoded(query, "q", ("entity", "me"))
    name = decoded(query, "queryType", tuple(_QUERY_TYPES))
    daily = "aggregation" in query and decoded(query, "aggregation", ("TOTAL", "DAILY")) == "DAILY"
    if daily and name == "MEMBERS_REACHED":
        raise bad_field("queryType", "MEMBERS_REACHED cannot be told by the day")
    posts = [_entity(call, query)] if finder == "entity" else call.state.posts.of(call.member)
    now = call.state.core.clock.now()
    elements: list[dict[str, Any]] = (
        _days(posts, name, now) if daily else [{"count": _sum(posts, name, now)}]
    )
    for one in elements:
        one["metricType"] = {_METRIC_TYPE: name}
    paging = {"start": 0, "count": len(elements), "links": [], "total": len(elements)}
    return Reply(body={"elements": elements, "paging": paging})


def _entity(call: Call, query: dict[str, str]) -> Post:
    if "entity" not in query:
        raise bad_field("entity", "Parameter entity is required", "MISSING_FIELD")
    found = _ENTITY.match(query["entity"])
    if found is None:
        raise bad_field("entity", "entity must be (share:…) or (ugc:…), the URN in it encoded")
    kind = "share" if found[1] == "share" else "ugcPost"
    urn = urn_of(urllib.parse.unquote(found[2]), kind)
    post = call.state.posts.find(urn)
    if post is None or not call.state.posts.public(post):
        raise not_found()
    if post.author is not call.member:
        raise denied("memberCreatorPostAnalytics.FINDER-entity", "")
    return post


def _sum(posts: Iterable[Post], name: str, now: datetime) -> int:
    return sum(counts(post, now)[_QUERY_TYPES[name]] for post in posts)


def _days(posts: list[Post], name: str, now: datetime) -> list[dict[str, Any]]:
    if not posts:
        return []
    first = min(post.created_at for post in posts)
    midnight = max(first, now - timedelta(days=_MOST_DAYS)).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    elements: list[dict[str, Any]] = []
    while midnight <= now:
        end = midnight + timedelta(days=1)
        grown = _sum(posts, name, min(end, now)) - _sum(posts, name, midnight)
        days = {"start": _day(midnight), "end": _day(end)}
        elements.append({"count": max(0, grown), "dateRange": days})
        midnight = end
    return elements


def _day(moment: datetime) -> dict[str, int]:
    return {"year": moment.year, "month": moment.month, "day": moment.day}


def network_size(call: Call) -> Reply:
    """Tells how many follow a page (``GET /rest/networkSizes/{urn}``)."""
    decoded(call.query({"edgeType"}), "edgeType", ("COMPANY_FOLLOWED_BY_MEMBER",))
    urn = urn_of(call.path("urn"), "organization")
    page = call.state.directory.author(urn)
    if not isinstance(page, Organization):
        raise not_found()
    call.need("networkSizes.GET", "rw_organization_admin", "r_organization_social")
    grown = figure(urn, page.created_at, call.state.core.clock.now(), _FOLLOWERS)
    return Reply(body={"firstDegreeSize": grown})


def _administers(call: Call, page: object, action: str) -> None:
    call.need(action, "rw_organization_admin", "r_organization_social")
    if not isinstance(page, Organization) or (
        page.roles.get(call.member.handle) != "ADMINISTRATOR"
    ):
        raise denied(action, f"{call.header('linkedin-version')}01")
