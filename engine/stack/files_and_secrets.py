"""Completing declarations: digests of the files they name, and marks on the secrets they hold.

`file="logo.png"` becomes `logo.png@sha256:...`, so that a changed file is a changed declaration.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.errors import Problem
from engine.schema.attribute import Attribute, walk
from engine.schema.resource_type import Schemas
from engine.stack.model import Declaration, Stack
from engine.stack.source_lines import line_of
from engine.suggest import nearest
from engine.values.secret import Sensitive

_DIGITS = 16
_MARK = "@sha256:"


def with_contents(stack: Stack, schemas: Schemas, root: Path) -> tuple[Stack, list[Problem]]:
    """Read the files that a stack names.

    Args:
        stack: The evaluated module.
        schemas: Resource types by name.
        root: Project folder that the files' paths start from.

    Returns:
        The stack with digests in place, and what was found wrong.
    """
    problems: list[Problem] = []
    named = {declaration.type for declaration in stack.declarations.values()}
    secretive = {name for name in named if _has_sensitive(schemas[name].root)}
    declarations: dict[str, Declaration] = {}
    for text, declaration in stack.declarations.items():
        kind = schemas[declaration.type]
        if declaration.type in secretive:
            declaration = _veiled(declaration, kind.root)  # noqa: PLW2901 - the same, marked
        declarations[text] = _read(declaration, kind.content, root, problems)
    return dataclasses.replace(stack, declarations=declarations), problems


def _has_sensitive(root: Attribute) -> bool:
    return any(attribute.sensitive for _, attribute in walk(root))


def _veiled(declaration: Declaration, root: Attribute) -> Declaration:
    """A declaration whose secrets are marked as such, whether its author did or not."""
    arguments = _marked(root, declaration.arguments)
    return dataclasses.replace(declaration, arguments=arguments)


def _marked(attribute: Attribute, value: Any) -> Any:
    if isinstance(value, Sensitive) or value is None:
        return value
    if attribute.sensitive:
        return Sensitive(value)
    if isinstance(value, Mapping):
        return {
            name: _marked(attribute.child(name) or attribute, inner)
            for name, inner in value.items()
        }
    if isinstance(value, list) and attribute.element is not None:
        return [_marked(attribute.element, inner) for inner in value]
    return value


def _read(
    declaration: Declaration, fields: tuple[str, ...], root: Path, problems: list[Problem]
) -> Declaration:
    arguments: dict[str, Any] = dict(declaration.arguments)
    for name in fields:
        given = arguments.get(name)
        if not isinstance(given, str):
            continue  # missing, or of the wrong kind: found elsewhere
        try:
            arguments[name] = _with_digest(given, root)
        except OSError as error:
            problems.append(_unreadable(declaration, name, given, root, error))
    return dataclasses.replace(declaration, arguments=arguments) if fields else declaration


def _with_digest(given: str, root: Path) -> str:
    digest = hashlib.sha256((root / given).read_bytes()).hexdigest()[:_DIGITS]
    return f"{given}{_MARK}{digest}"


def is_content(declared: str, root: Path) -> bool:
    """Whether a file still holds what it held when it was declared.

    Args:
        declared: Its path with the digest behind it.
        root: Project folder that the path starts from.
    """
    try:
        return _with_digest(declared.partition(_MARK)[0], root) == declared
    except OSError:
        return False


def _unreadable(
    declaration: Declaration, name: str, given: str, root: Path, error: OSError
) -> Problem:
    folder = (root / given).parent
    known = [entry.name for entry in folder.iterdir()] if folder.is_dir() else []
    near = nearest(Path(given).name, known)
    return Problem(
        declaration.location.file,
        line_of(declaration.location, (name,), root),
        f"{declaration.address}: {name}: {given} cannot be read: {error.strerror}",
        f"did you mean {near!r}?" if near else "paths start from the project folder",
        "missing-file",
    )
