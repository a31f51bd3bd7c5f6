"""A stack that is written from the objects of an account, as an import of all of them writes it."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from engine.address import ResourceAddress, parse_address
from engine.catalog import loader
from engine.operations.import_ import import_object
from engine.plan.compare.liveness import is_live
from engine.plan.compare.normalize import comparable
from engine.plan.translate.untold import undeclarable
from engine.plan.translate.written import Written, written
from engine.ports.provider import Provider
from engine.schema.attribute import Attribute
from engine.schema.remote import STAMP_PATH, RemoteObject, id_of
from engine.schema.resource_type import ResourceType
from engine.values.paths import set_path
from engine.values.tree import map_scalars, without
from tests.support.project import Project

HEAD = "from engine import Lifecycle, import_, stripe\n\n"


@dataclass(slots=True, kw_only=True)
class Taken:
    """One object, and what is written of it."""

    kind: ResourceType
    name: str
    actual: RemoteObject
    written: Written = field(default_factory=lambda: Written(arguments={}, untold=()))

    @property
    def address(self) -> ResourceAddress:
        """The address that it gets."""
        return parse_address(f"{self.kind.name}.{self.name}")

    @property
    def declared(self) -> dict[str, Any]:
        """What is declared: what is written, with something valid where that is needed."""
        found = copy.deepcopy(dict(self.written.arguments))
        for untold in self.written.untold:
            if untold.needed:
                set_path(found, untold.path, copy.deepcopy(untold.stand_in))
        return found


class WrittenStack:
    """Objects of one account, with those that they refer to, as declarations.

    Attributes:
        taken: The objects by object name and id.
    """

    def __init__(self, provider: Provider, objects: Iterable[tuple[str, str, str]]) -> None:
        """Args: provider: reads the account; objects: type, logical name and id of each."""
        self._provider = provider
        self.taken: dict[tuple[str, str], Taken] = {}
        for type_name, name, id in objects:
            self._read(loader.resource_type(type_name), name, id)
        waiting = list(self.taken)
        while waiting:
            one = self.taken[waiting.pop(0)]
            known = set(self.taken)
            one.written = written(one.kind, one.actual, self.refer, self._is_live)
            waiting += [key for key in self.taken if key not in known]

    def _read(self, kind: ResourceType, name: str, id: str) -> Taken | None:
        actual = self._provider.read(kind, id)
        if actual is None or undeclarable(kind, actual):
            return None
        taken = Taken(kind=kind, name=name, actual=actual)
        self.taken[kind.object, kind.own_id(id)] = taken
        return taken

    def refer(self, object_name: str, id: str) -> str | None:
        """A reference; what was not asked for is taken too, unless nobody manages its type."""
        taken = self.taken.get((object_name, id))
        if taken is None and object_name in loader.managed():
            kind = loader.by_object(object_name)
            if not kind.parent and kind.creatable:
                taken = self._read(kind, f"found-{len(self.taken)}", id)
        return f"${{{taken.address}.id}}" if taken is not None else None

    def _is_live(self, object_name: str, id: str) -> bool:
        self.refer(object_name, id)
        taken = self.taken.get((object_name, id))
        return taken is None or is_live(taken.kind, taken.actual)

    def declared(self) -> dict[str, dict[str, Any]]:
        """What is declared, by address."""
        return {str(one.address): one.declared for one in self.taken.values()}

    def changed(self, address: str, change: Mapping[str, Any]) -> str:
        """The module with some arguments of one declaration changed."""
        (one,) = (one for one in self.taken.values() if str(one.address) == address)
        one.written = replace(one.written, arguments={**one.written.arguments, **change})
        return self.source

    @property
    def source(self) -> str:
        """The module."""
        lines = [HEAD]
        for one in self.taken.values():
            lifecycle = "lifecycle=Lifecycle(protect=False), " if one.kind.life.protect else ""
            lines.append(f"stripe.{one.kind.face}({one.name!r}, {lifecycle}**{one.declared!r})\n")
            if not one.kind.creatable and not one.kind.life.singleton:
                lines.append(f"import_({str(one.address)!r}, {id_of(one.actual)!r})\n")
        return "".join(lines)

    def import_into(self, project: Project) -> None:
        """Declare everything in a project, and record every object in its state."""
        project.write(self.source)
        context = project.context()
        for one in self.taken.values():
            import_object(context, one.address, id_of(one.actual))

    def compared(self) -> dict[str, Any]:
        """Every leaf that could be declared, by address, in one form on all accounts."""
        names = {id: str(one.address) for (_, id), one in self.taken.items() if id}

        def general(leaf: Any) -> Any:
            if not isinstance(leaf, str):
                return leaf
            # A price that was made for one object is no resource.
            return names.get(leaf, re.sub(r"^price_[A-Za-z0-9]{14,}$", "price", leaf))

        return {
            str(one.address): comparable(
                one.kind.root,
                map_scalars(_general(one.kind.root, one.actual), general),
            )
            for one in self.taken.values()
        }


def _general(root: Attribute, actual: RemoteObject) -> dict[str, Any]:
    """A response without the stamp, and without values that Stripe generates."""
    return {
        name: value
        for name, value in without(actual, [STAMP_PATH]).items()
        if (child := root.fields.get(name)) is None
        or not child.generated
        or not re.fullmatch(child.generated, str(value))
    }
