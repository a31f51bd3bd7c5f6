"""Run locks as files: where they lie, what they say, and how their loss is noticed."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import io
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.backends.state.file_backend import FileBackend
from engine.backends.state.lock_owner import this_run
from engine.backends.state.run_locks import _Watch, check_locks, read_owner, writing
from engine.errors import LockHeldError, LockLostError, StateError
from engine.ports.run_locks import LockOwner
from engine.state.model import new_state
from tests.support.git import git


def _backend(root: Path) -> FileBackend:
    return FileBackend(root / "state", root / ".engine", engine_version="1")


def _silent(_: LockOwner | None) -> None:
    """Nobody is told."""


def _locks(root: Path) -> list[Path]:
    """Ours: git has some of its own while it tidies up after a commit."""
    found = (path for path in root.rglob("*.lock") if path.is_file())
    return sorted(path for path in found if ".git" not in path.parts)


# ── where locks lie ───────────────────────────────────────────────────────────────────────


def _lock_once(root: Path, stack: str = "shop") -> None:
    backend = _backend(root)
    with backend.lock(stack, "live", operation="apply", timeout=0, on_wait=_silent):
        pass


def _is_locked(root: Path) -> bool:
    """Whether somebody holds the lock, seen from a project folder."""
    try:
        _lock_once(root)
    except LockHeldError:
        return True
    return False


def test_a_lock_lies_with_the_states_and_git_does_not_see_it(repository: Path) -> None:
    """A run lock is nobody's change; `git clean` leaves what is ignored."""
    _lock_once(repository)
    lock = repository / "state" / "live" / ".locks" / "shop.lock"
    assert _locks(repository) == [lock]
    assert git(repository, "status", "--porcelain", "--untracked-files=all") == ""
    git(repository, "clean", "-fdq")
    assert lock.exists()


def _linked_state(there: Path, here: Path) -> None:
    here.mkdir()
    (here / "state").symlink_to(there / "state")


def _linked_environment(there: Path, here: Path) -> None:
    (here / "state").mkdir(parents=True)
    (here / "state" / "live").symlink_to(there / "state" / "live")


def _linked_project(there: Path, here: Path) -> None:
    here.symlink_to(there)


def _worktree_of_its_own(there: Path, here: Path) -> None:
    _linked_state(there, here)
    (here / ".git").mkdir()


@pytest.mark.parametrize(
    "view",
    [_linked_state, _linked_environment, _linked_project, _worktree_of_its_own],
    ids=lambda view: view.__name__,
)
def test_whoever_sees_the_same_states_meets_the_same_lock(
    repository: Path, view: Callable[[Path, Path], None]
) -> None:
    """Whatever else a run sees, a git folder above all, does not decide where the lock is."""
    project, other = repository / "app", repository.parent / "other"
    (project / "state" / "live").mkdir(parents=True)
    view(project, other)
    for mine, theirs in ((project, other), (other, project)):
        with _backend(mine).lock("shop", "live", operation="a", timeout=0, on_wait=_silent):
            assert _is_locked(theirs)
        assert not _is_locked(theirs)
    assert len(_locks(project)) == 1


def test_a_folder_that_is_mounted_elsewhere_has_the_same_lock(repository: Path) -> None:
    """As a container sees it that gets a folder of the repository and not the rest."""
    project, other = repository / "app", repository.parent / "other"
    (project / "state").mkdir(parents=True)
    other.mkdir()
    with (
        _mounted(project, other),
        _backend(project).lock("shop", "live", operation="a", timeout=0, on_wait=_silent),
    ):
        assert _is_locked(other)


@contextlib.contextmanager
def _mounted(there: Path, here: Path) -> Iterator[None]:
    mount, unmount = shutil.which("mount"), shutil.which("umount")
    if mount is None or unmount is None:
        pytest.skip("this system has no mount command")
    mounted = subprocess.run(  # noqa: S603 - the system's own command
        [mount, "--bind", str(there), str(here)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"a folder cannot be mounted here: {mounted.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run([unmount, str(here)], check=True)  # noqa: S603 - the system's own command


def test_two_projects_of_one_repository_have_their_own_locks(repository: Path) -> None:
    """Stacks of the same name in two folders do not wait for each other."""
    for name in ("a", "b"):
        (repository / name).mkdir()
    with _backend(repository / "a").lock("s", "live", operation="a", timeout=0, on_wait=_silent):
        assert not _is_locked(repository / "b")


def test_a_link_that_leads_elsewhere_is_a_lost_lock(tmp_path: Path) -> None:
    """What is locked is no longer what would be written."""
    for name in ("one", "two", "project"):
        (tmp_path / name).mkdir()
    states = tmp_path / "project" / "state"
    states.symlink_to(tmp_path / "one")
    backend = _backend(tmp_path / "project")
    with backend.lock("shop", "live", operation="apply", timeout=0, on_wait=_silent) as hold:
        states.unlink()
        states.symlink_to(tmp_path / "two")
        with pytest.raises(LockLostError):
            hold.check()
        with pytest.raises(LockLostError):
            backend.write(new_state("shop", "live", "l"), expected=None)


# ── what the lock file says ───────────────────────────────────────────────────────────────


def test_the_holder_stands_in_the_lock_file_and_goes_with_it(tmp_path: Path) -> None:
    """JSON from offset 1 on, since Windows locks byte 0; nothing once the lock is free."""
    backend = _backend(tmp_path)
    path = tmp_path / "state" / "live" / ".locks" / "shop.lock"
    with backend.lock("shop", "live", operation="destroy", timeout=0, on_wait=_silent):
        raw = path.read_bytes()
        assert raw[:1] == b" "
        document = json.loads(raw[1:])
        known = {"id", "operation", "who", "pid", "since", "host", "boot", "started", "url"}
        assert set(document) == known | {"claim"}
        assert document["operation"] == "destroy"
        owner = read_owner(path)
        assert owner is not None
        assert owner.id == document["id"]
    assert path.read_bytes() == b""
    assert read_owner(path) is None


@pytest.mark.parametrize(
    "content",
    [b"", b" ", b" not json", b' {"id": "x"}', b" []", b"\xff\xfe\x00", b' {"surprise": 1}'],
)
def test_an_odd_lock_file_is_no_obstacle(tmp_path: Path, content: bytes) -> None:
    """What an earlier version, a crash or a person left there says nothing, and is overwritten."""
    path = tmp_path / "state" / "live" / ".locks" / "shop.lock"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    assert read_owner(path) is None
    backend = _backend(tmp_path)
    with backend.lock("shop", "live", operation="apply", timeout=0, on_wait=_silent):
        assert read_owner(path) is not None
        path.write_bytes(content)
        second = backend.lock("shop", "live", operation="plan", timeout=0, on_wait=_silent)
        with pytest.raises(LockHeldError, match="live/shop is locked by another run"), second:
            pytest.fail("two hold it")


def test_whoever_reads_more_than_it_knows_reads_on(tmp_path: Path) -> None:
    """A newer version may say more about itself."""
    path = tmp_path / "shop.lock"
    record = {"id": "1", "operation": "apply", "who": "a@b", "pid": 1, "since": "now", "mood": "x"}
    path.write_bytes(b" " + json.dumps(record).encode())
    owner = read_owner(path)
    assert owner is not None
    assert owner.who == "a@b"


@pytest.mark.parametrize("pid", ["1", None, 1.5, True])
def test_a_record_of_another_form_says_nothing(tmp_path: Path, pid: object) -> None:
    """A number that is none is not asked of the kernel."""
    path = tmp_path / "shop.lock"
    record = {"id": "1", "operation": "apply", "who": "a@b", "pid": pid, "since": "now"}
    path.write_bytes(b" " + json.dumps(record).encode())
    assert read_owner(path) is None


def test_a_lock_that_cannot_be_taken_is_an_error_of_the_state(tmp_path: Path) -> None:
    """A folder where the lock file belongs is named, and nothing is changed."""
    path = tmp_path / "state" / "live" / ".locks" / "shop.lock"
    path.mkdir(parents=True)
    with pytest.raises(StateError, match=r"the lock .+shop\.lock cannot be taken"):
        _lock_once(tmp_path)


def test_a_lock_folder_that_cannot_be_made_is_an_error_of_the_state(tmp_path: Path) -> None:
    """The path, the reason and what to do."""
    (tmp_path / "state" / "live").mkdir(parents=True)
    (tmp_path / "state" / "live" / ".locks").write_text("in the way")
    with pytest.raises(StateError, match="the lock of live/shop cannot be made") as raised:
        _lock_once(tmp_path)
    assert ".locks" in str(raised.value.cause)
    assert str(raised.value.hint).startswith("make room, or make the folder")
    assert "nothing was changed" in str(raised.value.hint)


# ── a lock that is held no more ───────────────────────────────────────────────────────────


def _delete(path: Path) -> None:
    path.unlink()


def _replace(path: Path) -> None:
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content)


def _rename_over(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(path.read_bytes())
    other.rename(path)


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _sign(path: Path) -> None:
    owner = this_run("apply")
    path.write_bytes(b" " + json.dumps(dataclasses.asdict(owner)).encode())


def _remove_folder(path: Path) -> None:
    shutil.rmtree(path.parent)


@pytest.mark.parametrize(
    "spoil",
    [_delete, _replace, _rename_over, _empty, _sign, _remove_folder],
    ids=lambda f: f.__name__,
)
def test_a_holder_notices_that_its_file_is_not_its_own(
    tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    """Deleted, made anew, emptied or signed by another: nothing is written."""
    backend = _backend(tmp_path)
    with backend.lock("shop", "live", operation="apply", timeout=0, on_wait=_silent) as hold:
        hold.check()
        backend.write(new_state("shop", "live", "l"), expected=None)
        before = backend.path("shop", "live").read_bytes()
        spoil(tmp_path / "state" / "live" / ".locks" / "shop.lock")
        with pytest.raises(LockLostError, match="live/shop is no longer held") as raised:
            hold.check()
        assert "writes nothing more" in str(raised.value.hint)
        stored = backend.read("shop", "live")
        with pytest.raises(LockLostError):
            backend.write(new_state("shop", "live", "m"), expected=stored)
    assert backend.path("shop", "live").read_bytes() == before
    _lock_once(tmp_path)


def test_a_lost_lock_that_ends_leaves_the_next_ones_name_alone(tmp_path: Path) -> None:
    """The name is taken off the file that was held, not off the one at its path."""
    backend = _backend(tmp_path)
    path = tmp_path / "state" / "live" / ".locks" / "shop.lock"
    with contextlib.ExitStack() as second:
        with backend.lock("shop", "live", operation="apply", timeout=0, on_wait=_silent) as old:
            path.unlink()
            new = second.enter_context(
                _backend(tmp_path).lock(
                    "shop", "live", operation="plan", timeout=0, on_wait=_silent
                )
            )
            assert old.owner.id != new.owner.id
        new.check()
        owner = read_owner(path)
        assert owner is not None
        assert owner.id == new.owner.id


# ── the dead, and their names ─────────────────────────────────────────────────────────────


def _left_behind(path: Path, **changes: object) -> LockOwner:
    """The record of a process of this host that is gone."""
    with subprocess.Popen(["true"]) as process:  # noqa: S607 - whichever the machine has
        pass
    given = {**dataclasses.asdict(this_run("apply")), "pid": process.pid, "started": "1", **changes}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b" " + json.dumps(given).encode())
    owner = read_owner(path)
    assert owner is not None
    return owner


def test_a_record_of_a_dead_process_says_so(tmp_path: Path) -> None:
    """Nobody is sent to look for a process that is gone."""
    owner = _left_behind(tmp_path / "shop.lock")
    assert owner.gone
    assert str(owner).endswith(", a process that is gone)")


def test_a_dead_ones_record_is_taken_away_and_its_lock_is_free(tmp_path: Path) -> None:
    """`unlock` has nothing to break there, and needs no force."""
    path = tmp_path / "state" / "live" / ".locks" / "shop.lock"
    dead = _left_behind(path)
    backend = _backend(tmp_path)
    (lock,) = backend.run_locks()
    assert (lock.environment, lock.stack, lock.owner) == ("live", "shop", dead)
    assert backend.unlock(dead.id, force=False) == lock
    assert backend.run_locks() == ()
    assert path.read_bytes() == b""
    _lock_once(tmp_path)


def test_whoever_waits_is_not_shown_the_dead(tmp_path: Path) -> None:
    """The record of a run that was killed stays until the next one signs; it holds nothing."""
    path = tmp_path / "state" / "live" / ".locks" / "shop.lock"
    _left_behind(path)

    def on_wait(_: LockOwner | None) -> None:
        pytest.fail("nobody waits")

    backend = _backend(tmp_path)
    with backend.lock("shop", "live", operation="apply", timeout=1, on_wait=on_wait):
        pass


def test_a_lock_whose_file_names_the_dead_is_held_by_another(tmp_path: Path) -> None:
    """What is told is what is known: it is held, and not by the one whose name is there."""
    path = tmp_path / "state" / "live" / ".locks" / "shop.lock"
    backend = _backend(tmp_path)
    with backend.lock("shop", "live", operation="apply", timeout=0, on_wait=_silent):
        _left_behind(path)
        second = backend.lock("shop", "live", operation="plan", timeout=0, on_wait=_silent)
        with pytest.raises(LockHeldError, match="a process that is gone"), second:
            pytest.fail("two hold it")


def test_whoever_waits_is_told_of_each_who_comes_and_of_nobody_once(tmp_path: Path) -> None:
    """A holder has a moment to sign; one that does not sign is not asked for again and again."""
    path = tmp_path / "shop.lock"
    told: list[str | None] = []
    watch = _Watch(path, lambda owner: told.append(owner.id if owner else None))

    def sign() -> str:
        owner = this_run("apply")
        path.write_bytes(b" " + json.dumps(dataclasses.asdict(owner)).encode())
        return owner.id

    assert not watch.blocked()
    assert told == []
    assert not any(watch.blocked() for _ in range(3))
    assert told == [None]
    first = sign()
    assert not any(watch.blocked() for _ in range(3))
    path.write_bytes(b"")
    assert not any(watch.blocked() for _ in range(3))
    second = sign()
    assert not watch.blocked()
    assert told == [None, first, second]


# ── one write at a time ───────────────────────────────────────────────────────────────────


def test_two_writes_to_one_folder_come_one_after_the_other(tmp_path: Path) -> None:
    """The second waits, and gives up on one that does not go on; then it is free again."""
    with (
        writing(tmp_path),
        pytest.raises(StateError, match="does not go on"),
        writing(tmp_path, patience=2),
    ):
        pytest.fail("two write")
    with writing(tmp_path, patience=1):
        pass


def test_where_folders_cannot_be_locked_the_write_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on NFS, which refuses to lock a folder."""

    def refused(_: int, *, blocking: bool) -> bool:
        assert not blocking
        raise OSError(9, "Bad file descriptor")

    monkeypatch.setattr("filelock.lock_descriptor", refused)
    with writing(tmp_path, patience=1):
        pass


def test_a_file_system_without_locks_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it grants every lock, or refuses to lock at all; no file is left."""
    check_locks(tmp_path / "not" / "there")
    monkeypatch.setattr("filelock.lock_descriptor", lambda *_, **__: True)
    with pytest.raises(StateError, match="does not lock files") as raised:
        check_locks(tmp_path)
    assert raised.value.cause == "a second lock of the same file is granted"

    def refuse(*_: object, **__: object) -> bool:
        raise OSError(37, "No locks available")

    monkeypatch.setattr("filelock.lock_descriptor", refuse)
    with pytest.raises(StateError, match="does not lock files") as raised:
        check_locks(tmp_path)
    assert raised.value.cause == "No locks available"
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It still takes an empty file, but nothing that a state is made of."""

    class Full(io.BytesIO):
        def write(self, _: object, /) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("tempfile.NamedTemporaryFile", lambda **_: Full())
    with pytest.raises(OSError, match="No space left"):
        check_locks(tmp_path)
