"""Whole lists of objects: archived ones too, each once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine.ports.provider import Provider
from engine.schema.remote import RemoteObject, id_of
from engine.schema.resource_type import ResourceType


def whole_list(
    provider: Provider, kind: ResourceType, filters: Mapping[str, Any], *, account: str = ""
) -> Iterator[Sequence[RemoteObject]]:
    """List every object that matches, page by page, each one once.

    A list that leaves out archived objects is read in both halves.

    Args:
        provider: Reads the pages.
        kind: Their type.
        filters: As for `Provider.find`.
        account: Connected account they are on; empty for the key's own.
    """
    seen: set[str] = set()
    for half in kind.lists:
        for page in provider.pages(kind, {**filters, **half}, account=account):
            new = [entry for entry in page if id_of(entry) not in seen]
            seen.update(map(id_of, new))
            yield new
