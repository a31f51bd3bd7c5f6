"""`engine git-setup`, and `engine git`: what git itself runs after it."""

from __future__ import annotations

from pathlib import Path

import click

from engine.cli.command import EngineCommand, LazyGroup
from engine.cli.invocation import Invocation, pass_invocation
from engine.errors import RepositoryError, UsageError

_HOMES = {"merge-state": f"{__name__}:merge_state", "textconv": f"{__name__}:textconv"}


@click.group(cls=LazyGroup, homes=_HOMES)
def git() -> None:
    r"""Run what git calls: engine git-setup sets it up.

    \b
    Examples:
      engine git textconv state/live/shop.json
    """


@click.command("git-setup", cls=EngineCommand)
@click.option("--check", is_flag=True, help="Only say what is missing; exit 1 if anything is.")
@click.option("--remove", is_flag=True, help="Remove the settings and the lines again.")
@pass_invocation
def git_setup(invocation: Invocation, *, check: bool, remove: bool) -> int:
    r"""Let git merge states by resource, and show them readably in diffs.

    Writes two lines into .gitattributes, which are committed, and into the settings of this clone
    how this engine is run. Everyone who merges branches runs it once in each clone; without it, git
    reports a conflict, as before. States in a store that machines share are in no branch: where all
    are in one, there is nothing to set up.

    \b
    Examples:
      engine git-setup
      engine git-setup --check
    """
    from engine.backends.git import setup

    if check and remove:
        raise UsageError("--check and --remove exclude each other", hint="give one of them")
    root, repository = invocation.root, invocation.repository()
    _ = repository.prefix  # outside of a repository nothing may be written
    if not remove and not _has_states(root):
        invocation.write_note(
            "All environments keep their states in stores, and no state is a file here: there is "
            "nothing for git to merge."
        )
        return 0
    if check:
        missing = tuple(setup.missing(root, repository, setup.THIS_ENGINE))
        if missing:
            raise RepositoryError(
                "git does not merge and show states with this engine, in this clone",
                cause="\n".join(missing),
                hint="engine git-setup",
            )
        invocation.write_note("Git merges and shows states with this engine.")
        return 0
    if remove:
        changed = setup.take_down(root, repository)
        invocation.write_note("Removed." if changed else "There was nothing to remove.")
        return 0
    setup.set_up(root, repository, setup.THIS_ENGINE)
    invocation.write_note(
        f"Git merges and shows states with this engine, in this clone. Commit {setup.ATTRIBUTES}; "
        "everyone else runs engine git-setup once, and again when their Python moves."
    )
    return 0


def _has_states(root: Path) -> bool:
    from engine.bootstrap.stores import keeps_files

    return keeps_files(root)


@click.command("merge-state", cls=EngineCommand)
@click.argument("base", type=click.Path(path_type=Path))
@click.argument("ours", type=click.Path(path_type=Path))
@click.argument("theirs", type=click.Path(path_type=Path))
@click.argument("name", default="the state")
@pass_invocation
def merge_state(invocation: Invocation, base: Path, ours: Path, theirs: Path, name: str) -> None:
    r"""Merge two versions of a state file by resource, into OURS.

    Git runs this. What one side changed is taken from it; the merged state says that the next plan
    has to read all of it. Exits 1 if both sides changed one thing differently; OURS is then as it
    was.

    \b
    Examples:
      engine git merge-state BASE OURS THEIRS state/live/shop.json
    """
    from engine.backends.git.merge_driver import merge_files

    merge_files(base, ours, theirs, name)
    invocation.write_note(
        f"{name}: merged by resource. The next engine plan compares all of it with Stripe."
    )


@click.command("textconv", cls=EngineCommand)
@click.argument("file", type=click.Path(path_type=Path))
@pass_invocation
def textconv(invocation: Invocation, file: Path) -> None:
    r"""Show a state file as git diff compares it: one line for each leaf.

    \b
    Examples:
      engine git textconv state/live/shop.json
    """
    from engine.backends.git.merge_driver import shown_for_diff

    invocation.write_out(shown_for_diff(file), end="")
