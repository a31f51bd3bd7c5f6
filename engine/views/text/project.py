"""A project that was begun, as text."""

from __future__ import annotations

from collections.abc import Iterator

from engine.settings.model import EMBEDDED, Environment
from engine.views.view import NewProject


def project_text(project: NewProject) -> str:
    """List the files of a new project, and say what comes next."""
    applying = "\n".join(_what_apply_does(project.environment))
    lines = [
        f"{'made' if file.made else 'left'}  {file.path}  ({file.why})" for file in project.files
    ]
    lines += [
        "",
        "Next:",
        *([f"  cd {project.typed}"] if project.typed else []),
        "  engine validate    check the stacks, offline",
        "  engine plan        see what would be created",
        f"  engine apply       {applying}",
    ]
    return "\n".join(lines)


def _what_apply_does(environment: Environment) -> Iterator[str]:
    """Say whose account the next commands write to: it may be one that customers use."""
    if environment.emulator:
        yield "create it, on the embedded Stripe emulator: no account is needed"
        return
    yield f"create it, after a yes, on the account of the key in {environment.api_key_source}\n"
    where = f" at {environment.server}" if environment.server else ""
    modes = {True: "LIVE MODE", False: "test mode", None: "the key is not set yet"}
    yield f"These speak to environment {environment.name}{where} ({modes[environment.livemode]})."
    if environment.livemode and not environment.live:
        yield "A live key is refused until an environment says live = true; see pyproject.toml."
    yield f"To try it on the embedded emulator, without an account: add -e {EMBEDDED}"
