"""Searches: the objects that a query finds, in pages.

The index is up to date at once; Stripe's own may be a minute behind (D).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.emulator.params.queries import parse
from engine.emulator.requests.call import Call
from engine.emulator.requests.expansions import Paths
from engine.emulator.requests.responses import alive, limit_of, render
from engine.emulator.types.kinds import ObjectKind
from engine.emulator.wire.errors import StripeRefusal
from engine.emulator.wire.tokens import position_of, token_of

TOTAL_COUNT = "total_count"


def result_of(
    call: Call, kind: ObjectKind, params: Mapping[str, Any], expand: Paths, path: str
) -> dict[str, Any]:
    """A page of the objects that a query finds, newest first.

    Args:
        call: The request.
        kind: Of which type.
        params: Query, limit and page.
        expand: Paths within the objects; `total_count` is a field of the result itself.
        path: As it was sent.

    Raises:
        StripeRefusal: The query or the page cannot be read.
    """
    behaviour = kind.behaviour
    query = parse(
        params["query"], behaviour.search_fields, kind.entry.collection.rpartition("/")[2]
    )
    limit = limit_of(params.get("limit"))
    start = 0 if params.get("page") is None else position_of(params["page"])
    if start is None:
        # ? The text is ours.
        raise StripeRefusal(f"Invalid page: {params['page']}", param="page")
    found = []
    for document in alive(call.repository.select(kind.table)):
        behaviour.showing(call, document)
        if query.meets(document):
            found.append(document)
    end = start + limit
    within = tuple(one for one in expand if one != TOTAL_COUNT)
    result = {
        "object": "search_result",
        "data": [render(call, kind, document, within) for document in found[start:end]],
        "has_more": end < len(found),
        "next_page": token_of(end) if end < len(found) else None,
        "url": path,
    }
    return result | ({TOTAL_COUNT: len(found)} if TOTAL_COUNT in expand else {})
