"""All that one plan is made from, and the questions that decisions ask of it."""

from __future__ import annotations

from collections.abc import Mapping

from engine.frozen import frozen
from engine.graph.build import ResourceGraph
from engine.plan.inputs.observed import Observed
from engine.plan.inputs.options import PlanOptions
from engine.plan.inputs.ownership import Owner, key_of_object
from engine.schema.remote import ADDRESSED, RemoteObject
from engine.schema.resource_type import ResourceType, Schemas
from engine.state.model import ResourceState, State
from engine.values.markers import UNKNOWN
from engine.values.secret import fingerprint_of


@frozen
class PlanInputs:
    """Everything that a plan of one stack depends on.

    Attributes:
        graph: What is declared, in order.
        state: What the last apply declared and saw, moves carried out.
        observed: What Stripe has.
        schemas: Resource types by name.
        options: What the person asked for.
        moved_from: What moved resources were, by their addresses now: the address in the state, or
            `shop:stripe_price.pro` in that of another stack.
    """

    graph: ResourceGraph
    state: State
    observed: Observed
    schemas: Schemas
    options: PlanOptions
    moved_from: Mapping[str, str]

    @property
    def own_account(self) -> str:
        """The key's own account; empty if it is not known."""
        return self.observed.account or self.state.account_id

    def actual(self, address: str, prior: ResourceState) -> RemoteObject | None:
        """The object of a resource in the state: as it was read, else as state records it."""
        if self.observed.refreshed and address in self.observed.objects:
            return self.observed.objects[address]
        kind = self.schemas[prior.type]
        return {"id": kind.own_id(prior.id), ADDRESSED: prior.id, **prior.attributes}

    def triggers(self, address: str) -> Mapping[str, str]:
        """What state is to record of the triggers of other stacks: a fingerprint of each.

        It is empty for what is known after the apply only. What has no value, and gets none in
        this run, keeps the fingerprint that it has.
        """
        found: dict[str, str] = {}
        named = self.graph.declarations[address].triggers_elsewhere
        prior = self.state.at(address) if named else None
        for target in named:
            name, value = str(target), self.observed.outputs.get(target, UNKNOWN)
            if target in self.observed.changing:
                found[name] = ""
            elif value is not UNKNOWN:
                found[name] = fingerprint_of(value, self.state.lineage)
            elif prior is not None and name in prior.triggers:
                found[name] = prior.triggers[name]
        return found

    def owned_elsewhere(
        self, kind: ResourceType, account: str, found: RemoteObject
    ) -> Owner | None:
        """The resource of another stack that records an object; None if there is none."""
        key = key_of_object(kind.name, account, found)
        return self.observed.ownership.elsewhere(self.state.stack, key)

    def probed(self, address: str, kind: ResourceType) -> bool:
        """Whether something exists that rules out the best way to remove an object."""
        if address in self.observed.probes:
            return self.observed.probes[address]
        probe = next(
            (entry.unless for entry in kind.life.removals if entry.unless is not None), None
        )
        if probe is None:
            return False
        return any(
            address in entry.dependencies and self.schemas[entry.type].object == probe.object
            for entry in self.state.resources.values()
        )
