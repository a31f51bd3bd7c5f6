"""What to do with git is known to the store that keeps files there, and to nothing above it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import engine

CORE = ("apply", "graph", "operations", "plan", "ports", "state", "views")
GIT = re.compile(r"\bgit \w|\bCommit\b")


def _texts(tree: ast.Module) -> Iterator[str]:
    """Every text of a module but its docstrings."""
    docs = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)
    }  # a docstring is an expression
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.value


@pytest.mark.parametrize("package", CORE)
def test_no_message_of_the_core_names_git(package: str) -> None:
    """A store in a database gives its own advice."""
    for path in sorted((Path(engine.__file__).parent / package).rglob("*.py")):
        texts = _texts(ast.parse(path.read_text(encoding="utf-8")))
        assert not [text for text in texts if GIT.search(text)], path
