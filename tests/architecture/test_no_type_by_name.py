"""A further type needs rows, not code: no branch anywhere on the name of one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import engine
from engine.catalog import loader

ROOT = Path(engine.__file__).parents[1]
AT_HOME = ("catalog/semantics", "emulator/behaviour/")
"""Where types are spoken of by name: the table, and what the emulator does with each of them."""
_EVERYDAY = frozenset({"", "account", "customer", "file", "person", "plan", "quote"})
_EVERYDAY |= {"stripe_account"}  # the SDK's option for connected accounts
"""Objects whose names are words of the language: seen as decisions they would be noise."""
NAMES = (
    frozenset(
        name
        for kind in loader.schemas().values()
        for name in (kind.name, kind.object, kind.face, kind.title, kind.collection)
    )
    - _EVERYDAY
)
ASKING = frozenset({"startswith", "endswith", "get", "pop", "index", "count", "find", "fullmatch"})
"""Methods whose argument decides what happens next."""


def _texts(*nodes: ast.AST) -> Iterator[ast.Constant]:
    for node in nodes:
        for inner in ast.walk(node):
            if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                yield inner


def _decisions(tree: ast.AST) -> Iterator[ast.Constant]:
    """Literals that something is decided by: compared, matched, asked for, or looked up."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            yield from _texts(node.left, *node.comparators)
        elif isinstance(node, ast.MatchValue):
            yield from _texts(node.value)
        elif isinstance(node, ast.Subscript):
            yield from _texts(node.slice)
        elif isinstance(node, ast.Dict):
            # A table by type is a branch that is written another way.
            yield from _texts(*(key for key in node.keys if isinstance(key, ast.Constant)))
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ASKING
        ):
            yield from _texts(*node.args)


def _named_types(text: str) -> list[tuple[int, str]]:
    return [
        (found.lineno, found.value) for found in _decisions(ast.parse(text)) if found.value in NAMES
    ]


@pytest.mark.parametrize(
    "text",
    [
        'if kind.object == "price": ...',
        'x = kind.name in ("stripe_price", "stripe_product")',
        'x = "Product" != kind.face',
        "match kind:\n    case 'tax_rate': ...",
        'x = kind.name.startswith("stripe_coupon")',
        'x = {"stripe_price": 1}[kind.name]',
        'x = schemas["stripe_price"]',
        'x = schemas.get("stripe_price")',
    ],
)
def test_a_branch_is_noticed(text: str) -> None:
    """The net has no hole where people would step."""
    assert _named_types(text)


@pytest.mark.parametrize(
    "text", ['x = "price"', 'f("stripe_price")', 'if kind.verb == "delete": ...', '"""price"""']
)
def test_a_mention_is_not_a_branch(text: str) -> None:
    """Examples in help and documentation name types."""
    assert not _named_types(text)


def test_no_branch_on_the_name_of_a_type() -> None:
    """Outside the table and the emulator's behaviours, every type is like every other."""
    found: dict[str, list[tuple[int, str]]] = {}
    for file in sorted((ROOT / "engine").rglob("*.py")):
        name = file.relative_to(ROOT / "engine").as_posix()
        if not name.startswith(AT_HOME):
            branches = _named_types(file.read_text(encoding="utf-8"))
            if branches:
                found[name] = branches
    assert found == {}
