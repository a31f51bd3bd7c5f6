"""Runs the tasks of a fleet on a Dask cluster: one that is there, or one of this command's own.

A worker that is lost loses its tasks to other workers, which is safe because of the lock and the
journal of each account. Results leave the cluster one by one, as they come: a result that stays on
a worker is made again when that worker is lost.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final, Self

from engine.backends.executors.dask_worker import (
    carry_out,
    failed,
    folder_id,
    opened,
    project_digest,
)
from engine.errors import SettingsError
from engine.ports.fleet.tasks import Failure, MemberResult, MemberTask

_LOCAL: Final = re.compile(r"local(?::([1-9]\d{0,2}))?")
_ADDRESS: Final = re.compile(r"(tcp|tls)://[^\s/@]+:\d+")
_THREADS = 16
"""Accounts at once on a local cluster."""
_PATIENCE = "15s"
"""How long a scheduler has to answer a new client."""
_GRACE = 5
"""Seconds that tasks on a cluster of our own may take to end, once the run is closed."""
_AHEAD = 2
"""Tasks sent for each thread of a cluster: one runs, one waits."""
_QUIET: Final = {
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.profile.enabled": False,
    "distributed.admin.low-level-log-length": 16,
}
"""A cluster of our own serves no pages, writes nothing to disk, and is not profiled.

It keeps few of the messages that were sent, each of which has a task in it; so does the client of
another cluster.
"""


class DaskExecutor:
    """Runs tasks on a Dask cluster; a context in which the cluster is connected."""

    def __init__(self, place: str) -> None:
        """Connect nothing yet.

        Args:
            place: Address of a scheduler, `tls://HOST:PORT` or `tcp://HOST:PORT`; `local` or
                `local:N` for a cluster of N processes on this machine.

        Raises:
            SettingsError: if it is none of these.
        """
        local = _LOCAL.fullmatch(place)
        if local is None and not _ADDRESS.fullmatch(place):
            raise SettingsError(
                "--dask names no Dask cluster",
                hint="write --dask tls://HOST:PORT, --dask tcp://HOST:PORT, or --dask local:4",
            )
        self._place = place
        self._local = 0 if local is None else int(local[1] or os.cpu_count() or 1)
        self._open = contextlib.ExitStack()
        self._client: Any = None
        self._workers = self._local
        self._left: tuple[str, ...] = ()

    def __enter__(self) -> Self:
        """Connect.

        Raises:
            SettingsError: if there is no such cluster, it has no workers, or the package is
                missing.
        """
        with contextlib.ExitStack() as opening:
            self._client = self._connected(_distributed(), opening)
            if not self._nthreads():
                raise SettingsError(
                    f"the Dask cluster at {self._place} has no workers",
                    hint=f"start some: dask worker {self._place}",
                )
            self._workers = self._local or len(self._nthreads())
            self._open = opening.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    @property
    def workers(self) -> int:
        """How many processes run tasks, counted when the run began."""
        return self._workers

    @property
    def left(self) -> tuple[str, ...]:
        """Accounts whose tasks ran when a run was closed, and did not end in time."""
        return self._left

    def run(
        self, tasks: Iterable[MemberTask], work: Callable[[MemberTask], MemberResult]
    ) -> Iterator[MemberResult]:
        """Run tasks; see `engine.ports.fleet.tasks.FleetExecutor.run`."""
        waiting = iter(tasks)
        running: dict[Any, MemberTask] = {}
        completed = _distributed().as_completed(
            with_results=True, raise_errors=False, loop=self._client.loop
        )
        here: dict[str, tuple[str, str]] = {}
        most = self._most()
        try:
            while True:
                for task in itertools.islice(waiting, most - len(running)):
                    if task.root not in here:
                        root = Path(task.root)
                        here[task.root] = project_digest(root), folder_id(root)
                    future = self._client.submit(
                        carry_out, work, task, *here[task.root], pure=False
                    )
                    running[future] = task
                    completed.add(future)
                if not running:
                    return
                future, sent = next(completed)
                result = _result(running.pop(future), future.status, sent)
                # At once: what the scheduler keeps does not grow with the fleet.
                future.release()
                del future, sent
                yield result
        finally:
            self._end(running)

    def _most(self) -> int:
        """How many tasks are with the cluster at once."""
        if self._local:
            # Each one that was sent runs, so that it can be waited for.
            return self._local * _threads(self._local)
        # For a moment all workers may be lost.
        return max(1, sum(self._nthreads().values())) * _AHEAD

    def _end(self, running: dict[Any, MemberTask]) -> None:
        """Begin nothing more; on a cluster of our own, which ends now, wait a little."""
        self._left = tuple(task.member.name for task in running.values())
        if not running or self._client.status != "running":
            return
        if self._local:
            ending = _distributed().as_completed(
                list(running), loop=self._client.loop, timeout=_GRACE
            )
            with contextlib.suppress(TimeoutError):
                for future in ending:
                    del running[future]
            self._left = tuple(task.member.name for task in running.values())
        self._client.cancel(list(running))

    def _nthreads(self) -> dict[str, int]:
        found: dict[str, int] = self._client.nthreads()
        return found

    def _connected(self, distributed: Any, opening: contextlib.ExitStack) -> Any:
        from dask import config

        opening.enter_context(config.set(_QUIET))
        if not self._local:
            try:
                client = distributed.Client(
                    self._place, timeout=_PATIENCE, set_as_default=False, direct_to_workers=False
                )
            except (OSError, ValueError) as error:
                raise SettingsError(
                    f"no Dask scheduler answers at {self._place}",
                    cause=type(error).__name__,
                    hint="start one with dask scheduler; for tls://, Dask's own settings name the "
                    "certificates: DASK_DISTRIBUTED__COMM__TLS__CA_FILE and its like",
                ) from error
            return opening.enter_context(client)
        folder = opening.enter_context(tempfile.TemporaryDirectory(prefix="engine-dask-"))
        cluster = distributed.LocalCluster(
            n_workers=self._local,
            threads_per_worker=_threads(self._local),
            processes=True,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            worker_dashboard_address="127.0.0.1:0",
            silence_logs=logging.CRITICAL,
            local_directory=folder,
            memory_limit=0,
            # Other people of this machine reach its ports: a certificate that ends with it.
            security=_own_certificate(distributed),
            preload=["engine.backends.executors.dask_worker"],
        )
        opening.enter_context(cluster)
        return opening.enter_context(distributed.Client(cluster, set_as_default=False))


def _threads(workers: int) -> int:
    """Threads of each worker of a cluster of our own."""
    return max(1, _THREADS // workers)


def _result(task: MemberTask, status: str, sent: Any) -> MemberResult:
    if status == "finished":
        return opened(sent)
    again = f"run it again for this account: --fleet {task.fleet} --only {task.member.name}"
    if status != "error":
        # A cancelled one: the scheduler is gone, or another client cancelled it.
        message = f"the Dask cluster lost the task of {task.member.name}"
        hint = f"its worker may still work on it; {again}"
        return failed(task, Failure(reference="fleet", message=message, hint=hint))
    error = sent[1]
    if type(error).__name__ == "KilledWorker":
        message = f"each worker that took the task of {task.member.name} was lost"
        cause = f"{error.allowed_failures + 1} workers ended while they ran it"
        hint = f"see the logs of the workers; {again}"
        return failed(task, Failure(reference="fleet", message=message, cause=cause, hint=hint))
    # Not its text, which a worker wrote outside of the work that hides secrets.
    message = f"the task of {task.member.name} could not be run: {type(error).__name__}"
    hint = f"give the workers the engine of this command, see their logs; {again}"
    return failed(task, Failure(reference="fleet", message=message, hint=hint))


def _distributed() -> Any:
    try:
        import distributed
    except ImportError as error:
        raise _not_installed("distributed") from error
    return distributed


def _own_certificate(distributed: Any) -> Any:
    try:
        return distributed.Security.temporary()
    except ImportError as error:
        raise _not_installed("cryptography") from error


def _not_installed(package: str) -> SettingsError:
    return SettingsError(
        f"--dask: the package {package} is not installed",
        hint="pip install 'stripe-stack-engine[fleet]'",
    )
