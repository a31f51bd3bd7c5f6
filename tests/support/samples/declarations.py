"""The declarations of a random stack: what is taken into it, and what validation refuses."""

from __future__ import annotations

import copy
import dataclasses
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.catalog import loader
from engine.stack.checks.fields import check_arguments, check_references
from engine.stack.checks.followed_references import blurred, completed
from engine.values.markers import UNKNOWN
from engine.values.targets import AttributeTarget, Target
from engine.values.templates import targets_in
from tests.support.samples.data import CIRCUMSTANCES, said_of_type
from tests.support.samples.random_values import code, spoken
from tests.support.samples.samples import Samples

HEAD = (
    "from datetime import datetime\nfrom decimal import Decimal\n"
    "from engine import Lifecycle, Sensitive, import_, moved, output, stripe\n\n"
)


@dataclass(slots=True, kw_only=True)
class Declared:
    """One resource of a random stack.

    Attributes:
        object: Object name of its type.
        name: Logical name.
        label: What its texts are made unlike others' with; stays when it is renamed.
        arguments: What it says.
        lifecycle: Keywords of its lifecycle.
    """

    object: str
    name: str
    label: str
    arguments: dict[str, Any]
    lifecycle: dict[str, Any] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """Text of the address."""
        return f"{loader.type_name(self.object)}.{self.name}"

    def line(self) -> str:
        """The declaration, over as many lines as it has arguments."""
        said = [f"    {name}={code(value)},\n" for name, value in self.arguments.items()]
        if self.lifecycle:
            words = ", ".join(f"{key}={code(value)}" for key, value in self.lifecycle.items())
            said.append(f"    lifecycle=Lifecycle({words}),\n")
        face = loader.by_object(self.object).face
        return f"stripe.{face}(\n    {self.name!r},\n{''.join(said)})\n"


class Declarations:
    """What a random stack declares.

    Attributes:
        declared: The resources by address, in the order of the module.
        extra: Further lines of the module.
        samples: What the catalog does not say.
        taken: How many leaves were taken, by type.
        refused: How many candidates validation refused, by type.
    """

    def __init__(self, rng: random.Random, samples: Samples) -> None:
        """Args: rng: makes the choices; samples: what the catalog does not say."""
        self._rng = rng
        self.samples = samples
        self.declared: dict[str, Declared] = {}
        self.extra: list[str] = []
        self.taken: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()

    @property
    def source(self) -> str:
        """The module."""
        lines = [one.line() for one in self.declared.values()]
        return HEAD + "\n".join([*lines, *self.extra]) + "\n"

    @property
    def addresses(self) -> frozenset[str]:
        """What is declared."""
        return frozenset(self.declared)

    def snapshot(self) -> tuple[dict[str, Declared], list[str]]:
        """What it says, to go back to."""
        return copy.deepcopy(self.declared), list(self.extra)

    def restore(self, kept: tuple[dict[str, Declared], list[str]]) -> None:
        """Go back."""
        self.declared, self.extra = copy.deepcopy(kept[0]), list(kept[1])

    def declare(self, object_name: str, name: str, arguments: dict[str, Any]) -> Declared | None:
        """Declare a resource, what has to be there before it, and what it refers to."""
        kind = loader.by_object(object_name)
        address = f"{kind.name}.{name}"
        if address in self.declared:
            return self.declared[address]
        if kind.life.singleton and any(one.object == object_name for one in self.declared.values()):
            return None
        said = said_of_type(object_name)
        if self._lacks_before(said.get("before", ())):
            return None
        one = Declared(object=object_name, name=name, label=name, arguments=arguments)
        if kind.life.protect:
            one.lifecycle["protect"] = False
        if said.get("ignored_beside") and name in ("one", "two"):
            one.lifecycle["ignore_changes"] = list(said["ignored_beside"])
        if self._clashes(one, arguments):
            return None
        self.declared[address] = one
        for entry in said.get("before", ()):
            before = f"{loader.type_name(entry['object'])}.{entry['name']}"
            if before != address:
                self.declare(entry["object"], entry["name"], copy.deepcopy(entry["arguments"]))
                if before in self.declared and entry["object"] not in kind.life.follows:
                    one.lifecycle["depends_on"] = [before]
        self._declare_needed(arguments)
        return one

    def _lacks_before(self, before: list[dict[str, Any]]) -> bool:
        """Whether what has to be there before cannot be: there is one, and it says otherwise."""
        return any(
            one.object == entry["object"] and one.name != entry["name"]
            for entry in before
            if loader.by_object(entry["object"]).life.singleton
            for one in self.declared.values()
        )

    def _declare_needed(self, arguments: Mapping[str, Any]) -> None:
        for target in targets_in(spoken(arguments)):
            if isinstance(target, AttributeTarget) and str(target.address) not in self.declared:
                object_name = loader.resource_type(target.address.type).object
                name = target.address.name
                self.declare(object_name, name, self.samples.base(object_name, name))

    def take(self, one: Declared, arguments: dict[str, Any]) -> bool:
        """Let a resource say something else, unless validation refuses it there or elsewhere."""
        before = one.arguments
        one.arguments = arguments
        concerned = [one, *(x for x in self.declared.values() if one.address in self._needs(x))]
        if self._clashes(one, arguments) or any(self._is_refused(each) for each in concerned):
            one.arguments = before
            self.refused[one.object] += 1
            return False
        self.taken[one.object] += 1
        self._declare_needed(arguments)
        return True

    def any_resource(self) -> Declared:
        """Any resource, but for those that have to be as they are beside others."""
        everything = list(self.declared.values())
        free = [one for one in everything if not one.name.startswith("main")]
        return self._rng.choice(free or everything)

    def _needs(self, one: Declared) -> list[str]:
        """Addresses that a declaration names."""
        named = [
            str(target.address)
            for target in targets_in(spoken(one.arguments))
            if isinstance(target, AttributeTarget)
        ]
        before = [
            f"{loader.type_name(entry['object'])}.{entry['name']}"
            for entry in said_of_type(one.object).get("before", ())
        ]
        return [*named, *before, *one.lifecycle.get("depends_on", ())]

    def earlier(self, one: Declared) -> list[str]:
        """What does not need a resource, however far."""
        later = {one.address}
        while True:
            more = {
                each.address for each in self.declared.values() if later & set(self._needs(each))
            }
            if more <= later:
                return [address for address in self.declared if address not in later]
            later |= more

    def _clashes(self, one: Declared, arguments: Mapping[str, Any]) -> bool:
        """Whether another of its type has what only one may have."""
        names = said_of_type(one.object).get("apart", ())
        return any(
            each is not one
            and each.object == one.object
            and each.address != one.address
            and arguments.get(name) == each.arguments.get(name)
            for each in self.declared.values()
            for name in names
        )

    def _is_refused(self, one: Declared) -> bool:
        kind = loader.by_object(one.object)
        arguments = spoken(one.arguments)
        found = check_arguments(kind, arguments, CIRCUMSTANCES)
        where = dataclasses.replace(CIRCUMSTANCES, itself=f"${{{one.address}.id}}")
        beside = check_references(kind, arguments, where, self._said_of)
        return any(True for _ in found) or any(True for _ in beside)

    def _said_of(self, target: Target) -> Any:
        """What is declared, or would be, of what a reference names."""
        if not isinstance(target, AttributeTarget) or target.attribute != "id":
            return UNKNOWN
        named = loader.resource_type(target.address.type)
        one = self.declared.get(str(target.address))
        base = (
            self.samples.base(named.object, target.address.name) if one is None else one.arguments
        )
        found = completed(named.root, spoken(base))
        ignored = (
            one.lifecycle.get("ignore_changes", ())
            if one is not None
            else said_of_type(named.object).get("ignored_beside", ())
        )
        for name in ignored:
            found = blurred(found, (name,))
        return found
