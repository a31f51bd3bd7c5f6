"""From a stack to the graph of its resources: references become edges."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from typing import Any

from engine.errors import GraphError, Problem, StackError
from engine.frozen import frozen
from engine.graph.dag import topological_order
from engine.schema.resource_type import ResourceType, Schemas
from engine.stack.checks.stack import addresses_named
from engine.stack.model import Declaration, References, Stack
from engine.values.targets import AttributeTarget, Elsewhere, OutputTarget, Target
from engine.values.templates import targets_in, targets_with_paths


@frozen
class ResourceGraph:
    """A stack's resources and what each comes after.

    Attributes:
        stack: The stack it was made from.
        order: Addresses, each after what it depends on, ties in address order.
        edges: For each address what it comes after, by reference, by `depends_on` or by its type.
        deferred: For each address those of its references that stand only in fields an update
            sets: the object can exist before what they name does. Not among `edges`.
        triggers: For each address what its `replace_triggered_by` names.
        targets: For each address the references in its arguments, each with the path of its leaf.
        accounts: What the accounts that resources name refer to, by address; nothing for an id.
        elsewhere: What lifecycles name of other stacks.
    """

    stack: Stack
    order: tuple[str, ...]
    edges: Mapping[str, frozenset[str]]
    deferred: Mapping[str, frozenset[str]]
    triggers: Mapping[str, frozenset[str]]
    targets: Mapping[str, References]
    accounts: Mapping[str, tuple[Target, ...]] = field(default_factory=dict)
    elsewhere: tuple[Elsewhere, ...] = ()

    def needs(self, address: str) -> tuple[str, ...]:
        """Everything that a resource refers to or comes after, sorted."""
        return tuple(sorted(self.edges[address] | self.deferred[address]))

    def named(self) -> Iterator[Target]:
        """Everything that declarations and outputs refer to, in their order."""
        for references in self.targets.values():
            yield from (target for _, target in references)
        for accounts in self.accounts.values():
            yield from accounts
        yield from targets_in([entry.value for entry in self.stack.outputs.values()])

    def read(self) -> Iterator[Elsewhere]:
        """What the stack reads of others."""
        yield from (target for target in self.named() if isinstance(target, OutputTarget))
        yield from self.elsewhere

    def read_once(self) -> Iterator[OutputTarget]:
        """The outputs of other stacks that are ids to import."""
        ids = [wanted.id for wanted in self.stack.imports.values()]
        yield from (target for target in targets_in(ids) if isinstance(target, OutputTarget))

    @property
    def declarations(self) -> Mapping[str, Declaration]:
        """The stack's declarations by address."""
        return self.stack.declarations


def build_graph(stack: Stack, schemas: Schemas) -> ResourceGraph:
    """Order a validated stack.

    Raises:
        StackError: with file and line, if references form a cycle.
    """
    edges: dict[str, frozenset[str]] = {}
    deferred: dict[str, frozenset[str]] = {}
    triggers: dict[str, frozenset[str]] = {}
    targets: dict[str, References] = {}
    accounts: dict[str, tuple[Target, ...]] = {}
    for text, declaration in stack.declarations.items():
        targets[text] = declaration.references
        hard, soft = _edges_of(targets[text], schemas[declaration.type])
        named = frozenset(addresses_named(declaration.lifecycle.replace_triggered_by))
        edges[text] = hard | frozenset(addresses_named(declaration.lifecycle.depends_on)) | named
        edges[text] |= frozenset(_followed(stack, schemas, declaration.type))
        if declaration.lifecycle.account:
            accounts[text] = tuple(targets_in(declaration.lifecycle.account))
            edges[text] |= frozenset(_declared(accounts[text]))
        deferred[text] = soft - edges[text]
        triggers[text] = named
    try:
        order = topological_order(edges)
    except GraphError as error:
        raise StackError((_cycle_problem(error, stack),)) from error
    return ResourceGraph(
        stack=stack,
        order=order,
        edges=edges,
        deferred=deferred,
        triggers=triggers,
        targets=targets,
        accounts=accounts,
        elsewhere=tuple(
            named
            for declaration in stack.declarations.values()
            for named in declaration.waits_elsewhere
        ),
    )


def _declared(targets: Iterable[Target]) -> Iterator[str]:
    """The resources of the stack among what is referred to."""
    for target in targets:
        if isinstance(target, AttributeTarget) and not target.address.lookup:
            yield str(target.address)


def _followed(stack: Stack, schemas: Schemas, type_name: str) -> Iterator[str]:
    """Resources of the types that come before a type, even without a reference to them."""
    first = schemas[type_name].life.follows
    for text, other in stack.declarations.items() if first else ():
        if schemas[other.type].object in first:
            yield text


def references_of(
    arguments: Mapping[str, Any], kind: ResourceType
) -> tuple[frozenset[str], frozenset[str]]:
    """What a declaration refers to: what must exist first, and what an update can add later."""
    return _edges_of(tuple(targets_with_paths(arguments)), kind)


def _edges_of(references: References, kind: ResourceType) -> tuple[frozenset[str], frozenset[str]]:
    hard: set[str] = set()
    soft: set[str] = set()
    for path, target in references:
        if not isinstance(target, AttributeTarget) or target.address.lookup:
            continue
        top = kind.root.at(path[:1])
        later = top is not None and top.update_only
        (soft if later else hard).add(str(target.address))
    return frozenset(hard), frozenset(soft - hard)


def _cycle_problem(error: GraphError, stack: Stack) -> Problem:
    first = stack.declarations[error.cycle[0]]
    places = ", ".join(
        f"{address} at {stack.declarations[address].location}" for address in error.cycle[:-1]
    )
    return Problem(
        first.location.file,
        first.location.line,
        error.message,
        f"none of them can be created first; break the chain at one of: {places}",
        "cycle",
    )
