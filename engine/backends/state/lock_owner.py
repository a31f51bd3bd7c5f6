"""Who holds a lock, what everybody else is told, and whether that process still lives.

What must not live here: the locks themselves.
"""

from __future__ import annotations

import datetime as dt
import getpass
import os
import secrets
import socket
from collections.abc import Iterable, Mapping
from pathlib import Path

from engine.errors import LockHeldError, LockLostError, UsageError
from engine.ports.run_locks import Holder
from engine.state.held_lock import HeldLock

_ID_BYTES = 4
# What CI systems call the page of a run; the first whose variables are all set is taken.
_RUN_PAGES = (
    "{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}",
    "{CI_JOB_URL}",
    "{BUILDKITE_BUILD_URL}",
    "{CIRCLE_BUILD_URL}",
    "{TRAVIS_JOB_WEB_URL}",
    "{BITBUCKET_GIT_HTTP_ORIGIN}/pipelines/results/{BITBUCKET_BUILD_NUMBER}",
    "{SYSTEM_COLLECTIONURI}{SYSTEM_TEAMPROJECT}/_build/results?buildId={BUILD_BUILDID}",
    "{BUILD_URL}",
)
_LONGEST_PAGE = 500
# Fields of /proc/PID/stat behind the command's name: the state, and the start in clock ticks.
_STATE, _START = 0, 19
_DEAD = ("Z", "X")


def this_run(operation: str) -> Holder:
    """This process, as the holder of a lock.

    Args:
        operation: What it holds the lock for.
    """
    return Holder(
        id=_new_id(),
        operation=operation,
        who=_this_person(),
        pid=os.getpid(),
        since=_now(),
        host=socket.gethostname(),
        boot=_boot(),
        started=_started(os.getpid()),
        url=run_page(os.environ),
    )


def _new_id() -> str:
    """A random id of a lock."""
    return secrets.token_hex(_ID_BYTES)


def _now() -> str:
    """UTC, ISO 8601 to the second."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")


def _this_person() -> str:
    """`user@host`."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # no such user in a container
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"


def run_page(environ: Mapping[str, str]) -> str:
    """The address of the CI run that this process is part of; empty outside of CI."""
    for page in _RUN_PAGES:
        try:
            address = page.format_map(environ)
        except KeyError:
            continue
        if (
            address.startswith(("https://", "http://"))
            and address.isprintable()
            and len(address) <= _LONGEST_PAGE
        ):
            return address
    return ""


def is_gone(holder: Holder) -> bool:
    """Whether a holder's process is known to have ended.

    Of another host, or of another process namespace on this one, nothing is known.
    """
    if holder.host != socket.gethostname():
        return False
    boot = _boot()
    if holder.boot != boot:
        # No process outlives the kernel; in another namespace its number means nothing here.
        then, today = (text.partition("/")[0] for text in (holder.boot, boot))
        return bool(then and today) and then != today
    if holder.started:
        return _started(holder.pid) != holder.started
    return not _is_there(holder.pid)


def _boot() -> str:
    """Which boot of this host, and which process namespace; empty where the system does not say."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}/{Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def _started(pid: int) -> str:
    """When a process started, in ticks since the boot; empty if it is not running, or unknown."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    # The command's name may hold anything, blanks and parentheses too.
    fields = text.rpartition(")")[2].split()
    return "" if fields[_STATE] in _DEAD else fields[_START]


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # somebody else's
        return True
    return True


def held(stack: str, environment: str, holder: Holder | None) -> LockHeldError:
    """The refusal that whoever comes second gets.

    Args:
        stack: Stack name.
        environment: Environment name.
        holder: Who holds the lock; None if nothing says so.
    """
    hint = "wait for it to end, or give --lock-timeout SECONDS to wait here"
    if holder is not None:
        hint += f". If it hangs: engine unlock {holder.id}"
    return LockHeldError(f"{environment}/{stack} is locked by {holder or 'another run'}", hint=hint)


def still_there(stack: str, environment: str, holder: Holder) -> LockHeldError:
    """The refusal to take a lock from a run that is still there."""
    here = holder.host == socket.gethostname()
    where = "" if here else f" on {holder.host or holder.who}"
    return LockHeldError(
        f"{environment}/{stack} is locked by {holder}, which is still at work",
        cause="Its lock ends when it does; nothing has to be unlocked after it.",
        hint=f"stop it with kill {holder.pid}{where}: it finishes what is in flight, records it "
        f"and frees the lock. If it cannot be stopped, engine unlock {holder.id} --force lets the "
        "next run in, and that one may write nothing any more",
    )


def no_such_run(id: str, known: Iterable[str]) -> UsageError:
    """The answer to an id that no run lock has."""
    ids = ", ".join(known)
    return UsageError(
        f"no run holds a lock with the id {id!r}",
        hint=f"those there are: {ids}" if ids else "no run holds any; engine lock lists them",
    )


def held_by_us(environment: str, stack: str, reason: str, *, file: str = "") -> HeldLock:
    """A held lock that this person puts on a stack, or on a whole environment."""
    return HeldLock(
        id=_new_id(),
        environment=environment,
        stack=stack,
        who=_this_person(),
        since=_now(),
        reason=reason,
        file=file,
    )


def held_already(lock: HeldLock) -> LockHeldError:
    """The answer to whoever locks what is locked."""
    return LockHeldError(
        str(lock), hint=f"release it first: engine lock {lock.place} --release; nothing was changed"
    )


def not_held(environment: str, stack: str) -> UsageError:
    """The answer to whoever releases what nobody locked."""
    return UsageError(
        f"{environment}{'/' if stack else ''}{stack} is not locked",
        hint="engine lock lists what is",
    )


def lost(stack: str, environment: str) -> LockLostError:
    """The refusal that a run gets whose lock is not its own any more."""
    return LockLostError(
        f"the lock of {environment}/{stack} is no longer held by this run",
        cause="Its file was deleted or replaced, or somebody let another run in with "
        "engine unlock --force.",
        hint="this run writes nothing more; engine plan shows where things stand",
    )
