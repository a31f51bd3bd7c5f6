"""Plans of moves as bytes: a line with what they have in common, then a line for each subscription.

The file holds ids and states, and no name, address or secret of a customer. Only the engine writes
it: a file in which a byte was changed is refused.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine.address import is_environment_name, is_logical_name
from engine.errors import PlanFileError
from engine.plan.subscribers.moves import Cohort, Money, Moves, Row, Skip, counts
from engine.plan.subscribers.price_facts import PriceFacts
from engine.plan.subscribers.subscriber import MOVABLE
from engine.records import Record, ShapeError, check_plain
from engine.schema.resource_type import Schemas

FORMAT_VERSION = 1
"""The newest format of these files that this engine writes and reads."""

_MARK = b'{"file":"engine-moves",'
_ID = re.compile(r"[A-Za-z0-9_]{1,255}")
_SHORT = 12
_NAME = re.compile(rf"moves_[0-9a-f]{{{_SHORT}}}")
_MOVES = Record(
    Moves,
    Record(PriceFacts),
    Record(Money),
    Record(Cohort),
    keys={"account_id": "key.account", "livemode": "key.livemode"},
    skip={"rows": (), "skipped": (), "server": ""},
)


def encode_moves(moves: Moves) -> bytes:
    """Write moves as the bytes of their file: the same moves, the same bytes."""
    rows = [_text(_values(row)) for row in moves.rows]
    skipped = [_text([id, str(why)]) for id, why in moves.skipped]
    head = {
        "file": "engine-moves",
        "format_version": FORMAT_VERSION,
        "digest": "",
        "moved": len(rows),
        "skipped": len(skipped),
        **_MOVES.write(moves),
    }
    lines = [*rows, *skipped]
    return "\n".join([_text({**head, "digest": _digest(head, lines)}), *lines, ""]).encode()


def id_of_moves(raw: bytes) -> str:
    """The name by which a file of moves is known: the same moves, the same name."""
    digest = str(json.loads(raw.partition(b"\n")[0])["digest"])
    return f"moves_{digest[:_SHORT]}"


def is_moves_name(name: str) -> bool:
    """Whether a name is that of moves, by which their record is kept with the states."""
    return _NAME.fullmatch(name) is not None


def is_moves_file(raw: bytes) -> bool:
    """Whether bytes begin as those of a plan of moves, damaged or not."""
    return raw.startswith(_MARK)


def decode_moves(raw: bytes, schemas: Schemas, *, path: str) -> Moves:
    """Read moves from the bytes of their file.

    Args:
        raw: The bytes.
        schemas: Resource types by name.
        path: The file, for messages.

    Raises:
        PlanFileError: if they are not a whole, untouched plan of a version this engine reads.
    """
    try:
        first, *lines = raw.decode().split("\n")
        head = json.loads(first)
        check_plain(head)
        version = head.get("format_version")
    except (ValueError, RecursionError, AttributeError) as error:
        raise _damaged(path, "it is not whole") from error
    if isinstance(version, int) and version > FORMAT_VERSION:
        raise PlanFileError.of_newer_engine(
            path, head, reads=FORMAT_VERSION, again="make the file again"
        )
    if version != FORMAT_VERSION or lines[-1:] != [""]:
        raise _damaged(path, "it is not whole")
    if head.get("digest") != _digest(head, lines[:-1]):
        raise _damaged(path, "its digest does not match its content")
    try:
        return _checked(_read(head, lines[:-1]), schemas)
    except (ValueError, LookupError, TypeError) as error:
        raise _damaged(path, f"it holds what this engine does not understand ({error})") from error


def _read(head: dict[str, Any], lines: Sequence[str]) -> Moves:
    _check_texts(head)
    fields = {name: value for name, value in head.items() if name not in _OWN}
    number = head["moved"]
    if len(lines) != number + head["skipped"]:
        raise ShapeError((), "it does not have the lines that it counts")
    rows = tuple(_row(json.loads(line)) for line in lines[:number])
    skipped = tuple(_skip(json.loads(line)) for line in lines[number:])
    return dataclasses.replace(_MOVES.read(fields), rows=rows, skipped=skipped)


def _check_texts(value: Any) -> None:
    """Refuse a text that a terminal would not show as it is: a file may come from anywhere."""
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, list):
        for inner in value:
            _check_texts(inner)
    elif isinstance(value, str) and not value.isprintable():
        raise ShapeError((), "it holds a text that cannot be shown")


_OWN = ("file", "format_version", "digest", "moved", "skipped")


def _checked(moves: Moves, schemas: Schemas) -> Moves:
    """Moves that show what they carry out."""
    shown: dict[tuple[int, int], tuple[int, int]] = {}
    for money in moves.money:
        number, quantity = shown.get((money.old, money.new), (0, 0))
        shown[money.old, money.new] = (number + money.subscriptions, quantity + money.quantity)
    if shown != counts(moves.rows):
        raise ShapeError((), "its totals are not those of its lines")
    _check_names(moves)
    names = [price.id for price in moves.prices]
    if moves.type not in schemas or not all(map(_ID.fullmatch, names)):
        raise ShapeError((), "it names no prices")
    places = range(len(names))
    if any(
        row.old not in places or row.new not in places or row.old == row.new for row in moves.rows
    ):
        raise ShapeError((), "a line names no price")
    if len({row.id for row in moves.rows}) != len(moves.rows):
        raise ShapeError((), "a subscription is in it twice")
    if moves.undoes and not is_moves_name(moves.undoes):
        raise ShapeError((), "what it undoes has no such name")
    return moves


def _check_names(moves: Moves) -> None:
    """Refuse names that messages repeat as words of commands."""
    stacks = filter(None, (price.stack for price in moves.prices))
    accounts = filter(None, (moves.account, moves.account_id))
    if not (
        is_environment_name(moves.environment)
        and all(map(is_logical_name, stacks))
        and all(map(_ID.fullmatch, accounts))
    ):
        raise ShapeError((), "it names no environment, stack or account")


def _values(row: Row) -> list[Any]:
    """A row as a list; what is usual is left out at its end."""
    values = list(row)
    while values[-1] is False:
        values.pop()
    return values


def _row(values: Any) -> Row:
    row = Row(*values)
    whole = (row.old, row.new, 0 if row.quantity is None else row.quantity)
    if (
        not all(isinstance(text, str) and _ID.fullmatch(text) for text in (row.id, row.item))
        or any(type(number) is not int or number < 0 for number in whole)
        or row.status not in MOVABLE
        or not {type(row.invoiced), type(row.canceling)} == {bool}
    ):
        raise ShapeError((), f"a line is not one of a subscription: {str(values)[:80]}")
    return row


def _skip(values: Any) -> tuple[str, Skip]:
    id, why = values
    if not isinstance(id, str) or not _ID.fullmatch(id):
        raise ShapeError((), f"a line is not one of a subscription: {str(values)[:80]}")
    return id, Skip(why)


def _digest(head: Mapping[str, Any], lines: Sequence[str]) -> str:
    found = hashlib.sha256()
    for part in _hashed(head, lines):
        found.update(part)
    return found.hexdigest()


def _hashed(head: Mapping[str, Any], lines: Sequence[str]) -> Iterator[bytes]:
    yield _text({**head, "digest": ""}).encode()
    for line in lines:
        yield b"\n" + line.encode()


def _damaged(path: str, why: str) -> PlanFileError:
    return PlanFileError(
        f"{path} cannot be trusted: {why}, so it was edited or damaged after the engine wrote it",
        hint="run engine subscribers --to ... -o again; nothing was changed",
    )


def _text(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
