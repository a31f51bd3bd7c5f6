"""States as a page: a row for each resource, by stack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import htpy as h

from engine.plan.amounts import amounts_in
from engine.schema.resource_type import Schemas
from engine.state.model import ResourceState, State
from engine.views import vocabulary
from engine.views.html import parts
from engine.views.html.rows import Row, row_section
from engine.views.money import amount_words
from engine.views.plural import counted
from engine.views.style import PLAIN
from engine.views.text.states import output_texts, resource_remarks, resource_rows


def states_page(environment: str, states: Sequence[State], schemas: Schemas) -> Mapping[str, Any]:
    """The page of whole states."""
    heading = f"State of {environment}"
    rows = [
        _row(state, address, state.resources[address], schemas)
        for state in states
        for address in sorted(state.resources)
    ]
    modes = {state.livemode for state in states if state.livemode is not None}
    lead = f"{counted(len(rows), 'resource')} in {counted(len(states), 'stack')}."
    facts = [
        ("Environment", environment),
        ("Account", ", ".join(sorted({state.account_id for state in states} - {""}))),
        ("Stacks", ", ".join(f"{state.stack} (serial {state.serial})" for state in states)),
    ]
    return parts.page(
        heading,
        parts.top(heading, [lead], facts, livemode=any(modes) if modes else None),
        bool(rows) and row_section("Resources", "resource", rows, ()),
        _outputs(states),
    )


def _row(state: State, address: str, resource: ResourceState, schemas: Schemas) -> Row:
    kind = schemas.get(resource.type)
    amounts = amounts_in(kind.root, resource.attributes).values() if kind is not None else ()
    return Row(
        stack=state.stack,
        address=address,
        type=resource.type,
        name="",
        brief=", ".join(map(amount_words, amounts)),
        small=resource.id + vocabulary.on_account(resource.account),
        groups={},
        inside=(
            parts.values(resource_rows(resource, schemas, PLAIN)),
            (h.p(".note")[remark] for remark in resource_remarks(resource)),
        ),
    )


def _outputs(states: Sequence[State]) -> h.Node:
    tables = [
        (len(states) > 1 and h.h3[f"Stack {state.stack}"], parts.values(output_texts(state)))
        for state in states
        if state.outputs
    ]
    return parts.panel("Outputs", tables) if tables else None
