"""An import that was interrupted: what is missing is written, and what a person made is left."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from engine.bootstrap.project import open_project
from engine.errors import LockHeldError, StateError
from engine.operations.run.context import Context
from engine.operations.run.pending_imports import finish_imports
from engine.state.model import ResourceState, State
from engine.state.pending_import import PendingImport
from tests.support.backends import hold

MODULE = "'The imported module.'\n"
STATE = State(
    stack="shop",
    environment="local",
    lineage="ours",
    serial=1,
    resources={"stripe_product.pro": ResourceState(type="stripe_product", id="prod_1")},
)
PENDING = PendingImport(state=STATE, module=MODULE)


@pytest.fixture
def context(tmp_path: Path) -> Context:
    """A project with an import that was interrupted before it wrote anything."""
    (tmp_path / "stacks").mkdir()
    opened = open_project(tmp_path, environment="local")
    begin(opened)
    return opened


def begin(context: Context, pending: PendingImport = PENDING) -> None:
    """Store a pending import."""
    with hold(context.backend, pending.state.stack, "local"):
        context.backend.begin_import(pending)


def put(context: Context, state: State) -> None:
    """Store a state."""
    with hold(context.backend, state.stack, "local"):
        context.backend.write(state, expected=None)


def module(context: Context) -> Path:
    """The file of the module."""
    return context.settings.stacks / "shop.py"


@pytest.mark.parametrize("with_state", [False, True], ids=["no state", "a state"])
@pytest.mark.parametrize("with_module", [False, True], ids=["no module", "a module"])
def test_what_is_missing_is_written(
    context: Context, *, with_state: bool, with_module: bool
) -> None:
    """Whichever of the two; then there is no pending import any more."""
    if with_state:
        put(context, STATE)
    if with_module:
        module(context).write_text(MODULE)
    assert finish_imports(context) == ("shop",)
    assert module(context).read_text() == MODULE
    stored = context.backend.read("shop", "local")
    assert stored is not None
    assert stored.same_content(STATE)
    assert finish_imports(context) == ()


def test_a_state_that_went_on_stays(context: Context) -> None:
    """Of its lineage, with a higher serial."""
    later = dataclasses.replace(STATE, serial=4, outputs={"a": "b"})
    put(context, later)
    finish_imports(context)
    stored = context.backend.read("shop", "local")
    assert stored is not None
    assert (stored.serial, stored.outputs) == (4, {"a": "b"})


def test_a_state_of_another_lineage_stays(context: Context) -> None:
    """It manages other objects."""
    put(context, dataclasses.replace(STATE, lineage="theirs"))
    with pytest.raises(
        StateError, match=r"state/local/shop\.json is not what it writes"
    ) as refused:
        finish_imports(context)
    assert "delete state/local/shop.import" in str(refused.value.hint)
    assert not module(context).exists()


def test_a_module_of_a_person_stays(context: Context) -> None:
    """And gets no state that records what it does not declare."""
    module(context).write_text("'Mine.'\n")
    with pytest.raises(StateError, match=r"stacks/shop\.py is not what it writes"):
        finish_imports(context)
    assert module(context).read_text() == "'Mine.'\n"
    assert context.backend.read("shop", "local") is None


def test_a_module_that_was_changed_since_is_said_to_be(context: Context) -> None:
    """Its state is there, so it may be the imported one with an edit: a person decides."""
    put(context, STATE)
    module(context).write_text(MODULE + "'Edited.'\n")
    with pytest.raises(StateError) as refused:
        finish_imports(context)
    assert "the imported module with your changes" in str(refused.value.hint)
    assert "delete state/local/shop.import and state/local/shop.json" in str(refused.value.hint)


def test_what_another_stack_has_by_now_is_not_recorded_twice(context: Context) -> None:
    """Its state came from another machine, for instance."""
    put(context, dataclasses.replace(STATE, stack="other", lineage="theirs"))
    with pytest.raises(StateError, match=r"other:stripe_product\.pro \[prod_1\]"):
        finish_imports(context)
    assert context.backend.read("shop", "local") is None
    assert not module(context).exists()


def test_one_that_is_still_at_work_is_waited_for(context: Context) -> None:
    """By the person: the run that meets it says who has the lock."""
    with hold(context.backend, "shop", "local"), pytest.raises(LockHeldError):
        finish_imports(context)
    assert context.backend.pending_imports("local") == ("shop",)
