"""A lost state is made again from the account, for every type and every leaf: nothing is to do.

Whatever is written on the way passes `engine state verify`.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from engine.catalog import loader
from engine.errors import Problem, UsageError
from engine.operations.rebuild.rebuild import RebuildOptions, rebuild_states
from engine.operations.verify.checks import verify
from engine.plan.model import Change
from engine.state.advice import GENERAL
from engine.state.model import State
from tests.support.samples.samples import Samples, sample_project

HEAD = "from engine import Lifecycle, stripe\n"


def _declared(samples: Samples, object_name: str) -> list[list[str]]:
    """Lines of stacks: every leaf of a type that is known by its stamp, else the type once."""
    kind = loader.by_object(object_name)
    before = samples.before(object_name)
    if not kind.creatable and not kind.life.singleton:
        return []
    if not kind.has_metadata:
        base = samples.base(object_name, "one")
        needed = samples.needed(object_name, [base])
        return [[*{**before, **needed}.values(), samples.line(object_name, "one", base)]]
    cases, _ = samples.cases(object_name)
    return [
        [
            *{**before, **samples.beside(batch)}.values(),
            *(samples.line(case.object, case.name, case.first) for case in batch),
        ]
        for batch in samples.batches(object_name, cases)
    ]


def _told(change: Change) -> str:
    fields = [f"{'.'.join(map(str, f.path))}: {f.before!r} -> {f.after!r}" for f in change.fields]
    return f"{change.address} {change.action.value} {fields}"


def _is_known(type_name: str) -> bool:
    """Whether there is always something to know an object by: a stamp, or a key of its own."""
    kind = loader.resource_type(type_name)
    return (
        kind.has_metadata
        or kind.life.singleton
        or any(key.unique for key in kind.life.natural_keys)
    )


def _with_dependents(state: State, addresses: set[str]) -> set[str]:
    """Addresses and whatever refers to them, however far."""
    while True:
        more = {
            address
            for address, entry in state.resources.items()
            if addresses.intersection(entry.dependencies)
        }
        if more <= addresses:
            return addresses
        addresses = addresses | more


def _problems(path: Path) -> tuple[Problem, ...]:
    """What `engine state verify` would say."""
    schemas = loader.schemas()
    found = verify(
        path.read_bytes(),
        file=path.name,
        environment="local",
        stack="shop",
        schemas=schemas,
        advice=GENERAL,
    )
    return found.problems


@pytest.mark.third(0)
@pytest.mark.parametrize("object_name", loader.managed())
def test_every_type_is_found_again(object_name: str, tmp_path: Path, samples: Samples) -> None:
    """By stamp or by key, with all its leaves; the plan after it is what it was before."""
    for number, lines in enumerate(_declared(samples, object_name)):
        with contextlib.closing(samples.emulator()) as emulator:
            project = sample_project(tmp_path / str(number), emulator)
            if before := samples.before(object_name):
                project.write(HEAD + "\n".join(before.values()) + "\n")
                project.apply()
            project.write(HEAD + "\n".join(lines) + "\n")
            project.apply(allow_mass_change=True)
            state = project.state()
            assert {change.address for change in project.plan().pending} == set()
            path = project.root / "state" / "local" / "shop.json"
            assert _problems(path) == ()
            path.unlink()
            emulator.log.clear()
            try:
                (rebuilt,) = rebuild_states(project.context(), (), RebuildOptions())
            except UsageError:
                assert not any(_is_known(entry.type) for entry in state.resources.values())
                continue
            assert emulator.log.writes() == []
            assert _problems(path) == ()
            found = {address: entry.id for address, entry in rebuilt.state.resources.items()}
            was = {address: entry.id for address, entry in state.resources.items()}
            lost = set(was) - set(found)
            assert found == {address: id for address, id in was.items() if address not in lost}
            assert lost == set(rebuilt.missing)
            assert not any(_is_known(state.resources[address].type) for address in lost)
            left = [
                _told(change)
                for change in project.plan().pending
                if str(change.address) not in _with_dependents(state, lost)
            ]
            assert left == []
