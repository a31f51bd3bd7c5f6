"""What is wrong with the natural keys that one stack claims, found offline.

A part of a key that refers to an object which does not exist yet is compared as a reference.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from engine.errors import Problem
from engine.plan.compare.natural_keys import Claimed, cased, describe_key, has_key
from engine.schema.resource_type import ResourceType, Schemas
from engine.stack.model import Declaration, Stack
from engine.stack.source_lines import problem_of
from engine.values.paths import get_path, parse_path
from engine.values.templates import targets_in

_ONE_OF_TWO = "give one of them another, or remove one of the two"


def claim_problems(stack: Stack, schemas: Schemas, root: Path) -> Iterator[Problem]:
    """Yield declarations that claim the key of an earlier one, or adopt what cannot be found.

    Args:
        stack: The evaluated module.
        schemas: Resource types by name.
        root: Project folder, to find the exact line of an argument.
    """
    claimed = Claimed[Declaration]()
    only: dict[tuple[str, ...], Declaration] = {}
    for declaration in stack.declarations.values():
        kind = cased(schemas[declaration.type], declaration, stack.declarations)
        arguments, account = declaration.arguments, declaration.lifecycle.account
        adopt = declaration.lifecycle.adopt
        keyless = adopt and not has_key(kind, arguments)
        if kind.life.singleton or (keyless and kind.life.default_filters):
            place = (kind.name, account, str(arguments.get(kind.parent)))
            first = only.setdefault(place, declaration)
            if first is not declaration:
                message = _only_one(kind, first)
                yield problem_of(declaration, (), root, message, _ONE_OF_TWO, "same-key")
        elif keyless:
            message, hint = _nothing_to_adopt(kind, declaration)
            yield problem_of(
                declaration, ("lifecycle",), root, message, hint, "nothing-to-adopt-by"
            )
        for key, first in claimed.add(kind, account, arguments, declaration):
            message = (
                f"{describe_key(key, arguments)} is also what {first.address} "
                f"({first.location}) claims, and only one object can have it"
            )
            path = (key.attribute.partition(".")[0],)
            yield problem_of(declaration, path, root, message, _ONE_OF_TWO, "same-key")


def default_problems(stack: Stack, schemas: Schemas, root: Path) -> Iterator[Problem]:
    """Yield declarations that are not to be the default where no other one is.

    Stripe makes the first of its like the default, so that it cannot be unset: the object would
    differ from its declaration for ever. All of its like are known only where they belong to a
    resource of the same stack.
    """
    for declaration in stack.declarations.values():
        for rule in schemas[declaration.type].life.inherits:
            alike = [
                other.arguments.get(rule.field)
                for other in stack.declarations.values()
                if other.type == declaration.type
                and all(_same(path, other, declaration) for path in rule.among)
            ]
            given_away = declaration.arguments.get(rule.field) is False and True not in alike
            if given_away and any(targets_in(declaration.arguments)):
                words = " and ".join(rule.among)
                message = (
                    f"{rule.field}=False, but none with the same {words} is declared with "
                    f"{rule.field}=True, and Stripe sets it on the first of them anyway"
                )
                hint = f"leave {rule.field} out, or declare {rule.field}=True on one of them"
                yield problem_of(declaration, (rule.field,), root, message, hint, "stripe-rule")


def _same(path: str, first: Declaration, second: Declaration) -> bool:
    steps = parse_path(path)
    return bool(get_path(first.arguments, steps) == get_path(second.arguments, steps))


def _only_one(kind: ResourceType, first: Declaration) -> str:
    which = "one" if kind.life.singleton else "one default"
    return (
        f"an account has {which} {kind.title}, which {first.address} ({first.location}) "
        "declares already"
    )


def _nothing_to_adopt(kind: ResourceType, declaration: Declaration) -> tuple[str, str]:
    """What is wrong with adopting an object that has no key, and the way on."""
    wanted = f'import_("{declaration.address}", "{kind.id_prefix}...") names the object by its id'
    if kind.life.known_by:
        found = f"{kind.face}.lookup({kind.life.known_by[0]}=...).id"
        wanted = f'import_("{declaration.address}", {found}) takes the one that is found; {wanted}'
    names = " or ".join(dict.fromkeys(key.attribute for key in kind.life.natural_keys))
    if not names:
        return f"adopt=True: only its id distinguishes one {kind.title} from another", wanted
    return (
        f"adopt=True: a {kind.title} is found by its {names}, which is not declared",
        f"declare {names}; or {wanted}",
    )
