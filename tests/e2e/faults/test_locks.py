"""Locks under fire: many writers, holders that are stopped, killed or robbed of their lock.

Whatever happens, no update of a state is lost and no object is made twice.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from engine.backends.state.file_backend import FileBackend
from engine.bootstrap.project import open_project
from engine.emulator.core import Emulator
from engine.errors import LockHeldError, StaleStateError
from engine.operations.apply import apply_stacks
from engine.plan.inputs.options import PlanOptions
from engine.ports.run_locks import LockOwner
from engine.state.model import new_state
from tests.support.surroundings import served

LONG_ENOUGH = 600.0
"""Seconds that no test ever waits for: a stop for what has hung."""

Trying = Callable[[str], AbstractContextManager[None]]

STACK = """
    from engine import output, variable
    from engine.stripe import Coupon, Product

    pro = Product("pro", name="Pro", metadata={"turn": variable("turn", "0")})
    Coupon("launch", percent_off=25, duration="once")
    output("turn", variable("turn", "0"))
"""
EACH_ONCE = {"/v1/coupons": 1, "/v1/products": 1}

# An engine that stands still at a place of its apply, until a line is sent.
APPLY = """
import sys
from pathlib import Path
from engine.ports.hook import Hook
from engine.bootstrap.project import open_project
from engine.errors import EngineError
from engine.operations.apply import apply_stacks
from engine.plan.inputs.options import PlanOptions

place = sys.argv[2]

def stand_still():
    print("here", flush=True)
    sys.stdin.readline()

class Watch(Hook):
    stood = False

    def step_finished(self, result):
        if place == "step" and not self.stood:
            self.stood = True
            stand_still()

def approve(report):
    if place == "approve":
        stand_still()
    return True

try:
    context = open_project(Path(sys.argv[1]), hook=Watch())
    report = apply_stacks(context, ("shop",), PlanOptions(), approve)
    unsaved = [type(result.unsaved).__name__ for result in report.results if result.unsaved]
    print("ended", *(unsaved or ["well"]), flush=True)
except EngineError as error:
    print("ended", type(error).__name__, flush=True)
"""

# The same, standing still when its first write has passed every check and is about to be sent.
LATE = APPLY.replace(
    "class Watch",
    """
import stripe
send, stood = stripe.StripeClient.raw_request, []

def late(self, method, path, **rest):
    if method == "post" and not stood:
        stood.append(path)
        stand_still()
    return send(self, method, path, **rest)

stripe.StripeClient.raw_request = late

class Watch""",
)

# A writer that adds its turns to the state, each from what it reads under the lock.
WRITER = """
import dataclasses, sys
from pathlib import Path
from engine.backends.state.file_backend import FileBackend

root, name, turns = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
backend = FileBackend(root / "state", root / ".engine", engine_version="1")
print("here", flush=True)
sys.stdin.readline()
for turn in range(turns):
    with backend.lock(
        "shop", "test", operation="apply", timeout=600, on_wait=lambda _: None
    ) as hold:
        before = backend.read("shop", "test")
        hold.check()
        log = [*before.outputs.get("log", []), f"{name}:{turn}"]
        after = dataclasses.replace(before, serial=before.serial + 1, outputs={"log": log})
        backend.write(after, expected=before)
print("ended well", flush=True)
"""

# A writer that stops itself between the check of what is stored and the rename.
HALFWAY = """
import dataclasses, os, signal, sys
from pathlib import Path
import engine.backends.state.file_backend as module

root = Path(sys.argv[1])
durably = module.write_durably

def stopped(*args, **options):
    os.kill(os.getpid(), signal.SIGSTOP)
    durably(*args, **options)

module.write_durably = stopped
backend = module.FileBackend(root / "state", root / ".engine", engine_version="1")
with backend.lock("shop", "test", operation="apply", timeout=0, on_wait=lambda _: None):
    before = backend.read("shop", "test")
    after = dataclasses.replace(before, serial=before.serial + 1, outputs={"who": "first"})
    backend.write(after, expected=before)
print("ended well", flush=True)
"""

# An engine that applies again and again, each time something new.
TURNS = """
import sys
from pathlib import Path
from engine.bootstrap.project import open_project
from engine.operations.apply import apply_stacks
from engine.plan.inputs.options import PlanOptions
from engine.variables import variables_of

root, name, turns = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
print("here", flush=True)
sys.stdin.readline()
for turn in range(turns):
    context = open_project(root, variables=variables_of({}, [("turn", f"{name}:{turn}")]))
    report = apply_stacks(context, (), PlanOptions(lock_timeout=600), lambda _: True)
    assert not report.failures and report.results
print("ended well", flush=True)
"""


class Engine:
    """A process of this interpreter that is told when to go on."""

    def __init__(self, script: str, *words: str) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - this very interpreter
            [sys.executable, "-c", script, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.pid = self._process.pid

    def wait_for(self, word: str) -> str:
        """Read until a line begins with a word."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith(word):
                return line.strip()
        pytest.fail(f"ended without saying {word!r}")

    def stop(self) -> None:
        """Stop it, as Ctrl-Z does, and come back once it has stopped."""
        os.kill(self.pid, signal.SIGSTOP)
        self.wait_until_stopped()

    def wait_until_stopped(self) -> None:
        """Come back once it has stopped."""
        os.waitid(os.P_PID, self.pid, os.WSTOPPED)

    def resume(self) -> None:
        """Let a stopped one run."""
        os.kill(self.pid, signal.SIGCONT)

    def go_on(self) -> None:
        """Let one that stands still go on."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def kill(self) -> None:
        """End it without a chance to clean up."""
        self._process.kill()

    def end(self) -> None:
        """Wait for its end, stopped or not."""
        if self._process.poll() is None:
            self.kill()
        self._process.communicate()


@pytest.fixture
def start() -> Iterator[Callable[..., Engine]]:
    """Starts processes, and ends those that are left."""
    started: list[Engine] = []

    def begin(script: str, *words: object) -> Engine:
        started.append(Engine(script, *map(str, words)))
        return started[-1]

    yield begin
    for engine in started:
        engine.end()


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """A served emulator, for this process and its children."""
    with served(monkeypatch, seed=3, STRIPE_API_KEY="sk_test_locks") as account:
        yield account


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project folder with one stack, outside of git."""
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "shop.py").write_text(textwrap.dedent(STACK), encoding="utf-8")
    return tmp_path


def _first_state(root: Path) -> FileBackend:
    """States and locks of a folder, with a first state of `test/shop`."""
    made = FileBackend(root / "state", root / ".engine", engine_version="1")
    made.write(new_state("shop", "test", "lineage-1"), expected=None)
    return made


def _silent(_: LockOwner | None) -> None:
    """Nobody is told."""


def _apply(root: Path) -> None:
    report = apply_stacks(open_project(root), ("shop",), PlanOptions(), lambda _: True)
    assert report.failures == ()


def _refused(root: Path) -> str:
    """Be refused, and return the id of the lock that is shown."""
    with pytest.raises(LockHeldError) as raised:
        _apply(root)
    found = re.search(r"lock ([0-9a-f]{8})", raised.value.message)
    assert found is not None
    return found[1]


def _created(emulator: Emulator) -> dict[str, int]:
    found: dict[str, int] = {}
    for entry in emulator.log.writes():
        found[entry.path] = found.get(entry.path, 0) + 1
    return found


def _unlock(root: Path, id: str, *, force: bool = False) -> None:
    open_project(root).backend.unlock(id, force=force)


def _lock_files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*.lock") if path.is_file()]


# ── many writers ──────────────────────────────────────────────────────────────────────────


def test_many_writers_lose_nothing(
    tmp_path: Path,
    start: Callable[..., Engine],
    trying: Trying,
    whole: bool,  # noqa: FBT001 - a fixture
) -> None:
    """Every turn of every writer is in the state, each writer's own in order."""
    for count in range(2, 9) if whole else (2, 8):
        with trying("several writers at once"):
            _write_together(tmp_path / str(count), start, count, turns=25 if whole else 5)


def _write_together(root: Path, start: Callable[..., Engine], count: int, *, turns: int) -> None:
    backend = _first_state(root)
    writers = [start(WRITER, root, number, turns) for number in range(count)]
    for writer in writers:
        writer.wait_for("here")
    for writer in writers:
        writer.go_on()
    for writer in writers:
        assert writer.wait_for("ended") == "ended well"
    last = backend.read("shop", "test")
    assert last is not None
    log = [entry.partition(":") for entry in last.outputs["log"]]
    assert last.serial == len(log) == count * turns
    for number in range(count):
        own = [int(turn) for name, _, turn in log if name == str(number)]
        assert own == list(range(turns))


def test_two_engines_on_one_state(
    root: Path,
    emulator: Emulator,
    start: Callable[..., Engine],
    trying: Trying,
    whole: bool,  # noqa: FBT001 - a fixture
) -> None:
    """Both apply on and on; Stripe and the state see every update, in one order."""
    rounds = 100 if whole else 10
    with trying(f"two engines on one state, {rounds} rounds"):
        engines = [start(TURNS, root, name, rounds) for name in "ab"]
        for engine in engines:
            engine.wait_for("here")
        for engine in engines:
            engine.go_on()
        for engine in engines:
            assert engine.wait_for("ended") == "ended well"
        sent = [
            entry.params["metadata"]["turn"]
            for entry in emulator.log.writes()
            if entry.path.startswith("/v1/products")
        ]
        assert len(sent) == 2 * rounds
        for name in "ab":
            own = [turn for turn in sent if turn.startswith(name)]
            assert own == [f"{name}:{turn}" for turn in range(rounds)]
        state = json.loads((root / "state" / "default" / "shop.json").read_bytes())
        # One a run, and one before them: the lineage is written down before anything is created.
        assert state["serial"] == 1 + 2 * rounds
        assert state["outputs"] == {"turn": sent[-1]}
        assert _created(emulator)["/v1/products"] == 1
        assert _created(emulator)["/v1/coupons"] == 1


# ── holders that do not go on ─────────────────────────────────────────────────────────────


@pytest.mark.usefixtures("emulator")
def test_a_stopped_holder_keeps_its_lock(
    root: Path, start: Callable[..., Engine], trying: Trying
) -> None:
    """It is named, nothing takes the lock from it by accident, and it finishes once it may."""
    with trying("a holder that is stopped"):
        first = start(APPLY, root, "approve")
        first.wait_for("here")
        first.stop()
        id = _refused(root)
        with pytest.raises(LockHeldError, match="still at work") as raised:
            _unlock(root, id)
        assert f"kill {first.pid}" in str(raised.value.hint)
        assert _refused(root) == id
        first.resume()
        first.go_on()
        assert first.wait_for("ended") == "ended well"
        _apply(root)


@pytest.mark.parametrize("applied", [False, True])
def test_a_stopped_holder_whose_lock_is_taken_writes_nothing(
    root: Path,
    emulator: Emulator,
    start: Callable[..., Engine],
    trying: Trying,
    monkeypatch: pytest.MonkeyPatch,
    *,
    applied: bool,
) -> None:
    """The next one works; the first wakes up, sees it, and leaves Stripe and state alone."""
    with trying("a forced unlock before the first write"):
        if applied:
            _apply(root)
            monkeypatch.setenv("ENGINE_VAR_TURN", "1")
        first = start(APPLY, root, "approve")
        first.wait_for("here")
        first.stop()
        _unlock(root, _refused(root), force=True)
        _apply(root)
        state = (root / "state" / "default" / "shop.json").read_bytes()
        sent = len(emulator.log.writes())
        first.resume()
        first.go_on()
        assert first.wait_for("ended") == "ended LockLostError"
        assert len(emulator.log.writes()) == sent == (3 if applied else 2)
        assert (root / "state" / "default" / "shop.json").read_bytes() == state


@pytest.mark.usefixtures("emulator")
def test_a_holder_whose_lock_is_taken_halfway_overwrites_nothing(
    root: Path, start: Callable[..., Engine], trying: Trying
) -> None:
    """Its next checkpoint is refused; what the next one recorded stays as it is."""
    with trying("a forced unlock in the middle of an apply"):
        first = start(APPLY, root, "step")
        first.wait_for("here")
        first.stop()
        _unlock(root, _refused(root), force=True)
        _apply(root)
        state = (root / "state" / "default" / "shop.json").read_bytes()
        first.resume()
        first.go_on()
        assert first.wait_for("ended") == "ended LockLostError"
        assert (root / "state" / "default" / "shop.json").read_bytes() == state


def test_a_create_that_is_sent_late_is_the_one_that_was_taken_up(
    root: Path,
    emulator: Emulator,
    start: Callable[..., Engine],
    trying: Trying,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Past its last check: whoever took the lock has sent it, with the same key."""
    # One operation at a time: a second one in flight could be sent before the first is stopped.
    monkeypatch.setenv("ENGINE_PARALLELISM", "1")
    with trying("a forced unlock between the last check and the send"):
        first = start(LATE, root, "")
        first.wait_for("here")
        first.stop()
        _unlock(root, _refused(root), force=True)
        _apply(root)
        assert _created(emulator) == EACH_ONCE
        state = (root / "state" / "default" / "shop.json").read_bytes()
        first.resume()
        first.go_on()
        assert first.wait_for("ended") == "ended LockLostError"
        assert [entry.replayed for entry in emulator.log.writes()] == [False, False, True]
        assert (root / "state" / "default" / "shop.json").read_bytes() == state


def test_a_holder_that_is_stopped_between_check_and_rename(
    tmp_path: Path, start: Callable[..., Engine], trying: Trying
) -> None:
    """Even there nothing is lost: its write is finished first, and the next one's is refused."""
    with trying("a forced unlock in the middle of a write"):
        backend = _first_state(tmp_path)
        before = backend.read("shop", "test")
        assert before is not None
        first = start(HALFWAY, tmp_path)
        first.wait_until_stopped()
        (lock,) = backend.run_locks()
        backend.unlock(lock.owner.id, force=True)
        mine = dataclasses.replace(before, serial=before.serial + 1, outputs={"who": "second"})
        with (
            ThreadPoolExecutor(max_workers=1) as pool,
            backend.lock("shop", "test", operation="apply", timeout=0, on_wait=_silent) as hold,
        ):
            hold.check()
            write = pool.submit(backend.write, mine, expected=before)
            first.resume()
            with pytest.raises(StaleStateError):
                write.result(LONG_ENOUGH)
            assert first.wait_for("ended") == "ended well"
            hold.check()
        after = backend.read("shop", "test")
        assert after is not None
        assert after.outputs == {"who": "first"}


def test_a_dead_holder_is_recognised(
    root: Path, emulator: Emulator, start: Callable[..., Engine], trying: Trying
) -> None:
    """Its lock is free at once; its name says that it is gone, and can be taken away."""
    with trying("a holder that is killed"):
        first = start(APPLY, root, "approve")
        first.wait_for("here")
        id = _refused(root)
        first.kill()
        first.end()
        (lock,) = open_project(root).backend.run_locks()
        assert (lock.owner.id, lock.owner.pid, lock.owner.gone) == (id, first.pid, True)
        _unlock(root, id)
        assert open_project(root).backend.run_locks() == ()
        _apply(root)
        assert _created(emulator) == EACH_ONCE


# ── locks whose file goes ─────────────────────────────────────────────────────────────────


def _delete_the_file(root: Path) -> None:
    (path,) = _lock_files(root)
    path.unlink()


def _delete_the_folder(root: Path) -> None:
    shutil.rmtree(root / "state" / "default" / ".locks")


@pytest.mark.parametrize("remove", [_delete_the_file, _delete_the_folder])
def test_a_deleted_lock_file_lets_nobody_overwrite(
    root: Path,
    emulator: Emulator,
    start: Callable[..., Engine],
    trying: Trying,
    remove: Callable[[Path], None],
) -> None:
    """The second gets in; the first notices before it writes."""
    with trying("a lock file that is deleted under its holder"):
        first = start(APPLY, root, "approve")
        first.wait_for("here")
        remove(root)
        _apply(root)
        state = (root / "state" / "default" / "shop.json").read_bytes()
        first.go_on()
        assert first.wait_for("ended") == "ended LockLostError"
        assert _created(emulator) == EACH_ONCE
        assert (root / "state" / "default" / "shop.json").read_bytes() == state


def _in_a_repository(root: Path) -> None:
    for words in (["init", "-q"], ["add", "stacks"]):
        _git(root, *words)


def test_git_clean_leaves_the_lock_alone(
    root: Path, emulator: Emulator, start: Callable[..., Engine], trying: Trying
) -> None:
    """Git is told to pass over it: the second is refused, the first goes on."""
    with trying("git clean -fd under a holder"):
        _in_a_repository(root)
        first = start(APPLY, root, "approve")
        first.wait_for("here")
        _git(root, "clean", "-fdq")
        _refused(root)
        first.go_on()
        assert first.wait_for("ended") == "ended well"
        _apply(root)
        assert _created(emulator) == EACH_ONCE


def test_git_clean_of_what_is_ignored_too_is_noticed(
    root: Path, emulator: Emulator, start: Callable[..., Engine], trying: Trying
) -> None:
    """It takes the lock away, as any deletion would: the first sends nothing."""
    with trying("git clean -fdx under a holder"):
        _in_a_repository(root)
        first = start(APPLY, root, "approve")
        first.wait_for("here")
        _git(root, "clean", "-fdxq")
        _apply(root)
        first.go_on()
        assert first.wait_for("ended") == "ended LockLostError"
        assert _created(emulator) == EACH_ONCE


def _linked(root: Path, other: Path) -> None:
    """Two checkouts, each with a git folder of its own, whose state/ is one folder."""
    _in_a_repository(root)
    (root / "state").mkdir(exist_ok=True)
    shutil.copytree(root / "stacks", other / "stacks")
    (other / "state").symlink_to(root / "state")
    _in_a_repository(other)


def _part_of_a_repository(root: Path, other: Path) -> None:
    """A container that has the project's folder and nothing around it."""
    _git(root.parent, "init", "-q")
    other.mkdir()
    for name in ("stacks", "state"):
        (root / name).mkdir(exist_ok=True)
        (other / name).symlink_to(root / name)


@pytest.mark.parametrize("view", [_linked, _part_of_a_repository])
def test_a_lock_that_is_seen_from_two_places(
    tmp_path: Path,
    emulator: Emulator,
    start: Callable[..., Engine],
    trying: Trying,
    view: Callable[[Path, Path], None],
) -> None:
    """Whatever of git each of them sees, there is one lock on one state."""
    with trying("one state seen from two places"):
        root, other = tmp_path / "monorepo" / "billing", tmp_path / "other"
        (root / "stacks").mkdir(parents=True)
        (root / "stacks" / "shop.py").write_text(textwrap.dedent(STACK), encoding="utf-8")
        view(root, other)
        first = start(APPLY, root, "approve")
        first.wait_for("here")
        _refused(other)
        first.go_on()
        assert first.wait_for("ended") == "ended well"
        _apply(other)
        assert _created(emulator) == EACH_ONCE


def _git(folder: Path, *words: str) -> None:
    subprocess.run(  # noqa: S603 - words of the test's own
        ["git", "-C", str(folder), *words],  # noqa: S607 - whichever git the machine has
        check=True,
        capture_output=True,
        env={
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_CONFIG_SYSTEM": "/dev/null",
            "PATH": os.environ["PATH"],
        },
    )
