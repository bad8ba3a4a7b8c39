"""Settings are read once, refuse what cannot work by the variable's name, and never show a secret."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import msgspec
import pytest

from mpcas2_core.settings import PLAIN_NAMES, PREFIX, Settings, SettingsError

SECRET = "s3cr3t-Value"
FIELDS = tuple(field.name for field in msgspec.structs.fields(Settings))


def test_nothing_needs_to_be_set() -> None:
    settings = Settings.load({})
    assert settings.home == Path.home() / ".mpcas2"
    assert (settings.database_url, settings.redis_url, settings.master_key) == (None, None, None)


def test_every_setting_is_read_from_its_variable() -> None:
    shown = Settings.load({}).masked()
    assert set(shown) == set(FIELDS)
    numbers = {name: "7" for name, value in shown.items() if re.fullmatch(r"[0-9.]+", value)} | {
        "send_seconds": "3",
        "port": "8443",
    }
    words = {
        "home": "/srv/mpcas2",
        "host": "::",
        "public_url": "https://social.example",
        "registration": "closed",
        "log_format": "json",
        "log_level": "debug",
        "media_store": "s3",
        "s3_endpoint_url": "https://s3.example",
    }
    texts = {name: f"text of {name}" for name in FIELDS if name not in numbers | words}
    given = numbers | words | texts
    settings = Settings.load({PREFIX + name.upper(): value for name, value in given.items()})
    assert {name: str(getattr(settings, name)).removesuffix(".0") for name in FIELDS} == given


@pytest.mark.parametrize(("name", "plain"), PLAIN_NAMES.items())
def test_plain_names_are_read_and_the_prefixed_name_goes_first(name: str, plain: str) -> None:
    assert getattr(Settings.load({plain: "a"}), name) == "a"
    assert getattr(Settings.load({plain: "a", PREFIX + name.upper(): "b"}), name) == "b"
    assert getattr(Settings.load({plain: ""}), name) is None


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("MPCAS2_PORT", "http"),
        ("MPCAS2_PORT", "3001.5"),
        ("MPCAS2_PORT", "0"),
        ("MPCAS2_PORT", "-1"),
        ("MPCAS2_PORT", "70000"),
        ("MPCAS2_POOL_SIZE", "0"),
        ("MPCAS2_POOL_SIZE", "many"),
        ("MPCAS2_CONCURRENCY", "0"),
        ("MPCAS2_MAX_FAILURES", "0"),
        ("MPCAS2_MAX_UPLOAD_BYTES", "512MB"),
        ("MPCAS2_MAX_UPLOAD_BYTES", "0"),
        ("MPCAS2_REGISTRATION", "maybe"),
        ("MPCAS2_LOG_FORMAT", "xml"),
        ("MPCAS2_LOG_LEVEL", "loud"),
        ("MPCAS2_ACCESS_TOKEN_SECONDS", "0"),
        ("MPCAS2_REFRESH_TOKEN_SECONDS", "-5"),
        ("MPCAS2_REFRESH_GRACE_SECONDS", "-1"),
        ("MPCAS2_LEASE_SECONDS", "0"),
        ("MPCAS2_LEASE_SECONDS", "soon"),
        ("MPCAS2_LEASE_SECONDS", "nan"),
        ("MPCAS2_LEASE_SECONDS", "inf"),
        ("MPCAS2_SEND_SECONDS", "30"),
        ("MPCAS2_SEND_SECONDS", "0"),
        ("MPCAS2_SEND_SECONDS", "nan"),
        ("MPCAS2_POLL_SECONDS", "0"),
        ("MPCAS2_POLL_SECONDS", "nan"),
        ("MPCAS2_REOFFER_SECONDS", "-1"),
        ("MPCAS2_BACKOFF_SECONDS", "0"),
        ("MPCAS2_BACKOFF_MAX_SECONDS", "0"),
        ("MPCAS2_DRAIN_SECONDS", "-1"),
        ("MPCAS2_DRAIN_SECONDS", "inf"),
    ],
)
def test_a_bad_value_is_refused_by_the_name_of_its_variable(variable: str, value: str) -> None:
    with pytest.raises(SettingsError, match=variable):
        Settings.load({variable: value})


def test_a_value_may_stand_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text(f"{SECRET}\n")
    assert Settings.load({"MPCAS2_MASTER_KEY_FILE": str(path)}).master_key == SECRET
    assert Settings.load({"DATABASE_URL_FILE": str(path)}).database_url == SECRET
    both = {"MPCAS2_MASTER_KEY": "direct", "MPCAS2_MASTER_KEY_FILE": str(path)}
    assert Settings.load(both).master_key == "direct"


@pytest.mark.parametrize("content", [None, b"", b" \n", b"\xff\xfe"])
def test_a_file_that_holds_nothing_is_refused_by_name(
    tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SettingsError, match=f"MPCAS2_MASTER_KEY_FILE names {path}"):
        Settings.load({"MPCAS2_MASTER_KEY_FILE": str(path)})


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://app:{SECRET}@db.example:5432/mpcas2",
        f"postgresql://app:{SECRET}@x://y@db.example/mpcas2",
        f"postgresql://app:@{SECRET}@db.example/mpcas2",
        f"postgresql://db.example/mpcas2?user=app&password={SECRET}",
        f"postgresql://db.example/mpcas2?PASSWORD={SECRET}&sslpassword={SECRET}",
        f"app:{SECRET}@db.example",
        f"redis://:{SECRET}@db.example:6379/0",
    ],
)
def test_no_secret_is_shown(url: str) -> None:
    settings = Settings.load(
        {
            "DATABASE_URL": url,
            "REDIS_URL": url,
            "JWT_SECRET": SECRET,
            "JWT_REFRESH_SECRET": SECRET,
            "MPCAS2_MASTER_KEY": SECRET,
        }
    )
    shown = settings.masked()
    assert SECRET not in str(shown)
    assert "db.example" in shown["database_url"]
    assert shown["master_key"] == "(set, hidden)"
    assert SECRET not in repr(settings)


def test_an_address_without_a_password_is_shown_as_it_is() -> None:
    for url in ("postgresql://db.example/mpcas2", "postgresql://app@db.example/mpcas2"):
        assert Settings.load({"DATABASE_URL": url}).masked()["database_url"] == url


def test_every_setting_is_documented() -> None:
    documented = re.findall(r"^ {4}(\w+): ", inspect.getdoc(Settings) or "", flags=re.MULTILINE)
    assert documented == list(FIELDS)


def test_the_public_address_follows_the_port_until_it_is_set() -> None:
    assert Settings.load({}).public_url == "http://127.0.0.1:3001"
    assert Settings.load({"MPCAS2_PORT": "4000"}).public_url == "http://127.0.0.1:4000"
    named = {"MPCAS2_PORT": "4000", "MPCAS2_PUBLIC_URL": "https://posts.example.org"}
    assert Settings.load(named).public_url == "https://posts.example.org"
