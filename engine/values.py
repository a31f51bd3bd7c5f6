"""Values that are not known yet, not for everyone's eyes, or not a value at all.

A `Ref` is a string whose text is `${ADDRESS.ATTRIBUTE}`, so that it can stand anywhere a string
can, inside an f-string too. The same text is what state files hold. Nothing here knows what a
resource is.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn, SupportsIndex, TypeAlias

from engine import redaction
from engine.address import ADDRESS_PATTERN, NAME_PATTERN, ResourceAddress, parse_address

Path: TypeAlias = tuple[str | int, ...]
"""Where a leaf is in a nested document: keys of objects and indexes of lists."""

_ATTRIBUTE_PATTERN = r"[A-Za-z0-9_]+(?:\.[A-Za-z0-9_-]+)*"
# `$${...}` is a literal `${...}`; the first alternative keeps it from reading as a reference.
_TEMPLATE = re.compile(
    rf"\$(?P<literal>\$\{{)|\$\{{(?P<address>{ADDRESS_PATTERN})\.(?P<attribute>{_ATTRIBUTE_PATTERN})\}}"
    rf"|\$\{{output\.(?P<stack>{NAME_PATTERN})\.(?P<output>{NAME_PATTERN})\}}"
)
_REFERENCE = (
    rf"\$\{{(?:{ADDRESS_PATTERN}\.{_ATTRIBUTE_PATTERN}|output\.{NAME_PATTERN}\.{NAME_PATTERN})\}}"
)
_ONE_REFERENCE = re.compile(_REFERENCE)
# References and escapes are passed over; stray is an escaped reference, and `${` that begins none.
_STRAY = re.compile(rf"{_REFERENCE}|(?P<stray>\${_REFERENCE}|\$\{{[^}}]*\}}?)|\$\$\{{")


class Marker(enum.Enum):
    """Values that stand for the absence of one."""

    UNKNOWN = "(known after apply)"
    CLEAR = "(cleared)"
    ABSENT = "(absent)"

    def __repr__(self) -> str:
        return self.name

    def __deepcopy__(self, memo: object) -> Marker:
        return self


UNKNOWN: Final = Marker.UNKNOWN
"""A value that only an apply can tell."""
CLEAR: Final = Marker.CLEAR
"""The request to make a field empty; each provider knows how that is said on its wire."""
ABSENT: Final = Marker.ABSENT
"""No value at all, where None would be one."""


class Sensitive:
    """A value that reaches Stripe and nothing else: no plan, state, log or error shows it.

    Whoever makes one makes the value known to `redaction`, so that it is hidden wherever it turns
    up. It cannot be pickled: what is kept of it is a fingerprint. It is no dataclass, whose
    fields `dataclasses.asdict` would lay open.
    """

    __slots__ = ("_value",)

    def __init__(self, value: Any) -> None:
        self._value = value
        redaction.remember(plain(value))

    @property
    def value(self) -> Any:
        """The value itself."""
        return self._value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sensitive) and bool(self._value == other._value)

    def __hash__(self) -> int:
        return hash((Sensitive, self._value))

    def __repr__(self) -> str:
        return redaction.HIDDEN

    __str__ = __repr__

    def __reduce_ex__(self, _: SupportsIndex, /) -> NoReturn:
        message = "a sensitive value cannot be pickled: it would be written down in the open"
        raise TypeError(message)

    def __copy__(self) -> Sensitive:
        return self

    def __deepcopy__(self, memo: object) -> Sensitive:
        return self


def fingerprint(value: object, salt: str) -> str:
    """Tell whether a secret changed without keeping it: a salted hash, 16 hex digits."""
    import hashlib  # noqa: PLC0415 - OpenSSL takes milliseconds to load, for secrets alone
    import hmac  # noqa: PLC0415 - the same

    return hmac.new(salt.encode(), repr(value).encode(), hashlib.sha256).hexdigest()[:16]


def _no_look(words: str) -> Callable[..., NoReturn]:
    """A method that says why nobody can look at the value of a reference."""

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
        """Whether two references are the same; their values nobody can compare."""
        if isinstance(other, Ref) or (isinstance(other, str) and _ONE_REFERENCE.fullmatch(other)):
            return str.__eq__(self, other)
        return _not_compared(self)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __str__(self) -> str:
        return str.__str__(self)

    def __format__(self, spec: str) -> str:
        """Stand in an f-string as it is; a width or precision would be that of the reference."""
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
    f"nobody can look into it; {_BY_WHAT_IS_KNOWN}": ("__contains__", "__len__"),
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


@dataclass(frozen=True, slots=True)
class AttributeTarget:
    """What a reference names: one attribute of one resource.

    Attributes:
        address: The resource.
        attribute: Dotted path inside its attributes.
    """

    address: ResourceAddress
    attribute: str

    def __str__(self) -> str:
        return f"{self.address}.{self.attribute}"


@dataclass(frozen=True, slots=True)
class OutputTarget:
    """What a reference names: an output of another stack.

    Attributes:
        stack: Name of that stack.
        name: Name of its output.
    """

    stack: str
    name: str

    def __str__(self) -> str:
        return f"output.{self.stack}.{self.name}"


Target: TypeAlias = AttributeTarget | OutputTarget


def _target(match: re.Match[str]) -> Target | None:
    if match["address"]:
        return AttributeTarget(parse_address(match["address"]), match["attribute"])
    if match["stack"]:
        return OutputTarget(match["stack"], match["output"])
    return None


def targets_in(value: object) -> Iterator[Target]:
    """Yield every reference anywhere inside a nested value, in reading order."""
    for _, target in targets_with_paths(value):
        yield target


def targets_with_paths(value: object) -> Iterator[tuple[Path, Target]]:
    """Yield every reference with the path of the leaf it stands in, in reading order."""
    for path, target in templates_in(value):
        if target is not None:
            yield path, target


def templates_in(value: object) -> list[tuple[Path, Target | None]]:
    """Everything in a nested value that `resolve` replaces, in reading order.

    Each is the path of its leaf and what it refers to; None for a literal, `$${`.
    """
    found: list[tuple[Path, Target | None]] = []
    _collect_templates(value, (), found)
    return found


def _collect_templates(value: object, path: Path, found: list[tuple[Path, Target | None]]) -> None:
    # Every leaf of every declaration comes by here: no generators, and cheap tests first.
    if isinstance(value, str):
        # What authors hold refuses to be looked into; what they passed on is plain text.
        if "${" in (value if type(value) is str else str.__str__(value)):
            found.extend((path, _target(match)) for match in _TEMPLATE.finditer(value))
    elif isinstance(value, dict):
        for key, inner in value.items():
            _collect_templates(inner, (*path, key), found)
    elif isinstance(value, (list, tuple)):
        for index, inner in enumerate(value):
            _collect_templates(inner, (*path, index), found)
    elif value is None or isinstance(value, (int, float)):
        return
    elif isinstance(value, Sensitive):
        _collect_templates(value.value, path, found)
    elif isinstance(value, Mapping):
        _collect_templates(dict(value), path, found)


def escaped(value: Any) -> Any:
    """A nested value as a declaration would write it, so that `resolve` gives it back as it is."""
    if isinstance(value, str):
        return str.replace(value, "${", "$${")
    if isinstance(value, Mapping):
        return {key: escaped(inner) for key, inner in value.items()}
    return [escaped(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def unescaped(value: Any) -> Any:
    """A nested value with its literals resolved and its references as they are written."""
    return resolve(value, lambda target: f"${{{target}}}")


def is_reference(value: object) -> bool:
    """Whether a value is one reference and nothing else, so that it can stand for null."""
    whole = _TEMPLATE.fullmatch(value) if isinstance(value, str) else None
    return whole is not None and _target(whole) is not None


def has_reference(text: str) -> bool:
    """Whether a text holds a reference."""
    return "${" in text and any(_target(match) for match in _TEMPLATE.finditer(text))


def stray_references(value: object, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Yield what looks like a reference and would be sent to the service as plain text.

    That is `${` that begins none, a reference behind another `$`, which escapes it, and any in a
    key. Each comes with the path of the leaf it stands in.
    """
    if isinstance(value, Sensitive):
        yield from ((where, str(value)) for where, _ in stray_references(value.value, path))
    elif isinstance(value, str):
        text = str.__str__(value)
        matches = _STRAY.finditer(text) if "${" in text else ()
        yield from ((path, match["stray"]) for match in matches if match["stray"])
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            if isinstance(key, str) and "${" in str.__str__(key):
                yield (*path, key), str.__str__(key)
            yield from stray_references(inner, (*path, key))
    elif isinstance(value, (list, tuple)):
        for index, inner in enumerate(value):
            yield from stray_references(inner, (*path, index))


def resolve(value: Any, lookup: Callable[[Target], Any]) -> Any:
    """Replace every reference inside a nested value.

    A string that is one reference becomes the target's value, of whatever type; a reference
    inside a longer string becomes its text. A string with any UNKNOWN part is UNKNOWN as a whole.

    Args:
        value: Nested dicts, lists and scalars.
        lookup: Gives the value of a target, UNKNOWN if only an apply can tell.

    Returns:
        A new structure; the given one is untouched.
    """
    if isinstance(value, Sensitive):
        inner = resolve(value.value, lookup)
        return inner if inner is UNKNOWN else Sensitive(inner)
    if isinstance(value, str):
        return _resolve_text(str.__str__(value), lookup)
    if isinstance(value, Mapping):
        return {key: resolve(inner, lookup) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [resolve(inner, lookup) for inner in value]
    return value


def _resolve_text(text: str, lookup: Callable[[Target], Any]) -> Any:
    if "${" not in text:
        return text
    whole = _TEMPLATE.fullmatch(text)
    if whole is not None:
        target = _target(whole)
        if target is not None:
            return lookup(target)
    parts: list[str] = []
    secret = False
    end = 0
    for match in _TEMPLATE.finditer(text):
        parts.append(text[end : match.start()])
        end = match.end()
        target = _target(match)
        if target is None:
            parts.append("${")
            continue
        found = lookup(target)
        if found is UNKNOWN:
            return UNKNOWN
        if isinstance(found, Sensitive):
            secret, found = True, found.value
        elif isinstance(found, Mapping) and "$sensitive" in found:
            secret = True  # a fingerprint stands for a secret that only an apply reads
        parts.append(_as_text(found))
    joined = "".join([*parts, text[end:]])
    return Sensitive(joined) if secret else joined


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def plain(value: Any) -> Any:
    """Take the wrapping off sensitive values, for the one place that may see them."""
    if isinstance(value, Sensitive):
        return plain(value.value)
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    return value


def dotted(path: Path) -> str:
    """Print a path as people write it: `features.products[0].prices`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return text


def set_path(document: dict[str, Any], path: Path, value: Any) -> None:
    """Write a value into nested dicts, making those that are not there."""
    for part in path[:-1]:
        inner = document.get(str(part))
        if not isinstance(inner, dict):
            inner = {}
            document[str(part)] = inner
        document = inner
    document[str(path[-1])] = value


def reach(document: Any, path: Path, missing: Any) -> Any:
    """Read a nested value of an answer: what is below a null is null; `missing` if it has none."""
    for part in path:
        if document is None or document is UNKNOWN:
            return document
        document = get_path(document, (part,), missing)
        if document is missing:
            return missing
    return document


def get_path(document: Any, path: Path, default: Any = None) -> Any:
    """Read a nested value; `default` where any step is missing."""
    for part in path:
        if isinstance(document, str):
            return default
        try:
            document = document[part]
        except (KeyError, IndexError, TypeError):
            return default
    return document
