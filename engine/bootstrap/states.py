"""Where states are kept: which adapter the setting `state` means."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping

from engine.errors import SettingsError
from engine.ports.backend import StateBackend
from engine.ports.history import VersionContents
from engine.settings.model import Settings
from engine.version import VERSION


def state_backend(settings: Settings, state: str = "") -> Callable[[], StateBackend]:
    """What opens the state backend of a project, the same one at each call.

    Args:
        settings: The settings.
        state: Where states are kept; empty for what the settings say.

    Raises:
        SettingsError: if states cannot be kept there.
    """
    place = state or settings.state
    scheme = place.partition(":")[0]
    if scheme not in _STATE_BACKENDS:
        raise _no_state_backend(scheme)
    return functools.cache(functools.partial(_STATE_BACKENDS[scheme], settings, place))


def _no_state_backend(scheme: str) -> SettingsError:
    # Not the whole text: there may be a password in it.
    return SettingsError(
        f"states cannot be kept in {scheme!r}",
        hint='write state = "file", or the address of a store: "s3://BUCKET/PREFIX", '
        '"gs://BUCKET/PREFIX", "az://CONTAINER/PREFIX", "postgresql://HOST/DATABASE" or '
        '"https://HOST/PATH"; docs/how-to/share-state.md says how each is set up',
    )


def _files(settings: Settings, place: str) -> StateBackend:
    from engine.backends.state.file_backend import FileBackend

    if place != "file":
        raise _no_state_backend("file:...")
    return FileBackend(
        settings.states,
        settings.private,
        engine_version=VERSION,
        open_history=functools.partial(_committed, settings),
    )


def _committed(settings: Settings) -> VersionContents:
    from engine.backends.git.repository import GitRepository
    from engine.backends.git.state_history import GitHistory

    folder = settings.states.relative_to(settings.root).as_posix()
    return GitHistory(GitRepository(settings.root), folder)


def _objects(_: Settings, place: str) -> StateBackend:
    from engine.backends.shared.backend import SharedBackend
    from engine.backends.shared.objects.store import ObjectStore

    return SharedBackend(ObjectStore(place), engine_version=VERSION)


def _postgres(_: Settings, place: str) -> StateBackend:
    try:
        import psycopg  # noqa: F401 - whether it is there
    except ImportError as error:
        raise SettingsError(
            "states in PostgreSQL need psycopg, which cannot be imported",
            hint="pip install 'stripe-stack-engine[postgres]'",
        ) from error
    from engine.backends.shared.backend import SharedBackend
    from engine.backends.shared.postgres.store import PostgresStore

    return SharedBackend(PostgresStore(place), engine_version=VERSION)


def _http(settings: Settings, place: str) -> StateBackend:
    from engine.backends.http.address import login_for, parse_server
    from engine.backends.http.backend import HttpBackend
    from engine.backends.http.client import Client

    del settings
    server = parse_server(place)
    return HttpBackend(Client(server, login_for(server, os.environ)), engine_version=VERSION)


_STATE_BACKENDS: Mapping[str, Callable[[Settings, str], StateBackend]] = {
    "file": _files,
    "s3": _objects,
    "gs": _objects,
    "az": _objects,
    "postgresql": _postgres,
    "postgres": _postgres,
    "https": _http,
    "http": _http,
}
"""What opens a state backend, by the scheme of its address."""
