"""`engine state migrate`: move all states of an environment to another store.

One of the two places is usable at any time, never both. The new one is refused from the moment at
which the first state is copied until the old one has its pointer, and the old one from then on; so
whatever point a migration is killed at, the same command finishes it.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import dataclasses
import functools
from collections.abc import Callable, Iterable, Sequence

from engine.errors import LockHeldError, StateError, UsageError
from engine.operations.run.context import Context
from engine.operations.run.opening import report_waiting
from engine.operations.state_keep.places import Place, decoded, what_moves
from engine.operations.state_keep.setting import state_setting
from engine.ports.moves import MigratingEnvironment, MigratingStack, Migration, Pointer

_OPERATION = "state migrate"


def migrate_states(
    context: Context,
    source: Place,
    target: Place,
    approve: Callable[[Migration], bool],
    *,
    lock_timeout: float = 0.0,
) -> Migration:
    """Move the states of an environment, and of the accounts of its fleets. Stripe is not asked.

    Args:
        context: The run's ports.
        source: Where the states are.
        target: Where they go.
        approve: Asks a person, who is shown what moves.
        lock_timeout: Seconds to wait for another run.

    Returns:
        What moved; not approved if the person did not agree.

    Raises:
        UsageError: if the two are one store, or there is nothing to move.
        LockHeldError: if a run works on one of the stacks.
        StateError: if a run is unfinished, a state cannot be trusted, or the new place has another
            or a newer one.
    """
    move = _Move(context, source, target, lock_timeout)
    planned = move.planned()
    left = [one for one in planned.environments if not one.moved]
    if not approve(planned):
        return planned
    moved = iter(_each(move.carried_out, [one.environment for one in left], move.at_once))
    environments = (one if one.moved else next(moved) for one in planned.environments)
    return dataclasses.replace(planned, environments=tuple(environments), approved=True)


class _Move:
    def __init__(self, context: Context, source: Place, target: Place, timeout: float) -> None:
        self._context = context
        self._source = source
        self._target = target
        self._timeout = timeout
        self.at_once = context.settings.parallelism

    # ── what there is to do ───────────────────────────────────────────────────────────────

    def planned(self) -> Migration:
        """What would move; nothing is written or locked."""
        settings, environment = self._context.settings, self._context.environment
        if settings.fleet is not None:
            raise UsageError(
                f"{environment} is an account of a fleet, whose states are kept where those of "
                f"{settings.environment.configured} are",
                hint=f"engine state migrate -e {settings.environment.configured} moves them all",
            )
        places = [one.backend.place("x", environment) for one in (self._source, self._target)]
        if self._source.setting == self._target.setting or places[0] == places[1]:
            raise UsageError(
                f"the states of {environment} are in {self._source.name}: nothing to move",
                hint="--from names the place that they are to leave, --to the new one",
            )
        names = self._environments()
        if not self._timeout and len(names) == 1:  # it would take long to ask for each account
            self._refuse_running(environment)
        found = tuple(_each(self._look, names, self.at_once))
        if not any(one.stacks or one.held_locks or one.moved or one.begun for one in found):
            raise UsageError(
                f"nothing of {environment} is kept in {self._source.name}",
                hint="--from names the place where the states are; engine state list shows them",
            )
        return Migration(
            environment=environment,
            source=self._source.setting,
            target=self._target.setting,
            environments=tuple(
                one
                for one in found
                if one.environment == environment or one.stacks or one.held_locks or one.begun
            ),
            setting=state_setting(settings.root, environment, self._target.setting),
        )

    def _environments(self) -> list[str]:
        """The environment, and the accounts of its fleets of which something is kept."""
        settings, own = self._context.settings, self._context.environment
        fleets = {one.name for one in settings.fleets.values() if one.environment == own}
        known = self._source.backend.moves.environments() if fleets else ()
        members = {name for name in known if name.partition("/")[0] in fleets}
        return [own, *sorted(members)]

    def _refuse_running(self, environment: str) -> None:
        claim = self._context.claim
        for place in (self._source, self._target):
            for lock in place.backend.run_locks():
                ours = claim and lock.owner.claim == claim
                if lock.environment == environment and not lock.owner.gone and not ours:
                    raise LockHeldError(
                        f"{lock.environment}/{lock.stack} is locked by {lock.owner} in "
                        f"{place.name}",
                        hint="wait for it to end, or give --lock-timeout SECONDS to wait here: in "
                        "a store that machines share, 90 are enough to take it from a run that is "
                        "gone. Nothing was changed",
                    )

    def _look(self, environment: str) -> MigratingEnvironment:
        """What moves of one environment; refused if it must not.

        Raises:
            StateError: if it must not.
        """
        old, new = self._source.backend.moves, self._target.backend.moves
        here, there = old.pointer(environment), new.pointer(environment)
        arriving = Pointer(address=self._source.setting, arriving=True)
        self._check_pointers(environment, here, there)
        if here is not None and there != arriving:
            return MigratingEnvironment(environment=environment, moved=True)
        with old.moving(environment), new.moving(environment):
            self._check_held(environment)
            return MigratingEnvironment(
                environment=environment,
                stacks=tuple(
                    what_moves(self._source, self._target, stack, environment)
                    for stack in old.kept(environment)
                ),
                held_locks=self._source.backend.held_locks(environment),
                begun=there == arriving,
            )

    def _check_pointers(
        self, environment: str, here: Pointer | None, there: Pointer | None
    ) -> None:
        """Refuse states that are elsewhere, or on their way.

        Raises:
            StateError: if they are.
        """
        source, target = self._source, self._target
        for place, pointer, other in ((source, here, target), (target, there, source)):
            unfinished = pointer is not None and pointer.arriving
            if pointer is None or (
                pointer.address == other.setting and (place is target or not unfinished)
            ):
                continue
            if unfinished:
                raise StateError(
                    f"the states of {environment} are being moved from {pointer.address} to "
                    f"{place.name}, and that has not ended",
                    hint=f"finish it first: engine state migrate -e {environment} --from "
                    f"{pointer.address} --to {place.setting}",
                )
            raise StateError(
                f"the states of {environment} were moved from {place.name} to {pointer.address}",
                hint=f"engine state migrate --from {pointer.address} begins where they are; "
                "nothing was changed",
            )

    def _check_held(self, environment: str) -> None:
        """Refuse a held lock in the place of another one.

        Raises:
            LockHeldError: if both places have one.
        """
        there = {lock.place: lock for lock in self._target.backend.held_locks(environment)}
        for lock in self._source.backend.held_locks(environment):
            other = there.get(lock.place, lock)
            if other != lock:
                raise LockHeldError(
                    f"in {self._source.name} {lock}",
                    cause=f"In {self._target.name} {other}",
                    hint=f"release one of them: engine lock {lock.place} --release",
                )

    # ── carrying it out ───────────────────────────────────────────────────────────────────

    def carried_out(self, environment: str) -> MigratingEnvironment:
        """Move one environment under the locks of its stacks, in both places."""
        old, new = self._source.backend.moves, self._target.backend.moves
        with contextlib.ExitStack() as stack:
            stack.enter_context(old.moving(environment))
            stack.enter_context(new.moving(environment))
            self._lock(stack, old.kept(environment), environment)
            found = self._look(environment)
            if found.moved:  # another one was faster
                return found
            new.point(environment, Pointer(address=self._source.setting, arriving=True))
            for lock in found.held_locks:
                self._target.backend.moves.keep_held_lock(lock)
            moved = tuple(self._copied(one, environment) for one in found.stacks)
            self._verify(found)
            old.point(environment, Pointer(address=self._target.setting))
            for one in found.stacks:
                if one.moves_record:
                    self._source.backend.end_journal(one.stack, environment)
            self._refuse_left(environment)
            new.point(environment, None)
        return dataclasses.replace(found, stacks=moved, moved=True)

    def _lock(self, stack: contextlib.ExitStack, names: Sequence[str], environment: str) -> None:
        for place in (self._source, self._target):
            for name in names:
                stack.enter_context(
                    place.backend.lock(
                        name,
                        environment,
                        operation=_OPERATION,
                        timeout=self._timeout,
                        on_wait=report_waiting(self._context, name),
                        claim=self._context.claim,
                    )
                )
        if self._source.backend.moves.kept(environment) != tuple(names):
            raise self._changed(environment)

    def _changed(self, environment: str) -> StateError:
        return StateError(
            f"another run wrote to the states of {environment} in {self._source.name} meanwhile",
            hint="run the command again when that run has ended; it goes on where it was",
        )

    def _refuse_left(self, environment: str) -> None:
        if self._source.backend.moves.kept(environment):
            raise self._changed(environment)

    def _copied(self, one: MigratingStack, environment: str) -> MigratingStack:
        source, target = self._source.backend, self._target.backend
        versions, raw = 0, source.stored(one.stack, environment)
        if raw is not None and not one.there:
            from_source = functools.partial(source.moves.versions, one.stack, environment)
            versions = target.moves.receive(one.stack, environment, raw, from_source)
        pending = source.read_import(one.stack, environment)
        if pending is not None:
            target.begin_import(pending)
        records = source.read_journal(one.stack, environment)
        if records is not None:  # that of moves: any other is refused
            target.begin_journal(one.stack, environment, records, reserve=0).close()
        return dataclasses.replace(one, versions=versions)

    def _verify(self, found: MigratingEnvironment) -> None:
        """Read everything back.

        Raises:
            StateError: if something is not as it was.
        """
        source, target = self._source.backend, self._target.backend
        for one in found.stacks:
            place = (one.stack, found.environment)
            raw, now = source.stored(*place), target.stored(*place)
            same = raw == now and source.read_import(*place) == target.read_import(*place)
            same = same and source.read_journal(*place) == target.read_journal(*place)
            if now is not None and same:
                state = decoded(self._target, *place, now)
                same = (state.lineage, state.serial) == (one.lineage, one.serial)
            if not same:
                raise self._differs(f"{found.environment}/{one.stack}")
        if not set(found.held_locks) <= set(target.held_locks(found.environment)):
            raise self._differs(f"the held locks of {found.environment}")

    def _differs(self, what: str) -> StateError:
        return StateError(
            f"{what} is read back from {self._target.name} as something else than was written",
            hint=f"{self._source.name} is as it was and goes on being used; see what changes the "
            "content of the new place, and run the command again",
        )


def _each(
    work: Callable[[str], MigratingEnvironment], names: Sequence[str], at_once: int
) -> Iterable[MigratingEnvironment]:
    """Do the same for every environment, some at once; the first error ends it."""
    if len(names) == 1:
        return [work(names[0])]
    pool = concurrent.futures.ThreadPoolExecutor(max_workers=max(at_once, 1))
    try:
        return list(pool.map(work, names))
    finally:
        pool.shutdown(cancel_futures=True)
