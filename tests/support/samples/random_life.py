"""The life of a random stack on an account: made, changed, destroyed, and looked at in between.

What must not live here: what the stack says (`random_stacks`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.catalog import loader
from engine.emulator.types.routes import match
from engine.errors import GuardError, PermissionDeniedError, StackError
from engine.plan.model import Action, Change, Plan, StepKind
from engine.ports.outcomes import ApplyReport
from engine.schema.lifecycle import Verb
from engine.schema.remote import RemoteObject
from engine.schema.resource_type import ResourceType
from engine.values.paths import dotted, get_path
from tests.support.project import Project
from tests.support.samples.random_stacks import RandomStack


class BrokenRuleError(AssertionError):
    """What should never happen to a stack that validates."""


class RandomLife:
    """One stack on one account.

    Attributes:
        turned_down: Changes that validation or the plan refused as a whole, with the reason.
    """

    def __init__(self, seed: int, stack: RandomStack, project: Project) -> None:
        """Args: seed: of the stack; project: a folder in front of an account of its own."""
        self._seed = seed
        self._stack = stack
        self._project = project
        self._sources: list[str] = []
        self._kept: set[tuple[str, str]] = set()
        self._known: set[tuple[str, str]] = set()
        self._creates: dict[str, set[str]] = {}
        self.turned_down: list[str] = []

    def live(self, changes: int) -> None:
        """Go through it.

        Raises:
            BrokenRuleError: with the seed, and the modules that lead there.
        """
        try:
            if self._settle("made"):
                for number in range(changes):
                    before = self._stack.snapshot()
                    self._stack.change()
                    if not self._settle(f"changed ({number + 1})"):
                        self._stack.restore(before)
            self._destroy()
        except BrokenRuleError:
            raise
        except Exception as error:
            raise self._broken("an exception", f"{type(error).__name__}: {error}") from error

    # ── the phases ────────────────────────────────────────────────────────────────────────

    def _settle(self, phase: str) -> bool:
        """Apply the stack, and plan it again; False if it is refused before anything is sent."""
        self._sources.append(self._stack.source)
        self._project.write(self._stack.source)
        self._project.emulator.log.clear()
        try:
            report = self._project.try_apply(allow_mass_change=True)
        except (StackError, GuardError) as error:
            self.turned_down.append(f"{phase}: {error}")
            self._sources.pop()
            if not self._sources:
                return False
            self._project.write(self._sources[-1])
            self._expect_nothing(f"{phase}, refused")
            return False
        self._check(phase, report)
        self._expect_nothing(phase)
        return True

    def _destroy(self) -> None:
        if not self._sources:
            return
        self._project.emulator.log.clear()
        self._check("destroyed", self._project.try_apply(destroy=True))
        plan = self._project.plan(destroy=True)
        if plan.has_changes:
            raise self._broken("destroyed", f"there is more to destroy: {_told(plan)}")
        self._expect_no_stray()
        self._expect_the_end()

    def _check(self, phase: str, report: ApplyReport) -> None:
        """Whether everything worked, and is there once."""
        for failure in report.failures:
            raise self._broken(phase, f"{failure.step.key}: {failure.error}")
        (plan,) = report.plan.plans
        self._kept |= set(_left_alone(plan))
        asked = sum(
            step.kind is StepKind.CREATE and not loader.resource_type(step.type).life.singleton
            for step in plan.steps
        )
        sent = []
        for entry in self._project.emulator.log.writes():
            found = match(entry.method, entry.path)
            if found.operation == "create" and not entry.replayed:
                sent.append(entry.path)
                self._creates.setdefault(found.kind.object, set()).add(entry.request_id)
        if len(sent) != asked:
            raise self._broken(phase, f"{asked} creates were planned, and sent were {sent}")

        self._known |= {
            (entry.type, entry.id) for entry in self._project.state().resources.values()
        }

    def _expect_no_stray(self) -> None:
        """Whatever a create made was in the state after the apply that made it."""
        emulator = self._project.emulator
        known = {id.rpartition("/")[2] for _, id in self._known}
        for made in emulator.history:
            kind = loader.by_object(made.object) if made.object in loader.managed() else None
            apart = kind is None or kind.life.composite is not None or made.id in known
            if not apart and made.request_id in self._creates.get(made.object, ()):
                raise self._broken("destroyed", f"{made.object} {made.id} was in no state")

    def _expect_the_end(self) -> None:
        """Whatever was made is gone or has ended, unless a plan said that it stays."""
        provider = self._project.connect()
        for type_name, id in sorted(self._known - self._kept):
            kind = loader.resource_type(type_name)
            try:
                found = provider.read(kind, id)
            except PermissionDeniedError:  # of a connected account that is gone, and what was on it
                continue
            if found is not None and not _has_ended(kind, found):
                raise self._broken("destroyed", f"{type_name} {id} is still there")

    def _expect_nothing(self, phase: str) -> None:
        self._project.emulator.log.clear()
        plan = self._project.plan(allow_mass_change=True)
        if plan.has_changes or plan.drift:
            raise self._broken(phase, f"the next plan is not empty: {_told(plan)}")
        written = self._project.emulator.log.writes()
        if written:
            raise self._broken(phase, f"a plan wrote: {written}")

    def _broken(self, phase: str, message: str) -> BrokenRuleError:
        modules = "\n\n".join(
            f"# ── step {number + 1}: stacks/shop.py ──\n{source}"
            for number, source in enumerate(self._sources)
        )
        return BrokenRuleError(f"seed {self._seed}: {phase}: {message}\n\n{modules}")


def _left_alone(plan: Plan) -> Iterator[tuple[str, str]]:
    """What stays on Stripe according to a plan: type and id."""
    for change in plan.pending:
        stays = change.action is Action.FORGET
        if stays or (change.removal is not None and change.removal.verb is Verb.KEEP):
            yield change.type, change.id


def _has_ended(kind: ResourceType, found: RemoteObject) -> bool:
    """Whether an object that is still answered has come to its end."""
    ends = kind.life.ending
    leaves = [*ends.leaves.items(), *ends.finished.items()] if ends is not None else []
    for path, values in leaves:
        value = get_path(found, tuple(path.split(".")))
        if value in values or (values == (...,) and value is not None):
            return True
    live = kind.life.revival.live if kind.life.revival is not None else {}
    return any(get_path(found, tuple(path.split("."))) != value for path, value in live.items())


def _told(plan: Plan) -> str:
    fields = [_change(change) for change in plan.pending]
    outputs = [f"output {one.name} {one.before!r} -> {one.after!r}" for one in plan.outputs]
    drift = [
        f"drift {one.address} {[dotted(field.path) for field in one.fields]}" for one in plan.drift
    ]
    steps = [] if fields or outputs else [step.key for step in plan.steps]
    return "; ".join([*fields, *outputs, *drift, *steps])


def _change(change: Change) -> str:
    fields = ", ".join(
        f"{dotted(field.path)} {field.before!r} -> {field.after!r} ({field.reason.value})"
        for field in change.fields
    )
    return f"{change.address} {change.action.value} {[r.value for r in change.reasons]} {fields}"


@dataclass(slots=True)
class Chance:
    """What random stacks came to.

    Attributes:
        stacks: How many were tried.
        resources: How many resources they had in the end.
        taken: How many leaves were declared or changed.
        refused: How many validation refused.
        turned_down: How many changes were refused as a whole.
    """

    stacks: int = 0
    resources: int = 0
    taken: int = 0
    refused: int = 0
    turned_down: int = 0

    def note(self, stack: RandomStack, life: RandomLife) -> None:
        """Count one that held."""
        self.stacks += 1
        self.resources += len(stack.addresses)
        self.taken += sum(stack.taken.values())
        self.refused += sum(stack.refused.values())
        self.turned_down += len(life.turned_down)
