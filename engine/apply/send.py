"""Sending one operation: the calls that carry it out. Used by applies and by their recovery."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Mapping
from typing import Any

from engine.catalog.loader import type_name
from engine.errors import EngineError, NotFoundError, PermissionDeniedError, ProviderError
from engine.plan.compare.liveness import is_gone, is_live
from engine.plan.model import Step, StepKind
from engine.ports.provider import OUT_OF_REACH, Provider, RequestContext
from engine.schema.lifecycle import Removal, Verb
from engine.schema.remote import RemoteObject, id_of
from engine.schema.resource_type import ResourceType, Schemas
from engine.state.superseded import superseded_name
from engine.values.markers import CLEAR
from engine.values.secret import plain

_REFUSED, _CONFLICT, _SERVER = 400, 409, 500


def send(
    provider: Provider,
    schemas: Schemas,
    step: Step,
    params: Mapping[str, Any],
    context: RequestContext,
) -> RemoteObject | None:
    """Carry one operation out; safe to use from several threads.

    Args:
        provider: Where the objects are.
        schemas: Resource types by name.
        step: The operation, with the id of the object it acts on.
        params: Its parameters, references resolved.
        context: Its idempotency key, and the account it acts on.

    Returns:
        The object as it is now; None if the response does not hold it.

    Raises:
        ProviderError: if Stripe refuses or cannot be reached.
    """
    kind = schemas[step.type]
    if step.kind is StepKind.REMOVE:
        _end_companions(provider, schemas, step, context)
        return _remove(provider, kind, step, context)
    if step.kind is StepKind.CREATE:
        return provider.create(kind, plain(params), context)
    if step.kind is StepKind.CALL:
        return provider.call(kind, step.id, step.call, plain(params), context)
    made = _create_companions(provider, schemas, step, plain(params), context)
    return provider.update(kind, step.id, made, context)


def _create_companions(
    provider: Provider,
    schemas: Schemas,
    step: Step,
    params: Mapping[str, Any],
    context: RequestContext,
) -> dict[str, Any]:
    """Create what Stripe creates only with a new object; return the update that names it."""
    found = dict(params)
    for brought in schemas[step.type].life.companions:
        if brought.by in found:
            wanted = {**found.pop(brought.by), brought.parent: step.id}
            other = dataclasses.replace(
                context, idempotency_key=f"{context.idempotency_key}-{brought.at}"
            )
            made = provider.create(schemas[type_name(brought.object)], wanted, other)
            found[brought.at] = id_of(made)
    return found


def _end_companions(
    provider: Provider, schemas: Schemas, step: Step, context: RequestContext
) -> None:
    """End what Stripe created together with an object, before the object itself ends.

    S: "This price cannot be archived because it is the default price of its product." So the
    object's field is cleared first.
    """
    kind = schemas[step.type]
    for brought in kind.life.companions:
        id = step.params.get(brought.at)
        if not id:
            continue
        other = schemas[type_name(brought.object)]
        key = f"{context.idempotency_key}-{brought.at}"
        with contextlib.suppress(NotFoundError):
            free = dataclasses.replace(context, idempotency_key=f"{key}-free")
            provider.update(kind, step.id, {brought.at: CLEAR}, free)
            ending = dataclasses.replace(context, idempotency_key=f"{key}-end")
            _end(provider, other, id, other.life.removals[-1], ending)


def _remove(
    provider: Provider, kind: ResourceType, step: Step, context: RequestContext
) -> RemoteObject | None:
    removal = step.removal
    if removal is None or removal.verb is Verb.KEEP:
        return None
    try:
        return _end(provider, kind, step.id, removal, context)
    except NotFoundError:
        return None  # removed by another client already
    except PermissionDeniedError as error:
        if error.code == OUT_OF_REACH and _is_left_elsewhere(step):
            return None
        raise
    except ProviderError as error:
        ways = (
            kind.life.removals[kind.life.removals.index(removal) + 1 :] if removal.fallback else ()
        )
        if error.status == _REFUSED and not ways and _has_ended(provider, kind, step):
            return None
        if error.status != _REFUSED or not ways:
            raise
        other = dataclasses.replace(
            context, idempotency_key=f"{context.idempotency_key}-{ways[0].verb}"
        )
        return _end(provider, kind, step.id, ways[0], other)


def _is_left_elsewhere(step: Step) -> bool:
    """Whether a removal is of what a resource left on another account than it is on now.

    If that account was deleted or disconnected, the object is out of reach for good.
    """
    left = superseded_name(step.account, step.id, "")
    return bool(step.account) and step.key == f"{step.kind} {step.address} {left}"


def _has_ended(provider: Provider, kind: ResourceType, step: Step) -> bool:
    """Whether an object has ended already: Stripe refuses to end one twice."""
    found = provider.read(kind, step.id, account=step.account)
    return found is None or is_gone(kind, found, {}) or not is_live(kind, found)


def _end(
    provider: Provider, kind: ResourceType, id: str, removal: Removal, context: RequestContext
) -> RemoteObject | None:
    if removal.call:
        return provider.call(kind, id, removal.call, removal.params, context)
    if removal.params:
        return provider.update(kind, id, removal.params, context)
    provider.delete(kind, id, context)
    return None


def is_uncertain(error: EngineError) -> bool:
    """Whether a request that failed like this may have been carried out nevertheless."""
    if not isinstance(error, ProviderError):
        return False
    return error.status is None or error.status == _CONFLICT or error.status >= _SERVER
