"""What `mpcas2 doctor` looks at on this machine: versions, home, port, address, plugins."""

from __future__ import annotations

import http.client
import platform
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from urllib.parse import urlsplit

from mpcas2_core.plugins import PluginHost
from mpcas2_core.settings import Settings
from mpcas2_server.cli.failures import CliError
from mpcas2_server.cli.finding import Finding

__all__ = ("home", "plugins", "port", "public_address", "versions")

_OLDEST_PYTHON = (3, 11)
_FREE_BYTES = 1024**3
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def versions() -> Iterator[Finding]:
    """Names the versions of the product and of Python."""
    good = sys.version_info >= _OLDEST_PYTHON
    yield Finding(
        level="ok" if good else "fail",
        area="versions",
        message=f"mpcas2 {version('mpcas2-server')}, Python {platform.python_version()} on "
        f"{platform.system()} {platform.machine()}",
        advice="" if good else "Use Python 3.11 or newer.",
    )


def home(settings: Settings) -> Iterator[Finding]:
    """Tries to write where media and secrets are kept, and looks at room and modes."""
    folder = settings.home
    for place in (folder, folder / "media"):
        try:
            place.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=place, prefix=".doctor-"):
                pass
        except OSError as error:
            yield Finding(
                level="fail",
                area="storage",
                message=f"{place} cannot be written: {error.strerror}.",
                advice="Make it writable for this user, or set MPCAS2_HOME to another folder.",
            )
            return
    free = shutil.disk_usage(folder).free
    yield Finding(
        level="ok" if free > _FREE_BYTES else "warn",
        area="storage",
        message=f"{folder} is writable, {free / 1024**3:.1f} GiB free",
        advice="Make room: uploads and the database need it.",
    )
    for secret in sorted((folder / "secrets").glob("*")):
        if secret.is_file() and secret.stat().st_mode & 0o077:
            yield Finding(
                level="fail",
                area="secrets",
                message=f"{secret} can be read by others.",
                advice=f"Run `chmod 600 {secret}`.",
            )


def port(settings: Settings) -> Iterator[Finding]:
    """Tells whether the API's port is free, ours, or somebody else's."""
    from mpcas2_server.cli.processes import check_port  # noqa: PLC0415 - an operator's command each

    place = f"{settings.host}:{settings.port}"
    try:
        check_port(settings.host, settings.port)
    except CliError as error:
        if _is_ours("127.0.0.1" if settings.host == "0.0.0.0" else settings.host, settings.port):  # noqa: S104 - compared with
            yield Finding(level="ok", area="port", message=f"MPCAS2 answers on {place}")
        else:
            yield Finding(level="fail", area="port", message=error.message, advice=error.hint or "")
    else:
        yield Finding(level="ok", area="port", message=f"{place} is free")


def public_address(settings: Settings) -> Iterator[Finding]:
    """Judges the address under which people reach the installation."""
    url = settings.public_url
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        yield Finding(
            level="fail",
            area="address",
            message=f"MPCAS2_PUBLIC_URL is {url!r}, which is no address.",
            advice="Write it as https://mpcas2.example.org.",
        )
        return
    if parts.hostname in _LOOPBACK:
        yield _loopback(url, parts.port, settings.port)
        return
    if parts.scheme == "http":
        yield Finding(
            level="warn",
            area="address",
            message=f"{url} is not encrypted.",
            advice="Put a reverse proxy with HTTPS before it; most networks refuse to send people back "
            "to an address without.",
        )
    try:
        socket.getaddrinfo(parts.hostname, parts.port or 443)
    except OSError as error:
        yield Finding(
            level="fail",
            area="address",
            message=f"{parts.hostname} has no address: {error.strerror or error}.",
            advice="Correct MPCAS2_PUBLIC_URL or the name's DNS entry.",
        )
    else:
        yield Finding(level="ok", area="address", message=f"{url} has an address")


def plugins(host: PluginHost) -> Iterator[Finding]:
    """Lists the plugins with their reasons."""
    for one in host.records:
        used = one.status.value in {"enabled", "disabled"}
        yield Finding(
            level="ok" if used else "warn",
            area="plugin",
            message=f"{one.key} {one.version} is {one.status.value}",
            advice=one.reason or "",
        )
    if not host.records:
        yield Finding(
            level="warn",
            area="plugin",
            message="No plugin is installed, so there is no network to post to.",
            advice="Install one, such as `pip install mpcas2-platform-bluesky`.",
        )


def _loopback(url: str, stated: int | None, listening: int) -> Finding:
    """Judges an address of this machine, where no proxy stands between: the ports have to agree."""
    if stated != listening:
        return Finding(
            level="warn",
            area="address",
            message=f"MPCAS2_PUBLIC_URL is {url}, and the API listens on port {listening}.",
            advice="People who come back from a consent page reach nothing, unless a proxy of your "
            f"own stands between. Leave it out, or make its port {listening}.",
        )
    return Finding(
        level="ok", area="address", message=f"{url} can be reached from this machine only"
    )


def _is_ours(host: str, number: int) -> bool:
    connection = http.client.HTTPConnection(host, number, timeout=3.0)
    try:
        connection.request("GET", "/health/live")
        answer = connection.getresponse()
        return answer.status == http.client.OK and b'"status"' in answer.read(4096)
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
