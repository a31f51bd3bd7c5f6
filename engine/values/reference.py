"""The reference that authors write.

A `Ref` is a string whose text is `${ADDRESS.ATTRIBUTE}`, so that it can be used anywhere a string
can, inside an f-string too. State files hold the same text. An `OutputRef` is one to an output of
another stack; where its shape is known, it can be looked into like the map or list that it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, KeysView, Mapping
from typing import Any, NoReturn, Self, SupportsIndex

from engine.address import ResourceAddress
from engine.errors import UsageError
from engine.values.markers import UNKNOWN
from engine.values.targets import ONE_REFERENCE, OutputTarget


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


class OutputRef(Ref):
    """A reference to another stack's output, or to what is inside of one.

    A map has keys, a list has a length, and what is at each place is a reference again. Only the
    shape is looked at; the values are known after the apply.
    """

    __slots__ = ("_shape_of", "_target")
    _target: OutputTarget
    _shape_of: Callable[[OutputTarget], Any]

    def __new__(cls, target: OutputTarget, shape_of: Callable[[OutputTarget], Any]) -> Self:
        """Refer to a target.

        Args:
            target: The output, or the place in it.
            shape_of: Returns a value with the shape of what a target names: a map, a list,
                anything else for what is neither; UNKNOWN if that is not known.
        """
        made = super().__new__(cls, f"${{{target}}}")
        made._target, made._shape_of = target, shape_of
        return made

    def __reduce_ex__(self, _: SupportsIndex, /) -> tuple[type[Ref], tuple[str]]:
        return Ref, (str(self),)  # what it is without the modules around it

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __getitem__(self, key: Any) -> Any:
        """Refer to what is at a key of a map, or at a number of a list."""
        if isinstance(key, slice):
            return [self[index] for index in range(*key.indices(len(self)))]
        if isinstance(key, Ref) or type(key) not in (str, int):
            message = f"{self} has keys and numbers that are known before apply, not {key!r}"
            raise TypeError(message)
        at = key
        if isinstance(key, int) and key < 0:
            at = key + len(self)
            if at < 0:
                message = f"{self} has {len(self)} entries, so there is none at {key}"
                raise IndexError(message)
        target = OutputTarget(self._target.stack, self._target.name, (*self._target.path, at))
        return OutputRef(target, self._shape_of)

    def __iter__(self) -> Iterator[Any]:
        """The keys of a map, or references to what is in a list."""
        shape = self._shape()
        return iter(shape) if isinstance(shape, Mapping) else iter(self[: len(shape)])

    def __len__(self) -> int:
        return len(self._shape())

    def __bool__(self) -> bool:
        """Whether there is anything in a map or a list."""
        return bool(self._shape())

    def __contains__(self, key: object) -> bool:
        """Whether a map has a key; of a list, whether a reference is in it."""
        return key in list(self)

    def keys(self) -> KeysView[str]:
        """The keys of a map."""
        shape = self._shape()
        if not isinstance(shape, Mapping):
            raise self._is_no("map, so it has no keys")
        return dict(shape).keys()

    def values(self) -> list[Any]:
        """References to what is in a map, in the order of its keys."""
        return [inner for _, inner in self.items()]

    def items(self) -> list[tuple[str, Any]]:
        """The keys of a map, each with the reference to what is there."""
        return [(key, self[key]) for key in self.keys()]

    def get(self, key: str, default: Any = None) -> Any:
        """The reference to what is at a key of a map, or the default if it has none."""
        return dict(self.items()).get(key, default)

    def opened(self) -> Any:
        """The map or list that it is, of references to its scalars; else the reference as text."""
        shape = self._shape_of(self._target)
        if isinstance(shape, Mapping):
            return {key: self[key].opened() for key in shape}
        if isinstance(shape, list):
            return [self[index].opened() for index in range(len(shape))]
        return str(self)

    def _shape(self) -> Any:
        """The map or list that it has the shape of."""
        shape = self._shape_of(self._target)
        target = self._target
        if shape is UNKNOWN:
            raise UsageError(
                f"what is in output {target.local!r} of stack {target.stack!r} is not known here",
                hint=f"only what its module writes as a map or a list, output({target.name!r}, "
                "{...}), or what its state holds can be looked into: apply "
                f"{target.stack} first (engine apply {target.stack})",
            )
        if not isinstance(shape, (Mapping, list)):
            raise self._is_no("map and no list; use it as it is")
        return shape

    def _is_no(self, words: str) -> TypeError:
        return TypeError(
            f"output {self._target.local!r} of stack {self._target.stack!r} is no {words}"
        )
