"""Read what a draft of a plan needs: whether objects can be deleted, how many of a type exist."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterable, Iterator, Mapping

from engine.frozen import frozen
from engine.graph.build import ResourceGraph
from engine.operations.refresh.concurrent import at_once
from engine.operations.refresh.key_holders import find_holders
from engine.operations.refresh.read import Connected
from engine.operations.run.context import Context
from engine.plan.inputs.accounts import is_known
from engine.plan.inputs.observed import Observed
from engine.plan.inputs.selection import moved_state
from engine.plan.model import Action, Change, Plan
from engine.plan.saved.take_preconditions import key_claim_of
from engine.schema.lifecycle import NaturalKey
from engine.schema.remote import RemoteObject
from engine.schema.resource_type import ResourceType
from engine.state.model import State

_ENDS = (Action.DELETE, Action.REPLACE)
_MAKES = (Action.CREATE, Action.REPLACE)


def read_for_draft(
    context: Context,
    session: Connected,
    graph: ResourceGraph,
    state: State,
    draft: Plan,
    observed: Observed,
) -> Observed:
    """Read what the removals and creates of a draft depend on.

    A draft without any costs no request.

    Args:
        context: The run's ports.
        session: Connects to Stripe when something has to be read.
        graph: What is declared.
        state: The state of the last apply.
        draft: The plan made without these answers.
        observed: What was read for the draft.

    Returns:
        `observed` with the answers; itself if nothing has to be read.

    Raises:
        ProviderError: if Stripe refuses or cannot be reached.
    """
    if not observed.refreshed or not draft.pending:
        return observed
    state, _ = moved_state(graph, state)
    reads = _Reads(context, session, graph, state, draft)
    probes, counts, holders = dict(reads.probes()), dict(reads.counts()), reads.holders(observed)
    if not probes and not counts and not holders:
        return observed
    return dataclasses.replace(
        observed, probes=probes, counts=counts, holders={**observed.holders, **holders}
    )


@frozen(kw_only=False)
class _Reads:
    context: Context
    session: Connected
    graph: ResourceGraph
    state: State
    draft: Plan

    def probes(self) -> Iterator[tuple[str, bool]]:
        """Whether something exists that rules out the best way to remove an object."""
        asked: dict[str, Callable[[], bool]] = {}
        for change in self.draft.pending:
            ways = self.context.schemas[change.type].life.removals
            probe = next((way.unless for way in ways if way.unless is not None), None)
            if change.action in _ENDS and probe is not None:
                account = self.state.resources[change.address].account
                ask = self.session.provider.exists
                asked[change.address] = functools.partial(ask, probe, change.id, account=account)
        yield from zip(asked, at_once(list(asked.values())), strict=True)

    def counts(self) -> Iterator[tuple[tuple[str, str], int]]:
        """How many objects exist of each capped type of which the draft creates one."""
        asked = {
            (change.type, change.account)
            for change in self.draft.pending
            if change.action in _MAKES
            and self.context.schemas[change.type].life.cap
            and is_known(change.account)
        }
        for type_name, account in sorted(asked):
            # At most as many as Stripe allows, so that the list is short.
            found = self.session.provider.find(self.context.schemas[type_name], {}, account=account)
            yield (type_name, account), len(found)

    def holders(self, observed: Observed) -> Mapping[str, RemoteObject]:
        """Ended objects that keep the natural key of an object that replaces another one."""
        asked = [
            dataclasses.replace(
                key_claim_of(self.graph.declarations[change.address], self._kind(change)),
                account=change.account,
            )
            for change in self.draft.pending
            if change.action is Action.REPLACE
            or (change.action is Action.CREATE and change.address in observed.remembered)
            if any(key.kept_by_removed and not key.transfer for key in self._keys(change))
            and is_known(change.account)
        ]
        provider, schemas = self.session.provider, self.context.schemas
        return find_holders(provider, schemas, asked) if asked else {}

    def _keys(self, change: Change) -> Iterable[NaturalKey]:
        return self._kind(change).life.natural_keys

    def _kind(self, change: Change) -> ResourceType:
        return self.context.schemas[change.type]
