"""Which resources change their owner in a run: moved, imported, or recorded by two states.

It is found out before any stack is planned, so that the order of the plans decides nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import field

from engine.frozen import frozen
from engine.graph.build import ResourceGraph
from engine.plan.inputs.options import PlanOptions
from engine.plan.inputs.ownership import ObjectKey, Owner, Ownership, key_of, way_to_settle
from engine.plan.inputs.selection import moved_state, selection
from engine.plan.refusal import PlanRule, Refusal
from engine.stack.model import Import, Move
from engine.state.model import State
from engine.values.templates import targets_in


@frozen
class Transfers:
    """What one stack gives to others and gets from them.

    Attributes:
        received: Where resources come from that are moved here, by their addresses here.
        imported: Who has the objects that are imported here and released there.
        released: Who has the objects of resources from now on, by their addresses here.
        given: Those among `released` that go with all that is recorded of them.
        waiting: Addresses whose objects another stack of the run declares, and which are left to
            the next plan, since options exclude that declaration.
        awaited: Addresses whose resources cannot come here in this run, as the refusals say.
        blocked: Why resources cannot leave for where their move leads, by their addresses here. It
            counts as long as their objects exist.
        contested: Every owner of the objects that several stacks keep, by address.
        refusals: Why a resource cannot come here, with the way on.
        warnings: What people should know of objects that several stacks record.
    """

    received: Mapping[str, Owner] = field(default_factory=dict)
    imported: Mapping[str, Owner] = field(default_factory=dict)
    released: Mapping[str, Owner] = field(default_factory=dict)
    given: Collection[str] = ()
    waiting: Collection[str] = ()
    awaited: Collection[str] = ()
    blocked: Mapping[str, Refusal] = field(default_factory=dict)
    contested: Mapping[str, tuple[Owner, ...]] = field(default_factory=dict)
    refusals: tuple[Refusal, ...] = ()
    warnings: tuple[str, ...] = ()


def find_transfers(
    graphs: Sequence[ResourceGraph],
    states: Mapping[str, State],
    others: Mapping[str, State | None],
    ownership: Ownership,
    options: PlanOptions,
) -> dict[str, Transfers]:
    """What each stack of a run gives and gets, by stack.

    Args:
        graphs: What the stacks of the run declare.
        states: Their states.
        others: The states of the environment that are not part of the run, None where one cannot
            be read.
        ownership: Who owns which object.
        options: What the person asked for.
    """
    found = _Search(graphs, states, others, ownership, options)
    if not options.refresh_only:
        if not options.destroy:
            found.moves()
            found.imports()
        found.duplicates()
    return {graph.stack.name: found.of(graph.stack.name) for graph in graphs}


class _Search:
    """What was found so far."""

    def __init__(
        self,
        graphs: Sequence[ResourceGraph],
        states: Mapping[str, State],
        others: Mapping[str, State | None],
        ownership: Ownership,
        options: PlanOptions,
    ) -> None:
        self.graphs = {graph.stack.name: graph for graph in graphs}
        self.states = {
            name: moved_state(graph, states[name])[0] for name, graph in self.graphs.items()
        }
        self.others = others
        self.ownership = ownership
        self.options = options
        self.chosen = {
            name: selection(graph, self.states[name], options)
            for name, graph in self.graphs.items()
        }
        self.takers: dict[ObjectKey, Owner] = {}
        self.received: dict[str, dict[str, Owner]] = {name: {} for name in self.graphs}
        self.imported: dict[str, dict[str, Owner]] = {name: {} for name in self.graphs}
        self.released: dict[str, dict[str, Owner]] = {name: {} for name in self.graphs}
        self.given: dict[str, set[str]] = {name: set() for name in self.graphs}
        self.waiting: dict[str, set[str]] = {name: set() for name in self.graphs}
        self.awaited: dict[str, set[str]] = {name: set() for name in self.graphs}
        self.blocked: dict[str, dict[str, Refusal]] = {name: {} for name in self.graphs}
        self.contested: dict[str, dict[str, tuple[Owner, ...]]] = {name: {} for name in self.graphs}
        self.refusals: dict[str, list[Refusal]] = {name: [] for name in self.graphs}
        self.warnings: dict[str, list[str]] = {name: [] for name in self.graphs}

    def of(self, name: str) -> Transfers:
        """What one stack gives and gets."""
        return Transfers(
            received=self.received[name],
            imported=self.imported[name],
            released=self.released[name],
            given=frozenset(self.given[name]),
            waiting=frozenset(self.waiting[name]),
            awaited=frozenset(self.awaited[name]),
            blocked=self.blocked[name],
            contested=self.contested[name],
            refusals=tuple(self.refusals[name]),
            warnings=tuple(self.warnings[name]),
        )

    # ── what stacks take ────────────────────────────────────────────────────────────────

    def moves(self) -> None:
        """Resources that `moved` brings from another stack."""
        wanted = [
            (name, move) for name, graph in self.graphs.items() for move in graph.stack.received
        ]
        # What exists comes before what is remembered only, since it was archived.
        for name, move in sorted(wanted, key=lambda pair: self._given_up(pair[1])):
            if move.stack in self.graphs:
                self._move(name, move)
            elif move.stack in self.others:
                self._move_from_outside(name, move)
            elif move.new not in self.states[name].resources:
                self._warn_of_nothing(name, move)

    def _warn_of_nothing(self, name: str, move: Move) -> None:
        """A stack that is not there gives nothing; one that is may be meant."""
        known = {**self.states, **self.others}
        meant = [
            other
            for other, state in known.items()
            if other != name and state is not None and move.old in state.resources
        ]
        if meant:
            self.warnings[name].append(
                f"there is no stack {move.stack}, so nothing moves to {move.new} "
                f"({move.location}). {meant[0]}:{move.old} exists: name that if it is meant"
            )

    def _given_up(self, move: Move) -> bool:
        """Whether the giver, of this run, has no object at the address."""
        giver = self.states.get(move.stack)
        return giver is not None and move.old not in giver.resources

    def _move(self, name: str, move: Move) -> None:
        giver, receiver = self.states[move.stack], self.states[name]
        entry, own = giver.resources.get(move.old), receiver.resources.get(move.new)
        source, taker = Owner(move.stack, move.old), Owner(name, move.new)
        first = self.received[name].get(move.new)
        if entry is None and (move.old not in giver.removed or own or first):
            return  # it was moved before, or there never was one
        if entry is not None and own is not None and key_of(entry) == key_of(own):
            return  # an earlier run got so far
        if own is not None and entry is not None and own.records(entry.account, entry.id):
            self.released[move.stack][move.old] = taker  # an earlier run has replaced it since
        elif own is not None:
            self.blocked[move.stack][move.old] = _no_room(source, move, own.id)
        elif first is not None:
            self.refusals[name].append(_no_room(source, move, str(first)))
        elif not self._is_chosen(name, move.new):
            self.waiting[move.stack].add(move.old)
        else:
            self.received[name][move.new] = source
            self.released[move.stack][move.old] = taker
            self.given[move.stack].add(move.old)
            if entry is not None:
                self.takers[key_of(entry)] = taker

    def _move_from_outside(self, name: str, move: Move) -> None:
        """A stack that is not part of the run cannot give anything."""
        other, own = self.others[move.stack], self.states[name].resources.get(move.new)
        entry = other.resources.get(move.old) if other is not None else None
        if own is not None or (other is not None and entry is None):
            return
        self.awaited[name].add(move.new)
        self.refusals[name].append(
            Refusal(
                f"{move.new} ({move.location}) is {move.stack}:{move.old}, and stack {move.stack} "
                f"is not part of this run. Run both: engine apply {move.stack} {name}",
                PlanRule.STACK_NOT_IN_RUN,
                address=move.new,
                line=str(move.location),
            )
        )

    def imports(self) -> None:
        """Objects that `import_` brings and that another stack no longer declares."""
        for name, graph in self.graphs.items():
            for address, wanted in graph.stack.imports.items():
                if self.states[name].at(address) is None and not any(targets_in(wanted.id)):
                    self._import(name, address, wanted)

    def _import(self, name: str, address: str, wanted: Import) -> None:
        declaration = self.graphs[name].declarations[address]
        key = ObjectKey(declaration.type, declaration.lifecycle.account, wanted.id)
        taker = Owner(name, address)
        first = self.takers.get(key)
        if first == taker:
            return  # a move brings the same object here
        if first is not None:
            self.refusals[name].append(
                Refusal(
                    f"{address} ({wanted.location}): {wanted.id} becomes {first} in this run "
                    "already. Declare it in one of the two stacks",
                    PlanRule.OBJECT_CLAIMED_TWICE,
                    address=address,
                    line=str(wanted.location),
                )
            )
            return
        chosen = self._is_chosen(name, address)
        if chosen:
            self.takers[key] = taker
        own = (
            Owner(name, other)
            for other, entry in self.states[name].resources.items()
            if key_of(entry) == key
        )
        for owner in sorted({*self.ownership.owners.get(key, ()), *own}):
            if self._is_leaving(owner, whole=True):
                if chosen:
                    self.imported[name].setdefault(address, owner)
                    self.released[owner.stack].setdefault(owner.address, taker)
                else:
                    self.waiting[owner.stack].add(owner.address)

    def _is_chosen(self, name: str, address: str) -> bool:
        chosen = self.chosen[name]
        return chosen is None or address in chosen

    def _is_leaving(self, owner: Owner, *, whole: bool = False) -> bool:
        """Whether a resource is to leave the state of a stack of this run.

        Args:
            owner: The resource.
            whole: Also one that the options exclude.
        """
        graph = None if owner.environment else self.graphs.get(owner.stack)
        if graph is None:
            return False
        if not self.options.destroy and owner.address in graph.declarations:
            return False
        return whole or not graph.stack.file or self._is_chosen(owner.stack, owner.address)

    # ── what several states record ──────────────────────────────────────────────────────

    def duplicates(self) -> None:
        """Objects that several resources record: all but one release it, or nothing ends."""
        for key, recorded in self.ownership.duplicates():
            taker = self.takers.get(key)
            owners = sorted({*recorded, taker} if taker is not None else recorded)
            leaving = [owner for owner in owners if self._is_leaving(owner)]
            staying = [owner for owner in owners if owner not in leaving]
            if not staying:
                # A stack without a module removes nothing.
                leaving.sort(key=lambda owner: bool(self.graphs[owner.stack].stack.file))
                staying = [leaving.pop()]
            for owner in leaving:
                self.released[owner.stack].setdefault(owner.address, staying[0])
            if len(staying) > 1:
                self._contest(key, tuple(staying))

    def _contest(self, key: ObjectKey, owners: tuple[Owner, ...]) -> None:
        here = [owner for owner in owners if not owner.environment and owner.stack in self.graphs]
        for owner in here:
            self.contested[owner.stack][owner.address] = owners
        # People learn of it from every plan, also from one of other stacks.
        last = here[-1].stack if here else list(self.graphs)[-1]
        self.warnings[last].append(f"{key.id} is {two_owners(owners)}")


def _no_room(source: Owner, move: Move, holder: str) -> Refusal:
    """Why a resource cannot have the address that its move names."""
    return Refusal(
        f"{source} cannot move to {move.new} ({move.location}), which is {holder} already. "
        "Declare the two under different names",
        PlanRule.ADDRESS_TAKEN,
        address=move.new,
        line=str(move.location),
    )


def two_owners(owners: Sequence[Owner]) -> str:
    """Say of an object that several states record what that means, and how it is settled."""
    return (
        f"recorded twice, as {' and '.join(map(str, owners))}: an object has one owner, so it is "
        f"neither replaced nor removed meanwhile. To settle it, {way_to_settle(owners)}"
    )
