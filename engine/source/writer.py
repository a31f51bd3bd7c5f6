"""The text of a stack module, as a person would have written it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain, repeat
from textwrap import shorten

from engine.address import ResourceAddress
from engine.frozen import frozen
from engine.schema.resource_type import Schemas
from engine.source.families import Section, plain_sections, resources_of, sections
from engine.source.layout import groups, references
from engine.source.loops import loop_of
from engine.source.model import WrittenModule, WrittenResource
from engine.source.python.exemptions import exemptions
from engine.source.python.literals import WIDTH, Text, literal
from engine.source.python.printer import Entry, Items, call
from engine.source.python.statements import Call, Statement, texts_of, with_texts
from engine.source.sites import sites_in, with_sites
from engine.source.tables import Table
from engine.source.values import Scope
from engine.source.words import NameBook, variable_names
from engine.values.targets import AttributeTarget, OutputTarget
from engine.values.templates import targets_in

_LONGEST_DOCSTRING = 88
_ENDS = (".", "!", "?")


def module_text(module: WrittenModule, schemas: Schemas, *, plain: bool = False) -> str:
    """The text of a module; `ruff format` and `ruff check` leave it as it is.

    Args:
        module: What it declares.
        schemas: Resource types by name.
        plain: One call for each resource: no loops and no constants.
    """
    ordered = groups(module.resources, schemas)
    offered = _offered(module)
    found = plain_sections(ordered) if plain else sections(ordered, schemas, offered)
    names = NameBook()
    scope = Scope(schemas, _output_variables(module, names))
    blocks = _blocks(module, found, scope, names)
    constants = {} if plain else sites_in((text for block in blocks for text in block.texts), names)
    lines = [
        *_imports(scope),
        *(
            [[f"{name} = {literal(Text((site,)))}" for site, name in constants.items()]]
            if constants
            else []
        ),
        *(block.lines(constants) for block in blocks),
    ]
    docstring = _docstring(module.docstring or module.name)
    exempt = exemptions(chain(docstring, *lines))
    return "\n\n".join("\n".join(part) for part in [docstring, exempt, *lines] if part) + "\n"


@frozen(eq=False)
class _Block:
    """Statements with no empty line between them.

    Attributes:
        statements: In their order.
        heading: What they and those behind them are part of, where that is another thing.
    """

    statements: list[Statement]
    heading: str = ""

    @property
    def texts(self) -> Iterator[Text]:
        """The strings in it."""
        return chain.from_iterable(map(texts_of, self.statements))

    def lines(self, constants: Mapping[str, str]) -> list[str]:
        """Its lines, with constants for sites."""
        head = [f"# {self.heading}", ""] if self.heading else []
        changed = (
            with_texts(one, lambda text: with_sites(text, constants)) for one in self.statements
        )
        return [*head, *chain.from_iterable(one.lines for one in changed)]


def _blocks(
    module: WrittenModule, found: Sequence[Section], scope: Scope, names: NameBook
) -> list[_Block]:
    """All statements of a module, in their order."""
    reads: list[Statement] = [
        _read(stack, name, variable) for (stack, name), variable in scope.outputs.items()
    ]
    if reads:
        scope.words.add("stack_output")
    named = _named(module, found)
    variables = {
        part.address: names.fixed(
            variable_names(part.address.name, scope.schemas[part.address.type].face)
        )
        for section in found
        for part in section.parts
        if isinstance(part, WrittenResource) and part.address in named
    }
    blocks = [_Block(statements=reads)] if reads else []
    several = len({section.heading for section in found}) > 1
    heading = ""
    for section in found:
        changed = section.heading if several and section.heading != heading else ""
        heading = section.heading
        own: list[list[Statement]] = [[]]
        for part in section.parts:
            if isinstance(part, Table):
                own += [loop_of(part, scope, names, named), []]
            else:
                own[-1].append(_call(part, scope, variables.get(part.address, "")))
        rest = [statements for statements in own if statements]
        # Calls of one class that take a line each are a list.
        if blocks and not changed and _is_list(blocks[-1].statements[-1], rest[0]):
            blocks[-1].statements.extend(rest.pop(0))
        heads = chain([changed], repeat(""))
        blocks += [
            _Block(statements=statements, heading=head)
            for statements, head in zip(rest, heads, strict=False)
        ]
    offered: list[Statement] = [
        Call(value=scope.output(name, value)) for name, value in module.outputs.items()
    ]
    return [*blocks, _Block(statements=offered)] if offered else blocks


def _is_list(before: Statement, statements: Sequence[Statement]) -> bool:
    """Whether statements go on with a list of calls of one class, with a line for each."""
    both = [before, *statements]
    classes = {
        one.value.opening if isinstance(one, Call) and isinstance(one.value, Items) else ""
        for one in both
    }
    alone = len(statements) == 1 and classes != {""} and len(classes) == 1
    return alone and all(len(one.lines) == 1 for one in both)


def _call(resource: WrittenResource, scope: Scope, variable: str) -> Call:
    value = scope.declaration(resource)
    if variable:
        scope.variables[resource.address] = variable
    before = f"{variable} = " if variable else ""
    return Call(value=value, before=before, remarks=resource.remarks)


def _read(stack: str, name: str, variable: str) -> Call:
    entries = [Entry(value=Text((stack,))), Entry(value=Text((name,)))]
    return Call(value=call("stack_output", entries), before=f"{variable} = ")


def _output_variables(module: WrittenModule, names: NameBook) -> dict[tuple[str, str], str]:
    """Variables of the outputs of other stacks, by stack and name."""
    values = [[dict(one.arguments), dict(one.lifecycle)] for one in module.resources]
    found: dict[tuple[str, str], str] = {}
    for target in targets_in([*values, dict(module.outputs)]):
        if isinstance(target, OutputTarget) and (target.stack, target.name) not in found:
            wanted = variable_names(target.name, target.stack)
            found[target.stack, target.name] = names.fixed(wanted)
    return found


def _named(module: WrittenModule, found: Sequence[Section]) -> set[ResourceAddress]:
    """Resources that something behind them refers to, other than their own row of a table."""
    named = _offered(module)
    before: set[ResourceAddress] = set()
    for body in resources_of([part for section in found for part in section.parts]):
        named |= {other for one in body for other in references(one) if other in before}
        before |= {one.address for one in body}
    return named


def _offered(module: WrittenModule) -> set[ResourceAddress]:
    """Resources that its outputs refer to."""
    targets = targets_in(dict(module.outputs))
    return {target.address for target in targets if isinstance(target, AttributeTarget)}


def _docstring(text: str) -> list[str]:
    words = re.sub(r"\s+", " ", text.replace("\\", "/").replace('"', "'")).strip()
    room = _LONGEST_DOCSTRING - len('""".""" ')
    line = shorten("".join(sign for sign in words if sign.isprintable()), room, placeholder=" ...")
    return [f'"""{line if line.endswith(_ENDS) else f"{line}."}"""']


def _imports(scope: Scope) -> list[list[str]]:
    lines = [
        line
        for package, names in (("engine", scope.words), ("engine.stripe", scope.faces))
        if names
        for line in _import(package, names)
    ]
    return [lines] if lines else []


def _import(package: str, names: Collection[str]) -> list[str]:
    """One import; classes come first, as `ruff` sorts them."""
    ordered = sorted(names, key=lambda name: (name[0].islower(), name.lower()))
    line = f"from {package} import {', '.join(ordered)}"
    if len(line) <= WIDTH:
        return [line]
    return [f"from {package} import (", *(f"    {name}," for name in ordered), ")"]
