"""Every object that a plain request made is written so that its plan is empty, and no noise.

A declaration that is written makes an equal object on another account, and is written again from
that one as it was.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.catalog import loader
from engine.emulator.core import Emulator
from engine.errors import GuardError, StackError
from engine.plan.compare.deep_diff import differences
from engine.plan.model import Action, Plan
from engine.values.paths import dotted
from tests.support.project import Project
from tests.support.samples.configurations import CONFIGURATIONS, Configuration
from tests.support.samples.random_stacks import RandomStack
from tests.support.samples.samples import Samples, sample_project
from tests.support.samples.written_stacks import WrittenStack

HEAD = "from engine import Lifecycle, stripe\n"

_NOT_VALID = {"subscription_item", "subscription_schedule"}
"""Types whose samples no stack can declare: an item in addition to its subscription's own, and a
pause whose moments Stripe does not return.
"""


@pytest.fixture
def account(samples: Samples) -> Iterator[Emulator]:
    """An account that holds what only the Dashboard makes."""
    with contextlib.closing(samples.emulator()) as emulator:
        yield emulator


@pytest.fixture
def empty(samples: Samples) -> Iterator[Emulator]:
    """Another one."""
    with contextlib.closing(samples.emulator()) as emulator:
        yield emulator


def _told(plan: Plan) -> list[str]:
    return [
        f"{change.address} {change.action.value}: {dotted(field.path)} "
        f"{field.before!r} -> {field.after!r}"
        for change in plan.pending
        for field in change.fields
    ] + [f"{change.address} {change.action.value}" for change in plan.pending]


def _stack_of(project: Project) -> WrittenStack:
    """What is written of everything that a project manages."""
    resources = project.state().resources
    return WrittenStack(
        project.connect(),
        [(entry.type, address.partition(".")[2], entry.id) for address, entry in resources.items()],
    )


def _made_again(stack: WrittenStack, fresh: Project) -> list[str]:
    """In what the objects differ that the declarations make on an empty account."""
    fresh.write(stack.source)
    fresh.apply(allow_mass_change=True)
    again = _stack_of(fresh)
    found = [
        *differences(stack.compared(), again.compared()),
        *differences(stack.declared(), again.declared()),
    ]
    return [f"{dotted(one.path)}: {one.before!r} -> {one.after!r}" for one in found]


def _is_whole(stack: WrittenStack) -> bool:
    """Whether no declaration lacks the content of a file, or a secret that Stripe returns."""
    untold = [one for taken in stack.taken.values() for one in taken.written.untold]
    hidden = [one for one in untold if one.secret and not one.needed]
    return bool(stack.taken) and not hidden and "'file_" not in stack.source


# ── the table ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_what_a_request_made_is_imported_as_it_is(
    name: str, account: Emulator, empty: Emulator, tmp_path: Path
) -> None:
    """The plan is empty and writes nothing; another account gets an equal object."""
    one = CONFIGURATIONS[name]
    project = sample_project(tmp_path / "shop", account)
    made = one.make(project)
    stack = WrittenStack(project.connect(), made)
    stack.import_into(project)
    account.log.clear()
    assert _told(project.plan()) == []
    assert account.log.writes() == []
    assert _made_again(stack, sample_project(tmp_path / "fresh", empty)) == []


@pytest.mark.parametrize("name", [name for name, one in CONFIGURATIONS.items() if one.change])
def test_the_next_change_replaces_nothing(name: str, account: Emulator, tmp_path: Path) -> None:
    """One description, name or metadata of what was imported: an update of that leaf."""
    one: Configuration = CONFIGURATIONS[name]
    project = sample_project(tmp_path, account)
    stack = WrittenStack(project.connect(), one.make(project))
    stack.import_into(project)
    address = f"{loader.by_object(one.object).name}.subject"
    project.write(stack.changed(address, one.change))
    plan = project.plan()
    assert [(str(change.address), change.action) for change in plan.pending] == [
        (address, Action.UPDATE)
    ]
    assert {str(field.path[0]) for field in plan.pending[0].fields} == set(one.change)
    project.apply()
    assert _told(project.plan()) == []


# ── every leaf of every type ────────────────────────────────────────────────────────────────


@pytest.mark.third(1)
@pytest.mark.parametrize("object_name", loader.managed())
def test_every_leaf_of_a_type_is_written(
    object_name: str, samples: Samples, tmp_path: Path
) -> None:
    """The plan of what is written is empty, and it makes equal objects on another account."""
    before = samples.before(object_name)
    cases, _ = samples.cases(object_name)
    for number, batch in enumerate(samples.batches(object_name, cases)):
        with samples.emulator() as account, samples.emulator() as empty:
            root = tmp_path / str(number)
            shop = sample_project(root / "shop", account)
            if before:
                shop.write(HEAD + "\n".join(before.values()) + "\n")
                shop.apply()
            lines = [
                *{**before, **samples.beside(batch)}.values(),
                *(samples.line(case.object, case.name, case.first) for case in batch),
            ]
            shop.write(HEAD + "\n".join(lines) + "\n")
            shop.try_apply(allow_mass_change=True)
            stack = _stack_of(shop)
            if object_name not in _NOT_VALID:
                other = sample_project(root / "other", account)
                stack.import_into(other)
                assert _told(other.plan(allow_mass_change=True)) == []
            # One of the samples of a subscription began before it was made.
            if object_name not in _NOT_VALID | {"subscription"} and _is_whole(stack):
                assert _made_again(stack, sample_project(root / "fresh", empty)) == []


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each seed."""
    if "seed" in metafunc.fixturenames:
        first = metafunc.config.getoption("--first-seed")
        metafunc.parametrize("seed", range(first, first + metafunc.config.getoption("--stacks")))


def test_a_random_stack_is_written(
    seed: int, samples: Samples, account: Emulator, empty: Emulator, tmp_path: Path
) -> None:
    """What any stack made is imported with an empty plan, and made again on another account."""
    random = RandomStack(seed, samples)
    shop = sample_project(tmp_path / "shop", account)
    shop.write(random.source)
    with contextlib.suppress(StackError, GuardError):
        shop.try_apply(allow_mass_change=True)
    if shop.context().backend.read("shop", "local") is None:
        return
    stack = _stack_of(shop)
    if any(one.kind.object in _NOT_VALID for one in stack.taken.values()) or not stack.taken:
        return
    other = sample_project(tmp_path / "other", account)
    stack.import_into(other)
    assert _told(other.plan(allow_mass_change=True)) == [], stack.source
    if _is_whole(stack):
        assert _made_again(stack, sample_project(tmp_path / "fresh", empty)) == [], stack.source


def test_the_table_leaves_no_configuration_out() -> None:
    """Each type that an import of a whole account takes is in it, if a request can make one."""
    kinds = [loader.by_object(name) for name in loader.managed()]
    wanted: set[Any] = {
        kind.object for kind in kinds if not kind.on_request and kind.creatable and not kind.content
    }
    covered = {one.object for one in CONFIGURATIONS.values()}
    covered |= {name for one in CONFIGURATIONS.values() for name, _, _ in one.before}
    assert wanted - covered == set()
