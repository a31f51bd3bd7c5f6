"""The JSON documents of plan and apply."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.plan.impact import Impact
from engine.plan.model import Change, Drift, FieldChange, OutputChange, Plan, PlanReport, summary
from engine.plan.orphan import Orphan
from engine.plan.refusal import PolicyFinding
from engine.plan.rename import Rename
from engine.ports.fleet.reports import FleetPlan, FleetReport
from engine.ports.fleet.tasks import MemberResult
from engine.ports.outcomes import ApplyReport, ApplyResult, StepResult
from engine.values.markers import ABSENT
from engine.values.paths import Path, dotted
from engine.views.fields import SENSITIVE
from engine.views.json.problems import error_document, refusal_document
from engine.views.json.values import FORMAT_VERSION, known, unknown
from engine.views.style import printable


def plan_document(report: PlanReport) -> dict[str, Any]:
    """Write the plans of one run."""
    return {
        "format_version": FORMAT_VERSION,
        "environment": report.environment,
        **({"server": report.server} if report.server else {}),
        "account": {"id": report.account_id or None, "livemode": report.livemode},
        "stacks": [_plan(plan) for plan in report.plans],
        "notes": list(report.notes),
        "policies": [_policy(finding) for finding in report.policies],
        "renames": [_rename(rename) for rename in report.renames],
        "without_module": [orphan_document(orphan) for orphan in report.orphans],
        "impact_asked": report.impact_asked,
        "impacts": [_impact(impact) for impact in report.impacts],
        "requests": report.requests,
    }


def apply_document(report: ApplyReport) -> dict[str, Any]:
    """Write what an apply planned and did.

    It is the plan's document, with the serial and the outputs as they are now, plus `outcomes`
    and whether the plan came from a file.
    """
    document = plan_document(report.plan)
    results = {result.stack: result for result in report.results}
    for entry, plan in zip(document["stacks"], report.plan.plans, strict=True):
        result = results.get(plan.stack)
        if result is not None:
            entry["serial"] = result.state.serial
            entry["outputs"] = {output.name: _output_now(output, result) for output in plan.outputs}
    document["saved_plan"] = report.plan.saved
    document["requests"] = report.requests
    document["writes"] = report.writes
    document["ended"] = dict(report.ended)
    document["outcomes"] = [
        {"stack": result.stack, **_outcome(entry)}
        for result in report.results
        for entry in result.results
    ]
    return document


def _policy(finding: PolicyFinding) -> dict[str, Any]:
    document = refusal_document(finding.stack, finding.refusal)
    del document["reference"]
    return {
        **document,
        "message": printable(finding.message),
        "mandatory": finding.mandatory,
        "defined_at": finding.defined_at,
    }


def _rename(rename: Rename) -> dict[str, Any]:
    return {
        "from": {"stack": rename.giver or rename.stack, "address": rename.old},
        "to": {"stack": rename.stack, "address": rename.new, "location": rename.line},
        "same": rename.same,
        "loses": rename.loses or None,
        "file": rename.file,
        "line": rename.moved,
    }


def _impact(impact: Impact) -> dict[str, Any]:
    return {
        "stack": impact.stack,
        "address": impact.address,
        "id": impact.id or None,
        "uses": [
            {
                "what": use.what,
                "count": use.count,
                "at_least": use.more,
                "where": list(use.where),
                "unmanaged": list(use.unmanaged),
                "note": use.note or None,
            }
            for use in impact.uses
        ],
        "unread": impact.unread or None,
    }


def orphan_document(orphan: Orphan) -> dict[str, Any]:
    """Write a stack that has a state and no module, and the commands that settle it."""
    return {
        "stack": orphan.stack,
        "resources": None if orphan.problem else len(orphan.addresses),
        "types": dict(orphan.types),
        "addresses": list(orphan.addresses),
        "unfinished_run": orphan.unfinished,
        "problem": orphan.problem or None,
        "commands": dict(orphan.ways),
    }


def _plan(plan: Plan) -> dict[str, Any]:
    return {
        "stack": plan.stack,
        "serial": plan.serial,
        "changes": [change_document(change) for change in plan.pending],
        "drift": [_drift(drift) for drift in plan.drift],
        "outputs": {output.name: output_change_document(output) for output in plan.outputs},
        "summary": summary(plan),
        "warnings": list(plan.warnings),
        "refusals": list(plan.refusals),
        "refused": [refusal_document(plan.stack, refusal) for refusal in plan.refusals],
    }


def change_document(change: Change) -> dict[str, Any]:
    """Write what happens to one resource."""
    hidden = [entry.path for entry in change.fields if entry.sensitive]
    return {
        "address": change.address,
        "type": change.type,
        "name": change.address.name,
        "action": change.action.value,
        "reasons": [reason.value for reason in change.reasons],
        "id": change.id or None,
        "before": _masked(known(change.before), hidden) or None,
        "after": _masked(known(change.after), hidden) or None,
        "after_unknown": unknown(change.after) or {},
        "paths": [_field(entry) for entry in change.fields],
        "create_first": change.create_first,
        "removal": change.removal.verb.value if change.removal is not None else None,
        "moved_from": change.moved_from,
        "notes": list(change.notes),
        "location": change.line or None,
        "account": change.account or None,
        "dependencies": list(change.dependencies),
    }


def _field(entry: FieldChange) -> dict[str, Any]:
    return {
        "path": dotted(entry.path),
        "before": _side(entry.before, sensitive=entry.sensitive),
        "after": _side(entry.after, sensitive=entry.sensitive),
        "reason": entry.reason.value,
        "forces_replacement": entry.forces_replacement,
    }


def _side(value: Any, *, sensitive: bool) -> Any:
    """One side of a change; a secret is masked, but its absence is shown."""
    shown = known(value)
    return SENSITIVE if sensitive and shown is not None else shown


def _masked(document: Any, hidden: Sequence[Path]) -> Any:
    """Mask the leaves at some paths, in the document itself."""
    for path in hidden:
        parent = document
        for part in path[:-1]:
            parent = _step(parent, part)
        if _step(parent, path[-1]) is not None:
            parent[path[-1]] = SENSITIVE
    return document


def _step(parent: Any, part: str | int) -> Any:
    try:
        return parent[part]
    except (KeyError, IndexError, TypeError):
        return None


def _drift(drift: Drift) -> dict[str, Any]:
    return {
        "address": drift.address,
        "type": drift.type,
        "name": drift.address.name,
        "id": drift.id or None,
        "gone": drift.gone,
        "ended": drift.ended,
        "account": drift.account or None,
        "paths": [_field(entry) for entry in drift.fields],
    }


def output_change_document(output: OutputChange) -> dict[str, Any]:
    """Write how one output changes; a secret is masked."""
    return {
        "before": _side(output.before, sensitive=output.sensitive),
        "after": _side(output.after, sensitive=output.sensitive),
        "after_unknown": unknown(output.after),
        "sensitive": output.sensitive,
    }


def _output_now(output: OutputChange, result: ApplyResult) -> dict[str, Any]:
    value = result.state.outputs.get(output.name, ABSENT)
    return {
        **output_change_document(output),
        "after": _side(value, sensitive=output.sensitive),
        "after_unknown": False,
    }


def _outcome(entry: StepResult) -> dict[str, Any]:
    document: dict[str, Any] = {
        "address": entry.step.address,
        "step": entry.step.key,
        "kind": entry.step.kind.value,
        "outcome": entry.outcome.value,
        "id": entry.id or None,
        "account": entry.step.account or None,
    }
    if entry.error is not None:
        document["error"] = error_document(entry.error)
    if entry.because:
        document["because"] = entry.because
    return document


# ── fleets ────────────────────────────────────────────────────────────────────────────────


def fleet_plan_document(plan: FleetPlan) -> dict[str, Any]:
    """The plans of a fleet."""
    return {"format_version": FORMAT_VERSION, **_fleet_plan(plan)}


def fleet_report_document(report: FleetReport) -> dict[str, Any]:
    """What became of the accounts of a fleet."""
    return {
        "format_version": FORMAT_VERSION,
        **_fleet_plan(report.plan),
        "results": [_member_result(result) for result in report.results],
        "approved": report.approved,
        "stopped": report.stopped,
        "resume": report.resume,
        "requests": report.requests,
    }


def _fleet_plan(plan: FleetPlan) -> dict[str, Any]:
    return {
        "fleet": plan.fleet,
        "environment": plan.environment,
        "stacks": list(plan.stacks),
        "accounts": {
            "total": plan.size,
            "changed": sum(len(group.members) for group in plan.groups),
            "unchanged": len(plan.unchanged),
            "failed": len(plan.failed),
        },
        "groups": [
            {
                "key": group.key,
                "accounts": [member.name for member in group.members],
                "plan": _without_version(plan_document(group.plan)),
            }
            for group in plan.groups
        ],
        "unchanged": [member.name for member in plan.unchanged],
        "failed": [_member_result(result) for result in plan.failed],
        "former": list(plan.former),
        "requests": plan.requests,
    }


def _member_result(result: MemberResult) -> dict[str, Any]:
    failure = result.failure
    return {
        "account": result.member.name,
        "outcome": result.outcome.value,
        "group": result.group,
        "error": None
        if failure is None
        else {
            "reference": failure.reference,
            "message": printable(failure.message),
            "cause": printable(failure.cause),
            "hint": printable(failure.hint),
        },
        "done": result.done,
    }


def _without_version(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: part for name, part in document.items() if name != "format_version"}
