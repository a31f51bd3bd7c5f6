"""What the other stacks of the project say about the objects of an account.

A state that was lost is made again from stamps, and what moved may carry the stamp of the stack it
came from. So each object is held against all stacks: what another state records is another stack's,
and what another module declares and no state records may be its.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.address import parse_address
from engine.errors import StateError, UsageError
from engine.graph.build import ResourceGraph
from engine.operations.cross_checks.other_stacks import other_states
from engine.operations.cross_checks.owners import owners_in
from engine.operations.cross_checks.raw_state import places_by_lineage, read_raw_state
from engine.operations.rebuild.listing import Listing, Stamped
from engine.operations.run.session import Session
from engine.plan.compare.likeness import is_like
from engine.plan.compare.natural_keys import claims_of
from engine.plan.decide.references import is_certain
from engine.plan.inputs.accounts import is_known, on_account
from engine.plan.inputs.ownership import ObjectKey, Ownership
from engine.plan.inputs.selection import moved_state
from engine.schema.resource_type import Schemas
from engine.values.markers import UNKNOWN
from engine.values.targets import OutputTarget, Target
from engine.values.templates import resolve


@dataclass(slots=True, kw_only=True)
class Project:
    """The stacks of a project while the states of some are rebuilt.

    Attributes:
        graphs: What each stack with a module declares.
        recorded: Addresses that states record, by stack; without those that are rebuilt.
        ownership: Who owns which object, by the same states.
        lineages: Stack by lineage: of the states, and of those that were lost as far as stamps
            tell.
        lost: Stacks whose states are not among these.
        schemas: Resource types by name.
        own: Id of the key's own account.
        claimed: Objects that were found in this run, with whose they are.
    """

    graphs: Mapping[str, ResourceGraph]
    recorded: dict[str, Collection[str]]
    ownership: Ownership
    lineages: dict[str, str]
    lost: Collection[str]
    schemas: Schemas
    own: str
    claimed: dict[ObjectKey, tuple[str, str]] = field(default_factory=dict)
    _moves: dict[str, dict[str, str]] = field(init=False)
    _received: dict[str, dict[tuple[str, str], str]] = field(init=False)
    _accounts: dict[tuple[str, str], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        stacks = [graph.stack for graph in self.graphs.values()]
        self._moves = {
            stack.name: {str(move.old): str(move.new) for move in stack.moves} for stack in stacks
        }
        self._received = {
            stack.name: {
                (move.stack, str(move.old)): str(move.new)
                for move in getattr(stack, "received", ())
            }
            for stack in stacks
        }

    def owner(self, stack: str, key: ObjectKey) -> str:
        """The resource of another stack that has an object, `shop:stripe_price.pro`; or empty."""
        owner = self.ownership.elsewhere(stack, key)
        if owner is not None:
            return str(owner)
        name, address = self.claimed.get(key, (stack, ""))
        return "" if name == stack else f"{name}:{address}"

    def resolve_accounts(self, stack: str, value_of: Callable[[Target], Any]) -> None:
        """Find out on which connected accounts the resources of a stack are, as far as known.

        Args:
            stack: The stack.
            value_of: The value that a reference names, or UNKNOWN.
        """
        graph = self.graphs[stack]
        for address in graph.accounts:
            declaration = on_account(graph.declarations[address], value_of, self.own)
            self._accounts[stack, address] = str(declaration.lifecycle.account)

    def account(self, stack: str, address: str) -> str:
        """The connected account of a declared resource; empty for the key's own.

        One that is not known yet is the text of its reference.
        """
        return self._accounts.get((stack, address), "")

    def places(self, stacks: Iterable[str]) -> set[tuple[str, str]]:
        """Types, with their accounts, that some stacks declare, as far as those are known."""
        return {
            (entry.type, self.account(stack, address))
            for stack in stacks
            for address, entry in self.graphs[stack].declarations.items()
            if is_known(self.account(stack, address))
        }

    def is_declared(self, stack: str, address: str, account: str) -> bool:
        """Whether a stack declares a resource, on a connected account or the key's own."""
        graph = self.graphs.get(stack)
        declared = graph is not None and address in graph.declarations
        return declared and self.account(stack, address) == account

    def present(self, stack: str, address: str) -> str:
        """The present address of a stack for one in a stamp, which a move does not rewrite."""
        moves, graph = dict(self._moves.get(stack, {})), self.graphs.get(stack)
        while graph is not None and address in moves and address not in graph.declarations:
            address = moves.pop(address)
        return address

    def rival(self, stack: str, found: Stamped) -> str:
        """Another stack whose an object may be, whatever its stamp says; or empty.

        It declares a resource of the type that no state records. If its own state was lost, that
        may be any; otherwise something has to speak for it.
        """
        for name, graph in self.graphs.items():
            for address, entry in graph.declarations.items() if name != stack else ():
                alike = (entry.type, self.account(name, address)) == found.key[:2]
                lacks = alike and self._lacks(name, address)
                if lacks and (name in self.lost or self._may_be(graph, address, found)):
                    return name
        return ""

    def _may_be(self, graph: ResourceGraph, address: str, found: Stamped) -> bool:
        """Whether a declaration names an object: by address, move, id, key, or all its fields."""
        received, wanted = self._received[graph.stack.name], graph.stack.imports.get(address)
        if address == found.address or (wanted is not None and wanted.id == found.key.id):
            return True
        if any(new == address and old == found.address for (_, old), new in received.items()):
            return True
        kind = self.schemas[found.key.type]
        document = resolve(graph.declarations[address].arguments, lambda _: UNKNOWN)
        held = {key.fields: claim for key, claim in claims_of(kind, found.object)}
        claims = claims_of(kind, document)
        if any(key.fields in held and held[key.fields].clashes(claim) for key, claim in claims):
            return True
        told = {name: value for name, value in document.items() if is_certain(value)}
        return not told or is_like(kind, told, found.object)

    def _lacks(self, stack: str, address: str) -> bool:
        return address not in self.recorded.get(stack, ())

    def address_here(self, stack: str, found: Stamped) -> str:
        """The address of a stack for an object that moved to it and carries another's stamp.

        It is empty if nothing says that the object moved here.
        """
        giver, received = self.lineages.get(found.lineage, ""), self._received[stack]
        known = self.lineages.values()
        givers = [giver] if giver else {name for name, _ in received if name not in known}
        for name in givers:
            for old in (found.address, self.present(name, found.address)):
                if (name, old) in received:
                    return received[name, old]
        if not self.is_declared(stack, found.address, found.key.account):
            return ""
        moved = self.is_given_up(stack, found.key, found.lineage, found.address)
        return found.address if moved else ""

    def is_given_up(self, stack: str, key: ObjectKey, lineage: str, stamped: str) -> bool:
        """Whether the resource in the stamp of an object has it no longer, so that a stack may.

        Args:
            stack: The stack that declares something like it.
            key: The object; no state records it.
            lineage: The lineage in its stamp, not the stack's own.
            stamped: The address in its stamp.
        """
        giver = self.lineages.get(lineage, stack)
        if giver == stack or "/" in giver:
            return False  # of another project, or of another environment
        present = self.present(giver, stamped)
        if self.is_declared(giver, present, key.account) and self._lacks(giver, present):
            return False
        return not any(
            self.is_declared(name, address, key.account) and self._lacks(name, address)
            for name in self.graphs
            if name != stack
            for address in (stamped, self._received[name].get((giver, stamped), stamped))
        )

    def is_unknown(self, stack: str, found: Stamped) -> bool:
        """Whether the stamp of an object is of no state of the project, and no state has it."""
        known = found.lineage in self.lineages or found.key in self.claimed
        return not known and not self.owner(stack, found.key)

    def is_homeless(self, stack: str, found: Stamped) -> bool:
        """Whether the resource in the stamp of an object is gone, and no other has it."""
        if found.key in self.claimed or self.owner(stack, found.key):
            return False
        if self.lineages.get(found.lineage) == stack:
            present = self.present(stack, found.address)
            return not self.is_declared(stack, present, found.key.account)
        return self.is_given_up(stack, found.key, found.lineage, found.address)

    # ── lineages ──────────────────────────────────────────────────────────────────────────────

    def learn_lineages(self, listing: Listing) -> dict[str, dict[str, set[str]]]:
        """Find out by the stamps whose lineages there are.

        Returns:
            The addresses that speak for each stack whose state is lost, by lineage and stack. A
            resource that comes from another stack does not speak for where it is now.
        """
        votes: dict[str, dict[str, set[str]]] = {}
        received = {name: {old for _, old in self._received[name]} for name in self.lost}
        for found in listing.stamped():
            if found.lineage in self.lineages and self.lineages[found.lineage] not in self.lost:
                continue
            for name in self.lost:
                address = self.present(name, found.address)
                if found.address in received[name] or not self.is_declared(
                    name, address, found.key.account
                ):
                    continue
                if not self.owner(name, found.key):
                    votes.setdefault(found.lineage, {}).setdefault(name, set()).add(address)
        for lineage, speaking in sorted(votes.items(), key=lambda entry: len(entry[1])):
            # A stack that has a lineage of its own is where resources of this one moved to.
            free = {*speaking} - {*self.lineages.values()} if len(speaking) > 1 else {*speaking}
            first, *others = sorted(free or speaking, key=lambda name: -len(speaking[name]))
            if not others or len(speaking[others[0]]) < len(speaking[first]):
                self.lineages.setdefault(lineage, first)
        return votes

    def lineage_of(
        self, stack: str, known: str, votes: Mapping[str, Mapping[str, set[str]]], history: str
    ) -> str:
        """The lineage of a stack by the stamps on the account; empty if there are none.

        Args:
            stack: The stack.
            known: The lineage in its old state, if it can be read.
            votes: As `learn_lineages` returns them.
            history: What shows earlier versions of the state.

        Raises:
            UsageError: if several fit, or it fits another stack as well.
        """
        mine = {
            lineage: speaking[stack]
            for lineage, speaking in votes.items()
            if stack in speaking and self.lineages.get(lineage, stack) == stack
        }
        if known in mine or not mine:
            return known
        alone = {lineage: found for lineage, found in mine.items() if len(votes[lineage]) == 1}
        total = len(self.graphs[stack].declarations)
        listed = ", ".join(
            f"{name} ({len(found)} of {total} resources)"
            for name, found in sorted((alone or mine).items())
        )
        hint = f"say which is this stack's with --lineage; {history} has it"
        if len(alone or mine) > 1:
            raise UsageError(
                f"objects on the account carry stamps of several lineages for what stack {stack!r} "
                f"declares: {listed}",
                hint=hint,
            )
        (lineage,) = alone or mine
        for other, found in votes[lineage].items():
            if other != stack and found & mine[lineage]:
                raise UsageError(
                    f"the states of stacks {stack!r} and {other!r} are both lost, and both declare "
                    f"{min(found & mine[lineage])}: its object may be either's",
                    hint=f"if it is {stack}'s, add --lineage {lineage}",
                )
        return lineage


def project_of(session: Session) -> Project:
    """What the stacks that are not rebuilt say.

    Args:
        session: It has every graph, and an empty state of each stack that is rebuilt.
    """
    graphs = {graph.stack.name: graph for graph in session.graphs}
    recorded = {
        name: moved_state(graphs[name], state)[0].resources.keys()
        for name, state in other_states(session).items()
        if state is not None and name in graphs
    }
    project = Project(
        graphs=graphs,
        recorded={**recorded},
        ownership=owners_in(session),
        lineages=places_by_lineage(session.context),
        lost=sorted(graphs.keys() - recorded.keys()),
        schemas=session.context.schemas,
        own=session.check_account().id,
    )
    for name in graphs:
        project.resolve_accounts(name, _values_in(session, name))
    # A damaged state is no less right about what it names.
    for name, state in other_states(session).items():
        with contextlib.suppress(StateError):
            ids = read_raw_state(session.context, name).ids if state is None else {}
            for address, id in ids.items():
                key = ObjectKey(parse_address(address).type, "", id)
                project.claimed.setdefault(key, (name, address))
    return project


def _values_in(session: Session, stack: str) -> Callable[[Target], Any]:
    """What references to accounts name, as states say; UNKNOWN where they do not."""
    state = session.states.get(stack) or other_states(session).get(stack)

    def value(target: Target) -> Any:
        if isinstance(target, OutputTarget):
            return session.output_of(target)
        entry = state.at(target.address) if state is not None else None
        return UNKNOWN if entry is None or target.attribute != "id" else entry.id

    return value
