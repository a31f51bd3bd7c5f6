"""The public words of a module, from its docstrings and signatures."""

from __future__ import annotations

import enum
import importlib
import inspect
import re
import textwrap
from collections.abc import Iterator
from typing import Any

_PARTS = re.compile(r"^(Args|Attributes|Raises|Returns|Yields):(.*)$", re.MULTILINE)
_ENTRY = re.compile(r"^(\S[^:\n]*): (.*(?:\n +.*)*)", re.MULTILINE)
_CODE_FENCE = "```"
_WIDTH = 76


def words(module: str) -> str:
    """A section for each word that a module offers, in the order of its `__all__`, with an anchor.

    Args:
        module: Its name, e.g. `engine`.
    """
    home, sections = importlib.import_module(module), []
    for name in home.__all__:
        # A word such as `engine.environment` has a value in a stack module alone.
        try:
            found = getattr(home, name)
        except Exception:  # noqa: BLE001, S112 - whatever it says of not being in one
            continue
        sections.append(section(name, found, f" {{#{module}.{name}}}"))
    return "\n\n".join(sections)


def section(name: str, found: Any, anchor: str = "") -> str:
    """What a word is and how it is called.

    Args:
        name: The word.
        found: What it means.
        anchor: What the site needs after the heading.
    """
    parts = [f"### `{name}`{anchor}"]
    is_enum = inspect.isclass(found) and issubclass(found, enum.Enum)
    if callable(found) and not is_enum:
        parts += _signature(name, found)
    # A text has the docstring of all texts.
    described = f"`{found!r}`" if isinstance(found, str) else inspect.getdoc(found) or ""
    parts += _described(described)
    if is_enum:
        parts.append("\n".join(f"* `{name}.{one.name}`: `{one.value}`" for one in found))
    elif inspect.isclass(found):
        base = found.__mro__[1].__name__
        parts.append(f"It is a kind of `{base}`." if base.endswith(("Error", "Exception")) else "")
        parts.append("\n".join(_methods(found)))
    return "\n\n".join(part for part in parts if part)


def _methods(kind: type) -> Iterator[str]:
    """What a class can do, a line each."""
    for name, found in vars(kind).items():
        function = found.__func__ if isinstance(found, (classmethod, staticmethod)) else found
        about = (inspect.getdoc(function) or "").partition("\n")[0]
        if name.startswith("_") or not about or "not part of the public" in about:
            continue
        if isinstance(function, property) and function.fget is not None:
            yield f"* `.{name}: {inspect.signature(function.fget).return_annotation}`: {about}"
        elif inspect.isfunction(function):
            signature = inspect.signature(function)
            given = [one for one in _parameters(signature) if one not in ("self", "cls")]
            returned = signature.return_annotation
            yield f"* `.{name}({', '.join(given)}) -> {returned}`: {about}"


def _signature(name: str, found: Any) -> Iterator[str]:
    """How a word is called; of a class that programs do not make, nothing."""
    made = vars(found).get("__init__") if inspect.isclass(found) else None
    if (inspect.getdoc(made) or "").startswith("Made by"):
        return
    try:
        signature = inspect.signature(found)
    except ValueError:
        return
    returned = f" -> {signature.return_annotation}" if inspect.isfunction(found) else ""
    given = list(_parameters(signature))
    text = f"{name}({', '.join(given)}){returned}"
    if len(text) > _WIDTH and given:
        text = f"{name}(\n    {f',{chr(10)}    '.join(given)},\n){returned}"
    yield f"{_CODE_FENCE}python\n{text}\n{_CODE_FENCE}"


def _parameters(signature: inspect.Signature) -> Iterator[str]:
    """The parameters as they are written, and the star before those that are given by name."""
    starred = False
    for one in signature.parameters.values():
        if one.kind is one.KEYWORD_ONLY and not starred:
            yield "*"
        starred = starred or one.kind in (one.KEYWORD_ONLY, one.VAR_POSITIONAL)
        stars = (
            "*" if one.kind is one.VAR_POSITIONAL else "**" if one.kind is one.VAR_KEYWORD else ""
        )
        annotated = one.annotation is not one.empty
        kind = f": {_annotation(one.annotation)}" if annotated else ""
        blank = " " if annotated else ""
        default = "" if one.default is one.empty else f"{blank}={blank}{_default(one.default)}"
        yield f"{stars}{one.name}{kind}{default}"


def _annotation(annotation: Any) -> str:
    return annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)


def _default(value: Any) -> str:
    """A default as one would write it; `...` for what has no literal."""
    text = repr(value)
    return "..." if text.startswith("<") or isinstance(value, enum.Enum) else text


def _described(docstring: str) -> Iterator[str]:
    """A docstring as Markdown: its parts as lists."""
    text, *parts = _PARTS.split(docstring)
    yield text.strip()
    for title, first, body in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        inside, after = _split(body)
        entries = _ENTRY.findall(f"{first.strip()}\n{inside}".strip())
        if entries:
            lines = [f"* `{one.strip('`')}`: {' '.join(what.split())}" for one, what in entries]
            yield "\n".join([f"{title}:", "", *lines])
        else:
            yield f"{title}: {' '.join(f'{first} {inside}'.split())}"
        if after.strip():
            yield after.strip()


def _split(body: str) -> tuple[str, str]:
    """What is indented below the title of a part, and what comes after it."""
    lines = body.strip("\n").split("\n")
    end = next((at for at, line in enumerate(lines) if line and line[0] != " "), len(lines))
    return textwrap.dedent("\n".join(lines[:end])), "\n".join(lines[end:])
