"""Runs the tasks of a fleet in threads of this process."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait

from engine.ports.fleet.tasks import MemberResult, MemberTask

PARALLELISM = 16
"""Accounts at once, where nothing else is asked for."""


class PoolExecutor:
    """Runs tasks on a `concurrent.futures.Executor`; threads unless another one is given."""

    def __init__(
        self,
        parallelism: int = PARALLELISM,
        *,
        threads: str = "engine-fleet",
        pool: Callable[[int], Executor] | None = None,
        workers: int = 1,
    ) -> None:
        """Begin nothing yet.

        Args:
            parallelism: Tasks at once.
            threads: What the names of threads begin with.
            pool: Makes another pool for so many tasks.
            workers: How many processes the pool has.
        """
        self._parallelism = parallelism
        self._pool = pool or functools.partial(_threads, threads)
        self._workers = workers
        self._left: tuple[str, ...] = ()

    @property
    def workers(self) -> int:
        """How many processes run tasks."""
        return self._workers

    @property
    def left(self) -> tuple[str, ...]:
        """Accounts whose tasks ran when a run was closed."""
        return self._left

    def run(
        self, tasks: Iterable[MemberTask], work: Callable[[MemberTask], MemberResult]
    ) -> Iterator[MemberResult]:
        """Run tasks; see `engine.ports.fleet.tasks.FleetExecutor.run`."""
        waiting = iter(tasks)
        running: dict[Future[MemberResult], str] = {}
        pool = self._pool(self._parallelism)
        try:
            while True:
                while len(running) < self._parallelism:
                    task = next(waiting, None)
                    if task is None:
                        break
                    running[pool.submit(work, task)] = task.member.name
                if not running:
                    break
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                while done:
                    del running[ended := done.pop()]
                    yield ended.result()
        finally:
            self._left = tuple(name for future, name in running.items() if not future.done())
            # What runs ends by itself; a person who does not wait for it ends the process.
            with contextlib.suppress(RuntimeError):
                pool.shutdown(wait=False, cancel_futures=True)


def _threads(name: str, parallelism: int) -> Executor:
    return ThreadPoolExecutor(parallelism, thread_name_prefix=name)
