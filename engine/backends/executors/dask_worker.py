"""What runs of a fleet's task on a worker of a Dask cluster; found there by its name.

What returns is compressed here, so that the scheduler stays small, and holds no secret.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import os
import pickle
import signal
import socket
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import Any

from engine.ports.fleet.tasks import Failure, MemberOutcome, MemberResult, MemberTask
from engine.values.secret import Sealed, Sensitive
from engine.version import VERSION

_BEGINS_EACH_FILE = b"\0"
_BOOT = Path("/proc/sys/kernel/random/boot_id")
"""Differs between machines, and changes when one starts again."""


def carry_out(
    work: Callable[[MemberTask], MemberResult], task: MemberTask, project: str, folder: str
) -> bytes:
    """Run a task, if this worker would do the same as the command that sent it.

    That is: if it runs the same code, and has the same states.

    Args:
        work: Runs it.
        task: The task.
        project: What `project_digest` says where the command runs.
        folder: What `folder_id` says there.

    Returns:
        The result, as `opened` reads it.
    """
    _stop_profiler()
    root = Path(os.environ.get("ENGINE_PROJECT") or task.root)
    if project_digest(root) != project:
        return packed(failed(task, _other_project(root)))
    elsewhere = folder_id(root) != folder
    if elsewhere and task.in_files:
        return packed(failed(task, _other_folder(root)))
    return packed(work(dataclasses.replace(task, elsewhere=elsewhere)))


def project_digest(root: Path) -> str:
    """A digest of what decides a plan: the engine's version, the settings and the stack modules.

    Args:
        root: The project folder.
    """
    digest = hashlib.sha256(VERSION.encode())
    files = sorted((root / "stacks").rglob("*.py")) if root.is_dir() else []
    for path in (root / "pyproject.toml", *files):
        digest.update(_BEGINS_EACH_FILE + path.relative_to(root).as_posix().encode())
        if path.is_file():
            digest.update(_BEGINS_EACH_FILE + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def folder_id(root: Path) -> str:
    """Which folder of which machine: the same in each container that it is mounted into.

    Args:
        root: The project folder.
    """
    try:
        found, boot = root.stat(), _BOOT.read_text(encoding="ascii").strip()
    except OSError:  # no such folder, or a system that does not number its boots
        return f"{socket.gethostname()} {root}"
    return f"{boot} {found.st_dev} {found.st_ino}"


def packed(result: MemberResult) -> bytes:
    """A result as it is sent; of the secrets in its plan it says only that there is one."""
    written = io.BytesIO()
    _Pickler(written).dump(result)
    return zlib.compress(written.getvalue(), level=1)


def opened(sent: bytes) -> MemberResult:
    """Read what `packed` made; only of a cluster that this run's own code runs on."""
    result: MemberResult = pickle.loads(zlib.decompress(sent))  # noqa: S301 - as Dask itself does
    return result


def failed(task: MemberTask, failure: Failure) -> MemberResult:
    """The result of a task that failed outside of its work."""
    return MemberResult(member=task.member, outcome=MemberOutcome.FAILED, failure=failure)


def dask_setup(_worker: object) -> None:
    """Leave Ctrl-C to the command: Dask calls this as a worker of a local cluster begins."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


class _Pickler(pickle.Pickler):
    """Writes records; a secret is left behind."""

    def reducer_override(self, obj: Any) -> Any:
        """Say how a value is made again."""
        if isinstance(obj, Sensitive):
            return Sealed, ("",)
        # What protects a mapping of ours cannot be pickled.
        return (dict, (dict(obj),)) if isinstance(obj, MappingProxyType) else NotImplemented


def _stop_profiler() -> None:
    """Stop what looks at the stacks of a worker's threads, where that can stop them for ever.

    In Python 3.11 `sys._current_frames` may run the garbage collector while it keeps threads from
    beginning and ending (python/cpython#106883); Dask's profiler of workers calls it all the time
    (dask/distributed#8616). Such a worker neither goes on nor ends.
    """
    if sys.version_info >= (3, 12):
        return
    from distributed import get_worker

    worker = get_worker()
    profiler = worker.periodic_callbacks.get("profile")
    if profiler is not None:
        worker.loop.add_callback(profiler.stop)


def _other_project(root: Path) -> Failure:
    from distributed import get_worker

    return Failure(
        reference="fleet",
        message=f"worker {get_worker().address} has another engine version, other stack modules "
        f"or another pyproject.toml in {root}",
        hint="give all workers the version and the commit of this checkout, with ENGINE_PROJECT "
        "set to its folder there; nothing was sent to Stripe",
    )


def _other_folder(root: Path) -> Failure:
    from distributed import get_worker

    return Failure(
        reference="fleet",
        message=f"worker {get_worker().address} has another project folder, {root}, and states are "
        "files in the project folder",
        cause="What it did would be recorded where this command does not look.",
        hint='name a store that machines share, state = "s3://...", in pyproject.toml, see '
        "docs/how-to/share-state.md; or start workers with --dask local:N; nothing was sent to "
        "Stripe",
    )
