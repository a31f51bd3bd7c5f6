"""Planning from JSON documents: the form of `tests/cases/*.json`, read into the engine's values.

A case is `{description, stack, state, observed, options, expect}`. What it leaves out means the
obvious: state declares what the stack declares, saw what Stripe has, and depends on what its
declaration refers to. `{"$secret": TEXT}` is a sensitive value in a declaration,
`{"$sealed": TEXT}` its fingerprint in state, `{"$decimal": TEXT}` a `Decimal`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

from engine.address import ResourceAddress, parse_address
from engine.catalog import loader
from engine.graph.build import ResourceGraph, build_graph
from engine.plan.compare.normalize import Normalizer
from engine.plan.inputs.observed import Observed
from engine.plan.inputs.options import PlanOptions
from engine.plan.inputs.ownership import ObjectKey, Owner, Ownership
from engine.plan.inputs.transfers import Transfers
from engine.plan.model import Plan
from engine.plan.planner import make_plan
from engine.plan.refusal import PlanRule, Refusal
from engine.plan.saved.file import SavedPlan, SavedStack
from engine.plan.saved.preconditions import Preconditions
from engine.plan.saved.take_preconditions import preconditions_of
from engine.stack.model import (
    Declaration,
    Import,
    Lifecycle,
    Location,
    Lookup,
    Move,
    OutputDeclaration,
    Release,
    Stack,
)
from engine.state.model import RemovalPolicy, RemovedObject, ResourceState, State
from engine.values.secret import Sealed, Sensitive
from engine.values.targets import AttributeTarget, Elsewhere, OutputTarget
from engine.values.templates import targets_in

Case: TypeAlias = Mapping[str, Any]

LINEAGE = "f" * 32
HERE = Location("stacks/case.py", 1)


def value_of(document: Any) -> Any:
    """A nested value of a case, its `$` words replaced by what they stand for."""
    if isinstance(document, list):
        return [value_of(entry) for entry in document]
    if not isinstance(document, dict):
        return document
    if "$secret" in document:
        return Sensitive(document["$secret"])
    if "$sealed" in document:
        return Sealed.of(document["$sealed"], LINEAGE)
    if "$decimal" in document:
        return Decimal(document["$decimal"])
    return {key: value_of(entry) for key, entry in document.items()}


def sealed(document: Any) -> Any:
    """A declaration as state keeps it: no secret, decimals as text."""
    if isinstance(document, Sensitive):
        return Sealed.of(document.value, LINEAGE)
    if isinstance(document, dict):
        return {key: sealed(entry) for key, entry in document.items() if entry is not None}
    if isinstance(document, list):
        return [sealed(entry) for entry in document]
    return str(document) if isinstance(document, Decimal) else document


def stack_of(case: Case) -> Stack:
    """The evaluated module of a case."""
    said = case.get("stack", {})
    declarations = {
        text: Declaration(
            address=parse_address(text),
            arguments=value_of(entry.get("arguments", {})),
            lifecycle=Lifecycle(**entry.get("lifecycle", {})),
            location=HERE,
        )
        for text, entry in said.get("declarations", {}).items()
    }
    outputs = {
        name: OutputDeclaration(
            name=name,
            value=value_of(entry["value"]),
            sensitive=entry.get("sensitive", False),
            location=HERE,
        )
        for name, entry in said.get("outputs", {}).items()
    }
    return Stack(
        name="case",
        file=HERE.file,
        declarations=declarations,
        outputs=outputs,
        lookups={
            text: Lookup(address=parse_address(text), criteria=criteria, location=HERE)
            for text, criteria in said.get("lookups", {}).items()
        },
        moves=tuple(
            Move(old=parse_address(old), new=parse_address(new), location=HERE)
            for old, new in said.get("moves", {}).items()
        ),
        releases=tuple(
            Release(address=parse_address(text), keep=keep, location=HERE)
            for text, keep in said.get("releases", {}).items()
        ),
        imports={
            text: Import(address=parse_address(text), id=id, location=HERE)
            for text, id in said.get("imports", {}).items()
        },
    )


def state_of(case: Case, stack: Stack) -> State:
    """What the last apply of a case left."""
    said = case.get("state", {})
    return State(
        stack="case",
        environment="test",
        lineage=LINEAGE,
        serial=said.get("serial", 7),
        outputs=value_of(said.get("outputs", {})),
        resources={
            text: _resource(text, entry, stack, case.get("observed", {}))
            for text, entry in said.get("resources", {}).items()
        },
        removed={
            text: RemovedObject(type=parse_address(text).type, id=id)
            for text, id in said.get("removed", {}).items()
        },
    )


def _resource(text: str, entry: Case, stack: Stack, observed: Case) -> ResourceState:
    declaration = stack.declarations.get(text)
    written = declaration.arguments if declaration is not None else {}
    declared = sealed(value_of(entry["declared"]) if "declared" in entry else dict(written))
    seen = observed.get("objects", {}).get(text) or {}
    kind = loader.resource_type(parse_address(text).type)
    attributes = entry.get("attributes", Normalizer(LINEAGE).pick(kind.root, declared, seen))
    names = {
        str(target.address)
        for target in targets_in(declared)
        if isinstance(target, AttributeTarget)
    }
    return ResourceState(
        type=parse_address(text).type,
        id=entry["id"],
        declared=declared,
        attributes=value_of(attributes),
        dependencies=tuple(entry.get("dependencies", sorted(names))),
        superseded=tuple(entry.get("superseded", ())),
        removal_policy=RemovalPolicy(**entry.get("lifecycle", {})),
        imported=entry.get("imported", False),
    )


def observed_of(case: Case) -> Observed:
    """What a refresh saw in a case."""
    said = dict(case.get("observed", {}))
    outputs: dict[Elsewhere, Any] = {
        OutputTarget(*name.split(".")): value_of(value)
        for name, value in said.pop("outputs", {}).items()
    }
    secrets = {
        target: text
        for name, text in said.pop("secrets", {}).items()
        for target in targets_in(f"${{{name}}}")
        if isinstance(target, AttributeTarget)
    }
    said["alike"] = {address: tuple(some) for address, some in said.get("alike", {}).items()}
    counts = {(name, ""): count for name, count in said.pop("counts", {}).items()}
    transfers = said.pop("transfers", {})
    for part in ("received", "imported", "released"):
        texts = transfers.get(part, {})
        transfers[part] = {address: Owner.of(text) for address, text in texts.items()}
    transfers["contested"] = {
        address: tuple(map(Owner.of, texts))
        for address, texts in transfers.get("contested", {}).items()
    }
    blocked = transfers.get("blocked", {}).items()
    transfers["blocked"] = {
        address: Refusal(text, PlanRule.ADDRESS_TAKEN) for address, text in blocked
    }
    transfers["refusals"] = tuple(
        Refusal(text, PlanRule.STACK_NOT_IN_RUN) for text in transfers.get("refusals", ())
    )
    owners = {}
    for id, text in said.pop("owners", {}).items():
        owner = Owner.of(text)
        owners[ObjectKey(parse_address(owner.address).type, "", id)] = (owner,)
    return Observed(
        transfers=Transfers(**transfers),
        outputs=outputs,
        secrets=secrets,
        counts=counts,
        ownership=Ownership(owners=owners),
        **said,
    )


def options_of(case: Case) -> PlanOptions:
    """What the person asked for in a case."""
    said = dict(case.get("options", {}))
    for name in ("targets", "excludes", "replace"):
        said[name] = tuple(_addresses(said.get(name, ())))
    return PlanOptions(**said)


def _addresses(texts: list[str]) -> list[ResourceAddress]:
    return [parse_address(text) for text in texts]


@dataclass(frozen=True)
class Prepared:
    """A case, planned, with all that the plan was made from."""

    graph: ResourceGraph
    state: State
    observed: Observed
    options: PlanOptions
    plan: Plan

    @property
    def preconditions(self) -> Preconditions:
        """What its plan file would say that it was made from."""
        outputs = {str(target): value for target, value in self.observed.outputs.items()}
        return preconditions_of(
            self.plan, self.graph, self.state, self.observed, loader.schemas(), outputs
        )

    @property
    def saved(self) -> SavedPlan:
        """Its plan, to be saved."""
        return SavedPlan(
            engine_version="1.2.3",
            environment="test",
            embedded=True,
            account_id="acct_1",
            livemode=False,
            options=self.options,
            stacks=(SavedStack(plan=self.plan, preconditions=self.preconditions),),
            requests=4,
        )


def prepared(case: Case) -> Prepared:
    """Plan a case, and keep what the plan was made from."""
    graph = graph_of(case)
    state, observed, options = state_of(case, graph.stack), observed_of(case), options_of(case)
    plan = make_plan(
        graph, state, observed, loader.schemas(), options, stamped=case.get("stamped", False)
    )
    return Prepared(graph, state, observed, options, plan)


def graph_of(case: Case) -> ResourceGraph:
    """Read a case's stack into a graph."""
    return build_graph(stack_of(case), loader.schemas())


def plan_of(case: Case) -> Plan:
    """Plan a case."""
    graph = graph_of(case)
    return make_plan(
        graph,
        state_of(case, graph.stack),
        observed_of(case),
        loader.schemas(),
        options_of(case),
        stamped=case.get("stamped", False),
    )
