"""Wires a project to an emulator in this process, with states and secrets in a folder of its own.

The project's own states and its private folder are neither read nor written.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.bootstrap.connections import Connections
from engine.bootstrap.project import open_settings
from engine.errors import UsageError
from engine.operations.run.context import Context
from engine.ports.hook import Hook
from engine.settings.load import load_settings
from engine.settings.model import EMBEDDED
from engine.variables import Variables

if TYPE_CHECKING:
    from engine.emulator.core import Emulator

_OWN: Final = frozenset({".engine", ".git", "state"})


def open_emulated(
    root: Path,
    emulator: Emulator,
    folder: Path,
    *,
    environment: str | None,
    variables: Variables,
    hook: Hook,
) -> Context:
    """The ports of a project whose environment is an emulator.

    Args:
        root: The project folder.
        emulator: What answers.
        folder: An empty folder for states and secrets.
        environment: Name of the environment, which stacks see; None for the embedded one.
        variables: Values for the stacks' variables.
        hook: Notified of everything.

    Raises:
        UsageError: There is no such project, or the environment is an account of a fleet.
        SettingsError: The configuration cannot be used.
    """
    if not (root / "stacks").is_dir():
        raise UsageError(f"{root} has no folder stacks", hint="name a project with -C DIR")
    settings = load_settings(
        root,
        environment=environment or EMBEDDED,
        variables=variables,
        environ={},
        emulated=True,
    )
    if settings.fleet is not None:
        raise UsageError(
            f"{environment} is an account of a fleet, which no emulator is",
            hint=f"serve with -e {settings.fleet.environment} and --var",
        )
    # Stacks find files of the project from where they are themselves.
    for entry in root.absolute().iterdir():
        if entry.name not in _OWN:
            (folder / entry.name).symlink_to(entry, target_is_directory=entry.is_dir())
    from engine.emulator.doors.transport import InProcessTransport

    connections = Connections(embedded=InProcessTransport(emulator))
    return open_settings(replace(settings, root=folder), hook, connections=connections)
