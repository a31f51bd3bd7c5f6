"""Types as people name them: an address's type, Stripe's object name, or the authoring class."""

from __future__ import annotations

from engine.errors import UsageError
from engine.suggest import nearest


def known_type(name: str) -> str:
    """The name of a type, from any of its names.

    Raises:
        UsageError: if there is no such type, or it cannot be declared.
    """
    from engine.catalog import loader

    by_name = {face.lower(): type_name for face, type_name in loader.faces().items()}
    by_name |= {type_name: type_name for type_name in loader.faces().values()}
    by_name |= {object_name: loader.type_name(object_name) for object_name in loader.managed()}
    wanted = name.lower()
    for spelling in (wanted, loader.type_name(wanted), wanted.replace("_", "")):
        if spelling in by_name:
            return by_name[spelling]
    if wanted in loader.object_names():
        raise UsageError(
            f"{name} is an object of Stripe's that cannot be declared yet",
            hint="engine types lists those that can",
        )
    near = nearest(wanted, by_name)
    raise UsageError(
        f"there is no type {name!r}",
        hint=f"did you mean {near}?" if near else "engine types lists them",
    )
