"""Stacks at random, and changes of them at random; the same from the same seed.

A stack has resources of any types with what they refer to, any of their leaves, and values easy
and hard. What the engine's validation refuses is not taken, and is counted. What must not live
here: what an apply has to come to.
"""

from __future__ import annotations

import copy
import dataclasses
import random
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.address import parse_address
from engine.catalog import loader
from engine.schema.attribute import Attribute, Kind, walk
from engine.stack.checks.fields import check_arguments, check_references
from engine.stack.checks.linked import blurred, completed
from engine.values.markers import UNKNOWN
from engine.values.secret import Sensitive
from engine.values.targets import AttributeTarget, Target
from engine.values.templates import targets_in, targets_with_paths
from tests.support.samples.random_values import EMPTIES, RandomValues, code, spoken
from tests.support.samples.samples import CIRCUMSTANCES, DATA, Samples, grown, said_of_type

HEAD = (
    "from datetime import datetime\nfrom decimal import Decimal\n"
    "from engine import Lifecycle, Sensitive, import_, moved, output, stripe\n\n"
)
_LEFT_OUT = frozenset(
    {
        # The product that a price makes keeps the id that it was given: no second price makes it.
        ("price", "product_data.id"),
        # In the emulator no subscription follows a clock (docs/emulator.md).
        ("customer", "test_clock"),
    }
)
"""Leaves that are not chosen, by type, each with the reason."""
_LEAVES = (0, 1, 2, 3, 5, 8, 13)
_TRIES = 3


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


class RandomStack:
    """A stack that is made, and changed, at random.

    Attributes:
        taken: How many leaves were taken, by type.
        refused: How many candidates validation refused, by type.
    """

    def __init__(self, seed: int, samples: Samples) -> None:
        """Args: seed: makes one run like the next; samples: what the catalog does not tell."""
        self._rng = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
        self._values = RandomValues(self._rng)
        self._samples = samples
        self._declared: dict[str, Declared] = {}
        self._extra: list[str] = []
        self._count = 0
        self.taken: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        for _ in range(self._rng.randint(1, 5)):
            self._add()
        self._hand_out()

    # ── what the stack says ───────────────────────────────────────────────────────────────

    @property
    def source(self) -> str:
        """The module."""
        lines = [one.line() for one in self._declared.values()]
        return HEAD + "\n".join([*lines, *self._extra]) + "\n"

    @property
    def addresses(self) -> frozenset[str]:
        """What is declared."""
        return frozenset(self._declared)

    def snapshot(self) -> tuple[dict[str, Declared], list[str]]:
        """What it says, to go back to."""
        return copy.deepcopy(self._declared), list(self._extra)

    def restore(self, kept: tuple[dict[str, Declared], list[str]]) -> None:
        """Go back."""
        self._declared, self._extra = copy.deepcopy(kept[0]), list(kept[1])

    # ── changes ───────────────────────────────────────────────────────────────────────────

    def change(self) -> None:
        """Change one or several things."""
        self._extra = [line for line in self._extra if line.startswith("import_")]
        steps = (
            self._grow_any, self._grow_any, self._grow_any, self._cut, self._cut, self._swap,
            self._respell, self._lengthen, self._remove, self._add, self._rename, self._shuffle,
            self._care,
        )  # fmt: skip
        for _ in range(self._rng.choice([1, 1, 2, 3, 5])):
            self._rng.choice(steps)()
        self._hand_out()

    def _grow_any(self) -> None:
        if self._declared:
            self._grow(self._any())

    def _cut(self) -> None:
        """Take out a leaf, or a block."""
        if not self._declared:
            return
        one = self._any()
        arguments = copy.deepcopy(one.arguments)
        holder: Any = arguments
        while True:
            keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
            if not keys:
                return
            key = self._rng.choice(keys)
            inner = holder[key]
            if isinstance(inner, (dict, list)) and inner and self._rng.random() < 0.7:
                holder = inner
                continue
            if isinstance(holder, list) and len(holder) == 1 and not EMPTIES:
                return
            holder.pop(key)
            break
        self._take(one, arguments)

    def _lengthen(self) -> None:
        """Add an element like another to a list, or change the order of one."""
        one = self._any() if self._declared else None
        if one is None:
            return
        arguments = copy.deepcopy(one.arguments)
        lists = [found for found in _lists(arguments) if found]
        if not lists:
            return
        found = self._rng.choice(lists)
        if self._rng.random() < 0.5:
            self._rng.shuffle(found)
        else:
            found.insert(self._rng.randint(0, len(found)), copy.deepcopy(self._rng.choice(found)))
        self._take(one, arguments)

    def _respell(self) -> None:
        """Write what is declared otherwise; nothing is to come of it."""
        if not self._declared:
            return
        one = self._any()
        root = loader.by_object(one.object).root
        self._take(one, self._respelt(root, one.arguments))

    def _respelt(self, attribute: Attribute | None, value: Any) -> Any:
        if attribute is None or isinstance(value, Sensitive):
            return value
        if isinstance(value, dict):
            return {key: self._respelt(attribute.child(key), inner) for key, inner in value.items()}
        if isinstance(value, (list, tuple)) and attribute.element is not None:
            inner = [self._respelt(attribute.element, each) for each in value]
            return (
                inner
                if attribute.element.kind is Kind.OBJECT
                else self._values.respelt(attribute, inner)
            )
        return self._values.respelt(attribute, value)

    def _swap(self) -> None:
        """Refer to another resource."""
        if self._declared:
            self._swap_in(self._any())

    def _remove(self) -> None:
        """Take out a declaration, with all that refers to it."""
        if len(self._declared) < 2:
            return
        first = self._any().address
        kept = self._earlier(self._declared[first])
        gone = [address for address in self._declared if address not in kept]
        for address in gone:
            del self._declared[address]
        self._extra = [
            line for line in self._extra if not any(f'"{address}"' in line for address in gone)
        ]

    def _rename(self) -> None:
        """Give a resource another name, and say so."""
        if not self._declared:
            return
        one = self._any()
        old = one.address
        if any(old in line for line in self._extra):
            return
        self._count += 1
        one.name = f"renamed-{self._count}"
        self._declared = {
            found.address: found
            for found in (_renamed(found, old, one.address) for found in self._declared.values())
        }
        self._extra.append(f'moved("{old}", "{one.address}")')

    def _shuffle(self) -> None:
        """Declare everything in another order."""
        addresses = list(self._declared)
        self._rng.shuffle(addresses)
        self._declared = {address: self._declared[address] for address in addresses}

    def _care(self) -> None:
        """Treat a resource otherwise."""
        if not self._declared:
            return
        one = self._any()
        word = self._rng.choice(
            ["create_before_delete", "ignore_changes", "on_remove", "depends_on"]
        )
        if word == "create_before_delete":
            one.lifecycle[word] = self._rng.random() < 0.5
        elif word == "ignore_changes":
            names = sorted(one.arguments)
            one.lifecycle[word] = [self._rng.choice(names)] if names else []
        elif word == "on_remove" and not loader.by_object(one.object).life.inherits:
            one.lifecycle[word] = self._rng.choice(["keep", "remove"])
        elif word == "depends_on":
            one.lifecycle[word] = [*one.lifecycle.get(word, ()), *self._earlier(one)[:1]]

    # ── declarations ──────────────────────────────────────────────────────────────────────

    def _add(self) -> None:
        """Declare a resource of any type."""
        object_name = self._rng.choice(loader.managed())
        kind = loader.by_object(object_name)
        if kind.life.singleton and any(
            one.object == object_name for one in self._declared.values()
        ):
            return
        self._count += 1
        name = f"{'subject' if self._rng.random() < 0.5 else 's'}-{self._count}"
        if not kind.creatable and not kind.life.singleton:
            self._adopt(object_name, name)
            return
        one = self._declare(object_name, name, self._samples.base(object_name, name))
        if one is None:
            return
        for _ in range(self._rng.choice(_LEAVES)):
            self._grow(one)
        for _ in range(2):
            self._swap_in(one)

    def _adopt(self, object_name: str, name: str) -> None:
        """Take over one of those that only the Dashboard makes."""
        ids = [entry["fields"]["id"] for entry in DATA["seeds"] if entry["object"] == object_name]
        free = [id for id in ids if not any(f'"{id}"' in line for line in self._extra)]
        if free:
            one = self._declare(object_name, name, {})
            self._extra += [f'import_("{one.address}", "{free[0]}")'] if one is not None else []

    def _declare(self, object_name: str, name: str, arguments: dict[str, Any]) -> Declared | None:
        """Declare a resource, what has to be there before it, and what it refers to."""
        kind = loader.by_object(object_name)
        address = f"{kind.name}.{name}"
        if address in self._declared:
            return self._declared[address]
        if kind.life.singleton and any(
            one.object == object_name for one in self._declared.values()
        ):
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
        self._declared[address] = one
        for entry in said.get("before", ()):
            before = f"{loader.type_name(entry['object'])}.{entry['name']}"
            if before != address:
                self._declare(entry["object"], entry["name"], copy.deepcopy(entry["arguments"]))
                if before in self._declared and entry["object"] not in kind.life.follows:
                    one.lifecycle["depends_on"] = [before]
        self._declare_needed(arguments)
        return one

    def _lacks_before(self, before: list[dict[str, Any]]) -> bool:
        """Whether what has to be there before cannot be: there is one, and it says otherwise."""
        return any(
            one.object == entry["object"] and one.name != entry["name"]
            for entry in before
            if loader.by_object(entry["object"]).life.singleton
            for one in self._declared.values()
        )

    def _declare_needed(self, arguments: Mapping[str, Any]) -> None:
        for target in targets_in(spoken(arguments)):
            if isinstance(target, AttributeTarget) and str(target.address) not in self._declared:
                object_name = loader.resource_type(target.address.type).object
                name = target.address.name
                self._declare(object_name, name, self._samples.base(object_name, name))

    def _grow(self, one: Declared) -> None:
        """Declare a leaf more, or another value of it."""
        leaves = [
            path
            for path in self._samples.free_leaves(one.object)
            if (one.object, path) not in _LEFT_OUT
        ]
        if not leaves:
            return
        path = self._rng.choice(leaves)
        try:
            arguments, beside = grown(
                one.object, one.arguments, path, one.label, self._values.choose
            )
        except (LookupError, TypeError, AttributeError):
            return  # nothing tells a value, or what is there is in the way
        if any(one.address not in str(args) for _, _, args in beside) and one.name != one.label:
            return
        if self._take(one, arguments):
            for object_name, name, args in beside:
                self._declare(object_name, name, copy.deepcopy(args))

    def _swap_in(self, one: Declared) -> None:
        """Refer to another resource of the same type, one that is declared before."""
        bound = said_of_type(one.object).get("bound", ())
        places = [
            (path, target)
            for path, target in targets_with_paths(spoken(one.arguments))
            if isinstance(target, AttributeTarget) and target.attribute == "id"
            if path[0] not in bound
        ]
        if not places:
            return
        path, target = self._rng.choice(places)
        others = [
            address
            for address in self._earlier(one)
            if parse_address(address).type == target.address.type
        ]
        if others:
            arguments = spoken(copy.deepcopy(one.arguments))
            holder: Any = arguments
            for part in path[:-1]:
                holder = holder[part]
            holder[path[-1]] = f"${{{self._rng.choice(others)}.id}}"
            self._take(one, arguments)

    def _take(self, one: Declared, arguments: dict[str, Any]) -> bool:
        """Let a resource say something else, unless validation refuses it there or elsewhere."""
        before = one.arguments
        one.arguments = arguments
        concerned = [one, *(x for x in self._declared.values() if one.address in self._needs(x))]
        if self._clashes(one, arguments) or any(self._is_refused(each) for each in concerned):
            one.arguments = before
            self.refused[one.object] += 1
            return False
        self.taken[one.object] += 1
        self._declare_needed(arguments)
        return True

    # ── what is known of it ───────────────────────────────────────────────────────────────

    def _any(self) -> Declared:
        """Any resource, but for those that have to be as they are beside others."""
        everything = list(self._declared.values())
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

    def _earlier(self, one: Declared) -> list[str]:
        """What does not need a resource, however far."""
        later = {one.address}
        while True:
            more = {
                each.address for each in self._declared.values() if later & set(self._needs(each))
            }
            if more <= later:
                return [address for address in self._declared if address not in later]
            later |= more

    def _clashes(self, one: Declared, arguments: Mapping[str, Any]) -> bool:
        """Whether another of its type has what only one may have."""
        names = said_of_type(one.object).get("apart", ())
        return any(
            each is not one
            and each.object == one.object
            and each.address != one.address
            and arguments.get(name) == each.arguments.get(name)
            for each in self._declared.values()
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
        one = self._declared.get(str(target.address))
        base = (
            self._samples.base(named.object, target.address.name) if one is None else one.arguments
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

    def _hand_out(self) -> None:
        """Outputs of what there is."""
        self._extra = [line for line in self._extra if not line.startswith("output(")]
        for number, one in enumerate(self._declared.values()):
            if self._rng.random() < 0.3:
                fields = loader.by_object(one.object).root.fields
                plain = [
                    name
                    for name, value in one.arguments.items()
                    if value is not None and _is_told(fields[name], value)
                ]
                names = [*(["id"] if "id" in fields else []), *plain]
                if names:
                    name = self._rng.choice(names)
                    self._extra.append(f'output("out-{number}", "${{{one.address}.{name}}}")')


def _is_told(attribute: Attribute, value: Any) -> bool:
    """Whether Stripe answers with a field to everybody, and no other resource changes it."""
    secret = any(inner.sensitive for _, inner in walk(attribute)) or "Sensitive(" in code(value)
    hidden = secret or attribute.sensitive or attribute.write_only
    return attribute.in_response and not hidden and not attribute.source


def _lists(value: Any) -> Iterator[list[Any]]:
    """Every list inside a value."""
    if isinstance(value, list):
        yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inner:
        yield from _lists(each)


def _renamed(one: Declared, old: str, new: str) -> Declared:
    """A declaration that names another by its new address."""
    one.arguments = _replaced(one.arguments, f"${{{old}.", f"${{{new}.")
    if "depends_on" in one.lifecycle:
        one.lifecycle["depends_on"] = [
            new if each == old else each for each in one.lifecycle["depends_on"]
        ]
    return one


def _replaced(value: Any, old: str, new: str) -> Any:
    if isinstance(value, str):
        return value.replace(old, new)
    if isinstance(value, dict):
        return {key: _replaced(inner, old, new) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_replaced(inner, old, new) for inner in value)
    return Sensitive(_replaced(value.value, old, new)) if isinstance(value, Sensitive) else value
