"""Companions: objects that Stripe makes together with another one and that end with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.plan.translate.params import wire
from engine.schema.remote import RemoteObject
from engine.schema.resource_type import ResourceType
from engine.state.model import ResourceState, State


def brought_with(
    prior: ResourceState, kind: ResourceType, actual: RemoteObject, state: State
) -> dict[str, str]:
    """The companions of an object that no resource of the stack manages.

    Args:
        prior: What state records of the object.
        kind: Its resource type.
        actual: The object.
        state: The state of its stack.

    Returns:
        Ids by the field of the object that holds them.
    """
    found: dict[str, str] = {}
    for brought in kind.life.companions:
        # State keeps the id: an interrupted run may have cleared the field already.
        id = prior.attributes.get(brought.at) or actual.get(brought.at)
        if brought.by not in prior.declared or not id:
            continue
        if all(entry.id != id for entry in state.resources.values()):
            found[brought.at] = str(id)
    return found


def made_again(kind: ResourceType, sent: Mapping[str, Any], actual: RemoteObject) -> dict[str, Any]:
    """Parameters of the companions that an object had when it was removed, and that ended with it.

    No update of the object itself takes them: apply makes the other object anew.
    """
    return {
        brought.by: wire(kind.root.fields[brought.by], sent[brought.by])
        for brought in kind.life.companions
        if sent.get(brought.by) is not None and actual.get(brought.at) is None
    }
