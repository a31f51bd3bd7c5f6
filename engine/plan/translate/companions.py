"""What Stripe makes together with an object and nothing manages: it ends and returns with it."""

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
    """What Stripe made with an object, and what nothing manages: it ends with the object.

    Args:
        prior: What state says of the object.
        kind: Its resource type.
        actual: The object.
        state: The state of its stack.

    Returns:
        Ids by the field of the object that holds them.
    """
    found: dict[str, str] = {}
    managed = {entry.id for entry in state.resources.values()}
    for brought in kind.life.companions:
        # State keeps the id: a run that was cut off may have cleared the field already.
        id = prior.attributes.get(brought.at) or actual.get(brought.at)
        if brought.by in prior.declared and id and id not in managed:
            found[brought.at] = str(id)
    return found


def made_again(kind: ResourceType, sent: Mapping[str, Any], actual: RemoteObject) -> dict[str, Any]:
    """Parameters for what an object had when it was removed, and what went with it.

    No update of the object itself takes them: apply makes the other object anew.
    """
    return {
        brought.by: wire(kind.root.fields[brought.by], sent[brought.by])
        for brought in kind.life.companions
        if sent.get(brought.by) is not None and actual.get(brought.at) is None
    }
