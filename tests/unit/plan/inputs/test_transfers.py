"""Which resources change their owner in a run, found before any stack is planned."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import pytest

from engine.address import parse_address
from engine.catalog import loader
from engine.graph.build import ResourceGraph, build_graph
from engine.plan.inputs.options import PlanOptions
from engine.plan.inputs.ownership import Owner, ownership_of
from engine.plan.inputs.transfers import Transfers, find_transfers
from engine.stack.model import Stack
from engine.state.model import RemovedObject, ResourceState, State
from tests.support.stack_project import StackProject

HERE, THERE, THIRD = (Owner(name, "stripe_coupon.c") for name in ("shop", "other", "third"))
C10 = ResourceState(type="stripe_coupon", id="C10")
C20 = ResourceState(type="stripe_coupon", id="C20")
HEAD = """
from engine import import_, moved, removed
from engine.stripe import Coupon
"""
COUPON = 'c = Coupon("c", percent_off=10)\n'
MOVED = 'moved("shop:stripe_coupon.c", "stripe_coupon.c")\n'


class Run:
    """Stacks and their states."""

    def __init__(self, root: Path) -> None:
        """Args: root: the folder of the modules."""
        self.project = StackProject(root)
        self.graphs: list[ResourceGraph] = []
        self.states: dict[str, State] = {}
        self.others: dict[str, State | None] = {}

    def state(self, name: str, environment: str = "test", **parts: Any) -> State:
        """A state with some resources and removed objects."""
        return State(stack=name, environment=environment, lineage=f"of-{name}", **parts)

    def stack(
        self,
        name: str,
        text: str,
        held: ResourceState | None = None,
        **parts: Any,
    ) -> None:
        """Add a stack of the run, with what its state has at `stripe_coupon.c`."""
        stack = self.project.load(HEAD + textwrap.dedent(text), name)
        assert stack.problems == ()
        self.graphs.append(build_graph(stack, loader.schemas()))
        self.has(name, held, **parts)

    def has(self, name: str, held: ResourceState | None = None, **parts: Any) -> None:
        """Set what the state of a stack has."""
        resources = {} if held is None else {"stripe_coupon.c": held}
        self.states[name] = self.state(name, resources=resources, **parts)

    def orphan(self, name: str, held: ResourceState) -> None:
        """Add a state without a module."""
        self.graphs.append(build_graph(Stack(name=name, file=""), loader.schemas()))
        self.has(name, held)

    def find(self, *foreign: State, **options: Any) -> dict[str, Transfers]:
        """What each stack gives and gets."""
        others = [state for state in self.others.values() if state is not None]
        ownership = ownership_of([*self.states.values(), *others, *foreign], "test")
        return find_transfers(
            self.graphs, self.states, self.others, ownership, PlanOptions(**options)
        )


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Stacks and their states; none yet."""
    return Run(tmp_path)


ADDRESS = parse_address("stripe_coupon.c")
NOTHING = Transfers(waiting=frozenset(), given=frozenset(), awaited=frozenset())


def test_a_resource_moves(run: Run) -> None:
    """The receiver gets it, and the giver releases it with all that is recorded."""
    run.stack("shop", "", C10)
    run.stack("other", COUPON + MOVED)
    found = run.find()
    assert found["other"].received == {ADDRESS: HERE}
    assert found["shop"].released == {ADDRESS: THERE}
    assert found["shop"].given == {ADDRESS}


@pytest.mark.parametrize("options", [{"destroy": True}, {"refresh_only": True}])
def test_a_run_that_moves_nothing(run: Run, options: dict[str, bool]) -> None:
    """A destroy removes everything, and a refresh changes no owner."""
    run.stack("shop", "", C10)
    run.stack("other", COUPON + MOVED)
    assert run.find(**options) == {"shop": NOTHING, "other": NOTHING}


def test_a_move_that_was_made(run: Run) -> None:
    """The line may stay in the module."""
    run.stack("shop", "")
    run.stack("other", COUPON + MOVED, C10)
    assert run.find() == {"shop": NOTHING, "other": NOTHING}


def test_a_move_that_an_earlier_run_half_made(run: Run) -> None:
    """Both record it: the giver releases it."""
    run.stack("shop", "", C10)
    run.stack("other", COUPON + MOVED, C10)
    found = run.find()
    assert found["shop"].released == {ADDRESS: THERE}
    assert found["other"] == NOTHING


def test_what_was_removed_and_is_remembered_moves_too(run: Run) -> None:
    """Unless the receiver has an object there."""
    gone = {"stripe_coupon.c": RemovedObject(type="stripe_coupon", id="C10")}
    run.stack("shop", "", removed=gone)
    run.stack("other", COUPON + MOVED)
    assert run.find()["other"].received == {ADDRESS: HERE}
    run.has("other", C20)
    assert run.find() == {"shop": NOTHING, "other": NOTHING}


def test_two_objects_for_one_address(run: Run) -> None:
    """Nothing moves, and the giver must not end what it has as long as that exists."""
    run.stack("shop", "", C10)
    run.stack("other", COUPON + MOVED, C20)
    found = run.find()
    assert found["shop"].blocked == {
        ADDRESS: "shop:stripe_coupon.c cannot move to stripe_coupon.c (stacks/other.py:4), which "
        "is C20 already. Declare the two under different names"
    }
    assert found["other"] == NOTHING


def test_an_object_that_was_replaced_after_it_moved(run: Run) -> None:
    """An earlier run was killed before the giver forgot what the receiver has replaced."""
    run.stack("shop", "", C10)
    replaced = ResourceState(type="stripe_coupon", id="C20", superseded=("C10",))
    run.stack("other", COUPON + MOVED, replaced)
    found = run.find()
    assert found["shop"].released == {ADDRESS: THERE}
    assert (found["shop"].given, found["shop"].blocked) == (frozenset(), {})


def test_what_is_remembered_gives_way_to_what_exists(run: Run) -> None:
    """Of two addresses that a resource had, one may be left of an earlier life of it."""
    gone = {"stripe_coupon.c": RemovedObject(type="stripe_coupon", id="C20")}
    run.stack("third", "", removed=gone)
    run.stack("shop", "", C10)
    run.stack("other", COUPON + MOVED.replace("shop", "third") + MOVED)
    found = run.find()
    assert found["other"].received == {ADDRESS: HERE}
    assert found["other"].refusals == ()
    assert found["third"] == NOTHING


def test_two_stacks_that_give_to_one_address(run: Run) -> None:
    """The first of them does."""
    run.stack("shop", "", C10)
    run.stack("third", "", C20)
    run.stack("other", COUPON + MOVED + MOVED.replace("shop", "third"))
    found = run.find()
    assert found["other"].received == {ADDRESS: HERE}
    assert found["third"] == NOTHING
    [refusal] = found["other"].refusals
    assert "which is shop:stripe_coupon.c already" in refusal


def test_a_declaration_that_options_exclude(run: Run) -> None:
    """The giver keeps its object for a later plan."""
    run.stack("shop", "", C10)
    run.stack("other", COUPON.replace('"c"', '"d"') + MOVED.replace('"stripe_coupon.c"', "c"))
    found = run.find(excludes=(parse_address("stripe_coupon.d"),))
    assert found["shop"].waiting == {ADDRESS}
    assert found["shop"].released == {}
    assert found["other"].received == {}


def test_a_giver_outside_of_the_run(run: Run) -> None:
    """It cannot give anything: the command that names both is asked for."""
    run.stack("other", COUPON + MOVED)
    run.others["shop"] = run.state("shop")
    assert run.find()["other"] == NOTHING
    run.others["shop"] = run.state("shop", resources={"stripe_coupon.c": C10})
    found = run.find()["other"]
    assert found.awaited == {ADDRESS}
    [refusal] = found.refusals
    assert refusal == (
        "stripe_coupon.c (stacks/other.py:4) is shop:stripe_coupon.c, and stack shop is not part "
        "of this run. Run both: engine apply shop other"
    )


def test_a_giver_outside_of_the_run_that_cannot_be_read(run: Run) -> None:
    """It may have the object; nothing is refused where the receiver has it."""
    run.others["shop"] = None
    run.stack("other", COUPON + MOVED)
    assert run.find()["other"].awaited == {ADDRESS}
    run.has("other", C10)
    assert run.find()["other"] == NOTHING


def test_a_giver_that_never_was(run: Run) -> None:
    """In an environment that never had it there is nothing to move."""
    run.stack("other", COUPON + MOVED)
    assert run.find() == {"other": NOTHING}


IMPORT = 'import_("stripe_coupon.c", "C10")\n'


def test_an_import_of_what_is_no_longer_declared(run: Run) -> None:
    """The old owner releases it, and removes what it replaced."""
    run.stack("shop", "", C10)
    run.stack("other", COUPON + IMPORT)
    found = run.find()
    assert found["other"].imported == {ADDRESS: HERE}
    assert found["shop"].released == {ADDRESS: THERE}
    assert found["shop"].given == set()


def test_an_import_of_what_is_declared(run: Run) -> None:
    """Its owner keeps it."""
    run.stack("shop", COUPON, C10)
    run.stack("other", COUPON + IMPORT)
    assert run.find() == {"shop": NOTHING, "other": NOTHING}


def test_an_import_that_options_exclude(run: Run) -> None:
    """The old owner keeps it for a later plan."""
    run.stack("shop", "", C10)
    run.stack("other", COUPON.replace('"c"', '"d"') + IMPORT.replace('"stripe_coupon.c"', "c"))
    found = run.find(excludes=(parse_address("stripe_coupon.d"),))
    assert found["shop"].waiting == {ADDRESS}
    assert found["other"].imported == {}


def test_an_import_that_was_made_or_has_no_id_yet(run: Run) -> None:
    """Nothing changes its owner."""
    run.stack("shop", "", C20)
    run.stack("other", COUPON + IMPORT, C10)
    reference = "${data.stripe_coupon.x.id}"
    run.stack("third", COUPON + IMPORT.replace("C10", reference))
    assert run.find() == {"shop": NOTHING, "other": NOTHING, "third": NOTHING}


def test_an_import_within_a_stack(run: Run) -> None:
    """What it has under an address that is no longer declared is released there."""
    run.stack("shop", COUPON.replace('"c"', '"d"') + IMPORT.replace('"stripe_coupon.c"', "c"), C10)
    assert run.find()["shop"].released == {ADDRESS: Owner("shop", "stripe_coupon.d")}


def test_an_import_of_what_a_move_brings_anyway(run: Run) -> None:
    """One object, one address, two lines: it moves."""
    run.stack("shop", "", C10)
    run.stack("other", COUPON + MOVED + IMPORT)
    found = run.find()
    assert found["other"].received == {ADDRESS: HERE}
    assert found["other"].refusals == ()


def test_two_stacks_that_import_one_object(run: Run) -> None:
    """The second is refused."""
    run.stack("shop", COUPON + IMPORT)
    run.stack("other", COUPON + IMPORT)
    [refusal] = run.find()["other"].refusals
    assert refusal == (
        "stripe_coupon.c (stacks/other.py:4): C10 becomes shop:stripe_coupon.c in this run "
        "already. Declare it in one of the two stacks"
    )


def test_two_states_and_one_declaration(run: Run) -> None:
    """The other releases it, also if the stack that declares it is not part of the run."""
    run.stack("shop", "", C10)
    run.stack("other", COUPON, C10)
    found = run.find()
    assert found["shop"].released == {ADDRESS: THERE}
    assert found["other"] == NOTHING
    run.others["other"] = run.states.pop("other")
    run.graphs.pop()
    assert run.find()["shop"].released == {ADDRESS: THERE}


@pytest.mark.parametrize("destroy", [False, True])
def test_two_states_and_no_declaration(run: Run, *, destroy: bool) -> None:
    """One releases it, and the other removes it."""
    text = COUPON if destroy else ""
    run.stack("shop", text, C10)
    run.stack("other", text, C10)
    found = run.find(destroy=destroy)
    released = [name for name, transfers in found.items() if transfers.released]
    assert released == ["other"]


def test_two_states_of_which_one_has_no_module(run: Run) -> None:
    """It removes nothing, so it releases."""
    run.stack("shop", "", C10)
    run.orphan("billing", C10)
    found = run.find()
    assert found["billing"].released == {ADDRESS: HERE}
    assert found["shop"] == NOTHING


def test_two_states_and_a_third_that_takes_it(run: Run) -> None:
    """Both release it to the one that declares it."""
    run.stack("shop", "", C10)
    run.stack("third", "", C10)
    run.stack("other", COUPON + MOVED)
    found = run.find()
    assert found["shop"].released == {ADDRESS: THERE}
    assert found["third"].released == {ADDRESS: THERE}


def test_two_declarations_of_one_object(run: Run) -> None:
    """Nothing of it ends, and a plan of either says how to settle it."""
    run.stack("shop", COUPON, C10)
    run.stack("other", COUPON, C10)
    found = run.find()
    assert found["shop"].contested == {ADDRESS: (THERE, HERE)}
    assert found["other"].contested == {ADDRESS: (THERE, HERE)}
    [warning] = found["shop"].warnings
    assert warning.startswith("C10 is recorded twice, as other:stripe_coupon.c and shop:")
    assert warning.endswith("declare it in one of them and run engine apply other shop")
    assert found["other"].warnings == ()


def test_two_owners_outside_of_the_run(run: Run) -> None:
    """Every plan warns."""
    run.stack("third", "")
    for name in ("shop", "other"):
        run.others[name] = run.state(name, resources={"stripe_coupon.c": C10})
    found = run.find()["third"]
    assert found.contested == {}
    assert len(found.warnings) == 1


def test_an_owner_in_another_environment_of_the_account(run: Run) -> None:
    """It keeps the object; what only this stack no longer declares is released."""
    live = run.state("shop", "live", resources={"stripe_coupon.c": C10})
    run.stack("shop", COUPON, C10)
    run.stack("other", "")
    [warning] = run.find(live)["shop"].warnings
    assert warning.endswith(
        "To settle it, keep one and release the other: engine state rm shop:stripe_coupon.c -e live"
    )
    run.graphs.clear()
    run.stack("shop", "", C10)
    found = run.find(live)["shop"]
    assert found.released == {ADDRESS: Owner("shop", "stripe_coupon.c", "live")}


def test_a_giver_that_is_not_there_while_another_may_be_meant(run: Run) -> None:
    """Nothing moves, and the plan says which stack has such a resource."""
    run.stack("shop", COUPON, C10)
    run.stack("other", COUPON + MOVED.replace("shop", "nosuch"))
    [warning] = run.find()["other"].warnings
    assert warning == (
        "there is no stack nosuch, so nothing moves to stripe_coupon.c (stacks/other.py:4). "
        "shop:stripe_coupon.c exists: name that if it is meant"
    )
    run.has("other", C20)
    assert run.find()["other"].warnings == ()
