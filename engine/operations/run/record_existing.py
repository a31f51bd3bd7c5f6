"""The record in a state for an existing object that comes under management."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Mapping
from typing import Any

from engine.graph.build import ResourceGraph
from engine.plan.compare.field_changes import list_at
from engine.plan.compare.normalize import Normalizer
from engine.plan.decide.decision import removal_policy_of
from engine.plan.model import Change
from engine.plan.translate.recorded import attributes_of, referred_attributes
from engine.schema.remote import RemoteObject, id_of
from engine.schema.resource_type import Schemas
from engine.state.model import ResourceState
from engine.values.markers import UNKNOWN
from engine.values.paths import Path
from engine.values.secret import Sealed, Sensitive
from engine.values.targets import Elsewhere, OutputTarget, Target
from engine.values.templates import resolve


def as_declared(
    schemas: Schemas,
    graph: ResourceGraph,
    change: Change,
    actual: RemoteObject,
    *,
    lineage: str,
    outputs: Mapping[Elsewhere, Any],
    others: Collection[str],
    referred: Mapping[str, set[str]] | None = None,
) -> ResourceState:
    """The record of an existing object, with the declared fields that it agrees with.

    Fields that Stripe does not return count as declared, so that they never cause a replacement.
    The next plan shows where the object differs.

    Args:
        schemas: Resource types by name.
        graph: What is declared.
        change: What a plan would do to the object.
        actual: The object.
        lineage: The state's, for fingerprints of secrets.
        outputs: Outputs of other stacks.
        others: Other addresses in the state: it can depend on no others yet.
        referred: What `referred_attributes` returns for the graph, where many are recorded.
    """
    kind, normal = schemas[change.type], Normalizer(lineage)
    address = change.address
    declaration = graph.declarations[address]
    declared = normal.seal(declaration.arguments)
    for field in change.fields:
        declared = _without(declared, list_at(kind.root, field.path) or field.path)
    needs = graph.edges[address] | graph.deferred[address]
    referred = referred_attributes(graph, schemas) if referred is None else referred
    return ResourceState(
        type=kind.name,
        id=id_of(actual),
        declared=declared,
        attributes=attributes_of(
            normal,
            kind,
            normal.seal(resolve(declared, _veil(schemas, outputs))),
            actual,
            referred.get(address, set()),
            None,
        ),
        dependencies=tuple(sorted(needs.intersection(others))),
        removal_policy=dataclasses.replace(
            removal_policy_of(declaration, kind), account=change.account
        ),
        imported=True,
    )


def _veil(schemas: Schemas, outputs: Mapping[Elsewhere, Any]) -> Callable[[Target], Any]:
    """Stand-ins for referenced values, which show only whether they are secret."""

    def value(target: Target) -> Any:
        if isinstance(target, OutputTarget):
            found = outputs.get(target, UNKNOWN)
            return Sensitive("") if found is UNKNOWN or isinstance(found, Sealed) else found
        attribute = schemas[target.address.type].root.at(target.path)
        secret = attribute is not None and attribute.sensitive
        return Sensitive("") if secret else f"${{{target}}}"

    return value


def _without(document: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """A document without the leaf at a path, nor what is empty then."""
    name = path[0]
    found = dict(document)
    inner = found.get(str(name))
    if len(path) == 1 or not isinstance(inner, Mapping):
        found.pop(str(name), None)
    elif left := _without(inner, path[1:]):
        found[str(name)] = left
    else:
        found.pop(str(name), None)
    return found
