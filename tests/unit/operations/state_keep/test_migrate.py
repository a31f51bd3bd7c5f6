"""Moving all states of an environment: whole, verified, and finished by whoever runs it again."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.backends.shared.backend import SharedBackend
from engine.bootstrap.project import open_project
from engine.errors import (
    EngineError,
    LockHeldError,
    StateError,
    StatesMovedError,
    UntrustedStateError,
    UsageError,
)
from engine.operations.run.context import Context
from engine.operations.state_keep.migrate import migrate_states
from engine.operations.state_keep.places import Place
from engine.ports.backend import StateBackend
from engine.ports.history import Version
from engine.ports.moves import Migration, Pointer
from engine.state.codec import encode
from engine.state.model import State
from engine.state.pending_import import PendingImport
from tests.support.backends import VERSION, a_state, hold, local_backend
from tests.support.fakes.memory_store import Call, MemoryStore, Shelf, When

ENVIRONMENT = "local"


def state_of(stack: str, serial: int = 3, **changes: Any) -> State:
    """A state of a stack."""
    return a_state(serial, stack=stack, environment=ENVIRONMENT, **changes)


class OneStore(MemoryStore):
    """A store with a name of its own."""

    def __init__(self, shelf: Shelf, name: str) -> None:
        super().__init__(shelf)
        self.address = f"memory://{name}"


class World:
    """Two stores, of which one is full, and a person who moves what is in it.

    Attributes:
        root: The project folder.
    """

    def __init__(self, root: Path, old: str = "shared", new: str = "shared") -> None:
        (root / "stacks").mkdir(parents=True)
        self.root = root
        self._shelves = {"old": Shelf(), "new": Shelf()}
        self._kinds = {"old": old, "new": new}

    def place(self, name: str) -> Place:
        """A store, as another process opens it."""
        if self._kinds[name] == "files":
            return Place(setting="file", backend=local_backend(self.root))
        store = OneStore(self._shelves[name], name)
        return Place(setting=store.address, backend=SharedBackend(store, engine_version=VERSION))

    def backend(self, name: str) -> StateBackend:
        """The backend of a store."""
        return self.place(name).backend

    @property
    def context(self) -> Context:
        """The ports of a run. A later one is another try of the same work, and takes its locks."""
        return dataclasses.replace(
            open_project(self.root, environment=ENVIRONMENT), claim="migration"
        )

    def fill(self) -> None:
        """Two stacks of three versions, an import that was interrupted, and a freeze."""
        old = self.backend("old")
        for stack in ("portal", "shop"):
            for serial in (1, 2, 3):
                self.write(old, state_of(stack, serial))
        with hold(old, "new", ENVIRONMENT):
            old.begin_import(PendingImport(state=state_of("new"), module="pro = 1\n"))
        old.put_held_lock(ENVIRONMENT, "shop", reason="launch")

    @staticmethod
    def write(backend: StateBackend, state: State) -> None:
        """Store the next state of a stack."""
        with hold(backend, state.stack, ENVIRONMENT):
            backend.write(state, expected=backend.read(state.stack, ENVIRONMENT))

    def migrate(
        self,
        old: str = "old",
        new: str = "new",
        approve: Callable[[Migration], bool] = lambda _: True,
    ) -> Migration:
        """Move everything."""
        return migrate_states(self.context, self.place(old), self.place(new), approve)

    # ── what is where ─────────────────────────────────────────────────────────────────────

    def states_in(self, name: str) -> dict[str, bytes] | None:
        """The states of a place; None if it refuses."""
        backend = self.backend(name)
        try:
            found = {stack: backend.stored(stack, ENVIRONMENT) for stack in ("portal", "shop")}
            backend.stacks(ENVIRONMENT)
        except StatesMovedError:
            return None
        return {stack: raw for stack, raw in found.items() if raw is not None}

    def check_whole(self, name: str) -> None:
        """Everything is in a place."""
        backend = self.backend(name)
        assert self.states_in(name) == {
            stack: encode(state_of(stack), engine_version=VERSION) for stack in ("portal", "shop")
        }
        pending = backend.read_import("new", ENVIRONMENT)
        assert pending == PendingImport(state=state_of("new"), module="pro = 1\n")
        (lock,) = backend.held_locks(ENVIRONMENT)
        assert (lock.stack, lock.reason) == ("shop", "launch")

    # ── kills ─────────────────────────────────────────────────────────────────────────────

    @contextlib.contextmanager
    def killed_at(self, number: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        """End this process at a write to a store or a file; nothing works after that.

        Even numbers are before a write, odd ones after it.
        """
        steps = _Steps(number)

        def fault(call: Call, _: When) -> None:
            steps.count(1 if call.writes else 0)

        def around(real: Callable[..., None]) -> Callable[..., None]:
            def patched(*arguments: Any, **named: Any) -> None:
                steps.count(1)
                real(*arguments, **named)
                steps.count(1)

            return patched

        for shelf in self._shelves.values():
            shelf.fault = fault
        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", around(os.replace))
            patch.setattr(os, "unlink", around(os.unlink))
            with contextlib.suppress(KilledError):
                yield
        for shelf in self._shelves.values():
            shelf.fault = lambda call, when: None  # noqa: ARG005


class KilledError(BaseException):
    """This process was killed."""


class _Steps:
    """Counts what a process does until it is killed."""

    def __init__(self, left: int) -> None:
        self._left = left

    def count(self, steps: int) -> None:
        if self._left - steps < 0:
            self._left = -1
            raise KilledError
        self._left -= steps


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Two shared stores, the old one full."""
    made = World(tmp_path)
    made.fill()
    return made


DIRECTIONS = [("shared", "shared"), ("files", "shared"), ("shared", "files")]


@pytest.mark.parametrize(("old", "new"), DIRECTIONS)
def test_everything_moves(tmp_path: Path, old: str, new: str) -> None:
    """Byte for byte; the old place refuses and says where it is."""
    world = World(tmp_path, old, new)
    world.fill()
    moved = world.migrate()
    world.check_whole("new")
    (environment,) = moved.environments
    assert environment.moved
    assert [(one.stack, one.serial) for one in environment.stacks] == [
        ("new", 0),
        ("portal", 3),
        ("shop", 3),
    ]
    with pytest.raises(StatesMovedError) as caught:
        world.backend("old").read("shop", ENVIRONMENT)
    assert world.place("new").setting in str(caught.value.hint)


@pytest.mark.parametrize(("old", "new"), DIRECTIONS)
def test_a_second_time_there_is_nothing_to_do(tmp_path: Path, old: str, new: str) -> None:
    """It succeeds and writes nothing."""
    world = World(tmp_path, old, new)
    world.fill()
    world.migrate()
    again = world.migrate()
    assert [(one.moved, one.stacks) for one in again.environments] == [(True, ())]
    world.check_whole("new")


@pytest.mark.parametrize(("old", "new"), DIRECTIONS)
def test_states_come_back(tmp_path: Path, old: str, new: str) -> None:
    """With what was changed meanwhile, and without what was removed."""
    world = World(tmp_path, old, new)
    world.fill()
    world.migrate()
    there = world.backend("new")
    world.write(there, state_of("shop", 4))
    with hold(there, "portal", ENVIRONMENT):
        there.remove(state_of("portal"))
    world.migrate("new", "old")
    back = world.states_in("old")
    assert back == {"shop": encode(state_of("shop", 4), engine_version=VERSION)}
    assert world.states_in("new") is None


@pytest.mark.parametrize("part", range(4))
@pytest.mark.parametrize(("old", "new"), DIRECTIONS)
def test_killed_anywhere_and_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, part: int
) -> None:
    """Never are both places usable, what is usable is whole, and the same command finishes it."""
    number, ended = part, False
    while not ended:
        world = World(tmp_path / str(number), old, new)
        world.fill()
        with world.killed_at(number, monkeypatch):
            world.migrate()
            ended = True
        before, after = world.states_in("old"), world.states_in("new")
        if after:
            assert before is None
            world.check_whole("new")
        if before is not None:
            world.check_whole("old")
        world.migrate()
        world.check_whole("new")
        assert world.states_in("old") is None
        number += 4


def test_killed_again_and_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each try ends a little later."""
    world = World(tmp_path)
    world.fill()
    for number in range(0, 60, 3):
        with world.killed_at(number, monkeypatch):
            world.migrate()
    world.migrate()
    world.check_whole("new")
    assert world.states_in("old") is None


# ── versions ──────────────────────────────────────────────────────────────────────────────


def test_versions_move_if_both_places_keep_them(world: World) -> None:
    """All serials, with who wrote them."""
    before = world.backend("old").history("shop", ENVIRONMENT, limit=9)
    moved = world.migrate()
    after = world.backend("new").history("shop", ENVIRONMENT, limit=9)

    def said(versions: tuple[Version, ...]) -> list[Version]:
        return [dataclasses.replace(version, place="") for version in versions]

    assert said(after) == said(before)
    assert [version.serial for version in after] == [3, 2, 1]
    assert world.backend("new").version("shop", ENVIRONMENT, 1) == state_of("shop", 1)
    assert [one.versions for one in moved.environments[0].stacks] == [0, 2, 2]


def test_a_version_that_is_damaged_is_left_behind(world: World) -> None:
    """The newest state moves all the same."""
    blobs = world._shelves["old"].blobs
    (name,) = (name for name in blobs if "states/local/shop/00000002" in name)
    blobs[name] = blobs[name].replace(b"Pro", b"Con")
    world.migrate()
    after = world.backend("new").history("shop", ENVIRONMENT, limit=9)
    assert [version.serial for version in after] == [3, 1]
    world.check_whole("new")


# ── what refuses ──────────────────────────────────────────────────────────────────────────


def refused(world: World, kind: type[EngineError], text: str) -> EngineError:
    """The migration is refused, and nothing has changed."""
    before = [world.states_in(name) for name in ("old", "new")]
    with pytest.raises(kind, match=text) as caught:
        world.migrate()
    assert [world.states_in(name) for name in ("old", "new")] == before
    assert world.backend("new").moves.pointer(ENVIRONMENT) is None
    return caught.value


@pytest.mark.parametrize("where", ["old", "new"])
def test_a_run_at_work_refuses(world: World, where: str) -> None:
    """With its owner, in the old place and in the new one."""
    with hold(world.backend(where), "shop", ENVIRONMENT) as held:
        error = refused(world, LockHeldError, f"memory://{where}")
        assert held.owner.id in str(error)


@pytest.mark.parametrize("where", ["old", "new"])
def test_a_run_that_is_unfinished_refuses(world: World, where: str) -> None:
    """Its journal may know objects that no state does; also of a stack without a state."""
    for stack in ("first", "shop"):
        backend = world.backend(where)
        with hold(backend, stack, ENVIRONMENT):
            backend.begin_journal(stack, ENVIRONMENT, [b"{}"], reserve=0).close()
        if where == "new" and stack == "first":
            continue  # the old place has no such stack: it is not touched
        error = refused(world, StateError, f"an unfinished run of local/{stack}")
        assert f"engine plan {stack} -e local" in str(error.hint)
        backend.end_journal(stack, ENVIRONMENT)


def test_a_damaged_record_of_moves_refuses(tmp_path: Path) -> None:
    """No rebuild would bring it back: the apply of its file says what to do."""
    world = World(tmp_path / "project", old="files")
    backend, name = world.backend("old"), "moves_0123456789ab"
    with hold(backend, name, ENVIRONMENT):
        backend.begin_journal(name, ENVIRONMENT, [b"{}", b"{}"], reserve=0).close()
    path = world.root / "state" / ENVIRONMENT / f"{name}.journal"
    path.write_bytes(path.read_bytes().replace(b"{}", b"[]", 1))
    error = refused(world, StateError, f"what was done of the plan of moves {name} cannot be read")
    assert "engine apply FILE" in str(error.hint)


def test_other_records_of_the_same_moves_refuse(world: World) -> None:
    """Each place knows of moves that the other does not; the first part of the same is no harm."""
    name = "moves_0123456789ab"
    for where, records in (("old", [b"{}", b"[1]"]), ("new", [b"{}", b"[2]"])):
        backend = world.backend(where)
        with hold(backend, name, ENVIRONMENT):
            backend.begin_journal(name, ENVIRONMENT, records, reserve=0).close()
    error = refused(world, StateError, f"the plan of moves {name} was applied with the states in")
    assert "engine apply FILE -e local" in str(error.hint)
    backend = world.backend("new")
    with hold(backend, name, ENVIRONMENT):
        backend.begin_journal(name, ENVIRONMENT, [b"{}"], reserve=0).close()
    moved = world.migrate().environments[0].stacks
    assert [one.stack for one in moved if one.moves_record] == [name]
    assert world.backend("new").read_journal(name, ENVIRONMENT) == (b"{}", b"[1]")


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (state_of("shop", 1, lineage="other"), "of lineage other"),
        (state_of("shop", 4), "at serial 4"),
        (state_of("shop", 3, outputs={}), "with other content"),
    ],
)
def test_another_state_in_the_new_place_refuses(world: World, state: State, text: str) -> None:
    """Of another lineage, newer, or with other content."""
    world.write(world.backend("new"), state)
    refused(world, StateError, text)


def test_an_earlier_state_in_the_new_place_is_replaced(world: World) -> None:
    """As by the next run; a stack that the old place does not have stays."""
    world.write(world.backend("new"), state_of("shop", 2))
    world.write(world.backend("new"), state_of("other", 7))
    moved = world.migrate()
    assert [one.replaces for one in moved.environments[0].stacks] == [0, 0, 2]
    world.check_whole("new")
    assert world.backend("new").read("other", ENVIRONMENT) == state_of("other", 7)


def test_a_state_that_cannot_be_trusted_refuses(world: World) -> None:
    """It is not copied as it is."""
    blobs = world._shelves["old"].blobs
    (name,) = (name for name in blobs if "states/local/shop/00000003" in name)
    blobs[name] = blobs[name].replace(b"Pro", b"Con")
    refused(world, UntrustedStateError, "digest")


def test_another_freeze_in_the_new_place_refuses(world: World) -> None:
    """One of them would be lost."""
    world.backend("new").put_held_lock(ENVIRONMENT, "shop", reason="another")
    error = refused(world, LockHeldError, "launch")
    assert "another" in str(error.cause)


def test_states_that_went_elsewhere_refuse(world: World) -> None:
    """With where they are."""
    with world.backend("old").moves.moving(ENVIRONMENT):
        world.backend("old").moves.point(ENVIRONMENT, Pointer(address="s3://third"))
    error = refused(world, StateError, "were moved from memory://old to s3://third")
    assert "--from s3://third" in str(error.hint)


@pytest.mark.parametrize("name", ["old", "new"])
def test_another_migration_that_has_not_ended_refuses(world: World, name: str) -> None:
    """It has to be finished first."""
    pointer = Pointer(address="s3://third", arriving=True)
    world.backend(name).moves.point(ENVIRONMENT, pointer)
    with pytest.raises(StateError, match="that has not ended") as caught:
        world.migrate()
    assert f"--from s3://third --to memory://{name}" in str(caught.value.hint)


def test_one_store_under_two_names_refuses(world: World) -> None:
    """There is nothing to move."""
    with pytest.raises(UsageError, match="nothing to move"):
        world.migrate("old", "old")


def test_an_empty_place_refuses(tmp_path: Path) -> None:
    """A wrong --from is no success."""
    with pytest.raises(UsageError, match="nothing of local is kept in memory://old"):
        World(tmp_path).migrate()


def test_without_a_yes_nothing_is_changed(world: World) -> None:
    """What would move is shown."""
    seen: list[Migration] = []

    def no(migration: Migration) -> bool:
        seen.append(migration)
        return False

    answered = world.migrate(approve=no)
    assert not answered.approved
    assert seen == [answered]
    world.check_whole("old")
    assert world.states_in("new") == {}


# ── what happens meanwhile ────────────────────────────────────────────────────────────────


def test_a_new_stack_that_is_applied_meanwhile_is_found(world: World) -> None:
    """It is not left behind: the command fails, both places refuse, and the next try moves it."""
    other = world.backend("old")

    def meanwhile(call: Call, when: When) -> None:
        if call.what == "put" and call.name.startswith("moved/") and when == "before":
            world._shelves["old"].fault = lambda call, when: None  # noqa: ARG005
            world.write(other, state_of("fresh", 1))

    world._shelves["old"].fault = meanwhile
    with pytest.raises(StateError, match="another run wrote to the states of local"):
        world.migrate()
    assert world.states_in("new") is None
    world.migrate()
    world.check_whole("new")
    assert world.backend("new").read("fresh", ENVIRONMENT) == state_of("fresh", 1)


def test_a_run_that_has_written_nothing_loses_its_lock(world: World) -> None:
    """Its stack would be in the old place alone."""
    other = world.backend("old")
    with contextlib.ExitStack() as stack:

        def meanwhile(call: Call, when: When) -> None:
            if call.what == "put" and call.name.startswith("moved/") and when == "before":
                world._shelves["old"].fault = lambda call, when: None  # noqa: ARG005
                stack.enter_context(hold(other, "fresh", ENVIRONMENT))

        world._shelves["old"].fault = meanwhile
        world.migrate()
        with pytest.raises(StateError):
            other.begin_journal("fresh", ENVIRONMENT, [b"{}"], reserve=0)
    world.check_whole("new")
