"""What each command loads: no heavy package that it does not use."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import click
import pytest

import engine as engine_package
from engine.cli.root import engine as program
from engine.version import VERSION
from tests.support.command_line import Engine

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

HEAVY = frozenset(
    {"stripe", "requests", "urllib3", "deepdiff", "filelock", "rich", "libcst", "htpy"}
)
"""What takes long to import: other people's packages that few commands need."""

PRODUCT, PRICE = "stripe_product.pro", "stripe_price.pro-monthly"

OFFLINE: dict[str, tuple[str, frozenset[str]]] = {
    "init": ("init project", frozenset()),
    "validate": ("validate", frozenset()),
    "plan": ("plan --no-refresh", frozenset({"filelock"})),
    "promote": ("promote local default --no-refresh", frozenset({"filelock"})),
    "diff": ("diff local default --no-refresh", frozenset()),
    "review": ("review HEAD", frozenset()),
    "stacks": ("stacks", frozenset()),
    "fleet": ("fleet", frozenset()),
    "graph": ("graph", frozenset()),
    "show": ("show", frozenset()),
    "output": ("output", frozenset()),
    "lock": ("lock", frozenset()),
    "unlock": ("unlock 0", frozenset({"filelock"})),
    "git-setup": ("git-setup --check", frozenset()),
    "git merge-state": ("git merge-state a b c", frozenset()),
    "git textconv": ("git textconv state/local/shop.json", frozenset()),
    "state list": ("state list", frozenset()),
    "state show": (f"state show {PRICE}", frozenset()),
    "state mv": (f"state mv {PRODUCT} stripe_product.max", frozenset({"filelock"})),
    "state rm": (f"state rm {PRICE}", frozenset({"filelock"})),
    "state history": ("state history shop", frozenset()),
    "state migrate": ("state migrate --to file", frozenset()),
    "state pull": ("state pull shop", frozenset()),
    "state push": ("state push shop state/local/shop.json", frozenset({"filelock"})),
    "state verify": ("state verify", frozenset()),
    "types": ("types price", frozenset()),
    "explain": ("explain stripe-key", frozenset()),
    "schema": ("schema plan", frozenset()),
    "completion": ("completion zsh", frozenset()),
}
"""Of each command that asks Stripe nothing as it is called here: how, and what of that it loads."""

ASKING = frozenset(
    {
        *("apply", "destroy", "drift", "import", "state rebuild", "state restore", "state stamp"),
        "subscribers",
        *("doctor", "upgrade"),
        *("ci plan", "ci apply", "ci commit-state", "ci drift"),
        "emulator events",
    }
)
"""The commands that always speak to Stripe, and may load all of it."""
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


def heavy(modules: frozenset[str]) -> frozenset[str]:
    """The heavy packages among modules."""
    return HEAVY & {name.partition(".")[0] for name in modules}


def test_every_command_has_a_row() -> None:
    """Whoever adds a command says what it may load."""
    assert sorted(EVERY) == sorted([*OFFLINE, *ASKING, *SERVING])


def test_the_version_loads_no_command_line(tmp_path: Path) -> None:
    """Neither click nor the command tree."""
    code, modules = loaded(tmp_path, "--version")
    assert code == 0
    assert not modules & {"click", "engine.cli.root", *HEAVY}


@pytest.mark.parametrize("path", ["", *EVERY])
def test_help_loads_nothing_heavy(tmp_path: Path, path: str) -> None:
    """Help is about words."""
    code, modules = loaded(tmp_path, *path.split(), "--help")
    assert code == 0
    assert not heavy(modules)


@pytest.mark.parametrize("name", OFFLINE)
def test_an_offline_command_loads_nothing_heavy_that_it_does_not_use(
    root: Path, engine: Engine, name: str
) -> None:
    """Who asks Stripe nothing does not wait for the SDK."""
    assert engine("apply", "--yes").code == 0
    words, used = OFFLINE[name]
    _, modules = loaded(root, *words.split())
    assert heavy(modules) <= used


def test_completion_loads_nothing_heavy(
    root: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It runs at every press of a key."""
    assert engine("apply", "--yes").code == 0
    monkeypatch.setenv("_ENGINE_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "engine state show stripe_")
    monkeypatch.setenv("COMP_CWORD", "3")
    code, modules = loaded(root)
    assert code == 0
    assert not heavy(modules)


def test_a_stack_loads_the_types_that_it_declares(root: Path) -> None:
    """Of the rest of the catalog, neither rows nor files."""
    code, modules = loaded(root, "validate")
    assert code == 0
    areas = "engine.catalog.semantics."
    found = {name.removeprefix(areas) for name in modules if name.startswith(areas)}
    assert {"products", "prices"} <= found
    assert found.isdisjoint({"tax", "connect", "issuing", "table"})


def test_the_version_is_that_of_the_distribution(shell: Engine) -> None:
    """One line on stdout; the package says no other."""
    ended = shell("--version")
    assert (ended.code, ended.out) == (0, f"engine {VERSION}\n")
    assert version("stripe-stack-engine") == VERSION


def test_the_version_is_printed_with_shared_options_too(shell: Engine) -> None:
    """By the command tree, in the same words."""
    assert shell("--no-color", "--version").out == f"engine {VERSION}\n"
