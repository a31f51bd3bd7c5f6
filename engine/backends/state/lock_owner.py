"""The owner of a lock: this process as one, and whether the process of another still runs."""

from __future__ import annotations

import datetime as dt
import getpass
import os
import secrets
import socket
from collections.abc import Mapping
from pathlib import Path

from engine.ports.held_locks import HeldLock
from engine.ports.run_locks import LockOwner

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
# Fields of /proc/PID/stat after the command's name: the state, and the start in clock ticks.
_STATE, _START = 0, 19
_DEAD = ("Z", "X")


def this_run(operation: str, *, claim: str = "") -> LockOwner:
    """This process as the owner of a lock.

    Args:
        operation: What it takes the lock for.
        claim: Id of the larger run that it is part of; empty if it is part of none.
    """
    return LockOwner(
        id=_new_id(),
        operation=operation,
        who=_this_person(),
        pid=os.getpid(),
        since=_now(),
        host=socket.gethostname(),
        boot=_boot(),
        started=_started(os.getpid()),
        url=run_page(os.environ),
        claim=claim,
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


def has_ended(owner: LockOwner) -> bool:
    """Whether the process of a lock's owner is known to have ended.

    Nothing is known about processes of other hosts, or of other process namespaces on this one.
    """
    if owner.host != socket.gethostname():
        return False
    boot = _boot()
    if owner.boot != boot:
        # No process outlives the kernel; in another namespace its number means nothing here.
        then, today = (text.partition("/")[0] for text in (owner.boot, boot))
        return bool(then and today) and then != today
    if owner.started:
        return _started(owner.pid) != owner.started
    return not _is_there(owner.pid)


def has_ended_here(owner: LockOwner, here: LockOwner) -> bool:
    """Whether a process of this machine has ended, as far as a store of many machines can know.

    Two machines of a team may have one name, `runner` or that of their image; no two of them have
    the same boot.
    """
    return bool(here.boot) and owner.boot == here.boot and has_ended(owner)


def _boot() -> str:
    """Which boot of this host, and which process namespace; empty where the system has none."""
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
    except OSError:  # another user's
        return True
    return True


def new_held_lock(environment: str, stack: str, reason: str, *, file: str = "") -> HeldLock:
    """A held lock that the person at this process puts on a stack or a whole environment."""
    return HeldLock(
        id=_new_id(),
        environment=environment,
        stack=stack,
        who=_this_person(),
        since=_now(),
        reason=reason,
        file=file,
    )
