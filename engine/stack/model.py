"""What authors write, as values: declarations, lifecycles, outputs, refactorings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from engine.address import ResourceAddress
from engine.errors import Problem
from engine.frozen import frozen
from engine.values.paths import Path
from engine.values.targets import Elsewhere, OutputTarget, Target, resource_target
from engine.values.templates import targets_in, templates_in

References: TypeAlias = tuple[tuple[Path, Target], ...]
"""The references in a document, each with the path of its leaf."""

Templates: TypeAlias = list[tuple[Path, Target | None]]
"""The same, and literals (`$${`) as None."""


@frozen(kw_only=False)
class Location:
    """Where an author wrote something.

    Attributes:
        file: Path as the author would type it.
        line: 1-based line of the call.
        via: The line of the stack module that led there, `stacks/saas.py:40`; empty if the call
            is in the stack module itself.
    """

    file: str
    line: int
    via: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}"
        return f"{place} (from {self.via})" if self.via else place


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifecycle:
    """How one resource is to be treated, in addition to its arguments.

    Attributes:
        protect: Refuse any plan that removes or replaces it. None: as its type says.
        depends_on: Resources or addresses it comes after, without referring to them.
        ignore_changes: Dotted fields that are set on creation and then left alone.
        replace_triggered_by: Resources, references or addresses whose change replaces it.
        create_before_delete: Order of a replacement. None: as Stripe allows.
        on_remove: `remove` it from Stripe with its declaration, or `keep` it there.
        adopt: Import the object that has its natural key.
        account: Connected account it is on: `acct_...`, an account that is declared, or a reference
            to the id of one; empty for the key's own. Of a declaration it is text.
    """

    protect: bool | None = None
    depends_on: tuple[Any, ...] | list[Any] = ()
    ignore_changes: tuple[str, ...] | list[str] = ()
    replace_triggered_by: tuple[Any, ...] | list[Any] = ()
    create_before_delete: bool | None = None
    on_remove: str = "remove"
    adopt: bool = False
    account: Any = ""


DEFAULT_LIFECYCLE: Final = Lifecycle()
"""That of every resource whose author gives it none: nothing in it can be wrong."""


@frozen
class Declaration:
    """One resource as its author wrote it.

    Attributes:
        address: Type and logical name.
        arguments: Stripe's parameters, references as text.
        lifecycle: How it is to be treated.
        location: Where it is declared.
        type: Its resource type.
    """

    address: ResourceAddress
    arguments: Mapping[str, Any]
    lifecycle: Lifecycle
    location: Location
    type: str = field(init=False, repr=False, compare=False)
    _templates: Templates | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "type", self.address.type)  # every check asks for it

    @property
    def references(self) -> References:
        """The references in its arguments."""
        templates = self.templates
        return tuple([(path, target) for path, target in templates if target is not None])

    @property
    def templates(self) -> Templates:
        """What resolving its arguments replaces; searched for once."""
        found = self._templates
        if found is None:
            found = templates_in(self.arguments)
            object.__setattr__(self, "_templates", found)
        return found

    @property
    def triggers_elsewhere(self) -> tuple[Elsewhere, ...]:
        """What its `replace_triggered_by` names of other stacks."""
        named = self.lifecycle.replace_triggered_by
        return tuple(_elsewhere(named)) if named else ()

    @property
    def waits_elsewhere(self) -> tuple[Elsewhere, ...]:
        """What its lifecycle names of other stacks."""
        if self.lifecycle is DEFAULT_LIFECYCLE:
            return ()
        return (*_elsewhere(self.lifecycle.depends_on), *self.triggers_elsewhere)


def _elsewhere(entries: Sequence[Any]) -> Iterator[Elsewhere]:
    for entry in entries:
        resource = resource_target(entry) if isinstance(entry, str) else None
        if resource is not None:
            yield resource
        yield from (one for one in targets_in(entry) if isinstance(one, OutputTarget))


@frozen
class Lookup:
    """An object that is read, never managed.

    Attributes:
        address: `data.stripe_price.NAME`, the name made from the criteria.
        criteria: List filters that find it, or `id`.
        location: Where it is declared.
        account: Connected account it is on, `acct_...`; empty for the key's own.
    """

    address: ResourceAddress
    criteria: Mapping[str, Any]
    location: Location
    account: Any = ""


@frozen
class OutputDeclaration:
    """A value that a stack offers.

    Attributes:
        name: Its name.
        value: Nested value, references as text.
        sensitive: It is never shown.
        location: Where it is declared.
    """

    name: str
    value: Any
    sensitive: bool
    location: Location


@frozen
class Move:
    """A resource that was declared under another address.

    Attributes:
        old: Address in state.
        new: Address in the module.
        location: Where it is declared.
        stack: The stack that it was declared in; empty for the same.
    """

    old: ResourceAddress
    new: ResourceAddress
    location: Location
    stack: str = ""


@frozen
class Release:
    """What to do with an object whose declaration is gone.

    Attributes:
        address: Address in state.
        keep: Forget it and leave it on Stripe; False removes it as usual.
        location: Where it is declared.
    """

    address: ResourceAddress
    keep: bool
    location: Location


@frozen
class Import:
    """An object that exists and comes under management.

    Attributes:
        address: The declaration that takes it.
        id: Stripe's id, which may be a reference to what is known before the apply.
        location: Where it is declared.
        environment: The environment in which it does; empty for all.
    """

    address: ResourceAddress
    id: str
    location: Location
    environment: str = ""


@frozen(eq=False)
class Stack:
    """One evaluated module.

    Attributes:
        name: File name without its ending.
        file: Path as the author would type it; empty for a state without a module.
        declarations: Resources by address text, in the order they were written.
        lookups: Objects that are read, by address text.
        outputs: Values it offers, by name.
        moves: Resources that changed their address.
        received: Resources that come from other stacks.
        releases: What to do with objects whose declaration is gone.
        imports: Objects that come under management, by address text.
        reads_outputs_of: Where this stack first reads an output of another, by that one's name,
            sorted.
        variables: Names of the variables that it reads, in the order of their first use.
        problems: What was found wrong while it was evaluated.
    """

    name: str
    file: str
    declarations: Mapping[str, Declaration] = field(default_factory=dict)
    lookups: Mapping[str, Lookup] = field(default_factory=dict)
    outputs: Mapping[str, OutputDeclaration] = field(default_factory=dict)
    moves: tuple[Move, ...] = ()
    received: tuple[Move, ...] = ()
    releases: tuple[Release, ...] = ()
    imports: Mapping[str, Import] = field(default_factory=dict)
    reads_outputs_of: Mapping[str, Location] = field(default_factory=dict)
    variables: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
