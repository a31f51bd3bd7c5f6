"""The stacks and the fleets of a project as JSON documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.ports.fleet.listing import ListedFleet, ListedMember
from engine.ports.overview import ListedStack, Overview, StackState
from engine.values.tree import map_scalars
from engine.views.json.locks import held_document, run_document
from engine.views.json.problems import problem_document
from engine.views.json.values import FORMAT_VERSION


def overview_document(overview: Overview) -> dict[str, Any]:
    """Write every stack, in the order of an apply."""
    return {
        "format_version": FORMAT_VERSION,
        "environment": overview.environment,
        "waves": [list(wave) for wave in overview.waves],
        "stacks": [_stack(stack) for stack in overview.stacks],
        "problems": [problem_document(problem) for problem in overview.problems],
        "locks_unread": overview.unread or None,
    }


def _stack(stack: ListedStack) -> dict[str, Any]:
    return {
        "stack": stack.name,
        "file": stack.file or None,
        "wave": stack.wave or None,
        "reads": list(stack.reads),
        "outputs_read": {name: list(outputs) for name, outputs in stack.reads.items()},
        "read_by": list(stack.read_by),
        "outputs": list(stack.outputs),
        "states": [_state(state) for state in stack.states],
        "problems": [problem_document(problem) for problem in stack.problems],
    }


def _state(state: StackState) -> dict[str, Any]:
    return {
        "environment": state.environment,
        "serial": state.serial,
        "resources": None if state.problem else state.objects,
        "archived": None if state.problem else state.archived,
        "outputs": list(state.outputs),
        "account": {"id": state.account_id or None, "livemode": state.livemode},
        "held_lock": held_document(state.held) if state.held is not None else None,
        "run": run_document(state.run) if state.run is not None else None,
        "unfinished_run": state.unfinished,
        "problem": state.problem or None,
        "commands": dict(state.orphan.ways) if state.orphan is not None else {},
    }


# ── fleets ────────────────────────────────────────────────────────────────────────────────


def fleets_document(fleets: Sequence[ListedFleet]) -> dict[str, Any]:
    """Write fleets, each with its accounts if they were read."""
    return {"format_version": FORMAT_VERSION, "fleets": [_fleet(listed) for listed in fleets]}


def _fleet(listed: ListedFleet) -> dict[str, Any]:
    fleet, members = listed.fleet, listed.members
    return {
        "fleet": fleet.name,
        "environment": fleet.environment,
        "accounts_from": fleet.source,
        "stacks": list(fleet.stacks),
        "canary": fleet.canary,
        "max_failures": fleet.max_failures,
        "held_lock": held_document(listed.held) if listed.held is not None else None,
        "members": None if members is None else [_member(member) for member in members],
    }


def _member(listed: ListedMember) -> dict[str, Any]:
    member = listed.member
    return {
        "account": member.name,
        "id": member.account or None,
        "environment": listed.environment,
        "key": None
        if listed.key_is_set is None
        else {"variable": member.key, "is_set": listed.key_is_set},
        "variables": map_scalars(dict(member.variables), _plain),
        "former": listed.former,
        "held_lock": held_document(listed.held) if listed.held is not None else None,
        "states": [{"stack": name, **_state(state)} for name, state in listed.states.items()],
    }


def _plain(value: Any) -> Any:
    """A value of a variable; a date of TOML is text."""
    return value if value is None or isinstance(value, (bool, int, float)) else str(value)
