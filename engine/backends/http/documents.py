"""What is kept in a state server: a document for each stack, and one index of them.

The document of a stack has its state, the journal of its run, the import in progress and the
owner of its run lock, so that one request changes them together, under one lock. Its `serial`
counts its writes: GitLab refuses a serial that it has, and takes the highest for the newest.
"""

from __future__ import annotations

import dataclasses
import json
import secrets
from collections.abc import Mapping
from dataclasses import field
from typing import Any

from engine.errors import NewerStateError, UntrustedStateError
from engine.frozen import frozen
from engine.ports.held_locks import HeldLock
from engine.ports.run_locks import LockOwner
from engine.records import TEXT, Record, ShapeError, check_plain, map_of

FORMAT = 1
INDEX = "engine_index"
PROBE = "engine_probe_"
KEPT_ASIDE = 20
"""Earlier states that are put aside on a server without versions."""


@frozen
class Kept:
    """How one state of a stack was stored.

    Attributes:
        serial: Its serial.
        write: Serial of the document that it was stored with.
        digest: SHA-256 of its text.
        resources: How many resources it has.
        since: When, UTC, ISO 8601 to the second. For people: nothing is decided by it.
        who: `user@host`; empty if it is unknown.
        operation: What for.
        url: Address of the CI run; empty outside of CI.
    """

    serial: int
    write: int
    digest: str
    resources: int
    since: str
    who: str = ""
    operation: str = ""
    url: str = ""


@frozen
class StackDocument:
    """The document of one stack in one environment.

    Attributes:
        environment: Environment name.
        stack: Stack name.
        lineage: Random id of the document.
        serial: How often it was written.
        write_id: Random id of this write.
        owner: The run that has the lock; None if none has it.
        state: Text of the state; empty if there is none.
        journal: Records of the journal, each in Base64, after "begun"; empty if there is none.
        pending: Text of the import in progress; empty if there is none.
        versions: How the states of the stack were stored, the newest last.
        replaced: What a restore took the place of, texts of states and of journals, the last ones.
        moved: Address of the store that the states of its environment are in; empty if here.
    """

    environment: str
    stack: str
    lineage: str
    serial: int
    write_id: str
    owner: LockOwner | None = None
    state: str = ""
    journal: tuple[str, ...] = ()
    pending: str = ""
    versions: tuple[Kept, ...] = ()
    replaced: tuple[str, ...] = ()
    moved: str = ""


@frozen
class MovedStates:
    """The pointer of an environment; see `engine.ports.moves.Pointer`."""

    environment: str
    address: str
    arriving: bool = False


@frozen
class Index:
    """The document that lists the others.

    Attributes:
        lineage: Random id of the document.
        serial: How often it was written.
        write_id: Random id of this write.
        tested: Where the server was when it passed the test of its guarantees.
        fenced: It refuses writes that do not carry the id of the lock.
        stacks: Places of the documents of stacks, `ENVIRONMENT STACK`.
        held: The held locks.
        fleets: What is left of the unfinished apply of each fleet, as JSON.
        moved: The pointers of environments whose states are elsewhere.
    """

    lineage: str
    serial: int
    write_id: str
    tested: str = ""
    fenced: bool = False
    stacks: tuple[str, ...] = ()
    held: tuple[HeldLock, ...] = field(default=())
    fleets: Mapping[str, str] = field(default_factory=dict)
    moved: tuple[MovedStates, ...] = ()


_OWNER = Record(LockOwner, skip={"gone": False}, lenient=True)
_HELD = Record(HeldLock, skip={"file": "", "store": ""}, lenient=True)
_STACK = Record(StackDocument, _OWNER, Record(Kept))
_INDEX = Record(Index, _HELD, Record(MovedStates), codecs={"fleets": map_of(TEXT)})


def name_of(stack: str, environment: str) -> str:
    """The name of a stack's document: no two places have the same one.

    GitLab takes any name without a slash, and may cut one at a dot. `_` is written twice, the `/`
    in the environment of a fleet's member as `_f`, and `_-` parts the two names.
    """
    parts = (text.replace("_", "__").replace("/", "_f") for text in (environment, stack))
    return "_-".join(parts)


def aside_name(stack: str, environment: str, number: int) -> str:
    """The name of a document that an earlier state of a stack is put aside in."""
    return f"{name_of(stack, environment)}_-v{number}"


def encode(document: StackDocument | Index) -> bytes:
    """The bytes of a document."""
    record: Record[Any] = _STACK if isinstance(document, StackDocument) else _INDEX
    fields = {"engine": FORMAT, **record.write(document)}
    return json.dumps(fields, indent=2, sort_keys=True).encode() + b"\n"


def decode_stack(raw: bytes, *, where: str, stack: str, environment: str) -> StackDocument:
    """Read the document of a stack.

    Raises:
        UntrustedStateError: if it is something else, or of another stack.
    """
    document: StackDocument = _decoded(raw, where, _STACK)
    if (document.environment, document.stack) != (environment, stack):
        why = f"it is the document of {document.environment}/{document.stack}"
        raise _untrusted(where, why[:200])
    return document


def decode_index(raw: bytes, *, where: str) -> Index:
    """Read the index; it raises what `decode_stack` does."""
    index: Index = _decoded(raw, where, _INDEX)
    return index


def new_document(stack: str, environment: str) -> StackDocument:
    """The document of a stack that has none yet."""
    return StackDocument(
        environment=environment,
        stack=stack,
        lineage=secrets.token_hex(16),
        serial=0,
        write_id="",
    )


def renewed(document: StackDocument, **fields: Any) -> StackDocument:
    """A document with some fields changed, as a new write."""
    return dataclasses.replace(
        document, serial=document.serial + 1, write_id=secrets.token_hex(16), **fields
    )


def _decoded(raw: bytes, where: str, record: Record[Any]) -> Any:
    try:
        fields = json.loads(raw)
        check_plain(fields)
        form = fields.pop("engine", None) if isinstance(fields, dict) else None
        if type(form) is int and form > FORMAT:
            raise NewerStateError(
                where, 1, f"it has format {form}", hint="upgrade the engine; nothing was changed"
            )
        if type(form) is not int or form != FORMAT:
            raise ShapeError(("engine",), "the engine did not write it")
        return record.read(fields)
    except (ValueError, RecursionError) as error:
        why = str(error) if isinstance(error, ShapeError) else "it is not JSON"
    raise _untrusted(where, why)


def _untrusted(where: str, why: str) -> UntrustedStateError:
    return UntrustedStateError(
        where,
        1,
        why,
        hint="bring back its last good version with the tools of the server, or give the engine a "
        "place of its own there; nothing was changed",
    )
