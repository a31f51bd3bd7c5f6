"""What people mean by commands and options that the engine does not have, as a table.

The words are those of Terraform, Pulumi, Kubernetes and the Stripe CLI, and words of ours in
another order. What is meant by words in stack modules is in `engine.stack.foreign_words`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import click

from engine.errors import UsageError


class Ours(NamedTuple):
    """What to type instead.

    Attributes:
        words: The command line, after `engine`; its words in capitals are to be filled in.
        does: What it does, as the end of a sentence that begins with the command line.
    """

    words: str
    does: str

    def sentence(self, program: str = "engine") -> str:
        """What to type, and what that does."""
        return f"{program} {self.words} {self.does}"


_APPLY = Ours("apply", "shows the plan, asks, and carries it out")
_DESTROY = Ours("destroy", "removes everything, as far as Stripe allows")
_DRIFT = Ours("drift", "shows what was changed on Stripe since the last apply")
_ENVIRONMENT = Ours("plan -e NAME", "uses the environment NAME of [tool.engine] in pyproject.toml")
_ENVIRONMENTS = Ours("stacks", "lists the stacks and their states in each environment")
_EMULATOR = Ours("emulator serve", "runs a Stripe on this machine")
_FORGET = Ours("state rm ADDR", "forgets a resource; its object stays on Stripe")
_FORMAT = Ours("validate", "finds mistakes; stacks are Python, which ruff format or black lays out")
_IMPORT = Ours("import ADDR ID", "records an object that exists")
_KEY = Ours("plan", "speaks to the account of STRIPE_API_KEY, or to that of -e NAME")
_LOCK = Ours("lock", "lists the locks; each command that writes has the lock of its stacks")
_PLAN = Ours("plan", "shows what an apply would change, and changes nothing")
_REFRESH = Ours("apply --refresh-only", "updates the state to what Stripe has")
_REPLACE = Ours(
    "apply --replace ADDR", "replaces one resource in that run; none is ever marked for it"
)
_ROLLBACK = Ours("plan", "shows the way back, once git revert has brought the older stacks back")
_RENAME = Ours("state mv OLD NEW", "renames a resource in the state")
_SHARE = Ours(
    "state pull", "prints a state; state in pyproject.toml names the place where states are kept"
)
_SHOW = Ours("show", "shows what the states record")
_STATES = Ours("state list", "lists the addresses of all resources")
_TYPES = Ours("types", "lists what can be declared; there are no providers to install")
_YES = Ours("apply --yes", "applies without asking")

COMMANDS: Mapping[str, Ours] = {
    "add": _IMPORT,
    "auth": _KEY,
    "cancel": Ours("unlock ID", "takes the lock of a run that is gone"),
    "check": Ours("validate", "finds mistakes, offline"),
    "config": _ENVIRONMENT,
    "console": _SHOW,
    "delete": _DESTROY,
    "deploy": _APPLY,
    "down": _DESTROY,
    "env": _ENVIRONMENT,
    "env list": _ENVIRONMENTS,
    "environment": _ENVIRONMENT,
    "export": Ours("output", "prints the values that stacks offer"),
    "fmt": _FORMAT,
    "force-unlock": Ours("unlock ID --force", "takes the lock of a run that hangs"),
    "format": _FORMAT,
    "get": Ours(
        "validate", "loads the stacks; modules of theirs are Python's: pip install gets them"
    ),
    "lint": Ours("validate", "finds mistakes, offline"),
    "listen": _EMULATOR,
    "login": _KEY,
    "logout": _KEY,
    "ls": _STATES,
    "new": Ours("init DIR", "starts a project"),
    "preview": _PLAN,
    "providers": _TYPES,
    "pull": _DRIFT,
    "push": _APPLY,
    "refresh": _REFRESH,
    "remove": _DESTROY,
    "rename": _RENAME,
    "rollback": _ROLLBACK,
    "run": _APPLY,
    "stack": _ENVIRONMENTS,
    "state delete": _FORGET,
    "state export": Ours("show --json", "prints the states"),
    "state import": _IMPORT,
    "state move": _RENAME,
    "state refresh": _REFRESH,
    "state remove": _FORGET,
    "state rename": _RENAME,
    "status": _DRIFT,
    "sync": _APPLY,
    "taint": _REPLACE,
    "test": _EMULATOR,
    "undo": _ROLLBACK,
    "untaint": _REPLACE,
    "up": _APPLY,
    "update": _APPLY,
    "workspace": _ENVIRONMENT,
    "workspace list": _ENVIRONMENTS,
    "workspace show": _ENVIRONMENTS,
}
"""Commands of other tools, by their words."""

OPTIONS: Mapping[str, Ours] = {
    "--api-key": _KEY,
    "--approve": _YES,
    "--auto-approve": _YES,
    "--compact-warnings": Ours("plan --compact", "writes a line a change, and equal warnings once"),
    "--cwd": Ours("plan -C DIR", "works on the project in DIR"),
    "--debug": Ours("plan --verbose", "shows more, and tracebacks of bugs"),
    "--diff": _PLAN,
    "--dry-run": _PLAN,
    "--environment": _ENVIRONMENT,
    "--fleet": Ours(
        "plan --fleet NAME",
        "plans all accounts of a fleet, and shows what drifted; so do apply and destroy, and every "
        "other command is for one of them: -e FLEET/ACCOUNT",
    ),
    "--force": _YES,
    "--input": Ours("apply --yes", "asks nothing"),
    "--live": Ours("plan -e live", "uses the environment live of [tool.engine] in pyproject.toml"),
    "--lock": Ours("lock", "lists the locks; no command writes without the lock of its stacks"),
    "--no-input": _YES,
    "--non-interactive": _YES,
    "--profile": _ENVIRONMENT,
    "--project": Ours("plan -C DIR", "works on the project in DIR"),
    "--refresh": Ours("plan --no-refresh", "believes the state; without it Stripe is read"),
    "--save-plan": Ours("plan --out FILE", "saves the plan for engine apply FILE"),
    "--skip-preview": _YES,
    "--stack": Ours("plan STACK", "plans one stack; a stack is an argument"),
    "--stage": _ENVIRONMENT,
    "--state": _SHARE,
    "--upgrade": _TYPES,
    "--workspace": _ENVIRONMENT,
    "--yes": _YES,
    "-f": _YES,
    "-n": _PLAN,
    "-q": Ours("plan --json", "writes one document and no progress"),
    "-s": Ours("plan STACK", "plans one stack; a stack is an argument"),
    "-y": _YES,
}
"""Options of other tools, and options of ours on commands that have no use for them."""


def refuse_command(context: click.Context, words: Sequence[str]) -> None:
    """End with what is meant by a command that there is not, if that is known.

    Args:
        context: Of the group that has no such command.
        words: Those after the group's; the first one names no command.

    Raises:
        UsageError: naming what to type instead.
    """
    group = context.command_path.partition(" ")[2]
    typed = [" ".join([*group.split(), *words[:count]]) for count in (2, 1)]
    found = next((COMMANDS[line] for line in typed if line in COMMANDS), None)
    answer = found.sentence() if found else _elsewhere(context, words[0])
    if answer:
        raise UsageError(f"there is no command {typed[1]!r}: {answer}")


def _elsewhere(context: click.Context, word: str) -> str:
    """The commands of that name in another place of the tree; empty if there are none."""
    root = context.find_root()
    places = [(root.info_name or "", root.command)]
    found = []
    for path, command in places:
        if not isinstance(command, click.Group):
            continue
        for name in command.list_commands(root):
            if name == word:
                found.append(f"{path} {name}")
            elif command is root.command:
                inner = command.get_command(root, name)
                places += [(f"{path} {name}", inner)] if inner else []
    return f"did you mean {' or '.join(found)}?" if found else ""


def refuse_one_dash(context: click.Context, words: Sequence[str]) -> None:
    """End with the spelling of long options that were typed with one dash, as Terraform's are.

    Read as short options they would do something else: `-out=plan` is `-o ut=plan`.

    Args:
        context: Of the command.
        words: Those of them that begin with one dash and are more than a letter.

    Raises:
        UsageError: naming what to type instead.
    """
    for word in words:
        name = word.partition("=")[0]
        if _takes(context, f"-{name}"):
            raise UsageError(f"there is no option {name}: long options have two dashes, -{word}")
        refuse_option(context, f"-{name}", name)


def refuse_option(context: click.Context, option: str, typed: str = "") -> None:
    """End with what is meant by an option that a command does not have, if that is known.

    Args:
        context: Of the command.
        option: The option.
        typed: How it was typed, if otherwise.

    Raises:
        UsageError: naming what to type instead.
    """
    ours = OPTIONS.get(option)
    if ours is None:
        return
    argument = ours.words.partition(" ")[2]
    if argument.startswith("-") and _takes(context, argument.split()[0]):
        answer = Ours(argument, ours.does).sentence(context.command_path)
    else:
        answer = ours.sentence()
    raise UsageError(f"there is no option {typed or option}: {answer}")


def _takes(context: click.Context, option: str) -> bool:
    return any(option in param.opts for param in context.command.get_params(context))
