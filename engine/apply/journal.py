"""The journal of one run: what it is about to do before it does it, and what came of it after.

Each operation leaves an intent before Stripe is called, with everything that is needed to send it
again, and what it changed in the state afterwards. A run that is killed in between is taken up by
the next one (`recovery`). What must not live here: where journals are kept (`ports.state_store`).
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.errors import StateError
from engine.plan.model import Step
from engine.plan.saved.step_json import STEP, completed
from engine.ports.journal import JournalFile
from engine.records import Record, ShapeError
from engine.schema.resource_type import Schemas
from engine.state.model import Delta, State
from engine.state.state_json import REMOVED, RESOURCE
from engine.values.paths import dotted
from engine.values.secret import fingerprint

FORMAT = 1
_RESULT_ROOM = 4096
"""Bytes that a result may need beyond what its intent takes: ids, and fields that others need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The run that a journal belongs to.

    Attributes:
        id: Random id, part of every idempotency key.
        stack: Stack name.
        environment: Environment name.
        lineage: Lineage of the state it changes.
        serial: Serial of that state.
        objects: Which objects that state has, as `objects_of` tells.
        account_id: Account it acts on; empty if Stripe does not tell.
        livemode: Real money; None if Stripe does not tell.
        since: UTC start, ISO 8601 to the second.
    """

    id: str
    stack: str
    environment: str
    lineage: str
    serial: int
    objects: str
    account_id: str
    livemode: bool | None
    since: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """An operation that was begun.

    Attributes:
        number: Its number in the run.
        key: Its idempotency key.
        at: When it was sent, by Stripe's clock, seconds since 1970; None if nobody knows.
        step: The operation, its parameters resolved and the id it acts on filled in.
        kept: Fingerprints of the secrets that the sink had before under the names of those that
            it may bring, by name: what the sink has afterwards is new if it is another.
    """

    number: int
    key: str
    at: int | None
    step: Step
    kept: Mapping[str, str] = field(default_factory=dict)


# The order of the fields above is that of the records in the file.
_RUN = Record(Run, keys={"id": "run", "account_id": "account"})
_INTENT = Record(Intent, keys={"number": "intent"}, codecs={"step": STEP})
_DELTA = Record(Delta, RESOURCE, REMOVED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfinished:
    """What the journal of a run that did not finish says.

    Attributes:
        run: The run.
        deltas: What its operations changed in the state, in order.
        pending: Operations of which nobody knows what became, in order.
    """

    run: Run
    deltas: tuple[Delta, ...]
    pending: tuple[Intent, ...]


@dataclass(slots=True)
class Journal:
    """A journal that is being written.

    Attributes:
        run: The run it belongs to.
        file: Where its records go.
        open: Records of the intents of which nobody knows yet what became, by number.
    """

    run: Run
    file: JournalFile
    open: dict[int, bytes] = field(default_factory=dict)

    def intend(self, intent: Intent) -> None:
        """Write down what is about to be sent; there is room for its result then.

        Raises:
            StateError: if it cannot be written; nothing may be sent.
        """
        record = intent_record(intent, self.run.lineage)
        waiting = len(record) + sum(len(other) for other in self.open.values())
        room = 2 * waiting + _RESULT_ROOM * (len(self.open) + 1)
        self.file.append(record, reserve=room)
        self.open[intent.number] = record

    def done(self, number: int, delta: Delta) -> None:
        """Write down that an operation was carried out, and what it changes.

        Raises:
            StateError: if it cannot be written.
        """
        self.file.append(_record({"done": number, **_DELTA.write(delta)}))
        self.open.pop(number, None)

    def failed(self, number: int) -> None:
        """Write down that an operation did not happen.

        Raises:
            StateError: if it cannot be written.
        """
        self.file.append(_record({"failed": number}))
        self.open.pop(number, None)

    def note(self, delta: Delta) -> None:
        """Write down a change of the state that Stripe has no part in.

        Raises:
            StateError: if it cannot be written.
        """
        self.file.append(_record({"noted": True, **_DELTA.write(delta)}))


def objects_of(state: State) -> str:
    """Tell which objects a state has, and at which addresses, in a few characters.

    Two states of one lineage and serial may still be two: each branch of a repository has its own.
    """
    held = sorted((name, entry.id, entry.superseded) for name, entry in state.resources.items())
    return fingerprint(held, state.lineage)


def first_record(run: Run) -> bytes:
    """What a journal begins with."""
    return _record({"journal": FORMAT, **_RUN.write(run)})


def intent_record(intent: Intent, salt: str) -> bytes:
    """What a journal holds of an operation that is about to be sent."""
    return _record(_INTENT.write(intent, salt))


def room_for(steps: Sequence[Step], salt: str) -> int:
    """Bytes that the journal of these operations is expected to need."""
    return sum(3 * len(_record(STEP.write(step, salt))) + _RESULT_ROOM for step in steps)


def read_journal(
    records: Sequence[bytes], schemas: Schemas, secrets: Mapping[str, Any]
) -> Unfinished:
    """Read what a run left.

    Args:
        records: Its records.
        schemas: Resource types by name.
        secrets: Known secrets by fingerprint.

    Raises:
        StateError: if it was not written by an engine that this one understands.
    """
    try:
        return _read([json.loads(record) for record in records], schemas, secrets)
    except (ValueError, LookupError, TypeError) as error:
        where = f" ({dotted(error.path)})" if isinstance(error, ShapeError) and error.path else ""
        raise StateError(
            "the journal of an unfinished run cannot be read",
            cause=f"{type(error).__name__}: {error}{where}",
            hint="run the version of engine that wrote it; nothing was changed",
        ) from error


def _read(documents: Sequence[Any], schemas: Schemas, secrets: Mapping[str, Any]) -> Unfinished:
    first, *others = documents
    if first["journal"] != FORMAT:
        raise ValueError(f"format {first['journal']}")
    deltas: list[Delta] = []
    pending: dict[int, Intent] = {}
    for document in others:
        if "intent" in document:
            intent = _INTENT.read(document)
            step = completed(intent.step, schemas, secrets)
            pending[intent.number] = dataclasses.replace(intent, step=step)
        elif "failed" in document:
            pending.pop(document["failed"], None)
        else:
            fields = dict(document)
            if not fields.pop("noted", False):
                pending.pop(fields.pop("done"), None)
            deltas.append(_DELTA.read(fields))
    run = _RUN.read({name: value for name, value in first.items() if name != "journal"})
    return Unfinished(run=run, deltas=tuple(deltas), pending=tuple(pending.values()))


def _record(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode(
        "utf-8", "surrogatepass"
    )
