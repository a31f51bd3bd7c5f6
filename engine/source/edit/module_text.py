"""The text of a stack module as a tree: its calls, its names, and where they are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import libcst as cst
from libcst.metadata import (
    Access,
    Assignment,
    GlobalScope,
    MetadataWrapper,
    ParentNodeProvider,
    PositionProvider,
    ScopeProvider,
)

from engine.source.edit.literals import is_written, text_of
from engine.source.edit.request import Site

_REPEATED: tuple[tuple[type[cst.CSTNode], str], ...] = (
    (cst.For, "a loop"),
    (cst.While, "a loop"),
    (cst.FunctionDef, "a function"),
    (cst.Lambda, "a function"),
    (cst.ClassDef, "a class"),
    (cst.BaseComp, "a comprehension"),
)


class NotFoundError(Exception):
    """What is to be edited is not written out in one place.

    Attributes:
        line: Line of the module that decides it.
        why: Why it is not.
    """

    def __init__(self, line: int, why: str) -> None:
        super().__init__(why)
        self.line = line
        self.why = why


class ModuleText:
    """One module: its tree, and what is where in it."""

    def __init__(self, text: str, sites: Sequence[Site]) -> None:
        """Read a module.

        Args:
            text: The module.
            sites: Every declaration that the module makes.

        Raises:
            ParserSyntaxError: if libcst cannot read it.
        """
        wrapper = MetadataWrapper(cst.parse_module(text))
        self.tree = wrapper.module
        self.sites = sites
        self._places = wrapper.resolve(PositionProvider)
        self._parents = wrapper.resolve(ParentNodeProvider)
        self._scopes = wrapper.resolve(ScopeProvider)
        self._calls: dict[int, list[cst.Call]] = {}
        for node in self._places:
            if isinstance(node, cst.Call):
                self._calls.setdefault(self.line(node), []).append(node)

    def line(self, node: cst.CSTNode) -> int:
        """The line on which a node begins."""
        return int(self._places[node].start.line)

    def column(self, node: cst.CSTNode) -> int:
        """How far a node is from the beginning of its line."""
        return int(self._places[node].start.column)

    def above(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """What a node is in, from the inside out."""
        while (parent := self._parents.get(node)) is not None:
            yield parent
            node = parent

    def call_of(self, site: Site) -> cst.Call:
        """The call that declares one resource and no other.

        Raises:
            NotFoundError: if there is none.
        """
        begun = self._calls.get(site.line, [])
        calls = [call for call in begun if _face(call) == site.face] or begun
        named = [call for call in calls if _name(call) == site.name]
        if len(named) != 1:
            others = sum(1 for other in self.sites if other.line == site.line)
            if others > 1:
                raise NotFoundError(site.line, f"one call declares {others} resources")
            named = [call for call in calls if call.args and _name(call) is None]
        if len(named) != 1:
            raise NotFoundError(site.line, "its call was not found on that line")
        self.refuse_repeated(named[0], "the call")
        return named[0]

    def refuse_repeated(self, node: cst.CSTNode, what: str) -> None:
        """Refuse what is evaluated more than once, or only by another call.

        Raises:
            NotFoundError: if it is.
        """
        for outer in self.above(node):
            for kind, words in _REPEATED:
                if isinstance(outer, kind):
                    raise NotFoundError(self.line(node), f"{what} is in {words}")

    def constant(self, name: cst.Name) -> cst.BaseExpression:
        """What a module-level constant is, if it is written out and used once.

        Raises:
            NotFoundError: if it is not.
        """
        word, line = name.value, self.line(name)
        found = self._assigned_once(name)
        if found is None:
            raise NotFoundError(line, f"`{word}` is not assigned once at the top of the module")
        assignment, statement = found
        if statement.value is None or not is_written(statement.value):
            raise NotFoundError(self.line(statement), f"`{word}` is not written out as one value")
        uses = [access for access in assignment.references if isinstance(access, Access)]
        if len(uses) != 1:
            users = ", ".join(self._users([use.node for use in uses]))
            raise NotFoundError(self.line(statement), f"`{word}` is used by {users}")
        self.refuse_repeated(statement, f"`{word}`")
        return statement.value

    def variable(self, site: Site) -> tuple[str, int] | None:
        """The name of the variable that holds a resource, and its line; None if none does."""
        try:
            call = self.call_of(site)
        except NotFoundError:
            return None
        statement = self._parents.get(call)
        if not isinstance(statement, cst.Assign) or len(statement.targets) != 1:
            return None
        name = statement.targets[0].target
        if not isinstance(name, cst.Name) or self._assigned_once(name) is None:
            return None
        return name.value, self.line(statement)

    def is_alone(self, call: cst.Call) -> bool:
        """Whether a call is a statement, or all that a variable is."""
        parent = self._parents.get(call)
        return isinstance(parent, (cst.Expr, cst.Assign, cst.AnnAssign))

    def users_of(self, site: Site) -> tuple[str, ...]:
        """Who refers to a resource, by its variable or by its address."""
        call = self.call_of(site)
        found: dict[str, None] = {}
        statement = self._parents.get(call)
        targets = statement.targets if isinstance(statement, cst.Assign) else ()
        names = [one.target for one in targets if isinstance(one.target, cst.Name)]
        if isinstance(statement, cst.AnnAssign) and isinstance(statement.target, cst.Name):
            names.append(statement.target)
        for name in names:
            scope = self._scopes.get(name)
            accesses = scope.accesses[name.value] if scope is not None else ()
            found |= dict.fromkeys(self._users([access.node for access in accesses]))
        address = re.compile(re.escape(site.address) + r"(?![\w-])")
        for node in self._places:
            if not isinstance(node, (cst.SimpleString, cst.FormattedStringText)):
                continue
            if address.search(node.value) and call not in self.above(node):
                found |= dict.fromkeys(self._users((node,)))
        return tuple(found)

    def _assigned_once(
        self, name: cst.Name
    ) -> tuple[Assignment, cst.Assign | cst.AnnAssign] | None:
        """The one assignment of a name of the module, with its statement."""
        scope = self._scopes.get(name)
        found = list(scope[name.value]) if scope is not None else []
        if len(found) != 1 or not isinstance(found[0], Assignment):
            return None
        if not isinstance(found[0].scope, GlobalScope):
            return None
        target = self._parents.get(found[0].node)
        if isinstance(target, cst.AnnAssign):
            return found[0], target
        statement = self._parents.get(target) if isinstance(target, cst.AssignTarget) else None
        if isinstance(statement, cst.Assign) and len(statement.targets) == 1:
            return found[0], statement
        return None

    def _users(self, uses: Sequence[cst.CSTNode]) -> Iterator[str]:
        """Who uses a name: resources by address, anything else by its line."""
        addresses = {site.line: site.address for site in self.sites}
        found: dict[str, None] = {}
        for use in sorted(uses, key=self.line):
            outer = [self.line(node) for node in self.above(use) if isinstance(node, cst.Call)]
            named = next((addresses[line] for line in outer if line in addresses), None)
            found[named or f"line {self.line(use)}"] = None
        yield from found


def _face(call: cst.Call) -> str:
    function = call.func
    if isinstance(function, cst.Attribute):
        return function.attr.value
    return function.value if isinstance(function, cst.Name) else ""


def _name(call: cst.Call) -> str | None:
    """The logical name, if it is written out."""
    first = call.args[0] if call.args else None
    if first is None or first.keyword is not None or first.star:
        return None
    return text_of(first.value)
