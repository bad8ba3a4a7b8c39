"""What carries a secret shows it neither in its repr nor in that of what holds it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mpcas2_hookspecs import AccountProfile, Connection, Grant, HttpRequest

GRANT = Grant(
    access_token="hunter2",
    refresh_token="hunter2-again",
    expires_at=datetime(2030, 1, 1, tzinfo=UTC),
)
REQUEST = HttpRequest(
    method="POST",
    url="https://one.example/token",
    headers={"Authorization": "Bearer hunter2"},
    form={"refresh_token": "hunter2"},
    json={"refreshJwt": "hunter2"},
)
CONNECTION = Connection(
    profile=AccountProfile(platform_account_id="1", username="ann"), grant=GRANT
)


@pytest.mark.parametrize("value", [GRANT, REQUEST, CONNECTION, [GRANT], {"request": REQUEST}])
def test_no_text_form_shows_a_secret(value: object) -> None:
    assert "hunter2" not in repr(value)
    assert "hunter2" not in str(value)
    assert "hunter2" not in f"{value}"


def test_the_text_form_still_tells_what_it_is() -> None:
    assert "2030" in repr(GRANT)
    assert repr(REQUEST) == "HttpRequest(POST https://one.example/token)"
