"""The reference that authors write.

A `Ref` is a string whose text is `${ADDRESS.ATTRIBUTE}`, so that it can be used anywhere a string
can, inside an f-string too. State files hold the same text.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from engine.address import ResourceAddress
from engine.values.targets import ONE_REFERENCE


def _no_look(words: str) -> Callable[..., NoReturn]:
    """A method that refuses to look at the value of a reference, and says why."""

    def refuse(self: Ref, *_: object, **__: object) -> NoReturn:
        message = f"the value of {str.__str__(self)} is known only after apply, so {words}"
        raise TypeError(message)

    return refuse


class Ref(str):
    """A reference to an attribute of a resource, or to another stack's output.

    It is a string and prints as `${stripe_product.pro.id}`. Whatever would look at its value or
    tear that text apart (`if`, `==`, slicing, `upper` and the like) is refused, since what came of
    it would be that of the text. Two references are equal if they are the same, so that they can be
    keys and members. Only authors hold one: what they pass on becomes plain text.
    """

    __slots__ = ()

    @classmethod
    def to(cls, target: ResourceAddress, attribute: str) -> Ref:
        """Refer to one attribute, a dotted path, of the resource at an address."""
        return cls(f"${{{target}.{attribute}}}")

    @classmethod
    def to_output(cls, stack: str, name: str) -> Ref:
        """Refer to an output of another stack in the same environment."""
        return cls(f"${{output.{stack}.{name}}}")

    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        """Whether two references are the same; their values are not known."""
        if isinstance(other, Ref) or (isinstance(other, str) and ONE_REFERENCE.fullmatch(other)):
            return str.__eq__(self, other)
        return _not_compared(self)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __str__(self) -> str:
        return str.__str__(self)

    def __format__(self, spec: str) -> str:
        """Its text, for an f-string; a width would be that of the reference, and is refused."""
        if spec:
            _no_look(f"it cannot be formatted with {spec!r}; put it into the f-string as it is")(
                self
            )
        return str.__str__(self)


_AS_IT_IS = "put it into an f-string as it is"
_BY_WHAT_IS_KNOWN = "decide by what the module itself declares, or by a variable or the environment"
_not_compared = _no_look(f"it cannot be compared; {_BY_WHAT_IS_KNOWN}")
_METHODS = (
    *("split", "rsplit", "partition", "rpartition", "splitlines"),
    *("capitalize", "casefold", "lower", "upper", "title", "swapcase"),
    *("replace", "translate", "removeprefix", "removesuffix", "strip", "lstrip", "rstrip"),
    *("center", "ljust", "rjust", "zfill", "expandtabs", "format", "format_map", "encode"),
    *("startswith", "endswith", "find", "rfind", "index", "rindex", "count"),
    *("isalnum", "isalpha", "isascii", "isdecimal", "isdigit", "isidentifier", "islower"),
    *("isnumeric", "isprintable", "isspace", "istitle", "isupper"),
)
_OPERATORS = {
    f"it cannot be tested; {_BY_WHAT_IS_KNOWN}": ("__bool__",),
    f"it cannot be compared; {_BY_WHAT_IS_KNOWN}": ("__lt__", "__le__", "__gt__", "__ge__"),
    f"it cannot be looked into; {_BY_WHAT_IS_KNOWN}": ("__contains__", "__len__"),
    f"it cannot be taken apart; {_AS_IT_IS}": ("__getitem__", "__iter__"),
    "nothing can be computed from it; compute from what the module itself declares": (
        *("__mul__", "__rmul__", "__mod__", "__int__", "__float__"),
    ),
}
for _name in _METHODS:
    setattr(Ref, _name, _no_look(f".{_name}() cannot be used on it; {_AS_IT_IS}"))
for _words, _names in _OPERATORS.items():
    for _name in _names:
        setattr(Ref, _name, _no_look(_words))
