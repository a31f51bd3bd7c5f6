"""The run of a code host, what it works on, and where its pages are shown."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from engine.cli.invocation import Invocation
from engine.errors import EngineError

if TYPE_CHECKING:
    from engine.backends.state_commit import StateCommit
    from engine.operations.ci.scope import Scope
    from engine.operations.run.context import Context
    from engine.ports.ci.code_host import ChangeRequest, CodeHost

SUMMARY = 900_000
"""Bytes of a page in the summary of a job, which takes a MiB."""
_PATIENCE = 120.0
"""Seconds that a job waits for a lock unless it says otherwise: the job of a change is not refused
since an apply is at work, and the lock of a machine that is gone is taken after a minute."""


def patient(typed: dict[str, Any]) -> dict[str, Any]:
    """What was typed, with the time that a job waits for a lock."""
    source = click.get_current_context().get_parameter_source("lock_timeout")
    given = source is ParameterSource.COMMANDLINE
    return typed if given else {**typed, "lock_timeout": _PATIENCE}


def job_of(
    invocation: Invocation, stacks: tuple[str, ...], fleet: str | None = None
) -> tuple[CodeHost, Scope]:
    """The run of a host, and what it works on."""
    from engine.bootstrap.project import open_code_host
    from engine.operations.ci.scope import Scope

    host = open_code_host(os.environ)
    root, top = invocation.root.resolve(), host.workspace.resolve()
    project = root.relative_to(top).as_posix() if root.is_relative_to(top) else root.name
    context = invocation.open() if fleet is None else environment_of_fleet(invocation, fleet)
    return host, Scope(
        environment=context.environment,
        project="" if project == "." else project,
        stacks=stacks,
        store="" if context.settings.state == "file" else context.backend.address,
        fleet=fleet or "",
    )


def environment_of_fleet(invocation: Invocation, fleet: str) -> Context:
    """The environment that a fleet belongs to."""
    from engine.bootstrap.members import fleet_named
    from engine.settings.load import load_settings
    from engine.settings.model import EMBEDDED

    root = invocation.root
    found = fleet_named(load_settings(root, environment=EMBEDDED), fleet)
    return invocation.open_folder(root, found.environment)


def states_of(invocation: Invocation, host: CodeHost, scope: Scope) -> StateCommit:
    """Commits the states of what a job works on."""
    from engine.backends.state_commit import StateCommit

    return StateCommit(invocation.root, scope.states, host.remote)


def take_states(invocation: Invocation, host: CodeHost, scope: Scope) -> None:
    """Use the states that the branch has by now, whatever commit this run is of."""
    if scope.store:
        return
    for file in states_of(invocation, host, scope).pull(host.branch):
        invocation.write_note(f"Taken from {host.branch}, which has a newer one: {file}")


def show(
    invocation: Invocation,
    host: CodeHost,
    scope: Scope,
    what: str,
    change: ChangeRequest | None,
    page: str,
    summary: str = "",
) -> None:
    """Show a page where the change is reviewed."""
    from engine.operations.ci.publish import publish
    from engine.redaction import hide

    shown = str(hide(page))
    said = publish(
        host, change, scope.marker(what), shown, summary=str(hide(summary)) if summary else shown
    )
    invocation.write_note(said)


def error_page(error: EngineError) -> str:
    """The page of an error."""
    from engine.views.markdown.results import error_markdown

    return error_markdown(error)
