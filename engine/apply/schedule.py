"""Which operation is next: one that is ready, the head of the longest chain first.

Pure. Everything that is ready can begin, and an operation that a long chain waits for begins before
one that no other waits for.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterator, Sequence

from engine.plan.model import Step, StepKind


def endings(steps: Sequence[Step]) -> frozenset[str]:
    """Keys of the removals that no other operation waits for.

    They can be held back until the stacks that read outputs of this one have been applied.
    """
    needed: set[str] = set()
    for step in reversed(steps):
        if step.kind is not StepKind.REMOVE or step.key in needed:
            needed.update(step.after)
    return frozenset(
        step.key for step in steps if step.kind is StepKind.REMOVE and step.key not in needed
    )


def partings(steps: Sequence[Step]) -> frozenset[str]:
    """Keys of the operations that leave an object to another stack, and of all that wait for them.

    They are held back until that stack has recorded the object.
    """
    found: set[str] = set()
    for step in steps:
        leaves = step.kind is StepKind.FORGET and bool(step.other)
        if leaves or not found.isdisjoint(step.after):
            found.add(step.key)
    return frozenset(found)


class Schedule:
    """The operations of a plan that have not begun.

    `next` returns each once, after all operations it waits for are done. Of those that are ready,
    the one with the longest chain waiting for it comes first, then the one earlier in the plan.
    """

    def __init__(
        self, steps: Sequence[Step], *, hold: Collection[str] = (), in_order: bool = False
    ) -> None:
        """Begin with all operations.

        Args:
            steps: The operations of a plan.
            hold: Keys of those that `next` does not return before `release`.
            in_order: Of those that are ready, the one earlier in the plan comes first: if they run
                one at a time, another order gains nothing.
        """
        self._steps = steps
        self._numbers = {step.key: number for number, step in enumerate(steps)}
        self._dependents: list[list[int]] = [[] for _ in steps]
        self._missing = [len(step.after) for step in steps]
        for number, step in enumerate(steps):
            for key in step.after:
                self._dependents[self._numbers[key]].append(number)
        self._heights = [0] * len(steps) if in_order else self._measured()
        self._gone = [False] * len(steps)
        self._held = {self._numbers[key] for key in hold}
        self._ready: list[tuple[int, int]] = []
        for number, missing in enumerate(self._missing):
            if not missing:
                self._make_ready(number)

    def release(self) -> None:
        """Let `next` return the operations that were held back, too."""
        held, self._held = self._held, set()
        for number in held:
            if not self._missing[number] and not self._gone[number]:
                self._make_ready(number)

    @property
    def left(self) -> int:
        """How many operations have neither begun nor been skipped."""
        return self._gone.count(False)

    def _make_ready(self, number: int) -> None:
        if number in self._held:
            return
        heapq.heappush(self._ready, (-self._heights[number], number))

    def _measured(self) -> list[int]:
        """The length of the longest chain of operations that wait for each."""
        missing = list(self._missing)
        order = [number for number, count in enumerate(missing) if not count]
        for number in order:  # grows during the loop
            for dependent in self._dependents[number]:
                missing[dependent] -= 1
                if not missing[dependent]:
                    order.append(dependent)
        heights = [0] * len(self._steps)
        for number in reversed(order):
            for dependent in self._dependents[number]:
                heights[number] = max(heights[number], heights[dependent] + 1)
        return heights

    def next(self) -> Step | None:
        """Take an operation that may begin; None if all others wait for one in flight."""
        while self._ready:
            _, number = heapq.heappop(self._ready)
            if not self._gone[number]:
                self._gone[number] = True
                return self._steps[number]
        return None

    def done(self, step: Step) -> None:
        """Mark an operation as done, for those that wait for it."""
        for dependent in self._dependents[self._numbers[step.key]]:
            self._missing[dependent] -= 1
            if not self._missing[dependent]:
                self._make_ready(dependent)

    def without(self, step: Step) -> Iterator[Step]:
        """Take out an operation that failed, and yield what waits for it, in plan order."""
        self._gone[self._numbers[step.key]] = True
        found: set[int] = set()
        waiting = [self._numbers[step.key]]
        while waiting:
            for dependent in self._dependents[waiting.pop()]:
                if dependent not in found and not self._gone[dependent]:
                    found.add(dependent)
                    waiting.append(dependent)
        for number in sorted(found):
            self._gone[number] = True
            yield self._steps[number]

    def rest(self) -> Iterator[Step]:
        """Take out everything that was not begun, in plan order."""
        for number, step in enumerate(self._steps):
            if not self._gone[number]:
                self._gone[number] = True
                yield step
