"""Every leaf of every managed type converges: set, changed, taken out of the code, imported.

After each apply the next plan is empty, and the plan of a change names the leaf it is about.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from engine.address import parse_address
from engine.catalog import loader
from engine.errors import EngineError, GuardError, PermissionDeniedError
from engine.operations.import_ import import_object
from engine.plan.compare.normalize import comparable, is_nothing
from engine.plan.compare.response import read
from engine.plan.model import Action, Change, FieldChange, FieldReason, Plan
from engine.ports.provider import Provider
from engine.schema.attribute import Attribute, Kind
from engine.schema.lifecycle import Removal, Verb
from engine.schema.resource_type import ResourceType
from engine.values.paths import dotted, get_path
from tests.support.project import Project
from tests.support.samples.cases import Case
from tests.support.samples.samples import Samples, sample_project

HEAD = "from engine import Lifecycle, stripe\n"
_MADE_UP = re.compile(r"\b[a-z]+_(?:test_)?[A-Za-z0-9]{14,}\b|\bn\d+\b")
# Nothing but the leaves under test is at stake, and all of them change at once.
OPTIONS = {"allow_mass_change": True}

Lives: TypeAlias = Callable[[list[Case]], dict[str, str]]
"""Runs a batch of leaves; what went wrong, by leaf."""


class Life:
    """A batch of leaves on one account: one declaration each, and all of them at once."""

    def __init__(self, samples: Samples, shop: Project, other: Project, cases: list[Case]) -> None:
        """Args: shop, other: projects in front of one account; cases: the leaves."""
        self._samples = samples
        self._shop = shop
        self._other = other
        self._cases = {case.address: case for case in cases}
        self._said = {address: case.first for address, case in self._cases.items()}
        self._kind = loader.by_object(cases[0].object)
        self._before = samples.before(self._kind.object)
        self._beside = samples.beside(cases)
        self.problems: dict[str, str] = {}
        self._last_plan: Plan
        self._last_ids: dict[str, str] = {}

    def live(self) -> None:
        """Go through it."""
        if self._before:
            self._shop.write(HEAD + "\n".join(self._before.values()) + "\n")
            self._shop.apply()
        for phase, check in (("declared", self._is_created), ("changed", self._is_named)):
            self._settle(phase, check)
            self._check_identity(phase)
        if self._alive:
            self._import()
        self._settle("taken out", self._is_taken_out)
        self._check_cleared()
        self._destroy()

    # ── the phases ────────────────────────────────────────────────────────────────────────

    def _settle(self, phase: str, check: Callable[[Any, Change], str]) -> None:
        """Declare, apply, look at the plan that was carried out, and plan again."""
        for address in self._alive:
            self._said[address] = self._cases[address].said[phase]
        self._write(self._shop)
        self._last_ids = self._objects()
        self._last_plan = self._apply(phase)
        for address in self._alive:
            found = check(self._cases[address], _change(self._last_plan, address))
            if found:
                self._fail(address, phase, found)
        self._expect_nothing(phase, self._shop)

    def _check_identity(self, phase: str) -> None:
        """There is a new object exactly where the plan said so."""
        if self._kind.life.composite is not None:
            return  # its id is made of what is declared
        after = self._objects()
        for address in self._alive:
            before = self._last_ids.get(address)
            replaced = _change(self._last_plan, address).action is Action.REPLACE
            if before is not None and (before != after[address]) is not replaced:
                self._fail(address, phase, "the plan and Stripe disagree on a new object")

    def _apply(self, phase: str) -> Plan:
        """Apply, and return the plan that was carried out."""
        try:
            report = self._shop.try_apply(excludes=self._dead, **OPTIONS)
        except GuardError:
            refused = self._shop.plan(excludes=self._dead, **OPTIONS).refusals
            known = [
                (address, refusal)
                for address in self._alive
                for refusal in refused
                if f"{address} " in f"{refusal} "
            ]
            for address, refusal in known:
                self._fail(address, phase, f"refused: {refusal}")
            if not known:
                raise
            return self._apply(phase)
        for failure in report.failures:
            address = str(failure.step.address)
            if address not in self._cases:
                raise AssertionError(f"{phase}: {address}: {failure.error}")
            self._fail(address, phase, f"apply: {failure.error}")
        plan: Plan = report.plan.plans[0]
        return plan

    def _expect_nothing(self, phase: str, project: Project) -> None:
        plan = project.plan(excludes=self._dead, **OPTIONS)
        for change in plan.pending:
            address = str(change.address)
            if address not in self._cases:
                raise AssertionError(f"{phase}: {address} does not converge: {_told(change)}")
            self._fail(address, phase, f"the next plan is not empty: {_told(change)}")

    def _import(self) -> None:
        """Bring every object into an empty state by its id; the plan is empty then."""
        self._write(self._other)
        ids = self._objects()
        context = self._other.context()
        for address in {**self._before, **self._beside, **dict.fromkeys(self._alive)}:
            try:
                import_object(context, parse_address(address), ids[address])
            except EngineError as error:
                if address not in self._cases:
                    raise
                self._fail(address, "imported", str(error))
        self._expect_nothing("imported", self._other)

    def _destroy(self) -> None:
        """Whatever a destroy leaves behind is mentioned in its plan."""
        plan = self._shop.plan(destroy=True)
        ids = self._objects()
        report = self._shop.try_apply(destroy=True)
        for failure in report.failures:
            address = str(failure.step.address)
            if address in self._cases:
                self._fail(address, "destroyed", f"apply: {failure.error}")
        provider = self._shop.connect()
        for address in self._alive:
            removal = _change(plan, address).removal
            left = _read(provider, self._kind, ids[address])
            if removal is None:
                self._fail(address, "destroyed", "the plan does not say how it goes")
            elif removal.verb is Verb.KEEP:
                if not removal.note:
                    self._fail(address, "destroyed", "the plan does not say why it stays")
            elif left is not None and not _has_ended(self._kind, removal, left):
                self._fail(address, "destroyed", f"it is not {removal.verb.value}d on Stripe")

    # ── what the plan has to say ──────────────────────────────────────────────────────────

    def _is_created(self, _: Any, change: Change) -> str:
        # What there is always is taken over, unless what it hangs on is new as well.
        expected = {Action.CREATE, Action.IMPORT} if self._kind.life.singleton else {Action.CREATE}
        return "" if change.action in expected else f"it is not made but {change.action.value}"

    def _is_named(self, case: Case, change: Change) -> str:
        named = {self._samples.schema_path(case.object, field.path) for field in change.fields}
        wanted = case.changed | (case.renewed if case.replaces else set())
        missing = {path for path in wanted if not any(_related(path, name) for name in named)}
        extra = {name for name in named if not any(_related(path, name) for path in wanted)}
        if missing or extra:
            return f"the plan names {sorted(named)}, not {sorted(wanted)}: {_told(change)}"
        if not case.changed:
            return ""
        expected = Action.REPLACE if case.replaces else Action.UPDATE
        if change.action is not expected:
            return f"it is not {expected.value} but {change.action.value}"
        forced = {
            self._samples.schema_path(case.object, field.path)
            for field in change.fields
            if field.forces_replacement
        }
        if case.replaces and not any(_related(case.path, name) for name in forced):
            return f"the plan says that {sorted(forced)} force the replacement"
        return ""

    def _is_taken_out(self, case: Case, change: Change) -> str:
        if case.rest is None or change.action is Action.CREATE:
            return ""  # what has ended for good is made anew
        named = {self._samples.schema_path(case.object, field.path) for field in change.fields}
        named -= case.renewed
        near = {name for name in named if not case.cut or _related(name, case.cut)}
        if named != near:
            return f"the plan names {sorted(named)}, not only {case.cut}: {_told(change)}"
        if not near and not self._means_nothing(case):
            return f"the plan is silent about {case.cut}"
        return ""

    def _means_nothing(self, case: Case) -> bool:
        """Whether what is taken out means the same as having none, or is told by nobody."""
        path = tuple(case.cut.split("."))
        nodes = [self._kind.root.at(path[: length + 1]) for length in range(len(path))]
        attribute = nodes[-1]
        if any(node is not None and node.write_only for node in nodes):
            return True
        value: Any = case.second
        for part in path:
            many = list(value.values()) if isinstance(value, dict) else value
            value = many[0] if part == "*" else value[part]
        return attribute is not None and _is_nothing_below(attribute, value)

    def _check_cleared(self) -> None:
        """What the plan clears is nothing on Stripe."""
        provider, after = self._shop.connect(), self._objects()
        for address in self._alive:
            fields = _change(self._last_plan, address).fields
            cleared = [field for field in fields if field.reason is FieldReason.CLEARED]
            found = _read(provider, self._kind, after[address]) if cleared else {}
            if found is None:
                self._fail(address, "taken out", "the object is gone")
                continue
            for text in self._left(cleared, found):
                self._fail(address, "taken out", text)

    def _left(self, cleared: list[FieldChange], found: Any) -> Iterator[str]:
        """What is still there of fields that are to be cleared."""
        for field in cleared:
            attribute = self._kind.root.at(field.path)
            if attribute is None or attribute.immutable:
                continue  # Stripe may make something up for a new object
            value = _read_at(self._kind, field.path, found)
            if attribute.kind is Kind.MAP and isinstance(value, dict):
                # Stripe puts an object's own currency among its options.
                value = {key: value[key] for key in value if key != found.get("currency")}
            left = comparable(attribute, value)
            # Nothing, or what Stripe makes up where it is told nothing.
            if not is_nothing(attribute, left) and left == comparable(attribute, field.before):
                yield f"{dotted(field.path)} is still {value!r} on Stripe"

    # ── the rest ──────────────────────────────────────────────────────────────────────────

    @property
    def _alive(self) -> list[str]:
        return [address for address in self._cases if address not in self.problems]

    @property
    def _dead(self) -> list[str]:
        return list(self.problems)

    def _fail(self, address: str, phase: str, message: str) -> None:
        self.problems.setdefault(address, f"{phase}: {message}")

    def _write(self, project: Project) -> None:
        lines = [*{**self._before, **self._beside}.values()]
        for address, arguments in self._said.items():
            case = self._cases[address]
            lines.append(self._samples.line(case.object, case.name, arguments))
        project.write(HEAD + "\n".join(lines) + "\n")

    def _objects(self) -> dict[str, str]:
        state = self._shop.context().backend.read("shop", "local")
        resources = state.resources if state is not None else {}
        return {address: entry.id for address, entry in resources.items()}


def _read(provider: Provider, kind: ResourceType, id: str) -> Any:
    """An object; None if it is gone."""
    try:
        return provider.read(kind, id)
    except PermissionDeniedError:  # what Stripe says of a connected account that is gone
        return None


def _has_ended(kind: ResourceType, removal: Removal, found: Any) -> bool:
    """Whether an object that is still answered has come to its end."""
    if kind.life.ending is not None:
        for path, values in kind.life.ending.leaves.items():
            value = get_path(found, tuple(path.split(".")))
            if value in values or (values == (...,) and value is not None):
                return True
    live = kind.life.revival.live if kind.life.revival is not None else {}
    if any(get_path(found, tuple(path.split("."))) != value for path, value in live.items()):
        return True
    past = kind.life.ending.finished if kind.life.ending is not None else {}
    if any(get_path(found, tuple(path.split("."))) in values for path, values in past.items()):
        return True
    return bool(removal.params) and all(
        found.get(name) == value for name, value in removal.params.items()
    )


def _is_nothing_below(attribute: Attribute, value: Any) -> bool:
    if attribute.kind in (Kind.OBJECT, Kind.MAP) and isinstance(value, dict):
        return all(
            (child := attribute.child(name)) is not None and _is_nothing_below(child, inner)
            for name, inner in value.items()
        )
    return attribute.write_only or is_nothing(attribute, comparable(attribute, value))


def _read_at(kind: ResourceType, path: tuple[Any, ...], found: Any) -> Any:
    """A value of an answer in the words of the parameters."""
    node: Attribute | None = kind.root
    for part in path:
        child = node.child(part) if node is not None else None
        if child is None or found is None:
            return None
        if isinstance(part, str) and isinstance(found, dict):
            found = read(child, part, found)
        else:
            found = found[part] if isinstance(part, int) and part < len(found) else None
        node = child
    return found


def _change(plan: Plan, address: str) -> Change:
    return next(change for change in plan.changes if str(change.address) == address)


def _related(one: str, other: str) -> bool:
    """Whether one path is the other, or is inside of it."""
    shorter, longer = sorted((one, other), key=len)
    return longer == shorter or longer.startswith(f"{shorter}.")


def _told(change: Change) -> str:
    fields = ", ".join(
        f"{dotted(field.path)} {field.before!r} -> {field.after!r} ({field.reason.value})"
        for field in change.fields
    )
    return f"{change.action.value} {fields}"


@pytest.fixture
def batch_of_lives(tmp_path: Path, samples: Samples) -> Lives:
    """Run batches, each on an account of its own, and tell what went wrong by leaf."""
    numbers = iter(range(10_000))

    def run(cases: list[Case]) -> dict[str, str]:
        number = next(numbers)
        with contextlib.closing(samples.emulator()) as emulator:
            shop = sample_project(tmp_path / f"shop-{number}", emulator)
            other = sample_project(tmp_path / f"other-{number}", emulator)
            life = Life(samples, shop, other, cases)
            try:
                life.live()
            except Exception as error:  # noqa: BLE001 - whatever goes wrong is a finding
                if len(cases) > 1:
                    return {path: text for case in cases for path, text in run([case]).items()}
                return {cases[0].path: f"{type(error).__name__}: {error}"}
            by_address = {case.address: case.path for case in cases}
            return {by_address[address]: text for address, text in life.problems.items()}

    return run


@pytest.mark.third(0)
@pytest.mark.parametrize("object_name", loader.managed())
def test_every_leaf_converges(object_name: str, samples: Samples, batch_of_lives: Lives) -> None:
    """Declare, change, take out, import: one apply each, and then nothing is left to do."""
    cases, problems = samples.cases(object_name)
    tally = samples.tally(object_name)
    tally.required |= {case.path for case in cases if case.rest is None}
    for batch in samples.batches(object_name, cases):
        found = batch_of_lives(batch)
        problems |= found
        tally.held |= {case.path for case in batch} - set(found)
    tally.failed |= set(problems)
    assert not problems, _by_text(problems)


def test_few_leaves_are_excused(samples: Samples) -> None:
    """A leaf is excused by a row with a reason only, and fewer than three in a hundred are."""
    leaves = {name: samples.leaves(name) for name in loader.managed()}
    reasons = [reason for name in leaves for reason in samples.excuses(name).values()]
    assert all(reasons)
    assert len(reasons) < 0.03 * sum(len(paths) for paths in leaves.values())


def _by_text(problems: dict[str, str]) -> str:
    """What went wrong, each text once with the leaves it is about."""
    found: dict[str, list[str]] = {}
    for path, text in problems.items():
        # What differs from leaf to leaf is its own name, and names that were made up.
        same = _MADE_UP.sub("...", text.replace(path, "it"))
        found.setdefault(same, []).append(path)
    lines = [f"{', '.join(paths)}: {text}" for text, paths in found.items()]
    return f"{len(problems)} leaves fail\n" + "\n".join(lines)
