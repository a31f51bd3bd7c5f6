"""Review two commits, or two serials: read the states, say what was applied between, check it."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from engine.errors import Problem, StateError, UntrustedStateError, UsageError
from engine.frozen import frozen
from engine.operations.review.code import Code, Opener
from engine.operations.review.commits import commits_of, modules_of
from engine.operations.review.sides import (
    Place,
    Side,
    committed,
    in_working_tree,
    moved_here,
    version_side,
)
from engine.operations.run.context import Context
from engine.operations.state_keep.versions import version_of
from engine.operations.verify.checks import verify
from engine.plan.inputs.ownership import Owner, key_of, ownership_of, way_to_settle
from engine.plan.model import Plan
from engine.plan.reviewed.changes import Environment, applied_between
from engine.plan.reviewed.impossible import (
    Finding,
    impossible_changes,
    is_rebuilt,
    replaced_without_a_trace,
    succession,
)
from engine.ports.review.report import ReviewedStack, ReviewReport
from engine.ports.review.repository import Commit, Repository
from engine.state.codec import Document
from engine.state.model import ResourceState, State
from engine.state.moved import moved_to

WORKING_TREE = "the working tree"


@frozen
class ReviewOptions:
    """What the person asked for.

    Attributes:
        range: `BASE..HEAD`, `BASE...HEAD`, `BASE` for the working tree; empty for what the branch
            that is checked out has more than the default branch.
        code: Evaluate the stack modules of the later side, and compare them with the states.
        environment: Only the states of this environment; empty for all.
    """

    range: str = ""
    code: bool = True
    environment: str = ""


def review(
    context: Context, repository: Repository, open_for: Opener, options: ReviewOptions
) -> ReviewReport:
    """Say what was applied between two commits, and what is wrong with it. Nothing is written.

    Args:
        context: The run's ports.
        repository: The repository that the project is in.
        open_for: Opens a project folder for an environment.
        options: What the person asked for.

    Raises:
        RepositoryError: if git cannot read one of the commits.
    """
    base, head = commits_of(repository, options.range)
    root, only = context.settings.root, options.environment
    before = committed(repository, base).of(only)
    after = (in_working_tree(root) if head is None else committed(repository, head)).of(only)
    work = _Review(context, before, after, repository.untrack)
    work.read()
    work.find_moved_folder(repository, base)
    work.compare()
    work.find_lost(modules_of(repository, root, head))
    if options.code:
        with _code_of(repository, root, head, open_for) as code:
            work.check_code(code)
    return ReviewReport(
        base=str(base),
        head=WORKING_TREE if head is None else str(head),
        stacks=tuple(work.reviewed()),
        findings=tuple(sorted(set(work.findings))),
        unchecked=tuple(work.unchecked),
    )


def review_versions(context: Context, stack: str, before: int, after: int) -> ReviewReport:
    """Say what was applied between two serials of a state, in any store. Nothing is written.

    Args:
        context: The run's ports.
        stack: The stack.
        before: The earlier serial.
        after: The later one.

    Raises:
        UsageError: if one of them is not there, or they are not in this order.
        StateError: if the store keeps no versions, or one of them cannot be trusted.
    """
    if before >= after:
        raise UsageError(
            f"{stack}@{before} is not earlier than {stack}@{after}",
            hint=f"the earlier one is first: engine review {stack}@{after} {stack}@{before}",
        )
    place = (context.environment, stack)
    old, new = (version_side(version_of(context, stack, serial)) for serial in (before, after))
    work = _Review(context, old, new, lambda path: path)
    work.read()
    work.compare()
    return ReviewReport(
        base=f"{stack}@{before}",
        head=f"{stack}@{after}",
        stacks=tuple(work.reviewed()),
        findings=tuple(sorted(set(work.findings))),
        unchecked=(
            f"whether the code declares what {'/'.join(place)} records: a serial names no commit",
        ),
    )


@contextlib.contextmanager
def _code_of(
    repository: Repository, root: Path, head: Commit | None, open_for: Opener
) -> Iterator[Code]:
    """The stack modules of the later side: of the project folder if that holds it, else a copy."""
    if head is None or repository.is_checked_out(head):
        yield Code(root, open_for)
        return
    with repository.exported(head) as folder:
        yield Code(folder, open_for)


class _Review:
    """The states of both sides, and what was found."""

    def __init__(
        self, context: Context, before: Side, after: Side, untrack: Callable[[str], str]
    ) -> None:
        self._context = context
        self._untrack = untrack
        self._sides = before, after
        self._before: dict[Place, tuple[Document, State]] = {}
        self._after: dict[Place, tuple[Document, State]] = {}
        self._unknown: set[Place] = set()
        self._notes: dict[Place, list[str]] = {}
        self._plans: dict[Place, Plan] = {}
        self.findings: list[Problem] = []
        self.unchecked: list[str] = []

    def read(self) -> None:
        """Read the states of both sides, and check the files of the later one."""
        before, after = self._sides
        self._find_pointers()
        for place, file in after.files.items():
            environment, stack = place
            if moved_to(file.content):
                continue
            advice = self._context.backend.advice(file.path)
            found = verify(
                file.content,
                file=file.path,
                environment=environment,
                stack=stack,
                schemas=self._context.schemas,
                advice=advice,
            )
            self.findings += found.problems
            try:
                self._put(self._after, place, after)
            except StateError as error:
                self._unknown.add(place)
                if not found.problems and isinstance(error, UntrustedStateError):
                    self.findings.append(_problem_of(error))
        for path in after.unfinished:
            self.findings.append(
                Problem(
                    path,
                    0,
                    "it belongs to a run that has not finished, and is committed",
                    "engine apply finishes the run, on the machine that it is on; then take the "
                    f"file out of the commits: {self._untrack(path)}",
                    "review-unfinished",
                )
            )
        for place in before.files:
            try:
                self._put(self._before, place, before)
            except StateError as error:
                self._unknown.add(place)
                if place in after.files:
                    self._note(place, f"the earlier state cannot be read: {error.message}")

    def _find_pointers(self) -> None:
        """Leave out states that were moved to another store, or come from there."""
        before, after = self._sides
        for place in {*before.files, *after.files}:
            old, new = (
                moved_to(side.files[place].content) if place in side.files else ""
                for side in (before, after)
            )
            if new and new != old:
                self._note(place, f"its state was moved to {new}")
            elif old and not new and place in after.files:
                self._note(place, f"its state was in {old} before")
            if old or new:
                self._unknown.add(place)

    def _put(self, found: dict[Place, tuple[Document, State]], place: Place, side: Side) -> None:
        read = side.state(place)
        if read is not None:
            found[place] = read

    def _note(self, place: Place, text: str) -> None:
        self._notes.setdefault(place, []).append(text)

    def find_moved_folder(self, repository: Repository, base: Commit) -> None:
        """Find the earlier states of a project whose folder was moved since."""
        if self._sides[0].files:
            return
        missing = {place: state.lineage for place, (_, state) in self._after.items()}
        moved = Side(moved_here(repository, base, missing))
        for place, file in moved.files.items():
            self._put(self._before, place, moved)
            self._note(place, f"the state file was {file.path}")

    def compare(self) -> None:
        """Say what was applied, and find what no run could have done."""
        names = sorted({environment for environment, _ in {**self._before, **self._after}})
        for environment in names:
            before, after = (
                {
                    stack: state
                    for (name, stack), (_, state) in side.items()
                    if name == environment and (name, stack) not in self._unknown
                }
                for side in (self._before, self._after)
            )
            both = Environment(before, after, self._context.schemas)
            for plan in applied_between(both):
                self._plans[environment, plan.stack] = plan
                self._check((environment, plan.stack), before, after)
            self._duplicates(environment, after)

    def _check(self, place: Place, before: Mapping[str, State], after: Mapping[str, State]) -> None:
        _, stack = place
        was, now = before.get(stack), after.get(stack)
        if now is None:
            return
        if now.merged:
            self._note(place, "it was merged from two states: engine plan compares it with Stripe")
        if was is not None:
            self._add(place, succession(was, now))
            self._add(
                place,
                replaced_without_a_trace(
                    was, now, before.values(), after.values(), self._context.schemas
                ),
            )
            if is_rebuilt(was, now):
                self._note(place, "the state was rebuilt from the account: engine state rebuild")
            if _version(now.engine_version) < _version(was.engine_version):
                self._note(
                    place,
                    f"an older engine wrote it: {was.engine_version} before, "
                    f"{now.engine_version} now",
                )
        self._add(place, impossible_changes(before.values(), now, self._context.schemas))

    def _add(self, place: Place, found: Iterator[Finding] | Sequence[Finding]) -> None:
        document, _ = self._after[place]
        for finding in found:
            line = document.line(*finding.path)
            self.findings.append(
                Problem(document.path, line, finding.message, finding.hint, finding.reference)
            )

    def _duplicates(self, environment: str, after: Mapping[str, State]) -> None:
        """Objects that several changed states record: each has one owner."""
        for key, owners in ownership_of(after.values(), environment).duplicates():
            places = [(environment, owner.stack) for owner in owners]
            if len(set(places)) == 1:
                continue  # the check of the file says so
            for owner, place in zip(owners, places, strict=True):
                if place in self._plans:
                    self._add(place, [_twice(owner, owners, key.id)])

    def find_lost(self, modules: Collection[str]) -> None:
        """Find states that no command can have removed: their stacks still have modules.

        Args:
            modules: The stacks that have one.
        """
        kept = {key_of(entry) for _, state in self._after.values() for entry in _entries(state)}
        for place, (document, state) in self._before.items():
            lost = [entry for entry in _entries(state) if key_of(entry) not in kept]
            if place in self._after or place in self._unknown or place[1] not in modules:
                continue
            if lost:
                self.findings.append(
                    Problem(
                        document.path,
                        0,
                        f"it is gone with {_counted(len(lost))}, and stacks/{place[1]}.py still "
                        "declares them: the next apply would make all of it again",
                        "bring the file back; engine destroy ends what a stack manages, and leaves "
                        "its state",
                        "review-lost",
                    )
                )

    def check_code(self, code: Code) -> None:
        """Compare the code with the states that changed."""
        for place in self._plans:
            found = self._after.get(place)
            if found is None or not found[1].resources:
                continue  # nothing is recorded that the code could declare
            earlier = self._before.get(place)
            checked = code.check(earlier[1] if earlier is not None else None, found[1])
            self._add(place, checked.findings)
            for note in checked.notes:
                self._note(place, note)
            if checked.unchecked:
                self.unchecked.append(
                    f"whether the code declares what {'/'.join(place)} records: {checked.unchecked}"
                )

    def reviewed(self) -> Iterator[ReviewedStack]:
        """The stacks whose states differ."""
        for place in sorted({*self._plans, *self._notes}):
            environment, stack = place
            before, after = self._before.get(place), self._after.get(place)
            known = after or before
            plan = self._plans.get(place)
            if plan is None:
                plan = Plan(stack=stack, environment=environment, lineage="", serial=0)
            yield ReviewedStack(
                file=self._context.backend.place(stack, environment),
                plan=dataclasses.replace(plan, warnings=tuple(self._notes.get(place, ()))),
                before=before[1].serial if before is not None else None,
                after=after[1].serial if after is not None else None,
                account_id=known[1].account_id if known is not None else "",
                livemode=known[1].livemode if known is not None else None,
                embedded=environment in self._context.settings.embedded,
                compared=place not in self._unknown,
            )


def _entries(state: State) -> Iterable[ResourceState]:
    return state.resources.values()


def _counted(number: int) -> str:
    """So many resources, in words."""
    return f"{number} resource{'s' if number != 1 else ''}"


def _problem_of(error: UntrustedStateError) -> Problem:
    return Problem(error.file, error.line, error.why, error.hint or "", error.reference)


def _twice(owner: Owner, owners: Sequence[Owner], id: str) -> Finding:
    others = [str(other) for other in owners if other != owner]
    return Finding(
        path=("resources", owner.address, "id"),
        message=f"{owner.address} and {' and '.join(others)} are the same object, {id}",
        hint=way_to_settle(owners),
        reference="state-twice",
    )


def _version(text: str) -> tuple[int, ...]:
    """A version as numbers, so that 0.10 is after 0.9; what is no number ends it."""
    numbers: list[int] = []
    for part in text.split("."):
        if not part.isdigit():
            break
        numbers.append(int(part))
    return tuple(numbers)
