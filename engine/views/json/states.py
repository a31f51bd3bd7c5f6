"""The JSON documents of show, output and the state commands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.ports.history import Version
from engine.ports.moves import Migration
from engine.ports.reports import ConstantsFile, Moved, Rebuilt, Verified
from engine.state.model import State
from engine.values.secret import holds_secret
from engine.views.json.locks import held_document
from engine.views.json.problems import problem_document
from engine.views.json.values import FORMAT_VERSION, known


def states_document(environment: str, states: Sequence[State]) -> dict[str, Any]:
    """Write whole states."""
    return {
        "format_version": FORMAT_VERSION,
        "environment": environment,
        "stacks": [_state(state) for state in states],
    }


def addresses_document(environment: str, states: Sequence[State]) -> dict[str, Any]:
    """Write what is managed, by stack."""
    return {
        "format_version": FORMAT_VERSION,
        "environment": environment,
        "stacks": [
            {
                "stack": state.stack,
                "addresses": sorted(state.resources),
                "accounts": {
                    address: entry.account
                    for address, entry in sorted(state.resources.items())
                    if entry.account
                },
            }
            for state in states
        ],
    }


def outputs_document(environment: str, states: Sequence[State]) -> dict[str, Any]:
    """Write the outputs of some stacks."""
    return {
        "format_version": FORMAT_VERSION,
        "environment": environment,
        "stacks": [{"stack": state.stack, "outputs": _outputs(state)} for state in states],
    }


def output_document(state: State, name: str) -> dict[str, Any]:
    """Write one output of one stack."""
    return {
        "format_version": FORMAT_VERSION,
        "environment": state.environment,
        "stack": state.stack,
        "name": name,
        **_outputs(state)[name],
    }


def constants_document(files: Sequence[ConstantsFile]) -> dict[str, Any]:
    """Write which files of constants were written."""
    return {
        "format_version": FORMAT_VERSION,
        "files": [
            {"file": file.file, "constants": file.constants, "written": file.changed}
            for file in files
        ],
    }


def resource_document(state: State, address: str) -> dict[str, Any]:
    """Write one resource of a state."""
    return {
        "format_version": FORMAT_VERSION,
        "environment": state.environment,
        "stack": state.stack,
        **_resource(state, address),
    }


def moved_document(moved: Moved) -> dict[str, Any]:
    """Write what moved from one stack to another."""
    return {
        "format_version": FORMAT_VERSION,
        "environment": moved.environment,
        "from": moved.giver,
        "to": moved.receiver,
        "ended": moved.ended,
        "moved": [
            {
                "from": f"{moved.giver}:{entry.old}",
                "to": f"{moved.receiver}:{entry.new}",
                "type": entry.type,
                "id": entry.id,
                "account": entry.account or None,
                "stamped": entry.stamped,
                "secret": entry.secret or entry.secret_left or None,
                "sent_again": entry.sent_again,
            }
            for entry in moved.resources
        ],
        "already": [f"{moved.receiver}:{address}" for address in moved.already],
    }


def verified_document(files: Sequence[Verified]) -> dict[str, Any]:
    """Write what a verification found."""
    return {
        "format_version": FORMAT_VERSION,
        "valid": not any(entry.problems for entry in files),
        "states": [
            {
                "file": entry.file,
                "environment": entry.environment,
                "stack": entry.stack,
                "resources": entry.resources,
                "merged": entry.merged,
                "problems": [problem_document(problem) for problem in entry.problems],
            }
            for entry in files
        ],
    }


def rebuilt_document(environment: str, rebuilds: Sequence[Rebuilt]) -> dict[str, Any]:
    """Write what states were made of."""
    return {
        "format_version": FORMAT_VERSION,
        "environment": environment,
        "stacks": [
            {
                **_state(entry.state),
                "found_by": {
                    address: trace.value for address, trace in sorted(entry.traces.items())
                },
                "missing": list(entry.missing),
                "taken": dict(entry.taken),
                "undeclared": list(entry.undeclared),
                "left_alone": [
                    {"address": one.address, "id": one.id, "stack": one.stack} for one in entry.left
                ],
                "not_looked_through": list(entry.unread),
                "replaced": entry.aside or None,
            }
            for entry in rebuilds
        ],
    }


def _state(state: State) -> dict[str, Any]:
    return {
        "stack": state.stack,
        "serial": state.serial,
        "lineage": state.lineage,
        "account": {"id": state.account_id or None, "livemode": state.livemode},
        "api_version": state.api_version or None,
        "outputs": _outputs(state),
        "resources": [_resource(state, address) for address in sorted(state.resources)],
    }


def _resource(state: State, address: str) -> dict[str, Any]:
    resource = state.resources[address]
    return {
        "address": address,
        "type": resource.type,
        "name": address.rpartition(".")[2],
        "id": resource.id,
        "account": resource.account or None,
        "declared": known(resource.declared),
        "attributes": known(resource.attributes),
        "dependencies": list(resource.dependencies),
        "former": list(resource.former),
    }


def _outputs(state: State) -> dict[str, Any]:
    return {
        name: {"value": known(value), "sensitive": holds_secret(value)}
        for name, value in sorted(state.outputs.items())
    }


def versions_document(environment: str, stack: str, versions: Sequence[Version]) -> dict[str, Any]:
    """Write the versions of a state, the newest first."""
    return {
        "format_version": FORMAT_VERSION,
        "environment": environment,
        "stack": stack,
        "versions": [
            {
                "serial": version.serial,
                "since": version.since or None,
                "who": version.who or None,
                "operation": version.operation or None,
                "resources": version.resources,
                "url": version.url or None,
                "place": version.place or None,
            }
            for version in versions
        ],
    }


def migration_document(migration: Migration) -> dict[str, Any]:
    """Write what moves to another store, or has moved."""
    setting = migration.setting
    return {
        "format_version": FORMAT_VERSION,
        "environment": migration.environment,
        "from": migration.source,
        "to": migration.target,
        "approved": migration.approved,
        "environments": [
            {
                "environment": one.environment,
                "moved": one.moved,
                "begun": one.begun,
                "stacks": [
                    {
                        "stack": stack.stack,
                        "serial": stack.serial or None,
                        "lineage": stack.lineage or None,
                        "resources": stack.resources,
                        "replaces": stack.replaces or None,
                        "there": stack.there,
                        "pending_import": stack.pending_import,
                        "moves_record": stack.moves_record,
                        "versions": stack.versions,
                    }
                    for stack in one.stacks
                ],
                "held_locks": [held_document(lock) for lock in one.held_locks],
            }
            for one in migration.environments
        ],
        "setting": {
            "table": setting.table,
            "line": setting.line or None,
            "state": setting.value,
            "right": setting.right,
        },
    }
