"""Plans as values: made, looked into, written as text, saved, and read again."""

from __future__ import annotations

import dataclasses
import functools
import json
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from engine.address import ResourceAddress, parse_address
from engine.api.events import OnEvent
from engine.api.failures import readable_refusal
from engine.api.project import Project
from engine.api.records import ByAddress, Change, OutputChange, change_of, output_of
from engine.backends.result_files import ResultFile
from engine.catalog import loader
from engine.durable_files import PRIVATE_FILE
from engine.errors import PlanFileError
from engine.operations.saved_plan.saved_plan import plan_to_save
from engine.plan.checks import refused
from engine.plan.inputs.options import PlanOptions
from engine.plan.model import Action, PlanReport
from engine.plan.refusal import Refusal
from engine.plan.saved.file import SavedPlan, decode, encode, is_plan_file
from engine.views.formats import report_view_of
from engine.views.style import PLAIN, printable
from engine.views.view import ViewOptions


class Plan:
    """What an apply would do, and exactly what `apply` of it does.

    It is as it was when it was made: nothing that happens afterwards changes it. It holds what must
    be unchanged when it is applied, as a plan file does.

    Attributes:
        project: The project that it is for.
        environment: Name of the environment.
        account: The account of the key; empty if Stripe does not return it.
        livemode: The account is in live mode; None if Stripe does not return it.
        stacks: Names of the stacks that are planned, in the order of the apply.
        changes: What changes, by address.
        resources: The same with what stays as it is, whose action is `no-op`.
        outputs: The outputs that change, by name, or by `stack:name` where several stacks have it.
        warnings: What a person should know about the plan as a whole.
        refusals: Why it must not be applied; each is a sentence, with `reference` and `address`.
    """

    def __init__(self, project: Project, report: PlanReport, saved: SavedPlan) -> None:
        """Made by `plan` and `load_plan`."""
        self.project = project
        self.environment: str = report.environment
        self.account: str = saved.account_id
        self.livemode: bool | None = saved.livemode
        self.stacks: tuple[str, ...] = tuple(one.stack for one in report.plans)
        self.warnings: tuple[str, ...] = tuple(
            printable(warning) for one in report.plans for warning in one.warnings
        )
        self.refusals: tuple[Refusal, ...] = tuple(map(readable_refusal, report.refusals))
        self.resources: ByAddress[Change] = ByAddress(
            _entries(report, whole=True), "is not in the plan"
        )
        self.changes: ByAddress[Change] = ByAddress(
            _entries(report, whole=False), "does not change", self.resources
        )
        self.outputs: ByAddress[OutputChange] = ByAddress(
            (
                (one.stack, output.name, functools.partial(output_of, output))
                for one in report.plans
                for output in one.outputs
            ),
            "is no output that changes",
        )
        self._report = dataclasses.replace(report, saved=False)
        self._raw = b"" if self.refusals else encode(saved)

    def __repr__(self) -> str:
        counts = ", ".join(f"{count} {name}" for name, count in self.summary.items() if count)
        return f"<Plan of {self.environment}: {counts or 'no resources'}>"

    @property
    def has_changes(self) -> bool:
        """Whether an apply would do anything; also true if only outputs change."""
        return self._report.has_changes

    @property
    def summary(self) -> Mapping[str, int]:
        """How many resources undergo each action, every action named."""
        plans = self._report.plans
        return {action.value: sum(one.count(action) for one in plans) for action in Action}

    def text(self, *, verbose: bool = False, compact: bool = False) -> str:
        """The plan as `engine plan` writes it, without colours.

        Args:
            verbose: Every field.
            compact: A line for each change.
        """
        return self._written("text", verbose=verbose, compact=compact)

    def markdown(self) -> str:
        """The plan as `engine plan --format markdown` writes it."""
        return self._written("markdown")

    def html(self) -> str:
        """The plan as `engine plan --format html` writes it: one page that loads nothing."""
        return self._written("html")

    def document(self) -> dict[str, Any]:
        """The document that `engine plan --json` writes."""
        found: dict[str, Any] = json.loads(self._written("json"))
        return found

    def save(self, path: str | os.PathLike[str]) -> None:
        """Save the plan as `engine plan -o` does, for `load_plan` and `engine apply FILE`.

        The file holds no secret. Nothing but an earlier plan is overwritten.

        Raises:
            GuardError: if the plan is refused.
            PlanFileError: if the file cannot be written.
        """
        _file(path).write(self.encoded(f"it is not saved in {os.fspath(path)}"))

    def encoded(self, outcome: str) -> bytes:
        """The bytes of its file; not part of the public interface.

        Raises:
            GuardError: if the plan is refused.
        """
        if self.refusals:
            raise refused(self._report.refused, outcome)
        return self._raw

    @property
    def report(self) -> PlanReport:
        """What planning reported; not part of the public interface."""
        return self._report

    def _written(self, format: str, *, verbose: bool = False, compact: bool = False) -> str:
        view = report_view_of(format)(ViewOptions(style=PLAIN, verbose=verbose, compact=compact))
        return view.written(view.plan(self._report))


def _entries(report: PlanReport, *, whole: bool) -> Iterator[tuple[str, str, Callable[[], Change]]]:
    schemas = loader.schemas()
    for one in report.plans:
        for change in one.changes if whole else one.pending:
            make = functools.partial(change_of, one.stack, change, schemas)
            yield one.stack, str(change.address), make


def plan(
    project: Project,
    stacks: Collection[str] = (),
    *,
    refresh: bool = True,
    refresh_only: bool = False,
    destroy: bool = False,
    targets: Collection[str] = (),
    excludes: Collection[str] = (),
    replace: Collection[str] = (),
    allow_mass_change: bool = False,
    impact: bool = False,
    lock_timeout: float = 0.0,
    on_event: OnEvent | None = None,
) -> Plan:
    """Plan stacks. Nothing is changed, unless an interrupted run has to be finished first.

    Args:
        project: The project.
        stacks: Names of stacks; none means all.
        refresh: Read what Stripe has. Without, the states are believed.
        refresh_only: Only bring the states up to what Stripe has.
        destroy: Plan the removal of everything.
        targets: Addresses: only these and what they depend on.
        excludes: Addresses: all but these and what depends on them.
        replace: Addresses of what is replaced although nothing else demands it.
        allow_mass_change: Allow to remove or replace a large share of a stack.
        impact: Count what uses the objects that end or change.
        lock_timeout: Seconds to wait for another run.
        on_event: Called with each event.

    Raises:
        EngineError: if the stacks cannot be planned. Why a plan must not be applied is no error:
            `Plan.refusals` has it, and `apply` raises it.
    """
    options = PlanOptions(
        refresh=refresh,
        refresh_only=refresh_only,
        destroy=destroy,
        targets=_addresses(targets),
        excludes=_addresses(excludes),
        replace=_addresses(replace),
        lock_timeout=lock_timeout,
        allow_mass_change=allow_mass_change,
        impact=impact,
    )
    with project.opened(on_event) as context:
        report, saved = plan_to_save(context, _names(stacks), options, reading=True)
    return Plan(project, report, saved)


def load_plan(project: Project, path: str | os.PathLike[str]) -> Plan:
    """Read a saved plan, for `apply`; its environment has to be that of the project.

    Raises:
        PlanFileError: if it cannot be read, or is not a whole, untouched plan.
    """
    saved = decode(_file(path).read(), loader.schemas(), path=os.fspath(path))
    return Plan(project, saved.report(), saved)


def _file(path: str | os.PathLike[str]) -> ResultFile:
    return ResultFile(
        path=Path(path),
        shown=os.fspath(path),
        what="plan file",
        is_one=is_plan_file,
        error=PlanFileError,
        mode=PRIVATE_FILE,
    )


def _names(stacks: Collection[str]) -> tuple[str, ...]:
    return (stacks,) if isinstance(stacks, str) else tuple(stacks)


def _addresses(texts: Iterable[str]) -> tuple[ResourceAddress, ...]:
    return tuple(parse_address(text) for text in ((texts,) if isinstance(texts, str) else texts))
