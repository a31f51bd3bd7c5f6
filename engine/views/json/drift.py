"""The JSON documents of `engine drift`, and of what it accepts."""

from __future__ import annotations

import datetime as dt
from typing import Any

from engine.plan.drifted import Drifted, DriftedLeaf
from engine.ports.drift.accepted import AcceptReport
from engine.ports.drift.report import Cause, Causes, DriftReport, StackDrift, UnmanagedType, counts
from engine.values.markers import UNKNOWN
from engine.values.paths import dotted
from engine.views.fields import SENSITIVE
from engine.views.json.values import FORMAT_VERSION, known


def drift_document(report: DriftReport) -> dict[str, Any]:
    """Write what drifted."""
    return {
        "format_version": FORMAT_VERSION,
        "environment": report.environment,
        **({"server": report.server} if report.server else {}),
        "account": {"id": report.account_id or None, "livemode": report.livemode},
        "stacks": [_stack(stack) for stack in report.stacks],
        "unmanaged": [_unmanaged(entry) for entry in report.unmanaged],
        "unmanaged_listed": report.listed,
        "summary": {kind.value: number for kind, number in counts(report.drifted).items()},
        "requests": report.requests,
    }


def _unmanaged(entry: UnmanagedType) -> dict[str, Any]:
    return {
        "type": entry.type,
        "account": entry.account or None,
        "count": entry.count,
        "at_least": entry.more,
        "problem": entry.unread or None,
        "objects": [
            {
                "id": found.id,
                "name": found.name or None,
                "created": found.created,
                "address": found.address,
                "import": found.declaration,
            }
            for found in entry.objects
        ],
    }


def _stack(stack: StackDrift) -> dict[str, Any]:
    return {
        "stack": stack.stack,
        "serial": stack.serial,
        "objects": stack.objects,
        "has_module": stack.has_module,
        "drifted": [_drifted(stack, entry) for entry in stack.drifted],
        "warnings": list(stack.warnings),
    }


def _drifted(stack: StackDrift, entry: Drifted) -> dict[str, Any]:
    ways, causes = stack.ways_out(entry), stack.causes.get(entry.address, Causes())
    return {
        "address": entry.address,
        "type": entry.type,
        "name": entry.address.name,
        "id": entry.id or None,
        "account": entry.account or None,
        "kind": entry.kind.value,
        "location": entry.line or None,
        "action": entry.action.value if entry.action is not None else None,
        "leaves": [_leaf(leaf) for leaf in entry.leaves],
        "causes": [_cause(cause) for cause in causes.known],
        "cause_unknown": causes.unknown or None,
        "ways_out": {
            "put_back": ways.put_back or None,
            "accept": dict(ways.accept),
            "accept_all": ways.accept_all or None,
            "ignore": ways.ignore or None,
        },
    }


def _leaf(leaf: DriftedLeaf) -> dict[str, Any]:
    def side(value: Any) -> Any:
        shown = known(value)
        return SENSITIVE if leaf.sensitive and shown is not None else shown

    return {
        "path": dotted(leaf.path),
        "code": side(leaf.code),
        "code_unknown": leaf.code is UNKNOWN,
        "code_is": leaf.code_is.value,
        "applied": side(leaf.applied),
        "stripe": side(leaf.actual),
    }


def _cause(cause: Cause) -> dict[str, Any]:
    return {
        "event": cause.event,
        "type": cause.type,
        "at": dt.datetime.fromtimestamp(cause.at, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "request": cause.request or None,
        "paths": [dotted(path) for path in cause.paths if path],
    }


def accepted_document(report: AcceptReport) -> dict[str, Any]:
    """Write what was accepted: all of it, or nothing, with the reasons."""
    return {
        "format_version": FORMAT_VERSION,
        "environment": report.environment,
        "written": report.is_whole,
        "accepted": [
            {
                "stack": leaf.stack,
                "place": leaf.place,
                "file": leaf.file,
                "code": leaf.code or None,
            }
            for leaf in report.accepted
        ],
        "refused": [
            {
                "stack": leaf.stack,
                "place": leaf.place,
                "file": leaf.file,
                "line": leaf.line,
                "why": leaf.why,
                "by_hand": leaf.by_hand,
            }
            for leaf in report.refused
        ],
        "serials": dict(report.serials),
        "command": report.rest or None,
    }
