"""Finding everything that is wrong with a stack, offline and all at once."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from engine.errors import Problem
from engine.schema.resource_type import ResourceType, Schemas
from engine.stack.checks.accounts import account_problems
from engine.stack.checks.fields import check_arguments, check_references
from engine.stack.checks.findings import Finding, believed
from engine.stack.checks.followed_references import blurred, completed
from engine.stack.checks.outputs import references_of
from engine.stack.checks.refactorings import refactoring_problems
from engine.stack.checks.rules import CheckContext
from engine.stack.checks.unfit_for_state import exposed, not_json
from engine.stack.checks.unresolvable import what_is_wrong
from engine.stack.model import Declaration, Location, Stack
from engine.stack.source_lines import problem_at
from engine.suggest import nearest
from engine.values.markers import UNKNOWN
from engine.values.paths import dotted, parse_path
from engine.values.targets import AttributeTarget, OutputTarget, Target, resource_target
from engine.values.templates import stray_references, targets_with_paths

_ON_REMOVE = ("remove", "keep")
_STRAY_HINT = (
    "a reference is ${TYPE.NAME.ATTRIBUTE}, in a value and not in a key, with no $ before it; "
    "$${ means a plain ${"
)


def problems_of(
    stack: Stack,
    schemas: Schemas,
    root: Path,
    circumstances: CheckContext,
    held: Mapping[str, Mapping[str, Any]] | None = None,
) -> tuple[Problem, ...]:
    """Everything wrong with one evaluated stack, in file and line order.

    Args:
        stack: The evaluated module.
        schemas: Resource types by name.
        root: Project folder, to find the exact line of an argument.
        circumstances: When and where it is to be applied.
        held: What the objects that there are were last declared with, by address; None if that is
            not known.
    """
    return tuple(
        sorted(
            {
                *stack.problems,
                *_argument_problems(stack, schemas, root, circumstances, held),
                *_declaration_problems(stack, schemas, root),
                *_reference_problems(stack, schemas, root),
                *account_problems(stack, schemas, root, circumstances.account),
                *not_json(stack, root),
                *refactoring_problems(stack, schemas),
                *exposed(stack, schemas, root),
            }
        )
    )


def _argument_problems(
    stack: Stack,
    schemas: Schemas,
    root: Path,
    circumstances: CheckContext,
    held: Mapping[str, Mapping[str, Any]] | None,
) -> Iterator[Problem]:
    """What is wrong with each declaration by itself, then together with those it refers to."""
    came_from = {str(move.new): str(move.old) for move in stack.moves}
    wrong: dict[str, list[Finding]] = {}
    for text, declaration in stack.declarations.items():
        kind = schemas[declaration.type]
        where = circumstances
        if held is not None and text not in stack.imports and not declaration.lifecycle.adopt:
            own = held.get(text, held.get(came_from.get(text, ""), {}))
            where = dataclasses.replace(circumstances, held=own)
        for finding in check_arguments(kind, declaration.arguments, where):
            wrong.setdefault(text, []).append(finding)
            yield _found(declaration, finding, root)

    @cache
    def said(text: str) -> Any:
        declaration = stack.declarations.get(text)
        if declaration is None or text in wrong:
            return UNKNOWN  # a finding of the other declaration already
        return _known_of(declaration, schemas[declaration.type])

    def declared(target: Target) -> Any:
        if isinstance(target, OutputTarget) or target.attribute != "id":
            return UNKNOWN
        return said(str(target.address))

    for text, declaration in stack.declarations.items():
        kind = schemas[declaration.type]
        arguments = believed(declaration.arguments, wrong.get(text, ()))
        where = dataclasses.replace(circumstances, itself=f"${{{text}.id}}")
        for finding in check_references(kind, arguments, where, declared):
            yield _found(declaration, finding, root)


def _known_of(declaration: Declaration, kind: ResourceType) -> Any:
    """What a declaration says of its object: fields that are left alone may hold anything."""
    found = completed(kind.root, declaration.arguments)
    for field in declaration.lifecycle.ignore_changes:
        found = blurred(found, parse_path(str(field)))
    return found


def _found(declaration: Declaration, finding: Finding, root: Path) -> Problem:
    return problem_at(
        declaration.location,
        finding.path,
        root,
        f"{declaration.address}: {finding.message}",
        finding.hint,
        finding.reference,
    )


def _declaration_problems(stack: Stack, schemas: Schemas, root: Path) -> Iterator[Problem]:
    for declaration in stack.declarations.values():
        yield from _lifecycle_problems(declaration, schemas[declaration.type], stack, root)
    for lookup in stack.lookups.values():
        kind = schemas[lookup.address.type]
        for name in lookup.criteria:
            if name not in kind.criteria:
                near = nearest(name, kind.criteria)
                meant = f"did you mean {near!r}? " if near else ""
                yield problem_at(
                    lookup.location,
                    (name,),
                    root,
                    f"{kind.face}.lookup: unknown filter {name}",
                    f"{meant}it takes {', '.join(kind.criteria)}",
                    "unknown-parameter",
                )
        lacking = [name for name in kind.lookup_needs if name not in lookup.criteria]
        if lacking and lookup.criteria and "id" not in lookup.criteria:
            yield problem_at(
                lookup.location,
                (),
                root,
                f"{kind.face}.lookup needs {' and '.join(lacking)}: Stripe lists each "
                f"{kind.title} under that alone",
                f"add {', '.join(f'{name}=...' for name in lacking)}",
                "bad-lookup",
            )
        if not lookup.criteria or any(targets_with_paths(dict(lookup.criteria))):
            yield problem_at(
                lookup.location,
                (),
                root,
                f"{kind.face}.lookup needs criteria that are known before apply",
                f'write {kind.face}.lookup(id="...")',
                "bad-lookup",
            )


def _lifecycle_problems(
    declaration: Declaration, kind: ResourceType, stack: Stack, root: Path
) -> Iterator[Problem]:
    lifecycle = declaration.lifecycle

    def found(message: str, hint: str, reference: str) -> Problem:
        return problem_at(
            declaration.location,
            ("lifecycle",),
            root,
            f"{declaration.address}: {message}",
            hint,
            reference,
        )

    if lifecycle.on_remove not in _ON_REMOVE:
        yield found(
            f"on_remove cannot be {lifecycle.on_remove!r}",
            'it is "remove" or "keep"',
            "wrong-enum",
        )
    for field in lifecycle.ignore_changes:
        if kind.root.fields.get(parse_path(str(field))[0]) is None:
            near = nearest(str(field), tuple(kind.root.fields))
            yield found(
                f"ignore_changes names {field!r}, which {kind.face} does not have",
                f"did you mean {near!r}?" if near else "",
                "unknown-parameter",
            )
    for target in addresses_named(lifecycle.depends_on, lifecycle.replace_triggered_by):
        if target not in stack.declarations:
            near = nearest(target, tuple(stack.declarations))
            yield found(
                f"lifecycle names {target}, which is not declared",
                f"did you mean {near}?" if near else "",
                "dangling-ref",
            )


def addresses_named(*groups: tuple[object, ...] | list[object]) -> tuple[str, ...]:
    """Addresses of this stack in a lifecycle's lists, whether given as references or text."""
    found: list[str] = []
    for entry in (entry for group in groups for entry in group):
        targets = [target for _, target in targets_with_paths(entry)]
        if not targets and resource_target(str(entry)) is None:
            found.append(str(entry))
        found.extend(
            str(target.address) for target in targets if isinstance(target, AttributeTarget)
        )
    return tuple(found)


def _documents(stack: Stack) -> Iterator[tuple[Location, str, Mapping[str, object]]]:
    """All that may hold references, with its place and its name."""
    for declaration in stack.declarations.values():
        yield declaration.location, str(declaration.address), declaration.arguments
    for output in stack.outputs.values():
        yield output.location, f"output {output.name!r}", {"value": output.value}


def _reference_problems(stack: Stack, schemas: Schemas, root: Path) -> Iterator[Problem]:
    for location, name, document in _documents(stack):
        for path, text in stray_references(document):
            yield problem_at(
                location,
                path,
                root,
                f"{name}: {dotted(path)}: {text!r} is no reference",
                _STRAY_HINT,
                "bad-reference",
            )
    for location, name, references in references_of(stack):
        for path, target in references:
            if isinstance(target, OutputTarget):
                continue
            wrong = what_is_wrong(target, stack, schemas)
            if wrong is not None:
                message, hint = wrong
                yield problem_at(
                    location, path, root, f"{name}: {dotted(path)}: {message}", hint, "dangling-ref"
                )
    yield from _mismatched_references(stack, schemas, root)


def _mismatched_references(stack: Stack, schemas: Schemas, root: Path) -> Iterator[Problem]:
    """An id of one type where Stripe wants another's."""
    for declaration in stack.declarations.values():
        kind = schemas[declaration.type]
        for path, target in declaration.references:
            if isinstance(target, OutputTarget) or target.attribute != "id":
                continue
            attribute = kind.root.at(path)
            wanted = attribute.reference if attribute is not None else ""
            given = schemas.get(target.address.type)
            if wanted and given is not None and given.object != wanted:
                yield problem_at(
                    declaration.location,
                    path,
                    root,
                    f"{declaration.address}: {dotted(path)} takes the id of a {wanted}, "
                    f"not of a {given.object} ({target.address})",
                    "",
                    "wrong-reference",
                )
