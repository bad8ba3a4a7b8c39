"""The host: loads each plugin by itself, so that a bad one never takes another down."""

from __future__ import annotations

import os
import traceback
from collections.abc import Collection, Mapping
from importlib.metadata import EntryPoint
from types import MappingProxyType

import structlog

from mpcas2_core.plugins.discovery import Candidate, check_contract_range, find_candidates
from mpcas2_core.plugins.record import LoadFault, PluginRecord, PluginStatus, UnknownPlatform
from mpcas2_core.plugins.settings import settings_of
from mpcas2_core.plugins.verification import check_key, verify_platform
from mpcas2_hookspecs import Hooks, ManifestError, Platform, PluginManifest, read_manifest

__all__ = ("PluginHost",)

log = structlog.get_logger(__name__)

_REASON_LENGTH = 200
_BY_SETTING = (
    "It is switched off by MPCAS2_DISABLED_PLUGINS; take its key off that list and restart."
)
_BY_COMMAND = "It is switched off; `mpcas2 plugin enable` switches it on again."


class PluginHost:
    """All installed plugins, each with its status, and the platforms of the enabled ones.

    Attributes:
        records: One record for each plugin found, sorted by key.
        platforms: The platforms of enabled plugins by key.
    """

    records: tuple[PluginRecord, ...]
    platforms: Mapping[str, Platform]

    def __init__(
        self,
        records: Collection[PluginRecord],
        platforms: Mapping[str, Platform],
    ) -> None:
        """Holds plugins that are loaded already; use :meth:`load` to find them.

        Args:
            records: What became of each plugin.
            platforms: Verified platforms by key.
        """
        self.records = tuple(sorted(records, key=lambda one: (one.key, one.distribution)))
        self.platforms = MappingProxyType(dict(platforms))

    @classmethod
    def load(
        cls,
        *,
        disabled: Collection[str] = (),
        switched_off: Collection[str] = (),
        environ: Mapping[str, str] | None = None,
    ) -> PluginHost:
        """Finds and loads the installed plugins.

        It runs the plugins' code and blocks meanwhile: call it once, when the process starts. It
        never raises for a plugin's fault; that is in the plugin's record and in the log.

        Args:
            disabled: Keys of plugins that are listed and not imported, from the settings.
            switched_off: The same, from ``mpcas2 plugin disable``.
            environ: Where the operator's settings for plugins are; the process's environment by
                default.
        """
        environ = os.environ if environ is None else environ
        off = dict.fromkeys(switched_off, _BY_COMMAND) | dict.fromkeys(disabled, _BY_SETTING)
        records: list[PluginRecord] = []
        platforms: dict[str, Platform] = {}
        owners: dict[str, str] = {}
        for candidate in find_candidates():
            loading = _Loading(candidate, environ)
            record = loading.run(off=off, owners=owners)
            records.append(record)
            platforms |= loading.platforms
            if record.status is PluginStatus.ENABLED:
                owners |= dict.fromkeys((record.key, *record.platforms), record.distribution)
        return cls(records, platforms)

    def platform(self, key: str) -> Platform:
        """Returns the platform of that key.

        Raises:
            UnknownPlatform: No enabled plugin brings it.
        """
        try:
            return self.platforms[key]
        except KeyError:
            raise UnknownPlatform(self._why_unknown(key), key=key) from None

    def plugin_of(self, key: str) -> PluginRecord | None:
        """Gives the enabled plugin that brings a platform; None when none does."""
        return next((one for one in self.records if key in one.platforms), None)

    def _why_unknown(self, key: str) -> str:
        for record in self.records:
            if record.status is not PluginStatus.ENABLED and (
                key == record.key or key.startswith(f"{record.key}-")
            ):
                return (
                    f"The plugin {record.key!r} of {record.distribution}, which would bring the "
                    f"platform {key!r}, is {record.status}: {record.reason}"
                )
        there = ", ".join(sorted(self.platforms)) or "none"
        return (
            f"The plugin for {key!r} is not installed; there are: {there}. Install it with `mpcas2 "
            "plugin install`."
        )


class _Loading:
    """The loading of one plugin; its platforms are there when the last step is done."""

    def __init__(self, candidate: Candidate, environ: Mapping[str, str]) -> None:
        self.platforms: dict[str, Platform] = {}
        self._candidate = candidate
        self._environ = environ
        self._manifest: PluginManifest | None = None
        self._step = "being found"

    def run(self, *, off: Mapping[str, str], owners: Mapping[str, str]) -> PluginRecord:
        """Runs all steps and turns any failure into a record.

        Args:
            off: Why a plugin shall not be imported, by its key.
            owners: The distribution behind each key that is taken.
        """
        try:
            if self._candidate.key in off:
                self._read_manifest_leniently()
                return self._record(PluginStatus.DISABLED, reason=off[self._candidate.key])
            self._load(owners)
        except KeyboardInterrupt:
            raise
        except LoadFault as fault:
            return self._failed(fault, fault)
        except BaseException as error:  # noqa: BLE001 - sys.exit at import is a plugin's fault too
            return self._failed(self._fault_from(error), error)
        return self._record(PluginStatus.ENABLED)

    def _load(self, owners: Mapping[str, str]) -> None:
        candidate, key = self._candidate, self._candidate.key
        if candidate.entry_point is None:
            raise LoadFault(
                "Its entry_points.txt cannot be read; reinstall it, or ask its author to correct it."
            )
        check_key(key)
        self._step = "its requirements were read"
        check_contract_range(candidate)
        self._step = "its manifest was read"
        manifest = self._read_manifest(candidate.entry_point)
        self._check_free(key, owners)
        self._step = "its settings were read"
        settings = settings_of(manifest, self._environ)
        self._step = "it was imported"
        plugin = candidate.entry_point.load()
        self._step = "it was registered"
        # A facade of its own for each plugin: dropping it leaves nothing of a broken one behind.
        hooks = Hooks()
        hooks.register(plugin, key)
        self._step = "mpcas2_register_platforms ran"
        found = hooks.register_platforms(key, settings)
        self._step = "its platforms were checked"
        verified: dict[str, Platform] = {}
        for each in found:
            platform = verify_platform(each, key)
            name = platform.key
            self._check_free(name, owners)
            if name in verified:
                raise LoadFault(f"It registers the platform {name!r} twice.")
            verified[name] = platform
        if not verified:
            raise LoadFault(
                "It registers no platform; its author has to return one from a function "
                "mpcas2_register_platforms that is marked with @hookimpl."
            )
        self.platforms = verified

    def _read_manifest(self, point: EntryPoint) -> PluginManifest:
        key = self._candidate.key
        try:
            manifest = read_manifest(point.module)
        except ManifestError as error:
            raise LoadFault(str(error)) from error
        self._manifest = manifest
        if manifest.key != key:
            raise LoadFault(
                f"Its manifest has the key {manifest.key!r} and its entry point the name {key!r}; "
                "the author has to make them equal."
            )
        return manifest

    def _read_manifest_leniently(self) -> None:
        """Reads the manifest of a plugin that is not loaded, just to show it."""
        if self._candidate.entry_point is None:
            return
        try:
            self._read_manifest(self._candidate.entry_point)
        except Exception as error:  # noqa: BLE001 - a disabled plugin stays disabled, whatever else
            log.debug("plugin.manifest_unreadable", key=self._candidate.key, error=str(error))

    def _check_free(self, key: str, owners: Mapping[str, str]) -> None:
        if key in owners:
            raise LoadFault(
                f"The key {key!r} is taken by {owners[key]}, which comes first; uninstall "
                f"{owners[key]} or {self._candidate.distribution}, or disable the key."
            )

    def _fault_from(self, error: BaseException) -> LoadFault:
        """Says in one line what went wrong; the traceback is for the log."""
        try:
            lines = str(error).strip().splitlines()
        except Exception:  # noqa: BLE001 - the error's own __str__ is a stranger's code
            lines = []
        message = lines[0][:_REASON_LENGTH] if lines else ""
        told = f"{type(error).__name__}: {message}" if message else type(error).__name__
        return LoadFault(
            f"It failed when {self._step}: {told.rstrip('.')}. Upgrade or uninstall "
            f"{self._candidate.distribution}, or ask its author; the log has the details."
        )

    def _failed(self, fault: LoadFault, error: BaseException) -> PluginRecord:
        details = {}
        if error is not fault:
            # As text: a formatter that shows local variables would print a stranger's secrets.
            details["traceback"] = "".join(traceback.format_exception(error))
        log.warning(
            "plugin.not_loaded",
            key=self._candidate.key,
            distribution=self._candidate.distribution,
            status=fault.status.value,
            reason=fault.reason,
            **details,
        )
        return self._record(fault.status, reason=fault.reason)

    def _record(self, status: PluginStatus, *, reason: str | None = None) -> PluginRecord:
        return PluginRecord(
            key=self._candidate.key,
            distribution=self._candidate.distribution,
            version=self._candidate.version,
            status=status,
            reason=reason,
            manifest=self._manifest,
            platforms=tuple(sorted(self.platforms)),
        )
