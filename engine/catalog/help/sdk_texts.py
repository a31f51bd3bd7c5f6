"""What types and fields mean, in Stripe's words: the docstrings of the installed SDK.

They are read when they are asked for, from the source of the few modules that hold them: the SDK is
not imported, which takes long, and no text of it is kept here. Another version has its own texts.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from importlib.util import find_spec
from inspect import cleandoc
from pathlib import Path
from typing import Any

from engine.values.paths import ANY_PART
from engine.values.paths import Path as FieldPath

_UNREADABLE = (OSError, SyntaxError, ValueError, LookupError, TypeError, RecursionError)
"""What a module raises that is not there, or not of the form that we know."""


@cache
def installed() -> SdkTexts | None:
    """The texts of the installed SDK; None if its source is not on this machine."""
    spec = find_spec("stripe")
    folders = spec.submodule_search_locations if spec is not None else None
    return SdkTexts(Path(folders[0])) if folders else None


class SdkTexts:
    """The docstrings of one SDK.

    Args:
        folder: Where its package is.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._modules: dict[str, ast.Module] = {}

    @cached_property
    def version(self) -> str:
        """The version of the SDK; empty if it does not say it."""
        try:
            return str(_literal(self._module("stripe._version"), "VERSION"))
        except _UNREADABLE:
            return ""

    def of_type(self, service: str) -> str:
        """What objects of a type are, as Markdown; empty if the SDK does not say it.

        Args:
            service: Path of the service in the SDK's client, e.g. `v1.prices`.
        """
        try:
            return next(filter(None, map(_about, self._responses(service))), "")
        except _UNREADABLE:
            return ""

    def of_field(self, service: str, path: FieldPath) -> str:
        """What a field means, as Markdown; empty if the SDK does not say it.

        Args:
            service: Path of the service in the SDK's client.
            path: Of the field. An element of a list or a map means what the whole of it means.
        """
        names = tuple(str(part) for part in path if part != ANY_PART)
        return next(filter(None, self._texts(service, names)), "") if names else ""

    def _texts(self, service: str, names: Sequence[str]) -> Iterator[str]:
        for find in (self._created_from, self._updated_from, self._responses):
            try:
                for found in find(service):
                    yield from _below(found, names)
            except _UNREADABLE:
                continue

    def _created_from(self, service: str) -> Iterator[_Class]:
        return self._params(service, "create")

    def _updated_from(self, service: str) -> Iterator[_Class]:
        return self._params(service, "update")

    def _params(self, service: str, verb: str) -> Iterator[_Class]:
        """The class of the parameters of a call."""
        module, method = self._method(service, verb)
        for argument in method.args.args:
            if argument.arg == "params" and argument.annotation is not None:
                yield from self._imported(module, argument.annotation)

    def _responses(self, service: str) -> Iterator[_Class]:
        """The classes of the objects that a service returns."""
        for verb in ("retrieve", "create", "update"):
            try:
                module, method = self._method(service, verb)
            except LookupError:
                continue
            if method.returns is not None:
                yield from self._imported(module, method.returns)

    def _method(self, service: str, verb: str) -> tuple[ast.Module, ast.FunctionDef]:
        version, *parts = service.split(".")
        name, found = f"stripe._{version}_services", ""
        for part in parts:
            name, found = _literal(self._module(name), "_subservices")[part]
        module = self._module(name)
        for node in _classes(module.body)[found].body:
            if isinstance(node, ast.FunctionDef) and node.name == verb:
                return module, node
        raise LookupError(f"{service} has no {verb}")

    def _imported(self, module: ast.Module, annotation: ast.expr) -> Iterator[_Class]:
        """The classes in an annotation that its module imports from the SDK."""
        sources = {
            alias.asname or alias.name: (node.module, alias.name)
            for node in ast.walk(module)
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("stripe.")
            for alias in node.names
        }
        for name in _names(annotation):
            source, original = sources.get(name, ("", ""))
            if source:
                scope = _classes(self._module(source).body)
                yield scope[original], scope

    def _module(self, name: str) -> ast.Module:
        if name not in self._modules:
            file = self._folder.joinpath(*name.split(".")[1:]).with_suffix(".py")
            self._modules[name] = ast.parse(file.read_bytes())
        return self._modules[name]


_Scope = Mapping[str, ast.ClassDef]
_Class = tuple[ast.ClassDef, _Scope]
"""A class, and the classes that its annotations can name."""


def _about(found: _Class) -> str:
    return ast.get_docstring(found[0]) or ""


def _below(found: _Class, names: Sequence[str]) -> Iterator[str]:
    """The docstrings of the fields at a path below a class; of a union, one of each alternative."""
    node, around = found
    scope = {**around, **_classes(node.body)}
    for annotation, text in _fields(node, names[0]):
        if len(names) == 1:
            yield text
            continue
        for inner in _names(annotation):
            if inner in scope:
                yield from _below((scope[inner], scope), names[1:])
    for base in node.bases:
        if isinstance(base, ast.Name) and base.id in scope and base.id != node.name:
            yield from _below((scope[base.id], scope), names)


def _fields(node: ast.ClassDef, name: str) -> Iterator[tuple[ast.expr, str]]:
    """The annotation of a field, and the docstring after it."""
    for statement, following in zip(node.body, [*node.body[1:], None], strict=True):
        if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
            continue
        # The SDK writes names that are words of Python with an underscore.
        if statement.target.id in (name, f"{name}_"):
            yield statement.annotation, _docstring(following)


def _docstring(statement: ast.stmt | None) -> str:
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        value = statement.value.value
        return cleandoc(value) if isinstance(value, str) else ""
    return ""


def _classes(body: Iterable[ast.stmt]) -> dict[str, ast.ClassDef]:
    return {node.name: node for node in body if isinstance(node, ast.ClassDef)}


def _names(annotation: ast.expr) -> Iterator[str]:
    """The names in an annotation, those that are quoted too."""
    for node in ast.walk(annotation):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            try:
                quoted = ast.parse(node.value, mode="eval").body
            except (SyntaxError, ValueError):
                continue  # a word of a `Literal`
            if not isinstance(quoted, ast.Constant):
                yield from _names(quoted)


def _literal(module: ast.Module, name: str) -> Any:
    """The value of a name that a module assigns a literal."""
    for node in module.body:
        if isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == name for target in node.targets
        ):
            return ast.literal_eval(node.value)
    raise LookupError(name)
