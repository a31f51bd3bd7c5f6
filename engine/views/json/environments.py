"""The JSON document of two environments side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.values.paths import dotted
from engine.views.json.plan import plan_document
from engine.views.json.values import FORMAT_VERSION, known

if TYPE_CHECKING:
    from engine.plan.environments.model import (
        Compared,
        EnvironmentsDifference,
        Found,
        LeafDifference,
        Promotion,
        ResourceDifference,
        StackDifference,
    )


def difference_document(report: EnvironmentsDifference) -> dict[str, Any]:
    """Write what differs; each pair has the first environment first."""
    return {
        "format_version": FORMAT_VERSION,
        "environments": [_environment(one) for one in report.environments],
        "refreshed": report.refreshed,
        "differs": report.differs,
        "stacks": [_stack(report, stack) for stack in report.stacks],
        "undeclared": report.undeclared,
        "requests": report.requests,
    }


def promotion_document(promotion: Promotion) -> dict[str, Any]:
    """Write the plan of a promotion as `engine plan` does, and what will still differ after it."""
    return {
        **plan_document(promotion.report),
        "promoted_from": promotion.source,
        "remaining": difference_document(promotion.remaining),
    }


def _environment(one: Compared) -> dict[str, Any]:
    return {
        "environment": one.environment,
        **({"server": one.server} if one.server else {}),
        "account": {"id": one.account_id or None, "livemode": one.livemode},
    }


def _stack(report: EnvironmentsDifference, stack: StackDifference) -> dict[str, Any]:
    return {
        "stack": stack.stack,
        "recorded": list(stack.recorded),
        "unfinished": list(stack.unfinished),
        "compared": stack.compared,
        "resources": [_resource(report, one) for one in report.shown(stack)],
    }


def _resource(report: EnvironmentsDifference, one: ResourceDifference) -> dict[str, Any]:
    leaves = [leaf for leaf in one.leaves if leaf.declared or report.everything]
    return {
        "address": str(one.address),
        "type": one.type,
        "only_in": None if one.in_one is None else report.environments[one.in_one].environment,
        "found": [_found(found) for found in one.found],
        "hint": one.hint or None,
        "fields": [_field(leaf) for leaf in leaves],
    }


def _found(found: Found | None) -> dict[str, Any] | None:
    return None if found is None else {"id": found.id or None, "gone": found.gone}


def _field(leaf: LeafDifference) -> dict[str, Any]:
    return {
        "path": dotted(leaf.path),
        "values": [known(value) for value in leaf.values],
        "declared": leaf.declared,
    }
