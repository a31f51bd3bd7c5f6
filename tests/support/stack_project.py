"""A folder in which modules of stacks are written, evaluated and checked."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

from engine.catalog import loader
from engine.errors import Problem
from engine.stack.checks.rules import CheckContext
from engine.stack.checks.stack import problems_of
from engine.stack.loader import load_stack
from engine.stack.model import Stack
from engine.variables import Given, Variables

CIRCUMSTANCES = CheckContext(now=1_790_000_000, live=False)


class StackProject:
    """A project folder whose modules are written, evaluated and checked."""

    def __init__(self, root: Path) -> None:
        """Args: root: the folder."""
        self.root = root
        (root / "stacks").mkdir()

    def write(self, text: str, name: str = "shop") -> Path:
        """Write a module into the stacks folder."""
        path = self.root / "stacks" / f"{name}.py"
        path.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
        return path

    def load(self, text: str, name: str = "shop", **variables: Any) -> Stack:
        """Write a module and evaluate it."""
        path = self.write(text, name)
        given = {name: Given(value, f"--var {name}") for name, value in variables.items()}
        return load_stack(
            path, root=self.root, environment="test", variables=Variables(given=given)
        )

    def check(self, text: str) -> tuple[Problem, ...]:
        """Write a module, evaluate it and find everything wrong with it."""
        return problems_of(self.load(text), loader.schemas(), self.root, CIRCUMSTANCES)

    def lines(self, text: str) -> list[str]:
        """The same as `line reference: message`."""
        return [f"{found.line} {found.reference}: {found.message}" for found in self.check(text)]
