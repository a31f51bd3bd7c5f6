"""Find the policies of a project: those of `stacks/_policies.py`, and what settings switch on.

It is done before any stack module is evaluated, so that none of them has a part in it. What is
wrong becomes a problem, for which `engine validate` fails and plans are refused: a policy that
cannot be asked is never passed over.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from engine.errors import Problem
from engine.policies.declare import FAILED, NO_POLICIES, Declaring, Policies, Policy, declaring
from engine.settings.model import Settings
from engine.stack.collector import Collector
from engine.stack.loader import evaluate_module, shown
from engine.suggest import nearest

FILE = "_policies.py"
REQUIRED = "required"
"""The key of [tool.engine.policies] that names what `_policies.py` must declare."""
_DECLARES = re.compile(r"^\s*@[\w.]*policy\b", re.MULTILINE)


def load_policies(settings: Settings) -> Policies:
    """The policies of a project, for the environment of its settings."""
    path = settings.stacks / FILE
    table = dict(settings.policies)
    required = table.pop(REQUIRED, [])
    found, problems = _written(path, settings) if _is_there(path) else ((), ())
    shipped: Policies = NO_POLICIES
    if table:
        from engine.policies.shipped.settings import shipped_policies

        shipped = shipped_policies(table, settings.root, settings.environment.name)
    names = [policy.name for policy in found]
    twice = (policy for policy in shipped.declared if policy.name in names)
    return Policies(
        declared=(*found, *shipped.declared),
        problems=(
            *problems,
            *(() if problems else _elsewhere(settings, found)),
            *shipped.problems,
            *_missing(required, names, settings.root),
            *(
                _problem(policy.defined_at, 0, f"policy {policy.name} is in {FILE} too", _RENAME)
                for policy in twice
            ),
        ),
    )


_RENAME = "give the function another name"


def _is_there(path: Path) -> bool:
    """Whether anything has the name, also a link that leads nowhere."""
    return path.is_symlink() or path.exists()


def _problem(file: str, line: int, message: str, hint: str) -> Problem:
    return Problem(file, line, message, hint, FAILED)


def _written(path: Path, settings: Settings) -> tuple[Sequence[Policy], Sequence[Problem]]:
    """What a module of policies declares, and what is wrong with it."""
    collector = Collector(
        name=path.stem,
        file=shown(path, settings.root),
        root=settings.root,
        environment=settings.environment.name,
        variables=settings.variables,
        environments=settings.environments,
    )
    declared = Declaring(collector.shorten)
    with declaring(declared):
        evaluate_module(path, collector)
    problems = [*collector.problems, *declared.problems]
    if collector.declarations or collector.outputs or collector.lookups:
        problems.append(
            _problem(collector.file, 0, "it declares resources or outputs", "move them to a stack")
        )
    if not declared.found and not problems:
        problems.append(
            _problem(
                collector.file,
                0,
                "it declares no policy",
                "write @policy before each function that is one, or remove the file",
            )
        )
    return declared.found, problems


def _elsewhere(settings: Settings, found: Sequence[Policy]) -> Iterator[Problem]:
    """Modules with policies that are not asked, since `_policies.py` does not import them."""
    asked = {policy.defined_at.rpartition(":")[0] for policy in found}
    stacks, folder = settings.stacks, settings.stacks / Path(FILE).stem
    places = {*stacks.glob("_*.py"), *folder.glob("*.py"), *stacks.rglob(FILE)}
    for path in sorted({*places, settings.root / FILE} - {stacks / FILE}):
        file, text = shown(path, settings.root), ""
        with contextlib.suppress(OSError, UnicodeDecodeError):
            if path.is_file():
                text = path.read_text(encoding="utf-8")
        if "engine.policies" in text and _DECLARES.search(text) and file not in asked:
            where = f"{settings.stacks.name}/{FILE}"
            yield _problem(
                file,
                0,
                "it declares policies that are not asked",
                f"declare them in {where}, or import them there",
            )


def _missing(required: Any, names: Sequence[str], root: Path) -> Iterator[Problem]:
    """Policies that the settings require and nothing declares."""
    where = shown(root / "pyproject.toml", root)
    if not isinstance(required, list) or not all(isinstance(name, str) for name in required):
        yield _problem(where, 0, "required in [tool.engine.policies] takes a list of names", "")
        return
    for name in required:
        if name not in names:
            near = nearest(name, names)
            yield _problem(
                where,
                0,
                f"policy {name} is required, and stacks/{FILE} does not declare it",
                f"did you mean {near!r}?" if near else "is the file committed?",
            )
