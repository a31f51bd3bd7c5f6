"""Secrets that Stripe returned once, for objects that were not made from here.

Nothing reads such a secret from Stripe: it is known if the secret sink keeps it, or if a person
supplies it.
"""

from __future__ import annotations

import copy
import dataclasses
import re
from collections.abc import Iterator

from engine.address import ResourceAddress
from engine.apply.secrets import secret_names
from engine.errors import UsageError
from engine.ports.secret_sink import SecretSink
from engine.schema.resource_type import ResourceType
from engine.state.model import ResourceState, State
from engine.values.paths import Path, dotted, get_path, set_path
from engine.values.secret import Sealed, Sensitive


def unknown_secrets(kind: ResourceType, record: ResourceState) -> Iterator[Path]:
    """The paths of an object's secrets of which the state has no fingerprint."""
    for path in kind.creation_only:
        # One that is deeper belongs to a part that the object may not have.
        has_it = len(path) == 1 or path[0] in record.declared
        if has_it and not isinstance(get_path(record.attributes, path), Sealed):
            yield path


def with_kept_secrets(
    sink: SecretSink,
    state: State,
    address: ResourceAddress,
    record: ResourceState,
    kind: ResourceType,
) -> ResourceState:
    """A record with the fingerprints of the secrets that the sink keeps under its address."""
    for path, name in secret_names(kind, address).items():
        secret = sink.load(state.stack, name)
        if secret is not None:
            record = _with_fingerprint(record, path, Sealed.of(secret, state.lineage))
    return record


def keep_supplied(
    sink: SecretSink,
    state: State,
    address: ResourceAddress,
    record: ResourceState,
    kind: ResourceType,
    secret: Sensitive,
) -> ResourceState:
    """Keep a secret that a person supplies, before the state has its fingerprint.

    Returns:
        The record with the fingerprint.

    Raises:
        UsageError: if it does not have the form of one, or the object has none.
        SecretSinkError: if it cannot be kept.
    """
    path, name = the_secret_of(kind, address)
    attribute = kind.root.at(path)
    pattern = "" if attribute is None else attribute.pattern
    if pattern and not re.fullmatch(pattern, secret.value):
        says = attribute.says if attribute is not None else ""
        raise UsageError(
            f"what was read is not the {dotted(path)} of {address}: {says}",
            hint="the Dashboard shows it with the endpoint; nothing was changed",
        )
    sink.check(state.stack, (name,))
    sink.store(state.stack, name, secret.value)
    return _with_fingerprint(record, path, Sealed.of(secret.value, state.lineage))


def the_secret_of(kind: ResourceType, address: ResourceAddress) -> tuple[Path, str]:
    """The path of an object's secret, and its name in the sink.

    Raises:
        UsageError: if objects of the type have none.
    """
    for path, name in secret_names(kind, address).items():
        return path, name
    raise UsageError(
        f"{address} has no secret: Stripe returns all of a {kind.title}",
        hint="leave out --secret-from-stdin",
    )


def _with_fingerprint(record: ResourceState, path: Path, kept: Sealed) -> ResourceState:
    attributes = copy.deepcopy(dict(record.attributes))
    set_path(attributes, path, kept)
    return dataclasses.replace(record, attributes=attributes)
