"""Variables: the values that a run is given, where each comes from, and how it is read.

A value has the type of the default that a stack declares for it.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import re
import tomllib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from engine.errors import SettingsError
from engine.frozen import frozen
from engine.values.secret import Sensitive

_PREFIX = "ENGINE_VAR_"
_WHOLE = re.compile(r"[+-]?[0-9]+")
_WORDS = {"true": True, "yes": True, "on": True, "1": True}
_WORDS |= {"false": False, "no": False, "off": False, "0": False}
_ANY = object()
"""The example of entries that have no type in common."""


@frozen(kw_only=False)
class Given:
    """A value that a run was given.

    Attributes:
        value: The text as typed, or what a file holds.
        source: Where it comes from, for messages: `--var cents`, `ENGINE_VAR_CENTS`, a file.
    """

    value: Any
    source: str


@frozen
class Variables:
    """All values of one run.

    Attributes:
        given: Those of `--var`, and of files, by name.
        ambient: Those of the environment, by name in lower case; a given one has precedence.
    """

    given: Mapping[str, Given] = field(default_factory=dict)
    ambient: Mapping[str, Given] = field(default_factory=dict)

    def find(self, name: str) -> Given | None:
        """The value of a variable; None if the run was given none."""
        return self.given.get(name) or self.ambient.get(name.lower())

    def unread(self, names: Collection[str]) -> tuple[str, ...]:
        """Names that were given and are none of these."""
        return tuple(name for name in self.given if name not in names)


# ── where they come from ──────────────────────────────────────────────────────────────────


def variables_of(
    environ: Mapping[str, str],
    flags: Sequence[tuple[str, str]] = (),
    files: Sequence[tuple[str, Path]] = (),
) -> Variables:
    """Collect the values of a run: `--var`, then files, then the environment.

    Args:
        environ: Environment variables.
        flags: Names and values of `--var`; the last of a name counts.
        files: Names as typed and places of files; of two that have a name the later counts.

    Raises:
        SettingsError: if a file cannot be read.
    """
    given: dict[str, Given] = {}
    for shown, path in files:
        given |= {name: Given(value, shown) for name, value in _file(path, shown).items()}
    given |= {name: Given(value, f"--var {name}") for name, value in flags}
    ambient = {
        name.removeprefix(_PREFIX).lower(): Given(value, name)
        for name, value in environ.items()
        if name.startswith(_PREFIX)
    }
    return Variables(given=given, ambient=ambient)


def _file(path: Path, shown: str) -> Mapping[str, Any]:
    readers: Mapping[str, Callable[[str], Any]] = {
        ".json": _json_document,
        ".toml": tomllib.loads,
    }
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise SettingsError(
            f"{shown} is no file of variables: its name ends neither in .json nor in .toml",
            hint='write one line for each variable, cents = 2100, into a file such as "test.toml"',
        )
    try:
        document = reader(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        deep = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        reason = getattr(error, "strerror", None) or deep
        raise SettingsError(f"the variables in {shown} cannot be read", cause=reason) from error
    if not isinstance(document, Mapping):
        raise SettingsError(
            f"the variables in {shown} cannot be read",
            cause=f"It holds {_kind_of(document)}, not variables by name.",
            hint='write {"cents": 2100}',
        )
    return document


def _json_document(text: str) -> Any:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise ValueError(f"{twice!r} is in it twice")
        return found

    def no_number(word: str) -> Any:
        raise ValueError(f"{word} is not a number")

    return json.loads(text, object_pairs_hook=once, parse_constant=no_number)


# ── how they are read ─────────────────────────────────────────────────────────────────────


def read(value: Any, default: Any) -> Any:
    """Read a value as the type of a default; text if the default is None.

    Raises:
        ValueError: saying what is taken, `a whole number`.
        TypeError: if no value can be read as the type of the default.
    """
    if isinstance(default, Sensitive):
        return Sensitive(read(value, default.value))
    if default is _ANY:
        return value
    for kind, words, reader in _READERS:
        if isinstance(default, kind):
            try:
                return reader(value, default)
            except _MismatchError as inner:
                raise ValueError(f"{words}{inner}") from None
    raise TypeError(type(default).__name__)


class _MismatchError(ValueError):
    """A value is not of the type; its text is added to the words for the type."""


def _text(value: Any, _: Any) -> str:
    if not isinstance(value, str):
        raise _MismatchError
    return value


def _truth(value: Any, _: Any) -> bool:
    found = _WORDS.get(value.strip().lower()) if isinstance(value, str) else value
    if not isinstance(found, bool):
        raise _MismatchError
    return found


def _whole(value: Any, _: Any) -> int:
    if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
        try:
            return int(value)
        except ValueError:  # more digits than Python converts
            raise _MismatchError from None
    if not isinstance(value, int) or isinstance(value, bool):
        raise _MismatchError
    return value


def _number(value: Any, _: Any) -> float:
    number = float(_decimal(value, _))
    if not math.isfinite(number):
        raise _MismatchError
    return number


def _decimal(value: Any, _: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise _MismatchError
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        raise _MismatchError from None
    if not number.is_finite():
        raise _MismatchError
    return number


def _moment(value: Any, _: Any) -> dt.datetime:
    if isinstance(value, dt.datetime):
        return value
    try:
        return dt.datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise _MismatchError from None


def _list(value: Any, default: Any) -> Any:
    if isinstance(value, str):
        value = _from_json(value) if value.lstrip().startswith("[") else _split(value)
    if not isinstance(value, list):
        raise _MismatchError
    entries = _entries(value, default)
    return tuple(entries) if isinstance(default, tuple) else entries


def _map(value: Any, default: Any) -> Any:
    if isinstance(value, str):
        value = _from_json(value)
    if not isinstance(value, dict):
        raise _MismatchError
    return dict(zip(value, _entries(list(value.values()), list(default.values())), strict=True))


def _entries(values: Sequence[Any], examples: Sequence[Any]) -> list[Any]:
    """Entries read as the type that the default's entries have in common."""
    kinds = {type(example) for example in examples}
    example = examples[0] if len(kinds) == 1 else _ANY
    try:
        return [read(value, example) for value in values]
    except ValueError as inner:
        raise _MismatchError(f", each entry {inner}") from None


def _split(text: str) -> list[str]:
    return [entry.strip() for entry in text.split(",")] if text.strip() else []


def _from_json(text: str) -> Any:
    try:
        return _json_document(text)
    except (ValueError, RecursionError):
        raise _MismatchError from None


# In this order, since True is an int to Python. A list or a map in text is JSON; a list may be
# separated by commas.
_READERS: Sequence[tuple[Any, str, Callable[[Any, Any], Any]]] = (
    ((str, type(None)), "text", _text),
    (bool, "true or false", _truth),
    (int, "a whole number", _whole),
    (float, "a number", _number),
    (Decimal, "a decimal number", _decimal),
    (dt.datetime, "a time such as 2027-01-31T12:00:00Z", _moment),
    ((list, tuple), "a list", _list),
    (dict, "a map", _map),
)


def _kind_of(value: Any) -> str:
    names = {list: "a list", str: "text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
