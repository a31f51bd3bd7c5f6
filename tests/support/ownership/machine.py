"""What a team may do to its stacks, as rules of a state machine."""

from __future__ import annotations

import contextlib
import functools
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from engine.address import parse_address
from engine.emulator.core import Emulator
from engine.operations.plan import plan_stacks
from engine.operations.rebuild.rebuild import RebuildOptions, rebuild_states
from engine.operations.state_edit.move import MoveOptions, move_resources
from engine.operations.state_edit.rename import move_stack
from engine.plan.inputs.options import PlanOptions
from tests.support.ownership.code import ENVIRONMENTS, KINDS, Thing
from tests.support.ownership.team import Team

_PICK = st.integers(min_value=0, max_value=59)
_KILL = st.integers(min_value=1, max_value=25)
_FORCED = MoveOptions(force=True)  # states may lag behind the code: an apply follows
_WHERE = st.sampled_from(ENVIRONMENTS)
_MADE_BY_HAND = {
    "product": "/v1/products",
    "coupon": "/v1/coupons",
    "webhook": "/v1/webhook_endpoints",
}


class Ownership(RuleBasedStateMachine):
    """A team, its code and its accounts."""

    def __init__(self) -> None:
        """Begin with an empty account in each environment."""
        super().__init__()
        self._exit = contextlib.ExitStack()
        folder = Path(self._exit.enter_context(tempfile.TemporaryDirectory(prefix="owners-")))
        emulator = self._exit.enter_context(Emulator(seed=5))
        self.team = Team(folder / "project", emulator)
        self.code = self.team.code
        self.settled: set[str] = set(ENVIRONMENTS)
        self.ids: dict[str, dict[int, str]] = {name: {} for name in ENVIRONMENTS}
        self.may_change: dict[str, set[int]] = {name: set() for name in ENVIRONMENTS}

    def teardown(self) -> None:
        """In the end everything settles in both environments."""
        try:
            for environment in ENVIRONMENTS:
                self._settle(environment)
        finally:
            self._exit.close()

    # ── the code changes ──────────────────────────────────────────────────────────────────

    @initialize()
    def begin(self) -> None:
        """One thing of each kind, some of them in other stacks than what they need."""
        product = self._add("product", "alpha")
        price = self._add("price", "alpha", product)
        self._add("link", "beta", price)
        self._add("coupon", "gamma")
        self._add("webhook", "beta")
        for environment in ENVIRONMENTS:
            self._settle(environment)

    @rule(kind=st.sampled_from(sorted(KINDS)), pick=_PICK)
    def make(self, kind: str, pick: int) -> None:
        """Declare something new."""
        needs = [thing for thing in self.code.things if thing.kind is KINDS.get(KINDS[kind].needs)]
        if KINDS[kind].needs and not needs:
            return
        need = needs[pick % len(needs)] if needs else None
        first = self.code.rank(need.stack) if need else 0
        homes = self.code.stacks[first:]
        self._add(kind, homes[pick % len(homes)], need)

    @precondition(lambda self: self.code.things)
    @rule(pick=_PICK)
    def change(self, pick: int) -> None:
        """Change what a thing declares."""
        thing = self._pick(pick)
        thing.value += 1
        if thing.kind is KINDS["price"]:
            self._let_change(thing, *ENVIRONMENTS)
        self.settled.clear()

    @precondition(lambda self: self.code.things)
    @rule(pick=_PICK, home=_PICK)
    def move(self, pick: int, home: int) -> None:
        """Move a thing to another stack, in code."""
        thing = self._pick(pick)
        homes = self.code.homes(thing)
        self.code.move(thing, homes[home % len(homes)])
        self.settled.clear()

    @precondition(lambda self: self.code.things)
    @rule(pick=_PICK)
    def rename(self, pick: int) -> None:
        """Give a thing another logical name."""
        self.code.rename(self._pick(pick))
        self.settled.clear()

    @rule(giver=_PICK, receiver=_PICK)
    def merge(self, giver: int, receiver: int) -> None:
        """Move everything that can move from one stack into another."""
        stacks = self.code.stacks
        old, new = stacks[giver % len(stacks)], stacks[receiver % len(stacks)]
        things = [thing for thing in self.code.things if thing.stack == old]
        for thing in things if new < old else things[::-1]:
            if new in self.code.homes(thing):
                self.code.move(thing, new)
        self.settled.clear()

    @precondition(lambda self: self.code.things)
    @rule(pick=_PICK)
    def drop(self, pick: int) -> None:
        """Remove a declaration that no other refers to."""
        thing = self._pick(pick)
        if not self._users(thing):
            self.code.things.remove(thing)
            for environment in ENVIRONMENTS if thing.adopt or thing.imports else ():
                # It may not have come under management yet, and stays as it is then.
                self.team.strangers[environment].add(self.ids[environment][thing.number])
            self.settled.clear()

    # ── what is there already ─────────────────────────────────────────────────────────────

    @rule(kind=st.sampled_from(sorted(_MADE_BY_HAND)), stack=_PICK)
    def take_over(self, kind: str, stack: int) -> None:
        """Declare what somebody made in the Dashboard: by its key, or by its id."""
        thing = self._add(kind, self.code.stacks[stack % len(self.code.stacks)])
        fields: dict[str, dict[str, Any]] = {
            "product": {"name": "by hand"},
            "coupon": {"id": f"C{thing.number}", "percent_off": 10, "duration": "once"},
            "webhook": {"url": f"https://a.example/{thing.number}", "enabled_events": ["*"]},
        }
        for environment in ENVIRONMENTS:
            id = self.team.make_by_hand(environment, _MADE_BY_HAND[kind], **fields[kind])
            self.ids[environment][thing.number] = id
            if not thing.kind.found_by:
                thing.imports[environment] = id
            self.team.strangers[environment].discard(id)
        thing.adopt = thing.kind.found_by

    @precondition(lambda self: self._is_settled() and self.code.things)
    @rule(pick=_PICK, stack=_PICK)
    def move_by_import(self, pick: int, stack: int) -> None:
        """Release a thing in one stack, and import its object in another in the same run."""
        thing = self._pick(pick)
        homes = [name for name in self.code.homes(thing) if name != thing.stack]
        if not homes:
            return
        self.code.released.setdefault(thing.stack, []).append(thing.address)
        thing.past.clear()
        thing.name = f"n{self.code.number()}"
        thing.stack = homes[stack % len(homes)]
        thing.imports = {name: self.ids[name][thing.number] for name in ENVIRONMENTS}
        self.settled.clear()

    # ── runs ──────────────────────────────────────────────────────────────────────────────

    @rule(environment=_WHERE)
    def apply(self, environment: str) -> None:
        """Apply everything in one environment."""
        self._settle(environment)

    @rule(environment=_WHERE, kill=_KILL)
    def killed_apply(self, environment: str, kill: int) -> None:
        """Begin an apply that does not come to its end."""
        if self.code.things:
            self.team.killed_apply(environment, kill)

    @precondition(lambda self: self.code.things)
    @rule(pick=_PICK, home=_PICK, kill=st.one_of(st.just(0), _KILL))
    def move_by_command(self, pick: int, home: int, kill: int) -> None:
        """Move a thing to another stack with `engine state mv`, in both environments."""
        thing = self._pick(pick)
        homes = self.code.homes(thing)
        new = homes[home % len(homes)]
        places = [(thing.stack, thing.name), *thing.past[::-1]]
        if new == thing.stack:
            return
        thing.stack = new
        self.team.write()
        for environment in ENVIRONMENTS:
            self._recover(environment)
            self._take(environment, thing, [place for place in places if place[0] != new], kill)
        self.settled.clear()

    @rule(pick=_PICK, kill=st.one_of(st.just(0), _KILL))
    def rename_stack(self, pick: int, kill: int) -> None:
        """Rename a module, and let its states follow with `engine state mv OLD: NEW:`."""
        old, new = self.code.stacks[pick % len(self.code.stacks)], f"s{self.code.number()}"
        for environment in ENVIRONMENTS:
            self._recover(environment)
        self.code.rename_stack(old, new)
        self.team.write()
        for environment in ENVIRONMENTS:
            self._follow(environment, old, new, kill)
        self.settled.clear()

    @precondition(lambda self: self._is_settled())
    @rule(environment=_WHERE, order=st.permutations(range(3)), lost=st.integers(1, 3))
    def rebuild(self, environment: str, order: list[int], lost: int) -> None:
        """Lose states, and make them again from the account, one after the other."""
        used = {thing.stack for thing in self.code.things}
        names = [self.code.stacks[index] for index in order if self.code.stacks[index] in used]
        for name in names[:lost]:
            (self.team.root / "state" / environment / f"{name}.json").unlink()
        for name in names[:lost]:
            rebuild_states(self.team.context(environment), (name,), RebuildOptions())
        self._settle(environment)

    @rule(environment=_WHERE)
    def destroy(self, environment: str) -> None:
        """Remove everything, and make it again."""
        self.team.write()
        self._recover(environment)
        self.team.apply(environment, destroy=True)
        for thing in self.code.things:
            # What is not under management can still be imported.
            id = self.ids[environment].get(thing.number)
            if id is not None and id not in self.team.alive(environment, thing.kind.path):
                self._let_change(thing, environment)
                thing.imports.pop(environment, None)
        self.settled.discard(environment)

    # ── parts ─────────────────────────────────────────────────────────────────────────────

    def _add(self, kind: str, stack: str, need: Thing | None = None) -> Thing:
        number = self.code.number()
        thing = Thing(KINDS[kind], number, stack, f"n{number}", need=need)
        self.code.things.append(thing)
        self.settled.clear()
        return thing

    def _pick(self, pick: int) -> Thing:
        return self.code.things[pick % len(self.code.things)]

    def _users(self, thing: Thing) -> list[Thing]:
        return [other for other in self.code.things if other.need is thing]

    def _is_settled(self) -> bool:
        return self.settled == set(ENVIRONMENTS)

    def _let_change(self, thing: Thing, *environments: str) -> None:
        """A thing is replaced or made again, and with it what refers to it for good."""
        for name in environments:
            self.may_change[name].add(thing.number)
        for other in self._users(thing):
            self._let_change(other, *environments)

    def _settle(self, environment: str) -> None:
        self.team.settle(environment)
        states = self.team.states(environment)
        ids = {
            thing.number: states[thing.stack].resources[parse_address(thing.address)].id
            for thing in self.code.things
        }
        before, free = self.ids[environment], self.may_change[environment]
        other = {
            n: (before[n], id)
            for n, id in ids.items()
            if n in before and n not in free and before[n] != id
        }
        assert other == {}, f"{environment}: made anew: {other}"
        self.ids[environment] = ids
        free.clear()
        self.settled.add(environment)
        if self._is_settled():
            for thing in self.code.things:
                thing.imports.clear()

    def _records(self, environment: str, stack: str, address: str) -> bool:
        state = self.team.states(environment).get(stack)
        return state is not None and state.at(address) is not None

    def _recover(self, environment: str) -> None:
        if self.team.is_unfinished(environment):
            plan_stacks(self.team.context(environment), (), PlanOptions())

    def _take(
        self, environment: str, thing: Thing, places: list[tuple[str, str]], kill: int
    ) -> None:
        """Take a thing out of the state that records it, wherever that is."""
        for stack, name in places:
            old, new = (parse_address(f"{thing.kind.type}.{one}") for one in (name, thing.name))
            move = functools.partial(
                move_resources,
                giver=stack,
                receiver=thing.stack,
                moves={old: new},
                options=_FORCED,
            )
            for at in (kill, 0):
                if self._records(environment, stack, old):
                    self.team.run(environment, move, kill=at)

    def _follow(self, environment: str, old: str, new: str, kill: int) -> None:
        """Give the state of a renamed module its name."""
        rename = functools.partial(move_stack, old=old, new=new, options=_FORCED)
        for at in (kill, 0):
            if old in self.team.states(environment):
                self.team.run(environment, rename, kill=at)
