"""Which resources are a table and a loop: those that are alike, where that is shorter."""

from __future__ import annotations

from collections import ChainMap, defaultdict
from collections.abc import Hashable, Iterator, Sequence
from typing import TypeAlias

from engine.frozen import frozen
from engine.schema.resource_type import Schemas
from engine.source.layout import Group
from engine.source.loops import loop_of, row_of
from engine.source.model import WrittenResource
from engine.source.python.literals import WIDTH, width
from engine.source.python.printer import INDENT, flat, lines_of
from engine.source.shapes import in_one_order, shape_of
from engine.source.tables import Body, Table, table_of
from engine.source.values import Scope
from engine.source.words import NameBook, variable_names

FEWEST = 3
"""How many rows a table has at least."""

Part: TypeAlias = WrittenResource | Table


@frozen(eq=False)
class Section:
    """What is written together, with an empty line before and behind it.

    Attributes:
        heading: What it is part of.
        parts: Resources and tables, in their order.
    """

    heading: str
    parts: tuple[Part, ...]


def plain_sections(ordered: Sequence[Group]) -> list[Section]:
    """Groups of resources as they are, each with a call of its own."""
    return [Section(heading=group.heading, parts=group.resources) for group in ordered]


def sections(ordered: Sequence[Group], schemas: Schemas) -> list[Section]:
    """Groups of resources, with a table in the place of the first of those that are alike.

    A table is never further down than what refers to it, since all of its rows are where the first
    one was, and all rows refer to the same things.
    """
    families = _Families(ordered, schemas)
    found: list[Section] = []
    bodies = [in_one_order(group.resources, schemas) for group in ordered]
    tables = families.tables(bodies)
    for group, body in zip(ordered, bodies, strict=True):
        place = body[0].address
        if place in tables:
            table = tables[place]
            if table is not None:
                found.append(Section(heading=group.heading, parts=(table,)))
            continue
        found.append(Section(heading=group.heading, parts=families.parts(group.resources)))
    return found


class _Families:
    def __init__(self, ordered: Sequence[Group], schemas: Schemas) -> None:
        self._schemas = schemas
        # To see how long something is: all names that it may refer to are as good as these.
        self._likely = {
            one.address: variable_names(one.address.name, "")[0]
            for group in ordered
            for one in group.resources
        }

    def tables(self, bodies: Sequence[Body]) -> dict[str, Table | None]:
        """Tables by the address of the first row; None for what another row has."""
        alike: dict[Hashable, list[Body]] = defaultdict(list)
        for body in bodies:
            root = body[0].address.name
            pattern = tuple(one.address.name.replace(root, "*") for one in body)
            alike[pattern, shape_of(body, self._schemas)].append(body)
        found: dict[str, Table | None] = {}
        for similar in alike.values():
            table = self._shorter(similar) if len(similar) >= FEWEST else None
            if table is not None:
                found |= dict.fromkeys((body[0].address for body in table.bodies), None)
                found[table.bodies[0][0].address] = table
        return found

    def parts(self, resources: Sequence[WrittenResource]) -> tuple[Part, ...]:
        """The resources of one group, those below the first one in tables where that is shorter."""
        root, *rest = resources
        tables = self.tables([(one,) for one in rest])
        found: list[Part] = [root]
        for one in rest:
            part = tables.get(one.address, one)
            if part is not None:
                found.append(part)
        return tuple(found)

    def _shorter(self, bodies: Sequence[Body]) -> Table | None:
        """The table of bodies, without those whose row is too long; None if it is not shorter."""
        table = table_of(bodies, self._schemas)
        if table is None:
            return None
        fitting = [
            body
            for number, body in enumerate(table.bodies)
            if INDENT + width(flat(row_of(table, number))) < WIDTH
        ]
        if len(fitting) < len(bodies):
            return self._shorter(fitting) if len(fitting) >= FEWEST else None
        return table if self._lines_of_table(table) < self._lines_of_calls(bodies) else None

    def _lines_of_table(self, table: Table) -> int:
        statements = loop_of(table, self._draft(), NameBook(), reachable=())
        return sum(len(statement.lines) for statement in statements)

    def _lines_of_calls(self, bodies: Sequence[Body]) -> int:
        """How many lines a call for each resource takes, with empty ones between the bodies."""
        scope = self._draft()
        # All are of one shape: the first and the last one are like the others.
        size = max(sum(_lines(one, scope) for one in body) for body in (bodies[0], bodies[-1]))
        return len(bodies) * size + (len(bodies) - 1 if size > 1 else 0)

    def _draft(self) -> Scope:
        scope = Scope(self._schemas, defaultdict(lambda: "output"))
        scope.variables = ChainMap({}, self._likely)
        return scope


def _lines(resource: WrittenResource, scope: Scope) -> int:
    return len(lines_of(scope.declaration(resource)))


def resources_of(parts: Sequence[Part]) -> Iterator[Body]:
    """Yield what is declared together: single resources and the rows of tables."""
    for part in parts:
        if isinstance(part, Table):
            yield from part.bodies
        else:
            yield (part,)
