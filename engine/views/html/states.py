"""States as a page: a row for each resource, by stack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import htpy as h

from engine.address import parse_address
from engine.plan.model import Action, Change, Plan
from engine.schema.resource_type import Schemas
from engine.state.model import State
from engine.views import vocabulary
from engine.views.brief.names import ObjectNames
from engine.views.brief.phrase import phrase
from engine.views.html import parts
from engine.views.html.graph import graph
from engine.views.html.rows import Row, row_name, row_section
from engine.views.picture.sources import of_states
from engine.views.plural import counted
from engine.views.style import PLAIN
from engine.views.text.states import output_texts, resource_remarks, resource_rows


def states_page(environment: str, states: Sequence[State], schemas: Schemas) -> Mapping[str, Any]:
    """The page of whole states."""
    heading = f"State of {environment}"
    rows = [
        _row(state, address, name, schemas)
        for state in states
        for address, name in sorted(_names(state, schemas).items())
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
        row_section("Resources", "resource", rows, ()),
        graph(of_states(states), {row_name(row.stack, row.address) for row in rows}),
        _outputs(states),
    )


def _names(state: State, schemas: Schemas) -> Mapping[str, str]:
    """What people call the objects of a state: as in a plan that changes nothing."""
    changes = [
        Change(
            address=parse_address(address),
            type=resource.type,
            action=Action.NO_OP,
            id=resource.id,
            before=resource.attributes,
        )
        for address, resource in state.resources.items()
    ]
    plan = Plan(
        stack=state.stack,
        environment=state.environment,
        lineage=state.lineage,
        serial=state.serial,
        changes=tuple(changes),
    )
    return ObjectNames(plan, schemas).of_all(changes)


def _row(state: State, address: str, name: str, schemas: Schemas) -> Row:
    resource = state.resources[address]
    kind = schemas.get(resource.type)
    return Row(
        stack=state.stack,
        address=address,
        type=resource.type,
        name=name,
        brief=phrase(kind, resource.attributes, lists=True) if kind is not None else "",
        small=resource.id + vocabulary.on_account(resource.account),
        groups={},
        inside=(
            parts.values(resource_rows(resource, schemas, PLAIN)),
            (h.p(".note")[remark] for remark in resource_remarks(resource)),
        ),
    )


def _outputs(states: Sequence[State]) -> parts.Section | None:
    tables = [
        (len(states) > 1 and h.h3[f"Stack {state.stack}"], parts.values(output_texts(state)))
        for state in states
        if state.outputs
    ]
    return parts.panel("Outputs", tables) if tables else None
