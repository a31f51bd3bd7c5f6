"""The journal of one run: an intent before each request, a result after it.

An intent holds everything that is needed to send the request again, a result what it changed in
the state. If a run is killed in between, the next one recovers it (`recovery`).
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.errors import StateError
from engine.frozen import frozen
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


@frozen
class Run:
    """The run that a journal belongs to.

    Attributes:
        id: Random id, part of every idempotency key.
        stack: Stack name.
        environment: Environment name.
        lineage: Lineage of the state it changes.
        serial: Serial of that state.
        objects: Which objects that state has, as a fingerprint (`objects_of`).
        account_id: Account it acts on; empty if Stripe does not return it.
        livemode: Real money; None if Stripe does not return it.
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


@frozen
class Intent:
    """A step that was begun.

    Attributes:
        number: Its number in the run.
        key: Its idempotency key.
        at: When it was sent, by Stripe's clock, in seconds since 1970; None if unknown.
        step: The step, with resolved parameters and the id that it acts on.
        kept: Fingerprints of what the secret sink held before, by the names of the secrets that
            the response may return: a different value afterwards is a new one.
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


@frozen
class Unfinished:
    """The content of a journal whose run did not finish.

    Attributes:
        run: The run.
        deltas: What its steps changed in the state, in order.
        pending: Intents without a result, in order.
        done: Intents that were carried out, in the order of their results.
    """

    run: Run
    deltas: tuple[Delta, ...]
    pending: tuple[Intent, ...]
    done: tuple[Intent, ...] = ()


@dataclass(slots=True)
class Journal:
    """A journal that is being written.

    Attributes:
        run: The run it belongs to.
        file: Where its records go.
        open: Records of the intents without a result, by number.
    """

    run: Run
    file: JournalFile
    open: dict[int, bytes] = field(default_factory=dict)

    def intend(self, intent: Intent) -> None:
        """Write down what is about to be sent, and reserve room for its result.

        Nothing may be sent before `sync`.

        Raises:
            StateError: if it cannot be written; it may not be sent.
        """
        record = intent_record(intent, self.run.lineage)
        waiting = len(record) + sum(len(other) for other in self.open.values())
        room = 2 * waiting + _RESULT_ROOM * (len(self.open) + 1)
        self.file.append(record, reserve=room)
        self.open[intent.number] = record

    def sync(self) -> None:
        """Make all that was written down survive the end of this machine.

        Raises:
            StateError: if that cannot be done; nothing may be sent.
        """
        self.file.sync()

    def done(self, number: int, delta: Delta) -> None:
        """Write down that a step was carried out, and what it changes.

        Raises:
            StateError: if it cannot be written.
        """
        self.file.append(_record({"done": number, **_DELTA.write(delta)}))
        self.open.pop(number, None)

    def failed(self, number: int) -> None:
        """Write down that a step did not happen.

        Raises:
            StateError: if it cannot be written.
        """
        self.file.append(_record({"failed": number}))
        self.open.pop(number, None)

    def note(self, delta: Delta) -> None:
        """Write down a change of the state for which no request is sent.

        Raises:
            StateError: if it cannot be written.
        """
        self.file.append(_record({"noted": True, **_DELTA.write(delta)}))


def objects_of(state: State) -> str:
    """A fingerprint of the objects that a state has, with their addresses.

    Two states of one lineage and serial can differ: each branch of a repository has its own.
    """
    held = sorted(
        (name, entry.id, entry.superseded, *filter(None, [entry.account]))
        for name, entry in state.resources.items()
    )
    return fingerprint(held, state.lineage)


def first_record(run: Run) -> bytes:
    """The first record of a journal."""
    return _record({"journal": FORMAT, **_RUN.write(run)})


def intent_record(intent: Intent, salt: str) -> bytes:
    """The record of a step that is about to be sent."""
    return _record(_INTENT.write(intent, salt))


def room_for(steps: Sequence[Step], salt: str) -> int:
    """How many bytes the journal of some steps is expected to need."""
    return sum(3 * len(_record(STEP.write(step, salt))) + _RESULT_ROOM for step in steps)


def read_journal(
    records: Sequence[bytes], schemas: Schemas, secrets: Mapping[str, Any]
) -> Unfinished:
    """Read the journal of a run that did not finish.

    Args:
        records: Its records.
        schemas: Resource types by name.
        secrets: Known secrets by fingerprint.

    Raises:
        StateError: if this engine does not understand it.
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
    ended: list[Intent] = []
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
                ended += filter(None, [pending.pop(fields.pop("done"), None)])
            deltas.append(_DELTA.read(fields))
    run = _RUN.read({name: value for name, value in first.items() if name != "journal"})
    return Unfinished(
        run=run, deltas=tuple(deltas), pending=tuple(pending.values()), done=tuple(ended)
    )


def _record(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode(
        "utf-8", "surrogatepass"
    )
