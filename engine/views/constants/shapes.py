"""One shape for the constants of a stack in all of its environments, for typed modules."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from itertools import groupby
from typing import Any

from engine.frozen import frozen
from engine.ports.reports import Constant, StackConstants
from engine.views.constants.identifiers import identifier, refuse_same
from engine.views.constants.words import about_each, names_by_id

FORMER = "_FORMER"
"""What the name of a constant ends with that lists what another one replaced."""


@frozen
class Member:
    """One constant of a stack.

    Attributes:
        name: Its name in the module.
        values: Its value by environment; an environment without it is left out.
        about: What it is, in one line.
    """

    name: str
    values: dict[str, Any]
    about: str


@frozen
class Shape:
    """The constants of a stack in its environments.

    Attributes:
        stack: Stack name.
        environments: The stack in each of its environments.
        members: Its constants, by name.
        names: The member of each id that is or was a resource's.
    """

    stack: str
    environments: tuple[StackConstants, ...]
    members: tuple[Member, ...]
    names: dict[str, str]

    @property
    def known(self) -> tuple[str, ...]:
        """The members that `names` leads to, sorted."""
        return tuple(sorted(set(self.names.values())))


def shapes_of(stacks: Sequence[StackConstants], reserved: Collection[str]) -> tuple[Shape, ...]:
    """The shape of each stack.

    Args:
        stacks: Constants, those of one stack together.
        reserved: Words that cannot be names of members.

    Raises:
        UsageError: for two members of one name.
    """
    grouped = groupby(stacks, key=lambda one: one.stack)
    return tuple(_shape(stack, tuple(group), reserved) for stack, group in grouped)


def _shape(stack: str, group: tuple[StackConstants, ...], reserved: Collection[str]) -> Shape:
    found: dict[str, dict[str, Constant]] = {}
    for one in group:
        for constant in one.constants:
            found.setdefault(constant.name, {})[one.environment] = constant
    members: list[Member] = []
    for name, constants in sorted(found.items()):
        plain = identifier(name, reserved)
        values = {environment: constant.value for environment, constant in constants.items()}
        members.append(Member(name=plain, values=values, about=about_each(constants.items())))
        if any(constant.former for constant in constants.values()):
            former = {name: list(constant.former) for name, constant in constants.items()}
            words = f"What {plain} replaced, newest first: customers may still pay by these"
            members.append(Member(name=f"{plain}{FORMER}", values=former, about=words))
    refuse_same(
        ((member.name, f"{member.about} of stack {stack}") for member in members),
        "rename one of the two outputs or resources",
    )
    names = {id: identifier(name, reserved) for id, name in names_by_id(group).items()}
    return Shape(stack=stack, environments=group, members=tuple(members), names=names)


def type_of(value: Any, spell: Callable[[str, Sequence[str]], str]) -> str:
    """The type of a JSON value.

    Args:
        value: The value.
        spell: Gives the text of a type: its kind, `text`, `flag`, `whole`, `number`, `null`, `list`
            or `map`, and of the last two the types of what is inside.
    """
    if isinstance(value, dict):
        return spell("map", sorted({type_of(inner, spell) for inner in value.values()}))
    if isinstance(value, (list, tuple)):
        return spell("list", sorted({type_of(inner, spell) for inner in value}))
    kinds = ((str, "text"), (bool, "flag"), (int, "whole"), (float, "number"), (type(None), "null"))
    return spell(next(kind for python, kind in kinds if isinstance(value, python)), ())


def types_of(member: Member, spell: Callable[[str, Sequence[str]], str]) -> tuple[str, ...]:
    """The types that a constant has in its environments; an empty list is one of any other."""
    found = {type_of(value, spell) for value in member.values.values()}
    for kind in ("list", "map"):
        empty = spell(kind, ())
        if any(_is_full(value, kind) for value in member.values.values()):
            found.discard(empty)
    return tuple(sorted(found))


def _is_full(value: Any, kind: str) -> bool:
    return bool(value) and isinstance(value, dict if kind == "map" else list)
