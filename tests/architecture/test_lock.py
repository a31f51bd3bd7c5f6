"""The lock for development fits what the project asks for.

`nox -s lock` writes it anew. Jobs of CI try the lowest versions and the newest ones.
"""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCKED = re.compile(r"^([\w.-]+)(?:\[[^]]*\])?==([^ ;]+)", re.MULTILINE)


def _wanted() -> Iterator[Requirement]:
    extras = PROJECT["optional-dependencies"].values()
    for line in itertools.chain(PROJECT["dependencies"], *extras):
        requirement = Requirement(line)
        if requirement.name != PROJECT["name"]:
            yield requirement


def _name(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_each_requirement_is_locked_in_a_version_that_fits() -> None:
    """A bound that was changed, or a library that was added, is in the lock."""
    text = (ROOT / ".ci" / "requirements.txt").read_text(encoding="utf-8")
    locked = {_name(name): version for name, version in LOCKED.findall(text)}
    unfit = [
        f"{wanted} is locked as {locked.get(_name(wanted.name))}: nox -s lock"
        for wanted in _wanted()
        if not wanted.specifier.contains(locked.get(_name(wanted.name), "0"), prereleases=True)
    ]
    assert unfit == []


def test_everything_locked_has_a_hash() -> None:
    """So that an installation gets the files that were resolved, wherever they come from."""
    text = (ROOT / ".ci" / "requirements.txt").read_text(encoding="utf-8")
    packages = re.split(r"^(?=\w)", text, flags=re.MULTILINE)[1:]
    assert [package.split()[0] for package in packages if "--hash=sha256:" not in package] == []
