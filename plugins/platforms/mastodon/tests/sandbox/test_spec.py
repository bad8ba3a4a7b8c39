"""Every answer is held against the description of Mastodon's API."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

if TYPE_CHECKING:
    import httpx

    # A conftest has no import path at run time.
    from plugins.platforms.mastodon.tests.sandbox.conftest import Member

SPEC = Path(__file__).resolve().parents[5].parent / "shared" / "specs" / "mastodon" / "schema.json"
APPS, STATUSES, MEDIA = "/api/v1/apps", "/api/v1/statuses", "/api/v2/media"
BACK = "https://app.example/back"

pytestmark = pytest.mark.skipif(
    not SPEC.is_file(), reason="Mastodon's description is not beside this repository"
)


def _closed(value: Any) -> Any:
    """Returns schemas whose objects take no member that they do not describe."""
    if isinstance(value, list):
        return [_closed(one) for one in value]
    if not isinstance(value, dict):
        return value
    made = {name: _closed(one) for name, one in value.items()}
    if isinstance(made.get("properties"), dict) and "type" in made:
        made.setdefault("additionalProperties", False)
    return made


@pytest.fixture(scope="module")
def spec() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(SPEC.read_text())
    schemas = _closed(document["components"]["schemas"])
    # Every server answers these; the description has not heard of them.
    schemas["Instance"]["properties"]["configuration"]["properties"]["vapid"] = {"type": "object"}
    return {"paths": document["paths"], "schemas": schemas}


class Checked:
    """Compares answers with the description of their route."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self._spec = spec
        self.seen: set[tuple[str, str]] = set()

    def __call__(self, answer: httpx.Response, path: str, status: int = 200) -> Any:
        assert answer.status_code == status, answer.text
        method = answer.request.method.lower()
        described = self._spec["paths"][path][method]["responses"][str(status)]
        if path.startswith("/api/"):
            assert {"x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"} <= set(
                answer.headers
            )
        self.seen.add((method, path))
        body = answer.json()
        if "content" in described:
            schema = described["content"]["application/json"]["schema"]
            whole = {**schema, "components": {"schemas": self._spec["schemas"]}}
            jsonschema.Draft202012Validator(
                whole, format_checker=jsonschema.FormatChecker()
            ).validate(body)
        return body


@pytest.fixture
def checked(spec: dict[str, Any]) -> Checked:
    return Checked(spec)


def test_answers_about_posts_are_as_described(ada: Member, bob: Member, checked: Checked) -> None:
    media = [ada.uploaded(description="A cat", focus="0.1,-0.2"), ada.uploaded()]
    text = "see https://example.com/a?b=1 #One & @bob\n\n<b>"
    whole: dict[str, Any] = {
        "media_ids": media,
        "spoiler_text": "cats",
        "language": "de",
        "sensitive": True,
    }
    first = checked(ada.post(text, **whole), STATUSES)
    checked(ada.post("film", media_ids=[ada.video()], visibility="unlisted"), STATUSES)
    vote = {"options": ["a", "b"], "expires_in": 300, "multiple": True}
    poll = checked(ada.post("vote", poll=vote, visibility="private"), STATUSES)
    hidden = {**vote, "multiple": False, "hide_totals": True}
    checked(ada.post("vote", poll=hidden, quote_approval_policy="nobody"), STATUSES)
    quote = checked(bob.post("look", quoted_status_id=first["id"]), STATUSES)
    reply = checked(bob.post("@ada hm", in_reply_to_id=first["id"]), STATUSES)
    ada.control.advance_clock(86_400)
    one = f"{STATUSES}/{first['id']}"
    checked(bob.http.get(one), f"{STATUSES}/{{id}}")
    checked(ada.http.get(f"{one}/source"), f"{STATUSES}/{{id}}/source")
    below = checked(bob.http.get(f"{one}/context"), f"{STATUSES}/{{id}}/context")
    assert [one["id"] for one in below["descendants"]] == [reply["id"]]
    listing = f"/api/v1/accounts/{ada.id}/statuses"
    assert len(checked(ada.http.get(listing), "/api/v1/accounts/{id}/statuses")) == 4
    two = {"id[]": [first["id"], "5", reply["id"]]}
    assert len(checked(bob.http.get(STATUSES, params=two), STATUSES)) == 2
    checked(ada.http.get(f"/api/v1/polls/{poll['id']}"), "/api/v1/polls/{id}")
    checked(ada.http.delete(one), f"{STATUSES}/{{id}}")
    gone = checked(bob.http.get(f"{STATUSES}/{quote['id']}"), f"{STATUSES}/{{id}}")
    assert gone["quote"] == {"state": "deleted", "quoted_status": None}
    checked(ada.http.get(one), f"{STATUSES}/{{id}}", 404)
    checked(ada.post(""), STATUSES, 422)
    checked(ada.post("a", in_reply_to_id=first["id"]), STATUSES, 404)
    assert len(checked.seen) == 8


def test_answers_about_media_are_as_described(ada: Member, checked: Checked) -> None:
    checked(ada.upload(ada.png()), MEDIA)
    checked(ada.upload(ada.gif(moves=False)), MEDIA)
    checked(ada.upload(b"ID3" + bytes(20)), MEDIA, 202)
    waiting = checked(ada.upload(ada.mp4()), MEDIA, 202)
    one = f"/api/v1/media/{waiting['id']}"
    checked(ada.http.get(one), "/api/v1/media/{id}", 206)
    ada.control.advance_clock(5)
    checked(ada.http.get(one), "/api/v1/media/{id}")
    checked(ada.http.put(one, json={"description": "a"}), "/api/v1/media/{id}")
    checked(ada.http.delete(one), "/api/v1/media/{id}")
    checked(ada.http.get(one), "/api/v1/media/{id}", 404)
    checked(ada.upload(b"words"), MEDIA, 422)
    assert len(checked.seen) == 4


def test_answers_about_server_app_and_account_are_as_described(
    ada: Member, anyone: httpx.Client, checked: Checked
) -> None:
    checked(anyone.get("/api/v2/instance"), "/api/v2/instance")
    well_known = "/.well-known/oauth-authorization-server"
    assert checked(anyone.get(well_known), well_known)["issuer"] == f"{ada.url}/"
    order = {"client_name": "App", "redirect_uris": [BACK], "scopes": "profile write:statuses"}
    app = checked(anyone.post(APPS, json={**order, "website": "https://app.example"}), APPS)
    checked(anyone.post(APPS, json={}), APPS, 422)
    me = "/api/v1/accounts/verify_credentials"
    checked(ada.http.get(me), me)
    checked(ada.http.get(f"/api/v1/accounts/{ada.id}"), "/api/v1/accounts/{id}")
    query = f"client_id={app['client_id']}&redirect_uri={BACK}&response_type=code&scope=profile"
    consent = {"url": f"{ada.url}/oauth/authorize?{query}", "account": "ada"}
    code = ada.control.call("POST", "oauth/consent", consent)["location"].partition("code=")[2]
    proof = {"client_id": app["client_id"], "client_secret": app["client_secret"]}
    form = {**proof, "grant_type": "authorization_code", "code": code, "redirect_uri": BACK}
    token = checked(anyone.post("/oauth/token", data=form), "/oauth/token")
    checked(anyone.post("/oauth/token", data=form), "/oauth/token", 400)
    bearer = {"Authorization": f"Bearer {token['access_token']}"}
    ended = anyone.post("/oauth/revoke", json={**proof, "token": token["access_token"]})
    checked(ended, "/oauth/revoke")
    checked(anyone.post("/oauth/revoke", json={"token": "x"}), "/oauth/revoke", 403)
    dead = anyone.get(me, headers=bearer)
    assert (dead.status_code, dead.json()) == (401, {"error": "The access token was revoked"})
    assert len(checked.seen) == 7


def test_the_limits_in_code_are_those_of_the_description(spec: dict[str, Any]) -> None:
    import msgspec  # noqa: PLC0415

    from mpcas2_platform_mastodon.sandbox.accounts import OAUTH_RULES  # noqa: PLC0415
    from mpcas2_platform_mastodon.sandbox.status_request import StatusRequest  # noqa: PLC0415

    schemas = spec["schemas"]
    ours = set(msgspec.json.schema(StatusRequest)["$defs"]["StatusRequest"]["properties"])
    theirs = set(schemas["BaseStatus"]["properties"]) | {"status", "media_ids", "poll"}
    assert ours == theirs
    poll = schemas["PollStatus"]["allOf"][1]["properties"]["poll"]["properties"]
    assert set(msgspec.json.schema(StatusRequest)["$defs"]["PollRequest"]["properties"]) == set(
        poll
    )
    assert set(OAUTH_RULES.scopes) <= set(schemas["OAuthScope"]["enum"])
