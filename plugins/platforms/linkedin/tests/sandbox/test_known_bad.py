from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    # A conftest has no import path at run time.
    from plugins.platforms.linkedin.tests.sandbox.conftest import LinkedInMember

    from mpcas2_sandbox import SandboxProcess

ME = "{me}"
PAGE = "{page}"
NOBODY = "urn:li:person:nobody"
IMAGE = "urn:li:image:nothing"
POSTED = "{post}"
START = {"action": "initializeUpload"}


def content(**given: Any) -> dict[str, Any]:
    return {"content": given}


def poll(count: int = 2, **changes: Any) -> dict[str, Any]:
    options = [{"text": str(number)} for number in range(count)]
    made = {"question": "?", "options": options, "settings": {"duration": "ONE_DAY"}}
    return content(poll={**made, **changes})


def started(**changes: Any) -> dict[str, Any]:
    return {"initializeUploadRequest": {"owner": ME, **changes}}


# What is wrong with a post: changes to a good one, the status, and the code or part of the message.
BAD_POSTS: list[tuple[dict[str, Any], int, str]] = [
    ({"author": NOBODY}, 400, "INVALID_URN_ID"),
    ({"author": "urn:li:share:1"}, 400, "INVALID_URN_TYPE"),
    ({"author": "ada"}, 400, "INVALID_URN_ID"),
    ({"author": "{bob}"}, 403, "ACCESS_DENIED"),
    ({"author": None}, 422, "ERROR :: /author"),
    ({"commentary": ""}, 400, "MISSING_FIELD"),
    ({"commentary": "x" * 3001}, 400, "FIELD_LENGTH_TOO_LONG"),
    ({"commentary": 1}, 422, "ERROR :: /commentary"),
    ({"visibility": "EVERYBODY"}, 422, "ERROR :: /visibility"),
    ({"author": PAGE, "visibility": "CONNECTIONS"}, 400, "INVALID_VALUE_FOR_FIELD"),
    ({"lifecycleState": "DRAFT"}, 422, "ERROR :: /lifecycleState"),
    ({"distribution": {"feedDistribution": "EVERYWHERE"}}, 422, "ERROR :: /distribution"),
    ({"colour": "red"}, 422, "colour"),
    ({"content": {}}, 400, "INVALID_VALUE_FOR_FIELD"),
    (content(media={"id": IMAGE}), 400, "INVALID_URN_ID"),
    (content(media={"id": "urn:li:share:1"}), 400, "INVALID_URN_TYPE"),
    (content(media={"id": "{theirs}"}), 400, "INVALID_CONTENT_OWNERSHIP"),
    (content(media={"id": "{image}", "altText": "x" * 4087}), 400, "FIELD_LENGTH_TOO_LONG"),
    (content(media={"id": "{waiting}"}), 400, "MEDIA_ASSET_WAITING_UPLOAD"),
    (content(multiImage={"images": [{"id": "{image}"}]}), 400, "INVALID_VALUE_FOR_FIELD"),
    (content(multiImage={"images": [{"id": "{image}"}] * 21}), 400, "INVALID_VALUE_FOR_FIELD"),
    (content(multiImage={"images": [{"id": "urn:li:video:1"}] * 2}), 400, "INVALID_URN_TYPE"),
    (content(article={"source": "ftp://x", "title": "t"}), 400, "INVALID_VALUE_FOR_FIELD"),
    (content(article={"source": "https://x.org", "title": ""}), 400, "MISSING_FIELD"),
    (content(article={"source": "https://x.org"}), 422, "title"),
    (poll(1), 400, "INVALID_VALUE_FOR_FIELD"),
    (poll(5), 400, "INVALID_VALUE_FOR_FIELD"),
    (poll(question="q" * 141), 400, "FIELD_LENGTH_TOO_LONG"),
    (poll(options=[{"text": "a"}, {"text": "b" * 31}]), 400, "FIELD_LENGTH_TOO_LONG"),
    (poll(settings={"duration": "ONE_YEAR"}), 422, "duration"),
    ({**poll(), "content": {"poll": poll()["content"]["poll"], "media": {"id": IMAGE}}}, 400, ""),
]

# Route, what is wrong with the request, status, code or part of the message.
BAD_CALLS: list[tuple[str, str, dict[str, Any], int, str]] = [
    ("GET", "/rest/organizationAcls", {}, 400, "MISSING_FIELD"),
    ("GET", "/rest/organizationAcls?q=owner", {}, 400, "INVALID_VALUE_FOR_FIELD"),
    ("GET", "/rest/organizationAcls?q=roleAssignee&role=KING", {}, 400, "INVALID_VALUE_FOR_FIELD"),
    ("GET", "/rest/organizations/abc", {}, 400, "INVALID_URN_ID"),
    ("GET", "/rest/organizations/1", {}, 404, "RESOURCE_NOT_FOUND"),
    ("POST", "/rest/posts", {"content": b"{"}, 400, "SYNTAX_EXCEPTION"),
    ("GET", "/rest/posts?q=author", {}, 400, "MISSING_FIELD"),
    ("GET", "/rest/posts?q=author&author=urn:li:person:1", {}, 400, "SYNTAX_EXCEPTION"),
    ("GET", "/rest/posts?q=author&author={ME}&count=101", {}, 400, "INVALID_VALUE_FOR_FIELD"),
    ("GET", "/rest/posts/urn:li:share:1", {}, 400, "SYNTAX_EXCEPTION"),
    ("GET", "/rest/posts/urn%3Ali%3Aperson%3A1", {}, 400, "INVALID_URN_TYPE"),
    ("GET", "/rest/posts/urn%3Ali%3Ashare%3A1", {}, 404, "RESOURCE_NOT_FOUND"),
    ("DELETE", "/rest/posts/1", {}, 400, "INVALID_URN_ID"),
    ("DELETE", "/rest/posts/urn%3Ali%3Ashare%3A1", {}, 404, "RESOURCE_NOT_FOUND"),
    ("POST", "/rest/images", {"json": started()}, 400, "MISSING_FIELD"),
    ("POST", "/rest/images?action=begin", {"json": started()}, 400, "INVALID_VALUE_FOR_FIELD"),
    ("POST", "/rest/images", {"params": START, "json": {}}, 422, "initializeUploadRequest"),
    ("POST", "/rest/documents", {"params": START, "json": started(size=1)}, 422, "size"),
    (
        "POST",
        "/rest/documents",
        {"params": START, "json": started(owner=NOBODY)},
        400,
        "INVALID_URN",
    ),
    ("GET", "/rest/images/urn%3Ali%3Aimage%3A1", {}, 404, "RESOURCE_NOT_FOUND"),
    ("GET", "/rest/documents/urn%3Ali%3Aimage%3A1", {}, 400, "INVALID_URN_TYPE"),
    ("GET", "/rest/videos/x", {}, 400, "INVALID_URN_ID"),
    ("POST", "/rest/videos", {"params": START, "json": started()}, 422, "fileSizeBytes"),
    (
        "POST",
        "/rest/videos",
        {"params": START, "json": started(fileSizeBytes=74_999)},
        400,
        "INVALID",
    ),
    (
        "POST",
        "/rest/videos",
        {"params": START, "json": started(fileSizeBytes=5 * 10**8 + 1)},
        400,
        "",
    ),
    (
        "POST",
        "/rest/videos?action=finalizeUpload",
        {
            "json": {
                "finalizeUploadRequest": {
                    "video": "urn:li:video:1",
                    "uploadToken": "",
                    "uploadedPartIds": ["a"],
                }
            }
        },
        400,
        "INVALID_VIDEO_ID",
    ),
    ("PUT", "/dms-uploads/unknown", {"content": b"x"}, 404, "RESOURCE_NOT_FOUND"),
    ("PUT", "/dms-uploads/unknown/0", {"content": b"x"}, 404, "RESOURCE_NOT_FOUND"),
    (
        "POST",
        "/rest/socialActions/{POST}/comments",
        {"json": {"actor": ME, "object": POSTED, "message": {"text": "x" * 1251}}},
        400,
        "FIELD_LENGTH_TOO_LONG",
    ),
    (
        "POST",
        "/rest/socialActions/{POST}/comments",
        {"json": {"actor": ME, "object": "urn:li:share:1", "message": {"text": "x"}}},
        400,
        "INVALID_VALUE_FOR_FIELD",
    ),
    (
        "POST",
        "/rest/socialActions/urn%3Ali%3Ashare%3A1/comments",
        {"json": {"actor": ME, "object": "urn:li:share:1", "message": {"text": "x"}}},
        404,
        "RESOURCE_NOT_FOUND",
    ),
    ("GET", "/rest/socialActions/urn%3Ali%3Ashare%3A1/comments", {}, 404, "RESOURCE_NOT_FOUND"),
    ("GET", "/rest/organizationalEntityShareStatistics?q=all", {}, 400, "INVALID_VALUE_FOR_FIELD"),
    ("GET", "/rest/memberCreatorPostAnalytics?q=me", {}, 400, "MISSING_FIELD"),
    ("GET", "/rest/networkSizes/{PAGE}", {}, 400, "MISSING_FIELD"),
    ("GET", "/v2/userinfo", {"headers": {"Authorization": "Bearer no"}}, 401, "INVALID_ACCESS"),
]

# Route and the scopes that are there but not enough.
UNSCOPED: list[tuple[str, str, dict[str, Any]]] = [
    ("GET", "/v2/userinfo", {}),
    ("GET", "/rest/organizationAcls?q=roleAssignee", {}),
    ("GET", "/rest/organizations/5515715", {}),
    ("GET", "/rest/posts?q=author&author={ME}", {}),
    ("POST", "/rest/images", {"params": START, "json": started()}),
    ("POST", "/rest/documents", {"params": START, "json": started()}),
    ("POST", "/rest/videos", {"params": START, "json": started(fileSizeBytes=80_000)}),
    ("GET", "/rest/posts/{POST}", {}),
    ("DELETE", "/rest/posts/{POST}", {}),
    ("GET", "/rest/socialActions/{POST}/comments", {}),
    ("GET", "/rest/memberCreatorPostAnalytics?q=me&queryType=COMMENT", {}),
    ("GET", "/rest/networkSizes/{PAGE}?edgeType=COMPANY_FOLLOWED_BY_MEMBER", {}),
]


def filled(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, list):
        return [filled(one, names) for one in value]
    if isinstance(value, dict):
        return {name: filled(one, names) for name, one in value.items()}
    return value


def placed(path: str, names: dict[str, str]) -> str:
    for mark, name in (("{ME}", ME), ("{PAGE}", PAGE), ("{POST}", POSTED)):
        path = path.replace(mark, names.get(name, "").replace(":", "%3A"))
    return path


@pytest.mark.parametrize(("changes", "status", "said"), BAD_POSTS)
def test_a_bad_post_is_refused(
    ada: LinkedInMember, bob: LinkedInMember, changes: dict[str, Any], status: int, said: str
) -> None:
    names = {PAGE: ada.page, "{bob}": bob.urn}
    asked = str(changes)
    if "{image}" in asked:
        names["{image}"] = ada.image()
    if "{theirs}" in asked:
        names["{theirs}"] = bob.image()
    if "{waiting}" in asked:
        names["{waiting}"] = ada.start("image")["image"]
    body = {**ada.body(), **filled(changes, names)}
    answer = ada.http.post(
        "/rest/posts", json={name: value for name, value in body.items() if value is not None}
    )
    assert (answer.status_code, said in answer.text) == (status, True), answer.text
    assert ada.control.call("GET", "stats")["created"] == 0


@pytest.mark.parametrize(("method", "path", "call", "status", "said"), BAD_CALLS)
def test_a_bad_call_is_refused(
    ada: LinkedInMember, method: str, path: str, call: dict[str, Any], status: int, said: str
) -> None:
    names = {ME: ada.urn, PAGE: ada.page}
    if POSTED in str(call) or "{POST}" in path:
        names[POSTED] = ada.posted()
    given = filled(call, names)
    if "content" in given:
        given["headers"] = {"Content-Type": "application/json"}
    answer = ada.http.request(method, placed(path, names), **given)
    assert (answer.status_code, said in answer.text) == (status, True), answer.text


@pytest.mark.parametrize(("method", "path", "call"), UNSCOPED)
def test_a_scope_that_is_lacking_is_told(
    ada: LinkedInMember, method: str, path: str, call: dict[str, Any]
) -> None:
    names = {ME: ada.urn, PAGE: ada.page, POSTED: ada.posted() if "{POST}" in path else ""}
    poor = type(ada)(ada.url, ada.control, ada.contract, "ada", ["email"])
    answer = poor.http.request(method, placed(path, names), **filled(call, names))
    assert (answer.status_code, answer.json()["code"]) == (403, "ACCESS_DENIED")
    poor.close()


def test_every_route_is_refused_without_a_token(
    linkedin: SandboxProcess, ada: LinkedInMember
) -> None:
    names = {ME: ada.urn, PAGE: ada.page, POSTED: "urn:li:share:1"}
    for method, path, call in UNSCOPED:
        url = linkedin.url + placed(path, names)
        answer = ada.bare.request(method, url, **filled(call, names))
        assert (answer.status_code, answer.json()["code"]) == (401, "EMPTY_ACCESS_TOKEN")
