"""Which leaves are to be accepted, and what the code has to declare for each."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from engine.address import ResourceAddress, is_logical_name, parse_address
from engine.frozen import frozen
from engine.graph.build import ResourceGraph
from engine.operations.cross_checks.other_stacks import other_states
from engine.operations.run.session import Session
from engine.plan.drifted import CodeIs, Drifted, DriftedLeaf, DriftKind
from engine.plan.translate.accepted import accepted
from engine.schema.attribute import Kind
from engine.schema.resource_type import ResourceType
from engine.values.markers import ABSENT, UNKNOWN
from engine.values.paths import Path, dotted, get_path, reach
from engine.values.targets import AttributeTarget, Target
from engine.values.templates import resolve


@frozen
class Asked:
    """What a person asks to accept.

    Attributes:
        stack: The stack; empty if it is not named.
        address: The resource.
        path: The leaf, or what it is in, as people write it; empty for every leaf.
    """

    stack: str
    address: ResourceAddress
    path: str = ""

    def __str__(self) -> str:
        return f"{self.address}.{self.path}" if self.path else self.address

    def is_about(self, path: Path) -> bool:
        """Whether a leaf, or the list that it is in, is meant."""
        text = dotted(path)
        return (
            not self.path
            or text == self.path
            or text.startswith((f"{self.path}.", f"{self.path}["))
        )


def parse_asked(text: str) -> Asked:
    """Read `ADDR[.path]`, with `STACK:` in front or not.

    Raises:
        UsageError: if it is not that.
    """
    stack, colon, rest = text.partition(":")
    if not colon or not is_logical_name(stack):
        stack, rest = "", text  # a colon may be in the path
    kind, dot, inner = rest.partition(".")
    name, _, path = inner.partition(".")
    return Asked(stack=stack, address=parse_address(f"{kind}{dot}{name}"), path=path)


@frozen
class Leaf:
    """One leaf that is to be declared as Stripe has it.

    Attributes:
        address: The resource.
        path: Where it is declared; of a list that of the list.
        before: What the code declares there; ABSENT if nothing.
        after: What it is to declare; ABSENT for nothing.
        note: Whose id the value is, if it is an object of another stack.
        why_not: Why it cannot be declared, and what to do; empty if it can.
    """

    address: str
    path: Path
    before: Any = ABSENT
    after: Any = ABSENT
    note: str = ""
    why_not: tuple[str, str] | None = None


@frozen
class Wanted:
    """What is to be accepted of one stack.

    Attributes:
        graph: What it declares.
        drifted: What drifted, by address.
        leaves: The leaves.
        gone: Addresses of deleted objects.
    """

    graph: ResourceGraph
    drifted: Mapping[str, Drifted]
    leaves: tuple[Leaf, ...]
    gone: tuple[str, ...]

    @property
    def name(self) -> str:
        """Stack name."""
        return self.graph.stack.name


class Accepting:
    """What the code of one stack has to declare to agree with Stripe."""

    def __init__(self, session: Session, name: str) -> None:
        """Args: session: one that has planned the stack. name: the stack."""
        self._session = session
        self._graph = next(graph for graph in session.graphs if graph.stack.name == name)
        self._state = session.prior[name]
        self._observed = session.observed[name]
        self._schemas = session.context.schemas

    def leaves(self, drifted: Drifted, asked: Asked) -> Iterator[Leaf]:
        """The leaves of an object that are meant, lists as a whole; none if none is."""
        kind = self._schemas[drifted.type]
        found: dict[Path, Leaf] = {}
        for leaf in drifted.leaves:
            if asked.is_about(leaf.path) or asked.is_about(leaf.around):
                for path in _declared_at(kind, leaf):
                    found.setdefault(path, self._leaf(drifted, kind, leaf, path))
        for one in tuple(found.values()):
            for other in self._that_go_with(drifted, kind, one):
                found.setdefault(other.path, other)
        # What is inside of what goes, goes with it.
        gone = [one.path for one in found.values() if one.after is ABSENT and not one.why_not]
        for path, one in found.items():
            if not any(len(head) < len(path) and path[: len(head)] == head for head in gone):
                yield one

    def _leaf(self, drifted: Drifted, kind: ResourceType, leaf: DriftedLeaf, path: Path) -> Leaf:
        address = drifted.address
        attribute = kind.root.at(path)
        if leaf.sensitive:
            why = ("it is a secret", "set it where the code takes it from; it is not shown")
            return Leaf(address=address, path=path, why_not=why)
        if attribute is None or not attribute.declarable:
            why = (
                "no parameter says so",
                f"engine apply puts it back; to do without it, take {address} out of the code",
            )
            return Leaf(address=address, path=path, why_not=why)
        if leaf.code_is is CodeIs.AGREES:
            before = get_path(self._graph.declarations[address].arguments, path, ABSENT)
            return Leaf(address=address, path=path, before=before, after=before)
        found = self._declared_as_on_stripe(drifted, kind, path)
        if leaf.ends and found.after is ABSENT:
            return dataclasses.replace(found, after=_ended_value(kind, path))
        return found

    def _declared_as_on_stripe(self, drifted: Drifted, kind: ResourceType, path: Path) -> Leaf:
        address, notes = drifted.address, list[str]()
        declared = self._graph.declarations[address].arguments
        after = accepted(
            kind,
            path,
            declared,
            resolve(declared, self._value_of),
            self._observed.objects[address] or {},
            self._refer(drifted.account, notes),
        )
        return Leaf(
            address=address,
            path=path,
            before=get_path(declared, path, ABSENT),
            after=after,
            note=", ".join(dict.fromkeys(notes)),
        )

    def _that_go_with(self, drifted: Drifted, kind: ResourceType, leaf: Leaf) -> Iterator[Leaf]:
        """What else changes with a word that names the field next to it, as a `type` does.

        `type="redirect"` is declared with `redirect={...}`, and not with `hosted_confirmation`.
        """
        outer = kind.root.at(leaf.path[:-1])
        declared = self._graph.declarations[drifted.address].arguments
        for word in (leaf.before, leaf.after):
            path = (*leaf.path[:-1], word) if isinstance(word, str) else ()
            is_object = outer is not None and outer.kind is Kind.OBJECT
            child = kind.root.at(path) if is_object and path else None
            if child is None or not child.declarable or leaf.before == leaf.after:
                continue
            is_declared = get_path(declared, path) is not None
            if word == leaf.before and is_declared:
                yield Leaf(address=drifted.address, path=path, before=get_path(declared, path))
            elif word == leaf.after and not is_declared:
                found = self._declared_as_on_stripe(drifted, kind, path)
                if found.after is not ABSENT:
                    yield found

    def _value_of(self, target: Target) -> Any:
        """What a reference of the code means now."""
        if not isinstance(target, AttributeTarget):
            return self._observed.outputs.get(target, UNKNOWN)
        entry = self._state.at(target.address)
        if entry is None:
            return reach(self._observed.lookups.get(target.address), target.path, UNKNOWN)
        own_id = self._schemas[entry.type].own_id(entry.id)
        return reach({**entry.attributes, "id": own_id}, target.path, UNKNOWN)

    def _refer(self, account: str, notes: list[str]) -> Callable[[str, str], str | None]:
        """What is written for an id: a reference, or the id with a note of whose it is."""

        def refer(object: str, id: str) -> str | None:
            for address, entry in self._state.resources.items():
                kind = self._schemas[entry.type]
                same = (kind.object, kind.own_id(entry.id), entry.account) == (object, id, account)
                if same and address in self._graph.declarations:
                    return f"${{{address}.id}}"
            for name, state in self._others().items():
                for address, entry in state.resources.items():
                    kind = self._schemas[entry.type]
                    if (kind.object, kind.own_id(entry.id), entry.account) == (object, id, account):
                        notes.append(f"{address} of stack {name}")
                        return None
            return None

        return refer

    def _others(self) -> Mapping[str, Any]:
        states = {**self._session.states, **other_states(self._session)}
        own = self._graph.stack.name
        return {name: state for name, state in states.items() if state is not None and name != own}


def is_deleted(drifted: Drifted) -> bool:
    """Whether there is no object any more."""
    return drifted.kind is DriftKind.DELETED


def _declared_at(kind: ResourceType, leaf: DriftedLeaf) -> tuple[Path, ...]:
    """Where a leaf is declared: what shows that an object has ended may be set by another field."""
    revival = kind.life.revival
    if leaf.ends and not leaf.declarable and revival is not None and revival.params:
        return tuple((name,) for name in revival.params)
    return (leaf.around,)


def _ended_value(kind: ResourceType, path: Path) -> Any:
    """What a parameter says of an object that has ended."""
    name = str(path[0])
    for removal in kind.life.removals:
        if name in removal.params:
            return removal.params[name]
    live = (kind.life.revival.params or {}).get(name) if kind.life.revival is not None else None
    return not live if isinstance(live, bool) else ABSENT
