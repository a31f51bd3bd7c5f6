"""Which two commits a review is about."""

from __future__ import annotations

from pathlib import Path

from engine.errors import RepositoryError
from engine.ports.review.repository import Commit, Repository
from engine.stack.loader import stack_files

_DEFAULT_BRANCHES = ("origin/HEAD", "origin/main", "origin/master", "main", "master")
_UPSTREAM = "@{upstream}"


def commits_of(repository: Repository, text: str) -> tuple[Commit, Commit | None]:
    """The two sides; None for the working tree."""
    if not text:
        head = repository.commit("HEAD")
        return repository.merge_base(_default_branch(repository), head), head
    for dots in ("...", ".."):
        first, found, second = text.partition(dots)
        if found:
            base, head = (repository.commit(name or "HEAD") for name in (first, second))
            return (repository.merge_base(base, head) if dots == "..." else base), head
    return repository.commit(text), None


def modules_of(repository: Repository, root: Path, head: Commit | None) -> frozenset[str]:
    """The names of the stacks that have a module on the later side."""
    if head is None:
        return frozenset(stack_files(root / "stacks"))
    prefix = f"{repository.prefix}stacks/"
    found = (path.removeprefix(prefix) for path in repository.files(head, prefix))
    return frozenset(path.removesuffix(".py") for path in found if path.endswith(".py"))


def _default_branch(repository: Repository) -> Commit:
    """The branch that this one is compared with.

    Raises:
        RepositoryError: if there is none.
    """
    here = repository.branch()
    names = [name for name in _DEFAULT_BRANCHES if name != here]
    for name in (*names, _UPSTREAM):
        found = repository.find(name)
        if found is not None:
            return found
    raise RepositoryError(
        "there is no other branch to compare with",
        cause=f"None of {', '.join((*names, _UPSTREAM))} is a commit here.",
        hint="this clone is shallow: fetch the whole history (fetch-depth: 0 in GitHub's checkout)"
        if repository.is_shallow
        else "name the two commits: engine review BASE..HEAD",
    )
