"""What one apply works with."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import field
from typing import Any

from engine.apply.journal import Journal
from engine.frozen import frozen
from engine.ports.hook import Hook
from engine.ports.provider import Provider
from engine.ports.secret_sink import SecretSink
from engine.schema.resource_type import Schemas
from engine.state.model import State
from engine.values.targets import Elsewhere


@frozen
class ApplyPorts:
    """What one apply works with.

    Attributes:
        provider: Where the objects are.
        schemas: Resource types by name.
        journal: Records each operation before it is sent, and its result.
        fence: Raises once another run has the lock on the stack.
        save: Writes the final state, after which the journal is not needed.
        sink: Where secrets go.
        outputs_of: Reads what other stacks have, UNKNOWN if there is none.
        hook: Notified of every step.
        run: Random id of this run, part of every idempotency key.
        parallelism: Operations in flight at once.
        stop: Set when the person asks the run to stop.
    """

    provider: Provider
    schemas: Schemas
    journal: Journal
    fence: Callable[[], None]
    save: Callable[[State], State]
    sink: SecretSink
    outputs_of: Callable[[Elsewhere], Any]
    hook: Hook
    run: str
    parallelism: int
    stop: threading.Event = field(default_factory=threading.Event)
