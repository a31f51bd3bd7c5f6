"""Sending one operation: the calls that carry it out. Used by applies and by their recovery."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from engine.errors import EngineError, NotFoundError, ProviderError
from engine.plan.life import is_gone, is_live
from engine.plan.model import Step, StepKind
from engine.provider.base import Provider, RemoteObject, RequestContext
from engine.provider.life import Removal, Verb
from engine.provider.schema import ResourceType
from engine.values import plain

_REFUSED, _CONFLICT, _SERVER = 400, 409, 500


def send(
    provider: Provider,
    kind: ResourceType,
    step: Step,
    params: Mapping[str, Any],
    context: RequestContext,
) -> RemoteObject | None:
    """Carry one operation out; safe to use from several threads.

    Args:
        provider: Where the objects are.
        kind: The operation's resource type.
        step: The operation, with the id of the object it acts on.
        params: Its parameters, references resolved.
        context: Its idempotency key, and the account it acts on.

    Returns:
        The object as it is now; None if Stripe tells nothing of it.

    Raises:
        ProviderError: if Stripe refuses or cannot be reached.
    """
    if step.kind is StepKind.REMOVE:
        return _take_away(provider, kind, step, context)
    if step.kind is StepKind.CREATE:
        return provider.create(kind, plain(params), context)
    if step.kind is StepKind.CALL:
        return provider.call(kind, step.id, step.call, plain(params), context)
    return provider.update(kind, step.id, plain(params), context)


def _take_away(
    provider: Provider, kind: ResourceType, step: Step, context: RequestContext
) -> RemoteObject | None:
    removal = step.removal
    if removal is None or removal.verb is Verb.KEEP:
        return None
    try:
        return _end(provider, kind, step.id, removal, context)
    except NotFoundError:
        return None  # somebody was faster; the wish is fulfilled
    except ProviderError as error:
        ways = kind.removals[kind.removals.index(removal) + 1 :] if removal.or_next else ()
        if error.status == _REFUSED and not ways and _has_ended(provider, kind, step):
            return None
        if error.status != _REFUSED or not ways:
            raise
        other = dataclasses.replace(
            context, idempotency_key=f"{context.idempotency_key}-{ways[0].verb}"
        )
        return _end(provider, kind, step.id, ways[0], other)


def _has_ended(provider: Provider, kind: ResourceType, step: Step) -> bool:
    """Whether an object is as its removal would leave it: Stripe refuses to end one twice."""
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
    """Whether a request that ended like this may have been carried out all the same."""
    if not isinstance(error, ProviderError):
        return False
    return error.status is None or error.status == _CONFLICT or error.status >= _SERVER
