"""Wires the runs of a fleet: one project for each account, cheaply.

What all accounts have in common (settings, policies, connections, rate limits, a store) is opened
once in a process for each run, so that opening an account costs next to nothing.
"""

from __future__ import annotations

import collections
import dataclasses
import os
import threading
from pathlib import Path
from typing import Any

from engine.backends.fleet_runs import FileFleetRuns
from engine.bootstrap.connections import Connections
from engine.bootstrap.members import fleet_named, with_member
from engine.bootstrap.project import open_settings
from engine.errors import UsageError
from engine.operations.fleet.work import run_member
from engine.operations.run.context import Context
from engine.ports.fleet.members import environment_of
from engine.ports.fleet.record import FleetRuns
from engine.ports.fleet.tasks import MemberResult, MemberTask
from engine.ports.hook import Hook
from engine.settings.fleets import Fleet
from engine.settings.load import load_settings
from engine.settings.model import EMBEDDED, Settings
from engine.variables import Variables

_RUNS = 4
"""Runs that a worker keeps open: those of a long life must not keep all that they ever had."""


def work(task: MemberTask) -> MemberResult:
    """Run a task: importable by name, so that any process finds it."""
    return run_member(task, _opened)


@dataclasses.dataclass(slots=True)
class _Opened:
    """What the accounts of a run have in common in this process."""

    settings: Settings
    connections: Connections
    context: Context


_lock = threading.Lock()
_runs: collections.OrderedDict[tuple[Any, ...], _Opened] = collections.OrderedDict()


def open_fleet(
    root: Path,
    name: str,
    claim: str,
    *,
    variables: Variables | None = None,
    parallelism: int | None = None,
    hook: Hook | None = None,
) -> tuple[Context, Fleet]:
    """Wire the environment of a fleet; the tasks of the run in this process share what it opens.

    Args:
        root: The project folder.
        name: Name of the fleet.
        claim: Random id of the run.
        variables: Values for the stacks' variables; those of the environment if None.
        parallelism: Value given as a flag.
        hook: Notified of everything; None for one that does nothing.

    Raises:
        SettingsError: if the configuration cannot be used, or has no such fleet.
        UsageError: if there is no such folder.
    """
    if not root.is_dir():
        raise UsageError(f"{root} is not a folder", hint="name one with -C DIR")
    settings = load_settings(
        root, environment=EMBEDDED, variables=variables, parallelism=parallelism
    )
    fleet = fleet_named(settings, name)
    settings = load_settings(
        root, environment=fleet.environment, variables=variables, parallelism=parallelism
    )
    connections = Connections()
    context = open_settings(settings, hook or Hook(), connections=connections, claim=claim)
    opened = _Opened(dataclasses.replace(settings, fleet=fleet), connections, context)
    with _lock:
        _runs[str(root), name, claim, 1] = opened
    return context, fleet


def fleet_runs(context: Context) -> FleetRuns:
    """What keeps the unfinished applies of fleets: the store of their states, or else files.

    Args:
        context: The ports of the fleet's environment.
    """
    if context.settings.state != "file":
        from engine.backends.http.backend import HttpBackend
        from engine.backends.shared.backend import SharedBackend

        backend = context.backend
        if isinstance(backend, (HttpBackend, SharedBackend)):
            return backend.fleet_runs()
    return FileFleetRuns(context.settings.private)


def _opened(task: MemberTask) -> Context:
    root = os.environ.get("ENGINE_PROJECT") or task.root
    key = (root, task.fleet, task.claim, task.workers)
    with _lock:
        found = _runs.get(key) or _open_run(Path(root), task)
        _runs[key] = found
        _runs.move_to_end(key)
        while len(_runs) > _RUNS:
            _runs.popitem(last=False)
    settings = with_member(found.settings, task.member)
    context = open_settings(
        settings, Hook(), connections=found.connections, claim=task.claim, shared=found.context
    )
    if task.elsewhere and settings.environment.secrets == "file":
        from engine.backends.secrets.file import FarFileSink

        sink = FarFileSink(settings.private, settings.environment.name)
        return dataclasses.replace(context, open_sink=lambda: sink)
    return context


def _open_run(root: Path, task: MemberTask) -> _Opened:
    name = environment_of(task.fleet, task.member.name)
    settings = load_settings(root, environment=name)
    connections = Connections(share=1 / task.workers)
    return _Opened(settings, connections, open_settings(settings, Hook(), connections=connections))
