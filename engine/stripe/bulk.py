"""Which of two ways reads many objects in fewer requests: pages of a list, or each by itself.

What must not live here: requests; they are asked for by whoever has the pages.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from engine.schema.remote import RemoteObject, id_of

PAGE: Final = 100
"""Most objects a list page holds."""
_LONGEST = 4000
"""Characters of ids in one request: servers refuse an address of 8 kB, escapes and all."""


def chunks(ids: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Ids in as few parts as go into one page, and into one address, each."""
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
    """Read pages while they are worth it, for objects that each could be read by itself.

    The cheapest way is known afterwards only: some pages, perhaps none, and what they do not show
    one by one. A further page is read while the cost, should it show nothing, stays below twice
    the cheapest way so far. Then the whole never costs more than twice the cheapest way: had it
    been cheaper to go on, that would have taken more pages than were read, and no more objects
    are missing than that.

    Ten objects older than a million others cost nine pages and ten reads. Of a thousand of which
    one is that old, ten pages are read, and one object by itself.

    Args:
        pages: The list, one request a page; no further than needed.
        wanted: Ids.

    Returns:
        The objects that the pages showed, by id; the others are to be read one by one.
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
