"""Words for the shell to complete: stacks, environments and addresses, found in files alone.

Completion runs at each key press, so no stack is evaluated and nothing heavy is imported. A file
that cannot be read gives no words. How words reach the shells is at the end: click's own way loses
some.
"""

from __future__ import annotations

import contextlib
import json
import tomllib
from collections.abc import Iterable
from pathlib import Path

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
)

from engine.cli.invocation import Invocation


def complete_stacks(
    context: click.Context, _: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Names of the stack modules."""
    given = set(context.params.get("stacks") or ())
    names = (path.stem for path in _root(context).glob("stacks/[!_.]*.py"))
    return _matching((name for name in names if name not in given), incomplete)


def complete_stacks_and_files(
    context: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Names of the stack modules, and files, which the shell completes itself."""
    files = CompletionItem(incomplete, type="file")
    return [files, *complete_stacks(context, param, incomplete)]


def complete_environments(
    context: click.Context, _: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Names of the environments, and after a fleet and a slash its accounts that have states."""
    fleet, slash, _rest = incomplete.partition("/")
    if slash and fleet in _configured(context, "fleets"):
        folders = _root(context).glob(f"state/{fleet}/[!.]*/")
        return _matching((f"{fleet}/{folder.name}" for folder in folders), incomplete)
    return _matching({"local", *_configured(context, "environments")}, incomplete)


def complete_fleets(
    context: click.Context, _: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Names of the fleets."""
    return _matching(_configured(context, "fleets"), incomplete)


def complete_places(
    context: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Environments, and after a slash the stacks: `live/portals`."""
    environment, slash, stack = incomplete.partition("/")
    if not slash:
        return complete_environments(context, param, incomplete)
    stacks = complete_stacks(context, param, stack)
    return [CompletionItem(f"{environment}/{item.value}") for item in stacks]


def complete_addresses(
    context: click.Context, _: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Addresses that some state of the project has."""
    return _matching(_recorded(context, "resources"), incomplete)


def complete_outputs(
    context: click.Context, _: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Names of outputs that some state of the project has."""
    return _matching(_recorded(context, "outputs"), incomplete)


def complete_types(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Classes of the types that can be declared, and after a dot the fields of one."""
    from engine.catalog import loader
    from engine.catalog.help.fields import shown
    from engine.schema.attribute import walk

    face, dot, _rest = incomplete.partition(".")
    type_name = loader.faces().get(face)
    if not dot or type_name is None:
        names = loader.faces()
        return _matching(names, incomplete) or _matching(names.values(), incomplete)
    # Where a word is begun, what is in its field is offered too, so that the shell adds no space.
    depth = incomplete.count(".") - incomplete.endswith(".")
    paths = {shown(path) for path, _ in walk(loader.resource_type(type_name).root)}
    fields = (f"{face}.{path}" for path in paths if path.count(".") < depth + 1)
    return _matching(fields, incomplete)


def complete_references(
    _: click.Context, __: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """References of errors and findings."""
    from engine.explanations.pages import references

    return _matching(references(), incomplete)


def _configured(context: click.Context, table: str) -> set[str]:
    """The names of the tables below a table of the configuration."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        text = (_root(context) / "pyproject.toml").read_text(encoding="utf-8")
        return set(tomllib.loads(text)["tool"]["engine"][table])
    return set()


def _root(context: click.Context) -> Path:
    return context.ensure_object(Invocation).root


def _recorded(context: click.Context, key: str) -> set[str]:
    """The names that a mapping of the state files has, those of all files together."""
    names: set[str] = set()
    for path in _root(context).glob("state/*/*.json"):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            names |= json.loads(path.read_text(encoding="utf-8"))[key].keys()
    return names


def _matching(names: Iterable[str], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in sorted(names) if name.startswith(incomplete)]


class _WithValues(ShellComplete):
    """A shell replaces the whole word, so what is offered for `--env=li` is `--env=live`."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem]:
        items = super().get_completions(args, incomplete)
        option, equals, _ = incomplete.partition("=")
        if equals and option.startswith("-"):
            for item in items:
                item.value = f"{option}={item.value}"
        return items


@add_completion_class
class _Bash(BashComplete):
    """Bash makes three words of `--env=live`."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem]:
        return super().get_completions([word for word in args if word != "="], incomplete)


@add_completion_class
class _Zsh(_WithValues, ZshComplete):
    """The script of zsh reads three lines a word, and drops those that are empty.

    It is run at each Tab, but asks whether zsh is loading it, as is so at the first one alone: the
    second offered nothing.
    """

    source_template = ZshComplete.source_template.replace(
        "$zsh_eval_context[-1] == loadautofunc", "$funcstack[1] == _%(prog_name)s"
    )

    def format_completion(self, item: CompletionItem) -> str:
        item.value = item.value or "_"
        return super().format_completion(item)


@add_completion_class
class _Fish(_WithValues, FishComplete):
    pass
