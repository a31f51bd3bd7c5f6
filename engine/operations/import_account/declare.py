"""Write the declarations of the objects that are imported: names, references, outputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.address import ResourceAddress
from engine.catalog.loader import type_name
from engine.frozen import frozen
from engine.operations.import_account.wanted import Wanted, WantedObject
from engine.plan.compare.liveness import is_live
from engine.plan.inputs.ownership import ObjectKey
from engine.plan.translate.untold import Untold
from engine.plan.translate.written import written
from engine.ports.reports import Unknown
from engine.schema.remote import RemoteObject
from engine.schema.resource_type import ResourceType, Schemas
from engine.source.model import WrittenModule, WrittenResource
from engine.source.names import name_resources
from engine.values.markers import UNKNOWN
from engine.values.paths import Path, dotted, get_path, set_path
from engine.values.targets import AttributeTarget, OutputTarget, Target
from engine.values.templates import rewritten, targets_in
from engine.values.tree import scalars

_NOT_WANTED = WantedObject()


@frozen
class Elsewhere:
    """What to write for the id of an object that is not imported.

    Attributes:
        text: A reference; empty for the id itself.
        note: The comment next to the id.
    """

    text: str = ""
    note: str = ""


@frozen
class DeclaredStack:
    """One stack that is to be written.

    Attributes:
        module: What its module declares.
        objects: The object of each resource, by address.
        unknown: What Stripe does not return of them.
        reads: The stacks of this import whose outputs it reads.
        new: Addresses of what is no object yet: the next apply creates it.
    """

    module: WrittenModule
    objects: Mapping[str, tuple[ObjectKey, RemoteObject]]
    unknown: tuple[Unknown, ...]
    reads: frozenset[str]
    new: frozenset[str] = frozenset()

    @property
    def addresses(self) -> frozenset[str]:
        """The addresses of all that it declares."""
        return self.new.union(self.objects)


@dataclass(slots=True)
class Declarer:
    """Writes declarations.

    Attributes:
        schemas: Resource types by name.
        stack_of: Returns the stack that the objects of a type are declared in.
        elsewhere: Returns what to write for the id of an object of a type that is not imported.
        now: What the clock says.
        wanted: What another tool says of the objects.
        ignored: Leaves that are put under `ignore_changes`, with the reason, by object.
        refused: Addresses of what is not declared, although another tool wants it to be created.
    """

    schemas: Schemas
    stack_of: Callable[[str], str]
    elsewhere: Callable[[str, str], Elsewhere]
    now: float
    wanted: Wanted | None = None
    ignored: dict[ObjectKey, dict[str, str]] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    _places: dict[tuple[str, str], tuple[str, ResourceAddress]] = field(default_factory=dict)
    _ended: frozenset[tuple[str, str]] = frozenset()
    _outputs: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)
    _reads: dict[str, set[str]] = field(default_factory=dict)

    def declare(self, objects: Mapping[ObjectKey, RemoteObject]) -> tuple[DeclaredStack, ...]:
        """The stacks that declare some objects, each after those whose outputs it reads."""
        by_stack: dict[str, dict[ObjectKey, RemoteObject]] = {}
        for key, entry in objects.items():
            by_stack.setdefault(self.stack_of(key.type), {})[key] = entry
        new = self._new()
        for name in new:
            by_stack.setdefault(name, {})
        # All at once, since things are named after what they refer to, in whichever stack.
        named = self._named(objects)
        addresses: dict[str, dict[ObjectKey, ResourceAddress]] = {
            name: {key: where for key, where in named.items() if key in by_stack[name]}
            for name in sorted(by_stack)
        }
        self._places = {
            (key.type, self.schemas[key.type].own_id(key.id)): (name, address)
            for name, some in addresses.items()
            for key, address in some.items()
        }
        self._ended = frozenset(
            (key.type, self.schemas[key.type].own_id(key.id))
            for key, entry in objects.items()
            if not is_live(self.schemas[key.type], entry)
        )
        self._outputs = {name: {} for name in addresses}
        self._reads = {name: set() for name in addresses}
        written = {
            name: [
                _Declared(self, name, key, address, by_stack[name][key])
                for key, address in addresses[name].items()
            ]
            for name in addresses
        }
        places = {
            address: (name, key)
            for name, some in addresses.items()
            for key, address in some.items()
        }
        created = {
            name: [
                new_resource(address, arguments, self._outside(name, places, objects))
                for address, arguments in some.items()
            ]
            for name, some in new.items()
        }
        stacks = (self._stack(name, written[name], created.get(name, [])) for name in self._order())
        return tuple(stack for stack in stacks if stack.objects or stack.new)

    def _new(self) -> Mapping[str, Mapping[ResourceAddress, Mapping[str, Any]]]:
        """What is no object yet, by stack."""
        found: dict[str, dict[ResourceAddress, Mapping[str, Any]]] = {}
        declared = self.wanted.declared if self.wanted is not None else {}
        for address, arguments in declared.items():
            if address not in self.refused:
                found.setdefault(self.stack_of(address.type), {})[address] = arguments
        return found

    def _outside(
        self,
        stack: str,
        places: Mapping[ResourceAddress, tuple[str, ObjectKey]],
        objects: Mapping[ObjectKey, RemoteObject],
    ) -> Callable[[Target], Any]:
        """What a new resource of a stack writes for a reference to one in another stack."""

        def outside(target: Target) -> Any:
            place = places.get(target.address) if isinstance(target, AttributeTarget) else None
            if place is None or not isinstance(target, AttributeTarget) or place[0] == stack:
                return target
            key = place[1]
            own_id = self.schemas[key.type].own_id(key.id)
            if target.attribute != "id":
                return get_path(objects[key], target.path, UNKNOWN)
            text = self.reference(stack, key.type, own_id).text
            return next(targets_in(text), own_id)

        return outside

    def _named(
        self, objects: Mapping[ObjectKey, RemoteObject]
    ) -> Mapping[ObjectKey, ResourceAddress]:
        known = self.wanted.objects if self.wanted is not None else {}
        wanted: dict[tuple[str, str, str], str] = {
            key: one.name for key, one in known.items() if one.name
        }
        listed = [(*key, entry) for key, entry in objects.items()]
        found = name_resources(listed, self.schemas, wanted=wanted)
        # In its order, that of their creation: so their code is written.
        return {ObjectKey(*key): where for key, where in found.items()}

    def _order(self) -> Iterator[str]:
        """The stacks, each after those that it reads; they form no circle."""
        done: set[str] = set()
        while len(done) < len(self._reads):
            ready = [
                name for name, reads in self._reads.items() if name not in done and reads <= done
            ]
            yield from ready
            done.update(ready)

    def _stack(
        self, name: str, declared: list[_Declared], new: list[WrittenResource]
    ) -> DeclaredStack:
        # A singleton that holds nothing which could be declared is as Stripe made it.
        filled = [one for one in declared if one.arguments or not one.kind.life.singleton]
        kinds = {one.kind.title for one in filled}
        titles = sorted({*kinds, *(self.schemas[one.address.type].title for one in new)})
        return DeclaredStack(
            module=WrittenModule(
                name=name,
                docstring=_docstring(titles),
                resources=(*(one.resource for one in filled), *new),
                outputs=self._outputs[name],
            ),
            objects={str(one.address): (one.key, one.entry) for one in filled},
            unknown=tuple(unknown for one in filled for unknown in one.unknown),
            reads=frozenset(self._reads[name]),
            new=frozenset(str(one.address) for one in new),
        )

    def is_live(self, object_name: str, id: str) -> bool:
        """Whether an object is not archived, as far as this import shows."""
        return (type_name(object_name), id) not in self._ended

    def reference(self, stack: str, type: str, id: str) -> Elsewhere:
        """What a declaration in a stack writes for an id."""
        place = self._places.get((type, id))
        if place is None:
            return self.elsewhere(type, id)
        name, address = place
        if name == stack:
            return Elsewhere(text=f"${{{address}.id}}")
        if self._leads(name, stack):
            return Elsewhere(note=f"{name}:{address}, which reads this stack")
        output = f"{self.schemas[type].object.rpartition('.')[2]}s"
        self._reads[stack].add(name)
        self._outputs[name].setdefault(output, {})[address.name] = f"${{{address}.id}}"
        return Elsewhere(text=f"${{{OutputTarget(name, output, (address.name,))}}}")

    def _leads(self, first: str, last: str) -> bool:
        """Whether a stack reads another one, perhaps by way of others."""
        return last in self._reads[first] or any(
            self._leads(name, last) for name in self._reads[first]
        )


class _Declared:
    """One object with its declaration."""

    def __init__(
        self,
        declarer: Declarer,
        stack: str,
        key: ObjectKey,
        address: ResourceAddress,
        entry: RemoteObject,
    ) -> None:
        self.key, self.address, self.entry = key, address, entry
        self.kind: ResourceType = declarer.schemas[key.type]
        self._stack = stack
        plain: dict[str, str] = {}

        def refer(object_name: str, id: str) -> str | None:
            name = type_name(object_name)
            if name not in declarer.schemas:
                return None
            found = declarer.reference(stack, name, id)
            if not found.text and found.note:
                plain[id] = found.note
            return found.text or None

        declaration = written(self.kind, entry, refer, declarer.is_live, declarer.now)
        self.arguments: dict[str, Any] = dict(declaration.arguments)
        self.notes: dict[Path, str] = {}
        self.unknown: list[Unknown] = []
        self._ignored = dict(declarer.ignored.get(key, {}))
        wanted = _NOT_WANTED
        if declarer.wanted is not None:
            wanted = declarer.wanted.objects.get(key, _NOT_WANTED)
        for untold in declaration.untold:
            self._fill(untold, wanted.known)
        if plain:
            self.notes |= {
                path: plain[value]
                for path, value in scalars(self.arguments)
                if isinstance(value, str) and value in plain
            }
        for path in self.kind.creation_only:
            if path not in wanted.secrets:
                self._note_unknown(path, secret=True)

    def _fill(self, untold: Untold, known: Mapping[str, Any]) -> None:
        """Declare what Stripe does not return, if another tool knows it or it has to be there."""
        name = str(untold.path[0])
        value = get_path(known, untold.path)
        if value is not None:
            # What the object has too is what Stripe fills in.
            if value != get_path(self.entry, untold.path):
                set_path(self.arguments, untold.path, value)
        elif untold.needed:
            set_path(self.arguments, untold.path, untold.stand_in)
            self.notes[untold.path] = "Stripe does not return it: this value is not its own"
            self._ignored.setdefault(name, "Stripe does not return it")
            self._note_unknown(untold.path, secret=untold.secret)

    def _note_unknown(self, path: Path, *, secret: bool) -> None:
        self.unknown.append(
            Unknown(
                stack=self._stack,
                address=str(self.address),
                title=self.kind.title,
                path=dotted(path),
                secret=secret,
            )
        )

    @property
    def resource(self) -> WrittenResource:
        """What is written."""
        remarks = [f"{path} is left as it is: {why}." for path, why in self._ignored.items()]
        secrets = [unknown.path for unknown in self.unknown if unknown.secret and not self._ignored]
        if secrets:
            remarks.append(
                f"Stripe returned its {' and '.join(secrets)} once, when it was made: this project "
                "does not have it."
            )
        return WrittenResource(
            address=self.address,
            arguments=self.arguments,
            lifecycle={"ignore_changes": sorted(self._ignored)} if self._ignored else {},
            remarks=tuple(remarks),
            notes=self.notes,
        )


def new_resource(
    address: ResourceAddress, arguments: Mapping[str, Any], outside: Callable[[Target], Any]
) -> WrittenResource:
    """The declaration of what is no object yet.

    Args:
        address: Its address.
        arguments: What another tool makes it with; references as text.
        outside: What is written for a reference.
    """
    return WrittenResource(address=address, arguments=rewritten(arguments, outside))


def _docstring(titles: list[str]) -> str:
    """What a module holds, in a sentence."""
    if len(titles) > _FEW:
        return "What the account had when it was imported from Stripe."
    plural = [title if title.endswith("s") else f"{title}s" for title in titles]
    *first, last = plural or ["nothing"]
    text = f"{', '.join(first)} and {last}" if first else last
    return f"{text[:1].upper()}{text[1:]}, imported from Stripe."


_FEW = 4
