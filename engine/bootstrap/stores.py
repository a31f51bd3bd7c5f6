"""The stores of a project: each environment may keep its states elsewhere."""

from __future__ import annotations

import functools
from pathlib import Path

from engine.bootstrap.states import state_backend
from engine.errors import SettingsError
from engine.ports.backend import StateBackend, Store
from engine.settings.load import load_settings
from engine.settings.model import EMBEDDED, UNNAMED, Settings


def stores(root: Path, environment: str | None = None) -> tuple[Store, ...]:
    """The stores of a project, each once, in the order of the environments' names.

    Args:
        root: The project folder.
        environment: The environment whose store is asked for alone; None for all.

    Raises:
        SettingsError: if the configuration cannot be used. What is wrong with one environment alone
            is raised when its store is opened.
    """
    known = load_settings(root, environment=environment or EMBEDDED)
    if environment is not None:
        return (Store((environment,), state_backend(known)),)
    found: dict[str, Settings] = {}
    names: dict[str, list[str]] = {}
    broken: list[Store] = []
    for name in known.environments:
        try:
            settings = load_settings(root, environment=name)
        except SettingsError as error:
            broken.append(Store((name,), functools.partial(_refuse, error)))
            continue
        found.setdefault(settings.state, settings)
        names.setdefault(settings.state, []).append(name)
    opened = (
        Store(tuple(names[state]), functools.partial(_opened, settings))
        for state, settings in found.items()
    )
    return (*opened, *broken)


def keeps_files(root: Path) -> bool:
    """Whether a project has states in files, or will have some.

    The environments that are built in count if nothing else is configured.
    """
    settings = load_settings(root, environment=EMBEDDED)
    named = [name for name in settings.environments if name not in (EMBEDDED, UNNAMED)]
    return any(settings.states.rglob("*.json")) or any(
        _in_files(root, name) for name in named or (EMBEDDED,)
    )


def _in_files(root: Path, environment: str) -> bool:
    try:
        return load_settings(root, environment=environment).state == "file"
    except SettingsError:
        return False  # the variable that names its store is not set here


def _opened(settings: Settings) -> StateBackend:
    return state_backend(settings)()


def _refuse(error: SettingsError) -> StateBackend:
    raise error
