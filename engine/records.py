"""Records as JSON: one description of a frozen dataclass, by which it is written and read.

    REMOVED = Record(RemovedObject)
    REMOVED.write(RemovedObject(type="stripe_price", id="price_1"))
    # {"type": "stripe_price", "id": "price_1"}

How a field is written follows from its annotation. A field without a default has to be in the
document; one with a default is left out while it is empty. Reading is strict: a field that is
missing, unknown or of another type is an error that knows its path, and no value is converted
(True is no integer, neither is 1.0).
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import json
import math
from collections.abc import Callable, Mapping
from types import UnionType
from typing import Any, Generic, NamedTuple, TypeVar, get_args, get_origin, get_type_hints

from engine.address import ResourceAddress, parse_address
from engine.errors import UsageError
from engine.values.paths import Path
from engine.values.secret import sealed_from_json, sealed_to_json

T = TypeVar("T")

_DEEPEST = 100
"""Levels of nesting that no file of the engine has."""
_QUOTED = 40
"""Characters of a wrong value that a message quotes."""
_HARMLESS = (int, bool, type(None))
_SCALARS = (str, float, *_HARMLESS)


class ShapeError(ValueError):
    """A field that is missing, unknown, or not what it should be.

    Attributes:
        path: Where it is, or what lacks it.
    """

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(why)
        self.path = path


class WrongValueError(ShapeError):
    """A value that its field cannot have; which field that is, is added to the path later."""

    def __init__(self, value: Any) -> None:
        super().__init__((), json.dumps(value, ensure_ascii=False)[:_QUOTED])

    def __str__(self) -> str:
        field = next((part for part in reversed(self.path) if isinstance(part, str)), "it")
        verb = "is" if self.path[-1:] in ((), (field,)) else "holds"
        return f"{field!r} {verb} {self.args[0]}"


def check_plain(document: Any, path: Path = ()) -> None:
    """Refuse what a JSON text can hold and no file of the engine does.

    Raises:
        ShapeError: at a number that JSON does not have, a text that is not Unicode, or nesting that
            is too deep.
    """
    if len(path) > _DEEPEST:
        raise ShapeError(path[:_DEEPEST], "it is nested deeper than anything the engine writes")
    if isinstance(document, float) and not math.isfinite(document):
        raise ShapeError(path, "it holds an invalid number: infinite, or not a number")
    if isinstance(document, str) and not _is_text(document):
        raise ShapeError(path, "it holds a text that is not Unicode: half a surrogate pair")
    if isinstance(document, dict):
        for name, inner in document.items():
            if not _is_text(name):
                raise ShapeError(path, "it holds a name that is not Unicode: half a surrogate pair")
            # Most are such: no call for them.
            if not (inner.isascii() if type(inner) is str else type(inner) in _HARMLESS):
                check_plain(inner, (*path, name))
    elif isinstance(document, list):
        for index, inner in enumerate(document):
            check_plain(inner, (*path, index))


def _is_text(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


class Codec(NamedTuple):
    """How one type of value is written as JSON and read again.

    Attributes:
        write: Gives the JSON of a value; also takes the salt for fingerprints of secrets.
        read: Gives the value. It raises a ShapeError for what `write` cannot have given.
    """

    write: Callable[[Any, str], Any]
    read: Callable[[Any], Any]


def text_of(parse: Callable[[str], Any]) -> Codec:
    """Values that are written as text: addresses, members of an enumeration."""

    def read(document: Any) -> Any:
        try:
            return parse(_one_of((str,), document))
        except (ValueError, UsageError) as error:
            raise WrongValueError(document) from error

    return Codec(lambda value, _: str(value), read)


def list_of(inner: Codec) -> Codec:
    """A list; a tuple in the program."""

    def read(document: Any) -> tuple[Any, ...]:
        entries = enumerate(_one_of((list,), document))
        return tuple(_read_part(index, inner, entry) for index, entry in entries)

    return Codec(lambda value, salt: [inner.write(entry, salt) for entry in value], read)


def map_of(inner: Codec) -> Codec:
    """Values of one type by name."""

    def read(document: Any) -> dict[str, Any]:
        entries = _one_of((dict,), document).items()
        return {name: _read_part(name, inner, entry) for name, entry in entries}

    return Codec(lambda value, salt: {name: inner.write(value[name], salt) for name in value}, read)


def or_null(inner: Codec) -> Codec:
    """A value, or null; None in the program."""
    return Codec(
        lambda value, salt: None if value is None else inner.write(value, salt),
        lambda document: None if document is None else inner.read(document),
    )


def _read_part(part: str | int, codec: Codec, document: Any) -> Any:
    """Read a part of a document; an error notes which part it was in."""
    try:
        return codec.read(document)
    except ShapeError as error:
        error.path = (part, *error.path)
        raise


def _scalar(*kinds: type) -> Codec:
    """What JSON has itself, of one of some types exactly."""
    return Codec(_unchanged, functools.partial(_one_of, kinds))


def _unchanged(value: Any, salt: str) -> Any:  # noqa: ARG001 - what every codec is called with
    return value


def _one_of(kinds: tuple[type, ...], document: Any) -> Any:
    if type(document) not in kinds:
        raise WrongValueError(document)
    return document


TEXT = _scalar(str)
DOCUMENT = Codec(
    lambda value, _: sealed_to_json(value),
    lambda document: sealed_from_json(_one_of((dict,), document)),
)
"""A JSON object as it is, but for what is kept of secrets."""


class Record(Generic[T]):
    """A frozen dataclass as a JSON object."""

    def __init__(
        self,
        type: type[T],
        *inner: Record[Any],
        keys: Mapping[str, str] | None = None,
        codecs: Mapping[str, Codec] | None = None,
        values: Codec = DOCUMENT,
        required: tuple[str, ...] = (),
        empty: Mapping[str, Any] | None = None,
        skip: Mapping[str, Any] | None = None,
        whole: bool = False,
        optional: tuple[str, ...] = (),
        lenient: bool = False,
    ) -> None:
        """Describe how a record is written.

        Args:
            type: The dataclass.
            inner: The records in it.
            keys: Keys by field where they are not the field's name; `account.id` is the key `id` of
                the object `account`.
            codecs: By field, where the annotation is not enough.
            values: How `Any` and `Mapping[str, Any]` are written.
            required: Fields that are always written and have to be there although they have a
                default.
            empty: Fields that are left out while they are empty although they have no default,
                with what they are then.
            skip: Fields that are never written, with what they are read as.
            whole: Every field is required and always written.
            optional: Fields of which that does not hold: they are left out while they are empty.
            lenient: Engines of several versions read it at the same time: every field is written,
                one that has a default may be missing, and one that is unknown is passed over.
        """
        self.type = type
        self._inner = inner
        self._keys = keys or {}
        self._codecs = codecs or {}
        self._values = values
        self._required = required
        self._skip = skip or {}
        self._absent = {**(empty or {}), **self._skip}
        self._whole = whole
        self._optional = optional
        self._lenient = lenient

    @functools.cached_property
    def _object(self) -> _Object:
        """How its fields are written; found out when one is first read or written."""
        hints = get_type_hints(self.type)
        codec_of = {record.type: Codec(record.write, record.read) for record in self._inner}
        entries: dict[str, _Entry] = {}
        inside: dict[str, dict[str, _Entry]] = {}
        for field in dataclasses.fields(self.type):  # type: ignore[arg-type]
            name = field.name
            if name in self._skip:
                continue
            codec = self._codecs.get(name) or _codec(hints[name], codec_of, self._values)
            needed = name in self._required or self._is_needed(field)
            needed |= self._whole and name not in self._optional
            outer, _, key = self._keys.get(name, name).rpartition(".")
            part = inside.setdefault(outer, {}) if outer else entries
            part[key] = _Entry(name, codec, needed, needed or self._lenient)
        for key, part in inside.items():
            nested = _Object(part, lenient=self._lenient)
            codec = Codec(nested.write, nested.read)
            entries[key] = _Entry("", codec, required=True, always=True)
        return _Object(entries, lenient=self._lenient)

    def _is_needed(self, field: dataclasses.Field[Any]) -> bool:
        defaults = (field.default, field.default_factory)
        return defaults == (dataclasses.MISSING,) * 2 and field.name not in self._absent

    def write(self, value: T, salt: str = "") -> dict[str, Any]:
        """The JSON object of a record.

        Args:
            value: The record.
            salt: For fingerprints of secrets, if `values` writes them.
        """
        return self._object.write(value, salt)

    def read(self, document: Any) -> T:
        """Read what `write` gave.

        Raises:
            ShapeError: at the first field that is not what it should be.
        """
        return self.type(**{**self._absent, **self._object.read(document)})


class _Entry(NamedTuple):
    """What one key holds: a field, or an object with further fields of the same record."""

    field: str
    codec: Codec
    required: bool
    always: bool


class _Object:
    """The fields of a record that are side by side in one JSON object."""

    def __init__(self, entries: Mapping[str, _Entry], *, lenient: bool) -> None:
        self._entries = entries
        self._required = [key for key, entry in entries.items() if entry.required]
        self._lenient = lenient

    def write(self, value: Any, salt: str) -> dict[str, Any]:
        document: dict[str, Any] = {}
        for key, (field, (write, _), _, always) in self._entries.items():
            written = getattr(value, field) if field else value
            if write is not _unchanged:
                written = write(written, salt)
            if written or always:
                document[key] = written
        return document

    def read(self, document: Any) -> dict[str, Any]:
        """The arguments for the record."""
        fields = _one_of((dict,), document)
        for key in self._required:
            if key not in fields:
                raise ShapeError((), f"the field {key!r} is missing")
        found: dict[str, Any] = {}
        for key, value in fields.items():
            entry = self._entries.get(key)
            if entry is None and self._lenient:
                continue
            if entry is None:
                raise ShapeError((key,), f"the field {key!r} is unknown to this engine")
            read = _read_part(key, entry.codec, value)
            if entry.field:
                found[entry.field] = read
            else:
                found.update(read)
        return found


def _codec(hint: Any, records: Mapping[type, Codec], values: Codec) -> Codec:
    """How a value of an annotated type is written."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is Any or (origin is Mapping and arguments[1] is Any):
        return values
    if origin is UnionType and not set(arguments).issubset(_SCALARS):
        return or_null(_codec(arguments[0], records, values))
    if origin is tuple or origin is Mapping:
        inner = _codec(arguments[0 if origin is tuple else 1], records, values)
        return list_of(inner) if origin is tuple else map_of(inner)
    if hint is ResourceAddress:
        return text_of(parse_address)
    if isinstance(hint, enum.EnumType):
        return text_of(hint)
    return records.get(hint) or _scalar(*(arguments or (hint,)))
