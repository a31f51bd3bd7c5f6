"""The stacks of a project as a JSON document."""

from __future__ import annotations

from typing import Any

from engine.ports.overview import ListedStack, Overview, StackState
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
