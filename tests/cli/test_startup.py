"""What each command loads: nothing heavy before it is needed, and never what it has no use for."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click
import pytest

import engine as engine_package
from engine.cli.root import engine as program
from engine.version import VERSION

# Without `site`, whose own imports differ from one installation to the next.
PROBE = """
import sys
before = set(sys.modules)
sys.path += sys.argv[1:3]
from engine.cli.main import run
try:
    code = run(sys.argv[3:])
except SystemExit as ended:
    code = ended.code or 0
sys.stderr.write(f"\\n{code} {' '.join(sorted(set(sys.modules) - before))}")
"""
PLACES = (str(Path(engine_package.__file__).parents[1]), sysconfig.get_path("purelib"))

READING = frozenset({"hashlib", "json", "pathlib", "urllib"})
LOCKING = READING | {"concurrent", "traceback"}
WRITING = LOCKING | {"lzma", "tempfile"}
SLOW = WRITING | {"asyncio", "difflib", "email", "http", "importlib.metadata", "multiprocessing"}
SLOW |= {"sqlite3", "ssl", "subprocess", "tomllib", "unittest", "zipfile"}
"""Modules of the standard library that cost a millisecond or more, their parts included: what it
takes to read a state, to lock one, and to write one, and what few commands have a use for."""

TELL = frozenset({"cli", "version"})
HELP = TELL | {"address", "errors"}
PLACED = HELP | {"project"}
WIRED = PLACED | {"apply", "backends", "bootstrap", "catalog", "ports", "schema", "redaction"}
WIRED |= {"settings", "variables"}
STACKS = WIRED | {"graph", "operations", "stack", "stripe", "values", "views"}
STATES = (STACKS - {"graph", "stripe"}) | {"plan", "state"}
PLANS = STACKS | {"plan", "state"}
TYPES = (STATES | {"stack"}) - {"backends", "bootstrap", "operations", "settings", "variables"}


@dataclass(frozen=True, kw_only=True)
class Loads:
    """The most that a command may load.

    Attributes:
        packages: Of ours.
        slow: Of the standard library, as far as it is slow.
        others: Of other people's.
    """

    packages: frozenset[str]
    slow: frozenset[str]
    others: frozenset[str]


def _row(
    words: str, packages: frozenset[str], slow: frozenset[str], *others: str
) -> tuple[str, Loads]:
    return words, Loads(packages=packages, slow=slow, others=frozenset({"click", *others}))


PRODUCT, PRICE = "stripe_product.pro", "stripe_price.pro-monthly"

OFFLINE = {
    "init": _row(
        "init project",
        PLACED | {"backends", "redaction", "settings", "values", "variables", "views"},
        frozenset({"lzma", "pathlib", "tempfile", "tomllib", "urllib"}),  # it writes durably
    ),
    "validate": _row("validate", PLANS, frozenset({"hashlib", "json", "pathlib", "urllib"})),
    "plan": _row("plan --no-refresh", PLANS, LOCKING, "filelock"),
    "show": _row("show", STATES, READING | {"difflib"}),
    "output": _row("output", STATES, READING | {"difflib"}),
    "lock": _row("lock", STATES, READING),
    "unlock": _row("unlock 0", STATES, LOCKING, "filelock"),
    "state list": _row("state list", STATES, READING | {"difflib"}),
    "state show": _row(f"state show {PRICE}", STATES, READING | {"difflib"}),
    "state mv": _row(
        f"state mv {PRODUCT} stripe_product.max",
        STATES | {"graph"},
        WRITING | {"difflib"},
        "filelock",
    ),
    "state rm": _row(f"state rm {PRICE}", STATES | {"graph"}, WRITING | {"difflib"}, "filelock"),
    "state verify": _row("state verify", STATES | {"graph"}, READING),
    "types": _row("types price", TYPES, frozenset({"difflib", "json", "pathlib", "urllib"})),
}
"""Of each command that asks Stripe nothing as it is called here: how, and what it loads then."""

ASKING = frozenset({"apply", "destroy", "import", "state rebuild"})
"""The commands that always speak to Stripe: to them all of it may be worth its time."""
SERVING = frozenset({"emulator serve"})
"""The commands that are Stripe; they run until they are stopped."""


def commands(command: click.Command = program, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Every command that does something, by its words."""
    if not isinstance(command, click.Group):
        yield " ".join(path)
        return
    context = click.Context(command, info_name="engine")
    for name in command.list_commands(context):
        inner = command.get_command(context, name)
        assert inner is not None
        yield from commands(inner, (*path, name))


EVERY = tuple(commands())


def loaded(folder: Path, *words: str) -> tuple[int, frozenset[str]]:
    """Exit code of a command and the modules that it imported."""
    done = subprocess.run(  # noqa: S603 - the words are the tests' own
        [sys.executable, "-S", "-c", PROBE, *PLACES, *words],
        capture_output=True,
        encoding="utf-8",
        cwd=folder,
        check=True,
    )
    code, *modules = done.stderr.rpartition("\n")[2].split()
    return int(code), frozenset(modules)


def ours(modules: frozenset[str]) -> frozenset[str]:
    """The packages of the engine among modules."""
    return frozenset(name.split(".")[1] for name in modules if name.startswith("engine."))


def slow(modules: frozenset[str]) -> frozenset[str]:
    """The slow ones of the standard library among modules."""
    parts = {name.partition(".")[0] for name in modules} | modules
    return frozenset(parts & SLOW)


def others(modules: frozenset[str]) -> frozenset[str]:
    """Other people's packages among modules."""
    tops = {name.partition(".")[0] for name in modules}
    return frozenset(tops - sys.stdlib_module_names - {"engine"})


def test_every_command_has_a_row() -> None:
    """Whoever adds a command says what it may load."""
    assert sorted(EVERY) == sorted([*OFFLINE, *ASKING, *SERVING])


@pytest.mark.parametrize("word", ["--version", "--help"])
def test_the_version_and_the_help_load_nothing(tmp_path: Path, word: str) -> None:
    """Neither click nor any class of ours."""
    code, modules = loaded(tmp_path, word)
    assert code == 0
    assert ours(modules) == TELL
    assert not others(modules)
    assert not modules & {"dataclasses", "re", "typing", *SLOW}


@pytest.mark.parametrize("path", EVERY)
def test_help_loads_click_and_the_command_line(tmp_path: Path, path: str) -> None:
    """No operation, no catalogue, no state: help is about words."""
    code, modules = loaded(tmp_path, *path.split(), "--help")
    assert code == 0
    assert ours(modules) <= HELP
    assert others(modules) == {"click"}
    # On a long way round: click asks for the width of the terminal.
    assert slow(modules) <= {"lzma"}


@pytest.mark.parametrize("name", OFFLINE)
def test_a_command_loads_what_it_uses(root: Path, engine: Callable[..., Any], name: str) -> None:
    """And nothing that another command needs."""
    assert engine("apply", "--yes").code == 0
    words, row = OFFLINE[name]
    _, modules = loaded(root, *words.split())
    assert ours(modules) <= row.packages
    assert slow(modules) <= row.slow
    assert others(modules) <= row.others


def test_completion_loads_no_more_than_help(
    root: Path, engine: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It runs at every press of a key."""
    assert engine("apply", "--yes").code == 0
    monkeypatch.setenv("_ENGINE_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "engine state show stripe_")
    monkeypatch.setenv("COMP_CWORD", "3")
    code, modules = loaded(root)
    assert code == 0
    assert ours(modules) <= PLACED
    assert others(modules) == {"click"}
    assert slow(modules) <= {"json", "pathlib", "urllib"}


def test_a_stack_loads_the_types_that_it_declares(root: Path) -> None:
    """Of the rest of the catalogue, neither rows nor files."""
    code, modules = loaded(root, "validate")
    assert code == 0
    areas = "engine.catalog.semantics."
    found = {name.removeprefix(areas) for name in modules if name.startswith(areas)}
    assert {"catalogue", "prices"} <= found
    assert found.isdisjoint({"tax", "connect", "issuing", "table"})


def test_the_version_is_that_of_the_distribution(shell: Any) -> None:
    """One line on stdout; the package says no other."""
    ended = shell("--version")
    assert (ended.code, ended.out) == (0, f"engine {VERSION}\n")
    assert version("stripe-stack-engine") == VERSION


def test_the_version_is_told_beside_shared_options_too(shell: Any) -> None:
    """On the long way round, in the same words."""
    assert shell("--no-color", "--version").out == f"engine {VERSION}\n"
