"""The authoring classes of Stripe's types, made when a stack module asks for one.

Light: no SDK, no catalog file. The parameters of a class are in the generated `__init__.pyi` for
type checkers, and are checked when stacks are validated.
"""

from __future__ import annotations

from functools import cache

from engine.catalog import loader
from engine.catalog.occurrences import OCCURRENCES
from engine.stack.foreign_words import class_meant
from engine.stack.resource import Resource

PACKAGE = "engine.stripe"


@cache
def authoring_class(name: str) -> type[Resource]:
    """The authoring class of that name.

    Raises:
        AttributeError: if there is none; the message suggests the nearest, or says why.
    """
    found = loader.faces().get(name)
    if found is None:
        raise AttributeError(_why_not(name))
    return type(
        name,
        (Resource,),
        {
            "TYPE": found,
            "__doc__": f"A declared `{found}`.",
            "__module__": PACKAGE,
            "__slots__": (),
        },
    )


def class_names() -> list[str]:
    """Names of all authoring classes, sorted."""
    return sorted(loader.faces())


def _why_not(name: str) -> str:
    object_name = _objects_by_class_name().get(_folded(name))
    if object_name is not None and object_name in OCCURRENCES:
        return f"{name} cannot be declared: {OCCURRENCES[object_name]}"
    if object_name is not None:
        return f"{name} cannot be declared yet: {object_name!r} is not a managed type"
    meant = class_meant(name)
    return f"module {PACKAGE!r} has no class {name!r}; {meant or 'engine types lists all classes'}"


@cache
def _objects_by_class_name() -> dict[str, str]:
    """Object names of types that are not managed, by the class names people would try.

    A whole name wins over a last word: `Session` means the first of several sessions only if no
    object has that name.
    """
    managed = set(loader.managed())
    others = [name for name in loader.object_names() if name not in managed]
    by_last_word = {_folded(name.rpartition(".")[2]): name for name in reversed(others)}
    return {**by_last_word, **{_folded(name): name for name in others}}


def _folded(name: str) -> str:
    return name.replace(".", "").replace("_", "").lower()
