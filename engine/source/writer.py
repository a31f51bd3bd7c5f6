"""The text of a stack module, as a person would have written it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain
from textwrap import shorten

from engine.address import ResourceAddress
from engine.schema.resource_type import Schemas
from engine.source.exemptions import exemptions
from engine.source.layout import Group, groups, references
from engine.source.literals import WIDTH, Text
from engine.source.model import WrittenModule, WrittenResource
from engine.source.printer import Entry, call, comment, lines_of
from engine.source.values import Scope
from engine.source.words import variable_names
from engine.values.targets import AttributeTarget, OutputTarget
from engine.values.templates import targets_in

_LONGEST_DOCSTRING = 88
_ENDS = (".", "!", "?")


def module_text(module: WrittenModule, schemas: Schemas, *, plain: bool = False) -> str:  # noqa: ARG001
    """The text of a module; `ruff format` and `ruff check` leave it as it is.

    Args:
        module: What it declares.
        schemas: Resource types by name.
        plain: One call for each resource: no loops and no constants.
    """
    ordered = groups(module.resources, schemas)
    taken: set[str] = set()
    scope = Scope(schemas, _output_variables(module, taken))
    variables = _variables(ordered, module, schemas, taken)
    blocks = [*_reads(scope), *_body(ordered, scope, variables)]
    if module.outputs:
        offered = (lines_of(scope.output(*output)) for output in module.outputs.items())
        blocks.append([line for lines in offered for line in lines])
    blocks = [*_imports(scope), *blocks]
    docstring = _docstring(module.docstring or module.name)
    exempt = exemptions(chain(docstring, *blocks))
    parts = [docstring, *([exempt] if exempt else []), *blocks]
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _output_variables(module: WrittenModule, taken: set[str]) -> dict[tuple[str, str], str]:
    """Variables of the outputs of other stacks, by stack and name."""
    values = [[dict(one.arguments), dict(one.lifecycle)] for one in module.resources]
    found: dict[tuple[str, str], str] = {}
    for target in targets_in([*values, dict(module.outputs)]):
        if isinstance(target, OutputTarget) and (target.stack, target.name) not in found:
            found[target.stack, target.name] = _free(
                variable_names(target.name, target.stack), taken
            )
    return found


def _reads(scope: Scope) -> list[list[str]]:
    """What the module reads of other stacks."""
    if not scope.outputs:
        return []
    scope.words.add("stack_output")
    return [
        [
            line
            for (stack, name), variable in scope.outputs.items()
            for line in lines_of(
                call("stack_output", [Entry(value=Text((stack,))), Entry(value=Text((name,)))]),
                before=f"{variable} = ",
            )
        ]
    ]


def _free(names: Iterable[str], taken: set[str]) -> str:
    """The first of some names that is not taken; it is then."""
    found = next(name for name in names if name not in taken)
    taken.add(found)
    return found


def _body(
    ordered: Sequence[Group], scope: Scope, variables: Mapping[ResourceAddress, str]
) -> list[list[str]]:
    """Blocks of lines, with an empty line between any two."""
    blocks: list[list[str]] = []
    with_headings = len({group.heading for group in ordered}) > 1
    heading = ""
    short = ""
    for group in ordered:
        lines = [line for one in group.resources for line in _statement(one, scope, variables)]
        alone = group.resources[0].address.type if len(lines) == 1 else ""
        if with_headings and group.heading != heading:
            blocks.append([f"# {group.heading}"])
            short = ""
        heading = group.heading
        # Calls of one class that take a line each are a list.
        if alone and alone == short:
            blocks[-1] += lines
        else:
            blocks.append(lines)
        short = alone
    return blocks


def _statement(
    resource: WrittenResource, scope: Scope, variables: Mapping[ResourceAddress, str]
) -> list[str]:
    variable = variables.get(resource.address)
    before = f"{variable} = " if variable else ""
    lines = lines_of(scope.declaration(resource), before=before)
    if variable:
        scope.variables[resource.address] = variable
    remarks = [line for remark in resource.remarks for line in comment(remark)]
    return [*remarks, *lines]


def _variables(
    ordered: Sequence[Group], module: WrittenModule, schemas: Schemas, taken: set[str]
) -> dict[ResourceAddress, str]:
    """Variables of the resources that something behind them refers to."""
    named = {
        target.address: None
        for target in targets_in(dict(module.outputs))
        if isinstance(target, AttributeTarget)
    }
    before: set[ResourceAddress] = set()
    for group in ordered:
        for resource in group.resources:
            named |= {other: None for other in references(resource) if other in before}
            before.add(resource.address)
    found: dict[ResourceAddress, str] = {}
    for group in ordered:
        for resource in group.resources:
            where = resource.address
            if where in named:
                names = variable_names(where.name, schemas[where.type].face)
                found[where] = _free(names, taken)
    return found


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
