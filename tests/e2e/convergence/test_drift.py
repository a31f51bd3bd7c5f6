"""Drift of every managed type: what is changed on Stripe is shown, and an apply puts it back.

An apply of other code makes the changes, by ordinary requests. Then the module and the state are as
they were before it, so that nothing knows of these changes but Stripe.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.catalog import loader
from engine.operations.drift.drift import drift_of_stacks
from engine.plan.drifted import CodeIs, Drifted, DriftKind
from engine.plan.model import Action, Plan
from engine.ports.drift.report import StackDrift
from engine.ports.provider import RequestContext
from engine.schema.attribute import Attribute
from engine.schema.lifecycle import Verb
from engine.values.paths import Path as LeafPath
from tests.support.project import Project
from tests.support.samples.cases import Case
from tests.support.samples.samples import Samples, sample_project

HEAD = "from engine import Lifecycle, stripe\n"
OPTIONS = {"allow_mass_change": True}
MANAGED = loader.managed()
CHANGED = [name for name in MANAGED if loader.by_object(name).updatable]
ENDED = [
    name
    for name in MANAGED
    if loader.by_object(name).creatable and not loader.by_object(name).life.singleton
]


class Changes:
    """A batch of leaves on one account, changed behind the back of its stack."""

    def __init__(self, samples: Samples, project: Project, cases: list[Case]) -> None:
        """Args: project: in front of an empty account; cases: the leaves."""
        self.samples = samples
        self.project = project
        self.cases = {case.address: case for case in cases}
        self.kind = loader.by_object(cases[0].object)
        self.before = samples.before(self.kind.object)
        self.beside = samples.beside(cases)
        self.dead: list[str] = []

    def apply(self, phase: str) -> Plan:
        """Declare what a phase of the leaves' life has, and apply it, but for what is refused."""
        lines = [*{**self.before, **self.beside}.values()]
        lines += [
            self.samples.line(case.object, case.name, case.said[phase])
            for case in self.cases.values()
        ]
        self.project.write(HEAD + "\n".join(lines) + "\n")
        report = self.project.try_apply(excludes=self.dead, **OPTIONS)
        failed = [str(failure.step.address) for failure in report.failures]
        if failed:
            self.dead += failed
            return self.apply(phase)
        plan: Plan = report.plan.plans[0]
        return plan

    def drift(self) -> StackDrift:
        """What drifted."""
        [stack] = drift_of_stacks(self.project.context(), ()).stacks
        return stack

    def leaves(self, paths: Iterator[LeafPath]) -> set[str]:
        """Leaves that Stripe returns, as the catalog spells them."""
        return {
            # An amount is one leaf in its two spellings.
            self.samples.schema_path(self.kind.object, path).removesuffix("_decimal")
            for path in paths
            if not _has_no_value(self.kind.root, path)
        }


def _has_no_value(root: Attribute, path: LeafPath) -> bool:
    """Whether responses never hold a leaf, or any value is what a word such as `now` meant."""
    return any(attribute.write_only or attribute.resolved for _, attribute in root.along(path))


@pytest.fixture
def project(tmp_path: Path, samples: Samples) -> Iterator[Project]:
    """A project in front of an account of the samples."""
    with contextlib.closing(samples.emulator()) as emulator:
        yield sample_project(tmp_path / "shop", emulator)


@pytest.mark.third(1)
@pytest.mark.parametrize("object_name", CHANGED)
def test_what_is_changed_is_shown_and_put_back(
    object_name: str, samples: Samples, tmp_path: Path
) -> None:
    """Each leaf that Stripe changes in place: exactly it is shown."""
    cases, _ = samples.cases(object_name)
    in_place = [case for case in cases if case.changed and not case.replaces]
    problems: dict[str, str] = {}
    for number, batch in enumerate(samples.batches(object_name, in_place)):
        with contextlib.closing(samples.emulator()) as emulator:
            project = sample_project(tmp_path / f"shop-{number}", emulator)
            problems |= _changed_and_put_back(Changes(samples, project, batch))
    assert not problems


def _changed_and_put_back(changes: Changes) -> dict[str, str]:
    project, problems = changes.project, dict[str, str]()
    if changes.before:
        project.write(HEAD + "\n".join(changes.before.values()) + "\n")
        project.apply()
    changes.apply("declared")
    state = project.root / "state" / "local" / "shop.json"
    module = project.root / "stacks" / "shop.py"
    kept, code = state.read_bytes(), module.read_bytes()
    assert not changes.drift().drifted
    changes.apply("changed")
    state.write_bytes(kept)
    module.write_bytes(code)
    # The code is as it was, so that all that the plan would change was changed on Stripe.
    plan = project.plan(**OPTIONS)
    found = {str(entry.address): entry for entry in changes.drift().drifted}
    for change in plan.pending:
        address = str(change.address)
        if address in changes.cases and change.action in (Action.UPDATE, Action.REPLACE):
            wanted = changes.leaves(field.path for field in change.fields)
            shown = _leaves(changes, found.pop(address, None))
            if not _are_the_same(shown, wanted):
                problems[address] = f"shown: {sorted(shown)}, changed: {sorted(wanted)}"
    project.apply(**OPTIONS)
    left = [*found.values(), *changes.drift().drifted]
    problems |= {
        str(entry.address): f"not put back: {entry}" for entry in left if _leaves(changes, entry)
    }
    return problems


def _are_the_same(shown: set[str], wanted: set[str]) -> bool:
    """Whether leaves are the same: of an entry that goes, the plan names the whole."""

    def within(leaf: str, others: set[str]) -> bool:
        return any(
            leaf == other or leaf.startswith(f"{other}.") or other.startswith(f"{leaf}.")
            for other in others
        )

    return all(within(leaf, wanted) for leaf in shown) and all(
        within(leaf, shown) for leaf in wanted
    )


def _leaves(changes: Changes, entry: Drifted | None) -> set[str]:
    if entry is None:
        return set()
    assert entry.kind in (DriftKind.CHANGED, DriftKind.REVIVED)
    assert all(leaf.code_is in (CodeIs.UNCHANGED, CodeIs.SILENT) for leaf in entry.leaves), entry
    return changes.leaves(leaf.path for leaf in entry.leaves)


@pytest.mark.parametrize("object_name", ENDED)
def test_what_is_ended_is_shown_and_made_again(
    object_name: str, samples: Samples, project: Project
) -> None:
    """Archived, disabled, canceled or deleted, as its type can be."""
    kind = loader.by_object(object_name)
    arguments = samples.base(object_name, "one")
    before = samples.before(object_name)
    needed = samples.needed(object_name, [arguments])
    if before:
        project.write(HEAD + "\n".join(before.values()) + "\n")
        project.apply()
    lines = [*{**before, **needed}.values(), samples.line(object_name, "one", arguments)]
    project.write(HEAD + "\n".join(lines) + "\n")
    project.apply(**OPTIONS)
    address = f"{kind.name}.one"
    provider, id = project.connect(), project.id(address)
    ways = [way for way in kind.life.removals if way.verb is not Verb.KEEP and not way.unless_leaf]
    if not ways:
        pytest.skip("nothing ends it")
    way, context = ways[0], RequestContext(idempotency_key="by hand")
    if way.call:
        provider.call(kind, id, way.call, way.params, context)
    elif way.params:
        provider.update(kind, id, way.params, context)
    else:
        provider.delete(kind, id, context)
    [stack] = drift_of_stacks(project.context(), ()).stacks
    found = {str(entry.address): entry for entry in stack.drifted}
    assert address in found, stack.drifted
    if not way.call and not way.params:
        assert found[address].kind is DriftKind.DELETED
    assert stack.ways_out(found[address]).put_back == "engine apply shop -e local"
    project.apply(**OPTIONS)
    [stack] = drift_of_stacks(project.context(), ()).stacks
    assert stack.drifted == ()
