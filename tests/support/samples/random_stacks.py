"""Stacks at random, and changes of them at random; the same from the same seed.

A stack has resources of any types with what they refer to, any of their leaves, and values easy
and hard. What validation refuses is not taken, and is counted.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

from engine.address import parse_address
from engine.catalog import loader
from engine.schema.attribute import Attribute, Kind, walk
from engine.values.secret import Sensitive
from engine.values.targets import AttributeTarget
from engine.values.templates import targets_with_paths
from tests.support.samples.cases import grown
from tests.support.samples.data import DATA, said_of_type
from tests.support.samples.declarations import Declarations, Declared
from tests.support.samples.random_values import EMPTIES, RandomValues, code, spoken
from tests.support.samples.samples import Samples

_LEFT_OUT = frozenset(
    {
        # The product that a price makes keeps the id that it was given: no second price makes it.
        ("price", "product_data.id"),
        # In the emulator no subscription follows a clock (docs/reference/emulator.md).
        ("customer", "test_clock"),
    }
)
"""Leaves that are not chosen, by type, each with the reason."""

_LEAVES = (0, 1, 2, 3, 5, 8, 13)


class RandomStack(Declarations):
    """A stack that is made, and changed, at random."""

    def __init__(self, seed: int, samples: Samples) -> None:
        """Args: seed: makes one run like the next; samples: what the catalog does not say."""
        rng = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
        super().__init__(rng, samples)
        self._values = RandomValues(rng)
        self._count = 0
        for _ in range(rng.randint(1, 5)):
            self._add()
        self._hand_out()

    def change(self) -> None:
        """Change one or several things."""
        self.extra = [line for line in self.extra if line.startswith("import_")]
        steps = (
            self._grow_any, self._grow_any, self._grow_any, self._cut, self._cut, self._swap,
            self._respell, self._lengthen, self._remove, self._add, self._rename, self._shuffle,
            self._care,
        )  # fmt: skip
        for _ in range(self._rng.choice([1, 1, 2, 3, 5])):
            self._rng.choice(steps)()
        self._hand_out()

    def _grow_any(self) -> None:
        if self.declared:
            self._grow(self.any_resource())

    def _cut(self) -> None:
        """Take out a leaf, or a block."""
        if not self.declared:
            return
        one = self.any_resource()
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
        self.take(one, arguments)

    def _lengthen(self) -> None:
        """Add an element like another to a list, or change the order of one."""
        one = self.any_resource() if self.declared else None
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
        self.take(one, arguments)

    def _respell(self) -> None:
        """Write what is declared otherwise; nothing is to come of it."""
        if not self.declared:
            return
        one = self.any_resource()
        root = loader.by_object(one.object).root
        self.take(one, self._respelt(root, one.arguments))

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
        if self.declared:
            self._swap_in(self.any_resource())

    def _remove(self) -> None:
        """Take out a declaration, with all that refers to it."""
        if len(self.declared) < 2:
            return
        first = self.any_resource().address
        kept = self.earlier(self.declared[first])
        gone = [address for address in self.declared if address not in kept]
        for address in gone:
            del self.declared[address]
        self.extra = [
            line for line in self.extra if not any(f'"{address}"' in line for address in gone)
        ]

    def _rename(self) -> None:
        """Give a resource another name, and say so."""
        if not self.declared:
            return
        one = self.any_resource()
        old = one.address
        if any(old in line for line in self.extra):
            return
        self._count += 1
        one.name = f"renamed-{self._count}"
        self.declared = {
            found.address: found
            for found in (_renamed(found, old, one.address) for found in self.declared.values())
        }
        self.extra.append(f'moved("{old}", "{one.address}")')

    def _shuffle(self) -> None:
        """Declare everything in another order."""
        addresses = list(self.declared)
        self._rng.shuffle(addresses)
        self.declared = {address: self.declared[address] for address in addresses}

    def _care(self) -> None:
        """Treat a resource otherwise."""
        if not self.declared:
            return
        one = self.any_resource()
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
            one.lifecycle[word] = [*one.lifecycle.get(word, ()), *self.earlier(one)[:1]]

    def _add(self) -> None:
        """Declare a resource of any type."""
        object_name = self._rng.choice(loader.managed())
        kind = loader.by_object(object_name)
        if kind.life.singleton and any(one.object == object_name for one in self.declared.values()):
            return
        self._count += 1
        name = f"{'subject' if self._rng.random() < 0.5 else 's'}-{self._count}"
        if not kind.creatable and not kind.life.singleton:
            self._adopt(object_name, name)
            return
        one = self.declare(object_name, name, self.samples.base(object_name, name))
        if one is None:
            return
        for _ in range(self._rng.choice(_LEAVES)):
            self._grow(one)
        for _ in range(2):
            self._swap_in(one)

    def _adopt(self, object_name: str, name: str) -> None:
        """Take over one of those that only the Dashboard makes."""
        ids = [entry["fields"]["id"] for entry in DATA["seeds"] if entry["object"] == object_name]
        free = [id for id in ids if not any(f'"{id}"' in line for line in self.extra)]
        if free:
            one = self.declare(object_name, name, {})
            self.extra += [f'import_("{one.address}", "{free[0]}")'] if one is not None else []

    def _grow(self, one: Declared) -> None:
        """Declare a leaf more, or another value of it."""
        leaves = [
            path
            for path in self.samples.free_leaves(one.object)
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
        if self.take(one, arguments):
            for object_name, name, args in beside:
                self.declare(object_name, name, copy.deepcopy(args))

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
            for address in self.earlier(one)
            if parse_address(address).type == target.address.type
        ]
        if others:
            arguments = spoken(copy.deepcopy(one.arguments))
            holder: Any = arguments
            for part in path[:-1]:
                holder = holder[part]
            holder[path[-1]] = f"${{{self._rng.choice(others)}.id}}"
            self.take(one, arguments)

    def _hand_out(self) -> None:
        """Outputs of what there is."""
        self.extra = [line for line in self.extra if not line.startswith("output(")]
        for number, one in enumerate(self.declared.values()):
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
                    self.extra.append(f'output("out-{number}", "${{{one.address}.{name}}}")')


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
