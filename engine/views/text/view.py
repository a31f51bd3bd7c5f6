"""The view for people."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from engine.address import ResourceAddress
from engine.catalog import loader
from engine.errors import EngineError, Problem
from engine.plan.model import PlanReport
from engine.plan.saved.file import SavedPlan
from engine.ports.outcomes import ApplyReport
from engine.ports.reports import Rebuilt, Verified
from engine.ports.run_locks import RunLock
from engine.redaction import hide
from engine.schema.resource_type import ResourceType, Schemas
from engine.settings import Environment
from engine.stack.model import Stack
from engine.state.held_lock import HeldLock
from engine.state.model import State
from engine.views.style import visible
from engine.views.text.applied import apply_text
from engine.views.text.locks import locks_text, unlocked_text
from engine.views.text.plan import plan_text, saved_text
from engine.views.text.problems import success_text, verified_text
from engine.views.text.project import project_text
from engine.views.text.states import (
    addresses_text,
    outputs_text,
    rebuilt_text,
    resource_text,
    states_text,
)
from engine.views.text.types import type_text, types_text
from engine.views.view import Page, ProjectFile, ViewOptions


class TextView:
    """Each page is a text, with colours where the stream shows them."""

    for_people: ClassVar[bool] = True

    def __init__(self, options: ViewOptions, /) -> None:
        self._style = options.style
        self._verbose = options.verbose

    def written(self, page: Page, /) -> str:
        return visible(str(hide(page)))

    def plan(self, report: PlanReport, /) -> Page:
        return plan_text(report, loader.schemas(), self._style, verbose=self._verbose)

    def saved_plan(self, saved: SavedPlan, /) -> Page:
        return saved_text(saved, loader.schemas(), self._style, verbose=self._verbose)

    def applied(self, report: ApplyReport, operation: str, /) -> Page:
        if not report.plan.has_changes:
            return self.plan(report.plan)
        return apply_text(report, self._style, operation=operation, verbose=self._verbose)

    def validated(self, stacks: Sequence[Stack], problems: Sequence[Problem], /) -> Page:
        return "" if problems else success_text(stacks)

    def verified(self, files: Sequence[Verified], /) -> Page:
        return "" if any(file.problems for file in files) else verified_text(files)

    def error(self, error: EngineError, /) -> Page:
        del error
        return ""

    def states(self, environment: str, states: Sequence[State], /) -> Page:
        del environment
        return states_text(states, loader.schemas(), self._style)

    def addresses(self, environment: str, states: Sequence[State], /) -> Page:
        del environment
        return addresses_text(states)

    def resource(self, state: State, address: str, /) -> Page:
        return resource_text(address, state.resources[address], loader.schemas(), self._style)

    def outputs(self, environment: str, states: Sequence[State], /) -> Page:
        del environment
        return outputs_text(states, self._style)

    def output(self, state: State, name: str, /) -> Page:
        return json.dumps(state.outputs[name], indent=2, ensure_ascii=False)

    def imported(self, state: State, address: ResourceAddress, id: str, /) -> Page:
        return f"Imported {address} as {id} into the state of {state.stack}."

    def moved(self, state: State, old: ResourceAddress, new: ResourceAddress, /) -> Page:
        return f"Moved {old} to {new} in the state of {state.stack}."

    def renamed(self, state: State, old: str, place: str, share: str, /) -> Page:
        return f"Stack {old} is now {state.stack}: {place}." + (f" {share}." if share else "")

    def forgotten(self, state: State, addresses: Sequence[ResourceAddress], /) -> Page:
        return "\n".join(
            f"Forgot {address} in the state of {state.stack}; it stays on Stripe."
            for address in addresses
        )

    def rebuilt(self, environment: str, states: Sequence[Rebuilt], /) -> Page:
        del environment
        return rebuilt_text(states, self._style)

    def locks(self, held: Sequence[HeldLock], runs: Sequence[RunLock], /) -> Page:
        return locks_text(held, runs)

    def locked(self, lock: HeldLock, /) -> Page:
        return f"Locked {lock.place}: {lock.reason}"

    def released(self, place: str, /) -> Page:
        return f"Released {place}."

    def unlocked(self, run: RunLock, /, *, forced: bool) -> Page:
        return unlocked_text(run, forced=forced)

    def types(self, schemas: Schemas, others: int, /) -> Page:
        return types_text(schemas, others, self._style)

    def type(self, kind: ResourceType, schemas: Schemas, /) -> Page:
        return type_text(kind, schemas, self._style)

    def project(
        self, root: Path, files: Sequence[ProjectFile], environment: Environment, folder: str, /
    ) -> Page:
        del root
        return project_text(files, environment, folder)

    def serving(self, url: str, /) -> Page:
        return f"Serving Stripe on {url}"
