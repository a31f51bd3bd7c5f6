"""Names in the generated code, without two that are the same."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from engine.errors import UsageError

_NO_PART = re.compile(r"[^A-Za-z0-9_]")


def identifier(name: str, reserved: Collection[str] = ()) -> str:
    """A name as programs can have it: `-` is `_`, a digit at its beginning gets `_` before it.

    Args:
        name: The name of an output, or of a resource's id.
        reserved: Words that mean something else there; they get `_` behind them.
    """
    made = _NO_PART.sub("_", name)
    if made[0].isdigit():
        made = f"_{made}"
    return f"{made}_" if made in reserved else made


def words_of(name: str) -> list[str]:
    """The words that a name of a stack or an environment is made of."""
    return [word for word in re.split(r"[-_]+", name) if word]


def camel(*names: str) -> str:
    """Names as one that begins with a small letter: `shopEuLive`."""
    whole = pascal(*names)
    return whole[0].lower() + whole[1:]


def pascal(*names: str) -> str:
    """Names as one that begins with a capital: `ShopEuLive`."""
    return identifier("".join(word.capitalize() for name in names for word in words_of(name)))


def upper(*names: str) -> str:
    """Names as one of capitals: `SHOP_EU_LIVE`."""
    return identifier("_".join(word.upper() for name in names for word in words_of(name)))


def refuse_same(made: Iterable[tuple[str, str]], hint: str) -> None:
    """Refuse two things that would have one name.

    Args:
        made: Names, each with what has it.
        hint: What to do about it.

    Raises:
        UsageError: naming both.
    """
    owners: dict[str, str] = {}
    for name, owner in made:
        first = owners.setdefault(name, owner)
        if first != owner:
            raise UsageError(f"{first} and {owner} would both be {name}", hint=hint)
