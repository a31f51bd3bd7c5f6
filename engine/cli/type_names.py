"""Types and fields as people name them: `stripe_price`, `price`, `Price.recurring.interval`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from engine.errors import UsageError
from engine.suggest import nearest
from engine.values.paths import ANY_PART, Path

if TYPE_CHECKING:
    from engine.schema.attribute import Attribute
    from engine.schema.resource_type import ResourceType

_INDEX = re.compile(r"\[([^\]]*)\]")
_CURRENCY = re.compile(r"[a-z]{3}")


def known_type(name: str) -> str:
    """The name of a type, from any of its names.

    Raises:
        UsageError: if there is no such type, or it cannot be declared.
    """
    from engine.catalog import loader

    found = _spelled(name)
    if found:
        return found
    if name.lower() in loader.object_names():
        raise UsageError(
            f"{name} is an object of Stripe's that cannot be declared yet",
            hint="engine types lists those that can",
        )
    near = nearest(name.lower(), _by_name())
    raise UsageError(
        f"there is no type {name!r}",
        hint=f"did you mean {near}?" if near else "engine types lists them",
    )


def known_place(name: str) -> tuple[str, Path]:
    """The name of a type and the path of one of its fields; the path is empty for the type.

    Object names hold dots, too: of `billing.meter.status` the longest name counts that is a type
    with the rest as a field. After the name of a class the rest is a field.

    Raises:
        UsageError: if there is no such type, or it has no such field.
    """
    from engine.catalog import loader

    parts = [part for part in _INDEX.sub(r".\1", name).split(".") if part]
    by_class = bool(parts) and parts[0] in loader.faces()
    lengths = (1,) if by_class else range(len(parts), 0, -1)
    refused = None
    for length in lengths:
        typed = ".".join(parts[:length])
        found = _spelled(typed)
        try:
            if found:
                return found, _field(found, parts[length:], typed)
        except UsageError as error:
            refused = refused or error
    if refused is not None:
        raise refused
    whole = ".".join(parts)
    return known_type(whole if whole.lower() in loader.object_names() else [*parts, name][0]), ()


def _spelled(name: str) -> str:
    """The type that has a name; empty if none does."""
    from engine.catalog import loader

    by_name, wanted = _by_name(), name.lower()
    spellings = (wanted, loader.type_name(wanted), wanted.replace("_", ""))
    return next((by_name[one] for one in spellings if one in by_name), "")


def _by_name() -> dict[str, str]:
    """Types by each of their names: class, address's type, object name."""
    from engine.catalog import loader

    faces = loader.faces()
    return {
        **{face.lower(): type_name for face, type_name in faces.items()},
        **{type_name: type_name for type_name in faces.values()},
        **{object_name: loader.type_name(object_name) for object_name in loader.managed()},
    }


def _field(type_name: str, parts: list[str], typed: str) -> Path:
    """The path of a field from the parts that a person wrote.

    Raises:
        UsageError: if the type has no such field.
    """
    from engine.catalog import loader

    kind = loader.resource_type(type_name)
    path: Path = ()
    for at, part in enumerate(parts):
        further = _step(kind.root, path, part)
        if further is None:
            raise _unknown(kind, path, parts[at:], typed)
        path = further
    return path


def _step(root: Attribute, path: Path, part: str) -> Path | None:
    """One part further: into a field, or into an element that is named or left out."""
    around = root.at(path)
    if around is None:
        return None
    if part in around.fields:
        return (*path, part)
    if around.element is None:
        return None
    inside = (*path, ANY_PART)
    if part == ANY_PART or part.isdigit():
        return inside
    deeper = _step(root, inside, part)
    if deeper is not None:
        return deeper
    is_key = _CURRENCY.fullmatch(part) if around.currency_keys else not around.element.fields
    return inside if around.kind == "map" and is_key else None


def _unknown(kind: ResourceType, path: Path, rest: list[str], typed: str) -> UsageError:
    from engine.catalog.help.fields import shown
    from engine.stack.foreign_words import parameter_meant

    holder = ".".join(filter(None, (typed, shown(path))))
    message = f"{holder} has no field {rest[0]!r}"
    hint = kind.instead.get(".".join(map(str, (*path, rest[0]))), "")
    near = "" if hint else _meant(kind, path, rest)
    if near:
        hint = f"did you mean engine types {typed}.{near}?"
    elif not hint:
        hint, _ = parameter_meant(kind, (*path, rest[0]))
    return UsageError(message, hint=hint or f"engine types {holder} shows those that it has")


def _meant(kind: ResourceType, path: Path, rest: list[str]) -> str:
    """The field that was most likely meant: one next to it, or one of that name further down."""
    from engine.catalog.help.fields import shown
    from engine.schema.attribute import walk

    around = kind.root.at(path)
    while around is not None and around.element is not None:
        around = around.element
    near = nearest(rest[0], around.fields if around is not None else ())
    if near:
        return ".".join(filter(None, (shown(path), near, *rest[1:])))
    below = [where for where, _ in walk(kind.root) if where[-1] == rest[-1]]
    inside = [where for where in below if where[: len(path)] == path] or below
    return shown(min(inside, key=len)) if inside else ""
