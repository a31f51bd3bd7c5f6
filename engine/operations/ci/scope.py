"""What a job of a code host plans: one environment, one project, all stacks or some."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import quote

from engine.frozen import frozen


@frozen
class Scope:
    """What a job works on. Comments, issues and artifacts are one for each.

    Attributes:
        environment: Environment name.
        project: The project folder from the top of the repository; empty for the top.
        stacks: Stacks that were named; none means all.
        store: The store that machines share and that has the states; empty if they are files.
        fleet: The fleet of the environment whose accounts are meant; empty for it itself.
    """

    environment: str
    project: str = ""
    stacks: tuple[str, ...] = ()
    store: str = ""
    fleet: str = ""

    def marker(self, what: str) -> str:
        """The hidden line that a comment or an issue begins with."""
        parts = [what, self.environment, self.project or ".", *sorted(self.stacks)]
        # No stack has a name that begins so.
        parts += [f"--fleet={self.fleet}"] if self.fleet else []
        return f"<!-- engine: {' '.join(quote(part, safe='/.') for part in parts)} -->"

    def artifact(self, commit: str) -> str:
        """The name under which the plan of a commit is kept."""
        part = ""
        if self.project or self.stacks:
            text = "\0".join([self.project, *sorted(self.stacks)])
            shown = "-".join([self.project, *self.stacks])
            shown = re.sub(r"[^A-Za-z0-9_.]+", "-", shown).strip("-")[:40]
            part = f"{shown}-{hashlib.sha256(text.encode()).hexdigest()[:8]}-"
        return f"engine-plan-{self.environment}-{part}{commit}"

    @property
    def title(self) -> str:
        """What it is, in words."""
        of = f" of {', '.join(self.stacks)}" if self.stacks else ""
        place = f" in {self.project}" if self.project else ""
        whole = f"fleet {self.fleet}" if self.fleet else f"environment {self.environment}"
        return f"{whole}{of}{place}"

    @property
    def states(self) -> str:
        """The folder of its states."""
        return self.fleet or self.environment
