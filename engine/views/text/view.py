"""The view for people."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from engine.catalog import loader
from engine.errors import EngineError, Problem
from engine.plan.model import PlanReport
from engine.ports.outcomes import ApplyReport
from engine.redaction import hide
from engine.schema.resource_type import ResourceType, Schemas
from engine.stack.model import Stack
from engine.state.model import State
from engine.views.style import visible
from engine.views.text.applied import apply_text, ended_lines
from engine.views.text.imports import import_text, written_text
from engine.views.text.overview import locks_text, migration_text, overview_text, versions_text
from engine.views.text.plan import plan_text, saved_text
from engine.views.text.problems import success_text, verified_text
from engine.views.text.project import project_text
from engine.views.text.states import (
    addresses_text,
    constants_text,
    moved_text,
    outputs_text,
    rebuilt_text,
    resource_text,
    states_text,
)
from engine.views.text.types import type_text, types_text
from engine.views.view import Completion, Page, ViewOptions

if TYPE_CHECKING:
    from engine.catalog.help.fields import FieldHelp
    from engine.plan.environments.model import EnvironmentsDifference, Promotion
    from engine.plan.saved.file import SavedPlan
    from engine.plan.subscribers.count import SubscribersReport
    from engine.plan.subscribers.moves import Moves
    from engine.plan.subscribers.outcome import MovesReport
    from engine.ports.drift.accepted import AcceptReport
    from engine.ports.drift.report import DriftReport
    from engine.ports.emulated.events import EmulatedEvent
    from engine.ports.fleet.listing import ListedFleet
    from engine.ports.fleet.reports import FleetPlan, FleetReport
    from engine.ports.overview import Overview
    from engine.ports.reports import AccountImport, Moved, Rebuilt, Verified
    from engine.ports.review.report import ReviewReport
    from engine.ports.upkeep.diagnosis import Diagnosis
    from engine.ports.upkeep.upgrade import UpgradeReport
    from engine.views.picture.model import Picture


class TextView:
    """Each page is a text, with colours where the stream shows them."""

    for_people: ClassVar[bool] = True

    constants = staticmethod(constants_text)
    locks = staticmethod(locks_text)
    versions = staticmethod(versions_text)
    migration = staticmethod(migration_text)
    project = staticmethod(project_text)

    def __init__(self, options: ViewOptions, /) -> None:
        self._style = options.style
        self._verbose = options.verbose
        self._compact = options.compact
        self._columns = options.columns

    def written(self, page: Page, /) -> str:
        return visible(str(hide(page)))

    def plan(self, report: PlanReport, /) -> Page:
        detail = {"verbose": self._verbose, "compact": self._compact}
        return plan_text(report, loader.schemas(), self._style, **detail)

    def saved_plan(self, saved: SavedPlan, /) -> Page:
        detail = {"verbose": self._verbose, "compact": self._compact}
        return saved_text(saved, loader.schemas(), self._style, **detail)

    def applied(self, report: ApplyReport, operation: str, /) -> Page:
        if not report.plan.has_changes:
            return "\n".join([str(self.plan(report.plan)), *ended_lines(report)])
        return apply_text(report, self._style, operation=operation, verbose=self._verbose)

    def picture(self, picture: Picture, language: str, /) -> Page:
        from engine.views.picture.dot import dot
        from engine.views.picture.mermaid import mermaid
        from engine.views.picture.svg import svg

        return {"dot": dot, "mermaid": mermaid, "svg": svg}[language](picture)

    def drift(self, report: DriftReport, /) -> Page:
        from engine.views.text.drift import drift_text

        return drift_text(report, loader.schemas(), self._style, verbose=self._verbose)

    def differences(self, report: EnvironmentsDifference, /) -> Page:
        from engine.views.text.environments import difference_text

        return difference_text(report, self._style, verbose=self._verbose)

    def accepted(self, report: AcceptReport, /) -> Page:
        from engine.views.text.drift import accepted_text

        return accepted_text(report, self._style)

    def subscribers(self, report: SubscribersReport, /) -> Page:
        from engine.views.text.subscribers.who import subscribers_text

        return subscribers_text(report, self._style)

    def moves(self, moves: Moves, /) -> Page:
        from engine.views.text.subscribers.moves import moves_text

        return moves_text(moves, self._style, verbose=self._verbose)

    def moves_applied(self, report: MovesReport, /) -> Page:
        from engine.views.text.subscribers.outcome import moved_text

        return moved_text(report, self._style)

    def promoted(self, promotion: Promotion, /) -> Page:
        from engine.views.text.environments import remaining_text

        return f"{self.plan(promotion.report)}\n\n{remaining_text(promotion, self._style)}"

    def reviewed(self, report: ReviewReport, /) -> Page:
        from engine.views.text.commits.review import review_text

        return review_text(report, loader.schemas(), self._style, verbose=self._verbose)

    def fleet_plan(self, plan: FleetPlan, /) -> Page:
        from engine.views.text.fleet.page import fleet_plan_text

        detail = {"verbose": self._verbose, "compact": self._compact}
        return fleet_plan_text(plan, loader.schemas(), self._style, **detail)

    def fleet_report(self, report: FleetReport, /) -> Page:
        from engine.views.text.fleet.page import fleet_report_text

        return fleet_report_text(report, self._style, verbose=self._verbose)

    def validated(self, stacks: Sequence[Stack], problems: Sequence[Problem], /) -> Page:
        return "" if problems else success_text(stacks)

    def verified(self, files: Sequence[Verified], /) -> Page:
        return "" if any(file.problems for file in files) else verified_text(files)

    def stacks(self, overview: Overview, /) -> Page:
        return overview_text(overview, self._style)

    def diagnosis(self, diagnosis: Diagnosis, /) -> Page:
        from engine.views.text.upkeep.diagnosis import diagnosis_text

        return diagnosis_text(diagnosis, self._style, columns=self._columns)

    def upgrade(self, report: UpgradeReport, /) -> Page:
        from engine.views.text.upkeep.upgrade import upgrade_text

        return upgrade_text(report, self._style, verbose=self._verbose)

    def fleets(self, fleets: Sequence[ListedFleet], /) -> Page:
        from engine.views.text.fleet.listing import fleets_text

        return fleets_text(fleets, self._style)

    def error(self, error: EngineError, /) -> Page:
        return ""

    def states(self, environment: str, states: Sequence[State], /) -> Page:
        return states_text(states, loader.schemas(), self._style)

    def addresses(self, environment: str, states: Sequence[State], /) -> Page:
        return addresses_text(states)

    def resource(self, state: State, address: str, /) -> Page:
        return resource_text(address, state.resources[address], loader.schemas(), self._style)

    def account_import(self, report: AccountImport, /) -> Page:
        if report.written:
            return written_text(report)
        return import_text(report, self._style, verbose=self._verbose)

    def moved(self, moved: Moved, /) -> Page:
        return moved_text(moved)

    def outputs(self, environment: str, states: Sequence[State], /) -> Page:
        return outputs_text(states, self._style)

    def output(self, state: State, name: str, /) -> Page:
        return json.dumps(state.outputs[name], indent=2, ensure_ascii=False)

    def rebuilt(self, environment: str, states: Sequence[Rebuilt], /) -> Page:
        return rebuilt_text(states, self._style)

    def types(self, schemas: Schemas, others: int, /) -> Page:
        return types_text(schemas, others, self._style)

    def type(self, kind: ResourceType, schemas: Schemas, /) -> Page:
        if not self._verbose:
            return type_text(kind, schemas, self._style)
        from engine.views.text.help.meanings import type_with_meanings

        return type_with_meanings(kind, schemas, self._style, self._columns)

    def field(self, help: FieldHelp, schemas: Schemas, /) -> Page:
        from engine.views.text.help.field import field_text

        return field_text(help, schemas, self._style, self._columns)

    def explanation(self, reference: str, page: str, /) -> Page:
        from engine.views.text.help.explanations import explanation_text

        return explanation_text(page, self._style, self._columns)

    def explanations(self, pages: Mapping[str, str], /) -> Page:
        from engine.views.text.help.explanations import explanations_text

        return explanations_text(pages, self._style)

    def completion(self, done: Completion, /) -> Page:
        from engine.views.text.help.completion import completion_text

        return completion_text(done)

    def schemas(self) -> Page:
        from engine.views.text.schemas import schemas_text

        return schemas_text(self._style)

    def emulated_events(self, events: Sequence[EmulatedEvent], /) -> Page:
        from engine.views.text.emulated_events.events import emulated_events_text

        return emulated_events_text(events)

    def serving(self, url: str, /) -> Page:
        return f"Serving Stripe on {url}"
