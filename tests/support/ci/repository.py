"""A repository that people clone, change and merge, and an account that all its jobs reach."""

from __future__ import annotations

import itertools
import textwrap
from pathlib import Path
from typing import Any, Protocol

from engine.emulator.core import Emulator
from tests.support.git import git

KEY = "sk_test_ci0123456789abcdef"
STACK = """
    from engine import output
    from engine.stripe import Price, Product

    pro = Product("pro", name="Plan")
    monthly = Price(
        "pro-monthly", product=pro.id, currency="usd", unit_amount=2000,
        recurring={"interval": "month"}, lookup_key="pro_monthly",
    )
    yearly = Price(
        "pro-yearly", product=pro.id, currency="usd", unit_amount=20000,
        recurring={"interval": "year"}, lookup_key="pro_yearly",
    )
    output("price_id", monthly.id)
"""
PROJECT = """
    [tool.engine]
    default-environment = "test"

    [tool.engine.environments.test]
    api-key = "env:STRIPE_TEST_KEY"
"""


class Host(Protocol):
    """A stand-in for a code host."""

    def pull(self, number: int, head: str, *, fork: bool = False) -> Any:
        """Open a change, or push to it."""

    def merge(self, number: int, commit: str) -> None:
        """Merge a change."""


class Repository:
    """A repository on a code host, and the clone of a person.

    Attributes:
        origin: The repository that all push to.
        clone: The clone of a person.
        host: Where it is.
        emulator: The account.
        base: Address of the Stripe that all jobs reach.
    """

    def __init__(self, folder: Path, host: Host, emulator: Emulator, base: str) -> None:
        """Make a repository with one stack, on branch main."""
        self.emulator = emulator
        self.host = host
        self.base = base
        self.folder = folder
        self._jobs = itertools.count(1)
        self.origin, self.clone = folder / "origin.git", folder / "clone"
        git(folder, "init", "--quiet", "--bare", "--initial-branch=main", str(self.origin))
        git(folder, "clone", "--quiet", str(self.origin), str(self.clone))
        git(self.clone, "checkout", "--quiet", "-b", "main")
        self.write("stacks/shop.py", STACK)
        self.write("pyproject.toml", PROJECT)
        self.write(".gitignore", ".engine/\n*.plan\n")
        self.commit("Begin")
        git(self.clone, "push", "--quiet", "origin", "main")

    # ── what people do ────────────────────────────────────────────────────────────────────

    def write(self, name: str, text: str) -> None:
        """Write a file of the clone."""
        path = self.clone / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")

    def edit(self, before: str, after: str) -> None:
        """Change the stack in the clone."""
        path = self.clone / "stacks" / "shop.py"
        text = path.read_text(encoding="utf-8")
        assert before in text
        path.write_text(text.replace(before, after), encoding="utf-8")

    def commit(self, message: str) -> str:
        """Commit everything in the clone; the commit."""
        git(self.clone, "add", "--all")
        git(self.clone, "commit", "--quiet", "--message", message)
        return git(self.clone, "rev-parse", "HEAD").strip()

    def propose(self, number: int, before: str, after: str, *, fork: bool = False) -> str:
        """Change the stack on a branch of its own, and open or update its pull request."""
        branch = f"change-{number}"
        git(self.clone, "fetch", "--quiet", "origin")
        if branch in git(self.clone, "branch", "--format=%(refname:short)").split():
            git(self.clone, "checkout", "--quiet", branch)
        else:
            git(self.clone, "checkout", "--quiet", "-b", branch, "origin/main")
        self.edit(before, after)
        head = self.commit(f"Change {after}")
        git(self.clone, "push", "--quiet", "origin", branch)
        self.host.pull(number, head, fork=fork)
        return head

    def merge(self, number: int) -> str:
        """Merge a pull request; the commit on main."""
        git(self.clone, "fetch", "--quiet", "origin")
        git(self.clone, "checkout", "--quiet", "-B", "main", "origin/main")
        git(self.clone, "merge", "--quiet", "--no-ff", "--no-edit", f"change-{number}")
        git(self.clone, "push", "--quiet", "origin", "main")
        commit = git(self.clone, "rev-parse", "HEAD").strip()
        self.host.merge(number, commit)
        return commit

    def pulled(self) -> Path:
        """The clone, with what main has now."""
        git(self.clone, "fetch", "--quiet", "origin")
        git(self.clone, "checkout", "--quiet", "-B", "main", "origin/main")
        return self.clone

    def checkout(self, commit: str) -> tuple[int, Path]:
        """A machine with a clone of its own: its number and the folder."""
        number = next(self._jobs)
        place = self.folder / f"job{number}"
        git(self.folder, "clone", "--quiet", str(self.origin), str(place))
        git(place, "checkout", "--quiet", commit)
        return number, place
