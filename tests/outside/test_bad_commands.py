"""Bad input to commands that talk to the installation: refused clearly, and nothing half-made stays."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.outside.installation import Installation
from tests.outside.person import Person

from mpcas2_sandbox import SandboxProcess

NOBODY = "01890a5d-ac96-774b-bcce-b302099a8057"
TEXT = ("publish", "--text", "Never to be seen")


class Bad(NamedTuple):
    """A command that has to fail.

    Attributes:
        arguments: The command; ``{folder}`` and ``{job}`` are filled in.
        code: Its exit code.
        told: What its message has to say.
    """

    arguments: tuple[str, ...]
    code: int
    told: tuple[str, ...]


BAD = {
    "unknown command": Bad(("publsh",), 2, ("publsh",)),
    "unknown option": Bad((*TEXT, "--colour", "red"), 2, ("--colour",)),
    "unknown account": Bad((*TEXT, "--to", "@nobody.test"), 4, ("@nobody.test", "Connected are")),
    "unknown network": Bad(("account", "connect", "friendster"), 4, ("friendster", "bluesky")),
    "unknown field": Bad(
        ("account", "connect", "bluesky", "--field", "colour=red"), 2, ("colour", "identifier")
    ),
    "missing field": Bad(
        ("account", "connect", "bluesky", "--field", "identifier=a.test"), 2, ("--secret-stdin",)
    ),
    "field without value": Bad(
        ("account", "connect", "bluesky", "--field", "identifier"), 2, ("NAME=VALUE",)
    ),
    "nothing to post": Bad(("publish",), 2, ("--text",)),
    "blank text": Bad(("publish", "--text", "   "), 2, ("nothing to post",)),
    "missing file": Bad(("publish", "{folder}/none.png"), 2, ("none.png", "does not exist")),
    "directory as file": Bad(("publish", "{folder}"), 2, ("is a directory",)),
    "empty file": Bad(("publish", "{folder}/empty.png", "--text", "x"), 1, ("empty",)),
    "text behind .png": Bad(
        ("publish", "{folder}/lie.png", "--text", "x"), 1, ("recognised as script", "Send JPEG")
    ),
    "truncated image": Bad(
        ("publish", "{folder}/broken.png", "--text", "x"), 1, ("cut off", "Save it again")
    ),
    "good and broken file": Bad(
        ("publish", "{folder}/good.png", "{folder}/broken.png", "--text", "x"), 1, ("cut off",)
    ),
    "five pictures": Bad(("publish", *["{folder}/good.png"] * 5, "--text", "x"), 1, ("4", "5")),
    "more alt texts than files": Bad(
        ("publish", "{folder}/good.png", "--alt", "a", "--alt", "b"), 2, ("--alt",)
    ),
    "text too long": Bad(("publish", "--text", "x" * 301), 1, ("301", "300")),
    "second part too long": Bad((*TEXT, "--thread", "y" * 305), 1, ("305", "300")),
    "past time": Bad((*TEXT, "--at", "2020-01-01T00:00:00Z"), 2, ("past", "--at")),
    "time without zone": Bad((*TEXT, "--at", "2030-01-01 09:00"), 2, ("--tz",)),
    "unknown zone": Bad(
        (*TEXT, "--at", "2030-01-01 09:00", "--tz", "Europe/Berlln"), 2, ("Europe/Berlin",)
    ),
    "zone without time": Bad((*TEXT, "--tz", "Europe/Berlin"), 2, ("--at",)),
    "time that never comes": Bad(
        (*TEXT, "--at", "2030-03-31 02:30", "--tz", "Europe/Berlin"), 2, ("no 2030-03-31 02:30",)
    ),
    "time that comes twice": Bad(
        (*TEXT, "--at", "2030-10-27 02:30", "--tz", "Europe/Berlin"), 2, ("twice", "+02:00")
    ),
    "no time at all": Bad((*TEXT, "--at", "tomorrow-ish"), 2, ("is not a time", "in 10 min")),
    "far future": Bad((*TEXT, "--at", "in 9000 d"), 2, ("ten years",)),
    "option without value": Bad((*TEXT, "--option", "langs"), 2, ("KEY=VALUE",)),
    "unknown option of the network": Bad((*TEXT, "--option", "colour=red"), 1, ("colour",)),
    "wrong value of an option": Bad((*TEXT, "--option", 'langs=["not a tag"]'), 1, ("langs",)),
    "malformed job id": Bad(("jobs", "show", "seven"), 4, ("seven",)),
    "job that does not exist": Bad(("jobs", "retry", NOBODY), 4, ("There is no",)),
    "job of another tenant": Bad(("jobs", "cancel", "{job}"), 4, ("There is no",)),
    "confirming with no address": Bad(
        ("jobs", "confirm", "{job}", "--post-url", "javascript:alert(1)"), 4, ("There is no",)
    ),
    "unknown state": Bad(("jobs", "list", "--state", "lost"), 2, ("published",)),
    "unknown platform in a list": Bad(("content", "list", "--type", "poem"), 2, ("image",)),
    "content that does not exist": Bad(("content", "delete", NOBODY), 4, ("There is no",)),
    "account that does not exist": Bad(("account", "remove", "@nobody.test"), 4, ("nobody.test",)),
    "address that is none": Bad(("whoami", "--server", "ftp://example.org"), 2, ("http://",)),
}


@pytest.fixture(scope="module")
def writer(
    installation: Installation,
    network: SandboxProcess,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Person]:
    """Somebody whose rows, files and posts are counted after every command."""
    one = Person(installation, network, tmp_path_factory.mktemp("writer"))
    one.sign_up()
    one.connect()
    yield one
    one.close()


@pytest.fixture(scope="module")
def foreign_job(
    installation: Installation,
    network: SandboxProcess,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """A job of another tenant."""
    one = Person(installation, network, tmp_path_factory.mktemp("foreign"))
    one.sign_up()
    one.connect()
    yield one.publish("Foreign", scheduleAt="2030-06-01T12:00:00Z")["id"]
    one.close()


@pytest.fixture
def folder(tmp_path: Path, pictures: list[Path]) -> Path:
    """Files, good and bad."""
    good = pictures[0].read_bytes()
    (tmp_path / "good.png").write_bytes(good)
    (tmp_path / "broken.png").write_bytes(good[: len(good) // 2])
    (tmp_path / "empty.png").touch()
    (tmp_path / "lie.png").write_text("#!/bin/sh\necho I am no picture\n")
    return tmp_path


def check(result: tuple[int, str, str], code: int, told: tuple[str, ...]) -> None:
    assert result[0] == code, result
    assert "Traceback" not in result[2]
    for words in told:
        assert words in result[2], result[2]


@pytest.mark.parametrize("bad", [pytest.param(bad, id=name) for name, bad in BAD.items()])
def test_a_bad_command_says_what_to_do_and_leaves_nothing(
    bad: Bad, writer: Person, foreign_job: str, folder: Path, installation: Installation
) -> None:
    # Signed in before the count; what other tests have left does not matter then.
    before = (*writer.totals(), installation.media_files())
    arguments = [
        one.replace("{folder}", str(folder)).replace("{job}", foreign_job) for one in bad.arguments
    ]
    check(writer.cli(*arguments), bad.code, bad.told)
    assert (*writer.totals(), installation.media_files()) == before


def test_a_file_that_cannot_be_read(writer: Person, folder: Path) -> None:
    secret = folder / "secret.png"
    secret.write_bytes((folder / "good.png").read_bytes())
    secret.chmod(0)
    before = writer.totals()
    check(writer.cli("publish", str(secret), within=unprivileged()), 2, (str(secret), "readable"))
    assert writer.totals() == before


def unprivileged() -> tuple[str, ...]:
    """Gives a prefix that takes from root the right to read any file."""
    if os.geteuid() != 0:
        return ()
    if shutil.which("setpriv") is None:
        pytest.skip("root reads every file, and setpriv is not here to change that")
    return ("setpriv", "--bounding-set=-dac_override,-dac_read_search")


def test_an_ambiguous_account(people: Callable[[], Person], network: SandboxProcess) -> None:
    one, other = people(), people()
    one.handle, one.app_password = other.handle, other.app_password
    one.connect()
    result = one.cli(*TEXT)
    check(result, 2, ("2 accounts", "--to", f"bluesky:@{other.handle}"))
    assert one.totals()[:2] == (0, 0)


def test_an_account_name_that_two_accounts_have(person: Person, network: SandboxProcess) -> None:
    two = network.control.call("POST", "accounts", {"count": 2})["accounts"]
    for practice in two:
        person.handle, person.app_password = practice["handle"], practice["appPassword"]
        person.connect()
    removed = person.cli("account", "remove", "bluesky")
    check(removed, 2, ("3 accounts", "id"))
    assert person.call("GET", "/social-accounts")["pagination"]["total"] == 3


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"expiresAt": 0.0, "refreshToken": "forged"}, "mpcas2 login"),
        ({"accessToken": "forged", "refreshToken": "forged"}, "mpcas2 login"),
    ],
    ids=["expired", "forged"],
)
def test_an_ended_sign_in(change: dict[str, object], told: str, person: Person) -> None:
    person.sign_in()
    file = person.home / "session.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **change}))
    check(person.cli(*TEXT), 3, (told,))
    assert person.totals() == (0, 0, 0)


def test_a_damaged_session_file(person: Person) -> None:
    person.sign_in()
    (person.home / "session.json").write_text("{")
    check(person.cli("whoami"), 1, ("session.json", "mpcas2 login"))


def test_a_wrong_password_and_a_taken_address(person: Person) -> None:
    wrong = person.cli(
        *("login", "--email", person.email, "--password-stdin"), stdin="Wrong-horse-7"
    )
    check(wrong, 3, ("password",))
    taken = person.cli(
        *("register", "--email", person.email, "--name", "A", "--tenant", "B", "--password-stdin"),
        stdin="Correct-horse-7",
    )
    check(taken, 5, (person.email,))


@pytest.mark.parametrize("password", ["short", "alllowercase1!", "NoDigits!!", "NoSpecial12"])
def test_a_weak_password(password: str, person: Person) -> None:
    refused = person.cli(
        *("register", "--email", "new@example.org", "--name", "A", "--tenant", "B"),
        "--password-stdin",
        stdin=password,
    )
    assert refused.code == 1
    assert password not in refused.err
    assert "assword" in refused.err
