from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

if TYPE_CHECKING:
    import httpx

    # A conftest has no import path at run time.
    from plugins.platforms.twitter.tests.sandbox.conftest import Member

SPEC = Path(__file__).resolve().parents[5].parent / "shared" / "specs" / "x" / "openapi.json"
# What stands at X's front door answers these, in documents that the description does not know.
FRONT_DOOR = {401, 402, 403, 429}

pytestmark = pytest.mark.skipif(not SPEC.is_file(), reason="X's spec is not beside this repository")


def _closed(value: Any) -> Any:
    """Returns OpenAPI 3.0 schemas as JSON schemas: null where it is allowed, nothing unknown."""
    if isinstance(value, list):
        return [_closed(one) for one in value]
    if not isinstance(value, dict):
        return value
    made = {name: _closed(one) for name, one in value.items()}
    if made.pop("nullable", False) and "type" in made:
        made["type"] = [made["type"], "null"]
    return made


@pytest.fixture(scope="module")
def spec() -> dict[str, Any]:
    document: dict[str, Any] = _closed(json.loads(SPEC.read_text()))
    return document


class Checked:
    """Compares answers with the description of their route."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self._spec = spec
        self.seen: set[tuple[str, str]] = set()

    def __call__(self, answer: httpx.Response, path: str) -> Any:
        method = answer.request.method.lower()
        operation = self._spec["paths"][path][method]
        kind = answer.headers["content-type"]
        body = answer.json()
        if answer.status_code in FRONT_DOOR:
            assert kind == "application/problem+json"
            assert {"type", "title", "detail", "status"} <= set(body)
            return body
        responses = operation["responses"]
        described = responses.get(str(answer.status_code), responses["default"])
        assert (answer.status_code < 400) == (str(answer.status_code) in responses)
        schema = {**described["content"][kind]["schema"], "components": self._spec["components"]}
        jsonschema.Draft202012Validator(schema).validate(body)
        if answer.status_code < 400:
            self._only_known(body, schema)
        self.seen.add((method, path))
        return body

    def _only_known(self, value: Any, schema: Any) -> None:
        """A member that the description lacks is a misspelling."""
        while "$ref" in schema:
            schema = self._spec["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        if isinstance(value, list):
            for one in value:
                self._only_known(one, schema["items"])
        elif isinstance(value, dict) and "properties" in schema:
            assert set(value) <= set(schema["properties"])
            for name, one in value.items():
                self._only_known(one, schema["properties"][name])


@pytest.fixture
def checked(spec: dict[str, Any]) -> Checked:
    return Checked(spec)


def test_answers_about_posts_are_as_described(ada: Member, bob: Member, checked: Checked) -> None:
    picture, film = ada.uploaded(), ada.video()
    alt = {"id": picture, "metadata": {"alt_text": {"text": "a cat"}}}
    checked(ada.http.post("/2/media/metadata", json=alt), "/2/media/metadata")
    text = "see https://example.com #one $TWO @bob & more"
    created = checked(ada.post(text=text, media={"media_ids": [picture]}), "/2/tweets")
    first = created["data"]["id"]
    checked(ada.reply(first, "and on"), "/2/tweets")
    checked(ada.post(text="film", media={"media_ids": [film]}), "/2/tweets")
    poll = {"options": ["a", "b"], "duration_minutes": 5}
    checked(ada.post(text="vote", poll=poll, reply_settings="verified"), "/2/tweets")
    checked(ada.post(text="quote", quote_tweet_id=first), "/2/tweets")
    everything = {
        "post.fields": "attachments,conversation_id,created_at,entities,lang,paid_partnership,"
        "possibly_sensitive,public_metrics,non_public_metrics,reply_settings,source",
        "expansions": "author_id,in_reply_to_user_id,referenced_posts,attachments.media_keys,"
        "attachments.poll_ids",
        "media.fields": "alt_text,url,width,height,public_metrics",
        "poll.fields": "duration_minutes,end_datetime,voting_status",
    }
    timeline = f"/2/users/{ada.id}/tweets"
    query = {**everything, "max_results": "5"}
    whole = checked(ada.http.get(timeline, params=query), "/2/users/{id}/tweets")
    assert set(whole["includes"]) == {"users", "media", "polls", "posts"}
    two = {**everything, "ids": f"{first},5"}
    checked(bob.http.get("/2/tweets", params=two), "/2/tweets")
    checked(ada.http.get(f"/2/tweets/{first}", params=everything), "/2/tweets/{id}")
    checked(ada.http.get("/2/tweets/5"), "/2/tweets/{id}")
    fields = {
        "user.fields": "created_at,description,protected,verified,verified_type,url,"
        "public_metrics,subscription_type"
    }
    checked(ada.http.get("/2/users/me", params=fields), "/2/users/me")
    checked(ada.http.delete(f"/2/tweets/{first}"), "/2/tweets/{id}")
    assert len(checked.seen) == 7


def test_answers_about_media_are_as_described(ada: Member, checked: Checked) -> None:
    upload = "/2/media/upload"
    checked(ada.upload(ada.png()), upload)
    checked(ada.upload(ada.gif(), "tweet_gif"), upload)
    for failure in (None, "Unsupported video format"):
        ada.settings(failNextProcessing=failure)
        media_id = checked(ada.initialize(3000), f"{upload}/initialize")["data"]["id"]
        checked(ada.append(media_id, 0, ada.mp4(3000)), f"{upload}/{{id}}/append")
        checked(ada.status(media_id), upload)
        checked(ada.finalize(media_id), f"{upload}/{{id}}/finalize")
        for _ in range(3):
            checked(ada.status(media_id), upload)
            ada.control.advance_clock(1)
    checked(ada.status("5"), upload)
    checked(ada.initialize(0), f"{upload}/initialize")
    checked(ada.append(media_id, 0, b"x"), f"{upload}/{{id}}/append")
    assert len(checked.seen) == 5


def test_refusals_are_as_described(ada: Member, bob: Member, checked: Checked) -> None:
    post_id = ada.posted(text="a")
    checked(ada.post(text=""), "/2/tweets")
    checked(ada.post(text="a", colour="red"), "/2/tweets")
    checked(ada.post(text="a"), "/2/tweets")
    checked(bob.http.delete(f"/2/tweets/{post_id}"), "/2/tweets/{id}")
    checked(ada.http.delete("/2/tweets/5"), "/2/tweets/{id}")
    checked(ada.http.get("/2/tweets"), "/2/tweets")
    checked(ada.http.get("/2/users/5/tweets"), "/2/users/{id}/tweets")
    ada.limit("POST /2/tweets", 0)
    checked(ada.post(text="b"), "/2/tweets")
    ada.settings(creditsLeft=0)
    checked(ada.post(text="b"), "/2/tweets")
    ada.control.call("POST", "oauth/accounts/ada/revoke")
    checked(ada.post(text="b"), "/2/tweets")


def test_the_limits_in_code_are_those_of_the_description(spec: dict[str, Any]) -> None:
    import msgspec  # noqa: PLC0415

    from mpcas2_platform_twitter.sandbox import accounts, write_methods  # noqa: PLC0415
    from mpcas2_platform_twitter.sandbox.post_request import PostRequest  # noqa: PLC0415

    schemas = spec["components"]["schemas"]
    ours = msgspec.json.schema(PostRequest)["$defs"]
    names = {
        "PostRequest": "CreatePostsRequest",
        "AttachedMedia": "CreatePostsMedia",
        "PollRequest": "CreatePostsPoll",
        "ReplyTo": "CreatePostsReply",
        "CallToActions": "CreatePostsMediaCallToActions",
    }
    for own, theirs in names.items():
        assert set(ours[own]["properties"]) == set(schemas[theirs]["properties"])
        assert set(ours[own]["required"]) == set(schemas[theirs].get("required", []))
    start = schemas["InitializeMediaUploadRequest"]["properties"]
    told = msgspec.json.schema(write_methods.UploadStart)["$defs"]["UploadStart"]["properties"]
    assert set(told) == set(start)
    for name in ("media_category", "media_type"):
        assert set(told[name]["enum"]) == set(start[name]["enum"])
    flow = spec["components"]["securitySchemes"]["OAuth2UserToken"]["flows"]["authorizationCode"]
    assert set(accounts.OAUTH_RULES.scopes) <= set(flow["scopes"])
