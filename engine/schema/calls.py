"""Calls in addition to create, read, update, delete and list."""

from __future__ import annotations

from engine.frozen import frozen


@frozen
class Call:
    """A call in addition to create, read, update, delete and list.

    Attributes:
        method: `get`, `post` or `delete`.
        path: With `{id}` and perhaps `{parent}`, e.g. `/v1/subscription_schedules/{id}/release`.
    """

    method: str
    path: str


@frozen
class Composite:
    """How an object is addressed that has no path of its own.

    Attributes:
        fields: Declared fields that name it together, e.g. `name` and `scope.type` of an app's
            secret; dotted, absent ones left out.
        read: Name of the call that finds it by them.
        remove: Name of the call that removes it by them.
    """

    fields: tuple[str, ...]
    read: str
    remove: str
