"""Which resources are a table and a loop: those that are alike, where that is shorter."""

from __future__ import annotations

from collections import ChainMap, defaultdict
from collections.abc import Collection, Hashable, Iterator, Sequence
from typing import TypeAlias

from engine.address import ResourceAddress
from engine.frozen import frozen
from engine.schema.resource_type import Schemas
from engine.source.layout import Group, references
from engine.source.loops import loop_of, row_of
from engine.source.model import WrittenResource
from engine.source.python.literals import WIDTH, width
from engine.source.python.printer import INDENT, flat, lines_of
from engine.source.shapes import in_one_order, roles_of, shape_of
from engine.source.tables import Body, Table, table_of
from engine.source.values import Scope
from engine.source.words import NameBook, variable_names

FEWEST = 3
"""How many rows a table has at least."""
MOST_COLUMNS = 6
"""How many columns a person can read."""
_SHORTER = 0.8
"""What part of the lines it has at most that calls would have."""

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


def sections(
    ordered: Sequence[Group], schemas: Schemas, offered: Collection[ResourceAddress]
) -> list[Section]:
    """Groups of resources, with a table in the place of the first of those that are alike.

    A table is never further down than what refers to it, since all of its rows are where the first
    one was, and all rows refer to the same things.

    Args:
        ordered: The groups.
        schemas: Resource types by name.
        offered: Resources that outputs refer to.
    """
    families = _Families(ordered, schemas, offered)
    bodies = [in_one_order(group.resources, schemas) for group in ordered]
    tables = families.tables(bodies)
    tables |= families.tables_of_cores([body for body in bodies if body[0].address not in tables])
    of_rows = {row[0].address: table for table in tables.values() if table for row in table.bodies}
    rests: dict[Table, list[WrittenResource]] = defaultdict(list)
    for group in ordered:
        root = group.resources[0].address
        if root in of_rows:
            inside = {one.address for row in of_rows[root].bodies for one in row}
            rests[of_rows[root]] += [one for one in group.resources if one.address not in inside]
    found: list[Section] = []
    for group in ordered:
        root = group.resources[0].address
        table = tables.get(root)
        if table is not None:
            found.append(Section(heading=group.heading, parts=(table, *rests[table])))
        elif root not in tables:
            found.append(Section(heading=group.heading, parts=families.parts(group.resources)))
    return found


class _Families:
    def __init__(
        self,
        ordered: Sequence[Group],
        schemas: Schemas,
        offered: Collection[ResourceAddress],
    ) -> None:
        self._schemas = schemas
        self._offered = offered
        self._referring: dict[ResourceAddress, set[ResourceAddress]] = defaultdict(set)
        for group in ordered:
            for one in group.resources:
                for other in references(one):
                    self._referring[other].add(one.address)
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

    def tables_of_cores(self, bodies: Sequence[Body]) -> dict[str, Table | None]:
        """The same for what bodies have in common: their first resource, and some of the others."""
        alike: dict[Hashable, list[dict[Hashable, WrittenResource]]] = defaultdict(list)
        for body in bodies:
            members = dict(roles_of(body, self._schemas))
            if len(members) == len(body) > 1:
                alike[next(iter(members))].append(members)
        cores: list[Body] = []
        for similar in alike.values():
            common = [role for role in similar[0] if all(role in members for members in similar)]
            if len(common) > 1:
                cores += [tuple(members[role] for role in common) for members in similar]
        return self.tables(cores)

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
        if table is None or len(table.columns) > MOST_COLUMNS:
            return None
        fitting = [
            body
            for number, body in enumerate(table.bodies)
            if INDENT + width(flat(row_of(table, number))) < WIDTH
        ]
        if len(fitting) < len(bodies):
            return self._shorter(fitting) if len(fitting) >= FEWEST else None
        enough = self._lines_of_table(table) < _SHORTER * self._lines_of_calls(bodies)
        return table if enough else None

    def _lines_of_table(self, table: Table) -> int:
        reachable = [one for body in table.bodies for one in self._reachable(body)]
        statements = loop_of(table, self._draft(), NameBook(), reachable)
        return sum(len(statement.lines) for statement in statements)

    def _reachable(self, body: Body) -> list[ResourceAddress]:
        """What others than a body's own resources refer to."""
        own = {one.address for one in body}
        return [
            where
            for where in own
            if where in self._offered or not self._referring.get(where, own) <= own
        ]

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
