import asyncio
import gzip
import io
import json
import stat
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from mpcas2_core.servers import BackupReport, LocalServers, ServerError, backup, restore
from mpcas2_core.servers.dump import Database

Query = Callable[..., Any]
Member = tuple[tarfile.TarInfo, bytes]


@pytest.fixture(scope="module")
def original(module_folder: Path, servers: LocalServers, query: Query) -> Path:
    home = module_folder / "home"
    query(servers.database_url, "CREATE SCHEMA t_one")
    query(servers.database_url, "CREATE TABLE t_one.post AS SELECT 'grüße' AS text, 7 AS n")
    (home / "media" / "t_one").mkdir(parents=True)
    (home / "media" / "t_one" / "cat.png").write_bytes(bytes(range(256)) * 8192)
    (home / "media" / "empty").write_bytes(b"")
    (home / "secrets" / "master-key").write_bytes(b"key of the original")
    return home


@pytest.fixture(scope="module")
def archive(
    module_folder: Path, servers: LocalServers, original: Path
) -> tuple[Path, BackupReport]:
    target = module_folder / "backup.tar.gz"
    return target, backup(servers.database_url, original, target)


@pytest.fixture
def fresh(open_folder: Path, servers: LocalServers, query: Query) -> Iterator[tuple[Path, str]]:
    """An empty home and an empty database on the server of the module."""
    query(servers.database_url, "CREATE DATABASE fresh")
    yield open_folder / "fresh", servers.database_url.removesuffix("mpcas2") + "fresh"
    query(servers.database_url, "DROP DATABASE fresh WITH (FORCE)")


def databases(url: str, query: Query) -> set[str]:
    return set(query(url, "SELECT array_agg(datname::text) FROM pg_database"))


def waiting_jobs(tenant: str, jobs: dict[str, tuple[str, str, str]]) -> str:
    """SQL for the tables that a restore looks at, with jobs by name: state, time, state of a part."""
    rows = "".join(
        f"""
        INSERT INTO {tenant}.publish_jobs (id, name, state, scheduled_at)
            VALUES (md5('{name}')::uuid, '{name}', '{state}', now() + interval '{due}');
        INSERT INTO {tenant}.publish_parts VALUES (md5('{name}')::uuid, '{part}');
        INSERT INTO public.due_jobs VALUES (md5('{name}')::uuid);
        """
        for name, (state, due, part) in jobs.items()
    )
    return f"""
        CREATE TABLE public.tenants (schema_name text);
        INSERT INTO public.tenants VALUES ('{tenant}'), ('t_gone');
        CREATE TABLE public.due_jobs (job_id uuid);
        CREATE SCHEMA {tenant};
        CREATE TABLE {tenant}.publish_jobs (
            id uuid, name text, state text, scheduled_at timestamptz, next_attempt_at timestamptz,
            needs_attention boolean DEFAULT false, error_code text, error_message text,
            updated_at timestamptz
        );
        CREATE TABLE {tenant}.publish_parts (job_id uuid, state text);
        CREATE TABLE {tenant}.publish_events (id uuid, job_id uuid, kind text, message text);
        {rows}
    """


def rewrite(source: Path, target: Path, change: Callable[[list[Member]], None]) -> Path:
    with tarfile.open(source) as tar:
        members = [(member, _content(tar, member)) for member in tar]
    change(members)
    with tarfile.open(target, "w:gz", compresslevel=1) as tar:
        for member, content in members:
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return target


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = tar.extractfile(member)
    return file.read() if file else b""


def test_a_backup_restores_into_a_fresh_home_with_servers_of_its_own(
    archive: tuple[Path, BackupReport], original: Path, open_folder: Path, query: Query
) -> None:
    home = open_folder / "second"
    with LocalServers(home, durable=False, valkey=False) as second:
        report = restore(archive[0], home, second.database_url)
        assert query(second.database_url, "SELECT text FROM t_one.post") == "grüße"
        assert databases(second.database_url, query) == {
            *("mpcas2", "postgres", "template0", "template1")
        }
    assert report == archive[1]
    for name in ("media/t_one/cat.png", "media/empty", "secrets/master-key"):
        assert (home / name).read_bytes() == (original / name).read_bytes()
    assert stat.S_IMODE((home / "secrets" / "master-key").stat().st_mode) == 0o600
    assert not list(home.glob(".restore-*"))


def test_posts_that_were_due_since_the_backup_are_held_back(
    servers: LocalServers, original: Path, open_folder: Path, fresh: tuple[Path, str], query: Query
) -> None:
    jobs = {
        "due": ("scheduled", "-1 hour", "pending"),
        "again": ("retrying", "-1 hour", "pending"),
        "held": ("processing", "-1 hour", "pending"),
        "later": ("scheduled", "1 hour", "pending"),
        "leaving": ("processing", "-1 hour", "sent"),
        "done": ("published", "-1 hour", "published"),
    }
    home, url = fresh
    source = url.removesuffix("fresh") + "waiting"
    query(servers.database_url, "CREATE DATABASE waiting")
    try:
        query(source, f"DO $do$ BEGIN {waiting_jobs('t_jobs', jobs)} END $do$")
        backup(source, original, open_folder / "waiting.tar.gz")
    finally:
        query(servers.database_url, "DROP DATABASE waiting WITH (FORCE)")
    restore(open_folder / "waiting.tar.gz", home, url)
    named = "FROM t_jobs.publish_jobs j WHERE state = 'missed' AND needs_attention"
    held = query(url, f"SELECT array_agg(name ORDER BY name) {named} AND error_code = 'RESTORED'")
    assert held == ["again", "due", "held"]
    left = query(
        url,
        "SELECT array_agg(name || ' ' || state ORDER BY name) "
        "FROM t_jobs.publish_jobs JOIN public.due_jobs ON id = job_id",
    )
    assert left == ["done published", "later scheduled", "leaving processing"]
    told = "SELECT count(*) FROM t_jobs.publish_events WHERE kind = 'restored' AND job_id IN"
    assert query(url, f"{told} (SELECT id {named})") == 3


@pytest.mark.parametrize("option", ["password=hunter22", "pass%77ord=hunter%322"])
def test_a_password_of_the_query_is_used_and_is_no_argument(option: str) -> None:
    database = Database(f"postgresql://u:other@h/d?{option}&sslmode=require")
    assert repr(database) == "Database('postgresql://u@h/d?sslmode=require')"
    assert database._password == "hunter22"


def test_a_password_that_only_an_argument_could_carry_is_refused() -> None:
    with pytest.raises(ServerError, match="sslpassword"):
        Database("postgresql://u@h/d?sslpassword=hunter22")


def test_the_report_and_the_manifest_say_what_is_inside(
    archive: tuple[Path, BackupReport], servers: LocalServers
) -> None:
    path, report = archive
    assert (report.media_files, report.media_bytes) == (2, 256 * 8192)
    assert report.secrets == ("master-key",)
    assert report.postgres_version == servers.processes()[0].version
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with tarfile.open(path) as tar:
        names = tar.getnames()
        manifest = json.loads(_content(tar, tar.getmember("manifest.json")))
    assert names[0] == "database.dump"
    assert set(manifest["sha256"]) == set(names) - {"manifest.json"}
    assert manifest["format"] == 1
    assert not any("password" in name for name in names)


def test_secrets_can_be_left_out_and_those_present_then_stay(
    servers: LocalServers, original: Path, open_folder: Path, fresh: tuple[Path, str]
) -> None:
    target = open_folder / "without.tar.gz"
    report = backup(servers.database_url, original, target, include_secrets=False)
    assert report.secrets == ()
    home, url = fresh
    (home / "secrets").mkdir(parents=True)
    (home / "secrets" / "master-key").write_text("mine")
    restore(target, home, url, force=True)
    assert (home / "secrets" / "master-key").read_text() == "mine"
    assert (home / "media" / "empty").exists()


def test_what_is_there_is_replaced_only_by_force(
    archive: tuple[Path, BackupReport], fresh: tuple[Path, str], query: Query
) -> None:
    home, url = fresh
    (home / "media").mkdir(parents=True)
    (home / "media" / "old.png").write_bytes(b"old")
    (home / "secrets").mkdir()
    (home / "secrets" / "valkey-password").write_text("stays")
    query(url, "CREATE TABLE old AS SELECT 1 AS n")
    with pytest.raises(ServerError, match=r"media and database fresh.*force"):
        restore(archive[0], home, url)
    assert (home / "media" / "old.png").exists()
    restore(archive[0], home, url, force=True)
    assert not (home / "media" / "old.png").exists()
    assert (home / "secrets" / "valkey-password").read_text() == "stays"
    assert query(url, "SELECT to_regclass('public.old')") is None
    assert query(url, "SELECT n FROM t_one.post") == 7


def test_a_database_in_use_is_not_replaced(
    archive: tuple[Path, BackupReport], fresh: tuple[Path, str], query: Query
) -> None:
    home, url = fresh
    query(url, "CREATE TABLE old AS SELECT 1 AS n")

    async def while_connected() -> None:
        connection = await asyncpg.connect(url)
        try:
            with pytest.raises(ServerError, match=r"Database fresh is in use. Stop mpcas2"):
                await asyncio.to_thread(restore, archive[0], home, url, force=True)
        finally:
            await connection.close()

    asyncio.run(while_connected())
    assert query(url, "SELECT n FROM old") == 1
    assert not home.exists()


def test_a_restore_that_fails_at_its_last_step_leaves_all_as_before(
    archive: tuple[Path, BackupReport],
    fresh: tuple[Path, str],
    query: Query,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    home, url = fresh
    for name, content in (("media/old.png", b"old"), ("secrets/master-key", b"mine")):
        (home / name).parent.mkdir(parents=True)
        (home / name).write_bytes(content)
    query(url, "CREATE TABLE old AS SELECT 1 AS n")
    before = databases(url, query)
    real = Database.put_in_place
    # The name of a database that does not exist: the server refuses the second of two renamings.
    monkeypatch.setattr(Database, "put_in_place", lambda self, _: real(self, "no_such_database"))
    with pytest.raises(ServerError, match="no_such_database"):
        restore(archive[0], home, url, force=True)
    assert (home / "media" / "old.png").read_bytes() == b"old"
    assert (home / "secrets" / "master-key").read_bytes() == b"mine"
    assert sorted(path.name for path in home.iterdir()) == ["media", "secrets"]
    assert query(url, "SELECT n FROM old") == 1
    assert databases(url, query) == before


def changed_content(members: list[Member]) -> None:
    for index, (member, content) in enumerate(members):
        if member.name == "media/t_one/cat.png":
            members[index] = (member, b"x" + content[1:])


def dropped_member(members: list[Member]) -> None:
    members[:] = [pair for pair in members if pair[0].name != "media/empty"]


def added_member(members: list[Member]) -> None:
    members.insert(1, (tarfile.TarInfo("media/extra"), b"extra"))


def repeated_member(members: list[Member]) -> None:
    members.insert(1, members[0])


def path_upwards(members: list[Member]) -> None:
    members.insert(1, (tarfile.TarInfo("media/../../escaped"), b"out"))


def absolute_path(members: list[Member]) -> None:
    members.insert(1, (tarfile.TarInfo("/tmp/escaped"), b"out"))


def symbolic_link(members: list[Member]) -> None:
    link = tarfile.TarInfo("media/link")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc"
    members.insert(1, (link, b""))


def no_manifest(members: list[Member]) -> None:
    members.pop()


def later_format(members: list[Member]) -> None:
    member, content = members.pop()
    manifest = json.loads(content) | {"format": 2, "product_version": "9.0"}
    members.append((member, json.dumps(manifest).encode()))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (changed_content, "cat.png is not what its manifest says"),
        (dropped_member, "media/empty is not what"),
        (added_member, "media/extra is not what"),
        (repeated_member, "database.dump.*does not belong"),
        (path_upwards, "escaped.*does not belong"),
        (absolute_path, "escaped.*does not belong"),
        (symbolic_link, "media/link.*does not belong"),
        (no_manifest, "no readable manifest.json"),
        (later_format, "mpcas2 9.0 in a later format"),
    ],
)
def test_a_tampered_archive_is_refused_before_anything_is_touched(
    archive: tuple[Path, BackupReport],
    servers: LocalServers,
    open_folder: Path,
    query: Query,
    change: Callable[[list[Member]], None],
    message: str,
) -> None:
    tampered = rewrite(archive[0], open_folder / "tampered.tar.gz", change)
    home = open_folder / "home"
    (home / "media").mkdir(parents=True)
    (home / "media" / "old.png").write_bytes(b"old")
    before = databases(servers.database_url, query)
    with pytest.raises(ServerError, match=message):
        restore(tampered, home, servers.database_url, force=True)
    assert [path.name for path in home.rglob("*")] == ["media", "old.png"]
    assert query(servers.database_url, "SELECT n FROM t_one.post") == 7
    assert databases(servers.database_url, query) == before
    assert not (open_folder / "escaped").exists()


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.99])
def test_a_truncated_archive_is_refused(
    archive: tuple[Path, BackupReport], servers: LocalServers, open_folder: Path, kept: float
) -> None:
    whole = archive[0].read_bytes()
    cut = open_folder / "cut.tar.gz"
    cut.write_bytes(whole[: int(len(whole) * kept)])
    with pytest.raises(ServerError, match="damaged"):
        restore(cut, open_folder / "home", servers.database_url, force=True)


def test_other_files_are_refused(servers: LocalServers, open_folder: Path) -> None:
    text, empty = open_folder / "text.tar.gz", open_folder / "empty.tar.gz"
    text.write_text("hello")
    with gzip.open(empty, "wb"):
        pass
    for path in (text, empty):
        with pytest.raises(ServerError, match=r"damaged|no readable"):
            restore(path, open_folder / "home", servers.database_url, force=True)
    with pytest.raises(ServerError, match="No such file"):
        restore(open_folder / "absent", open_folder / "home", servers.database_url, force=True)


def test_a_failed_backup_leaves_no_file(servers: LocalServers, open_folder: Path) -> None:
    (open_folder / "home" / "media").mkdir(parents=True)
    (open_folder / "home" / "media" / "link").symlink_to("/etc", target_is_directory=True)
    target = open_folder / "backup.tar.gz"
    wrong = servers.database_url.replace("mpcas2:", "mpcas2:wrong")
    with pytest.raises(ServerError, match="Check the password") as caught:
        backup(wrong, open_folder / "home", target)
    assert "wrong" not in str(caught.value)
    with pytest.raises(ServerError, match="link to a folder"):
        backup(servers.database_url, open_folder / "home", target)
    with pytest.raises(ServerError, match="must look like postgresql://"):
        backup("mysql://host/name", open_folder / "home", target)
    assert [path.name for path in open_folder.iterdir()] == ["home"]


def test_an_archive_is_never_overwritten(
    archive: tuple[Path, BackupReport], servers: LocalServers, original: Path
) -> None:
    before = archive[0].stat().st_mtime_ns
    with pytest.raises(ServerError, match="exists already"):
        backup(servers.database_url, original, archive[0])
    assert archive[0].stat().st_mtime_ns == before
