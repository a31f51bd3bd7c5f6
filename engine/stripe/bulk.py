"""Read many objects in few requests: by pages of a list, or each by itself."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from engine.schema.remote import RemoteObject, id_of

PAGE: Final = 100
"""Most objects a list page holds."""
_LONGEST = 4000
"""Characters of ids in one request: servers refuse an address of 8 kB, escapes and all."""


def chunks(ids: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Ids in as few parts as possible, each short enough for one page and one address."""
    some: list[str] = []
    length = 0
    for id in ids:
        if some and (len(some) == PAGE or length + len(id) > _LONGEST):
            yield tuple(some)
            some, length = [], 0
        some.append(id)
        length += len(id)
    if some:
        yield tuple(some)


def from_pages(
    pages: Iterator[Sequence[RemoteObject]], wanted: Collection[str]
) -> dict[str, RemoteObject]:
    """Read pages as long as that is likely to be cheaper than single reads.

    The cheapest way is some number of pages, perhaps none, and a single read for each object that
    they do not show; which number is known afterwards only. A further page is read while the total
    cost, if that page shows nothing, stays below twice the cheapest way so far. So the total never
    exceeds twice the cheapest way: if it had been cheaper to read on, that would have taken more
    pages than were read, and at most as many objects are missing.

    Example: ten objects older than a million others cost nine pages and ten reads. For a thousand
    objects of which one is that old, ten pages are read, and one object by itself.

    Args:
        pages: The list, one request for each page; read only as far as needed.
        wanted: Ids of the objects.

    Returns:
        The objects on the pages, by id; the caller reads the others one by one.
    """
    found: dict[str, RemoteObject] = {}
    missing = set(wanted)
    read, cheapest = 0, len(missing)
    while len(missing) > 1 and read + 1 + len(missing) < 2 * cheapest:
        page = next(pages, None)
        if page is None:
            break
        read += 1
        for entry in page:
            id = id_of(entry)
            if id in missing:
                missing.remove(id)
                found[id] = entry
        cheapest = min(cheapest, read + len(missing))
    return found
