"""The secrets of an apply: which will come, keeping them, and removing them from error messages.

Stripe's error messages quote the values they refuse.
"""

from __future__ import annotations

import contextlib
import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any

from engine.address import ResourceAddress, parse_address
from engine.errors import EngineError, SecretSinkError
from engine.plan.inputs.ownership import Owner
from engine.plan.model import Plan, Step, StepKind
from engine.ports.secret_sink import SecretSink
from engine.redaction import without
from engine.schema.remote import RemoteObject
from engine.schema.resource_type import ResourceType, Schemas
from engine.state.model import ResourceState
from engine.values.markers import ABSENT, UNKNOWN
from engine.values.paths import Path, get_path
from engine.values.secret import Sealed, Sensitive, fingerprint, plain
from engine.values.tree import scalars


def secret_name(address: ResourceAddress, path: Path) -> str:
    """The name of a secret in the sink: `stripe_webhook_endpoint.hook.secret`."""
    return f"{address}.{'.'.join(map(str, path))}"


def secrets_to_come(plan: Plan, schemas: Schemas) -> tuple[str, ...]:
    """Names of the secrets that an apply of this plan may store.

    They are those of new objects, of resources that come from other stacks, and of outputs.
    """
    received = [
        secret_name(step.address, path)
        for step in plan.steps
        if step.kind is StepKind.RECORD and step.other and step.record is not None
        for path in schemas[step.type].creation_only
        if isinstance(get_path(step.record.attributes, path), Sealed)
    ]
    created = [
        secret_name(step.address, path)
        for step in plan.steps
        if step.kind is StepKind.CREATE
        for path in schemas[step.type].creation_only
    ]
    declared = [name for name, (_, sensitive) in (plan.wanted_outputs or {}).items() if sensitive]
    changed = [
        entry.name for entry in plan.outputs if entry.sensitive and entry.after is not ABSENT
    ]
    return (*created, *received, *(f"output.{name}" for name in sorted({*declared, *changed})))


def secret_names(kind: ResourceType, address: ResourceAddress) -> dict[Path, str]:
    """The names of the secrets that only the response to a create holds, by their paths."""
    return {path: secret_name(address, path) for path in kind.creation_only}


def copy_secrets(
    sink: SecretSink,
    stack: str,
    kind: ResourceType,
    entry: ResourceState,
    old: ResourceAddress,
    new: ResourceAddress,
    giver: str = "",
) -> None:
    """Copy secrets that Stripe returned once to the names of a new address.

    Args:
        sink: Where secrets go.
        stack: Stack name.
        kind: The resource's type.
        entry: What state records of it.
        old: The address it had.
        new: The address it gets.
        giver: The stack that it comes from; empty for the same.

    Raises:
        SecretSinkError: if it cannot be kept there.
    """
    for path, name in secret_names(kind, old).items():
        if isinstance(get_path(entry.attributes, path), Sealed):
            secret = kept_secret(sink, giver or stack, name)
            if secret is not None:
                sink.store(stack, secret_name(new, path), secret)


def hand_over_secrets(sink: SecretSink, stack: str, kind: ResourceType, step: Step) -> None:
    """Copy the secrets of what comes from another stack, or remove those of what left.

    Only what its new owner has too is removed.

    Raises:
        SecretSinkError: if one cannot be kept, or is still there.
    """
    other = Owner.of(step.other)
    old = parse_address(other.address)
    if step.record is not None:
        copy_secrets(sink, stack, kind, step.record, old, step.address, giver=other.stack)
        return
    for path, name in secret_names(kind, step.address).items():
        secret = kept_secret(sink, stack, name)
        if secret is not None and secret == kept_secret(sink, other.stack, secret_name(old, path)):
            sink.remove(stack, name)


def keep_secrets(
    sink: SecretSink, stack: str, step: Step, kind: ResourceType, answer: RemoteObject | None
) -> None:
    """Store the secrets that only the response to a create holds.

    Raises:
        SecretSinkError: if it cannot be kept there.
    """
    if step.kind is not StepKind.CREATE:
        return
    for path, name in secret_names(kind, step.address).items():
        value = get_path(answer, path)
        if value:
            sink.store(stack, name, str(value))


def kept_secret(sink: SecretSink, stack: str, name: str) -> str | None:
    """What a sink holds under a name; None if it holds nothing, or cannot be read.

    A program that reads secrets may fail for a name that does not exist yet.
    """
    with contextlib.suppress(SecretSinkError):
        return sink.load(stack, name)
    return None


def text_of_secret(value: Any) -> str:
    """A secret output as a sink holds it: a map or a list as JSON, anything else as its text."""
    bare = plain(value)
    if isinstance(bare, (Mapping, list)):
        return json.dumps(bare, ensure_ascii=False, default=str)
    return str(bare)


def part_of_secret(text: str, path: Path) -> Any:
    """What is at a path in a secret output, from what `text_of_secret` gave.

    It is UNKNOWN if there is nothing at that place.
    """
    if not path:
        return Sensitive(text)
    found = UNKNOWN
    with contextlib.suppress(ValueError):
        found = get_path(json.loads(text), path, UNKNOWN)
    return found if found is UNKNOWN else Sensitive(found)


def kept_secrets(
    sink: SecretSink, stack: str, kind: ResourceType, address: ResourceAddress, salt: str
) -> dict[str, str]:
    """Fingerprints of what a sink holds under the names of a resource's secrets."""
    names = secret_names(kind, address).values()
    found = {name: kept_secret(sink, stack, name) for name in names}
    return {name: fingerprint(value, salt) for name, value in found.items() if value}


def secrets_in(value: Any) -> Iterator[str]:
    """Yield the text of every sensitive scalar inside a nested value."""
    for found in sensitive_in(value):
        for _, scalar in scalars(plain(found)):
            if scalar not in (None, "", True, False):
                yield str(scalar)


def sensitive_in(value: Any) -> Iterator[Sensitive]:
    """Yield every sensitive value inside a nested one."""
    return (scalar for _, scalar in scalars(value) if isinstance(scalar, Sensitive))


def without_secrets(error: EngineError, secrets: tuple[str, ...]) -> EngineError:
    """An error whose text does not hold any of these values."""
    if not secrets:
        return error
    clean = copy.copy(error)
    clean.message = without(error.message, secrets)
    clean.cause = without(error.cause, secrets) if error.cause else None
    clean.hint = without(error.hint, secrets) if error.hint else None
    clean.args = (clean.message,)
    clean.__cause__ = clean.__context__ = None
    return clean


def forget_secrets(
    sink: SecretSink, stack: str, kind: ResourceType, address: ResourceAddress
) -> None:
    """Remove the secrets of an object that does not exist any longer from the sink.

    Raises:
        SecretSinkError: if it is still there.
    """
    for name in secret_names(kind, address).values():
        sink.remove(stack, name)
