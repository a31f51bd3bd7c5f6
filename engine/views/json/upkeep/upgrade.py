"""What another API version would change, as a JSON document."""

from __future__ import annotations

from typing import Any

from engine.plan.model import PlanReport
from engine.ports.upkeep.upgrade import (
    DeclaredDifference,
    FieldDifference,
    Release,
    TypeDifference,
    UpgradeReport,
)
from engine.views.json.plan import plan_document
from engine.views.json.problems import problem_document
from engine.views.json.values import FORMAT_VERSION
from engine.views.style import printable


def upgrade_document(report: UpgradeReport) -> dict[str, Any]:
    """Write everything, the next plan as `engine plan` does."""
    return {
        "format_version": FORMAT_VERSION,
        "environment": report.environment,
        "before": _release(report.before),
        "after": _release(report.after),
        "breaks": report.breaks,
        "states": [
            {"stack": stack, "api_version": version or None} for stack, version in report.states
        ],
        "types": [_type(one) for one in report.types],
        "problems": [problem_document(one) for one in report.problems],
        "endpoints": [
            {
                "type": one.type,
                "id": printable(one.id),
                "api_version": printable(one.version),
                "address": one.address or None,
            }
            for one in report.endpoints
        ],
        "endpoints_unread": printable(report.endpoints_unread) or None,
        "plan": None if report.plan is None else _plan(report.plan),
        "why_no_plan": printable(report.why_no_plan) or None,
        "requests": report.requests,
    }


def _plan(report: PlanReport) -> dict[str, Any]:
    return {key: value for key, value in plan_document(report).items() if key != "format_version"}


def _release(one: Release) -> dict[str, str]:
    return {"sdk": one.sdk, "api_version": one.api_version}


def _type(one: TypeDifference) -> dict[str, Any]:
    return {
        "type": one.type,
        "vanishes": one.vanishes,
        "breaks": one.breaks,
        "declared": [_declared(declared) for declared in one.declared],
        "others": [_difference(other) for other in one.others],
        "calls_lost": list(one.calls),
    }


def _declared(one: DeclaredDifference) -> dict[str, Any]:
    return {
        **_difference(one.difference),
        "breaks": one.breaks,
        "declarations": [{"address": address, "place": place} for address, place in one.places],
    }


def _difference(one: FieldDifference) -> dict[str, Any]:
    return {
        "path": one.path,
        "what": one.what.value,
        "before": printable(one.before) or None,
        "after": printable(one.after) or None,
    }
